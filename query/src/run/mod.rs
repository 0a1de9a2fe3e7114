//! Plan → sets: which facts to walk, and the neurons of each.
//!
//! [`domain`] chooses the facts and the threads, [`eval`] finds the set of one fact, [`algebra`] combines two. Nothing here
//! knows a name of the store or a column of the result.

pub(crate) mod algebra;
pub(crate) mod asked;
pub(crate) mod degenerate;
pub(crate) mod domain;
pub(crate) mod eval;
mod floor;
mod often;
pub(crate) mod save;
mod scored;
mod signed;
mod stored;
mod vectors;
