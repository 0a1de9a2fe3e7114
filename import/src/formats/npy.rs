//! NumPy `.npy`: `(layers, width)` is the fact of the file's name; `(facts, layers, width)` and
//! `(facts, layers × width)` take their ids from a file beside it or from an option.
//!
//! Types f2, f4 and f8, either byte order, C and Fortran order.

use std::io;
use std::path::Path;

use crate::bytes::mapped::Mapped;
use crate::bytes::npy_header::{MAGIC, NpyHeader};
use crate::error::{ImportError, Location, Place};
use crate::format::{Context, Format, Probe, Source};
use crate::source::array::{Array, Body, Slice};
use crate::source::ids::{beside, ids_of};
use crate::source::lists::Lists;
use crate::source::stack::{Stack, ids_missing};
use crate::source::tensor::{Arrangement, Element, Float, bytes_of, stem};
use crate::source::told::Row;

pub(crate) struct Npy;

impl Format for Npy {
    fn name(&self) -> &'static str {
        "npy"
    }

    fn about(&self) -> &'static str {
        "NumPy array of scores, one fact's or many facts'"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["npy"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        probe.head.starts_with(MAGIC)
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let options = context.options;
        let file = Mapped::open(path, "a NumPy array")?;
        let name = stem(path);
        let at = || file.at(Place::File);
        let header = NpyHeader::read(&mut file.bytes()).map_err(|problem| ImportError::Damaged {
            at: at(),
            format: "npy",
            problem,
        })?;
        let element = element(&header.descr, at)?;
        let (claimed, held) = (bytes_of(&header.dims, element.size()), file.len() - header.length as u64);
        if claimed != u128::from(held) {
            return Err(ImportError::Oversized { at: at(), what: "the array", claimed, held });
        }
        let data = Slice { file: file.clone(), start: header.length, length: held as usize };
        let body =
            if header.fortran { Body::Strided(Box::new(data)) } else { Body::Stream(Box::new(io::Cursor::new(data))) };
        let array = Array::new(&file, &name, element, &header.dims, body, options.shape)?;
        let mut told = context.told(path)?;
        let keys = match (array.arrangement(), ids_of(path, options.ids.as_deref(), &mut told)?) {
            (arrangement, Some(list)) => {
                told.hint_of_name(path);
                Lists::default().named(list.check(arrangement.facts())?, &mut told, &file)?
            }
            // The file's name is the fact's id.
            (Arrangement::One, None) => vec![told.named(name, Row::default(), &at)?],
            (arrangement, None) => {
                let beside = beside(path);
                let place = format!("in `{}` or `{}`", beside[0].display(), beside[1].display());
                return Err(ids_missing(&file, &name, arrangement.facts(), &place));
            }
        };
        Ok(Box::new(Stack::new(array, keys, &told, options)?))
    }
}

/// The element type of a NumPy type string.
pub(super) fn element(descr: &str, at: impl Fn() -> Box<Location>) -> Result<Element, ImportError> {
    let (order, code) = descr.split_at(descr.chars().next().map_or(0, char::len_utf8));
    let float = match code {
        "f2" => Some(Float::F16),
        "f4" => Some(Float::F32),
        "f8" => Some(Float::F64),
        _ => None,
    };
    match (order, float) {
        ("<" | ">", Some(float)) => Ok(Element { float, big_endian: order == ">" }),
        _ => Err(ImportError::BadType {
            at: at(),
            found: format!("`{descr}`"),
            expected: "f2, f4 or f8 (convert with `.astype(\"float32\")`)".to_owned(),
        }),
    }
}
