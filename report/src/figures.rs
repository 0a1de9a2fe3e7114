//! Figures of a store, and the queries behind them: every number drawn is one that `kndb query` answers.

mod between;
mod by_layer;
mod chance;
mod conditions;
mod depth;
mod effects;
mod heat_map;
mod overlap;
mod selection;
mod statement;

use kndb_plot::Figure;
use kndb_query::Settings;

pub use by_layer::{by_layer, by_layer_as};
pub use depth::DepthAxis;
pub use heat_map::{heat_map, heat_map_as};
pub use overlap::overlap;
pub use selection::Selection;
pub(crate) use selection::{Contents, figures_of, found, languages_of, name_text, whole_source as source};
pub use statement::{of_answer, of_answer_as, of_statement};

/// How a figure is asked for.
#[derive(Clone, Debug)]
pub struct Manner {
    /// The settings of its statements: what they may take, what ends them.
    pub settings: Settings,
    /// Of so many pairs at most it is computed what chance gives beside language-independent neurons: some 300 ns each. Of more it is said that
    /// it was not.
    pub chance_pairs: f64,
}

impl Default for Manner {
    /// The usual settings, and seconds for chance.
    fn default() -> Self {
        Self { settings: Settings::default(), chance_pairs: 5e6 }
    }
}

/// A figure and where its numbers come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Illustration {
    /// The figure; none where the answers are empty.
    pub figure: Option<Figure>,
    /// The queries behind it, in the order of what is drawn.
    pub queries: Vec<String>,
    /// What a reader has to know: what was left out, and why.
    pub remarks: Vec<String>,
}

impl Illustration {
    /// Writes the queries into the figure, where an SVG keeps them.
    fn new(mut figure: Option<Figure>, queries: Vec<String>, remarks: Vec<String>) -> Self {
        if let Some(figure) = &mut figure {
            figure.caption_mut().sources.clone_from(&queries);
        }
        Self { figure, queries, remarks }
    }

    /// The same under another title, if there is a figure.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        if let Some(figure) = &mut self.figure {
            figure.caption_mut().title = title.into();
        }
        self
    }
}
