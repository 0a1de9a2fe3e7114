//! Statements one after the other: what they see, what they may do, and how they end.

use crate::world::{WORLD, asked};
use kndb_query::{Argument, Attached, Interrupt, Parameters};
use kndb_sql::{Settings, Sql, SqlError};
use kndb_storage::{Entry, EntryData, Neuron, RunSpec, ScoreValues, Scores, Shape, Store};

fn filled(folder: &std::path::Path, name: &str, facts: &[&str]) -> Store {
    let store = Store::create(folder.join(name)).expect("a store");
    add(&store, facts);
    store
}

fn add(store: &Store, facts: &[&str]) {
    let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).expect("a shape"))).expect("a run");
    for fact in facts {
        let data = EntryData::Neurons(vec![Neuron(5)]);
        run.append(Entry { fact: (*fact).into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    }
}

fn error(text: &str) -> SqlError {
    match WORLD.sql.query(text).map(|answer| answer.collect::<Result<Vec<_>, _>>()) {
        Ok(Ok(_)) => panic!("{text}: no error"),
        Ok(Err(error)) | Err(error) => error,
    }
}

#[test]
fn a_statement_sees_what_was_committed_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = filled(folder.path(), "store", &["f1"]);
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    assert_eq!(asked(&sql, "SELECT count(*) FROM sets")[0], ["1"]);
    add(&store, &["f2", "f3"]);
    assert_eq!(asked(&sql, "SELECT count(*) FROM sets")[0], ["3"]);
}

#[test]
fn an_answer_that_is_being_read_is_of_one_commit() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = filled(folder.path(), "store", &["f1"]);
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    let answer = sql.query("SELECT fact FROM sets UNION ALL SELECT fact FROM facts").expect("an answer");
    add(&store, &["f2"]);
    let rows: usize = answer.map(|batch| batch.expect("a batch").num_rows()).sum();
    assert_eq!(rows, 2);
}

#[test]
fn attached_stores_are_schemas() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (filled(folder.path(), "a", &["f1", "f2"]), filled(folder.path(), "b", &["f2", "f3"]));
    let settings = Settings { attached: Attached::default(), ..Settings::default() };
    settings.attached.attach(&a, "other", b.path()).expect("attached");
    let sql = Sql::new(&a, settings).expect("SQL");
    assert_eq!(asked(&sql, "SELECT fact FROM sets JOIN other.sets o USING (fact)"), [["f2"]]);
    assert_eq!(asked(&sql, "SELECT fact FROM kndb('facts of other::kn - facts of kn')"), [["f3"]]);
}

#[test]
fn names_that_the_store_does_not_have_are_told() {
    let mut answer =
        WORLD.sql.query("SELECT * FROM scores WHERE lang = 'fr' AND relation IN ('P36', 'P37')").expect("an answer");
    assert!(answer.by_ref().all(|batch| batch.is_ok_and(|batch| batch.num_rows() == 0)));
    let notes = answer.notes();
    assert_eq!(
        notes,
        [
            "there is no language \"fr\"; the store has \"en\", \"zh\"",
            "there is no relation \"P37\"; the store has \"P1303\", \"P19\", \"P36\"; did you mean \"P36\"?"
        ]
    );
}

#[test]
fn parameters_stand_for_one_value_each() {
    let asked = |parameters: &Parameters| {
        let text = "SELECT count(*) AS n FROM scores WHERE lang = $lang AND rank <= $most";
        WORLD.sql.query_with(text, parameters, &Interrupt::default()).map(|answer| {
            answer
                .map(|batch| batch.expect("a batch"))
                .next()
                .expect("a row")
                .column(0)
                .as_primitive::<Int64Type>()
                .value(0)
        })
    };
    use kndb_sql::arrow::array::AsArray;
    use kndb_sql::arrow::datatypes::Int64Type;
    let both = Parameters::default().with("lang", "zh").with("most", 2_u32);
    let expected = WORLD.scores.iter().filter(|row| row.lang == "zh" && row.rank <= Some(2)).count();
    assert_eq!(asked(&both).expect("a count"), expected as i64);
    for wrong in [
        Parameters::default().with("lang", "zh"),
        both.clone().with("more", 1_u32),
        Parameters::default().with("most", 1_u32).with("lang", vec!["en", "zh"]),
    ] {
        assert!(asked(&wrong).is_err_and(|error| error.hint().is_some()));
    }
}

