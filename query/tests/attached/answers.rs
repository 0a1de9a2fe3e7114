//! What a question to two stores answers.

use super::stores::{F1, F2, F9, SHAPE, Two, write};
use kndb_query::Settings;
use kndb_storage::{Entry, EntryData, FactBatch, FactRow, RunSpec, ScoreValues, Scores};

#[test]
fn facts_are_the_same_by_their_id_and_not_by_their_number() {
    let two = Two::new();
    assert_eq!(two.rows("facts of kn & facts of a::kn"), ["f2 P36 Peru Lima", "f3 P37 France French"]);
    assert_eq!(two.rows("facts of kn - facts of a::kn"), ["f1 P36 France Paris"]);
    assert_eq!(two.rows("kn & a::kn"), ["f2 P36 Peru Lima 0 3", "f3 P37 France French 1 1"]);
    assert_eq!(two.rows("kn - a::kn by fact"), ["f1 2 1 2 0.667", "f2 1 1 1 0.333"]);
}

#[test]
fn facts_that_the_store_in_hand_does_not_have_are_facts_too() {
    let two = Two::new();
    assert_eq!(two.rows("facts of a::kn - facts of kn"), ["f9 P36 Japan Tokyo"]);
    assert_eq!(two.rows("(facts of a::kn | facts of kn) by relation"), ["P36 3 0.750", "P37 1 0.250"]);
    assert_eq!(
        two.rows("a::kn - kn"),
        ["f3 P37 France French 1 2", "f9 P36 Japan Tokyo 0 2", "f9 P36 Japan Tokyo 1 3"]
    );
    assert_eq!(
        two.rows("(a::kn | kn) by relation, layer having layer = 1"),
        ["P36 1 1 1 1 0.125", "P37 1 2 1 2 0.250"]
    );
    // Those of the store in hand are asked for with `& facts`.
    assert_eq!(two.rows("(a::kn - kn) & facts"), ["f3 P37 France French 1 2"]);
}

#[test]
fn a_question_to_one_attached_store_is_answered_as_if_that_were_open() {
    let two = Two::new();
    let alone = |text: &str| {
        let mut told = super::stores::Told::default();
        let statement = kndb_query::parse(text).expect("a statement");
        kndb_query::execute(&two.other, &Settings::default(), &statement, &mut told).expect("an answer");
        told.rows
    };
    for text in [
        "kn",
        "kn by layer",
        "kn by lang",
        "kn[lang=zh] & kn[lang=en]",
        "kn[lang=*, langs>=2]",
        "(kn by neuron having facts >= 30%) by layer",
        "similarity(kn) between lang",
        "facts of kn[relation=P36]",
        "facts[subject=\"Japan\"]",
        "entries by lang",
        "kn & neurons(1:*) by neuron",
    ] {
        let named = text.replace("kn", "a::kn").replace("facts[", "a::facts[").replace("entries", "a::entries");
        assert_eq!(two.rows(&named), alone(text), "{named}");
        assert!(!two.rows(&named).is_empty(), "{named}");
    }
}

