//! `kndb plot` and `… plot`: pictures, text, and the queries that give the same numbers.

mod environment;

use environment::{Environment, Ran};

/// The queries that a command told of.
fn queries(ran: &Ran) -> Vec<&str> {
    ran.messages.lines().filter_map(|line| line.strip_prefix("query: ")).collect()
}

/// The numbers after bars, by line.
fn bars(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter_map(|line| line.rsplit_once('|'));
    let number = |bar: &str| bar.trim_start_matches(['█', '▏', '▎', '▍', '▌', '▋', '▊', '▉', ' ']).to_owned();
    lines.skip(1).map(|(label, bar)| (label.trim().to_owned(), number(bar))).collect()
}

/// A share as it stands beside its bar.
fn written(share: f64, pairs: &str) -> String {
    format!("{share:.4} ({pairs} {})", if pairs == "1" { "pair" } else { "pairs" })
}

#[test]
fn figures_by_layer_show_the_numbers_of_the_queries_they_tell() {
    let environment = Environment::with_demo();
    // Beside language-independent neurons stand two levels of chance, which have no query.
    for (figure, count, drawn_in_all) in [("kn", 2, 2), ("likn", 1, 3), ("dkn", 2, 2)] {
        let ran = environment.ok(&["plot", "demo", figure]);
        let queries = queries(&ran);
        assert_eq!(queries.len(), count, "{ran:?}");
        let mut drawn = 0;
        for (at, query) in queries.iter().enumerate() {
            let rows = environment.ok(&["query", "demo", query, "-m", "csv", "--no-headers"]).out;
            let of_series: Vec<String> =
                bars(&ran.out).into_iter().skip(at).step_by(drawn_in_all).map(|(_, number)| number).collect();
            assert_eq!(of_series.len(), 12, "a bar a layer: {ran:?}");
            for row in rows.lines() {
                let cells: Vec<&str> = row.split(',').collect();
                let (layer, share): (usize, f64) = (cells[0].parse().expect("layer"), cells[4].parse().expect("share"));
                assert_eq!(of_series[layer], written(share, cells[1]), "{query}: {row}");
                drawn += 1;
            }
            let empty = of_series.iter().filter(|number| *number == "0.0000 (0 pairs)").count();
            assert_eq!(empty, 12 - rows.lines().count(), "layers without a row have no pairs");
        }
        assert!(drawn >= 4, "{figure}: {drawn} bars");
    }
}

#[test]
fn pictures_are_written_in_the_format_of_their_names() {
    let environment = Environment::with_demo();
    for figure in ["kn", "heatmap", "overlap", "kn[lang=en] by relation, layer having layer >= 9"] {
        let ran = environment.ok(&["plot", "demo", figure, "-o", "a.svg", "-o", "a.PNG", "--title", "A <title>"]);
        assert_eq!(ran.out, "", "{ran:?}");
        assert!(ran.messages.ends_with("wrote a.svg\nwrote a.PNG\n"), "{ran:?}");
        let svg = environment.read("a.svg");
        assert!(svg.starts_with("<svg xmlns=") && svg.contains("<title>A &lt;title&gt;</title>"), "{svg}");
        for query in queries(&ran) {
            assert!(svg.contains(&query.replace('>', "&gt;")), "the picture keeps {query:?}");
        }
        let png = std::fs::read(environment.path("a.PNG")).expect("the picture is there");
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        environment.ok(&["plot", "demo", figure, "-o", "b.svg", "-o", "b.png", "--title", "A <title>"]);
        assert_eq!(svg, environment.read("b.svg"));
        assert_eq!(png, std::fs::read(environment.path("b.png")).expect("the picture is there"));
    }
}

#[test]
fn an_overlap_matrix_is_the_similarity_of_each_two_languages() {
    let environment = Environment::with_demo();
    let ran = environment.ok(&["plot", "demo", "overlap", "--relations", "P36"]);
    let query = "similarity(kn[lang=en, relation=P36], kn[lang=zh, relation=P36])";
    assert!(queries(&ran).contains(&query), "{ran:?}");
    let row = environment.ok(&["query", "demo", query, "-m", "csv", "--no-headers"]).out;
    let similarity: f64 = row.split(',').next().expect("a row").parse().expect("a number");
    assert!(ran.out.contains(&format!(" zh |  {similarity:.4}  1.0000\n")), "{similarity}: {ran:?}");
}

