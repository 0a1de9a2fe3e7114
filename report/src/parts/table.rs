//! Tables: numbers right, names left, a word where there is nothing, and never wider than the page: they scroll, and no word is broken.
//!
//! For readers who hear them: a caption, headers of columns, and of rows, the first column.

use maud::{Markup, html};

/// More columns do not fit the page, or paper.
const MOST_COLUMNS: usize = 8;
/// Columns that say what a row is, and are repeated in each part of a table that is broken.
const MOST_KEYS: usize = 3;
/// Longer tables are folded until somebody opens them.
const LONG: usize = 12;

/// A table of any number of columns: in several parts where they are too many, each beginning with the columns of names.
pub fn broken(caption: &str, columns: &[String], rows: &[Vec<String>]) -> Markup {
    if columns.len() <= MOST_COLUMNS {
        return table(caption, columns, rows);
    }
    let is_name = |column: &usize| rows.iter().any(|row| row.get(*column).is_some_and(|cell| !is_number(cell)));
    let keys: Vec<usize> = (0..MOST_KEYS).take_while(is_name).collect();
    let others: Vec<usize> = (keys.len()..columns.len()).collect();
    let chunks: Vec<&[usize]> = others.chunks(MOST_COLUMNS - keys.len()).collect();
    let part = |others: &[usize], at: usize| {
        let of = |all: &[String]| {
            keys.iter().chain(others).map(|&at| all.get(at).cloned().unwrap_or_default()).collect::<Vec<_>>()
        };
        let caption = format!("{caption}, part {} of {}", at + 1, chunks.len());
        table(&caption, &of(columns), &rows.iter().map(|row| of(row)).collect::<Vec<_>>())
    };
    html! { @for (at, others) in chunks.iter().enumerate() { (part(others, at)) } }
}

/// A name of a column or value, which may be broken after its parts: `all.rate.value`.
fn name(text: &str) -> Markup {
    html! { @for part in text.split_inclusive(['.', '_']) { (part) @if part.ends_with(['.', '_']) { wbr; } } }
}

/// A table of texts; a column whose cells are all numbers stands right. The caption is heard, not seen: a heading above says it.
pub fn table<C: AsRef<str>>(caption: &str, columns: &[C], rows: &[Vec<String>]) -> Markup {
    if rows.is_empty() {
        return html! { p.nothing { "The answer is empty." } };
    }
    let number = |column: usize| rows.iter().all(|row| row.get(column).is_none_or(|cell| is_number(cell)));
    let class = |column: usize| number(column).then_some("number");
    // What scrolls must be reached by keys, too.
    html! {
        div.scroll tabindex="0" role="group" aria-label=(caption) {
            table {
                caption.heard { (caption) }
                thead { tr {
                    @for (at, column) in columns.iter().enumerate() {
                        @if column.as_ref().is_empty() { td {} } @else { th scope="col" class=[class(at)] { (name(column.as_ref())) } }
                    }
                } }
                tbody { @for row in rows { tr {
                    @for (at, cell) in row.iter().enumerate() {
                        @if at == 0 { th scope="row" class=[class(at)] { (cell) } } @else { td class=[class(at)] { (cell) } }
                    }
                } } }
            }
        }
    }
}

/// Names and values, one a row.
pub fn pairs<N: AsRef<str>>(caption: &str, rows: &[(N, String)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label=(caption) {
            table.pairs {
                caption.heard { (caption) }
                tbody { @for (of, value) in rows { tr { th scope="row" { (name(of.as_ref())) } td { (value) } } } }
            }
        }
    }
}

/// A part of a page that a reader may fold: open where it has few rows.
pub fn folded(heading: &str, rows: usize, body: &Markup) -> Markup {
    let counted = if rows > LONG { format!(" ({rows} rows)") } else { String::new() };
    html! { details.part open[rows <= LONG] { summary { (heading) (counted) } (body) } }
}

fn is_number(cell: &str) -> bool {
    let bare = cell.trim_end_matches(" %").replace(',', "");
    matches!(cell, "" | "NULL" | "–") || bare.parse::<f64>().is_ok()
}
