//! A run in the manifest: everything that its writer said of it.

use super::exact;
use kndb_storage::{Keep, Run, RunId, RunSpec, ScoreType, Shape};
use serde::{Deserialize, Serialize};

/// A run with all its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunOf {
    /// Its name.
    pub name: String,
    model: String,
    weights_hash: Option<String>,
    layers: u32,
    width: u32,
    method: String,
    preset: Option<String>,
    parameters: Vec<(String, String)>,
    keep: KeepOf,
    score_type: ScoreTypeOf,
    #[serde(with = "exact")]
    tau: f64,
    language_taus: Vec<LanguageTau>,
    #[serde(with = "exact")]
    prompt_share: f64,
    prompt_share_strict: bool,
    tool: String,
    /// Seconds since 1970.
    begun: u64,
    finished: bool,
    /// Rows of the tables that are of this run.
    pub rows: RowsOf,
    /// What the run has lost to damage, in words; not brought back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
    /// Imports and attributions that were begun and not finished, as the store knows them by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub half_done: Vec<String>,
}

/// Counts of a run's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowsOf {
    /// Of `entries`.
    pub entries: u64,
    /// Of `scores`.
    pub scores: u64,
    /// Of `sets`.
    pub sets: u64,
    /// Of `groups`.
    pub groups: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum KeepOf {
    All,
    Share(#[serde(with = "exact")] f64),
    Top(u32),
    Signed(#[serde(with = "exact")] f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ScoreTypeOf {
    F32,
    F16,
    Bf16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageTau {
    lang: String,
    #[serde(with = "exact")]
    tau: f64,
}

impl RunOf {
    /// A run as a store has it.
    pub(crate) fn of(run: &Run) -> Self {
        let spec = &run.spec;
        Self {
            name: spec.name.clone(),
            model: spec.model.clone(),
            weights_hash: spec.weights_hash.clone(),
            layers: spec.shape.layers,
            width: spec.shape.width,
            method: spec.method.clone(),
            preset: spec.preset.clone(),
            parameters: spec.parameters.clone(),
            keep: match spec.keep {
                Keep::All => KeepOf::All,
                Keep::Share(share) => KeepOf::Share(share),
                Keep::Top(count) => KeepOf::Top(count),
                Keep::Signed(share) => KeepOf::Signed(share),
            },
            score_type: match spec.score_type {
                ScoreType::F32 => ScoreTypeOf::F32,
                ScoreType::F16 => ScoreTypeOf::F16,
                ScoreType::Bf16 => ScoreTypeOf::Bf16,
            },
            tau: spec.tau,
            language_taus: spec
                .language_taus
                .iter()
                .map(|(lang, tau)| LanguageTau { lang: lang.clone(), tau: *tau })
                .collect(),
            prompt_share: spec.prompt_share,
            prompt_share_strict: spec.prompt_share_strict,
            tool: run.tool.clone(),
            begun: run.begun,
            finished: run.finished,
            rows: RowsOf::default(),
            lost: None,
            half_done: Vec::new(),
        }
    }

    /// Whether it was complete.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished
    }

    /// The same for a store; `None` where no model has the shape.
    pub(crate) fn to_run(&self) -> Option<Run> {
        let spec = RunSpec {
            name: self.name.clone(),
            model: self.model.clone(),
            weights_hash: self.weights_hash.clone(),
            shape: Shape::new(self.layers, self.width)?,
            method: self.method.clone(),
            preset: self.preset.clone(),
            parameters: self.parameters.clone(),
            keep: match self.keep {
                KeepOf::All => Keep::All,
                KeepOf::Share(share) => Keep::Share(share),
                KeepOf::Top(count) => Keep::Top(count),
                KeepOf::Signed(share) => Keep::Signed(share),
            },
            score_type: match self.score_type {
                ScoreTypeOf::F32 => ScoreType::F32,
                ScoreTypeOf::F16 => ScoreType::F16,
                ScoreTypeOf::Bf16 => ScoreType::Bf16,
            },
            tau: self.tau,
            language_taus: self.language_taus.iter().map(|of| (of.lang.clone(), of.tau)).collect(),
            prompt_share: self.prompt_share,
            prompt_share_strict: self.prompt_share_strict,
        };
        Some(Run { id: RunId(0), spec, tool: self.tool.clone(), begun: self.begun, finished: self.finished })
    }
}
