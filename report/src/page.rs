//! The report: one page about a store, with no need of a network or a script.
//!
//! The same store gives the same page: no time and no path is in it, unless it is given.

use kndb_query::Within;
use kndb_storage::{Run, Snapshot, Store};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::error::Result;
use crate::experiment::Experiment;
use crate::parts::{self, Parts, Section, Shown};

/// What a report is about, besides the store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageOptions {
    /// Title; `kndb report` without it.
    pub title: Option<String>,
    /// A date or a remark to print at the top. Nothing is asked of a clock.
    pub date: Option<String>,
    /// Names of runs; all without any.
    pub runs: Vec<String>,
    /// Sets that everything on the page is kept to, and that are taken out of it.
    pub within: Within,
    /// Results of experiments, in the order in which they are shown.
    pub experiments: Vec<Experiment>,
}

/// How often a page is made before it is shown as it is: somebody may write to the store all the time.
const ATTEMPTS: usize = 3;

/// Writes the page. Reads every block of scores, and asks n(n + 1)/2 similarities of each run of n languages.
///
/// Every query sees the store as it is then. A page during which somebody wrote is made again; after the third time it says
/// that it mixes commits.
///
/// # Errors
/// When a run is not in the store, or the store cannot be read. A query that is refused is no error: the page says so in the
/// place of its answer.
pub fn page(store: &Store, options: &PageOptions) -> Result<String> {
    let made = made(store, |snapshot| content(store, snapshot, options))?;
    let title = options.title.as_deref().unwrap_or("kndb report");
    let kept = kept(&options.within);
    Ok(document(title, &made.what, &generated(&made, options), kept.as_deref()).into_string())
}

/// What a page says.
struct Content {
    /// The store in a few sentences.
    overview: Markup,
    sections: Vec<Section>,
    /// Sections that have nothing to say, and why, without full stops.
    missing: Vec<String>,
}

/// Something made of a store, and the commits between which it was made; one and the same if nobody wrote.
struct Made<T> {
    what: T,
    first: u64,
    last: u64,
}

fn made<T>(store: &Store, mut make: impl FnMut(&Snapshot) -> Result<T>) -> Result<Made<T>> {
    let mut attempt = 1;
    loop {
        let snapshot = store.snapshot()?;
        let what = make(&snapshot)?;
        let (first, last) = (snapshot.epoch(), store.snapshot()?.epoch());
        if first == last || attempt == ATTEMPTS {
            return Ok(Made { what, first, last });
        }
        attempt += 1;
    }
}

/// Runs first, what they are made of after them: a reader looks before they count.
fn content(store: &Store, snapshot: &Snapshot, options: &PageOptions) -> Result<Content> {
    let runs = chosen(snapshot, &options.runs)?;
    let parts = Parts::new(store, snapshot).within(&options.within);
    let shown: Vec<Shown> = runs.iter().map(|run| parts.shown(run)).collect::<Result<_>>()?;
    let (mut sections, mut missing) = (Vec::new(), Vec::new());
    let mut add = |part: parts::Perhaps| match part {
        Ok(section) => sections.push(section),
        Err(why) => missing.push(why),
    };
    if runs.len() > 1 {
        add(parts.comparison(&runs)?);
    }
    for (at, of) in shown.iter().enumerate() {
        add(Ok(parts.run(of, at)?));
    }
    if !runs.is_empty() {
        add(parts.knowledge(&shown)?);
    }
    add(parts.facts(&shown)?);
    add(parts.completeness(&shown)?);
    add(parts::experiments(&options.experiments));
    add(Ok(parts.counts(&runs)?));
    Ok(Content { overview: parts.overview(&shown)?, sections, missing })
}

/// What the page is kept to, said before everything else.
fn kept(within: &Within) -> Option<String> {
    (!within.is_empty()).then(|| {
        format!(
            "Not everything is shown: {within}. Sets of neurons and of pairs choose the neurons in every figure and table of neurons, sets of facts choose \
             the facts there, among those that the models know, and in the residuals. What the store and its runs hold is told in full."
        )
    })
}

