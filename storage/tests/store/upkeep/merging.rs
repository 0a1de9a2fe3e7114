use super::{assert_holds, filled, save};
use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, entry, fact_row, groups, many, neurons, scores, spec};
use kndb_storage::{
    CandidatesRow, Claim, Entry, EntryData, Error, FactBatch, Keep, Merged, Neuron, OnConflict, RelationNameRow,
    RunSpec, Shape, Store, TemplateRow,
};
use std::path::{Path, PathBuf};

fn merge(into: &Path, from: &[&Toy]) -> Result<Merged, Error> {
    let sources: Vec<Store> = from.iter().map(|toy| toy.store.clone()).collect();
    Store::merge(into, &sources, &mut |_, _, _| {})
}

/// What the contents of a store are, but for saved sets.
fn contents(store: &Store) -> Contents {
    let mut contents = Contents::of(store).expect("reads");
    contents.sets.clear();
    contents
}

fn beside(toy: &Toy) -> PathBuf {
    toy.path.with_file_name("merged")
}

fn batch() -> FactBatch {
    let text = |text: &str| TemplateRow { relation: "P36".into(), language: "en".into(), text: text.into() };
    FactBatch {
        facts: vec![
            fact_row("fact-0003", "P36", "en", "Italy", "Rome"),
            fact_row("fact-0001", "P36", "en", "France", "Paris"),
            fact_row("lake", "P4552", "fr", "Léman", "Alpes"),
        ],
        templates: vec![text("The capital of [X] is [Y]."), text("[Y] is the capital of [X].")],
        candidates: vec![CandidatesRow {
            relation: "P36".into(),
            language: "en".into(),
            subjects: vec!["France".into()],
            objects: vec!["Paris".into(), "Rome".into()],
        }],
        relation_names: vec![RelationNameRow { relation: "P36".into(), language: "en".into(), name: "capital".into() }],
    }
}

