//! safetensors: a tensor a fact, named by its id or `fact/language/prompt`; or one tensor `scores`
//! with the ids as a JSON list in the metadata (`facts`, optionally `languages` and `prompts`).

use std::io;
use std::path::Path;

use ::safetensors::SafeTensors;
use ::safetensors::tensor::{Dtype, Metadata, TensorInfo};
use kndb_storage::Shape;

use crate::bytes::broken::of_tensors;
use crate::bytes::foreign::{ASK_MODEL, MODEL, begins_tensors};
use crate::bytes::json_keys::repeated_key;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::options::Options;
use crate::source::archive::{Archive, Members};
use crate::source::array::{Array, Body, Slice};
use crate::source::lists::{List, Lists};
use crate::source::order::{Axis, check_metadata, check_values};
use crate::source::roles::Role;
use crate::source::stack::{Stack, ids_missing, near_miss, two_of_scores};
use crate::source::tensor::{Element, Float};
use crate::source::told::{Told, ignored};

/// Keys of metadata that libraries write by themselves.
const BY_LIBRARIES: [&str; 2] = ["format", "total_size"];

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
        probe.has_extension("safetensors") || begins_tensors(&probe.head)
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let options = context.options;
        let file = Mapped::open(path, "tensors of scores")?;
        let (data_at, metadata) = header(&file)?;
        let mut tensors = Tensors::new(file, data_at, &metadata);
        must_be_no_model(&tensors)?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        let mut lists = tensors.take_lists(options, &mut told)?;
        let mut about: Vec<_> = metadata.metadata().iter().flatten().collect();
        about.sort();
        for (key, text) in about.into_iter().filter(|(key, _)| !BY_LIBRARIES.contains(&key.as_str())) {
            tensors.read_metadata(key, text, &mut lists, &mut told, options)?;
        }
        match tensors.scores()? {
            Some(index) => tensors.stack(index, &lists, told, options),
            None => {
                lists.tell_all(&mut told, &tensors.file)?;
                Ok(Box::new(Archive::new(tensors, told, options)))
            }
        }
    }
}

