//! Query language of kndb: a statement's text → rows over a store of knowledge-neuron scores.
//!
//! It is a small algebra of sets: everything handled is a set of (fact, neuron) pairs, of neurons or of facts. It is no SQL,
//! knows nothing of tensors, prints nothing and opens no terminal; drawing errors and tables is the caller's business.
//!
//! ```text
//!        syntax/                     plan/                  run/              rows/
//!  text ───────▶ tokens ──▶ tree ───────────▶ typed plan ────────▶ sets ────────────▶ batches of columns ──▶ BatchSink, Sink
//!        └── mistakes/: where it      names are looked up,   fact by fact,    listed, counted,
//!            cannot go on, what to    kinds checked,         several threads  compared
//!            write instead            thresholds placed
//! ```
//!
//! [`execute()`] takes a statement through the stages. A stage reads what the stages before it made, and none calls a later
//! one: `rows` may ask `run`, `plan` and `syntax`; `run` may ask `plan` and `syntax`; `plan` may ask `syntax`; `syntax` asks
//! nobody but `mistakes`, which reads where the parser stands; its nearest names and lists of columns are for all.
//!
//! | folder | what it is for |
//! |---|---|
//! | `syntax` | text → tokens → syntax tree, and the tree back to text; the table of conditions |
//! | `mistakes` | what is said of a text that is no statement |
//! | `plan` | names → ids of the store, kinds of sets, the way into each part; filters pushed down; `explain`; notes |
//! | `run` | which facts to walk, the neurons of each, set operations, degenerate groups, saving a set |
//! | `rows` | listings, counts (`by`), similarity; the members of queries in parentheses, found before the plan around them runs |
//! | `execute` | one statement, from its tree to its outcome: [`stream`] gives columns, [`execute()`] rows |
//! | `attached` | stores beside the one in hand: which parts of a statement are theirs, what they answer, facts translated |
//! | `planned`, `save` | a query that is ready to run; `let` |
//! | `prepared` | statements that are parsed and planned once, and run many times |
//! | `result` | what a caller gets: columns in batches, and rows read from them |
//! | `error`, `note` | errors with their place, notes beside an answer |
//! | `memory` | how much of it a statement may take |
//! | [`complete`] | what may be typed next, for editors of statements |
//! | `within` | sets around a question that is asked elsewhere: `--only` and `--without` |
//! | `interrupt`, `sorting` | how a statement is asked to stop, also in the middle of a sort |
//!
//! ```
//! use kndb_query::{Column, Settings, Sink, Value, execute, parse};
//! use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//! use std::ops::ControlFlow;
//!
//! /// Keeps the rows as text.
//! #[derive(Default)]
//! struct Rows(Vec<String>);
//!
//! impl Sink for Rows {
//!     fn columns(&mut self, columns: &[Column]) -> std::io::Result<()> {
//!         self.0.push(columns.iter().map(|column| column.name).collect::<Vec<_>>().join(" "));
//!         Ok(())
//!     }
//!     fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
//!         let whole = |value: &Value<'_>| match value {
//!             Value::Integer(number) => number.to_string(),
//!             _ => "…".to_owned(),
//!         };
//!         self.0.push(row.iter().map(whole).collect::<Vec<_>>().join(" "));
//!         Ok(ControlFlow::Continue(()))
//!     }
//!     fn end(&mut self) -> std::io::Result<()> {
//!         Ok(())
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("store");
//! // A model of two layers of four neurons, and the knowledge neurons of one fact in two languages.
//! let store = Store::create(&path)?;
//! let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).ok_or("too large")?))?;
//! for (language, neurons) in [("en", [1, 6, 7]), ("zh", [2, 6, 7])] {
//!     let data = EntryData::Neurons(neurons.map(Neuron).to_vec());
//!     run.append(Entry { fact: "f1".into(), language: language.into(), prompt: 0, data })?;
//! }
//! run.finish()?;
//!
//! let statement = parse("kn[lang=en] & kn[lang=zh] by layer")?;
//! let mut rows = Rows::default();
//! execute(&store, &Settings::default(), &statement, &mut rows)?;
//! assert_eq!(rows.0, ["layer pairs facts neurons share", "1 2 1 2 …"]);
//! # Ok(())
//! # }
//! ```

mod attached;
pub mod complete;
pub mod error;
mod execute;
mod interrupt;
mod memory;
mod mistakes;
mod note;
mod plan;
mod planned;
mod prepared;
pub mod result;
mod rows;
mod run;
mod save;
mod sorting;
mod syntax;
pub mod within;

pub use attached::{Attached, of_one_store};
pub use error::{ErrorKind, Label, QueryError};
pub use execute::{execute, stream};
pub use interrupt::Interrupt;
pub use memory::DEFAULT_MEMORY;
pub use mistakes::columns::Rows as RowsOf;
pub use mistakes::nearest::nearest;
pub use note::Note;
pub use plan::{EntryTest, Settings, layers_asked, measured_in, scored_layers};
pub use prepared::Prepared;
pub use result::{
    BATCH_ROWS, Batch, BatchSink, Buffer, Column, ColumnData, ColumnKind, Dictionary, IdsOf, Outcome, Sink, Texts,
    Validity, Value, Values,
};
pub use syntax::ast::{
    AgainstChance, Comparison, Condition, Dim, Dimension, Direction, Expr, ExprKind, Given, Having, Head, Interval,
    Key, Literal, Measure, Name, NeuronRange, Number, OpenInterval, OpenNumbers, OpenRange, OpenTest, OrderKey,
    Parameter, Query, SetOp, Sign, Source, SourceKind, Statement, Test, Text, Top, Units,
};
pub use syntax::bind::{Argument, Parameters};
pub use syntax::conditions::{ConditionKey, ConditionRow, Domain, Listed, ValueKind};
pub use syntax::parser::{MAX_DEPTH, MAX_OPERANDS, parse, parse_script};
pub use syntax::script::{is_complete, split};
pub use syntax::span::Span;
pub use within::Within;
