//! Entries that a repair took out of a run because they were damaged: a run that lacks them says so, until they are there again.

use crate::catalogue::Catalogue;
use crate::error::{Error, Result};
use crate::ids::{FactId, LanguageId, PromptId, RunId};
use crate::segment::PartKind;
use crate::segment::build::EntryKey;
use crate::snapshot::Snapshot;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Where entries were lost; what no manifest tells of is of language and prompt 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LostFrom {
    pub language: u16,
    pub prompt: u16,
    pub kind: u8,
}

/// What was lost there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lost {
    /// Facts whose entries are lost.
    pub facts: RoaringBitmap,
    /// Entries of which nobody knows whose they were.
    pub unknown: u64,
}

/// What a run lost.
pub(crate) type LostOfRun = BTreeMap<LostFrom, Lost>;

/// The bytes: `docs/format.md`, "What is in the catalogue?", table `L`.
#[derive(Serialize, Deserialize)]
pub(crate) struct LostRecord {
    language: u16,
    prompt: u16,
    kind: u8,
    unknown: u64,
    facts: Vec<u8>,
}

impl From<EntryKey> for LostFrom {
    fn from(key: EntryKey) -> Self {
        Self { language: key.language.0, prompt: key.prompt.0, kind: key.kind.code() }
    }
}

pub(crate) fn records(of_run: &LostOfRun) -> Vec<LostRecord> {
    let record = |(from, lost): (&LostFrom, &Lost)| LostRecord {
        language: from.language,
        prompt: from.prompt,
        kind: from.kind,
        unknown: lost.unknown,
        facts: crate::packed::to_bytes(&lost.facts),
    };
    of_run.iter().map(record).collect()
}

/// The records of a catalogue or manifest at a path.
pub(crate) fn of_records(records: Vec<LostRecord>, path: &Path) -> Result<LostOfRun> {
    let read = |record: LostRecord| {
        let LostRecord { language, prompt, kind, unknown, facts } = record;
        let facts = RoaringBitmap::deserialize_from(facts.as_slice())
            .map_err(|e| Error::corrupt(path, "lost entries", e, "a roaring bitmap"))?;
        match PartKind::from_code(kind) {
            Some(_) => Ok((LostFrom { language, prompt, kind }, Lost { facts, unknown })),
            None => Err(Error::corrupt(path, "lost entries", format!("kind {kind}"), "0 to 2")),
        }
    };
    records.into_iter().map(read).collect()
}

/// Adds what else was lost. Of entries that nobody knows, both may speak of the same ones: the larger number counts.
pub(crate) fn unite(into: &mut LostOfRun, other: &LostOfRun) {
    for (&from, lost) in other {
        let there = into.entry(from).or_default();
        there.facts |= &lost.facts;
        there.unknown = there.unknown.max(lost.unknown);
    }
}

/// Stands for a language of which nothing is known.
const UNKNOWN: &str = "?";

/// Entries of a run that were lost to damage and are not there again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Losses {
    /// The run.
    pub run: String,
    /// How many, by language; `?` for those of which not even that is known.
    pub languages: Vec<(String, u64)>,
    /// Those of them of which nobody knows whose they were. There may be more: of a segment that no manifest tells of one is counted, and
    /// of two stores' the larger number. Whether they are there again is not known either.
    pub unknown: u64,
}

impl Losses {
    /// How many in all languages.
    pub fn entries(&self) -> u64 {
        self.languages.iter().fold(0, |all, (_, count)| all.saturating_add(*count))
    }
}

impl std::fmt::Display for Losses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let languages: Vec<String> = self.languages.iter().map(|(code, count)| format!("{code} {count}")).collect();
        let least = if self.unknown > 0 { "at least " } else { "" };
        let entries = match self.entries() {
            1 => "1 entry".to_owned(),
            count => format!("{count} entries"),
        };
        write!(
            f,
            "run {:?} has lost {least}{entries} to damage ({}), so facts are missing: `kndb merge` brings them from a good copy, the \
             command that made the run makes them anew",
            self.run,
            languages.join(", ")
        )?;
        if self.unknown > 0 {
            write!(
                f,
                "; of {} of them nobody knows whose they were, so these count for good: copy the run from a good store under another name \
                 (`kndb copy-run`), or drop it and make it again",
                self.unknown
            )?;
        }
        Ok(())
    }
}

