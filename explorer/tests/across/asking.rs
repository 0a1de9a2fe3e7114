//! The editor: answers, figures, what is refused and how, the same elsewhere.

use crate::answers::{answered, many, table};
use crate::served::{Served, encoded, stores};

fn asked(served: &Served, statement: &str, more: &str) -> crate::served::client::Response {
    served.get(&format!("/q?q={}{more}", encoded(statement)))
}

#[test]
fn without_a_statement_there_is_the_editor_and_questions_to_begin_with() {
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/q");
    assert!(
        page.contains("<label for=\"q\">Statement</label>") && page.contains("<textarea id=\"q\" name=\"q\""),
        "{page}"
    );
    assert!(page.contains("Which neurons do not depend on the language?"), "{page}");
    assert!(!page.contains("Answer"), "{page}");
}

#[test]
fn rows_are_those_that_kndb_answers_with_the_statement_still_in_the_editor() {
    let made = many();
    let served = Served::of(&[&made.path]);
    for statement in [
        "kn[lang=en, tau=0.5] by layer",
        "similarity(kn[lang=en], kn[lang=zh]) by layer",
        "kn[lang=fr, tau=0.8] by neuron order by facts top 7",
        "(kn[lang=*] by fact, neuron having langs = 1) & kn[lang=zh] by layer",
    ] {
        let response = asked(&served, statement, "");
        assert_eq!(response.status, 200, "{statement}");
        let page = response.text();
        assert_eq!(table(&page, "Rows"), answered(&made.store, statement).rows, "{statement}");
        let shown = statement.replace('&', "&amp;");
        assert!(page.contains(&format!(">{shown}</textarea>")), "{page}");
    }
    let page = asked(&served, "kn[lang=en] by layer", "").text();
    assert!(page.contains("<p class=\"said\" role=\"status\">3 rows in "), "{page}");
}

#[test]
fn rows_are_sorted_and_paged_by_the_address() {
    let made = many();
    let served = Served::of(&[&made.path]);
    let statement = "kn[lang=en, tau=0.5] by neuron";
    let mut rows = answered(&made.store, statement).rows;
    let number = |row: &Vec<String>| row[3].parse::<u64>().expect("facts");
    rows.sort_by_key(|row| std::cmp::Reverse(number(row)));
    let page = asked(&served, statement, "&sort=-facts&rows=10&page=2").text();
    assert_eq!(table(&page, "Rows"), rows[10..20]);
    assert!(page.contains("aria-sort=\"descending\"") && page.contains("Page 2 of"), "{page}");
    let none = asked(&served, statement, "&sort=nothing");
    assert_eq!(none.status, 400);
    assert!(none.text().contains("one of layer, neuron, pairs, facts"), "{}", none.text());
}

#[test]
fn answers_that_can_be_drawn_are_and_the_others_are_not() {
    let made = many();
    let served = Served::of(&[&made.path]);
    let drawn = |statement: &str| asked(&served, statement, "").text().contains("<svg");
    for statement in
        ["kn by layer", "kn by lang, layer", "similarity(kn) between lang", "kn by layer plot", "kn by relation plot"]
    {
        assert!(drawn(statement), "{statement}");
    }
    for statement in ["kn top 3", "kn by lang, layer, relation", "kn[subject=nobody] by layer", "explain kn by layer"] {
        assert!(!drawn(statement), "{statement}");
    }
    let many = asked(&served, "kn by fact, lang", "").text();
    assert!(!many.contains("<svg") && many.contains("180 rows are not drawn unasked"), "{many}");
    assert!(many.contains("href=\"/q?q=kn+by+fact%2C+lang+plot\""), "{many}");
}

#[test]
fn explain_is_shown_as_the_tree_that_it_is() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = asked(&served, "explain analyze kn[lang=en] by layer", "").text();
    assert!(
        page.contains("<pre class=\"tree\"") && page.contains("Explained in ") && page.contains("one thread"),
        "{page}"
    );
}

#[test]
fn mistakes_are_drawn_with_carets_as_the_shell_draws_them_below_the_editor() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (statement, status) in [
        ("kn[lnag=en] by layer", 400),
        ("kn[lang=fr] by layer", 404),
        ("kn[lang=en]\n  by layr", 400),
        ("kn[lang=en", 400),
        ("日本[lang=en]", 400),
        ("kn & neurons(9:1)", 0),
    ] {
        let response = asked(&served, statement, "");
        let error = kndb_query::parse(statement).and_then(|parsed| {
            kndb_query::execute(
                &made.store,
                &kndb_query::Settings::default(),
                &parsed,
                &mut crate::answers::Rows::default(),
            )
        });
        let error = error.expect_err(statement);
        let text =
            kndb_carets::StatementText { origin: "statement".into(), text: statement.into(), ..Default::default() };
        let drawing = String::from_utf8(kndb_carets::draw(&error, &text, false).expect("a place")).expect("UTF-8");
        assert!(drawing.contains('─') && drawing.contains("statement:"), "{drawing}");
        let page = response.text();
        let escaped =
            |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(page.contains(&escaped(&drawing)), "{statement}:\n{drawing}\n{page}");
        assert!(page.contains(&escaped(&error.to_string())), "{page}");
        if let Some(hint) = &error.hint {
            assert!(page.contains(&format!("<p class=\"hint\">{}</p>", escaped(hint))), "{page}");
        }
        assert!(
            page.contains(&format!(">{}</textarea>", escaped(statement))),
            "it is still there to be mended: {page}"
        );
        assert!(status == 0 || response.status == status, "{statement}: {}", response.status);
    }
}

