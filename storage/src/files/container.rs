//! The envelope of every immutable file: sections of raw bytes, a directory that names them, checksums.
//!
//! Opening reads the trailer and the directory only; a section is checked against its checksum the
//! first time it is used ([`Checked`]). The bytes: `docs/format.md`, "What do all files share?".

use crate::error::{Error, Result};
use crate::files::mapped::{Bytes, RELEASED_BYTES};
use rkyv::{Archive, Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// Version of the layout of segment and dictionary files, and of the store as a whole: what is written.
pub const FORMAT_VERSION: u32 = 2;
/// The oldest version that is read. What differs between versions: `docs/format.md`, "How do versions change?".
pub const OLDEST_FORMAT: u32 = 1;

/// Length of what ends every file: `docs/format.md`, "What do all files share?".
pub(crate) const TRAILER: usize = 40;

/// Where a section lies in its file, and the checksum of its bytes.
#[derive(Archive, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub offset: u64,
    pub len: u64,
    pub xxh3: u64,
}

impl Section {
    /// As in the directory of a file with one section.
    pub(crate) fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.len.to_le_bytes());
        bytes[16..].copy_from_slice(&self.xxh3.to_le_bytes());
        bytes
    }

    /// `None` unless it is such a directory.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [offset, len, xxh3] = bytes.as_chunks::<8>().0 else { return None };
        let [offset, len, xxh3] = [offset, len, xxh3].map(|number| u64::from_le_bytes(*number));
        (bytes.len() == 24).then_some(Self { offset, len, xxh3 })
    }
}

impl ArchivedSection {
    pub(crate) fn get(&self) -> Section {
        Section { offset: self.offset.into(), len: self.len.into(), xxh3: self.xxh3.into() }
    }
}

/// A section that is compared with its checksum on first use.
pub(crate) struct Checked {
    pub(crate) section: Section,
    good: AtomicBool,
}

impl Checked {
    pub(crate) fn new(section: Section) -> Self {
        Self { section, good: AtomicBool::new(false) }
    }
}

/// The magic of a file kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Magic {
    Segment,
    Dictionary,
    Set,
    Manifest,
}

impl Magic {
    fn bytes(self) -> &'static [u8; 8] {
        match self {
            Self::Segment => b"KNDBSEGM",
            Self::Dictionary => b"KNDBDICT",
            Self::Set => b"KNDBNSET",
            Self::Manifest => b"KNDBMANI",
        }
    }
}

/// Pages of a section of more bytes are given back to the system after its check.
const LARGE: u64 = 4 << 20;

/// An open container file.
pub(crate) struct Container {
    bytes: Bytes,
    path: PathBuf,
    magic: Magic,
    version: u32,
    directory: std::ops::Range<usize>,
}

/// Checks magic, version and checksum of the directory, and says where the directory lies.
fn envelope(bytes: &[u8], path: &Path, magic: Magic) -> Result<(u32, std::ops::Range<usize>)> {
    let bad = |place: &str, found: String, expected: String| Err(Error::corrupt(path, place, found, expected));
    let len = bytes.len();
    if len < 8 + TRAILER {
        return bad("file", format!("{len} bytes"), format!("at least {}", 8 + TRAILER));
    }
    let trailer = &bytes[len - TRAILER..];
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| trailer[at + i]));
    if &bytes[..8] != magic.bytes() || &trailer[32..] != magic.bytes() {
        return bad("magic", format!("{:?}", &bytes[..8]), format!("{magic:?} file"));
    }
    let version = (number(24) & u64::from(u32::MAX)) as u32;
    if !(OLDEST_FORMAT..=FORMAT_VERSION).contains(&version) {
        return Err(Error::format_version(path, version));
    }
    let (offset, size, sum) = (number(0), number(8), number(16));
    let end = offset.checked_add(size);
    if offset < 8 || end != Some((len - TRAILER) as u64) {
        return bad("trailer", format!("directory at {offset}+{size}"), format!("up to {}", len - TRAILER));
    }
    let directory = offset as usize..(offset + size) as usize;
    let found = xxh3_64(&bytes[directory.clone()]);
    if found != sum {
        return bad("directory", format!("checksum {found:016x}"), format!("{sum:016x}"));
    }
    Ok((version, directory))
}

