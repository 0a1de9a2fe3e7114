//! The numbers of a figure as a table, for who wants them exactly, and for who does not see it.

use kndb_plot::{Bar, Bars, Figure, Table, Unit};
use maud::{Markup, html};

use super::value::{short, whole};

/// Rows that are open; more are folded away.
const OPEN: usize = 16;

/// The table of bars or curves. Of other figures the answer itself is shown.
pub(crate) fn of(figure: &Figure) -> Markup {
    match figure {
        Figure::Bars(bars) => of_bars(bars),
        // Of a figure that cannot be drawn it is said in its place why.
        Figure::Curves(curves) => {
            figure.table().map_or_else(|_| html! {}, |table| of_curves(&curves.value_axis, &table))
        }
        _ => html! {},
    }
}

/// Of each curve its points, as they are told.
fn of_curves(caption: &str, table: &Table) -> Markup {
    html! {
        details.numbers open[table.rows.len() <= OPEN] {
            summary { "The numbers" }
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table {
                    caption { (caption) }
                    thead { tr { @for column in &table.columns { @if column.is_empty() { td {} } @else { th scope="col" { (column) } } } } }
                    tbody {
                        @for row in &table.rows {
                            tr { @for (at, cell) in row.iter().enumerate() { @if at == 0 { th scope="row" { bdi { (cell) } } } @else { td { (cell) } } } }
                        }
                    }
                }
            }
        }
    }
}

fn of_bars(bars: &Bars) -> Markup {
    let caption = format!("{} by {}", bars.value_axis, bars.category_axis);
    let named = |name: &str| if name.is_empty() { bars.value_axis.clone() } else { name.to_owned() };
    html! {
        details.numbers open[bars.categories.len() <= OPEN] {
            summary { "The numbers" }
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table {
                    caption { (caption) }
                    thead {
                        tr {
                            th.number scope="col" { (bars.category_axis) }
                            @for series in &bars.series { th.number scope="col" { bdi { (named(&series.name)) } } }
                        }
                    }
                    tbody {
                        @for (at, category) in bars.categories.iter().enumerate() {
                            tr {
                                th.number scope="row" { bdi { (category) } }
                                @for series in &bars.series { td.number { (cell(series.bars.get(at).and_then(Option::as_ref), bars.unit)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cell(bar: Option<&Bar>, unit: Unit) -> Markup {
    let Some(bar) = bar else { return html! { span.null { "–" } } };
    html! {
        span title=(format!("{:?}", bar.value)) { (written(bar.value, unit)) }
        @if let Some(note) = &bar.note { " " span.of { (note) } }
    }
}

fn written(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count if value >= 0.0 => whole(value as u64),
        _ => short(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_plot::{Caption, Series};

    #[test]
    fn every_bar_has_a_cell_and_what_is_not_there_has_a_dash() {
        let bar = Bar { value: 0.25, interval: None, note: Some("3 pairs".into()) };
        let figure = Figure::Bars(Bars {
            caption: Caption::new("title"),
            category_axis: "layer".into(),
            categories: vec!["0".into(), "1".into()],
            series: vec![Series { name: "<en>".into(), bars: vec![Some(bar), None], ..Series::default() }],
            value_axis: "share".into(),
            unit: Unit::Share,
            ..Bars::default()
        });
        let html = of(&figure).into_string();
        assert!(html.contains("<th class=\"number\" scope=\"col\"><bdi>&lt;en&gt;</bdi></th>"), "{html}");
        assert!(html.contains("<span title=\"0.25\">0.2500</span> <span class=\"of\">3 pairs</span>"), "{html}");
        assert!(html.contains("<span class=\"null\">–</span>"), "{html}");
        assert_eq!((written(1234.0, Unit::Count), written(0.5, Unit::Ratio)), ("1,234".into(), "0.5000".into()));
    }
}
