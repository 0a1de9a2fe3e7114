//! Paths, folders and globs.

use kndb_import::expand;

use crate::folder::Folder;

fn names(folder: &Folder, patterns: &[&str]) -> Vec<String> {
    let root = folder.path("").display().to_string();
    let patterns: Vec<_> = patterns.iter().map(|pattern| format!("{root}{pattern}")).collect();
    let inputs = expand(&patterns).expect("something matches");
    inputs.iter().map(|input| input.path.display().to_string().replace(&root, "")).collect()
}

fn filled() -> Folder {
    let folder = Folder::new();
    for name in
        ["a/2.npy", "a/2.npy.ids.txt", "a/1.json", "a/x.ids.json", "a/.hidden.json", "a/b/3.JSON", "a/notes.txt"]
    {
        folder.write(name, name);
    }
    folder
}

#[test]
fn a_folder_stands_for_the_files_of_known_formats_below_it() {
    assert_eq!(names(&filled(), &["a"]), ["a/1.json", "a/2.npy", "a/b/3.JSON"]);
}

#[test]
fn globs_and_files_are_sorted_and_come_once() {
    let folder = filled();
    assert_eq!(
        names(&folder, &["a/notes.txt", "a/*.json", "a/1.json"]),
        ["a/.hidden.json", "a/1.json", "a/notes.txt", "a/x.ids.json"]
    );
    let inputs = expand(&[folder.path("a/2.npy").display().to_string()]).expect("a file");
    assert_eq!(inputs[0].size, 7);
    assert!(inputs[0].modified > 0);
}

#[test]
fn a_name_with_brackets_is_a_file_before_it_is_a_glob() {
    let folder = Folder::new();
    folder.write("run[1].json", "");
    assert_eq!(names(&folder, &["run[1].json"]), ["run[1].json"]);
}

#[test]
fn nothing_matched_is_an_error() {
    let folder = Folder::new();
    folder.write("a/notes.txt", "");
    for pattern in ["a", "*.json"] {
        let error = expand(&[folder.path(pattern).display().to_string()]).expect_err("no such file");
        let said = folder.said(&error);
        assert!(
            said.starts_with(&format!("nothing to import at `{pattern}`: expected a file, a folder with")),
            "{said}"
        );
    }
    let error = expand(&[folder.path("none.json").display().to_string()]).expect_err("no such file");
    assert!(
        folder.said(&error).starts_with("nothing to import at `none.json`: expected a file or folder of that name")
    );
    let error = expand(&["a/***".to_owned()]).expect_err("a bad glob");
    assert!(error.to_string().starts_with("`a/***` is not a valid glob: "), "{error}");
}
