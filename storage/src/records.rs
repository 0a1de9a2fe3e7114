//! Records of the catalogue that have fields. The bytes: `docs/format.md`, "What is in the catalogue?".

use crate::error::{Error, Result};
use crate::ids::{RunId, Shape};
use crate::run::{Keep, Run, RunSpec, ScoreType};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The next ids to give out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counters {
    pub epoch: u64,
    pub next_run: u32,
    pub next_file: u64,
    pub next_fact: u32,
    pub next_job: u32,
}

/// What an immutable file of the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FileRecord {
    Segment {
        run: u32,
        job: Option<u32>,
        bytes: u64,
    },
    Dictionary {
        facts: u32,
        bytes: u64,
    },
    /// Members of a saved set.
    Set {
        bytes: u64,
    },
}

impl FileRecord {
    /// Length of the file.
    pub(crate) fn bytes(&self) -> u64 {
        match *self {
            Self::Segment { bytes, .. } | Self::Dictionary { bytes, .. } | Self::Set { bytes } => bytes,
        }
    }
}

/// An import: what it read, so that the same import can go on after an interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobRecord {
    pub run: u32,
    pub signature: String,
    pub finished: bool,
}

/// A named set of the user's (`let`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSet {
    /// Its name, without `@`.
    pub name: String,
    /// The expression it was made from, as text.
    pub text: String,
    /// What its members are: `pairs`, `neurons` or `facts`.
    pub kind: String,
    /// Runs it was made from.
    pub runs: Vec<u32>,
    /// Number of members.
    pub members: u64,
    /// When it was saved, in seconds since 1970.
    pub saved: u64,
}

/// A saved set, and where its members are. In format 1 they were in the catalogue: `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetRecord {
    pub set: SavedSet,
    pub file: Option<u64>,
}

/// What tells a store from every other, whatever path it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoreId(pub [u8; 16]);

impl StoreId {
    /// A new one, never given out before.
    pub(crate) fn new() -> Self {
        use std::hash::{BuildHasher, RandomState};
        // The standard library's hash keys are the one source of random numbers that needs no crate. The time and the process
        // make two stores differ even where a cloned machine gives out the same numbers.
        let seeds = [RandomState::new(), RandomState::new()];
        let now =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let halves = seeds.map(|seed| seed.hash_one((now, std::process::id())).to_le_bytes());
        Self(std::array::from_fn(|at| halves[at / 8][at % 8]))
    }
}

impl std::fmt::Display for StoreId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A run, as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct RunRecord {
    name: String,
    model: String,
    weights_hash: Option<String>,
    layers: u32,
    width: u32,
    method: String,
    preset: Option<String>,
    parameters: Vec<(String, String)>,
    keep: Keep,
    score_type: ScoreType,
    tau: f64,
    language_taus: Vec<(String, f64)>,
    /// With its sign bit set: more than its absolute value.
    prompt_share: f64,
    tool: String,
    begun: u64,
    finished: bool,
}

impl RunRecord {
    pub(crate) fn of(run: &Run) -> Self {
        let spec = run.spec.clone();
        Self {
            name: spec.name,
            model: spec.model,
            weights_hash: spec.weights_hash,
            layers: spec.shape.layers,
            width: spec.shape.width,
            method: spec.method,
            preset: spec.preset,
            parameters: spec.parameters,
            keep: spec.keep,
            score_type: spec.score_type,
            tau: spec.tau,
            language_taus: spec.language_taus,
            // `copysign`, since the share may be 0.
            prompt_share: spec.prompt_share.copysign(if spec.prompt_share_strict { -1.0 } else { 1.0 }),
            tool: run.tool.clone(),
            begun: run.begun,
            finished: run.finished,
        }
    }

    /// The run, read from the catalogue at a path.
    pub(crate) fn run(self, id: RunId, path: &Path) -> Result<Run> {
        let shape = Shape::new(self.layers, self.width).ok_or_else(|| {
            Error::corrupt(path, "run", format!("{} × {}", self.layers, self.width), "a model's shape")
        })?;
        let (prompt_share, prompt_share_strict) = share(self.prompt_share);
        Ok(Run {
            id,
            spec: RunSpec {
                name: self.name,
                model: self.model,
                weights_hash: self.weights_hash,
                shape,
                method: self.method,
                preset: self.preset,
                parameters: self.parameters,
                keep: self.keep,
                score_type: self.score_type,
                tau: self.tau,
                language_taus: self.language_taus,
                prompt_share,
                prompt_share_strict,
            },
            tool: self.tool,
            begun: self.begun,
            finished: self.finished,
        })
    }
}

/// A share of prompts, and whether more than it is meant. Older records said "more than 0.3" by the number behind 0.3.
fn share(stored: f64) -> (f64, bool) {
    if stored.is_sign_negative() {
        return (-stored, true);
    }
    let below = stored.next_down();
    // Of neighbours, the one that somebody wrote down is the short one; ones of computed shares are alike in length.
    if below >= 0.0 && below.to_string().len() + 4 < stored.to_string().len() { (below, true) } else { (stored, false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_prompts_comes_back_as_it_was_meant() {
        for (value, strict) in [(0.0, false), (0.0, true), (0.7, false), (0.3, true), (1.0, false), (1.0 / 3.0, true)] {
            let shape = Shape::new(1, 1).expect("a shape");
            let spec =
                RunSpec { prompt_share: value, prompt_share_strict: strict, ..RunSpec::new("run", "model", shape) };
            let run = Run { id: RunId(1), spec, tool: String::new(), begun: 0, finished: false };
            let bytes = bincode::serialize(&RunRecord::of(&run)).expect("a record");
            let record: RunRecord = bincode::deserialize(&bytes).expect("a record");
            assert_eq!(record.run(RunId(1), Path::new("catalogue")).expect("a run").spec, run.spec);
        }
    }

    #[test]
    fn shares_of_records_that_had_no_strict_ones_are_read_as_they_were_meant() {
        let third = (1.0_f64 / 3.0).next_up();
        let read = [0.0, 0.7, 1.0, 0.0_f64.next_up(), 0.3_f64.next_up(), third].map(share);
        assert_eq!(read, [(0.0, false), (0.7, false), (1.0, false), (0.0, true), (0.3, true), (third, false)]);
    }
}
