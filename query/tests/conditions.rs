//! The table of conditions: what it says can be read, and the page on the language says what it says.

use kndb_query::{ConditionKey, SourceKind, Statement, parse};
use std::path::PathBuf;

#[test]
fn every_example_of_a_condition_is_read_as_one() {
    for key in ConditionKey::ALL {
        for form in key.row().forms {
            for source in SourceKind::ALL {
                let text = format!("{source}[{form}]");
                let read = parse(&text);
                // `rank` is that of the right object in `entries`.
                let suits = ConditionKey::within(*source, key.word()).is_some_and(|key| key.suits(*source));
                assert_eq!(read.is_ok(), suits, "{text}: {read:?}");
                let Ok(Statement::Query(query)) = read else { continue };
                let source = query.only_source().expect("a source").kind;
                let key = ConditionKey::within(source, key.word()).expect("a condition");
                let condition = query.only_source().and_then(|source| source.condition(key)).expect("the condition");
                assert_eq!(
                    parse(&format!("{source}[{condition}]")).expect("its own text").to_string(),
                    query.to_string()
                );
            }
        }
    }
}

/// As in `docs/query-language.md`.
fn table() -> String {
    let mut table = "| condition | keeps | in |\n|---|---|---|\n".to_owned();
    for key in ConditionKey::ALL {
        let row = key.row();
        let quoted =
            |words: Vec<&str>, between| words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(between);
        let sources = if row.sources == SourceKind::ALL {
            "all".to_owned()
        } else {
            quoted(row.sources.iter().map(|source| source.word()).collect(), " ")
        };
        table += &format!("| {} | {} | {sources} |\n", quoted(row.forms.to_vec(), ", "), row.keeps);
    }
    table
}

#[test]
fn the_page_has_the_table_of_conditions() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/query-language.md");
    let text = std::fs::read_to_string(&page).expect("the page");
    let start = text.find("| condition | keeps | in |").expect("a table of conditions");
    let end = start + text[start..].find("\n\n").expect("a line behind the table") + 1;
    if std::env::var_os("KNDB_WRITE_DOCS").is_some() {
        std::fs::write(&page, format!("{}{}{}", &text[..start], table(), &text[end..])).expect("the page is written");
        return;
    }
    assert_eq!(text[start..end], table(), "docs/query-language.md is out of date: run `cargo xtask docs`");
}