#[test]
fn similarity_compares_facts_that_both_stores_have() {
    let two = Two::new();
    // f2: {2, 3} and {3}; f3: {5} and {5, 6}. f1 and f9 have no partner.
    let rows = two.rows("similarity(kn[lang=en], a::kn[lang=en]) by relation");
    let begins: Vec<String> = rows.iter().map(|row| row.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(begins, ["P36 0.500", "P37 0.500"]);
    assert_eq!(two.rows("(similarity(kn[lang=en], a::kn[lang=en]) by fact having similarity >= 0.5)").len(), 2);
}

#[test]
fn a_share_of_facts_is_one_of_those_that_either_store_was_asked() {
    let two = Two::new();
    // f1, f2, f3, f9 were asked; neuron 2 is of f1, f2 and f9.
    assert_eq!(two.rows("(kn[lang=en] | a::kn[lang=en]) by neuron having facts >= 75%"), ["0 2 3 3 1 0.375 4 0.750"]);
    // Of those of the attached store alone one of three.
    assert_eq!(two.rows("(a::kn[lang=en] by neuron having facts <= 34%) & neurons of kn").len(), 3);
}

#[test]
fn neurons_and_rows_of_an_attached_store_are_sets_as_any() {
    let two = Two::new();
    assert_eq!(
        two.rows("kn & neurons of a::kn[relation=P36]"),
        ["f1 P36 France Paris 0 2", "f2 P36 Peru Lima 0 2", "f2 P36 Peru Lima 0 3"]
    );
    assert_eq!(two.rows("kn & (a::kn by fact having neurons = 1)"), ["f2 P36 Peru Lima 0 2", "f2 P36 Peru Lima 0 3"]);
    assert_eq!(two.rows("kn - a::(kn[lang=en] - kn[lang=zh])").len(), 3);
    assert_eq!(two.rows("kn & facts of a::entries[lang=zh]").len(), 0);
    assert_eq!(two.rows("facts of a::entries[lang=zh] | facts of kn[lang=zh]").len(), 2);
}

#[test]
fn saved_sets_and_runs_are_those_of_the_store_that_is_named() {
    let two = Two::new();
    let there = Settings { ..Settings::default() };
    let save = kndb_query::parse("let chosen = kn[relation=P36]").expect("a statement");
    kndb_query::execute(&two.other, &there, &save, &mut super::stores::Told::default()).expect("a set");
    assert_eq!(two.rows("a::@chosen by fact").len(), 2);
    assert_eq!(two.rows("kn & a::@chosen"), ["f2 P36 Peru Lima 0 3"]);
    assert_eq!(two.rows("facts of kn[run=here] & facts of a::kn[run=there]").len(), 2);
    // The session's run is one of the store in hand.
    write(&two.here, RunSpec::new("more", "toy", SHAPE), &[("f2", "en", vec![3])]);
    let chosen = Settings { run: Some("more".into()), ..two.settings.clone() };
    let mut told = super::stores::Told::default();
    let statement = kndb_query::parse("kn & a::kn").expect("a statement");
    kndb_query::execute(&two.here, &chosen, &statement, &mut told).expect("an answer");
    assert_eq!(told.rows, ["f2 P36 Peru Lima 0 3"]);
}

#[test]
fn three_stores_know_a_fact_that_is_not_in_hand_as_one() {
    let two = Two::new();
    let third = kndb_storage::Store::create(two.path("third")).expect("a store");
    super::stores::add(&third, &[F1, F2, F9]);
    write(&third, RunSpec::new("third", "toy", SHAPE), &[("f9", "en", vec![7]), ("f2", "en", vec![3])]);
    two.settings.attached.attach(&two.here, "b", third.path()).expect("attaches");
    assert_eq!(two.rows("a::kn & b::kn"), ["f2 P36 Peru Lima 0 3", "f9 P36 Japan Tokyo 1 3"]);
    assert_eq!(two.rows("(facts of a::kn & facts of b::kn) - facts of kn"), ["f9 P36 Japan Tokyo"]);
}

#[test]
fn labels_come_from_the_store_in_hand_else_from_the_attached_one() {
    let two = Two::of(&[], &[("f1", "P36", "Frankreich", "Paris"), F9]);
    let row = FactRow {
        id: "f1".into(),
        relation: "P36".into(),
        language: "en".into(),
        subject: "France".into(),
        object: "Paris".into(),
        subject_uri: None,
        object_uri: None,
    };
    two.here.add_facts(FactBatch { facts: vec![row], ..FactBatch::default() }).expect("facts");
    // f2 has an id alone here, and none there.
    write(
        &two.here,
        RunSpec::new("here", "toy", SHAPE),
        &[("f1", "en", vec![1]), ("f9", "en", vec![1]), ("f2", "en", vec![1])],
    );
    write(&two.other, RunSpec::new("there", "toy", SHAPE), &[("f1", "en", vec![1]), ("f9", "en", vec![1])]);
    assert_eq!(two.rows("kn & a::kn"), ["f1 P36 France Paris 0 1", "f9 P36 Japan Tokyo 0 1"]);
    assert_eq!(two.rows("a::kn by subject order by subject"), ["France 1 1 1 0.500", "Japan 1 1 1 0.500"]);
    assert_eq!(two.rows("kn by fact").len(), 3, "and without the attached store as ever");
}

#[test]
fn scores_are_shown_where_one_store_alone_is_asked() {
    let two = Two::of(&[F2], &[F9, F2]);
    let scored = |fact: &str, scores: [f32; 8]| {
        let values = ScoreValues::Dense(scores.to_vec());
        let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
        Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }
    };
    for store in [&two.here, &two.other] {
        let run = store.open_run(RunSpec::new("r", "toy", SHAPE)).expect("a run");
        run.append(scored("f2", [0.0, 0.9, 0.0, 0.5, 0.0, 0.0, 0.0, 0.1])).expect("an entry");
        run.finish().expect("the end");
    }
    assert_eq!(two.rows("a::kn order by score top 1"), ["f2 P36 Peru Lima 0 1 0.9"]);
    assert_eq!(two.rows("kn - a::kn[tau=0.6] order by score"), ["f2 P36 Peru Lima 0 3 0.5"]);
    let (reason, _) = two.refusal("a::kn - kn[tau=0.6] order by score");
    assert!(reason.contains("score"), "{reason}");
}

