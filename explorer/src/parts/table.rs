//! Answers as tables: sorted and paged by the server, by links; facts, neurons and relations lead to their pages.

use std::cmp::Ordering;

use kndb_query::{ColumnKind, Value};
use maud::{Markup, html};

use super::link::{self, Link};
use super::value::{cell, whole};
use super::{counted, notes, statement};
use crate::ask::Asked;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Rows of a page of a table, where the address says nothing.
const PAGE: usize = 50;
/// The most of them.
const LONGEST_PAGE: usize = 1_000;

/// A table of an answer.
pub(crate) struct Table<'a> {
    view: &'a View<'a>,
    asked: &'a Asked,
    caption: String,
    /// Where several tables are on a page: its parameters are `NAME.sort`, `NAME.page`.
    name: Option<&'a str>,
    /// The run that neurons are of, where no column says it.
    run: Option<&'a str>,
    page: usize,
    hides_statement: bool,
}

impl<'a> Table<'a> {
    /// A table; the caption says what its rows are.
    pub(crate) fn new(view: &'a View<'a>, asked: &'a Asked, caption: impl Into<String>) -> Self {
        Self { view, asked, caption: caption.into(), name: None, run: None, page: PAGE, hides_statement: false }
    }

    /// A name of its own, where there are several on a page: a short word.
    pub(crate) fn named(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The run that neurons lead to, where no column names one.
    pub(crate) fn of_run(self, run: &'a str) -> Self {
        Self { run: Some(run), ..self }
    }

    /// The same, if it is known.
    pub(crate) fn maybe_of_run(self, run: Option<&'a str>) -> Self {
        Self { run, ..self }
    }

    /// So many rows at once.
    pub(crate) fn rows(self, page: usize) -> Self {
        Self { page, ..self }
    }

    /// Without the statement below it: where the page shows it already.
    pub(crate) fn without_statement(self) -> Self {
        Self { hides_statement: true, ..self }
    }

    /// The table, with notes and statement.
    ///
    /// # Errors
    /// When the parameters of the address cannot be used.
    pub(crate) fn markup(&self) -> Result<Markup> {
        let answer = &self.asked.answer;
        let order = self.order()?;
        let (page, length) = self.place()?;
        let pages = answer.rows.len().div_ceil(length).max(1);
        if page > pages {
            let expected = format!("a page of the {pages} that there are");
            return Err(Problem::parameter(&self.parameter("page"), &page.to_string(), expected));
        }
        let mut rows: Vec<&Vec<Value<'static>>> = answer.rows.iter().collect();
        if let Some((column, is_down)) = order {
            rows.sort_by(|a, b| compare(&a[column], &b[column], is_down));
        }
        let from = (page - 1) * length;
        let shown: Vec<_> = rows.into_iter().skip(from).take(length).collect();
        let links = Links::of(answer);
        Ok(html! {
            div.table id=[self.name] {
                @if answer.rows.is_empty() {
                    p.nothing { (self.caption) ": the answer is empty." }
                } @else {
                    div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                        table {
                            caption { (self.caption) @if pages > 1 { ", rows " (whole(from as u64 + 1)) " to " (whole((from + shown.len()) as u64)) } }
                            thead { tr { @for at in 0..answer.columns.len() { (self.header(at, order)) } } }
                            tbody {
                                @for row in &shown {
                                    tr { @for (at, value) in row.iter().enumerate() { (self.cell(&links, row, at, value)) } }
                                }
                            }
                        }
                    }
                    (self.below(page, pages))
                }
                (notes(&answer.notes))
                @if !self.hides_statement { (statement::behind(self.view, &[&self.asked.statement])) }
            }
        })
    }

    fn parameter(&self, what: &str) -> String {
        self.name.map_or_else(|| what.to_owned(), |name| format!("{name}.{what}"))
    }

