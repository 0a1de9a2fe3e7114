use super::*;
use kndb_query::Settings;
use kndb_storage::Store;

struct Fixture {
    sql: Sql,
    _folder: tempfile::TempDir,
}

/// A session on an empty store, with another one as `b`, and a view.
fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    Store::create(folder.path().join("other")).expect("another store");
    let settings = Settings::default();
    settings.attached.attach(&store, "b", folder.path().join("other")).expect("attached");
    let sql = Sql::new(&store, settings).expect("SQL");
    sql.query("CREATE VIEW best AS SELECT fact, score AS height FROM scores WHERE rank = 1")
        .expect("a view")
        .for_each(drop);
    Fixture { sql, _folder: folder }
}

fn offered_between(before: &str, after: &str) -> Vec<String> {
    match fixture().sql.offers(before, after) {
        Offered::Words(_, words) => words,
        other => panic!("{before}: {other:?}"),
    }
}

fn offered(before: &str) -> Vec<String> {
    offered_between(before, "")
}

#[test]
fn tables_stand_behind_from_and_join() {
    assert_eq!(offered("SELECT * FROM sc"), ["scores"]);
    assert_eq!(offered("select * from scores join la"), ["labels"]);
    assert_eq!(offered("SELECT * FROM facts, en"), ["entries"]);
    assert_eq!(offered("SELECT * FROM be"), ["best"]);
    assert_eq!(offered("DESCRIBE ru"), ["runs"]);
    assert_eq!(offered("SELECT * FROM k"), ["kn('", "kndb('"]);
    assert_eq!(offered("SELECT * FROM b"), ["b.", "best"]);
    assert_eq!(offered("SELECT * FROM b.sc"), ["scores"]);
}

#[test]
fn columns_are_those_of_the_tables_that_are_named() {
    assert_eq!(offered_between("SELECT sh", " FROM scores"), ["share"]);
    assert_eq!(offered_between("SELECT hei", " FROM best"), ["height"]);
    assert_eq!(offered("SELECT * FROM scores s WHERE s.ra"), ["rank"]);
    assert_eq!(offered("SELECT * FROM scores AS s JOIN b.labels l ON s.fact = l.su"), ["subject"]);
    assert_eq!(offered("SELECT * FROM labels WHERE repl"), ["replace(", "replaced"]);
    // Of a table that is not named yet.
    assert_eq!(offered("SELECT subject_u"), ["subject_uri"]);
    assert!(offered("SELECT * FROM facts f WHERE f.sco").is_empty());
}

#[test]
fn words_and_functions_are_written_as_somebody_writes() {
    assert_eq!(offered("SELECT row_nu"), ["row_number("]);
    assert_eq!(offered("SEL"), ["SELECT"]);
    assert_eq!(offered("sel"), ["select"]);
    assert_eq!(offered("SELECT fact FROM scores GRO"), ["GROUP BY", "grouping("]);
    assert_eq!(offered("select fact from scores wher"), ["where"]);
    assert_eq!(offered("SELECT medi"), ["median("]);
}

#[test]
fn a_text_is_a_statement_or_a_value() {
    let sql = fixture().sql;
    assert_eq!(sql.offers("SELECT * FROM likn('lang=", ""), Offered::Own("likn[lang=".into()));
    assert_eq!(sql.offers("SELECT * FROM KNDB('kn[lang=en] by ", ""), Offered::Own("kn[lang=en] by ".into()));
    let value = |column: &str, start| Offered::Value { column: column.into(), start };
    assert_eq!(sql.offers("SELECT * FROM scores WHERE lang = 'e", ""), value("lang", 35));
    assert_eq!(sql.offers("SELECT * FROM scores s WHERE s.run IN ('a', 'b", ""), value("run", 45));
    assert_eq!(sql.offers("SELECT 1 -- sco", ""), Offered::Words(9, Vec::new()));
    assert_eq!(sql.offers("SELECT 'a' || 'b", ""), Offered::Words(14, Vec::new()));
}

#[test]
fn words_are_put_in_place_of_what_is_typed() {
    assert_eq!(fixture().sql.offers("SELECT * FROM sc", ""), Offered::Words(14, vec!["scores".into()]));
    assert_eq!(fixture().sql.offers("SELECT * FROM b.sc", ""), Offered::Words(16, vec!["scores".into()]));
}
