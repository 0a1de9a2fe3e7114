//! Word importance: how much each token of a prompt adds to the probability of the object, by integrated gradients over word embeddings.
//!
//! The features are the embeddings of the prompt's words, tokens but the special ones around the text and the masks. A path leads some of them from a
//! baseline to what they are; all else stays, positions included. A word's score is the sum over its embedding's dimensions. Three kinds of paths:
//!
//! | [`WordMethod`] | paths | source |
//! |---|---|---|
//! | `Integrated` | all words at once, straight | Sundararajan, Taly & Yan (ICML 2017) |
//! | `Sequential` | one a word, straight, the other words as they are | Enguehard (Findings of ACL 2023, arXiv 2305.15853) |
//! | `Discretized` | all words at once, each through embeddings of other words | Sanyal & Ren (EMNLP 2021, arXiv 2108.13654) |
//!
//! [`WordScorer`] computes scores of one question, [`WordJob`] of many, into a run whose units are places of tokens in the prompt: one layer, as wide
//! as the longest prompt may be. Its model is called by another name than that of runs of neurons, so that nobody takes one for the other.
//! It says which words a prediction hangs on, not which neurons: that is `crate::methods`.
//!
//! | module | what it keeps |
//! |---|---|
//! | `integral` | scores along paths, of anything with a gradient |
//! | `neighbours` | paths through embeddings of other words |
//! | `passes` | F and its gradient by word embeddings |
//! | `job` | scores of many facts, into a store; and out of it |

mod integral;
mod job;
mod neighbours;
mod passes;

pub use job::{WordJob, WordsOfPrompt, model_by_token};

use crate::attribute::replacement;
use crate::error::{Error, Result};
use crate::methods::{Anchors, Monotone};
use crate::model::Model;
use crate::probe::rows_of_a_pass;
use crate::quadrature::Rule;
use crate::question::{Question, Skip, Step};
use integral::{Path, integrate};
use neighbours::{Baseline, Vocabulary};
use passes::Passes;

/// Which paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordMethod {
    /// All words at once, straight.
    Integrated,
    /// One path a word.
    Sequential,
    /// All words at once, through embeddings of other words.
    Discretized {
        /// Which of a word's neighbours is the next anchor.
        anchors: Anchors,
        /// What is taken of it.
        monotone: Monotone,
    },
}

impl WordMethod {
    /// As runs name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Integrated => "word-integrated-gradients",
            Self::Sequential => "word-sequential-integrated-gradients",
            Self::Discretized { .. } => "word-discretized-integrated-gradients",
        }
    }
}

/// The embedding where a word's path begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WordBaseline {
    /// That of the mask, in causal models of the end-of-sequence token.
    #[default]
    Mask,
    /// That of the padding token.
    Pad,
    /// 0.
    Zero,
}

