//! Small links in a row, one of which may be the one that is shown: languages, runs, thresholds.

use maud::{Markup, html};

use super::link::Link;
use super::value::visible;

/// One of them.
#[derive(Clone, Debug)]
pub(crate) struct Chip {
    pub(crate) text: String,
    /// How many there are of it, where that says something.
    pub(crate) count: Option<u64>,
    pub(crate) link: Link,
    pub(crate) is_shown: bool,
}

impl Chip {
    pub(crate) fn new(text: impl Into<String>, link: Link) -> Self {
        Self { text: visible(&text.into()), count: None, link, is_shown: false }
    }

    pub(crate) fn counting(self, count: u64) -> Self {
        Self { count: Some(count), ..self }
    }

    pub(crate) fn shown(self, is_shown: bool) -> Self {
        Self { is_shown, ..self }
    }
}

/// A row of them; `name` says of what.
pub(crate) fn chips(name: &str, chips: &[Chip]) -> Markup {
    html! {
        @if !chips.is_empty() {
            nav.chips aria-label=(name) {
                span.of aria-hidden="true" { (name) }
                ul {
                    @for chip in chips {
                        li {
                            a href=(chip.link) aria-current=[chip.is_shown.then_some("true")] {
                                bdi { (chip.text) }
                                @if let Some(count) = chip.count { " " span.count { (super::value::whole(count)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
