//! `kndb report`: a page in a file or on standard output.

mod environment;

use environment::Environment;

#[test]
fn the_page_is_a_file_or_standard_output_and_the_same_each_time() {
    let environment = Environment::with_demo();
    let ran = environment.ok(&["report", "demo", "-o", "report.html"]);
    assert_eq!((ran.out.as_str(), ran.messages.as_str()), ("", "wrote report.html\n"));
    let page = environment.read("report.html");
    let printed = environment.ok(&["report", "demo"]);
    assert_eq!(printed.out, page);
    assert_eq!(printed.messages, "");
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"), "{page}");
    assert!(!page.contains(&environment.path("demo").display().to_string()), "no path is in it");
}

#[test]
fn numbers_of_the_page_are_those_of_the_queries_under_them() {
    let environment = Environment::with_demo();
    let page = environment.ok(&["report", "demo"]).out;
    let query = "kn by neuron order by facts top 20";
    let (before, _) = page.split_once(&format!("<code>{query}</code>")).expect("the query stands on the page");
    let (_, table) = before.rsplit_once("<tbody>").expect("a table stands above it");
    let rows: Vec<String> = table
        .split("<tr>")
        .skip(1)
        .map(|row| {
            let cells = row.split("class=\"number\">").skip(1);
            let cells: Vec<&str> = cells.map(|cell| cell.split('<').next().expect("a cell")).collect();
            cells.join(",")
        })
        .collect();
    let csv = environment.ok(&["query", "demo", query, "-m", "csv", "--no-headers"]).out;
    let expected: Vec<String> = csv
        .lines()
        .map(|line| {
            let (counts, share) = line.rsplit_once(',').expect("columns");
            format!("{counts},{:.4}", share.parse::<f64>().expect("a share"))
        })
        .collect();
    assert_eq!(expected.len(), 20);
    assert_eq!(rows, expected);
}

#[test]
fn title_date_and_runs_are_options() {
    let environment = Environment::with_demo();
    let page = environment.ok(&["report", "demo", "--title", "Ours & <yours>", "--date", "1 May"]).out;
    assert!(page.contains("<h1>Ours &amp; &lt;yours&gt;</h1>") && page.contains(", 1 May."), "{page}");
    environment.ok(&["report", "demo", "--run", "synthetic"]);
    let ran = environment.run(&["report", "demo", "--run", "synthetik"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.messages.contains("\"synthetic\""), "{ran:?}");
    let ran = environment.run(&["report", "demo", "-o", "nowhere/report.html"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.messages.contains("cannot write nowhere/report.html"), "{ran:?}");
}

#[test]
fn an_empty_store_has_a_page_too() {
    let environment = Environment::new();
    environment.ok(&["init", "db"]);
    let page = environment.ok(&["report", "db"]).out;
    assert!(page.contains("The store has no run yet."), "{page}");
}

#[test]
fn results_of_experiments_are_included() {
    let environment = Environment::with_demo();
    environment.write("study.json", r#"{"model": "toy", "cells": [{"method": "LIKN", "rate": 2.359}]}"#);
    environment.write("table.txt", "a table\n");
    environment.write("broken.json", "{");
    let page = environment.ok(&["report", "demo", "--include", "study.json", "--include", "table.txt"]).out;
    assert!(page.contains("<h3>study.json</h3>") && page.contains(">2.359<"), "{page}");
    assert!(page.contains("<pre class=\"text\" tabindex=\"0\">a table</pre>"), "{page}");
    for (file, told) in [("broken.json", "\"broken.json\" cannot be included"), ("none.json", "cannot read none.json")]
    {
        let ran = environment.run(&["report", "demo", "--include", file]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.messages.contains(told), "{ran:?}");
    }
}

#[test]
fn the_file_is_tried_before_the_work_and_left_alone_without_a_page() {
    let environment = Environment::with_demo();
    environment.write("old.html", "an older page");
    for file in ["new.html", "old.html"] {
        let ran = environment.run(&["report", "demo", "--run", "nobody", "-o", file]);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.messages.contains("nobody"), "{ran:?}");
    }
    assert!(!environment.path("new.html").exists());
    assert_eq!(environment.read("old.html"), "an older page");
    // Of two mistakes the one that costs no work is told.
    let ran = environment.run(&["report", "demo", "--run", "nobody", "-o", "nowhere/report.html"]);
    assert!(ran.messages.contains("cannot write nowhere/report.html"), "{ran:?}");
    environment.ok(&["report", "demo", "-o", "old.html"]);
    assert!(environment.read("old.html").ends_with("</html>"));
}

#[test]
fn the_help_says_what_a_page_costs() {
    let help = Environment::new().ok(&["report", "--help"]).out;
    for told in ["reads every block of scores", "n(n+1)/2 similarities"] {
        assert!(help.split_whitespace().collect::<Vec<_>>().join(" ").contains(told), "{told}: {help}");
    }
}
