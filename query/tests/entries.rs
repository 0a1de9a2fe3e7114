//! `entries[…]`: what was measured of each fact, language, prompt and run, worked out by hand.

mod toy;

use kndb_query::{Outcome, Settings};
use kndb_storage::{Entry, EntryData, LayerEvidence, Neuron, Origin, RunSpec, SOURCE};
use std::sync::LazyLock;
use toy::{SHAPE, Toy, groups_of, id, scored};

/// An entry with p, its rank, the model's answer and the tokens of its object.
fn measured(number: usize, language: &str, prompt: u16, p: f32, standing: Option<(u32, &str)>, tokens: u16) -> Entry {
    let mut entry = scored(number, language, prompt, &[(9, 852, 0.5), (7, 1, 0.25)]);
    let EntryData::Scores(scores) = &mut entry.data else { panic!("scores") };
    let evidence = |layer: u32| LayerEvidence {
        probability: p,
        baseline: if layer == 3 { p / 4.0 } else { p },
        residual: if layer == 5 { -0.125 } else { 0.0625 },
    };
    scores.evidence = (0..SHAPE.layers).map(evidence).collect();
    let (rank, answer) = standing.map(|(rank, answer)| (rank, answer.to_owned())).unzip();
    scores.origin = Some(Origin { question: None, answer, rank, tokens: Some(tokens) });
    entry
}

/// The store below; tests change nothing that others read.
static STORE: LazyLock<Toy> = LazyLock::new(store);

/// Run `m`: en of the facts 0 to 4, zh of 0 to 2, a second prompt in en of fact 0. Run `sets`: fact 0, without scores. Run `g`: groups
/// of the facts 0 and 1, searched among the scores of `m`.
fn store() -> Toy {
    let toy = Toy::new();
    let entries = vec![
        measured(0, "en", 0, 0.5, Some((1, " Paris")), 1),
        measured(0, "en", 1, 0.25, Some((2, "Lyon")), 1),
        measured(1, "en", 0, 0.1, Some((3, "Paris")), 1),
        measured(2, "en", 0, 0.75, Some((1, "Berlin")), 1),
        measured(3, "en", 0, 0.03125, None, 2),
        measured(4, "en", 0, 0.0625, Some((9, "Paris")), 1),
        measured(0, "zh", 0, 0.25, Some((1, "巴黎")), 1),
        measured(1, "zh", 0, 0.5, None, 3),
        measured(2, "zh", 0, 0.01, Some((7, "北京")), 1),
    ];
    toy.write(RunSpec::new("m", "bert", SHAPE), entries);
    let set = EntryData::Neurons(vec![Neuron(1), Neuron(2)]);
    toy.write(
        RunSpec::new("sets", "bert", SHAPE),
        vec![Entry { fact: id(0), language: "en".into(), prompt: 0, data: set }],
    );
    let source = vec![(SOURCE.to_owned(), "m".to_owned())];
    let group = || vec![toy::group(&[(7, 0), (9, 852)])];
    let spec = RunSpec { parameters: source, ..RunSpec::new("g", "bert", SHAPE) };
    toy.write(spec, vec![groups_of(0, group()), groups_of(1, group())]);
    toy
}

fn settings() -> Settings {
    Settings { run: Some("m".to_owned()), ..Settings::default() }
}

fn ask(toy: &Toy, text: &str) -> String {
    match toy.run(&settings(), text) {
        Ok((Outcome::Explained(text), _)) => text,
        Ok((_, rows)) => rows,
        Err(error) => panic!("{text}: {error} {:?}", error.hint),
    }
}

fn rows(text: &str) -> Vec<String> {
    ask(&STORE, text).lines().skip(1).map(str::to_owned).collect()
}

fn refused(text: &str) -> (String, String) {
    let error = STORE.run(&settings(), text).expect_err(text);
    (error.reason, error.hint.unwrap_or_default())
}

/// The subjects, where they stand in column 3.
fn subjects(text: &str) -> Vec<String> {
    let subject = |row: &String| row.split(" | ").nth(2).expect("a subject").to_owned();
    rows(text).iter().map(subject).collect()
}

