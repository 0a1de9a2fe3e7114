//! `/fact/ID?run=&lang=&tau=`: a fact, its labels, its neurons in each language, what languages share, what was measured, its degenerate
//! groups, and the facts that are nearest to it.
//!
//! | module | what it shows |
//! |---|---|
//! | `about` | labels and questions in all languages |
//! | `choice` | which run, languages and threshold are looked at |
//! | `measured` | p, the model's answer, residuals |
//! | `neurons` | the neurons of each language: pictures, and the table behind them |
//! | `shared` | what the languages have in common, and what chance gives |
//! | `groups` | degenerate groups |
//! | `near` | facts that share the most neurons with it |
//! | `unknown` | what is said of an id that no fact has |

mod about;
mod choice;
mod groups;
mod measured;
mod near;
mod neurons;
mod shared;
mod unknown;

use maud::{Markup, html};

use crate::frame::Page;
use crate::parts::figure::or_refused;
use crate::parts::link;
use crate::parts::slider::{Slider, moved, sliders};
use crate::problem::Result;
use crate::view::View;
use choice::Choice;

/// The parts of the page that depend on the threshold: links that keep it, and what is above it.
const CHOICES: &str = "choices";
const DEPENDS: &str = "at-tau";

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let id = view.segment(1);
    let Some(fact) = view.snapshot.fact(id)? else { return Err(unknown::told(view, id)?) };
    let choice = Choice::of(view, fact, id)?;
    let about = about::About::of(view, fact, choice.first())?;
    let body = html! {
        (about.head(view, id))
        (about.labels())
        (of_runs(view, &choice)?)
    };
    let mut page = Page::new(about.name, body).titled(about.title);
    if let Some(relation) = about.relation {
        let name = view.snapshot.relation_name(relation);
        page = page.below(view.snapshot.relation_shown(relation, None), link::relation(view, name));
    }
    Ok(page)
}

/// All that comes from runs.
fn of_runs(view: &View<'_>, choice: &Choice<'_>) -> Result<Markup> {
    let Some(run) = choice.run else {
        return Ok(html! {
            p.nothing {
                @if view.snapshot.runs().len() == 0 {
                    "The store has no run yet, so nothing is known of its neurons: " code { "kndb attribute" } " computes scores, " code { "kndb import" } " takes those of files."
                } @else { "No run of the store has an entry of this fact: it was not attributed, or not in these runs." }
            }
        });
    };
    let measured = or_refused(measured::section(view, choice))?;
    if choice.held.is_empty() {
        return Ok(html! {
            (choice.runs(view))
            p.nothing {
                "Run " bdi { (run.spec.name) }
                @if choice.is_lacking() { " has no entry of this fact; the runs above have." }
                @else { " has no scores or neuron sets of this fact: it was searched for degenerate groups." }
            }
            @if !choice.is_lacking() { (or_refused(groups::section(view, choice))?) }
            (measured)
        });
    }
    let (said, neurons) = match neurons::Neurons::ask(view, choice) {
        Ok(neurons) => {
            let sections = html! {
                (neurons.section(view, choice)?)
                (or_refused(shared::section(view, choice, &neurons))?)
                (or_refused(near::section(view, choice))?)
            };
            (neurons.said(), sections)
        }
        // A threshold below what is kept, or one of sets without scores: told once, and the rest of the page stands.
        Err(problem) => ("Not answered at this threshold.".to_owned(), or_refused(Err(problem))?),
    };
    let drawn: Vec<&str> = choice.drawn().iter().map(String::as_str).collect();
    let slider = if choice.has_scores() { Slider::tau(view, choice.tau, &[run], &drawn) } else { None };
    Ok(html! {
        (moved(CHOICES, &html! { (choice.runs(view)) (choice.languages(view)) }))
        @match slider {
            Some(slider) => { (sliders(view, &[slider], &[CHOICES, DEPENDS], &said)) }
            None => { p.note { "This run keeps neuron sets without scores of this fact: no threshold applies to them." } }
        }
        (moved(DEPENDS, &neurons))
        (measured)
        (or_refused(groups::section(view, choice))?)
    })
}
