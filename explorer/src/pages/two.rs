//! Two sets of pairs beside each other: where they are alike, which neurons both have, which are of one alone, which facts are most alike. For
//! pages of two languages and of two runs.
//!
//! One of these is shown at a time, since each looks at all facts: `show=relations`, `layers`, `neurons` or `facts`.

use maud::{Markup, html};

use crate::parts::chips::{Chip, chips};
use crate::parts::figure::or_refused;
use crate::parts::link;
use crate::parts::table::Table;
use crate::problem::{Problem, Result};
use crate::view::View;

/// Neurons, and facts, of a table.
const ROWS: usize = 20;

/// What can be shown: the word of addresses, and that of people.
const SHOWN: [(&str, &str); 4] =
    [("relations", "By relation"), ("layers", "By layer"), ("neurons", "Neurons"), ("facts", "Facts")];

/// Two sets.
pub(super) struct Two<'a> {
    /// What they are called.
    pub(super) names: [&'a str; 2],
    /// Their statements.
    pub(super) sets: [String; 2],
    /// The run that neurons lead to.
    pub(super) run: &'a str,
}

impl Two<'_> {
    /// Chips that choose what is shown.
    pub(super) fn chips(&self, view: &View<'_>) -> Markup {
        let shown = view.parameter("show").unwrap_or(SHOWN[0].0);
        let here = |word| link::here(view).without("page").without("sort").with("show", word);
        chips("Show", &SHOWN.map(|(word, name)| Chip::new(name, here(word)).shown(word == shown)))
    }

    /// What is shown.
    ///
    /// # Errors
    /// When the address asks for something else, or the store cannot be read.
    pub(super) fn shown(&self, view: &View<'_>) -> Result<Markup> {
        let Self { names: [left, right], sets: [a, b], .. } = self;
        let similarity = format!("similarity({a}, {b})");
        let table = |statement: &str, caption: &str, name| or_refused(self.table(view, statement, caption, name));
        match view.parameter("show").unwrap_or(SHOWN[0].0) {
            "relations" => table(&format!("{similarity} by relation"), "How alike they are, by relation", None),
            "layers" => table(&format!("{similarity} by layer"), "How alike they are, by layer", None),
            "neurons" => {
                let alone = |a: &str, b: &str| format!("(neurons of {a}) - (neurons of {b}) by layer");
                Ok(html! {
                    (table(&format!("{a} & {b} by neuron order by facts top {ROWS}"), "Neurons that most facts have in both", None)?)
                    (table(&alone(a, b), &format!("Neurons of any fact in {left}, and of none in {right}"), Some("left"))?)
                    (table(&alone(b, a), &format!("Neurons of any fact in {right}, and of none in {left}"), Some("right"))?)
                })
            }
            "facts" => {
                let statement = format!("{similarity} by fact, subject, object order by similarity top {ROWS}");
                table(&statement, "Facts that are most alike", None)
            }
            other => Err(Problem::parameter("show", other, SHOWN.map(|(word, _)| word).join(", "))),
        }
    }

    fn table(&self, view: &View<'_>, statement: &str, caption: &str, name: Option<&'static str>) -> Result<Markup> {
        let asked = view.ask(statement)?;
        let table = Table::new(view, &asked, caption).of_run(self.run);
        let table = if let Some(name) = name { table.named(name) } else { table };
        table.markup()
    }
}
