//! What is refused of attached stores, and what is said to do.

use super::stores::{F1, F2, F3, F9, SHAPE, Two, files, write};
use kndb_query::{ErrorKind, Settings};
use kndb_storage::{RunSpec, Shape, Store};

#[test]
fn a_store_that_is_not_attached_is_refused_at_its_name() {
    let two = Two::new();
    let error = two.told("kn & b::kn").expect_err("no such store");
    assert_eq!(error.reason, "no store is attached as \"b\"; attached are \"a\"");
    assert_eq!(error.span.map(|span| span.range()), Some(5..6));
    assert_eq!(
        error.hint.as_deref(),
        Some("`attach 'PATH' as b` attaches one, in the shell, a script or `kndb query --attach`")
    );
    two.settings
        .attached
        .attach(&two.here, "other", Store::create(two.path("third")).expect("a store").path())
        .expect("attaches");
    assert_eq!(two.refusal("othr::kn").1, "did you mean `other`?");
    two.outcome("detach a").expect("detached");
    assert!(two.told("a::kn").is_err());
    assert_eq!(two.refusal("detach a").0, "no store is attached as \"a\"; attached are \"other\"");
}

#[test]
fn one_name_and_one_store_are_attached_once() {
    let two = Two::new();
    let other = two.other.path().display().to_string();
    assert_eq!(two.refusal(&format!("attach '{other}' as b")).0, format!("{other} is attached as a already"));
    let third = Store::create(two.path("third")).expect("a store");
    assert_eq!(
        two.refusal(&format!("attach '{}' as a", third.path().display())).0,
        format!("{other} is attached as a already")
    );
    let here = two.here.path().display().to_string();
    assert_eq!(two.refusal(&format!("attach '{here}' as b")).0, format!("{here} is the store in hand"));
    let (reason, hint) = two.refusal(&format!("attach '{here}/nowhere' as b"));
    assert!(reason.ends_with("is not a kndb store: there is nothing at that path"), "{reason}");
    assert!(hint.starts_with("a store is a folder"), "{hint}");
}

#[test]
fn a_word_of_the_language_names_no_store() {
    let two = Two::new();
    for name in ["kn", "FACTS", "by", "attach"] {
        let (reason, _) = two.refusal(&format!("attach 'x' as {name}"));
        assert!(reason.ends_with("is a word of the language, and cannot be the name of a store"), "{reason}");
    }
    for name in ["", "1a", "a b", "ä", "a-b"] {
        let attached = two.settings.attached.attach(&two.here, name, two.path("third"));
        assert_eq!(attached.expect_err("no name").kind, ErrorKind::Name, "{name:?}");
    }
}

#[test]
fn neurons_of_models_that_differ_are_not_compared_and_facts_are() {
    let two = Two::of(&[F1, F2, F3], &[F9, F3, F2]);
    write(&two.here, RunSpec::new("here", "toy", SHAPE), &[("f2", "en", vec![3])]);
    write(
        &two.other,
        RunSpec::new("there", "toy", Shape { layers: 3, width: 8 }),
        &[("f2", "en", vec![3]), ("f9", "en", vec![20])],
    );
    let shapes = "run \"here\" is of model \"toy\" (2 layers of 4 neurons) and run \"there\" of store a of model \"toy\" (3 layers of 8 neurons): \
                  their neurons are different units";
    for text in ["kn & a::kn", "kn | a::kn by layer", "kn & neurons of a::kn", "neurons of kn - neurons of a::kn"] {
        let (reason, hint) = two.refusal(text);
        assert_eq!(reason, shapes, "{text}");
        assert_eq!(hint, "compare facts instead: `facts of (…) & facts of (…)`", "{text}");
    }
    assert_eq!(
        two.refusal("similarity(kn, a::kn) by layer").0,
        "the left side is of model \"toy\" (2 layers of 4 neurons) and the right side of model \"toy\" (3 layers of 8 neurons): their neurons are \
         different units"
    );
    assert_eq!(two.rows("facts of a::kn - facts of kn"), ["f9 P36 Japan Tokyo"]);
    assert_eq!(two.rows("kn & facts of a::kn"), ["f2 P36 Peru Lima 0 3"]);
    assert_eq!(two.rows("a::kn by layer"), ["0 1 1 1 0.500", "2 1 1 1 0.500"]);
    let two = Two::of(&[F2], &[F2]);
    write(&two.here, RunSpec::new("here", "toy", SHAPE), &[("f2", "en", vec![3])]);
    write(&two.other, RunSpec::new("there", "gpt", SHAPE), &[("f2", "en", vec![3])]);
    assert_eq!(
        two.refusal("kn & a::kn").0,
        "run \"here\" is of model \"toy\" and run \"there\" of store a of model \"gpt\": their neurons are different units"
    );
}

