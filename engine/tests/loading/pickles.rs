//! Checkpoints of PyTorch whose pickles say more of a tensor than its bytes: used rightly, or refused by name. The pickles are
//! those that `torch.save` of PyTorch 2.11 writes, with one tensor's part changed here.

use crate::folder::Folder;
use crate::says;
use std::io::{Cursor, Read, Write};

const FILE: &str = "pytorch_model.bin";
/// What ends the arguments of `_rebuild_tensor_v2`: no gradient, and no hooks.
const PLAIN: &[u8] = b"\x89ccollections\nOrderedDict\n";
const TENSOR: &[u8] = b"ctorch._utils\n_rebuild_tensor_v2\n";

fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut all = Vec::new();
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).expect("an entry");
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its bytes");
        all.push((entry.name().expect("a name").into_owned(), content));
    }
    all
}

/// The checkpoint with another pickle.
fn with_pickle(edit: impl Fn(&[u8]) -> Vec<u8>) -> Folder {
    let folder = Folder::of("gpt2-bin");
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in entries(&folder.read(FILE)) {
        writer.start_file(name.as_str(), stored).expect("an entry");
        let content = if name.ends_with("data.pkl") { edit(&content) } else { content };
        writer.write_all(&content).expect("its bytes");
    }
    folder.write(FILE, &writer.finish().expect("an archive").into_inner());
    folder
}

fn find(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("it is there")
}

/// The pickle with a part of its first tensor replaced. The name of that tensor stands before it.
fn replaced(pickle: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = find(pickle, old);
    [&pickle[..at], new, &pickle[at + old.len()..]].concat()
}

/// The first tensor with metadata: `{key: value}` behind its hooks.
fn with_metadata(pickle: &[u8], metadata: &[u8]) -> Vec<u8> {
    // `)`, `R`, and where the result is remembered.
    let hooks = find(pickle, PLAIN) + PLAIN.len();
    let end = hooks + find(&pickle[hooks..], b")R") + 2;
    let end = end + if pickle[end] == b'q' { 2 } else { 5 };
    [&pickle[..end], metadata, &pickle[end..]].concat()
}

fn first_name(pickle: &[u8]) -> String {
    let at = find(pickle, TENSOR);
    let name = pickle[..at].iter().rposition(|&byte| byte == b'X').expect("a text");
    let length = usize::from(pickle[name + 1]);
    String::from_utf8(pickle[name + 5..name + 5 + length].to_vec()).expect("a name")
}

#[track_caller]
fn refused(edit: impl Fn(&[u8]) -> Vec<u8>, parts: &[&str]) {
    let name = entries(&Folder::of("gpt2-bin").read(FILE)).into_iter().find(|(name, _)| name.ends_with("data.pkl"));
    let name = format!("tensor `{}` is", first_name(&name.expect("a pickle").1));
    let error = with_pickle(edit).error();
    says(&error, &[&[FILE, &name, "save again"], parts].concat());
}

#[test]
fn a_checkpoint_written_again_is_the_same() {
    let plain = Folder::of("gpt2-bin").load();
    let again = with_pickle(<[u8]>::to_vec).load();
    assert_eq!(plain.network.logits(&[1, 2, 3], 2), again.network.logits(&[1, 2, 3], 2));
}

#[test]
fn a_bit_that_changes_the_values_is_refused() {
    refused(|pickle| with_metadata(pickle, b"}X\x03\0\0\0neg\x88s"), &["negative bit", "`resolve_neg()`"]);
    refused(|pickle| with_metadata(pickle, b"}X\x04\0\0\0conj\x88s"), &["conjugate bit", "`resolve_conj()`"]);
    refused(|pickle| with_metadata(pickle, b"}X\x05\0\0\0other\x88s"), &["`other`"]);
    refused(|pickle| with_metadata(pickle, b"}(X\x04\0\0\0conj\x89X\x03\0\0\0neg\x88u"), &["negative bit"]);
    refused(|pickle| with_metadata(pickle, b"}X\x03\0\0\0negI01\ns"), &["negative bit"]);
}