/// The one number of an answer, with values for its parameters.
fn counted(text: &str, parameters: &Parameters) -> Result<String, SqlError> {
    let answer = WORLD.sql.query_with(text, parameters, &Interrupt::default())?;
    let batches = answer.collect::<Result<Vec<_>, _>>()?;
    let rows: Vec<_> = batches.iter().flat_map(crate::world::rows).collect();
    assert_eq!(rows.len(), 1, "{text}");
    Ok(rows[0][0].clone())
}

#[test]
fn a_number_of_rows_can_be_typed() {
    let typed = |name: &str, text: &str| Parameters::default().with(name, Argument::Typed(text.into()));
    let text = "SELECT count(*) FROM (SELECT fact FROM scores LIMIT $n)";
    assert_eq!(counted(text, &typed("n", "3")).expect("a count"), "3");
    let text = "SELECT count(*) FROM (SELECT fact FROM scores LIMIT 5 OFFSET $from)";
    assert_eq!(counted(text, &typed("from", "0")).expect("a count"), "5");
    for wrong in ["two", "-1", "1.5"] {
        let error = counted("SELECT fact FROM scores LIMIT $n", &typed("n", wrong)).expect_err("no number of rows");
        assert!(error.to_string().contains(&format!("parameter $n is {wrong:?}, expected a whole number")), "{error}");
    }
}

#[test]
fn a_list_stands_where_several_values_may() {
    let of = |langs: &[&str]| Parameters::default().with("langs", langs.to_vec());
    let count =
        |keep: &dyn Fn(&crate::world::Score) -> bool| WORLD.scores.iter().filter(|row| keep(row)).count().to_string();
    let text = "SELECT count(*) FROM scores WHERE lang IN ($langs)";
    assert_eq!(counted(text, &of(&["zh"])).expect("a count"), count(&|row| row.lang == "zh"));
    assert_eq!(counted(text, &of(&["zh", "en"])).expect("a count"), count(&|_| true));
    assert_eq!(counted(text, &of(&[])).expect("a count"), "0");
    let text = "SELECT count(*) FROM scores WHERE lang NOT IN ($langs)";
    assert_eq!(counted(text, &of(&["zh"])).expect("a count"), count(&|row| row.lang == "en"));
    assert_eq!(counted(text, &of(&[])).expect("a count"), count(&|_| true));
    // Beside other values; numbers; twice.
    let text = "SELECT count(*) FROM scores WHERE rank IN (1, $ranks) AND rank NOT IN ($ranks, 7) OR rank IN ($ranks)";
    let ranks = Parameters::default().with("ranks", vec![2_u32, 5]);
    let expected = count(&|row| [Some(1), Some(2), Some(5)].contains(&row.rank));
    assert_eq!(counted(text, &ranks).expect("a count"), expected);
    let Err(error) = counted("SELECT count(*) FROM scores WHERE lang = $langs", &of(&["zh", "en"])) else {
        panic!("no error")
    };
    assert_eq!(error.hint(), Some("several stand in `IN ($langs)`"));
    let two = Parameters::default().with("n", 1_u32);
    let Err(error) = counted("SELECT count(*) FROM scores WHERE layer = $n AND rank = $n", &two) else {
        panic!("no error")
    };
    assert!(error.hint().is_some_and(|hint| hint.contains("a name of its own")), "{error}");
}

#[test]
fn parameters_reach_into_statements_of_the_language() {
    let of = |lang: &str| Parameters::default().with("lang", lang);
    let text = "SELECT count(*) FROM kn('run=one, lang=$lang')";
    for lang in ["en", "zh"] {
        let expected = asked(&WORLD.sql, &format!("SELECT count(*) FROM kn('run=one, lang={lang}')"))[0][0].clone();
        assert_eq!(counted(text, &of(lang)).expect("a count"), expected);
    }
    // A value is data: no syntax.
    assert!(counted(text, &of("en] by layer --")).is_err_and(|error| error.to_string().contains("en] by layer")));
    let several = Parameters::default().with("langs", vec!["en", "zh"]).with("most", 3_u32);
    let text = "SELECT count(*) FROM kndb('likn[run=one, lang in $langs] by fact, neuron') JOIN scores USING (fact) WHERE rank <= $most AND lang IN ($langs)";
    let plain = text.replace("in $langs", "in (en, zh)").replace("$most", "3").replace("$langs", "'en', 'zh'");
    assert_eq!(counted(text, &several).expect("a count"), asked(&WORLD.sql, &plain)[0][0]);
    let Err(error) = counted("SELECT count(*) FROM kn('run=one, lang=$lang')", &Parameters::default()) else {
        panic!("no error")
    };
    assert!(error.to_string().contains("$lang"), "{error}");
    assert!(counted("SELECT count(*) FROM kn('run=one')", &of("en")).is_err());
}

