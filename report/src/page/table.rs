//! Tables: numbers right, names left, and a word where there is nothing.

use maud::{Markup, html};

/// A table of texts; a column whose cells are all numbers stands right.
pub fn table<C: AsRef<str>>(columns: &[C], rows: &[Vec<String>]) -> Markup {
    if rows.is_empty() {
        return html! { p.nothing { "The answer is empty." } };
    }
    let number = |column: usize| rows.iter().all(|row| row.get(column).is_none_or(|cell| is_number(cell)));
    let class = |column: usize| number(column).then_some("number");
    html! {
        div.scroll {
            table {
                thead { tr {
                    @for (at, column) in columns.iter().enumerate() {
                        th scope="col" class=[class(at)] { (column.as_ref()) }
                    }
                } }
                tbody { @for row in rows { tr {
                    @for (at, cell) in row.iter().enumerate() { td class=[class(at)] { (cell) } }
                } } }
            }
        }
    }
}

/// Names and values, one a row.
pub fn pairs<N: AsRef<str>>(rows: &[(N, String)]) -> Markup {
    html! {
        div.scroll { table { tbody {
            @for (name, value) in rows { tr { th scope="row" { (name.as_ref()) } td { (value) } } }
        } } }
    }
}

fn is_number(cell: &str) -> bool {
    matches!(cell, "" | "NULL" | "–") || cell.trim_end_matches(" %").parse::<f64>().is_ok()
}
