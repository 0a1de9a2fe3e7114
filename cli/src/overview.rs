//! What a store holds, counted: for `info`, `runs`, and `.runs` in a session.
//!
//! Counts come from headers of segments; of entries only those are read whose facts had a label replaced.

use std::collections::BTreeSet;
use std::path::Path;

use kndb_storage::{Repairs, Run, Snapshot, Store};

use crate::error::{CliError, Result};

/// A store.
pub struct Overview {
    /// Version of its format.
    pub format: u32,
    /// Bytes of all files in its folder.
    pub bytes: u64,
    /// Facts.
    pub facts: u64,
    /// Facts that only a run has named: without labels.
    pub facts_without_labels: u64,
    /// Labels by language.
    pub labels: Vec<(String, u64)>,
    /// Ids of relations, and what they are called.
    pub relations: Vec<(String, Option<String>)>,
    /// The same for people: `P36 (capital)`.
    pub relations_shown: Vec<String>,
    /// Prompt templates.
    pub templates: u64,
    /// Segment files.
    pub segments: u64,
    /// Entries that wait to be sealed into a segment.
    pub unsealed: u64,
    /// Saved sets: name, text, members.
    pub saved_sets: Vec<(String, String, u64)>,
    /// Runs, oldest first.
    pub runs: Vec<RunOverview>,
    /// What repairs have taken from it, if it was ever repaired.
    pub repairs: Option<Repairs>,
}

/// A run.
pub struct RunOverview {
    /// Its description.
    pub run: Run,
    /// Languages it has entries in.
    pub languages: BTreeSet<String>,
    /// (fact, language, prompt) triples with scores or neuron sets, or searched for groups.
    pub entries: u64,
    /// Scores kept, or neurons of sets without scores.
    pub kept: u64,
    /// Degenerate groups.
    pub groups: u64,
    /// Whether it has scores, or nothing yet, so that thresholds apply and some scores are kept.
    pub scored: bool,
    /// Whether it has neuron sets without scores.
    pub sets: bool,
    /// Entries that were lost to damage, and are not there again; at least so many where some are [unknown](Self::lost_unknown).
    pub lost: u64,
    /// Those of them of which nobody knows whose they were, nor whether they are there again.
    pub lost_unknown: u64,
    /// Entries that were asked with other labels, or another template, than the store has now, by language.
    pub asked_otherwise: Vec<(String, u64)>,
}

impl Overview {
    /// Counts what the store holds now.
    pub fn of(store: &Store) -> Result<Self> {
        let snapshot = store.snapshot()?;
        let language = |id| snapshot.language_name(id).to_owned();
        let sets = snapshot.saved_sets();
        Ok(Self {
            format: store.format(),
            bytes: folder_bytes(store.path()).map_err(CliError::file("read", store.path()))?,
            facts: snapshot.fact_count(),
            facts_without_labels: snapshot.unlabelled_fact_count()?,
            labels: snapshot.label_counts().into_iter().map(|(id, count)| (language(id), count)).collect(),
            relations: snapshot
                .relations()
                .map(|(id, name)| (name.to_owned(), snapshot.relation_called(id, None).map(str::to_owned)))
                .collect(),
            relations_shown: crate::relations::shown(&snapshot),
            templates: snapshot.templates().count() as u64,
            segments: snapshot.segment_files().0,
            unsealed: snapshot.unsealed().0,
            saved_sets: sets.map(|set| (set.name.clone(), set.text.clone(), set.members)).collect(),
            runs: RunOverview::all(&snapshot)?,
            repairs: store.repairs()?,
        })
    }
}

impl RunOverview {
    /// All runs of a snapshot, oldest first.
    pub fn all(snapshot: &Snapshot) -> Result<Vec<Self>, kndb_storage::Error> {
        let of = |run: &Run| {
            let holds = snapshot.holds(run.id)?;
            let losses = snapshot.losses(run.id);
            let languages =
                holds.languages.iter().map(|&language| snapshot.language_name(language).to_owned()).collect();
            Ok(Self {
                run: run.clone(),
                languages,
                entries: holds.entries(),
                kept: holds.kept,
                groups: holds.groups,
                scored: holds.attributed > holds.sets || (holds.attributed == 0 && holds.searched == 0),
                sets: holds.sets > 0,
                lost: losses.as_ref().map_or(0, |losses| losses.entries()),
                lost_unknown: losses.map_or(0, |losses| losses.unknown),
                asked_otherwise: asked_otherwise(snapshot, run)?,
            })
        };
        snapshot.runs().map(of).collect()
    }

