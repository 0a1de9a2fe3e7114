//! Zip archives written by hand: stored members, and deflated ones.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// An archive of `(name, content)`; `edit` may change each member's directory entry.
pub fn archive(members: &[(&str, Vec<u8>)], deflate: bool, edit: impl Fn(&mut Directory)) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let packed = if deflate { deflated(content) } else { content.clone() };
        let mut entry = Directory {
            method: if deflate { 8 } else { 0 },
            checksum: crc32fast::hash(content),
            packed: packed.len() as u32,
            size: content.len() as u32,
        };
        edit(&mut entry);
        let offset = file.len() as u32;
        let start = |signature: u32| signature.to_le_bytes().to_vec();
        file.extend(start(0x0403_4B50));
        file.extend(entry.fields(name));
        file.extend([0; 2]);
        file.extend(name.as_bytes());
        file.extend(&packed);
        directory.extend(start(0x0201_4B50));
        directory.extend([20, 0]);
        directory.extend(entry.fields(name));
        directory.extend([0; 12]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, at) = (members.len() as u16, file.len() as u32);
    file.extend(&directory);
    file.extend(0x0605_4B50_u32.to_le_bytes());
    file.extend([0; 4]);
    file.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    file.extend([(directory.len() as u32).to_le_bytes(), at.to_le_bytes()].concat());
    file.extend([0; 2]);
    file
}

/// What the directory says of a member.
pub struct Directory {
    pub method: u16,
    pub checksum: u32,
    pub packed: u32,
    pub size: u32,
}

impl Directory {
    /// The fields that both of a member's headers have, up to the length of its name.
    fn fields(&self, name: &str) -> Vec<u8> {
        let mut bytes = vec![20, 0, 0, 0];
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0; 4]);
        for field in [self.checksum, self.packed, self.size] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes
    }
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).expect("in memory");
    encoder.finish().expect("in memory")
}
