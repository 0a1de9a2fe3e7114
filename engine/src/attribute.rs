//! Scores of one fact: its steps put together.

mod normalise;

use crate::device::is_processor;
use crate::error::{Error, Result};
use crate::methods::{IntegratedGradients, LayerScores, Method, MethodOptions, Points, Scorer};
use crate::metric::{Goal, Metric};
use crate::model::Model;
use crate::nn::PART;
use crate::preset::{Continuation, FoilRule, Options};
use crate::probe::{ModelProbe, Probe, rows_of_a_pass};
use crate::question::{Foil, Question, Skip, Step};
use crate::shared::SharedPasses;
use kndb_storage::{LayerEvidence, Origin, ScoreValues, Scores, TARGET};
use std::num::NonZeroUsize;
use std::time::Duration;

/// Scores of one fact in one language with one template.
#[derive(Clone, Debug, PartialEq)]
pub struct FactScores {
    /// One score a neuron, `[layer × width]`; 0 in layers that were not asked for.
    pub scores: Vec<f32>,
    /// The target's probability: the product over the object's tokens.
    pub probability: f64,
    /// F(w̄): that probability, or what else the scores are of: the sum over the object's tokens, of a difference of logits that at the
    /// token which the foil does not have.
    pub value: f64,
    /// The model's first answer, a token, where the object has one token: of several, the later ones are asked with the gold
    /// ones given, so what the model would have said after a wrong one is not known.
    pub answer: Option<u32>,
    /// Rank of the object among all tokens, from 1. Of several tokens the worst of theirs, each with the right ones before it given: it is 1
    /// where the model, that answers token by token with the most probable, would answer the object. `None` where later tokens were
    /// asked behind others than the right ones (the released code's).
    pub rank: Option<u32>,
    /// By layer; empty where the method has none. `baseline` and `residual` are of F. For an object of several tokens `probability` is a
    /// product, and `baseline`, if F is the probability; of any other F it is a sum. `residual` is the sum of the tokens' residuals.
    pub evidence: Vec<LayerEvidence>,
    /// What the scores took, by layer of those that were scored.
    pub points: Vec<(usize, Points)>,
}

impl FactScores {
    /// As a writer hands them to a store, with what they were made from. Of a method without a path only p is evidence, of each of
    /// the model's `layers`.
    pub fn into_entry_scores(self, layers: u32, origin: Option<Origin>) -> Scores {
        let mut evidence = self.evidence;
        if evidence.is_empty() {
            let p_alone =
                LayerEvidence { probability: self.probability as f32, baseline: f32::NAN, residual: f32::NAN };
            evidence = vec![p_alone; layers as usize];
        }
        Scores { values: ScoreValues::Dense(self.scores), evidence, origin }
    }
}

/// A model, a method and its options, ready for facts.
pub struct Attribution<'a> {
    model: &'a Model,
    options: &'a Options,
    method: Box<dyn Method>,
    /// The same, but for what it leaves out where that costs little: for objects of several tokens whose layers are divided by
    /// their sums.
    every_point: Option<Box<dyn Method>>,
    layers: Vec<usize>,
    /// The token that stands for a missing word; without a meaning where the method replaces none.
    replacement: u32,
    /// Where questions that are asked at the same time share passes.
    shared: Option<SharedPasses<'a>>,
}

impl<'a> Attribution<'a> {
    /// Checks the options against the model.
    pub fn new(model: &'a Model, options: &'a Options) -> Result<Self> {
        use crate::probe::Site;
        let count = model.shape().layers as usize;
        if let Some(outside) = options.layers.iter().find(|&&layer| layer >= count) {
            return Err(Error::Option {
                option: "layers",
                given: outside.to_string(),
                expected: format!("layers of {}: 0 to {}", model.name(), count - 1),
            });
        }
        let method = options.method.build();
        method.check(options.site)?;
        method.check_network(&model.network)?;
        check_metric(options, method.name())?;
        let gated = model.is_gated();
        if (options.site == Site::Pre && gated) || (options.site == Site::Up && !gated) {
            let are = if gated { "gated" } else { "not gated" };
            return Err(Error::Option {
                option: "site",
                given: options.site.name().into(),
                expected: format!("`activation`: the feed-forward blocks of {} are {are}", model.name()),
            });
        }
        let mut layers = options.layers.clone();
        layers.sort_unstable();
        layers.dedup();
        if layers.is_empty() {
            layers = (0..count).collect();
        }
        let every_point = match &options.method {
            MethodOptions::IntegratedGradients(integral) if integral.normalise => {
                let exact = IntegratedGradients { tolerance: 0.0, ..integral.clone() };
                Some(MethodOptions::IntegratedGradients(exact).build())
            }
            _ => None,
        };
        let replacement = if method.replaces_words() { replacement(model)? } else { 0 };
        Ok(Self { model, options, method, every_point, layers, replacement, shared: None })
    }