#[test]
fn a_row_says_all_that_was_measured_of_an_entry() {
    let found = ask(&STORE, "entries[lang=zh, fact=\"fact-1\"]");
    let kept = SHAPE.layers * SHAPE.width;
    assert_eq!(
        found,
        format!(
            "fact | relation | subject | object | lang | p | baseline | answer | correct | rank | tokens | residual | largest | kept\n\
             fact-1 | P36 | 科特迪瓦 | 亚穆苏克罗 | zh | 0.5 | 0.125 | NULL | NULL | NULL | 3 | 0.125 | 0.5 | {}\n",
            found.rsplit(" | ").next().expect("a count").trim()
        ),
        "of {kept} scores"
    );
}

#[test]
fn prompts_and_runs_are_shown_where_there_are_several_or_they_are_named() {
    let header = |text: &str| ask(&STORE, text).lines().next().expect("a header").to_owned();
    assert!(!header("entries[lang=zh]").contains("prompt"));
    assert!(header("entries[lang=en]").contains("lang | prompt | p"));
    assert!(header("entries[lang=zh] order by prompt").contains("prompt"));
    assert!(header("entries[run in (m, sets), lang=en, prompt=0]").contains("lang | run | p"));
}

#[test]
fn conditions_choose_entries_and_rows_come_in_the_order_that_is_asked_for() {
    assert_eq!(subjects("entries[lang=en, p>=0.1, correct=yes]"), ["France", "Germany"]);
    assert_eq!(subjects("entries[lang=en, rank<=3, prompt=0] order by p asc"), ["Côte d'Ivoire", "France", "Germany"]);
    assert_eq!(subjects("entries[lang=en, correct=no] order by p top 2"), ["France", "Côte d'Ivoire"]);
    assert_eq!(subjects("entries[lang=en, tokens>=2]"), ["Japan"]);
    assert_eq!(subjects("entries[lang=en, answer=Paris, prompt=0]"), ["France", "Côte d'Ivoire", "Kenya"]);
    assert_eq!(subjects("entries[lang=en] top 1"), ["Germany"], "of the largest p");
    assert_eq!(subjects("entries[lang=en, prompt=0] having rank > 2 and p >= 0.1"), ["Côte d'Ivoire"]);
    assert_eq!(
        subjects("entries[lang=en, prompt=0] order by rank asc top 2"),
        ["France", "Germany"],
        "what is not known comes last"
    );
    assert_eq!(subjects("entries[lang=en, prompt=0] order by answer desc, subject top 1"), ["Côte d'Ivoire"]);
}

#[test]
fn what_a_run_did_not_measure_is_an_empty_cell_and_no_condition() {
    let all = rows("entries[run in (m, sets), fact=\"cb7007d9-673f-4fa5-8308-ddf2ae28b8c2\", lang=en, prompt=0]");
    let sets = all.iter().find(|row| row.contains("| sets |")).expect("the entry of the set");
    assert!(sets.ends_with("| NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL | NULL"), "{sets}");
    let (reason, hint) = refused("entries[run=sets, p>=0.1]");
    assert_eq!(
        reason,
        "run \"sets\" has stored p of the right objects of none of the 1 entries that are asked for, so `p>=0.1` cannot be answered"
    );
    assert!(hint.contains("kndb attribute"), "{hint}");
    assert!(refused("kn[run=sets, correct=yes]").0.contains("the rank of the right objects"));
}

#[test]
fn groups_count_entries_and_facts_and_average_p() {
    assert_eq!(
        rows("entries by lang"),
        ["en | 6 | 5 | 0.2823 | 0.1750 | 0.4000", "zh | 3 | 3 | 0.2533 | 0.2500 | 0.5000"]
    );
    assert_eq!(
        rows("entries[lang=en] by correct"),
        ["NULL | 1 | 1 | 0.0312 | 0.0312", "no | 3 | 3 | 0.1375 | 0.1000", "yes | 2 | 2 | 0.6250 | 0.6250"]
    );
    assert_eq!(
        rows("entries[lang=en] by tokens order by tokens desc"),
        ["2 | 1 | 1 | 0.0312 | 0.0312 | NULL", "1 | 5 | 4 | 0.3325 | 0.2500 | 0.4000"]
    );
    assert_eq!(rows("entries[lang=en] by answer order by entries top 1"), ["Paris | 3 | 3 | 0.2208 | 0.1000 | 0.3333"]);
    assert_eq!(
        rows("entries by relation, lang having correct >= 0.5"),
        ["P36 | zh | 3 | 3 | 0.2533 | 0.2500 | 0.5000"]
    );
    // Fact 1 has 0.1 and 0.5, of which the mean is 0.3.
    assert_eq!(rows("entries by fact having p > 0.3").len(), 2);
    assert_eq!(rows("entries by fact having p >= 0.3").len(), 3);
}

