//! Chips that choose several: a click takes one more, or leaves one out.

use std::collections::BTreeSet;

use maud::Markup;

use super::chips::{Chip, chips};
use super::link::{self, Link};
use crate::problem::{Problem, Result};
use crate::view::View;

/// Those of all that the address names, in the order of all; all of them if it names none.
///
/// # Errors
/// When it names one that there is not.
pub(crate) fn chosen<'a>(view: &View<'_>, parameter: &str, all: &[&'a str]) -> Result<Vec<&'a str>> {
    for given in view.address.all(parameter) {
        if !all.contains(&given) {
            let known =
                if all.is_empty() { "no value: there is none".into() } else { format!("one of {}", all.join(", ")) };
            let is_list = given.split(',').all(|one| all.contains(&one.trim()));
            let known =
                if is_list { format!("{known}; each by itself: {parameter}=…&{parameter}=…") } else { known };
            return Err(Problem::parameter(parameter, given, known));
        }
    }
    let named: Vec<&str> = view.address.all(parameter).collect();
    Ok(all.iter().copied().filter(|name| named.is_empty() || named.contains(name)).collect())
}

/// What can be chosen by a parameter of the address that may be given several times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    /// The parameter.
    pub(crate) parameter: &'a str,
    /// What it chooses, for people.
    pub(crate) label: &'a str,
    /// All there are.
    pub(crate) all: &'a [&'a str],
    /// Those that are shown.
    pub(crate) chosen: &'a [&'a str],
}

impl Choice<'_> {
    /// The chips; none where there is nothing to choose.
    pub(crate) fn chips(&self, view: &View<'_>) -> Markup {
        if self.all.len() < 2 {
            return Markup::default();
        }
        let all = self
            .all
            .iter()
            .map(|name| Chip::new(*name, self.link(link::here(view), name)).shown(self.chosen.contains(name)));
        chips(self.label, &all.collect::<Vec<_>>())
    }

    /// The page with one more, or without it; all of them, and none, are said by nothing.
    fn link(&self, here: Link, name: &str) -> Link {
        let mut wanted: BTreeSet<&str> = self.chosen.iter().copied().collect();
        if !wanted.remove(name) {
            wanted.insert(name);
        }
        let link = here.without(self.parameter);
        let in_order = self.all.iter().filter(|known| wanted.contains(**known));
        in_order.fold(link, |link, name| link.and(self.parameter, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_takes_one_more_or_leaves_it_out_in_the_order_of_all() {
        let choice = Choice { parameter: "lang", label: "Languages", all: &["de", "en", "zh"], chosen: &["en", "zh"] };
        let link = |name| choice.link(Link::to("/layers").with("lang", "en").and("lang", "zh").with("tau", 0.3), name);
        assert_eq!(link("de").to_string(), "/layers?tau=0.3&lang=de&lang=en&lang=zh");
        assert_eq!(link("en").to_string(), "/layers?tau=0.3&lang=zh");
        let last = Choice { chosen: &["en"], ..choice };
        assert_eq!(last.link(Link::to("/layers").with("lang", "en"), "en").to_string(), "/layers");
    }
}
