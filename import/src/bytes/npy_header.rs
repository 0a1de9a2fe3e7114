//! The header of a NumPy array: a magic number, a version, and a Python dict of three entries.
//!
//! Read by hand because a header comes from anywhere: its length is bounded before anything is
//! allocated, nesting cannot exhaust the stack, and sizes are multiplied without overflow by the caller.
//! Layout: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::io::Read;

use crate::bytes::broken::of_reading;

/// First bytes of every `.npy` file.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";

/// NumPy's own limit is 10,000 bytes; structured types are not read anyway.
const LONGEST: usize = 64 << 10;

/// What the header says of the array.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NpyHeader {
    /// NumPy type string (`<f4`), or the source text of a structured type.
    pub descr: String,
    /// Column-major.
    pub fortran: bool,
    pub dims: Vec<u64>,
    /// Bytes before the data.
    pub length: usize,
}

impl NpyHeader {
    /// Reads a header; the reader is left at the data. The error says what is wrong with it.
    pub fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut take = |length: usize| {
            let mut bytes = vec![0; length];
            let result = reader.read_exact(&mut bytes);
            result.map(|()| bytes).map_err(|error| format!("its header cannot be read: {}", of_reading(&error)))
        };
        let start = take(MAGIC.len() + 2)?;
        if !start.starts_with(MAGIC) {
            return Err("it does not start with the magic bytes \\x93NUMPY".to_owned());
        }
        let (before, length) = match start[6] {
            1 => (10, take(2)?.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte))),
            2 | 3 => (12, take(4)?.iter().rev().fold(0, |sum, &byte| sum << 8 | usize::from(byte))),
            version => return Err(format!("its header has version {version}, known are 1, 2 and 3")),
        };
        if length > LONGEST {
            return Err(format!("its header claims {length} bytes, at most {LONGEST} are expected"));
        }
        let text = take(length)?;
        let text = std::str::from_utf8(&text).map_err(|_| "its header is not text".to_owned())?;
        let mut parser = Parser { text, at: 0 };
        let parsed = parser.dict(before + length);
        parsed.ok_or_else(|| format!("its header is malformed at byte {}", before + parser.at))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn dict(&mut self, length: usize) -> Option<NpyHeader> {
        let (mut descr, mut fortran, mut dims) = (None, None, None);
        self.token("{")?;
        while self.token("}").is_none() {
            let key = self.string()?;
            self.token(":")?;
            match key {
                "descr" => descr = Some(self.descr()?),
                "fortran_order" => fortran = Some(self.boolean()?),
                "shape" => dims = Some(self.tuple()?),
                _ => return None,
            }
            if self.token(",").is_none() {
                self.token("}")?;
                break;
            }
        }
        Some(NpyHeader { descr: descr?, fortran: fortran?, dims: dims?, length })
    }

    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.rest().starts_with(token).then(|| self.at += token.len())
    }

    fn string(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let length = rest[1..].find(quote)?;
        self.at += length + 2;
        Some(&rest[1..=length])
    }

    /// A type string, or the text of a structured type's list.
    fn descr(&mut self) -> Option<String> {
        let rest = self.rest();
        if !rest.starts_with('[') {
            return self.string().map(str::to_owned);
        }
        let mut depth = 0_usize;
        for (at, byte) in rest.bytes().enumerate() {
            depth = match byte {
                b'[' | b'(' => depth + 1,
                b']' | b')' => depth.checked_sub(1)?,
                _ => depth,
            };
            if depth == 0 {
                self.at += at + 1;
                return Some(rest[..=at].to_owned());
            }
        }
        None
    }

    fn boolean(&mut self) -> Option<bool> {
        let yes = self.token("True").map(|()| true);
        yes.or_else(|| self.token("False").map(|()| false))
    }

    fn tuple(&mut self) -> Option<Vec<u64>> {
        self.token("(")?;
        let mut dims = Vec::new();
        while self.token(")").is_none() {
            let rest = self.rest();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            dims.push(rest[..digits].parse().ok()?);
            self.at += digits;
            // Python 2 wrote long integers with an L.
            let _ = self.token("L");
            if self.token(",").is_none() {
                self.token(")")?;
                break;
            }
        }
        Some(dims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<NpyHeader, String> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
        NpyHeader::read(&mut &*bytes)
    }

    #[test]
    fn what_numpy_writes_is_read() {
        let header = read("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n").expect("valid");
        let expected = NpyHeader { descr: "<f4".into(), fortran: false, dims: vec![2, 3], length: 73 };
        assert_eq!(header, expected);
        assert_eq!(read("{'shape':(7L,),'descr':'|S1','fortran_order':True}").expect("valid").dims, [7]);
        assert_eq!(read("{'descr': '<f8', 'fortran_order': False, 'shape': ()}").expect("valid").dims, [0; 0]);
        let structured = read("{'descr': [('a', '<f4', (2,))], 'fortran_order': False, 'shape': (1,)}");
        assert_eq!(structured.expect("valid").descr, "[('a', '<f4', (2,))]");
    }

    #[test]
    fn malformed_headers_are_refused_with_a_place() {
        let error = read("{'descr': '<f4', 'fortran_order': Maybe}").expect_err("malformed");
        assert_eq!(error, "its header is malformed at byte 44");
        assert!(read("{'descr': '<f4', 'fortran_order': True}").is_err());
        assert!(read("{'shape': (99999999999999999999,)}").is_err());
        assert!(read(&format!("{{'descr': {}", "[".repeat(9000))).is_err());
        let huge = [&b"\x93NUMPY\x02\x00"[..], &u32::MAX.to_le_bytes()].concat();
        let error = NpyHeader::read(&mut &*huge).expect_err("too long");
        assert_eq!(error, "its header claims 4294967295 bytes, at most 65536 are expected");
    }
}
