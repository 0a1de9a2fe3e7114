//! What the exported runs held. `entries` is read from front to end, and with it the files of scores, sets and groups, which are in the
//! same order: one fact is in memory, and what waits to be written.

use super::check::Checked;
use super::facts::whole;
use super::parts::{ByPrompt, groups, of_fact};
use super::rows::{Row, Rows};
use crate::error::{ExportError, Result};
use crate::format::Watch;
use crate::manifest::{Manifest, Partition};
use crate::table::{ENTRIES, GROUPS, SCORES, SETS};
use kndb_storage::{
    Entry, EntryData, Keep, LayerEvidence, LayerSummary, Neuron, OnConflict, Origin, RunWriter, StoredScores,
};
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// Neurons that wait until they are written, of one run: some 64 MB.
const WAITING: usize = 8 << 20;

struct Reading<'a> {
    files: &'a Checked<'a>,
    groups: Rows,
    partition: Option<Partition>,
    scores: Option<Rows>,
    sets: Option<Rows>,
    /// Partitions of which no entry has come yet.
    left: BTreeSet<Partition>,
}

/// Writes all entries into their runs; how many.
pub(super) fn read(
    manifest: &Manifest,
    files: &Checked<'_>,
    writers: &[RunWriter],
    watch: &mut Watch<'_>,
) -> Result<u64> {
    let left = files.partitions(&SCORES).into_iter().chain(files.partitions(&SETS)).cloned().collect();
    let groups = whole(files, &GROUPS)?;
    let mut reading = Reading { files, groups, partition: None, scores: None, sets: None, left };
    let mut entries = whole(files, &ENTRIES)?;
    // Only for progress; the manifest may say anything.
    watch.progress.entries_total = manifest.runs.iter().fold(0, |all, run| all.saturating_add(run.rows.entries));
    let mut waiting = Waiting { writer: None, entries: Vec::new(), size: 0 };
    let mut of_runs: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(first) = entries.peek() {
        watch.look()?;
        let name = first.has_text("run")?;
        let writer = writers.iter().find(|writer| writer.run().spec.name == name);
        let writer = writer.ok_or_else(|| first.wrong(format!("run {name:?}"), "a run of the manifest"))?;
        waiting.of(writer)?;
        reading.enter(first)?;
        let of_fact = reading.fact(writer, &mut entries)?;
        watch.progress.entries += of_fact.len() as u64;
        *of_runs.entry(writer.run().spec.name.clone()).or_default() += of_fact.len() as u64;
        of_fact.into_iter().try_for_each(|entry| waiting.push(entry))?;
    }
    waiting.write()?;
    reading.leave()?;
    reading.groups.must_be_at_end()?;
    if let Some(partition) = reading.left.first() {
        let (path, _) = files
            .of_table(&SCORES, Some(partition))
            .or_else(|| files.of_table(&SETS, Some(partition)))
            .unwrap_or_default();
        return Err(ExportError::differs(&path, "rows that no entry tells of", "rows of the entries"));
    }
    for run in &manifest.runs {
        let (found, said) = (of_runs.get(&run.name).copied().unwrap_or(0), run.rows.entries);
        if found != said {
            let path = files.of_table(&ENTRIES, None).unwrap_or_default().0;
            let found = format!("{found} entries of run {:?}", run.name);
            return Err(ExportError::differs(&path, found, format!("{said}, as the manifest says")));
        }
    }
    Ok(watch.progress.entries)
}

impl Reading<'_> {
    /// Opens the files of a row's partition.
    fn enter(&mut self, row: Row<'_>) -> Result<()> {
        let partition = Partition {
            run: row.has_text("run")?.to_owned(),
            lang: row.has_text("lang")?.to_owned(),
            relation: row.text("relation").map(str::to_owned),
        };
        if self.partition.as_ref() == Some(&partition) {
            return Ok(());
        }
        self.leave()?;
        let open = |table| {
            let file = self.files.of_table(table, Some(&partition));
            file.map(|(path, rows)| Rows::open(table, &path, rows)).transpose()
        };
        (self.scores, self.sets) = (open(&SCORES)?, open(&SETS)?);
        let is_there = self.scores.is_some() || self.sets.is_some();
        if is_there && !self.left.remove(&partition) {
            return Err(row.wrong("a run, language and relation again", "all of their entries together"));
        }
        self.partition = Some(partition);
        Ok(())
    }

    /// Fails unless the files of the partition were read to their ends.
    fn leave(&mut self) -> Result<()> {
        [&self.scores, &self.sets].into_iter().flatten().try_for_each(Rows::must_be_at_end)
    }

    /// The entries of the fact whose rows are next.
    fn fact(&mut self, writer: &RunWriter, rows: &mut Rows) -> Result<Vec<Entry>> {
        let mut found: Vec<Entry> = Vec::new();
        let Some(first) = rows.peek() else { return Ok(found) };
        let (fact, language) = (first.has_text("fact")?.to_owned(), first.has_text("lang")?.to_owned());
        let shape = writer.run().spec.shape;
        let mut scores = of_fact(self.scores.as_mut(), &fact, shape)?;
        let mut sets = of_fact(self.sets.as_mut(), &fact, shape)?;
        while let Some(row) = rows.peek().filter(|row| self.is_of(*row, &fact)) {
            let prompt = row.has_number("prompt")?;
            let data = match row.has_text("kind")? {
                "scores" => EntryData::Stored(stored(row, writer.run().spec.keep, scores.remove(&prompt))?),
                "set" => EntryData::Neurons(set(row, sets.remove(&prompt))?),
                "groups" => {
                    let place = ["run", "lang", "relation", "fact"].map(|name| row.text(name));
                    let groups = groups(&mut self.groups, place, prompt, shape)?;
                    counted(row, "kept", groups.len())?;
                    match question(row)? {
                        Some(question) => EntryData::Searched { groups, question },
                        None => EntryData::Groups(groups),
                    }
                }
                other => return Err(row.wrong(format!("kind {other:?}"), "scores, set or groups")),
            };
            found.push(Entry { fact: fact.clone(), language: language.clone(), prompt, data });
            rows.advance()?;
        }
        let left = |of: &ByPrompt| of.keys().next().copied();
        if let Some(prompt) = left(&scores).or(left(&sets)) {
            let path = self.files.of_table(&ENTRIES, None).unwrap_or_default().0;
            let found = format!("no entry of fact {fact:?} with prompt {prompt}");
            return Err(ExportError::differs(&path, found, "one, because there are scores or neurons of it"));
        }
        Ok(found)
    }

    fn is_of(&self, row: Row<'_>, fact: &str) -> bool {
        let partition = self.partition.as_ref();
        partition.is_some_and(|Partition { run, lang, relation }| {
            (row.text("run"), row.text("lang"), row.text("relation"), row.text("fact"))
                == (Some(run), Some(lang), relation.as_deref(), Some(fact))
        })
    }
}

