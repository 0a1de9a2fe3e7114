//! safetensors: a tensor a fact, named by its id or `fact/language/prompt`; or one tensor `scores`
//! with the ids as a JSON list in the metadata (`facts`, optionally `languages` and `prompts`).

use std::collections::HashMap;
use std::io;
use std::path::Path;

use ::safetensors::SafeTensors;
use ::safetensors::tensor::{Dtype, Metadata, TensorInfo};
use kndb_storage::Shape;
use serde::de::DeserializeOwned;

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::Probe;
use crate::format::{Format, Source};
use crate::options::Options;
use crate::source::archive::{Archive, Members};
use crate::source::array::{Array, Body, Slice};
use crate::source::ids::ids_of;
use crate::source::stack::{Stack, ids_missing, keys, lengths_differ};
use crate::source::tensor::{Element, Float};

/// The array of all facts' scores.
const SCORES: &str = "scores";

pub(crate) struct Safetensors;

impl Format for Safetensors {
    fn name(&self) -> &'static str {
        "safetensors"
    }

    fn about(&self) -> &'static str {
        "tensors of scores, one a fact or one of all facts"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["safetensors"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        probe.has_extension("safetensors") || (probe.head.get(8) == Some(&b'{') && probe.head[4..8] == [0; 4])
    }

    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "tensors of scores")?;
        let (data_at, metadata) = header(&file)?;
        let tensors = Tensors::new(file, data_at, &metadata);
        match tensors.names.iter().position(|name| name == SCORES) {
            Some(index) => {
                let about = metadata.metadata().as_ref();
                stack(tensors.open(index, options.shape)?, &tensors.file, about, options)
            }
            None => Ok(Box::new(Archive::new(tensors, options))),
        }
    }
}

/// The header, after its length has been compared with the file's.
fn header(file: &Mapped) -> Result<(usize, Metadata), ImportError> {
    let damaged = |problem: String| ImportError::Damaged { at: file.at(Place::File), format: "safetensors", problem };
    let Some(length) = file.bytes().first_chunk() else {
        return Err(damaged(format!("it has {} bytes, the header's length alone takes 8", file.len())));
    };
    let (length, held) = (u64::from_le_bytes(*length), file.len() - 8);
    if length > held {
        let claimed = u128::from(length);
        return Err(ImportError::Oversized { at: file.at(Place::Byte(0)), what: "the header", claimed, held });
    }
    let (length, metadata) = SafeTensors::read_metadata(file.bytes()).map_err(|error| damaged(error.to_string()))?;
    Ok((8 + length, metadata))
}

struct Tensors {
    file: Mapped,
    data_at: usize,
    names: Vec<String>,
    infos: Vec<TensorInfo>,
}

impl Tensors {
    /// The tensors in the order of their data.
    fn new(file: Mapped, data_at: usize, metadata: &Metadata) -> Self {
        let names = metadata.offset_keys();
        let infos = names.iter().filter_map(|name| metadata.info(name).cloned()).collect();
        Self { file, data_at, names, infos }
    }
}

impl Members for Tensors {
    fn file(&self) -> &Mapped {
        &self.file
    }

    fn count(&self) -> usize {
        self.infos.len()
    }

    fn name(&self, index: usize) -> &str {
        &self.names[index]
    }

    fn open(&self, index: usize, shape: Shape) -> Result<Array, ImportError> {
        let (name, info) = (&self.names[index], &self.infos[index]);
        let float = match info.dtype {
            Dtype::F16 => Float::F16,
            Dtype::BF16 => Float::Bf16,
            Dtype::F32 => Float::F32,
            Dtype::F64 => Float::F64,
            other => {
                return Err(ImportError::BadType {
                    at: self.file.at(Place::Tensor { name: name.clone(), index: None }),
                    found: format!("{other}"),
                    expected: "F16, BF16, F32 or F64".to_owned(),
                });
            }
        };
        let (start, end) = info.data_offsets;
        let data = Slice { file: self.file.clone(), start: self.data_at + start, length: end - start };
        let dims: Vec<_> = info.shape.iter().map(|&dim| dim as u64).collect();
        let body = Body::Stream(Box::new(io::Cursor::new(data)));
        Array::new(&self.file, name, Element { float, big_endian: false }, &dims, body, shape)
    }
}

/// One tensor of all facts' scores.
fn stack(
    array: Array,
    file: &Mapped,
    about: Option<&HashMap<String, String>>,
    options: &Options,
) -> Result<Box<dyn Source>, ImportError> {
    let facts = array.arrangement().facts();
    let ids = match listed(file, about, "facts")? {
        Some(ids) => Some(ids),
        None => listed(file, about, "ids")?,
    };
    let ids: Vec<String> = match (&options.ids, ids) {
        (None, Some(ids)) => ids,
        (option, _) => match ids_of(file.path(), option.as_deref())? {
            Some(list) => list.check(facts)?,
            None => return Err(ids_missing(file, SCORES, facts, "as a JSON list in the metadata's `facts`")),
        },
    };
    let (languages, prompts) = (listed(file, about, "languages")?, listed(file, about, "prompts")?);
    let keys = keys(ids, languages, prompts, options, |what, found, facts| lengths_differ(file, what, found, facts))?;
    Ok(Box::new(Stack::new(array, keys)?))
}

/// A JSON list in the metadata.
fn listed<T: DeserializeOwned>(
    file: &Mapped,
    about: Option<&HashMap<String, String>>,
    name: &str,
) -> Result<Option<Vec<T>>, ImportError> {
    let text = about.and_then(|about| about.get(name));
    let list = text.map(|text| serde_json::from_str(text)).transpose();
    list.map_err(|error| ImportError::Data {
        at: file.at(Place::Byte(8)),
        problem: format!("the metadata's `{name}` is not a JSON list of what it should hold: {error}"),
    })
}
