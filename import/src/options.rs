//! What the reader of a file has to be told: the model's shape, and what the files leave out.

use std::fmt;
use std::path::PathBuf;

use kndb_storage::Shape;

/// How to read attribution files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Layers and units per layer of the model; every neuron is checked against it.
    pub shape: Shape,
    /// Name of the format; `None` looks at each file.
    pub format: Option<String>,
    /// Language of all entries; what the files say must agree. `None`: what they say, else
    /// [`DEFAULT_LANGUAGE`].
    pub language: Option<String>,
    /// Prompt of all entries; what the files say must agree. `None`: what they say, else 0.
    pub prompt: Option<u16>,
    /// Name of the run; a file that names another is refused.
    pub run: Option<String>,
    /// Fact ids of tensors and of `kn` bags, one an entry, instead of those beside the file:
    /// a text file (one id a line), a JSON list, or JSON lines with a field `uuid`.
    pub ids: Option<PathBuf>,
    /// Which scores of a `kn` file to take.
    pub ig: IgKind,
    /// Columns, arrays, metadata and folders to leave out, by name, although they look like something.
    pub ignore: Vec<String>,
    /// Pass over rows and facts that cannot be used, and count them, instead of stopping.
    pub skip_invalid: bool,
}

/// The language of entries of which nothing says it.
pub const DEFAULT_LANGUAGE: &str = "en";

impl Options {
    /// Options for a model's shape; everything else is found out.
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            format: None,
            language: None,
            prompt: None,
            run: None,
            ids: None,
            ig: IgKind::Gold,
            ignore: Vec::new(),
            skip_invalid: false,
        }
    }
}

/// The three score lists of Dai et al.'s result files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IgKind {
    /// `ig_gold`: integrated gradients of the gold object's probability.
    #[default]
    Gold,
    /// `ig_pred`: of the predicted token's probability.
    Pred,
    /// `base`: activations.
    Base,
}

impl IgKind {
    /// The field's name in the file.
    pub fn field(self) -> &'static str {
        match self {
            Self::Gold => "ig_gold",
            Self::Pred => "ig_pred",
            Self::Base => "base",
        }
    }

    /// The kind whose field has this name.
    pub fn of_field(name: &str) -> Option<Self> {
        [Self::Gold, Self::Pred, Self::Base].into_iter().find(|kind| kind.field() == name)
    }
}

impl fmt::Display for IgKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field())
    }
}
