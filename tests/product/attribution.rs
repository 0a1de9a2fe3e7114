//! Attributions that take long enough to be interrupted: facts in two languages, a tiny model, a long rule.

#![allow(dead_code, reason = "each test uses what it needs")]

use crate::environment::{Environment, root};
use kndb_storage::Store;
use std::collections::BTreeMap;

pub const FACTS: usize = 150;

/// Facts in two languages, and a store that has them.
pub fn prepared() -> Environment {
    let environment = Environment::new();
    for (language, template) in [("en", "The capital of [X] is [Y] ."), ("zh", "[X]的首都是[Y]。")] {
        std::fs::create_dir(environment.path(language)).expect("a folder");
        let letter = |number: usize| char::from(b'a' + (number % 26) as u8);
        let rows = (0..FACTS).map(|n| {
            let (subject, object) = match language {
                "en" => (format!("{}{}", letter(n / 26), letter(n)), "paris"),
                _ => (format!("法国{n}"), "巴黎"),
            };
            format!(
                r#"{{"uuid": "f{n}", "lineid": {n}, "sub_uri": "Q{n}", "sub_label": "{subject}", "obj_uri": "Q", "obj_label": "{object}"}}"#
            )
        });
        environment.write(&format!("{language}/P36.jsonl"), &rows.collect::<Vec<_>>().join("\n"));
        let template = format!(r#"{{"relation": "P36", "template": "{template}"}}"#);
        environment.write(&format!("{language}/templates.jsonl"), &template);
    }
    environment.ok(&["facts", "db", "en", "zh"]);
    environment
}

/// Every point of a long rule, so that there is time to interrupt it.
pub fn arguments(threads: &str) -> Vec<String> {
    let model = root().join("engine/tests/fixtures/bert").display().to_string();
    let options = "--preset kn --steps 100 --tolerance 0 --run r --keep all --threads";
    let begin = ["attribute", "db", "--model", &model].map(str::to_owned);
    begin.into_iter().chain(options.split(' ').chain([threads]).map(str::to_owned)).collect()
}

pub type Entry = (Vec<(u32, u32)>, Vec<[u32; 3]>);

/// Every score and every layer's evidence, as bits.
pub fn contents(environment: &Environment) -> BTreeMap<(String, u16, u16), Entry> {
    let store = Store::open(environment.path("db")).expect("a store");
    let snapshot = store.snapshot().expect("a snapshot");
    let mut all = BTreeMap::new();
    for slot in snapshot.slots() {
        for part in snapshot.parts(slot).expect("opens") {
            for (local, &fact) in part.part.facts().expect("facts").iter().enumerate() {
                let view = part.part.scores(local as u32).expect("scores");
                let scores = (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank).to_bits()));
                let evidence = view.layers().map(|layer| layer.evidence);
                let evidence = evidence.map(|it| [it.probability, it.baseline, it.residual].map(f32::to_bits));
                let fact = kndb_storage::FactId(u32::from_le_bytes(fact));
                let fact = snapshot.external_id(fact).expect("an id").to_owned();
                all.insert((fact, slot.language.0, slot.prompt.0), (scores.collect(), evidence.collect()));
            }
        }
    }
    all
}
