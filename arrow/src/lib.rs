//! Answers of kndb as Arrow record batches.
//!
//! The engine's columns are laid out as Arrow lays them out, so that numbers, validity, keys and texts are taken over as they are: a record
//! batch shares its buffers with the [`kndb_query::Batch`] that it was made of, and keeps them in memory. Not for reading files of Arrow:
//! that is `kndb-import`.
//!
//! | module | what it is for |
//! |---|---|
//! | `buffers` | the engine's buffers as Arrow's, without a copy |
//! | `schema` | columns of an answer as a schema |
//! | `batch` | a batch of an answer as a record batch |
//! | `running` | a statement that runs in a thread of its own, asked for its batches |
//! | `reader` | the same as a `RecordBatchReader` |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! use arrow_array::{RecordBatchReader, cast::AsArray, types::UInt32Type};
//! use kndb_arrow::{Reader, Running};
//! use kndb_query::{Settings, parse, stream};
//! use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//!
//! let store = Store::create(folder.path().join("store"))?;
//! let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).ok_or("too large")?))?;
//! let data = EntryData::Neurons([1, 6, 7].map(Neuron).to_vec());
//! run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data })?;
//! run.finish()?;
//!
//! let (settings, statement) = (Settings::default(), parse("kn[lang=en]")?);
//! let interrupt = settings.interrupt.clone();
//! let running = Running::start(interrupt, move |sink| stream(&store, &settings, &statement, sink));
//! let mut reader = Reader::new(running)?;
//! assert_eq!(reader.schema().field(0).name(), "fact");
//! let batch = reader.next().ok_or("no rows")??;
//! let neurons = batch.column_by_name("neuron").ok_or("no neurons")?;
//! assert_eq!(neurons.as_primitive::<UInt32Type>().values()[..], [1, 2, 3]);
//! # Ok(())
//! # }
//! ```

mod batch;
mod buffers;
mod reader;
mod running;
mod schema;

pub use batch::record_batch;
pub use reader::Reader;
pub use running::{Running, Step};
pub use schema::{field, schema};
