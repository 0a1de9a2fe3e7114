//! Facts that nobody needs are forgotten; whoever needs them after all gets them back.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, fact_row, groups, many, neurons, scores, spec};
use kndb_storage::{CandidatesRow, Error, FactBatch, OnConflict, RelationNameRow, TemplateRow};

/// `f1`, `f2` of P36 in two languages and `f3` of P37, with templates, candidates and names.
fn labelled() -> Toy {
    let toy = Toy::new();
    let template = |relation: &str, text: &str| TemplateRow {
        relation: relation.into(),
        language: "en".into(),
        text: text.into(),
    };
    let candidates = |relation: &str| CandidatesRow {
        relation: relation.into(),
        language: "en".into(),
        subjects: vec!["France".into()],
        objects: vec!["Paris".into()],
    };
    let named = |relation: &str| RelationNameRow {
        relation: relation.into(),
        language: "de".into(),
        name: format!("Name von {relation}"),
    };
    let batch = FactBatch {
        facts: vec![
            fact_row("f1", "P36", "en", "France", "Paris"),
            fact_row("f1", "P36", "zh", "法国", "巴黎"),
            fact_row("f2", "P36", "en", "Italy", "Rome"),
            fact_row("f3", "P37", "en", "France", "French"),
        ],
        templates: vec![template("P36", "a [X] [Y]"), template("P36", "b [X] [Y]"), template("P37", "c [X] [Y]")],
        candidates: vec![candidates("P36"), candidates("P37")],
        relation_names: vec![named("P36"), named("P37")],
    };
    toy.store.add_facts(batch).expect("adds");
    toy
}

fn ids(toy: &Toy) -> Vec<String> {
    Contents::of(&toy.fresh()).expect("reads").facts.into_keys().collect()
}

#[test]
fn a_dropped_run_takes_the_facts_that_only_it_had_brought() {
    let toy = labelled();
    let (first, second) =
        (toy.store.open_run(spec("first")).expect("new"), toy.store.open_run(spec("second")).expect("new"));
    let batch = [
        scores("f1", "en", 1),
        scores("only sealed", "en", 2),
        scores("both", "en", 3),
        groups("grouped", "en", &[&[1, 2]]),
    ];
    first.append_batch(&batch, OnConflict::Refuse).expect("appends");
    first.seal().expect("seals");
    first.append(neurons("only waiting", "zh", &[1])).expect("appends");
    second.append(neurons("both", "zh", &[1])).expect("appends");
    assert_eq!(toy.store.drop_run("first").expect("drops"), 3);
    assert_eq!(ids(&toy), ["both", "f1", "f2", "f3"]);
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_eq!((snapshot.fact_count(), snapshot.unlabelled_fact_count().expect("reads")), (4, 1));
    assert_eq!(snapshot.fact("only sealed").expect("reads"), None);
    assert!(toy.store.verify().expect("verifies").problems.is_empty());
}

#[test]
fn a_forgotten_fact_that_comes_again_has_its_old_number() {
    let toy = labelled();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&[scores("a", "en", 1), scores("b", "en", 2), scores("c", "en", 3)], OnConflict::Refuse)
        .expect("appends");
    let before = toy.store.snapshot().expect("reads");
    let number = |id: &str| before.fact(id).expect("reads").expect("is there");
    assert_eq!(toy.store.drop_run("run").expect("drops"), 3);
    assert_eq!(toy.store.fact_ids(&["b"]).expect("registers"), [number("b")]);
    let again = toy
        .store
        .add_facts(FactBatch { facts: vec![fact_row("a", "P36", "en", "Spain", "Madrid")], ..FactBatch::default() });
    assert_eq!(again.expect("adds").new_facts, 1);
    let new = toy.store.fact_ids(&["d"]).expect("registers")[0];
    let after = toy.fresh().snapshot().expect("reads");
    assert_eq!(after.fact("a").expect("reads"), Some(number("a")));
    assert_eq!((after.fact("c").expect("reads"), after.fact_count()), (None, 6));
    assert_eq!(after.external_id(number("c")).expect("reads"), "c", "a saved set may have it");
    assert!(new > number("c"), "no number is given out again");
    assert!(toy.store.verify().expect("verifies").problems.is_empty());
}