#[test]
fn their_facts_are_a_set() {
    assert_eq!(subjects("facts of entries[lang=en, p>=0.1] - facts of kn[lang=zh]"), Vec::<String>::new());
    assert_eq!(subjects("facts of entries[lang=en] - facts of entries[lang=zh]"), ["Japan", "Kenya"]);
    assert_eq!(subjects("facts of (entries[lang=en] order by p top 2)"), ["France", "Germany"]);
    assert_eq!(subjects("(entries[lang=en] by fact having p > 0.3)"), ["France", "Germany"]);
    assert_eq!(rows("kn[lang=en] & facts of entries[lang=zh, correct=yes] by fact").len(), 1);
    let toy = &*STORE;
    ask(toy, "let known = facts of entries[lang=en, correct=yes]");
    assert_eq!(ask(toy, "@known by relation"), "relation | facts | share\nP36 | 2 | 1.0000\n");
}

#[test]
fn facts_choose_entries() {
    let all = rows("entries[lang=en]").len();
    let with = |facts: &str| rows(&format!("entries[lang=en] & {facts}")).len();
    let without = |facts: &str| rows(&format!("entries[lang=en] - {facts}")).len();
    for facts in [
        "facts[subject=France]",
        "(facts of likn[lang in (en, zh)])",
        "facts of (kn[lang=en] & neurons(9:852)) - facts of entries[lang=zh]",
        "(kn[lang=zh] by fact having neurons >= 2)",
        "facts of entries[lang=zh, correct=yes]",
        "(entries[lang=zh] by fact having p >= 0.25)",
        "facts of (entries[lang=zh] order by p top 1)",
        "(similarity(kn[lang=en], kn[lang=zh]) by fact having similarity >= 0.5)",
    ] {
        let facts = if facts.contains(" - ") { format!("({facts})") } else { facts.to_owned() };
        assert_eq!(with(&facts) + without(&facts), all, "{facts}");
        assert!((1..all).contains(&with(&facts)), "{facts}");
        assert_eq!(
            rows(&format!("{facts} & entries[lang=en]")),
            rows(&format!("entries[lang=en] & {facts}")),
            "{facts}"
        );
    }
    // Facts 0 to 2 have entries in both languages: of them 0.5, 0.25, 0.1 and 0.75 in English, and 3 and 4 the rest.
    assert_eq!(
        rows("entries[lang=en] & facts of likn[lang in (en, zh)] by lang"),
        ["en | 4 | 3 | 0.4000 | 0.3750 | 0.5000"]
    );
    assert_eq!(
        rows("entries[lang=en] - (facts of likn[lang in (en, zh)]) by lang"),
        ["en | 2 | 2 | 0.0469 | 0.0469 | 0.0000"]
    );
    let chosen = "entries[lang=en, prompt=0] & facts[subject in (France, Japan, Kenya)] - facts[subject=Japan]";
    assert_eq!(subjects(&format!("{chosen} order by p asc")), ["Kenya", "France"]);
    assert_eq!(subjects(&format!("{chosen} having p > 0.1")), ["France"]);
    assert_eq!(subjects(&format!("facts of ({chosen})")), ["France", "Kenya"]);
    assert_eq!(subjects(&format!("facts of ({chosen} order by p top 1)")), ["France"]);
    assert_eq!(subjects(&format!("({chosen} by fact having p < 0.1)")), ["Kenya"]);
    assert_eq!(rows(&format!("kn[lang=en, prompt=0] & facts of ({chosen}) by fact")).len(), 2);
}

#[test]
fn a_saved_set_of_facts_chooses_entries() {
    let toy = store();
    ask(&toy, "let hard = facts of entries[lang=en, p<0.1]");
    let of = |text: &str| ask(&toy, text).lines().skip(1).count();
    assert_eq!((of("entries[lang=en] & @hard"), of("entries[lang=en] - @hard"), of("entries[lang=en]")), (2, 4, 6));
    ask(&toy, "let easy = facts of (entries[lang=en] - @hard)");
    assert_eq!(ask(&toy, "@easy by relation"), "relation | facts | share\nP36 | 3 | 1.0000\n");
}