/// The checksum of a file's directory, as its trailer says it; `None` where it is no such file, or is gone.
pub(crate) fn directory_sum(path: &Path) -> Option<u64> {
    let bytes = Bytes::map(path).ok()??;
    let trailer = &bytes[bytes.len().checked_sub(TRAILER)?..];
    trailer.get(16..24)?.try_into().ok().map(u64::from_le_bytes)
}

impl Container {
    /// Fails unless this is the file that a manifest means: another good one of the same length may be in its place.
    pub(crate) fn must_be(&self, expected: Option<u64>) -> Result<()> {
        let found = xxh3_64(self.directory());
        match expected.filter(|&expected| expected != found) {
            None => Ok(()),
            Some(expected) => {
                let say = |sum: u64| format!("a file whose directory has the checksum {sum:016x}");
                Err(Error::corrupt(&self.path, "file", say(found), say(expected)))
            }
        }
    }

    /// Checks the envelope and the directory's checksum.
    pub(crate) fn open(bytes: Bytes, path: &Path, magic: Magic) -> Result<Self> {
        let (version, directory) = envelope(&bytes, path, magic)?;
        Ok(Self { bytes, path: path.to_owned(), magic, version, directory })
    }

    /// The format version that the file says it is of: one that is read.
    pub(crate) fn version(&self) -> u32 {
        self.version
    }

    pub(crate) fn directory(&self) -> &[u8] {
        &self.bytes[self.directory.clone()]
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the pages that were read back to the system.
    pub(crate) fn release(&self) {
        self.bytes.release();
    }

    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Fails unless the section lies within the file.
    pub(crate) fn check_bounds(&self, section: Section, name: &str) -> Result<()> {
        match section.offset.checked_add(section.len) {
            Some(end) if end <= self.directory.start as u64 => Ok(()),
            _ => Err(Error::corrupt(
                &self.path,
                name,
                format!("section {}+{}", section.offset, section.len),
                format!("within {} bytes", self.directory.start),
            )),
        }
    }

    /// A section's bytes without looking at the checksum; bounds were checked at open.
    pub(crate) fn raw(&self, section: Section) -> &[u8] {
        &self.bytes[section.offset as usize..(section.offset + section.len) as usize]
    }

    /// A section's bytes; the first use compares the checksum and runs `check` on them.
    pub(crate) fn checked(
        &self,
        checked: &Checked,
        name: &str,
        check: impl FnOnce(&[u8]) -> Result<(), String>,
    ) -> Result<&[u8]> {
        let bytes = self.raw(checked.section);
        if !checked.good.load(Ordering::Acquire) {
            self.verify(checked.section, name)?;
            check(bytes)
                .map_err(|found| Error::corrupt(&self.path, name, found, "what the format says (docs/format.md)"))?;
            checked.good.store(true, Ordering::Release);
            // A question about everything checks the sections of all files before it reads a fact: their pages would all count as this
            // process's memory by then.
            if checked.section.len > LARGE {
                self.release();
            }
        }
        Ok(bytes)
    }

    /// Checks the envelope and the directory's checksum once more.
    pub(crate) fn verify_envelope(&self) -> Result<()> {
        envelope(&self.bytes, &self.path, self.magic).map(drop)
    }

    /// Compares a section with its checksum, whether or not that was done before.
    pub(crate) fn verify(&self, section: Section, name: &str) -> Result<()> {
        let found = self.checksum(self.raw(section));
        if found == section.xxh3 {
            return Ok(());
        }
        Err(Error::corrupt(&self.path, name, format!("checksum {found:016x}"), format!("{:016x}", section.xxh3)))
    }

    /// Piece by piece where there are many bytes: the pages of those that are done are given back.
    fn checksum(&self, bytes: &[u8]) -> u64 {
        if bytes.len() as u64 <= RELEASED_BYTES {
            return xxh3_64(bytes);
        }
        let mut hash = Xxh3Default::new();
        for piece in bytes.chunks(RELEASED_BYTES as usize) {
            hash.update(piece);
            self.release();
        }
        hash.digest()
    }
}

/// Writes a container: sections one after the other, then the directory.
pub(crate) struct ContainerWriter<W: Write> {
    out: W,
    at: u64,
    magic: Magic,
    open: Option<(u64, Xxh3Default)>,
}

impl<W: Write> ContainerWriter<W> {
    pub(crate) fn new(mut out: W, magic: Magic) -> std::io::Result<Self> {
        out.write_all(magic.bytes())?;
        Ok(Self { out, at: 8, magic, open: None })
    }

