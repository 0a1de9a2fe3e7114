//! Every sentence of `tests/sentences` is read as its snapshot says, printed so that it is read the
//! same again, planned, and answered from the toy store.

mod carets;
mod toy;

use kndb_query::{Outcome, Query, Settings, Statement};
use kndb_storage::{EntryData, Keep, LayerEvidence, Origin, RunSpec};
use std::fs;
use std::path::Path;
use toy::{SHAPE, Toy, scored};

/// Name and text of every sentence.
fn sentences() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let files = fs::read_dir(folder).expect("the folder of sentences");
    let mut sentences: Vec<(String, String)> = files
        .map(|entry| {
            let file = entry.expect("an entry of the folder").path();
            let name = file.file_stem().expect("a file name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&file).expect("a readable sentence"))
        })
        .collect();
    sentences.sort();
    assert!(sentences.len() >= 43, "only {} sentences found", sentences.len());
    sentences
}

fn assert_page(name: &str, page: &str) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name.to_owned(), page);
    });
}

#[test]
fn sentences_are_read() {
    for (name, text) in sentences() {
        let statement = kndb_query::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let canonical = statement.to_string();
        let again = kndb_query::parse(&canonical).expect("canonical text");
        assert_eq!(again.tree(), statement.tree(), "{name}");
        let shown = format!("{}\n\n{}\n\n{}", text.trim_end(), canonical, statement.tree());
        assert_page(&format!("tree-{name}"), &shown);
    }
}

/// The sets that sentences name.
const SAVED: [&str; 4] = [
    "let capitals = kn[relation=P36, lang=en, tau=0.3]",
    "let a = dkn & neurons(9:852)",
    "let other = kn[lang=en] & neurons(0:*, 3:*)",
    "let zh = kn[lang=zh]",
];

/// The toy store, with the sets that sentences name; most sentences name no run.
fn toy() -> (Toy, Settings) {
    let settings = Settings { run: Some("bert, en".to_owned()), ..Settings::default() };
    let toy = Toy::new();
    // Of the facts 0 to 2 in English, what the model knows: the first answer is right, wrong, and one of two tokens that are right.
    let told = |number: usize, p: f32, answer: Option<&str>, rank, tokens| {
        let mut entry = scored(number, "en", 0, &[(9, 852, 1.0), (7, 0, -0.5)]);
        if let EntryData::Scores(scores) = &mut entry.data {
            scores.evidence = vec![LayerEvidence { probability: p, baseline: 0.0, residual: 0.0 }; 12];
            let answer = answer.map(str::to_owned);
            scores.origin = Some(Origin { question: None, answer, rank: Some(rank), tokens: Some(tokens) });
        }
        entry
    };
    let entries =
        vec![told(0, 0.75, Some("Paris"), 1, 1), told(1, 0.01, Some("Bonn"), 7, 1), told(2, 0.25, None, 1, 2)];
    toy.write(RunSpec { keep: Keep::All, ..RunSpec::new("told", "bert", SHAPE) }, entries);
    save_sets(&toy, &settings);
    (toy, settings)
}

