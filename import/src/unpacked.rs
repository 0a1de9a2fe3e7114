//! Packed files (`.gz`, `.zst`) as one slice of bytes: unpacked once into a temporary file that has no name.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{ImportError, Location, Place};
use crate::mapped::Mapped;

/// How a file is packed, by its first bytes: names may lie.
#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstandard,
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstandard => "zstd",
        }
    }
}

impl Mapped {
    /// Maps a file that has content, unpacked if it is packed; places in it are those of the content.
    pub fn unpacked(path: &Path, expected: &str) -> Result<Self, ImportError> {
        let packed = Self::open(path, expected)?;
        let Some(packing) = Packing::of(packed.bytes()) else { return Ok(packed) };
        drop(packed);
        let io = |doing| move |source| ImportError::Io { file: path.to_owned(), doing, source };
        let source = BufReader::new(File::open(path).map_err(io("open"))?);
        let mut target = BufWriter::new(tempfile::tempfile().map_err(io("unpack"))?);
        unpack(packing, source, &mut target).map_err(|problem| match problem {
            Unpack::Write(source) => io("unpack")(source),
            Unpack::Read(problem) => ImportError::Damaged {
                at: Box::new(Location { file: path.to_owned(), place: Place::File }),
                format: packing.name(),
                problem,
            },
        })?;
        let mut file = target.into_inner().map_err(|error| io("unpack")(error.into_error()))?;
        file.rewind().map_err(io("unpack"))?;
        Self::of_file(path, &file, expected)
    }
}

/// What went wrong: with the packed file, or with the place for its content.
enum Unpack {
    Read(String),
    Write(io::Error),
}

fn unpack(packing: Packing, source: BufReader<File>, target: &mut impl Write) -> Result<(), Unpack> {
    match packing {
        Packing::Gzip => copy(&mut MultiGzDecoder::new(source), target),
        Packing::Zstandard => {
            let frames = zstd::stream::read::Decoder::with_buffer(source);
            copy(&mut frames.map_err(|error| Unpack::Read(error.to_string()))?, target)
        }
    }
}

fn copy(source: &mut impl Read, target: &mut impl Write) -> Result<(), Unpack> {
    let mut buffer = vec![0; 128 << 10];
    loop {
        match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => target.write_all(&buffer[..length]).map_err(Unpack::Write)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Unpack::Read(error.to_string())),
        }
    }
}
