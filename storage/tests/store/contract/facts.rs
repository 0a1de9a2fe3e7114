//! Facts, their labels, prompt templates and candidate answers.

use crate::contents::{Contents, assert_same};
use crate::toy::{Toy, entry, fact_row, scores, spec};
use kndb_storage::{
    CandidatesRow, EntryData, Error, FactBatch, FactRow, LabelTest, OnConflict, Origin, Store, TemplateRow,
    question_hash,
};

fn facts(rows: Vec<FactRow>) -> FactBatch {
    FactBatch { facts: rows, ..FactBatch::default() }
}

fn france() -> FactRow {
    fact_row("f1", "P36", "en", "France", "Paris")
}

#[test]
fn labels_are_found_both_ways_in_every_language() {
    let toy = Toy::new();
    let rows = vec![
        FactRow { subject_uri: Some("Q142".into()), object_uri: Some("Q90".into()), ..france() },
        fact_row("f1", "P36", "zh", "法国", "巴黎"),
        fact_row("f2", "P36", "en", "Italy", "Rome"),
        fact_row("f3", "P19", "zh", "巴黎", "法国"),
    ];
    let added = toy.store.add_facts(facts(rows)).expect("adds");
    assert_eq!((added.new_facts, added.new_labels, added.changed_labels, added.same_labels), (3, 4, 0, 0));
    let snapshot = toy.fresh().snapshot().expect("reads");
    let [f1, f2, f3] = ["f1", "f2", "f3"].map(|id| snapshot.fact(id).expect("reads").expect("is there"));
    let [en, zh] = ["en", "zh"].map(|code| snapshot.language(code).expect("is there"));
    assert_eq!(snapshot.label(f1, en).expect("reads"), Some(("France", "Paris")));
    assert_eq!(snapshot.label(f1, zh).expect("reads"), Some(("法国", "巴黎")));
    assert_eq!(snapshot.label(f2, zh).expect("reads"), None);
    assert_eq!(snapshot.any_label(f2, Some(zh)).expect("reads"), Some(("Italy", "Rome")));
    assert_eq!(snapshot.any_label(f3, None).expect("reads"), Some(("巴黎", "法国")));
    assert_eq!(snapshot.uris(f1).expect("reads"), (Some("Q142"), Some("Q90")));
    assert_eq!(snapshot.uris(f2).expect("reads"), (None, None));
    let capital = snapshot.relation("P36").expect("is there");
    let of = |set: roaring::RoaringBitmap| set.into_iter().map(kndb_storage::FactId).collect::<Vec<_>>();
    assert_eq!(of(snapshot.facts_of_relation(capital).expect("reads")), [f1, f2]);
    assert_eq!(of(snapshot.facts_with_subject(LabelTest::Is("法国")).expect("reads")), [f1]);
    assert_eq!(of(snapshot.facts_with_object(LabelTest::Is("法国")).expect("reads")), [f3]);
    assert_eq!(of(snapshot.facts_with_object(LabelTest::Contains("o")).expect("reads")), [f2]);
    // Whoever is asked to stop says nothing.
    assert!(snapshot.facts_with_label(false, LabelTest::Contains("o"), &|| true).expect("reads").is_none());
    assert!(snapshot.facts_with_object(LabelTest::Is("paris")).expect("reads").is_empty(), "case counts");
    let mut counts = snapshot.label_counts();
    counts.sort();
    assert_eq!(counts, [(en, 2), (zh, 2)]);
}

#[test]
fn changed_labels_are_changed_and_counted() {
    let toy = Toy::new();
    toy.store.add_facts(facts(vec![france(), fact_row("f2", "P36", "en", "Italy", "Rome")])).expect("adds");
    let before = toy.store.snapshot().expect("reads");
    let id = before.fact("f1").expect("reads");
    let again = vec![fact_row("f1", "P36", "en", "France", "Lutetia"), fact_row("f2", "P36", "en", "Italy", "Rome")];
    let added = toy.store.add_facts(facts(again)).expect("adds");
    assert_eq!((added.new_facts, added.new_labels, added.changed_labels, added.same_labels), (0, 0, 1, 1));
    let after = toy.fresh().snapshot().expect("reads");
    let en = after.language("en").expect("is there");
    assert_eq!(after.fact("f1").expect("reads"), id);
    assert_eq!(after.label(id.expect("is there"), en).expect("reads"), Some(("France", "Lutetia")));
    assert!(after.facts_with_object(LabelTest::Is("Paris")).expect("reads").is_empty());
    assert_eq!(before.label(id.expect("is there"), en).expect("reads"), Some(("France", "Paris")), "older snapshot");
}

