//! `/neuron/RUN/LAYER:UNIT?lang=&tau=`: a neuron of a run, the facts that use it, whether these are more than chance gives, the neurons that
//! stand beside it, and what other runs of its model say.
//!
//! | module | what it shows |
//! |---|---|
//! | `place` | which neuron, language and threshold are looked at |
//! | `facts` | how often it is used, by relation and language; the facts with their scores |
//! | `chance` | how likely that is by chance |
//! | `partners` | neurons of the same facts, and in which layers these are |
//! | `words` | the words that its value vector promotes |
//! | `elsewhere` | other runs of the model; degenerate groups |

mod chance;
mod elsewhere;
mod facts;
mod partners;
mod place;
mod words;

use maud::{Markup, html};

use crate::frame::Page;
use crate::parts::figure::or_refused;
use crate::parts::link;
use crate::parts::slider::{Slider, moved, sliders};
use crate::problem::Result;
use crate::view::View;
use facts::Used;
use place::Place;

/// The part of the page that depends on the threshold.
const DEPENDS: &str = "at-tau";

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    let place = Place::of(view)?;
    let spec = &place.run.spec;
    let body = html! {
        p.lead {
            "Unit " (place.unit) " of layer " (place.layer) " of " bdi { (spec.model) } " (" (spec.shape.to_string()) "), in run "
            a href=(link::layers(view).with("run", &spec.name)) { bdi { (spec.name) } } "."
        }
        @if place.languages.is_empty() {
            p.nothing {
                "Run " bdi { (spec.name) } " has no scores or neuron sets"
                @if place.has_groups() { ": it holds degenerate groups." } @else { " yet." }
            }
        } @else {
            (at_tau(view, &place)?)
        }
        (words::section(view, &place))
        (or_refused(elsewhere::groups(view, &place))?)
    };
    Ok(Page::new(format!("Neuron {}:{}", place.layer, place.unit), body)
        .below(spec.name.clone(), link::layers(view).with("run", &spec.name)))
}

/// All that depends on the threshold, below the means to move it.
fn at_tau(view: &View<'_>, place: &Place<'_>) -> Result<Markup> {
    let (said, sections) = match Used::ask(view, place) {
        Ok(used) => (used.said(), of_facts(view, place, &used)?),
        // A threshold below what is kept, a layer that was not scored: told once.
        Err(problem) => ("Not answered.".to_owned(), or_refused(Err(problem))?),
    };
    let languages: Vec<&str> = place.languages.iter().map(String::as_str).collect();
    Ok(html! {
        @match Slider::tau(view, place.tau, &[place.run], &languages) {
            Some(slider) => { (sliders(view, &[slider], &[DEPENDS], &said)) }
            None => { p.note { "This run keeps neuron sets without scores: no threshold applies to them." } }
        }
        (moved(DEPENDS, &html! {
            (sections)
            (or_refused(elsewhere::runs(view, place))?)
        }))
    })
}

/// All about the facts that use it.
fn of_facts(view: &View<'_>, place: &Place<'_>, used: &Used) -> Result<Markup> {
    let Some(language) = used.language(place) else { return used.section(view, place) };
    Ok(html! {
        (used.section(view, place)?)
        (used.languages(view, &language))
        (or_refused(facts::list(view, place, &language))?)
        (or_refused(chance::section(view, place, used, &language))?)
        (or_refused(partners::section(view, place, used, &language))?)
    })
}
