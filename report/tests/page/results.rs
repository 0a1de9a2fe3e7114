//! Results of experiments on the page.

use super::*;

/// The shape of what `kndb edit-study` writes.
const STUDY: &str = r#"{
  "options": {"run": "first", "seed": 18446744073709551615, "languages": ["en", "zh"]},
  "model": "toy <b>",
  "statements": [{"text": "likn[lang in (en, zh)]", "rows": 7}],
  "cells": [
    {"method": "LIKN", "all": {"rate": {"value": 2.359001, "interval": {"low": 1.5, "high": null}}, "draws": 3}},
    {"method": "random", "all": {"rate": {"value": null, "interval": null}}, "stable": true}
  ],
  "languages": [{"language": "en", "overall": [{"f1": 0.541}], "left_out": [["no template", 3]]}]
}"#;

#[test]
fn results_of_experiments_become_tables_in_the_order_of_their_fields() {
    let experiment = Experiment::read("study.json", STUDY).expect("JSON");
    let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let table = |columns: &[&str], rows: &[&[&str]]| Block::Table {
        columns: text(columns),
        rows: rows.iter().map(|row| text(row)).collect(),
    };
    let values = |values: &[(&str, &str)]| {
        Block::Values(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    let heading = |text: &str| Block::Heading(text.into());
    assert_eq!(
        experiment.blocks,
        [
            Block::Note("Fractions are rounded to five digits here; the file has all of them.".into()),
            values(&[
                ("options.run", "first"),
                ("options.seed", "18446744073709551615"),
                ("options.languages", "en, zh"),
                ("model", "toy <b>"),
            ]),
            heading("statements"),
            table(&["text", "rows"], &[&["likn[lang in (en, zh)]", "7"]]),
            heading("cells"),
            table(
                &["method", "all.rate", "all.draws", "stable"],
                &[&["LIKN", "2.359 [1.5, ∞]", "3", "–"], &["random", "–", "–", "yes"],]
            ),
            heading("languages.en"),
            values(&[("language", "en")]),
            heading("languages.en.overall"),
            table(&["f1"], &[&["0.541"]]),
            heading("languages.en.left_out"),
            table(&["1", "2"], &[&["no template", "3"]]),
        ]
    );
    let options = PageOptions { experiments: vec![experiment], ..PageOptions::default() };
    let page = written(&empty().store, &options);
    for shown in ["<h3>study.json</h3>", "toy &lt;b&gt;", "2.359 [1.5, ∞]", "<h4>languages.en.overall</h4>"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn long_tables_are_counted_and_text_is_shown_as_it_is() {
    let rows: Vec<String> = (0..61).map(|row| format!("{{\"row\": {row}}}")).collect();
    let long = Experiment::read("rows.JSON", &format!("[{}]", rows.join(","))).expect("JSON");
    assert_eq!(long.blocks, [Block::Note("61 rows, in the file alone.".into())]);
    let text = Experiment::read("table.txt", " a | b\n 1 | <2>\n\n").expect("text");
    let options = PageOptions { experiments: vec![text], ..PageOptions::default() };
    assert!(
        written(&empty().store, &options).contains("<pre class=\"text\" tabindex=\"0\"> a | b\n 1 | &lt;2&gt;</pre>")
    );
    let refused = Experiment::read("broken.json", "{\"a\": ").expect_err("no JSON").to_string();
    assert!(refused.starts_with("\"broken.json\" cannot be included: EOF while parsing"), "{refused}");
}

#[test]
fn wide_tables_of_results_are_broken_into_parts_that_begin_with_the_names() {
    let fields: Vec<String> = (0..20).map(|at| format!("\"value_{at}\": {at}")).collect();
    let row = |method: &str| format!("{{\"language\": \"en\", \"method\": \"{method}\", {}}}", fields.join(", "));
    let json = format!("[{}, {}]", row("LIKN"), row("random"));
    let experiment = Experiment::read("study.json", &json).expect("JSON");
    let options = PageOptions { experiments: vec![experiment], ..PageOptions::default() };
    let page = written(&empty().store, &options);
    let (_, tables) = page.split_once("<h3>study.json</h3>").expect("the result");
    let (tables, _) = tables.split_once("</section>").expect("its end");
    let heads: Vec<Vec<String>> = tables
        .split("<thead>")
        .skip(1)
        .map(|table| {
            let (head, rows) = table.split_once("</thead>").expect("its end");
            assert_eq!(rows.matches(">LIKN<").count(), 1, "{rows}");
            let cells = head.split("</th>").map(|cell| plain(cell).replace('\u{1f}', ""));
            cells.filter(|cell| !cell.is_empty()).collect()
        })
        .collect();
    let expected = |from: usize, to: usize| {
        ["language", "method"].map(str::to_owned).into_iter().chain((from..to).map(|at| format!("value_{at}")))
    };
    let expected: Vec<Vec<String>> =
        [(0, 6), (6, 12), (12, 18), (18, 20)].map(|(from, to)| expected(from, to).collect()).to_vec();
    assert_eq!(heads, expected);
    assert!(tables.contains("value_<wbr>19"), "long names may be broken");
    for at in 0..20 {
        assert_eq!(tables.matches(&format!(">{at}</td>")).count(), 2, "each value once a row: {at}");
    }
}