#[test]
fn options_narrow_the_figure_down() {
    let environment = Environment::with_demo();
    let ran = environment.ok(&[
        "plot",
        "demo",
        "kn",
        "--langs",
        "zh",
        "--relations",
        "P36,P37",
        "--tau",
        "0.5",
        "--run",
        "synthetic",
    ]);
    assert_eq!(queries(&ran), ["kn[lang=zh, relation in (P36, P37), tau=0.5] by layer"]);
    assert!(ran.out.contains("Run synthetic; τ 0.5; relations P36 (capital), P37 (official language)."), "{ran:?}");
    let heat = environment.ok(&["plot", "demo", "heatmap", "--langs", "en"]);
    assert_eq!(queries(&heat), ["kn[lang=en] by neuron"]);
    let facts = environment.ok(&["plot", "demo", "kn by relation, lang", "--value", "facts"]);
    assert_eq!(bars(&facts.out).len(), 10, "five relations in two languages: {facts:?}");
    assert!(bars(&facts.out).iter().all(|(_, number)| number == "60"), "{facts:?}");
}

#[test]
fn several_runs_stand_side_by_side_and_are_told_apart() {
    let environment = Environment::with_demo();
    environment.write("neurons.json", r#"{"f1": [[0, 1], [1, 3]], "f2": [[1, 3]]}"#);
    let shape = ["--model", "toy", "--layers", "2", "--width", "4", "--lang", "fr"];
    environment.ok(&[&["import", "demo", "neurons.json", "--run", "second"][..], &shape].concat());
    let ran = environment.ok(&["plot", "demo", "kn"]);
    let expected = [
        "kn[run=synthetic, lang=en] by layer",
        "kn[run=synthetic, lang=zh] by layer",
        "kn[run=second, lang=fr] by layer",
    ];
    assert_eq!(queries(&ran), expected);
    // Twelve layers and two: over the relative depth, a share beside that of an even spread.
    assert!(ran.out.contains("\n toy, fr (3 pairs, 2 layers)\n  layer 0 |  25 % | "), "{ran:?}");
    assert!(ran.out.contains(" 1.33 (share 0.6667, 2 pairs)\n"), "{ran:?}");
    let bars = environment.ok(&["plot", "demo", "kn", "--relative=never"]);
    assert!(bars.out.contains("| toy, fr      | ██"), "{bars:?}");
    let ran = environment.ok(&["plot", "demo", "likn"]);
    assert!(ran.messages.contains("run second is left out: LIKN takes two languages, found 1"), "{ran:?}");
    let ran = environment.run(&["plot", "demo", "overlap"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.messages.contains("synthetic, second; expected --run"), "{ran:?}");
    let ran = environment.run(&["plot", "demo", "dkn", "--run", "second"]);
    assert_eq!(ran.code, Some(1), "a run without groups: {ran:?}");
    let svg = environment.ok(&["plot", "demo", "kn", "-o", "a.svg"]);
    assert_eq!(svg.out, "");
    assert!(environment.read("a.svg").contains("layer 1, toy, fr: 1.33 (share 0.6667, 2 pairs)"));
    environment.ok(&["plot", "demo", "kn", "--relative=never", "-o", "a.svg"]);
    assert!(environment.read("a.svg").contains("layer 1, toy, fr: 0.6667 (2 pairs)"));
}

#[test]
fn an_empty_answer_is_said_and_no_picture_written() {
    let environment = Environment::with_demo();
    let ran = environment.ok(&["plot", "demo", "kn[subject=Nobody] by layer", "-o", "a.svg"]);
    assert!(ran.messages.ends_with("nothing to draw: the answer is empty\na.svg was not written\n"), "{ran:?}");
    assert!(!environment.path("a.svg").exists());
    environment.write("a.svg", "an older figure");
    let ran = environment.ok(&["plot", "demo", "kn[subject=Nobody] by layer", "-o", "a.svg", "-o", "b.png"]);
    let told = "nothing to draw: the answer is empty\na.svg was not written\nb.png was not written\n";
    assert!(ran.messages.ends_with(told) && ran.out.is_empty(), "{ran:?}");
    assert_eq!(environment.read("a.svg"), "an older figure", "nothing is taken away");
    let ran = environment.ok(&["query", "demo", "kn[subject=Nobody] by layer plot"]);
    let told = "nothing to draw: the answer is empty\nnote: no fact has the subject \"Nobody\"";
    assert!(ran.out.is_empty() && ran.messages.starts_with(told), "{ran:?}");
}

#[test]
fn mistakes_say_what_there_is() {
    let environment = Environment::with_demo();
    for (arguments, code, told) in [
        (&["kn", "--langs", "fr"][..], 1, "run \"synthetic\" has no language \"fr\"; it has \"en\", \"zh\""),
        (&["kn", "--run", "synthetik"], 1, "there is no run \"synthetik\"; the store has \"synthetic\""),
        (&["kn", "--relations", "P99"], 2, "there is no relation \"P99\""),
        (&["kn", "-o", "a.jpg"], 2, "found .jpg, expected a name that ends in .svg, .png or .pdf"),
        (&["kn", "-o", "a"], 2, "found no extension"),
        (&["kn by layer", "--tau", "0.3"], 2, "--tau means nothing to a statement"),
        (&["kn by layer", "--where", "layer=3"], 2, "--where means nothing to a statement"),
        (&["kn", "--where", "t_high=0.05"], 1, "t_high"),
        (&["kn", "--where", "lang=en] | kn[lang=zh"], 1, "expected a condition as it stands in the brackets"),
        (&["kn", "--value", "facts"], 2, "--value means nothing to kn"),
        (&["kn[lang=en]"], 1, "found 0 dimensions"),
        (&["kn by layer, lang, relation"], 1, "found 3 dimensions"),
        (&["entries"], 1, "found 0 dimensions"),
        (&["entries by lang, relation, prompt"], 1, "found 3 dimensions"),
        (&["entries by relation", "--value", "pairs"], 1, "has no column \"pairs\" to draw: found entries, facts, p"),
        (&["entries[tau=0.3] by relation"], 1, "`tau`"),
        (&["explain kn by layer"], 1, "found `explain`"),
        (&["kn[run=synthetic] by layer", "--run", "synthetic"], 1, "no source in it that takes a run"),
        (&["kn by layer", "--value", "score"], 2, "p_alone"),
        (&["kn by layer", "--value", "similarity"], 1, "found pairs, facts, neurons, share, expected one of them"),
        (&["kn by subject", "-o", "a.svg", "--run", "nobody"], 1, "nobody"),
        (&["kn by fact", "-o", "a.svg"], 1, "has 300 categories, a picture takes at most 200"),
        (&["heat"], 1, "heat"),
    ] {
        let ran = environment.run(&[&["plot", "demo"], arguments].concat());
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.messages.contains(told), "{arguments:?}: {ran:?}");
    }
    let ran = environment.run(&["plot", "demo", "kn by fact", "-o", "a.svg"]);
    assert!(ran.messages.contains("hint: --run, --langs"), "{ran:?}");
}

#[test]
fn the_shell_draws_where_a_statement_ends_with_plot() {
    let environment = Environment::with_demo();
    let rows = environment.ok(&["query", "demo", "kn[lang=en] by layer order by pairs top 3", "-m", "csv"]).out;
    let drawn = environment.ok(&["query", "demo", "kn[lang=en] by layer order by pairs top 3 plot", "-m", "csv"]);
    assert_eq!(drawn.messages, "");
    let expected: Vec<(String, String)> = rows
        .lines()
        .skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            let share: f64 = cells[4].parse().expect("a share");
            (cells[0].to_owned(), written(share, cells[1]))
        })
        .collect();
    assert_eq!(expected.len(), 3);
    assert_eq!(bars(&drawn.out), expected, "{drawn:?}");
    assert!(drawn.out.starts_with(" layer | share\n"), "{drawn:?}");
    let script = "similarity(kn[lang=en], kn[lang=zh]) by relation plot;\nkn by layer, lang, relation plot;\n";
    let ran = environment.feed(&["query", "demo"], script);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.starts_with(" relation                | similarity\n P1376 (capital of)      | █"), "{ran:?}");
    assert!(ran.messages.contains("found 3 dimensions"), "{ran:?}");
}

