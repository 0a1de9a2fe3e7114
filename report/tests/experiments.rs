//! What a file of results becomes, before it is on a page.

use kndb_report::{Block, Experiment};

#[test]
fn only_fractions_are_rounded_and_the_page_says_so() {
    let json =
        r#"{"a": 1234567.8, "b": 0.123456, "c": 1e20, "d": -99999.96, "e": 12345678.0, "f": 1.5, "g": 1e-7, "h": 20}"#;
    let experiment = Experiment::read("study.json", json).expect("JSON");
    let [Block::Note(note), Block::Values(values)] = experiment.blocks.as_slice() else {
        panic!("{:?}", experiment.blocks);
    };
    assert!(note.contains("rounded to five digits"), "{note}");
    let values: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(values, ["1234567.8", "0.12346", "1e20", "-100000", "12345678", "1.5", "1e-7", "20"]);
    let exact = Experiment::read("study.json", r#"{"a": 1234567.8, "b": 0.125, "c": [1, 2.5]}"#).expect("JSON");
    assert!(matches!(exact.blocks.as_slice(), [Block::Values(_)]), "nothing is rounded: {:?}", exact.blocks);
}
