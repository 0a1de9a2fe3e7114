//! What a reader is told beside the rows, and layers that were not scored.

mod toy;

use kndb_query::{Column, Note, Settings, Sink, Value, execute, parse};
use kndb_storage::{EntryData, FactBatch, FactRow, OnConflict, Origin, RunSpec, TemplateRow, question_hash};
use std::ops::ControlFlow;
use toy::{SHAPE, Toy, scored};

/// Keeps notes, and how many rows came before them.
#[derive(Default)]
struct Told {
    rows: usize,
    ended: bool,
    notes: Vec<Note>,
}

impl Sink for Told {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        self.rows += 1;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        self.ended = true;
        Ok(())
    }

    fn note(&mut self, note: &Note) -> std::io::Result<()> {
        self.notes.push(note.clone());
        Ok(())
    }
}

/// The toy store, and three runs of layers 7 and 9: one complete, one open, and one of groups.
fn toy() -> Toy {
    let toy = Toy::new();
    let layers = vec![("layers".to_owned(), "7,9".to_owned())];
    let of_two = |name: &str| {
        // As the engine describes its runs.
        let weights_hash = Some("xxh3-0".to_owned());
        RunSpec { parameters: layers.clone(), weights_hash, ..RunSpec::new(name, "bert", SHAPE) }
    };
    let entries = |language| vec![scored(0, language, 0, &[(9, 852, 1.0), (7, 0, 0.5)])];
    toy.write(of_two("two"), entries("en"));
    let open = toy.store.open_run(RunSpec::new("open", "bert", SHAPE)).expect("a new run");
    open.append_batch(&entries("en"), OnConflict::Refuse).expect("entries");
    let group = toy::group(&[(7, 0), (9, 852)]);
    toy.write(of_two("two-dkn"), vec![toy::groups_of(0, vec![group])]);
    toy
}

fn told(toy: &Toy, settings: &Settings, text: &str) -> Told {
    let mut told = Told::default();
    let statement = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    execute(&toy.store, settings, &statement, &mut told).unwrap_or_else(|error| panic!("{text}: {error}"));
    told
}

/// The texts of the notes on a statement.
fn notes(toy: &Toy, text: &str) -> Vec<String> {
    told(toy, &Settings::default(), text).notes.iter().map(ToString::to_string).collect()
}

fn refusal(toy: &Toy, text: &str) -> kndb_query::QueryError {
    let statement = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut told = Told::default();
    let error = execute(&toy.store, &Settings::default(), &statement, &mut told).expect_err(text);
    assert_eq!((told.rows, told.notes), (0, Vec::new()), "{text}");
    error
}

const TWO: &str = "run \"two\" scored layers 7, 9 only, of 12";

#[test]
fn a_layer_that_was_not_scored_is_refused_at_its_number() {
    let toy = toy();
    for (text, at, layers) in [
        ("kn[run=two, layer=3]", "3", "layer 3"),
        ("likn[run=two, layer in (7, 8)] by layer", "8", "layer 8"),
        ("kn[run=two, layer in 0..7] by fact", "0..7", "layers 0..6"),
        ("kn[run in (two, \"bert, en\"), layer=3]", "3", "layer 3"),
        ("kn[run=two] & neurons(3:1)", "3:1", "layer 3"),
        ("kn[run=two] & (neurons(7:0) | neurons(8..9:5))", "8..9:5", "layer 8"),
        ("facts of (neurons(11:*) & kn[run=two])", "11:*", "layer 11"),
        ("kn[run=\"bert, en\"] - (kn[run=two] & neurons(3:1))", "3:1", "layer 3"),
        ("similarity(kn[run=\"bert, en\", layer=3], kn[run=two, layer=3])", "3", "layer 3"),
        ("explain kn[run=two, layer=3]", "3", "layer 3"),
        ("let some = kn[run=two, layer=3]", "3", "layer 3"),
    ] {
        let error = refusal(&toy, text);
        assert_eq!(error.reason, format!("{TWO}, so nothing is known of {layers}"), "{text}");
        let span = error.span.expect("a place");
        assert_eq!(&text[span.start..span.end], at, "{text}");
        assert_eq!(error.kind, kndb_query::ErrorKind::Missing, "{text}");
        assert!(error.hint.is_some_and(|hint| hint.contains("kndb attribute … --layers")), "{text}");
    }
    assert!(refusal(&toy, "dkn[run=two-dkn, layer=8]").reason.contains("\"two-dkn\" scored layers 7, 9 only"));
}