    /// Lets questions that are asked at the same time, each on a thread of its own, share passes, of which `at_once` are computed at a time. Their scores
    /// are what they are alone.
    #[must_use]
    pub fn sharing(mut self, at_once: NonZeroUsize) -> Self {
        let rows = rows_of_a_pass(&self.model.network, self.options.batch);
        self.shared = Some(SharedPasses::new(&self.model.network, self.options.site, rows, at_once));
        self
    }

    /// Whether questions are computed sooner if they share passes: where weights have to be read from memory for each pass. Small ones
    /// stay in a core's cache, and there the threads' waiting for each other costs more (docs/performance.md). On a GPU passes must be large,
    /// and who gives the rows of a pass means them.
    pub fn gains_by_sharing(&self) -> bool {
        let network = &self.model.network;
        self.options.batch.is_some() || !is_processor(&network.device()) || network.width() * network.hidden() > PART
    }

    /// For how long questions have waited for passes that they share, summed over their threads.
    pub fn waited(&self) -> Duration {
        self.shared.as_ref().map_or(Duration::ZERO, SharedPasses::waited)
    }

    /// How many questions to ask at the same time, so that passes are filled while others are computed: of `threads` threads, that many where
    /// questions share none.
    pub fn questions_at_once(&self, threads: NonZeroUsize) -> usize {
        /// Tokens of a prompt, roughly.
        const TOKENS: usize = 16;
        /// Each waits on a thread, with what it has found so far.
        const MOST: usize = 64;
        if self.shared.is_none() {
            return threads.get();
        }
        let network = &self.model.network;
        let points = self.method.points_at_once(self.layers.len(), network.width()).max(1);
        let rows = points * if network.causal { 1 } else { TOKENS };
        let of_a_pass = rows_of_a_pass(network, self.options.batch).div_ceil(rows);
        (of_a_pass * (threads.get() + 1)).clamp(threads.get(), threads.get().max(MOST))
    }

    /// The question of a fact, or why it cannot be asked.
    pub fn question(&self, template: &str, subject: &str, object: &str) -> std::result::Result<Question, Skip> {
        let asking = self.model.asking();
        match self.options.continuation {
            Continuation::Gold => asking.question(template, subject, object),
            Continuation::ReleasedCode => {
                let answer = |ids: &[u32], position: usize| {
                    let logits = self.model.network.logits(ids, position);
                    let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]));
                    best.unwrap_or(0) as u32
                };
                asking.released_code(template, subject, object, answer)
            }
        }
    }

    /// A question set against a foil, another object of the same template and subject: what a difference of logits needs.
    pub fn against(
        &self,
        question: Question,
        template: &str,
        subject: &str,
        foil: &str,
    ) -> std::result::Result<Question, Skip> {
        self.model.asking().against(question, template, subject, foil)
    }

    /// A token as text, for [`FactScores::answer`]; `None` where the tokenizer has none for it.
    pub fn text_of(&self, token: u32) -> Option<String> {
        self.model.tokenizer.decode(&[token]).ok()
    }

    /// Scores of a question. The same question gives the same bits, whatever was asked before.
    pub fn scores(&self, question: &Question) -> Result<std::result::Result<FactScores, Skip>> {
        let shape = self.model.shape();
        let width = shape.width as usize;
        if self.options.metric() == Metric::LogitDifference && question.foil.is_none() {
            return Ok(Err(Skip::NoFoil));
        }
        let mut total = vec![0.0f64; shape.neurons() as usize];
        let mut magnitudes = vec![0.0f64; self.layers.len()];
        let mut evidence: Option<Vec<(f64, f64)>> = None;
        let mut points: Vec<(usize, Points)> = self.layers.iter().map(|&layer| (layer, Points::default())).collect();
        let (metric, mut probability) = (self.options.metric(), 1.0);
        let mut value = metric.of_no_step();
        let (mut answer, mut rank) = (None, Some(1));
        let (alone, gold) = (question.steps.len() == 1, self.options.continuation == Continuation::Gold);
        let mut first: Option<Vec<Vec<f32>>> = None;
        // A step does not know the sum over all steps, so no number of points is known to be enough for it.
        let method = self.every_point.as_ref().filter(|_| question.steps.len() > 1).unwrap_or(&self.method);
        let seat = self.shared.as_ref().map(SharedPasses::seat);
        for (at, step) in question.steps.iter().enumerate() {
            let goal = goal(metric, step, question.foil.filter(|foil| foil.step == at));
            let probe = ModelProbe::new(
                &self.model.network,
                step,
                goal.unwrap_or_else(|| step.probability()),
                self.options.site,
                self.options.batch,
                self.replacement,
                first.as_deref(),
            )
            .sharing(seat.as_ref());
            let found = goal.map(|_| method.scores(&probe, &self.layers)).transpose()?;
            let activations = (self.options.continuation == Continuation::ReleasedCode && first.is_none())
                .then(|| probe.all_activations());
            let standing = probe.standing();
            probability *= standing.probability;
            answer = Some(standing.answer).filter(|_| alone);
            rank = rank.filter(|_| alone || gold).map(|worst: u32| worst.max(standing.rank));
            let of_step = probe.value();
            drop(probe);
            first = first.or(activations);
            let Some(found) = found else { continue };
            value = metric.with_step(value, of_step);
            for ((&layer, magnitude), found) in self.layers.iter().zip(&mut magnitudes).zip(&found) {
                let LayerScores { scores, magnitude: more, .. } = found;
                let own = &mut total[layer * width..(layer + 1) * width];
                own.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
                *magnitude += more;
            }
            for ((_, sum), LayerScores { points: more, .. }) in points.iter_mut().zip(&found) {
                sum.paths += more.paths;
                sum.gradients += more.gradients;
                sum.values += more.values;
            }
            if let Some(new) = found.iter().map(|layer| layer.evidence).collect::<Option<Vec<_>>>() {
                let all = evidence.get_or_insert_with(|| vec![(metric.of_no_step(), 0.0); new.len()]);
                for ((baseline, residual), new) in all.iter_mut().zip(new) {
                    *baseline = metric.with_step(*baseline, new.baseline);
                    *residual += new.residual;
                }
            }
        }
        if self.method.averages() {
            let steps = question.steps.len() as f64;
            total.iter_mut().for_each(|score| *score /= steps);
        }
        if self.method.normalises() {
            let mut layers: Vec<normalise::Layer<'_>> = total
                .chunks_mut(width)
                .enumerate()
                .filter_map(|(layer, scores)| {
                    let at = self.layers.iter().position(|&asked| asked == layer)?;
                    Some(normalise::Layer { scores, magnitude: magnitudes[at] })
                })
                .collect();
            if let Err(skip) = normalise::normalise(&mut layers) {
                return Ok(Err(skip));
            }
        }
        let scores: Vec<f32> = total.into_iter().map(|score| score as f32).collect();
        if let Some(at) = scores.iter().position(|score| !score.is_finite()) {
            return Err(Error::NotFinite { layer: (at / width) as u32, what: "a score", value: scores[at] });
        }
        self.model.must_be_unchanged()?;
        let evidence = evidence.map_or_else(Vec::new, |found| self.by_layer(&found, probability, value));
        Ok(Ok(FactScores { scores, probability, value, answer, rank, evidence, points }))
    }

    /// Evidence of every layer of the model; layers that were not scored have no path, so nothing is off.
    fn by_layer(&self, found: &[(f64, f64)], probability: f64, value: f64) -> Vec<LayerEvidence> {
        let unmoved = LayerEvidence { probability: probability as f32, baseline: value as f32, residual: 0.0 };
        let mut all = vec![unmoved; self.model.shape().layers as usize];
        for (&layer, &(baseline, residual)) in self.layers.iter().zip(found) {
            all[layer].baseline = baseline as f32;
            all[layer].residual = residual as f32;
        }
        all
    }
}

