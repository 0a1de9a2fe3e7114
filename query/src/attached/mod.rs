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

use crate::plan::Settings;
use crate::syntax::ast::Query;
use kndb_storage::Store;

/// A query that is all of one attached store: that store, and the query and settings with which it is answered there. `None` where it asks the store
/// in hand, several, or one that is not attached.
pub fn of_one_store(settings: &Settings, query: &Query) -> Option<(Store, Settings, Query)> {
    let apart::Apart::Of(name, query) = apart::query(query) else { return None };
    let store = settings.attached.store(&name.text).ok()?;
    // The session's run is one of the store in hand.
    Some((store, Settings { run: None, attached: Attached::default(), ..settings.clone() }, query))
}
