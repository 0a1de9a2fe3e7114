//! Which facts a study is about: their neuron sets, their words, and what they are compared with.

use super::measure::Method;
use super::options::{EditOptions, Population, Unrelated};
use crate::askable::askable;
use crate::asking::Asking;
use crate::control::control;
use crate::error::StudyError;
use crate::known::Known;
use crate::model::LanguageModel;
use crate::pool::Pool;
use crate::questions::{LeftOut, Question, Wordings, leave_out};
use crate::statements::{Asker, Sets, Source};
use crate::watch::Watch;
use kndb_query::Within;
use kndb_query::within::Found;
use kndb_storage::{Shape, Snapshot};

/// The neurons of every fact, as the statements gave them.
pub(crate) struct NeuronSets {
    /// L, where it is not empty.
    pub likn: Sets,
    /// N by language.
    pub kn: Vec<Sets>,
    /// The model's layers and neurons.
    shape: Shape,
}

impl NeuronSets {
    pub(crate) fn read(asker: &mut Asker<'_>, within: &Within, options: &EditOptions) -> Result<Self, StudyError> {
        let source = |kind: &str, languages: &[&str]| {
            let mut source = Source::new(kind).with("lang", languages).with("run", &[&options.run]);
            if let Some(tau) = options.tau {
                source = source.condition(&format!("tau={tau}"));
            }
            let source = options.conditions.iter().fold(source, |source, condition| source.condition(condition));
            within.around(&source.end())
        };
        let languages: Vec<&str> = options.languages.iter().map(String::as_str).collect();
        let likn = source("likn", &languages);
        let sets = asker.sets(&likn)?;
        let kn = languages.iter().map(|language| {
            let kn = source("kn", &[language]);
            asker.sets(&match options.protocol.population {
                Population::Shared => format!("{kn} & facts of {likn}"),
                Population::PerMethod => kn,
            })
        });
        let kn = kn.collect::<Result<_, _>>()?;
        Ok(Self { likn: sets, kn, shape: asker.shape })
    }
}

/// The random controls of the studied facts that have an L, of the neurons that sets leave of each.
pub(crate) fn controls(
    snapshot: &Snapshot,
    sets: &NeuronSets,
    plan: &Plan,
    left: &Found,
    options: &EditOptions,
) -> Result<Sets, StudyError> {
    let mut controls = Sets::new();
    for id in plan.studied.iter().map(|&at| &plan.questions[at].fact) {
        let Some((likn, fact)) = sets.likn.get(id).zip(snapshot.fact(id)?) else { continue };
        let allowed = left.allowed(fact);
        controls.insert(id.clone(), control(likn, |neuron| allowed.has(neuron), sets.shape, options.seed, id));
    }
    Ok(controls)
}

/// Facts that can be put into words in every language, ordered so that those of a relation are together.
pub(crate) struct Plan {
    pub questions: Vec<Question>,
    /// Numbers of the facts that are studied, in the order of their ids.
    pub studied: Vec<usize>,
    /// What unrelated facts are drawn from: facts with a non-empty L, then those with neurons in each language.
    pools: Vec<Pool>,
    left_out: LeftOut,
}

