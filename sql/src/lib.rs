//! SQL over a store, by [DataFusion](https://datafusion.apache.org).
//!
//! It is: the tables of a store (those that [`kndb_export`] writes, without the files), read in place, with conditions pushed down to where
//! scores lie; and the query language as table functions. It is not: a way to write, or a second query engine of kndb's. What is asked in
//! kndb's own language is answered faster, from its indexes; SQL is for joins, windows, and for who has SQL already.
//!
//! ```text
//!  text ─▶ DataFusion: plan ─▶ scan/ ─▶ parts of the snapshot ─▶ batches of rows ─▶ DataFusion: joins, groups, order ─▶ Answer
//!                         └──▶ whole ─▶ rows of kndb-export ─┘
//!                         └──▶ functions ─▶ kndb-query ─▶ columns ─┘
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | `session` | [`Sql`]: a store, its tables, statements one after the other |
//! | `answer` | [`Answer`]: batches, as they are found |
//! | `names` | columns of one name, told apart |
//! | `threads` | the threads that DataFusion works on, of one process |
//! | `pin` | the commit of which the tables of a statement are |
//! | `schemas` | names to tables, of a store and of attached ones |
//! | `scan` | `scores`, `sets`, `entries`, `groups`: which entries, which rows of them |
//! | `whole` | the other tables, which are small |
//! | `named` | `relation_names`, with the names that are built in |
//! | `functions` | `kndb('…')`, `kn('…')`, `likn('…')` |
//! | `lent` | tables for the DataFusion of another library, with the feature `ffi` |
//! | `statement` | what a text says that DataFusion does not understand |
//! | `unknown` | names that there are not, and the nearest that there are |
//! | `completion` | what may stand at a place of a statement that is being written |
//! | [`split`] | a script as statements |
//! | [`SqlError`] | what is wrong, and what to do |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! use arrow_array::{cast::AsArray, types::Int64Type};
//! use kndb_sql::{Settings, Sql};
//! use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//!
//! let store = Store::create(folder.path().join("store"))?;
//! let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).ok_or("too large")?))?;
//! let data = EntryData::Neurons([1, 6, 7].map(Neuron).to_vec());
//! run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data })?;
//! run.finish()?;
//!
//! let sql = Sql::new(&store, Settings::default())?;
//! let mut answer = sql.query("SELECT layer, count(*) AS neurons FROM sets GROUP BY layer ORDER BY layer")?;
//! let batch = answer.next().ok_or("no rows")??;
//! assert_eq!(batch.column(1).as_primitive::<Int64Type>().values()[..], [1, 2]);
//! # Ok(())
//! # }
//! ```

mod answer;
mod completion;
mod error;
mod functions;
#[cfg(feature = "ffi")]
mod lent;
mod named;
mod names;
mod pin;
mod scan;
mod schemas;
mod session;
mod statement;
mod texts;
mod threads;
mod unknown;
mod whole;

pub use answer::{Answer, Step};
pub use completion::Offered;
pub use datafusion::arrow;
pub use error::{Result, SqlError};
pub use kndb_query::Settings;
#[cfg(feature = "ffi")]
pub use lent::{FFI_LogicalExtensionCodec, Lent, LentTable, version};
pub use session::Sql;
pub use texts::{is_complete, split};
