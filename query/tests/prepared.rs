//! Prepared statements: the same answers as anew, never of an older commit than there is.

mod toy;

use kndb_query::{
    Batch, BatchSink, ErrorKind, Interrupt, Note, Outcome, Parameters, Prepared, QueryError, Settings, parse, stream,
};
use kndb_storage::{Entry, EntryData, Neuron, RunSpec, Store};
use std::ops::ControlFlow;
use toy::{SHAPE, Toy};

/// Rows as text, with the notes beside them.
#[derive(Debug, Default, PartialEq)]
struct Text(Vec<String>);

impl BatchSink for Text {
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        for row in 0..batch.rows() {
            let values =
                (0..batch.data().len()).map(|column| batch.value(row, column).map(|value| format!("{value:?}")));
            self.0.push(values.collect::<Result<Vec<_>, _>>()?.join(" "));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.0.push(note.text.clone());
        Ok(())
    }
}

fn settings() -> Settings {
    Settings { run: Some("bert, en".into()), ..Settings::default() }
}

fn rows(prepared: &Prepared, parameters: &Parameters) -> Text {
    let mut text = Text::default();
    prepared.stream(parameters, &mut text).expect("an answer");
    text
}

fn prepared(store: &Store, text: &str) -> Prepared {
    Prepared::new(store, settings(), text).expect("a statement")
}

#[test]
fn every_sentence_is_answered_alike_however_often_it_is_run() {
    let toy = Toy::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let mut answered = 0;
    for file in std::fs::read_dir(folder).expect("the sentences") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a sentence");
        // Times are not the same twice, and sets are saved and dropped once.
        if ["explain", "let", "drop"].iter().any(|word| text.trim_start().starts_with(word)) {
            continue;
        }
        let statement = parse(&text).expect("a statement");
        let mut expected = Text::default();
        let found = stream(&toy.store, &settings(), &statement, &mut expected);
        let prepared = prepared(&toy.store, &text);
        for _ in 0..3 {
            let mut again = Text::default();
            match (&found, prepared.stream(&Parameters::default(), &mut again)) {
                (Ok(outcome), Ok(same)) => assert_eq!((outcome, &expected), (&same, &again), "{text}"),
                (Err(error), Err(same)) => assert_eq!(error.to_string(), same.to_string(), "{text}"),
                (found, other) => panic!("{text}: {found:?}, {other:?}"),
            }
        }
        answered += usize::from(found.is_ok());
    }
    assert!(answered > 30, "only {answered} answers");
}

#[test]
fn a_commit_of_another_handle_is_seen_by_the_next_run() {
    let toy = Toy::new();
    let reader = Store::open_read_only(toy.store.path()).expect("a store");
    let statement = prepared(&reader, "kn[lang=en] by layer");
    let before = rows(&statement, &Parameters::default());
    assert_eq!(rows(&statement, &Parameters::default()), before);
    let spec = RunSpec { language_taus: vec![("zh".to_owned(), 0.2)], ..RunSpec::new("bert, en", "bert", SHAPE) };
    let run = toy.store.open_run(spec).expect("the run");
    for number in 0..5 {
        let data = EntryData::Neurons(vec![Neuron(number)]);
        let entry = Entry { fact: format!("new {number}"), language: "en".into(), prompt: 0, data };
        let mut expected = Text::default();
        run.append(entry).expect("an entry");
        stream(&toy.store, &settings(), statement.statement(), &mut expected).expect("an answer");
        assert_ne!(expected, before);
        assert_eq!(rows(&statement, &Parameters::default()), expected, "commit {number}");
    }
}

#[test]
fn a_set_that_is_saved_anew_is_the_one_that_is_asked() {
    let toy = Toy::new();
    let save = |text: &str| drop(rows(&prepared(&toy.store, text), &Parameters::default()));
    save("let some = kn[lang=en] & neurons(9:852)");
    let statement = prepared(&toy.store, "@some by layer");
    assert_eq!(rows(&statement, &Parameters::default()).0.len(), 1);
    save("let some = kn[lang=en]");
    assert_eq!(rows(&statement, &Parameters::default()).0.len(), 4, "layers 3, 7, 9, 11");
}

