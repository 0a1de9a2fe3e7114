//! NumPy `.npz`: an array a fact, named by its id or `fact/language/prompt`; or arrays `scores` and
//! `facts` (or `ids`), optionally `languages` and `prompts`, with one element a fact.
//!
//! An archive with one unnamed array of many facts (`arr_0`) is read like `scores`.

use std::io::Read;
use std::path::Path;

use kndb_storage::Shape;

use super::npy::element;
use crate::bytes::broken::of_reading;
use crate::bytes::mapped::Mapped;
use crate::bytes::npy_header::NpyHeader;
use crate::bytes::zip_member::{Member, members};
use crate::error::{ImportError, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::options::Options;
use crate::source::archive::{Archive, Members};
use crate::source::array::{Array, Body};
use crate::source::lists::{List, Lists};
use crate::source::order::{Axis, check_values};
use crate::source::roles::Role;
use crate::source::stack::{Stack, ids_missing, near_miss, two_of_scores};
use crate::source::tensor::{Arrangement, bytes_of, dims_text};
use crate::source::told::{Told, ignored};

/// numpy's name for an array given none.
const UNNAMED: &str = "arr_0";

/// Compressed arrays in Fortran order cannot be read fact by fact; larger ones are refused.
const LARGEST_UNPACKED: u64 = 1 << 30;

pub(crate) struct Npz;

impl Format for Npz {
    fn name(&self) -> &'static str {
        "npz"
    }

    fn about(&self) -> &'static str {
        "NumPy archive of score arrays, one a fact or one of all facts"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["npz"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        probe.head.starts_with(b"PK\x03\x04") || (probe.has_extension("npz") && probe.head.starts_with(b"PK"))
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let options = context.options;
        let file = Mapped::open(path, "a NumPy archive")?;
        let mut arrays = Arrays { members: members(&file)?, file };
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        let lists = arrays.take_lists(options, &mut told)?;
        if let Some(index) = arrays.scores()? {
            return arrays.stack(index, &lists, told, context);
        }
        lists.tell_all(&mut told, &arrays.file)?;
        if arrays.members.len() == 1
            && arrays.members[0].name == UNNAMED
            && arrays.open(0, options.shape)?.arrangement() != Arrangement::One
        {
            return arrays.stack(0, &lists, told, context);
        }
        arrays.must_be_named()?;
        Ok(Box::new(Archive::new(arrays, told, options)))
    }
}

struct Arrays {
    file: Mapped,
    members: Vec<Member>,
}

impl Arrays {
    fn place(&self, member: &Member) -> Place {
        Place::Tensor { name: member.name.clone(), index: None }
    }

    /// A member's header, and its reader left at the data.
    fn header(&self, member: &Member) -> Result<(NpyHeader, Box<dyn Read + Send>), ImportError> {
        let mut reader = member.reader(&self.file);
        match NpyHeader::read(&mut reader) {
            Ok(header) => Ok((header, reader)),
            Err(problem) => Err(ImportError::Damaged { at: self.file.at(self.place(member)), format: "npy", problem }),
        }
    }

    /// An error unless the array that a header promises is as large as the member.
    fn check_size(&self, member: &Member, header: &NpyHeader, size: usize) -> Result<(), ImportError> {
        let (claimed, held) = (bytes_of(&header.dims, size), member.size.saturating_sub(header.length as u64));
        if claimed == u128::from(held) {
            return Ok(());
        }
        Err(ImportError::Oversized { at: self.file.at(self.place(member)), what: "the array", claimed, held })
    }

    /// Takes out the arrays that are no scores but say something of them: `languages`, `Prompt`, …
    fn take_lists(&mut self, options: &Options, told: &mut Told) -> Result<Lists, ImportError> {
        let mut lists = Lists::default();
        let mut index = 0;
        while index < self.members.len() {
            let name = self.members[index].name.clone();
            let role = Role::of(&name).filter(|role| !ignored(options, &name) && *role != Role::Score);
            if let Some(role) = role {
                if matches!(role, Role::Layer | Role::Neuron) {
                    self.check_order(index, options, told)?;
                    self.members.remove(index);
                    continue;
                }
                let list = self.list(index, role)?;
                lists.add(&self.file, role, list)?;
                self.members.remove(index);
            } else {
                index += 1;
            }
        }
        Ok(lists)
    }

