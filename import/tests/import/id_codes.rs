//! Languages in names that no format reads: of arrays, keys, files and folders.

use kndb_import::{ImportJob, Options, Summary};
use kndb_storage::{OnConflict, RunSpec, Store};

use crate::folder::{Folder, options, shape};
use crate::npy::{f4, npy};
use crate::zip::archive;

fn imported(folder: &Folder, name: &str, options: Options) -> Result<Summary, String> {
    let store = Store::create(folder.path(&format!("store of {}", name.replace('/', " ")))).expect("a store");
    let job = ImportJob { run: RunSpec::new("r", "toy", shape()), options, on_conflict: OnConflict::Refuse };
    folder.imported(&store, name, &job)
}

fn array() -> Vec<u8> {
    npy("<f4", false, "(2, 3)", &f4(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]))
}

fn english() -> Options {
    Options { language: Some("en".to_owned()), ..options() }
}

#[test]
fn a_language_in_the_names_of_arrays_is_refused_with_both_readings() {
    for (at, names) in
        [["fact0_en", "fact0_zh"], ["f1.en", "f1.zh"], ["zh_f1", "en_f1"], ["('f0', 'en')", "('f0', 'zh')"]]
            .iter()
            .enumerate()
    {
        let folder = Folder::new();
        let members: Vec<_> = names.iter().map(|name| format!("{name}.npy")).collect();
        let members: Vec<_> = members.iter().map(|name| (name.as_str(), array())).collect();
        let name = format!("{at}.npz");
        folder.write(&name, archive(&members, false, |_| {}));
        let told = imported(&folder, &name, options()).expect_err("two languages");
        assert!(told.contains("nothing that says the language, but the ids") && told.contains("or part of"), "{told}");
        assert!(folder.path(&name).is_file());
        let folder = Folder::new();
        folder.write(&name, archive(&members, false, |_| {}));
        assert_eq!(imported(&folder, &name, english()).map(|summary| summary.facts), Ok(2), "ids are what they are");
    }
}

#[test]
fn a_language_in_keys_and_files_is_refused() {
    for json in [r#"{"f1/zh": [[0, 0]], "f1/en": [[0, 1]]}"#, r#"{"zh": [[0, 0]], "en": [[0, 1]]}"#] {
        let folder = Folder::new();
        folder.write("sets.json", json);
        let told = imported(&folder, "sets.json", options()).expect_err("two languages");
        assert!(told.contains("nothing that says the language, but the ids"), "{told}");
    }
    for name in ["f1_zh.npy", "f1.zh.npy", "zh.npy"] {
        let folder = Folder::new();
        folder.write(&format!("all/{name}"), array());
        let told = imported(&folder, "all", options()).expect_err("a language");
        assert!(told.contains("nothing that says the language, but the id"), "{told}");
    }
}

#[test]
fn a_language_in_a_folder_s_name_is_refused_where_nothing_else_says_one() {
    for name in ["lang_zh", "lang-zh", "zh_results", "lang_it"] {
        let folder = Folder::new();
        folder.write(&format!("all/{name}/f1.npy"), array());
        let told = imported(&folder, "all", options()).expect_err("a language");
        assert!(told.contains(&format!("but the folder `{name}`, in which")), "{told}");
        let folder = Folder::new();
        folder.write(&format!("all/{name}/f1.npy"), array());
        assert!(imported(&folder, "all", english()).is_ok());
    }
}

#[test]
fn a_number_behind_a_name_is_no_prompt_without_a_language() {
    for (name, prompt) in [("f1/0", "`f1/en/0`"), ("f1/0/zh", "`f1/zh/0`")] {
        let folder = Folder::new();
        folder.write("a.npz", archive(&[(&*format!("{name}.npy"), array())], false, |_| {}));
        let told = folder.refusal_with("a.npz", &options());
        assert!(told.contains("`0` may be a prompt of fact `f1`, or part of the fact id `f1/0`"), "{told}");
        assert!(told.contains(prompt), "{told}");
    }
}

#[test]
fn ids_that_end_in_two_letters_by_chance_are_imported() {
    let folder = Folder::new();
    folder.write(
        "sets.json",
        r#"{"P36_12": [[0, 0]], "3fa85f64-5717-4562-b3fc-2c963f66afde": [[0, 1]], "Q142": [[1, 1]], "id_0": [[0, 2]]}"#,
    );
    assert_eq!(imported(&folder, "sets.json", options()).map(|summary| summary.facts), Ok(4));
}
