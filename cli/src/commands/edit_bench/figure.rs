//! What single edits do, by measure, language and method.

use kndb_plot::{Bar, Bars, Caption, Figure, Series, Unit};
use kndb_study::editbench::{BenchReport, Cell};
use kndb_study::statistics::Estimate;

/// A measure's name, and how a cell has it.
type Measure = (&'static str, fn(&Cell) -> &Estimate);

const MEASURES: [Measure; 4] = [
    ("efficacy", |cell| &cell.efficacy),
    ("paraphrase", |cell| &cell.paraphrase),
    ("neighbourhood", |cell| &cell.neighbourhood),
    ("relation", |cell| &cell.same_relation),
];

/// Groups of bars a measure and language, a bar a method, with intervals; of the smallest number of edits in one network.
pub(super) fn of(report: &BenchReport) -> Figure {
    let options = &report.options;
    let edits = options.edits.first().copied().unwrap_or(1);
    let cell = |language: &str, method: &str| {
        let is = |cell: &&Cell| (&*cell.language, &*cell.method, cell.edits) == (language, method, edits);
        report.cells.iter().find(is)
    };
    // A measure that no method has, such as paraphrases of relations with one template, has no group.
    let has = |(of, language): (&Measure, &String)| {
        report.methods.iter().any(|(method, _)| cell(language, method).is_some_and(|cell| (of.1)(cell).value.is_some()))
    };
    let groups = MEASURES.iter().flat_map(|of| options.languages.iter().map(move |language| (of, language)));
    let groups: Vec<(&Measure, &String)> = groups.filter(|group| has(*group)).collect();
    let bar = |(of, language): &(&Measure, &String), method: &str| {
        let estimate = (of.1)(cell(language, method)?);
        let interval = estimate.interval.map(|interval| (interval.low, interval.high));
        Some(Bar { value: estimate.value?, interval, note: None })
    };
    let series = |(method, _): &(String, _)| Series {
        name: method.clone(),
        bars: groups.iter().map(|group| bar(group, method)).collect(),
        ..Series::default()
    };
    let mut caption = Caption::new(format!("{}: edits of facts in {}", report.model, options.edit_language()));
    let one = if edits == 1 { "one at a time".into() } else { format!("{edits} in one network") };
    // Those that were left over of groups are in no cell.
    let facts = report.cells.iter().filter(|cell| cell.edits == edits).map(|cell| cell.facts).max();
    caption.notes.push(format!(
        "{} facts edited, {one}; {} % intervals over facts. efficacy, paraphrase: p(new) > p(old); neighbourhood, relation: facts with the same and with \
         other objects keep theirs.",
        facts.unwrap_or(report.facts),
        options.bootstrap.level * 100.0
    ));
    Figure::Bars(Bars {
        caption,
        category_axis: "measure, and the language that is asked".into(),
        categories: groups.iter().map(|(of, language)| format!("{}, {language}", of.0)).collect(),
        series_axis: "method".into(),
        series: report.methods.iter().map(series).collect(),
        value_axis: "share of facts".into(),
        unit: Unit::Number,
    })
}
