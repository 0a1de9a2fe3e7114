//! The words that the neuron's value vector promotes, where the model's files are at hand.

use maud::{Markup, html};

use super::place::Place;
use crate::models::Promoted;
use crate::parts::sentence;
use crate::parts::value::visible;
use crate::view::View;

/// Tokens at either end.
const COUNT: usize = 15;

pub(super) fn section(view: &View<'_>, place: &Place<'_>) -> Markup {
    // A program that cannot read models has nothing to say of them.
    let Some(models) = &view.explorer.options.models else { return html! {} };
    let (name, promoted) = match models.of(place.run) {
        Ok(model) => (model.name(), model.promoted(place.layer, place.unit, COUNT)),
        Err(refused) if refused.is_empty() => {
            return html! {
                p.note { "Which words it promotes is shown where the folder of " bdi { (visible(&place.run.spec.model)) } " is given: " code { "kndb serve … --model DIR" } "." }
            };
        }
        Err(refused) => {
            return html! {
                p.note { "Which words it promotes is not known: no folder that was given is that of this run's model." }
                @for why in &refused { p.note { (sentence(why)) } }
            };
        }
    };
    html! {
        section aria-labelledby="words" {
            h2 #words { "The words that it promotes" }
            @match promoted {
                Ok(promoted) => {
                    p.of {
                        "For each 1 of its activation, its value vector moves the logits of these tokens of " bdi { (visible(name)) } " most: "
                        i { "e" } "·" i { "v" } " of the output embeddings (Geva et al. 2022). What stands between it and the answer, later layers and the last normalisation, is left out."
                    }
                    (table(&promoted))
                }
                Err(why) => p.nothing { (sentence(&why)) },
            }
        }
    }
}

fn table(promoted: &Promoted) -> Markup {
    let rows = promoted.raised.len().max(promoted.lowered.len());
    let cells = |tokens: &[(String, f32)], at: usize| {
        html! {
            @match tokens.get(at) {
                Some((text, weight)) => { td { bdi.token { (shown(text)) } } td.number { (signed(*weight)) } }
                None => { td {} td {} }
            }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Tokens that it promotes, and holds down" {
            table {
                caption { "Tokens that it promotes, and holds down" }
                thead { tr { th scope="col" { "raised" } th.number scope="col" { "by" } th scope="col" { "lowered" } th.number scope="col" { "by" } } }
                tbody { @for at in 0..rows { tr { (cells(&promoted.raised, at)) (cells(&promoted.lowered, at)) } } }
            }
        }
    }
}

/// Blanks are a part of a token, and some are nothing else.
fn shown(text: &str) -> String {
    visible(&text.replace(' ', "␣"))
}

fn signed(weight: f32) -> String {
    format!("{weight:+.3}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_signs_are_seen() {
        assert_eq!(shown(" Paris"), "␣Paris");
        assert_eq!((signed(0.25), signed(-1.5)), ("+0.250".into(), "−1.500".into()));
    }
}
