//! No text makes the front end panic, errors point into the text, and `split` agrees with the
//! parser about where statements end.

use kndb_query::{QueryError, is_complete, parse, parse_script, split};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const PIECES: [&str; 95] = [
    "kn",
    "likn",
    "dkn",
    "facts",
    "neurons",
    "of",
    "similarity",
    "between",
    "against",
    "chance",
    "others",
    "let",
    "drop",
    "explain",
    "analyze",
    "by",
    "having",
    "order",
    "top",
    "plot",
    "t_low",
    "t_high",
    "size",
    "p_all",
    "and",
    "or",
    "in",
    "asc",
    "desc",
    "select",
    "where",
    "lang",
    "relation",
    "fact",
    "subject",
    "object",
    "run",
    "prompt",
    "layer",
    "tau",
    "score",
    "rank",
    "share",
    "pairs",
    "neuron",
    "group",
    "en",
    "P36",
    "zh-classical",
    "capitals",
    "0",
    "0.5",
    "1e-4",
    "1e999",
    "7..11",
    "20%",
    "9:852",
    "99999999999",
    ".5",
    "2nd",
    "@a",
    "@",
    "@é",
    "(",
    ")",
    "[",
    "]",
    ",",
    ";",
    ":",
    "|",
    "^",
    "&",
    "-",
    "=",
    "~",
    "<",
    "<=",
    ">",
    ">=",
    "!=",
    "==",
    "..",
    "*",
    "\"a\"",
    "'",
    "\"",
    "\\",
    "--",
    "\n",
    " ",
    "é",
    "北",
    "，",
    "\u{feff}",
];

fn check(text: &str) -> Result<(), TestCaseError> {
    if let Err(error) = parse(text) {
        check_error(text, &error)?;
    }
    let pieces = split(text);
    let mut end = 0;
    for piece in &pieces {
        prop_assert!(end <= piece.start && piece.start < piece.end);
        prop_assert!(text.get(piece.clone()).is_some());
        end = piece.end;
    }
    is_complete(text);
    match parse_script(text) {
        Err(error) => check_error(text, &error)?,
        Ok(statements) => {
            prop_assert_eq!(statements.len(), pieces.len());
            for (statement, piece) in statements.iter().zip(pieces) {
                let alone = parse(&text[piece]);
                prop_assert_eq!(alone.map(|alone| alone.to_string()).ok(), Some(statement.to_string()));
            }
        }
    }
    Ok(())
}

fn check_error(text: &str, error: &QueryError) -> Result<(), TestCaseError> {
    let labels = error.labels.iter().map(|label| label.span);
    for span in error.span.into_iter().chain(labels) {
        prop_assert!(span.start <= span.end);
        prop_assert!(text.get(span.range()).is_some(), "{:?} in {:?}", span, text);
    }
    prop_assert!(error.span.is_some());
    prop_assert!(!error.reason.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn soup_of_tokens(pieces in vec(select(&PIECES[..]), 0..20), gaps in any::<u32>()) {
        let mut text = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            text.push_str(piece);
            if gaps >> index & 1 == 1 {
                text.push(' ');
            }
        }
        check(&text)?;
    }

    #[test]
    fn conditions_of_soup(pieces in vec(select(&PIECES[..]), 0..8)) {
        check(&format!("kn[{}]", pieces.concat()))?;
        check(&format!("kn[lang=en, {}] by layer", pieces.join(" ")))?;
    }
}