impl WordBaseline {
    /// Every one with its name.
    pub const NAMED: [(&'static str, Self); 3] = [("mask", Self::Mask), ("pad", Self::Pad), ("zero", Self::Zero)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }
}

/// The share of F − F′ that an integral may miss where its points are doubled for it.
pub const MISSED: f64 = 0.01;

/// Whether paths, each with what it missed and what F gains along it, miss more than that. Errors of two paths are none the less errors where their
/// signs differ. `largest` is the largest F of their ends: where F hardly differs between them, float32's error of F itself is no miss.
fn misses(paths: impl Iterator<Item = (f64, f64)>, largest: f64) -> bool {
    /// Some 80 units in float32's last place: the error of a probability behind a network's layers.
    const NOISE: f64 = 1e-5;
    let (missed, gained) =
        paths.fold((0.0, 0.0), |(missed, gained), path| (missed + path.0.abs(), gained + path.1.abs()));
    missed > (MISSED * gained).max(NOISE * largest)
}

/// How words are scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordOptions {
    /// Which paths.
    pub method: WordMethod,
    /// Where they begin.
    pub baseline: WordBaseline,
    /// The quadrature rule of each segment of a path: a straight one has one segment.
    pub rule: Rule,
    /// Its points.
    pub steps: usize,
    /// So many at most: while a prompt's scores miss more than [`MISSED`] of what they should add up to, its points are doubled. `None`: never.
    pub most_steps: Option<usize>,
    /// Of how many nearest words of an anchor the next one is chosen ([`WordMethod::Discretized`]).
    pub neighbours: usize,
    /// Anchors of such a path.
    pub path_words: usize,
    /// Rows of hidden states of one pass: what else than speed and memory it changes is nothing.
    pub batch: Option<usize>,
}

impl WordOptions {
    /// From the mask, by Gauss and Legendre's rule: 20 points of a straight path, 3 of each segment of the other kind, which has the 30 anchors
    /// and 500 neighbours of the authors' code.
    pub fn of(method: WordMethod) -> Self {
        let steps = if matches!(method, WordMethod::Discretized { .. }) { 3 } else { 20 };
        Self {
            method,
            baseline: WordBaseline::Mask,
            rule: Rule::GaussLegendre,
            steps,
            most_steps: None,
            neighbours: 500,
            path_words: 30,
            batch: None,
        }
    }

    /// As a run has them.
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("of".to_owned(), "words".to_owned()),
            ("baseline".into(), self.baseline.name().into()),
            ("rule".into(), self.rule.name().into()),
            ("steps".into(), self.steps.to_string()),
        ];
        all.extend(self.most_steps.map(|most| ("most-steps".to_owned(), most.to_string())));
        if let WordMethod::Discretized { anchors, monotone } = self.method {
            all.extend([
                ("anchors".to_owned(), anchors.name().to_owned()),
                ("monotone".into(), monotone.name().into()),
                ("path-words".into(), self.path_words.to_string()),
                ("neighbours".into(), self.neighbours.to_string()),
            ]);
        }
        all
    }

    fn check(&self) -> Result<()> {
        self.rule.check(self.steps)
    }
}

/// Scores of the words of a prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct WordScores {
    /// Place of each word's token in the model's input.
    pub words: Vec<usize>,
    /// Its score, the sum over the object's tokens.
    pub scores: Vec<f64>,
    /// The object's probability: the product over its tokens.
    pub probability: f64,
    /// F where paths begin, the mean over them where there are several; the product over the object's tokens.
    pub baseline: f64,
    /// What the integrals miss: Σ scores − Σ (F − F where the path begins), over paths and the object's tokens.
    pub residual: f64,
    /// Whether, for a token of the object, what paths miss is more than [`MISSED`] of what F gains along them: sums of absolute values over paths, so that
    /// the errors of two words do not make up for each other.
    pub misses: bool,
    /// The model's first answer, of an object of one token.
    pub answer: Option<u32>,
    /// Rank of the object, of several tokens the worst.
    pub rank: u32,
}

/// A model and how words of its prompts are scored.
pub struct WordScorer<'a> {
    model: &'a Model,
    options: &'a WordOptions,
    vocabulary: Vocabulary<'a>,
    baseline: Baseline,
}

impl<'a> WordScorer<'a> {
    /// Checks the options against the model.
    ///
    /// # Errors
    /// Too few points for the rule, or a model without the token of the baseline.
    pub fn new(model: &'a Model, options: &'a WordOptions) -> Result<Self> {
        options.check()?;
        let token = match options.baseline {
            WordBaseline::Mask => Some(replacement(model)?),
            WordBaseline::Pad => Some(model.padding()?),
            WordBaseline::Zero => None,
        };
        let vocabulary = Vocabulary::new(&model.network, options.neighbours, options.path_words);
        let baseline = vocabulary.baseline(token);
        Ok(Self { model, options, vocabulary, baseline })
    }

    /// The question of a fact, or why it cannot be asked.
    ///
    /// # Errors
    /// As [`crate::Asking::question`].
    pub fn question(&self, template: &str, subject: &str, object: &str) -> std::result::Result<Question, Skip> {
        self.model.asking().question(template, subject, object)
    }

