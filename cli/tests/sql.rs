//! `kndb sql`, as its users give it. What the engine answers is tested in `kndb-sql`.

mod environment;

use environment::Environment;

const COUNT: &str = "SELECT lang, count(*) AS n FROM scores GROUP BY lang ORDER BY lang";

#[test]
fn a_statement_is_answered_in_every_mode() {
    let environment = Environment::with_demo();
    let table = environment.ok(&["sql", "demo", "SELECT -1 AS n, true AS yes, [1, NULL] AS list, 'a' AS text"]).out;
    assert_eq!(
        table.lines().next().map(str::split_whitespace).map(Iterator::collect),
        Some(vec!["n", "|", "yes", "|", "list", "|", "text"])
    );
    for (mode, expected) in [
        ("csv", "n,yes,list,text\n-1,true,\"[1,null]\",a\n"),
        ("jsonl", "{\"n\":-1,\"yes\":true,\"list\":[1,null],\"text\":\"a\"}\n"),
    ] {
        let text = "SELECT -1 AS n, true AS yes, [1, NULL] AS list, 'a' AS text";
        assert_eq!(environment.ok(&["sql", "demo", "-m", mode, text]).out, expected, "{mode}");
    }
}

#[test]
fn scripts_have_texts_with_semicolons_and_comments() {
    let environment = Environment::with_demo();
    let script = "-- counts; of nothing\n/* over\nlines; */ CREATE VIEW v AS SELECT 'a;b' AS t; /* ; */\nSELECT t\nFROM v;\n.mode csv\nSELECT 1 AS one";
    environment.write("script.sql", script);
    let out = environment.ok(&["sql", "demo", "-f", "script.sql"]).out;
    assert_eq!(out, " t\n-----\n a;b\none\n1\n");
}

#[test]
fn an_answer_becomes_a_file() {
    let environment = Environment::with_demo();
    environment.ok(&["sql", "demo", COUNT, "-o", "counts.csv"]);
    let file = environment.read("counts.csv");
    assert_eq!(file, environment.ok(&["sql", "demo", COUNT, "-m", "csv"]).out);
    let ran = environment.run(&["sql", "demo", "SELECT DATE '2024-02-29' AS day", "-o", "day.csv"]);
    assert_eq!(ran.code, Some(1));
    let made = environment.run(&["sql", "demo", "CREATE VIEW v AS SELECT 1 AS x", "-o", "view.csv"]);
    assert!(made.code == Some(1) && made.messages.contains("without rows"), "{}", made.messages);
    assert!(!environment.path("view.csv").exists());
    assert!(ran.messages.contains("column \"day\"") && ran.messages.contains("AS text"), "{}", ran.messages);
}

#[test]
fn parameters_and_attached_stores_are_given_as_for_the_language() {
    let environment = Environment::with_demo();
    environment.ok(&["demo", "other", "--synthetic"]);
    let typed = "SELECT count(*) AS n FROM (VALUES ('007'), ('7')) v(t) WHERE t = $t";
    assert_eq!(environment.ok(&["sql", "demo", "-p", "t=007", "-m", "csv", typed]).out, "n\n1\n");
    let text = "SELECT count(*) AS n FROM b.facts WHERE relation = $relation";
    let count = environment.ok(&["sql", "demo", "--attach", "b=other", "-p", "relation=P36", "-m", "csv", text]).out;
    assert!(count.lines().nth(1).is_some_and(|n| n != "0"), "{count}");
    let ran = environment.run(&["sql", "demo", "SELECT $x"]);
    assert!(ran.messages.contains("$x has no value") && ran.messages.contains("hint"), "{}", ran.messages);
    let ran = environment.run(&["sql", "demo", "-p", "x=1", "SELECT 1"]);
    assert!(ran.code != Some(0) && ran.messages.contains('x'), "{}", ran.messages);
}

