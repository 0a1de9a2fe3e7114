//! A store as tables: their columns, their order, where the files of an export lie. Written once here: [`Rows`] makes batches of them, the way
//! back reads them by it, and SQL shows them.

pub(crate) mod rows;

pub use rows::{Cell, Rows};

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// Folders of a partitioned table, from the outside.
pub const PARTITIONS: [&str; 3] = ["run", "lang", "relation"];

/// What a column holds. No unsigned numbers: Delta and Iceberg know none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A number of 32 bits.
    Int,
    /// A number of 64 bits.
    Long,
    /// A float of 32 bits.
    Float,
    /// A float of 64 bits.
    Double,
    /// True or false.
    Flag,
    /// A list of numbers, one a layer; what is not known is null.
    Floats,
    /// A list of texts.
    Texts,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether every row has it.
    pub required: bool,
}

/// A column that every row has.
pub const fn has(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: true }
}

const fn may_have(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: false }
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// Whether it is a folder with a file for each run, language and relation.
    pub partitioned: bool,
    /// Columns that its rows are sorted by, and whether from the largest down.
    pub sorted: &'static [(&'static str, bool)],
}

/// Runs, with all that they were made with.
pub static RUNS: Table = Table {
    name: "runs",
    columns: &[
        has("run", Kind::Text),
        has("model", Kind::Text),
        may_have("weights_hash", Kind::Text),
        has("layers", Kind::Long),
        has("width", Kind::Long),
        has("method", Kind::Text),
        may_have("preset", Kind::Text),
        has("parameters", Kind::Texts),
        has("keep", Kind::Text),
        has("score_type", Kind::Text),
        has("tau", Kind::Double),
        has("language_taus", Kind::Texts),
        has("prompt_share", Kind::Double),
        has("prompt_share_strict", Kind::Flag),
        has("tool", Kind::Text),
        has("begun", Kind::Long),
        has("finished", Kind::Flag),
        has("entries", Kind::Long),
        has("scores", Kind::Long),
    ],
    partitioned: false,
    sorted: &[],
};

/// Facts, in the order of the store.
pub static FACTS: Table = Table {
    name: "facts",
    columns: &[
        has("fact", Kind::Text),
        may_have("relation", Kind::Text),
        may_have("subject_uri", Kind::Text),
        may_have("object_uri", Kind::Text),
    ],
    partitioned: false,
    sorted: &[],
};

/// Labels of facts, by language.
pub static LABELS: Table = Table {
    name: "labels",
    columns: &[
        has("fact", Kind::Text),
        has("lang", Kind::Text),
        may_have("subject", Kind::Text),
        may_have("object", Kind::Text),
        has("replaced", Kind::Flag),
    ],
    partitioned: false,
    sorted: &[],
};

/// Templates of relations.
pub static TEMPLATES: Table = Table {
    name: "templates",
    columns: &[has("relation", Kind::Text), has("lang", Kind::Text), has("prompt", Kind::Int), has("text", Kind::Text)],
    partitioned: false,
    sorted: &[],
};

/// Candidates of relations.
pub static CANDIDATES: Table = Table {
    name: "candidates",
    columns: &[
        has("relation", Kind::Text),
        has("lang", Kind::Text),
        has("subjects", Kind::Texts),
        has("objects", Kind::Texts),
    ],
    partitioned: false,
    sorted: &[],
};

/// Names of relations.
pub static RELATION_NAMES: Table = Table {
    name: "relation_names",
    columns: &[has("relation", Kind::Text), has("lang", Kind::Text), has("name", Kind::Text)],
    partitioned: false,
    sorted: &[],
};

/// What a run holds of a fact in a language, by a prompt.
pub static ENTRIES: Table = Table {
    name: "entries",
    columns: &[
        has("run", Kind::Text),
        has("lang", Kind::Text),
        may_have("relation", Kind::Text),
        has("fact", Kind::Text),
        has("prompt", Kind::Int),
        has("kind", Kind::Text),
        may_have("p", Kind::Float),
        may_have("baseline", Kind::Float),
        may_have("residual", Kind::Float),
        may_have("answer", Kind::Text),
        may_have("rank", Kind::Long),
        may_have("tokens", Kind::Int),
        may_have("question", Kind::Text),
        may_have("max", Kind::Float),
        may_have("floor", Kind::Float),
        may_have("ceiling", Kind::Float),
        has("kept", Kind::Long),
        has("kept_negative", Kind::Long),
        may_have("layer_max", Kind::Floats),
        may_have("layer_sum", Kind::Floats),
        may_have("layer_p", Kind::Floats),
        may_have("layer_baseline", Kind::Floats),
        may_have("layer_residual", Kind::Floats),
    ],
    partitioned: false,
    sorted: &[],
};

/// Neurons of degenerate groups.
pub static GROUPS: Table = Table {
    name: "groups",
    columns: &[
        has("run", Kind::Text),
        has("lang", Kind::Text),
        may_have("relation", Kind::Text),
        has("fact", Kind::Text),
        has("prompt", Kind::Int),
        has("group", Kind::Int),
        has("layer", Kind::Int),
        has("neuron", Kind::Int),
        may_have("p", Kind::Float),
        may_have("p_after_all", Kind::Float),
        may_have("p_after", Kind::Float),
    ],
    partitioned: false,
    sorted: &[],
};

/// Scores that were kept.
pub static SCORES: Table = Table {
    name: "scores",
    columns: &[
        has("fact", Kind::Text),
        has("prompt", Kind::Int),
        has("layer", Kind::Int),
        has("neuron", Kind::Int),
        has("score", Kind::Float),
    ],
    partitioned: true,
    sorted: &[("fact", false), ("score", true)],
};

/// Neurons of sets without scores.
pub static SETS: Table = Table {
    name: "sets",
    columns: &[has("fact", Kind::Text), has("prompt", Kind::Int), has("layer", Kind::Int), has("neuron", Kind::Int)],
    partitioned: true,
    sorted: &[("fact", false)],
};

/// Members of the sets that were saved with `let`; neurons by their number in the model.
pub static SAVED: Table = Table {
    name: "saved_sets",
    columns: &[has("set", Kind::Text), may_have("fact", Kind::Text), may_have("neuron", Kind::Long)],
    partitioned: false,
    sorted: &[],
};

/// All tables. A partitioned one has as many files as it needs, every other exactly one.
pub static TABLES: [&Table; 11] =
    [&RUNS, &FACTS, &LABELS, &TEMPLATES, &CANDIDATES, &RELATION_NAMES, &ENTRIES, &GROUPS, &SCORES, &SETS, &SAVED];

impl Table {
    /// Its columns as a schema.
    pub fn schema(&self) -> SchemaRef {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|column| Field::new(column.name, column.kind.data_type(), !column.required))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// The place of a column.
    pub(crate) fn place(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column.name == name).unwrap_or(usize::MAX)
    }
}

impl Kind {
    /// Arrow's type of it.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Int => DataType::Int32,
            Self::Long => DataType::Int64,
            Self::Float => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Floats => DataType::List(Arc::new(Field::new_list_field(DataType::Float32, true))),
            Self::Texts => DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
        }
    }
}
