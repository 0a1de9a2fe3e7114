//! A store that was exported and brought back, against the naive reference of the query language: random stores, random statements, the same
//! rows, and to the bit those of the store itself.

#[path = "../../query/tests/reference/mod.rs"]
#[expect(dead_code, reason = "the reference is shared with the query language's own tests")]
mod reference;

use kndb_export::{ExportJob, bring_back, export};
use kndb_query::{Settings, execute, parse};
use kndb_storage::Store;
use proptest::prelude::*;
use reference::build::Mirror;
use reference::scenario::{scenario, small_shape};
use reference::table::Collector;
use reference::{Case, Check, case, cases, check_all};
use std::collections::BTreeMap;

/// A statement's rows, or the kind of its refusal. Of several true reasons the one that is met first is said, and how far a hint reaches goes by
/// parts, in which entries that were replaced still lie: both may be others in a copy. What is refused is compared with the reference, too.
fn answer(store: &Store, settings: &Settings, text: &str) -> String {
    let mut sink = Collector::default();
    let done = parse(text).and_then(|statement| execute(store, settings, &statement, &mut sink));
    match done {
        Ok(outcome) => format!("{outcome:?} {:?}", sink.table),
        Err(error) => format!("{:?}", error.kind),
    }
}

fn check_alike(case: &Case) -> Check {
    let mut mirror = Mirror::build(&case.plan);
    let mut saved = BTreeMap::new();
    let is_let = |text: &&String| text.starts_with("let ");
    let (lets, queries): (Vec<&String>, Vec<&String>) = case.statements.iter().partition(is_let);
    let queries: Vec<String> = queries.into_iter().cloned().collect();
    let lets: Vec<String> = lets.into_iter().cloned().collect();
    check_all(&mirror, &case.settings, &lets, &mut saved)?;
    let folder = tempfile::tempdir().expect("a folder");
    let (out, again) = (folder.path().join("out"), folder.path().join("again"));
    export(&mirror.store, &out, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("exported");
    bring_back(&out, &again, &mut |_| {}, &|| false).expect("brought back");
    let again = Store::open(again).expect("a store");
    for text in &queries {
        let (expected, found) = (answer(&mirror.store, &case.settings, text), answer(&again, &case.settings, text));
        prop_assert_eq!(found, expected, "{}", text);
    }
    mirror.store = again;
    check_all(&mirror, &case.settings, &queries, &mut saved)
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn small_stores_answer_alike(case in case(scenario(small_shape(), 0..=25, 3, 3), 3, 40)) {
        check_alike(&case)?;
    }
}
