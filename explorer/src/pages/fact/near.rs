//! The facts that share the most neurons with this one, in one language, and what chance gives each pair.

use maud::{Markup, html};

use super::choice::Choice;
use crate::ask::Asked;
use crate::parts::fact_name::fact_name;
use crate::parts::row::{Row, rows};
use crate::parts::source::Source;
use crate::parts::value::{short, whole};
use crate::parts::{link, notes, statement};
use crate::problem::Result;
use crate::view::View;

/// Facts that are shown, each compared by a statement of its own.
const NEAREST: usize = 12;

/// One of them.
struct Near<'a> {
    id: &'a str,
    name: Markup,
    row: Row<'a>,
    /// How alike the two are.
    compared: Asked,
}

pub(super) fn section(view: &View<'_>, choice: &Choice<'_>) -> Result<Markup> {
    let Some(language) = choice.main() else { return Ok(html! {}) };
    let of_language = choice.source(view, "kn").is("lang", language);
    let of_fact = |id: &str| choice.source(view, "kn").is("fact", id).is("lang", language);
    let this = Source::new("facts").is("fact", choice.id);
    let asked = view.ask(&format!(
        "{of_language} & neurons of {} - {this} by fact, relation order by pairs top {NEAREST}",
        of_fact(choice.id)
    ))?;
    let mut statements = vec![asked.statement.clone()];
    let mut near = Vec::new();
    for row in rows(&asked.answer) {
        let Some(id) = row.text("fact") else { continue };
        let text = format!("similarity(neurons of {}, neurons of {})", of_fact(choice.id), of_fact(id));
        let compared = view.ask(&text)?;
        statements.push(text);
        near.push(Near { id, name: fact_name(view, id, Some(language))?, row, compared });
    }
    Ok(html! {
        section aria-labelledby="near" {
            h2 #near { "Facts with the same neurons" }
            @if near.is_empty() {
                p.nothing { "In " bdi { (language) } ", no other fact of the run has a neuron of this one." }
            } @else {
                p.of {
                    "In " bdi { (language) } ". These were chosen among all facts for what they share, so their " i { "p" }
                    ", which is that of two facts taken at random, says less than it seems to."
                }
                (table(view, choice, &near))
            }
            (notes(&asked.answer.notes))
            (statement::behind(view, &statements))
        }
    })
}

fn table(view: &View<'_>, choice: &Choice<'_>, near: &[Near<'_>]) -> Markup {
    let run = choice.run.map(|run| run.spec.name.as_str());
    let to = |id: &str| link::fact(view, id).maybe("run", view.parameter("run").and(run)).maybe("lang", choice.first());
    html! {
        div.scroll tabindex="0" role="region" aria-label="Facts that share the most neurons" {
            table {
                caption { "Facts that share the most neurons with it" }
                thead {
                    tr {
                        th scope="col" { "fact" } th scope="col" { "relation" } th.number scope="col" { "shared" }
                        th.number scope="col" { "in either" } th.number scope="col" { "similarity" } th.number scope="col" { "expected" } th.number scope="col" { "p" }
                    }
                }
                tbody {
                    @for Near { id, name, row, compared } in near {
                        @let alike = rows(&compared.answer).next();
                        tr {
                            th scope="row" { a href=(to(id).maybe("tau", choice.tau)) { (name) } }
                            td { @if let Some(relation) = row.text("relation") { bdi { (relation) } } }
                            td.number { @if let Some(pairs) = row.whole("pairs") { (whole(pairs)) } }
                            td.number { @if let Some(either) = alike.and_then(|alike| alike.whole("neurons")) { (whole(either)) } }
                            @for column in ["similarity", "expected", "p"] {
                                td.number { @if let Some(ratio) = alike.and_then(|alike| alike.ratio(column)) { span title=(format!("{ratio:?}")) { (short(ratio)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
