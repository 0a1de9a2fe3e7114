//! What a page is made of: sections, figures with their queries, tables.

pub(crate) mod completeness;
mod evidence;
pub(crate) mod experiments;
pub(crate) mod facts;
pub(crate) mod knowledge;
pub(crate) mod overview;
pub(crate) mod run;
mod table;

use kndb_query::within::Found;
use kndb_query::{Settings, Within};
use kndb_storage::{Run, Snapshot, Store};
use maud::Markup;

use crate::error::Result;
use crate::figures;

/// A run of the page, and what the sets leave of its facts and neurons.
pub(crate) struct Shown {
    pub run: Run,
    pub kept: Found,
    /// Whether it holds anything.
    pub holds: bool,
}

/// A part of the page: what the table of contents names.
pub(crate) struct Section {
    /// A word for links.
    pub id: String,
    pub heading: String,
    pub body: Markup,
}

/// What is left of a run. One without entries has nothing beside which sets could be found.
pub(crate) fn shown_of(store: &Store, snapshot: &Snapshot, run: &Run, within: &Within) -> Result<Shown> {
    let holds = snapshot.holds(run.id)?.entries() > 0;
    let found = || figures::found(store, &Settings::default(), within, run);
    Ok(Shown { run: run.clone(), kept: if holds { found()? } else { Found::default() }, holds })
}