impl Snapshot {
    /// What a run has lost to damage, by a repair of this store or of one that it came from; `None` where it lacks nothing.
    pub fn losses(&self, run: RunId) -> Option<Losses> {
        let lost = self.catalogue.lost.get(&run)?;
        let (mut languages, mut unknown) = (BTreeMap::<String, u64>::new(), 0_u64);
        for (&from, lost) in lost {
            unknown = unknown.saturating_add(lost.unknown);
            let missing = lost.facts.iter().filter(|&fact| !self.has_again(run, from, fact)).count() as u64;
            let name = self.catalogue.languages.get(usize::from(from.language)).map_or(UNKNOWN, String::as_str);
            let all = missing.saturating_add(lost.unknown);
            if all > 0 {
                let count = languages.entry(name.to_owned()).or_default();
                *count = count.saturating_add(all);
            }
        }
        let run = self.run(run).map_or_else(String::new, |run| run.spec.name.clone());
        (!languages.is_empty()).then(|| Losses { run, languages: languages.into_iter().collect(), unknown })
    }

    /// Facts whose entries a run has lost, there again or not.
    pub(crate) fn lost(&self, run: RunId) -> RoaringBitmap {
        let of_run = self.catalogue.lost.get(&run).into_iter().flat_map(BTreeMap::values);
        let lost = of_run.fold(RoaringBitmap::new(), |all, lost| all | &lost.facts);
        lost - &self.catalogue.dropped_facts
    }

    /// Lost entries that are there again, with their runs.
    pub(crate) fn lost_and_there_again(&self) -> Vec<(RunId, EntryKey)> {
        let mut again = Vec::new();
        for (&run, of_run) in &self.catalogue.lost {
            for (from, lost) in of_run {
                let keys = lost.facts.iter().filter_map(|fact| from.key(fact));
                again.extend(keys.filter(|&key| matches!(self.find(run, key), Ok(Some(_)))).map(|key| (run, key)));
            }
        }
        again
    }

    /// Whether a lost entry is there, or its fact is not one of the store any more.
    fn has_again(&self, run: RunId, from: LostFrom, fact: u32) -> bool {
        // Where it cannot be read, it is not there.
        self.catalogue.dropped_facts.contains(fact)
            || from.key(fact).is_some_and(|key| matches!(self.find(run, key), Ok(Some(_))))
    }

    /// Whether this has an entry that the other has lost.
    pub(crate) fn has_what_is_lost(&self, other: &Self) -> Option<Losses> {
        let has = |run: RunId, from: LostFrom, lost: &Lost| {
            let known = lost.facts.iter().any(|fact| {
                !other.has_again(run, from, fact)
                    && from.key(fact).is_some_and(|key| matches!(self.find(run, key), Ok(Some(_))))
            });
            let own = self.catalogue.lost.get(&run).and_then(|own| own.get(&from)).map_or(0, |own| own.unknown);
            known || lost.unknown > own
        };
        let runs = other.catalogue.lost.iter().filter(|(run, _)| self.run(**run).is_some());
        let mut had = runs.filter(|(run, lost)| lost.iter().any(|(&from, lost)| has(**run, from, lost)));
        had.find_map(|(&run, _)| other.losses(run))
    }
}

impl LostFrom {
    fn key(self, fact: u32) -> Option<EntryKey> {
        let kind = PartKind::from_code(self.kind)?;
        Some(EntryKey { language: LanguageId(self.language), prompt: PromptId(self.prompt), kind, fact: FactId(fact) })
    }
}

impl Catalogue {
    /// What runs lost, with what a repair loses now.
    pub(crate) fn lost_with(&self, run: RunId, new: &LostOfRun) -> LostOfRun {
        let mut all = self.lost.get(&run).cloned().unwrap_or_default();
        for (&from, lost) in new {
            let there = all.entry(from).or_default();
            there.facts |= &lost.facts;
            there.unknown = there.unknown.saturating_add(lost.unknown);
        }
        all
    }
}
