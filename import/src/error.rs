//! Everything that can be wrong with a file, as data: where, what was found, what was expected.
//!
//! A message is a sentence a researcher can act on. Hints about command-line flags and exit codes
//! are not kept here; they belong to the command line.

use std::fmt;
use std::path::PathBuf;

use kndb_storage::Shape;

/// Where in a file something is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    File,
    /// A byte, from 0.
    Byte(u64),
    /// A line and a column, both from 1.
    Line {
        /// Line, from 1.
        line: u64,
        /// Column in bytes, from 1.
        column: u64,
    },
    /// A row of a table, from 0.
    Row(u64),
    /// A row of a file of text, by the line it begins at, from 1.
    TextRow(u64),
    /// An array or tensor, or one of the facts in it.
    Tensor {
        /// Name in the file.
        name: String,
        /// Index along its first axis, from 0.
        index: Option<u64>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => write!(f, "the whole file"),
            Self::Byte(offset) => write!(f, "byte {offset}"),
            Self::Line { line, column } => write!(f, "line {line}, column {column}"),
            Self::Row(row) => write!(f, "row {row}"),
            Self::TextRow(line) => write!(f, "line {line}"),
            Self::Tensor { name, index: None } => write!(f, "array `{name}`"),
            Self::Tensor { name, index: Some(index) } => write!(f, "array `{name}`, index {index}"),
        }
    }
}

