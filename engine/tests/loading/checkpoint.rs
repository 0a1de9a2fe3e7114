//! Checkpoints in PyTorch's older format, written by hand: a magic number, a version, the system, the pickled dictionary,
//! the keys of the storages, and each storage with its length.

use crate::folder::Stored;
use std::collections::BTreeMap;

/// How matrices lie in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Row by row.
    Rows,
    /// Column by column, as the transposed of a parameter is saved.
    Columns,
}

const MAGIC: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
const VERSION: &[u8] = b"\x80\x02M\xe9\x03.";

fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn number(number: usize) -> Vec<u8> {
    [b"J".as_slice(), &(number as i32).to_le_bytes()].concat()
}

fn tuple(numbers: &[usize]) -> Vec<u8> {
    [b"(".to_vec(), numbers.iter().flat_map(|&n| number(n)).collect(), b"t".to_vec()].concat()
}

/// A checkpoint of tensors of f32.
pub fn legacy(tensors: &BTreeMap<String, Stored>, order: Order, little_endian: bool) -> Vec<u8> {
    let mut file = [MAGIC, VERSION, b"\x80\x02}(".as_slice()].concat();
    file.extend([text("little_endian"), vec![if little_endian { 0x88 } else { 0x89 }], b"u.".to_vec()].concat());
    file.extend(b"\x80\x02}(");
    let mut storages = Vec::new();
    for (key, (name, tensor)) in tensors.iter().enumerate() {
        let (values, strides) = laid_out(tensor, order);
        file.extend([text(name), b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(), text("storage")].concat());
        file.extend([b"ctorch\nFloatStorage\n".to_vec(), text(&key.to_string()), text("cpu")].concat());
        file.extend(
            [number(values.len() / 4), b"NtQ".to_vec(), number(0), tuple(&tensor.shape), tuple(&strides)].concat(),
        );
        file.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        storages.push(values);
    }
    file.extend(b"u.\x80\x02](");
    file.extend((0..storages.len()).flat_map(|key| text(&key.to_string())));
    file.extend(b"e.");
    for values in storages {
        file.extend((values.len() as u64 / 4).to_le_bytes());
        file.extend(values);
    }
    file
}

fn laid_out(tensor: &Stored, order: Order) -> (Vec<u8>, Vec<usize>) {
    match (order, tensor.shape.as_slice()) {
        (Order::Columns, &[rows, columns]) => {
            let value = |column: usize, row: usize| &tensor.bytes[4 * (row * columns + column)..][..4];
            let values = (0..columns).flat_map(|c| (0..rows).flat_map(move |r| value(c, r).to_vec()));
            (values.collect(), vec![1, rows])
        }
        (_, shape) => {
            let strides = (0..shape.len()).map(|d| shape[d + 1..].iter().product()).collect();
            (tensor.bytes.clone(), strides)
        }
    }
}
