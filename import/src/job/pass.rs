//! One pass over the entries of all files: each fact once, in batches that are durable one by one.

use std::collections::HashMap;
use std::mem;
use std::path::Path;

use kndb_storage::{Entry, EntryData, FoundRelation, Job, RelationId, ScoreValues, Snapshot};
use xxhash_rust::xxh3::xxh3_128;

use super::{ImportRunError, Progress};
use crate::error::{ImportError, Location, Place};
use crate::input::Input;
use crate::job::summary::Summary;
use crate::options::Options;
use crate::reader::{Reader, open_input};
use crate::source::given::{Given, digest, place};
use crate::source::id_codes::IdCodes;
use crate::source::seen::{Repeat, Seen};

/// A batch is stored when its entries take this many bytes in memory, or are this many.
const BATCH_BYTES: usize = 32 << 20;
const BATCH_ENTRIES: usize = 4096;

/// Progress is reported after this many entries, and after every file and batch.
const REPORT_ENTRIES: u64 = 256;

/// One pass over all files.
pub(super) struct Pass<'a> {
    pub job: &'a Job<'a>,
    /// The store before the import: facts it registers do not count as known.
    pub snapshot: &'a Snapshot,
    pub batch: Vec<Entry>,
    pub batch_bytes: usize,
    pub seen: Seen,
    /// The ids of facts whose language nothing says.
    pub id_codes: IdCodes,
    /// Facts met, and their relations.
    pub facts: HashMap<u128, Met>,
    /// Relations as files say them, each once.
    pub said: Vec<String>,
    pub summary: Summary,
}

/// What is known of a fact's relation.
pub(super) struct Met {
    /// In the store; those without labels have none.
    pub stored: Option<RelationId>,
    /// What a file has said of it first, as an index into [`Pass::said`].
    said: Option<u32>,
}