#[test]
fn facts_that_a_running_import_has_named_come_back_with_its_entries() {
    let toy = labelled();
    let run = toy.store.open_run(spec("run")).expect("new");
    let job = run.job("import", OnConflict::Refuse).expect("begins");
    // What an import does first, one commit before its entries.
    let named = toy.store.fact_ids(&["fact-0000", "fact-0001", "fact-0002", "x"]).expect("registers");
    let other = toy.fresh();
    assert_eq!(other.drop_orphans().expect("drops").facts, 4);
    job.append(&many("en", 3)).expect("appends");
    run.append(neurons("x", "en", &[1])).expect("appends");
    let snapshot = other.refresh().expect("reads");
    let found: Vec<_> =
        ["fact-0000", "fact-0001", "fact-0002", "x"].iter().map(|id| snapshot.fact(id).expect("reads")).collect();
    assert_eq!(found, named.into_iter().map(Some).collect::<Vec<_>>());
    assert_eq!(other.drop_orphans().expect("drops").facts, 0);
}

/// Ends the other thread also where an assertion fails: its scope would wait for it for ever.
struct Stops<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn importing_and_dropping_at_once_loses_nothing_that_was_acknowledged() {
    let toy = labelled();
    let other = toy.fresh();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let stops = Stops(&stop);
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                other.drop_orphans().expect("drops");
            }
        });
        let run = toy.store.open_run(spec("run")).expect("new");
        for number in 0..30 {
            run.append(neurons(&format!("fact {number}"), "en", &[1])).expect("appends");
        }
        drop(stops);
    });
    let contents = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!((contents.facts.len(), contents.facts_of("run").len()), (33, 30));
}

#[test]
fn orphans_are_facts_without_labels_in_no_run() {
    let toy = labelled();
    toy.store.open_run(spec("run")).expect("new").append(scores("held", "en", 1)).expect("appends");
    toy.store.fact_ids(&["orphan", "another"]).expect("registers");
    let snapshot = toy.store.snapshot().expect("reads");
    let orphans: Vec<_> = snapshot.orphans().expect("reads").into_iter().map(kndb_storage::FactId).collect();
    let orphans: Vec<_> = orphans.iter().map(|&fact| snapshot.external_id(fact).expect("reads")).collect();
    assert_eq!(orphans, ["orphan", "another"]);
    assert_eq!(toy.store.drop_orphans().expect("drops").facts, 2);
    assert_eq!(ids(&toy), ["f1", "f2", "f3", "held"]);
    let epoch = toy.store.snapshot().expect("reads").epoch();
    assert_eq!(toy.store.drop_orphans().expect("drops").facts, 0);
    assert_eq!(toy.store.refresh().expect("reads").epoch(), epoch, "nothing to do is no commit");
}

