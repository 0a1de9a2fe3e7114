//! What runs hold: `entries`, and beside them `scores`, `sets` and `groups`.
//!
//! One run in one language at a time: where its entries are is in memory, of their scores those of one fact.

use super::files::{Files, Writing};
use super::found::{AllFound, Found};
use crate::error::{ExportError, Result};
use crate::format::{Source, Watch};
use crate::manifest::{Partition, RunOf};
use crate::table::rows::Cell;
use crate::table::{ENTRIES, GROUPS, SCORES, SETS, Table};
use kndb_storage::{LanguageId, LayerSummary, LivePart, Neuron, PartKind, Run, ScoreView, Shape};

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
            let place = Place { run: &run.spec.name, code, entry };
            match part.part.kind() {
                PartKind::Scores => {
                    let view = part.part.scores(entry.local)?;
                    push_scored(&mut self.entries, place, part, &view)?;
                    scores.extend((0..view.len()).map(|rank| (view.score(rank), entry.prompt, view.neuron(rank))));
                    scores.extend(view.negative().map(|(neuron, score)| (score, entry.prompt, neuron)));
                }
                PartKind::Neurons => {
                    let mut of_entry = Vec::new();
                    part.part.grid(0)?.push_to(entry.local, &mut of_entry);
                    push_plain(&mut self.entries, place, "set", None, of_entry.len())?;
                    neurons.extend(of_entry.into_iter().map(|neuron| (entry.prompt, Neuron(neuron))));
                }
                PartKind::Groups => watch.progress.rows += self.groups_of(place, part, shape)?,
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
                file.push(&[id, Cell::Int(prompt.into()), layer, neuron, Cell::Float(score)])?;
                self.runs.last_mut().into_iter().for_each(|run| run.rows.scores += 1);
            }
        }
        if !neurons.is_empty() {
            let file = begun(&mut self.sets, &SETS, partition, files)?;
            for (prompt, neuron) in neurons {
                let [layer, neuron] = place_of(shape, neuron);
                file.push(&[id, Cell::Int(prompt.into()), layer, neuron])?;
                self.runs.last_mut().into_iter().for_each(|run| run.rows.sets += 1);
            }
        }
        self.runs.last_mut().into_iter().for_each(|run| run.rows.entries += entries.len() as u64);
        Ok(())
    }

    /// Degenerate groups of an entry; the rows they take.
    fn groups_of(&mut self, place: Place<'_, '_>, part: LivePart<'_>, shape: Shape) -> Result<u64> {
        let entry = place.entry;
        let groups = part.part.groups(entry.local)?;
        push_plain(&mut self.entries, place, "groups", part.part.question(entry.local)?, groups.len())?;
        let mut rows = 0;
        for (number, group) in (0..).zip(&groups) {
            for (at, &neuron) in group.neurons.iter().enumerate() {
                let [layer, neuron] = place_of(shape, neuron);
                let evidence = group.evidence.as_ref();
                let p = |of: Option<f32>| of.map_or(Cell::Null, Cell::Float);
                let [run, code, relation, fact, prompt] = place.cells();
                self.groups.push(&[
                    run,
                    code,
                    relation,
                    fact,
                    prompt,
                    Cell::Int(number),
                    layer,
                    neuron,
                    p(evidence.map(|evidence| evidence.probability)),
                    p(evidence.map(|evidence| evidence.after_all)),
                    p(evidence.and_then(|evidence| evidence.after_each.get(at).copied())),
                ])?;
                rows += 1;
            }
        }
        self.runs.last_mut().into_iter().for_each(|run| run.rows.groups += rows);
        Ok(rows)
    }
}

/// Whose entry it is.
#[derive(Clone, Copy)]
struct Place<'a, 's> {
    run: &'a str,
    code: &'a str,
    entry: &'a Found<'s>,
}

impl<'a> Place<'a, '_> {
    fn cells(self) -> [Cell<'a>; 5] {
        let Found { relation, id, prompt, .. } = self.entry;
        let (run, code) = (Cell::Text(self.run), Cell::Text(self.code));
        [run, code, Cell::text(*relation), Cell::Text(id), Cell::Int((*prompt).into())]
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

/// The row of an entry without scores.
fn push_plain(to: &mut Writing, place: Place<'_, '_>, kind: &str, question: Option<u64>, kept: usize) -> Result<()> {
    let [run, code, relation, fact, prompt] = place.cells();
    let question = question.map(|hash| format!("{hash:016x}"));
    let mut cells = vec![run, code, relation, fact, prompt, Cell::Text(kind)];
    cells.resize(ENTRIES.columns.len(), Cell::Null);
    cells[ENTRIES.place("question")] = Cell::text(question.as_deref());
    cells[ENTRIES.place("kept")] = Cell::Long(kept as i64);
    cells[ENTRIES.place("kept_negative")] = Cell::Long(0);
    to.push(&cells)
}

/// The row of an entry with scores.
fn push_scored(to: &mut Writing, place: Place<'_, '_>, part: LivePart<'_>, view: &ScoreView<'_>) -> Result<()> {
    let entry = place.entry;
    let measured = part.measured(entry.fact, entry.local)?;
    let origin = view.origin().unwrap_or_default();
    let layers: Vec<LayerSummary> = view.layers().collect();
    let of = |number: fn(&LayerSummary) -> f32| layers.iter().map(number).collect::<Vec<f32>>();
    let lists = [
        of(|layer| layer.max),
        of(|layer| layer.sum),
        of(|layer| layer.evidence.probability),
        of(|layer| layer.evidence.baseline),
        of(|layer| layer.evidence.residual),
    ];
    let question = origin.question.map(|hash| format!("{hash:016x}"));
    let number = |number: Option<f32>| number.map_or(Cell::Null, Cell::Float);
    let [run, code, relation, fact, prompt] = place.cells();
    let [max, sum, p, baseline, residual] = lists.each_ref().map(|list| Cell::Floats(list));
    to.push(&[
        run,
        code,
        relation,
        fact,
        prompt,
        Cell::Text("scores"),
        number(measured.probability),
        number(measured.baseline),
        number(measured.residual),
        Cell::text(origin.answer.as_deref()),
        origin.rank.map_or(Cell::Null, |rank| Cell::Long(rank.into())),
        origin.tokens.map_or(Cell::Null, |tokens| Cell::Int(tokens.into())),
        Cell::text(question.as_deref()),
        Cell::known(view.max()),
        Cell::Float(view.floor()),
        Cell::known(view.ceiling()),
        Cell::Long(view.kept() as i64),
        Cell::Long(view.kept_negative() as i64),
        max,
        sum,
        p,
        baseline,
        residual,
    ])
}

/// Layer, and neuron within it. Shapes that do not fit were refused.
fn place_of(shape: Shape, neuron: Neuron) -> [Cell<'static>; 2] {
    let (layer, unit) = shape.split(neuron);
    [Cell::Int(layer.0 as i32), Cell::Int(unit as i32)]
}

/// Refuses layers and neurons that are no 32-bit numbers with a sign, as Delta and Iceberg have them.
fn check_shape(run: &Run) -> Result<()> {
    let shape = run.spec.shape;
    if shape.layers.max(shape.width) <= i32::MAX as u32 {
        return Ok(());
    }
    Err(ExportError::Unfit {
        what: format!("run {:?}", run.spec.name),
        format: "tables",
        found: shape.to_string(),
        expected: format!("at most {} layers, and neurons in a layer", i32::MAX),
    })
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
