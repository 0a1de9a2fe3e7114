//! Neuron sets of EleutherAI's code.

use crate::folder::{Folder, options, texts};

#[test]
fn sets_come_in_the_files_order() {
    let folder = Folder::new();
    folder.write("n.json", r#"{"b": [[1, 2], [0, 0]], "a": [], "c\u00e9": [[0, 1.0]]}"#);
    let read = folder.read("n.json");
    assert_eq!(read.format, "eleutherai");
    assert_eq!(texts(&read), ["b/en/0 neurons [0, 5]", "a/en/0 neurons []", "cé/en/0 neurons [1]"]);
    assert_eq!((read.duplicates, read.bytes), (0, 55));
}

#[test]
fn language_and_prompt_come_from_the_options() {
    let folder = Folder::new();
    folder.write("n.json", r#"{"a": [[1, 2]]}"#);
    let mut options = options();
    (options.language, options.prompt) = (Some("zh".to_owned()), Some(3));
    let read = folder.read_with("n.json", &options).expect("valid");
    assert_eq!(texts(&read), ["a/zh/3 neurons [5]"]);
}

#[test]
fn a_byte_order_mark_and_an_empty_object_are_fine() {
    let folder = Folder::new();
    folder.write("n.json", "\u{feff}\n{\"a\": [[1, 2]]}\n\n");
    assert_eq!(texts(&folder.read("n.json")), ["a/en/0 neurons [5]"]);
    folder.write("empty.json", " { }\n");
    assert_eq!(folder.read("empty.json").entries, []);
}

#[test]
fn repeats_of_neurons_and_of_equal_facts_are_dropped_and_counted() {
    let folder = Folder::new();
    folder.write("n.json", r#"{"a": [[1, 2], [1, 2], [0, 0]], "a": [[0, 0], [1, 2]], "b": [[0, 0]]}"#);
    let read = folder.read("n.json");
    assert_eq!(texts(&read), ["a/en/0 neurons [0, 5]", "b/en/0 neurons [0]"]);
    assert_eq!(read.duplicates, 2);
}
