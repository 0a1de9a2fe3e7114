//! NumPy arrays.

use half::f16;

use crate::folder::{Folder, options, texts};

/// A `.npy` file.
pub fn npy(descr: &str, fortran: bool, dims: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {dims}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

/// Numbers as `<f4`.
pub fn f4(scores: &[f32]) -> Vec<u8> {
    scores.iter().flat_map(|score| score.to_le_bytes()).collect()
}

const ONE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn a_matrix_is_the_fact_of_its_file_name() {
    let folder = Folder::new();
    folder.write("u1.npy", npy("<f4", false, "(2, 3)", &f4(&ONE)));
    let read = folder.read("u1.npy");
    assert_eq!(read.format, "npy");
    assert_eq!(texts(&read), ["u1/en/0 dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"]);
    assert_eq!(read.bytes, std::fs::metadata(folder.path("u1.npy")).expect("exists").len());
}

#[test]
fn stacks_take_their_ids_from_beside_the_file() {
    let folder = Folder::new();
    let scores: Vec<f32> = (0..12).map(|score| score as f32).collect();
    let expected = ["a/en/0 dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]", "b/en/0 dense [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]"];
    for (name, dims, ids, list) in [
        ("s1.npy", "(2, 2, 3)", "s1.npy.ids.txt", "a\r\nb\r\n\r\n"),
        ("s2.npy", "(2, 6)", "s2.npy.ids.json", r#"["a", "b"]"#),
        ("s3.npy", "(2, 6)", "s3.ids.txt", "a\nb"),
    ] {
        folder.write(name, npy("<f4", false, dims, &f4(&scores)));
        folder.write(ids, list);
        assert_eq!(texts(&folder.read(name)), expected);
    }
    let mut options = options();
    options.ids = Some(folder.write("other.jsonl", "{\"uuid\": \"x\"}\n{\"uuid\": \"y\"}\n"));
    std::fs::remove_file(folder.path("s1.npy.ids.txt")).expect("it was there");
    let read = folder.read_with("s1.npy", &options).expect("valid");
    assert_eq!(read.entries.iter().map(|entry| &*entry.fact).collect::<Vec<_>>(), ["x", "y"]);
}

#[test]
fn types_and_byte_orders() {
    let folder = Folder::new();
    let cases: [(&str, Vec<u8>); 5] = [
        (">f4", ONE.iter().flat_map(|score| score.to_be_bytes()).collect()),
        ("<f8", ONE.iter().flat_map(|&score| f64::from(score).to_le_bytes()).collect()),
        (">f8", ONE.iter().flat_map(|&score| f64::from(score).to_be_bytes()).collect()),
        ("<f2", ONE.iter().flat_map(|&score| f16::from_f32(score).to_le_bytes()).collect()),
        (">f2", ONE.iter().flat_map(|&score| f16::from_f32(score).to_be_bytes()).collect()),
    ];
    for (descr, data) in cases {
        folder.write("u.npy", npy(descr, false, "(2, 3)", &data));
        assert_eq!(texts(&folder.read("u.npy")), ["u/en/0 dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"], "{descr}");
    }
}

#[test]
fn fortran_order() {
    let folder = Folder::new();
    folder.write("u.npy", npy("<f4", true, "(2, 3)", &f4(&[0.0, 3.0, 1.0, 4.0, 2.0, 5.0])));
    assert_eq!(texts(&folder.read("u.npy")), ["u/en/0 dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]"]);
    // Score of (fact, layer, unit) is 6·fact + 3·layer + unit, the fact running fastest.
    let expected = ["a/en/0 dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]", "b/en/0 dense [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]"];
    let cube = [0.0, 6.0, 3.0, 9.0, 1.0, 7.0, 4.0, 10.0, 2.0, 8.0, 5.0, 11.0];
    let flat = [0.0, 6.0, 1.0, 7.0, 2.0, 8.0, 3.0, 9.0, 4.0, 10.0, 5.0, 11.0];
    for (dims, scores) in [("(2, 2, 3)", cube), ("(2, 6)", flat)] {
        folder.write("s.npy", npy("<f4", true, dims, &f4(&scores)));
        folder.write("s.npy.ids.txt", "a\nb\n");
        assert_eq!(texts(&folder.read("s.npy")), expected, "{dims}");
    }
}

#[test]
fn an_array_of_no_facts_is_empty() {
    let folder = Folder::new();
    folder.write("s.npy", npy("<f4", false, "(0, 2, 3)", &[]));
    folder.write("s.npy.ids.json", "[]");
    assert_eq!(folder.read("s.npy").entries, []);
}