impl Pass<'_> {
    /// Reads all files and stores what they hold.
    pub fn read(
        &mut self,
        inputs: &[Input],
        options: &Options,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(), ImportRunError> {
        let bytes_total = inputs.iter().map(|input| input.size).sum();
        let mut bytes_before = 0;
        for (file_index, input) in inputs.iter().enumerate() {
            let mut reader = open_input(input, options)?;
            let mut report = |reader: &Reader, entries| {
                progress(Progress {
                    file: &input.path,
                    file_index,
                    files: inputs.len(),
                    bytes_read: bytes_before + reader.bytes_read(),
                    bytes_total,
                    entries,
                });
            };
            let mut given_any = false;
            while let Some(given) = reader.next_given() {
                given_any = true;
                let stored = self.add(given?, file_index, inputs)?;
                if stored || self.summary.entries.is_multiple_of(REPORT_ENTRIES) {
                    report(&reader, self.summary.entries);
                }
            }
            report(&reader, self.summary.entries);
            let account = reader.account();
            self.summary.duplicates += account.duplicates;
            self.summary.not_used.extend(account.not_used);
            self.summary.ids.extend(account.ids);
            for (language, by) in account.languages {
                self.summary.language_by.entry(language).or_default().extend(by);
            }
            if !given_any {
                self.summary.without_entries.push(input.path.clone());
            }
            for (reason, count) in account.invalid {
                *self.summary.invalid.entry(reason).or_default() += count;
            }
            self.summary.files += 1;
            bytes_before += input.size;
        }
        if self.summary.entries == 0 {
            return Err(self.no_entries());
        }
        if let Some(last) = inputs.last() {
            self.judge_ids(&last.path)?;
        }
        self.store_batch()
    }

    /// An error if the ids met so far seem to hold languages: before any is stored, where that can be told.
    fn judge_ids(&self, file: &Path) -> Result<(), ImportRunError> {
        let early = self.summary.entries == self.batch.len() as u64;
        self.id_codes.judged(early).map_or(Ok(()), |found| Err(language_in_ids(file, &found)))
    }

    /// Files were read to their ends and hold nothing to store.
    fn no_entries(&self) -> ImportRunError {
        let files = self.summary.without_entries.clone();
        let not_taken: u64 = self.summary.invalid.values().sum();
        let reasons: Vec<_> = self.summary.invalid.keys().map(String::as_str).collect();
        ImportRunError::NoEntries { files, not_taken, reasons: reasons.join(", ") }
    }

    /// Takes an entry; true when it completed a batch.
    fn add(&mut self, given: Given, file: usize, inputs: &[Input]) -> Result<bool, ImportRunError> {
        let Given { entry, relation, default_language } = given;
        match self.seen.note_digest(&place(&entry), digest(&entry), file as u64) {
            Repeat::New => {}
            Repeat::Same => {
                self.summary.duplicates += 1;
                return Ok(false);
            }
            Repeat::Different(first) => {
                return Err(ImportRunError::TwoFiles {
                    fact: entry.fact,
                    language: entry.language,
                    prompt: entry.prompt,
                    first: inputs[first as usize].path.clone(),
                    second: inputs[file].path.clone(),
                });
            }
        }
        if default_language && let Some(found) = self.id_codes.note(&entry.fact) {
            return Err(language_in_ids(&inputs[file].path, &found));
        }
        self.check_relation(&entry, relation, &inputs[file].path)?;
        self.count(&entry, default_language);
        self.batch_bytes += bytes(&entry);
        self.batch.push(entry);
        let full = self.batch_bytes >= BATCH_BYTES || self.batch.len() >= BATCH_ENTRIES;
        if full {
            self.judge_ids(&inputs[file].path)?;
            self.store_batch()?;
        }
        Ok(full)
    }

    /// Looks a fact up when it comes for the first time, and compares its relation with the store's, and with what was
    /// said of it before: in another language, in another file.
    fn check_relation(&mut self, entry: &Entry, given: Option<String>, file: &Path) -> Result<(), ImportRunError> {
        let id = xxh3_128(entry.fact.as_bytes());
        let is_new = !self.facts.contains_key(&id);
        if is_new {
            let fact = self.snapshot.fact(&entry.fact)?;
            let stored = fact.map(|fact| self.snapshot.fact_relation(fact)).transpose()?.flatten();
            self.facts.insert(id, Met { stored, said: None });
        }
        let (Some(given), Some(met)) = (given, self.facts.get_mut(&id)) else { return Ok(()) };
        let first = met.said.map(|said| self.said[said as usize].as_str());
        if first.is_some_and(|first| first == given) {
            return Ok(());
        }
        let says = meant(self.snapshot, &given);
        let mut is_narrower = first.is_none();
        match (met.stored, first) {
            // Each text is compared with the store's: two names of it need not be each other's.
            (Some(stored), _) if !says.contains(&stored) => {
                let stored = self.snapshot.relation_shown(stored, None);
                let (file, fact) = (file.to_owned(), entry.fact.clone());
                return Err(ImportRunError::Relation { file, fact, given, stored });
            }
            (None, Some(first)) => {
                let before = meant(self.snapshot, first);
                let both = before.iter().filter(|relation| says.contains(relation)).count();
                if both == 0 && !first.trim().eq_ignore_ascii_case(given.trim()) {
                    let (file, fact, first) = (file.to_owned(), entry.fact.clone(), first.to_owned());
                    return Err(ImportRunError::TwoRelations { file, fact, first, second: given });
                }
                // After a name of several relations, the one that is meant counts.
                is_narrower = both < before.len();
            }
            (Some(_), Some(_)) => {}
            (Some(_), None) => self.summary.relations += 1,
            (None, None) => self.summary.relations_not_used += 1,
        }
        if is_narrower {
            let known = self.said.iter().position(|said| *said == given);
            let at = known.unwrap_or(self.said.len());
            if known.is_none() {
                self.said.push(given);
            }
            met.said = u32::try_from(at).ok();
        }
        Ok(())
    }

    /// Counts an entry for the summary.
    fn count(&mut self, entry: &Entry, default_language: bool) {
        let summary = &mut self.summary;
        summary.entries += 1;
        summary.default_language += u64::from(default_language);
        if let Some(count) = summary.languages.get_mut(&entry.language) {
            *count += 1;
        } else {
            summary.languages.insert(entry.language.clone(), 1);
        }
        summary.prompts.insert(entry.prompt);
        match &entry.data {
            EntryData::Neurons(neurons) => {
                summary.sets += 1;
                summary.pairs += neurons.len() as u64;
            }
            // No file that is imported entry by entry has these.
            EntryData::Stored(stored) => {
                summary.scored += 1;
                summary.scores += stored.scores.len() as u64;
            }
            EntryData::Groups(groups) | EntryData::Searched { groups, .. } => summary.groups += groups.len() as u64,
            EntryData::Scores(scores) => {
                summary.scored += 1;
                summary.measured += u64::from(!scores.evidence.is_empty() || scores.origin.is_some());
                let (all, partial) = match &scores.values {
                    ScoreValues::Dense(scores) => (scores, false),
                    ScoreValues::Sparse { scores, .. } => (scores, true),
                };
                summary.without_positive += u64::from(all.iter().all(|score| *score <= 0.0));
                summary.lone_scores += u64::from(partial && all.len() == 1);
                summary.scores += match &scores.values {
                    ScoreValues::Dense(scores) => scores.len() as u64,
                    ScoreValues::Sparse { scores, floor, .. } => {
                        let (least, most) = summary.floors.unwrap_or((*floor, *floor));
                        summary.floors = Some((least.min(*floor), most.max(*floor)));
                        scores.len() as u64
                    }
                };
            }
        }
    }

    pub fn store_batch(&mut self) -> Result<(), ImportRunError> {
        let batch = mem::take(&mut self.batch);
        self.batch_bytes = 0;
        if batch.is_empty() {
            return Ok(());
        }
        let appended = self.job.append(&batch)?;
        self.summary.new += appended.new;
        self.summary.resumed += appended.resumed;
        self.summary.replaced += appended.replaced;
        self.summary.skipped += appended.skipped;
        Ok(())
    }
}

