//! A store that came back answers as the exported one does.

use super::toy::{Rows, Toy, files};
use kndb_export::{Choice, ExportJob, bring_back, export};
use kndb_query::{Settings, execute, parse};
use kndb_storage::{Entry, EntryData, Neuron, OnConflict, RunSpec, Shape, Snapshot, Store};

fn export_of(toy: &Toy, name: &str) -> std::path::PathBuf {
    let to = toy.path(name);
    export(&toy.store, &to, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("exported");
    to
}

fn back(toy: &Toy, from: &std::path::Path, name: &str) -> Store {
    let to = toy.path(name);
    bring_back(from, &to, &mut |_| {}, &|| false).expect("brought back");
    Store::open(to).expect("a store")
}

/// The answer with its notes, or the refusal.
fn answer(store: &Store, run: Option<&str>, text: &str) -> Vec<String> {
    let settings = Settings { run: run.map(str::to_owned), ..Settings::default() };
    let mut rows = Rows::default();
    match parse(text).and_then(|statement| execute(store, &settings, &statement, &mut rows)) {
        Ok(outcome) => rows.0.push(format!("{outcome:?}")),
        Err(error) => rows.0.push(format!("{:?}: {error} {:?}", error.kind, error.hint)),
    }
    rows.0
}

const SOURCES: [&str; 6] = ["kn", "likn", "dkn", "entries", "facts", "neurons of kn"];
const CONDITIONS: [&str; 21] = [
    "",
    "[lang=en]",
    "[lang=*]",
    "[lang in (en, zh)]",
    "[prompt=0]",
    "[prompt=1]",
    "[relation=P36]",
    "[relation=seat]",
    "[relation=P19]",
    "[tau=0.1]",
    "[tau=0.7]",
    "[layer=1]",
    "[rank<=2]",
    "[score>=0.2]",
    "[sign=negative]",
    "[sign=any, tau=0.5]",
    "[fact=\"fact 0\"]",
    "[subject=\"subject 0, en\"]",
    "[p>=0.1, correct=yes]",
    "[answer=Paris]",
    "[prompts>=2]",
];
const SHAPES: [&str; 11] = [
    " by layer",
    " by neuron",
    " by fact",
    " by relation",
    " by lang",
    " by run",
    " by size",
    " by group",
    " by fact, layer top 3",
    " by fact, neuron, lang, prompt order by score",
    " by neuron against chance",
];
const OTHERS: [&str; 14] = [
    "@both",
    "@both by layer",
    "@some",
    "@places",
    "kn - @both",
    "kn & facts of entries[lang=en]",
    "kn[lang=en] & kn[lang=zh]",
    "(kn[lang=en] ^ kn[lang=zh]) by layer",
    "similarity(kn[lang=en], kn[lang=zh]) by layer",
    "similarity(kn[lang=*]) between lang",
    "entries by relation, lang",
    "entries order by p",
    "facts of kn[run=sets]",
    "kn[run=\"half / open\", tau=0.01]",
];

#[test]
fn every_statement_is_answered_alike() {
    let toy = Toy::new();
    let again = back(&toy, &export_of(&toy, "out"), "again");
    let mut statements: Vec<String> = OTHERS.iter().map(|text| (*text).to_owned()).collect();
    for source in SOURCES {
        statements.extend(CONDITIONS.iter().map(|condition| format!("{source}{condition}")));
        let shaped = SHAPES.iter().flat_map(|shape| ["", "[lang=*]"].map(|of| format!("{source}{of}{shape}")));
        statements.extend(shaped);
    }
    let mut answered = 0;
    for text in &statements {
        for run in [None, Some("dense"), Some("half / open"), Some("all"), Some("sets"), Some("empty")] {
            let expected = answer(&toy.store, run, text);
            answered += usize::from(expected.last().is_some_and(|last| last.starts_with("Rows")));
            assert_eq!(answer(&again, run, text), expected, "{text} of {run:?}");
        }
    }
    assert!(answered > 400, "{answered} statements have an answer at all");
}

fn runs(snapshot: &Snapshot) -> Vec<String> {
    let run = |run: &kndb_storage::Run| format!("{:?} {} {} {}", run.spec, run.tool, run.begun, run.finished);
    snapshot.runs().map(run).collect()
}

#[test]
fn runs_names_and_sets_come_back_as_they_were() {
    let toy = Toy::new();
    let again = back(&toy, &export_of(&toy, "out"), "again");
    let (before, after) = (toy.store.snapshot().expect("a snapshot"), again.snapshot().expect("a snapshot"));
    assert_eq!(runs(&after), runs(&before));
    let names =
        |of: &Snapshot| format!("{:?} {:?}", of.languages().collect::<Vec<_>>(), of.relations().collect::<Vec<_>>());
    assert_eq!(names(&after), names(&before));
    let sets = |of: &Snapshot| of.saved_sets().map(|set| format!("{set:?}")).collect::<Vec<_>>();
    assert_eq!(sets(&after), sets(&before));
    let facts = |of: &Snapshot| {
        let facts = of.facts().into_iter().map(kndb_storage::FactId);
        let of_fact =
            |fact| (of.external_id(fact).expect("an id").to_owned(), format!("{:?}", of.uris(fact).expect("uris")));
        facts.map(of_fact).collect::<Vec<_>>()
    };
    assert_eq!(facts(&after), facts(&before));
    let en = |of: &Snapshot| of.relabelled(of.language("en").expect("English")).expect("labels");
    assert_eq!(en(&after), en(&before));
    assert_eq!(en(&after).len(), 1);
    assert!(again.verify().expect("verified").problems.is_empty());
}

#[test]
fn what_came_back_is_exported_to_the_same_bytes() {
    let toy = Toy::new();
    let first = export_of(&toy, "out");
    let again = back(&toy, &first, "again");
    let second = toy.path("second");
    export(&again, &second, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("exported");
    for ((name, bytes), (other, others)) in files(&first).into_iter().zip(files(&second)) {
        assert_eq!(name, other);
        // The manifest names the store.
        assert!(bytes == others || name == "kndb-export.json", "{name} differs");
    }
}

#[test]
fn a_part_of_a_store_comes_back_as_that_part() {
    let toy = Toy::new();
    let to = toy.path("part");
    let choice = Choice { runs: vec!["dense".into()], languages: vec!["en".into()], relations: vec!["P36".into()] };
    let done = export(&toy.store, &to, &ExportJob { choice, ..ExportJob::new("parquet") }, &mut |_| {}, &|| false);
    assert_eq!(done.expect("exported").notes, ["3 saved sets are left out: they are of the whole store"]);
    let again = back(&toy, &to, "again");
    let text = "kn[run=dense, lang=en, relation=P36]";
    assert_eq!(answer(&again, None, text), answer(&toy.store, None, text));
    let snapshot = again.snapshot().expect("a snapshot");
    assert_eq!(snapshot.fact_count(), 2);
    assert_eq!(snapshot.languages().map(|(_, code)| code).collect::<Vec<_>>(), ["en"]);
}

#[test]
fn what_was_begun_and_not_finished_is_told_of_and_begun_again() {
    let toy = Toy::new();
    let spec = RunSpec::new("half", "toy", Shape::new(2, 4).expect("a shape"));
    let run = toy.store.open_run(spec).expect("a run");
    let job = run.job("an import of files", OnConflict::Refuse).expect("a job");
    let data = EntryData::Neurons(vec![Neuron(5)]);
    job.append(&[Entry { fact: "fact 0".into(), language: "en".into(), prompt: 0, data }]).expect("an entry");
    let whole = export_of(&toy, "out");
    let done = bring_back(&whole, &toy.path("again"), &mut |_| {}, &|| false).expect("brought back");
    let told = "run \"half\" had an import or attribution that was not finished";
    assert!(done.notes.iter().any(|note| note.starts_with(told)), "{:?}", done.notes);
    let snapshot = Store::open(toy.path("again")).expect("a store").snapshot().expect("a snapshot");
    let half = snapshot.run_named("half").expect("the run");
    assert!(!half.finished);
    assert_eq!(snapshot.unfinished_jobs(half.id).collect::<Vec<_>>(), ["an import of files"]);
    assert_eq!(done.notes.iter().filter(|note| note.contains("not finished;")).count(), 1);
    // Of a part nobody knows what is left of it.
    let part = toy.path("part");
    let choice = Choice { languages: vec!["en".into()], ..Choice::default() };
    export(&toy.store, &part, &ExportJob { choice, ..ExportJob::new("parquet") }, &mut |_| {}, &|| false)
        .expect("exported");
    let done = bring_back(&part, &toy.path("some"), &mut |_| {}, &|| false).expect("brought back");
    assert!(done.notes.iter().any(|note| note.starts_with(told)), "{:?}", done.notes);
    let snapshot = Store::open(toy.path("some")).expect("a store").snapshot().expect("a snapshot");
    let half = snapshot.run_named("half").expect("the run");
    assert_eq!(snapshot.unfinished_jobs(half.id).count(), 0);
}

#[test]
fn an_export_goes_into_an_empty_store_and_no_other() {
    let toy = Toy::new();
    let out = export_of(&toy, "out");
    let empty = toy.path("empty");
    drop(Store::create(&empty).expect("a store"));
    bring_back(&out, &empty, &mut |_| {}, &|| false).expect("into an empty store");
    let told = bring_back(&out, &empty, &mut |_| {}, &|| false).expect_err("it is not empty now").to_string();
    assert!(told.contains("found a store of 5 runs and 5 facts, expected a store that is not there yet"), "{told}");
}

#[test]
fn exports_do_not_lie_in_stores_nor_stores_in_exports() {
    let toy = Toy::new();
    let within = toy.store.path().join("out");
    let told = export(&toy.store, &within, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect_err("refused");
    assert!(told.to_string().contains("the store's own folder"), "{told}");
    let out = export_of(&toy, "out");
    let told = bring_back(&out, &out.join("new"), &mut |_| {}, &|| false).expect_err("refused");
    assert!(told.to_string().contains("the export itself"), "{told}");
    back(&toy, &out, "again");
}

#[test]
fn a_manifest_is_not_believed_where_it_is_counted_or_names_a_set() {
    let toy = Toy::new();
    let out = export_of(&toy, "out");
    let manifest = out.join("kndb-export.json");
    let text = std::fs::read_to_string(&manifest).expect("the manifest");
    let mut all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let refused = |all: &serde_json::Value, name: &str| {
        std::fs::write(&manifest, all.to_string()).expect("written");
        bring_back(&out, &toy.path(name), &mut |_| {}, &|| false).expect_err("refused").to_string()
    };
    let set = serde_json::json!({"name": "x", "text": "kn", "kind": "evil", "runs": [], "members": 0, "saved": 0});
    let good = all.clone();
    all["saved_sets"] = serde_json::json!([set]);
    let told = refused(&all, "evil");
    assert!(told.contains("@x, a set of \"evil\""), "{told}");
    all = good;
    for run in all["runs"].as_array_mut().expect("runs") {
        run["rows"]["entries"] = u64::MAX.into();
    }
    let told = refused(&all, "many");
    assert!(told.contains("as the manifest says"), "{told}");
}

#[test]
fn stopping_leaves_nothing() {
    let toy = Toy::new();
    let out = export_of(&toy, "out");
    let names = || {
        let all = std::fs::read_dir(toy.folder.path()).expect("a folder");
        let mut names: Vec<_> = all.map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    for looks in [0, 1, 5, 9] {
        let left = std::cell::Cell::new(looks);
        let stop = || left.replace(left.get() - 1) == 0;
        let job = ExportJob::new("parquet");
        export(&toy.store, &toy.path("second"), &job, &mut |_| {}, &stop).expect_err("stopped");
        left.set(looks);
        bring_back(&out, &toy.path("again"), &mut |_| {}, &stop).expect_err("stopped");
        assert_eq!(names(), before, "after {looks} looks");
    }
}
