//! What can be chosen about an editing study, with the sound choices and those of the released code.

use crate::error::StudyError;
use crate::statistics::Bootstrap;
use kndb_query::EntryTest;
use serde::Serialize;

/// Options of [`super::edit_study`].
#[derive(Clone, Debug, Serialize)]
pub struct EditOptions {
    /// Run whose knowledge neurons are edited.
    pub run: String,
    /// Two languages or more; facts are asked in each, and Seq-KN edits in this order.
    pub languages: Vec<String>,
    /// Relations whose facts are studied; empty: all. Unrelated facts come from all relations in any case.
    pub relations: Vec<String>,
    /// At most this many facts, drawn at random.
    pub limit: Option<usize>,
    /// Threshold of the sets, as a share of the fact's maximum; `None`: the run's own.
    pub tau: Option<f64>,
    /// Further conditions on the sets, as they stand in brackets (`layer in 7..11`).
    pub conditions: Vec<String>,
    /// Sets of the query language, of pairs, neurons or facts, with which every set of the study is intersected. A source in them that names
    /// no run is of the study's.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Sets that are taken out of every set of the study.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Which of the facts are studied, by what the run measured of them: all must hold in every language. Unrelated facts, and others
    /// of the relation, are not chosen so.
    #[serde(serialize_with = "crate::known::written")]
    pub known: Vec<EntryTest>,
    /// Number of the prompt that is asked. The sets follow the run's own rule for prompts unless a condition says otherwise.
    pub prompt: u16,
    /// Seed of every draw.
    pub seed: u64,
    /// How it is done.
    pub protocol: EditProtocol,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

impl EditOptions {
    /// The error of a study without facts.
    pub(crate) fn no_facts(&self, left_out: Vec<(String, u64)>) -> StudyError {
        let known = self.known.iter().map(EntryTest::to_string);
        let conditions = known.chain(self.conditions.iter().cloned()).collect();
        let sets = self.only.iter().chain(&self.without).cloned().collect();
        StudyError::NoFacts { left_out, conditions, sets }
    }

    /// The sound protocol with the run's own thresholds, on all facts, seed 0.
    pub fn new(run: impl Into<String>, languages: Vec<String>) -> Self {
        Self {
            run: run.into(),
            languages,
            relations: Vec::new(),
            limit: None,
            tau: None,
            conditions: Vec::new(),
            only: Vec::new(),
            without: Vec::new(),
            known: Vec::new(),
            prompt: 0,
            seed: 0,
            protocol: EditProtocol::sound(),
            bootstrap: Bootstrap::default(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), StudyError> {
        let mut languages = self.languages.clone();
        languages.sort_unstable();
        languages.dedup();
        if languages.len() < 2 || languages.len() < self.languages.len() {
            let found = self.languages.join(", ");
            return Err(StudyError::Option {
                option: "languages",
                found,
                expected: "two languages or more, each once",
            });
        }
        if self.limit == Some(0) {
            return Err(StudyError::Option { option: "limit", found: "0".into(), expected: "one fact or more" });
        }
        check_bootstrap(&self.bootstrap)
    }
}

pub(crate) fn check_bootstrap(bootstrap: &Bootstrap) -> Result<(), StudyError> {
    if bootstrap.level > 0.0 && bootstrap.level < 1.0 {
        return Ok(());
    }
    let found = bootstrap.level.to_string();
    Err(StudyError::Option { option: "bootstrap level", found, expected: "a share above 0 and below 1" })
}

/// The choices in which the released code differs; see the table in [`crate::editing`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EditProtocol {
    /// `sound`, `amig-code`, or `own` for a mix.
    pub name: &'static str,
    /// Which facts are unrelated.
    pub unrelated: Unrelated,
    /// Whether methods share the unrelated fact.
    pub draws: Draws,
    /// What Seq-KN leaves in force.
    pub sequence: Sequence,
    /// Which facts each method is measured on.
    pub population: Population,
    /// Asks for the objects in lower case.
    pub lower_case_objects: bool,
    /// Which changes are outliers.
    pub outliers: OutlierBounds,
    /// Whether the main table leaves outliers out; the other way is reported too.
    pub drop_outliers: bool,
}

impl EditProtocol {
    /// The default.
    pub const fn sound() -> Self {
        Self {
            name: "sound",
            unrelated: Unrelated::OtherRelation,
            draws: Draws::Shared,
            sequence: Sequence::InForce,
            population: Population::Shared,
            lower_case_objects: false,
            outliers: OutlierBounds::RELEASED,
            drop_outliers: false,
        }
    }

    /// What the released code of AMIG does.
    pub const fn amig_code() -> Self {
        Self {
            name: "amig-code",
            unrelated: Unrelated::OtherFact,
            draws: Draws::PerMethod,
            sequence: Sequence::LastOnly,
            population: Population::PerMethod,
            lower_case_objects: true,
            outliers: OutlierBounds::RELEASED,
            drop_outliers: true,
        }
    }
}

/// Which facts are unrelated to a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unrelated {
    /// Those of another relation.
    OtherRelation,
    /// Every other one.
    OtherFact,
}

/// Whether the methods are measured on the same unrelated fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Draws {
    /// One draw a fact.
    Shared,
    /// One draw a fact and method.
    PerMethod,
}

/// What is in force when Seq-KN is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sequence {
    /// The edits of all languages.
    InForce,
    /// The last language's edit; those before it were undone.
    LastOnly,
}

/// Which facts a method is measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Population {
    /// All methods: the facts with a non-empty L.
    Shared,
    /// Mono-KN: all facts with knowledge neurons in the source language; the others: those with a non-empty L.
    PerMethod,
}

/// Relative changes that count as outliers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OutlierBounds {
    /// When suppressing, changes above this.
    pub suppress_above: f64,
    /// When enhancing, changes of at least this.
    pub enhance_from: f64,
}

impl OutlierBounds {
    /// `suppress_drop_t` and `enhance_drop_t` of the released `get_average_acc.py`.
    pub const RELEASED: Self = Self { suppress_above: 20.0, enhance_from: 250.0 };
}
