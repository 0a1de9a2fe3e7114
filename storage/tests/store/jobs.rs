//! Imports that are interrupted and go on, without doing anything twice.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, eventually, groups, many, neurons, scores, spec};
use kndb_storage::{
    Appended, Entry, EntryData, Error, Neuron, OnConflict, RunSpec, ScoreType, ScoreValues, Scores, Store,
};

/// What is imported: scores in two languages, sets and groups, in batches.
fn batches() -> Vec<Vec<Entry>> {
    let mut all = [many("en", 20), many("zh", 20)].concat();
    all.extend((0..6).map(|number| neurons(&format!("set-{number}"), "en", &[number, number + 50])));
    all.extend((0..6).map(|number| groups(&format!("fact-{number:04}"), "en", &[&[number, number + 50]])));
    all.chunks(9).map(<[Entry]>::to_vec).collect()
}

fn import(store: &Store, signature: &str, batches: &[Vec<Entry>], finish: bool) -> Result<Appended, Error> {
    let run = store.open_run(spec("run"))?;
    let job = run.job(signature, OnConflict::Refuse)?;
    let mut sum = Appended::default();
    for batch in batches {
        let appended = job.append(batch)?;
        sum.new += appended.new;
        sum.replaced += appended.replaced;
        sum.resumed += appended.resumed;
    }
    if finish {
        job.finish()?;
        run.finish()?;
    }
    Ok(sum)
}

fn uninterrupted() -> Contents {
    let toy = Toy::new();
    import(&toy.store, "import", &batches(), true).expect("imports");
    Contents::of(&toy.store).expect("reads")
}

#[test]
fn an_interrupted_import_passes_over_what_it_wrote() {
    for interrupted in 0..=batches().len() {
        let toy = Toy::new();
        import(&toy.store, "import", &batches()[..interrupted], false).expect("imports");
        let appended = import(&toy.fresh(), "import", &batches(), true).expect("goes on");
        let before = batches()[..interrupted].concat().len() as u64;
        assert_eq!((appended.resumed, appended.new, appended.replaced), (before, 52 - before, 0));
        assert_same(&Contents::of(&toy.fresh()).expect("reads"), &uninterrupted(), "read anew");
    }
}

#[test]
fn other_batches_of_the_same_import_are_passed_over_entry_by_entry() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches()[1..3], false).expect("imports");
    let at_once = [batches().concat()];
    let appended = import(&toy.fresh(), "import", &at_once, true).expect("goes on");
    assert_eq!((appended.resumed, appended.new), (18, 34));
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &uninterrupted(), "read anew");
}

#[test]
fn interrupted_again_and_again() {
    let toy = Toy::new();
    for end in 1..=batches().len() {
        let appended = import(&toy.fresh(), "import", &batches()[..end], false).expect("goes on");
        assert_eq!(appended.new, batches()[end - 1].len() as u64);
    }
    import(&toy.fresh(), "import", &batches(), true).expect("goes on");
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &uninterrupted(), "read anew");
}

#[test]
fn another_import_of_the_same_entries_conflicts() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches()[..2], false).expect("imports");
    let before = Contents::of(&toy.store).expect("reads");
    let error = import(&toy.fresh(), "another", &batches(), true).expect_err("it is there");
    assert!(matches!(error, Error::FactExists { count: 9, .. }), "{error}");
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "read anew");
}

#[test]
fn after_its_end_the_same_import_is_a_new_one() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches(), true).expect("imports");
    let error = import(&toy.fresh(), "import", &batches(), true).expect_err("it is there");
    assert!(matches!(error, Error::FactExists { count: 9, .. }), "{error}");
    let run = toy.store.open_run(spec("run")).expect("the same");
    let job = run.job("import", OnConflict::Replace).expect("begins");
    let appended = job.append(&batches()[0]).expect("replaces");
    assert_eq!((appended.replaced, appended.new, appended.resumed), (9, 0, 0));
    let appended = job.append(&batches()[0]).expect("passes over");
    assert_eq!((appended.replaced, appended.new, appended.resumed), (0, 0, 9));
}

#[test]
fn what_someone_else_replaced_meanwhile_is_not_the_imports_own() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches()[..1], false).expect("imports");
    let run = toy.store.open_run(spec("run")).expect("the same");
    run.append_batch(&[scores("fact-0003", "en", 99)], OnConflict::Replace).expect("replaces");
    let error = import(&toy.fresh(), "import", &batches(), true).expect_err("another's entry");
    assert!(matches!(&error, Error::FactExists { fact, count: 1, .. } if fact == "fact-0003"), "{error}");
    let appended = run.job("import", OnConflict::Replace).expect("goes on").append(&batches()[0]).expect("replaces");
    assert_eq!((appended.resumed, appended.replaced, appended.new), (8, 1, 0));
}

#[test]
fn the_end_of_an_import_makes_one_segment_of_many() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches(), false).expect("imports");
    assert_eq!(toy.store.snapshot().expect("reads").segment_files().0, 6);
    import(&toy.store, "import", &[], true).expect("finishes");
    assert_eq!(toy.store.snapshot().expect("reads").segment_files().0, 1);
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &uninterrupted(), "read anew");
    toy.store.collect_garbage().expect("collects");
    assert_eq!(toy.store.snapshot().expect("reads").segment_files().0, 1);
}

#[test]
fn compaction_leaves_the_segments_of_an_unfinished_import() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches()[..3], false).expect("imports");
    let run = toy.store.open_run(spec("run")).expect("the same");
    for number in 0..3 {
        run.append(scores(&format!("own-{number}"), "en", number)).expect("appends");
        run.seal().expect("seals");
    }
    let before = Contents::of(&toy.store).expect("reads");
    let compacted = toy.store.compact().expect("compacts");
    assert_eq!((compacted.segments_before, compacted.segments_after), (6, 4));
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "read anew");
    let appended = import(&toy.fresh(), "import", &batches(), true).expect("goes on");
    assert_eq!((appended.resumed, appended.new), (27, 25));
}

#[test]
fn compaction_is_done_when_there_is_nothing_to_gain() {
    let toy = Toy::new();
    import(&toy.store, "import", &batches(), true).expect("imports");
    eventually("one file is left", || {
        toy.store.collect_garbage().expect("collects");
        toy.files().len() == 1
    });
    let files = toy.files();
    let compacted = toy.store.compact().expect("compacts");
    assert_eq!((compacted.segments_before, compacted.segments_after), (1, 1));
    assert_eq!(compacted.bytes_before, compacted.bytes_after);
    assert_eq!(toy.files(), files, "the segment was left as it is");
}

#[test]
fn an_import_names_the_fact_whose_scores_would_all_be_0() {
    let toy = Toy::new();
    let run = toy.store.open_run(RunSpec { score_type: ScoreType::F16, ..spec("run") }).expect("new");
    let job = run.job("import", OnConflict::Refuse).expect("begins");
    let of = |fact: &str, largest: f32| {
        let scores = vec![largest, largest / 2.0];
        let values = ScoreValues::Sparse { neurons: vec![Neuron(3), Neuron(7)], scores, floor: 0.0 };
        Entry {
            fact: fact.into(),
            language: "en".into(),
            prompt: 0,
            data: EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None }),
        }
    };
    // f16 has steps of 6e-8 there.
    let told = job.append(&[of("good", 0.5), of("small", 1.5e-8)]).expect_err("is refused").to_string();
    assert!(told.contains("small") && told.contains("a largest score of 1.5e-8") && told.contains("f16"), "{told}");
    assert_eq!(job.append(&[of("good", 0.5)]).expect("is kept").new, 1);
}