#[test]
fn a_view_of_the_language_keeps_the_values_it_was_made_with() {
    let sql = Sql::new(&WORLD.store, Settings::default()).expect("SQL");
    let text = "CREATE VIEW v AS SELECT count(*) AS n FROM kn('run=one, lang=$lang')";
    sql.query_with(text, &Parameters::default().with("lang", "zh"), &Interrupt::default()).expect("a view");
    let expected = asked(&WORLD.sql, "SELECT count(*) FROM kn('run=one, lang=zh')");
    assert_eq!(asked(&sql, "SELECT n FROM v"), expected);
    let other = sql.query_with(
        "SELECT n FROM v WHERE n > $lang",
        &Parameters::default().with("lang", 0_u32),
        &Interrupt::default(),
    );
    let rows: usize = other.expect("an answer").map(|batch| batch.expect("a batch").num_rows()).sum();
    assert_eq!(rows, 1);
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let text = "SELECT a.fact, b.fact, a.lang FROM labels a JOIN labels b USING (lang) WHERE a.fact <> b.fact LIMIT 1";
    let answer = WORLD.sql.query(text).expect("an answer");
    let names: Vec<String> = answer.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["fact", "fact_1", "lang"]);
    for batch in answer {
        let batch = batch.expect("a batch");
        let differs = |row: &Vec<String>| row[0] != row[1];
        assert!(crate::world::rows(&batch).iter().all(differs));
        assert!(batch.column_by_name("fact_1").is_some());
    }
}

#[test]
fn functions_are_found_in_any_letters() {
    let small = asked(&WORLD.sql, "SELECT * FROM kn('run=one, lang=en')");
    assert_eq!(asked(&WORLD.sql, "SELECT * FROM KN('run=one, lang=en')"), small);
    assert_eq!(asked(&WORLD.sql, "SELECT k.* FROM (SELECT * FROM Kndb('kn[run=one, lang=en]')) AS k"), small);
    let plan = asked(&WORLD.sql, "EXPLAIN SELECT * FROM KN('run=one, lang=en')");
    assert!(plan[0][1].contains("kn"), "{plan:?}");
    // What is quoted is meant as it stands.
    assert!(error("SELECT * FROM \"KN\"('run=one')").to_string().contains("not found"));
}

#[test]
fn names_that_are_close_are_told() {
    for (text, near) in [
        ("SELECT * FROM score", "`scores`"),
        ("SELECT * FROM Label", "`labels`"),
        ("SELECT * FROM likm('lang=en')", "`likn('…')`"),
    ] {
        let error = error(text);
        assert!(
            error.hint().is_some_and(|hint| hint.contains(&format!("did you mean {near}?"))),
            "{text}: {error} {:?}",
            error.hint()
        );
    }
    let column = error("SELECT layr FROM scores").to_string();
    assert!(column.contains("Did you mean 'scores.layer'?"), "{column}");
    assert!(error("SELECT * FROM nothing_of_the_kind").hint().is_some_and(|hint| !hint.contains("did you mean")));
}

#[test]
fn layers_and_neurons_that_no_model_has_are_told() {
    for (condition, note) in [
        ("layer = 99", "no row is left by `layer = 99`: the layers of the models are 0 to 2"),
        ("3 <= layer", "no row is left by `layer >= 3`: the layers of the models are 0 to 2"),
        ("neuron > 3", "no row is left by `neuron > 3`: the neurons of a layer are 0 to 3"),
    ] {
        let mut answer = WORLD.sql.query(&format!("SELECT * FROM scores WHERE {condition}")).expect("an answer");
        assert!(answer.by_ref().all(|batch| batch.is_ok_and(|batch| batch.num_rows() == 0)));
        assert_eq!(answer.notes(), [note], "{condition}");
    }
    let mut answer =
        WORLD.sql.query("SELECT * FROM scores WHERE layer IN (2, 99) AND neuron < 100").expect("an answer");
    answer.by_ref().for_each(|batch| drop(batch.expect("a batch")));
    assert!(answer.notes().is_empty());
}

