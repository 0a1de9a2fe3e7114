//! The words that a neuron promotes, of a model that says what it is asked.

use std::sync::Arc;

use kndb_explorer::{Limits, Models, Options, Promoted, ValueVectors};
use kndb_storage::Run;

use crate::reading::{is_sound, section, table_of};
use crate::served::Served;
use crate::toy::Toy;

const NEURON: &str = "/neuron/bert%2C%20en/9:852";

/// Knows one model, and of it what was asked.
struct Said(&'static str);

impl ValueVectors for Said {
    fn name(&self) -> &str {
        self.0
    }

    fn is_of(&self, run: &Run) -> Result<(), String> {
        if run.spec.model == self.0 { Ok(()) } else { Err(format!("{} is not {}", self.0, run.spec.model)) }
    }

    fn promoted(&self, layer: u32, unit: u32, _: usize) -> Result<Promoted, String> {
        let raised = vec![(format!(" {layer}"), 1.5), (unit.to_string(), 0.25), ("<b>".into(), 0.125)];
        if unit == 853 {
            Err("no value vector".into())
        } else {
            Ok(Promoted { raised, lowered: vec![("rot".into(), -2.0)] })
        }
    }
}

fn served(toy: &Toy, models: Option<Models>) -> Served {
    Served::of_options(&[toy.store.path()], Options { models, limits: Limits::default(), ..Options::default() })
}

fn models(names: &[&'static str]) -> Option<Models> {
    Some(Models::new(names.iter().map(|name| Arc::new(Said(name)) as Arc<dyn ValueVectors>)))
}

#[test]
fn the_model_of_the_run_is_asked_about_this_neuron() {
    let toy = Toy::new();
    let model = toy_model(&toy);
    let served = served(&toy, models(&["another", model]));
    let page = served.page(NEURON);
    is_sound(&page);
    let table = table_of(section(&page, "words"), "Tokens that it promotes, and holds down");
    assert_eq!(table.rows[0], ["raised", "by", "lowered", "by"]);
    assert_eq!(table.body()[0], ["␣9", "+1.500", "rot", "−2.000"]);
    assert_eq!(table.body()[1], ["852", "+0.250", "", ""]);
    assert!(!section(&page, "words").contains("<b>"), "what a tokenizer has is no markup");
    let page = served.page("/neuron/bert%2C%20en/9:853");
    assert!(
        section(&page, "words").contains("No value vector.") || section(&page, "words").contains("no value vector."),
        "{page}"
    );
}

#[test]
fn a_model_that_was_not_given_or_is_another_is_told() {
    let toy = Toy::new();
    assert!(!served(&toy, None).page(NEURON).contains("promotes"), "a program without an engine says nothing");
    let page = served(&toy, models(&[])).page(NEURON);
    assert!(page.contains("kndb serve … --model DIR"), "{page}");
    let page = served(&toy, models(&["another"])).page(NEURON);
    assert!(page.contains("another is not ") && !page.contains("id=\"words\""), "{page}");
}

fn toy_model(toy: &Toy) -> &'static str {
    let snapshot = toy.store.snapshot().expect("a snapshot");
    let run = snapshot.run_named("bert, en").expect("the run");
    Box::leak(run.spec.model.clone().into_boxed_str())
}
