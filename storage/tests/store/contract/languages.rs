//! One language is one, however its code is spelled.

use crate::contents::Contents;
use crate::toy::{Toy, fact_row, neurons, spec};
use kndb_storage::{Error, FactBatch, OnConflict, RunSpec, TemplateRow};

#[test]
fn spellings_of_one_language_become_one_and_are_found_by_any() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&[neurons("a", "zh_CN", &[1]), neurons("b", "ZH-cn", &[2])], OnConflict::Refuse).expect("appends");
    let facts = vec![fact_row("a", "P36", "zh-cn", "France", "Paris"), fact_row("b", "P36", "zh_CN", "Chad", "N")];
    let template = TemplateRow { relation: "P36".into(), language: "ZH_CN".into(), text: "[X] [Y]".into() };
    toy.store.add_facts(FactBatch { facts, templates: vec![template], ..FactBatch::default() }).expect("adds");
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_eq!(snapshot.languages().map(|(_, name)| name.to_owned()).collect::<Vec<_>>(), ["zh-CN"]);
    let id = snapshot.language("zh-CN");
    assert!(id.is_some());
    assert_eq!([snapshot.language("zh_cn"), snapshot.language("ZH-CN"), snapshot.language("zh")], [id, id, None]);
    assert_eq!(snapshot.templates().count(), 1);
}

#[test]
fn new_languages_of_one_batch_get_the_ids_they_are_counted_by() {
    let toy = Toy::new();
    let facts = ["zh_TW", "pt_br", "en", "zh-tw"].map(|code| fact_row("a", "P36", code, "s", "o")).to_vec();
    toy.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("adds");
    let snapshot = toy.fresh().snapshot().expect("reads");
    for code in ["zh-TW", "pt-BR", "en"] {
        let language = snapshot.language(code).expect("there");
        let fact = snapshot.fact("a").expect("reads").expect("there");
        assert_eq!(snapshot.language_name(language), code);
        assert_eq!(snapshot.label(fact, language).expect("reads"), Some(("s", "o")), "{code}");
    }
}

#[test]
fn two_spellings_of_one_place_are_refused_in_one_batch() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let batch = [neurons("a", "zh_CN", &[1]), neurons("a", "zh-CN", &[2])];
    assert!(matches!(run.append_batch(&batch, OnConflict::Replace), Err(Error::FactTwice { .. })));
}

#[test]
fn a_threshold_of_a_language_holds_for_its_spellings() {
    let spec = RunSpec { language_taus: vec![("zh_CN".into(), 0.2)], ..spec("run") };
    assert_eq!([spec.tau_of("zh-CN"), spec.tau_of("zh")], [0.2, 0.3]);
}

#[test]
fn entries_that_are_there_are_passed_over_and_counted() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&[neurons("a", "en", &[1])], OnConflict::Refuse).expect("appends");
    let more = [neurons("a", "en", &[2]), neurons("b", "en", &[3])];
    let skipped = run.append_batch(&more, OnConflict::Skip).expect("appends");
    assert_eq!((skipped.new, skipped.skipped, skipped.replaced), (1, 1, 0));
    run.seal().expect("seals");
    let job = run.job("import", OnConflict::Skip).expect("begins");
    let skipped = job.append(&[neurons("b", "en", &[9]), neurons("c", "en", &[3])]).expect("appends");
    assert_eq!((skipped.new, skipped.skipped, skipped.resumed), (1, 1, 0));
    // The same job again: what it wrote itself is told apart from what was there.
    let skipped = job.append(&[neurons("b", "en", &[9]), neurons("c", "en", &[3])]).expect("appends");
    assert_eq!((skipped.new, skipped.skipped, skipped.resumed), (0, 1, 1));
    let contents = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(contents.facts_of("run"), ["a", "b", "c"]);
    assert!(format!("{:?}", contents.entries).contains("Neurons([1])"), "the old entry stays");
}