#[test]
fn a_bit_that_is_not_set_changes_nothing() {
    let plain = Folder::of("gpt2-bin").load().network.logits(&[1, 2, 3], 2);
    for metadata in [b"N".as_slice(), b"}", b"}X\x03\0\0\0neg\x89s"] {
        let model = with_pickle(|pickle| with_metadata(pickle, metadata)).load();
        assert_eq!(model.network.logits(&[1, 2, 3], 2), plain, "{metadata:?}");
    }
}

#[test]
fn a_tensor_of_another_making_is_refused_by_its_name() {
    let made = |function: &str| {
        let new = format!("ctorch._utils\n{function}\n").into_bytes();
        move |pickle: &[u8]| replaced(pickle, TENSOR, &new)
    };
    refused(made("_rebuild_meta_tensor_no_storage"), &["`meta`", "no values"]);
    refused(made("_rebuild_sparse_tensor"), &["sparse", "to_dense()"]);
    refused(made("_rebuild_qtensor"), &["quantised", "dequantize()"]);
    refused(made("_rebuild_nested_tensor"), &["made by `torch._utils._rebuild_nested_tensor`"]);
    refused(made("_rebuild_device_tensor_from_numpy"), &["made by `torch._utils._rebuild_device_tensor_from_numpy`"]);
}

/// The pickle with the first tensor's call around the call of a class: `_rebuild_from_type_v2(function, class, arguments, state)`.
fn of_class(pickle: &[u8], module: &str, class: &str) -> Vec<u8> {
    let from = find(pickle, TENSOR);
    let hooks = find(pickle, PLAIN);
    // The tuple of the arguments, where it is remembered, and the call.
    let call = hooks + find(&pickle[hooks..], b")R");
    let end = call + 2 + if pickle[call + 2] == b'q' { 2 } else { 5 };
    assert_eq!(pickle[end], b't', "the end of the arguments");
    let reduce = end + 1 + if pickle[end + 1] == b'q' { 2 } else { 5 };
    assert_eq!(pickle[reduce], b'R');
    let function = from + TENSOR.len() + if pickle[from + TENSOR.len()] == b'q' { 2 } else { 5 };
    let wrapped = b"ctorch._tensor\n_rebuild_from_type_v2\n(";
    let class = format!("c{module}\n{class}\n");
    [
        &pickle[..from],
        wrapped.as_slice(),
        &pickle[from..function],
        class.as_bytes(),
        &pickle[function..reduce],
        b"Nt",
        &pickle[reduce..],
    ]
    .concat()
}

#[test]
fn a_tensor_of_a_class_of_its_own_is_refused_unless_the_class_adds_nothing() {
    refused(
        |pickle| of_class(pickle, "torchao.dtypes", "AffineQuantizedTensor"),
        &["`torchao.dtypes.AffineQuantizedTensor`"],
    );
    let plain = Folder::of("gpt2-bin").load().network.logits(&[1, 2, 3], 2);
    let model = with_pickle(|pickle| of_class(pickle, "torch.nn.parameter", "Parameter")).load();
    assert_eq!(model.network.logits(&[1, 2, 3], 2), plain);
}

#[test]
fn a_tensor_that_reaches_beyond_its_storage_is_refused() {
    // The offset is behind the storage's persistent id.
    let beyond = |pickle: &[u8]| replaced(pickle, b"QK\0", b"QK\x01");
    says(&with_pickle(beyond).error(), &[FILE, "not a PyTorch checkpoint", "at offset 1"]);
}

#[test]
fn a_checkpoint_that_is_cut_off_says_so() {
    let folder = Folder::of("gpt2-bin");
    let bytes = folder.read(FILE);
    for length in [0, 1, 3, 100, bytes.len() / 2, bytes.len() - 30] {
        folder.write(FILE, &bytes[..length]);
        says(&folder.error(), &[FILE, &format!("{length} bytes"), "cut off", "download"]);
    }
    folder.write(FILE, &bytes);
    folder.load();
}