/// F of a step; `None` where the step has none: of a difference of logits, every step but the one that the foil differs in.
fn goal(metric: Metric, step: &Step, foil: Option<Foil>) -> Option<Goal> {
    let target = step.target;
    match metric {
        Metric::Probability => Some(Goal::Probability { target }),
        Metric::LogProbability => Some(Goal::LogProbability { target }),
        Metric::Logit => Some(Goal::Logit { target }),
        Metric::LogitDifference => foil.map(|foil| Goal::LogitDifference { target, foil: foil.token }),
    }
}

/// Refuses a metric that the method has no use for, and foils without a difference or a difference without foils.
fn check_metric(options: &Options, method: &str) -> Result<()> {
    let takes = Scorer::named(method).is_some_and(|scorer| scorer.takes(TARGET));
    let metric = options.metric.filter(|_| !takes);
    if let Some(metric) = metric {
        let expected = format!("nothing for the method {method}, whose scores are not of a change of F");
        return Err(Error::Option { option: TARGET, given: metric.name().into(), expected });
    }
    let difference = options.metric() == Metric::LogitDifference;
    let foil = options.foil.as_ref();
    match foil {
        None if difference => Err(Error::Option {
            option: "foil",
            given: "missing".into(),
            expected: format!("`{}` or an object, which `{}` sets the right one against", FoilRule::DRAWN, Metric::LogitDifference.name()),
        }),
        Some(_) if !difference => Err(Error::Option {
            option: "foil",
            given: "given".into(),
            expected: format!("nothing unless the target is `{}`", Metric::LogitDifference.name()),
        }),
        Some(_) if options.continuation == Continuation::ReleasedCode => Err(Error::Option {
            option: TARGET,
            given: Metric::LogitDifference.name().into(),
            expected: "another target where objects are asked as the released code does (amig-code): its steps are not those of the text".into(),
        }),
        _ => Ok(()),
    }
}

/// The token that stands for a missing word.
pub(crate) fn replacement(model: &Model) -> Result<u32> {
    let tokenizer = &model.tokenizer;
    let token = match (&tokenizer.mask, model.is_causal()) {
        (Some((_, mask)), false) => Ok(*mask),
        _ => tokenizer.end(),
    };
    token.map_err(|why| Error::File { path: model.config_path().to_owned(), reason: why.to_owned() })
}
