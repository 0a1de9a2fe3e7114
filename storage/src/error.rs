//! What can go wrong in the store, each with what was found, what was expected, and where.
//!
//! Messages are sentences for people. Hints and exit codes belong to the command line, not here.

mod differ;
mod kinds;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use differ::EntriesDiffer;

/// Result of a storage operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused a file operation.
    #[error("{action} {path}: {source}", path = path.display())]
    Io {
        /// What was tried ("read", "create", …).
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// sled refused a catalogue operation.
    #[error("catalogue of {path}: {source}", path = path.display())]
    Sled {
        /// The store.
        path: PathBuf,
        /// sled's answer.
        source: sled::Error,
    },
    /// The folder is not there, or holds no store.
    #[error("{path} is not a kndb store: {found}", path = path.display())]
    NotAStore {
        /// The folder asked for.
        path: PathBuf,
        /// What is there instead.
        found: String,
    },
    /// `create` on something that is there already.
    #[error("cannot create a store at {path}: {found}", path = path.display())]
    AlreadyThere {
        /// The folder asked for.
        path: PathBuf,
        /// What is there already.
        found: String,
    },
    /// The store was written by another version of the format.
    #[error(
        "{path} has store format {found}; this kndb reads formats {oldest} to {newest}", path = path.display()
    )]
    FormatVersion {
        /// The store or file.
        path: PathBuf,
        /// Version found.
        found: u32,
        /// The oldest version this build reads.
        oldest: u32,
        /// The newest version this build reads, which is the one it writes.
        newest: u32,
    },
    /// Another process held the store's lock for too long.
    #[error(
        "{path} is locked by another process: waited {waited:?} for its catalogue (commits take \
         milliseconds, so that process may be stuck)", path = path.display()
    )]
    Locked {
        /// The store.
        path: PathBuf,
        /// How long was waited.
        waited: Duration,
    },
    /// A file that is changed in place has several names: a copy of the store was made of links.
    #[error(
        "{path} has {links} names (hard links), and is changed in place: whatever has the other name would be changed along; nothing was written",
        path = path.display()
    )]
    Linked {
        /// The file.
        path: PathBuf,
        /// How many names it has.
        links: u64,
    },
    /// Bytes on disk are not what was written.
    #[error("{path} is damaged: {place}: found {found}, expected {expected}", path = path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The part of it.
        place: String,
        /// What was read.
        found: String,
        /// What should be there.
        expected: String,
    },
    /// A file of the manifest is gone.
    #[error("{path} is missing, though the store's manifest lists it", path = path.display())]
    MissingFile {
        /// The file.
        path: PathBuf,
    },
    /// No run of that name.
    #[error("there is no run {name:?}; the store has {}", list(known))]
    UnknownRun {
        /// Name asked for.
        name: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// No relation of that id.
    #[error("there is no relation {name:?}; the store has {}", list(known))]
    UnknownRelation {
        /// Id asked for.
        name: String,
        /// Ids that exist.
        known: Vec<String>,
    },
    /// Facts that were to be dropped have entries in runs.
    #[error(
        "{facts} facts of relation {relation:?} have scores, neuron sets or groups in {}: these would be left with \
         ids alone",
        list(runs)
    )]
    FactsHeld {
        /// The relation.
        relation: String,
        /// How many of its facts.
        facts: u64,
        /// The runs.
        runs: Vec<String>,
    },
    /// Another job fills the run.
    #[error("run {run:?} is being filled already, by {holder}; nothing was begun here")]
    RunClaimed {
        /// The run.
        run: String,
        /// Who fills it, with the number of the process where it is known.
        holder: String,
    },
    /// A run of that name exists with other parameters.
    #[error(
        "run {run:?} is already there with {field} {stored}, not {given}: give the stored value, or \
         another run name"
    )]
    RunDiffers {
        /// The run.
        run: String,
        /// The parameter that differs.
        field: &'static str,
        /// Its value in the store.
        stored: String,
        /// The value given.
        given: String,
    },
    /// A run of that name exists.
    #[error("there is a run {run:?} already")]
    RunExists {
        /// The run.
        run: String,
    },
    /// Two stores that are to be one say different things.
    #[error("{what} is {given} in {}, but {before} in {}; nothing was written", from.display(), other.display())]
    StoresDiffer {
        /// Of what.
        what: String,
        /// What the other store says.
        before: String,
        /// The store it goes into, or a source named earlier.
        other: Box<Path>,
        /// What a source says.
        given: String,
        /// That source.
        from: PathBuf,
    },
    /// Two runs that are to be one have different entries for one place.
    #[error("{0}")]
    EntriesDiffer(Box<EntriesDiffer>),
    /// A store that was named as both ends.
    #[error("{} is both where to take from and where to put it", path.display())]
    SameStore {
        /// The store.
        path: PathBuf,
    },
    /// A folder that cannot take a backup.
    #[error("{} cannot take a backup of {}: found {found}, expected {expected}", to.display(), store.display())]
    Backup {
        /// The store.
        store: PathBuf,
        /// The folder.
        to: PathBuf,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// The disk that a backup goes to is full.
    #[error(
        "{} has no room for the backup of {}: {copied} of {files} files are there, with {copied_bytes} of {bytes} bytes; {}: {source}",
        to.display(), store.display(), earlier(*before)
    )]
    BackupFull {
        /// The store.
        store: PathBuf,
        /// The folder.
        to: PathBuf,
        /// Files that are copied, now or before.
        copied: u64,
        /// Their bytes.
        copied_bytes: u64,
        /// Files of the store.
        files: u64,
        /// Their bytes.
        bytes: u64,
        /// The commit of the backup that is there all the same.
        before: Option<u64>,
        /// What failed.
        source: Box<Error>,
    },
    /// A parameter of a run is out of its range.
    #[error("run {run:?}: {field} is {given}, expected {expected}")]
    RunParameter {
        /// The run.
        run: String,
        /// The parameter.
        field: &'static str,
        /// The value given.
        given: String,
        /// What it may be.
        expected: String,
    },
    /// The same (fact, language, prompt) is in the run already.
    #[error(
        "fact {fact} ({language}, prompt {prompt}) is already in run {run:?}; {count} of the facts \
         given are: replace them, or use another run name"
    )]
    FactExists {
        /// External id of the first such fact.
        fact: String,
        /// Its language.
        language: String,
        /// Its prompt number.
        prompt: u16,
        /// The run.
        run: String,
        /// How many of the entries given are there already.
        count: u64,
    },
    /// One batch names the same (fact, language, prompt) twice.
    #[error("fact {fact} ({language}, prompt {prompt}) is given twice in one batch")]
    FactTwice {
        /// External id of the fact.
        fact: String,
        /// Its language.
        language: String,
        /// Its prompt number.
        prompt: u16,
    },
    /// An entry's content does not fit the run.
    #[error("fact {fact} ({language}, prompt {prompt}): {found}, expected {expected}")]
    Entry {
        /// External id of the fact.
        fact: String,
        /// Its language.
        language: String,
        /// Its prompt number.
        prompt: u16,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Two sources disagree about a fact's relation.
    #[error("fact {fact} is of relation {stored} in the store, but of {given} in the data given")]
    RelationDiffers {
        /// External id of the fact.
        fact: String,
        /// Relation in the store.
        stored: String,
        /// Relation given.
        given: String,
    },
    /// A commit is durable, but readers do not see it yet.
    #[error(
        "commit {commit} is durable, but could not be published to readers: {source}; the next command that may write publishes it"
    )]
    Unpublished {
        /// The commit's number.
        commit: u64,
        /// What kept it from being published.
        source: Box<Error>,
    },
    /// What was to follow a commit failed.
    #[error(
        "what was handed in is durable, but what follows it failed: {source}; the next command on the store does it"
    )]
    AfterCommit {
        /// What failed.
        source: Box<Error>,
    },
    /// A commit failed half-way.
    #[error("{}: an earlier commit failed half-way ({reason}); nothing more is written until the store is opened anew, which shows whether that commit is there", path.display())]
    Uncertain {
        /// The store.
        path: PathBuf,
        /// How the commit failed.
        reason: String,
    },
    /// A change of a store that was opened for reading.
    #[error("{}: nothing is changed, because the store was opened for reading only", path.display())]
    ReadOnly {
        /// The store.
        path: PathBuf,
    },
    /// A store of format 1 where only reading is allowed.
    #[error(
        "{}: a store of format 1 is read through its catalogue, which has to be opened for writing, and nothing can or may be written here; copy its folder to \
         where it can be written, and run `kndb upgrade` on the copy: format 2 is read anywhere", path.display()
    )]
    NeedsUpgrade {
        /// The store.
        path: PathBuf,
    },
    /// Another store has taken this one's place.
    #[error("{}: the store was replaced while it was open: found {found}, expected {expected}; open it again", path.display())]
    Replaced {
        /// The store.
        path: PathBuf,
        /// What is there now.
        found: String,
        /// What was there before.
        expected: String,
    },
    /// A name that cannot be stored.
    #[error("{what} {name:?} cannot be used: expected {expected}")]
    Name {
        /// What kind of name.
        what: &'static str,
        /// The name.
        name: String,
        /// What it may be.
        expected: &'static str,
    },
    /// No saved set of that name.
    #[error("there is no saved set @{name}; the store has {}", list(known))]
    UnknownSet {
        /// Name asked for.
        name: String,
        /// Names that exist.
        known: Vec<String>,
    },
    /// Whoever waits for long work has asked for its end ([`crate::Store::until`]).
    #[error("interrupted before it was done; nothing is half-written, and the same again goes on from here")]
    Stopped,
    /// Another entry of the same commit failed, and all with it.
    #[error("the commit it was part of failed: {reason}")]
    Group {
        /// Why.
        reason: String,
    },
    /// A number of the store's own ran out.
    #[error("the store is full: {what} would pass {limit}")]
    Full {
        /// What is counted.
        what: &'static str,
        /// The largest number it can take.
        limit: u64,
    },
}

/// What is there while a backup is not whole.
fn earlier(before: Option<u64>) -> String {
    match before {
        Some(commit) => format!("the backup of commit {commit} is there as before"),
        None => "there is no backup yet".to_owned(),
    }
}

/// Names for a message: `none`, or quoted and separated by commas.
fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    quoted.join(", ")
}
