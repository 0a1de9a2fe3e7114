//! A hash of everything that decides a measurement, so that what was measured otherwise is not gone on with.

use super::Editor;
use super::options::BenchOptions;
use super::plan::Plan;
use super::units::{UNEDITED, control_of};
use crate::questions::Question;
use crate::streams::key;
use std::collections::BTreeMap;

/// Changed when the measures mean something else.
const PROTOCOL: &str = "edit-bench 2";

/// By method.
pub(super) type Settings = BTreeMap<String, String>;

/// Of each method: the model, its parameters, every fact with what is asked beside it, the options but for how intervals are made.
pub(super) fn of(identity: &str, editors: &[&dyn Editor], plan: &Plan, options: &BenchOptions) -> Settings {
    let texts = |question: &Question| {
        let claim = |language| {
            let claim = question.claim(language);
            [claim.template, claim.subject, claim.object].join("\u{1f}")
        };
        format!("{} {}", question.fact, (0..options.languages.len()).map(claim).collect::<Vec<_>>().join("\u{1e}"))
    };
    let mut about = vec![PROTOCOL.to_owned(), identity.to_owned()];
    let neighbours = options.neighbours.map_or_else(|| "all".to_owned(), |most| most.to_string());
    about.push(format!("{:?} {:?} {} {}", options.languages, options.edits, options.prompt, neighbours));
    for item in &plan.items {
        about.extend([texts(&item.own), texts(&item.target)]);
        about.extend(item.neighbours.iter().flatten().map(texts));
        about.extend(item.unrelated.iter().map(|(other, _)| texts(other)));
        about.push(format!("{:?}", item.paraphrases));
        about.extend(item.portability.iter().map(|of| format!("{} {:?}", texts(&of.question), of.others)));
    }
    // Those of editors that go by neurons.
    let neurons: Vec<_> = plan.items.iter().map(|item| (&item.neurons, &item.random)).collect();
    let neurons = format!("{:?} {neurons:?}", options.run);
    let hash = |method: &str, by_neurons: bool, parameters: Vec<(String, String)>| {
        let mut about: Vec<&str> = about.iter().map(String::as_str).collect();
        let parameters = format!("{parameters:?}");
        about.extend([method, &parameters]);
        about.extend(by_neurons.then_some(neurons.as_str()));
        format!("{:016x}", key(options.seed, "settings", &about))
    };
    let mut all = Settings::from([(UNEDITED.to_owned(), hash(UNEDITED, false, Vec::new()))]);
    for editor in editors {
        let hash = hash(editor.name(), editor.by_neurons(), editor.parameters());
        all.insert(control_of(editor.name()), hash.clone());
        all.insert(editor.name().to_owned(), hash);
    }
    all
}
