//! `/q?q=STATEMENT&run=&labels=&page=&sort=`: an editor of statements, and the answer: the figure, the rows, what there is to know, how to ask the
//! same elsewhere.

mod copied;
mod drawn;
mod editor;

use std::time::{Duration, Instant};

use kndb_query::Settings;
use maud::{Markup, html};

use crate::ask::Asked;
use crate::frame::Page;
use crate::parts::table::Table;
use crate::parts::{counted, statement};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let Some(text) = view.parameter("q") else {
        let body = html! {
            p.lead { "Ask the store in its own words: a set of facts and their neurons, counted as you like. The editor completes what there is." }
            (editor::form(view, "")?)
            (super::home::questions(view)?)
        };
        return Ok(Page::new("Ask", body));
    };
    let begun = Instant::now();
    let settings = settings(view)?;
    let asked = view.ask_as(text, &settings);
    let took = begun.elapsed();
    let form = editor::form(view, text)?;
    let asked = match asked {
        Ok(asked) => asked,
        Err(problem) => return refused(form, problem),
    };
    let body = html! {
        (form)
        section aria-labelledby="answer" {
            h2 #answer { "Answer" }
            p.said role="status" { (said(&asked, took)) }
            (drawn::figure(view, &settings, &asked)?)
            @match &asked.drawn {
                Some(tree) => pre.tree tabindex="0" { code { (tree) } },
                None => (Table::new(view, &asked, "Rows").maybe_of_run(of_run(view, &settings)).without_statement().markup()?),
            }
        }
        (copied::section(view, &settings, text))
    };
    Ok(Page::new("Ask", body))
}

/// The editor again, and below it what is wrong.
fn refused(form: Markup, problem: Problem) -> Result<Page> {
    let status = problem.status();
    // What says nothing about the statement is a page of its own.
    if problem.statement().is_none() || status.is_server_error() {
        return Err(problem);
    }
    let body = html! { (form) section aria-label="Answer" { (statement::told(&problem)) } };
    Ok(Page::new("Ask", body).with_status(status))
}

/// The run that is meant where the statement names none, and the language of labels.
fn settings(view: &View<'_>) -> Result<Settings> {
    let run = view.parameter("run").map(|name| view.run_named(name)).transpose()?;
    let run = run.map(|run| run.spec.name.clone());
    let language = view.parameter("labels").map(str::to_owned);
    if let Some(given) = &language
        && view.snapshot.language(given).is_none()
    {
        let known: Vec<&str> = view.snapshot.languages().map(|(_, name)| name).collect();
        return Err(Problem::parameter("labels", given, format!("one of {}", known.join(", "))));
    }
    Ok(Settings { run, language, ..view.settings() })
}

/// The run whose neurons the rows are: the one that is chosen, or the only one.
fn of_run<'v>(view: &'v View<'_>, settings: &'v Settings) -> Option<&'v str> {
    let mut all = view.snapshot.runs();
    let only = all.next().filter(|_| all.next().is_none()).map(|run| run.spec.name.as_str());
    settings.run.as_deref().or(only)
}

/// `23 rows in 3.2 ms`
fn said(asked: &Asked, took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1e3;
    let took = if milliseconds < 10.0 { format!("{milliseconds:.1} ms") } else { format!("{milliseconds:.0} ms") };
    if asked.drawn.is_some() {
        return format!("Explained in {took}.");
    }
    let rows = counted(asked.answer.rows.len() as u64, "row", "rows");
    if asked.is_cut { format!("The first {rows} in {took}.") } else { format!("{rows} in {took}.") }
}
