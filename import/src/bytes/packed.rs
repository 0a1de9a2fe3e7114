//! Packed files of text: gzip and Zstandard, known by their first bytes.
//!
//! What comes out goes to a temporary file without a name. It may not be more than [`MOST`] times what went
//! in: text of neurons and scores packs to a tenth or a thirtieth, a bomb to a thousandth.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

use crate::bytes::broken;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};

/// How many times larger than packed a file may be, and from which size on that matters.
const MOST: u64 = 200;
const SMALL: u64 = 64 << 20;

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstandard,
}

impl Packing {
    /// The packing that a file's first bytes show (RFC 1952 and RFC 8878).
    pub fn of(head: &[u8]) -> Option<Self> {
        let zstandard = head.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]);
        let gzip = head.starts_with(&[0x1F, 0x8B]);
        gzip.then_some(Self::Gzip).or_else(|| zstandard.then_some(Self::Zstandard))
    }

    /// File name extensions of packed files.
    pub const EXTENSIONS: [&str; 2] = ["gz", "zst"];

    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "Zstandard",
        }
    }

    /// A reader of what is packed. Several streams one after the other are read as one.
    pub fn reader<'a>(self, packed: &'a [u8]) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            // Its window is at most 128 MiB unless more is allowed.
            Self::Zstandard => Box::new(zstd::stream::read::Decoder::with_buffer(packed)?),
        })
    }

    /// The first bytes of what is packed; fewer where it is damaged, which is told when it is read as a whole.
    pub fn head(self, packed: &[u8], length: usize) -> Vec<u8> {
        let mut head = Vec::new();
        if let Ok(reader) = self.reader(packed) {
            let _ = reader.take(length as u64).read_to_end(&mut head);
        }
        head
    }

    /// Unpacks into a temporary file that goes when it is closed.
    pub fn unpack(self, packed: &Mapped) -> Result<File, ImportError> {
        let failed = |source| ImportError::Io { file: packed.path().to_owned(), doing: "unpack", source };
        let damaged = |error: &io::Error, unpacked| ImportError::Damaged {
            at: packed.at(Place::File),
            format: self.name(),
            problem: broken::of_unpacking(error, unpacked),
        };
        let mut file = tempfile::tempfile().map_err(failed)?;
        let most = packed.len().saturating_mul(MOST).max(SMALL);
        let mut reader = self.reader(packed.bytes()).map_err(|error| damaged(&error, 0))?;
        let mut buffer = vec![0; 1 << 16];
        let mut unpacked = 0_u64;
        loop {
            let read = reader.read(&mut buffer).map_err(|error| damaged(&error, unpacked))?;
            if read == 0 {
                break;
            }
            unpacked += read as u64;
            if unpacked > most {
                return Err(ImportError::Unexpected {
                    at: packed.at(Place::File),
                    found: format!("{} bytes that unpack to more than {most}", packed.len()),
                    expected: format!("at most {MOST} times as many; unpack it yourself if that is right"),
                });
            }
            io::Write::write_all(&mut file, &buffer[..read]).map_err(failed)?;
        }
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(file)
    }
}
