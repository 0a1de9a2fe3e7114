//! Two languages of a run.

use kndb_storage::Run;
use maud::html;

use super::must_have;
use crate::frame::Page;
use crate::pages::two::Two;
use crate::parts::link;
use crate::parts::slider::{self, Slider};
use crate::parts::source::Source;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Makes it.
pub(super) fn page(view: &View<'_>, run: &Run, all: &[&str], given: [&str; 2]) -> Result<Page> {
    let (left, right) = (must_have(all, "a", given[0])?, must_have(all, "b", given[1])?);
    if left == right {
        return Err(Problem::parameter("b", right, format!("another language than {left}")));
    }
    let tau = view.tau()?;
    let kn = |language: &str| Source::of_run(view, "kn", run).is("lang", language).tau(tau).to_string();
    let two = Two { names: [left, right], sets: [kn(left), kn(right)], run: &run.spec.name };
    let slider = Slider::tau(view, tau, &[run], &[left, right]);
    let swapped = link::here(view).with("a", right).with("b", left);
    let all = link::languages(view).with("run", &run.spec.name).maybe("tau", tau);
    let body = html! {
        p.lead { "How alike the neurons of a fact are in " bdi { (left) } " and " bdi { (right) } ", in the run " bdi { (run.spec.name) } "." }
        p.note { a href=(all) { "All languages" } "; " a href=(swapped) { "the other way round" } "." }
        (slider::moved("choices", &two.chips(view)))
        (slider::sliders(view, slider.as_slice(), &["choices", "answer"], &crate::pages::said_tau(tau)))
        (slider::moved("answer", &two.shown(view)?))
    };
    Ok(Page::new(format!("{left} and {right}"), body).below("Languages", link::languages(view)))
}
