//! Files of text in a model folder, as their bytes.

use super::must_not_be_other;
use crate::error::{Error, Result};
use std::path::Path;

/// What some editors put before a text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes of a file of JSON or text, without a byte order mark.
///
/// # Errors
/// No such file; something else in its place; a text in UTF-16.
pub fn text(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    must_not_be_other(path, &[])?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        let reason = "a text in UTF-16, by its byte order mark; save it in UTF-8".into();
        return Err(Error::File { path: path.to_owned(), reason });
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(bytes)
}
