//! What an entry must be to be written: of the run's shape, of finite numbers and probabilities, once in its batch.

use crate::block::first_not_finite;
use crate::entry::{Entry, EntryData, GroupEvidence, LayerEvidence, Origin, ScoreValues, StoredScores};
use crate::error::{Error, Result};
use crate::ids::Neuron;
use crate::language::canonical;
use crate::run::Run;
use crate::segment::PartKind;
use std::collections::HashSet;

/// A model's answer is kept to be shown, beside a fact's labels: as long as any name in the store.
const ANSWER_BYTES: usize = 1_000;

/// Softmax and sums of it are rounded, in float32 after some hundred thousand terms in the fifth digit: a probability may come out that
/// much above 1, and nothing that is a probability more.
const ROUNDED_ONE: f32 = 1.0 + 1e-4;

/// Refuses a batch that names one place twice; scores and neurons of a fact are one place.
pub(crate) fn check_twice(entries: &[Entry]) -> Result<()> {
    let mut seen = HashSet::with_capacity(entries.len());
    for Entry { fact, language, prompt, data } in entries {
        let attribution = PartKind::of(data).is_attribution();
        if !seen.insert((fact.as_str(), canonical(language), *prompt, attribution)) {
            return Err(Error::FactTwice { fact: fact.clone(), language: language.clone(), prompt: *prompt });
        }
    }
    Ok(())
}

/// Refuses an entry that does not fit the run.
pub(crate) fn check_entry(entry: &Entry, run: &Run) -> Result<()> {
    let shape = run.spec.shape;
    let wrong = |found: String, expected: String| {
        let (fact, language, prompt) = (entry.fact.clone(), entry.language.clone(), entry.prompt);
        Err(Error::Entry { fact, language, prompt, found, expected })
    };
    let outside = |neuron: &Neuron| u64::from(neuron.0) >= shape.neurons();
    let listed = |neurons: &[Neuron]| {
        if let Some(neuron) = neurons.iter().find(|neuron| outside(neuron)) {
            return wrong(format!("{neuron:?}"), format!("a neuron of {shape}, below {}", shape.neurons()));
        }
        let mut sorted = neurons.to_vec();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => {
                let (layer, unit) = shape.split(pair[0]);
                wrong(format!("neuron {layer}:{unit} twice"), "each neuron once".into())
            }
            None => Ok(()),
        }
    };
    // Half-precision types have a smaller largest number: what rounds to infinity there is not kept.
    let score_type = run.spec.score_type;
    let finite = |scores: &[f32], neuron: &dyn Fn(usize) -> Neuron| match first_not_finite(scores, score_type) {
        Some(at) => {
            let (layer, unit) = shape.split(neuron(at));
            wrong(format!("score {} of neuron {layer}:{unit}", scores[at]), format!("finite scores of {score_type}"))
        }
        None => Ok(()),
    };
    match &entry.data {
        EntryData::Stored(stored) => {
            let neurons: Vec<Neuron> =
                stored.scores.iter().chain(&stored.negative).map(|(neuron, _)| *neuron).collect();
            let scores: Vec<f32> = stored.scores.iter().chain(&stored.negative).map(|(_, score)| *score).collect();
            listed(&neurons)?;
            finite(&scores, &|at| neurons[at])?;
            match inconsistent(stored, run) {
                Some((found, expected)) => wrong(found, expected),
                None => Ok(()),
            }
        }
        EntryData::Neurons(neurons) => listed(neurons),
        EntryData::Groups(groups) | EntryData::Searched { groups, .. } => {
            for group in groups {
                listed(&group.neurons)?;
                if group.neurons.len() < 2 {
                    return wrong(format!("a group of {}", group.neurons.len()), "two neurons or more".into());
                }
                let each = group.evidence.as_ref().map_or(group.neurons.len(), |evidence| evidence.after_each.len());
                if each != group.neurons.len() {
                    return wrong(format!("{each} probabilities"), format!("one for each of {}", group.neurons.len()));
                }
                if let Some(found) = group.evidence.as_ref().and_then(improbable) {
                    return wrong(format!("probability {found} of a group"), "probabilities from 0 to 1".into());
                }
            }
            Ok(())
        }
        EntryData::Scores(scores) => {
            let layers = shape.layers as usize;
            if !scores.evidence.is_empty() && scores.evidence.len() != layers {
                return wrong(format!("evidence of {} layers", scores.evidence.len()), format!("none, or {layers}"));
            }
            let of_probability = run.spec.target().is_none();
            if let Some((found, expected)) = impossible_in(&scores.evidence, of_probability) {
                return wrong(found, expected.into());
            }
            if let Some((found, expected)) = scores.origin.as_ref().and_then(impossible) {
                return wrong(found, expected.into());
            }
            match &scores.values {
                ScoreValues::Dense(values) if values.len() as u64 != shape.neurons() => {
                    wrong(format!("{} scores", values.len()), format!("{shape} = {}", shape.neurons()))
                }
                ScoreValues::Dense(values) => finite(values, &|at| Neuron(at as u32)),
                ScoreValues::Sparse { neurons, scores, floor } => {
                    if neurons.len() != scores.len() {
                        return wrong(format!("{} neurons", neurons.len()), format!("{} scores", scores.len()));
                    }
                    if floor.is_nan() {
                        return wrong("floor NaN".into(), "a number".into());
                    }
                    listed(neurons)?;
                    finite(scores, &|at| neurons[at])
                }
            }
        }
    }
}