    /// The languages, separated by commas.
    pub fn language_list(&self) -> String {
        let names: Vec<&str> = self.languages.iter().map(String::as_str).collect();
        names.join(", ")
    }

    /// What it keeps: scores by its rule, neuron sets as they came; `None` for groups alone.
    pub fn keeps(&self) -> Option<String> {
        let rule = self.run.spec.keep.to_string();
        match (self.scored, self.sets) {
            (true, true) => Some(format!("{rule}; neuron sets")),
            (true, false) => Some(rule),
            (false, true) => Some("neuron sets".to_owned()),
            (false, false) => None,
        }
    }

    /// The thresholds, as options would give them: `0.3, zh=0.2`.
    pub fn taus(&self) -> String {
        let own = self.run.spec.language_taus.iter();
        let own = own.map(|(language, tau)| format!(", {language}={tau}"));
        format!("{}{}", self.run.spec.tau, own.collect::<String>())
    }
}

fn folder_bytes(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // A file may be gone by now: another process compacts.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        bytes += match metadata.is_dir() {
            true => folder_bytes(&entry.path())?,
            false => metadata.len(),
        };
    }
    Ok(bytes)
}

fn asked_otherwise(snapshot: &Snapshot, run: &Run) -> Result<Vec<(String, u64)>, kndb_storage::Error> {
    let counts = snapshot.run_asked_otherwise(run.id)?;
    Ok(counts.into_iter().map(|(language, count)| (snapshot.language_name(language).to_owned(), count)).collect())
}

/// What there is to say of runs with entries that were asked with other labels than there are now.
fn relabelled_runs(snapshot: &Snapshot) -> Result<Vec<String>, kndb_storage::Error> {
    let mut notes = Vec::new();
    for run in snapshot.runs() {
        if let Some(told) = snapshot.run_asked_otherwise_told(run.id)? {
            let name = &run.spec.name;
            // Groups are not searched anew in a run that has them.
            let anew = if snapshot.slots_of(run.id).0.next().is_some() {
                "the command that made the run asks anew with --replace-changed"
            } else {
                "drop the run (`kndb drop-run`), then the command that made it searches anew"
            };
            notes.push(format!("run {name:?}: {told}; {anew}"));
        }
    }
    Ok(notes)
}

/// What there is to say of runs beside what is counted: empty ones, lost entries, other labels.
pub fn notes_of_runs(snapshot: &Snapshot, store: &Path) -> Result<Vec<String>, kndb_storage::Error> {
    let notes = empty_runs(snapshot, store).into_iter().chain(lost_entries(snapshot));
    Ok(notes.chain(relabelled_runs(snapshot)?).collect())
}

/// What there is to say of runs that have lost entries to damage.
fn lost_entries(snapshot: &Snapshot) -> Vec<String> {
    snapshot.runs().filter_map(|run| snapshot.losses(run.id)).map(|losses| losses.to_string()).collect()
}

/// What there is to say of runs in which nothing is: a command was killed right after it had begun them.
pub fn empty_runs(snapshot: &Snapshot, store: &Path) -> Option<String> {
    let empty = |run: &&Run| {
        let (attributions, groups) = snapshot.slots_of(run.id);
        !run.finished && attributions.chain(groups).next().is_none()
    };
    let names: Vec<String> = snapshot.runs().filter(empty).map(|run| format!("{:?}", run.spec.name)).collect();
    let (first, rest) = names.split_first()?;
    let (which, is, its) = if rest.is_empty() { ("run", "is", "it") } else { ("runs", "are", "them") };
    Some(format!(
        "{which} {} {is} empty and open: a command fills {its} now, or was killed before its first entry; the same command \
         begins anew, `kndb drop-run {} {first}` removes it",
        names.join(", "),
        store.display()
    ))
}

/// Bytes for reading: `12.3 MB`.
pub fn readable_bytes(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if bytes < 1_000 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1e3;
    let mut unit = 0;
    while amount >= 999.95 && unit + 1 < units.len() {
        amount /= 1e3;
        unit += 1;
    }
    format!("{amount:.1} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_to_a_unit_that_reads_well() {
        let shown = [0, 999, 1_000, 999_949, 999_950, 3_020_000_000].map(readable_bytes);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "3.0 GB"]);
    }
}
