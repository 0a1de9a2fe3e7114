//! What people get to read about statements that can be read, but not answered. The messages are
//! kept as snapshots: a change of wording is a change to look at.

mod carets;
mod toy;

use kndb_query::{Outcome, Settings};
use kndb_storage::{
    Entry, EntryData, FactBatch, FactRow, Keep, Neuron, RelationNameRow, RunSpec, ScoreValues, Scores, Shape,
};
use toy::{SHAPE, Toy, group, groups_of, id, measured, scored, searched};

/// The toy store and five more runs.
fn toy() -> Toy {
    let toy = Toy::new();
    let spec = |name, keep| RunSpec { keep, ..RunSpec::new(name, "bert", SHAPE) };
    let scores = [(9, 852, 1.0), (7, 1, 0.5), (7, 2, 0.3), (7, 3, 0.15), (7, 4, 0.05)];
    toy.write(spec("share", Keep::Share(0.1)), vec![scored(0, "en", 0, &scores)]);
    toy.write(spec("best", Keep::Top(2)), vec![scored(0, "en", 0, &scores)]);
    let entry = |data| Entry { fact: id(0), language: "en".into(), prompt: 0, data };
    let values =
        ScoreValues::Sparse { neurons: vec![Neuron(9_852), Neuron(7_001)], scores: vec![1.0, 0.5], floor: 0.25 };
    let listed = entry(EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None }));
    let values = ScoreValues::Sparse { neurons: Vec::new(), scores: Vec::new(), floor: 0.25 };
    let none = Entry { fact: id(1), ..entry(EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None })) };
    toy.write(spec("listed", Keep::All), vec![listed, none]);
    toy.write(spec("imported", Keep::All), vec![entry(EntryData::Neurons(vec![Neuron(9_852)]))]);
    toy.write(spec("nothing", Keep::All), Vec::new());
    let small = Shape { layers: 2, width: 5 };
    let data = EntryData::Neurons(vec![Neuron(7)]);
    toy.write(RunSpec::new("gpt", "gpt", small), vec![entry(data)]);
    let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
    for text in ["let capitals = kn[relation=P36]", "let words = neurons(0:1)", "let gpt_ones = kn[run=gpt]"] {
        let text = text.replace("words = neurons", "words = neurons of kn & neurons");
        toy.run(&settings, &text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    toy
}

/// Statements with what is said of each.
fn drawn(toy: &Toy, run: Option<&str>, texts: &[&str]) -> String {
    let settings = Settings { run: run.map(str::to_owned), ..Settings::default() };
    let mut page = String::new();
    for text in texts {
        let error = toy.run(&settings, text).expect_err(text);
        page.push_str(&carets::draw(text, &error));
        page.push('\n');
    }
    page
}

macro_rules! refused {
    ($name:ident, $toy:expr, $run:expr, [$($text:expr),+ $(,)?]) => {
        #[test]
        fn $name() {
            let page = drawn(&$toy, $run, &[$($text),+]);
            insta::with_settings!({ omit_expression => true }, {
                insta::assert_snapshot!(stringify!($name), page);
            });
        }
    };
}

refused!(
    names,
    toy(),
    Some("bert, en"),
    [
        "kn[run=brt]",
        "kn[run in (\"bert, en\", \"bert-hz\")]",
        "kn[lang=ex]",
        "kn[lang=English]",
        "likn[lang in (English, Chinese)]",
        "kn[lang=Japanese]",
        "kn[lang in (en, chinese)] by layer",
        "likn[lang in (en, ja)]",
        "dkn[lang=zh]",
        "kn[relation=P63]",
        "facts[relation in (P36, P99)]",
        "kn[relation=capitol]",
        "kn[relation=offical_language]",
        "kn[relation=\"place of birth\"]",
        "kn[fact=fact-99]",
        "@capital & kn",
        "kn - @nobody",
        "drop capitol",
        "facts of (kn & @capital)",
        "let more = kn[lang=xx]",
    ]
);

/// Two relations of one name, and one that a user has named.
fn namesakes() -> Toy {
    let toy = Toy::empty();
    let fact = |relation: &str| FactRow {
        id: format!("fact of {relation}"),
        relation: relation.to_owned(),
        language: "en".into(),
        subject: "Bach".into(),
        object: "Eisenach".into(),
        subject_uri: None,
        object_uri: None,
    };
    let name = RelationNameRow { relation: "mine".into(), language: "de".into(), name: "Werke".into() };
    let facts = ["P19", "place_of_birth", "mine"].map(fact).to_vec();
    toy.store.add_facts(FactBatch { facts, relation_names: vec![name], ..FactBatch::default() }).expect("facts");
    toy
}

refused!(
    names_of_relations,
    namesakes(),
    None,
    [
        "facts[relation=\"place of birth\"]",
        "facts[relation in (werke, Place_Of_Birth)]",
        "facts[relation=werk]",
        "facts[relation=P20]"
    ]
);

#[test]
fn a_relation_is_asked_for_by_its_name_in_any_language() {
    let toy = namesakes();
    for (text, id) in [("place_of_birth", "place_of_birth"), ("P19", "P19"), ("werke", "mine"), ("mine", "mine")] {
        let (_, rows) = toy.run(&Settings::default(), &format!("facts[relation={text}]")).expect(text);
        assert_eq!(rows.lines().filter(|line| line.contains(&format!("fact of {id}"))).count(), 1, "{rows}");
        assert_eq!(rows.matches("fact of").count(), 1, "{rows}");
    }
}

refused!(
    floors,
    toy(),
    None,
    [
        "kn[run=share, tau=0.05]",
        "kn[run=share, tau=0.09] by layer",
        "kn[run=share, tau=0.05, score>=0.01, rank<=20]",
        "kn[run=best]",
        "kn[run=best, rank<=3, tau=0]",
        "kn[run=listed, tau=0.2, fact=\"cb7007d9-673f-4fa5-8308-ddf2ae28b8c2\"]",
        "kn[run=listed]",
        "let all = kn[run=share, tau=0]",
        "facts of kn[run=share, tau=0] & facts of kn[run=best]",
        "similarity(kn[run=share], kn[run=share, tau=0])",
    ]
);

refused!(
    sets_without_scores,
    toy(),
    Some("imported"),
    ["kn[tau=0.3]", "kn[lang=en, score>=1e-4] by layer", "likn[rank<=20]", "kn order by score"]
);

refused!(
    kinds,
    toy(),
    Some("bert, en"),
    [
        "kn | neurons(9:852)",
        "kn ^ facts",
        "kn ^ neurons(9:852)",
        "facts - kn",
        "neurons(9:852) - kn",
        "neurons(9:852) & facts",
        "facts of (facts & neurons(9:852))",
        "facts of facts[relation=P36]",
        "facts of neurons(9:852)",
        "neurons of neurons(9:852)",
        "neurons of facts",
        "neurons of (kn[relation=P36] | facts)",
        "@words | kn",
        "similarity(kn, facts)",
        "similarity(facts, kn)",
        "similarity(facts, facts)",
        "similarity(neurons of kn, kn)",
        "similarity(kn, neurons(9:852))",
        "similarity(facts) between relation",
        "similarity(neurons(9:*)) between lang",
    ]
);

refused!(
    models,
    toy(),
    Some("bert, en"),
    [
        "kn & kn[run=gpt]",
        "kn[run=*]",
        "kn[run in (share, gpt)] by layer",
        "kn & neurons of kn[run=gpt]",
        "@capitals | @gpt_ones",
        "similarity(kn, kn[run=gpt])",
        "similarity(neurons of kn, neurons of kn[run=gpt])",
        "similarity(kn[run=*]) between run",
    ]
);

refused!(
    several_runs,
    toy(),
    None,
    ["kn", "likn[lang=en] by layer", "dkn by group", "neurons(0:1)", "neurons(0:1) & neurons of kn"]
);

/// The toy store and runs of groups that say less of themselves than `search` does.
fn searches() -> Toy {
    let toy = Toy::new();
    let both = [("t_low", "0.2"), ("t_high", "0.25")];
    let kept = [("keep_low", "0.5"), ("keep_high", "0.1")];
    let pair = || measured(&[(7, 0), (9, 852)], 0.8, &[0.8, 0.7], 0.5);
    let write = |name: &str, parameters: &[&[(&str, &str)]], groups| {
        toy.write(searched(name, &parameters.concat()), vec![groups_of(0, groups)]);
    };
    write("plain", &[], vec![pair()]);
    write("own only", &[&both], vec![pair()]);
    write("kept only", &[&kept], vec![pair()]);
    write("half", &[&both[..1], &kept], vec![pair()]);
    write("half kept", &[&both, &kept[1..]], vec![pair()]);
    write("words", &[&[("t_low", "low"), both[1]], &kept], vec![pair()]);
    write("negative", &[&both, &[("keep_low", "-1"), kept[1]]], vec![pair()]);
    write("single", &[&both, &kept, &[("size", "1")]], vec![pair()]);
    write("imported", &[&[("t_low", "0.3"), ("keep_low", "some"), ("size", "small")]], vec![pair()]);
    write("outside", &[&[("t_low", "0.6"), both[1]], &kept], vec![pair()]);
    write("unmeasured", &[&both, &kept], vec![pair(), group(&[(3, 1), (7, 1)])]);
    let triple = measured(&[(3, 1), (7, 1), (9, 852)], 0.5, &[0.46, 0.5, 0.48], 0.2);
    let one = measured(&[(3, 1), (9, 852)], 0.5, &[0.46, 0.48], 0.42);
    write("gaps", &[&both, &kept, &[("size", "3")]], vec![triple, one]);
    toy
}

refused!(
    thresholds_of_groups,
    searches(),
    None,
    [
        "dkn[run=search, t_low=0.6]",
        "dkn[run=search, t_high=0.05] by group",
        "dkn[run=search, size=4]",
        "dkn[run=search, size in (2, 3..5)]",
        "dkn[run=\"bert, en\", t_low=0.1]",
        "dkn[run=plain, t_low=0.1, t_high=0.3]",
        "dkn[run=\"own only\", t_high=0.3]",
        "dkn[run=\"kept only\", t_high=0.3]",
        "dkn[run=\"kept only\", t_low=0.3]",
        "dkn[run=half, t_high=0.3]",
        "dkn[run=\"half kept\", t_low=0.1]",
        "dkn[run=imported, t_low=0.1] by layer",
        "dkn[run=imported, t_low=0.1, t_high=0.5, size=2]",
        "dkn[run=words]",
        "dkn[run=negative, t_low=0.2, t_high=0.25]",
        "dkn[run=single]",
        "dkn[run=outside] by layer",
        "dkn[run in (search, outside)]",
        "dkn[run=unmeasured]",
        "kn[run=\"bert, en\"] & dkn[run=unmeasured, t_low=0.1]",
        "dkn[run=gaps] by group",
        "facts of dkn[run=gaps, size=3]",
        "let a = dkn[run=gaps, size=3]",
    ]
);

/// What is missing is not needed for these.
#[test]
fn groups_that_are_settled_without_what_is_missing() {
    let toy = searches();
    let answers = [
        // One neuron alone does harm at this threshold, or the whole does not.
        ("dkn[run=gaps, size=3, t_low=0.05] by group", 0),
        ("dkn[run=gaps, size=3, t_high=0.7] by group", 0),
        // A part that is known to do harm: p after 3:1 and 9:852 is below 0.5 · 0.88.
        ("dkn[run=gaps, size=3, t_low=0.12] by group", 0),
        ("dkn[run=gaps, size=2, t_high=0.1] by group", 1),
        ("dkn[run=unmeasured, size=3] by group", 0),
        // Groups of a run without thresholds are there as they were found.
        ("dkn[run=plain] by group", 1),
        ("dkn[run=\"kept only\"] by group", 1),
        ("dkn[run=\"own only\"] by group", 1),
        ("dkn[run=\"outside\", t_low=0.5] by group", 1),
        // Fewer parameters than a search has are words of an import, whatever they say.
        ("dkn[run=half] by group", 1),
        ("dkn[run=\"half kept\"] by group", 1),
        ("dkn[run=imported] by group", 1),
        ("dkn[run=imported, size in 2..9] by group", 1),
        ("dkn[run=imported, size=3] by group", 0),
    ];
    for (text, rows) in answers {
        let (outcome, _) = toy.run(&Settings::default(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(outcome, Outcome::Rows { rows }, "{text}");
    }
}

/// Where one run has scores and another one groups, neither has to be named.
#[test]
fn a_source_finds_the_only_run_that_has_what_it_is_about() {
    let toy = Toy::empty();
    toy.write(
        RunSpec::new("scores", "bert", SHAPE),
        vec![scored(0, "en", 0, &[(7, 0, 1.0), (9, 852, 0.8), (2, 2, 0.5)])],
    );
    let groups = vec![groups_of(0, vec![measured(&[(7, 0), (9, 852)], 0.8, &[0.8, 0.7], 0.5)])];
    toy.write(searched("groups", &[("t_low", "0.2"), ("t_high", "0.25")]), groups);
    toy.write(RunSpec::new("nothing", "bert", SHAPE), Vec::new());
    let rows = |text: &str| match toy.run(&Settings::default(), text) {
        Ok((Outcome::Rows { rows }, _)) => rows,
        other => panic!("{text}: {other:?}"),
    };
    toy.run(&Settings::default(), "let both = kn - dkn | dkn").expect("a set of two runs");
    assert_eq!(rows("@both & kn"), 3);
    let counts = ["kn", "likn", "dkn", "kn - dkn", "kn & dkn", "dkn - kn", "dkn by group"].map(rows);
    assert_eq!(counts, [3, 3, 2, 1, 2, 0, 1]);
    // A session's run is kept, whatever it has.
    let session = |run: &str| Settings { run: Some(run.to_owned()), ..Settings::default() };
    for (run, text, hint) in [("scores", "dkn", "dkn[run=\"groups\"]"), ("groups", "kn", "kn[run=\"scores\"]")] {
        let error = toy.run(&session(run), text).expect_err("a run without them");
        assert!(error.hint.as_ref().is_some_and(|said| said.contains(hint)), "{error:?}");
    }
    toy.write(RunSpec::new("more", "bert", SHAPE), vec![scored(0, "en", 0, &[(7, 0, 1.0)])]);
    let error = toy.run(&Settings::default(), "kn - dkn").expect_err("two runs with scores");
    let expected =
        "the store has 2 runs with knowledge neurons, \"scores\", \"more\", and `kn` does not say which is meant";
    assert_eq!(error.to_string(), expected);
    let together = "all of them together are `kn[run=*]`, some `kn[run in (…)]`";
    assert!(error.hint.is_some_and(|hint| hint.contains(together)));
}

#[test]
fn a_store_without_what_a_source_is_about_says_so() {
    let toy = Toy::empty();
    for name in ["first", "second"] {
        toy.write(RunSpec::new(name, "bert", SHAPE), vec![scored(0, "en", 0, &[(7, 0, 1.0)])]);
    }
    let error = toy.run(&Settings::default(), "dkn by layer").expect_err("no groups");
    assert_eq!(error.to_string(), "no run has degenerate groups yet");
    assert!(error.hint.is_some_and(|hint| hint.contains("`kndb dkn`")));
    let toy = Toy::empty();
    for name in ["first", "second"] {
        let groups = vec![measured(&[(7, 0), (9, 852)], 0.8, &[0.8, 0.7], 0.5)];
        toy.write(RunSpec::new(name, "bert", SHAPE), vec![groups_of(0, groups)]);
    }
    let error = toy.run(&Settings::default(), "likn by layer").expect_err("no scores");
    assert_eq!(error.to_string(), "no run has knowledge neurons yet");
}

refused!(
    runs,
    toy(),
    Some("bert, zh"),
    [
        "kn[lang=en]",
        "likn[run in (share, best)]",
        "kn[run=nothing]",
        "dkn[run=nothing]",
        "dkn[run=share] by group",
        "kn[run=share, prompt=3]",
        "kn[run=\"bert, en\", lang=fr, prompt in 2..4]",
    ]
);

refused!(no_run, Toy::empty(), None, ["kn", "facts of likn", "neurons(0:1)", "dkn[run=first]", "kn[run=*]"]);

refused!(
    outside_the_model,
    toy(),
    Some("bert, en"),
    [
        "kn[layer=12]",
        "kn[layer in (7, 9..20)]",
        "kn & neurons(12:1)",
        "kn & neurons(9:852, 9:1000)",
        "neurons(0..30:*)",
        "kn[run=gpt] & neurons(9:852)",
    ]
);

refused!(
    clauses,
    toy(),
    Some("bert, en"),
    [
        "kn having pairs > 3",
        "kn[lang=en] having score > 0.1",
        "kn order by pairs",
        "kn order by score",
        "kn[lang=en] | kn[lang=zh] order by score top 5",
        "kn order by lang",
        "kn by layer order by relation",
        "kn by layer having neuron = 5",
        "kn by layer order by score",
        "kn by layer having similarity > 0.5",
        "dkn by group having group > 3",
        "facts order by layer",
        "facts by layer",
        "facts by relation order by pairs",
        "neurons(9:852) by fact",
        "neurons(9:852) order by subject",
        "similarity(kn[lang=en], kn[lang=zh]) by neuron",
        "similarity(kn[lang=en], kn[lang=zh]) by lang",
        "similarity(kn[lang=en], kn[lang=zh]) order by pairs",
        "similarity(neurons of kn, neurons(9:*)) by relation",
        "similarity(neurons of kn, neurons(9:*)) order by others",
        "similarity(kn) between lang by lang",
        "similarity(kn) between lang having neurons > 3",
        "similarity(kn) between relation by relation",
        "similarity(kn) between relation order by others",
        "kn by neuron order by fdr",
        "kn by neuron having p_chance < 0.05",
        "kn by neuron having similarity > 0.5",
        "kn by layer order by other_lang",
        "similarity(kn) between prompt order by other_lang",
        "likn by fact, neuron having prompts >= 2",
        "likn by fact, neuron having langs >= 2",
        "likn by fact, neuron having runs > 1",
    ]
);

refused!(
    against_chance,
    toy(),
    Some("bert, en"),
    [
        "kn by layer against chance",
        "kn by relation, neuron against chance",
        "kn by neuron, lang against chance",
        "kn by fact, neuron against chance",
        "dkn by group against chance",
        "facts by relation against chance",
        "neurons(9:*) by neuron against chance",
        "similarity(kn, likn) by layer against chance",
        "similarity(kn) between lang by layer against chance",
        "kn by neuron against chance order by p",
    ]
);

refused!(
    parts_of_a_set,
    toy(),
    Some("bert, en"),
    [
        "likn by lang",
        "likn by run",
        "similarity(likn) between lang",
        "similarity(kn[lang=en] | kn[lang=zh]) between lang",
        "similarity(@capitals) between prompt",
        "kn[lang=en] & kn[lang=zh] by lang",
        "kn[lang=en] | kn[lang=zh] by prompt",
        "@capitals by lang",
        "kn by group",
        "likn by group",
        "dkn & kn by group",
        "dkn by group, layer",
        "dkn by neuron, group",
    ]
);

#[test]
fn a_set_of_a_run_that_was_dropped() {
    let toy = toy();
    toy.store.drop_run("gpt").expect("a run that is there");
    let page = drawn(&toy, Some("bert, en"), &["@gpt_ones", "kn & @gpt_ones", "@gpt_ones by layer"]);
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("dropped_run", page);
    });
    let facts = toy.run(&Settings::default(), "facts of @words").expect_err("neurons");
    assert_eq!(facts.to_string(), "`facts of` takes a set of pairs, and this is a set of neurons");
}

/// What `explain` shows can be asked.
#[test]
fn explain_refuses_what_the_query_refuses() {
    let toy = toy();
    let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
    let texts = [
        "kn having pairs > 3",
        "kn order by pairs",
        "likn by lang",
        "similarity(likn) between lang",
        "similarity(kn, facts)",
        "similarity(kn) between relation by fact",
        "kn by relation, neuron against chance",
        "kn by group",
        "dkn by group, layer",
        "kn[lang=xx]",
    ];
    for text in texts {
        let error = toy.run(&settings, text).expect_err(text);
        let explained = toy.run(&settings, &format!("explain {text}")).expect_err(text);
        assert_eq!(explained.to_string(), error.to_string(), "{text}");
    }
}
