//! What was counted, as tables and sentences for people.
//!
//! It is: the one place for wordings that the command, the studies and the report share, so that a number reads the same in all of
//! them. It is not: a counter, or a printer; storage counts, and whoever asks lays out and prints.
//!
//! | module | what it words |
//! |---|---|
//! | [`knowledge`] | what the model of a run knows: the rows of its table, and notes beside |
//! | [`probability`] | a probability |
//!
//! ```
//! use kndb_storage::{Knowledge, Known};
//! use kndb_wording::knowledge;
//!
//! let (language, shown) = ("en".to_owned(), "all".to_owned());
//! let counted = Known { entries: 3, with_p: 3, median_p: Some(0.25), from_a_tenth: 2, ..Known::default() };
//! let known = Known { language, shown, ..counted };
//! let rows = knowledge::rows(&Knowledge { parts: vec![known] });
//! assert_eq!(rows[0], ["en", "all", "3", "0.2500", "2 of 3", "–"]);
//! ```

pub mod knowledge;
pub mod probability;
