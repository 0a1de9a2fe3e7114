//! Thresholds to be moved. Without a script a form with number fields and a button. With one each field has a slider beside it, and while that is
//! moved the parts of the page that depend on it follow: the script asks for the same address with other numbers, puts the parts of the answer in
//! the place of those that are there, and writes the address into the window's. Nothing is computed anew, so that takes milliseconds.

use kndb_storage::{Content, Keep, Run, RunSpec};
use maud::{Markup, html};

use super::kept;
use crate::view::View;

/// More thresholds of languages than these are not told one by one.
const TOLD: usize = 6;

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slider {
    /// The parameter of the address.
    pub(crate) name: &'static str,
    /// What it is, in a few words.
    pub(crate) label: &'static str,
    /// As it is given in the address.
    pub(crate) given: Option<f64>,
    /// What holds where it is not.
    pub(crate) own: Own,
    /// The least that can be answered, and what it must stay below or at.
    pub(crate) range: (f64, f64),
}

/// What holds without a number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Own {
    /// One number.
    One(f64),
    /// Several, told in words, those of each language or of each run; and the least of them, where the slider stands.
    Several(String, f64),
}

impl Own {
    /// The thresholds of runs and languages.
    fn of(runs: &[&Run], languages: &[&str]) -> Self {
        let all: Vec<(&str, f64)> = runs
            .iter()
            .flat_map(|run| languages.iter().map(|language| (*language, run.spec.tau_of(language))))
            .collect();
        let least = all.iter().map(|(_, tau)| *tau).fold(1.0, f64::min);
        match all.as_slice() {
            [(_, tau), rest @ ..] if rest.iter().all(|(_, other)| other == tau) => Self::One(*tau),
            _ if runs.len() > 1 => Self::Several("each run's own".into(), least),
            all if all.len() > TOLD => Self::Several("each language's own".into(), least),
            all => {
                let each: Vec<String> = all.iter().map(|(language, tau)| format!("{language} {tau}")).collect();
                Self::Several(each.join(", "), least)
            }
        }
    }
}

impl Slider {
    /// The threshold τ of some runs in some languages; `None` where no scores were kept, to which it would apply.
    pub(crate) fn tau(view: &View<'_>, given: Option<f64>, runs: &[&Run], languages: &[&str]) -> Option<Self> {
        let is_scored = |run: &&&Run| !view.snapshot.languages_with(run.id, Content::Scores).is_empty();
        let scored: Vec<&Run> = runs.iter().filter(is_scored).copied().collect();
        let floor = scored.iter().map(|run| floor(&run.spec)).reduce(f64::max)?;
        Some(Self {
            name: "tau",
            label: "τ, a share of each fact's highest score",
            given,
            own: Own::of(&scored, languages),
            range: (floor, 0.99),
        })
    }
}

/// The least τ that a run can answer.
fn floor(spec: &RunSpec) -> f64 {
    match spec.keep {
        Keep::Share(share) | Keep::Signed(share) => share,
        Keep::All | Keep::Top(_) => 0.0,
    }
}

/// What depends on the sliders of a form: a part of the page with an id that [`sliders`] names.
pub(crate) fn moved(id: &str, content: &Markup) -> Markup {
    html! { div id=(id) data-moved { (content) } }
}

/// The form; `parts` are the ids of what depends on it, `said` the answer in a few words, for readers who do not see it follow.
pub(crate) fn sliders(view: &View<'_>, sliders: &[Slider], parts: &[&str], said: &str) -> Markup {
    if sliders.is_empty() {
        return html! {};
    }
    let set: Vec<&str> = sliders.iter().map(|slider| slider.name).collect();
    // Other numbers give other rows: tables begin at their first page.
    let pages = view.address.parameters().iter().map(|(name, _)| name.as_str());
    let pages = pages.filter(|name| *name == "page" || name.ends_with(".page"));
    let but: Vec<&str> = set.iter().copied().chain(pages).collect();
    html! {
        form.sliders method="get" action=(view.address.path) data-parts=(parts.join(" ")) {
            (kept(view, &but))
            @for slider in sliders { (field(slider)) }
            button type="submit" { "Show" }
            p.said role="status" { (said) }
        }
    }
}

fn field(slider: &Slider) -> Markup {
    let Slider { name, label, given, own, range: (least, most) } = slider;
    let (id, told) = (format!("slider-{name}"), format!("slider-{name}-told"));
    let (shown, own) = match own {
        Own::One(own) => (Some(given.unwrap_or(*own)), format!("{own} without a choice")),
        Own::Several(own, _) => (*given, format!("without a choice {own}")),
    };
    let place = match &slider.own {
        Own::One(own) | Own::Several(_, own) => given.unwrap_or(*own),
    };
    html! {
        div.slider {
            label for=(id) { (label) }
            input id=(id) type="number" name=(name) min=(least) max="1" step="any" inputmode="decimal" autocomplete="off"
                value=[shown] data-most=(most) data-place=(place) placeholder="own" aria-describedby=(told);
            span.of id=(told) { "from " (least) " on; " (own) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::Shape;

    fn spec(keep: Keep) -> RunSpec {
        RunSpec { keep, ..RunSpec::new("a", "toy", Shape::new(2, 4).expect("a shape")) }
    }

    #[test]
    fn a_slider_begins_where_the_scores_do() {
        let floors = [Keep::Share(0.01), Keep::Signed(0.05), Keep::All, Keep::Top(20)].map(|keep| floor(&spec(keep)));
        assert_eq!(floors, [0.01, 0.05, 0.0, 0.0]);
    }

    #[test]
    fn a_field_shows_the_number_that_holds_or_nothing_where_there_are_several() {
        let slider = Slider { name: "tau", label: "τ", given: None, own: Own::One(0.2), range: (0.01, 0.99) };
        let html = field(&slider).into_string();
        assert!(html.contains("value=\"0.2\"") && html.contains("0.2 without a choice"), "{html}");
        let moved = field(&Slider { given: Some(0.5), ..slider.clone() }).into_string();
        assert!(moved.contains("value=\"0.5\"") && moved.contains("0.2 without a choice"), "{moved}");
        let several = field(&Slider { own: Own::Several("en 0.2, zh 0.3".into(), 0.2), ..slider }).into_string();
        assert!(
            !several.contains(" value=")
                && several.contains("data-place=\"0.2\"")
                && several.contains("without a choice en 0.2, zh 0.3"),
            "{several}"
        );
    }
}
