//! A snapshot: everything the store held at one commit, for reading.
//!
//! Sealed and unsealed entries look the same here: what waits in the catalogue is built into a
//! segment in memory. A snapshot stays as it is while others write; take a new one to see their
//! commits. It is cheap to hold and to share between threads.

use crate::catalogue::{Catalogue, FileRecord, SavedSet};
use crate::dictionary::read::{Dictionary, LabelTest};
use crate::error::{Error, Result};
use crate::files::mapped::Bytes;
use crate::files::{DICTIONARY, SEGMENT, file_path};
use crate::ids::{FactId, FileId, LanguageId, PromptId, RelationId, RunId};
use crate::run::Run;
use crate::segment::PartKind;
use crate::segment::build::{EntryKey, SegmentHead, build};
use crate::segment::read::{Part, Segment};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, OnceLock};

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
    segments: Vec<OpenSegment>,
    attributions: BTreeMap<Slot, Vec<(usize, usize)>>,
    groups: BTreeMap<Slot, Vec<(usize, usize)>>,
    new_ids: OnceLock<HashMap<String, FactId>>,
}

struct OpenSegment {
    /// `None` for one that exists only in memory.
    file: Option<FileId>,
    segment: Arc<Segment>,
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

/// Why a snapshot could not be taken.
pub(crate) enum Gone {
    /// A file of the manifest was replaced meanwhile: read the manifest again.
    File(Error),
    Other(Error),
}

impl Gone {
    /// The error, for a caller under the lock: there the manifest cannot have changed.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::File(e) | Self::Other(e) => e,
        }
    }
}

impl Snapshot {
    /// Opens the files of a catalogue, taking those over that `before` has open.
    pub(crate) fn take(
        folder: &Path,
        catalogue: Catalogue,
        before: Option<&Self>,
        contents: Contents,
    ) -> Result<Self, Gone> {
        let mut dictionary = None;
        let mut segments = Vec::new();
        let open = |file: FileId, extension: &str| {
            let path = file_path(folder, file, extension);
            match Bytes::map(&path) {
                Ok(Some(bytes)) => Ok((bytes, path)),
                Ok(None) => Err(Gone::File(Error::MissingFile { path })),
                Err(e) => Err(Gone::Other(e)),
            }
        };
        for (&file, record) in &catalogue.files {
            match *record {
                FileRecord::Dictionary { facts, bytes: expected } => {
                    let known = before.and_then(|b| b.dictionary.as_ref()).filter(|(known, _)| *known == file);
                    dictionary = Some(match known {
                        Some((_, open)) => (file, Arc::clone(open)),
                        None => {
                            let (bytes, path) = open(file, DICTIONARY)?;
                            let open = Dictionary::open(bytes, &path).map_err(Gone::Other)?;
                            agree(&path, (open.len(), open.size()), (facts, expected), "facts")?;
                            (file, Arc::new(open))
                        }
                    });
                }
                FileRecord::Segment { run, bytes: expected, .. } => {
                    let known = before.and_then(|b| b.segments.iter().find(|s| s.file == Some(file)));
                    let segment = match known {
                        Some(open) => Arc::clone(&open.segment),
                        None => {
                            let (bytes, path) = open(file, SEGMENT)?;
                            let open = Segment::open(bytes, &path).map_err(Gone::Other)?;
                            agree(&path, (open.run().0, open.size()), (run, expected), "run")?;
                            Arc::new(open)
                        }
                    };
                    let dead = catalogue.tombstones.range((file, 0)..=(file, u32::MAX));
                    let tombstones = dead.map(|(&(_, part), locals)| (part as usize, locals.clone())).collect();
                    segments.push(OpenSegment { file: Some(file), segment, tombstones });
                }
            }
        }
        for run in catalogue.runs.values().filter(|_| contents == Contents::All) {
            if let Some(segment) = unsealed_segment(&catalogue, run, folder).map_err(Gone::Other)? {
                segments.push(OpenSegment { file: None, segment: Arc::new(segment), tombstones: BTreeMap::new() });
            }
        }
        let (mut attributions, mut groups) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for (at, open) in segments.iter().enumerate() {
            for index in 0..open.segment.len() {
                let part = open.segment.part(index);
                let slot = Slot { run: open.segment.run(), language: part.language(), prompt: part.prompt() };
                let list = if part.kind() == PartKind::Groups { &mut groups } else { &mut attributions };
                list.entry(slot).or_default().push((at, index));
            }
        }
        Ok(Self { catalogue, dictionary, segments, attributions, groups, new_ids: OnceLock::new() })
    }

