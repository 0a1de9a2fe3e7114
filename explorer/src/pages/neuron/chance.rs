//! Whether so many facts have the neuron by chance: of all facts of the language, and of the relations that use it most.
//!
//! Asked of the neuron's layer alone, which decides p, and takes a twelfth of the time that all layers of BERT take. The false-discovery rate
//! is then an upper bound: neurons of other layers that are less likely could only lower it.

use maud::{Markup, html};

use super::facts::Used;
use super::place::Place;
use crate::ask::Asked;
use crate::parts::row::{Row, rows};
use crate::parts::source::Source;
use crate::parts::value::{short, whole};
use crate::parts::{link, notes, statement};
use crate::problem::Result;
use crate::view::View;

/// Relations that are asked one by one.
const RELATIONS: usize = 5;

pub(super) fn section(view: &View<'_>, place: &Place<'_>, used: &Used, language: &str) -> Result<Markup> {
    if used.facts(language) == 0 {
        return Ok(html! {});
    }
    let kn = || place.kn(view).is("lang", language);
    let mut asked = vec![(None, against(view, place, kn())?)];
    let counted = view.ask(&format!("{} & {} by relation order by facts top {RELATIONS}", kn(), place.neurons()))?;
    for row in rows(&counted.answer) {
        let shown = row.text("relation");
        let relation =
            view.snapshot.relations().find(|(id, _)| Some(view.snapshot.relation_shown(*id, None).as_ref()) == shown);
        if let Some((_, name)) = relation {
            asked.push((Some(name), against(view, place, kn().is("relation", name))?));
        }
    }
    let (layer, unit) = (place.layer, place.unit);
    let of_all_layers = format!("{} by neuron against chance having layer = {layer} and neuron = {unit}", kn());
    let statements: Vec<&str> = asked.iter().map(|(_, asked)| asked.statement.as_str()).collect();
    Ok(html! {
        section aria-labelledby="chance" {
            h2 #chance { "Is that more than chance gives?" }
            p.of {
                i { "p" } " is how likely a neuron of this layer is in so many facts' sets in " bdi { (language) }
                ", when each fact keeps its number of neurons in the layer and they are drawn at random. " i { "fdr" }
                " is the false-discovery rate over all neurons of the model, of which this layer's are asked about: it is at most this, and with "
                a href=(link::query(view, &of_all_layers)) { "all layers" } " exactly known."
            }
            (table(view, &asked))
            (notes(&asked[0].1.answer.notes))
            (statement::behind(view, &statements))
        }
    })
}

fn table(view: &View<'_>, asked: &[(Option<&str>, Asked)]) -> Markup {
    let among = |relation: Option<&str>| match relation {
        Some(name) => html! { a href=(link::relation(view, name)) { bdi { (shown(view, name)) } } },
        None => html! { "all facts" },
    };
    let count = |row: Option<Row<'_>>, column| row.and_then(|row| row.whole(column)).map(whole);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Its number of facts, and chance" {
            table {
                caption { "Its number of facts, and chance" }
                thead {
                    tr {
                        th scope="col" { "among" } th.number scope="col" { "facts" } th.number scope="col" { "of" }
                        th.number scope="col" { "frequency" } th.number scope="col" { "p" } th.number scope="col" { "fdr, at most" }
                    }
                }
                tbody {
                    @for (relation, asked) in asked {
                        @let row = rows(&asked.answer).next();
                        tr {
                            th scope="row" { (among(*relation)) }
                            @for column in ["facts", "asked"] { td.number { @if let Some(count) = count(row, column) { (count) } } }
                            @for column in ["frequency", "p_chance", "fdr"] {
                                td.number { @if let Some(ratio) = row.and_then(|row| row.ratio(column)) { span title=(format!("{ratio:?}")) { (short(ratio)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn against(view: &View<'_>, place: &Place<'_>, source: Source) -> Result<Asked> {
    let source = source.is("layer", &place.layer.to_string());
    // With `asked` come the facts that were attributed, and the share of them.
    view.ask(&format!("{source} by neuron against chance having neuron = {} and asked >= 1", place.unit))
}

fn shown(view: &View<'_>, name: &str) -> String {
    view.snapshot
        .relation(name)
        .map_or_else(|| name.to_owned(), |id| view.snapshot.relation_shown(id, None).to_string())
}