#[test]
fn layers_that_were_scored_are_answered_without_a_word() {
    let toy = toy();
    for (text, rows) in [
        ("kn[run=two, layer=9]", 1),
        ("kn[run=two, layer in (7, 9)]", 2),
        ("kn[run=two, layer in 9..9] & neurons(7..7:*, 9:852)", 1),
        ("kn[run=\"bert, en\", lang=de, layer=3]", 0),
        ("neurons(3:1) & neurons(3:*)", 1),
    ] {
        let told = told(&toy, &Settings::default(), text);
        assert_eq!((told.rows, told.notes), (rows, Vec::new()), "{text}");
    }
}

#[test]
fn every_layer_of_a_run_that_scored_some_is_noted_once() {
    let toy = toy();
    let expected = [format!("{TWO}: nothing is known of the others")];
    for text in [
        "kn[run=two] by layer",
        "kn[run=two, layer=*]",
        "kn[run=two] & kn[run=two, tau=0.4]",
        // There is no other way to name all layers of a unit.
        "kn[run=two] & neurons(0..11:852)",
        // What is taken away may lie anywhere.
        "kn[run=two] & (neurons(7:*) - neurons(3:*))",
        "explain kn[run=two] by layer",
        "let some = kn[run=two]",
    ] {
        assert_eq!(notes(&toy, text), expected, "{text}");
    }
}

#[test]
fn neurons_of_a_saved_set_outside_the_scored_layers_are_counted() {
    let toy = toy();
    notes(&toy, "let words = neurons(3:1, 7:0, 11:0..4)");
    let expected = "6 of the 7 neurons of @words lie in layers that run \"two\" did not score";
    assert_eq!(notes(&toy, "kn[run=two] & @words")[1], expected);
    assert_eq!(notes(&toy, "kn[run=\"bert, en\"] & @words"), [""; 0]);
}

#[test]
fn an_open_run_is_noted_after_the_rows() {
    let toy = toy();
    let settings = Settings { run: Some("open".into()), ..Settings::default() };
    let statement = parse("kn by layer").expect("a statement");
    let mut told = Told::default();
    execute(&toy.store, &settings, &statement, &mut told).expect("rows");
    assert_eq!((told.rows, told.ended), (2, true));
    let [note] = &told.notes[..] else { panic!("{:?}", told.notes) };
    assert_eq!(
        note.text,
        "run \"open\" is not finished, so facts may be missing: what fills it goes on where it is started again"
    );
    assert_eq!(note.span, Some((0..2).into()));
    let open = toy.store.open_run(RunSpec::new("open", "bert", SHAPE)).expect("the run");
    open.finish().expect("the end");
    assert_eq!(notes(&toy, "kn[run=open] by layer"), [""; 0]);
}

#[test]
fn a_run_that_has_lost_entries_to_damage_is_noted() {
    let toy = toy();
    assert!(!notes(&toy, "kn[run=two] by layer").iter().any(|note| note.contains("lost")));
    let file = |name: &str| toy.store.path().join("files").join(name);
    // Every segment that can go: what it held is lost.
    let names = std::fs::read_dir(file("")).expect("lists").flatten().map(|entry| entry.file_name());
    let names: Vec<_> =
        names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".seg")).collect();
    for name in &names {
        let mut bytes = std::fs::read(file(name)).expect("reads");
        bytes[10] ^= 1;
        std::fs::remove_file(file(name)).expect("removes");
        std::fs::write(file(name), bytes).expect("writes");
    }
    let store = kndb_storage::Store::open(toy.store.path()).expect("opens");
    assert!(!store.repair().expect("repairs").lost.is_empty());
    let snapshot = store.snapshot().expect("reads");
    let damaged = snapshot.runs().filter_map(|run| snapshot.losses(run.id)).collect::<Vec<_>>();
    assert!(!damaged.is_empty());
    for losses in damaged {
        let kind = if losses.run == "search" { "dkn" } else { "kn" };
        let statement = parse(&format!("{kind}[run={:?}] by layer", losses.run)).expect("a statement");
        let mut told = Told::default();
        // Where nothing is left there are no rows to note it of.
        match execute(&toy.store, &Settings::default(), &statement, &mut told) {
            Ok(_) => assert!(told.notes.iter().any(|note| note.text == losses.to_string()), "{:?}", told.notes),
            Err(error) => assert_eq!(error.hint, Some(losses.to_string()), "{error}"),
        }
    }
}

