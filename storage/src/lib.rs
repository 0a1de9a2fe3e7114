//! Storage of kndb: attribution scores on disk, and snapshots of them for queries.
//!
//! It is: a store for immutable per-fact results, written by one process at a time and read by many,
//! crash-safe, compact, readable in place. It is not: a general database; it knows nothing of tensors,
//! models' weights or query text.
//!
//! | module | what it keeps |
//! |---|---|
//! | [`ids`], [`entry`], [`run`], [`facts`], [`language`] | the vocabulary: ids, codes, and what writers hand in |
//! | [`preset`] | names and thresholds of published methods |
//! | `store`, `writer`, `check`, `claim`, `registering`, `restoring`, `dropping`, `compact`, `stop` | [`Store`]: commits, runs, imports, who fills a run, facts, what another store had, upkeep, and its end before it is done |
//! | `upkeep` | backups, stores merged into one, runs with other names, repairs |
//! | `snapshot`, `holds`, `measured`, `knowledge` | [`Snapshot`]: everything at one commit, for reading; what a run holds; what was measured of an entry, and so what the model knows, counted |
//! | `segment`, `block`, `packed` | scores and sets: the files questions are answered from |
//! | `dictionary`, `labels`, `relations` | facts and their labels; what relations are called |
//! | `catalogue`, `records`, `keys`, `numbers`, `opening`, `epoch` | what must change atomically, in sled; the number of the last commit |
//! | `files` | immutable files: envelope, building, mapping, fsync, removal; `files::disk` is all that changes names or syncs |
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("store");
//! use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Shape, Store};
//!
//! let store = Store::create(&path)?;
//! let shape = Shape::new(2, 4).ok_or("too large")?;
//! let run = store.open_run(RunSpec::new("first", "toy", shape))?;
//! let neurons = vec![Neuron(1), Neuron(6)];
//! run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data: EntryData::Neurons(neurons) })?;
//!
//! let snapshot = store.snapshot()?;
//! let slot = snapshot.slots().next().ok_or("nothing stored")?;
//! let part = snapshot.parts(slot)?[0].part;
//! let mut found = Vec::new();
//! part.grid(0)?.push_to(0, &mut found);
//! assert_eq!(found, [1, 6]);
//! # Ok(())
//! # }
//! ```

mod block;
mod catalogue;
mod check;
mod claim;
mod compact;
mod dictionary;
mod dropping;
pub mod entry;
mod epoch;
mod error;
pub mod facts;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod holds;
pub mod ids;
mod keys;
mod knowledge;
mod labels;
pub mod language;
mod lost;
mod measured;
mod numbers;
mod objects;
mod opening;
mod packed;
#[cfg(test)]
mod power;
pub mod preset;
mod records;
mod registering;
mod relations;
mod restoring;
pub mod run;
mod segment;
mod snapshot;
mod stop;
mod store;
mod upkeep;
mod writer;

// The simulated power cuts read stores as the tests do, which name this crate from outside.
#[cfg(test)]
extern crate self as kndb_storage;

#[cfg(target_endian = "big")]
compile_error!("kndb's files are little-endian and read in place; this target is big-endian");

pub use block::{HEAD_SHARE, LEAST_POSITIVE, LayerSummary, ScoreView, question_hash};
pub use catalogue::SavedSet;
pub use claim::{Claim, RunClaim};
pub use compact::{Compacted, Verified};
pub use dictionary::read::LabelTest;
pub use dropping::FactsDropped;
pub use entry::{Entry, EntryData, Group, GroupEvidence, LayerEvidence, Origin, ScoreValues, Scores, StoredScores};
pub use error::{EntriesDiffer, Error, Result};
pub use facts::{CandidatesRow, FactBatch, FactRow, FactsAdded, TemplateRow};
pub use files::container::{FORMAT_VERSION, OLDEST_FORMAT};
pub use holds::Holds;
pub use ids::{FactId, FileId, LanguageId, Layer, Neuron, PromptId, RelationId, RunId, Shape};
pub use knowledge::{Knowledge, Known};
pub use lost::Losses;
pub use measured::Measured;
pub use objects::Objects;
pub use packed::{PackedSets, Values};
pub use preset::{PRESETS, Preset};
pub use relations::{FoundRelation, RelationNameRow};
pub use restoring::{Restored, RestoredFact};
pub use run::{Keep, Run, RunSpec, SOURCE, ScoreType, TARGET, UNITS, enough_prompts};
pub use segment::read::{GridSets, Part, Segment};
pub use segment::{PartKind, TAU_GRID};
pub use snapshot::{Content, LivePart, Slot, Snapshot};
pub use store::{Options, SetWriter, Store};
pub use upkeep::{BackedUp, MergeProgress, Merged, MergedRun, Repair, Repairs, is_within};
pub use writer::{Appended, Job, OnConflict, RunWriter};