fn fill(toy: &Toy, run: RunSpec, entries: &[Entry]) {
    let run = toy.store.open_run(run).expect("opens");
    run.append_batch(entries, OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
}

/// Every third entry, from the first, second or third on.
fn shard(all: &[Entry], number: usize) -> Vec<Entry> {
    all.iter().skip(number).step_by(3).cloned().collect()
}

fn everything() -> Vec<Entry> {
    let mut all = many("en", 20);
    all.extend(many("zh", 9));
    all.push(entry("fact-0004", "en", 3, EntryData::Neurons(vec![Neuron(7), Neuron(119)])));
    all.push(groups("fact-0002", "zh", &[&[3, 9], &[1, 2, 8]]));
    all.push(neurons("only sets", "en", &[]));
    all
}

#[test]
fn shards_give_what_one_store_would_hold() {
    let (whole, all) = (Toy::new(), everything());
    whole.store.add_facts(batch()).expect("adds");
    fill(&whole, spec("run"), &all);
    let shards: Vec<Toy> = (0..3)
        .map(|number| {
            let toy = Toy::new();
            // Numbers of facts, languages and relations differ from store to store.
            let filler = FactBatch { facts: vec![fact_row("lake", "P4552", "fr", "Léman", "Alpes")], ..batch() };
            if number > 0 {
                toy.store.add_facts(filler).expect("adds");
            }
            toy.store.add_facts(batch()).expect("adds");
            let mut entries = shard(&all, number);
            entries.reverse();
            fill(&toy, spec("run"), &entries);
            toy
        })
        .collect();
    let shards: Vec<&Toy> = shards.iter().collect();
    let into = beside(&whole);
    let done = merge(&into, &shards).expect("merges");
    assert_eq!((done.runs[0].new, done.runs[0].same, done.runs[0].finished), (all.len() as u64, 0, true));
    let expected = contents(&whole.store);
    assert_holds(&into, &expected, "three shards");
    let again = merge(&into, &shards).expect("merges");
    assert_eq!((again.facts, again.labels, again.runs[0].new, again.runs[0].same), (0, 0, 0, all.len() as u64));
    let epoch = Store::open(&into).expect("opens").snapshot().expect("reads").epoch();
    merge(&into, &shards).expect("merges");
    assert_eq!(Store::open(&into).expect("opens").snapshot().expect("reads").epoch(), epoch, "nothing is committed");
}

#[test]
fn runs_of_other_names_stand_side_by_side_and_one_open_anywhere_is_open() {
    let (toy, other) = (filled(), Toy::new());
    fill(&other, spec("open"), &many("en", 2));
    fill(&other, spec("third"), &many("fr", 2));
    let done = merge(&other.path, &[&toy]).expect("merges");
    assert_eq!(done.sets_left, 1);
    let states: Vec<_> = done.runs.iter().map(|run| (run.name.as_str(), run.new, run.finished)).collect();
    assert_eq!(states, [("run", 6, true), ("open", 1, false)]);
    let mut expected = contents(&toy.store);
    let merged = contents(&other.store);
    assert_eq!(merged.entries.len(), expected.entries.len() + 4);
    expected.entries.iter().for_each(|(address, stored)| assert_eq!(merged.entries.get(address), Some(stored)));
    expected.runs.remove("open");
    expected.runs.iter().for_each(|(name, run)| assert_eq!(merged.runs.get(name), Some(run)));
    assert!(merged.runs["open"].ends_with("finished: false"), "{:?}", merged.runs);
}

/// Refused, saying this; and nothing is different after.
fn refused(into: &Toy, from: &[&Toy], told: &str) {
    let before = Contents::of(&into.store).expect("reads");
    let epoch = into.store.refresh().expect("reads").epoch();
    let error = merge(&into.path, from).expect_err("refused").to_string();
    assert!(error.contains(told), "{error}\nexpected: {told}");
    assert_eq!(into.store.refresh().expect("reads").epoch(), epoch, "something was committed");
    assert_same(&Contents::of(&into.store).expect("reads"), &before, told);
    // Sources disagree with each other as they do with the store; none is made then.
    let nowhere = beside(into);
    let error = merge(&nowhere, &[&[into], from].concat()).expect_err("refused").to_string();
    assert!(error.contains(told) && !nowhere.exists(), "{error}");
}

#[test]
fn entries_that_differ_are_refused_by_name() {
    let (into, same, other) = (filled(), filled(), Toy::new());
    assert_eq!(merge(&into.path, &[&same]).expect("merges").runs[0].same, 6);
    fill(&other, spec("new"), &many("en", 3));
    let different = [scores("fact-0002", "en", 2), scores("fact-0003", "en", 99), scores("fact-0001", "en", 98)];
    fill(&other, spec("run"), &different);
    let told = format!(
        "fact \"fact-0001\" (en, prompt 0) has another entry in run \"run\" of {} than in run \"run\" of {} (2 entries differ, this is \
         the first); nothing was written",
        other.path.display(),
        into.path.display()
    );
    refused(&into, &[&other], &told);
    let sets = Toy::new();
    fill(&sets, spec("run"), &[neurons("fact-0003", "en", &[1])]);
    refused(&into, &[&sets], "fact \"fact-0003\" (en, prompt 0) has another entry in run \"run\" of");
    let error = other.store.copy_run("run", &into.path, "run", &mut |_, _, _| {}).expect_err("other entries");
    assert!(matches!(&error, Error::EntriesDiffer(entry) if entry.count == 2), "{error}");
    into.store.rename_run("run", "mine").expect("renames");
    let error = other.store.copy_run("run", &into.path, "mine", &mut |_, _, _| {}).expect_err("other entries");
    let named = |run: &str, path: &Path| format!("in run {run:?} of {}", path.display());
    let (given, before) = (named("run", &other.path), named("mine", &into.path));
    assert!(error.to_string().contains(&format!("{given} than {before}")), "{error}");
}

#[test]
fn what_two_stores_say_differently_is_told_with_both_whichever_they_are() {
    let labelled = |object: &str, template: &str| {
        let toy = Toy::new();
        let facts = vec![fact_row("f1", "P36", "en", "France", object)];
        let text = template.to_owned();
        let templates = vec![TemplateRow { relation: "P36".into(), language: "en".into(), text }];
        toy.store.add_facts(FactBatch { facts, templates, ..FactBatch::default() }).expect("adds");
        toy
    };
    let (nothing, paris, rome) = (Toy::new(), labelled("Paris", "[X]: [Y]"), labelled("Rome", "[X]: [Y]"));
    let other = labelled("Paris", "[Y] of [X]");
    for (into, from, what, said, by) in [
        (&paris, vec![&rome], "the label of fact \"f1\" in en", "(\"France\", \"Paris\")", &paris),
        (&nothing, vec![&paris, &nothing, &rome], "the label of fact \"f1\" in en", "(\"France\", \"Paris\")", &paris),
        (&nothing, vec![&nothing, &paris, &other], "template 0 of P36 in en", "\"[X]: [Y]\"", &paris),
        (&rome, vec![&nothing, &labelled("Rome", "[X] - [Y]")], "template 0 of P36 in en", "\"[X]: [Y]\"", &rome),
    ] {
        let from: Vec<&Toy> = from.into_iter().filter(|from| from.path != into.path).collect();
        let last = from.last().expect("one").path.display();
        let error = merge(&into.path, &from).expect_err("refused").to_string();
        let end = format!(" in {last}, but {said} in {}; nothing was written", by.path.display());
        assert!(error.starts_with(what) && error.ends_with(&end), "{error}\nexpected: {what} … {end}");
    }
}

#[test]
fn runs_of_one_name_with_other_parameters_are_refused() {
    let into = filled();
    let other = Toy::new();
    other.store.open_run(RunSpec { keep: Keep::Top(3), ..spec("run") }).expect("new");
    refused(&into, &[&other], "the keep of run \"run\" is the 3 best scores in");
    let other = Toy::new();
    let parameters = vec![("steps".to_owned(), "20".to_owned())];
    other.store.open_run(RunSpec { parameters, ..spec("run") }).expect("new");
    refused(&into, &[&other], "the parameter of run \"run\" is steps=20 in");
    let other = Toy::new();
    other.store.open_run(RunSpec::new("further", "toy", Shape::new(1, 9).expect("a shape"))).expect("new");
    refused(&into, &[&other], "the shape of model \"toy\" is 1 layers × 9 in");
}

#[test]
fn facts_that_differ_are_refused_by_name() {
    let into = Toy::new();
    into.store.add_facts(batch()).expect("adds");
    let with = |change: &dyn Fn(&mut FactBatch)| {
        let toy = Toy::new();
        let mut other = batch();
        change(&mut other);
        toy.store.add_facts(other).expect("adds");
        toy
    };
    let uri = with(&|other| other.facts[1].object_uri = Some("Q90".into()));
    merge(&into.path, &[&uri]).expect("adds what was not known");
    for (other, told) in [
        (
            with(&|other| other.facts[0].object = "Roma".into()),
            "the label of fact \"fact-0003\" in en is (\"Italy\", \"Roma\")",
        ),
        (with(&|other| other.facts[0].relation = "P1376".into()), "the relation of fact \"fact-0003\" is P1376"),
        (with(&|other| other.facts[1].object_uri = Some("Q9".into())), "the object URI of fact \"fact-0001\" is Q9"),
        (with(&|other| other.templates.reverse()), "template 0 of P36 in en is \"[Y] is the capital of [X].\""),
        (
            with(&|other| other.candidates[0].objects.truncate(1)),
            "the candidates of P36 in en is a list of 1 subjects and 1",
        ),
        (with(&|other| other.relation_names[0].name = "city".into()), "what P36 is called in en is city"),
    ] {
        refused(&into, &[&other], told);
    }
}

#[test]
fn a_merge_goes_on_where_it_was_ended() {
    let (all, healthy) = (everything(), Toy::new());
    fill(&healthy, spec("run"), &all);
    let shards: Vec<Toy> = (0..3)
        .map(|number| {
            let toy = Toy::new();
            fill(&toy, spec("run"), &shard(&all, number));
            toy
        })
        .collect();
    let shards: Vec<&Toy> = shards.iter().collect();
    for call in 0..4 {
        let into = healthy.path.with_file_name(format!("merged-{call}"));
        let mut calls = 0;
        let sources: Vec<Store> = shards.iter().map(|toy| toy.store.clone()).collect();
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Store::merge(&into, &sources, &mut |_, _, _| {
                calls += 1;
                assert!(calls <= call, "killed");
            })
        }));
        if killed.is_err() && into.exists() {
            let run = Store::open(&into).expect("opens").snapshot().expect("reads").run_named("run").cloned();
            assert!(run.is_none_or(|run| !run.finished), "a run that is half there says that it is complete");
        }
        merge(&into, &shards).expect("goes on");
        assert_holds(&into, &contents(&healthy.store), "a merge that went on");
    }
}