#[test]
fn what_is_compared_with_each_other_is_drawn_as_a_matrix() {
    let environment = Environment::with_demo();
    let statement = "similarity(kn[lang=en]) between relation";
    let rows = environment.ok(&["query", "demo", statement, "-m", "csv"]).out;
    let first: Vec<&str> = rows.lines().nth(1).expect("a row").split(',').collect();
    let similarity: f64 = first[2].parse().expect("a number");
    for ran in
        [environment.ok(&["plot", "demo", statement]), environment.ok(&["query", "demo", &format!("{statement} plot")])]
    {
        let row = ran.out.lines().find(|line| line.starts_with(" P1376")).expect("the row of the first relation");
        let numbers: Vec<&str> = row.split_whitespace().skip_while(|word| *word != "|").skip(1).take(2).collect();
        assert_eq!(numbers, ["1.0000", format!("{similarity:.4}").as_str()], "{ran:?}");
        assert!(ran.out.trim_end().ends_with("similarity"), "{ran:?}");
    }
    // A set at random is not compared with itself.
    let ran = environment.ok(&["plot", "demo", statement, "--value", "expected"]);
    assert!(ran.out.contains("–") && ran.out.trim_end().ends_with("expected"), "{ran:?}");
    let ran = environment.run(&["plot", "demo", &format!("{statement} by layer")]);
    assert!(ran.code == Some(1) && ran.messages.contains("found a matrix for each layer"), "{ran:?}");
    // Tables for people name both relations.
    let table = environment.ok(&["query", "demo", statement, "-m", "markdown"]).out;
    let both = |line: &str| line.contains("| P1376 (capital of) ") && line.contains("| P36 (capital) ");
    assert!(table.lines().any(both), "{table}");
}

