//! What chance gives of language-independent neurons: how many pairs there would be, layer by layer, if they meant nothing.
//!
//! Two nulls, from `kndb-chance`: sets of the same sizes drawn at random, and sets of other facts of the same relation in the other
//! languages. The second is the sharper one: what is left of LIKN beyond it is the fact's own.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::ControlFlow;

use kndb_chance::{Draw, OtherFacts};
use kndb_plot::{Bar, Series, Unit};
use kndb_query::{Column, Condition, ConditionKey, Note, Settings, Sink, Source, SourceKind, Span, Test, Text, Value};
use kndb_storage::{Content, LanguageId, RelationId, Run, RunId, Shape, Slot, Snapshot, Store};
use roaring::RoaringBitmap;

use crate::answer::{Answer, in_query, number};
use crate::error::Result;

/// More pairs than these are not read for a figure: some 300 ns each.
const MOST_PAIRS: f64 = 5e6;

/// LIKN pairs that are expected, over facts with an entry in every language.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LiknChance {
    /// By layer: sets at random, each as large as it is in that layer.
    pub random: Vec<f64>,
    /// By layer: the sets of other facts of the same relation in the other languages. `None` if no relation has two facts.
    pub others: Option<Vec<f64>>,
    /// Facts with neurons, and with an entry in every language.
    pub facts: usize,
    /// Those of them that are alone in their relation, or have none: no other fact to be compared with.
    pub alone: usize,
    /// LIKN pairs of those that are alone.
    pub pairs_alone: usize,
}

/// What could be said, or why not.
pub(super) type Told = std::result::Result<LiknChance, String>;

/// Computes it of the sets that some queries give, one query a language, of a run.
pub(super) fn of_likn(
    store: &Store,
    snapshot: &Snapshot,
    (run, shape): (RunId, Shape),
    sources: &[(LanguageId, String)],
) -> Result<Told> {
    let mut pairs = 0.0;
    for (_, source) in sources {
        let counted = Answer::of(store, &format!("{source} by lang"))?;
        let column = counted.column("pairs");
        pairs += counted.rows.iter().filter_map(|row| row.get(column?).and_then(number)).sum::<f64>();
    }
    if sources.len() < 2 {
        return Ok(Err("one language has no chance of an intersection".into()));
    }
    if pairs > MOST_PAIRS {
        return Ok(Err(format!("{pairs} pairs are too many to compute what chance gives beside a figure")));
    }
    let mut facts = asked_everywhere(snapshot, run, sources)?;
    let mut read = Reading {
        snapshot,
        shape,
        languages: sources.len(),
        facts: &mut facts,
        language: 0,
        places: None,
        failed: None,
    };
    for (language, (_, source)) in sources.iter().enumerate() {
        read.language = language;
        read.ask(store, source)?;
    }
    facts.retain(|_, fact| fact.sets.iter().any(|set| !set.is_empty()));
    Ok(Ok(computed(shape, facts)))
}

/// A fact's neurons by language.
struct Fact {
    relation: Option<RelationId>,
    sets: Vec<Vec<u32>>,
}

type Facts = BTreeMap<u32, Fact>;

/// Facts with an entry in every one of the languages: only they can have LIKN.
fn asked_everywhere(snapshot: &Snapshot, run: RunId, sources: &[(LanguageId, String)]) -> Result<Facts> {
    let mut everywhere: Option<RoaringBitmap> = None;
    for &(language, _) in sources {
        let mut asked = RoaringBitmap::new();
        for slot in snapshot.slots_of(run).0.filter(|slot: &Slot| slot.language == language) {
            for live in snapshot.parts(slot)? {
                let facts = (0..).zip(live.part.facts()?).filter(|(local, _)| live.is_live(*local));
                asked.extend(facts.map(|(_, fact)| u32::from_le_bytes(*fact)));
            }
        }
        everywhere = Some(everywhere.map_or_else(|| asked.clone(), |so_far| so_far & &asked));
    }
    let mut facts = Facts::new();
    for fact in everywhere.unwrap_or_default() {
        let relation = snapshot.fact_relation(kndb_storage::FactId(fact))?;
        facts.insert(fact, Fact { relation, sets: vec![Vec::new(); sources.len()] });
    }
    Ok(facts)
}