    /// An error if an array says another order of layers or neurons than scores have.
    fn check_order(&self, index: usize, options: &Options, told: &mut Told) -> Result<(), ImportError> {
        let member = &self.members[index];
        let Some(axis) = Axis::of(&member.name) else { return Ok(()) };
        let at = || self.file.at(self.place(member));
        // Whole numbers or texts of one dimension, or of none.
        let Ok(list) = self.list(index, Role::Prompt) else {
            return if matches!(axis, Axis::Named(_)) { Err(self.is_table(index)) } else { Ok(()) };
        };
        let shape = options.shape;
        let checked = check_values(axis, &member.name, &list.values, list.single, shape, &at);
        // A row a neuron: longer than any list of layers, and not one of neurons.
        let is_table = !list.single && list.values.len() as u64 > u64::from(shape.width.max(shape.layers));
        match checked {
            Err(_) if is_table && matches!(axis, Axis::Named(_)) => Err(self.is_table(index)),
            Err(error) => Err(error),
            Ok(()) => {
                told.not_used(format!("array {}", member.name));
                Ok(())
            }
        }
    }

    fn is_table(&self, index: usize) -> ImportError {
        ImportError::Unexpected {
            at: self.file.at(self.place(&self.members[index])),
            found: "a table in arrays, a row a neuron".to_owned(),
            expected: "arrays of scores, layers × width; write such a table as Parquet, Arrow or CSV".to_owned(),
        }
    }

    /// An error if an array has the name that NumPy gives to those without one: it would be a fact of that name.
    fn must_be_named(&self) -> Result<(), ImportError> {
        let unnamed = |member: &&Member| {
            let number = member.name.strip_prefix("arr_");
            number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match self.members.iter().find(unnamed) {
            None => Ok(()),
            Some(member) => Err(ImportError::Unexpected {
                at: self.file.at(self.place(member)),
                found: "an array without a name of its own".to_owned(),
                expected:
                    "arrays named by their facts, `np.savez(file, **{fact: scores})`, or one fact as .npy, whose \
                           file name is its id"
                        .to_owned(),
            }),
        }
    }

    /// The array of all facts' scores.
    fn scores(&self) -> Result<Option<usize>, ImportError> {
        let named = |(_, member): &(usize, &Member)| Role::of(&member.name) == Some(Role::Score);
        let mut found = self.members.iter().enumerate().filter(named);
        let (first, second) = (found.next(), found.next());
        if let (Some((_, first)), Some((_, second))) = (first, second) {
            return Err(two_of_scores(&self.file, &first.name, &second.name));
        }
        Ok(first.map(|(index, _)| index))
    }

    fn stack(
        &self,
        index: usize,
        lists: &Lists,
        mut told: Told,
        context: &Context<'_>,
    ) -> Result<Box<dyn Source>, ImportError> {
        let options = context.options;
        let name = &self.members[index].name;
        for (other, member) in self.members.iter().enumerate().filter(|(other, _)| *other != index) {
            if self.open(other, options.shape).is_ok() && !ignored(options, &member.name) {
                return Err(two_of_scores(&self.file, name, &member.name));
            }
            near_miss(&self.file, lists, &member.name, options)?;
            if !ignored(options, &member.name) {
                self.check_order(other, options, &mut told)?;
                self.hint_of(other, &mut told);
            }
            told.not_used(format!("array {}", member.name));
        }
        let array = self.open(index, options.shape)?;
        let ids = lists.ids(self.file.path(), options.ids.as_deref(), array.arrangement().facts(), &mut told)?;
        let Some(ids) = ids else {
            let facts = array.arrangement().facts();
            return Err(ids_missing(&self.file, name, facts, "in an array `facts` of the archive"));
        };
        let keys = lists.named(ids, &mut told, &self.file)?;
        Ok(Box::new(Stack::new(array, keys, &told, options)?))
    }

    /// Texts that no format reads may hold a language.
    fn hint_of(&self, index: usize, told: &mut Told) {
        let Ok(list) = self.list(index, Role::Language) else { return };
        match &list.values[..] {
            [one] => told.hint_of_text(&list.name, one, "an array"),
            all => told.hint_of_list(&list.name, all, "an array"),
        }
    }

    /// A list of one dimension, or of none: one value for all facts.
    fn list(&self, index: usize, role: Role) -> Result<List, ImportError> {
        let member = &self.members[index];
        let (header, mut reader) = self.header(member)?;
        let at = || self.file.at(self.place(member));
        let kinds = match role {
            Role::Prompt => "iufUS",
            Role::Fact | Role::Relation | Role::Run => "USiu",
            _ => "US",
        };
        let mut descr = header.descr.chars();
        let (order, kind) = (descr.next(), descr.next());
        // Of values without bytes, a file of any size could promise any number.
        let number: Option<usize> = descr.as_str().parse().ok().filter(|&number| number > 0);
        let (Some(order), Some(kind), Some(number)) = (order, kind.filter(|&kind| kinds.contains(kind)), number) else {
            let expected = match role {
                Role::Prompt => "whole numbers, or texts of them",
                Role::Fact | Role::Relation | Role::Run => {
                    "strings (`numpy.array([...], dtype=str)`, not objects) or whole numbers"
                }
                _ => "strings (`numpy.array([...], dtype=str)`, not objects)",
            };
            let (found, expected) = (format!("`{}`", header.descr), expected.to_owned());
            return Err(ImportError::BadType { at: at(), found, expected });
        };
        // `U` counts code points of four bytes.
        let size = number.saturating_mul(if kind == 'U' { 4 } else { 1 });
        let (count, single) = match *header.dims {
            [] => (1, true),
            [count] => (count as usize, false),
            _ => {
                let (found, expected) = (dims_text(&header.dims), "(facts,)".to_owned());
                return Err(ImportError::BadShape { at: at(), found, expected });
            }
        };
        self.check_size(member, &header, size)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| ImportError::Damaged {
            at: at(),
            format: "an array",
            problem: of_reading(&error),
        })?;
        let values = (0..count).map(|at| {
            let element = &bytes[at * size..(at + 1) * size];
            value(kind, order == '>', element).ok_or_else(|| ImportError::Unexpected {
                at: self.file.at(Place::Tensor { name: member.name.clone(), index: Some(at as u64) }),
                found: if role == Role::Prompt {
                    "a number that is no whole number".to_owned()
                } else {
                    "a string that is not Unicode".to_owned()
                },
                expected: if role == Role::Prompt { "the number of a prompt, from 0" } else { "text" }.to_owned(),
            })
        });
        let values = values.collect::<Result<_, _>>()?;
        Ok(List { name: member.name.clone(), by: format!("the array `{}`", member.name), values, single })
    }
}