#[test]
fn a_run_is_copied_with_its_facts_alone() {
    let (toy, to) = (filled(), Toy::new());
    save(&to.store, 2);
    let mut copied = toy.store.copy_run("open", &to.path, "taken", &mut |_, _, _| {}).expect("copies");
    assert_eq!((copied.name.as_str(), copied.new, copied.finished), ("taken", 1, false));
    assert_eq!(contents(&to.store).facts.into_keys().collect::<Vec<_>>(), ["waits"]);
    copied = toy.store.copy_run("run", &to.path, "run", &mut |_, _, _| {}).expect("copies");
    assert_eq!((copied.new, copied.finished), (6, true));
    let (now, before) = (contents(&to.store), contents(&toy.store));
    assert_eq!(now.facts, before.facts);
    assert_eq!(now.entries.len(), before.entries.len());
    copied = toy.store.copy_run("run", &to.path, "run", &mut |_, _, _| {}).expect("copies");
    assert_eq!((copied.new, copied.same), (0, 6));
    let itself = toy.store.copy_run("run", &toy.path, "other", &mut |_, _, _| {}).expect_err("the same store");
    assert!(matches!(itself, Error::SameStore { .. }), "{itself}");
    let unknown = toy.store.copy_run("nun", &to.path, "other", &mut |_, _, _| {}).expect_err("unknown");
    assert!(matches!(unknown, Error::UnknownRun { .. }), "{unknown}");
}

