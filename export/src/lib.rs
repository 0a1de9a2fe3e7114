//! Stores as files that others read, and back: Parquet, Arrow, CSV, and the formats that kndb imports.
//!
//! It is: tables of everything a store holds, in a folder that is there whole or not at all, with a manifest by which a store is made of it
//! again that answers every statement alike. It is not: a backup to take every night — that is `kndb backup`, which copies what is new.
//!
//! | module | what it keeps |
//! |---|---|
//! | `format` | the formats: a row each |
//! | `choice` | which runs, languages and relations |
//! | [`table`] | the tables, their columns and their order |
//! | [`rows`] | the rows that they have of a store |
//! | `tabular` | a store as these tables |
//! | `foreign` | NumPy, safetensors, EleutherAI's and AMIG's JSON, ClickHouse |
//! | `sinks` | files of tables: Parquet, Arrow, CSV |
//! | `manifest` | what an export says of itself |
//! | `folder`, `out`, `names` | a folder that becomes visible whole, its files, their names |
//! | `answer` | the answer of a statement as one file |
//! | `back` | a store made of an export |
//! | [`ExportError`] | what is wrong, and where |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! use kndb_export::{ExportJob, bring_back, export};
//! use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//!
//! let store = Store::create(folder.path().join("store"))?;
//! let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).ok_or("too large")?))?;
//! let data = EntryData::Neurons([1, 6, 7].map(Neuron).to_vec());
//! run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data })?;
//! run.finish()?;
//!
//! let to = folder.path().join("out");
//! let done = export(&store, &to, &ExportJob::new("parquet"), &mut |_| {}, &|| false)?;
//! assert_eq!(done.tables["sets"].rows, 3);
//! assert!(to.join("sets/run=first/lang=en/relation=__HIVE_DEFAULT_PARTITION__/part-0.parquet").exists());
//!
//! let again = folder.path().join("again");
//! bring_back(&to, &again, &mut |_| {}, &|| false)?;
//! assert!(Store::open(&again)?.snapshot()?.run_named("first").is_some());
//! # Ok(())
//! # }
//! ```

mod answer;
mod back;
mod choice;
mod error;
mod folder;
mod foreign;
mod format;
mod manifest;
mod names;
mod out;
pub mod rows;
mod sinks;
pub mod table;
mod tabular;

pub use answer::{AnswerError, Answered, write_answer, write_batches};
pub use back::{BroughtBack, bring_back, is_export};
pub use choice::Choice;
pub use error::{ExportError, Result};
pub use format::{ExportJob, Exported, FormatInfo, Progress, TableCount, export, formats};
pub use manifest::MANIFEST;