/// An element of a list as text.
fn value(kind: char, big_endian: bool, bytes: &[u8]) -> Option<String> {
    let ordered =
        |bytes: &[u8]| -> Vec<u8> { if big_endian { bytes.iter().rev().copied().collect() } else { bytes.to_vec() } };
    match kind {
        'U' => {
            let characters = bytes.as_chunks::<4>().0.iter().map(|word| {
                char::from_u32(if big_endian { u32::from_be_bytes(*word) } else { u32::from_le_bytes(*word) })
            });
            characters.collect::<Option<String>>().map(|text| text.trim_end_matches('\0').to_owned())
        }
        'S' => String::from_utf8(bytes.to_vec()).ok().map(|text| text.trim_end_matches('\0').to_owned()),
        'f' => {
            let number = match *ordered(bytes) {
                [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
                [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
                _ => return None,
            };
            (number.fract() == 0.0).then(|| number.to_string())
        }
        _ => {
            let mut word = [0; 16];
            let bytes = ordered(bytes);
            if bytes.is_empty() || bytes.len() > 8 {
                return None;
            }
            word[..bytes.len()].copy_from_slice(&bytes);
            if kind == 'i' && bytes[bytes.len() - 1] >= 0x80 {
                word[bytes.len()..].fill(0xFF);
            }
            Some(i128::from_le_bytes(word).to_string())
        }
    }
}

impl Members for Arrays {
    fn file(&self) -> &Mapped {
        &self.file
    }

    fn count(&self) -> usize {
        self.members.len()
    }

    fn name(&self, index: usize) -> &str {
        &self.members[index].name
    }

    fn open(&self, index: usize, shape: Shape) -> Result<Array, ImportError> {
        let member = &self.members[index];
        let at = || self.file.at(self.place(member));
        let (header, mut reader) = self.header(member)?;
        let element = element(&header.descr, at)?;
        self.check_size(member, &header, element.size())?;
        let body = if header.fortran {
            if member.size > LARGEST_UNPACKED {
                return Err(ImportError::Unexpected {
                    at: at(),
                    found: format!("{} bytes in Fortran order inside an archive", member.size),
                    expected: format!(
                        "at most {LARGEST_UNPACKED}, or C order (numpy.ascontiguousarray), which is read fact by fact"
                    ),
                });
            }
            if Arrangement::of(&header.dims, shape).is_none() {
                return Err(crate::source::tensor::bad_shape(at(), &header.dims, shape));
            }
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map_err(|error| ImportError::Damaged {
                at: at(),
                format: "an array",
                problem: of_reading(&error),
            })?;
            Body::Strided(Box::new(bytes))
        } else {
            Body::Stream(reader)
        };
        Array::new(&self.file, &member.name, element, &header.dims, body, shape)
    }
}
