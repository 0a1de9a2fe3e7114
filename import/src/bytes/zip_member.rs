//! Members of a zip archive as readers over the mapped file, with sizes checked before unpacking
//! and checksums compared at the end.
//!
//! Only what NumPy writes: stored and deflated members, not encrypted.

use std::collections::HashSet;
use std::io::{self, Cursor, Read};

use crc32fast::Hasher;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use crate::bytes::broken;
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
    let mut archive =
        ZipArchive::new(Cursor::new(file.bytes())).map_err(|error| damaged(broken::of_archive(file, &error)))?;
    if let Some(name) = repeated_name(file.bytes(), archive.central_directory_start()) {
        return Err(ImportError::Unexpected {
            at: file.at(Place::Tensor { name: name.clone(), index: None }),
            found: "a second member of this name".to_owned(),
            expected: "each name once; write the archive again".to_owned(),
        });
    }
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

/// The first name that the central directory lists twice: of two such members the library keeps the last.
/// Layout of an entry: APPNOTE.TXT of PKWARE, 4.3.12.
fn repeated_name(bytes: &[u8], start: u64) -> Option<String> {
    const SIGNATURE: &[u8] = b"PK\x01\x02";
    const FIXED: usize = 46;
    let mut seen = HashSet::new();
    let mut rest = bytes.get(usize::try_from(start).ok()?..)?;
    while rest.starts_with(SIGNATURE) {
        let length = |at: usize| rest.get(at..at + 2).map(|two| usize::from(u16::from_le_bytes([two[0], two[1]])));
        let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
        let name = rest.get(FIXED..FIXED + name)?;
        if !seen.insert(name) {
            return Some(String::from_utf8_lossy(name).into_owned());
        }
        rest = rest.get(FIXED + name.len() + extra + comment..)?;
    }
    None
}

impl Member {
    /// The member's bytes. Reading past its end compares size and checksum.
    pub fn reader(&self, file: &Mapped) -> Box<dyn Read + Send> {
        let raw = Cursor::new(Slice { file: file.clone(), start: self.start, length: self.compressed });
        let (left, checksum) = (self.size, self.checksum);
        if self.deflated {
            Box::new(Checked { inner: DeflateDecoder::new(raw), hasher: Hasher::new(), left, checksum })
        } else {
            Box::new(Checked { inner: raw, hasher: Hasher::new(), left, checksum })
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
        if self.hasher.clone().finalize() == self.checksum {
            return Ok(0);
        }
        wrong("its checksum does not agree with its bytes")
    }
}
