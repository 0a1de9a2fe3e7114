//! What turns out while a statement runs, and is noted beside what its plan says.

mod toy;

use kndb_query::Settings;
use toy::Toy;

fn settings() -> Settings {
    Settings { run: Some("bert, en".to_owned()), ..Settings::default() }
}

/// What is found in planning and in running are notes of one statement.
#[test]
fn of_more_than_six_notes_the_last_one_counts_the_rest() {
    let toy = Toy::new();
    let empty = |least: u32| format!(" - (kn by neuron having pairs > {least})");
    let text = |sets: u32| {
        let sets: String = (0..sets).map(|number| empty(1_000 + number)).collect();
        format!("kn[lang=en, subject in (France, Atlantis)]{sets}{} by layer", empty(1_000))
    };
    let of = |text: &str| toy.notes(&settings(), text);
    let six = of(&text(5));
    assert_eq!(six.len(), 6, "{six:#?}");
    assert!(six[0].contains("Atlantis") && six[5].contains("pairs > 1004"), "{six:#?}");
    for statement in
        [text(9), format!("explain analyze {}", text(9)), format!("let a = {}", text(9).replace(" by layer", ""))]
    {
        let many = of(&statement);
        assert_eq!((&many[..5], many[5].as_str()), (&six[..5], "5 more of the kind"), "{statement}");
    }
}

#[test]
fn facts_that_a_saved_set_may_have_been_asked_of_are_noted() {
    let toy = Toy::new();
    let of = |text: &str| toy.notes(&settings(), text);
    of("let odd = kn[lang=zh] - kn[lang=en]");
    let said = "of @odd only facts that have a neuron in it are known: others that were asked count as known to the other side alone";
    assert!(of("similarity(@odd, kn[lang=en])").contains(&said.to_owned()));
    assert!(of("similarity(kn[lang=en], @odd) by relation").contains(&said.to_owned()));
    // Of a set and itself nothing is left out.
    assert_eq!(of("similarity(@odd, @odd)"), [""; 0]);
    assert!(of("similarity(kn[lang=zh] - kn[lang=en], kn[lang=en])").iter().all(|note| !note.contains("are known")));
}

/// Wherever the cut was made: in sets of neurons, in parentheses, in saved sets, and beside `against chance`.
#[test]
fn a_cut_is_told_of_wherever_it_was_made() {
    let toy = Toy::new();
    let run = "run=\"bert, en\"";
    for (name, set) in [
        ("part", format!("kn[{run}, lang=en] & neurons(9:0..900)")),
        ("rest", format!("kn[{run}, lang=en] - (kn[{run}, lang=en] by neuron having facts > 30%)")),
        ("whole", format!("kn[{run}, lang=en] & neurons(9:*)")),
        ("common", format!("(kn[{run}, lang=en] by neuron having facts > 30%)")),
        ("some", "neurons(9:0..900)".to_owned()),
    ] {
        toy.run(&Settings::default(), &format!("let {name} = {set}")).expect("a set");
    }
    let told = |text: &str, start: &str| {
        let text = text.replace("KN", &format!("kn[{run}, lang=en]"));
        let all = toy.notes(&Settings::default(), &text);
        let wanted = all.iter().filter(|note| note.contains("chance draws from all of them")).collect::<Vec<_>>();
        match start {
            "" => assert!(wanted.is_empty(), "{text}: {all:?}"),
            start => assert!(wanted.len() == 1 && wanted[0].starts_with(start), "{text}: {all:?}"),
        }
    };
    const CUT: &str = "the sets are cut";
    const PERHAPS: &str = "a saved set may have been cut";
    for (text, note) in [
        ("similarity(neurons(9:1..900), neurons(9:10..990))", CUT),
        ("similarity(neurons(9:*), neurons(9:*, 7:*))", ""),
        ("similarity(neurons(9:0..499) | neurons(9:500..999), neurons of KN)", ""),
        ("similarity(neurons of (KN & neurons(9:0..900)), neurons of KN)", CUT),
        ("similarity(neurons of KN, neurons of KN & neurons(9:0..900))", CUT),
        ("similarity(neurons of (KN & neurons of kn[run=bert-zh]), neurons of KN)", CUT),
        ("similarity(neurons of KN, neurons of kn[run=bert-zh])", ""),
        ("similarity((KN by neuron having facts > 30%), neurons of KN)", ""),
        ("similarity((KN & neurons(9:0..900) by neuron), neurons of KN)", CUT),
        ("similarity((neurons(9:0..900) by neuron), neurons of KN)", CUT),
        ("similarity(@common, neurons of KN)", ""),
        ("similarity(@some, neurons of KN)", CUT),
        ("similarity((KN & neurons(9:0..900) by fact, neuron), KN)", CUT),
        ("similarity((KN order by score top 9), KN)", ""),
        ("similarity(@part, KN)", CUT),
        ("similarity(@rest, KN)", PERHAPS),
        ("similarity(@whole, KN)", ""),
        ("similarity(KN - (KN & neurons(9:0..900)), KN)", ""),
        ("similarity(@part) between relation", CUT),
        ("KN by neuron against chance", ""),
        ("@part by neuron against chance", CUT),
        ("(KN & neurons(9:0..900) by fact, neuron) by neuron against chance", CUT),
        ("(KN & neurons(9:0..900) by neuron against chance having fdr < 0.05) by layer", CUT),
    ] {
        told(text, note);
    }
}