fn computed(shape: Shape, facts: Facts) -> LiknChance {
    let (layers, width) = (shape.layers as usize, u64::from(shape.width));
    let layer_of = |neuron: u32| (neuron / shape.width) as usize;
    let mut random = vec![0.0; layers];
    let mut relations: HashMap<Option<RelationId>, OtherFacts> = HashMap::new();
    let mut chance = LiknChance { random: Vec::new(), others: None, facts: facts.len(), alone: 0, pairs_alone: 0 };
    for fact in facts.values() {
        let mut sizes = vec![vec![0; fact.sets.len()]; layers];
        for (language, set) in fact.sets.iter().enumerate() {
            set.iter().for_each(|&neuron| sizes[layer_of(neuron)][language] += 1);
        }
        for (random, sizes) in random.iter_mut().zip(&sizes) {
            *random += Draw::new(width, sizes).map_or(0.0, |draw| draw.mean());
        }
        relations.entry(fact.relation).or_insert_with(|| OtherFacts::new(fact.sets.len())).add(&fact.sets);
    }
    for (relation, facts_of) in &relations {
        match facts_of.expected().filter(|_| relation.is_some()) {
            Some(expected) => {
                let others = chance.others.get_or_insert_with(|| vec![0.0; layers]);
                expected.into_iter().for_each(|(neuron, pairs)| others[layer_of(neuron)] += pairs);
            }
            None => chance.alone += facts_of.len(),
        }
    }
    let is_alone =
        |fact: &&Fact| fact.relation.is_none() || relations.get(&fact.relation).is_none_or(|of| of.len() < 2);
    chance.pairs_alone = facts.values().filter(is_alone).map(|fact| shared(&fact.sets)).sum();
    LiknChance { random, ..chance }
}

/// Neurons in all of some sets.
fn shared(sets: &[Vec<u32>]) -> usize {
    let bitmaps = sets.iter().map(|set| set.iter().copied().collect::<RoaringBitmap>());
    bitmaps.reduce(|all, set| all & set).map_or(0, |all| all.len() as usize)
}

/// Rows of a listing on the way into the sets of their facts.
struct Reading<'a> {
    snapshot: &'a Snapshot,
    shape: Shape,
    languages: usize,
    facts: &'a mut Facts,
    language: usize,
    /// Columns of fact, layer and neuron.
    places: Option<[usize; 3]>,
    failed: Option<kndb_storage::Error>,
}

impl Reading<'_> {
    fn ask(&mut self, store: &Store, source: &str) -> Result<()> {
        let run = |parsed| kndb_query::execute(store, &Settings::default(), &parsed, self);
        kndb_query::parse(source).and_then(run).map_err(|error| in_query(source, error))?;
        self.failed.take().map_or(Ok(()), |error| Err(error.into()))
    }

    fn take(&mut self, row: &[Value<'_>]) -> std::result::Result<(), kndb_storage::Error> {
        let Some([fact, layer, unit]) = self.places else { return Ok(()) };
        let (Value::Text(fact), Value::Integer(layer), Value::Integer(unit)) = (&row[fact], &row[layer], &row[unit])
        else {
            return Ok(());
        };
        let Some(fact) = self.snapshot.fact(fact)? else { return Ok(()) };
        let sets = self.facts.get_mut(&fact.0).map(|fact| &mut fact.sets).filter(|sets| sets.len() == self.languages);
        if let (Some(sets), Some(neuron)) = (sets, self.shape.neuron(*layer as u32, *unit as u32)) {
            sets[self.language].push(neuron.0);
        }
        Ok(())
    }
}

impl Sink for Reading<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        self.places =
            place("fact").zip(place("layer")).zip(place("neuron")).map(|((fact, layer), neuron)| [fact, layer, neuron]);
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        match self.take(row) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(error) => {
                self.failed = Some(error);
                Ok(ControlFlow::Break(()))
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, _: &Note) -> io::Result<()> {
        Ok(())
    }
}

/// Language-independent neurons of a run as they are drawn, a bar a layer from layer 0 on.
pub(super) struct Drawn<'a> {
    pub run: &'a Run,
    /// The queries for the sets of each language.
    pub sources: Vec<(LanguageId, String)>,
    pub series: &'a Series,
    /// All pairs that were found.
    pub pairs: f64,
    /// A share of the pairs found, or their number.
    pub unit: Unit,
    /// The run, where the figure has several.
    pub of_run: Option<String>,
}

impl Drawn<'_> {
    /// The series of what chance gives, in the same unit: of other facts, if there are any, and of random sets; and both in words.
    pub(super) fn beside(&self, store: &Store, snapshot: &Snapshot) -> Result<(Vec<Series>, String)> {
        let found = self.series;
        let chance = match of_likn(store, snapshot, (self.run.id, self.run.spec.shape), &self.sources)? {
            Ok(chance) => chance,
            Err(why) => return Ok((Vec::new(), format!("{}: {why}", found.name))),
        };
        let unit = if self.unit == Unit::Share { self.pairs } else { 1.0 };
        let pairs_of = |expected: f64| format!("{} pairs", shown(expected));
        let series = |name: &str, expected: &[f64], further: usize| {
            let bar = |(found, &expected): (&Option<Bar>, &f64)| {
                found.as_ref().map(|_| Bar { value: expected / unit, interval: None, note: Some(pairs_of(expected)) })
            };
            let of = self.of_run.as_ref().map_or_else(|| name.to_owned(), |run| format!("{name}, {run}"));
            Series {
                name: of,
                bars: found.bars.iter().zip(expected).map(bar).collect(),
                note: Some(pairs_of(expected.iter().sum())),
                color: found.color.map(|color| color + further),
            }
        };
        let others = chance.others.as_ref().map(|others| series("chance: another fact", others, 1));
        let random = series("chance: random sets", &chance.random, 2);
        let label = if found.name.is_empty() { String::new() } else { format!("{}: ", found.name) };
        Ok((others.into_iter().chain([random]).collect(), format!("{label}{}", chance.told(self.pairs))))
    }
}

