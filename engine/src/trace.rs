//! Causal tracing: which hidden states carry a fact (Meng, Bau, Andonian & Belinkov, *Locating and Editing Factual Associations in GPT*,
//! NeurIPS 2022, arXiv 2202.05262, §2).
//!
//! Three kinds of passes. The clean one gives p, the probability of the object. In the corrupted one, normally distributed noise is added to
//! the word embeddings of the subject's tokens: p*. In a corrupted pass with restoration one layer's state at one token, or a window of
//! layers' feed-forward or attention results there, is that of the clean pass. The indirect effect is IE = p_restored − p*, the mean over draws
//! of the noise. [`Tracer`] computes it of one question, [`TraceJob`] of many, into a run whose units are the [roles](Roles) of tokens.
//!
//! It is for saying *where* a fact passes, layer by layer and token by token. It is not an attribution to neurons: `crate::methods`.
//!
//! | module | what it keeps |
//! |---|---|
//! | `noise` | how strong the noise is, and its draws |
//! | `roles` | which tokens are traced, and what they are to the subject |
//! | `restore` | the passes |
//! | `job` | effects of many facts, into a store |

mod job;
mod noise;
mod restore;
mod roles;

pub use job::{METHOD, TraceJob, model_by_role};
pub use noise::{Draws, NoiseLevel};
pub use restore::{Restore, StepEffects};
pub use roles::{Places, Roles};

use crate::error::{Error, Result};
use crate::model::Model;
use crate::probe::rows_of_a_pass;
use crate::question::{Question, Skip};
use restore::Passes;

/// How facts are traced.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracing {
    /// What is restored.
    pub restore: Restore,
    /// Of how many layers at once, around the layer that the effect is of: layer − ⌊window / 2⌋ up to, but without, layer + ⌈window / 2⌉, those
    /// of them that the model has.
    pub window: usize,
    /// How strong the noise is.
    pub noise: NoiseLevel,
    /// Draws of the noise that p* and restored probabilities are means over.
    pub draws: usize,
    /// Of the noise.
    pub seed: u64,
    /// Rows of one pass: what else than speed and memory it changes is nothing.
    pub batch: Option<usize>,
}

impl Tracing {
    /// As in the paper: 10 draws of noise of three times the embeddings' standard deviation; single hidden states, or windows of 10 layers of
    /// the other two.
    pub fn of(restore: Restore) -> Self {
        let window = if restore == Restore::Hidden { 1 } else { 10 };
        Self { restore, window, noise: NoiseLevel::Multiple(3.0), draws: 10, seed: 1, batch: None }
    }

    /// Refuses what means nothing.
    fn check(&self) -> Result<()> {
        let wrong =
            |option, given: String, expected: &str| Err(Error::Option { option, given, expected: expected.into() });
        // Each is a pass for every layer and token, and all of a question are there at a time.
        if !(1..=10_000).contains(&self.draws) {
            return wrong("draws", self.draws.to_string(), "1 to 10000");
        }
        if self.window == 0 {
            return wrong("window", "0".into(), "at least 1 layer");
        }
        match self.noise.value() {
            value if value.is_finite() && value > 0.0 => Ok(()),
            value => wrong("noise", value.to_string(), "a number above 0: without noise nothing is corrupted"),
        }
    }
}

/// What came of a question. Effects are `[layer × role]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    /// p of the object: the product over its tokens.
    pub probability: f64,
    /// p*: the mean over draws of that product with the subject corrupted.
    pub corrupted: f64,
    /// IE of each layer and role, the mean over draws, and over the tokens where several have the role; `None` of a role that no token has.
    pub indirect: Vec<Option<f64>>,
    /// The model's first answer on the clean prompt, of an object of one token.
    pub answer: Option<u32>,
    /// Rank of the object on the clean prompt, of several tokens the worst.
    pub rank: u32,
}

/// A model and how its facts are traced.
pub struct Tracer<'a> {
    model: &'a Model,
    tracing: &'a Tracing,
    roles: Roles,
}

impl<'a> Tracer<'a> {
    /// Checks the options.
    ///
    /// # Errors
    /// No draws, no window, or noise that is none.
    pub fn new(model: &'a Model, tracing: &'a Tracing) -> Result<Self> {
        tracing.check()?;
        Ok(Self { model, tracing, roles: Roles::of(model.is_causal()) })
    }

    /// The roles that effects are of.
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// A question with the places of its subject, or why it cannot be traced.
    ///
    /// # Errors
    /// As [`crate::Asking::question`]; [`Skip::NoSubject`].
    pub fn question(
        &self,
        template: &str,
        subject: &str,
        object: &str,
    ) -> std::result::Result<(Question, Places), Skip> {
        let asking = self.model.asking();
        let question = asking.question(template, subject, object)?;
        let subject = asking.subject_tokens(template, subject, object, &question)?;
        let places = Places::of(&question, subject, self.model.is_causal())?;
        Ok((question, places))
    }

    /// Effects of a question whose subject has `noise` added to its embeddings: `[draw][token of the subject × hidden]`. The same in every step of
    /// an object of several tokens. The same question and noise give the same bits, whatever was asked before or beside it.
    ///
    /// # Errors
    /// Weights that were written to meanwhile; probabilities that are no numbers.
    pub fn effects(&self, question: &Question, places: &Places, noise: &[Vec<f32>]) -> Result<Effects> {
        let network = &self.model.network;
        let (layers, roles) = (network.blocks.len(), self.roles.names().len());
        let passes = Passes {
            network,
            restore: self.tracing.restore,
            window: self.tracing.window,
            rows: rows_of_a_pass(network, self.tracing.batch),
        };
        let draws = noise.len();
        let (mut probability, mut corrupted) = (1.0, vec![1.0; draws]);
        // [place][layer][draw]
        let mut restored = vec![vec![vec![1.0; draws]; layers]; places.traced().len()];
        let (mut answer, mut rank) = (None, 1);
        for (at, step) in question.steps.iter().enumerate() {
            let found = passes.step(step, places.subject(), noise, &places.of_step(step));
            probability *= found.standing.probability;
            if at == 0 && question.steps.len() == 1 {
                answer = Some(found.standing.answer);
            }
            rank = rank.max(found.standing.rank);
            corrupted.iter_mut().zip(&found.corrupted).for_each(|(product, p)| *product *= p);
            for (products, found) in restored.iter_mut().zip(&found.restored) {
                for (products, found) in products.iter_mut().zip(found) {
                    products.iter_mut().zip(found).for_each(|(product, p)| *product *= p);
                }
            }
        }
        self.model.must_be_unchanged()?;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let corrupted = mean(&corrupted);
        let mut indirect = vec![None; layers * roles];
        for role in 0..roles {
            let own = places.with_role(role);
            for layer in 0..layers {
                if !own.is_empty() {
                    let effects: Vec<f64> =
                        own.iter().map(|&place| mean(&restored[place][layer]) - corrupted).collect();
                    indirect[layer * roles + role] = Some(mean(&effects));
                }
            }
        }
        let all = [probability, corrupted].into_iter().chain(indirect.iter().flatten().copied());
        if let Some(value) = all.into_iter().find(|value| !value.is_finite()) {
            return Err(Error::NotFinite { layer: 0, what: "a probability", value: value as f32 });
        }
        Ok(Effects { probability, corrupted, indirect, answer, rank })
    }
}
