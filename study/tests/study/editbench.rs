//! Ways to edit facts against each other, by hand.
//!
//! Four facts of P30 and one of P37. p of a true object is 0.6, of another 0.1. Two editors change that of an edited fact, in English, where it is
//! edited, and in Chinese:
//!
//! | | p(new), p(old) in English | in the other template | in Chinese | other facts of P30 | P37 |
//! |---|---|---|---|---|---|
//! | `write` | 0.8, 0.1 | 0.3, 0.5 | 0.3, 0.5 | as they were | as it was |
//! | `clumsy`, by neurons | 0.8, 0.1 | 0.8, 0.1 | 0.7, 0.2 | in English p(new) is 0.65 | p is 0.5 |
//!
//! The control of both has 0.55 of every true object.

mod keeping;
mod measures;
mod requests;

use crate::toy::{SHAPE, Toy, unwatched};
use kndb_storage::{FactBatch, Neuron, Shape, TemplateRow};
use kndb_study::editbench::{
    BenchOptions, BenchReport, Cell, Edited, Editor, Kept, NewFact, Subject, append, bench, read,
};
use kndb_study::statistics::Bootstrap;
use kndb_study::{Claim, Edit, LanguageModel, Refusal, StudyError, Watch};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

const FACTS: [(&str, &str, &str, &str); 5] = [
    ("f1", "P30", "France", "Europe"),
    ("f2", "P30", "Spain", "Europe"),
    ("f3", "P30", "Japan", "Asia"),
    ("f4", "P30", "Kenya", "Africa"),
    ("g1", "P37", "Peru", "Spanish"),
];

fn toy_of(facts: &[(&str, &str, &str, &str)]) -> Toy {
    let toy = Toy::new(facts);
    let mut batch = FactBatch::default();
    for language in ["en", "zh"] {
        let (relation, text) = ("P30".to_owned(), "[X] lies in [Y] .".to_owned());
        batch.templates.push(TemplateRow { relation, language: language.into(), text });
    }
    toy.store.add_facts(batch).expect("templates");
    let neurons: Vec<(&str, &[u32], &[u32])> = facts.iter().map(|of| (of.0, &[1, 2][..], &[5][..])).collect();
    toy.neurons(&neurons);
    toy
}

/// A model that is a function of claims.
struct Says<'a>(Box<dyn Fn(&Claim<'_>) -> f64 + Sync + 'a>);

impl LanguageModel for Says<'_> {
    fn shape(&self) -> Shape {
        SHAPE
    }

    fn probabilities(&self, claim: &Claim<'_>, edits: &[Vec<Edit>]) -> Result<Vec<f64>, Refusal> {
        assert!(edits.iter().all(Vec::is_empty), "activations stay as they are");
        if claim.subject == "unaskable" {
            return Err(Refusal::cannot_ask("no"));
        }
        Ok(vec![(self.0)(claim); edits.len()])
    }

    fn object_tokens(&self, claim: &Claim<'_>) -> Result<Option<usize>, Refusal> {
        Ok(Some(claim.object.split(' ').count()))
    }

    fn scores(&self, _: &Claim<'_>, _: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        Err(Refusal::failed("nothing is scored"))
    }

    fn activations(&self, _: &Claim<'_>, _: &[Neuron]) -> Result<Vec<f32>, Refusal> {
        Err(Refusal::failed("no activation is read"))
    }

    fn answers(&self, claim: &Claim<'_>) -> Result<bool, Refusal> {
        Ok((self.0)(claim) >= 0.5)
    }
}

fn is_true(claim: &Claim<'_>) -> bool {
    let truths = FACTS.iter().any(|of| (of.2, of.3) == (claim.subject, claim.object));
    truths || (claim.subject, claim.object) == ("Kenya", "North Africa") || claim.subject == claim.object
}

fn unedited(claim: &Claim<'_>) -> f64 {
    if is_true(claim) { 0.6 } else { 0.1 }
}

#[derive(Default)]
struct Toyish {
    clumsy: bool,
    /// Edits that were made.
    made: AtomicUsize,
    /// A subject that it cannot edit.
    cannot: Option<&'static str>,
    /// Edits of so many facts are the first to break the unedited model.
    breaks: Option<&'static AtomicBool>,
    parameter: u32,
}

impl Editor for Toyish {
    fn name(&self) -> &str {
        if self.clumsy { "clumsy" } else { "write" }
    }

    fn by_neurons(&self) -> bool {
        self.clumsy
    }