#[test]
fn the_query_of_a_statement_names_the_run_that_was_chosen() {
    let environment = Environment::with_demo();
    environment.write("neurons.json", r#"{"f1": [[0, 1], [1, 3]], "f2": [[1, 3]]}"#);
    let shape = ["--model", "toy", "--layers", "2", "--width", "4", "--lang", "en"];
    environment.ok(&[&["import", "demo", "neurons.json", "--run", "a \"second\" <run>"][..], &shape].concat());
    let plot = |arguments: &[&str]| environment.ok(&[&["plot", "demo"], arguments].concat());
    let ran = plot(&["kn[lang=en] by layer", "--run", "a \"second\" <run>"]);
    assert_eq!(queries(&ran), [r#"kn[run="a \"second\" <run>", lang=en] by layer"#]);
    assert_eq!(bars(&ran.out).len(), 2, "{ran:?}");
    assert_eq!(plot(&queries(&ran)).out, ran.out, "the query alone gives the same");
    let ran = plot(&["kn[lang=en] by layer", "--run", "synthetic", "-o", "a.svg"]);
    assert_eq!(queries(&ran), ["kn[run=synthetic, lang=en] by layer"]);
    assert!(environment.read("a.svg").contains("kn[run=synthetic, lang=en] by layer"));
}

#[test]
fn every_measure_that_an_answer_has_can_be_drawn() {
    let environment = Environment::with_demo();
    for (statement, value) in [
        ("dkn by group order by facts top 3", "p"),
        ("dkn by group order by facts top 3", "p_alone"),
        ("dkn by group order by facts top 3", "p_all"),
        ("similarity(kn[lang=en], kn[lang=zh]) by relation", "unpaired"),
        ("similarity(kn[lang=en], kn[lang=zh]) by relation", "others"),
        ("kn[relation=P36] by neuron against chance top 5", "p_chance"),
    ] {
        let rows = environment.ok(&["query", "demo", statement, "-m", "csv"]).out;
        let ran = environment.ok(&["plot", "demo", statement, "--value", value]);
        assert!(ran.out.lines().any(|line| line.ends_with(&format!("| {value}"))), "{ran:?}");
        assert_eq!(bars(&ran.out).len(), rows.lines().count() - 1, "{ran:?}");
    }
}

#[test]
fn the_shell_fills_layers_as_the_command_does() {
    let environment = Environment::with_demo();
    for (statement, count) in [("kn[lang=en] by layer", 12), ("kn[lang=en, layer in 9..10] by layer", 2)] {
        let shell = environment.ok(&["query", "demo", &format!("{statement} plot")]);
        let command = environment.ok(&["plot", "demo", statement]);
        assert_eq!(bars(&shell.out).len(), count, "{shell:?}");
        assert_eq!(bars(&shell.out), bars(&command.out));
    }
}

#[test]
fn further_conditions_stand_in_the_queries_and_under_the_figure() {
    let environment = Environment::with_demo();
    let conditions = ["--where", "layer in 9..10", "--where", "rank<=5"];
    for (figure, query) in [
        ("kn", "kn[lang=en, layer in 9..10, rank<=5] by layer"),
        ("likn", "likn[lang in (en, zh), layer in 9..10, rank<=5] by layer"),
        ("heatmap", "kn[layer in 9..10, rank<=5] by neuron"),
        ("overlap", "similarity(kn[lang=en, layer in 9..10, rank<=5], kn[lang=zh, layer in 9..10, rank<=5])"),
    ] {
        let ran = environment.ok(&[&["plot", "demo", figure][..], &conditions].concat());
        assert!(queries(&ran).contains(&query), "{ran:?}");
        assert!(ran.out.contains("where layer in 9..10, rank<=5."), "{ran:?}");
    }
    let tau = environment.ok(&["plot", "demo", "kn", "--where", "tau=0.5"]);
    assert!(tau.out.contains("Run synthetic; τ 0.5; where tau=0.5."), "not the run's own: {tau:?}");
    let all = environment.ok(&["plot", "demo", "dkn", "--langs", "en"]);
    let pairs = environment.ok(&["query", "demo", "dkn[lang=en] by lang", "-m", "csv", "--no-headers"]).out;
    let pairs = pairs.split(',').nth(1).expect("pairs").to_owned();
    assert!(all.out.contains(&format!("\n en: {pairs} pairs\n\nRun synthetic; ")), "{pairs}: {all:?}");
    let two = environment.ok(&["plot", "demo", "dkn", "--where", "size=2", "--langs", "en"]);
    assert_eq!(queries(&two), ["dkn[lang=en, size=2] by layer"]);
}
