//! The tables of entries.

use super::viewed;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use kndb_export::table::{ENTRIES, GROUPS};
use kndb_storage::PartKind;
use std::sync::Arc;

/// A table with rows for each entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryTable {
    /// A row a score that was kept.
    Scores,
    /// A row a neuron of a set without scores.
    Sets,
    /// A row an entry.
    Entries,
    /// A row a neuron of a degenerate group.
    Groups,
}

/// What is the same for all rows of an entry, in the order of [`of_entry`].
pub(super) const OF_ENTRY: [&str; 5] = ["run", "lang", "prompt", "relation", "fact"];

impl EntryTable {
    pub(crate) const ALL: [Self; 4] = [Self::Scores, Self::Sets, Self::Entries, Self::Groups];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Sets => "sets",
            Self::Entries => "entries",
            Self::Groups => "groups",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns. `share` is the score as a part of the largest one of its entry, `rank` its place among the entry's scores, from 1;
    /// both are null where that is not known.
    pub(super) fn schema(self) -> SchemaRef {
        let mut fields = of_entry();
        match self {
            Self::Scores => {
                fields.extend(["layer", "neuron"].map(|name| Field::new(name, DataType::Int32, false)));
                fields.push(Field::new("score", DataType::Float32, false));
                fields.push(Field::new("share", DataType::Float64, true));
                fields.push(Field::new("rank", DataType::Int64, true));
            }
            Self::Sets => fields.extend(["layer", "neuron"].map(|name| Field::new(name, DataType::Int32, false))),
            Self::Entries => return viewed::schema(&ENTRIES.schema()),
            Self::Groups => return viewed::schema(&GROUPS.schema()),
        }
        Arc::new(Schema::new(fields))
    }

    /// Whether its rows have a layer and a neuron that conditions can be about.
    pub(super) fn has_neurons(self) -> bool {
        matches!(self, Self::Scores | Self::Sets)
    }

    /// Whether it has rows of parts of a kind.
    pub(super) fn is_of(self, kind: PartKind) -> bool {
        match self {
            Self::Scores => kind == PartKind::Scores,
            Self::Sets => kind == PartKind::Neurons,
            Self::Entries => true,
            Self::Groups => kind == PartKind::Groups,
        }
    }
}

/// The columns of [`OF_ENTRY`].
pub(super) fn of_entry() -> Vec<Field> {
    let kind = |name| if name == "prompt" { DataType::Int32 } else { DataType::Utf8View };
    OF_ENTRY.map(|name| Field::new(name, kind(name), name == "relation")).to_vec()
}