/// A file and a place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The place in it.
    pub place: Place,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File => write!(f, "{}", self.file.display()),
            place => write!(f, "{}, {place}", self.file.display()),
        }
    }
}

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", file.display())]
    Io {
        /// The file or folder.
        file: PathBuf,
        /// What was tried (`open`, `read`).
        doing: &'static str,
        /// The operating system's reason.
        source: std::io::Error,
    },

    /// A path, folder or glob gave no file.
    #[error("nothing to import at `{pattern}`: expected {expected}")]
    NothingMatched {
        /// The path or glob as it was given.
        pattern: String,
        /// What would have been read.
        expected: String,
    },

    /// A glob is not well formed.
    #[error("`{pattern}` is not a valid glob: {problem}")]
    BadPattern {
        /// The glob as it was given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },

    /// No format recognised the file.
    #[error("cannot tell the format of {}: it {found}; name its format, one of {known}", file.display())]
    UnknownFormat {
        /// The file.
        file: PathBuf,
        /// What it looks like.
        found: String,
        /// Names of the formats there are.
        known: String,
    },

    /// A file of a kind that holds no scores kndb could read.
    #[error("{} is {what}; {instead}", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
        /// What it is.
        what: &'static str,
        /// The way out.
        instead: &'static str,
    },

    /// A format was asked for that does not exist.
    #[error("there is no format named `{name}`: expected one of {known}")]
    UnknownFormatName {
        /// The name that was given.
        name: String,
        /// Names of the formats there are.
        known: String,
    },

    /// Nothing in a file or folder is a row of facts.
    #[error("no facts at {}: it {found}", path.display())]
    NoFacts {
        /// The file or folder.
        path: PathBuf,
        /// What there is instead; the rest of a sentence that starts with "it".
        found: String,
    },

    /// No data set of facts has files like this.
    #[error("cannot tell which data set {} is of: it {found}; expected {sought}", path.display())]
    UnknownFacts {
        /// The file or folder.
        path: PathBuf,
        /// What it looks like; the rest of a sentence that starts with "it".
        found: String,
        /// What was looked for.
        sought: &'static str,
    },

    /// Several data sets of facts are meant by one path, or could be.
    #[error("{} {found}; expected one data set", path.display())]
    AmbiguousFacts {
        /// The file or folder.
        path: PathBuf,
        /// The data sets; the rest of a sentence that starts with the path.
        found: String,
    },

    /// Nothing says the language of labels and templates, or not in a code.
    #[error("no language for {}: {found}", path.display())]
    NoLanguage {
        /// The file.
        path: PathBuf,
        /// Where it was looked for.
        found: String,
    },

    /// Two sources of a file's language disagree.
    #[error("two languages for {}: {one}, {other}; expected one", path.display())]
    TwoLanguages {
        /// The file.
        path: PathBuf,
        /// What one source says.
        one: String,
        /// What the other says.
        other: String,
    },

    /// The file has no content.
    #[error("{} is empty: expected {expected}", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
        /// What should have been in it.
        expected: String,
    },

    /// The text is not JSON, or not UTF-8.
    #[error("{at}: this is not valid JSON: {problem}")]
    Json {
        /// Where.
        at: Box<Location>,
        /// What the parser stumbled over.
        problem: String,
    },

    /// The text ends in the middle of a value.
    #[error(
        "{at}: the JSON ends before it is complete, after {complete} complete {unit}; \
         write or copy the file again"
    )]
    Truncated {
        /// Where it ends.
        at: Box<Location>,
        /// How many complete units came before.
        complete: u64,
        /// What a unit is (`facts`, `lines`).
        unit: &'static str,
    },

    /// The last of several JSON documents in one file ends early.
    #[error(
        "{at}: the last JSON document, which starts at byte {start}, ends before it is complete; \
         {complete} before it, {ranges}; each repeats the one before, so cut the file at byte {start} \
         to import the last complete one, or write it again"
    )]
    LastDocument {
        /// Where it ends.
        at: Box<Location>,
        /// First byte of the incomplete document.
        start: u64,
        /// How many documents before it are complete.
        complete: String,
        /// Their byte ranges.
        ranges: String,
    },

    /// A value is of the wrong kind.
    #[error("{at}: {problem}")]
    Data {
        /// Where.
        at: Box<Location>,
        /// What was found and what was expected.
        problem: String,
    },

    /// What a file says of all its rows cannot be used, and so none of them.
    #[error("{at}: {problem}; nothing of the file can be used without it")]
    UnusableFile {
        /// Where.
        at: Box<Location>,
        /// What was found and what was expected.
        problem: String,
    },

    /// Something was found where something else belongs.
    #[error("{at}: found {found}; expected {expected}")]
    Unexpected {
        /// Where.
        at: Box<Location>,
        /// What is there.
        found: String,
        /// What should be there.
        expected: String,
    },

    /// Two things that say the same thing do not agree.
    #[error(
        "{at}: {second_by} says {what} `{second}`, but {first_by} says `{first}`; expected {}; correct the \
         one that is wrong, or leave it out",
        one(what)
    )]
    Disagree {
        /// Where.
        at: Box<Location>,
        /// What they say (`language`).
        what: &'static str,
        /// What the first says.
        first: Box<str>,
        /// The first, in words.
        first_by: Box<str>,
        /// What the second says.
        second: Box<str>,
        /// The second, in words.
        second_by: Box<str>,
    },

    /// A row or a record that cannot be used; others of the file can.
    #[error("{at}: found {found}; expected {expected}")]
    Row {
        /// Where.
        at: Box<Location>,
        /// What is wrong with it, as it is counted.
        reason: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },

    /// A neuron that the model does not have.
    #[error(
        "{at}: layer {layer}, neuron {neuron} of fact `{fact}` lies outside the model; expected layers 0 to {} \
         and neurons 0 to {} ({shape}); check the run's shape, and that neurons are counted within their layer",
        shape.layers - 1, shape.width - 1
    )]
    NeuronOutside {
        /// Where.
        at: Box<Location>,
        /// External id of the fact.
        fact: String,
        /// The layer found.
        layer: u64,
        /// The unit within the layer found.
        neuron: u64,
        /// The model's shape.
        shape: Shape,
    },

    /// A score that is not a finite 32-bit number.
    #[error(
        "{at}: the score of layer {layer}, neuron {neuron} of fact `{fact}` is {found}; expected a finite \
         32-bit number; repeat this fact's attribution or take it out of the file"
    )]
    BadScore {
        /// Where.
        at: Box<Location>,
        /// External id of the fact.
        fact: String,
        /// Layer.
        layer: u32,
        /// Unit within the layer.
        neuron: u32,
        /// The score found.
        found: String,
    },

    /// One neuron of one fact has two scores.
    #[error(
        "{at}: layer {layer}, neuron {neuron} of fact `{fact}` has the scores {first} and {second}; \
         expected one; keep the right one"
    )]
    TwoScores {
        /// Where.
        at: Box<Location>,
        /// External id of the fact.
        fact: String,
        /// Layer.
        layer: u32,
        /// Unit within the layer.
        neuron: u32,
        /// The first score.
        first: f32,
        /// A different one.
        second: f32,
    },

    /// An array of a shape that does not fit the model.
    #[error("{at}: the array has the shape {found}; expected {expected}")]
    BadShape {
        /// Where.
        at: Box<Location>,
        /// Its shape.
        found: String,
        /// Shapes that would do.
        expected: String,
    },

    /// An array or column of a type that holds no scores, ids or numbers.
    #[error("{at}: found values of type {found}; expected {expected}")]
    BadType {
        /// Where.
        at: Box<Location>,
        /// The type as the file calls it.
        found: String,
        /// Types that would do.
        expected: String,
    },

    /// A header promises more than the file can hold.
    #[error(
        "{at}: {what} takes {claimed} bytes by its header, but the file has {held} for it; \
         it is damaged or was cut short: write or copy it again"
    )]
    Oversized {
        /// Where.
        at: Box<Location>,
        /// What makes the promise.
        what: &'static str,
        /// Bytes promised.
        claimed: u128,
        /// Bytes there are, or can be.
        held: u64,
    },

    /// A fact comes twice with different content.
    #[error(
        "{at}: fact `{fact}` comes a second time with different content (first at {first}); \
         expected each fact once; keep the right one"
    )]
    DuplicateFact {
        /// The second place.
        at: Box<Location>,
        /// External id of the fact.
        fact: String,
        /// The first place.
        first: Place,
    },

    /// The rows of one (fact, language, prompt) are not together.
    #[error(
        "{at}: fact `{fact}`, language `{language}`, prompt {prompt} comes back after other rows; expected the \
         rows of one fact together; sort the table by fact, language, prompt"
    )]
    NotContiguous {
        /// The row at which it comes back.
        at: Box<Location>,
        /// External id of the fact.
        fact: String,
        /// Language code.
        language: String,
        /// Prompt number.
        prompt: u16,
    },

    /// A checksum or a library's reader says that the file is damaged.
    #[error("{at}: the file cannot be read as {format}: {problem}")]
    Damaged {
        /// Where.
        at: Box<Location>,
        /// The format's name.
        format: &'static str,
        /// What is wrong.
        problem: String,
    },
}

