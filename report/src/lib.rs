//! The report of kndb: figures of a store, and one self-contained page about it.
//!
//! Every number comes from a query, and the query stands beside it.
//!
//! | module | what it keeps |
//! |---|---|
//! | [`figures`] | figures of a store, with the queries behind them |
//! | [`completeness`] | how good the integrals of a run are |
//! | `experiment` | results of experiments, to be shown on the page |
//! | `page` | the page: [`page()`] |
//! | [`parts`] | what pages are made of: sections, figures with their queries, tables |
//! | `answer` | rows in memory |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("store");
//! use kndb_query::SourceKind;
//! use kndb_report::figures::{Selection, by_layer};
//! use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//!
//! let store = Store::create(&path)?;
//! let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).ok_or("too large")?))?;
//! let neurons = EntryData::Neurons(vec![Neuron(1), Neuron(6)]);
//! run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data: neurons })?;
//!
//! let drawn = by_layer(&store, SourceKind::Kn, &Selection::default())?;
//! assert_eq!(drawn.queries, ["kn[lang=en] by layer"]);
//! let text = drawn.figure.ok_or("an empty answer")?.text(80)?;
//! assert!(text.contains(" 0.5000 (1 pair)"));
//!
//! let page = kndb_report::page(&store, &kndb_report::PageOptions::default())?;
//! assert!(page.contains("<code>kn[lang=en] by layer</code>"));
//! # Ok(())
//! # }
//! ```

mod answer;
pub mod completeness;
mod error;
mod experiment;
pub mod figures;
mod page;
pub mod parts;

pub use answer::Answer;
pub use error::{Error, Result};
pub use experiment::{Block, Experiment};
pub use page::{PageOptions, page};