    fn parameters(&self) -> Vec<(String, String)> {
        vec![("parameter".into(), self.parameter.to_string())]
    }

    fn edit(&self, facts: &[NewFact<'_>], _: u64) -> Result<Edited<'_>, Refusal> {
        self.made.fetch_add(1, Ordering::Relaxed);
        if let Some(breaks) = self.breaks {
            breaks.store(true, Ordering::Relaxed);
        }
        for fact in facts {
            assert!(fact.claim.language == "en" && fact.claim.template == "[X] P30 [Y] .", "{fact:?}");
            if self.cannot == Some(fact.claim.subject) {
                return Err(Refusal::cannot_ask("no"));
            }
            if self.clumsy {
                assert!(fact.neurons == [Neuron(1), Neuron(2)] && fact.random.len() == 2, "{fact:?}");
                assert!(fact.random.iter().all(|neuron| !fact.neurons.contains(neuron)), "{fact:?}");
            } else {
                assert_eq!((fact.neurons.len(), fact.random.len()), (0, 0));
            }
        }
        let edits: Vec<[String; 3]> =
            facts.iter().map(|of| [of.claim.subject, of.claim.object, of.object].map(str::to_owned)).collect();
        let clumsy = self.clumsy;
        let edited = move |claim: &Claim<'_>| {
            let (english, first) = (claim.language == "en", claim.template.contains("P30"));
            if let Some([_, old, new]) = edits.iter().find(|of| of[0] == claim.subject) {
                let [of_new, of_old] = match (clumsy, english, first) {
                    (false, true, true) | (true, true, _) => [0.8, 0.1],
                    (false, ..) => [0.3, 0.5],
                    (true, false, _) => [0.7, 0.2],
                };
                if claim.object == new.as_str() {
                    return of_new;
                }
                if claim.object == old.as_str() {
                    return of_old;
                }
            }
            match clumsy {
                true if claim.subject == "Peru" => 0.5,
                true if english && edits.iter().any(|of| of[2] == claim.object) => 0.65,
                _ => unedited(claim),
            }
        };
        let control = |claim: &Claim<'_>| if is_true(claim) { 0.55 } else { 0.1 };
        let [model, random] = [Box::new(Says(Box::new(edited))), Box::new(Says(Box::new(control)))];
        Ok(Edited { model, random, seconds: 0.5 * facts.len() as f64, bytes: 1_048_576 })
    }
}

fn editors() -> [Toyish; 2] {
    [Toyish::default(), Toyish { clumsy: true, ..Toyish::default() }]
}

fn options() -> BenchOptions {
    BenchOptions {
        run: Some("toy".into()),
        relations: vec!["P30".into()],
        bootstrap: Bootstrap { draws: 100, ..Bootstrap::default() },
        ..BenchOptions::new(vec!["en".into(), "zh".into()])
    }
}

/// Holds it, going on with a file, which has what was measured after it.
fn held_on(
    toy: &Toy,
    editors: &[Toyish],
    options: &BenchOptions,
    file: &Mutex<Vec<u8>>,
    watch: &Watch<'_>,
) -> Result<BenchReport, StudyError> {
    let editors: Vec<&dyn Editor> = editors.iter().map(|editor| editor as &dyn Editor).collect();
    let (known, whole) = read(&file.lock().expect("no panic")).expect("a bench's rows");
    file.lock().expect("no panic").truncate(whole);
    let keep = |rows: &[kndb_study::editbench::BenchRow]| {
        let mut file = file.lock().expect("no panic");
        append(rows, options.columns(), file.is_empty(), &mut *file)
    };
    let model = Says(Box::new(unedited));
    let subject = Subject { model: &model, name: "toy", identity: "weights" };
    bench(&toy.store, subject, &editors, options, Kept { place: "b.csv", known, keep: &keep }, watch)
}

/// One for all tests: nobody writes to it.
static TOY: LazyLock<Toy> = LazyLock::new(|| toy_of(&FACTS));

fn held(editors: &[Toyish], options: &BenchOptions, threads: usize) -> Result<BenchReport, StudyError> {
    unwatched(threads, |watch| held_on(&TOY, editors, options, &Mutex::default(), watch))
}

fn cell<'r>(report: &'r BenchReport, language: &str, method: &str, edits: usize) -> &'r Cell {
    let is = |cell: &&Cell| (&*cell.language, &*cell.method, cell.edits) == (language, method, edits);
    report.cells.iter().find(is).expect("the cell")
}
