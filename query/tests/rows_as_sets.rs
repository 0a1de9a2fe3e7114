//! Queries in parentheses, shares of the facts asked, and where pairs were found: worked out by hand on the toy store.

mod carets;
mod toy;

use kndb_query::{Outcome, Settings};
use toy::{Toy, id};

fn settings() -> Settings {
    Settings { run: Some("bert, en".to_owned()), ..Settings::default() }
}

/// The lines of an answer, without its header.
fn rows(text: &str) -> Vec<String> {
    rows_of(&Toy::new(), text)
}

fn rows_of(toy: &Toy, text: &str) -> Vec<String> {
    let (_, rows) = toy.run(&settings(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rows.lines().skip(1).map(str::to_owned).collect()
}

fn header(text: &str) -> String {
    let (_, rows) = Toy::new().run(&settings(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rows.lines().next().unwrap_or_default().to_owned()
}

fn refusal(text: &str) -> String {
    let error = Toy::new().run(&settings(), text).expect_err(text);
    format!("{}\n{}", error.reason, error.hint.unwrap_or_default())
}

/// Of the 12 facts of P36 all have 9:852, and the 6 odd ones 3:1; no other neuron has two.
#[test]
fn a_frequency_makes_a_set_of_neurons() {
    let common = "(kn[relation=P36, lang=en] by neuron having facts >= 50%)";
    assert_eq!(rows(common), ["3 | 1", "9 | 852"]);
    assert_eq!(rows(&format!("{common} by layer")), ["3 | 1 | 0.5000", "9 | 1 | 0.5000"]);
    assert_eq!(rows(&common.replace(">=", ">")), ["9 | 852"]);
}

#[test]
fn a_percentage_shows_of_how_many_facts_it_is_one() {
    let text = "kn[relation=P36, lang=en] by neuron having facts >= 50%";
    assert_eq!(header(text), "layer | neuron | pairs | facts | neurons | share | asked | frequency");
    // 12 facts with three neurons each, and 3:1 of six of them.
    assert_eq!(
        rows(text),
        ["3 | 1 | 6 | 6 | 1 | 0.1429 | 12 | 0.5000", "9 | 852 | 12 | 12 | 1 | 0.2857 | 12 | 1.0000"]
    );
}

/// P36 has 12 facts, P37 has 3, and one fact has no relation.
#[test]
fn rows_of_a_relation_are_shares_of_the_facts_of_that_relation() {
    let text = "kn[lang=en] by relation, neuron having facts >= 60% order by asked";
    let of_two: Vec<String> = rows(text).into_iter().filter(|row| !row.starts_with("NULL")).collect();
    assert_eq!(
        of_two,
        ["P36 | 9 | 852 | 12 | 12 | 1 | 0.2143 | 12 | 1.0000", "P37 | 9 | 852 | 3 | 3 | 1 | 0.0536 | 3 | 1.0000"]
    );
}

/// In zh there are the facts 0 to 13, of which the seven even ones have 7:n; in de there are four, all of which have it.
#[test]
fn rows_of_a_language_are_shares_of_the_facts_attributed_in_it() {
    let text = "(kn[lang in (zh, de)] & neurons(7:*)) by lang having facts > 0% order by lang";
    assert_eq!(rows(text), ["de | 4 | 4 | 4 | 0.4444 | 4 | 1.0000", "zh | 7 | 7 | 7 | 0.7778 | 14 | 0.5000"]);
}

/// Even facts have three neurons in English, odd ones a fourth.
#[test]
fn sizes_are_a_histogram_of_facts() {
    assert_eq!(header("kn[lang=en] by size"), "size | pairs | facts | neurons | share");
    assert_eq!(rows("kn[lang=en] by size"), ["3 | 24 | 8 | 17 | 0.4286", "4 | 32 | 8 | 18 | 0.5714"]);
}

#[test]
fn attributed_facts_without_a_neuron_are_of_size_0() {
    let text = "kn[lang=zh] & neurons(7:*) by size";
    assert_eq!(rows(text), ["0 | 0 | 7 | 0 | 0.0000", "1 | 7 | 7 | 7 | 1.0000"]);
    // Of the two relations: facts 0 to 11, and 12 and 13.
    let text = "kn[lang=zh] & neurons(7:*) by relation, size having facts >= 50%";
    assert_eq!(
        rows(text),
        [
            "P36 | 0 | 0 | 6 | 0 | 0.0000 | 12 | 0.5000",
            "P36 | 1 | 6 | 6 | 6 | 0.8571 | 12 | 0.5000",
            "P37 | 0 | 0 | 1 | 0 | 0.0000 | 2 | 0.5000",
            "P37 | 1 | 1 | 1 | 1 | 0.1429 | 2 | 0.5000",
        ]
    );
}

/// Fact 3 has 9:852 in en, zh and de, 7:3 in en and de, 3:1 and 11:503 in en, 11:510 in zh.
#[test]
fn a_pair_is_counted_in_the_languages_it_was_found_in() {
    let of = |condition: &str| format!("kn[lang in (en, zh, de), fact=fact-3] by fact, neuron having {condition}");
    assert_eq!(header(&of("langs >= 2")), "fact | layer | neuron | pairs | facts | neurons | share | langs");
    let two = ["fact-3 | 7 | 3 | 1 | 1 | 1 | 0.2000 | 2", "fact-3 | 9 | 852 | 1 | 1 | 1 | 0.2000 | 3"];
    assert_eq!(rows(&of("langs >= 2")), two);
    assert_eq!(rows(&of("langs >= 60%")), two);
    assert_eq!(rows(&of("langs >= 66.7%")), two[1..]);
    assert_eq!(rows(&of("langs = 100%")), two[1..]);
}

/// Fact 14 was attributed in English alone: what is found there is found wherever it was asked.
#[test]
fn a_percentage_of_languages_is_one_of_those_in_which_the_fact_has_an_entry() {
    let text = "kn[lang in (en, zh, de), fact=fact-14] by fact, neuron having langs >= 100%";
    assert_eq!(rows(text).len(), 3);
    let text = "kn[lang in (en, zh, de), fact=fact-14] by fact, neuron having langs >= 2";
    assert_eq!(rows(text), Vec::<String>::new());
}

/// In French both prompts find 9:852 and 7:91, the second 8:7, too.
#[test]
fn a_pair_is_counted_with_the_prompts_that_found_it() {
    let text = "kn[lang=fr, fact=fact-1] by fact, neuron having prompts >= 70% order by prompts, neuron";
    assert_eq!(rows(text), ["fact-1 | 7 | 91 | 1 | 1 | 1 | 0.3333 | 2", "fact-1 | 9 | 852 | 1 | 1 | 1 | 0.3333 | 2"]);
}

/// Of the Chinese neurons of fact 3 only 11:510 is in no other language.
#[test]
fn pairs_chosen_by_rows_are_combined_like_any_others() {
    let text = "(kn[lang in (en, zh, de), fact=fact-3] by fact, neuron having langs = 1) & kn[lang=zh]";
    assert_eq!(rows(text), ["fact-3 | P36 | Japan | Tokyo | 11 | 510"]);
    assert_eq!(rows(&format!("{text} by layer")), ["11 | 1 | 1 | 1 | 1.0000"]);
}

/// 16 facts have four neurons together in English; of the best three, all are of fact 0.
#[test]
fn what_surrounds_a_query_in_parentheses_does_not_change_its_rows() {
    assert_eq!(rows("(kn[lang=en] by fact, neuron top 3) & neurons(9:852) by fact").len(), 1);
    assert_eq!(rows(&format!("(kn[lang=en] by fact top 1) - facts[fact={}]", id(1))), Vec::<String>::new());
}

#[test]
fn without_by_the_members_themselves_are_chosen() {
    // 1.0 of fact 1 and 0.5 of 7:1 are its best; every fact has a 1.0 of its own.
    assert_eq!(
        rows("(kn[lang=en, fact=fact-1] order by score top 2) by neuron"),
        ["7 | 1 | 1 | 1 | 1 | 0.5000", "9 | 852 | 1 | 1 | 1 | 0.5000"]
    );
    assert_eq!(rows("(neurons(3:0..9) order by neuron desc top 2) by neuron").len(), 2);
    assert_eq!(rows("(facts[relation=P37] order by subject top 1)"), ["fact-12 | P37 | France | French"]);
}

/// 9:852 is in all facts, 3:1 in half of them.
#[test]
fn a_set_of_neurons_is_taken_from_pairs() {
    let toy = Toy::new();
    let (saved, _) = toy.run(&settings(), "let common = (kn[lang=en] by neuron having facts > 30%)").expect("a set");
    assert_eq!(saved, Outcome::Saved { name: "common".into(), members: 2 });
    let text = "kn[relation=P37, lang=en] - @common by layer";
    // Facts 12 to 14 have a neuron of their own in layer 7 and one in layer 11.
    assert_eq!(rows_of(&toy, text), ["7 | 3 | 3 | 3 | 0.5000", "11 | 3 | 3 | 3 | 0.5000"]);
    let without = "kn[relation=P37, lang=en] - neurons(9:*, 3:1) by layer";
    assert_eq!(rows_of(&toy, without), rows_of(&toy, text));
    // Such a set still knows its languages.
    let (_, by_lang) = toy.run(&settings(), "kn[lang in (en, zh)] - @common by lang").expect("languages");
    assert_eq!(by_lang.lines().count(), 3, "{by_lang}");
}

#[test]
fn explain_shows_the_rows_within_and_counts_them_once() {
    let text = "explain analyze kn[lang=en] & (kn[lang=en] by neuron having facts >= 50%) by layer";
    let (outcome, _) = Toy::new().run(&settings(), text).expect("explained");
    let Outcome::Explained(tree) = outcome else { panic!("{outcome:?}") };
    assert!(tree.contains("members of these rows (found first): count by neuron, facts >= 50%  [rows=2"), "{tree}");
}

#[test]
fn rows_that_are_no_set_say_which_are() {
    for text in ["(kn by layer) by layer", "let a = (kn by relation, neuron)", "facts of (kn by lang)"] {
        let said = refusal(text);
        assert!(said.contains("are no set") && said.contains("`by fact, neuron` one of pairs"), "{said}");
    }
}

#[test]
fn what_has_no_neuron_has_no_row() {
    let said = refusal("kn[lang=en, tau=0.5] by fact having neurons = 0");
    assert!(said.contains("no row has 0 neurons") && said.contains("- facts of kn[lang=en, tau=0.5]"), "{said}");
    assert!(refusal("kn by neuron having facts < 1").contains("neurons of kn"));
    assert!(refusal("kn by relation having pairs <= 0").contains("by size"));
    // Not 1 is more than 1, too: the rows of both together are all rows.
    let [one, other, all] =
        ["having pairs = 1", "having pairs != 1", ""].map(|having| rows(&format!("kn by neuron {having}")).len());
    assert!(one > 0 && other > 0 && one + other == all, "{one}, {other}, {all}");
    // A size of 0 is a row.
    assert_eq!(rows("kn[lang=zh] & neurons(7:*) by size having pairs = 0").len(), 1);
}

#[test]
fn a_saved_set_does_not_know_of_which_facts_it_was_asked() {
    let toy = Toy::new();
    toy.run(&settings(), "let capitals = kn[relation=P36, lang=en]").expect("a set");
    for text in
        ["@capitals by neuron having facts >= 10%", "@capitals by size", "kn & @capitals by layer order by asked"]
    {
        let error = toy.run(&settings(), text).expect_err(text);
        assert!(error.reason.contains("@capitals") && error.span.is_some(), "{error}");
    }
    // What is taken away decides nothing.
    toy.run(&settings(), "kn[lang=en] - @capitals by size").expect("an answer");
}

#[test]
fn where_pairs_were_found_is_asked_of_sets_that_know_it() {
    assert!(refusal("kn by layer having langs >= 2").contains("by fact, neuron"));
    assert!(refusal("kn by fact having langs >= 2").contains("by fact, neuron"));
    assert!(refusal("kn & kn[lang=en] by fact, neuron having langs >= 2").contains("still knows its languages"));
    assert!(refusal("likn by fact, neuron having prompts >= 2").contains("likn"));
    assert!(refusal("facts by relation having facts >= 10%").contains("asked"));
}

/// Odd facts have no neuron of layer 7 in Chinese, and fact 14 no entry: the former were asked, the latter is unpaired.
#[test]
fn a_set_is_as_similar_in_parentheses_as_without() {
    let toy = Toy::new();
    toy.run(&settings(), "let some = kn[lang=zh] & neurons(7:*)").expect("a set");
    let none = "kn[lang=en, relation=P37] & neurons(0:*)";
    assert_eq!(
        rows_of(&toy, &format!("similarity(({none} by fact, neuron), {none})")),
        ["NULL | NULL | NULL | NULL | 0 | 0"]
    );
    for set in [
        "kn[lang=zh] & neurons(7:*)",
        "kn[lang=zh] - neurons(9:*, 11:*)",
        "kn[lang=zh] & kn[lang=de]",
        "(kn[lang=zh] & neurons(7:*)) | kn[lang=de]",
        "likn[lang in (zh, de)] - kn[lang=en]",
        "kn[lang=zh] & facts[relation=P36] & neurons(7:*)",
        "@some",
        "kn[lang=zh] - @some",
    ] {
        for by in ["", " by relation", " by layer"] {
            let of = |left: &str| rows_of(&toy, &format!("similarity({left}, kn[lang=en]){by}"));
            assert_eq!(of(&format!("({set} by fact, neuron)")), of(set), "{set}{by}");
            assert_eq!(of(&format!("(({set} by fact, layer, neuron) by fact, neuron)")), of(set), "{set}{by}");
        }
    }
    // Seven facts are compared that no row is left of, and the two of which Chinese has no entry are not.
    let text = "similarity((kn[lang=zh] by fact, neuron having layer = 7), kn[lang=en])";
    assert_eq!(rows_of(&toy, text), rows_of(&toy, "similarity(kn[lang=zh] & neurons(7:*), kn[lang=en])"));
    assert!(rows_of(&toy, text)[0].ends_with(" | 14 | 2"), "{:?}", rows_of(&toy, text));
}

/// A change of wording is a change to look at.
#[test]
fn refusals_say_what_to_write_instead() {
    let toy = Toy::new();
    toy.run(&settings(), "let capitals = kn[relation=P36]").expect("a set");
    let mut page = String::new();
    for text in [
        "(kn by layer) by layer",
        "kn & (kn by relation, neuron having facts >= 10%)",
        "let a = (kn by group)",
        "facts of (kn by neuron)",
        "(kn by fact) & (kn by neuron)",
        "(kn by fact) by layer",
        "(kn by neuron order by subject top 3)",
        "(kn having facts > 3)",
        "(facts by neuron)",
        "(kn by fact having facts > 3 and langs > 1)",
        "(kn & kn[lang=zh] by fact, neuron having langs > 1)",
        "likn by fact, neuron having langs > 1",
        "(@capitals by neuron having facts >= 10%)",
        "@capitals by size",
        "kn by size, layer",
        "facts by relation having facts >= 10%",
        "kn[lang=en] by fact having neurons = 0",
        "kn[lang=en] by neuron having facts < 1",
        "kn by relation having facts = 0%",
        "facts by relation having facts <= 0",
    ] {
        let error = toy.run(&settings(), text).expect_err(text);
        page.push_str(&carets::draw(text, &error));
        page.push('\n');
    }
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("rows_in_parentheses", page);
    });
}

/// Of the facts 0 to 13, the even ones share 9:852 and 7:n of four neurons, fact 10 all three; the odd ones one of five.
#[test]
fn a_similarity_by_fact_is_a_set_of_facts() {
    let alike = |than: &str| format!("(similarity(kn[lang=en], kn[lang=zh]) by fact having similarity {than})");
    assert_eq!(rows(&format!("{} by relation", alike(">= 0.5"))), ["P36 | 6 | 0.8571", "P37 | 1 | 0.1429"]);
    let of_ten = rows(&format!("kn[lang=en] & {} by fact", alike("> 0.5")));
    assert_eq!(of_ten, [format!("{} | 3 | 1 | 3 | 1.0000", id(10))]);
    let best = "(similarity(kn[lang=en], kn[lang=zh]) by fact order by similarity top 1)";
    assert_eq!(rows(&format!("kn[lang=zh] & {best} by fact")), [format!("{} | 3 | 1 | 3 | 1.0000", id(10))]);
    for text in [
        "kn & (similarity(kn[lang=en], kn[lang=zh]) by relation)",
        "kn & (similarity(kn[lang=*]) between lang by fact)",
        "facts & (similarity(neurons of kn, neurons of likn) by layer)",
        "neurons of (similarity(kn, likn) by fact)",
    ] {
        let told = refusal(text);
        assert!(told.contains("`similarity` answers with rows") || told.contains("takes a set of pairs"), "{told}");
    }
}

/// 9:852 is found in all five languages but zh-classical, 7:0 and 7:2 in en, zh and de, 7:1 and 7:3 in en and de.
#[test]
fn a_neuron_is_counted_in_the_languages_in_which_any_fact_has_it() {
    assert_eq!(header("kn by neuron order by langs"), "layer | neuron | pairs | facts | neurons | share | langs");
    let first = |text: &str| {
        rows(text).iter().map(|row| row.split(" | ").take(2).collect::<Vec<_>>().join(":")).collect::<Vec<_>>()
    };
    assert_eq!(first("kn by neuron having langs >= 4"), ["9:852"]);
    assert_eq!(first("kn by neuron having langs = 3"), ["7:0", "7:2"]);
    assert_eq!(first("kn by neuron having langs >= 80%"), ["9:852"]);
    // The two neurons of zh-classical alone, and what French found with its second prompt, which is the second of that fact's.
    assert_eq!(
        first("kn[lang in (fr, zh-classical)] by neuron having prompts >= 2"),
        ["7:90", "7:91", "7:92", "9:852"]
    );
    // Of the facts of P37, which English and Chinese have; 11:510 is one of Chinese alone there.
    let of_p37 = "kn by relation, neuron having langs >= 2";
    assert_eq!(rows(of_p37).iter().filter(|row| row.starts_with("P37")).count(), 2);
    assert_eq!(rows("(kn by neuron having langs >= 3) by layer"), ["7 | 2 | 0.6667", "9 | 1 | 0.3333"]);
}
