//! Two runs.

use kndb_storage::{Content, Run};
use maud::html;

use crate::frame::Page;
use crate::pages::two::Two;
use crate::parts::choice::{Choice, chosen};
use crate::parts::link;
use crate::parts::slider::{self, Slider};
use crate::parts::source::Source;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Makes it.
pub(super) fn page(view: &View<'_>, [left, right]: [&Run; 2]) -> Result<Page> {
    if left.id == right.id {
        return Err(Problem::parameter("b", &right.spec.name, format!("another run than {:?}", left.spec.name)));
    }
    let of = |run: &Run| view.snapshot.languages_with(run.id, Content::Attributions);
    let (mut languages, others) = (of(left), of(right));
    languages.retain(|language| others.contains(language));
    let languages: Vec<&str> = languages.into_iter().map(|language| view.snapshot.language_name(language)).collect();
    let wanted = chosen(view, "lang", &languages)?;
    let named: &[&str] = if view.parameter("lang").is_some() { &wanted } else { &[] };
    let tau = view.tau()?;
    let kn = |run: &Run| Source::new("kn").is("run", &run.spec.name).among("lang", named).tau(tau).to_string();
    let names = [left.spec.name.as_str(), right.spec.name.as_str()];
    let two = Two { names, sets: [kn(left), kn(right)], run: names[0] };
    let slider = Slider::tau(view, tau, &[left, right], &languages);
    let choices = html! {
        (two.chips(view))
        (Choice { parameter: "lang", label: "Languages", all: &languages, chosen: &wanted }.chips(view))
    };
    let body = html! {
        p.lead { "How alike the neurons of a fact are in the runs " bdi { (names[0]) } " and " bdi { (names[1]) } "." }
        p.note {
            a href=(link::run(view, names[0])) { bdi { (names[0]) } } " and " a href=(link::run(view, names[1])) { bdi { (names[1]) } } " have pages of their own; "
            a href=(link::here(view).with("a", names[1]).with("b", names[0])) { "the other way round" } "."
        }
        (slider::moved("choices", &choices))
        (slider::sliders(view, slider.as_slice(), &["choices", "answer"], &crate::pages::said_tau(tau)))
        (slider::moved("answer", &two.shown(view)?))
    };
    Ok(Page::new(format!("{} and {}", names[0], names[1]), body).below("Runs", link::runs(view)))
}