/// What no store can have kept of a fact's scores, and what was expected. Neurons are of the model, scores are finite.
fn inconsistent(stored: &StoredScores, run: &Run) -> Option<(String, String)> {
    let (shape, score_type) = (run.spec.shape, run.spec.score_type);
    if stored.layers.len() != shape.layers as usize {
        return Some((format!("{} layers", stored.layers.len()), format!("{}", shape.layers)));
    }
    if let Some((found, expected)) = stored.origin.as_ref().and_then(impossible) {
        return Some((found, expected.into()));
    }
    // Evidence is as that store has it: one that is older than the rule for p may hold other numbers, and they come back.
    if stored.floor.is_nan() {
        return Some(("floor NaN".into(), "a number".into()));
    }
    let all = || stored.scores.iter().chain(&stored.negative);
    if let Some((_, score)) = all().find(|(_, score)| score_type.rounded(*score) != *score) {
        return Some((format!("score {score}"), format!("scores that are {score_type}")));
    }
    if let Some((_, score)) = stored.negative.iter().find(|(_, score)| *score >= 0.0) {
        return Some((format!("score {score} among negative ones"), "scores below 0".into()));
    }
    // The best score is kept if any is.
    let best = stored.scores.iter().map(|(_, score)| *score).reduce(f32::max);
    if let Some(best) = best.filter(|best| *best != stored.max) {
        return Some((format!("a largest score of {best}"), format!("{}, the maximum that is given", stored.max)));
    }
    if stored.max.is_infinite() {
        return Some((format!("a maximum of {}", stored.max), "a finite one".into()));
    }
    all().find_map(|&(neuron, score)| {
        let layer = shape.split(neuron).0;
        let max = stored.layers.get(layer.0 as usize).map_or(f32::NAN, |layer| layer.max);
        (score > max || max.is_nan())
            .then(|| (format!("score {score}"), format!("at most {max}, the maximum of layer {layer}")))
    })
}

/// Refuses a fact of an import whose largest score the run's score type rounds to 0: its sets would be empty, and whoever imports
/// can choose another type.
pub(crate) fn check_not_lost(entry: &Entry, run: &Run) -> Result<()> {
    let EntryData::Scores(scores) = &entry.data else { return Ok(()) };
    let (ScoreValues::Dense(values) | ScoreValues::Sparse { scores: values, .. }) = &scores.values;
    let score_type = run.spec.score_type;
    match score_type.cannot_keep(values).filter(|&at| score_type.rounded(values[at]) == 0.0) {
        Some(at) => Err(Error::Entry {
            fact: entry.fact.clone(),
            language: entry.language.clone(),
            prompt: entry.prompt,
            found: format!("a largest score of {:e}", values[at]),
            expected: format!("one that {score_type} does not round to 0, as f32 does not"),
        }),
        None => Ok(()),
    }
}

/// What no model can have answered, and what was expected.
fn impossible(origin: &Origin) -> Option<(String, &'static str)> {
    if origin.rank == Some(0) {
        return Some(("rank 0 of the right object".into(), "ranks from 1"));
    }
    if origin.tokens == Some(0) {
        return Some(("an object of 0 tokens".into(), "at least one token"));
    }
    let long = origin.answer.as_ref().map(String::len).filter(|&len| len > ANSWER_BYTES)?;
    Some((format!("an answer of {long} bytes"), "an answer of at most 1,000 bytes"))
}

/// What is expected of p and of baselines.
const PROBABILITY: &str = "a probability from 0 to 1, or NaN where it is not known";

/// What is expected of a baseline where F is another number made of logits.
const NUMBER: &str = "a finite number, or NaN where it is not known";

