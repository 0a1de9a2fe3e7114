//! `kndb query -c` from process start to its end, on the store of the four EleutherAI files. Target: under 50 ms.
//!
//! Runs the command built by `cargo build --release`, which must have been run before.

use criterion::{Criterion, criterion_group, criterion_main};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The command beside this benchmark in the target folder.
fn kndb() -> Option<PathBuf> {
    let here = std::env::current_exe().ok()?;
    let path = here.parent()?.parent()?.join(format!("kndb{}", std::env::consts::EXE_SUFFIX));
    path.exists().then_some(path)
}

fn starts(criterion: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let Some(kndb) = kndb() else { return say("skipped: build the command first: cargo build --release") };
    if !data.exists() {
        return say("skipped: needs ../shared/data, which is not there");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("db");
    let run = |arguments: &[&std::ffi::OsStr]| {
        let output = Command::new(&kndb).args(arguments).output().expect("kndb starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let (facts, neurons) = (data.join("mlama1.1/en"), data.join("eleutherai"));
    run(&["facts".as_ref(), db.as_ref(), facts.as_ref()]);
    let of_run = ["--run", "bert", "--model", "bert", "--layers", "12", "--width", "3072", "--lang", "en"];
    let mut import = vec!["import".as_ref(), db.as_os_str(), neurons.as_ref()];
    import.extend(of_run.iter().map(std::ffi::OsStr::new));
    run(&import);
    let mut group = criterion.benchmark_group("start");
    group.sample_size(30);
    for (name, query) in [
        ("pairs by layer", "kn[lang=en] by layer"),
        ("facts of one neuron", "facts of (kn[lang=en] & neurons(9:852))"),
        ("top neurons of a relation", "kn[relation=P36, lang=en] by neuron top 20"),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| run(&["query".as_ref(), db.as_ref(), "-c".as_ref(), query.as_ref()]));
        });
    }
    group.finish();
}

criterion_group!(benches, starts);
criterion_main!(benches);
