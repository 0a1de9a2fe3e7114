//! What suppressing each scorer's best neurons does beyond chance, by the size of the sets.

use kndb_plot::{Bar, Bars, Caption, Figure, Series, Unit};
use kndb_study::arena::{ArenaReport, Cell};

/// Groups of bars a size, a bar a scorer, with intervals. Of one language.
pub(super) fn of(report: &ArenaReport) -> Figure {
    let options = &report.options;
    let bar = |cell: &Cell| {
        let change = cell.suppress.less_random;
        change.value.map(|value| Bar {
            value,
            interval: change.interval.map(|interval| (interval.low, interval.high)),
            note: None,
        })
    };
    let series = |name: &String| Series {
        name: name.clone(),
        bars: report.cells.iter().filter(|cell| cell.scorer == *name).map(bar).collect(),
        ..Series::default()
    };
    let names: Vec<String> = report.scorers.iter().map(|of| of.scorer.clone()).collect();
    let mut caption = Caption::new(format!("{}: suppressing the best neurons of each scorer", report.model));
    caption.notes.push(format!(
        "{} facts in {}. Mean change of the probability, less that by as many random neurons of the same layers; {} % intervals over facts.",
        report.facts,
        options.languages.join(", "),
        options.bootstrap.level * 100.0
    ));
    Figure::Bars(Bars {
        caption,
        category_axis: "neurons of a set".into(),
        categories: options.sizes.iter().map(usize::to_string).collect(),
        series_axis: "scorer".into(),
        series: names.iter().map(series).collect(),
        value_axis: "change of p, less random's".into(),
        unit: Unit::Number,
    })
}
