//! Lists of ids beside files and given by an option.

use crate::folder::{Folder, options, texts};
use crate::npy::{f4, npy};

const SCORES: [f32; 12] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0];

fn with_array() -> Folder {
    let folder = Folder::new();
    folder.write("a.npy", npy("<f4", false, "(2, 2, 3)", &f4(&SCORES)));
    folder
}

#[test]
fn two_lists_beside_a_file_must_be_equal() {
    let pairs = [("a.npy.ids.txt", "a.npy.ids.json"), ("a.ids.txt", "a.ids.json"), ("a.npy.ids.txt", "a.ids.txt")];
    for (first, second) in pairs {
        let folder = with_array();
        let list = |name: &str, ids: [&str; 2]| match name.ends_with("json") {
            true => folder.write(name, format!("[\"{}\", \"{}\"]", ids[0], ids[1])),
            false => folder.write(name, ids.join("\n")),
        };
        list(first, ["x", "y"]);
        list(second, ["x", "y"]);
        assert_eq!(folder.read("a.npy").entries.len(), 2);
        list(second, ["x", "z"]);
        assert_eq!(
            folder.refusal_with("a.npy", &options()).replace(&format!("{}/", folder.path("").display()), ""),
            format!(
                "{second}: found 2 ids, of which number 2 is `z`, where {first} has 2 ids, of which number 2 is `y`; \
                 expected one list of fact ids, or equal ones; leave the wrong one out, or rename it"
            )
        );
    }
}

#[test]
fn a_list_that_cannot_be_read_is_noticed_beside_a_good_one() {
    let folder = with_array();
    folder.write("a.npy.ids.txt", "x\ny\n");
    folder.write("a.npy.ids.json", "[\"x\", ");
    assert!(folder.refusal_with("a.npy", &options()).starts_with("a.npy.ids.json"));
}

#[test]
fn a_list_of_the_option_must_be_equal_to_one_beside_the_file() {
    let folder = with_array();
    folder.write("a.npy.ids.txt", "x\ny\n");
    let mut given = options();
    given.ids = Some(folder.write("l.txt", "x\ny\n"));
    assert_eq!(folder.read_with("a.npy", &given).expect("equal").entries.len(), 2);
    folder.write("l.txt", "p\nq\n");
    let told = folder.refusal_with("a.npy", &given);
    assert!(told.contains("number 1 is `x`, where l.txt has 2 ids, of which number 1 is `p`"), "{told}");
}

#[test]
fn a_list_of_the_option_that_no_entry_can_be_named_by_is_refused() {
    let folder = Folder::new();
    let mut given = options();
    given.ids = Some(folder.write("l.txt", "x\n"));
    folder.write("t.csv", "fact,layer,neuron\na,0,0\n");
    folder.write("n.json", r#"{"a": [[0, 0]]}"#);
    for (name, format) in [("t.csv", "csv"), ("n.json", "eleutherai")] {
        let told = folder.refusal_with(name, &given);
        let found = format!("{name}: found a {format} file that names its facts itself, so that the list of ids l.txt");
        assert!(told.starts_with(&found), "{told}");
    }
}

#[test]
fn the_account_says_which_list_was_used_and_which_was_not() {
    let folder = with_array();
    let list = folder.write("a.ids.txt", "x\ny\n");
    let mut reader = kndb_import::open(&folder.path("a.npy"), &options()).expect("opens");
    assert_eq!(reader.by_ref().filter_map(Result::ok).count(), 2);
    assert_eq!(reader.account().ids, [list]);
    folder.write("t.csv", "fact,layer,neuron\na,0,0\n");
    let list = folder.write("t.csv.ids.txt", "x\n");
    assert_eq!(folder.read("t.csv").not_used, [format!("list of ids {}", list.display())]);
    assert_eq!(texts(&folder.read("t.csv")), ["a/en/0 neurons [0]"]);
}