/// Entries of a run on their way into it.
struct Waiting<'w> {
    writer: Option<&'w RunWriter>,
    entries: Vec<Entry>,
    size: usize,
}

impl<'w> Waiting<'w> {
    fn of(&mut self, writer: &'w RunWriter) -> Result<()> {
        if self.writer.is_some_and(|before| before.run().id != writer.run().id) {
            self.write()?;
        }
        self.writer = Some(writer);
        Ok(())
    }

    fn push(&mut self, entry: Entry) -> Result<()> {
        self.size += match &entry.data {
            EntryData::Stored(stored) => stored.scores.len() + stored.negative.len() + 3 * stored.layers.len(),
            EntryData::Neurons(neurons) => neurons.len(),
            _ => 0,
        } + 32;
        self.entries.push(entry);
        if self.size >= WAITING { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        self.size = 0;
        let entries = std::mem::take(&mut self.entries);
        match self.writer {
            Some(writer) if !entries.is_empty() => {
                writer.append_batch(&entries, OnConflict::Refuse)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The scores of an entry, as the exported store kept them.
fn stored(row: Row<'_>, keep: Keep, scores: Option<Vec<(Neuron, f32)>>) -> Result<StoredScores> {
    let scores = scores.unwrap_or_default();
    // Only a signed rule has a list of negative scores of its own; all others keep from a floor on, whatever the sign.
    let is_negative = |(_, score): &(Neuron, f32)| matches!(keep, Keep::Signed(_)) && *score < 0.0;
    let (negative, scores): (Vec<_>, Vec<_>) = scores.into_iter().partition(is_negative);
    counted(row, "kept", scores.len())?;
    counted(row, "kept_negative", negative.len())?;
    let list = |name: &str| row.floats(name).ok_or_else(|| row.wrong(format!("no {name}"), "one number a layer"));
    let max = list("layer_max")?;
    let others = [list("layer_sum")?, list("layer_p")?, list("layer_baseline")?, list("layer_residual")?];
    if others.iter().any(|other| other.len() != max.len()) {
        return Err(row.wrong("lists of several lengths", "one number a layer"));
    }
    let layer = |at: usize| LayerSummary {
        max: max[at],
        sum: others[0][at],
        evidence: LayerEvidence { probability: others[1][at], baseline: others[2][at], residual: others[3][at] },
    };
    let origin = Origin {
        question: question(row)?,
        answer: row.text("answer").map(str::to_owned),
        rank: row.number("rank")?,
        tokens: row.number("tokens")?,
    };
    Ok(StoredScores {
        scores,
        floor: row.float("floor").unwrap_or(f32::NAN),
        max: row.float("max").unwrap_or(f32::NAN),
        negative,
        ceiling: row.float("ceiling").unwrap_or(f32::NAN),
        layers: (0..max.len()).map(layer).collect(),
        origin: (origin != Origin::default()).then_some(origin),
    })
}

fn set(row: Row<'_>, neurons: Option<Vec<(Neuron, f32)>>) -> Result<Vec<Neuron>> {
    let neurons = neurons.unwrap_or_default();
    counted(row, "kept", neurons.len())?;
    Ok(neurons.into_iter().map(|(neuron, _)| neuron).collect())
}

/// Fails unless an entry has as many members as its row says.
fn counted(row: Row<'_>, name: &str, found: usize) -> Result<()> {
    let expected: u64 = row.has_number(name)?;
    if expected == found as u64 {
        return Ok(());
    }
    Err(row.wrong(format!("{name} {expected}"), format!("{found}, which is how many there are")))
}

fn question(row: Row<'_>) -> Result<Option<u64>> {
    let Some(text) = row.text("question") else { return Ok(None) };
    let is_hash = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hash = if is_hash { u64::from_str_radix(text, 16).ok() } else { None };
    hash.map(Some).ok_or_else(|| row.wrong(format!("question {text:?}"), "16 hexadecimal digits"))
}
