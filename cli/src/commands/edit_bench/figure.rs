//! What the fewest edits in one network do, by measure, language and method.

use kndb_plot::{Bar, Bars, Caption, Figure, Series, Unit};
use kndb_study::editbench::{BenchReport, Cell, Columns};
use kndb_study::statistics::{Bootstrap, Estimate, LEAST_FACTS};

/// A measure's name, and how a cell has it.
type Measure = (&'static str, fn(&Cell) -> Option<&Estimate>);

const MEASURES: [Measure; 5] = [
    ("efficacy", |cell| Some(&cell.efficacy)),
    ("paraphrase", |cell| Some(&cell.paraphrase)),
    ("neighbourhood", |cell| Some(&cell.neighbourhood)),
    ("relation", |cell| Some(&cell.same_relation)),
    ("portability", |cell| cell.portability.as_ref()),
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
        report
            .methods
            .iter()
            .any(|(method, _)| cell(language, method).and_then(of.1).is_some_and(|estimate| estimate.value.is_some()))
    };
    let groups = MEASURES.iter().flat_map(|of| options.languages.iter().map(move |language| (of, language)));
    let groups: Vec<(&Measure, &String)> = groups.filter(|group| has(*group)).collect();
    let bar = |(of, language): &(&Measure, &String), method: &str| {
        let estimate = (of.1)(cell(language, method)?)?;
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
    let facts = facts.unwrap_or(report.facts);
    let beside = match (&options.requests, options.columns()) {
        (None, _) => "neighbourhood, relation: facts with the same and with other objects keep theirs",
        (_, Columns::Usual) => "neighbourhood: prompts with the same old object keep it",
        (_, Columns::WithPortability) => {
            "neighbourhood: prompts with the same old object keep it; portability: the right answer to what follows is the first"
        }
    };
    let series: Vec<Series> = report.methods.iter().map(series).collect();
    let intervals = intervals(&series, &options.bootstrap);
    caption.notes.push(format!(
        "{facts} {} edited, {one}; {intervals}. efficacy, paraphrase: p(new) > p(old); {beside}.",
        if facts == 1 { "fact" } else { "facts" },
    ));
    Figure::Bars(Bars {
        caption,
        category_axis: "measure, and the language that is asked".into(),
        categories: groups.iter().map(|(of, language)| format!("{}, {language}", of.0)).collect(),
        series_axis: "method".into(),
        series,
        value_axis: "share of facts".into(),
        unit: Unit::Number,
    })
}

/// What is said of the intervals that are drawn, and of those that are not.
fn intervals(series: &[Series], bootstrap: &Bootstrap) -> String {
    let bars: Vec<&Bar> = series.iter().flat_map(|series| series.bars.iter().flatten()).collect();
    let drawn = bars.iter().filter(|bar| bar.interval.is_some()).count();
    let told = format!("{} % intervals over facts", bootstrap.level * 100.0);
    match (drawn, bootstrap.draws) {
        (_, 0) => "no intervals: nothing was drawn anew".into(),
        (0, _) => format!("fewer than {LEAST_FACTS} facts: no intervals"),
        _ if drawn < bars.len() => format!("{told}, none of fewer than {LEAST_FACTS}"),
        _ => told,
    }
}
