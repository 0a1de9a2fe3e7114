//! What is said of facts that cannot be read.

use kndb_import::facts::{FactsFormat, FactsOptions, open};

use crate::folder::Folder;

fn refusal(folder: &Folder, name: &str, options: &FactsOptions) -> String {
    let error = match open(&folder.path(name), options) {
        Ok(reader) => reader.filter_map(Result::err).next().expect("an error"),
        Err(error) => error,
    };
    folder.said(&error)
}

#[test]
fn rows_that_lack_a_field_or_are_cut() {
    let folder = Folder::new();
    let good = r#"{"uuid": "u", "sub_label": "a", "obj_label": "b"}"#;
    folder.write("en/P1.jsonl", format!("{good}\n{}\n", r#"{"uuid": "u", "sub_label": "a"}"#));
    folder.write("en/P2.jsonl", format!("{good}\n{}", &good[..20]));
    folder.write("en/P3.jsonl", format!("{good}\n{}", good.replace("\"b\"", "7")));
    let all = FactsOptions::default();
    assert_eq!(refusal(&folder, "en/P1.jsonl", &all), "en/P1.jsonl, line 2, column 31: missing field `obj_label`");
    assert_eq!(
        refusal(&folder, "en/P2.jsonl", &all),
        "en/P2.jsonl, line 2, column 21: the JSON ends before it is complete, after 1 complete lines; write or copy the \
         file again"
    );
    assert_eq!(
        refusal(&folder, "en/P3.jsonl", &all),
        "en/P3.jsonl, line 2, column 46: invalid type: integer `7`, expected a string"
    );
}

#[test]
fn folders_and_files_that_are_no_facts() {
    let folder = Folder::new();
    let all = FactsOptions::default();
    assert_eq!(
        refusal(&folder, "nowhere", &all),
        "nothing to import at `nowhere`: expected a file or folder of mLAMA, LAMA or ParaRel"
    );
    folder.write("notes/a.txt", "hello");
    assert_eq!(
        refusal(&folder, "notes", &all),
        "cannot tell the format of notes: it holds no `.jsonl` files; name its format, one of mlama, lama, pararel"
    );
    folder.write("x/a.jsonl", "{\"b\": 1, \"a\": 2}\n");
    assert_eq!(
        refusal(&folder, "x", &all),
        "cannot tell the format of x/a.jsonl: it starts with a row of the fields a, b; name its format, one of mlama, \
         lama, pararel"
    );
    folder.write("p/P36.jsonl", "{\"pattern\": \"[X] [Y]\"}\n");
    let lama = FactsOptions { format: Some(FactsFormat::Lama), language: None };
    assert_eq!(
        refusal(&folder, "p", &lama),
        "cannot tell the format of p: it holds pararel data, not lama; name its format, one of mlama, lama, pararel"
    );
}

#[test]
fn one_language_for_a_folder_of_languages() {
    let folder = Folder::new();
    folder.write("m/en/templates.jsonl", "");
    let german = FactsOptions { format: None, language: Some("de".to_owned()) };
    assert_eq!(
        refusal(&folder, "m", &german),
        "cannot tell the format of m: it is a folder of languages, which are named by its folders: give one of those to \
         name its language yourself; name its format, one of mlama, lama, pararel"
    );
}