/// The relations of the store that a text says: by an id in any letter case, a name, or as kndb shows it, `P36 (capital)`,
/// in whichever language.
fn meant(snapshot: &Snapshot, text: &str) -> Vec<RelationId> {
    let text = text.trim();
    match snapshot.find_relation(text) {
        FoundRelation::One(relation) => vec![relation],
        FoundRelation::Several(relations) => relations,
        FoundRelation::None => {
            let shown = text.strip_suffix(')').and_then(|text| text.split_once(" ("));
            let (id, name) = shown.map_or((text, None), |(id, name)| (id, Some(name)));
            let ids = snapshot.relations().filter(|(_, known)| known.eq_ignore_ascii_case(id)).map(|(id, _)| id);
            let ids = ids.collect();
            match name.map(|name| snapshot.find_relation(name)) {
                None => ids,
                Some(FoundRelation::None) => Vec::new(),
                Some(FoundRelation::One(named)) => keep(ids, &[named]),
                Some(FoundRelation::Several(named)) => keep(ids, &named),
            }
        }
    }
}

fn keep(relations: Vec<RelationId>, others: &[RelationId]) -> Vec<RelationId> {
    relations.into_iter().filter(|relation| others.contains(relation)).collect()
}

fn language_in_ids(file: &Path, found: &str) -> ImportRunError {
    ImportRunError::Import(ImportError::Unexpected {
        at: Box::new(Location { file: file.to_owned(), place: Place::File }),
        found: format!("nothing that says the language, but {found}"),
        expected: "the language where kndb reads it: an array named `fact/zh`, a column or field `language`, a folder \
                   `language=zh`; or the option for the language, beside which an id is what it is"
            .to_owned(),
    })
}

/// About how much memory an entry takes.
fn bytes(entry: &Entry) -> usize {
    let data = match &entry.data {
        EntryData::Stored(stored) => 8 * stored.scores.len(),
        EntryData::Neurons(neurons) => 4 * neurons.len(),
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
            groups.iter().map(|group| 40 + 4 * group.neurons.len()).sum()
        }
        EntryData::Scores(scores) => match &scores.values {
            ScoreValues::Dense(scores) => 4 * scores.len(),
            ScoreValues::Sparse { scores, .. } => 8 * scores.len(),
        },
    };
    size_of::<Entry>() + entry.fact.len() + entry.language.len() + data
}