/// An error if the tensors are named as the weights of a layer are. A fact's scores have no bias beside them.
fn must_be_no_model(tensors: &Tensors) -> Result<(), ImportError> {
    let is_weight = |name: &String| name.contains('.') && (name.ends_with(".weight") || name.ends_with(".bias"));
    let weights = tensors.names.iter().filter(|name| is_weight(name)).count();
    if weights == 0 || tensors.names.len() > 2 * weights {
        return Ok(());
    }
    Err(ImportError::Foreign { file: tensors.file.path().to_owned(), what: MODEL, instead: ASK_MODEL })
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
    // The library keeps the last of two tensors of one name, and then misses the first one's bytes.
    if let Some(key) = repeated_key(&file.bytes()[8..8 + length as usize]) {
        return Err(damaged(format!("its header has `{key}` twice")));
    }
    let (length, metadata) = SafeTensors::read_metadata(file.bytes()).map_err(|error| damaged(of_tensors(&error)))?;
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

    /// Takes out the tensors that are no scores but say something of them. Only numbers fit into a tensor.
    fn take_lists(&mut self, options: &Options, told: &mut Told) -> Result<Lists, ImportError> {
        let mut lists = Lists::default();
        let mut index = 0;
        while index < self.names.len() {
            let name = self.names[index].clone();
            let role = Role::of(&name).filter(|role| !ignored(options, &name) && *role != Role::Score);
            let Some(role) = role else {
                index += 1;
                continue;
            };
            let axis = Axis::of(&name);
            let values = match axis {
                Some(_) => self.numbers(index),
                None => (role != Role::Language).then(|| self.whole_numbers(index)).flatten(),
            };
            if let (Some(axis), Some(values)) = (axis, &values) {
                self.check_order(axis, index, values, options)?;
                told.not_used(format!("tensor {name}"));
                self.names.remove(index);
                self.infos.remove(index);
                continue;
            }
            let Some(values) = values else {
                return Err(ImportError::Unexpected {
                    at: self.file.at(Place::Tensor { name, index: None }),
                    found: format!("a tensor of type {} named as a {}", self.infos[index].dtype, role.name()),
                    expected: "whole numbers as `prompts` or `facts`, all else as JSON lists in the metadata"
                        .to_owned(),
                });
            };
            let single = self.infos[index].shape.is_empty() && role != Role::Fact;
            let list = List { by: format!("the tensor `{name}`"), name, values, single };
            lists.add(&self.file, role, list)?;
            self.names.remove(index);
            self.infos.remove(index);
        }
        Ok(lists)
    }

    /// An error if a tensor says another order of layers or neurons than scores have.
    fn check_order(&self, axis: Axis, index: usize, values: &[String], options: &Options) -> Result<(), ImportError> {
        let (name, single) = (&self.names[index], self.infos[index].shape.is_empty());
        let at = || self.file.at(Place::Tensor { name: name.clone(), index: None });
        check_values(axis, name, values, single, options.shape, &at)
    }

    /// The elements of a tensor of numbers, as text: an order may be kept as floats.
    fn numbers(&self, index: usize) -> Option<Vec<String>> {
        let info = &self.infos[index];
        let Some(float) = float(info.dtype).filter(|_| info.shape.len() <= 1) else {
            return self.whole_numbers(index);
        };
        let (start, end) = info.data_offsets;
        let bytes = self.file.bytes().get(self.data_at + start..self.data_at + end)?;
        let values = Element { float, big_endian: false }.decode(bytes);
        Some(values.iter().map(f32::to_string).collect())
    }

    /// The elements of a tensor of whole numbers, as text.
    fn whole_numbers(&self, index: usize) -> Option<Vec<String>> {
        let info = &self.infos[index];
        let (size, signed) = match info.dtype {
            Dtype::U8 => (1, false),
            Dtype::I8 => (1, true),
            Dtype::U16 => (2, false),
            Dtype::I16 => (2, true),
            Dtype::U32 => (4, false),
            Dtype::I32 => (4, true),
            Dtype::U64 => (8, false),
            Dtype::I64 => (8, true),
            _ => return None,
        };
        if info.shape.len() > 1 {
            return None;
        }
        let (start, end) = info.data_offsets;
        let bytes = self.file.bytes().get(self.data_at + start..self.data_at + end)?;
        let number = |bytes: &[u8]| {
            let mut word = [0; 16];
            word[..size].copy_from_slice(bytes);
            if signed && bytes[size - 1] >= 0x80 {
                word[size..].fill(0xFF);
            }
            i128::from_le_bytes(word).to_string()
        };
        Some(bytes.chunks_exact(size).map(number).collect())
    }

    /// A key of the metadata: a JSON list of one element a fact, or a text for all.
    fn read_metadata(
        &self,
        key: &str,
        text: &str,
        lists: &mut Lists,
        told: &mut Told,
        options: &Options,
    ) -> Result<(), ImportError> {
        let role = Role::of(key).filter(|role| !matches!(role, Role::Score | Role::Layer | Role::Neuron));
        let Some(role) = role.filter(|_| !ignored(options, key)) else {
            if let Some(role @ (Role::Language | Role::Prompt | Role::Fact)) = Role::near(key)
                && !ignored(options, key)
            {
                return Err(ImportError::Unexpected {
                    at: self.file.at(Place::Byte(8)),
                    found: format!("`{key}` in the metadata, a name close to `{}s`", role.name()),
                    expected: format!("the name `{}s`, or that it is named as one to leave out", role.name()),
                });
            }
            if !ignored(options, key) {
                check_metadata(key, text, options.shape, &|| self.file.at(Place::Byte(8)))?;
                told.hint_of_text(key, text, "the metadata");
            }
            told.not_used(format!("metadata {key}"));
            return Ok(());
        };
        let single = !text.trim_start().starts_with('[');
        let values = if single { Ok(vec![one_text(text)]) } else { listed(text) };
        let values = values.map_err(|problem| ImportError::Data {
            at: self.file.at(Place::Byte(8)),
            problem: format!("the metadata's `{key}` is not a JSON list of what it should hold: {problem}"),
        })?;
        // One id for one fact is a list, however it is written.
        let single = single && role != Role::Fact;
        let list = List { name: key.to_owned(), by: format!("the metadata's `{key}`"), values, single };
        lists.add(&self.file, role, list)
    }

    /// The tensor of all facts' scores.
    fn scores(&self) -> Result<Option<usize>, ImportError> {
        let mut found = (0..self.names.len()).filter(|&index| Role::of(&self.names[index]) == Some(Role::Score));
        let (first, second) = (found.next(), found.next());
        if let (Some(first), Some(second)) = (first, second) {
            return Err(two_of_scores(&self.file, &self.names[first], &self.names[second]));
        }
        Ok(first)
    }

    fn stack(
        &self,
        index: usize,
        lists: &Lists,
        mut told: Told,
        options: &Options,
    ) -> Result<Box<dyn Source>, ImportError> {
        let scores = &self.names[index];
        for other in (0..self.names.len()).filter(|other| *other != index) {
            let name = &self.names[other];
            if self.open(other, options.shape).is_ok() && !ignored(options, name) {
                return Err(two_of_scores(&self.file, scores, name));
            }
            near_miss(&self.file, lists, name, options)?;
            if let (Some(axis), Some(values)) = (Axis::of(name), self.numbers(other))
                && !ignored(options, name)
            {
                self.check_order(axis, other, &values, options)?;
            }
            told.not_used(format!("tensor {name}"));
        }
        let array = self.open(index, options.shape)?;
        let facts = array.arrangement().facts();
        let Some(ids) = lists.ids(self.file.path(), options.ids.as_deref(), facts, &mut told)? else {
            return Err(ids_missing(&self.file, scores, facts, "as a JSON list in the metadata's `facts`"));
        };
        let keys = lists.named(ids, &mut told, &self.file)?;
        Ok(Box::new(Stack::new(array, keys, &told, options)?))
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
        let float = float(info.dtype).ok_or_else(|| ImportError::BadType {
            at: self.file.at(Place::Tensor { name: name.clone(), index: None }),
            found: format!("{}", info.dtype),
            expected: "F16, BF16, F32 or F64".to_owned(),
        })?;
        let (start, end) = info.data_offsets;
        let data = Slice { file: self.file.clone(), start: self.data_at + start, length: end - start };
        let dims: Vec<_> = info.shape.iter().map(|&dim| dim as u64).collect();
        let body = Body::Stream(Box::new(io::Cursor::new(data)));
        Array::new(&self.file, name, Element { float, big_endian: false }, &dims, body, shape)
    }
}

fn float(found: Dtype) -> Option<Float> {
    match found {
        Dtype::F16 => Some(Float::F16),
        Dtype::BF16 => Some(Float::Bf16),
        Dtype::F32 => Some(Float::F32),
        Dtype::F64 => Some(Float::F64),
        _ => None,
    }
}

/// A JSON list of texts or numbers, as texts.
fn listed(text: &str) -> Result<Vec<String>, String> {
    let values: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("it holds {other}")),
    };
    values.into_iter().map(text).collect()
}

/// A text, which may be written as JSON.
fn one_text(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
}
