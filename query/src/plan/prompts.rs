//! Prompts that a source names and its runs do not have: said, because the rest of the answer is of fewer prompts than asked.

use crate::plan::names::{Resolver, listing};
use crate::syntax::ast::{Interval, Source};
use crate::syntax::conditions::ConditionKey;
use kndb_storage::{LanguageId, Run, Slot};
use std::collections::BTreeSet;

/// Notes prompts by number that one of the runs does not have in any of the languages, and languages without any of them.
pub(crate) fn note_prompts(
    names: &Resolver<'_>,
    source: &Source,
    runs: &[&Run],
    languages: &[LanguageId],
    slots: &[Slot],
) {
    let Some(condition) = source.condition(ConditionKey::Prompt) else { return };
    let Some(asked) = condition.intervals() else { return };
    for run in runs {
        let of_run = || slots.iter().filter(|slot| slot.run == run.id && languages.contains(&slot.language));
        let there: BTreeSet<u32> = of_run().map(|slot| u32::from(slot.prompt.0)).collect();
        if there.is_empty() {
            continue;
        }
        let run = &run.spec.name;
        for asked in asked.iter().filter(|asked| !is_whole(&there, asked)) {
            let has = there.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            let what = if asked.first == asked.last { "prompt" } else { "all of the prompts" };
            names.notes.add(asked.span, format!("run {run:?} does not have {what} {asked}; it has {has}"));
        }
        let has_none = |language: &&LanguageId| {
            let mut of_language = of_run().filter(|slot| slot.language == **language).peekable();
            of_language.peek().is_some() && !of_language.any(|slot| Resolver::wants_prompt(source, slot.prompt))
        };
        let without = languages.iter().filter(has_none).map(|&language| names.snapshot.language_name(language));
        let without: Vec<&str> = without.collect();
        if !without.is_empty() {
            names.notes.add(condition.span, format!("run {run:?} has no such prompt in {}", listing(without)));
        }
    }
}

/// Whether every number of an interval is there.
fn is_whole(there: &BTreeSet<u32>, asked: &Interval) -> bool {
    there.range(asked.first..=asked.last).count() as u64 == u64::from(asked.last - asked.first) + 1
}