#[test]
fn weights_that_differ_are_told_of() {
    let two = Two::of(&[F2], &[F2]);
    let spec = |name: &str, hash: &str| RunSpec { weights_hash: Some(hash.into()), ..RunSpec::new(name, "toy", SHAPE) };
    write(&two.here, spec("here", "1"), &[("f2", "en", vec![3])]);
    write(&two.other, spec("there", "2"), &[("f2", "en", vec![3])]);
    assert_eq!(
        two.notes("kn & a::kn"),
        [
            "run \"here\" and run \"there\" of store a are of model \"toy\" with other weights each: neurons are compared by layer and number"
        ]
    );
    assert_eq!(two.notes("facts of kn & facts of a::kn"), Vec::<String>::new());
}

#[test]
fn what_one_store_knows_of_its_pairs_is_not_asked_of_two() {
    let two = Two::new();
    for text in
        ["kn | a::kn by lang", "similarity(kn | a::kn) between lang", "(kn & a::kn by fact, neuron having langs = 1)"]
    {
        let (reason, hint) = two.refusal(text);
        assert!(reason.contains("lang"), "{text}: {reason}");
        assert!(hint.contains("of one store"), "{text}: {hint}");
    }
}

#[test]
fn errors_of_an_attached_store_say_so_and_point_at_its_set() {
    let two = Two::new();
    let error = two.told("kn & a::kn[lang=de]").expect_err("no such language");
    assert_eq!(error.reason, "store a: run \"there\" has no language \"de\"; it has \"en\", \"zh\"");
    assert_eq!(error.span.map(|span| span.range()), Some(16..18));
    assert_eq!(two.refusal("a::kn[run=here]").0, "store a: there is no run \"here\"; the store has \"there\"");
    assert_eq!(two.refusal("a::@x").0, "store a: there is no saved set @x; the store has none");
    assert!(two.refusal("a::entries & kn").0.starts_with("entries are of facts"));
    let (reason, hint) = two.refusal("a::entries & facts by relation");
    assert_eq!(reason, "entries of an attached store are no set, and are chosen by facts of that store alone");
    assert!(hint.contains("`a::(entries"), "{hint}");
    two.told("a::(entries & facts) by relation").expect("within the store");
}

#[test]
fn a_saved_set_is_of_facts_of_the_store_in_hand() {
    let two = Two::new();
    let (reason, hint) = two.refusal("let x = facts of a::kn");
    assert_eq!(
        reason,
        "1 of its facts is in an attached store alone, and a saved set is of facts of the store in hand"
    );
    assert!(hint.starts_with("save those that are here: `let x = (facts of a::kn) & facts`"), "{hint}");
    assert!(two.told("let x = a::kn").is_err());
    two.outcome("let x = a::kn & facts").expect("saved");
    two.outcome("let n = neurons of a::kn").expect("saved");
    two.outcome("detach a").expect("detached");
    assert_eq!(two.rows("@x - kn"), ["f3 P37 France French 1 2"]);
    assert_eq!(two.rows("kn & @n").len(), 4);
}

#[test]
fn pairs_of_a_model_that_the_store_has_no_run_of_are_not_saved() {
    let two = Two::of(&[F2], &[F2]);
    write(&two.other, RunSpec::new("there", "toy", SHAPE), &[("f2", "en", vec![3])]);
    let (reason, _) = two.refusal("let x = a::kn");
    assert_eq!(reason, "the store has no run of model \"toy\", so nothing would say whose neurons these are");
    two.outcome("let x = facts of a::kn").expect("facts are of every model");
}

#[test]
fn members_of_attached_sets_count_as_memory() {
    let two = Two::new();
    let settings = Settings { memory: Some(200), ..two.settings.clone() };
    let statement = kndb_query::parse("kn & a::kn").expect("a statement");
    let refused = kndb_query::execute(&two.here, &settings, &statement, &mut super::stores::Told::default());
    let error = refused.expect_err("too little memory");
    assert_eq!(error.kind, ErrorKind::Memory);
    assert!(error.reason.contains("attached stores need"), "{error}");
}

#[test]
fn a_damaged_store_is_refused_when_it_is_attached() {
    let two = Two::new();
    let broken = Store::create(two.path("broken")).expect("a store");
    super::stores::add(&broken, &[F1]);
    drop(broken);
    for file in files(&two.path("broken").join("manifests")) {
        std::fs::write(file, b"nothing of the kind").expect("writes");
    }
    let (reason, _) = two.refusal(&format!("attach '{}' as b", two.path("broken").display()));
    assert!(reason.contains("broken"), "{reason}");
    assert_eq!(two.settings.attached.list().len(), 1);
}

#[test]
fn a_store_of_format_1_is_attached_and_stays_as_it_is() {
    let two = Two::new();
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../storage/tests/fixtures/v1");
    let old = two.path("old");
    copy(&fixture, &old);
    two.outcome(&format!("attach '{}' as old", old.display())).expect("attaches");
    assert!(!two.rows("old::facts").is_empty());
    let [all, here, there] =
        ["old::facts", "old::facts & facts", "old::facts - facts"].map(|text| two.rows(text).len());
    assert_eq!(here + there, all);
    assert_eq!(Store::open(&old).expect("the store").format(), 1);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { std::fs::copy(&from, &to).map(drop).expect("copies") }
    }
}
