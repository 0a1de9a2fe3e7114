//! Import of the four files of EleutherAI's knowledge neurons (13,806 facts, 152,551 pairs, 8.8 MB of
//! JSON) into a new store, facts and labels of mLAMA's English and Chinese in another. Target: under a second.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kndb::storage::{FactBatch, OnConflict, RunSpec, Shape, Store};
use kndb_import::facts::{FactsItem, FactsOptions};
use kndb_import::{ImportJob, Options, expand, import};
use std::path::Path;

fn imports(criterion: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if !data.exists() {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "skipped: needs ../shared/data, which is not there");
        return;
    }
    let mut group = criterion.benchmark_group("import");
    group.sample_size(10);
    let shape = Shape::new(12, 3_072).expect("BERT's shape");
    let files = expand(&[data.join("eleutherai").display().to_string()]).expect("four files");
    group.bench_function("four EleutherAI files", |bencher| {
        bencher.iter_batched(
            || tempfile::tempdir().expect("a folder"),
            |folder| {
                let store = Store::create(folder.path().join("db")).expect("a new store");
                let run = RunSpec::new("bert", "bert-base-uncased", shape);
                let job = ImportJob { run, options: Options::new(shape), on_conflict: OnConflict::Refuse };
                let summary = import(&store, &files, &job, &mut |_| {}).expect("imported");
                assert_eq!((summary.facts, summary.pairs), (13_806, 152_551));
                folder
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("mLAMA facts, English and Chinese", |bencher| {
        bencher.iter_batched(
            || tempfile::tempdir().expect("a folder"),
            |folder| {
                let store = Store::create(folder.path().join("db")).expect("a new store");
                let mut batch = FactBatch::default();
                for language in ["en", "zh"] {
                    let path = data.join("mlama1.1").join(language);
                    for item in kndb_import::facts::open(&path, &FactsOptions::default()).expect("a folder of facts") {
                        match item.expect("a row") {
                            FactsItem::Fact(row) => batch.facts.push(row),
                            FactsItem::Template(row) => batch.templates.push(row),
                            FactsItem::Candidates(row) => batch.candidates.push(row),
                            FactsItem::RelationName(row) => batch.relation_names.push(row),
                        }
                    }
                }
                let added = store.add_facts(batch).expect("added");
                assert_eq!((added.new_facts, added.new_labels), (37_498, 58_947));
                folder
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, imports);
criterion_main!(benches);
