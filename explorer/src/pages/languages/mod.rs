//! `/languages?run=&lang=&tau=`: how alike the languages of a run are, each two of them; with `a=` and `b=` two of them alone.

mod two;

use kndb_storage::{Content, Run};
use maud::{Markup, html};

use crate::frame::Page;
use crate::parts::chips::{Chip, chips};
use crate::parts::choice::{Choice, chosen};
use crate::parts::counted;
use crate::parts::figure::or_refused;
use crate::parts::link::{self, Link};
use crate::parts::matrix::matrix;
use crate::parts::slider::{self, Slider};
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::problem::{Problem, Result};
use crate::view::View;

/// So many languages at most are compared where the address names none, …
const MOST: usize = 8;
/// … and no more than have so many facts to be compared, each two languages fact by fact: some microseconds each.
const FACTS: u64 = 60_000;

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let with: Vec<&Run> = view.snapshot.runs_with(Content::Attributions).collect();
    let Some(run) = run(view, &with)? else {
        let body = html! {
            p.nothing { "No run has scores or sets of neurons yet: " code { "kndb attribute" } " computes scores, " code { "kndb import" } " takes those of files." }
        };
        return Ok(Page::new("Languages", body));
    };
    let (ids, entries): (Vec<_>, Vec<u64>) = view.entries_by_language(run)?.into_iter().unzip();
    let all: Vec<&str> = ids.into_iter().map(|id| view.snapshot.language_name(id)).collect();
    if let (Some(left), Some(right)) = (view.parameter("a"), view.parameter("b")) {
        return two::page(view, run, &all, [left, right]);
    }
    let named = view.parameter("lang").is_some();
    let mut languages = chosen(view, "lang", &all)?;
    if !named {
        languages.truncate(unasked(&entries));
    }
    let tau = view.tau()?;
    let source = Source::of_run(view, "kn", run);
    // All of them are said by nothing.
    let source = if languages.len() == all.len() { source } else { source.among("lang", &languages) };
    let statement = format!("similarity({}) between lang", source.tau(tau));
    let choices = html! {
        (runs(view, &with, run))
        // One of two has nothing to be compared with.
        @if all.len() > 2 { (Choice { parameter: "lang", label: "Languages", all: &all, chosen: &languages }.chips(view)) }
        @if languages.len() < all.len() {
            p.note {
                "These are " (languages.len()) " of " (counted(all.len() as u64, "language", "languages"))
                @if !named { ", those with the most entries" } "; "
                @if languages.len() < MOST && MOST < all.len() { a href=(of(view, &all[..MOST])) { "compare " (MOST) } ", or " }
                a href=(of(view, &all)) { "all" }
                " (each two, fact by fact: of many that takes its time)."
            }
        }
    };
    let answer = match languages.as_slice() {
        [] => html! { p.nothing { "The run " bdi { (run.spec.name) } " holds nothing yet." } },
        [one] => html! { p.nothing { "There is one language, " (one) ": two are needed to be compared." } },
        _ => or_refused(compared(view, run, &statement))?,
    };
    let slider = Slider::tau(view, tau, &[run], &languages);
    let said = super::said_tau(tau);
    let body = html! {
        p.lead { "How alike the neurons of a fact are in each two languages: Jaccard's index, fact by fact, and the mean over the facts. Beside it stands what sets of the same sizes would have that are drawn at random." }
        (slider::moved("choices", &choices))
        (slider::sliders(view, slider.as_slice(), &["choices", "answer"], &said))
        (slider::moved("answer", &answer))
    };
    Ok(Page::new("Languages", body))
}

/// How many languages are compared unasked, of which so many entries are known, the most first: two at least.
fn unasked(entries: &[u64]) -> usize {
    // Each language has its facts in common with those before it.
    let compared = |count: usize| (0..).zip(&entries[..count]).map(|(before, entries)| before * entries).sum::<u64>();
    (2..=entries.len().min(MOST)).take_while(|count| compared(*count) <= FACTS).last().unwrap_or(2)
}

/// This page with some languages.
fn of(view: &View<'_>, languages: &[&str]) -> Link {
    languages.iter().fold(link::here(view).without("lang"), |link, language| link.and("lang", language))
}

/// The matrix and the table of a statement.
fn compared(view: &View<'_>, run: &Run, statement: &str) -> Result<Markup> {
    let asked = view.ask(statement)?;
    let caption = format!("Languages of {}", run.spec.name);
    let link = |left: &str, right: &str| of_two(view, left, right);
    Ok(html! {
        div.beside-each-other {
            (matrix(&asked.answer, &caption, &link))
            (Table::new(view, &asked, "Each two languages").markup()?)
        }
        p.note { a href=(link::query(view, &format!("{statement} plot"))) { "Draw it" } " as a figure." }
    })
}

/// The page of two languages of this run.
fn of_two(view: &View<'_>, left: &str, right: &str) -> Link {
    link::here(view).without("lang").without("page").without("sort").with("a", left).with("b", right)
}

/// The run that the address names, else the first that has neurons.
fn run<'v>(view: &'v View<'_>, with: &[&'v Run]) -> Result<Option<&'v Run>> {
    match view.parameter("run") {
        Some(name) => view.run_named(name).map(Some),
        None => Ok(with.first().copied()),
    }
}

/// Runs to choose one of.
pub(super) fn runs(view: &View<'_>, with: &[&Run], shown: &Run) -> Markup {
    if with.len() < 2 {
        return html! {};
    }
    // Another run has other languages, and other thresholds.
    let here = link::here(view).without("lang").without("tau").without("page").without("sort");
    let all = with
        .iter()
        .map(|run| Chip::new(&run.spec.name, here.clone().with("run", &run.spec.name)).shown(run.id == shown.id));
    chips("Run", &all.collect::<Vec<_>>())
}

/// A language of a run.
fn must_have<'a>(all: &[&'a str], parameter: &str, given: &str) -> Result<&'a str> {
    let known = all.iter().copied().find(|language| *language == given);
    known.ok_or_else(|| Problem::parameter(parameter, given, format!("one of {}", all.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_languages_are_compared_as_have_few_facts_to_compare() {
        // Of three there are 3 × 10,000 facts to compare, of four 6 × 10,000, of five 10 × 10,000.
        assert_eq!(unasked(&[10_000; 6]), 4);
        assert_eq!(unasked(&[100; 20]), MOST);
        assert_eq!(unasked(&[1_000_000; 6]), 2, "less is no comparison");
        assert_eq!((unasked(&[5]), unasked(&[])), (2, 2), "there are no more, and that is told");
    }
}
