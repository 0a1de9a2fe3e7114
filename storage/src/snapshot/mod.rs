//! A snapshot: everything the store held at one commit, for reading.
//!
//! Sealed and unsealed entries look the same here: what waits in the catalogue is built into a
//! segment in memory. A snapshot stays as it is while others write; take a new one to see their
//! commits. It is cheap to hold and to share between threads.

mod asked;
mod content;
mod entries;
mod facts;
mod segments;

use crate::catalogue::{Catalogue, FileRecord, SavedSet};
use crate::dictionary::read::Dictionary;
use crate::error::{Error, Result};
use crate::files::manifest::{Hold, Summaries};
use crate::files::mapped::{Bytes, resident};
use crate::files::{DICTIONARY, file_path};
use crate::ids::{FactId, FileId, LanguageId, PromptId, RelationId, RunId};
use crate::run::Run;
use crate::segment::PartKind;
use crate::segment::read::Part;
use roaring::RoaringBitmap;
use segments::LazySegment;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, OnceLock};

pub use content::Content;
pub(crate) use segments::{agree, summary_of_file, waiting_of};

/// Where the entries of one (run, language, prompt) are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The run.
    pub run: RunId,
    /// The language.
    pub language: LanguageId,
    /// The prompt.
    pub prompt: PromptId,
}

/// The store at one commit.
pub struct Snapshot {
    pub(crate) catalogue: Catalogue,
    dictionary: Option<(FileId, Arc<Dictionary>)>,
    segments: Vec<SnapshotSegment>,
    /// Which of the segments are a run's.
    of_run: BTreeMap<RunId, Vec<usize>>,
    attributions: BTreeMap<Slot, Vec<(usize, usize)>>,
    groups: BTreeMap<Slot, Vec<(usize, usize)>>,
    new_ids: OnceLock<HashMap<String, FactId>>,
    /// Keeps the files that are not open yet; `None` for what is read under the catalogue's lock.
    _hold: Option<Hold>,
}

impl Slot {
    /// The first and the last that a run can have: slots are ordered by run.
    pub(crate) fn all_of(run: RunId) -> std::ops::RangeInclusive<Self> {
        let slot = |language, prompt| Self { run, language: LanguageId(language), prompt: PromptId(prompt) };
        slot(0, 0)..=slot(u16::MAX, u16::MAX)
    }
}

struct SnapshotSegment {
    segment: Arc<LazySegment>,
    /// By part: positions of entries that were replaced.
    tombstones: BTreeMap<usize, RoaringBitmap>,
}

/// A part of a snapshot: entries of one [`Slot`], without those that were replaced.
#[derive(Clone, Copy)]
pub struct LivePart<'a> {
    /// The part itself; it still holds replaced entries.
    pub part: Part<'a>,
    /// Positions of replaced entries.
    pub replaced: Option<&'a RoaringBitmap>,
    pub(crate) file: Option<FileId>,
    pub(crate) index: usize,
}

impl LivePart<'_> {
    /// Position of a fact, if it is here and not replaced.
    pub fn find(&self, fact: FactId) -> Result<Option<u32>> {
        Ok(self.part.find(fact)?.filter(|&local| self.is_live(local)))
    }

    /// Whether the entry at a position was not replaced.
    pub fn is_live(&self, local: u32) -> bool {
        self.replaced.is_none_or(|replaced| !replaced.contains(local))
    }

    /// An error that says this part's file holds something it should not.
    pub fn damaged(&self, found: impl ToString, expected: impl ToString) -> Error {
        Error::corrupt(self.part.path(), format!("part {}", self.index), found, expected)
    }

    /// Number of entries that were not replaced.
    pub fn live_len(&self) -> u64 {
        u64::from(self.part.len()) - self.replaced.map_or(0, RoaringBitmap::len)
    }
}

/// What a snapshot is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// Reading: unsealed entries are made into segments in memory.
    All,
    /// Writing: what is where. A commit must not cost what waits to be sealed.
    Sealed,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Unsealed,
    Sealed { file: FileId, part: u32, local: u32 },
}

impl Snapshot {
    /// What a catalogue says is there. Segments that `before` has are taken over; of the others, those that `known` describes are
    /// opened only when they are asked for something.
    pub(crate) fn take(
        folder: &Path,
        catalogue: Catalogue,
        known: Option<&Summaries>,
        before: Option<&Self>,
        contents: Contents,
        hold: Option<Hold>,
    ) -> Result<Self> {
        let mut dictionary = None;
        let mut segments = Vec::new();
        let old: HashMap<FileId, &Arc<LazySegment>> = before.map_or_else(HashMap::new, Self::files);
        for (&file, record) in &catalogue.files {
            match *record {
                FileRecord::Dictionary { facts, bytes: expected } => {
                    let known = before.and_then(|b| b.dictionary.as_ref()).filter(|(known, _)| *known == file);
                    dictionary = Some(match known {
                        Some((_, open)) => (file, Arc::clone(open)),
                        None => (
                            file,
                            Arc::new(open_dictionary(
                                folder,
                                file,
                                (facts, expected),
                                catalogue.sums.get(&file).copied(),
                            )?),
                        ),
                    });
                }
                FileRecord::Set { .. } => {}
                FileRecord::Segment { run, bytes, .. } => {
                    let segment = match old.get(&file) {
                        Some(&open) => Arc::clone(open),
                        None => {
                            let sum = catalogue.sums.get(&file).copied();
                            let summary = known.and_then(|known| known.get(&file)).map(Vec::as_slice);
                            Arc::new(LazySegment::of_file(folder, (file, RunId(run), bytes), sum, summary)?)
                        }
                    };
                    let dead = catalogue.tombstones.range((file, 0)..=(file, u32::MAX));
                    let tombstones = dead.map(|(&(_, part), locals)| (part as usize, locals.clone())).collect();
                    segments.push(SnapshotSegment { segment, tombstones });
                }
            }
        }
        let in_dictionary = dictionary.as_ref().map_or(0, |(_, dictionary)| dictionary.len());
        catalogue.check_facts(folder, in_dictionary)?;
        for run in catalogue.runs.values().filter(|_| contents == Contents::All) {
            if let Some(segment) = LazySegment::of_waiting(&catalogue, run, folder) {
                segments.push(SnapshotSegment { segment: Arc::new(segment), tombstones: BTreeMap::new() });
            }
        }
        let (mut attributions, mut groups) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        let mut of_run = BTreeMap::<_, Vec<_>>::new();
        for (at, SnapshotSegment { segment, .. }) in segments.iter().enumerate() {
            of_run.entry(segment.run).or_default().push(at);
            for (index, part) in segment.parts.iter().enumerate() {
                let slot = Slot { run: segment.run, language: part.language(), prompt: part.prompt() };
                let list = if part.kind() == Some(PartKind::Groups) { &mut groups } else { &mut attributions };
                list.entry(slot).or_default().push((at, index));
            }
        }
        let new_ids = OnceLock::new();
        Ok(Self { catalogue, dictionary, segments, of_run, attributions, groups, new_ids, _hold: hold })
    }