/// The runs of these names, each once; or all.
fn chosen(snapshot: &Snapshot, names: &[String]) -> Result<Vec<Run>> {
    let known = || snapshot.runs().map(|run| run.spec.name.clone()).collect();
    let run = |name: &String| {
        let unknown = || kndb_storage::Error::UnknownRun { name: name.clone(), known: known() };
        snapshot.run_named(name).cloned().ok_or_else(unknown)
    };
    if names.is_empty() {
        return Ok(snapshot.runs().cloned().collect());
    }
    let mut runs: Vec<Run> = Vec::new();
    for run in names.iter().map(run) {
        let run = run?;
        if runs.iter().all(|known| known.id != run.id) {
            runs.push(run);
        }
    }
    Ok(runs)
}

fn generated<T>(made: &Made<T>, options: &PageOptions) -> String {
    let date = options.date.as_ref().map(|date| format!(", {date}")).unwrap_or_default();
    let Made { first, last, .. } = made;
    let version = env!("CARGO_PKG_VERSION");
    if first == last {
        return format!("Made by kndb {version} from commit {first} of the store{date}.");
    }
    format!(
        "Made by kndb {version} from commits {first} to {last} of the store{date}: it was written to while the page was made, \
         {ATTEMPTS} times in a row, so numbers of different parts may not agree. Make the page again when nobody writes."
    )
}

fn document(title: &str, content: &Content, generated: &str, kept: Option<&str>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Names come from files: whatever they hold, nothing is loaded and nothing is run.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("page/style.css"))) (PreEscaped(parts::style_sheet())) }
            }
            body {
                header {
                    h1 { (title) }
                    @if let Some(kept) = kept { p.remark { (kept) } }
                    (content.overview)
                    p.generated { (generated) }
                    nav aria-label="Contents" {
                        ul { @for section in &content.sections { li { a href={ "#" (section.id) } { (section.heading) } } } }
                    }
                }
                main {
                    @for section in &content.sections {
                        section id=(section.id) { h2 { (section.heading) } (section.body) }
                    }
                    @if !content.missing.is_empty() {
                        p.remark { "Not on this page: " (content.missing.join("; ")) "." }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape};

    /// A store into which somebody writes while the page is made, the first few times.
    fn written_during(times: u16) -> (Made<u64>, usize) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let shape = Shape::new(2, 3).expect("a shape");
        let run = store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
        let mut calls = 0;
        let made = made(&store, |snapshot| {
            if calls < times {
                let data = EntryData::Neurons(vec![Neuron(0)]);
                run.append(Entry { fact: "f".into(), language: "en".into(), prompt: calls, data }).expect("an entry");
            }
            calls += 1;
            Ok(snapshot.epoch())
        });
        (made.expect("a page"), calls.into())
    }

    #[test]
    fn a_page_during_which_somebody_wrote_is_made_again() {
        for (times, calls) in [(0, 1), (1, 2), (2, 3)] {
            let (made, made_times) = written_during(times);
            assert_eq!(made_times, calls, "written to {times} times");
            assert_eq!((made.first, made.last), (made.what, made.what), "of the last attempt's commit");
            assert!(generated(&made, &PageOptions::default()).contains(&format!("from commit {} of", made.what)));
        }
    }

    #[test]
    fn a_page_that_never_settles_says_so() {
        let (made, calls) = written_during(9);
        assert_eq!(calls, 3);
        assert!(made.first < made.last && made.first == made.what);
        let said = generated(&made, &PageOptions { date: Some("1 May".into()), ..PageOptions::default() });
        let expected = format!("from commits {} to {} of the store, 1 May: it was written to", made.first, made.last);
        assert!(said.contains(&expected), "{said}");
    }
}