#[test]
fn a_fact_has_one_relation() {
    let toy = Toy::new();
    toy.store.add_facts(facts(vec![france()])).expect("adds");
    let before = Contents::of(&toy.store).expect("reads");
    let conflict = vec![fact_row("f9", "P36", "en", "Spain", "Madrid"), fact_row("f1", "P19", "en", "France", "Paris")];
    let error = toy.store.add_facts(facts(conflict)).expect_err("another relation");
    assert_eq!(error.to_string(), "fact f1 is of relation P36 in the store, but of P19 in the data given");
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "nothing of the batch stays");
    let within = vec![fact_row("f9", "P36", "en", "Spain", "Madrid"), fact_row("f9", "P19", "en", "Spain", "Madrid")];
    let error = toy.store.add_facts(facts(within)).expect_err("two relations");
    assert!(matches!(error, Error::RelationDiffers { .. }), "{error}");
    assert_same(&Contents::of(&toy.fresh()).expect("reads"), &before, "read anew");
}

#[test]
fn templates_keep_their_numbers_and_candidates_are_replaced() {
    let toy = Toy::new();
    let template = |relation: &str, language: &str, text: &str| TemplateRow {
        relation: relation.into(),
        language: language.into(),
        text: text.into(),
    };
    let add = |texts: &[&str]| {
        let templates = texts.iter().map(|text| template("P36", "en", text)).collect();
        toy.store.add_facts(FactBatch { templates, ..FactBatch::default() }).expect("adds").new_templates
    };
    assert_eq!(add(&["a [X] [Y]", "b [X] [Y]"]), 2);
    assert_eq!(add(&["c [X] [Y]", "b [X] [Y]", "c [X] [Y]"]), 1);
    let candidates = |objects: &[&str]| {
        let row = CandidatesRow {
            relation: "P36".into(),
            language: "en".into(),
            subjects: vec!["France".into(), "Italy".into(), "France".into()],
            objects: objects.iter().map(|&o| o.into()).collect(),
        };
        toy.store.add_facts(FactBatch { candidates: vec![row], ..FactBatch::default() }).expect("adds").candidate_lists
    };
    assert_eq!(candidates(&["Paris"]), 1);
    assert_eq!(candidates(&["Rome", "Paris"]), 1);
    toy.store
        .add_facts(FactBatch { templates: vec![template("P36", "zh", "a [X] [Y]")], ..FactBatch::default() })
        .expect("adds");
    let snapshot = toy.fresh().snapshot().expect("reads");
    let capital = snapshot.relation("P36").expect("is there");
    let [en, zh] = ["en", "zh"].map(|code| snapshot.language(code).expect("is there"));
    let found: Vec<_> = snapshot.templates().map(|(_, language, prompt, text)| (language, prompt.0, text)).collect();
    assert_eq!(found, [(en, 0, "a [X] [Y]"), (en, 1, "b [X] [Y]"), (en, 2, "c [X] [Y]"), (zh, 0, "a [X] [Y]")]);
    let (subjects, objects) = snapshot.candidates(capital, en).expect("reads").expect("is there");
    assert_eq!((subjects, objects), (vec!["France", "Italy", "France"], vec!["Rome", "Paris"]));
    assert_eq!(snapshot.candidates(capital, zh).expect("reads"), None);
}

