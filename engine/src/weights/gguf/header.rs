//! The header: the magic, a version, the metadata, and where each tensor lies. Everything is checked against the file.

use super::bytes::Bytes;
use super::metadata::Metadata;
use super::types::TensorType;
use crate::error::Result;
use crate::weights::files::CUT_OFF;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

/// Smallest sizes in bytes of a key with its value, and of a tensor in the list.
const LEAST_VALUE: u64 = 8 + 4 + 1;
const LEAST_TENSOR: u64 = 8 + 4 + 4 + 8;
/// Most dimensions of a tensor in llama.cpp.
const MOST_DIMENSIONS: u32 = 4;
/// Where tensors begin if the metadata does not say.
const ALIGNMENT: u64 = 32;

/// A header.
pub struct Header {
    pub metadata: Metadata,
    pub tensors: Vec<Listed>,
}

/// A tensor of the list.
pub struct Listed {
    pub name: String,
    /// Rows before columns; the file has them the other way round.
    pub shape: Vec<usize>,
    /// Its type by its number in ggml.
    pub kind: u32,
    /// Its first byte in the file.
    pub start: u64,
}

impl Listed {
    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Reads the header of a file of so many bytes.
///
/// # Errors
/// Another version or byte order; counts, lengths, types or places that the file does not have; tensors that overlap.
pub fn read(path: &Path, file: &File, length: u64) -> Result<Header> {
    let mut bytes = Bytes::of(path, file, length)?;
    let magic = bytes.u32("the magic")?;
    if magic.to_le_bytes() != *b"GGUF" {
        return Err(bytes.wrong("it does not begin with `GGUF`"));
    }
    let version = bytes.u32("the version")?;
    match version {
        2 | 3 => {}
        _ if version & 0xffff == 0 => {
            return Err(bytes.wrong("its numbers have their highest byte first; convert it on a usual machine"));
        }
        _ => {
            let way_out = "convert the model again with a current llama.cpp";
            return Err(bytes.wrong(format!("version {version}, expected 2 or 3; {way_out}")));
        }
    }
    let (tensors, values) = (bytes.u64("the number of tensors")?, bytes.u64("the number of values")?);
    let values = bytes.must_have(values, LEAST_VALUE, "keys with their values")?;
    let metadata = Metadata::read(path, &mut bytes, values)?;
    let tensors = bytes.must_have(tensors, LEAST_TENSOR, "tensors in the list")?;
    let mut listed = (0..tensors).map(|_| read_listed(&mut bytes)).collect::<Result<Vec<_>>>()?;
    place(&bytes, &metadata, length, &mut listed)?;
    Ok(Header { metadata, tensors: listed })
}

fn read_listed(bytes: &mut Bytes) -> Result<Listed> {
    let name = bytes.utf8("the name of a tensor")?;
    let dimensions = bytes.u32("a number of dimensions")?;
    if !(1..=MOST_DIMENSIONS).contains(&dimensions) {
        return Err(
            bytes.wrong(format!("tensor `{name}` has {dimensions} dimensions, expected 1 to {MOST_DIMENSIONS}"))
        );
    }
    let mut shape = (0..dimensions).map(|_| bytes.u64("a size")).collect::<Result<Vec<_>>>()?;
    shape.reverse();
    let values = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
    if !values.is_some_and(|values| (1..1 << 48).contains(&values)) {
        return Err(bytes.wrong(format!("tensor `{name}` has shape {shape:?}, which no tensor of a model has")));
    }
    let (kind, start) = (bytes.u32("the type of a tensor")?, bytes.u64("the place of a tensor")?);
    Ok(Listed { name, shape: shape.into_iter().map(|size| size as usize).collect(), kind, start })
}

/// Turns places behind the header into places in the file, and checks that each tensor lies there by itself.
fn place(bytes: &Bytes, metadata: &Metadata, length: u64, listed: &mut [Listed]) -> Result<()> {
    let alignment = metadata.maybe_size("general.alignment")?.map_or(ALIGNMENT, |size| size as u64);
    if !alignment.is_power_of_two() {
        return Err(metadata.wrong("general.alignment", "a power of two"));
    }
    let data = bytes.at().next_multiple_of(alignment);
    let mut names = BTreeSet::new();
    let mut places = Vec::with_capacity(listed.len());
    for tensor in listed.iter_mut() {
        let name = &tensor.name;
        if !names.insert(name.clone()) {
            return Err(bytes.wrong(format!("tensor `{name}` is there twice")));
        }
        if !tensor.start.is_multiple_of(alignment) {
            return Err(bytes.wrong(format!("tensor `{name}` begins at {}, no multiple of {alignment}", tensor.start)));
        }
        // A type that is not read has a size that is not known; it is refused by its name when it is used.
        let size = TensorType::numbered(tensor.kind).map_or(0, |kind| kind.bytes(tensor.count()) as u64);
        let end = data.checked_add(tensor.start).and_then(|start| start.checked_add(size));
        let Some(end) = end.filter(|&end| end <= length) else {
            let shape = &tensor.shape;
            return Err(bytes.wrong(format!(
                "tensor `{name}` of shape {shape:?} needs {size} bytes from byte {} behind a header of {data}, but the file \
                 has {length}{CUT_OFF}",
                tensor.start
            )));
        };
        tensor.start += data;
        places.push((tensor.start, end, name.clone()));
    }
    places.sort();
    for pair in places.windows(2) {
        if pair[0].1 > pair[1].0 {
            return Err(bytes.wrong(format!("tensors `{}` and `{}` overlap", pair[0].2, pair[1].2)));
        }
    }
    Ok(())
}
