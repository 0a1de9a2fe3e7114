//! The measurements: which facts, what each scorer says of their neurons, and what its sets do.

use super::options::ArenaOptions;
use super::{Scorer, ranks};
use crate::askable::askable;
use crate::asking::{Answer, Asking};
use crate::control::control;
use crate::editing::Unrelated;
use crate::error::StudyError;
use crate::model::{Change, Edit, LanguageModel};
use crate::pool::Pool;
use crate::questions::{LeftOut, Question, in_words, is_wanted, leave_out};
use crate::streams::stream;
use crate::watch::{Stage, Watch, for_each};
use kndb_storage::{Neuron, Snapshot};
use serde::Serialize;
use std::time::Instant;

/// Relative changes of probability under one kind of edit: (after − before) / before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Changes {
    /// Of the fact, its own set edited.
    pub related: f64,
    /// Of the unrelated fact, the same set edited.
    pub unrelated: f64,
    /// Of the fact, as many random neurons of the same layers edited.
    pub random: f64,
}

/// One fact in one language, by one scorer's set of one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArenaRow {
    /// The fact.
    pub fact: String,
    /// Its relation.
    pub relation: String,
    /// Language it was asked in.
    pub language: String,
    /// The scorer.
    pub scorer: String,
    /// Neurons of the set.
    pub size: usize,
    /// p(object) before.
    pub probability: f64,
    /// The unrelated fact.
    pub unrelated_fact: String,
    /// Its relation.
    pub unrelated_relation: String,
    /// Its p(object) before.
    pub unrelated_probability: f64,
    /// With neurons suppressed.
    pub suppress: Changes,
    /// With neurons enhanced.
    pub enhance: Changes,
    /// How many random neurons there were: fewer than the set has where its layers have no more.
    pub random_neurons: usize,
    /// Share of the set that is among the reference's as many best.
    pub overlap: Option<f64>,
}

/// What a scorer says of one fact, as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OnFact {
    /// What it took.
    pub seconds: f64,
    /// How it goes with the reference; NaN where one of them does not vary.
    pub pearson: f64,
    pub spearman: f64,
}

/// One fact in one language.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    pub language: String,
    /// By scorer, then by size.
    pub rows: Vec<ArenaRow>,
    /// By scorer.
    pub scorers: Vec<OnFact>,
}

/// Facts that can be put into words in every language.
pub(super) struct Plan {
    questions: Vec<Question>,
    /// Numbers of the facts that are studied, in the order of their ids.
    studied: Vec<usize>,
    pool: Pool,
    left_out: LeftOut,
}

/// Unrelated facts that are tried before a fact is given up: a model may be unable to be asked some.
const TRIES: usize = 50;

impl Plan {
    pub(super) fn new(snapshot: &Snapshot, options: &ArenaOptions) -> Result<Self, StudyError> {
        let (questions, left_out) = in_words(snapshot, &options.languages, options.prompt, &options.relations)?;
        let wanted = |&at: &usize| is_wanted(&questions[at].relation, &options.relations);
        let studied: Vec<usize> = (0..questions.len()).filter(wanted).collect();
        let pool = Pool::new(&questions, |_| true);
        let plan = Self { questions, studied, pool, left_out };
        let Some(&first) = plan.studied.first() else { return Err(plan.no_facts()) };
        let relation = &plan.questions[first].relation;
        if plan.questions.iter().all(|question| question.relation == *relation) {
            return Err(StudyError::OneRelation { relation: relation.clone(), facts: plan.questions.len() });
        }
        Ok(plan)
    }

    /// Keeps the facts that the model can be asked in every language, up to the limit, in a random order that does not depend on the other
    /// facts.
    pub(super) fn ask(
        &mut self,
        model: &dyn LanguageModel,
        options: &ArenaOptions,
        watch: &Watch<'_>,
    ) -> Result<(), StudyError> {
        let (waiting, drawn) = (std::mem::take(&mut self.studied), (options.seed, options.limit));
        let can_be_asked = |at| self.can_be_asked(model, at, options);
        let (kept, refused) = askable(&self.questions, waiting, drawn, watch, can_be_asked)?;
        self.studied = kept;
        refused.into_iter().for_each(|reason| self.leave_out(reason));
        if self.studied.is_empty() { Err(self.no_facts()) } else { Ok(()) }
    }