    /// Begins a section whose bytes come piece by piece through [`Self::push`].
    pub(crate) fn begin(&mut self) -> std::io::Result<()> {
        let pad = self.at.next_multiple_of(8) - self.at;
        self.out.write_all(&[0; 8][..pad as usize])?;
        self.at += pad;
        self.open = Some((self.at, Xxh3Default::new()));
        Ok(())
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if let Some((_, hash)) = &mut self.open {
            hash.update(bytes);
        }
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    pub(crate) fn end(&mut self) -> Section {
        let (offset, hash) = self.open.take().unwrap_or((self.at, Xxh3Default::new()));
        Section { offset, len: self.at - offset, xxh3: hash.digest() }
    }

    /// A whole section at once.
    pub(crate) fn section(&mut self, bytes: &[u8]) -> std::io::Result<Section> {
        self.begin()?;
        self.push(bytes)?;
        Ok(self.end())
    }

    /// Writes directory and trailer; returns the output and the file's length.
    pub(crate) fn finish(mut self, directory: &[u8]) -> std::io::Result<(W, u64)> {
        self.begin()?;
        let offset = self.at;
        self.push(directory)?;
        let mut trailer = [0; TRAILER];
        trailer[..8].copy_from_slice(&offset.to_le_bytes());
        trailer[8..16].copy_from_slice(&(directory.len() as u64).to_le_bytes());
        trailer[16..24].copy_from_slice(&xxh3_64(directory).to_le_bytes());
        trailer[24..28].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        trailer[32..].copy_from_slice(self.magic.bytes());
        self.out.write_all(&trailer)?;
        Ok((self.out, self.at + TRAILER as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = ContainerWriter::new(Vec::new(), Magic::Segment).expect("to memory");
        let section = writer.section(b"hello").expect("to memory");
        assert_eq!((section.offset, section.len), (8, 5));
        writer.finish(b"directory").expect("to memory").0
    }

    #[test]
    fn a_written_container_opens() {
        let path = Path::new("test.seg");
        let open = Container::open(Bytes::Owned(sample()), path, Magic::Segment).expect("opens");
        assert_eq!(open.directory(), b"directory");
        let section = Section { offset: 8, len: 5, xxh3: xxh3_64(b"hello") };
        assert_eq!(open.checked(&Checked::new(section), "greeting", |_| Ok(())).expect("good"), b"hello");
    }

    #[test]
    fn every_truncation_and_every_changed_directory_byte_is_refused() {
        let path = Path::new("test.seg");
        let good = sample();
        for cut in 0..good.len() {
            let open = Container::open(Bytes::Owned(good[..cut].to_vec()), path, Magic::Segment);
            assert!(open.is_err(), "{cut} bytes of {} opened", good.len());
        }
        for at in (0..8).chain(16..good.len()) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            // Bytes 28..32 of the trailer are reserved and not read.
            let reserved = good.len() - 12..good.len() - 8;
            let open = Container::open(Bytes::Owned(bad), path, Magic::Segment);
            assert_eq!(open.is_err(), !reserved.contains(&at), "byte {at}");
        }
    }

    #[test]
    fn a_changed_section_byte_is_found_on_first_use() {
        let mut bytes = sample();
        bytes[9] ^= 0x20;
        let open = Container::open(Bytes::Owned(bytes), Path::new("test.seg"), Magic::Segment).expect("opens");
        let section = Section { offset: 8, len: 5, xxh3: xxh3_64(b"hello") };
        let error = open.checked(&Checked::new(section), "greeting", |_| Ok(())).expect_err("damaged");
        assert!(error.to_string().contains("greeting: found checksum"), "{error}");
    }
}