#[test]
fn a_plan_of_entries_shows_the_facts_that_choose_them() {
    let plan = ask(&STORE, "explain entries[lang=en] - (facts of likn[lang in (en, zh)]) by lang");
    assert!(plan.contains("leave out entries of these facts") && plan.contains("facts of"), "{plan}");
    let known = ask(&STORE, "explain entries[lang=en] & facts[subject=Japan]");
    assert!(known.contains("entries[lang=en]; facts: only 1"), "{known}");
    let analyzed = ask(&STORE, "explain analyze entries[lang=en] & facts of kn[lang=zh]");
    assert!(analyzed.contains("keep entries of these facts"), "{analyzed}");
}

#[test]
fn facts_that_have_none_of_the_entries_are_told() {
    let none = "the fact of `facts[subject=Norway]` has no entry in the set that it filters";
    assert!(
        notes("entries & facts[subject=Norway]").contains(&none.to_owned()),
        "{:?}",
        notes("entries & facts[subject=Norway]")
    );
    assert_eq!(notes("entries & facts[subject=Japan]"), Vec::<String>::new());
    assert_eq!(notes("entries - facts[subject=Norway]"), Vec::<String>::new());
}

#[test]
fn an_entry_that_fails_counts_as_not_there() {
    let facts = |text: &str| rows(&format!("{text} by fact")).len();
    assert_eq!(facts("kn[lang=en, p>=0.1]"), 3);
    assert_eq!(facts("kn[p>=0.1]"), 3);
    assert_eq!(facts("likn[lang in (en, zh)]"), 3);
    assert_eq!(facts("likn[lang in (en, zh), p>=0.1]"), 2, "Germany fails in Chinese");
    assert_eq!(facts("kn[lang=en, prompts>=100%, correct=yes]"), 2, "of the one prompt of France that passes");
    assert_eq!(facts("kn[langs>=100%, p>=0.3]"), 3);
    // Of the two facts with an entry that passes both have the neuron.
    assert_eq!(rows("kn[lang=en, correct=yes] by neuron having frequency = 1").len(), 2);
    assert_eq!(rows("dkn[run=g, correct=yes] by fact").len(), 1, "as the run of the scores measured it");
}

#[test]
fn entries_are_no_set_of_the_algebra() {
    for (text, reason, hint) in [
        (
            "entries[lang=en] & kn[lang=en]",
            "entries are of facts, and have no neurons that `&` could combine with others",
            "choose them by facts: `entries[lang=en] & facts of kn[lang=en]`",
        ),
        (
            "entries - (kn[lang=en] & kn[lang=zh])",
            "entries are of facts, and have no neurons that `-` could combine with others",
            "leave facts out: `entries - facts of (kn[lang=en] & kn[lang=zh])`",
        ),
        (
            "kn[lang=en] - entries[correct=no]",
            "entries are of facts, and have no neurons that `-` could combine with others",
            "choose pairs by facts: `kn[lang=en] - facts of entries[correct=no]`",
        ),
        (
            "entries & neurons(9:852)",
            "entries are of facts, and have no neurons that `&` could combine with others",
            "choose them by facts: `entries & facts of (kn[…] & neurons(…))`",
        ),
        (
            "entries | facts",
            "`|` joins members of one kind, and what was measured of a fact is none",
            "facts choose entries by `&` and `-`: `entries & facts`; facts alone are `facts of entries`",
        ),
        (
            "facts ^ entries",
            "`^` joins members of one kind, and what was measured of a fact is none",
            "facts choose entries by `&` and `-`: `entries & facts`; facts alone are `facts of entries`",
        ),
        (
            "facts - entries[lang=zh]",
            "entries cannot be taken away from facts",
            "their facts can: `facts - facts of entries[lang=zh]`",
        ),
        (
            "entries[lang=en] & entries[lang=zh]",
            "`&` combines sets, and entries are rows of what was measured",
            "their facts are sets: `facts of entries[lang=en] & facts of entries[lang=zh]`",
        ),
        (
            "(entries top 3) & facts",
            "`&` combines sets, and these are rows of what was measured",
            "their facts are a set: `facts of (entries top 3)`",
        ),
    ] {
        assert_eq!(refused(text), (reason.to_owned(), hint.to_owned()), "{text}");
    }
    for text in [
        "kn - entries",
        "neurons of entries",
        "let a = entries[p>=0.1]",
        "similarity(entries, kn)",
        "similarity(entries) between lang",
        "(entries top 3) by relation",
        "entries by layer",
        "entries by size",
        "entries by relation having facts >= 10%",
        "entries by relation against chance",
        "entries having correct = 1",
        "entries order by pairs",
        "entries by relation having entries = 0",
        "kn by correct",
    ] {
        let (_, hint) = refused(text);
        assert!(!hint.is_empty(), "{text}");
    }
    let (_, hint) = refused("kn[lang=en, prompts>=2] by fact having neurons = 0");
    assert!(
        hint.starts_with("such facts are `facts of entries[lang=en] - facts of kn[lang=en, prompts>=2]`"),
        "{hint}"
    );
}

