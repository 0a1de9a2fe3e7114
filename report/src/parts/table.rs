//! Tables: numbers right, names left, a word where there is nothing, and never wider than the page.

use maud::{Markup, html};

/// More columns do not fit the page, or paper.
const MOST_COLUMNS: usize = 8;
/// Columns that say what a row is, and are repeated in each part of a table that is broken.
const MOST_KEYS: usize = 3;

/// A table of any number of columns: in several parts where they are too many, each beginning with the columns of names.
pub fn broken(columns: &[String], rows: &[Vec<String>]) -> Markup {
    if columns.len() <= MOST_COLUMNS {
        return table(columns, rows);
    }
    let is_name = |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !is_number(cell)));
    let keys: Vec<usize> = (0..MOST_KEYS).take_while(is_name).collect();
    let others: Vec<usize> = (keys.len()..columns.len()).collect();
    let part = |others: &[usize]| {
        let of = |all: &[String]| {
            keys.iter().chain(others).map(|&at| all.get(at).cloned().unwrap_or_default()).collect::<Vec<_>>()
        };
        table(&of(columns), &rows.iter().map(|row| of(row)).collect::<Vec<_>>())
    };
    html! { @for others in others.chunks(MOST_COLUMNS - keys.len()) { (part(others)) } }
}

/// A name of a column or value, which may be broken after its parts: `all.rate.value`.
fn name(text: &str) -> Markup {
    html! { @for part in text.split_inclusive(['.', '_']) { (part) @if part.ends_with(['.', '_']) { wbr; } } }
}

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
                        th scope="col" class=[class(at)] { (name(column.as_ref())) }
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
            @for (of, value) in rows { tr { th scope="row" { (name(of.as_ref())) } td { (value) } } }
        } } }
    }
}

fn is_number(cell: &str) -> bool {
    matches!(cell, "" | "NULL" | "–") || cell.trim_end_matches(" %").parse::<f64>().is_ok()
}
