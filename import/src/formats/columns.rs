//! The columns of a table of scores: found by name, brought to one type each.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float32Array, Int64Array, LargeStringArray, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Schema};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};

const FACT: &[&str] = &["fact"];
const LANGUAGE: &[&str] = &["language", "lang"];
const PROMPT: &[&str] = &["prompt"];
const LAYER: &[&str] = &["layer"];
const NEURON: &[&str] = &["neuron"];
const SCORE: &[&str] = &["score"];

/// Positions of the columns in a file's schema.
#[derive(Clone, Copy)]
pub(super) struct Columns {
    fact: usize,
    language: Option<usize>,
    prompt: Option<usize>,
    layer: usize,
    neuron: usize,
    score: Option<usize>,
}

/// The kinds of values a column may be read from.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Whole,
    Number,
}

impl Kind {
    fn fits(self, found: &DataType) -> bool {
        match (self, found) {
            (Self::Text, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => true,
            (Self::Whole, found) => found.is_integer(),
            (Self::Number, DataType::Float16 | DataType::Float32 | DataType::Float64) => true,
            (_, DataType::Dictionary(_, values)) => self.fits(values),
            _ => false,
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text => "strings (utf8, large_utf8, string view, or a dictionary of them)",
            Self::Whole => "whole numbers of any width",
            Self::Number => "float16, float32 or float64",
        }
    }
}

impl Columns {
    /// Finds the columns and checks their types.
    pub fn find(schema: &Schema, file: &Mapped) -> Result<Self, ImportError> {
        let find = |names: &[&str], kind: Kind| {
            let found = schema.fields().iter().position(|field| names.contains(&field.name().as_str()));
            let Some(found) = found else { return Ok(None) };
            let field = schema.field(found);
            if kind.fits(field.data_type()) {
                return Ok(Some(found));
            }
            Err(ImportError::BadType {
                at: file.at(Place::Tensor { name: field.name().clone(), index: None }),
                found: format!("`{}`", field.data_type()),
                expected: kind.expected().to_owned(),
            })
        };
        let needed = |names: &[&str], kind| {
            find(names, kind)?.ok_or_else(|| {
                let columns: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                ImportError::Unexpected {
                    at: file.at(Place::File),
                    found: format!("the columns {}", columns.join(", ")),
                    expected: format!(
                        "a column `{}` (columns: fact, language, prompt, layer, neuron, score)",
                        names[0]
                    ),
                }
            })
        };
        Ok(Self {
            fact: needed(FACT, Kind::Text)?,
            language: find(LANGUAGE, Kind::Text)?,
            prompt: find(PROMPT, Kind::Whole)?,
            layer: needed(LAYER, Kind::Whole)?,
            neuron: needed(NEURON, Kind::Whole)?,
            score: find(SCORE, Kind::Number)?,
        })
    }

    /// The positions of the columns that are used, ascending.
    pub fn used(self) -> Vec<usize> {
        let columns = [Some(self.fact), self.language, self.prompt, Some(self.layer), Some(self.neuron), self.score];
        let mut used: Vec<_> = columns.into_iter().flatten().collect();
        used.sort_unstable();
        used
    }

    /// The columns as they are in a file of which only the used ones are read.
    pub fn projected(self) -> Self {
        let used = self.used();
        let to = |column: usize| used.iter().position(|&at| at == column).unwrap_or(column);
        Self {
            fact: to(self.fact),
            language: self.language.map(to),
            prompt: self.prompt.map(to),
            layer: to(self.layer),
            neuron: to(self.neuron),
            score: self.score.map(to),
        }
    }

    /// Whether rows have scores.
    pub fn scored(self) -> bool {
        self.score.is_some()
    }

    /// A batch's columns. `row` is the number of its first row, for messages.
    pub fn read(self, batch: &RecordBatch, file: &Mapped, row: u64) -> Result<Rows, ImportError> {
        let column = |index: usize, to: DataType| {
            let name = batch.schema_ref().field(index).name().clone();
            let array = batch.column(index);
            if let Some(nulls) = array.logical_nulls()
                && let Some(null) = nulls.iter().position(|valid| !valid)
            {
                return Err(ImportError::Unexpected {
                    at: file.at(Place::Row(row + null as u64)),
                    found: format!("a null in column `{name}`"),
                    expected: "a value in every row".to_owned(),
                });
            }
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            let cast = cast_with_options(array, &to, &strict);
            cast.map_err(|error| ImportError::Damaged {
                at: file.at(Place::Tensor { name, index: None }),
                format: "a column",
                problem: error.to_string(),
            })
        };
        let text = |index| column(index, DataType::LargeUtf8).map(|array| array.as_string::<i64>().clone());
        let whole = |index| column(index, DataType::Int64).map(|array| array.as_primitive::<Int64Type>().clone());
        let number = |index| {
            let array: Result<ArrayRef, _> = column(index, DataType::Float32);
            array.map(|array| array.as_primitive::<Float32Type>().clone())
        };
        Ok(Rows {
            fact: text(self.fact)?,
            language: self.language.map(text).transpose()?,
            prompt: self.prompt.map(whole).transpose()?,
            layer: whole(self.layer)?,
            neuron: whole(self.neuron)?,
            score: self.score.map(number).transpose()?,
        })
    }
}

/// The rows of a batch. No value is null.
pub(super) struct Rows {
    pub fact: LargeStringArray,
    pub language: Option<LargeStringArray>,
    pub prompt: Option<Int64Array>,
    pub layer: Int64Array,
    pub neuron: Int64Array,
    pub score: Option<Float32Array>,
}
