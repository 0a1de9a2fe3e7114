//! safetensors files.

use half::{bf16, f16};

use crate::folder::{Folder, options, texts};
use crate::npy::f4;

/// A file of a header and data.
pub fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn tensor(name: &str, dtype: &str, shape: &str, offsets: (usize, usize)) -> String {
    format!(r#""{name}": {{"dtype": "{dtype}", "shape": {shape}, "data_offsets": [{}, {}]}}"#, offsets.0, offsets.1)
}

const ONE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const TEXT: &str = "dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]";

#[test]
fn a_tensor_a_fact_of_every_float_type() {
    let folder = Folder::new();
    let data = [
        f4(&ONE),
        ONE.iter().flat_map(|&score| f16::from_f32(score).to_le_bytes()).collect(),
        ONE.iter().flat_map(|&score| bf16::from_f32(score).to_le_bytes()).collect(),
        ONE.iter().flat_map(|&score| f64::from(score).to_le_bytes()).collect(),
    ];
    let header = [
        tensor("u1", "F32", "[2, 3]", (0, 24)),
        tensor("u1/zh/7", "F16", "[2, 3]", (24, 36)),
        tensor("u2", "BF16", "[2, 3]", (36, 48)),
        tensor("u3", "F64", "[2, 3]", (48, 96)),
    ];
    folder.write("s.safetensors", file(&format!("{{{}}}", header.join(",")), &data.concat()));
    let read = folder.read("s.safetensors");
    assert_eq!(read.format, "safetensors");
    assert_eq!(texts(&read), ["u1/en/0", "u1/zh/7", "u2/en/0", "u3/en/0"].map(|key| format!("{key} {TEXT}")));
}

#[test]
fn one_tensor_of_scores_with_ids_in_the_metadata() {
    let folder = Folder::new();
    let header = |about: &str| format!("{{{about}{}}}", tensor("scores", "F32", "[2, 2, 3]", (0, 48)));
    let data = f4(&[ONE, ONE].concat());
    folder.write("s.bin", file(&header(r#""__metadata__": {"facts": "[\"a\", \"b\"]"}, "#), &data));
    assert_eq!(texts(&folder.read("s.bin")), [format!("a/en/0 {TEXT}"), format!("b/en/0 {TEXT}")]);

    let about = r#""__metadata__": {"ids": "[\"a\", \"a\"]", "languages": "[\"en\", \"zh\"]", "prompts": "[0, 1]"}, "#;
    folder.write("s.bin", file(&header(about), &data));
    assert_eq!(texts(&folder.read("s.bin")), [format!("a/en/0 {TEXT}"), format!("a/zh/1 {TEXT}")]);

    assert_eq!(
        folder.refusal("s.safetensors", file(&header(""), &data)),
        "s.safetensors, array `scores`: found scores of 2 facts without their ids; expected the facts' ids, in order, as \
         a JSON list in the metadata's `facts`"
    );
    let mut options = options();
    options.ids = Some(folder.write("ids.txt", "a\nb\nc\n"));
    assert_eq!(
        folder.refusal_with("s.safetensors", &options),
        "ids.txt: found 3 fact ids; expected 2, one for each fact of the array"
    );
    let twice = file(&header(r#""__metadata__": {"facts": "[\"a\", \"a\"]"}, "#), &data);
    folder.write("s.safetensors", &twice);
    let read = folder.read("s.safetensors");
    assert_eq!((texts(&read), read.duplicates), (vec![format!("a/en/0 {TEXT}")], 1));
    let mut other = twice;
    other.truncate(other.len() - 4);
    other.extend(f4(&[9.0]));
    assert_eq!(
        folder.refusal("s.safetensors", other),
        "s.safetensors, array `scores`, index 1: fact `a` comes a second time with different content (first at array \
         `scores`, index 0); expected each fact once; keep the right one"
    );
}

#[test]
fn headers_that_promise_too_much() {
    let folder = Folder::new();
    let mut huge = file("{}", &[]);
    huge[..8].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    assert_eq!(
        folder.refusal("s.safetensors", huge),
        "s.safetensors, byte 0: the header takes 1099511627776 bytes by its header, but the file has 2 for it; it is \
         damaged or was cut short: write or copy it again"
    );
    let header = format!("{{{}}}", tensor("u", "F32", "[1099511627776, 2, 3]", (0, 26_388_279_066_624)));
    assert_eq!(
        folder.refusal("s.safetensors", file(&header, &[0; 24])),
        "s.safetensors: the file cannot be read as safetensors: the tensors that its header lists take \
         more or fewer bytes than the file has after it; write or copy the file again"
    );
    assert_eq!(
        folder.refusal("s.safetensors", "short"),
        "s.safetensors: the file cannot be read as safetensors: it has 5 bytes, the header's length alone takes 8"
    );
}

#[test]
fn tensors_that_hold_no_scores() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("s.safetensors", file(&format!("{{{}}}", tensor("u", "I64", "[2, 3]", (0, 48))), &[0; 48])),
        "s.safetensors, array `u`: found values of type I64; expected F16, BF16, F32 or F64"
    );
    assert_eq!(
        folder.refusal("s.safetensors", file(&format!("{{{}}}", tensor("u", "F32", "[3, 2]", (0, 24))), &[0; 24])),
        "s.safetensors, array `u`: the array has the shape (3, 2); expected (2, 3), (facts, 2, 3) or (facts, 6) for 2 \
         layers × 3; it is transposed: save `.T`"
    );
}
