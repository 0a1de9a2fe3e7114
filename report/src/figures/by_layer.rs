//! Shares of neurons by layer: Figures 3, 4 and 5 of *Journey to the Center of the Knowledge Neurons* (AAAI 2024).

use std::collections::HashSet;

use kndb_plot::{Bar, Bars, Caption, Series, Unit};
use kndb_query::{SourceKind, scored_layers};
use kndb_storage::{Run, Store};

use super::chance;
use super::conditions::Conditions;
use super::depth::{self, OfModel};
use super::selection::{self, RunLanguages, Selection, needs, run_label};
use super::{Illustration, Manner};
use crate::answer::{Answer, number, pairs_note};
use crate::error::{Error, Result};

/// Draws the share of each layer in knowledge neurons (`kn`), language-independent ones (`likn`) or degenerate ones (`dkn`):
/// one series a run and language, or for `likn` one a run, over the intersection of its languages. Beside `likn` stands its chance:
/// in remarks, and of few runs as series of their own, in the same unit, a share of the pairs that were found.
///
/// Bars over the layers; where the models differ in depth, curves over the relative depth ([`super::DepthAxis`]).
///
/// # Errors
/// When no run has such neurons, or a query is refused.
pub fn by_layer(store: &Store, kind: SourceKind, selection: &Selection) -> Result<Illustration> {
    by_layer_as(store, &Manner::default(), kind, selection)
}

/// The same, asked in some manner.
///
/// # Errors
/// As [`by_layer`].
pub fn by_layer_as(store: &Store, manner: &Manner, kind: SourceKind, selection: &Selection) -> Result<Illustration> {
    let (snapshot, selection) = (store.snapshot()?, &selection.distinct());
    let Manner { settings, chance_pairs } = manner;
    let asking = chance::Asking { store, snapshot: &snapshot, settings, most_pairs: *chance_pairs };
    let conditions = selection.conditions(kind)?;
    let runs = selection.runs(store, &snapshot, kind)?;
    if runs.is_empty() {
        return Err(Error::NoRun { figure: name(kind), expected: needs(kind) });
    }
    let mut before = 0;
    // Of each run: what was found, another fact's sets, and random sets.
    let kn = SourceKind::Kn;
    let room = 3 * runs.len() <= Bars::MOST_SERIES;
    let (mut series, mut queries, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for run in &runs {
        let place = before;
        before += if kind == SourceKind::Likn { if room { 3 } else { 1 } } else { run.asked.len() };
        let run_name = &run.run.spec.name;
        for missing in selection.languages.iter().filter(|language| !run.languages.contains(language)) {
            remarks.push(format!("run {run_name} has no {missing}"));
        }
        if kind == SourceKind::Likn && run.languages.len() < 2 {
            remarks
                .push(format!("run {run_name} is left out: LIKN takes two languages, found {}", run.languages.len()));
            continue;
        }
        for languages in series_of(kind, run) {
            let query = format!("{} by layer", selection.source(kind, &snapshot, &run.run, languages));
            let answer = Answer::with(store, settings, &query)?;
            answer.add_notes(&mut remarks);
            let label = label(run, languages, &runs);
            match answer.rows.is_empty() {
                // Where nothing was attributed a note says so. Else somebody looked, and found none.
                true if answer.notes.iter().any(|note| note.text.contains("holds nothing of")) => {}
                true => remarks.push(format!("{label} has no {}", name(kind))),
                false => {
                    let asked =
                        run.asked.iter().position(|asked| kind != SourceKind::Likn && languages.contains(asked));
                    let found = Series {
                        name: label,
                        bars: bars(&answer, &run.run, &conditions),
                        note: Some(pairs_note(pairs(&answer))),
                        color: Some(place + asked.unwrap_or_default()),
                    };
                    let mut beside = Vec::new();
                    if kind == SourceKind::Likn {
                        let of = |id, language| {
                            let languages = std::slice::from_ref(language);
                            let source = selection.alone(kn, &snapshot, &run.run, languages);
                            let set = selection.source(kn, &snapshot, &run.run, languages);
                            chance::InLanguage { language: id, source, set }
                        };
                        let ids = run.languages.iter().filter_map(|name| Some((snapshot.language(name)?, name)));
                        let sources = ids.map(|(id, language)| of(id, language)).collect();
                        let of_run = run_label(&run.run, &runs);
                        let (run, pairs) = (&run.run, pairs(&answer));
                        let kept = selection::found(store, asking.settings, &selection.within, run)?;
                        let (series, unit) = (&found, Unit::Share);
                        let drawn = chance::Drawn { run, sources, kept, series, pairs, unit, of_run };
                        let (more, told) = drawn.beside(asking)?;
                        beside.extend(more.into_iter().filter(|_| room));
                        remarks.push(told);
                    }
                    let layers = run.run.spec.shape.layers;
                    series.extend(std::iter::once(found).chain(beside).map(|series| OfModel { series, layers }));
                }
            }
            queries.push(query);
        }
    }
    keep_colors(&mut series);
    let around = Bars {
        caption: Caption {
            title: title(kind, &runs),
            notes: selection.note(&snapshot, kind, &runs, &conditions).into_iter().collect(),
            sources: Vec::new(),
        },
        category_axis: "layer".into(),
        series_axis: if runs.len() > 1 { "model" } else { "language" }.into(),
        value_axis: format!("share of {}", name(kind)),
        unit: Unit::Share,
        ..Bars::default()
    };
    let figure = (!series.is_empty()).then(|| depth::drawn(around, series, selection.axis));
    Ok(Illustration::new(figure, queries, remarks))
}

/// What a source holds, as readers call it.
fn name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Likn => "language-independent neurons",
        SourceKind::Dkn => "degenerate neurons",
        SourceKind::Kn | SourceKind::Facts | SourceKind::Entries => "knowledge neurons",
    }
}

