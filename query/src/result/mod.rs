//! Results of a statement: columns of typed values, in batches of bounded size, streamed as they are found.
//!
//! ```text
//!  rows/ ──▶ build: buffers of a batch ──▶ Batch ──▶ BatchSink            columns, for programs
//!                                            └─────▶ by_row ──▶ Sink      rows, for printing
//! ```
//!
//! An answer of a million rows is never held in memory by this crate: a [`Batch`] has at most [`BATCH_ROWS`] rows, and belongs to
//! whoever gets it. Everything in it is owned by reference counts, so that it outlives the statement and may go to other threads; columns
//! with names keep the snapshot that has the names.
//!
//! # Layout
//! Buffers are laid out as Arrow lays them out (<https://arrow.apache.org/docs/format/Columnar.html>), so that a reader takes them over
//! without a copy: contiguous values in native byte order, aligned to their size ([`Buffer`]); validity as a bitmap, least significant
//! bit first, 1 for a value that is there ([`Validity`]); texts as a dictionary of `u32` keys, `i32` offsets and UTF-8 bytes
//! ([`Dictionary`]), made when it is asked for, of the values that occur in the batch. Until then a column of names is a buffer of
//! ids ([`Texts`]).
//!
//! | kind of column | buffer |
//! |---|---|
//! | [`ColumnKind::Text`] | `u32` ids or keys |
//! | [`ColumnKind::Number`] | `u32` |
//! | [`ColumnKind::Integer`] | `u64` |
//! | [`ColumnKind::Score`] | `f32` |
//! | [`ColumnKind::Ratio`] | `f64` |

mod batch;
mod buffer;
mod build;
mod by_row;
mod dictionary;
pub(crate) mod elsewhere;
mod facts;
mod sink;
mod texts;
mod validity;

pub use batch::{Batch, ColumnData, Values};
pub use buffer::Buffer;
pub(crate) use build::{Building, Slot};
pub(crate) use by_row::ByRow;
pub use by_row::{Sink, Value};
pub use dictionary::Dictionary;
pub(crate) use facts::{FactNames, Identity, KeptNames};
pub use sink::BatchSink;
pub use texts::{IdsOf, Texts};
pub use validity::Validity;

/// The most rows of a batch. So few that their buffers stay in a processor's second cache, and so many that what is done once a batch
/// does not count.
pub const BATCH_ROWS: usize = 8_192;

/// A result column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name as it stands in a header (`fact`, `layer`, `score`).
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnKind,
}

/// The type of a column's values; any value may also be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text: ids, labels, names.
    Text,
    /// A number of something: a layer, a unit, a prompt (32-bit).
    Number,
    /// A count (64-bit).
    Integer,
    /// A score (32-bit precision: print as `f32`).
    Score,
    /// A ratio between 0 and 1 (64-bit): shares, similarities.
    Ratio,
}

/// What a statement did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Rows went to the sink.
    Rows {
        /// How many.
        rows: u64,
    },
    /// `explain`: a tree to print as it is.
    Explained(String),
    /// `let`: a named set was saved.
    Saved {
        /// Its name.
        name: String,
        /// Its members: pairs, neurons or facts.
        members: u64,
    },
    /// `drop`: a named set was removed.
    Dropped {
        /// Its name.
        name: String,
    },
    /// `attach`: a store can be named.
    Attached {
        /// The name.
        name: String,
    },
    /// `detach`: a name of a store is free.
    Detached {
        /// The name.
        name: String,
    },
}
