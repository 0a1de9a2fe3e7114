//! Paths, folders and globs.

use kndb_import::expand;

use crate::folder::{Folder, options};

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

#[test]
fn a_model_is_told_from_scores() {
    let folder = Folder::new();
    let config = r#"{"architectures": ["BertForMaskedLM"], "hidden_size": 8, "model_type": "bert", "vocab_size": 9}"#;
    folder.write("model/config.json", config);
    folder.write("model/model.safetensors", "");
    let given = |name: &str| vec![folder.path(name).display().to_string()];
    let told = folder.said(&expand(&given("model")).expect_err("a model"));
    assert!(told.starts_with("model is the folder of a model, not of scores; `kndb attribute DB --model"), "{told}");
    let told = folder.refusal("config.json", config);
    assert!(told.starts_with("config.json is the configuration of a model, not scores; "), "{told}");
    // Of two tensors of a layer, shaped as scores are.
    let header = r#"{"h.0.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"h.0.bias":{"dtype":"F32","shape":[2,3],"data_offsets":[24,48]}}"#;
    let file = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 48]].concat();
    let told = folder.refusal("w.safetensors", file);
    assert!(told.starts_with("w.safetensors is a model's weights, not scores; "), "{told}");
}

#[test]
fn files_that_are_cut_short_are_told_in_words() {
    let folder = Folder::new();
    let whole = br#"{"u":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}"#;
    let tensors = [&(whole.len() as u64).to_le_bytes()[..], whole, &[0; 20]].concat();
    for (name, content, part) in [
        ("s.safetensors", tensors, "take more or fewer bytes than the file has after it; write or copy the file again"),
        ("t.parquet", b"PAR1abcdef".to_vec(), "begins with PAR1, but does not end with it: it was cut short"),
        ("t.arrow", b"ARROW1\0\0abcdef".to_vec(), "begins with ARROW1, but does not end with it: it was cut short"),
        ("a.npz", b"PK\x03\x04abcdef".to_vec(), "its end is missing, where the list of its arrays stands"),
        (
            "n.json.gz",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(),
            "it ends in the middle of what is packed, after 0 bytes",
        ),
        ("n.json.zst", b"\x28\xb5\x2f\xfd\x04".to_vec(), "it ends in the middle of what is packed, after 0 bytes"),
    ] {
        if cfg!(not(feature = "parquet")) && [".parquet", ".arrow"].iter().any(|it| name.ends_with(it)) {
            continue;
        }
        let mut options = options();
        options.format = name.contains(".json").then(|| "amig".to_owned());
        folder.write(name, content);
        let told = folder.refusal_with(name, &options);
        assert!(told.contains(part), "{name}: {told}");
    }
}

#[cfg(unix)]
#[test]
fn a_device_is_no_file() {
    let told = expand(&["/dev/null".to_owned()]).expect_err("a device").to_string();
    assert_eq!(told, "/dev/null: found a pipe or a device; expected a file; write what comes out of it into one first");
}

#[test]
fn a_folder_of_files_that_are_known_and_not_read_says_what_they_are() {
    let folder = Folder::new();
    folder.write("a/1.pt", b"PK\x03\x04\x00\x00scores/data.pkl");
    let error = expand(&[folder.path("a").display().to_string()]).expect_err("no format reads it");
    let told = folder.said(&error);
    assert!(told.starts_with("a/1.pt is a PyTorch checkpoint (torch.save); load it with torch"), "{told}");
}