#[test]
fn a_fact_that_a_run_brought_keeps_its_id_when_labels_come() {
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    for fact in ["z", "f1", "a"] {
        run.append(scores(fact, "en", 1)).expect("appends");
    }
    let before = toy.store.snapshot().expect("reads");
    assert_eq!((before.fact_count(), before.unlabelled_fact_count().expect("reads")), (3, 3));
    let added =
        toy.store.add_facts(facts(vec![fact_row("new", "P36", "en", "Italy", "Rome"), france()])).expect("adds");
    assert_eq!((added.new_facts, added.new_labels), (1, 2));
    run.append(scores("later", "en", 2)).expect("appends");
    let after = toy.fresh().snapshot().expect("reads");
    assert_eq!((after.fact_count(), after.unlabelled_fact_count().expect("reads")), (5, 3));
    for id in ["z", "f1", "a"] {
        assert_eq!(after.fact(id).expect("reads"), before.fact(id).expect("reads"), "{id}");
    }
    let en = after.language("en").expect("is there");
    let f1 = after.fact("f1").expect("reads").expect("is there");
    assert_eq!(after.label(f1, en).expect("reads"), Some(("France", "Paris")));
    assert_eq!(Contents::of(&toy.store).expect("reads").facts_of("run"), ["a", "f1", "later", "z"]);
}

#[test]
fn facts_whose_labels_were_replaced_or_dropped_are_known_from_then_on() {
    let toy = Toy::new();
    let rows =
        || vec![france(), fact_row("f1", "P36", "zh", "法国", "巴黎"), fact_row("f2", "P36", "en", "Italy", "Rome")];
    let known = |code: &str| {
        let snapshot = toy.fresh().snapshot().expect("reads");
        let language = snapshot.language(code).expect("is there");
        let facts = snapshot.relabelled(language).expect("reads");
        facts.into_iter().map(|f| snapshot.external_id(kndb_storage::FactId(f)).expect("reads").to_owned()).collect()
    };
    let check = |en: &[&str], zh: &[&str], when: &str| {
        assert_eq!((known("en"), known("zh")), (owned(en), owned(zh)), "{when}");
    };
    toy.store.add_facts(facts(rows())).expect("adds");
    toy.store.add_facts(facts(rows())).expect("adds");
    check(&[], &[], "the same labels again");
    toy.store.add_facts(facts(vec![fact_row("f1", "P36", "en", "France", "Lutetia")])).expect("adds");
    check(&["f1"], &[], "one was replaced");
    toy.store.add_facts(facts(vec![france()])).expect("adds");
    check(&["f1"], &[], "the old one came back: entries of the time between may be there");
    let run = toy.store.open_run(spec("run")).expect("new");
    run.append_batch(&[scores("f1", "en", 1), scores("f2", "en", 2)], OnConflict::Refuse).expect("adds");
    toy.store.drop_relation("P36", true).expect("drops");
    toy.store.add_facts(facts(rows())).expect("adds");
    check(&["f1", "f2"], &["f1"], "they were dropped, and came again");
}