#[test]
fn let_over_a_name_says_what_it_replaced() {
    let toy = toy();
    assert_eq!(notes(&toy, "let some = kn[run=\"bert, en\", lang=de]"), [""; 0]);
    let expected = "@some took the place of the set of that name: 8 pairs, `kn[run=\"bert, en\", lang=de]`";
    assert_eq!(notes(&toy, "let some = neurons(3:1)"), [expected]);
    assert_eq!(
        notes(&toy, "let some = facts[relation=P37]"),
        ["@some took the place of the set of that name: 1 neurons, `neurons(3:1)`"]
    );
}

/// Only French has a prompt 1.
#[test]
fn prompts_that_are_not_there_are_noted() {
    let toy = toy();
    let run = "run=\"bert, en\"";
    let missing = |what: &str| format!("run \"bert, en\" does not have {what}; it has 0, 1");
    assert_eq!(notes(&toy, &format!("kn[{run}, lang=fr, prompt in (1, 7)]")), [missing("prompt 7")]);
    assert_eq!(notes(&toy, &format!("kn[{run}, lang=fr, prompt in 0..9]")), [missing("all of the prompts 0..9")]);
    assert_eq!(
        notes(&toy, &format!("likn[{run}, lang in (fr, de), prompt=1]")),
        ["run \"bert, en\" has no such prompt in \"de\""]
    );
    assert_eq!(notes(&toy, &format!("kn[{run}, lang=fr, prompt in 0..1]")), [""; 0]);
}

#[test]
fn a_language_of_labels_that_the_store_lacks_is_noted() {
    let toy = toy();
    let settings = Settings { run: Some("bert, en".into()), language: Some("xx".into()), ..Settings::default() };
    let notes = told(&toy, &settings, "kn by fact").notes;
    assert!(notes[0].text.starts_with("there are no labels in \"xx\""), "{notes:?}");
    assert!(notes[0].text.contains("the store has \"en\", \"zh\""), "{notes:?}");
    // The language that is asked for is the labels' then.
    let notes = told(&toy, &settings, "kn[lang=zh] by fact").notes;
    assert!(notes[0].text.contains("so those in zh are shown"), "{notes:?}");
}

#[test]
fn a_label_that_no_fact_has_is_told_with_the_nearest_one() {
    let toy = toy();
    for (text, expected) in [
        ("facts[subject=Frnace]", Some("no fact has the subject \"Frnace\"; did you mean \"France\"?")),
        ("facts[object=\"巴黎市\"]", Some("no fact has the object \"巴黎市\"; did you mean \"巴黎\"?")),
        ("facts[subject in (France, Atlantis)]", Some("no fact has the subject \"Atlantis\"")),
        ("kn[run=\"bert, en\", object~xyz]", Some("no fact has an object that contains \"xyz\"")),
        ("facts[subject=Paris]", Some("no fact has the subject \"Paris\"")),
        ("facts[subject=France, object=Berlin]", None),
        ("facts[subject~Fr]", None),
    ] {
        assert_eq!(notes(&toy, text), expected.into_iter().collect::<Vec<_>>(), "{text}");
    }
}

