//! Readers of the files researchers already have: facts, neuron sets, score tensors.
//!
//! | module | what it reads |
//! |---|---|
//! | [`facts`] | facts, prompt templates, candidate lists: mLAMA, LAMA, ParaRel and others |
//! | `format`, `formats` | what a format is; attribution files, one file a format; [`formats()`](formats) lists them |
//! | `source` | what several formats have in common: what is said of entries, arrays, tables, ids |
//! | `bytes` | files as they lie there, mapped, unpacked, their headers checked |
//! | [`Reader`] | one attribution file as an iterator of [`kndb_storage::Entry`] |
//! | [`expand`], [`expand_all`] | paths, folders and globs as a list of files |
//! | [`import`], `job` | files into a run of a store, in durable batches |
//! | [`ImportError`] | what is wrong with a file, and where |
//!
//! Everything is streamed: JSON and tensors are memory-mapped, tables are read in batches, and what is
//! in memory at a time is one fact. A header's promises are compared with the file's length before
//! anything is allocated.
//!
//! ```
//! use kndb_import::{Options, open};
//! use kndb_storage::{EntryData, Neuron, Shape};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("neurons.json");
//! std::fs::write(&path, r#"{"48a2b323": [[10, 188], [10, 296]]}"#)?;
//! let bert = Shape::new(12, 3072).ok_or("no such shape")?;
//! for entry in open(&path, &Options::new(bert))? {
//!     let entry = entry?;
//!     assert_eq!(entry.fact, "48a2b323");
//!     assert_eq!(entry.data, EntryData::Neurons(vec![Neuron(30_908), Neuron(31_016)]));
//! }
//! # Ok(())
//! # }
//! ```

mod bytes;
mod error;
pub mod facts;
mod format;
mod formats;
mod input;
mod job;
mod options;
mod reader;
mod source;

use bytes::{json, mapped};
pub use error::{ImportError, Location, Place};
pub use format::{Account, FormatInfo, formats};
#[cfg(feature = "parquet")]
pub use formats::guarded::guarded;
pub use input::{Expanded, Input, expand, expand_all};
pub use job::{ImportJob, ImportRunError, Progress, Summary, import};
pub use options::{DEFAULT_LANGUAGE, IgKind, Options};
pub use reader::{Reader, open, open_input};
