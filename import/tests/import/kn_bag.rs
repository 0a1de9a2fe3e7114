//! Neuron sets of bags, of Dai et al.'s code.

use crate::folder::{Folder, options, texts};

#[test]
fn a_bag_is_a_fact_named_by_its_relation_and_number() {
    let folder = Folder::new();
    for (name, content) in [
        ("kn_bag-P36.json", "[[[1, 2], [0, 0]], [], [[0, 1]]]"),
        ("base_kn_bag-P36.json", "[\n  [\n    [1,2], [0, 0], [0, 0]\n  ],\n  [], [[0.0, 1.0]]\n]\n"),
    ] {
        folder.write(name, content);
        let read = folder.read(name);
        assert_eq!(read.format, "kn-bag");
        assert_eq!(
            texts(&read),
            ["kn:P36:0/en/0 neurons [0, 5]", "kn:P36:1/en/0 neurons []", "kn:P36:2/en/0 neurons [1]"]
        );
    }
}

#[test]
fn the_relations_lama_file_gives_the_ids() {
    let folder = Folder::new();
    folder.write("bags.json", "[[[0, 0]], [[0, 0]]]");
    let mut options = options();
    assert!(folder.refusal_with("bags.json", &options).contains("found bags without their facts' ids"));
    options.ids = Some(folder.write("P36.jsonl", "{\"uuid\": \"u1\"}\n{\"uuid\": \"u2\"}\n"));
    let read = folder.read_with("bags.json", &options).expect("valid");
    assert_eq!(texts(&read), ["u1/en/0 neurons [0]", "u2/en/0 neurons [0]"]);
    options.ids = Some(folder.write("P36.jsonl", "{\"uuid\": \"u1\"}\n"));
    assert!(folder.refusal_with("bags.json", &options).contains("found more bags than the 1 fact ids of"));
    options.ids = Some(folder.write("P36.jsonl", "u1\nu2\nu3\n"));
    assert!(folder.refusal_with("bags.json", &options).contains("found fewer bags than the 3 fact ids of"));
    // The same fact twice: equal sets count once, others are an error.
    options.ids = Some(folder.write("P36.jsonl", "u1\nu1\n"));
    let read = folder.read_with("bags.json", &options).expect("equal");
    assert_eq!((texts(&read), read.duplicates), (vec!["u1/en/0 neurons [0]".into()], 1));
    folder.write("bags.json", "[[[0, 0]], [[0, 1]]]");
    assert!(folder.refusal_with("bags.json", &options).contains("fact `u1` comes a second time"));
}

#[test]
fn what_is_wrong_is_named() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("kn_rel-P36.json", "[[1, 2]]"),
        "kn_rel-P36.json: found the neurons of a relation, which belong to no fact; expected those of its facts, which \
         are in `kn_bag-*.json` beside it"
    );
    assert_eq!(
        folder.refusal("kn_bag-P36.json", "[[[1, 2]], [[0"),
        "kn_bag-P36.json, line 1, column 15: the JSON ends before it is complete, after 1 complete bags; write or copy \
         the file again"
    );
    assert!(
        folder.refusal("kn_bag-P36.json", "[[[1, 3]]]").contains("layer 1, neuron 3 of fact `kn:P36:0` lies outside")
    );
    assert!(folder.refusal("kn_bag-P36.json", "[[[1, 2]]] x").contains("the end of the file after the list"));
    assert!(folder.refusal("kn_bag-P36.json", "[[[1, 2.5]]]").contains("floating point `2.5`"));
}
