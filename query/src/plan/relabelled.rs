//! Scores that were asked with other labels, or another template, than the store has now: an answer about them is told of.

use crate::error::QueryError;
use crate::plan::Source;
use crate::plan::names::Resolver;
use crate::plan::unstored::stored_of;
use crate::plan::visit::Node;
use kndb_storage::{RunId, Slot};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};

/// Notes such scores of the sources of a plan, once filters that are known have been pushed to the sources.
pub(crate) fn note_relabelled(names: &Resolver<'_>, plan: Node<'_, '_>) -> Result<(), QueryError> {
    plan.sources().try_for_each(|source| of_source(names, source))
}

/// By run: facts that were asked otherwise, and the languages.
fn of_source(names: &Resolver<'_>, source: &Source<'_>) -> Result<(), QueryError> {
    let snapshot = names.snapshot;
    let mut found: BTreeMap<RunId, (RoaringBitmap, BTreeSet<&str>)> = BTreeMap::new();
    let only = source.facts.as_ref().and_then(|filter| filter.only.as_ref());
    if source.groups {
        in_groups(names, source)?;
    }
    for cell in &source.cells {
        // Of groups that do not say what was asked for them, the scores do in which they were searched for.
        let run = if source.groups { searched(names, cell.run) } else { Some(cell.run) };
        let Some(run) = run else { continue };
        for prompt in &cell.prompts {
            let slot = Slot { run, language: cell.language, prompt: prompt.prompt };
            let mut facts = snapshot.asked_otherwise(slot, only).map_err(QueryError::storage)?;
            if let Some(filter) = &source.facts {
                facts -= &filter.without;
            }
            if source.groups && !facts.is_empty() {
                facts = stored_of(std::slice::from_ref(cell), Some(&facts), &names.settings.interrupt)?;
            }
            if !facts.is_empty() {
                let (all, languages) = found.entry(run).or_default();
                *all |= facts;
                languages.insert(snapshot.language_name(cell.language));
            }
        }
    }
    for (run, (facts, languages)) in found {
        let run = snapshot.run(run).map_or("", |run| run.spec.name.as_str());
        let (were, they, them) = if facts.len() == 1 { ("was", "it has", "it") } else { ("were", "they have", "them") };
        let text = format!(
            "{} of these facts {were} asked in run {run:?} with other labels than {they} now ({}); `kndb attribute … \
             --replace-changed` asks {them} anew",
            facts.len(),
            languages.into_iter().collect::<Vec<_>>().join(", ")
        );
        names.notes.add(source.span, text);
    }
    Ok(())
}

/// Groups that say themselves that they were searched for with other labels: their source may have been asked anew since.
fn in_groups(names: &Resolver<'_>, source: &Source<'_>) -> Result<(), QueryError> {
    let snapshot = names.snapshot;
    let mut found: BTreeMap<RunId, (RoaringBitmap, BTreeSet<&str>)> = BTreeMap::new();
    let only = source.facts.as_ref().and_then(|filter| filter.only.as_ref());
    for cell in &source.cells {
        for prompt in &cell.prompts {
            let slot = Slot { run: cell.run, language: cell.language, prompt: prompt.prompt };
            let mut facts = snapshot.searched_otherwise(slot, only).map_err(QueryError::storage)?;
            if let Some(filter) = &source.facts {
                facts -= &filter.without;
            }
            if !facts.is_empty() {
                let (all, languages) = found.entry(cell.run).or_default();
                *all |= facts;
                languages.insert(snapshot.language_name(cell.language));
            }
        }
    }
    for (run, (facts, languages)) in found {
        let run = snapshot.run(run).map_or("", |run| run.spec.name.as_str());
        let text = format!(
            "{} of these facts had other labels when groups were searched for in run {run:?} ({}); `kndb drop-run` and then `kndb dkn` \
             search anew",
            facts.len(),
            languages.into_iter().collect::<Vec<_>>().join(", ")
        );
        names.notes.add(source.span, text);
    }
    Ok(())
}

/// The run in whose neurons a run of groups was searched for, where it is in the store.
fn searched(names: &Resolver<'_>, run: RunId) -> Option<RunId> {
    let run = names.snapshot.run(run)?;
    let (_, source) = run.spec.parameters.iter().find(|(name, _)| name == "source")?;
    names.snapshot.run_named(source).map(|run| run.id)
}
