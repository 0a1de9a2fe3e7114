//! `/runs`: all runs, and how alike those of one model are; `/runs?run=NAME`: one of them; `/runs?a=&b=`: two of them.

mod one;
mod two;

use std::collections::BTreeMap;

use kndb_query::{Column, ColumnKind, Value};
use kndb_report::Answer;
use kndb_storage::{Content, Run};
use maud::{Markup, html};

use crate::ask::Asked;
use crate::frame::Page;
use crate::parts::choice::{Choice, chosen};
use crate::parts::figure::or_refused;
use crate::parts::link;
use crate::parts::matrix::matrix;
use crate::parts::slider::{self, Slider};
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::problem::Result;
use crate::view::View;

/// So many runs of a model are compared where the address names none.
const MOST: usize = 4;
/// Languages of a row that are told one by one.
const LANGUAGES: usize = 6;

/// Makes it.
pub(crate) fn page(view: &View<'_>) -> Result<Page> {
    if let (Some(left), Some(right)) = (view.parameter("a"), view.parameter("b")) {
        return two::page(view, [view.run_named(left)?, view.run_named(right)?]);
    }
    if let Some(name) = view.parameter("run") {
        return one::page(view, view.run_named(name)?);
    }
    if view.snapshot.runs().len() == 0 {
        let body = html! {
            p.nothing { "The store has no run yet: " code { "kndb attribute" } " computes scores into one, " code { "kndb import" } " takes those of files." }
        };
        return Ok(Page::new("Runs", body));
    }
    let listing = Asked { answer: listing(view)?, ..Asked::default() };
    let body = html! {
        p.lead { "Runs are what was computed or imported at one time, in one way, of one model." }
        (Table::new(view, &listing, "Runs").named("runs").without_statement().markup()?)
        section aria-labelledby="alike" { h2 #alike { "How alike they are" } (comparison(view)?) }
    };
    Ok(Page::new("Runs", body))
}

/// The runs as rows.
fn listing(view: &View<'_>) -> Result<Answer> {
    let text = |text: String| Value::Text(text.into());
    let columns = [
        ("run", ColumnKind::Text),
        ("model", ColumnKind::Text),
        ("shape", ColumnKind::Text),
        ("method", ColumnKind::Text),
        ("preset", ColumnKind::Text),
        ("tau", ColumnKind::Text),
        ("keeps", ColumnKind::Text),
        ("languages", ColumnKind::Text),
        ("entries", ColumnKind::Integer),
        ("groups", ColumnKind::Integer),
        ("state", ColumnKind::Text),
    ];
    let mut rows = Vec::new();
    for run in view.snapshot.runs() {
        let (spec, holds) = (&run.spec, view.snapshot.holds(run.id)?);
        let is_scored = holds.attributed > holds.sets;
        let of_scores = |shown: String| if is_scored { text(shown) } else { Value::Null };
        let names: Vec<&str> = holds.languages.iter().map(|language| view.snapshot.language_name(*language)).collect();
        let more = names.len().saturating_sub(LANGUAGES);
        let languages = names.iter().take(LANGUAGES).copied().collect::<Vec<_>>().join(", ");
        let taus: String =
            spec.language_taus.iter().take(LANGUAGES).map(|(language, tau)| format!(", {language} {tau}")).collect();
        rows.push(vec![
            text(spec.name.clone()),
            text(spec.model.clone()),
            text(spec.shape.to_string()),
            text(spec.method.clone()),
            spec.preset.clone().map_or(Value::Null, text),
            of_scores(format!("{}{taus}", spec.tau)),
            of_scores(spec.keep.to_string()),
            text(if more > 0 { format!("{languages} and {more} more") } else { languages }),
            Value::Integer(holds.entries()),
            Value::Integer(holds.groups),
            text(if run.finished { "finished" } else { "open" }.to_owned()),
        ]);
    }
    let columns = columns.map(|(name, kind)| Column { name, kind }).to_vec();
    Ok(Answer { columns, rows, notes: Vec::new() })
}

/// The runs of each model beside each other.
fn comparison(view: &View<'_>) -> Result<Markup> {
    // Neurons are the same by layer and number, so only in one model; its name alone would do for two of other shapes.
    let mut models: BTreeMap<(String, String), Vec<&Run>> = BTreeMap::new();
    for run in view.snapshot.runs_with(Content::Attributions) {
        models.entry((run.spec.model.clone(), run.spec.shape.to_string())).or_default().push(run);
    }
    models.retain(|_, runs| runs.len() > 1);
    if models.is_empty() {
        return Ok(html! { p.nothing { "No two runs with neurons are of one model: there is nothing to compare." } });
    }
    let all: Vec<&str> = models.values().flatten().map(|run| run.spec.name.as_str()).collect();
    let wanted = chosen(view, "with", &all)?;
    let is_named = view.parameter("with").is_some();
    let tau = view.tau()?;
    let mut shown = Vec::new();
    for runs in models.values_mut() {
        runs.retain(|run| wanted.contains(&run.spec.name.as_str()));
        runs.truncate(if is_named { usize::MAX } else { MOST });
        shown.extend(runs.iter().copied());
    }
    let names: Vec<&str> = shown.iter().map(|run| run.spec.name.as_str()).collect();
    let mut languages: Vec<&str> = Vec::new();
    for run in &shown {
        let of_run = view.snapshot.languages_with(run.id, Content::Attributions);
        languages.extend(of_run.into_iter().map(|language| view.snapshot.language_name(language)));
    }
    languages.sort_unstable();
    languages.dedup();
    let language = view.parameter("lang").map(|_| chosen(view, "lang", &languages)).transpose()?.unwrap_or_default();
    let mut parts = Vec::new();
    for (number, ((model, _), runs)) in models.iter().enumerate() {
        parts.push(of_model(view, model, runs, (tau, &language), &format!("with{}", number + 1))?);
    }
    let choices = html! {
        @if all.len() > 2 { (Choice { parameter: "with", label: "Runs", all: &all, chosen: &names }.chips(view)) }
        @if names.len() < all.len() && !is_named { p.note { "These are the first " (MOST) " of each model; a click takes another." } }
        (Choice { parameter: "lang", label: "Languages", all: &languages, chosen: if language.is_empty() { &languages } else { &language } }.chips(view))
    };
    let slider = Slider::tau(view, tau, &shown, &languages);
    Ok(html! {
        p { "How alike the neurons of a fact are in each two runs: Jaccard's index, fact by fact, and the mean over the facts. Beside it stands what sets of the same sizes would have that are drawn at random." }
        (slider::moved("choices", &choices))
        (slider::sliders(view, slider.as_slice(), &["choices", "answer"], &super::said_tau(tau)))
        (slider::moved("answer", &html! { @for part in &parts { (part) } }))
    })
}

/// Those of one model.
fn of_model(
    view: &View<'_>,
    model: &str,
    runs: &[&Run],
    (tau, languages): (Option<f64>, &[&str]),
    name: &str,
) -> Result<Markup> {
    let names: Vec<&str> = runs.iter().map(|run| run.spec.name.as_str()).collect();
    match names.as_slice() {
        [] => return Ok(html! {}),
        [one] => {
            return Ok(
                html! { p.nothing { "Of " (model) " one run is chosen, " bdi { (one) } ": two are needed to be compared." } },
            );
        }
        _ => {}
    }
    let source = Source::new("kn").among("run", &names).among("lang", languages).tau(tau);
    let answered = view.ask(&format!("similarity({source}) between run")).and_then(|asked| {
        let link = |left: &str, right: &str| {
            let here = link::runs(view).maybe("tau", tau).with("a", left).with("b", right);
            languages.iter().fold(here, |link, language| link.and("lang", language))
        };
        Ok(html! {
            div.beside-each-other {
                (matrix(&asked.answer, &format!("Runs of {model}"), &link))
                (Table::new(view, &asked, format!("Each two runs of {model}")).named(name).markup()?)
            }
        })
    });
    or_refused(answered)
}