    fn files(&self) -> HashMap<FileId, &Arc<LazySegment>> {
        self.segments.iter().filter_map(|open| open.segment.file().map(|file| (file, &open.segment))).collect()
    }

    /// Gives the pages of segment files back to the system, where they are more than `limit` bytes: as long as they are mapped they count
    /// as this process's memory, and a question about everything reads everything. They stay in the system's cache. Where the system
    /// does not tell how many they are, nothing is done.
    pub fn release_pages(&self, limit: u64) {
        if resident().is_some_and(|bytes| bytes > limit) {
            self.segments.iter().for_each(|open| open.segment.release());
        }
    }

    /// A number that grows with every commit.
    pub fn epoch(&self) -> u64 {
        self.catalogue.counters.epoch
    }

    /// What tells this store, and copies of it, from every other: 32 hexadecimal digits. A store of format 1 has none.
    pub fn store_id(&self) -> Option<String> {
        self.catalogue.store.map(|id| id.to_string())
    }

    /// All runs, oldest first.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = &Run> {
        self.catalogue.runs.values()
    }

    /// A run by its id.
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.catalogue.runs.get(&id)
    }

    /// A run by its name.
    pub fn run_named(&self, name: &str) -> Option<&Run> {
        self.catalogue.run_named(name)
    }

    /// All languages by id: of labels, of templates, of entries.
    pub fn languages(&self) -> impl ExactSizeIterator<Item = (LanguageId, &str)> {
        self.catalogue.languages.iter().enumerate().map(|(id, name)| (LanguageId(id as u16), name.as_str()))
    }

    /// A language by its code.
    pub fn language(&self, name: &str) -> Option<LanguageId> {
        self.catalogue.language(name)
    }

    /// The code of a language.
    pub fn language_name(&self, id: LanguageId) -> &str {
        self.catalogue.languages.get(usize::from(id.0)).map_or("", String::as_str)
    }

    /// All relations by id.
    pub fn relations(&self) -> impl ExactSizeIterator<Item = (RelationId, &str)> {
        let all = self.catalogue.relations.iter().enumerate().map(|(id, name)| (RelationId(id as u32), name.as_str()));
        let there: Vec<_> = all.filter(|(id, _)| !self.catalogue.dropped_relations.contains(id.0)).collect();
        there.into_iter()
    }

    /// A relation by its id in the data (`P36`). [`Self::find_relation`] takes its name, too.
    pub fn relation(&self, name: &str) -> Option<RelationId> {
        self.catalogue.relation(name)
    }

    /// The id of a relation in the data (`P36`). [`Self::relation_called`] has its name.
    pub fn relation_name(&self, id: RelationId) -> &str {
        self.catalogue.relations.get(id.0 as usize).map_or("", String::as_str)
    }

    /// All saved sets by name.
    pub fn saved_sets(&self) -> impl ExactSizeIterator<Item = &SavedSet> {
        self.catalogue.sets.values().map(|record| &record.set)
    }

    /// Number of facts, those without labels included.
    pub fn fact_count(&self) -> u64 {
        u64::from(self.catalogue.counters.next_fact) - self.catalogue.dropped_facts.len()
    }

    /// The numbers of all facts, dropped ones included, are below this.
    pub fn end_of_facts(&self) -> u32 {
        self.catalogue.counters.next_fact
    }

    /// All facts, those without labels included.
    pub fn facts(&self) -> RoaringBitmap {
        let mut facts = RoaringBitmap::new();
        facts.insert_range(..self.catalogue.counters.next_fact);
        facts - &self.catalogue.dropped_facts
    }
}

fn open_dictionary(folder: &Path, file: FileId, expected: (u32, u64), sum: Option<u64>) -> Result<Dictionary> {
    let path = file_path(folder, file, DICTIONARY);
    let bytes = Bytes::map(&path)?.ok_or_else(|| Error::MissingFile { path: path.clone() })?;
    let open = Dictionary::open(bytes, &path)?;
    agree(&path, (open.len(), open.size()), expected, "facts")?;
    open.must_be(sum)?;
    Ok(open)
}
