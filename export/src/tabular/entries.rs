//! What runs hold: `entries`, and beside them `scores`, `sets` and `groups`.
//!
//! One run in one language at a time: where its entries are is in memory, of their scores those of one fact.

use super::files::{Files, Writing};
use super::found::{AllFound, Found};
use crate::error::Result;
use crate::format::Watch;
use crate::manifest::{Partition, RunOf};
use crate::rows::{EntryOf, RowSink, Source, check_shape, group_rows, place_of, plain_row, scored_row};
use crate::table::{Cell, ENTRIES, GROUPS, SCORES, SETS, Table};
use kndb_storage::{LanguageId, LivePart, Neuron, PartKind, Run, Shape};

/// Mapped pages that are kept: what was written once is not read again.
const PAGES: u64 = 256 << 20;
/// Facts between two looks at how many pages there are.
const RELEASE: u64 = 1_024;

/// The tables on their way.
pub(super) struct Entries<'a, 's> {
    source: &'a Source<'s>,
    entries: Writing,
    groups: Writing,
    /// Of the relation that is being written.
    scores: Option<Writing>,
    sets: Option<Writing>,
    runs: Vec<RunOf>,
}

impl<'a, 's> Entries<'a, 's> {
    pub(super) fn begin(source: &'a Source<'s>, files: &mut Files<'_>) -> Result<Self> {
        for run in &source.chosen.runs {
            check_shape(run)?;
        }
        let (entries, groups) = (files.begin(&ENTRIES, None)?, files.begin(&GROUPS, None)?);
        Ok(Self { source, entries, groups, scores: None, sets: None, runs: Vec::new() })
    }

    /// Writes all that is chosen.
    pub(super) fn write(&mut self, files: &mut Files<'_>, watch: &mut Watch<'_>) -> Result<()> {
        let (snapshot, chosen) = (self.source.snapshot, &self.source.chosen);
        for run in &chosen.runs {
            watch.progress.entries_total += entries_of(self.source, run)?;
        }
        let mut languages = chosen.languages.clone();
        languages.sort_unstable_by_key(|&id| snapshot.language_name(id));
        for &run in &chosen.runs {
            self.runs.push(RunOf::of(run));
            for &language in &languages {
                self.language(run, language, files, watch)?;
            }
        }
        Ok(())
    }

    /// Ends the tables; the runs with their counts.
    pub(super) fn finish(self, files: &mut Files<'_>) -> Result<Vec<RunOf>> {
        files.end(self.entries)?;
        files.end(self.groups)?;
        let mut runs = self.runs;
        for (run, of) in runs.iter_mut().zip(&self.source.chosen.runs) {
            run.lost = self.source.snapshot.losses(of.id).map(|losses| losses.to_string());
            run.half_done = self.source.snapshot.unfinished_jobs(of.id).map(str::to_owned).collect();
        }
        Ok(runs)
    }

