//! A zip archive whose members are not packed: what `.npz` files are. Members of known length, written from front to end.
//!
//! Layout: <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT>, without Zip64: archives stay below 4 GiB.

use std::io::{Result, Write};

/// Names are UTF-8; checksum and length follow the content.
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// "Made by", "needed": data descriptors came with version 2.0.
const VERSION: u16 = 20;
/// 1 January 1980, the first day that zip knows: the same bytes whenever it is written.
const DAY: u16 = 1 << 5 | 1;

/// An archive on its way.
pub(super) struct Zip<W> {
    out: W,
    at: u64,
    members: Vec<Member>,
}

struct Member {
    name: String,
    offset: u32,
    bytes: u32,
    crc: u32,
}

impl<W: Write> Zip<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, at: 0, members: Vec::new() }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// Begins a member.
    pub(super) fn begin(&mut self, name: &str) -> Result<Content<'_, W>> {
        let offset = small(self.at)?;
        let mut header = Vec::new();
        header.extend(0x0403_4B50_u32.to_le_bytes());
        for half in [VERSION, FLAGS, 0, 0, DAY] {
            header.extend(half.to_le_bytes());
        }
        header.extend([0; 12]);
        header.extend((name.len() as u16).to_le_bytes());
        header.extend(0_u16.to_le_bytes());
        header.extend(name.bytes());
        self.push(&header)?;
        Ok(Content { zip: self, name: name.to_owned(), offset, bytes: 0, crc: crc32fast::Hasher::new() })
    }

    /// Ends the archive.
    pub(super) fn finish(mut self) -> Result<W> {
        let begin = small(self.at)?;
        for Member { name, offset, bytes, crc } in std::mem::take(&mut self.members) {
            let mut record = Vec::new();
            record.extend(0x0201_4B50_u32.to_le_bytes());
            for half in [VERSION, VERSION, FLAGS, 0, 0, DAY] {
                record.extend(half.to_le_bytes());
            }
            for word in [crc, bytes, bytes] {
                record.extend(word.to_le_bytes());
            }
            record.extend((name.len() as u16).to_le_bytes());
            // No extra field, no comment, one disk, no attributes.
            record.extend([0; 12]);
            record.extend(offset.to_le_bytes());
            record.extend(name.bytes());
            self.push(&record)?;
            self.members.push(Member { name, offset, bytes, crc });
        }
        let length = small(self.at)? - begin;
        let count = self.members.len() as u16;
        let mut end = Vec::new();
        end.extend(0x0605_4B50_u32.to_le_bytes());
        for half in [0, 0, count, count] {
            end.extend(half.to_le_bytes());
        }
        for word in [length, begin] {
            end.extend(word.to_le_bytes());
        }
        end.extend(0_u16.to_le_bytes());
        self.push(&end)?;
        Ok(self.out)
    }
}

/// The content of a member.
pub(super) struct Content<'z, W> {
    zip: &'z mut Zip<W>,
    name: String,
    offset: u32,
    bytes: u64,
    crc: crc32fast::Hasher,
}

impl<W: Write> Content<'_, W> {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.crc.update(bytes);
        self.bytes += bytes.len() as u64;
        self.zip.push(bytes)
    }

    pub(super) fn end(self) -> Result<()> {
        let (crc, bytes) = (self.crc.finalize(), small(self.bytes)?);
        let mut descriptor = Vec::new();
        for word in [0x0807_4B50, crc, bytes, bytes] {
            descriptor.extend(word.to_le_bytes());
        }
        self.zip.push(&descriptor)?;
        self.zip.members.push(Member { name: self.name, offset: self.offset, bytes, crc });
        Ok(())
    }
}

/// A place or length of 32 bits. One model of more than a thousand million neurons has no such archive.
fn small(number: u64) -> Result<u32> {
    u32::try_from(number)
        .ok()
        .filter(|number| *number < u32::MAX)
        .ok_or_else(|| std::io::Error::other("an archive of 4 GiB or more: export as safetensors or parquet"))
}