#[test]
fn a_relation_goes_with_everything_of_it() {
    let toy = labelled();
    let planned = toy.store.snapshot().expect("reads").relation_contents("P36").expect("reads");
    let dropped = toy.store.drop_relation("P36", false).expect("drops");
    assert_eq!(dropped, planned);
    let counts = (dropped.facts, dropped.labels, dropped.templates, dropped.candidate_lists, dropped.held);
    assert_eq!(counts, (2, 3, 2, 1, 0));
    let contents = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(contents.facts.keys().collect::<Vec<_>>(), ["f3"]);
    assert_eq!(contents.prompts.keys().collect::<Vec<_>>(), ["P37 en 0", "P37 en candidates"]);
    assert!(!contents.names.iter().any(|name| name.contains("P36")), "{:?}", contents.names);
    let snapshot = toy.fresh().snapshot().expect("reads");
    assert_eq!((snapshot.relation("P36"), snapshot.relations().len()), (None, 1));
    assert_eq!(snapshot.label_counts().len(), 1, "the last Chinese label went");
    let error = toy.store.drop_relation("P36", false).expect_err("it is gone");
    assert_eq!(error.to_string(), r#"there is no relation "P36"; the store has "P37""#);
    assert!(toy.store.verify().expect("verifies").problems.is_empty());
}

#[test]
fn a_relation_that_comes_again_is_what_it_was() {
    let (toy, other) = (labelled(), labelled());
    let before = Contents::of(&toy.store).expect("reads");
    toy.store.drop_relation("P36", false).expect("drops");
    let all = Contents::of(&other.store).expect("reads");
    assert_same(&before, &all, "two of one kind");
    let rows = [("f1", "en", "France", "Paris"), ("f1", "zh", "法国", "巴黎"), ("f2", "en", "Italy", "Rome")];
    let facts = rows.map(|(id, language, subject, object)| fact_row(id, "P36", language, subject, object)).to_vec();
    let added = toy.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("adds");
    assert_eq!((added.new_facts, added.new_labels), (2, 3));
    assert_eq!(Contents::of(&toy.fresh()).expect("reads").facts, before.facts);
}

#[test]
fn facts_that_a_run_has_entries_of_are_refused_or_lose_their_labels_alone() {
    let toy = labelled();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("f1", "en", 1)).expect("appends");
    let before = Contents::of(&toy.store).expect("reads");
    let error = toy.store.drop_relation("P36", false).expect_err("a run has scores of f1");
    assert!(matches!(&error, Error::FactsHeld { facts: 1, runs, .. } if *runs == ["run"]), "{error}");
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "a refusal changes nothing");
    let dropped = toy.store.drop_relation("P36", true).expect("drops");
    assert_eq!((dropped.facts, dropped.held), (1, 1));
    let after = Contents::of(&toy.fresh()).expect("reads");
    assert_eq!(after.facts.keys().collect::<Vec<_>>(), ["f1", "f3"]);
    assert_eq!(after.facts["f1"], "None (None, None)");
    assert_eq!(after.entries, before.entries);
}

#[test]
fn a_store_with_a_lost_file_still_loses_the_run() {
    let toy = labelled();
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append(scores("only here", "en", 1)).expect("appends");
    run.seal().expect("seals");
    let file = toy.files().into_iter().find(|name| name.ends_with(".seg")).expect("a segment");
    std::fs::remove_file(toy.path.join("files").join(file)).expect("removes");
    assert_eq!(toy.fresh().drop_run("run").expect("drops"), 0, "what it had brought is not known any more");
    assert_eq!(ids(&toy), ["f1", "f2", "f3", "only here"]);
    assert_eq!(toy.fresh().drop_orphans().expect("drops").facts, 1);
}

#[test]
fn facts_that_a_failed_import_has_named_are_forgotten_and_no_others() {
    let toy = labelled();
    let run = toy.store.open_run(spec("first")).expect("new");
    run.append(neurons("stored before", "en", &[1])).expect("appends");
    toy.store.fact_ids(&["named before"]).expect("registers");
    let job = run.job("files", OnConflict::Refuse).expect("begins");
    // As an import does whose batch is refused after its facts have their numbers; another one stores one of them.
    toy.store.fact_ids(&["f1", "named before", "only named", "stored by another"]).expect("registers");
    let another = toy.fresh().open_run(spec("second")).expect("new");
    another.append(neurons("stored by another", "en", &[1])).expect("appends");
    assert!(!job.give_up().expect("the run has an entry"));
    assert_eq!(ids(&toy), ["f1", "f2", "f3", "named before", "stored before", "stored by another"]);
    run.append(neurons("only named", "en", &[1])).expect("comes back");
    assert!(ids(&toy).contains(&"only named".to_owned()));
}
