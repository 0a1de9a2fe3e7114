//! `role` and `mean`: runs whose units have names, worked out by hand.
//!
//! A model of 2 layers, whose units are `first`, `middle` and `last`. Fact `a` has all of them; `b`, of a short prompt, has no `middle`.
//!
//! | fact, prompt | layer | first | middle | last |
//! |---|---|---|---|---|
//! | `a`, 0 | 0 | 0.5 | −0.25 | 0.0 |
//! | | 1 | 0.125 | 0.25 | 0.75 |
//! | `a`, 1 | 0 | 0.25 | 0.0 | 0.0 |
//! | | 1 | 0.125 | 0.5 | 0.25 |
//! | `b`, 0 | 0 | 0.0 | | 0.0 |
//! | | 1 | −0.5 | | 0.5 |

mod toy;

use kndb_query::{QueryError, Settings, complete::Names};
use kndb_storage::{Entry, EntryData, Keep, Neuron, OnConflict, RunSpec, ScoreValues, Scores, Shape, Store, UNITS};
use toy::answer::Answer;

const ROLES: &str = "first,middle,last";

struct Traced {
    store: Store,
    _folder: tempfile::TempDir,
}

fn entry(fact: &str, prompt: u16, scores: &[(u32, f32)]) -> Entry {
    let (neurons, scores) = scores.iter().map(|&(unit, score)| (Neuron(unit), score)).unzip();
    let values = ScoreValues::Sparse { neurons, scores, floor: f32::NEG_INFINITY };
    let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
    Entry { fact: fact.into(), language: "en".into(), prompt, data }
}

impl Traced {
    /// The run above; one of other names, of another model; one of neurons; and one that keeps the best alone.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let write = |name: &str, model: &str, units: Option<&str>, keep: Keep, entries: &[Entry]| {
            let mut spec = RunSpec { keep, tau: 0.0, ..RunSpec::new(name, model, Shape { layers: 2, width: 3 }) };
            spec.parameters.extend(units.map(|units| (UNITS.to_owned(), units.to_owned())));
            let run = store.open_run(spec).expect("a run");
            run.append_batch(entries, OnConflict::Refuse).expect("entries");
            run.finish().expect("the end");
        };
        let entries = [
            entry("a", 0, &[(0, 0.5), (1, -0.25), (2, 0.0), (3, 0.125), (4, 0.25), (5, 0.75)]),
            entry("a", 1, &[(0, 0.25), (1, 0.0), (2, 0.0), (3, 0.125), (4, 0.5), (5, 0.25)]),
            entry("b", 0, &[(0, 0.0), (2, 0.0), (3, -0.5), (5, 0.5)]),
        ];
        write("trace", "toy by role", Some(ROLES), Keep::All, &entries);
        write("other", "toy by role", Some("one,two,three"), Keep::All, &entries[..1]);
        write("plain", "toy by role", None, Keep::All, &entries[..1]);
        write("best", "toy by role", Some(ROLES), Keep::Share(0.1), &entries[..1]);
        Self { store, _folder: folder }
    }

    fn ask(&self, text: &str) -> Result<Answer, QueryError> {
        Answer::of(&self.store, &Settings { run: Some("trace".into()), ..Settings::default() }, text)
    }

    fn rows(&self, text: &str) -> Vec<String> {
        let answer = self.ask(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        answer.texts().iter().map(|row| row.join(" ")).collect()
    }

    fn refused(&self, text: &str) -> String {
        match self.ask(text) {
            Ok(answer) => panic!("{text}: {:?}", answer.rows),
            Err(error) => format!("{error}; {}", error.hint.as_deref().unwrap_or_default()),
        }
    }
}

#[test]
fn rows_by_layer_and_role_have_the_mean_over_every_entry_that_has_the_role() {
    let traced = Traced::new();
    // Pairs, facts, neurons, share: of the pairs with scores other than 0. The mean counts zeros, and leaves out the role that `b` lacks.
    assert_eq!(
        traced.rows("kn[sign=any] by layer, role order by layer, role, mean"),
        [
            "0 first 1 1 1 0.1429 0.25",
            "0 middle 1 1 1 0.1429 -0.125",
            "1 first 2 2 1 0.2857 -0.083333336",
            "1 middle 1 1 1 0.1429 0.375",
            "1 last 2 2 1 0.2857 0.5",
            // `last` of layer 0 is 0 everywhere, and has no row.
        ]
    );
    // In the order of the means, the largest first: not of their sizes.
    let answer = traced.ask("kn[sign=any] by layer, role order by mean").expect("an answer");
    assert_eq!(answer.columns, ["layer", "role", "pairs", "facts", "neurons", "share", "mean"]);
    let names: Vec<String> = answer.texts().iter().map(|row| row[..2].join(" ")).collect();
    assert_eq!(names, ["1 last", "1 middle", "0 first", "1 first", "0 middle"]);
    assert_eq!(traced.rows("kn[sign=any] by layer, role having mean >= 0.375 order by layer, role").len(), 2);
}

