//! What can be chosen about a fact-checking study, with the sound choices and those of the released code.

use crate::editing::check_bootstrap;
use crate::error::StudyError;
use crate::questions::check_languages;
use crate::statistics::Bootstrap;
use kndb_query::EntryTest;
use serde::{Serialize, Serializer};
use std::fmt;

/// Options of [`super::fact_check`].
#[derive(Clone, Debug, Serialize)]
pub struct CheckOptions {
    /// Run that has the degenerate groups.
    pub run: String,
    /// Languages, each studied by itself.
    pub languages: Vec<String>,
    /// Relations; empty: all.
    pub relations: Vec<String>,
    /// At most this many facts of a relation, drawn at random.
    pub limit: Option<usize>,
    /// Further conditions on `dkn`, as they stand in brackets.
    pub conditions: Vec<String>,
    /// Sets of the query language: of facts, to which those that are checked are kept; of neurons or pairs, to which those that count are. A
    /// source in them that names no run is of the study's, or of the run that was searched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Sets whose facts are not checked, or whose neurons do not count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
    /// Which of the facts are checked, by what the run of their scores measured of them in the language.
    #[serde(serialize_with = "crate::known::written")]
    pub known: Vec<EntryTest>,
    /// Number of the prompt that is asked.
    pub prompt: u16,
    /// Seed of every draw.
    pub seed: u64,
    /// Share of a relation's facts that are its first part.
    pub first_share: f64,
    /// t: neurons are kept whose count is greater than this share of the greatest.
    pub keep_share: f64,
    /// The fixed λ, on attribution scores.
    pub lambda: f64,
    /// At most this many facts of a relation's first part are scored to learn λ (scoring costs attributions); `None`: all.
    pub learn_from: Option<usize>,
    /// Fewer facts than this, and a relation is left out.
    pub least_facts: usize,
    /// What is compared.
    pub detectors: Vec<Detector>,
    /// How it is done.
    pub protocol: CheckProtocol,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

impl CheckOptions {
    /// The error of a study without facts.
    pub(crate) fn no_facts(&self, left_out: Vec<(String, u64)>) -> StudyError {
        let known = self.known.iter().map(EntryTest::to_string);
        let conditions = known.chain(self.conditions.iter().cloned()).collect();
        let sets = self.only.iter().chain(&self.without).cloned().collect();
        StudyError::NoFacts { left_out, conditions, sets }
    }

    /// The sound protocol with the paper's 80/20, t = 0.7 and λ = 1e-6, all detectors, seed 0.
    pub fn new(run: impl Into<String>, languages: Vec<String>) -> Self {
        Self {
            run: run.into(),
            languages,
            relations: Vec::new(),
            limit: None,
            conditions: Vec::new(),
            only: Vec::new(),
            without: Vec::new(),
            known: Vec::new(),
            prompt: 0,
            seed: 0,
            first_share: 0.8,
            keep_share: 0.7,
            lambda: 1e-6,
            learn_from: None,
            least_facts: 5,
            detectors: Detector::ALL.to_vec(),
            protocol: CheckProtocol::sound(),
            bootstrap: Bootstrap::default(),
        }
    }

    /// The choices of AMIG's released code; see the table in [`crate::checking`].
    #[must_use]
    pub fn amig_code(self) -> Self {
        let detectors = vec![Detector::AttributionFixed, Detector::Vocabulary];
        Self {
            protocol: CheckProtocol::amig_code(),
            detectors,
            lambda: 1e-6,
            keep_share: 0.7,
            first_share: 0.8,
            ..self
        }
    }

    pub(crate) fn has(&self, detectors: &[Detector]) -> bool {
        detectors.iter().any(|detector| self.detectors.contains(detector))
    }

    pub(crate) fn check(&self) -> Result<(), StudyError> {
        let wrong = |option, found: String, expected| Err(StudyError::Option { option, found, expected });
        check_languages(&self.languages)?;
        if !(self.first_share > 0.0 && self.first_share < 1.0) {
            return wrong("first share", self.first_share.to_string(), "a share above 0 and below 1");
        }
        if !(0.0..1.0).contains(&self.keep_share) {
            return wrong("keep share", self.keep_share.to_string(), "a share from 0 to below 1");
        }
        if !self.lambda.is_finite() {
            return wrong("lambda", self.lambda.to_string(), "a number");
        }
        if self.least_facts < 2 {
            return wrong("least facts", self.least_facts.to_string(), "2 or more: one for each part");
        }
        if self.learn_from == Some(0) {
            return wrong("learn from", "0".into(), "one fact or more");
        }
        if self.detectors.is_empty() {
            return wrong("detectors", "none".into(), "one or more");
        }
        check_bootstrap(&self.bootstrap)
    }
}

/// What tells true statements from false ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detector {
    /// Mean attribution score of the kept neurons against a fixed λ.
    AttributionFixed,
    /// The same against a λ from the first part.
    AttributionLearnt,
    /// Mean activation of the kept neurons against a λ from the first part.
    ActivationLearnt,
    /// The model's own answer over its vocabulary.
    Vocabulary,
    /// The model's own answer among the relation's objects.
    Candidates,
}

impl Detector {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 5] =
        [Self::AttributionFixed, Self::AttributionLearnt, Self::ActivationLearnt, Self::Vocabulary, Self::Candidates];
}

impl fmt::Display for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AttributionFixed => "with_dkn attribution, λ fixed",
            Self::AttributionLearnt => "with_dkn attribution, λ learnt",
            Self::ActivationLearnt => "with_dkn activation, λ learnt",
            Self::Vocabulary => "wo_dkn vocabulary",
            Self::Candidates => "wo_dkn candidates",
        })
    }
}

impl Serialize for Detector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The choices in which the released code differs; see the table in [`crate::checking`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CheckProtocol {
    /// `sound`, `amig-code`, or `own` for a mix.
    pub name: &'static str,
    /// Which object is a wrong one.
    pub wrong_object: WrongObject,
    /// How often a neuron counts.
    pub counting: Counting,
    /// Whether a score of exactly λ is true.
    pub equal_is_true: bool,
}

impl CheckProtocol {
    /// The default.
    pub const fn sound() -> Self {
        Self {
            name: "sound",
            wrong_object: WrongObject::OfOtherFact,
            counting: Counting::OncePerFact,
            equal_is_true: false,
        }
    }

    /// What the released code of AMIG does.
    pub const fn amig_code() -> Self {
        Self {
            name: "amig-code",
            wrong_object: WrongObject::AnyOtherLabel,
            counting: Counting::EveryGroup,
            equal_is_true: true,
        }
    }
}

/// Where a wrong object comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrongObject {
    /// From a random other fact of the relation whose object is not true of the same subject.
    OfOtherFact,
    /// Any other label among the relation's objects, each as likely, true of the subject or not.
    AnyOtherLabel,
}

/// How often a neuron counts that is in several groups of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counting {
    /// Once.
    OncePerFact,
    /// Once for each group.
    EveryGroup,
}