    /// Scores of a question: of the words of its first step, which all others have, too. Tokens of the object that are given are no words.
    /// The same question gives the same bits, whatever was asked before.
    ///
    /// # Errors
    /// Weights that were written to meanwhile; scores that are no numbers.
    pub fn scores(&self, question: &Question) -> Result<WordScores> {
        let words = question.steps.first().map_or_else(Vec::new, |step| step.words.clone());
        let mut found = WordScores {
            scores: vec![0.0; words.len()],
            words,
            probability: 1.0,
            baseline: 1.0,
            residual: 0.0,
            misses: false,
            answer: None,
            rank: 1,
        };
        for step in &question.steps {
            self.add(step, &mut found);
            found.answer = found.answer.filter(|_| question.steps.len() == 1);
        }
        self.model.must_be_unchanged()?;
        let all = found.scores.iter().chain([&found.probability, &found.baseline, &found.residual]);
        if let Some(&value) = all.into_iter().find(|value| !value.is_finite()) {
            return Err(Error::NotFinite { layer: 0, what: "a score", value: value as f32 });
        }
        Ok(found)
    }

    /// What a step adds to the scores.
    fn add(&self, step: &Step, found: &mut WordScores) {
        let network = &self.model.network;
        let last = network.prefix(&step.ids, step.position).last;
        let standing = network.head.standing(last, step.target);
        found.probability *= standing.probability;
        found.answer = Some(standing.answer);
        found.rank = found.rank.max(standing.rank);
        let ids: Vec<u32> = found.words.iter().map(|&at| step.ids[at]).collect();
        let paths = self.paths(&ids);
        let rows = rows_of_a_pass(network, self.options.batch);
        let passes = Passes { network, step, words: &found.words, rows };
        let mut steps = self.options.steps;
        let (integral, residual) = loop {
            let integral = integrate(&passes, network.hidden(), &paths, &self.options.rule.points(steps));
            let gained: Vec<f64> = integral.starts.iter().map(|start| standing.probability - start).collect();
            let missed = integral.totals.iter().zip(&gained).map(|(total, gained)| (total - gained, *gained));
            let largest = integral.starts.iter().fold(standing.probability, |most, &start| most.max(start));
            let misses = misses(missed, largest);
            if !misses || self.options.most_steps.is_none_or(|most| 2 * steps > most) {
                found.misses |= misses;
                let residual = integral.scores.iter().sum::<f64>() - gained.iter().sum::<f64>();
                break (integral, residual);
            }
            steps *= 2;
        };
        found.scores.iter_mut().zip(&integral.scores).for_each(|(sum, score)| *sum += score);
        found.residual += residual;
        // A prompt without words has no path: it begins where it ends.
        let count = integral.starts.len() as f64;
        found.baseline *= if count > 0.0 { integral.starts.iter().sum::<f64>() / count } else { standing.probability };
    }

    /// The paths of the words of a prompt.
    fn paths(&self, ids: &[u32]) -> Vec<Path> {
        if ids.is_empty() {
            return Vec::new();
        }
        let words = self.vocabulary.embeddings(ids);
        let straight = |(at, word): (usize, &Vec<f64>)| (at, vec![self.baseline.embedding.clone(), word.clone()]);
        let each = words.iter().enumerate();
        let mut paths: Vec<Path> = match self.options.method {
            WordMethod::Sequential => each.map(|word| Path::of([straight(word)], &words)).collect(),
            WordMethod::Integrated => vec![Path::of(each.map(straight), &words)],
            WordMethod::Discretized { anchors, monotone } => {
                let through = |(at, &id)| (at, self.vocabulary.path(id, &self.baseline, anchors, monotone));
                vec![Path::of(ids.iter().enumerate().map(through), &words)]
            }
        };
        paths.iter_mut().for_each(|path| path.scale(self.vocabulary.scale()));
        paths
    }
}