    /// A number that grows with every commit.
    pub fn epoch(&self) -> u64 {
        self.catalogue.counters.epoch
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
        self.catalogue.sets.values()
    }

    /// Number of facts, those without labels included.
    pub fn fact_count(&self) -> u64 {
        u64::from(self.catalogue.counters.next_fact) - self.catalogue.dropped_facts.len()
    }

    /// All facts, those without labels included.
    pub fn facts(&self) -> RoaringBitmap {
        let mut facts = RoaringBitmap::new();
        facts.insert_range(..self.catalogue.counters.next_fact);
        facts - &self.catalogue.dropped_facts
    }

    /// Number of facts that only a run has named: no labels, no relation.
    pub fn unlabelled_fact_count(&self) -> Result<u64> {
        Ok(self.unlabelled_facts()?.len())
    }

    /// Facts that have no labels and no relation.
    pub(crate) fn unlabelled_facts(&self) -> Result<RoaringBitmap> {
        self.unlabelled_among(&self.facts())
    }

    /// Those of some facts that have no labels and no relation.
    pub(crate) fn unlabelled_among(&self, facts: &RoaringBitmap) -> Result<RoaringBitmap> {
        let mut bare = RoaringBitmap::new();
        for fact in facts {
            if self.fact_relation(FactId(fact))?.is_none() {
                bare.insert(fact);
            }
        }
        Ok(bare)
    }

    fn dictionary(&self) -> Option<&Dictionary> {
        self.dictionary.as_ref().map(|(_, dictionary)| &**dictionary)
    }

    /// The fact with an external id.
    pub fn fact(&self, id: &str) -> Result<Option<FactId>> {
        let found = self.fact_or_dropped(id)?;
        Ok(found.filter(|fact| !self.catalogue.dropped_facts.contains(fact.0)))
    }

    /// The same with forgotten facts, which still have their numbers.
    pub(crate) fn fact_or_dropped(&self, id: &str) -> Result<Option<FactId>> {
        let new = self
            .new_ids
            .get_or_init(|| self.catalogue.new_facts.iter().map(|(&fact, id)| (id.clone(), fact)).collect());
        match (new.get(id), self.dictionary()) {
            (Some(&fact), _) => Ok(Some(fact)),
            (None, Some(dictionary)) => dictionary.find(id),
            (None, None) => Ok(None),
        }
    }

    /// The external id of a fact.
    pub fn external_id(&self, fact: FactId) -> Result<&str> {
        match (self.catalogue.new_facts.get(&fact), self.dictionary()) {
            (Some(id), _) => Ok(id),
            (None, Some(dictionary)) => dictionary.external_id(fact),
            (None, None) => Ok(""),
        }
    }

    /// The relation of a fact.
    pub fn fact_relation(&self, fact: FactId) -> Result<Option<RelationId>> {
        self.dictionary().map_or(Ok(None), |dictionary| dictionary.relation(fact))
    }

    /// Language-independent ids of a fact's subject and object.
    pub fn uris(&self, fact: FactId) -> Result<(Option<&str>, Option<&str>)> {
        let Some(dictionary) = self.dictionary() else { return Ok((None, None)) };
        Ok((dictionary.subject_uri(fact)?, dictionary.object_uri(fact)?))
    }

    /// Subject and object of a fact in a language.
    pub fn label(&self, fact: FactId, language: LanguageId) -> Result<Option<(&str, &str)>> {
        self.dictionary().map_or(Ok(None), |dictionary| dictionary.label(fact, language))
    }

    /// Subject and object in the language asked for, else in English, else in any.
    pub fn any_label(&self, fact: FactId, language: Option<LanguageId>) -> Result<Option<(&str, &str)>> {
        let Some(dictionary) = self.dictionary() else { return Ok(None) };
        let first = [language, self.language("en")].into_iter().flatten();
        for language in first.chain(dictionary.languages()) {
            if let Some(label) = dictionary.label(fact, language)? {
                return Ok(Some(label));
            }
        }
        Ok(None)
    }

