//! Single files and records of a store that were made up: each is refused or read, and nothing panics, hangs, or asks for memory that no
//! such file can need. What must hold of whatever was read is asserted.
//!
//! Compiled for tests and with the feature `fuzzing`, which nothing but `fuzz/` asks for: `docs/durability.md`. Not for reading stores.

mod dictionary;
mod marks;
mod segment;
#[cfg(test)]
mod tests;

pub use dictionary::dictionary;
pub use marks::marks;
pub use segment::{segment, waiting};

use crate::error::Result;
use crate::files::container::{Container, Magic};
use crate::files::mapped::Bytes;
use crate::store::members_of;
use std::path::Path;

/// As many of anything are asked for: bytes that were made up may speak of more.
const MANY: u32 = 300;

/// The file of a saved set.
///
/// # Errors
/// When it is refused.
pub fn saved_set(bytes: &[u8]) -> Result<()> {
    members_of(&Container::open(Bytes::Owned(bytes.to_vec()), Path::new("set"), Magic::Set)?, |_| ())
}

/// Records of the catalogue, one after the other: the length of the key in one byte, that of the value in two, key, value.
///
/// # Errors
/// When they are refused.
pub fn records(bytes: &[u8]) -> Result<()> {
    crate::catalogue::made_up::read(bytes)
}
