//! Neurons that the same facts use: how many facts two of them have in common, of those that have either.
//!
//! Two statements give all that Jaccard's index needs: one counts the facts in common, the other all facts of the neurons that have the most in
//! common. Of *a* facts of this neuron and *b* in common the index is at most *b*/*a*: so it is known whether a neuron with fewer facts in
//! common could be among the nearest.

use std::collections::HashMap;

use maud::{Markup, html};

use super::facts::Used;
use super::place::Place;
use crate::parts::row::rows;
use crate::parts::table::Table;
use crate::parts::value::{short, whole};
use crate::parts::{link, statement};
use crate::problem::Result;
use crate::view::View;

/// Neurons whose facts are counted.
const CANDIDATES: usize = 200;
/// Neurons that are shown.
const SHOWN: usize = 15;

/// Another neuron.
#[derive(Clone, Debug, PartialEq)]
struct Partner {
    layer: u32,
    unit: u32,
    both: u64,
    its: u64,
    jaccard: f64,
}

pub(super) fn section(view: &View<'_>, place: &Place<'_>, used: &Used, language: &str) -> Result<Markup> {
    let own = used.facts(language);
    if own == 0 {
        return Ok(html! {});
    }
    let (kn, neurons) = (place.kn(view).is("lang", language), place.neurons());
    let beside = format!("{kn} & facts of ({kn} & {neurons}) - {neurons}");
    let common = view.ask(&format!("{beside} by neuron order by facts top {CANDIDATES}"))?;
    let both: Vec<((u32, u32), u64)> =
        rows(&common.answer).filter_map(|row| row.neuron().zip(row.whole("facts"))).collect();
    if both.is_empty() {
        return Ok(html! {
            section aria-labelledby="partners" {
                h2 #partners { "Neurons of the same facts" }
                p.nothing { "Its facts have no other neuron in " bdi { (language) } "." }
                (statement::behind(view, &[&common.statement]))
            }
        });
    }
    let listed: Vec<String> = both.iter().map(|((layer, unit), _)| format!("{layer}:{unit}")).collect();
    let alone = view.ask(&format!("{kn} & neurons({}) by neuron", listed.join(", ")))?;
    let its: HashMap<(u32, u32), u64> =
        rows(&alone.answer).filter_map(|row| row.neuron().zip(row.whole("facts"))).collect();
    let partners = nearest(own, &both, &its);
    let layers = view.ask(&format!("{beside} by layer order by layer"))?;
    Ok(html! {
        section aria-labelledby="partners" {
            h2 #partners { "Neurons of the same facts" }
            p.of { "The index is Jaccard's: facts that use both, of those that use either, in " bdi { (language) } "." }
            (table(view, place, &partners[..partners.len().min(SHOWN)]))
            @if !are_all(own, &both, &partners) {
                p.note { "The nearest of the " (CANDIDATES) " neurons with the most facts in common; one of fewer facts may be as near." }
            }
            // One of them names all candidates.
            details.behind { summary { "The 2 statements behind it" } (statement::behind(view, &[&common.statement, &alone.statement])) }
            h3 { "In which layers they are" }
            (Table::new(view, &layers, format!("The other neurons of its facts in {language}, by layer")).named("layers").rows(100).markup()?)
        }
    })
}

/// The candidates, the nearest first.
fn nearest(own: u64, both: &[((u32, u32), u64)], its: &HashMap<(u32, u32), u64>) -> Vec<Partner> {
    let partner = |&((layer, unit), both): &((u32, u32), u64)| {
        let its = *its.get(&(layer, unit))?;
        let either = (own + its).checked_sub(both).filter(|either| *either > 0)?;
        Some(Partner { layer, unit, both, its, jaccard: both as f64 / either as f64 })
    };
    let mut partners: Vec<Partner> = both.iter().filter_map(partner).collect();
    partners.sort_by(|a, b| b.jaccard.total_cmp(&a.jaccard).then((a.layer, a.unit).cmp(&(b.layer, b.unit))));
    partners
}

/// Whether no neuron that is not among the candidates can be among those shown.
fn are_all(own: u64, both: &[((u32, u32), u64)], partners: &[Partner]) -> bool {
    let Some((_, least)) = both.get(CANDIDATES - 1) else { return true };
    partners.get(SHOWN - 1).is_some_and(|last| last.jaccard >= *least as f64 / own as f64)
}

fn table(view: &View<'_>, place: &Place<'_>, partners: &[Partner]) -> Markup {
    let to = |partner: &Partner| {
        let link = link::neuron(view, &place.run.spec.name, partner.layer, partner.unit);
        link.maybe("lang", place.named.as_ref()).maybe("tau", place.tau)
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Nearest neurons" {
            table {
                caption { "Nearest neurons" }
                thead {
                    tr {
                        th scope="col" { "neuron" } th.number scope="col" { "facts of both" }
                        th.number scope="col" { "facts of its own" } th.number scope="col" { "Jaccard" }
                    }
                }
                tbody {
                    @for partner in partners {
                        tr {
                            th scope="row" { a href=(to(partner)) { (partner.layer) ":" (partner.unit) } }
                            td.number { (whole(partner.both)) }
                            td.number { (whole(partner.its)) }
                            td.number { span title=(format!("{:?}", partner.jaccard)) { (short(partner.jaccard)) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partners_come_by_the_share_of_facts_that_have_both() {
        let both = [((0, 1), 4), ((0, 2), 4), ((1, 0), 1)];
        let its = HashMap::from([((0, 1), 20), ((0, 2), 4), ((1, 0), 1)]);
        let found = nearest(4, &both, &its);
        let told: Vec<(u32, u32, f64)> = found.iter().map(|one| (one.layer, one.unit, one.jaccard)).collect();
        // Of 4 and 20 facts 20 in either; of 4 and 4, four; of 4 and 1, four.
        assert_eq!(told, [(0, 2, 1.0), (1, 0, 0.25), (0, 1, 0.2)]);
        assert!(are_all(4, &both, &found), "there are no more");
    }

    #[test]
    fn it_is_said_where_a_neuron_of_fewer_facts_may_be_as_near() {
        let both: Vec<_> = (0..CANDIDATES as u32).map(|unit| ((0, unit), 2)).collect();
        // Rare ones: both facts that they have are in common. Then no neuron can be nearer than 2 of 4.
        let rare = both.iter().map(|(neuron, _)| (*neuron, 2)).collect();
        assert!(are_all(4, &both, &nearest(4, &both, &rare)));
        // Frequent ones: a rare neuron with one fact in common may be nearer than 2 of 12.
        let frequent = both.iter().map(|(neuron, _)| (*neuron, 10)).collect();
        assert!(!are_all(4, &both, &nearest(4, &both, &frequent)));
    }
}