    fn can_be_asked(&self, model: &dyn LanguageModel, at: usize, options: &ArenaOptions) -> Answer<()> {
        let question = &self.questions[at];
        let asking = Asking { model, fact: &question.fact };
        for (number, language) in options.languages.iter().enumerate() {
            let claim = question.claim(number);
            match asking.probabilities(&claim, &[Vec::new()])? {
                Err(reason) => return Ok(Err(format!("{reason} ({language})"))),
                Ok(before) if before[0] == 0.0 => {
                    return Ok(Err(format!("probability 0 before any edit ({language})")));
                }
                Ok(_) => {}
            }
            if options.answered && asking.answers(&claim)? != Ok(true) {
                return Ok(Err(format!("the object is not what the model answers ({language})")));
            }
        }
        Ok(Ok(()))
    }

    pub(super) fn leave_out(&mut self, reason: String) {
        leave_out(&mut self.left_out, reason);
    }

    pub(super) fn left_out(&self) -> Vec<(String, u64)> {
        self.left_out.iter().map(|(reason, &facts)| (reason.clone(), facts)).collect()
    }

    /// How many facts are studied.
    pub(super) fn facts(&self) -> usize {
        self.studied.len()
    }

    /// The error of an arena without facts: its reasons say why.
    pub(super) fn no_facts(&self) -> StudyError {
        StudyError::NoFacts { left_out: self.left_out(), conditions: Vec::new(), sets: Vec::new() }
    }
}

/// Measures every studied fact in every language. Also the reasons of what could not be measured.
pub(super) fn measure(
    (model, scorers): (&dyn LanguageModel, &[&dyn Scorer]),
    plan: &Plan,
    options: &ArenaOptions,
    watch: &Watch<'_>,
) -> Result<(Vec<Measured>, Vec<String>), StudyError> {
    let languages = 0..options.languages.len();
    let of_fact = |&fact: &usize| languages.clone().map(move |language| (fact, language));
    let jobs: Vec<(usize, usize)> = plan.studied.iter().flat_map(of_fact).collect();
    let measuring = Measuring { model, scorers, plan, options };
    let fact_of = |&(fact, _): &(usize, usize)| plan.questions[fact].fact.clone();
    let results =
        for_each(watch, Stage::Comparing, &jobs, fact_of, |&(fact, language)| measuring.fact(fact, language))?;
    let (mut measured, mut refused) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(of) => measured.push(of),
            Err(reason) => refused.push(reason),
        }
    }
    Ok((measured, refused))
}

struct Measuring<'a> {
    model: &'a dyn LanguageModel,
    scorers: &'a [&'a dyn Scorer],
    plan: &'a Plan,
    options: &'a ArenaOptions,
}

/// What a scorer says of every neuron, and what it took.
struct Scored {
    scores: Vec<f32>,
    seconds: f64,
    /// So many as the largest set has.
    best: Vec<Neuron>,
}

