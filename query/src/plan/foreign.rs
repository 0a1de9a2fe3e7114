//! Sets of attached stores, as a plan of the store in hand has them: members that are there already, and what is known of them.
//!
//! [`crate::attached`] finds them before the plan is made. Not for a query to one attached store alone: that is planned there.

use crate::note::Notes;
use crate::plan::explain::Line;
use crate::plan::lower::Model;
use crate::plan::parts::PartsOfLayers;
use crate::plan::saved::Members;
use crate::plan::unpaired::Extent;
use roaring::RoaringBitmap;
use std::collections::BTreeMap;

/// A set of an attached store. Its facts have the numbers of the store in hand.
pub(crate) struct Foreign {
    /// Whose neurons its members are; `None` of facts.
    pub model: Option<Model>,
    pub members: Members,
    /// Facts that could have had pairs, where that is known: not of what was saved.
    pub asked: Option<RoaringBitmap>,
    /// Facts that there was data for, of a set of pairs.
    pub attributed: Option<RoaringBitmap>,
    /// The same before the store was asked, where it is known.
    pub extent: Option<Extent>,
    /// Whether it was cut to parts of layers.
    pub parts: PartsOfLayers,
    /// Languages that it asks for by name.
    pub languages: Vec<String>,
    /// How its store finds it.
    pub drawn: Line,
}

/// Those of one statement, by their texts.
#[derive(Default)]
pub(crate) struct ForeignSets {
    sets: BTreeMap<String, Foreign>,
    /// What the stores had to say beside them.
    pub notes: Notes,
}

impl ForeignSets {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.sets.contains_key(text)
    }

    pub(crate) fn add(&mut self, text: String, set: Foreign) {
        self.sets.insert(text, set);
    }

    pub(crate) fn get(&self, text: &str) -> Option<&Foreign> {
        self.sets.get(text)
    }
}
