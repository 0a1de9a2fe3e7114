//! What each two are alike, as a table of two directions: the similarity, and below it what chance gives. A cell leads to the page of the two.

use std::collections::HashMap;

use kndb_report::Answer;
use maud::{Markup, html};

use super::link::Link;
use super::row::rows;
use super::value::{short, visible};

/// Steps of the scale; the style sheet has a colour of each.
const STEPS: f64 = 8.0;

/// The matrix of an answer to `similarity(…) between …`: names in its first two columns. `link` leads to the page of two; `caption` says what is
/// compared. Nothing without rows.
pub(crate) fn matrix(answer: &Answer, caption: &str, link: &dyn Fn(&str, &str) -> Link) -> Markup {
    let (pairs, caption) = (pairs(answer), visible(caption));
    let mut names: Vec<&str> = Vec::new();
    for pair in &pairs {
        for name in pair.names {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let most = pairs.iter().filter_map(|pair| pair.similarity).fold(0.0, f64::max);
    let of_two: HashMap<[&str; 2], &Pair<'_>> =
        pairs.iter().flat_map(|pair| [(pair.names, pair), ([pair.names[1], pair.names[0]], pair)]).collect();
    let cell = |left: &str, right: &str| match of_two.get(&[left, right]) {
        _ if left == right => html! { td.itself { span.hidden { "itself" } } },
        Some(pair) => of_pair(pair, most, &link(left, right)),
        None => html! { td { span.null { "–" } } },
    };
    html! {
        @if !names.is_empty() {
            div {
                div.scroll tabindex="0" role="region" aria-label=(caption) {
                    table.matrix {
                        caption { (caption) }
                        thead { tr { td {} @for name in &names { th scope="col" { bdi { (visible(name)) } } } } }
                        tbody { @for left in &names { tr { th scope="row" { bdi { (visible(left)) } } @for right in &names { (cell(left, right)) } } } }
                    }
                }
                p.note { "The similarity, and below it what sets at random would have; the darkest is the highest here." }
            }
        }
    }
}

/// A row.
struct Pair<'a> {
    names: [&'a str; 2],
    similarity: Option<f64>,
    expected: Option<f64>,
}

fn pairs(answer: &Answer) -> Vec<Pair<'_>> {
    let [left, right, ..] = answer.columns.as_slice() else { return Vec::new() };
    rows(answer)
        .filter_map(|row| {
            let names = [row.text(left.name)?, row.text(right.name)?];
            Some(Pair { names, similarity: row.ratio("similarity"), expected: row.ratio("expected") })
        })
        .collect()
}

fn of_pair(pair: &Pair<'_>, most: f64, link: &Link) -> Markup {
    let Some(similarity) = pair.similarity else { return html! { td { a href=(link) { span.null { "–" } } } } };
    html! {
        td.heat data-step=(step(similarity, most)) {
            a href=(link) title=(format!("{similarity:?}")) { (short(similarity)) }
            @if let Some(expected) = pair.expected { small title=(format!("expected {expected:?}")) { span.hidden { " expected " } (short(expected)) } }
        }
    }
}

/// The step of a value between 0 and the most: 0 is nothing, and only nothing.
fn step(value: f64, most: f64) -> u32 {
    if value > 0.0 && most > 0.0 { ((value / most * STEPS).round() as u32).clamp(1, STEPS as u32) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_a_colour_of_its_own_and_the_most_the_last() {
        assert_eq!([0.0, 1e-9, 0.5, 1.0].map(|value| step(value, 1.0)), [0, 1, 4, 8]);
        assert_eq!((step(0.0, 0.0), step(f64::NAN, 1.0)), (0, 0));
    }
}
