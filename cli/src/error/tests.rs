//! What people read of errors, and what programs get.

use super::code::FAILED;
use super::*;
use kndb_query::ErrorKind;

fn shown(error: &CliError) -> String {
    let mut messages = Vec::new();
    error.report(false, &mut messages).expect("memory takes it");
    String::from_utf8(messages).expect("messages are UTF-8")
}

#[test]
fn a_closed_pipe_is_quiet_and_ok() {
    let error = CliError::Output(io::ErrorKind::BrokenPipe.into());
    assert_eq!(error.exit_code(), 0);
    assert_eq!(shown(&error), "");
    let full = CliError::Output(io::ErrorKind::StorageFull.into());
    assert_eq!(full.exit_code(), FAILED);
    assert!(shown(&full).starts_with("error: cannot write results"));
}

#[test]
fn a_missing_store_says_how_to_make_one() {
    let error = CliError::Store(kndb_storage::Error::NotAStore { path: "my.kndb".into(), found: "nothing".into() });
    assert_eq!(error.exit_code(), FAILED);
    assert!(shown(&error).contains("hint: `kndb init my.kndb`"), "{}", shown(&error));
}

#[test]
fn a_query_error_is_drawn_with_its_place_reason_and_hint() {
    let text = "\nkn[lang=日];\nkn[lang=fr] by layer";
    let offset = text.find("kn[lang=fr").expect("it is there");
    let error = QueryError::missing((8..10).into(), "the store has no language \"fr\"").hint("it has en and zh");
    let error = CliError::Query {
        error: Box::new(error),
        statement: StatementText { origin: "a.knq".into(), text: text.into(), offset, lines_before: 40 },
    };
    let drawn = shown(&error);
    assert!(drawn.contains("a.knq:43:9"), "{drawn}");
    assert!(drawn.contains("kn[lang=fr] by layer"), "{drawn}");
    assert!(drawn.contains("the store has no language \"fr\""), "{drawn}");
    assert!(drawn.contains("it has en and zh"), "{drawn}");
    assert!(!drawn.contains('\x1b'), "{drawn}");
    assert_eq!(error.exit_code(), FAILED);
}

#[test]
fn an_error_without_a_place_is_not_drawn() {
    let error = CliError::Query {
        error: Box::new(QueryError::new(ErrorKind::Storage, "the disk is gone")),
        statement: StatementText::default(),
    };
    assert_eq!(shown(&error), "error: the disk is gone\n");
}

#[test]
fn a_hint_of_a_language_has_both_ways_out_where_there_are_two() {
    let error = |expected: &str| {
        let at = Box::new(kndb_import::Location { file: "s.npz".into(), place: kndb_import::Place::File });
        let found = "nothing that says the language, but `kinds` in an array, in which `zh` may be one".to_owned();
        CliError::Import(kndb_import::ImportError::Unexpected { at, found, expected: expected.to_owned() })
    };
    let one = shown(&error("the language to be said"));
    assert!(one.contains("hint: --lang says it") && !one.contains("--ignore"), "{one}");
    let both = shown(&error("the language to be said; or that `kinds` is named as one to leave out"));
    assert!(both.contains("hint: --lang says it") && both.contains("--ignore NAME leaves out"), "{both}");
}