fn save_sets(toy: &Toy, settings: &Settings) {
    for text in SAVED {
        toy.run(settings, text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

/// Times and bytes as `…`: they are not the same everywhere.
fn masked(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        let keys = ["time=", "bytes read=", " rows in "];
        while let Some(at) = keys.iter().filter_map(|key| Some(rest.find(key)? + key.len())).min() {
            out += &rest[..at];
            out.push('…');
            let ends = [",", "]", " ("];
            let end = ends.iter().filter_map(|end| Some(at + rest[at..].find(end)?)).min().unwrap_or(rest.len());
            rest = &rest[end..];
        }
        out += rest;
        out.push('\n');
    }
    out
}

fn drawn(text: &str, answer: Result<(Outcome, String), kndb_query::QueryError>) -> String {
    match answer {
        Ok((Outcome::Rows { rows }, text)) => format!("{text}{rows} rows\n"),
        Ok((Outcome::Explained(text), _)) => masked(&text),
        Ok((Outcome::Saved { name, members }, _)) => format!("saved @{name}: {members} members\n"),
        Ok((Outcome::Dropped { name }, _)) => format!("dropped @{name}\n"),
        Ok((Outcome::Attached { name } | Outcome::Detached { name }, _)) => format!("store {name}\n"),
        Err(error) => carets::draw(text, &error),
    }
}

#[test]
fn sentences_are_planned() {
    let (toy, settings) = toy();
    for (name, text) in sentences() {
        let explained = match kndb_query::parse(&text).expect("a sentence") {
            // What is explained is not drawn.
            Statement::Query(query) | Statement::Explain { query, .. } => Query { plot: false, ..query }.to_string(),
            Statement::Let { set, .. } => set.to_string(),
            Statement::Drop { .. } | Statement::Attach { .. } | Statement::Detach { .. } => continue,
        };
        let explain = format!("explain {explained}");
        let page = drawn(&explain, toy.run(&settings, &explain));
        assert_page(&format!("plan-{name}"), &format!("{}\n\n{page}", text.trim_end()));
    }
}

#[test]
fn sentences_are_answered() {
    let (toy, settings) = toy();
    for (name, text) in sentences() {
        let page = drawn(&text, toy.run(&settings, &text));
        assert_page(&format!("rows-{name}"), &format!("{}\n\n{page}", text.trim_end()));
        // Some sentences save or drop a set.
        save_sets(&toy, &settings);
    }
}

/// The parser lets 200 levels and 1,000 operands through: they must not exhaust the stack.
#[test]
fn the_deepest_expressions_are_answered() {
    let (toy, settings) = toy();
    let chain = format!("kn{}", " | kn".repeat(999));
    let mixed = format!("kn{}", " - dkn ^ dkn[run=search] | kn".repeat(99));
    let nested = format!("{}kn{}", "(".repeat(199), ")".repeat(199));
    let right = format!("{}kn{}", "kn & (".repeat(99), ")".repeat(99));
    let filters = format!("{}kn{}", "kn & facts of (".repeat(66), ")".repeat(66));
    for text in [chain, mixed, nested, right, filters] {
        let (outcome, _) = toy.run(&settings, &format!("{text} by layer")).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(outcome, Outcome::Rows { rows: 6 }, "{text}");
        toy.run(&settings, &format!("explain analyze {text}")).unwrap_or_else(|error| panic!("{error}"));
        toy.run(&settings, &format!("let deep = {text}")).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/query-language.md");
    let page = fs::read_to_string(page).expect("the page on the language");
    let mut examples = 0;
    for block in page.split("```kndb\n").skip(1) {
        let script = block.split("```").next().unwrap_or_default();
        let statements = kndb_query::parse_script(script);
        examples += statements.unwrap_or_else(|error| panic!("{script}{error}")).len();
    }
    assert!(examples >= 15, "only {examples} examples found");
}

/// They are about other stores: what the toy store lacks is said, and nothing else goes wrong.
#[test]
fn the_examples_of_the_documentation_are_answered() {
    let ((toy, settings), other) = (toy(), Toy::new());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/query-language.md");
    let page = fs::read_to_string(page).expect("the page on the language");
    for block in page.split("```kndb\n").skip(1) {
        let script = block.split("```").next().unwrap_or_default();
        for statement in kndb_query::parse_script(script).expect("readable examples") {
            if let Statement::Attach { name, .. } = &statement {
                settings.attached.attach(&toy.store, &name.text, other.store.path()).expect("another store");
                continue;
            }
            let text = statement.to_string();
            if let Err(error) = toy.run(&settings, &text) {
                assert_eq!(error.kind, kndb_query::ErrorKind::Missing, "{text}: {error}");
            }
        }
    }
}

/// Code within a line of a page.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// What tables of the documentation show as statements, as sets, or as conditions, is that: a word may be about other stores.
#[test]
fn the_tables_of_the_documentation_show_what_is_answered() {
    let (toy, settings) = toy();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/query-language.md");
    let page = fs::read_to_string(page).expect("the page on the language");
    let heads = ["kn", "likn", "dkn", "facts", "neurons", "entries", "similarity", "(kn", "let", "drop", "explain"];
    let is_statement = |text: &str| {
        let word = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '(').next().unwrap_or_default();
        heads.contains(&word) || heads.contains(&text.split(['[', ' ']).next().unwrap_or_default())
    };
    let answered = |text: &str| {
        let said = kndb_query::parse(text).and_then(|statement| toy.run(&settings, &statement.to_string()));
        if let Err(error) = said {
            // `likn` takes a run, and one alone.
            let known =
                error.reason.ends_with("and not be answered yet") || error.reason.starts_with("`likn` intersects");
            assert!(known || error.kind == kndb_query::ErrorKind::Missing, "{text}: {error}");
        }
    };
    let (mut table, mut statements, mut conditions) = ("", 0, 0);
    for line in page.lines() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").collect();
        if line.starts_with("|---") {
            continue;
        }
        if !line.starts_with('|') {
            table = "";
        } else if table.is_empty() {
            table = cells[0].trim();
        } else if table == "condition" {
            for (text, source) in code(cells[0]).flat_map(|text| code(cells[2]).map(move |source| (text, source))) {
                conditions += 1;
                // A bound from above is one of scores below 0.
                let sign = if text.starts_with("score<") { "sign=negative, " } else { "" };
                answered(&format!("{source}[{sign}{text}]"));
            }
        } else {
            let mut shown = cells.iter().flat_map(|cell| code(cell));
            if table == "written" {
                let wrong = shown.next().expect("what is written");
                let said = kndb_query::parse(wrong).and_then(|statement| toy.run(&settings, &statement.to_string()));
                assert!(said.is_err(), "{wrong}");
            }
            for text in shown.filter(|text| {
                is_statement(text) && !text.ends_with(" a") && !text.contains(['…', '$']) && text.contains(['[', ' '])
            }) {
                statements += 1;
                answered(text);
            }
        }
    }
    assert!(statements >= 10 && conditions >= 40, "{statements} statements, {conditions} conditions");
}
