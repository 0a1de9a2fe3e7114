//! Which runs have scores that were made with labels a file now changes.

use std::collections::BTreeSet;

use kndb_storage::{FactId, FactRow, LanguageId, Result, RunId, Snapshot};

/// Names of the runs with entries of a fact in a language whose label `rows` change.
pub fn runs_of_changed(snapshot: &Snapshot, rows: &[FactRow]) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    if snapshot.runs().len() == 0 {
        return Ok(found);
    }
    for row in rows {
        let Some(language) = snapshot.language(&row.language) else { continue };
        let Some(fact) = snapshot.fact(&row.id)? else { continue };
        let Some((subject, object)) = snapshot.label(fact, language)? else { continue };
        if (subject, object) != (row.subject.as_str(), row.object.as_str()) {
            found.extend(runs_with(snapshot, fact, language, &found)?);
        }
    }
    Ok(found)
}

/// The runs that have a fact in a language, without those that are `known`.
fn runs_with(
    snapshot: &Snapshot,
    fact: FactId,
    language: LanguageId,
    known: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let name = |run: RunId| snapshot.run(run).map(|run| run.spec.name.clone()).unwrap_or_default();
    let mut found = BTreeSet::new();
    let attributions = snapshot.slots().map(|slot| (slot, snapshot.parts(slot)));
    let groups = snapshot.group_slots().map(|slot| (slot, snapshot.group_parts(slot)));
    for (slot, parts) in attributions.chain(groups).filter(|(slot, _)| slot.language == language) {
        let name = name(slot.run);
        if known.contains(&name) || found.contains(&name) {
            continue;
        }
        for part in parts? {
            if part.find(fact)?.is_some() {
                found.insert(name);
                break;
            }
        }
    }
    Ok(found)
}
