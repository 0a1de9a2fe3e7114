//! Stores beside the one in hand: `attach PATH as a`, and then `a::kn`.
//!
//! A set of another store is answered by that store, with its runs, languages and thresholds, and then it is a set that is already
//! there, as a saved one is: facts are the same where their ids (UUIDs) are, neurons where layer and number are. A question to one
//! attached store alone is answered by it whole.
//!
//! | module | what it is for |
//! |---|---|
//! | [`registry`] | which stores there are, and by which names |
//! | [`ground`] | what one statement is asked of: a snapshot of each store that it names |
//! | [`apart`] | which parts of a statement are of which store |
//! | [`members`] | a part of another store → members of the store in hand |
//! | [`translation`] | facts of one store → facts of another |

pub(crate) mod apart;
pub(crate) mod ground;
pub(crate) mod members;
mod registry;
mod translation;

pub use registry::Attached;
