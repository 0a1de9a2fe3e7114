//! What is checked: facts with a right and a wrong object, in two parts, and the neurons kept from the first.

use super::objects::{candidates, wrong};
use super::options::{CheckOptions, Counting};
use crate::error::StudyError;
use crate::known::Known;
use crate::questions::{LeftOut, Question, Wordings, leave_out};
use crate::statements::{Asker, Source};
use crate::streams::key;
use kndb_query::Within;
use kndb_query::within::Found;
use kndb_storage::{FactId, Neuron, Run, RunId, Shape, Snapshot};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A degenerate neuron that is used to check facts of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KeptNeuron {
    /// Its layer.
    pub layer: u32,
    /// Its unit.
    pub unit: u32,
    /// Its count on the first part.
    pub count: u64,
}

/// What is looked for in every language.
pub(crate) struct Looking<'s> {
    pub snapshot: &'s Snapshot,
    pub run: &'s Run,
    pub within: Within,
    /// The same, found.
    pub found: Found,
    pub options: &'s CheckOptions,
}

/// The plan of a language.
pub(crate) struct LanguagePlan {
    pub language: String,
    pub relations: Vec<RelationPlan>,
    pub left_out: LeftOut,
}

/// The plan of a relation in a language.
pub(crate) struct RelationPlan {
    pub relation: String,
    pub first: Vec<Statements>,
    pub second: Vec<Statements>,
    /// Every object of the relation.
    pub candidates: Vec<String>,
    pub kept: Vec<KeptNeuron>,
    /// The same neurons.
    pub neurons: Vec<Neuron>,
    pub left_out_because: Option<String>,
}

/// A fact with the object that is right and one that is wrong.
pub(crate) struct Statements {
    pub question: Question,
    pub wrong: String,
}

impl LanguagePlan {
    pub(crate) fn new(looking: &Looking<'_>, language: &str, asker: &mut Asker<'_>) -> Result<Self, StudyError> {
        let &Looking { snapshot, run, options, .. } = looking;
        let known = Known::read(snapshot, run, &[language.to_owned()], options.prompt, &options.known)?;
        let run = run.id;
        let wordings = Wordings::new(snapshot, &[language.to_owned()], options.prompt)?;
        let mut left_out = LeftOut::new();
        let mut by_relation: BTreeMap<String, Vec<Question>> = BTreeMap::new();
        let searched = searched(snapshot, run, language)?;
        if searched.is_empty() {
            let names =
                snapshot.group_slots().filter(|slot| slot.run == run).map(|slot| snapshot.language_name(slot.language));
            let known: BTreeSet<String> = names.map(str::to_owned).collect();
            let (run, language) = (options.run.clone(), language.to_owned());
            return Err(StudyError::NoGroups { run, language, known: known.into_iter().collect() });
        }
        for fact in searched {
            match wordings.question(snapshot.external_id(fact)?)? {
                Ok(question) if options.relations.is_empty() || options.relations.contains(&question.relation) => {
                    let chosen =
                        || (!looking.found.takes(fact)).then(|| "not among the facts that were chosen".to_owned());
                    match chosen().or_else(|| known.against(fact)) {
                        None => by_relation.entry(question.relation.clone()).or_default().push(question),
                        Some(reason) => leave_out(&mut left_out, reason),
                    }
                }
                Ok(_) => {}
                Err(reason) => leave_out(&mut left_out, reason),
            }
        }
        let mut plan = Self { language: language.to_owned(), relations: Vec::new(), left_out };
        for (relation, questions) in by_relation {
            plan.relation(looking, relation, questions, asker)?;
        }
        // Relations that were asked for by name and have nothing are told, too.
        for relation in &options.relations {
            if !plan.relations.iter().any(|plan| plan.relation == *relation) {
                plan.relations
                    .push(RelationPlan::left_out(relation, "no fact of it has degenerate groups in this run"));
            }
        }
        Ok(plan)
    }

    fn relation(
        &mut self,
        looking: &Looking<'_>,
        relation: String,
        questions: Vec<Question>,
        asker: &mut Asker<'_>,
    ) -> Result<(), StudyError> {
        let &Looking { snapshot, options, .. } = looking;
        let ids = (snapshot.relation(&relation), snapshot.language(&self.language));
        let (Some(relation_id), Some(language_id)) = ids else { return Ok(()) };
        let objects = snapshot.objects(relation_id, language_id)?;
        let mut facts = Vec::new();
        let mut without_wrong = 0;
        for question in questions {
            match wrong(&objects, &question.fact, &self.language, options.seed, options.protocol.wrong_object) {
                Some(wrong) => facts.push(Statements { wrong: wrong.to_owned(), question }),
                None => without_wrong += 1,
            }
        }
        if without_wrong > 0 {
            let reason = format!("no wrong object among those of {relation}");
            *self.left_out.entry(reason).or_default() += without_wrong;
        }
        facts.sort_by_cached_key(|fact| {
            (key(options.seed, "split", &[&fact.question.fact]), fact.question.fact.clone())
        });
        facts.truncate(options.limit.unwrap_or(usize::MAX));
        if facts.len() < options.least_facts {
            let mut because = format!("{} facts to check; expected {} or more", facts.len(), options.least_facts);
            if without_wrong > 0 {
                because += &format!(" ({without_wrong} have no wrong object: all objects are alike)");
            }
            self.relations.push(RelationPlan::left_out(&relation, because));
            return Ok(());
        }
        let second = facts.split_off(facts.len() - second_part(facts.len(), options.first_share));
        let counts = counts(asker, &self.language, &relation, &facts, looking)?;
        let kept = kept(&counts, options.keep_share, asker.shape);
        let neurons: Vec<Neuron> = kept.iter().filter_map(|kept| asker.shape.neuron(kept.layer, kept.unit)).collect();
        let nothing = "no degenerate neurons in its first part".to_owned();
        self.relations.push(RelationPlan {
            relation,
            left_out_because: neurons.is_empty().then_some(nothing),
            first: facts,
            second,
            candidates: candidates(&objects),
            kept,
            neurons,
        });
        Ok(())
    }
}

