//! Facts of the store as edits: each gets the object of another fact of its relation that is false of its subject.

use super::options::BenchOptions;
use super::source::{Beside, Candidates, EditSource};
use crate::editing::Unrelated;
use crate::error::StudyError;
use crate::pool::Pool;
use crate::questions::{Question, Wordings, in_words, is_wanted, leave_out};
use crate::statements::Sets;
use crate::streams::{key, stream};
use kndb_storage::{Neuron, PromptId, Snapshot};
use rand::Rng;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Facts that can be put into words in every language.
struct StoredFacts<'s> {
    questions: Vec<Question>,
    pool: Pool,
    /// Of those that may be edited the number of the fact whose object each gets.
    targets: BTreeMap<usize, usize>,
    /// The templates that are not edited.
    others: Vec<Wordings<'s>>,
    neurons: Option<Sets>,
    options: &'s BenchOptions,
}

/// The facts of the wanted relations, with new objects drawn by the seed.
pub(super) fn candidates<'s>(
    snapshot: &'s Snapshot,
    neurons: Option<Sets>,
    options: &'s BenchOptions,
) -> Result<Candidates<'s>, StudyError> {
    let (questions, mut left_out) = in_words(snapshot, &options.languages, options.prompt, &options.relations)?;
    let places: BTreeMap<&str, usize> = questions.iter().enumerate().map(|(at, q)| (q.fact.as_str(), at)).collect();
    let language = snapshot.language(options.edit_language());
    let mut objects = BTreeMap::new();
    let mut targets = BTreeMap::new();
    for (at, question) in questions.iter().enumerate().filter(|(_, q)| is_wanted(&q.relation, &options.relations)) {
        if neurons.as_ref().is_some_and(|sets| sets.get(&question.fact).is_none_or(Vec::is_empty)) {
            leave_out(&mut left_out, format!("no knowledge neurons ({})", options.edit_language()));
            continue;
        }
        if !objects.contains_key(&question.relation)
            && let (Some(relation), Some(language)) = (snapshot.relation(&question.relation), language)
        {
            objects.insert(question.relation.clone(), snapshot.objects(relation, language)?);
        }
        let wrong = objects.get(&question.relation).map(|all| all.false_of(&question.fact)).unwrap_or_default();
        let wrong: Vec<usize> = wrong.iter().filter_map(|(fact, _)| places.get(fact).copied()).collect();
        if wrong.is_empty() {
            leave_out(&mut left_out, "no other object in its relation");
            continue;
        }
        let place = stream(options.seed, "new object", &[&question.fact]).random_range(0..wrong.len());
        targets.insert(at, wrong[place]);
    }
    let others: BTreeSet<PromptId> = snapshot.templates().map(|(_, _, number, _)| number).collect();
    let others = others.into_iter().filter(|number| number.0 != options.prompt);
    let others = others.map(|number| Wordings::new(snapshot, &options.languages, number.0));
    let others = others.collect::<Result<_, _>>()?;
    let (pool, waiting) = (Pool::new(&questions, |_| true), targets.keys().copied().collect());
    let source = Box::new(StoredFacts { questions, pool, targets, others, neurons, options });
    Ok(Candidates { source, waiting, left_out })
}

impl EditSource for StoredFacts<'_> {
    fn questions(&self) -> &[Question] {
        &self.questions
    }

    fn target(&self, at: usize) -> &Question {
        &self.questions[self.targets[&at]]
    }

    fn neurons(&self, at: usize) -> Vec<Neuron> {
        let sets = self.neurons.as_ref();
        sets.and_then(|sets| sets.get(&self.questions[at].fact).cloned()).unwrap_or_default()
    }

    fn beside(&self, at: usize) -> Result<Beside<'_>, StudyError> {
        let mut paraphrases = Vec::new();
        for wordings in &self.others {
            paraphrases.extend(wordings.question(&self.questions[at].fact)?.ok().map(Cow::Owned));
        }
        let numbered =
            |numbers: Vec<usize>| numbers.into_iter().map(|other| Cow::Borrowed(&self.questions[other])).collect();
        let neighbours = self.neighbours(at).map(numbered);
        let unrelated = numbered(self.unrelated(at));
        Ok(Beside { paraphrases, neighbours, unrelated, portability: Vec::new(), dropped: Vec::new() })
    }
}

impl StoredFacts<'_> {
    /// Facts of the relation with the same object in the language of the edit, and with others, but none with the new one: in an order by the seed.
    fn neighbours(&self, at: usize) -> [Vec<usize>; 2] {
        let (questions, options) = (&self.questions, self.options);
        let object = |at: usize| questions[at].claim(0).object;
        let (own, target) = (&questions[at], self.target(at));
        let has_new = |other: usize| {
            let same = |language| questions[other].claim(language).object == target.claim(language).object;
            (0..options.languages.len()).any(same)
        };
        // Of a subject that has the new object, too, it would be right to answer it.
        let of_relation = questions.iter().enumerate().filter(|(_, question)| question.relation == own.relation);
        let with_new: HashSet<&str> =
            of_relation.filter(|&(other, _)| has_new(other)).map(|(_, question)| question.claim(0).subject).collect();
        let of_relation = |&other: &usize| {
            other != at
                && questions[other].relation == own.relation
                && questions[other].claim(0).subject != own.claim(0).subject
                && !with_new.contains(questions[other].claim(0).subject)
        };
        let mut all: Vec<usize> = (0..questions.len()).filter(of_relation).collect();
        all.sort_by_cached_key(|&other| key(options.seed, "neighbour", &[&own.fact, &questions[other].fact]));
        let (same, others) = all.into_iter().partition(|&it| object(it) == object(at));
        [same, others]
    }

    /// Facts of other relations, each once; fewer where there are no more.
    fn unrelated(&self, at: usize) -> Vec<usize> {
        let own = &self.questions[at];
        drawn_unrelated(&self.pool, (at, &own.fact, &own.relation), |_| false, self.options)
    }
}

/// Facts of other relations than that of a fact with a number and an id, but for those that are related in another way, each once; fewer where there
/// are no more.
pub(super) fn drawn_unrelated(
    pool: &Pool,
    (at, fact, relation): (usize, &str, &str),
    is_related: impl Fn(usize) -> bool,
    options: &BenchOptions,
) -> Vec<usize> {
    let mut stream = stream(options.seed, "unrelated", &[fact]);
    let mut drawn = Vec::new();
    let most = options.neighbours.unwrap_or(BenchOptions::USUAL_NEIGHBOURS);
    // Some come again: a few more draws than facts.
    for _ in 0..4 * most {
        let Some(other) = pool.draw(&mut stream, at, relation, Unrelated::OtherRelation) else { break };
        if drawn.len() < most && !drawn.contains(&other) && !is_related(other) {
            drawn.push(other);
        }
    }
    drawn
}