#[test]
fn explain_says_which_store_answers() {
    let two = Two::new();
    let explained = |text: &str| match two.outcome(text).expect("a plan") {
        kndb_query::Outcome::Explained(text) => text,
        other => panic!("{other:?}"),
    };
    let alone = explained("explain a::kn by layer");
    assert!(alone.starts_with("in store a: count by layer"), "{alone}");
    let both = explained("explain kn & a::kn");
    assert!(both.contains("a::kn (found first): pairs of 3 facts"), "{both}");
    assert!(both.contains("run \"there\", en, prompt 0: 3 facts"), "{both}");
    assert!(explained("explain facts of kn - facts of a::kn").contains("a::(facts of kn): 3 facts"));
}

#[test]
fn parameters_stand_in_sets_of_attached_stores() {
    let two = Two::new();
    let statement = kndb_query::parse("a::kn[lang=$l] - kn").expect("a statement");
    let bound = statement.bind(&kndb_query::Parameters::default().with("l", "zh")).expect("a value");
    let mut told = super::stores::Told::default();
    kndb_query::execute(&two.here, &two.settings, &bound, &mut told).expect("an answer");
    assert_eq!(told.rows, ["f9 P36 Japan Tokyo 1 3"]);
}

#[test]
fn notes_say_what_one_side_has_no_entry_of() {
    let two = Two::new();
    assert_eq!(two.notes("kn & a::kn"), ["2 of 4 facts have entries on both sides of `&`"]);
    assert_eq!(
        two.notes("facts of kn - facts of a::kn"),
        ["2 of the 3 facts on the left of `-` have entries on the right, too; of the others nothing is taken away"]
    );
}

#[test]
fn notes_of_an_attached_store_say_so() {
    let two = Two::new();
    let run = two.other.open_run(RunSpec::new("open", "toy", SHAPE)).expect("a run");
    let data = EntryData::Neurons(vec![kndb_storage::Neuron(3)]);
    run.append(Entry { fact: "f2".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let said = "store a: run \"open\" is not finished, so facts may be missing: what fills it goes on where it is started again";
    assert!(two.notes("a::kn[run=open]").contains(&said.to_owned()));
    assert!(two.notes("kn & a::kn[run=open]").contains(&said.to_owned()));
}

#[test]
fn a_fact_of_one_id_that_says_something_else_in_each_store_is_told_of() {
    let two = Two::of(&[F1, F2], &[("f1", "P36", "Italy", "Rome"), F2]);
    for store in [&two.here, &two.other] {
        write(store, RunSpec::new("r", "toy", SHAPE), &[("f1", "en", vec![1]), ("f2", "en", vec![2])]);
    }
    let notes = two.notes("kn & a::kn");
    assert_eq!(
        notes,
        [
            "store a: of the facts of these sets both stores have 2, and 1 of them say something else there, such as fact \"f1\" (\"Italy\" – \"Rome\" there, \
          \"France\" – \"Paris\" here): facts are the same where their ids are"
        ]
    );
}
