//! Tables of entries, read in place: `scores`, `sets`, `entries`, `groups`.
//!
//! | module | what it is for |
//! |---|---|
//! | [`table`] | which tables there are, and their columns |
//! | [`pushed`] | conditions that the scan takes over, and nothing that it does not answer exactly |
//! | [`spelling`] | a word where a condition names what the store does not have |
//! | [`beyond`] | a word where no layer or neuron of the models can be meant |
//! | [`units`] | the work: ranges of entries, dealt out to partitions |
//! | [`provider`] | the table as DataFusion asks it |
//! | [`exec`] | the scan as a step of its plan |
//! | [`work`] | a partition's entries one after the other, as batches |
//! | [`columns`] | rows of an entry into columns |
//! | [`viewed`] | texts as views |

mod beyond;
mod columns;
mod exec;
mod provider;
mod pushed;
pub(crate) mod spelling;
mod table;
mod units;
pub(crate) mod viewed;
mod work;

pub(crate) use provider::Scanned;
pub(crate) use table::EntryTable;
