//! What two, three or more sets share: a diagram with exact counts, and the list of its regions, each with the statement that has its members.

use maud::{Markup, html};

use super::link;
use super::value::whole;
use crate::view::View;

/// Members of some of the sets and of no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// Numbers of the sets, ascending.
    pub(crate) of: Vec<usize>,
    pub(crate) count: u64,
    /// Asks for its members.
    pub(crate) statement: String,
}

/// Regions that are listed; more are counted below.
const LISTED: usize = 16;
/// Names that are told one by one.
const NAMED: usize = 6;

/// The sets of some names, and their regions: all there are of two or three sets, else those that have members. `what` says what is counted.
pub(crate) fn shared(view: &View<'_>, names: &[String], regions: &[Region], what: &str) -> Markup {
    let count = |of: &[usize]| regions.iter().find(|region| region.of == of).map_or(0, |region| region.count);
    let total = |set: usize| regions.iter().filter(|region| region.of.contains(&set)).map(|region| region.count).sum();
    let picture = match names {
        [_, _] => Some(two(names, &[0, 1].map(total), count)),
        [_, _, _] => Some(three(names, &[0, 1, 2].map(total), count)),
        _ => None,
    };
    html! {
        div.sets {
            @if let Some(picture) = picture { (picture) }
            (list(view, names, regions, what))
        }
    }
}

fn list(view: &View<'_>, names: &[String], regions: &[Region], what: &str) -> Markup {
    let mut order: Vec<&Region> = regions.iter().collect();
    if names.len() > 3 {
        // The largest first, and of equal ones those of more sets.
        order.sort_by_key(|region| (std::cmp::Reverse(region.count), std::cmp::Reverse(region.of.len())));
    }
    let most = order.iter().map(|region| region.count).max().unwrap_or(0);
    let (listed, more) = order.split_at(order.len().min(LISTED));
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "What is shared: " (what) } {
            table {
                caption { "Each of the " (what) " counts in one row: that of all languages that have it" }
                thead { tr { th scope="col" { "In" } th.number scope="col" { (what) } th aria-hidden="true" {} } }
                tbody {
                    @for region in listed {
                        tr {
                            th scope="row" { (named(names, &region.of)) }
                            td.number { a href=(link::query(view, &region.statement)) title=(region.statement) { (whole(region.count)) } }
                            td.bar aria-hidden="true" { (bar(region.count, most)) }
                        }
                    }
                }
            }
        }
        @if !more.is_empty() {
            p.note { (whole(more.len() as u64)) " more combinations of languages have " (whole(more.iter().map(|region| region.count).sum())) " " (what) " together." }
        }
    }
}

fn bar(count: u64, most: u64) -> Markup {
    let width = if most == 0 { 0.0 } else { 100.0 * count as f64 / most as f64 };
    html! { svg width="120" height="10" focusable="false" { rect width={ (format!("{width:.1}")) "%" } height="10" {} } }
}

/// `en and zh`, `en only`, `all 5`, `all but ar`.
pub(crate) fn named(names: &[String], of: &[usize]) -> String {
    let told = |of: &[usize]| -> String {
        let told: Vec<&str> = of.iter().map(|set| names[*set].as_str()).collect();
        match told.as_slice() {
            [one] => (*one).to_owned(),
            [first @ .., last] if told.len() <= NAMED => format!("{} and {last}", first.join(", ")),
            many => format!("{} and {} more", many[..NAMED - 1].join(", "), many.len() - NAMED + 1),
        }
    };
    let missing: Vec<usize> = (0..names.len()).filter(|set| !of.contains(set)).collect();
    match (of.len(), missing.len()) {
        (1, _) => format!("{} only", told(of)),
        (all, 0) if all > 3 => format!("all {all}"),
        (several, few) if several > NAMED && few < several => format!("all but {}", told(&missing)),
        _ => told(of),
    }
}

/// What the picture says, for who does not see it.
fn told(names: &[String], regions: &[(&[usize], u64)]) -> String {
    let regions: Vec<String> = regions.iter().map(|(of, count)| format!("{} {count}", named(names, of))).collect();
    format!("Set diagram: {}", regions.join("; "))
}

fn two(names: &[String], totals: &[u64; 2], count: impl Fn(&[usize]) -> u64) -> Markup {
    let regions = [(&[0][..], 90.0), (&[1], 270.0), (&[0, 1], 180.0)].map(|(of, x)| (of, x, count(of)));
    let told = told(names, &regions.map(|(of, _, count)| (of, count)));
    html! {
        svg.venn viewBox="0 0 360 230" role="img" aria-label=(told) {
            circle.first cx="130" cy="128" r="95" {}
            circle.second cx="230" cy="128" r="95" {}
            (name(&names[0], totals[0], 100.0, 20.0))
            (name(&names[1], totals[1], 260.0, 20.0))
            @for (_, x, count) in regions { text.count x=(x) y="134" { (whole(count)) } }
        }
    }
}