#[test]
fn a_plan_shows_how_many_entries_pass() {
    let plan = ask(&STORE, "explain facts of entries[lang=en, p>=0.1]");
    assert!(plan.contains("prompt 0: 3 facts") && plan.contains("what was measured"), "{plan}");
    let plan = ask(&STORE, "explain analyze entries[lang=en, p>=0.1] by relation");
    assert!(plan.contains("[rows=4, facts=3"), "{plan}");
}

/// The notes on a statement.
fn notes(text: &str) -> Vec<String> {
    STORE.notes(&settings(), text)
}

#[test]
fn labels_come_in_the_language_of_the_session_whatever_is_asked() {
    let subject = |language: Option<&str>, text: &str| {
        let settings = Settings { language: language.map(str::to_owned), ..settings() };
        let (_, rows) = STORE.run(&settings, text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let row = rows.lines().nth(1).expect("a row").to_owned();
        if row.contains("France") {
            "en"
        } else if row.contains("法国") {
            "zh"
        } else {
            panic!("{row}")
        }
    };
    let france = "subject in (France, 法国), relation=P36";
    for text in [
        format!("kn[lang=LANG, {france}]"),
        format!("likn[lang in (LANG), {france}]"),
        format!("entries[lang=LANG, {france}]"),
        format!("entries[lang=LANG, {france}] by subject"),
        format!("kn[lang=LANG, {france}] by fact, subject"),
        format!("facts of kn[lang=LANG, {france}]"),
        format!("(kn[lang=LANG, {france}] by fact, neuron)"),
        format!("similarity(kn[lang=LANG, {france}], kn[lang=LANG]) by fact, subject"),
    ] {
        for asked in ["en", "zh"] {
            let text = text.replace("LANG", asked).replace("法国", "\"法国\"");
            assert_eq!(subject(None, &text), asked, "{text}");
            for chosen in ["en", "zh"] {
                assert_eq!(subject(Some(chosen), &text), chosen, "{text}, {chosen}");
            }
            assert_eq!(subject(Some("xx"), &text), asked, "a language that is not there: {text}");
        }
    }
}

#[test]
fn a_language_of_labels_that_is_not_there_says_which_is_shown() {
    let settings = Settings { language: Some("xx".to_owned()), ..settings() };
    let notes = STORE.notes(&settings, "entries[lang=zh]");
    assert!(
        notes[0].starts_with("there are no labels in \"xx\", so those in zh are shown; the store has"),
        "{notes:?}"
    );
    let notes = STORE.notes(&settings, "entries");
    assert!(notes[0].contains("so those in English or any language are shown"), "{notes:?}");
}

/// A store with a run `r` of the facts 0 and 1 in English, with what is given beside their scores.
fn partly_measured(origins: [Option<Origin>; 2]) -> Toy {
    let toy = Toy::new();
    let entries = origins.into_iter().enumerate().map(|(number, origin)| {
        let mut entry = scored(number, "en", 0, &[(9, 852, 0.5)]);
        let EntryData::Scores(scores) = &mut entry.data else { panic!("scores") };
        scores.origin = origin;
        entry
    });
    toy.write(RunSpec::new("r", "bert", SHAPE), entries.collect());
    toy
}

#[test]
fn a_note_says_why_it_is_not_known_whether_answers_are_right() {
    let origin = |rank, answer: Option<&str>, tokens| {
        Some(Origin { question: None, answer: answer.map(str::to_owned), rank, tokens })
    };
    let told = |origins: [Option<Origin>; 2]| {
        let toy = partly_measured(origins);
        toy.notes(&Settings::default(), "entries[run=r] by lang")
    };
    let p = "p was stored of none of the 2 entries: mean and median are empty";
    let known = |count: u32, why: &str| format!("whether the answer is right is known of {count} of 2 entries: {why}");
    let ranked = || origin(Some(1), Some("Paris"), Some(1));
    let unstored = "of the others no rank was stored";
    assert_eq!(told([None, None]), [p, &known(0, unstored)]);
    assert_eq!(told([ranked(), origin(None, Some("Paris"), Some(1))]), [p, &known(1, unstored)]);
    assert_eq!(told([ranked(), origin(None, Some("Paris"), None)]), [p, &known(1, unstored)], "an answer alone");
    assert_eq!(told([ranked(), origin(None, None, Some(2))]), [p, &known(1, unstored)]);
    assert_eq!(told([None, origin(None, None, Some(3))]), [p, &known(0, unstored)]);
    assert_eq!(told([ranked(), ranked()]), [p], "all is known");
}

#[test]
fn a_note_says_why_a_condition_is_not_known() {
    let origin = |rank, tokens| Some(Origin { question: None, answer: None, rank, tokens });
    let toy = partly_measured([origin(Some(1), Some(1)), origin(None, Some(2))]);
    let told = |toy: &Toy, text: &str| toy.notes(&Settings::default(), text);
    let of_one = "`correct=yes` is not known of 1 of 2 entries in en, which are left out:";
    assert_eq!(
        told(&toy, "entries[run=r, correct=yes]"),
        [format!("{of_one} it was not stored of these objects of several tokens")]
    );
    let toy = partly_measured([origin(Some(1), Some(1)), origin(None, Some(1))]);
    assert_eq!(told(&toy, "kn[run=r, correct=yes]"), [format!("{of_one} not stored")]);
}

#[test]
fn conditions_that_no_entry_meets_are_told_with_what_there_is() {
    for (text, told) in [
        ("kn[lang=en, p>=0.99999] by layer", "none of 6 entries meets `p>=0.99999`: their p is from 0.03125 to 0.75"),
        ("entries[lang=zh, p=0.3]", "none of 3 entries meets `p=0.3`: their p is from 0.01 to 0.5"),
        ("entries[answer=paris]", "none of 9 entries meets `answer=paris`; did you mean \"Paris\"?"),
        ("kn[answer=Pariss]", "none of 9 entries meets `answer=Pariss`; did you mean \"Paris\"?"),
        ("likn[lang in (en, zh), answer~PARI]", "none of 9 entries meets `answer~PARI`; did you mean \"Paris\"?"),
        ("facts of entries[answer=Antananarivo]", "none of 9 entries meets `answer=Antananarivo`"),
        ("entries[lang=en, object_rank>20]", "none of 6 entries meets `object_rank>20`: their rank is from 1 to 9"),
        (
            "kn[lang=zh, tokens=2] by neuron",
            "none of 3 entries meets `tokens=2`: their number of tokens is from 1 to 3",
        ),
        ("dkn[run=g, p<0.01]", "none of 2 entries meets `p<0.01`: their p is from 0.1 to 0.5"),
        (
            "entries[fact=\"fact-2\", lang=en, correct=no]",
            "the one entry does not meet `correct=no`: all answers are right",
        ),
        ("entries[fact=\"fact-4\", correct=yes]", "the one entry does not meet `correct=yes`: no answer is right"),
        (
            "entries[lang=en, p>=0.5, correct=no] by relation",
            "none of 6 entries meets all conditions: `p>=0.5` is met by 2, `correct=no` is met by 3",
        ),
    ] {
        let notes = notes(text);
        assert!(notes.contains(&told.to_owned()), "{text}: {notes:?}");
    }
    for text in ["entries[lang=en, p>=0.5]", "kn[p>=0.7] by layer", "entries[lang=en] having p > 0.9"] {
        assert_eq!(notes(text), Vec::<String>::new(), "{text}");
    }
}