/// The toy store, and a run of the facts 0 to 3 in English and 0 and 1 in Chinese, all of P36.
fn partly() -> Toy {
    let toy = Toy::new();
    let one = |n, language| scored(n, language, 0, &[(9, 852, 1.0)]);
    let entries = vec![one(0, "en"), one(1, "en"), one(2, "en"), one(3, "en"), one(0, "zh"), one(1, "zh")];
    toy.write(RunSpec::new("part", "bert", SHAPE), entries);
    let sixteenth = scored(15, "en", 0, &[(9, 852, 1.0)]);
    toy.write(RunSpec::new("other", "bert", SHAPE), vec![sixteenth]);
    toy
}

#[test]
fn an_answer_that_is_empty_because_nothing_is_stored_says_so() {
    let toy = partly();
    let nothing = |of: &str| format!("run \"part\" holds nothing of {of}");
    for (text, expected) in [
        ("kn[run=part, relation=P37]", nothing("relation \"P37\"; it has \"P36\"")),
        ("kn[run=part, relation=P37] by layer", nothing("relation \"P37\"; it has \"P36\"")),
        ("kn[run=part, fact=fact-9]", nothing("fact \"fact-9\"")),
        ("kn[run=part, fact in (fact-8, fact-9)]", nothing("fact \"fact-8\", fact \"fact-9\"")),
        ("kn[run=part, fact in (fact-1, fact-9)]", nothing("fact \"fact-9\"")),
        ("kn[run=part, lang=zh, fact=fact-2]", nothing("fact \"fact-2\" in \"zh\"; it does in \"en\"")),
        ("kn[run=part, lang in (en, zh), fact=fact-2]", nothing("fact \"fact-2\" in \"zh\"")),
        (
            "likn[run=part, lang=*, prompt=0, fact=fact-9]",
            nothing("fact \"fact-9\" in \"en\", \"zh\" at the prompts asked for"),
        ),
        ("kn[run=part, subject=Peru]", nothing("facts with the subject \"Peru\"")),
        ("kn[run=part, subject~Per]", nothing("facts with a subject that contains \"Per\"")),
        ("kn[run=part, relation=P36, subject in (Peru, Spain)]", nothing("the 2 facts asked for")),
        ("kn[run=part, relation=P36, subject in (France, Peru)]", nothing("facts with the subject \"Peru\"")),
        ("facts of kn[run=part, relation=P37]", nothing("relation \"P37\"; it has \"P36\"")),
        ("similarity(kn[run=part, relation=P37], kn[run=part])", nothing("relation \"P37\"; it has \"P36\"")),
        (
            "kn[run=part] & facts[relation=P37]",
            "none of the 3 facts of `facts[relation=P37]` has an entry in the set that it filters".into(),
        ),
        (
            "kn[run=other] & facts of kn[run=part]",
            "none of the 4 facts of `facts of kn[run=part]` has an entry in the set that it filters".into(),
        ),
        ("dkn[run=search, fact=fact-9]", "run \"search\" holds nothing of fact \"fact-9\"".into()),
        ("kn[run in (part, other), lang=zh]", "run \"other\" has no knowledge neurons in \"zh\"".into()),
        ("explain kn[run=part, fact=fact-9]", nothing("fact \"fact-9\"")),
    ] {
        assert_eq!(notes(&toy, text), [expected], "{text}");
    }
    notes(&toy, "let none = kn[run=part, relation=P37]");
    assert_eq!(
        notes(&toy, "kn[run=part] & @none"),
        ["@none is empty: it was saved so, as `kn[run=part, relation=P37]`"]
    );
}

