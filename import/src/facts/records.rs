//! The JSON objects of a file, one after the other: a line each, the items of a list, or just in a row.

use std::ops::Range;

use super::problem::Problem;
use crate::error::ImportError;
use crate::json::{Cursor, extent};
use crate::mapped::Mapped;

/// How the objects of a file are set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// One a line. What is wrong with a line ends with it.
    Lines,
    /// `[`, objects with commas, `]`.
    List,
    /// Over several lines each, nothing between them.
    Stream,
}

/// A reader of objects; it gives their bytes.
pub(super) struct Records {
    cursor: Cursor,
    layout: Layout,
    /// Lines or objects begun.
    pub read: u64,
    /// First byte of the last one given.
    pub begun: usize,
    ended: bool,
}

impl Records {
    pub fn new(file: Mapped, layout: Layout) -> Self {
        Self { cursor: Cursor::new(file), layout, read: 0, begun: 0, ended: false }
    }

    /// A reader of a list that starts at a byte.
    pub fn of_list(file: Mapped, range: Range<usize>) -> Self {
        let cursor = Cursor { file, position: range.start, end: range.end };
        Self { cursor, layout: Layout::List, read: 0, begun: 0, ended: false }
    }

    pub fn file(&self) -> &Mapped {
        &self.cursor.file
    }

    pub fn position(&self) -> usize {
        self.cursor.position
    }

    /// Where it is, for messages.
    pub fn place(&self) -> String {
        match self.layout {
            Layout::Lines => format!("line {}", self.read),
            Layout::List | Layout::Stream => format!("record {}", self.read),
        }
    }

    /// How many lines or records came before the last one.
    pub fn complete(&self) -> (u64, &'static str) {
        let unit = if self.layout == Layout::Lines { "lines" } else { "records" };
        (self.read.saturating_sub(1), unit)
    }

    /// Bytes of the next object.
    pub fn next(&mut self) -> Result<Option<Range<usize>>, Problem> {
        if self.ended {
            return Ok(None);
        }
        let found = match self.layout {
            Layout::Lines => self.line(),
            Layout::List => self.item()?,
            Layout::Stream => match self.cursor.peek() {
                None => None,
                Some(_) => Some(self.object()?),
            },
        };
        self.begun = found.as_ref().map_or(self.begun, |range| range.start);
        Ok(found)
    }

    /// The next line that is not blank.
    fn line(&mut self) -> Option<Range<usize>> {
        loop {
            let rest = &self.cursor.file.bytes()[self.cursor.position..self.cursor.end];
            if rest.is_empty() {
                return None;
            }
            let start = self.cursor.position;
            let length = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            let blank = rest[..length].iter().all(u8::is_ascii_whitespace);
            self.read += 1;
            self.cursor.position = (start + length + 1).min(self.cursor.end);
            if !blank {
                return Some(start..start + length);
            }
        }
    }

    fn item(&mut self) -> Result<Option<Range<usize>>, Problem> {
        let first = self.read == 0;
        match (self.cursor.peek(), first) {
            (Some(b'['), true) | (Some(b','), false) => self.cursor.position += 1,
            (Some(b']'), false) => return self.end().map(|()| None),
            (None, _) => return Err(self.early().into()),
            _ => return Err(self.cursor.unexpected(if first { "a list `[`" } else { "`,` or `]`" }).into()),
        }
        if first && self.cursor.peek() == Some(b']') {
            return self.end().map(|()| None);
        }
        self.object().map(Some)
    }

    /// After the closing bracket nothing may come.
    fn end(&mut self) -> Result<(), Problem> {
        self.ended = true;
        self.cursor.position += 1;
        match self.cursor.peek() {
            None => Ok(()),
            Some(_) => Err(self.cursor.unexpected("the end of the file after the closing `]`").into()),
        }
    }

    fn object(&mut self) -> Result<Range<usize>, Problem> {
        match self.cursor.peek() {
            Some(b'{') => {}
            None => return Err(self.early().into()),
            Some(_) => return Err(self.cursor.unexpected("an object `{` with the fields of a record").into()),
        }
        let start = self.cursor.position;
        let rest = &self.cursor.file.bytes()[start..self.cursor.end];
        let Some(length) = extent(rest) else { return Err(self.early().into()) };
        self.read += 1;
        self.cursor.position = start + length;
        Ok(start..start + length)
    }

    fn early(&self) -> ImportError {
        let at = self.cursor.file.at_byte(self.cursor.end);
        ImportError::Truncated { at, complete: self.read, unit: "records" }
    }
}
