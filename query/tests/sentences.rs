//! Every sentence of `tests/sentences` is read as its snapshot says, and printed so that it is
//! read the same again.

use std::fs;
use std::path::Path;

#[test]
fn sentences_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sentences");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the folder of sentences")
        .map(|entry| entry.expect("an entry of the folder").path())
        .collect();
    files.sort();
    assert!(files.len() >= 28, "only {} sentences found", files.len());
    for file in files {
        let name = file.file_stem().expect("a file name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a readable sentence");
        let statement = kndb_query::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let canonical = statement.to_string();
        let again = kndb_query::parse(&canonical).expect("canonical text");
        assert_eq!(again.tree(), statement.tree(), "{name}");
        let shown = format!("{}\n\n{}\n\n{}", text.trim_end(), canonical, statement.tree());
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("tree-{name}"), shown);
        });
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
