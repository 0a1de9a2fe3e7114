//! Opening a store with two million labels (all of mLAMA has 1.7 million: 843,143 rows), from nothing to the
//! first answer. Target: under 100 ms.

use criterion::{Criterion, criterion_group, criterion_main};
use kndb::Database;
use kndb::storage::{FactBatch, FactRow, Store};
use std::hint::black_box;

const FACTS: u32 = 20_000;
const LANGUAGES: u32 = 53;

fn opens(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("db");
    let row = |fact: u32, language: u32| FactRow {
        id: format!("{fact:08x}-0000-4000-8000-000000000000"),
        relation: format!("P{}", fact % 46),
        language: format!("l{language}"),
        subject: format!("subject {fact} in language {language}"),
        object: format!("object {} in language {language}", fact % 5_000),
        subject_uri: Some(format!("Q{fact}")),
        object_uri: Some(format!("Q{}", 1_000_000 + fact % 5_000)),
    };
    let facts = (0..FACTS).flat_map(|fact| (0..LANGUAGES).map(move |language| row(fact, language)));
    let batch = FactBatch { facts: facts.collect(), ..FactBatch::default() };
    let added = Store::create(&path).and_then(|store| store.add_facts(batch)).expect("added");
    assert_eq!(added.new_labels, u64::from(FACTS * LANGUAGES));
    let mut group = criterion.benchmark_group("open");
    group.sample_size(30);
    group.bench_function("two million labels, first answer", |bencher| {
        bencher.iter(|| {
            let db = Database::open(&path).expect("a store");
            black_box(db.query(r#"facts[relation=P36] top 5"#).expect("an answer"))
        });
    });
    group.finish();
}

criterion_group!(benches, opens);
criterion_main!(benches);