#[test]
fn each_run_has_the_values_that_it_is_given() {
    let toy = Toy::new();
    let statement = prepared(&toy.store, "kn[lang=$l, tau=$t] by lang");
    assert_eq!(statement.parameters(), ["l", "t"]);
    let given = |language: &str, tau: f64| Parameters::default().with("l", language).with("t", tau);
    for (language, tau) in [("en", 0.3), ("zh", 0.3), ("zh", 0.7), ("en", 0.3), ("en", 0.3)] {
        let text = format!("kn[lang={language}, tau={tau}] by lang");
        let expected = rows(&prepared(&toy.store, &text), &Parameters::default());
        assert_eq!(rows(&statement, &given(language, tau)), expected, "{text}");
    }
    let mut nothing = Text::default();
    let error = statement.stream(&Parameters::default().with("l", "en"), &mut nothing).expect_err("no value");
    assert_eq!(error.kind, ErrorKind::Syntax);
    let error = statement.stream(&given("en", 0.3).with("m", "en"), &mut nothing).expect_err("no such parameter");
    assert_eq!((error.kind, nothing.0.len()), (ErrorKind::Name, 0));
}

#[test]
fn several_threads_run_one_statement() {
    let toy = Toy::new();
    let statement = prepared(&toy.store, "kn[lang=$l] by layer");
    let given = |language: &str| Parameters::default().with("l", language);
    let expected = ["en", "zh"].map(|language| rows(&statement, &given(language)));
    std::thread::scope(|scope| {
        for (language, expected) in ["en", "zh", "en", "zh"].into_iter().zip(expected.iter().cycle()) {
            let statement = &statement;
            scope.spawn(move || (0..50).for_each(|_| assert_eq!(rows(statement, &given(language)), *expected)));
        }
    });
}

#[test]
fn what_is_no_query_is_carried_out_too() {
    let toy = Toy::new();
    let (mut text, none) = (Text::default(), Parameters::default());
    let saved = prepared(&toy.store, "let a = kn[lang=en]").stream(&none, &mut text).expect("saved");
    assert!(matches!(saved, Outcome::Saved { .. }));
    let explained = prepared(&toy.store, "explain kn by layer").stream(&none, &mut text).expect("a plan");
    assert!(matches!(explained, Outcome::Explained(_)));
    assert!(matches!(prepared(&toy.store, "drop a").stream(&none, &mut text), Ok(Outcome::Dropped { .. })));
}

#[test]
fn a_flag_stops_a_prepared_statement_and_lets_it_run_again() {
    let toy = Toy::new();
    let interrupt = Interrupt::default();
    let settings = Settings { interrupt: interrupt.clone(), ..settings() };
    let statement = Prepared::new(&toy.store, settings, "kn[lang=en]").expect("a statement");
    let expected = rows(&statement, &Parameters::default());
    interrupt.set();
    let error = statement.stream(&Parameters::default(), &mut Text::default()).expect_err("it is to stop");
    assert_eq!(error.kind, ErrorKind::Interrupted);
    interrupt.clear();
    assert_eq!(rows(&statement, &Parameters::default()), expected);
}

#[test]
fn a_limit_of_memory_counts_what_the_plan_holds() {
    let toy = Toy::new();
    drop(rows(&prepared(&toy.store, "let a = kn[lang=en]"), &Parameters::default()));
    let settings = Settings { memory: Some(1_000), ..settings() };
    let statement = Prepared::new(&toy.store, settings, "@a by neuron").expect("a statement");
    for _ in 0..2 {
        let found = statement.stream(&Parameters::default(), &mut Text::default());
        let anew = stream(
            &toy.store,
            &Settings { memory: Some(1_000), ..Settings::default() },
            statement.statement(),
            &mut Text::default(),
        );
        assert_eq!(found.map_err(|error| error.to_string()), anew.map_err(|error| error.to_string()));
    }
}

#[test]
fn a_snapshot_is_asked_as_it_was_with_the_sets_that_it_had() {
    let toy = Toy::new();
    let save = |text: &str| drop(rows(&prepared(&toy.store, text), &Parameters::default()));
    save("let some = kn[lang=en] & neurons(9:852)");
    let before = toy.store.snapshot().expect("a snapshot");
    save("let some = kn[lang=en]");
    let statement = prepared(&toy.store, "@some by layer");
    let mut found = Text::default();
    statement.stream_at(&before, &Parameters::default(), &mut found).expect("an answer");
    assert_eq!((found.0.len(), rows(&statement, &Parameters::default()).0.len()), (1, 4));
    let saving = prepared(&toy.store, "let other = kn[lang=en]");
    let error = saving.stream_at(&before, &Parameters::default(), &mut found).expect_err("no query");
    assert_eq!(error.kind, ErrorKind::Kind);
}
