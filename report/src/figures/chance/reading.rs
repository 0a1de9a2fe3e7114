//! The sets that chance is computed from: which facts were asked in every language, and their neurons in each.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;

use kndb_query::{Column, ConditionKey, EntryTest, Note, Sink, Source, SourceKind, Statement, Value};
use kndb_storage::{FactId, LivePart, PromptId, RelationId, RunId, Shape, Slot, Snapshot};
use roaring::RoaringBitmap;

use super::{Asking, InLanguage};
use crate::answer::in_query;
use crate::error::Result;

/// A fact's neurons by language.
pub(super) struct Fact {
    pub relation: Option<RelationId>,
    pub sets: Vec<Vec<u32>>,
}

pub(super) type Facts = BTreeMap<u32, Fact>;

/// Facts that the sources ask for with an entry in every one of the languages: only they can have LIKN. Conditions on neurons may leave
/// them empty: such facts are among those that another is compared with.
pub(super) fn asked_everywhere(asking: Asking<'_>, run: RunId, sources: &[InLanguage]) -> Result<RoaringBitmap> {
    let mut everywhere: Option<RoaringBitmap> = None;
    for InLanguage { language, source: text, .. } in sources {
        let source = source_of(text)?;
        let conditions = source.iter().flat_map(|source| &source.conditions);
        let tests: Vec<EntryTest> = conditions.filter_map(EntryTest::of).collect();
        let mut asked = RoaringBitmap::new();
        let wanted =
            |slot: &Slot| slot.language == *language && source.as_ref().is_none_or(|it| wants(it, slot.prompt));
        for slot in asking.snapshot.slots_of(run).0.filter(wanted) {
            for live in asking.snapshot.parts(slot)? {
                asking.check(text)?;
                for (local, fact) in (0..).zip(live.part.facts()?).filter(|(local, _)| live.is_live(*local)) {
                    let fact = u32::from_le_bytes(*fact);
                    if passes(&tests, &live, FactId(fact), local)? {
                        asked.insert(fact);
                    }
                }
            }
        }
        if let Some(chosen) = source.map(|source| chosen(asking, &source)).transpose()?.flatten() {
            asked &= chosen;
        }
        everywhere = Some(everywhere.map_or_else(|| asked.clone(), |so_far| so_far & &asked));
    }
    Ok(everywhere.unwrap_or_default())
}

/// A source, read.
fn source_of(text: &str) -> Result<Option<Source>> {
    let statement = kndb_query::parse(text).map_err(|error| in_query(text, error))?;
    Ok(match statement {
        Statement::Query(query) => query.only_source().cloned(),
        _ => None,
    })
}

/// Whether an entry counts as there: all that is asked of what was measured of it holds.
fn passes(tests: &[EntryTest], live: &LivePart<'_>, fact: FactId, local: u32) -> Result<bool> {
    if tests.is_empty() {
        return Ok(true);
    }
    let measured = live.measured(fact, local)?;
    Ok(tests.iter().all(|test| test.holds(&measured) == Some(true)))
}

fn wants(source: &Source, prompt: PromptId) -> bool {
    let number = u32::from(prompt.0);
    let intervals = source.intervals(ConditionKey::Prompt);
    intervals.is_none_or(|intervals| intervals.iter().any(|of| (of.first..=of.last).contains(&number)))
}

/// The facts that its conditions on facts choose; `None` without any.
fn chosen(asking: Asking<'_>, source: &Source) -> Result<Option<RoaringBitmap>> {
    let mut facts = Source { kind: SourceKind::Facts, ..source.clone() };
    facts.conditions.retain(|condition| condition.key.suits(SourceKind::Facts));
    if facts.conditions.is_empty() {
        return Ok(None);
    }
    let mut read = Chosen { snapshot: asking.snapshot, place: None, found: RoaringBitmap::new(), failed: None };
    ask(asking, &facts.to_string(), &mut read)?;
    read.failed.map_or(Ok(Some(read.found)), |error| Err(error.into()))
}

fn ask(asking: Asking<'_>, text: &str, sink: &mut dyn Sink) -> Result<()> {
    let run = |parsed| kndb_query::execute(asking.store, asking.settings, &parsed, sink);
    kndb_query::parse(text).and_then(run).map(drop).map_err(|error| in_query(text, error))
}

/// The neurons of some facts, language by language.
pub(super) fn sets(asking: Asking<'_>, shape: Shape, asked: &RoaringBitmap, sources: &[InLanguage]) -> Result<Facts> {
    let mut facts = Facts::new();
    for fact in asked {
        let relation = asking.snapshot.fact_relation(FactId(fact))?;
        facts.insert(fact, Fact { relation, sets: vec![Vec::new(); sources.len()] });
    }
    let mut read =
        Reading { snapshot: asking.snapshot, shape, facts: &mut facts, language: 0, places: None, failed: None };
    for (language, InLanguage { set, .. }) in sources.iter().enumerate() {
        read.language = language;
        ask(asking, set, &mut read)?;
        read.failed.take().map_or(Ok(()), Err)?;
    }
    Ok(facts)
}

/// Facts on the way into a set.
struct Chosen<'a> {
    snapshot: &'a Snapshot,
    /// Column of the fact.
    place: Option<usize>,
    found: RoaringBitmap,
    failed: Option<kndb_storage::Error>,
}

impl Sink for Chosen<'_> {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        self.place = columns.iter().position(|column| column.name == "fact");
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        let Some(Value::Text(fact)) = self.place.and_then(|place| row.get(place)) else {
            return Ok(ControlFlow::Continue(()));
        };
        match self.snapshot.fact(fact) {
            Ok(fact) => self.found.extend(fact.map(|fact| fact.0)),
            Err(error) => {
                self.failed = Some(error);
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, _: &Note) -> io::Result<()> {
        Ok(())
    }
}

/// Rows of a listing on the way into the sets of their facts.
struct Reading<'a> {
    snapshot: &'a Snapshot,
    shape: Shape,
    facts: &'a mut Facts,
    language: usize,
    /// Columns of fact, layer and neuron.
    places: Option<[usize; 3]>,
    failed: Option<kndb_storage::Error>,
}

impl Reading<'_> {
    fn take(&mut self, row: &[Value<'_>]) -> std::result::Result<(), kndb_storage::Error> {
        let Some([fact, layer, unit]) = self.places else { return Ok(()) };
        let (Value::Text(fact), Value::Integer(layer), Value::Integer(unit)) = (&row[fact], &row[layer], &row[unit])
        else {
            return Ok(());
        };
        let Some(fact) = self.snapshot.fact(fact)? else { return Ok(()) };
        let set = self.facts.get_mut(&fact.0).and_then(|fact| fact.sets.get_mut(self.language));
        if let (Some(set), Some(neuron)) = (set, self.shape.neuron(*layer as u32, *unit as u32)) {
            set.push(neuron.0);
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
