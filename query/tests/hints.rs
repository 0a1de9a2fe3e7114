//! Hints that list what there is: of the result at hand, and not of the whole language.

mod toy;

use kndb_query::{Settings, parse};

/// The hint on a text that is no statement.
fn hint(text: &str) -> String {
    parse(text).expect_err(text).hint.expect("a hint")
}

#[test]
fn columns_are_those_that_the_result_can_have() {
    let entries = "the columns here are `entries`, `facts`, `p`, `median`, `correct` and the dimensions";
    assert_eq!(hint("entries by lang having foo > 1"), entries);
    assert_eq!(hint("b::entries by lang having foo > 1"), entries);
    assert_eq!(hint("b::(entries & facts) by lang having foo > 1"), entries);
    assert_eq!(hint("entries & facts of likn by lang order by foo"), entries);
    let listed = "the columns here are `p`, `baseline`, `correct`, `rank`, `tokens`, `residual`, `largest`, `kept` and the dimensions";
    assert_eq!(hint("entries[lang=en] order by quux"), listed);
    for text in
        ["kn by layer having quux > 1", "@a by neuron order by quux", "facts of entries by relation order by quux"]
    {
        let hint = hint(text);
        assert!(hint.contains("`pairs`") && !hint.contains("`residual`") && !hint.contains("`similarity`"), "{hint}");
    }
    let similar = hint("similarity(kn, likn) by relation order by quux");
    assert!(similar.contains("`similarity`, `expected`") && !similar.contains("`pairs`"), "{similar}");
}

#[test]
fn dimensions_are_those_that_rows_can_be_split_by() {
    assert!(!hint("kn by quux").contains("`group`") && hint("dkn by quux").contains("`group`"));
    assert!(hint("entries by quux").contains("`answer`") && !hint("entries by quux").contains("`layer`"));
    assert_eq!(hint("similarity(kn) between quux"), "the dimensions are `lang`, `relation`, `run`, `prompt`");
    let toy = toy::Toy::new();
    let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
    let split = |text: &str| toy.run(&settings, text).expect_err(text).hint.expect("a hint");
    assert!(!split("kn by answer").contains("`group`"), "{}", split("kn by answer"));
    assert!(split("dkn by answer").contains("`group`"), "{}", split("dkn by answer"));
}

#[test]
fn a_text_is_chosen_in_the_brackets_of_its_own_source() {
    assert_eq!(hint("entries[lang=en] having answer = 1"), "choose it in brackets: `entries[answer=…]`");
    assert_eq!(hint("kn by relation having relation = 1"), "choose it before counting, in brackets: `kn[relation=…]`");
    assert_eq!(hint("dkn by lang having lang = 1"), "choose it before counting, in brackets: `dkn[lang=…]`");
    assert_eq!(
        hint("facts by subject having subject = 1"),
        "choose it before counting, in brackets: `facts[subject=…]`"
    );
}

#[test]
fn a_column_of_entries_that_is_no_condition_points_behind_the_brackets() {
    for column in ["residual", "largest", "kept", "baseline"] {
        let error = parse(&format!("entries[lang=en, {column}>0.1]")).expect_err("a column");
        assert_eq!(error.reason, format!("there is no condition `{column}`: it is a column of `entries`"));
        let hint = format!("columns are compared behind the brackets: `entries having {column} > 0.1`");
        assert_eq!(error.hint, Some(hint));
    }
    let conditions = hint("entries[quux=1]");
    assert!(
        conditions.starts_with("the conditions of `entries` are on `lang`") && !conditions.contains("`tau`"),
        "{conditions}"
    );
    let conditions = hint("kn[quux=1]");
    assert!(conditions.contains("`tau`") && !conditions.contains("`t_low`"), "{conditions}");
}
