//! What a page is made of: sections, figures with their numbers and queries, tables. For the report, and for pages that are shown live.
//!
//! Everything is [`maud::Markup`] without `style` attributes and without scripts; [`style_sheet`] says how it looks, in the page's own colours.
//! A page that has a place where statements are answered gives their address ([`Parts::linked`]), and every query becomes a link there.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("store");
//! use kndb_report::figures::{Selection, overlap};
//! use kndb_report::parts::Parts;
//! # use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//! # let store = Store::create(&path)?;
//! # let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).ok_or("too large")?))?;
//! # for language in ["en", "zh"] {
//! #     let data = EntryData::Neurons(vec![Neuron(1), Neuron(6)]);
//! #     run.append(Entry { fact: "f1".into(), language: language.into(), prompt: 0, data })?;
//! # }
//!
//! let snapshot = store.snapshot()?;
//! let to_query = |statement: &str| Some(format!("/q?q={}", statement.replace(' ', "+")));
//! let parts = Parts::new(&store, &snapshot).linked(&to_query);
//! let overlap = parts.figure(overlap(&store, &Selection::default(), None))?.into_string();
//! assert!(overlap.contains("<svg") && overlap.contains("href=\"/q?q=similarity(kn[lang=en],+kn[lang=zh])\""));
//! let best = parts.answer("Neurons", "kn by neuron order by facts top 20")?.into_string();
//! assert!(best.contains("<th scope=\"row\" class=\"number\">1</th>"));
//! # Ok(())
//! # }
//! ```

mod comparison;
mod completeness;
mod evidence;
mod experiments;
mod facts;
mod knowledge;
mod overview;
mod run;
mod storage;
mod table;
mod words;

use std::sync::LazyLock;

use kndb_query::within::Found;
use kndb_query::{Settings, Within};
use kndb_storage::{Knowledge, Run, Snapshot, Store};
use maud::Markup;

use crate::error::Result;
use crate::figures;

pub use experiments::section as experiments;
pub use table::{broken, folded, pairs, table};

/// Rules for these parts and for figures. They name colours of the page: `--ink`, `--faint`, `--paper`, `--line`, `--tint`, `--link`.
pub fn style_sheet() -> &'static str {
    static ALL: LazyLock<String> =
        LazyLock::new(|| format!("{}{}\n", include_str!("parts/style.css"), kndb_plot::style_sheet()));
    &ALL
}

/// A part of a page that has a heading of its own.
#[derive(Clone, Debug)]
pub struct Section {
    /// A word for links.
    pub id: String,
    /// Its heading, of the second level.
    pub heading: String,
    /// What stands under the heading.
    pub body: Markup,
}

/// A section; or a sentence that says why there is none, without its full stop.
pub type Perhaps = std::result::Result<Section, String>;

/// A run to be shown, what the sets of a page leave of its facts and neurons, and what its model knows.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The run.
    pub run: Run,
    /// What is left of it.
    pub kept: Found,
    /// Whether it holds anything.
    pub holds: bool,
    /// What the model knows of the facts that are left; nothing of a run of groups alone, whose facts are those of the run it was made from.
    pub knows: Option<Knowledge>,
}

/// The address of the page that answers a statement, if there is one.
pub type Link<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What parts are made of, and where their queries lead.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    store: &'a Store,
    snapshot: &'a Snapshot,
    within: Option<&'a Within>,
    link: Option<Link<'a>>,
}

impl<'a> Parts<'a> {
    /// Parts of a store as a snapshot of it says; nothing is left out, and queries lead nowhere.
    pub fn new(store: &'a Store, snapshot: &'a Snapshot) -> Self {
        Self { store, snapshot, within: None, link: None }
    }

    /// Kept to some sets.
    #[must_use]
    pub fn within(self, within: &'a Within) -> Self {
        Self { within: Some(within), ..self }
    }

    /// With links from queries to where they are answered.
    #[must_use]
    pub fn linked(self, link: Link<'a>) -> Self {
        Self { link: Some(link), ..self }
    }

    /// The sets, none if everything is meant.
    fn sets(&self) -> Within {
        self.within.cloned().unwrap_or_default()
    }

    /// What is left of a run. Reads the head of every block of its scores, for what the model knows.
    ///
    /// # Errors
    /// When a set is refused beside the run, or a file of the store is damaged.
    pub fn shown(&self, run: &Run) -> Result<Shown> {
        let holds = self.snapshot.holds(run.id)?;
        // One without entries has nothing beside which sets could be found.
        let kept = match holds.entries() {
            0 => Found::default(),
            _ => figures::found(self.store, &Settings::default(), &self.sets(), run)?,
        };
        let knows = match holds.attributed {
            0 => None,
            _ => Some(self.snapshot.knowledge(run.id, |fact, _| kept.takes(fact))?),
        };
        Ok(Shown { run: run.clone(), kept, holds: holds.entries() > 0, knows })
    }
}