    /// The page, from 1, and how many rows it has.
    fn place(&self) -> Result<(usize, usize)> {
        let at_least_1 = |name: &str| {
            let expected = "a whole number from 1 on";
            match self.view.parsed::<usize>(name, expected)? {
                Some(0) => Err(Problem::parameter(name, "0", expected)),
                given => Ok(given),
            }
        };
        let page = at_least_1(&self.parameter("page"))?.unwrap_or(1);
        let length = at_least_1(&self.parameter("rows"))?.unwrap_or(self.page).min(LONGEST_PAGE);
        Ok((page, length))
    }

    /// The column by which it is sorted, and whether downwards: `sort=facts`, `sort=-facts`.
    fn order(&self) -> Result<Option<(usize, bool)>> {
        let name = self.parameter("sort");
        let Some(given) = self.view.parameter(&name).filter(|_| self.is_sortable()) else { return Ok(None) };
        let (column, is_down) = given.strip_prefix('-').map_or((given, false), |column| (column, true));
        match self.asked.answer.column(column) {
            Some(at) => Ok(Some((at, is_down))),
            None => {
                let known: Vec<&str> = self.asked.answer.columns.iter().map(|column| column.name).collect();
                Err(Problem::parameter(&name, given, format!("one of {}, or that with - before it", known.join(", "))))
            }
        }
    }

    /// Of the first rows of many, the order that the statement gave is the only right one.
    fn is_sortable(&self) -> bool {
        !self.asked.is_cut
    }

    fn here(&self) -> Link {
        let link = link::here(self.view);
        self.name.map_or_else(|| link.clone(), |name| link.clone().at(name))
    }

    fn header(&self, at: usize, order: Option<(usize, bool)>) -> Markup {
        let column = &self.asked.answer.columns[at];
        let is_number = column.kind != ColumnKind::Text;
        let sorted =
            order.filter(|(by, _)| *by == at).map(|(_, is_down)| if is_down { "descending" } else { "ascending" });
        // Numbers are mostly wanted largest first.
        let is_next_down = match sorted {
            Some(sorted) => sorted == "ascending",
            None => is_number && !super::value::is_number_of(column.name),
        };
        let sign = if is_next_down { "-" } else { "" };
        let link = self
            .here()
            .without(&self.parameter("page"))
            .with(&self.parameter("sort"), format!("{sign}{}", column.name));
        html! {
            th scope="col" class=[is_number.then_some("number")] aria-sort=[sorted] {
                @if self.is_sortable() { a href=(link) { (column.name.replace('_', " ")) } } @else { (column.name.replace('_', " ")) }
            }
        }
    }