/// The queries for the sets of each language that a `likn` source is the intersection of, and the run; `None` where several runs are
/// meant.
pub(super) fn taken_apart<'s>(
    snapshot: &'s Snapshot,
    settings: &Settings,
    source: &Source,
) -> Option<(&'s Run, Vec<(LanguageId, String)>)> {
    let mut runs = snapshot.runs_with(Content::Attributions);
    let named = |name: &str| snapshot.run_named(name);
    let run = match (source.condition(ConditionKey::Run), source.names(ConditionKey::Run)) {
        (Some(_), Some([one])) => named(&one.text)?,
        (Some(_), _) => return None,
        (None, _) => match &settings.run {
            Some(name) => named(name)?,
            None => {
                let first = runs.next()?;
                runs.next().is_none().then_some(first)?
            }
        },
    };
    let there = snapshot
        .languages_with(run.id, Content::Attributions)
        .into_iter()
        .map(|id| snapshot.language_name(id).to_owned());
    let mut languages: Vec<String> = match source.names(ConditionKey::Lang) {
        Some(names) => names.iter().map(|name| name.text.clone()).collect(),
        None => there.collect(),
    };
    languages.sort_unstable();
    languages.dedup();
    let of_language = |language: String| {
        let id = snapshot.language(&language)?;
        let mut kn = Source { kind: SourceKind::Kn, ..source.clone() };
        kn.conditions.retain(|condition| condition.key != ConditionKey::Lang);
        let test = Test::Names(vec![Text { text: language, span: Span::default() }]);
        kn.conditions.push(Condition { key: ConditionKey::Lang, test, span: Span::default() });
        Some((id, kn.to_string()))
    };
    Some((run, languages.into_iter().map(of_language).collect::<Option<_>>()?))
}

impl LiknChance {
    /// `78 LIKN pairs of 72 facts; chance gives 65.5 of …`
    fn told(&self, pairs: f64) -> String {
        let total = |layers: &[f64]| shown(layers.iter().sum());
        let random = format!("{} of random sets of the same sizes in each layer", total(&self.random));
        let facts = self.facts;
        let others = match &self.others {
            Some(others) => {
                let others = total(others);
                format!("{others} of another fact's sets of the same relation in the other languages, and {random}")
            }
            None => random,
        };
        let alone = match (self.alone, self.pairs_alone) {
            (0, _) => String::new(),
            (alone, pairs) => format!(
                "; {alone} of the facts have no other fact of their relation ({pairs} pairs of LIKN are theirs)"
            ),
        };
        format!("{pairs} LIKN pairs of {facts} facts; chance gives {others}{alone}")
    }
}

/// `65.5`, `0.0032`
pub(super) fn shown(pairs: f64) -> String {
    if pairs == 0.0 || pairs >= 0.05 { format!("{pairs:.1}") } else { format!("{pairs:.1e}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One layer of four neurons. Two facts of a relation share neuron 0 in both languages; each has one of its own in both; a third
    /// fact is alone in its relation.
    #[test]
    fn both_levels_of_chance_are_those_worked_out_by_hand() {
        let fact = |relation: u32, sets: [&[u32]; 2]| Fact {
            relation: Some(RelationId(relation)),
            sets: sets.iter().map(|set| set.to_vec()).collect(),
        };
        let facts = Facts::from([
            (1, fact(0, [&[0, 1], &[0, 1]])),
            (2, fact(0, [&[0, 2], &[0, 2, 3]])),
            (3, fact(1, [&[3], &[3]])),
        ]);
        let chance = computed(Shape { layers: 1, width: 4 }, facts);
        // 2·2/4 + 2·3/4 + 1·1/4.
        assert_eq!(chance.random, [2.75]);
        // Neuron 0, of the first fact with the second's Chinese set, and the other way round.
        assert_eq!(chance.others, Some(vec![2.0]));
        assert_eq!((chance.facts, chance.alone, chance.pairs_alone), (3, 1, 1));
        let told = chance.told(5.0);
        assert_eq!(
            told,
            "5 LIKN pairs of 3 facts; chance gives 2.0 of another fact's sets of the same relation in the other languages, and \
             2.8 of random sets of the same sizes in each layer; 1 of the facts have no other fact of their relation (1 pairs of LIKN are theirs)"
        );
    }
}
