//! What chance gives of language-independent neurons: how many pairs there would be, layer by layer, if they meant nothing.
//!
//! Two nulls, from `kndb-chance`: sets of the same sizes drawn at random, and sets of other facts of the same relation in the other
//! languages. The second is the sharper one: what is left of LIKN beyond it is the fact's own.

mod reading;

use std::collections::HashMap;

use kndb_chance::{Draw, OtherFacts};
use kndb_plot::{Bar, Series, Unit};
use kndb_query::within::Found;
use kndb_query::{Condition, ConditionKey, DEFAULT_MEMORY, ErrorKind, Settings, Source, SourceKind, Span, Test, Text};
use kndb_storage::{Content, FactId, LanguageId, RelationId, Run, Shape, Snapshot, Store};
use roaring::RoaringBitmap;

use crate::answer::{Answer, in_query, number};
use crate::error::{Error, Result};
use reading::{Fact, Facts};

/// Bytes that a pair takes: in the sets read, in the copy that is compared, and in the copy that is sorted.
const OF_A_PAIR: f64 = 12.0;

/// Bytes that a fact takes in each language, beside its neurons.
const OF_A_SET: f64 = 128.0;

/// A store, and whose settings it is asked with.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub store: &'a Store,
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
    /// More pairs than these are not read.
    pub most_pairs: f64,
}

impl Asking<'_> {
    fn answer(&self, statement: &str) -> Result<Answer> {
        Answer::with(self.store, self.settings, statement)
    }

    /// Ends here if it is to stop.
    fn check(&self, statement: &str) -> Result<()> {
        self.settings.interrupt.check().map_err(|error| in_query(statement, error))
    }
}

/// LIKN pairs that are expected, over facts with an entry in every language.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LiknChance {
    /// By layer: sets at random, each as large as it is in that layer.
    pub random: Vec<f64>,
    /// By layer: the sets of other facts of the same relation in the other languages. `None` if no relation has two facts.
    pub others: Option<Vec<f64>>,
    /// Facts of the source's conditions on facts, with an entry in every language; some may have no neurons.
    pub facts: usize,
    /// Those of them that are alone in their relation, or have none: no other fact to be compared with.
    pub alone: usize,
    /// LIKN pairs of those that are alone.
    pub pairs_alone: usize,
    /// Whether random sets are drawn from some of the neurons alone.
    pub of_some: bool,
}

/// The sets of a run's facts in one language.
pub(super) struct InLanguage {
    pub language: LanguageId,
    /// The query for them, with nothing around it: it says which facts were asked.
    pub source: String,
    /// The query for what is left of them.
    pub set: String,
}

/// What could be said, or why not.
pub(super) type Told = std::result::Result<LiknChance, String>;

/// Computes it of the sets that some queries give, one query a language, of a run. What takes too much memory is not computed.
fn of_likn(asking: Asking<'_>, run: &Run, sources: &[InLanguage], kept: &Found) -> Result<Told> {
    match told_of(asking, run, sources, kept) {
        Err(Error::Query { error, .. }) if error.kind == ErrorKind::Memory => Ok(Err(error.reason)),
        told => told,
    }
}

fn told_of(asking: Asking<'_>, run: &Run, sources: &[InLanguage], kept: &Found) -> Result<Told> {
    let [first, _, ..] = sources else { return Ok(Err("one language has no chance of an intersection".into())) };
    let mut pairs = 0.0;
    for InLanguage { set, .. } in sources {
        let counted = asking.answer(&format!("{set} by layer"))?;
        let column = counted.column("pairs");
        pairs += counted.rows.iter().filter_map(|row| row.get(column?).and_then(number)).sum::<f64>();
    }
    if pairs > asking.most_pairs {
        return Ok(Err(format!("{pairs} pairs are too many to compute what chance gives beside a figure")));
    }
    let asked = reading::asked_everywhere(asking, run.id, sources)?;
    let asked: RoaringBitmap = asked.into_iter().filter(|&fact| kept.takes(FactId(fact))).collect();
    let needed = pairs * OF_A_PAIR + asked.len() as f64 * sources.len() as f64 * OF_A_SET;
    if needed > asking.settings.memory.unwrap_or(DEFAULT_MEMORY) as f64 {
        let megabytes = needed / 1e6;
        return Ok(Err(format!(
            "what chance gives needs {megabytes:.1} MB of memory for {pairs} pairs, more than a statement may take"
        )));
    }
    let facts = reading::sets(asking, run.spec.shape, &asked, sources)?;
    Ok(Ok(computed(run.spec.shape, facts, kept, || asking.check(&first.source))?))
}

