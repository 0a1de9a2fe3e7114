//! Entries of a run: `entries`, and the members of their degenerate groups, `groups`.

use super::RowSink;
use crate::error::{ExportError, Result};
use crate::table::{Cell, ENTRIES};
use kndb_storage::{Group, LayerSummary, Measured, Neuron, Run, ScoreView, Shape};

/// Whose entry it is.
#[derive(Clone, Copy, Debug)]
pub struct EntryOf<'a> {
    /// Name of the run.
    pub run: &'a str,
    /// Code of the language.
    pub lang: &'a str,
    /// Id of the relation.
    pub relation: Option<&'a str>,
    /// Id of the fact.
    pub fact: &'a str,
    /// Number of the prompt.
    pub prompt: u16,
}

impl<'a> EntryOf<'a> {
    fn cells(self) -> [Cell<'a>; 5] {
        let Self { run, lang, relation, fact, prompt } = self;
        [Cell::Text(run), Cell::Text(lang), Cell::text(relation), Cell::Text(fact), Cell::Int(prompt.into())]
    }
}

/// The row of an entry without scores: of a `kind`, with so many members.
///
/// # Errors
/// Those of the sink.
pub fn plain_row(
    of: EntryOf<'_>,
    kind: &str,
    question: Option<u64>,
    kept: usize,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let [run, lang, relation, fact, prompt] = of.cells();
    let question = question.map(|hash| format!("{hash:016x}"));
    let mut cells = vec![run, lang, relation, fact, prompt, Cell::Text(kind)];
    cells.resize(ENTRIES.columns.len(), Cell::Null);
    cells[ENTRIES.place("question")] = Cell::text(question.as_deref());
    cells[ENTRIES.place("kept")] = Cell::Long(kept as i64);
    cells[ENTRIES.place("kept_negative")] = Cell::Long(0);
    sink.row(&cells)
}

/// The row of an entry with scores.
///
/// # Errors
/// Those of the sink.
pub fn scored_row(
    of: EntryOf<'_>,
    measured: &Measured<'_>,
    view: &ScoreView<'_>,
    sink: &mut dyn RowSink,
) -> Result<()> {
    let origin = view.origin().unwrap_or_default();
    let layers: Vec<LayerSummary> = view.layers().collect();
    let list = |number: fn(&LayerSummary) -> f32| layers.iter().map(number).collect::<Vec<f32>>();
    let lists = [
        list(|layer| layer.max),
        list(|layer| layer.sum),
        list(|layer| layer.evidence.probability),
        list(|layer| layer.evidence.baseline),
        list(|layer| layer.evidence.residual),
    ];
    let question = origin.question.map(|hash| format!("{hash:016x}"));
    let number = |number: Option<f32>| number.map_or(Cell::Null, Cell::Float);
    let [run, lang, relation, fact, prompt] = of.cells();
    let [max, sum, p, baseline, residual] = lists.each_ref().map(|list| Cell::Floats(list));
    sink.row(&[
        run,
        lang,
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

/// The rows of the degenerate groups of an entry, one a neuron; how many.
///
/// # Errors
/// Those of the sink.
pub fn group_rows(of: EntryOf<'_>, shape: Shape, groups: &[Group], sink: &mut dyn RowSink) -> Result<u64> {
    let [run, lang, relation, fact, prompt] = of.cells();
    let mut rows = 0;
    for (number, group) in (0..).zip(groups) {
        for (at, &neuron) in group.neurons.iter().enumerate() {
            let [layer, neuron] = place_of(shape, neuron);
            let evidence = group.evidence.as_ref();
            let p = |of: Option<f32>| of.map_or(Cell::Null, Cell::Float);
            sink.row(&[
                run,
                lang,
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
    Ok(rows)
}

/// Layer, and neuron within it. Shapes that do not fit were refused.
pub fn place_of(shape: Shape, neuron: Neuron) -> [Cell<'static>; 2] {
    let (layer, unit) = shape.split(neuron);
    [Cell::Int(layer.0 as i32), Cell::Int(unit as i32)]
}
/// Refuses layers and neurons that are no 32-bit numbers with a sign, as Delta and Iceberg have them.
pub(crate) fn check_shape(run: &Run) -> Result<()> {
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