#[test]
fn a_run_that_a_job_fills_is_not_merged_into() {
    let (toy, into) = (filled(), filled());
    let _claim = into.store.claim_run("open", Claim::Alone, "kndb attribute").expect("free");
    let error = merge(&into.path, &[&toy]).expect_err("claimed");
    assert!(matches!(&error, Error::RunClaimed { run, .. } if run == "open"), "{error}");
}

#[test]
fn which_labels_were_replaced_is_known_after_a_merge_and_a_copy() {
    let (one, other) = (Toy::new(), Toy::new());
    for (toy, fact) in [(&one, "f1"), (&other, "f2")] {
        let row = |object: &str| fact_row(fact, "P36", "en", "France", object);
        toy.store
            .add_facts(FactBatch { facts: vec![row("Lyon"), row("Paris")], ..FactBatch::default() })
            .expect("adds");
        fill(toy, spec(fact), &[scores(fact, "en", 1)]);
    }
    let into = beside(&one);
    merge(&into, &[&one, &other]).expect("merges");
    let replaced = |fact: &str| format!("label of {fact} in en was replaced");
    let known = |path: &Path| Contents::of(&Store::open(path).expect("opens")).expect("reads").relabelled;
    assert_eq!(known(&into), [replaced("f1"), replaced("f2")].into());
    let copy = Toy::new();
    Store::open(&into).expect("opens").copy_run("f2", &copy.path, "f2", &mut |_, _, _| {}).expect("copies");
    assert_eq!(known(&copy.path), [replaced("f2")].into());
}

