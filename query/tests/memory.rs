//! With little memory the same rows come in the same order, or a sentence.

mod toy;

use kndb_query::{ErrorKind, Outcome, Settings, execute, parse};
use kndb_storage::{Entry, EntryData, OnConflict, RunSpec, ScoreValues, Scores};
use toy::{SHAPE, Toy};

const FACTS: u32 = 9;
const NEURONS: u32 = 150;

/// A run of 9 facts with 150 scores each: 1,350 pairs.
fn store() -> Toy {
    let toy = Toy::empty();
    let run = toy.store.open_run(RunSpec::new("run", "model", SHAPE)).expect("a run");
    let entries: Vec<Entry> = (0..FACTS)
        .map(|fact| {
            let mut values = vec![0.0; (SHAPE.layers * SHAPE.width) as usize];
            for neuron in 0..NEURONS {
                let place = (neuron * 79 + fact * 13) % (SHAPE.layers * SHAPE.width);
                // Few different scores, so that ties are broken.
                values[place as usize] = 1.0 + (neuron * 7 % 11) as f32;
            }
            let scores = Scores { values: ScoreValues::Dense(values), evidence: Vec::new(), origin: None };
            let data = EntryData::Scores(scores);
            Entry { fact: format!("f{fact}"), language: "en".into(), prompt: 0, data }
        })
        .collect();
    run.job("entries", OnConflict::Refuse).expect("a job").append(&entries).expect("entries");
    toy
}

fn with(memory: Option<u64>) -> Settings {
    Settings { memory, ..Settings::default() }
}

const SORTED: [&str; 14] = [
    "kn[tau=0.01] order by score",
    "kn[tau=0.01] order by score asc, neuron desc",
    "kn[tau=0.01] top 700",
    "kn[tau=0.01] order by layer desc top 33",
    "kn[tau=0.01] order by neuron",
    "kn[tau=0.01] by fact, neuron",
    "kn[tau=0.01] by fact, neuron top 1",
    "kn[tau=0.01] by fact, neuron top 1000",
    "kn[tau=0.01] by neuron, fact",
    "kn[tau=0.01] by fact, neuron order by neuron desc",
    "kn[tau=0.01] by fact, neuron order by fact desc",
    "kn[tau=0.01] by fact, layer order by share",
    "kn[tau=0.01] by fact, layer having share > 0.005",
    "kn[tau=0.01] by fact, lang, layer having pairs > 3 order by pairs asc",
];

#[test]
fn rows_that_do_not_fit_at_once_come_all_and_in_order() {
    let toy = store();
    for text in SORTED {
        let expected = toy.run(&with(None), text).expect("rows");
        let Outcome::Rows { rows } = expected.0 else { panic!("rows of {text}") };
        assert!(rows > 32 || text.ends_with(" 1"), "{text}: {rows} rows fit at once");
        // 32 rows at a time, the fewest.
        assert_eq!(toy.run(&with(Some(1)), text).expect("rows"), expected, "{text}");
    }
}

#[test]
fn rows_of_every_sentence_are_the_same_or_are_refused() {
    let (toy, mut answered) = (Toy::new(), 0);
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    for file in std::fs::read_dir(folder).expect("the sentences") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a sentence");
        let settings = |memory| Settings { run: Some("bert, en".into()), memory, ..Settings::default() };
        // Times are not the same twice, and sets are saved once.
        if ["explain", "let", "drop"].iter().any(|word| text.trim_start().starts_with(word)) {
            continue;
        }
        let Ok(expected) = toy.run(&settings(None), &text) else { continue };
        for memory in [1, 2_000, 100_000] {
            match toy.run(&settings(Some(memory)), &text) {
                Ok(found) => {
                    assert_eq!(found, expected, "{text}");
                    answered += 1;
                }
                Err(error) => assert_eq!(error.kind, ErrorKind::Memory, "{text}: {error}"),
            }
        }
    }
    assert!(answered > 20, "only {answered} answers");
}

#[test]
fn counters_that_do_not_fit_are_refused_before_any_row() {
    let toy = store();
    struct Nothing;
    impl kndb_query::Sink for Nothing {
        fn columns(&mut self, _: &[kndb_query::Column]) -> std::io::Result<()> {
            panic!("columns of a result that is refused");
        }
        fn row(&mut self, _: &[kndb_query::Value<'_>]) -> std::io::Result<std::ops::ControlFlow<()>> {
            panic!("a row of a result that is refused");
        }
        fn end(&mut self) -> std::io::Result<()> {
            panic!("an end of a result that is refused");
        }
    }
    let statement = parse("kn[tau=0.01] by neuron, subject").expect("a statement");
    let error = execute(&toy.store, &with(Some(1_000)), &statement, &mut Nothing).expect_err("a refusal");
    assert_eq!(error.kind, ErrorKind::Memory);
    assert!(error.reason.ends_with(" of memory, and a statement may take 1000 bytes"), "{error}");
    assert!(error.hint.expect("what to do").contains("--memory"));
}

#[test]
fn a_saved_set_is_the_set_that_was_asked_for() {
    let toy = store();
    toy.run(&with(Some(1)), "let all = kn[tau=0.01]").expect("a set needs no memory for its members");
    let rows = |text: &str| toy.run(&with(None), text).expect("rows");
    assert_eq!(rows("@all by fact, neuron"), rows("kn[tau=0.01] by fact, neuron"));
    let error = toy.run(&with(Some(1_000)), "@all by layer").expect_err("1,350 members are read whole");
    assert!(error.reason.starts_with("the members of @all need at least "), "{error}");
}