/// Five languages, of which French has two prompts; 12 layers of 1,000 units.
#[test]
fn counts_that_nothing_can_have_are_told_of() {
    let toy = Toy::new();
    let of = |text: &str| toy.notes(&settings(), &text.replace("KN", "kn[run=\"bert, en\"]"));
    let said = |text: &str, start: &str| {
        let told = of(text);
        assert!(told.iter().any(|note| note.starts_with(start)), "{text}: {told:?}");
    };
    const MANY: &str = "no pair is found in so many";
    const SHARE: &str = "no pair is found in such a share";
    for (text, start) in [
        ("kn[langs>=6] by layer", MANY),
        ("kn[langs<20%] by layer", SHARE),
        ("kn[lang=en, langs=99%]", SHARE),
        ("kn[lang=fr, prompts<50%]", SHARE),
        ("likn[lang in (en, fr), prompts<50%]", SHARE),
        ("kn[runs<50%]", SHARE),
        ("kn by fact, neuron having langs > 5", MANY),
        ("kn by fact, neuron having langs < 20%", SHARE),
        ("kn by fact, neuron having langs > 1 and langs < 2", MANY),
        ("kn by fact, neuron having prompts > 2", MANY),
        ("kn by fact, neuron having runs != 1", MANY),
        ("kn by fact, neuron, lang having langs > 1", MANY),
        ("kn[lang=en] by fact, neuron having prompts = 50%", SHARE),
        ("(kn by fact, neuron having langs > 5) by layer", MANY),
        ("kn by layer having layer > 11", "no row is left by `layer > 11`: the layers of the model are 0 to 11"),
        (
            "kn by neuron having neuron >= 1000",
            "no row is left by `neuron >= 1000`: the units of its layers are 0 to 999",
        ),
        ("similarity(kn[lang=en], kn[lang=zh]) by layer having layer = 12", "no row is left by `layer = 12`"),
        ("kn & (kn by neuron having layer = 12)", "no row is left by `layer = 12`"),
    ] {
        said(text, start);
    }
    for text in [
        "kn[langs=5] by layer",
        "kn[langs<=20%] by layer",
        "kn[lang=fr, prompts<=50%]",
        "kn[lang=en, langs=100%]",
        "kn by fact, neuron having langs >= 5",
        "kn by fact, neuron having prompts = 50%",
        "kn by layer having layer = 10",
        "kn by neuron having neuron != 7 and layer >= 11",
    ] {
        assert!(of(text).iter().all(|note| !note.starts_with("no ")), "{text}: {:?}", of(text));
    }
}