impl Plan {
    pub(crate) fn new(
        snapshot: &Snapshot,
        sets: &NeuronSets,
        known: &Known<'_>,
        options: &EditOptions,
    ) -> Result<Self, StudyError> {
        let wordings = Wordings::new(snapshot, &options.languages, options.prompt)?;
        let mut ids: Vec<&String> = match options.protocol.population {
            Population::Shared => sets.likn.keys().collect(),
            Population::PerMethod => sets.kn.iter().flat_map(Sets::keys).collect(),
        };
        ids.sort_unstable();
        ids.dedup();
        let (mut questions, mut left_out) = (Vec::new(), LeftOut::new());
        for id in ids {
            match wordings.question(id)? {
                Ok(mut question) => {
                    if options.protocol.lower_case_objects {
                        question.lower_case_objects();
                    }
                    questions.push(question);
                }
                Err(reason) => leave_out(&mut left_out, reason),
            }
        }
        questions.sort_by(|a, b| (&a.relation, &a.fact).cmp(&(&b.relation, &b.fact)));
        let pool = |members: &Sets| Pool::new(&questions, |question| members.contains_key(&question.fact));
        let pools: Vec<Pool> = match options.protocol.population {
            Population::Shared => vec![pool(&sets.likn)],
            Population::PerMethod => std::iter::once(&sets.likn).chain(&sets.kn).map(pool).collect(),
        };
        let relations = &options.relations;
        let is_asked_for = |question: &Question| relations.is_empty() || relations.contains(&question.relation);
        let mut studied = Vec::new();
        for (at, question) in questions.iter().enumerate().filter(|(_, question)| is_asked_for(question)) {
            // A question is of a fact that the store has.
            match snapshot.fact(&question.fact)?.and_then(|fact| known.against(fact)) {
                None => studied.push(at),
                Some(reason) => leave_out(&mut left_out, reason),
            }
        }
        let plan = Self { questions, studied, pools, left_out };
        plan.check(options)?;
        Ok(plan)
    }

    fn check(&self, options: &EditOptions) -> Result<(), StudyError> {
        let unrelated = options.protocol.unrelated;
        let Some(&first) = self.studied.first() else { return Err(options.no_facts(self.left_out())) };
        let first = &self.questions[first];
        let others = match unrelated {
            Unrelated::OtherRelation => self.questions.iter().any(|question| question.relation != first.relation),
            Unrelated::OtherFact => self.questions.len() > 1,
        };
        if others {
            return Ok(());
        }
        let expected = match unrelated {
            Unrelated::OtherRelation => "relation",
            Unrelated::OtherFact => "fact",
        };
        Err(StudyError::NoUnrelated { relation: first.relation.clone(), facts: self.questions.len(), expected })
    }

    /// Keeps the facts that the model can be asked in every language, up to the limit, in a random order that does not depend on
    /// the other facts.
    pub(crate) fn ask(
        &mut self,
        model: &dyn LanguageModel,
        options: &EditOptions,
        watch: &Watch<'_>,
    ) -> Result<(), StudyError> {
        let (waiting, drawn) = (std::mem::take(&mut self.studied), (options.seed, options.limit));
        let can_be_asked = |at| self.can_be_asked(model, at, options);
        let (kept, refused) = askable(&self.questions, waiting, drawn, watch, can_be_asked)?;
        self.studied = kept;
        refused.into_iter().for_each(|reason| self.leave_out(reason));
        if self.studied.is_empty() {
            return Err(options.no_facts(self.left_out()));
        }
        Ok(())
    }

    fn can_be_asked(
        &self,
        model: &dyn LanguageModel,
        at: usize,
        options: &EditOptions,
    ) -> Result<Result<(), String>, StudyError> {
        let question = &self.questions[at];
        let asking = Asking { model, fact: &question.fact };
        for (number, language) in options.languages.iter().enumerate() {
            match asking.probabilities(&question.claim(number), &[Vec::new()])? {
                Err(reason) => return Ok(Err(format!("{reason} ({language})"))),
                Ok(before) if before[0] == 0.0 => {
                    return Ok(Err(format!("probability 0 before any edit ({language})")));
                }
                Ok(_) => {}
            }
        }
        Ok(Ok(()))
    }

    /// Whether a method is measured on a fact, and what its unrelated facts are drawn from.
    pub(crate) fn pool(&self, method: &Method, languages: &[String]) -> &Pool {
        let number = match method {
            Method::Mono { source } => languages.iter().position(|name| name == source).map_or(0, |at| at + 1),
            _ => 0,
        };
        self.pools.get(number).unwrap_or(&self.pools[0])
    }

    pub(crate) fn leave_out(&mut self, reason: String) {
        leave_out(&mut self.left_out, reason);
    }

    pub(crate) fn left_out(&self) -> Vec<(String, u64)> {
        self.left_out.iter().map(|(reason, &facts)| (reason.clone(), facts)).collect()
    }
}