    fn language(
        &mut self,
        run: &Run,
        language: LanguageId,
        files: &mut Files<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<()> {
        let found = AllFound::of(self.source, run, language)?;
        let code = self.source.snapshot.language_name(language);
        for of_relation in found.entries.chunk_by(|a, b| a.relation == b.relation) {
            for of_fact in of_relation.chunk_by(|a, b| a.fact == b.fact) {
                watch.look()?;
                self.fact((run, code), &found, of_fact, files, watch)?;
                watch.progress.entries += of_fact.len() as u64;
                if watch.progress.entries % RELEASE < of_fact.len() as u64 {
                    self.source.snapshot.release_pages(PAGES);
                }
            }
            for partitioned in [self.scores.take(), self.sets.take()].into_iter().flatten() {
                files.end(partitioned)?;
            }
        }
        Ok(())
    }

    /// All entries of a fact.
    fn fact(
        &mut self,
        (run, code): (&Run, &str),
        found: &AllFound<'s>,
        entries: &[Found<'s>],
        files: &mut Files<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<()> {
        let shape = run.spec.shape;
        let mut scores: Vec<(f32, u16, Neuron)> = Vec::new();
        let mut neurons: Vec<(u16, Neuron)> = Vec::new();
        for entry in entries {
            let part = found.part(entry);
            let of = EntryOf {
                run: &run.spec.name,
                lang: code,
                relation: entry.relation,
                fact: entry.id,
                prompt: entry.prompt,
            };
            match part.part.kind() {
                PartKind::Scores => {
                    let view = part.part.scores(entry.local)?;
                    scored_row(of, &part.measured(entry.fact, entry.local)?, &view, &mut self.entries)?;
                    scores.extend((0..view.len()).map(|rank| (view.score(rank), entry.prompt, view.neuron(rank))));
                    scores.extend(view.negative().map(|(neuron, score)| (score, entry.prompt, neuron)));
                }
                PartKind::Neurons => {
                    let mut of_entry = Vec::new();
                    part.part.grid(0)?.push_to(entry.local, &mut of_entry);
                    plain_row(of, "set", None, of_entry.len(), &mut self.entries)?;
                    neurons.extend(of_entry.into_iter().map(|neuron| (entry.prompt, Neuron(neuron))));
                }
                PartKind::Groups => watch.progress.rows += self.groups_of(of, part, entry.local, shape)?,
            }
        }
        // Best first; of several prompts together. Of one prompt they are in order already.
        scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        neurons.sort_unstable();
        watch.progress.rows += (entries.len() + scores.len() + neurons.len()) as u64;
        let Some(first) = entries.first() else { return Ok(()) };
        let partition = || Partition {
            run: run.spec.name.clone(),
            lang: code.to_owned(),
            relation: first.relation.map(str::to_owned),
        };
        let id = Cell::Text(first.id);
        if !scores.is_empty() {
            let file = begun(&mut self.scores, &SCORES, partition, files)?;
            for (score, prompt, neuron) in scores {
                let [layer, neuron] = place_of(shape, neuron);
                file.row(&[id, Cell::Int(prompt.into()), layer, neuron, Cell::Float(score)])?;
                self.runs.last_mut().into_iter().for_each(|run| run.rows.scores += 1);
            }
        }
        if !neurons.is_empty() {
            let file = begun(&mut self.sets, &SETS, partition, files)?;
            for (prompt, neuron) in neurons {
                let [layer, neuron] = place_of(shape, neuron);
                file.row(&[id, Cell::Int(prompt.into()), layer, neuron])?;
                self.runs.last_mut().into_iter().for_each(|run| run.rows.sets += 1);
            }
        }
        self.runs.last_mut().into_iter().for_each(|run| run.rows.entries += entries.len() as u64);
        Ok(())
    }

    /// Degenerate groups of an entry; the rows they take.
    fn groups_of(&mut self, of: EntryOf<'_>, part: LivePart<'_>, local: u32, shape: Shape) -> Result<u64> {
        let groups = part.part.groups(local)?;
        plain_row(of, "groups", part.part.question(local)?, groups.len(), &mut self.entries)?;
        let rows = group_rows(of, shape, &groups, &mut self.groups)?;
        self.runs.last_mut().into_iter().for_each(|run| run.rows.groups += rows);
        Ok(rows)
    }
}

/// The file of the partition that is being written, begun with its first row.
fn begun<'w>(
    file: &'w mut Option<Writing>,
    table: &'static Table,
    partition: impl Fn() -> Partition,
    files: &mut Files<'_>,
) -> Result<&'w mut Writing> {
    let open = match file.take() {
        Some(open) => open,
        None => files.begin(table, Some(partition()))?,
    };
    debug_assert_eq!(open.partition(), Some(&partition()));
    Ok(file.insert(open))
}

/// Entries of a run that are chosen; where relations are, more.
fn entries_of(source: &Source<'_>, run: &Run) -> Result<u64> {
    let snapshot = source.snapshot;
    let (attributions, groups) = snapshot.slots_of(run.id);
    let chosen = |slot: &kndb_storage::Slot| source.chosen.has_language(slot.language);
    let mut count = 0;
    for slot in attributions.filter(chosen) {
        count += snapshot.parts(slot)?.iter().map(LivePart::live_len).sum::<u64>();
    }
    for slot in groups.filter(chosen) {
        count += snapshot.group_parts(slot)?.iter().map(LivePart::live_len).sum::<u64>();
    }
    Ok(count)
}