#[test]
fn facts_that_only_one_side_or_language_has_are_counted() {
    let toy = partly();
    for (text, expected) in [
        ("likn[run=part]", "2 of 4 facts have entries in both languages"),
        ("likn[run=part, relation=P36] by layer", "2 of 4 facts have entries in both languages"),
        ("likn[run=\"bert, en\", lang in (en, zh, de)]", "4 of 16 facts have entries in all 3 languages"),
        ("kn[run=part, lang=en] & kn[run=part, lang=zh]", "2 of 4 facts have entries on both sides of `&`"),
        (
            "kn[run=part, lang=en] ^ kn[run=part, lang=zh]",
            "2 of 4 facts have entries on both sides of `^`; of the others all is on one side",
        ),
        (
            "kn[run=part, lang=en] - kn[run=part, lang=zh]",
            "2 of the 4 facts on the left of `-` have entries on the right, too; of the others nothing is taken away",
        ),
        (
            "facts of kn[run=part, lang=en] & facts of kn[run=part, lang=zh]",
            "2 of 4 facts have entries on both sides of `&`",
        ),
        ("kn[run=part] & kn[run=other]", "0 of 5 facts have entries on both sides of `&`"),
        // Its pairs lie on facts that one side alone has, too.
        (
            "(kn[run=part, lang=en] ^ kn[run=part, lang=zh]) & facts[fact=fact-3]",
            "2 of 4 facts have entries on both sides of `^`; of the others all is on one side",
        ),
        (
            "similarity(kn[run=part, lang=en], kn[run=part, lang=zh]) by layer",
            "2 of 4 facts have entries on both sides; the others are left out",
        ),
    ] {
        assert_eq!(notes(&toy, text), [expected], "{text}");
    }
}

/// What was measured, and found to be nothing, is an answer; so is less where less was asked for.
#[test]
fn a_set_that_is_really_empty_is_an_answer_without_a_word() {
    let toy = partly();
    for text in [
        "kn[run=part, layer=3]",
        "kn[run=part] by neuron having facts > 100",
        "kn[run=part, lang=en] | kn[run=part, lang=zh]",
        "kn[run=part, fact=fact-2]",
        "kn[run=part, subject=France, object=Berlin]",
        "kn[run=part, lang=zh] - kn[run=part, lang=en]",
        "kn[run=part, lang=en, fact=fact-1] & kn[run=part, lang=zh, fact=fact-1]",
        "kn[run=part, tau=0.2] - kn[run=part, tau=0.4]",
        "kn[run=part] & neurons(3:1)",
        "kn[run=part] - facts[relation=P37]",
        "(kn[run=part, lang=en] & facts[fact=fact-1]) & kn[run=part, lang=zh]",
    ] {
        assert_eq!(notes(&toy, text), [""; 0], "{text}");
    }
}

#[test]
fn of_many_notes_the_first_are_told_and_the_others_counted() {
    let toy = partly();
    let sides: Vec<String> = (4..12).map(|n| format!("kn[run=part, fact=fact-{n}]")).collect();
    let notes = notes(&toy, &sides.join(" | "));
    assert_eq!((notes.len(), notes[5].as_str()), (6, "3 more of the kind"));
}

/// A run whose English scores say what they were asked, and groups that were searched for in it. Facts 0 and 1 have other labels now.
fn relabelled() -> Toy {
    let toy = Toy::empty();
    let row = |number: usize, object: &str| FactRow {
        id: toy::id(number),
        relation: "P36".into(),
        language: "en".into(),
        subject: format!("land {number}"),
        object: object.into(),
        subject_uri: None,
        object_uri: None,
    };
    let template = TemplateRow { relation: "P36".into(), language: "en".into(), text: "[X]: [Y]".into() };
    let facts = (0..4).map(|number| row(number, "before")).collect();
    toy.store.add_facts(FactBatch { facts, templates: vec![template], ..FactBatch::default() }).expect("facts");
    let asked = |number: usize| {
        let mut entry = scored(number, "en", 0, &[(9, 852, 1.0)]);
        if let EntryData::Scores(scores) = &mut entry.data {
            let question = Some(question_hash("[X]: [Y]", &format!("land {number}"), "before", 0));
            scores.origin = Some(Origin { question, ..Origin::default() });
        }
        entry
    };
    toy.write(RunSpec::new("asked", "bert", SHAPE), (0..4).map(asked).collect());
    let groups = (0..3).map(|number| toy::groups_of(number, vec![toy::group(&[(7, 0), (9, 852)])])).collect();
    toy.write(toy::searched("groups", &[("source", "asked")]), groups);
    let facts = vec![row(0, "after"), row(1, "after"), row(3, "after"), row(3, "before")];
    toy.store.add_facts(FactBatch { facts, ..FactBatch::default() }).expect("other labels");
    toy
}