impl RelationPlan {
    fn left_out(relation: &str, because: impl Into<String>) -> Self {
        Self {
            relation: relation.to_owned(),
            first: Vec::new(),
            second: Vec::new(),
            candidates: Vec::new(),
            kept: Vec::new(),
            neurons: Vec::new(),
            left_out_because: Some(because.into()),
        }
    }
}

/// Facts whose degenerate groups were searched for, found or not.
fn searched(snapshot: &Snapshot, run: RunId, language: &str) -> Result<BTreeSet<FactId>, StudyError> {
    let language = snapshot.language(language);
    let mut facts = BTreeSet::new();
    for slot in snapshot.group_slots().filter(|slot| slot.run == run && Some(slot.language) == language) {
        for live in snapshot.group_parts(slot)? {
            let listed = live.part.facts()?.iter().zip(0..);
            let living = listed.filter(|&(_, local)| live.is_live(local));
            facts.extend(living.map(|(&fact, _)| FactId(u32::from_le_bytes(fact))));
        }
    }
    Ok(facts)
}

/// How many of a relation's facts are its second part: the rest of the first, rounded up, and never all.
fn second_part(facts: usize, first_share: f64) -> usize {
    // Less a hair, so that 20 % of 35 is 7.
    let second = (facts as f64 * (1.0 - first_share) - 1e-9).ceil() as usize;
    second.clamp(1, facts - 1)
}

fn counts(
    asker: &mut Asker<'_>,
    language: &str,
    relation: &str,
    first: &[Statements],
    &Looking { options, ref within, ref found, .. }: &Looking<'_>,
) -> Result<BTreeMap<Neuron, u64>, StudyError> {
    let mut facts: Vec<&str> = first.iter().map(|fact| fact.question.fact.as_str()).collect();
    facts.sort_unstable();
    let source =
        Source::new("dkn").with("lang", &[language]).with("run", &[&options.run]).with("relation", &[relation]);
    let source = options.conditions.iter().fold(source, |source, condition| source.condition(condition));
    let source = source.with("fact", &facts).end();
    // Facts were chosen before; a group counts as a whole.
    let source = if found.chooses_neurons() { within.around(&source) } else { source };
    match options.protocol.counting {
        Counting::OncePerFact => asker.facts_by_neuron(&format!("{source} by neuron")),
        Counting::EveryGroup => asker.groups_by_neuron(&format!("{source} by group")),
    }
}

/// Neurons counted more often than `share` of the greatest count.
fn kept(counts: &BTreeMap<Neuron, u64>, share: f64, shape: Shape) -> Vec<KeptNeuron> {
    let greatest = counts.values().copied().max().unwrap_or(0);
    let often = counts.iter().filter(|&(_, &count)| count as f64 > share * greatest as f64);
    let named = often.map(|(&neuron, &count)| {
        let (layer, unit) = shape.split(neuron);
        KeptNeuron { layer: layer.0, unit, count }
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_scikit_learn() {
        // train_test_split(test_size=0.2) takes ceil(0.2 n) for the second part.
        let expected = [(5, 1), (6, 2), (10, 2), (11, 3), (35, 7), (100, 20), (101, 21)];
        for (facts, second) in expected {
            assert_eq!(second_part(facts, 0.8), second, "of {facts}");
        }
        assert_eq!((second_part(5, 0.01), second_part(5, 0.999)), (4, 1));
    }

    #[test]
    fn a_neuron_is_kept_above_the_share_and_not_at_it() {
        let shape = Shape { layers: 2, width: 4 };
        let counts = [(Neuron(0), 10), (Neuron(1), 7), (Neuron(2), 8), (Neuron(5), 9), (Neuron(6), 1)];
        let units = |share| -> Vec<(u32, u32)> {
            kept(&counts.into(), share, shape).iter().map(|kept| (kept.layer, kept.unit)).collect()
        };
        assert_eq!(units(0.7), [(0, 0), (0, 2), (1, 1)]);
        assert_eq!(units(0.95), [(0, 0)]);
        assert!(kept(&BTreeMap::new(), 0.7, shape).is_empty());
        // The released int(max · t) keeps the same: no whole number lies between int(x) and x.
        for greatest in 1..200_u64 {
            for count in 0..=greatest {
                let released = count > (greatest as f64 * 0.7) as u64;
                assert_eq!(count as f64 > 0.7 * greatest as f64, released, "{count} of {greatest}");
            }
        }
    }
}
