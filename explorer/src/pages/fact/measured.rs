//! What was measured beside the scores: p, the model's own answer, the rank of the right one, what the scores fail to add up to.

use maud::{Markup, html};

use super::choice::Choice;
use crate::ask::Asked;
use crate::parts::row::{Row, rows};
use crate::parts::source::Source;
use crate::parts::table::Table;
use crate::parts::{statement, value};
use crate::problem::Result;
use crate::view::View;

/// What tells that something was measured.
const MEASURES: [&str; 7] = ["p", "baseline", "answer", "correct", "rank", "tokens", "residual"];

pub(super) fn section(view: &View<'_>, choice: &Choice<'_>) -> Result<Markup> {
    let names = choice.attributed(view)?;
    if names.is_empty() {
        return Ok(html! {});
    }
    let source = Source::new("entries");
    let source = if view.snapshot.runs().len() > 1 { source.among("run", &names) } else { source };
    let asked = view.ask(&source.is("fact", choice.id).to_string())?;
    let is_measured = rows(&asked.answer).any(|row| MEASURES.iter().any(|measure| row.value(measure).is_some()));
    Ok(html! {
        section aria-labelledby="answers" {
            h2 #answers { "What the model answered" }
            @if is_measured {
                (sentence(choice, &asked))
                (table(view, asked)?)
            } @else {
                p.nothing { "Nothing was stored beside the scores or neurons: neither p nor the model's answer. Runs of " code { "kndb attribute" } " measure them; imports have what their files have." }
                (statement::behind(view, &[&asked.statement]))
            }
        }
    })
}

/// What was answered in the language that is looked at.
fn sentence(choice: &Choice<'_>, asked: &Asked) -> Markup {
    let run = choice.run.map(|run| run.spec.name.as_str());
    let is_looked_at =
        |row: &Row<'_>| row.text("lang") == choice.main() && row.text("run").is_none_or(|name| Some(name) == run);
    let Some(row) = rows(&asked.answer).find(is_looked_at) else { return html! {} };
    let (Some(language), Some(p)) = (row.text("lang"), row.score("p")) else { return html! {} };
    let p = value::short(f64::from(p));
    html! {
        p {
            "Asked in " bdi { (language) } ", the model "
            @match (row.text("answer").map(|answer| value::visible(answer.trim())), row.whole("rank")) {
                (Some(answer), Some(1)) => { "answers “" bdi { (answer) } "”, and is right: p = " (p) "." }
                (Some(answer), rank) => {
                    "answers “" bdi { (answer) } "”; the right object has p = " (p)
                    @if let Some(rank) = rank { " and is rank " (value::whole(rank)) " of its answers" }
                    "."
                }
                (None, Some(1)) => { "is right: p = " (p) "." }
                (None, Some(rank)) => { "gives the right object p = " (p) ", rank " (value::whole(rank)) " of its answers." }
                (None, None) => { "gives the right object p = " (p) "." }
            }
        }
    }
}

/// All entries; what is the same in all rows is in the page's head already.
fn table(view: &View<'_>, mut asked: Asked) -> Result<Markup> {
    asked.hide(&["fact", "relation", "subject", "object"]);
    Table::new(view, &asked, "What was measured in each language").named("measured").markup()
}
