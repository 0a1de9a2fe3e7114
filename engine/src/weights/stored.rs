//! A tensor where it lies, and its values as f32.

use super::gguf::GgufTensor;
use super::mapped::Source;
use burn::store::pytorch_reader::{DType as PytorchType, Tensor as PytorchTensor};
use safetensors::Dtype;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Values that are read at a time: a mebibyte of f32.
pub const PART: usize = 1 << 18;

/// A tensor of a file.
#[derive(Clone)]
pub enum Stored {
    /// In a safetensors file.
    Raw {
        /// The file, open: what is read is what was checked.
        file: Arc<Source>,
        /// Its first byte.
        start: u64,
        /// Its shape.
        shape: Vec<usize>,
        /// Its type.
        dtype: Dtype,
    },
    /// In one of PyTorch's own files.
    Pytorch(PytorchTensor),
    /// In a GGUF file, in whatever type; its values are those of f32.
    Gguf(GgufTensor),
}

/// A type whose values are real numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    F32,
    F16,
    Bf16,
    F64,
}

impl Kind {
    pub fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The name that safetensors files have for it.
    pub fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::BF16,
            Self::F64 => Dtype::F64,
        }
    }

    /// Little-endian bytes of a value, rounded to it.
    pub fn bytes(self, value: f32) -> Vec<u8> {
        match self {
            Self::F32 => value.to_le_bytes().to_vec(),
            Self::F16 => half::f16::from_f32(value).to_le_bytes().to_vec(),
            Self::Bf16 => half::bf16::from_f32(value).to_le_bytes().to_vec(),
            Self::F64 => f64::from(value).to_le_bytes().to_vec(),
        }
    }

    /// As safetensors names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
            Self::F64 => "F64",
        }
    }

    /// A value as it is read again from its bytes.
    pub fn rounded(self, value: f32) -> f32 {
        match self {
            Self::F16 => half::f16::from_f32(value).to_f32(),
            Self::Bf16 => half::bf16::from_f32(value).to_f32(),
            Self::F32 | Self::F64 => value,
        }
    }

    /// Whether all values of little-endian bytes are finite numbers.
    pub fn are_finite(self, bytes: &[u8]) -> bool {
        match self {
            Self::F64 => bytes.as_chunks().0.iter().all(|b| f64::from_le_bytes(*b).is_finite()),
            _ => {
                let mut values = Vec::new();
                self.append(bytes, &mut values);
                values.iter().all(|value| value.is_finite())
            }
        }
    }

    /// Appends values of little-endian bytes.
    fn append(self, bytes: &[u8], values: &mut Vec<f32>) {
        match self {
            Self::F32 => values.extend(bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b))),
            Self::F16 => values.extend(bytes.as_chunks().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32())),
            Self::Bf16 => values.extend(bytes.as_chunks().0.iter().map(|b| half::bf16::from_le_bytes(*b).to_f32())),
            Self::F64 => values.extend(bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b) as f32)),
        }
    }
}

/// The bytes of a tensor.
pub enum StoredBytes {
    /// Part of a mapped file.
    Mapped(Arc<memmap2::Mmap>, std::ops::Range<usize>),
    /// Their own memory.
    Read(Vec<u8>),
}

impl AsRef<[u8]> for StoredBytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            // Tensors were checked to lie within the file when it was opened.
            Self::Mapped(map, range) => map.get(range.clone()).unwrap_or_default(),
            Self::Read(bytes) => bytes,
        }
    }
}