/// One of what two things disagree about.
fn one(what: &str) -> String {
    if what.ends_with('s') { format!("one list of {what}") } else { format!("one {what}") }
}

/// What is expected where a name is close to one that is read, or may be one: the end of the message.
const LEFT_OUT: &str = "named as one to leave out";

impl ImportError {
    /// Whether naming a column, array, field or folder as one to leave out is a way out.
    pub fn can_be_left_out(&self) -> bool {
        matches!(self, Self::Unexpected { expected, .. } | Self::Row { expected, .. } if expected.ends_with(LEFT_OUT))
    }

    /// Whether saying the language, or not saying it, is a way out.
    pub fn is_about_language(&self) -> bool {
        match self {
            Self::Unexpected { found, .. } => found.starts_with("nothing that says the language"),
            Self::Disagree { what, .. } => *what == "language",
            Self::Data { problem, .. } => {
                problem.contains("is no language code") || problem.contains("is a language's name")
            }
            _ => false,
        }
    }

    /// Whether it is about one row, record or fact, so that the rest of the file can be used.
    pub(crate) fn is_of_a_row(&self) -> bool {
        matches!(
            self,
            Self::Row { .. }
                | Self::Data { .. }
                | Self::NeuronOutside { .. }
                | Self::BadScore { .. }
                | Self::Json { .. }
        )
    }

    /// The error in a few words, as it is counted.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Row { reason, .. } => reason.clone(),
            Self::NeuronOutside { .. } => "a neuron outside the model".to_owned(),
            Self::BadScore { found, .. } => format!("a score that is {found}"),
            Self::Json { .. } => "not valid JSON".to_owned(),
            Self::Data { .. } => "a value of the wrong kind".to_owned(),
            other => other.to_string(),
        }
    }
}
