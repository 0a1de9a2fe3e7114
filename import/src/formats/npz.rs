//! NumPy `.npz`: an array a fact, named by its id or `fact/language/prompt`; or arrays `scores` and
//! `facts` (or `ids`), optionally `languages` and `prompts`, with one element a fact.
//!
//! An archive with one unnamed array of many facts (`arr_0`) is read like `scores`.

use std::io::Read;
use std::path::Path;

use kndb_storage::Shape;

use super::npy::element;
use crate::bytes::mapped::Mapped;
use crate::bytes::npy_header::NpyHeader;
use crate::bytes::zip_member::{Member, members};
use crate::error::{ImportError, Place};
use crate::format::Probe;
use crate::format::{Format, Source};
use crate::options::Options;
use crate::source::archive::{Archive, Members};
use crate::source::array::{Array, Body};
use crate::source::ids::ids_of;
use crate::source::stack::{Stack, ids_missing, keys, lengths_differ};
use crate::source::tensor::{Arrangement, bytes_of, dims_text};

/// The array of all facts' scores, and numpy's name for an array given none.
const SCORES: &str = "scores";
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

    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "a NumPy archive")?;
        let arrays = Arrays { members: members(&file)?, file };
        if let Some(index) = arrays.index_of(SCORES) {
            return arrays.stack(index, options);
        }
        if arrays.members.len() == 1
            && arrays.index_of(UNNAMED) == Some(0)
            && arrays.open(0, options.shape)?.arrangement() != Arrangement::One
        {
            return arrays.stack(0, options);
        }
        Ok(Box::new(Archive::new(arrays, options)))
    }
}

struct Arrays {
    file: Mapped,
    members: Vec<Member>,
}

impl Arrays {
    fn index_of(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == name)
    }

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

    fn stack(&self, index: usize, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let array = self.open(index, options.shape)?;
        let facts = array.arrangement().facts();
        let own = ["facts", "ids"].into_iter().find_map(|name| self.index_of(name));
        let ids = match (&options.ids, own) {
            (None, Some(own)) => self.strings(own)?,
            (option, _) => match ids_of(self.file.path(), option.as_deref())? {
                Some(list) => list.check(facts)?,
                None => {
                    let name = &self.members[index].name;
                    return Err(ids_missing(&self.file, name, facts, "in an array `facts` of the archive"));
                }
            },
        };
        let languages = self.index_of("languages").map(|index| self.strings(index)).transpose()?;
        let prompts = self.index_of("prompts").map(|index| self.prompts(index)).transpose()?;
        let differ = |what: &str, found, facts| lengths_differ(&self.file, what, found, facts);
        let keys = keys(ids, languages, prompts, options, differ)?;
        Ok(Box::new(Stack::new(array, keys)?))
    }

    /// A list array's elements as bytes of the size that `size` reads from the type's number.
    fn list(&self, index: usize, kinds: &str, expected: &str) -> Result<List, ImportError> {
        let member = &self.members[index];
        let (header, mut reader) = self.header(member)?;
        let at = || self.file.at(self.place(member));
        let mut descr = header.descr.chars();
        let (order, kind) = (descr.next(), descr.next());
        let number: Option<usize> = descr.as_str().parse().ok();
        let (Some(order), Some(kind), Some(number)) = (order, kind.filter(|&kind| kinds.contains(kind)), number) else {
            return Err(ImportError::BadType {
                at: at(),
                found: format!("`{}`", header.descr),
                expected: expected.to_owned(),
            });
        };
        // `U` counts code points of four bytes.
        let size = number.saturating_mul(if kind == 'U' { 4 } else { 1 });
        let [count] = *header.dims else {
            let (found, expected) = (dims_text(&header.dims), "(facts,)".to_owned());
            return Err(ImportError::BadShape { at: at(), found, expected });
        };
        self.check_size(member, &header, size)?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).map_err(|error| ImportError::Damaged {
            at: at(),
            format: "an array",
            problem: error.to_string(),
        })?;
        Ok(List { bytes, count: count as usize, size, kind, big_endian: order == '>' })
    }

    fn strings(&self, index: usize) -> Result<Vec<String>, ImportError> {
        let list = self.list(index, "US", "strings (`numpy.array([...], dtype=str)`, not objects)")?;
        list.elements().enumerate().map(|(at, bytes)| self.string(index, at, &list, bytes)).collect()
    }

    fn string(&self, index: usize, at: usize, list: &List, bytes: &[u8]) -> Result<String, ImportError> {
        let text = match list.kind {
            'U' => bytes.as_chunks().0.iter().map(|&word| char::from_u32(list.word(word))).collect::<Option<String>>(),
            _ => String::from_utf8(bytes.to_vec()).ok(),
        };
        let text = text.map(|text| text.trim_end_matches('\0').to_owned());
        text.ok_or_else(|| ImportError::Unexpected {
            at: self.file.at(Place::Tensor { name: self.members[index].name.clone(), index: Some(at as u64) }),
            found: "a string that is not Unicode".to_owned(),
            expected: "text".to_owned(),
        })
    }

    fn prompts(&self, index: usize) -> Result<Vec<u16>, ImportError> {
        let list = self.list(index, "iu", "whole numbers")?;
        let number = |(at, bytes): (usize, &[u8])| {
            let digits: Vec<u8> = match list.big_endian {
                true => bytes.to_vec(),
                false => bytes.iter().rev().copied().collect(),
            };
            let fits = digits.len() >= 2 && digits[..digits.len() - 2].iter().all(|&digit| digit == 0);
            match *digits {
                [one] if list.kind == 'u' || one < 0x80 => Ok(u16::from(one)),
                [.., high, low] if fits && (list.kind == 'u' || digits[0] < 0x80) => {
                    Ok(u16::from_be_bytes([high, low]))
                }
                _ => Err(ImportError::Unexpected {
                    at: self.file.at(Place::Tensor { name: "prompts".to_owned(), index: Some(at as u64) }),
                    found: "a prompt that is negative or above 65535".to_owned(),
                    expected: "the number of a prompt, from 0".to_owned(),
                }),
            }
        };
        list.elements().enumerate().map(number).collect()
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
                problem: error.to_string(),
            })?;
            Body::Strided(Box::new(bytes))
        } else {
            Body::Stream(reader)
        };
        Array::new(&self.file, &member.name, element, &header.dims, body, shape)
    }
}

/// The elements of a one-dimensional array.
struct List {
    bytes: Vec<u8>,
    count: usize,
    size: usize,
    kind: char,
    big_endian: bool,
}

impl List {
    fn elements(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.count).map(|index| &self.bytes[index * self.size..(index + 1) * self.size])
    }

    fn word(&self, bytes: [u8; 4]) -> u32 {
        match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        }
    }
}