/// The first p or baseline of some layers that is a number and cannot be one, and what was expected. p is a probability whatever F is.
fn impossible_in(layers: &[LayerEvidence], of_probability: bool) -> Option<(String, &'static str)> {
    layers.iter().enumerate().find_map(|(layer, &LayerEvidence { probability, baseline, .. })| {
        let told = |what: &str, found: f32, expected| Some((format!("{what} {found} in layer {layer}"), expected));
        if !probability.is_nan() && !is_probability(probability) {
            return told("probability p", probability, PROBABILITY);
        }
        if of_probability && !baseline.is_nan() && !is_probability(baseline) {
            return told("baseline", baseline, PROBABILITY);
        }
        if baseline.is_infinite() { told("baseline", baseline, NUMBER) } else { None }
    })
}

fn is_probability(found: f32) -> bool {
    (0.0..=ROUNDED_ONE).contains(&found)
}

/// A number behind a group that is no probability.
fn improbable(evidence: &GroupEvidence) -> Option<f32> {
    let all = [evidence.probability, evidence.after_all].into_iter().chain(evidence.after_each.iter().copied());
    all.into_iter().find(|&found| !is_probability(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Group, Scores};
    use crate::ids::{RunId, Shape};
    use crate::run::RunSpec;

    /// What is said of a group of two with these probabilities.
    fn said([probability, first, second, after_all]: [f32; 4]) -> Option<String> {
        let spec = RunSpec::new("run", "model", Shape::new(2, 3).expect("a shape"));
        let run = Run { id: RunId(0), spec, tool: String::new(), begun: 0, finished: false };
        let evidence = GroupEvidence { probability, after_each: vec![first, second], after_all };
        let group = Group { neurons: vec![Neuron(1), Neuron(3)], evidence: Some(evidence) };
        let data = EntryData::Groups(vec![group]);
        let entry = Entry { fact: "fact".into(), language: "en".into(), prompt: 0, data };
        check_entry(&entry, &run).err().map(|error| error.to_string())
    }

    #[test]
    fn what_suppression_left_of_p_is_a_probability() {
        let good = [0.75, 0.5, 1.0, 0.0];
        assert_eq!(said(good), None);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.5, -1e-6] {
            for at in 0..good.len() {
                let mut probabilities = good;
                probabilities[at] = bad;
                let told = said(probabilities).expect("a refusal");
                assert!(
                    told.contains(&format!("probability {bad} of a group, expected probabilities from 0")),
                    "{told}"
                );
            }
        }
    }

    /// What is said of an entry with this p and baseline in the second of two layers.
    fn said_of_scores(probability: f32, baseline: f32) -> Option<String> {
        said_with(probability, baseline, &[])
    }

    fn said_with(probability: f32, baseline: f32, parameters: &[(&str, &str)]) -> Option<String> {
        let mut spec = RunSpec::new("run", "model", Shape::new(2, 3).expect("a shape"));
        spec.parameters = parameters.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let run = Run { id: RunId(0), spec, tool: String::new(), begun: 0, finished: false };
        let first = LayerEvidence { probability: 0.5, baseline: 0.25, residual: -7.0 };
        let evidence = vec![first, LayerEvidence { probability, baseline, ..first }];
        let data = EntryData::Scores(Scores { values: ScoreValues::Dense(vec![0.5; 6]), evidence, origin: None });
        let entry = Entry { fact: "fact".into(), language: "en".into(), prompt: 0, data };
        check_entry(&entry, &run).err().map(|error| error.to_string())
    }

    #[test]
    fn p_and_baseline_are_probabilities_or_not_known() {
        for good in [0.0, -0.0, 1.0, 1.000_000_1, f32::MIN_POSITIVE, f32::NAN] {
            assert_eq!((said_of_scores(good, 0.25), said_of_scores(0.25, good)), (None, None), "{good}");
        }
        for bad in [1.001, 1.5, 50.0, -1.0, -1e-6, f32::INFINITY, f32::NEG_INFINITY] {
            let told = said_of_scores(bad, 0.25).expect("a refusal");
            assert!(
                told.contains(&format!("probability p {bad} in layer 1, expected a probability from 0 to 1")),
                "{told}"
            );
            assert!(said_of_scores(0.25, bad).expect("a refusal").contains(&format!("baseline {bad} in layer 1")));
        }
    }

    #[test]
    fn the_baseline_of_a_logit_is_any_number_and_p_is_still_a_probability() {
        let said = |probability, baseline| said_with(probability, baseline, &[("target", "logit")]);
        for good in [-37.5, 0.0, 12.0, f32::NAN] {
            assert_eq!(said(0.25, good), None, "{good}");
        }
        assert!(said(1.5, 12.0).expect("a refusal").contains("probability p 1.5 in layer 1"));
        assert!(
            said(0.25, f32::INFINITY).expect("a refusal").contains("baseline inf in layer 1, expected a finite number")
        );
    }
}