/// Computes it of facts with what is kept of their sets: random ones are drawn from the same neurons. `check` ends it with an error.
fn computed(shape: Shape, facts: Facts, kept: &Found, check: impl Fn() -> Result<()>) -> Result<LiknChance> {
    let layers = shape.layers as usize;
    let layer_of = |neuron: u32| (neuron / shape.width) as usize;
    let mut random = vec![0.0; layers];
    let mut relations: HashMap<Option<RelationId>, OtherFacts> = HashMap::new();
    let of_some = kept.chooses_neurons();
    let mut chance =
        LiknChance { random: Vec::new(), others: None, facts: facts.len(), alone: 0, pairs_alone: 0, of_some };
    for (&id, fact) in &facts {
        check()?;
        let allowed = kept.allowed(FactId(id));
        let mut sizes = vec![vec![0; fact.sets.len()]; layers];
        for (language, set) in fact.sets.iter().enumerate() {
            set.iter().for_each(|&neuron| sizes[layer_of(neuron)][language] += 1);
        }
        for ((layer, random), sizes) in (0..).zip(random.iter_mut()).zip(&sizes) {
            // Where all sets are empty there is nothing to draw, whatever is left of the layer.
            if sizes.iter().all(|&size| size > 0) {
                let width = allowed.of_layer(layer, shape.width);
                *random += Draw::new(width, sizes).map_or(0.0, |draw| draw.mean());
            }
        }
        relations.entry(fact.relation).or_insert_with(|| OtherFacts::new(fact.sets.len())).add(&fact.sets);
    }
    for (relation, facts_of) in &relations {
        let expected = facts_of.expected(&|| check().is_err());
        check()?;
        match expected.filter(|_| relation.is_some()) {
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
    Ok(LiknChance { random, ..chance })
}

/// Neurons in all of some sets.
fn shared(sets: &[Vec<u32>]) -> usize {
    let bitmaps = sets.iter().map(|set| set.iter().copied().collect::<RoaringBitmap>());
    bitmaps.reduce(|all, set| all & set).map_or(0, |all| all.len() as usize)
}

/// Language-independent neurons of a run as they are drawn, a bar a layer from layer 0 on.
pub(super) struct Drawn<'a> {
    pub run: &'a Run,
    /// The queries for the sets of each language.
    pub sources: Vec<InLanguage>,
    /// What is kept of facts and their neurons.
    pub kept: Found,
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
    pub(super) fn beside(&self, asking: Asking<'_>) -> Result<(Vec<Series>, String)> {
        let found = self.series;
        let chance = match of_likn(asking, self.run, &self.sources, &self.kept)? {
            Ok(chance) => chance,
            Err(why) if found.name.is_empty() => return Ok((Vec::new(), why)),
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
) -> Option<(&'s Run, Vec<InLanguage>)> {
    let mut runs = snapshot.runs_with(Content::Attributions);
    let there_is = |name: &str| snapshot.run_named(name);
    let run = match (source.condition(ConditionKey::Run), source.names(ConditionKey::Run)) {
        (Some(_), Some([one])) => there_is(&one.text)?,
        (Some(_), _) => return None,
        (None, _) => match &settings.run {
            Some(name) => there_is(name)?,
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
        // The run by its name, too: the session may have chosen it, and what is made here is a question of its own.
        kn.conditions.retain(|condition| !matches!(condition.key, ConditionKey::Lang | ConditionKey::Run));
        kn.conditions.extend([named(ConditionKey::Lang, language), named(ConditionKey::Run, run.spec.name.clone())]);
        Some(InLanguage { language: id, source: kn.to_string(), set: kn.to_string() })
    };
    Some((run, languages.into_iter().map(of_language).collect::<Option<_>>()?))
}

/// `key=name`, in a query that is made.
fn named(key: ConditionKey, text: String) -> Condition {
    let span = Span::default();
    Condition { key, test: Test::Names(vec![Text { text, span }]), span }
}

impl LiknChance {
    /// `78 LIKN pairs of 72 facts; chance gives 65.5 of …`
    fn told(&self, pairs: f64) -> String {
        let total = |layers: &[f64]| shown(layers.iter().sum());
        let from = if self.of_some { ", drawn from the neurons that the sets leave" } else { "" };
        let random = format!("{} of random sets of the same sizes in each layer{from}", total(&self.random));
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
        let chance =
            computed(Shape { layers: 1, width: 4 }, facts, &Found::default(), || Ok(())).expect("nobody stops it");
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
