//! What keeps a figure from being drawn.

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a figure cannot be drawn.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to draw.
    #[error("figure {title:?} has no {what}: expected at least one")]
    Empty {
        /// The figure's title.
        title: String,
        /// What is missing: `categories`, `series`, …
        what: &'static str,
    },
    /// Parts that belong together differ in number.
    #[error("figure {title:?}: {what} has {found} values, expected {expected}")]
    Length {
        /// The figure's title.
        title: String,
        /// The series, row or column.
        what: String,
        /// How many values it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A value that has no place on an axis.
    #[error("figure {title:?}: the value of {what} is {value:e}, expected a number from -1e100 to 1e100")]
    NotFinite {
        /// The figure's title.
        title: String,
        /// Whose value.
        what: String,
        /// The value.
        value: f64,
    },
    /// A point beside the axis.
    #[error("figure {title:?}: {what} stands at {place}, expected a place from 0 to 1")]
    NoPlace {
        /// The figure's title.
        title: String,
        /// Which point.
        what: String,
        /// Where it would stand.
        place: f64,
    },
    /// A size that a picture of the figure cannot have.
    #[error(
        "figure {title:?} cannot be {found:.0} pixels {what} with all that is in it: expected {least:.0} to {most:.0}"
    )]
    Size {
        /// The figure's title.
        title: String,
        /// `wide` or `high`.
        what: &'static str,
        /// What was asked for, in pixels of 1/96 inch.
        found: f64,
        /// The least that it takes.
        least: f64,
        /// The most there is.
        most: f64,
    },
    /// More than can be told apart in a picture.
    #[error("figure {title:?} has {found} {what}, a picture takes at most {most}; ask for fewer, or draw it as text")]
    TooMany {
        /// The figure's title.
        title: String,
        /// What there are too many of.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many can be drawn.
        most: usize,
    },
    /// The drawing could not be turned into pixels or pages.
    #[error(
        "figure {title:?} cannot be made into a {what}: {reason}; expected a drawing of at least one pixel that fits memory"
    )]
    Raster {
        /// The figure's title.
        title: String,
        /// `PNG` or `PDF`.
        what: &'static str,
        /// What the renderer says.
        reason: String,
    },
}