#[test]
fn lists_and_statements_of_the_language_take_parameters() {
    let environment = Environment::with_demo();
    let asked = |arguments: &[&str]| environment.ok(&[&["sql", "demo", "-m", "csv"], arguments].concat()).out;
    let both = asked(&["-p", "l=en", "-p", "l=zh", "SELECT count(*) AS n FROM scores WHERE lang IN ($l)"]);
    assert_eq!(both, asked(&["SELECT count(*) AS n FROM scores WHERE lang IN ('en', 'zh')"]));
    let own = asked(&["-p", "l=en", "-p", "t=0.3", "SELECT count(*) AS n FROM kn('lang=$l, tau=$t')"]);
    assert_eq!(own, asked(&["SELECT count(*) AS n FROM kn('lang=en, tau=0.3')"]));
    let ran = environment.run(&["sql", "demo", "SELECT * FROM kn('lang=$l')"]);
    assert!(ran.code == Some(1) && ran.messages.contains("$l"), "{}", ran.messages);
}

#[test]
fn objects_of_json_have_each_key_once() {
    let environment = Environment::with_demo();
    let text = "SELECT a.relation, b.relation FROM facts a JOIN facts b USING (fact) WHERE a.fact = 'P36-FR'";
    let out = environment.ok(&["sql", "demo", "-m", "jsonl", text]).out;
    assert_eq!(out, "{\"relation\":\"P36\",\"relation_1\":\"P36\"}\n");
}

#[test]
fn the_help_of_sql_shows_a_statement_of_it_that_runs() {
    let environment = Environment::with_demo();
    let help = environment.feed(&["sql", "demo"], ".help\n").out;
    let sample = help.lines().last().expect("a line").trim();
    assert!(sample.starts_with("SELECT ") && sample.ends_with(';'), "{sample}");
    let ran = environment.run(&["sql", "demo", "-m", "csv", sample]);
    assert!(ran.code == Some(0) && ran.out.lines().count() > 2, "{}", ran.messages);
    assert!(environment.feed(&["query", "demo"], ".help\n").out.contains("kn[lang=en]"));
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let environment = Environment::with_demo();
    for (text, said) in [
        ("SELECT * FROM score", "`show tables`"),
        ("SELECT lay FROM scores", "`describe TABLE`"),
        ("SELECT * FROM kn('lang=en, tau=x')", "kn[lang=en, tau=x]"),
        ("INSERT INTO facts VALUES ('a', 'b', NULL, NULL)", "only reads"),
        ("COPY facts TO 'x.csv' STORED AS CSV", "-o FILE"),
    ] {
        let ran = environment.run(&["sql", "demo", text]);
        assert_eq!(ran.code, Some(1), "{text}");
        assert!(ran.messages.starts_with("error: ") && ran.messages.contains(said), "{text}: {}", ran.messages);
    }
}

#[test]
fn names_that_the_store_lacks_are_noted() {
    let environment = Environment::with_demo();
    let ran = environment.run(&["sql", "demo", "SELECT * FROM scores WHERE lang = 'EN'"]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.messages.contains("note: there is no language \"EN\"; the store has \"en\""), "{}", ran.messages);
}

#[test]
fn words_that_begin_statements_are_statements() {
    let environment = Environment::with_demo();
    let tables = environment.ok(&["sql", "demo", "-m", "csv", "SHOW TABLES"]).out;
    for table in ["scores", "facts", "entries", "labels"] {
        assert!(tables.contains(&format!("kndb,main,{table},")), "{tables}");
    }
    assert!(environment.ok(&["sql", "demo", "DESCRIBE scores"]).out.contains("share"));
    let ran = environment.feed(&["sql", "demo"], "quit\nSELECT nope;\n");
    assert_eq!((ran.code, ran.messages.as_str()), (Some(0), ""));
    let ran = environment.run(&["sql", "demo", " -- nothing"]);
    assert!(ran.code == Some(1) && ran.messages.contains("without a statement"), "{}", ran.messages);
}