#[test]
fn groups_that_were_searched_for_with_other_labels_are_told_by_their_hash_wherever_they_are_copied() {
    let toy = Toy::new();
    let template = TemplateRow { relation: "P36".into(), language: "en".into(), text: "[X]: [Y]".into() };
    let labelled = |object: &str| {
        let facts = vec![fact_row("f1", "P36", "en", "France", object), fact_row("f2", "P36", "en", "Italy", "Rome")];
        FactBatch { facts, templates: vec![template.clone()], ..FactBatch::default() }
    };
    toy.store.add_facts(labelled("Paris")).expect("adds");
    let searched = |fact: &str, question: u64| {
        let EntryData::Groups(groups) = crate::toy::groups(fact, "en", &[&[1, 2]]).data else { panic!("groups") };
        entry(fact, "en", 0, EntryData::Searched { groups, question })
    };
    let paris = question_hash("[X]: [Y]", "France", "Paris", 0);
    let run = toy.store.open_run(spec("run")).expect("new");
    let entries = [searched("f1", paris), searched("f2", question_hash("[X]: [Y]", "Italy", "Rome", 0))];
    run.append_batch(&entries, OnConflict::Refuse).expect("appends");
    let found = |store: &Store| {
        let snapshot = store.refresh().expect("reads");
        let slot = snapshot.group_slots().next().expect("a slot");
        let facts = snapshot.searched_otherwise(slot, None).expect("reads");
        let counted: u64 = snapshot.run_asked_otherwise(slot.run).expect("reads").values().sum();
        assert_eq!(counted, facts.len());
        facts.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(found(&toy.store), [] as [u32; 0]);
    toy.store.add_facts(labelled("Lutetia")).expect("relabels");
    assert_eq!(found(&toy.store), [0], "waiting");
    run.seal().expect("seals");
    assert_eq!(found(&toy.store), [0], "sealed");
    run.append_batch(&[crate::toy::groups("f3", "en", &[])], OnConflict::Refuse).expect("appends");
    run.finish().expect("finishes");
    toy.store.compact().expect("compacts");
    assert_eq!(found(&toy.store), [0], "compacted");
    let merged = toy.path.with_file_name("merged");
    Store::merge(&merged, std::slice::from_ref(&toy.store), &mut |_, _, _| {}).expect("merges");
    assert_eq!(found(&Store::open(&merged).expect("opens")), [0], "merged");
    assert!(toy.store.verify().expect("verifies").problems.is_empty());
    let run = toy.store.open_run(spec("run")).expect("is there");
    let now = question_hash("[X]: [Y]", "France", "Lutetia", 0);
    run.append_batch(&[searched("f1", now)], OnConflict::Replace).expect("replaces");
    assert_eq!(found(&toy.store), [] as [u32; 0], "searched anew");
}

fn owned(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

/// Scores that say what they were asked.
fn asked(fact: &str, prompt: u16, question: Option<u64>) -> kndb_storage::Entry {
    let mut data = crate::toy::dense(7, crate::toy::shape());
    data.origin = Some(Origin { question, ..Origin::default() });
    entry(fact, "en", prompt, EntryData::Scores(data))
}

#[test]
fn entries_that_were_asked_with_other_labels_or_another_template_are_told_by_their_hash() {
    let toy = Toy::new();
    let template = |text: &str| TemplateRow { relation: "P36".into(), language: "en".into(), text: text.into() };
    let first = |object: &str, text: &str| FactBatch {
        facts: vec![
            fact_row("f1", "P36", "en", "France", object),
            fact_row("f2", "P36", "en", "Italy", "Rome"),
            fact_row("f3", "P36", "en", "Spain", "Madrid"),
        ],
        templates: vec![template(text)],
        ..FactBatch::default()
    };
    toy.store.add_facts(first("Paris", "[X]: [Y]")).expect("adds");
    let hash = |subject: &str, object: &str| Some(question_hash("[X]: [Y]", subject, object, 0));
    let run = toy.store.open_run(spec("run")).expect("new");
    let entries =
        [asked("f1", 0, hash("France", "Paris")), asked("f2", 0, hash("Italy", "Rome")), asked("f3", 0, None)];
    run.append_batch(&entries, OnConflict::Refuse).expect("appends");
    let found = |among: Option<&[u32]>| {
        let snapshot = toy.fresh().snapshot().expect("reads");
        let slot = snapshot.slots().next().expect("a slot");
        let among = among.map(|among| among.iter().copied().collect());
        let found = snapshot.asked_otherwise(slot, among.as_ref()).expect("reads");
        assert!(
            among.is_some()
                || snapshot.run_asked_otherwise(slot.run).expect("reads").values().sum::<u64>() == found.len()
        );
        found.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(found(None), [] as [u32; 0]);
    toy.store.add_facts(first("Lutetia", "[X]: [Y]")).expect("relabels");
    assert_eq!((found(None), found(Some(&[0, 1])), found(Some(&[1]))), (vec![0], vec![0], vec![]));
    run.seal().expect("seals");
    assert_eq!(found(None), [0], "sealed or not");
    run.append_batch(&[asked("f1", 0, hash("France", "Lutetia"))], OnConflict::Replace).expect("asks anew");
    assert_eq!(found(None), [] as [u32; 0], "asked anew");
    toy.store.add_facts(first("Paris", "[X]: [Y]")).expect("relabels");
    assert_eq!(found(None), [0], "and back again");
    toy.store.drop_relation("P36", true).expect("drops");
    assert_eq!(found(None), [] as [u32; 0], "without labels nothing can be compared");
    toy.store.add_facts(first("Lutetia", "[Y] is of [X]")).expect("adds");
    assert_eq!(found(None), [0, 1], "after dropping, number 0 is another template; f3 does not say what it was asked");
}
