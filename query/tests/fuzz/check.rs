//! What must hold of the front end's answer to any text. The libFuzzer target `query` of `fuzz/` uses this file, too.

use kndb_query::{QueryError, is_complete, parse, parse_script, split};

fn check_error(text: &str, error: &QueryError) {
    let labels = error.labels.iter().map(|label| label.span);
    for span in error.span.into_iter().chain(labels) {
        assert!(text.get(span.range()).is_some(), "{span:?}");
    }
    assert!(error.span.is_some() && !error.reason.is_empty());
    // A text of a megabyte is not said again.
    assert!(error.reason.len() < 4_000, "{} bytes of reason", error.reason.len());
}

/// Parsed, and printed as what means the same; or refused with an error that points into the text.
pub fn check(text: &str) {
    match parse(text) {
        Err(error) => check_error(text, &error),
        Ok(statement) => {
            let canonical = statement.to_string();
            let again = parse(&canonical).map(|again| again.to_string());
            assert_eq!(again.ok().as_ref(), Some(&canonical), "what is printed means the same");
        }
    }
    is_complete(text);
    let pieces = split(text);
    match parse_script(text) {
        Err(error) => check_error(text, &error),
        Ok(statements) => assert_eq!(statements.len(), pieces.len()),
    }
}