    fn cell(&self, links: &Links, row: &[Value<'static>], at: usize, value: &Value<'static>) -> Markup {
        let column = &self.asked.answer.columns[at];
        let content = match value {
            Value::Text(text) if column.name == "group" => self.group(links, row, text),
            value => cell(column.name, value),
        };
        // An id beside what it is called may be cut where it is shown.
        let id = match value {
            Value::Text(text) if column.name == "fact" && self.asked.answer.column("subject").is_some() => Some(text),
            _ => None,
        };
        let content = match links.to(self.view, self.run, row, at) {
            Some(link) => html! { a href=(link) title=[id] { (content) } },
            None => content,
        };
        let class = if id.is_some() { Some("id") } else { (column.kind != ColumnKind::Text).then_some("number") };
        html! { td class=[class] { (content) } }
    }

    /// The neurons of a group, each with its page: `3:1, 7:1`.
    fn group(&self, links: &Links, row: &[Value<'static>], text: &str) -> Markup {
        let run = links.run_of(row).or(self.run);
        let link = |neuron: &str| {
            let (layer, unit) = neuron.split_once(':')?;
            Some(link::neuron(self.view, run?, layer.parse().ok()?, unit.parse().ok()?))
        };
        html! {
            @for (at, neuron) in text.split(", ").enumerate() {
                @if at > 0 { ", " }
                @match link(neuron) {
                    Some(link) => { a href=(link) { (neuron) } }
                    None => { (neuron) }
                }
            }
        }
    }

    /// What stands below the rows: how many there are, and the ways to the others.
    fn below(&self, page: usize, pages: usize) -> Markup {
        let rows = self.asked.answer.rows.len() as u64;
        let to = |page: usize| self.here().with(&self.parameter("page"), page);
        html! {
            @if self.asked.is_cut {
                p.note {
                    "These are the first " (whole(rows)) " rows; there are more. " code { "order by … top …" } " in the statement chooses others, and "
                    a href=(link::api_query(self.view, &self.asked.statement, "csv")) download="answer.csv" { "the whole answer as CSV" } " has all."
                }
            }
            @if pages > 1 {
                nav.pages aria-label={ "Pages of: " (self.caption) } {
                    @if page > 1 { a href=(to(page - 1)) rel="prev" { "Before" } " " }
                    span { "Page " (whole(page as u64)) " of " (whole(pages as u64)) ", " (counted(rows, "row", "rows")) }
                    @if page < pages { " " a href=(to(page + 1)) rel="next" { "Next" } }
                }
            }
        }
    }
}

/// Which columns lead somewhere.
struct Links {
    fact: Option<usize>,
    relation: [Option<usize>; 2],
    neuron: [Option<(usize, usize)>; 2],
    run: Option<usize>,
}

impl Links {
    fn of(answer: &kndb_report::Answer) -> Self {
        let neuron = |layer, neuron| answer.column(layer).zip(answer.column(neuron));
        Self {
            fact: answer.column("fact"),
            relation: ["relation", "other_relation"].map(|name| answer.column(name)),
            neuron: [neuron("layer", "neuron"), neuron("other_layer", "other_neuron")],
            run: answer.column("run"),
        }
    }

    /// The run that a row names.
    fn run_of<'r>(&self, row: &'r [Value<'static>]) -> Option<&'r str> {
        match self.run.and_then(|at| row.get(at))? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Where a cell leads.
    fn to(&self, view: &View<'_>, run: Option<&str>, row: &[Value<'static>], at: usize) -> Option<Link> {
        let text = |at: usize| match &row[at] {
            Value::Text(text) => Some(text.as_ref()),
            _ => None,
        };
        let number = |at: usize| match row[at] {
            Value::Integer(number) => u32::try_from(number).ok(),
            _ => None,
        };
        if self.fact == Some(at) {
            return Some(link::fact(view, text(at)?));
        }
        if self.relation.contains(&Some(at)) {
            // As it is shown: `P36 (capital)`.
            let shown = text(at)?;
            let id = shown.split_once(" (").map_or(shown, |(id, _)| id);
            return Some(link::relation(view, id));
        }
        if self.run == Some(at) {
            return Some(link::run(view, text(at)?));
        }
        let (layer, neuron) = self.neuron.into_iter().flatten().find(|(_, neuron)| *neuron == at)?;
        let run = self.run_of(row).or(run)?;
        Some(link::neuron(view, run, number(layer)?, number(neuron)?))
    }
}

/// The order of two values of a column; what is not known comes last, either way.
fn compare(a: &Value<'_>, b: &Value<'_>, is_down: bool) -> Ordering {
    let order = match (a, b) {
        (Value::Null, Value::Null) => return Ordering::Equal,
        (Value::Null, _) => return Ordering::Greater,
        (_, Value::Null) => return Ordering::Less,
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Score(a), Value::Score(b)) => a.total_cmp(b),
        (Value::Ratio(a), Value::Ratio(b)) => a.total_cmp(b),
        (Value::Text(a) | Value::Spelled(a), Value::Text(b) | Value::Spelled(b)) => a.cmp(b),
        // One column has values of one kind.
        _ => Ordering::Equal,
    };
    if is_down { order.reverse() } else { order }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_comes_last_in_both_directions() {
        for is_down in [false, true] {
            let mut values = [Value::Null, Value::Integer(2), Value::Integer(10), Value::Null];
            values.sort_by(|a, b| compare(a, b, is_down));
            let first = if is_down { 10 } else { 2 };
            assert_eq!((&values[0], &values[2]), (&Value::Integer(first), &Value::Null));
        }
    }
}
