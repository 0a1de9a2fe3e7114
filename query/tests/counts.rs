//! `langs`, `prompts` and `runs`: worked out by hand over the toy.

mod toy;

use kndb_query::{Outcome, Settings};

/// The rows of a statement, without their header.
fn rows(text: &str) -> Vec<String> {
    let (_, rows) = toy::Toy::new().run(&Settings::default(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rows.lines().skip(1).map(str::to_owned).collect()
}

fn pairs(text: &str) -> u64 {
    match toy::Toy::new().run(&Settings::default(), text) {
        Ok((Outcome::Rows { rows }, _)) => rows,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_number_of_languages_is_one_of_different_languages() {
    let kn = |condition| pairs(&format!("kn[run=\"bert, en\", {condition}]"));
    // 9:852 of the facts 0 to 2 is found in en, zh, de and fr.
    assert_eq!(kn("langs>=4"), 3);
    // Of fact 3 in en, zh and de; 7:0 and 7:2 in the same three.
    assert_eq!((kn("langs>=3"), kn("langs=3"), kn("langs>3")), (6, 3, 3));
    assert_eq!(kn("langs>=5"), 0);
    assert_eq!(kn("langs>=1"), kn("lang=*"));
    assert_eq!(kn("langs<=3") + kn("langs>=4"), kn("lang=*"));
    assert_eq!(kn("langs<4"), kn("langs<=3"));
}

#[test]
fn a_percentage_is_one_of_the_languages_in_which_the_fact_has_an_entry() {
    // None of fact 0, which has zh-classical too; 9:852 of the facts 1 to 13; 7:n of 4, 6, … 12; 11:510 of fact 10; all 7 pairs of
    // the facts 14 and 15, which English alone has.
    assert_eq!(pairs("kn[run=\"bert, en\", langs>=100%]"), 13 + 5 + 1 + 7);
    assert_eq!(pairs("kn[run=\"bert, en\", lang in (en, zh), langs>=100%] & facts[fact in (fact-14, fact-10)]"), 3 + 3);
    // Four of five languages.
    assert_eq!(pairs(&format!("kn[run=\"bert, en\", fact={}, langs>=80%]", toy::id(0))), 1);
    assert_eq!(pairs(&format!("kn[run=\"bert, en\", fact={}, langs>80%]", toy::id(0))), 0);
}

#[test]
fn prompts_are_counted_within_each_language_and_run() {
    let french = |condition| pairs(&format!("kn[run=\"bert, en\", lang=fr, {condition}]"));
    assert_eq!(
        (french("prompts>=2"), french("prompts=1"), french("prompts>=50%"), french("prompts>50%")),
        (6, 3, 9, 6)
    );
    // The other languages have one prompt, of which two cannot be.
    assert_eq!(pairs("kn[run=\"bert, en\", prompts>=2]"), 6);
    assert_eq!(pairs("likn[run=\"bert, en\", lang in (en, fr), prompts>=100%]"), 3);
    // 8:7 is found with one of two French prompts, and not then in French.
    assert_eq!(rows("kn[run=\"bert, en\", prompts>50%] & neurons(8:7) by lang"), Vec::<String>::new());
}

#[test]
fn runs_are_counted_over_all_their_languages() {
    let kn = |condition| pairs(&format!("kn[run in (\"bert, en\", bert-zh), {condition}]"));
    assert_eq!(kn("lang=zh, runs>=2"), 3);
    // 9:852 of 14 facts, 7:n of 7, 11:510 of 14, without the three of both, and 5:5 of three.
    assert_eq!(kn("lang=zh, runs=1"), 14 + 7 + 14 - 3 + 3);
    assert_eq!(kn("runs>=100%, lang=zh, langs=1"), 3 + 11 + 5 + 11);
}

#[test]
fn a_set_that_is_taken_apart_keeps_its_pairs_alone() {
    let by_language = rows("kn[run=\"bert, en\", langs>=4] by lang order by lang");
    let counts: Vec<&str> = by_language.iter().map(String::as_str).collect();
    assert_eq!(
        counts,
        ["de | 3 | 3 | 1 | 1.0000", "en | 3 | 3 | 1 | 1.0000", "fr | 3 | 3 | 1 | 1.0000", "zh | 3 | 3 | 1 | 1.0000"]
    );
}

#[test]
fn facts_by_a_neuron_are_those_with_a_pair_that_is_counted() {
    assert_eq!(pairs("facts of (kn[run=\"bert, en\", langs>=4] & neurons(9:852))"), 3);
    assert_eq!(pairs("facts of (kn[run=\"bert, en\", langs=1] & neurons(9:852))"), 2);
    assert_eq!(pairs("facts of (kn[run=\"bert, en\", lang=en, prompts>=2] & neurons(9:852))"), 0);
    assert_eq!(pairs("kn[run=\"bert, en\", lang=fr] - kn[run=\"bert, en\", langs>=4]"), 3 + 3);
}