    /// Languages that have labels, with how many.
    pub fn label_counts(&self) -> Vec<(LanguageId, u64)> {
        let counts = |d: &Dictionary| d.languages().map(|l| (l, d.label_count(l))).collect();
        self.dictionary().map_or_else(Vec::new, counts)
    }

    /// Facts of a relation.
    pub fn facts_of_relation(&self, relation: RelationId) -> Result<RoaringBitmap> {
        self.dictionary().map_or_else(|| Ok(RoaringBitmap::new()), |d| d.of_relation(relation))
    }

    /// Facts whose subject has a matching label in any language.
    pub fn facts_with_subject(&self, test: LabelTest<'_>) -> Result<RoaringBitmap> {
        self.dictionary().map_or_else(|| Ok(RoaringBitmap::new()), |d| d.with_label(true, test))
    }

    /// Facts whose object has a matching label in any language.
    pub fn facts_with_object(&self, test: LabelTest<'_>) -> Result<RoaringBitmap> {
        self.dictionary().map_or_else(|| Ok(RoaringBitmap::new()), |d| d.with_label(false, test))
    }

    /// Every label of subjects once, or else of objects, in any language: for suggestions.
    pub fn distinct_labels(&self, subject: bool) -> Result<Vec<&str>> {
        self.dictionary().map_or_else(|| Ok(Vec::new()), |dictionary| dictionary.distinct_labels(subject))
    }

    /// All prompt templates: relation, language, number, text.
    pub fn templates(&self) -> impl Iterator<Item = (RelationId, LanguageId, PromptId, &str)> {
        self.dictionary().into_iter().flat_map(Dictionary::templates)
    }

    /// Candidate subjects and objects of a relation in a language.
    pub fn candidates(&self, relation: RelationId, language: LanguageId) -> Result<Option<(Vec<&str>, Vec<&str>)>> {
        self.dictionary().map_or(Ok(None), |dictionary| dictionary.candidates(relation, language))
    }