#[test]
fn scores_that_were_asked_with_other_labels_are_counted_among_the_facts_asked_about() {
    let toy = relabelled();
    let two = "2 of these facts were asked in run \"asked\" with other labels than they have now (en); `kndb attribute … \
               --replace-changed` asks them anew";
    let one = "1 of these facts was asked in run \"asked\" with other labels than it has now (en); `kndb attribute … \
               --replace-changed` asks it anew";
    for (text, note) in [
        ("kn[run=asked]", Some(two)),
        ("likn[run=asked] by layer", Some(two)),
        ("neurons of kn[run=asked]", Some(two)),
        ("facts of (kn[run=asked] & neurons(9:852))", Some(two)),
        ("similarity(kn[run=asked], kn[run=asked, tau=0.2])", Some(two)),
        ("let some = kn[run=asked]", Some(two)),
        ("explain kn[run=asked]", Some(two)),
        ("dkn[run=groups] - kn[run=asked]", Some(two)),
        ("dkn[run=groups] by group", Some(two)),
        ("dkn[run=groups, fact=fact-1]", Some(one)),
        ("kn[run=asked, fact=fact-1]", Some(one)),
        ("kn[run=asked] & facts[fact in (fact-1, fact-2)]", Some(one)),
        ("kn[run=asked] - facts[fact=fact-1]", Some(one)),
        ("kn[run=asked, fact=fact-2]", None),
        ("kn[run=asked, fact=fact-3]", None),
        ("facts[relation=P36]", None),
    ] {
        assert_eq!(notes(&toy, text), note.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn a_run_s_share_of_prompts_is_reached_or_exceeded_as_it_says_and_explained() {
    let toy = Toy::empty();
    let entries = || vec![scored(0, "en", 0, &[(9, 852, 1.0)]), scored(0, "en", 1, &[(9, 852, 1.0), (8, 7, 0.9)])];
    let run = |name: &str, strict| RunSpec {
        prompt_share: 0.5,
        prompt_share_strict: strict,
        ..RunSpec::new(name, "bert", SHAPE)
    };
    toy.write(run("half", false), entries());
    toy.write(run("more", true), entries());
    for (name, rows, shown) in [("half", 2, ", share >= 0.5"), ("more", 1, ", share > 0.5")] {
        assert_eq!(told(&toy, &Settings::default(), &format!("kn[run={name}]")).rows, rows, "{name}");
        let (outcome, _) = toy.run(&Settings::default(), &format!("explain kn[run={name}]")).expect("a plan");
        assert!(format!("{outcome:?}").contains(shown), "{outcome:?}");
    }
}

/// Its rows are not shown, so that nobody sees that there are none.
#[test]
fn a_query_in_parentheses_without_a_row_is_told_of() {
    let toy = Toy::new();
    let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
    let told = |text: &str| {
        let mut told = Told::default();
        execute(&toy.store, &settings, &parse(text).expect(text), &mut told).unwrap_or_else(|error| panic!("{error}"));
        told.notes.into_iter().map(|note| (note.text, note.span)).collect::<Vec<_>>()
    };
    let text = "kn[lang=en] & (kn[lang=en] by neuron having facts >= 90% and pairs < 3) by layer";
    let notes = told(text);
    assert_eq!(notes.len(), 1, "{notes:?}");
    let (said, span) = &notes[0];
    assert!(said.ends_with("having facts >= 90% and pairs < 3)` is empty: no row of it is left"), "{said}");
    assert_eq!(span.map(|span| &text[span.range()]), Some("kn[lang=en] by neuron having facts >= 90% and pairs < 3"));
    assert_eq!(
        told(&format!("let none = {}", text.trim_start_matches("kn[lang=en] & ").trim_end_matches(" by layer"))).len(),
        1
    );
    assert!(told("kn[lang=en] & (kn[lang=en] by neuron having facts >= 90%) by layer").is_empty());
}