fn title(kind: SourceKind, runs: &[RunLanguages]) -> String {
    let what = match kind {
        SourceKind::Likn => "Language-independent knowledge neurons (LIKN)",
        SourceKind::Dkn => "Degenerate knowledge neurons (DKN)",
        SourceKind::Kn | SourceKind::Facts | SourceKind::Entries => "Knowledge neurons",
    };
    match runs {
        [one] => format!("{what} by layer: {}", one.run.spec.model),
        _ => format!("{what} by layer"),
    }
}

/// The languages of each series.
fn series_of(kind: SourceKind, run: &RunLanguages) -> Vec<&[String]> {
    match kind {
        SourceKind::Likn => vec![&run.languages],
        _ => run.languages.chunks(1).collect(),
    }
}

/// `mbert, en`; `en` for one run.
fn label(run: &RunLanguages, languages: &[String], runs: &[RunLanguages]) -> String {
    let languages = languages.join(" ∩ ");
    match run_label(&run.run, runs) {
        Some(run) => format!("{run}, {languages}"),
        None => languages,
    }
}

/// Leaves colours to the order of the series where two would have the same: there are more places than colours.
fn keep_colors(series: &mut [OfModel]) {
    let mut taken = HashSet::new();
    if !series.iter().all(|of| taken.insert(of.series.color.map(|color| color % Bars::MOST_SERIES))) {
        series.iter_mut().for_each(|of| of.series.color = None);
    }
}

/// All pairs of an answer.
fn pairs(answer: &Answer) -> f64 {
    let Some(column) = answer.column("pairs") else { return 0.0 };
    answer.rows.iter().filter_map(|row| row.get(column).and_then(number)).sum()
}

/// A bar for each layer of the model that is asked for and was scored: 0 where the answer has no row.
fn bars(answer: &Answer, run: &Run, conditions: &Conditions) -> Vec<Option<Bar>> {
    let (layers, scored) = (run.spec.shape.layers, scored_layers(run));
    let is_known = |layer: &u32| conditions.has_layer(*layer) && scored.as_ref().is_none_or(|it| it.contains(layer));
    let zero = Bar { note: Some(pairs_note(0.0)), ..Bar::default() };
    let mut bars: Vec<_> = (0..layers).map(|layer| is_known(&layer).then(|| zero.clone())).collect();
    let (layer, share, pairs) = (answer.column("layer"), answer.column("share"), answer.column("pairs"));
    for row in &answer.rows {
        let value = |column: Option<usize>| column.and_then(|column| row.get(column)).and_then(number);
        let place = value(layer).and_then(|layer| bars.get_mut(layer as usize));
        if let (Some(place), Some(share), Some(pairs)) = (place, value(share), value(pairs)) {
            *place = Some(Bar { value: share, interval: None, note: Some(pairs_note(pairs)) });
        }
    }
    bars
}