#[test]
fn shares_and_ranks_that_no_score_has_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let run = store.open_run(RunSpec::new("first", "toy", Shape::new(2, 4).expect("a shape"))).expect("a run");
    let values = ScoreValues::Dense(vec![1.0, 0.5, 0.02, 0.001, 0.25, 0.0, 0.0, 0.0]);
    let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
    run.append(Entry { fact: "f1".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    let noted = |condition: &str| {
        let mut answer = sql.query(&format!("SELECT score FROM scores WHERE {condition}")).expect("an answer");
        let rows: usize = answer.by_ref().map(|batch| batch.expect("a batch").num_rows()).sum();
        (rows, answer.notes().to_vec())
    };
    for (condition, note) in [
        (
            "share < 0.01",
            "next to none of the scores that `share < 0.01` asks for are kept: of each fact's only those from 0.01",
        ),
        ("share <= 0.005", "next to none of the scores that `share <= 0.005` asks for are kept"),
        ("share > 1", "no row is left by `share > 1`: a share of the largest score is 1 at most"),
        ("rank < 1", "no row is left by `rank < 1`: ranks are numbered from 1"),
        ("rank = 0", "no row is left by `rank <= 0`: ranks are numbered from 1"),
    ] {
        let (rows, notes) = noted(condition);
        assert_eq!((rows, notes.len()), (0, 1), "{condition}: {notes:?}");
        assert!(notes[0].starts_with(note), "{condition}: {notes:?}");
    }
    for (condition, expected) in
        [("share <= 0.02", 1), ("share >= 1", 1), ("rank <= 1", 1), ("share < 0.3 AND rank > 2", 2)]
    {
        assert_eq!(noted(condition), (expected, Vec::new()), "{condition}");
    }
}

#[test]
fn a_statement_that_is_stopped_ends_with_that() {
    let interrupt = Interrupt::default();
    let text =
        "SELECT count(*) FROM scores a, scores b, scores c, scores d WHERE a.score + b.score + c.score + d.score > 5";
    let mut answer = WORLD.sql.query_with(text, &Parameters::default(), &interrupt).expect("an answer");
    interrupt.set();
    assert!(matches!(answer.next(), Some(Err(SqlError::Interrupted))));
    assert!(answer.next().is_none());
    // Whatever goes on of it, the next one has threads of its own.
    assert_eq!(asked(&WORLD.sql, "SELECT count(*) FROM facts")[0], ["12"]);
}

#[test]
fn sql_only_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("facts.csv");
    let copy = format!("COPY (SELECT * FROM facts) TO '{}' STORED AS CSV", file.display());
    for text in [
        copy.as_str(),
        "CREATE TABLE t AS SELECT * FROM facts",
        "INSERT INTO facts VALUES ('f', 'P', NULL, NULL)",
        "DELETE FROM scores",
        "DROP TABLE scores",
        "CREATE VIEW facts AS SELECT 1",
    ] {
        let error = error(text);
        assert!(!error.to_string().is_empty(), "{text}");
    }
    assert!(!file.exists());
    assert_eq!(asked(&WORLD.sql, "SELECT count(*) FROM facts")[0], ["12"]);
}

#[test]
fn a_view_of_the_language_is_of_the_commit_of_each_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = filled(folder.path(), "store", &["f1"]);
    let sql = Sql::new(&store, Settings::default()).expect("SQL");
    asked(&sql, "CREATE VIEW v AS SELECT count(*) AS n FROM kn('lang=en')");
    assert_eq!(asked(&sql, "SELECT n FROM v")[0], ["1"]);
    add(&store, &["f2", "f3"]);
    assert_eq!(asked(&sql, "SELECT n, (SELECT count(*) FROM sets) FROM v")[0], ["3", "3"]);
}

#[test]
fn names_that_stand_for_something_else_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (filled(folder.path(), "a", &["f1"]), filled(folder.path(), "b", &["f2"]));
    let settings = Settings::default();
    settings.attached.attach(&a, "main", b.path()).expect("attached");
    let sql = Sql::new(&a, settings).expect("SQL");
    let Err(error) = sql.query("SELECT * FROM main.facts") else { panic!("no error") };
    assert!(error.to_string().contains("attached as \"main\""), "{error}");
}

