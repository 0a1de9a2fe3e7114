//! GGUF files with something changed: a small writer, and a reader of where the parts of a header are.

use crate::file;

/// A header taken apart: the bytes of every key with its value, and of every tensor in the list, and what lies behind.
#[derive(Clone)]
pub struct Parts {
    pub values: Vec<(String, Vec<u8>)>,
    pub tensors: Vec<Tensor>,
    data: Vec<u8>,
    alignment: usize,
}

#[derive(Clone)]
pub struct Tensor {
    pub name: String,
    pub dimensions: Vec<u64>,
    pub kind: u32,
    pub offset: u64,
}

struct At<'a>(&'a [u8], usize);

impl At<'_> {
    fn take(&mut self, count: usize) -> Vec<u8> {
        self.1 += count;
        self.0[self.1 - count..self.1].to_vec()
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("eight bytes"))
    }

    fn text(&mut self) -> String {
        let length = self.u64() as usize;
        String::from_utf8(self.take(length)).expect("UTF-8")
    }

    fn skip(&mut self, kind: u32) {
        match kind {
            0 | 1 | 7 => self.1 += 1,
            4..=6 => self.1 += 4,
            8 => drop(self.text()),
            9 => {
                let (kind, count) = (self.u32(), self.u64());
                (0..count).for_each(|_| self.skip(kind));
            }
            other => panic!("type {other} is in no fixture"),
        }
    }
}

impl Parts {
    /// Of a fixture.
    pub fn of(name: &str) -> Self {
        let bytes = std::fs::read(file(name)).expect("a fixture");
        let mut at = At(&bytes, 8);
        let (tensors, values) = (at.u64(), at.u64());
        let values = (0..values).map(|_| {
            let key = at.text();
            let start = at.1;
            let kind = at.u32();
            at.skip(kind);
            (key, bytes[start..at.1].to_vec())
        });
        let values = values.collect();
        let tensors = (0..tensors).map(|_| Tensor {
            name: at.text(),
            dimensions: (0..at.u32()).map(|_| at.u64()).collect(),
            kind: at.u32(),
            offset: at.u64(),
        });
        let tensors = tensors.collect();
        let data = bytes[at.1.next_multiple_of(32)..].to_vec();
        Self { values, tensors, data, alignment: 32 }
    }

    /// Sets a key to bytes: its type's, then its value's.
    pub fn set(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.values.retain(|(known, _)| known != key);
        self.values.push((key.to_owned(), [&kind.to_le_bytes(), value].concat()));
    }

    pub fn text(&mut self, key: &str, text: &str) {
        self.set(key, 8, &[&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat());
    }

    pub fn number(&mut self, key: &str, number: u32) {
        self.set(key, 4, &number.to_le_bytes());
    }

    pub fn real(&mut self, key: &str, number: f32) {
        self.set(key, 6, &number.to_le_bytes());
    }

    pub fn remove(&mut self, key: &str) {
        let before = self.values.len();
        self.values.retain(|(known, _)| known != key);
        assert_eq!(self.values.len() + 1, before, "{key} is there once");
    }

    pub fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.iter_mut().find(|tensor| tensor.name == name).expect("a tensor of the fixture")
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.values.len() as u64).to_le_bytes());
        let text = |bytes: &mut Vec<u8>, text: &str| {
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        };
        for (key, value) in &self.values {
            text(&mut bytes, key);
            bytes.extend(value);
        }
        for tensor in &self.tensors {
            text(&mut bytes, &tensor.name);
            bytes.extend((tensor.dimensions.len() as u32).to_le_bytes());
            tensor.dimensions.iter().for_each(|size| bytes.extend(size.to_le_bytes()));
            bytes.extend(tensor.kind.to_le_bytes());
            bytes.extend(tensor.offset.to_le_bytes());
        }
        bytes.resize(bytes.len().next_multiple_of(self.alignment), 0);
        bytes.extend(&self.data);
        bytes
    }
}
