//! Ballista inside one process: a scheduler and an executor, over an export of a small store.

use ballista::prelude::SessionContextExt;
use datafusion::prelude::SessionContext;
use kndb::Database;
use kndb_bench::Plan;
use kndb_bench::questions::Subject;
use kndb_export::{ExportJob, export};
use kndb_scale::{asking, questions::questions};
use kndb_sql::{Settings, Sql};

/// Facts of the store: eight of the relation of Q4.
const FACTS: u32 = 320;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_on_ballista_answers_as_the_store_does() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (at, to) = (folder.path().join("store"), folder.path().join("export"));
    let store = Plan { facts: FACTS, ..Plan::default() }.write(&at, |_| {}).expect("a store");
    export(&store, &to, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("an export");
    let db = Database::from(store);
    let sql = Sql::new(db.store(), Settings::default()).expect("SQL");
    let (local, standalone) = (SessionContext::new(), SessionContext::standalone().await.expect("a cluster"));
    for context in [&local, &standalone] {
        asking::register(context, &to).await.expect("the tables of the export");
    }
    for question in questions(Subject::of(FACTS)) {
        let expected = asking::kndb(&db, &question).expect("an answer of kndb");
        // Q3 asks of one neuron of 36,864, which few facts have; all others find something.
        assert!(!expected.is_empty() || question.name == "q3", "{} finds nothing", question.name);
        let ask = |text| tokio::task::block_in_place(|| asking::sql(&sql, text));
        let name = question.name;
        assert_eq!(ask(&question.tables).expect("an answer"), expected, "{name}, SQL over the store's tables");
        assert_eq!(ask(&question.function).expect("an answer"), expected, "{name}, SQL over kn('…')");
        for (context, who) in [(&local, "DataFusion"), (&standalone, "Ballista")] {
            let found = asking::export(context, &question.tables).await.expect("an answer");
            assert_eq!(found, expected, "{name}, {who} over Parquet");
        }
    }
}