impl Stored {
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Raw { shape, .. } => shape,
            Self::Pytorch(tensor) => tensor.shape(),
            Self::Gguf(tensor) => tensor.shape(),
        }
    }

    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape().iter().product()
    }

    /// Its type, or the name of one that is none of real numbers.
    pub fn kind(&self) -> Result<Kind, String> {
        match self {
            Self::Raw { dtype, .. } => match dtype {
                Dtype::F32 => Ok(Kind::F32),
                Dtype::F16 => Ok(Kind::F16),
                Dtype::BF16 => Ok(Kind::Bf16),
                Dtype::F64 => Ok(Kind::F64),
                other => Err(format!("{other:?}")),
            },
            Self::Pytorch(tensor) => match tensor.dtype() {
                PytorchType::F32 => Ok(Kind::F32),
                PytorchType::F16 => Ok(Kind::F16),
                PytorchType::BF16 => Ok(Kind::Bf16),
                PytorchType::F64 => Ok(Kind::F64),
                other => Err(format!("{other:?}")),
            },
            Self::Gguf(_) => Ok(Kind::F32),
        }
    }

    /// Whether both are the same bytes of the same file.
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Raw { file, start, dtype, .. }, Self::Raw { file: file2, start: start2, dtype: dtype2, .. }) => {
                Arc::ptr_eq(file, file2) && start == start2 && dtype == dtype2 && self.count() > 0
            }
            (Self::Gguf(one), Self::Gguf(two)) => one.is_same_place(two),
            _ => false,
        }
    }

    /// Whether both have the same bytes, where they are of one type in files that can be mapped: nothing is copied.
    pub fn has_bytes_of(&self, other: &Self) -> Option<io::Result<bool>> {
        let bytes = |stored: &Self| match stored {
            Self::Raw { file, start, .. } => {
                let (start, size) = (*start as usize, stored.count() * stored.kind().ok()?.size());
                Some(file.map().map(|map| (map, start..start + size)))
            }
            Self::Pytorch(_) | Self::Gguf(_) => None,
        };
        if self.kind().ok()? != other.kind().ok()? {
            return None;
        }
        Some(bytes(self)?.and_then(|(one, here)| {
            let (two, there) = bytes(other).ok_or(io::ErrorKind::Unsupported)??;
            Ok(one.get(here) == two.get(there))
        }))
    }

    /// Whether both have one shape and, to the bit, the same values of one type. Types of no real numbers are told by their
    /// place alone.
    pub fn is_equal(&self, other: &Self) -> io::Result<bool> {
        if self.is_same_place(other) {
            return Ok(true);
        }
        let kinds = self.kind().ok().zip(other.kind().ok());
        if self.shape() != other.shape() || kinds.is_none_or(|(one, two)| one != two) {
            return Ok(false);
        }
        let (mut values, mut equal) = (Vec::new(), true);
        self.read(1, |_, part| values.extend(part.iter().map(|value| value.to_bits())))?;
        other.read(1, |first, part| {
            let there = values.get(first..first + part.len());
            equal &= there.is_some_and(|there| part.iter().map(|value| value.to_bits()).eq(there.iter().copied()));
        })?;
        Ok(equal)
    }

    /// Its bytes as the file has them; mapped ones take no memory.
    pub fn bytes(&self) -> io::Result<StoredBytes> {
        match self {
            Self::Raw { file, start, .. } => {
                let size = self.count() * self.kind().map_err(io::Error::other)?.size();
                Ok(StoredBytes::Mapped(file.map()?, *start as usize..*start as usize + size))
            }
            Self::Pytorch(tensor) => Ok(StoredBytes::Read(tensor.read()?)),
            // Blocks of another form than any that safetensors files have.
            Self::Gguf(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Reads it in parts, each a multiple of `step` values, with the index of its first value.
    pub fn read(&self, step: usize, mut each: impl FnMut(usize, &[f32])) -> io::Result<()> {
        let kind = self.kind().map_err(io::Error::other)?;
        let (count, part) = (self.count(), (PART / step.max(1)).max(1) * step.max(1));
        let mut values = Vec::with_capacity(part.min(count));
        match self {
            Self::Raw { file, start, .. } => {
                let mut file = file.file();
                let mut bytes = vec![0; part.min(count) * kind.size()];
                file.seek(SeekFrom::Start(*start))?;
                for first in (0..count).step_by(part) {
                    let bytes = &mut bytes[..part.min(count - first) * kind.size()];
                    file.read_exact(bytes)?;
                    values.clear();
                    kind.append(bytes, &mut values);
                    each(first, &values);
                }
            }
            Self::Pytorch(tensor) => {
                let bytes = tensor.read()?;
                for (i, bytes) in bytes.chunks(part * kind.size()).enumerate() {
                    values.clear();
                    kind.append(bytes, &mut values);
                    each(i * part, &values);
                }
            }
            Self::Gguf(tensor) => tensor.read(step, each)?,
        }
        Ok(())
    }
}