#[test]
fn rows_by_role_alone_count_units_of_all_layers() {
    let traced = Traced::new();
    // `first` has pairs 0:0 and 1:0 of fact a, 1:0 of b: two facts, two units. Its mean is over 6 scores.
    assert_eq!(
        traced.rows("kn[sign=any] by role order by role, mean"),
        ["first 3 2 2 0.4286 0.083333336", "middle 2 1 2 0.2857 0.125", "last 2 2 1 0.2857 0.25"]
    );
    let positive = traced.rows("kn by fact, role");
    assert_eq!(
        positive,
        ["a first 2 1 2 0.4000", "a middle 1 1 1 0.2000", "a last 1 1 1 0.2000", "b last 1 1 1 0.2000"]
    );
    assert_eq!(traced.rows("kn[prompt=0] by neuron, role order by mean top 1"), ["1 2 last 2 2 1 0.4000 0.625"]);
    assert_eq!(traced.rows("kn[sign=any] by layer order by layer, mean").len(), 2, "of rows of several units, too");
}

#[test]
fn a_condition_on_roles_keeps_units_by_their_names() {
    let traced = Traced::new();
    assert_eq!(traced.rows("kn[role=last] by layer"), ["1 2 2 1 1.0000"]);
    assert_eq!(
        traced.rows("kn[role in (first, last), layer=1, prompt=0] by fact, neuron order by score"),
        ["a 1 2 1 1 1 0.3333 0.75", "b 1 2 1 1 1 0.3333 0.5", "a 1 0 1 1 1 0.3333 0.125"]
    );
    assert_eq!(traced.rows("kn[role=*] by role"), traced.rows("kn by role"));
    let told = traced.refused("kn[role=frist]");
    assert!(told.contains("has no role \"frist\"; its roles are first, middle, last"), "{told}");
    assert!(told.contains("did you mean \"first\"?"), "{told}");
}

#[test]
fn a_listing_shows_the_role_behind_the_unit_and_goes_by_it() {
    let traced = Traced::new();
    let answer = traced.ask("kn[prompt=0, sign=any] order by role, score").expect("an answer");
    assert_eq!(answer.columns, ["fact", "relation", "subject", "object", "layer", "neuron", "role", "score"]);
    let shown: Vec<String> =
        answer.texts().iter().map(|row| [&row[0], &row[4], &row[6], &row[7]].map(String::as_str).join(" ")).collect();
    assert_eq!(
        shown,
        [
            "a 0 first 0.5",
            "b 1 first -0.5",
            "a 1 first 0.125",
            "a 0 middle -0.25",
            "a 1 middle 0.25",
            "a 1 last 0.75",
            "b 1 last 0.5"
        ]
    );
    let of_neurons = traced.ask("kn[run=plain]").expect("an answer");
    assert_eq!(of_neurons.columns, ["fact", "relation", "subject", "object", "layer", "neuron", "score"]);
    assert_eq!(traced.rows("kn[prompt=0] order by score top 1 per role").len(), 3);
}

#[test]
fn runs_without_roles_or_with_others_are_refused_with_words() {
    let traced = Traced::new();
    for text in ["kn[run=plain] by role", "kn[run=plain, role=first]", "kn[run=plain] order by role"] {
        let told = traced.refused(text);
        assert!(told.contains("run \"plain\" has no roles: its units are neurons"), "{text}: {told}");
    }
    let told = traced.refused("kn[run in (trace, other)] by layer, role");
    assert!(told.contains("have other roles each: first, middle, last and one, two, three"), "{told}");
    assert!(traced.refused("kn[sign=any] by role having role > 1").contains("`kn[role=…]`"));
    // It is a name of a unit; rows by it are no set.
    assert!(traced.refused("(kn by role) by layer").contains("are no set"));
}

#[test]
fn a_mean_is_refused_where_it_would_not_be_one_of_all_scores() {
    let traced = Traced::new();
    let told = traced.refused("kn[run=best] by role order by mean");
    assert!(told.contains("run \"best\" keeps") && told.contains("`--keep all`"), "{told}");
    for text in ["kn by fact, role order by mean", "kn by size having mean > 0"] {
        assert!(traced.refused(text).contains("`mean` is one over facts"), "{text}");
    }
    assert!(traced.refused("likn by role order by mean").contains("still knows its entries"));
    assert!(traced.refused("kn | kn by layer order by mean").contains("still knows its entries"));
    assert!(traced.refused("kn by role having mean > 10%").contains("takes no percentage"));
}

#[test]
fn filters_of_facts_and_units_hold_for_means_as_well() {
    let traced = Traced::new();
    assert_eq!(
        traced.rows("kn[sign=any, fact=b] by role order by role, mean"),
        ["first 1 1 1 0.5000 -0.25", "last 1 1 1 0.5000 0.25"]
    );
    let least = traced.rows("kn[sign=any, layer=1] by role order by role, mean");
    assert_eq!(least[0], "first 2 2 1 0.4000 -0.083333336");
    assert_eq!(traced.rows("kn[sign=any] & neurons(1:2) by role order by mean"), ["last 2 2 1 1.0000 0.5"]);
}

#[test]
fn roles_are_offered_where_they_may_stand() {
    let traced = Traced::new();
    let names = Names::of(&traced.store.snapshot().expect("a snapshot"));
    assert_eq!(names.roles, ["first", "middle", "last", "one", "two", "three"]);
}
