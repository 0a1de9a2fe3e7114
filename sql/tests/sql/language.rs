//! SQL and kndb's own language give the same answers.

use crate::world::{WORLD, asked};
use kndb_query::{Settings, execute, parse};
use kndb_sql::SqlError;
use std::ops::ControlFlow;

/// Rows of a statement of kndb's own language, as text.
#[derive(Default)]
struct Rows(Vec<Vec<String>>);

impl kndb_query::Sink for Rows {
    fn columns(&mut self, _: &[kndb_query::Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[kndb_query::Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        use kndb_query::Value;
        let spelled = |value: &Value<'_>| match value {
            Value::Null => String::new(),
            Value::Text(text) | Value::Spelled(text) => text.to_string(),
            Value::Integer(number) => number.to_string(),
            Value::Score(score) => format!("{score:?}"),
            Value::Ratio(ratio) => format!("{ratio:?}"),
        };
        self.0.push(row.iter().map(spelled).collect());
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn own(text: &str) -> Vec<Vec<String>> {
    let mut rows = Rows::default();
    execute(&WORLD.store, &Settings::default(), &parse(text).expect("a statement"), &mut rows).expect("rows");
    rows.0
}

fn ordered(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

#[test]
fn a_function_has_the_rows_of_its_statement() {
    for text in [
        "kn[lang=en, run=one]",
        "likn[run=one] by layer",
        "kn[run=one] by fact, neuron, lang",
        "similarity(kn[run=one, lang=en], kn[run=one, lang=zh]) by fact",
        "facts of kn[run=one]",
        "entries[run=one] by relation",
    ] {
        let sql = asked(&WORLD.sql, &format!("SELECT * FROM kndb('{text}')"));
        assert_eq!(sql, own(text), "{text}");
    }
    assert_eq!(
        asked(&WORLD.sql, "SELECT * FROM kn('run=one, lang=zh, tau=0.5')"),
        own("kn[run=one, lang=zh, tau=0.5]")
    );
    assert_eq!(asked(&WORLD.sql, "SELECT * FROM likn('run=one')"), own("likn[run=one]"));
}

#[test]
fn shares_of_scores_are_the_sets_of_the_language() {
    // No share of this store lies at 0.3, so that rounding decides nothing.
    let sql = "SELECT fact, layer, neuron FROM scores WHERE run = 'one' AND lang = 'en' AND prompt = 0 AND share > 0.3";
    let own: Vec<Vec<String>> = own("kn[run=one, lang=en, prompt=0, tau=0.3] by fact, neuron")
        .into_iter()
        .map(|row| row[..3].to_vec())
        .collect();
    assert!(own.len() > 20);
    assert_eq!(ordered(asked(&WORLD.sql, sql)), ordered(own));
}

#[test]
fn counts_by_layer_are_those_of_the_language() {
    let sql = "
        SELECT layer, count(*) AS pairs, count(DISTINCT fact) AS facts, count(DISTINCT neuron) AS neurons
        FROM kn('run=one, lang=en') GROUP BY layer ORDER BY layer";
    let own: Vec<Vec<String>> = own("kn[run=one, lang=en] by layer").into_iter().map(|row| row[..4].to_vec()).collect();
    assert_eq!(asked(&WORLD.sql, sql), own);
}

#[test]
fn what_is_wrong_with_a_statement_within_is_said_with_its_text() {
    let Err(SqlError::Query { error, text }) = WORLD.sql.query("SELECT * FROM kn('lang=en, tau=x')") else {
        panic!("no error of a query");
    };
    assert_eq!(text, "kn[lang=en, tau=x]");
    assert!(error.span.is_some(), "{error}");
    for wrong in ["kndb()", "kndb(1)", "kn('a', 'b')", "kndb('drop x')", "kndb('let a = kn')"] {
        let Err(error) = WORLD.sql.query(&format!("SELECT * FROM {wrong}")) else { panic!("{wrong}") };
        assert!(error.hint().is_some(), "{wrong}: {error}");
    }
}
