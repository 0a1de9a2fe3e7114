//! The sets that chance is computed from: which facts were asked in every language, and their neurons in each.

use std::collections::BTreeMap;

use kndb_query::within::{Members, members};
use kndb_query::{ConditionKey, EntryTest, Source, SourceKind, Statement};
use kndb_storage::{FactId, LivePart, PromptId, RelationId, RunId, Shape, Slot};
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
    match found(asking, &facts.to_string(), ANY_SHAPE)? {
        Members::Facts(facts) => Ok(Some(facts)),
        // Facts are asked for, and nothing else is.
        Members::Pairs(_) | Members::Neurons(_) => Ok(None),
    }
}

/// Of facts, which no model numbers.
const ANY_SHAPE: Shape = Shape { layers: 1, width: 1 };

fn found(asking: Asking<'_>, text: &str, shape: Shape) -> Result<Members> {
    let found = members(asking.store, asking.settings, text, shape);
    found.map(|(members, _)| members).map_err(|error| in_query(text, error))
}

/// The neurons of some facts, language by language.
pub(super) fn sets(asking: Asking<'_>, shape: Shape, asked: &RoaringBitmap, sources: &[InLanguage]) -> Result<Facts> {
    let mut facts = Facts::new();
    for fact in asked {
        let relation = asking.snapshot.fact_relation(FactId(fact))?;
        facts.insert(fact, Fact { relation, sets: vec![Vec::new(); sources.len()] });
    }
    for (language, InLanguage { set, .. }) in sources.iter().enumerate() {
        let Members::Pairs(pairs) = found(asking, set, shape)? else { continue };
        for (fact, neurons) in pairs {
            if let Some(fact) = facts.get_mut(&fact) {
                fact.sets[language] = neurons.into_iter().collect();
            }
        }
    }
    Ok(facts)
}
