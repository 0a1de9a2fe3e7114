//! Members of a zip archive as readers over the mapped file, with sizes checked before unpacking
//! and checksums compared at the end.
//!
//! Only what NumPy writes: stored and deflated members, not encrypted.

use std::io::{self, Cursor, Read};

use crc32fast::Hasher;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::source::array::Slice;

/// Deflate cannot shrink by more than this (RFC 1951: 258 bytes from 2 bits).
const BEST_RATIO: u64 = 1032;

/// A member of an archive.
pub(crate) struct Member {
    /// Name without `.npy`.
    pub name: String,
    deflated: bool,
    start: usize,
    compressed: usize,
    /// Bytes when unpacked, as the directory says.
    pub size: u64,
    checksum: u32,
}

/// The arrays of an archive, in its order.
pub(crate) fn members(file: &Mapped) -> Result<Vec<Member>, ImportError> {
    let damaged = |problem: String| ImportError::Damaged { at: file.at(Place::File), format: "npz", problem };
    let mut archive = ZipArchive::new(Cursor::new(file.bytes())).map_err(|error| damaged(error.to_string()))?;
    let mut members = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index).map_err(|error| damaged(error.to_string()))?;
        let full_name = member.name().map_err(|error| damaged(error.to_string()))?.into_owned();
        let at = || file.at(Place::Tensor { name: full_name.clone(), index: None });
        let Some(name) = full_name.strip_suffix(".npy") else {
            return Err(ImportError::Unexpected {
                at: at(),
                found: "a member that is not an array".to_owned(),
                expected: "only members named `….npy`, as numpy.savez writes them".to_owned(),
            });
        };
        let deflated = match member.compression() {
            CompressionMethod::Stored if !member.encrypted() => false,
            CompressionMethod::DEFLATE if !member.encrypted() => true,
            other => {
                let found = if member.encrypted() { "encryption".to_owned() } else { other.to_string() };
                return Err(ImportError::BadType {
                    at: at(),
                    found,
                    expected: "stored or deflated members, as numpy.savez and numpy.savez_compressed write them"
                        .to_owned(),
                });
            }
        };
        let (compressed, size, start) =
            (member.compressed_size(), member.size(), member.data_start().unwrap_or(u64::MAX));
        let left = file.len().saturating_sub(start);
        let most = if deflated { compressed.saturating_mul(BEST_RATIO) } else { compressed };
        for (what, claimed, held) in [("the packed array", compressed, left), ("the array", size, most)] {
            if claimed > held {
                return Err(ImportError::Oversized { at: at(), what, claimed: u128::from(claimed), held });
            }
        }
        members.push(Member {
            name: name.to_owned(),
            deflated,
            start: start as usize,
            compressed: compressed as usize,
            size,
            checksum: member.crc32(),
        });
    }
    Ok(members)
}

impl Member {
    /// The member's bytes. Reading past its end compares size and checksum.
    pub fn reader(&self, file: &Mapped) -> Box<dyn Read + Send> {
        let raw = Cursor::new(Slice { file: file.clone(), start: self.start, length: self.compressed });
        let (left, checksum) = (self.size, self.checksum);
        match self.deflated {
            true => Box::new(Checked { inner: DeflateDecoder::new(raw), hasher: Hasher::new(), left, checksum }),
            false => Box::new(Checked { inner: raw, hasher: Hasher::new(), left, checksum }),
        }
    }
}

/// A reader that knows how much it must give, and with which checksum.
struct Checked<R> {
    inner: R,
    hasher: Hasher,
    left: u64,
    checksum: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wrong = |problem: &str| Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        let read = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(read as u64) else {
            return wrong("it unpacks to more bytes than the archive's directory says");
        };
        self.left = left;
        self.hasher.update(&buffer[..read]);
        if read > 0 || buffer.is_empty() {
            return Ok(read);
        }
        if left > 0 {
            return wrong("it unpacks to fewer bytes than the archive's directory says");
        }
        match self.hasher.clone().finalize() == self.checksum {
            true => Ok(0),
            false => wrong("its checksum does not agree with its bytes"),
        }
    }
}