/// How many entries the run has, and whether it is complete.
fn held(store: &Store) -> (u64, bool) {
    let snapshot = store.refresh().expect("reads");
    let run = snapshot.run_named("run").expect("is there");
    (snapshot.holds(run.id).expect("reads").entries(), run.finished)
}

#[test]
fn a_merge_goes_on_where_it_was_ended_between_the_catalogue_and_the_manifest() {
    let source = filled();
    let mut ended = 0;
    for ahead in 1..8 {
        let into = Toy::new();
        into.store.open_run(spec("own")).expect("new");
        let commit = into.store.refresh().expect("reads").epoch() + ahead;
        // A commit whose manifest cannot be written is durable, and not published: what a kill leaves there.
        let in_the_way = into.path.join("manifests").join(format!("{commit:020}.tmp"));
        std::fs::create_dir(&in_the_way).expect("a folder");
        let merge = || Store::merge(&into.path, std::slice::from_ref(&source.store), &mut |_, _, _| {});
        ended += u64::from(merge().is_err());
        std::fs::remove_dir(&in_the_way).expect("removes");
        merge().expect("goes on");
        assert_eq!(held(&into.fresh()), held(&source.store), "{ahead}");
    }
    assert!(ended > 2, "{ended}");
}

#[test]
fn compaction_passes_over_runs_that_are_dropped_meanwhile() {
    let toy = Toy::new();
    std::thread::scope(|scope| {
        let at_work = scope.spawn(|| {
            for number in 0..12 {
                let name = format!("run-{number}");
                let run = toy.store.open_run(spec(&name)).expect("new");
                for fact in 0..2 {
                    run.append(scores(&format!("fact-{fact}"), "en", fact)).expect("appends");
                    run.seal().expect("seals");
                }
                toy.store.drop_run(&name).expect("drops");
            }
        });
        let other = toy.fresh();
        // A panic ends it, too.
        while !at_work.is_finished() {
            other.compact().expect("compacts what is there");
        }
    });
    assert_eq!(toy.fresh().snapshot().expect("reads").runs().len(), 0, "none was begun again");
}

#[test]
fn a_merge_claims_one_run_at_a_time() {
    let source = Toy::new();
    for number in 0..4 {
        let run = source.store.open_run(spec(&format!("run-{number}"))).expect("new");
        run.append(scores("fact", "en", number)).expect("appends");
        run.finish().expect("finishes");
    }
    let into = Toy::new();
    let mut seen = 0;
    Store::merge(&into.path, std::slice::from_ref(&source.store), &mut |what, _, _| {
        if what == "copied" {
            let free = |number: &u64| into.store.claim_run(&format!("run-{number}"), Claim::Alone, "a test").is_ok();
            assert_eq!((0..4).filter(free).count(), 3, "all but the one that is written");
            seen += 1;
        }
    })
    .expect("merges");
    assert!(seen >= 4, "{seen}");
}

/// A store with the labels of another, and none of its runs: facts without labels come back with a merge.
fn with_the_facts_of(other: &Toy) -> Toy {
    let toy = Toy::new();
    merge(&toy.path, &[other]).expect("merges");
    let runs: Vec<String> = toy.store.refresh().expect("reads").runs().map(|run| run.spec.name.clone()).collect();
    for run in &runs {
        toy.store.drop_run(run).expect("drops");
    }
    toy
}