fn three(names: &[String], totals: &[u64; 3], count: impl Fn(&[usize]) -> u64) -> Markup {
    let places: [(&[usize], f64, f64); 7] = [
        (&[0], 105.0, 105.0),
        (&[1], 275.0, 105.0),
        (&[2], 190.0, 245.0),
        (&[0, 1], 190.0, 90.0),
        (&[0, 2], 143.0, 176.0),
        (&[1, 2], 237.0, 176.0),
        (&[0, 1, 2], 190.0, 148.0),
    ];
    let regions = places.map(|(of, x, y)| (of, x, y, count(of)));
    let told = told(names, &regions.map(|(of, .., count)| (of, count)));
    html! {
        svg.venn viewBox="0 0 380 310" role="img" aria-label=(told) {
            circle.first cx="148" cy="118" r="84" {}
            circle.second cx="232" cy="118" r="84" {}
            circle.third cx="190" cy="192" r="84" {}
            (name(&names[0], totals[0], 110.0, 22.0))
            (name(&names[1], totals[1], 270.0, 22.0))
            (name(&names[2], totals[2], 190.0, 298.0))
            @for (_, x, y, count) in regions { text.count x=(x) y=(y + 5.0) { (whole(count)) } }
        }
    }
}

fn name(name: &str, total: u64, x: f64, y: f64) -> Markup {
    html! { text.name x=(x) y=(y) { (name) ": " (whole(total)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn regions_are_told_shortly_whatever_their_number() {
        let few = names(&["en", "zh", "ar"]);
        assert_eq!(named(&few, &[0]), "en only");
        assert_eq!(named(&few, &[0, 2]), "en and ar");
        assert_eq!(named(&few, &[0, 1, 2]), "en, zh and ar");
        let many: Vec<String> = (0..10).map(|number| format!("l{number}")).collect();
        let of = |range: std::ops::Range<usize>| range.collect::<Vec<_>>();
        assert_eq!(named(&many, &of(0..10)), "all 10");
        assert_eq!(named(&many, &of(0..8)), "all but l8 and l9");
        assert_eq!(named(&many[..4], &of(0..3)), "l0, l1 and l2");
        let more: Vec<String> = (0..40).map(|number| format!("l{number}")).collect();
        assert_eq!(named(&more, &of(0..12)), "l0, l1, l2, l3, l4 and 7 more");
    }

    #[test]
    fn a_diagram_has_each_count_in_the_region_it_is_of() {
        let counts = |of: &[usize]| match of {
            [0] => 1,
            [1] => 2,
            [2] => 4,
            [0, 1] => 8,
            [0, 2] => 16,
            [1, 2] => 32,
            _ => 64,
        };
        let svg = three(&names(&["a", "b", "c"]), &[89, 106, 116], counts).into_string();
        let told = "a only 1; b only 2; c only 4; a and b 8; a and c 16; b and c 32; a, b and c 64";
        assert!(svg.contains(told), "{svg}");
        // Circles, and the places of the numbers: each is in those circles whose names it is of.
        let circles = [(148.0, 118.0), (232.0, 118.0), (190.0, 192.0)];
        for (count, x, y) in [
            (1, 105., 105.),
            (2, 275., 105.),
            (4, 190., 245.),
            (8, 190., 90.),
            (16, 143., 176.),
            (32, 237., 176.),
            (64, 190., 148.),
        ] {
            assert!(
                svg.contains(&format!("<text class=\"count\" x=\"{x}\" y=\"{}\">{count}</text>", y + 5.0)),
                "{count}: {svg}"
            );
            let inside: Vec<usize> =
                (0..3).filter(|&at| f64::hypot(circles[at].0 - x, circles[at].1 - y) < 84.0).collect();
            assert_eq!(counts(&inside), count);
        }
        let svg = two(&names(&["a", "b"]), &[9, 10], counts).into_string();
        assert!(svg.contains("a only 1; b only 2; a and b 8"), "{svg}");
        for (count, x) in [(1, 90.0), (2, 270.0), (8, 180.0)] {
            assert!(svg.contains(&format!("x=\"{x}\" y=\"134\">{count}</text>")), "{svg}");
            let inside: Vec<usize> = [130.0, 230.0]
                .iter()
                .enumerate()
                .filter(|(_, cx)| f64::abs(*cx - x) < 95.0)
                .map(|(at, _)| at)
                .collect();
            assert_eq!(counts(&inside), count);
        }
    }
}
