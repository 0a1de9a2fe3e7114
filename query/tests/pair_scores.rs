//! `score` in rows by fact and neuron: of each language, prompt and run that found a pair.

mod toy;

use kndb_query::{ErrorKind, QueryError, Settings};
use kndb_storage::{EntryData, Neuron, RunSpec};
use toy::{SHAPE, Toy, scored};

const FRANCE: &str = "cb7007d9-673f-4fa5-8308-ddf2ae28b8c2";

fn ask(toy: &Toy, text: &str) -> Result<Vec<String>, QueryError> {
    let settings = Settings { run: Some("bert, en".into()), ..Settings::default() };
    let (_, text) = toy.run(&settings, &text.replace("FRANCE", &format!("fact=\"{FRANCE}\"")))?;
    Ok(text.lines().map(|line| line.replace(&format!("{FRANCE} | "), "")).collect())
}

#[test]
fn a_pair_has_a_row_with_its_score_for_each_language_that_found_it() {
    let rows = ask(&Toy::new(), "kn[lang in (en, zh), FRANCE] by fact, neuron, lang order by score").expect("rows");
    let expected = [
        "fact | layer | neuron | lang | pairs | facts | neurons | share | score",
        "9 | 852 | en | 1 | 1 | 1 | 0.2500 | 1",
        "9 | 852 | zh | 1 | 1 | 1 | 0.2500 | 0.8",
        "7 | 0 | zh | 1 | 1 | 1 | 0.2500 | 0.6",
        "7 | 0 | en | 1 | 1 | 1 | 0.2500 | 0.5",
        "11 | 500 | en | 1 | 1 | 1 | 0.2500 | 0.35",
        "11 | 510 | zh | 1 | 1 | 1 | 0.2500 | 0.3",
    ];
    assert_eq!(rows, expected);
}

#[test]
fn a_pair_has_a_row_for_each_prompt_and_run_too() {
    // French: 8:7 with the second prompt only.
    let rows =
        ask(&Toy::new(), "kn[lang=fr, prompts>=1, FRANCE] by fact, neuron, prompt having score > 0.8").expect("rows");
    let scores =
        |rows: &[String]| rows[1..].iter().map(|row| row.rsplit(" | ").next().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(scores(&rows), ["0.9", "1", "1"].map(|score| Some(score.to_owned())));
    let rows = ask(
        &Toy::new(),
        "kn[run in (\"bert, en\", \"bert-zh\"), lang=zh, FRANCE] by fact, run, neuron order by fact, score asc",
    )
    .expect("rows");
    assert_eq!(scores(&rows), ["0.3", "0.6", "0.8", "0.9", "1"].map(|score| Some(score.to_owned())));
}

#[test]
fn scores_are_kept_by_filters_and_differences() {
    let toy = Toy::new();
    let rows = ask(&toy, "kn[lang=en, FRANCE] - kn[lang=zh, FRANCE] by fact, neuron order by score").expect("rows");
    assert_eq!(rows[1..], ["11 | 500 | 1 | 1 | 1 | 1.0000 | 0.35"]);
    let set = ask(&toy, "(kn[lang in (en, zh), FRANCE] by fact, neuron, lang having score >= 0.8) by neuron");
    assert!(set.is_err(), "rows of languages are no set");
    let rows = ask(&toy, "(kn[lang=en] by fact, neuron having score >= 0.5) & kn[FRANCE, lang=en]").expect("rows");
    assert_eq!(rows.len(), 3, "7:0 and 9:852");
}

#[test]
fn rows_of_several_scores_say_what_tells_them_apart() {
    let toy = Toy::new();
    let refused = |text: &str| {
        let error = ask(&toy, text).expect_err(text);
        assert_eq!(error.kind, ErrorKind::Kind, "{text}");
        format!("{} {}", error.reason, error.hint.unwrap_or_default())
    };
    assert!(
        refused("kn[lang in (en, zh)] by fact, neuron order by score").ends_with("a row each: `by fact, neuron, lang`")
    );
    assert!(refused("kn[lang=fr] by fact, neuron, lang order by score").ends_with("`by fact, neuron, lang, prompt`"));
    assert!(refused("kn[lang=en] by neuron order by score").ends_with("write `… by fact, neuron order by score`"));
    assert!(refused("kn[lang=en] & kn[lang=zh] by fact, neuron order by score").contains("still knows"));
    assert!(refused("dkn[lang=en] by fact, neuron order by score").contains("have no scores"));
}

#[test]
fn the_score_of_a_pair_whose_fact_has_a_set_alone_is_not_known() {
    let toy = Toy::new();
    let mut set = scored(1, "en", 0, &[]);
    set.data = EntryData::Neurons(vec![Neuron(3)]);
    toy.write(RunSpec::new("mixed", "bert", SHAPE), vec![scored(0, "en", 0, &[(0, 2, 0.5)]), set]);
    let settings = Settings { run: Some("mixed".into()), ..Settings::default() };
    for text in ["kn by fact, neuron order by score", "kn by fact, lang, neuron order by score"] {
        let (_, rows) = toy.run(&settings, text).expect(text);
        let scores: Vec<&str> = rows.lines().skip(1).filter_map(|row| row.rsplit(" | ").next()).collect();
        assert_eq!(scores, ["0.5", "NULL"], "{text}");
    }
    let (_, rows) = toy.run(&settings, "kn by fact, neuron having score < 1").expect("rows");
    assert_eq!(rows.lines().count(), 2, "what is not known is in no comparison");
    assert!(toy.run(&settings, "kn & facts[subject=\"Côte d'Ivoire\"] by fact, neuron order by score").is_ok());
}
