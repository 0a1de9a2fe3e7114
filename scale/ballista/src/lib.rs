//! The six questions of [`kndb_bench::questions`] to a store, to its export in Parquet, and to that export on several machines.
//!
//! It is: a proof that an export is enough for engines that share work out, with equal answers, and the harness behind `docs/scale.md`. It
//! is not: a part of kndb that anybody needs for one machine.
//!
//! | module | what it is for |
//! |---|---|
//! | [`questions`] | each question in kndb's language and in SQL, and which columns of the answer are compared |
//! | [`asking`] | kndb, SQL over its store, SQL over Parquet: rows as text, in one order |
//! | [`cluster`] | a scheduler and executors of Ballista, each a process |

pub mod asking;
pub mod cluster;
pub mod questions;

/// Whatever went wrong, as it says itself.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;