    /// The (run, language, prompt)s that have scores or neuron sets, in order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.attributions.keys().copied()
    }

    /// The (run, language, prompt)s that have degenerate groups, in order.
    pub fn group_slots(&self) -> impl Iterator<Item = Slot> + '_ {
        self.groups.keys().copied()
    }

    /// Scores or neuron sets of a slot. Their facts do not overlap.
    pub fn parts(&self, slot: Slot) -> Vec<LivePart<'_>> {
        self.live(self.attributions.get(&slot))
    }

    /// Degenerate groups of a slot. Their facts do not overlap.
    pub fn group_parts(&self, slot: Slot) -> Vec<LivePart<'_>> {
        self.live(self.groups.get(&slot))
    }

    fn live(&self, list: Option<&Vec<(usize, usize)>>) -> Vec<LivePart<'_>> {
        let parts = list.map_or(&[][..], Vec::as_slice).iter();
        parts.map(|&(segment, part)| self.live_part(segment, part)).collect()
    }

    fn live_part(&self, segment: usize, index: usize) -> LivePart<'_> {
        let open = &self.segments[segment];
        LivePart { part: open.segment.part(index), replaced: open.tombstones.get(&index), file: open.file, index }
    }

    /// Segments of a run that are files: their manifest records and contents.
    pub(crate) fn sealed_segments(&self, run: RunId) -> impl Iterator<Item = (FileId, Vec<LivePart<'_>>)> {
        let of_run = self.segments.iter().enumerate().filter(move |(_, open)| open.segment.run() == run);
        of_run.filter_map(|(at, open)| {
            let parts = (0..open.segment.len()).map(|index| self.live_part(at, index)).collect();
            open.file.map(|file| (file, parts))
        })
    }

    /// Facts with entries in the runs that `of` picks.
    pub(crate) fn held(&self, of: impl Fn(RunId) -> bool) -> Result<RoaringBitmap> {
        let mut facts = RoaringBitmap::new();
        for open in self.segments.iter().filter(|open| of(open.segment.run())) {
            for index in 0..open.segment.len() {
                // Replaced entries count, too: another of the same fact has taken their place.
                facts.extend(open.segment.part(index).facts()?.iter().map(|&fact| u32::from_le_bytes(fact)));
            }
        }
        facts.extend(self.catalogue.unsealed.keys().filter(|(run, _)| of(*run)).map(|(_, key)| key.fact.0));
        Ok(facts)
    }

    /// Where an entry of a run is, sealed or not.
    pub(crate) fn find(&self, run: RunId, key: EntryKey) -> Result<Option<Place>> {
        let kinds = [PartKind::Scores, PartKind::Neurons, PartKind::Groups].into_iter();
        let mut same = kinds.filter(|kind| kind.is_attribution() == key.kind.is_attribution());
        if same.any(|kind| self.catalogue.unsealed.contains_key(&(run, EntryKey { kind, ..key }))) {
            return Ok(Some(Place::Unsealed));
        }
        let slot = Slot { run, language: key.language, prompt: key.prompt };
        let parts = if key.kind.is_attribution() { self.parts(slot) } else { self.group_parts(slot) };
        for part in parts {
            if let (Some(file), Some(local)) = (part.file, part.find(key.fact)?) {
                return Ok(Some(Place::Sealed { file, part: part.index as u32, local }));
            }
        }
        Ok(None)
    }

    /// Number of segment files, and their bytes.
    pub fn segment_files(&self) -> (u64, u64) {
        let files = self.segments.iter().filter(|open| open.file.is_some());
        files.fold((0, 0), |(count, bytes), open| (count + 1, bytes + open.segment.size()))
    }

    /// Bytes of the dictionary file.
    pub fn dictionary_bytes(&self) -> u64 {
        self.dictionary().map_or(0, Dictionary::size)
    }

    /// Number of entries that wait in the catalogue to be sealed, and their bytes.
    pub fn unsealed(&self) -> (u64, u64) {
        let payloads = self.catalogue.unsealed.values();
        payloads.fold((0, 0), |(count, bytes), payload| (count + 1, bytes + payload.len() as u64))
    }

    pub(crate) fn dictionary_file(&self) -> Option<(FileId, &Dictionary)> {
        self.dictionary.as_ref().map(|(file, dictionary)| (*file, &**dictionary))
    }

    pub(crate) fn verify_files(&self) -> Vec<Error> {
        let dictionary = self.dictionary().map(Dictionary::verify);
        let segments = self.segments.iter().map(|open| open.segment.verify());
        dictionary.into_iter().chain(segments).filter_map(Result::err).collect()
    }
}

/// Fails unless a file is the one that the manifest means: another good file may be in its place.
fn agree(path: &Path, found: (u32, u64), expected: (u32, u64), what: &str) -> Result<(), Gone> {
    if found == expected {
        return Ok(());
    }
    let say = |(number, bytes)| format!("{bytes} bytes, {what} {number}");
    Err(Gone::Other(Error::corrupt(path, "file", say(found), say(expected))))
}

/// The entries of a run that wait in the catalogue, as a segment in memory.
fn unsealed_segment(catalogue: &Catalogue, run: &Run, folder: &Path) -> Result<Option<Segment>> {
    let entries = unsealed_of(catalogue, run.id);
    let mut entries = entries.map(|(key, payload)| (key, Cow::Borrowed(payload))).peekable();
    if entries.peek().is_none() {
        return Ok(None);
    }
    let path = folder.join("unsealed entries");
    let head = SegmentHead { run: run.id, shape: run.spec.shape, score_type: run.spec.score_type };
    let (bytes, _) = build(Vec::new(), head, entries)
        .map_err(|e| Error::corrupt(&path, format!("run {:?}", run.spec.name), e, "entries that can be read"))?;
    Segment::open(Bytes::Owned(bytes), &path).map(Some)
}

/// The entries of a run that wait in the catalogue, in order.
pub(crate) fn unsealed_of(catalogue: &Catalogue, run: RunId) -> impl Iterator<Item = (EntryKey, &[u8])> {
    let all = catalogue.unsealed.iter().filter(move |((of, _), _)| *of == run);
    all.map(|((_, key), payload)| (*key, &**payload))
}