impl Measuring<'_> {
    fn fact(&self, at: usize, language: usize) -> Answer<Measured> {
        let (question, options) = (&self.plan.questions[at], self.options);
        let name = &options.languages[language];
        let mut scored = Vec::with_capacity(self.scorers.len());
        for scorer in self.scorers {
            match self.scored(*scorer, question, language)? {
                Ok(found) => scored.push(found),
                Err(reason) => return Ok(Err(format!("{}: {reason} ({name})", scorer.name()))),
            }
        }
        // By scorer, then by size.
        let sets: Vec<&[Neuron]> =
            scored.iter().flat_map(|of| options.sizes.iter().map(|&size| &of.best[..size])).collect();
        let shape = self.model.shape();
        let random: Vec<Vec<Neuron>> =
            sets.iter().map(|set| control(set, |_| true, shape, options.seed, &question.fact)).collect();
        let both: Vec<&[Neuron]> = sets.iter().copied().chain(random.iter().map(Vec::as_slice)).collect();
        let related = match self.probabilities(question, language, &both)? {
            Ok(related) => related,
            Err(reason) => return Ok(Err(format!("{reason} ({name})"))),
        };
        let Some((other, unrelated)) = self.unrelated(at, language, &sets)? else {
            return Ok(Err(format!("no unrelated fact that can be asked in {TRIES} draws ({name})")));
        };
        let reference = options.reference.as_ref().and_then(|reference| {
            self.scorers.iter().position(|scorer| scorer.name() == reference).map(|at| &scored[at])
        });
        let mut rows = Vec::with_capacity(sets.len());
        for (place, set) in sets.iter().enumerate() {
            let (scorer, size) = (place / options.sizes.len(), set.len());
            let changes = |variant: usize| Changes {
                related: change(&related, place, variant),
                unrelated: change(&unrelated, place, variant),
                random: change(&related, sets.len() + place, variant),
            };
            rows.push(ArenaRow {
                fact: question.fact.clone(),
                relation: question.relation.clone(),
                language: name.clone(),
                scorer: self.scorers[scorer].name().to_owned(),
                size,
                probability: related[0],
                unrelated_fact: other.fact.clone(),
                unrelated_relation: other.relation.clone(),
                unrelated_probability: unrelated[0],
                suppress: changes(0),
                enhance: changes(1),
                random_neurons: random[place].len(),
                overlap: reference.map(|reference| ranks::overlap(set, &reference.best[..size])),
            });
        }
        let scorers = against(&scored, reference);
        Ok(Ok(Measured { language: name.clone(), rows, scorers }))
    }

    fn scored(&self, scorer: &dyn Scorer, question: &Question, language: usize) -> Answer<Scored> {
        let claim = question.claim(language);
        let begun = Instant::now();
        let found = scorer.scores(&claim);
        let seconds = begun.elapsed().as_secs_f64();
        let neurons = self.model.shape().neurons() as usize;
        let asking = Asking { model: self.model, fact: &question.fact };
        Ok(asking.every_score(&claim, found, neurons)?.map(|scores| {
            let best = ranks::best(&scores, self.options.largest());
            Scored { scores, seconds, best }
        }))
    }

    /// p untouched, then p with each set suppressed and enhanced.
    fn probabilities(&self, question: &Question, language: usize, sets: &[&[Neuron]]) -> Answer<Vec<f64>> {
        let both = |set: &&[Neuron]| {
            let neurons = set.to_vec();
            [Change::SUPPRESS, Change::ENHANCE].map(|change| vec![Edit { neurons: neurons.clone(), change }])
        };
        let edits: Vec<Vec<Edit>> = std::iter::once(Vec::new()).chain(sets.iter().flat_map(both)).collect();
        Asking { model: self.model, fact: &question.fact }.probabilities(&question.claim(language), &edits)
    }

    /// A random fact of another relation with its probabilities. The draws are the same in every language.
    fn unrelated(
        &self,
        at: usize,
        language: usize,
        sets: &[&[Neuron]],
    ) -> Result<Option<(&Question, Vec<f64>)>, StudyError> {
        let question = &self.plan.questions[at];
        let mut stream = stream(self.options.seed, "unrelated", &[&question.fact]);
        for _ in 0..TRIES {
            let drawn = self.plan.pool.draw(&mut stream, at, &question.relation, Unrelated::OtherRelation);
            let Some(other) = drawn.map(|drawn| &self.plan.questions[drawn]) else { return Ok(None) };
            if let Ok(asked) = self.probabilities(other, language, sets)?
                && asked[0] > 0.0
            {
                return Ok(Some((other, asked)));
            }
        }
        Ok(None)
    }
}

/// How each scorer goes with the reference.
fn against(scored: &[Scored], reference: Option<&Scored>) -> Vec<OnFact> {
    let wide = |of: &Scored| of.scores.iter().map(|&score| f64::from(score)).collect::<Vec<f64>>();
    let truth = reference.map(wide);
    let of = |scored: &Scored| {
        let (pearson, spearman) = truth.as_ref().map_or((f64::NAN, f64::NAN), |truth| {
            let own = wide(scored);
            (ranks::pearson(&own, truth), ranks::spearman(&own, truth))
        });
        OnFact { seconds: scored.seconds, pearson, spearman }
    };
    scored.iter().map(of).collect()
}

/// (after − before) / before; `variant` 0 is suppressed, 1 enhanced.
fn change(probabilities: &[f64], set: usize, variant: usize) -> f64 {
    let before = probabilities[0];
    (probabilities[1 + 2 * set + variant] - before) / before
}
