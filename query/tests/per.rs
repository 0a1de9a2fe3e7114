//! `top n per …`: the first rows of each.

mod toy;

use kndb_query::{ErrorKind, Outcome, Parameters, Settings, parse};
use toy::Toy;

fn settings() -> Settings {
    Settings { run: Some("bert, en".into()), ..Settings::default() }
}

/// The first columns of the rows, so many of each.
fn rows(toy: &Toy, columns: usize, text: &str) -> Vec<String> {
    let (_, rows) = toy.run(&settings(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rows.lines().skip(1).map(|row| row.split(" | ").take(columns).collect::<Vec<_>>().join(" ")).collect()
}

fn refused(toy: &Toy, text: &str) -> (ErrorKind, String) {
    let error = toy.run(&settings(), text).expect_err(text);
    assert!(error.span.is_some(), "{text}");
    (error.kind, format!("{} ({})", error.reason, error.hint.unwrap_or_default()))
}

#[test]
fn counted_rows_are_the_first_of_each_in_the_order_of_all() {
    let toy = Toy::new();
    // 9:852 is in all facts, which are 12 of P36, 3 of P37 and one of no relation; 3:1 in six, one and one of them. Of equals the lower layer is first.
    let first = rows(&toy, 4, "kn[lang=en] by relation, neuron top 1 per relation");
    assert_eq!(first, ["P36 9 852 12", "P37 9 852 3", "NULL 3 1 1"]);
    let two = rows(&toy, 4, "kn[lang=en] by relation, neuron order by relation, facts top 2 per relation");
    assert_eq!(two[..4], ["P36 9 852 12", "P36 3 1 6", "P37 9 852 3", "P37 3 1 1"]);
    let layers = rows(&toy, 3, "kn[lang in (en, de)] by lang, layer order by lang desc, pairs top 2 per lang");
    assert_eq!(layers, ["en 7 16", "en 9 16", "de 7 4", "de 9 4"]);
    assert_eq!(rows(&toy, 2, "kn[lang in (en, de)] by lang, layer top 1 per layer").len(), 4);
    assert_eq!(rows(&toy, 2, "facts by relation, subject top 1 per relation").len(), 3);
    assert_eq!(rows(&toy, 2, "neurons(7..8:1..5) by neuron top 2 per layer"), ["7 1", "7 2", "8 1", "8 2"]);
    assert_eq!(rows(&toy, 1, "entries[lang in (en, zh)] by lang, relation top 1 per lang"), ["en", "zh"]);
    let similar = "similarity(kn[lang=en], kn[lang=zh]) by relation, layer order by relation, layer top 1 per relation";
    assert_eq!(rows(&toy, 2, similar)[..2], ["P36 3", "P37 3"]);
}

#[test]
fn pairs_are_the_first_of_each_fact_or_neuron() {
    let toy = Toy::new();
    let of = |text: &str| rows(&toy, 9, text);
    // Every fact has 9:852 with the score 1.
    assert_eq!(of("kn[lang=en] top 1 per fact").len(), 16);
    assert!(of("kn[lang=en] top 1 per fact").iter().all(|row| row.ends_with("9 852 1")));
    // A row each: 9:852, 3:1, sixteen in layer 7 and sixteen in layer 11, of which that of fact 1 is in layer 7, too.
    assert_eq!(of("kn[lang=en] order by score top 1 per neuron").len(), 34);
    assert_eq!(of("kn[lang=en] order by score top 3 per neuron").len(), 3 + 3 + 32);
    assert_eq!(of("kn[lang=en] order by score top 2 per layer, relation").len(), 4 + 5 + 5 + 5);
    let counted = of("kn[lang=en] by fact, neuron order by score top 1 per neuron");
    assert_eq!(counted.len(), 34);
    assert_eq!(of("kn[lang=en] by neuron, fact, lang order by fact, score top 1 per fact").len(), 16);
    assert_eq!(of("facts top 1 per relation").len(), 3);
    assert_eq!(of("facts order by subject desc top 2 per relation").len(), 5);
    assert_eq!(of("neurons(7..8:1..5) top 2 per layer"), ["7 1", "7 2", "8 1", "8 2"]);
    assert_eq!(of("entries[lang in (en, zh)] top 1 per lang").len(), 2);
    assert_eq!(of("entries[lang=fr] order by fact top 1 per fact, prompt").len(), 6);
}

#[test]
fn a_query_in_parentheses_is_the_set_of_them() {
    let toy = Toy::new();
    assert_eq!(rows(&toy, 3, "(kn[lang=en] order by score top 1 per fact) by neuron"), ["9 852 16"]);
    // All pairs are equal: of even facts those in layers 7 and 9, of odd ones in 3 and 7.
    assert_eq!(rows(&toy, 2, "(kn[lang=en] by fact, neuron top 2 per fact) by layer"), ["3 8", "7 16", "9 8"]);
    // In English most scores were kept of odd facts, in Chinese of even ones.
    assert_eq!(rows(&toy, 1, "facts of (entries[lang in (en, zh)] order by kept top 3 per lang)").len(), 3 + 3);
    assert_eq!(rows(&toy, 1, "(facts top 1 per relation) by relation").len(), 3);
}

#[test]
fn equals_that_are_left_out_of_any_are_told_of() {
    let toy = Toy::new();
    for (text, keys) in [
        ("kn[lang in (en, de)] by lang, layer top 1 per lang", Some("`pairs`")),
        ("kn[lang in (en, de)] by lang, layer top 2 per lang", Some("`pairs`")),
        ("kn[lang in (en, de)] by lang, layer top 3 per lang", None),
        ("kn[lang=en] top 1 per fact", None),
        ("kn[lang=en] order by score top 2 per neuron", Some("`score`")),
        ("kn[lang=en] by fact, neuron order by score top 2 per neuron", Some("`score`")),
        ("entries[lang=en] by relation order by correct top 1 per relation", None),
        ("facts top 1 per relation", None),
    ] {
        let notes = toy.notes(&settings(), text);
        let note =
            notes.iter().find_map(|note| note.split(" leaves out rows that are equal to the last one in ").nth(1));
        assert_eq!(note.and_then(|note| note.split(": ").next()), keys, "{text}: {notes:?}");
    }
}

#[test]
fn what_the_rows_do_not_have_is_refused() {
    let toy = Toy::new();
    for (text, kind, told) in [
        ("kn by lang top 2 per layer", ErrorKind::Kind, "`layer` is no column of this result"),
        ("kn[lang=en] top 2 per lang", ErrorKind::Kind, "`lang` is no column of this result"),
        ("facts top 2 per neuron", ErrorKind::Kind, "`neuron` is no column of this result"),
        ("entries top 2 per layer", ErrorKind::Kind, "`layer` is no column of this result"),
        ("kn by lang top 2 per pairs", ErrorKind::Name, "`pairs` is counted for each row, and is no dimension"),
        ("kn by lang top 2 per", ErrorKind::Syntax, "expected a dimension"),
        ("kn by lang top 2 per lang, lang", ErrorKind::Syntax, "the dimension `lang` is named twice"),
        ("kn by lang per lang", ErrorKind::Syntax, "the first rows of each are asked for with `top 3 per lang`"),
        ("kn by lang top 0 per lang", ErrorKind::Syntax, "`top 0` asks for no rows"),
    ] {
        let (found, text_told) = refused(&toy, text);
        assert!(found == kind && text_told.contains(told), "{text}: {found:?} {text_told}");
    }
    // All rows have to be there at once.
    let small = Settings { memory: Some(1), ..settings() };
    let error = toy.run(&small, "kn[lang=en] order by score top 1 per fact").expect_err("too little memory");
    assert_eq!(error.kind, ErrorKind::Memory);
    assert!(error.reason.starts_with("the 56 rows that `top … per …` chooses from need at least "), "{error}");
}

#[test]
fn it_is_printed_explained_and_takes_a_parameter() {
    let text = "kn by lang, neuron order by facts top $n per lang, neuron";
    let statement = parse(text).expect("a statement");
    assert_eq!(statement.to_string(), text);
    let bound = statement.bind(&Parameters::default().with("n", 2_u32)).expect("a value");
    assert_eq!(bound.to_string(), text.replace("$n", "2"));
    let (explained, _) = Toy::new().run(&settings(), "explain kn by lang, layer top 2 PER lang").expect("a plan");
    let Outcome::Explained(plan) = explained else { panic!("a plan") };
    assert!(plan.contains(", top 2 per lang"), "{plan}");
}