/// Merges, and does something to the store between the plan and the first commit that it leads to.
fn merge_while(into: &Toy, source: &Store, meanwhile: impl FnOnce()) -> Result<Merged, Error> {
    let mut meanwhile = Some(meanwhile);
    Store::merge(&into.path, std::slice::from_ref(source), &mut |what, _, _| {
        if let Some(meanwhile) = meanwhile.take_if(|_| what == "compared") {
            meanwhile();
        }
    })
}

#[test]
fn a_run_that_was_made_while_a_merge_compared_stays_what_it_is() {
    let source = filled();
    let into = with_the_facts_of(&source);
    let other = RunSpec { keep: Keep::Top(3), ..spec("run") };
    let error = merge_while(&into, &source.store, || fill(&into, other.clone(), &[scores("fact-0001", "zh", 5)]))
        .expect_err("they differ")
        .to_string();
    assert!(error.contains("the keep of run \"run\""), "{error}");
    let snapshot = into.fresh().snapshot().expect("reads");
    let run = snapshot.run_named("run").expect("is there");
    assert_eq!((&run.spec, run.finished), (&other, true), "as it was made");
}

#[test]
fn a_run_that_was_left_open_while_a_merge_compared_stays_open() {
    let source = filled();
    let into = with_the_facts_of(&source);
    let killed = || {
        let run = into.store.open_run(spec("run")).expect("new");
        run.append(scores("fact-0001", "zh", 5)).expect("appends");
    };
    merge_while(&into, &source.store, killed).expect("merges");
    let (entries, finished) = held(&into.fresh());
    assert_eq!((entries, finished), (held(&source.fresh()).0 + 1, false), "nobody has ended it");
}

/// A store whose run has lost the first of its facts to a repair.
fn repaired(fact: &str) -> Toy {
    let toy = Toy::new();
    fill(&toy, spec("run"), &[scores(fact, "en", 1)]);
    let segment = toy.files().into_iter().find(|name| name.ends_with(".seg")).expect("a segment");
    let path = toy.path.join("files").join(segment);
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[40] ^= 1;
    crate::damage::put(&path, &bytes);
    assert_eq!(toy.fresh().repair().expect("repairs").lost.len(), 1);
    toy
}

fn losses(store: &Store) -> Option<u64> {
    let snapshot = store.refresh().expect("reads");
    let run = snapshot.run_named("run").expect("is there").id;
    snapshot.losses(run).map(|losses| losses.entries())
}

#[test]
fn what_two_merges_at_one_time_know_to_be_lost_is_said_by_the_store() {
    let (one, other, into) = (repaired("one"), repaired("other"), Toy::new());
    fill(&into, spec("own"), &[scores("one", "en", 1), scores("other", "en", 1)]);
    merge_while(&into, &one.fresh(), || drop(merge(&into.path, &[&other]).expect("merges"))).expect("merges");
    assert_eq!(losses(&into.fresh()), Some(2));
}

#[test]
fn what_was_lost_of_a_forgotten_fact_is_not_lost_anew_by_a_merge() {
    let toy = Toy::new();
    toy.store.add_facts(batch()).expect("adds");
    fill(&toy, spec("run"), &[scores("fact-0001", "en", 1), scores("fact-0003", "en", 2), scores("kept", "en", 3)]);
    let segment = toy.files().into_iter().find(|name| name.ends_with(".seg")).expect("a segment");
    let path = toy.path.join("files").join(segment);
    let mut bytes = std::fs::read(&path).expect("reads");
    bytes[40] ^= 1;
    crate::damage::put(&path, &bytes);
    let store = toy.fresh();
    assert_eq!(store.repair().expect("repairs").lost.len(), 1);
    assert_eq!(losses(&store), Some(1));
    store.drop_relation("P36", true).expect("drops");
    assert_eq!(losses(&store), None, "its fact is none of the store");
    let into = beside(&toy);
    Store::merge(&into, &[store], &mut |_, _, _| {}).expect("merges");
    assert_eq!(losses(&Store::open(&into).expect("opens")), None);
}