#[test]
fn statements_that_would_change_something_name_the_command_to_use() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let path = made.path.display();
    for (statement, said) in [
        ("let a = kn[lang=en]", format!("kndb query {path}")),
        ("drop a", format!("kndb query {path}")),
        ("attach 'b.kndb' as b", format!("kndb serve {path} b.kndb")),
        ("detach b", "begin the explorer with the stores that you want".to_owned()),
    ] {
        let response = asked(&served, statement, "");
        assert_eq!(response.status, 403, "{statement}");
        let page = response.text();
        assert!(page.contains("the explorer changes nothing") && page.contains(&said), "{statement}: {page}");
        assert!(page.contains("<textarea id=\"q\""), "{page}");
    }
    assert_eq!(made.store.snapshot().expect("a snapshot").saved_sets().len(), 0);
}

#[test]
fn the_same_is_asked_elsewhere_by_command_python_link_and_file() {
    let made = many();
    let served = Served::of(&[&made.path]);
    let page = asked(&served, "kn[lang=en, subject='land 3 en'] by layer", "&page=1&sort=layer").text();
    let path = made.path.display();
    let command = format!("kndb query {path} 'kn[lang=en, subject='\\''land 3 en'\\''] by layer'");
    assert!(page.contains(&format!("data-copy=\"{command}\"")), "{page}");
    assert!(page.contains(&format!("import kndb\ndb = kndb.open(&quot;{path}&quot;)\ndb.query(&quot;kn[lang=en, subject='land 3 en'] by layer&quot;)")), "{page}");
    let link = "/q?q=kn%5Blang%3Den%2C+subject%3D%27land+3+en%27%5D+by+layer";
    assert!(page.contains(&format!("data-copy=\"{link}\"")), "without page and order: {page}");
    assert_eq!(table(&served.page(link), "Rows"), table(&page, "Rows"));
    for format in ["csv", "tsv", "json", "jsonl", "arrow"] {
        let file = format!("/api/query?q=kn%5Blang%3Den%2C+subject%3D%27land+3+en%27%5D+by+layer&amp;format={format}");
        assert!(page.contains(&format!("href=\"{file}\"")), "{format}: {page}");
        assert_eq!(served.get(&file.replace("&amp;", "&")).status, 200);
    }
}

#[test]
fn the_run_that_is_chosen_is_meant_where_none_is_named() {
    let made = many();
    let spec = kndb_storage::RunSpec::new("second", "toy", kndb_storage::Shape::new(3, 16).expect("a shape"));
    let run = made.store.open_run(spec).expect("a run");
    let mut scores = vec![0.0; 48];
    scores[17] = 1.0;
    run.append(stores::scored("f00", "en", scores)).expect("an entry");
    let served = Served::of(&[&made.path]);
    let refused = asked(&served, "kn by neuron", "");
    assert_eq!(refused.status, 404, "which run is meant?");
    assert!(refused.text().contains("<select id=\"run\" name=\"run\">"), "it can be chosen: {}", refused.text());
    let page = asked(&served, "kn by neuron", "&run=second").text();
    assert_eq!(table(&page, "Rows"), [["1", "1", "1", "1", "1", "1.0"].map(str::to_owned).to_vec()]);
    assert!(page.contains("<option value=\"second\" selected>second</option>"), "{page}");
    assert!(
        page.contains("--run=second &#39;kn by neuron&#39;") || page.contains("--run=second 'kn by neuron'"),
        "{page}"
    );
    assert!(page.contains("db.query(&quot;kn[run=second] by neuron&quot;)"), "{page}");
    assert!(page.contains("<a href=\"/neuron/second/1:1\">"), "{page}");
    assert_eq!(asked(&served, "kn by neuron", "&run=third").status, 404);
    assert_eq!(asked(&served, "kn by neuron", "&run=second&labels=xx").status, 400);
}

#[test]
fn an_empty_answer_says_so_and_notes_stand_below_the_rows() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = asked(&served, "kn[subject=Frence] by layer", "").text();
    assert!(page.contains("Rows: the answer is empty.") && page.contains("France"), "{page}");
    let page = asked(&served, "kn[lang=en] & kn[lang=zh] by layer", "").text();
    assert!(page.contains("<p class=\"note\">2 of 3 facts have entries on both sides of `&amp;`.</p>"), "{page}");
}