#[test]
fn what_would_look_like_an_answer_is_refused() {
    for text in [
        "FROM facts",
        "SELECT count(*) FROM facts TABLESAMPLE (10 PERCENT)",
        "SELECT * FROM kn('run=one] by layer --')",
        "SELECT * FROM kn('run=one] by neuron --')",
    ] {
        assert!(error(text).hint().is_some(), "{text}");
    }
    for condition in ["lang IN (NULL)", "layer NOT IN (NULL, 1)", "NOT (relation IN (NULL, 'P36') OR layer = 0)"] {
        assert_eq!(
            asked(&WORLD.sql, &format!("SELECT count(*) FROM scores WHERE {condition}"))[0],
            ["0"],
            "{condition}"
        );
    }
}

#[test]
fn a_condition_of_a_join_that_fails_for_entries_without_rows_fails_nothing() {
    let text =
        "SELECT count(*) FROM scores s JOIN (VALUES (1), (2)) v(n) ON CAST(s.fact AS INT) = v.n WHERE s.score > 1e9";
    assert_eq!(asked(&WORLD.sql, text)[0], ["0"]);
}

#[test]
fn files_in_parquet_are_tables_beside_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let job = kndb_export::ExportJob::new("parquet");
    kndb_export::export(&WORLD.store, &out, &job, &mut |_| {}, &|| false).expect("exported");
    let sql = Sql::new(&WORLD.store, Settings::default()).expect("SQL");
    let file = out.join("labels.parquet");
    asked(&sql, &format!("CREATE EXTERNAL TABLE of_file STORED AS PARQUET LOCATION '{}'", file.display()));
    assert_eq!(
        asked(&sql, "SELECT * FROM of_file ORDER BY fact, lang"),
        asked(&sql, "SELECT * FROM labels ORDER BY fact, lang")
    );
    // A table of many files: what their folders say are columns, too.
    let folder = out.join("scores");
    asked(
        &sql,
        &format!(
            "CREATE EXTERNAL TABLE exported STORED AS PARQUET PARTITIONED BY (run, lang, relation) LOCATION '{}/'",
            folder.display()
        ),
    );
    let text =
        "SELECT run, lang, fact, layer, neuron, score FROM {} WHERE prompt = 1 AND run = 'one' ORDER BY 2, 3, 4, 5";
    assert_eq!(asked(&sql, &text.replace("{}", "exported")), asked(&sql, &text.replace("{}", "scores")));
}

#[test]
fn views_stay_for_the_session() {
    let sql = Sql::new(&WORLD.store, Settings::default()).expect("SQL");
    asked(&sql, "CREATE VIEW best AS SELECT * FROM scores WHERE rank = 1");
    let best = WORLD.scores.iter().filter(|row| row.rank == Some(1)).count();
    assert_eq!(asked(&sql, "SELECT count(*) FROM best")[0], [best.to_string()]);
    let tables: Vec<String> = asked(&sql, "SHOW TABLES").into_iter().map(|row| row[2].clone()).collect();
    for table in ["best", "scores", "facts"] {
        assert!(tables.iter().any(|name| name == table), "{table} of {tables:?}");
    }
}

#[test]
fn errors_say_what_is_wrong_without_naming_the_parts_of_the_engine() {
    for (text, said) in [
        ("SELEC 1", "Expected"),
        ("SELECT * FROM score", "table 'kndb.main.score' not found"),
        ("SELECT lay FROM scores", "No field named lay"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
    ] {
        let error = error(text).to_string();
        assert!(error.contains(said), "{text}: {error}");
        assert!(!error.contains("DataFusion") && !error.contains("Error during planning"), "{text}: {error}");
    }
}

#[test]
fn a_view_is_not_made_where_its_parameter_has_no_value() {
    let sql = Sql::new(&WORLD.store, Settings::default()).expect("SQL");
    let text = "CREATE VIEW of_a_language AS SELECT * FROM scores WHERE lang = $lang";
    assert!(sql.query(text).is_err());
    assert!(sql.query("SELECT * FROM of_a_language").is_err());
    let chinese = Parameters::default().with("lang", "zh");
    sql.query_with(text, &chinese, &Interrupt::default()).expect("a view");
    let expected = WORLD.scores.iter().filter(|row| row.lang == "zh").count();
    assert_eq!(asked(&sql, "SELECT count(*) FROM of_a_language")[0], [expected.to_string()]);
}
