//! What libraries say of a file that is cut short or damaged, in words that say what is missing and what to do.

use std::io::{self, ErrorKind};

use safetensors::SafeTensorError;

use crate::bytes::mapped::Mapped;

/// What to do about a file that is not whole.
pub(crate) const AGAIN: &str = "write or copy the file again";

/// Why bytes could not be read or unpacked.
pub(crate) fn of_reading(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => format!("its bytes end early: it was cut short; {AGAIN}"),
        // What flate2 says of bytes that are no Deflate.
        ErrorKind::InvalidInput => format!("its packed bytes are damaged; {AGAIN}"),
        _ => error.to_string(),
    }
}

/// Why a packed file could not be unpacked, after so many bytes.
pub(crate) fn of_unpacking(error: &io::Error, unpacked: u64) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => {
            format!("it ends in the middle of what is packed, after {unpacked} bytes unpacked; {AGAIN}")
        }
        _ => format!("what is packed is damaged after {unpacked} bytes unpacked; {AGAIN}"),
    }
}

/// Why the directory of a zip archive could not be read.
pub(crate) fn of_archive(file: &Mapped, error: &zip::result::ZipError) -> String {
    // APPNOTE.TXT of PKWARE, 4.3.16: the record that every archive ends with, before a comment of at most 64 KiB.
    const END: &[u8] = b"PK\x05\x06";
    let tail = &file.bytes()[file.bytes().len().saturating_sub(66_000)..];
    if tail.windows(END.len()).any(|window| window == END) {
        return format!("its list of arrays is damaged ({error}); {AGAIN}");
    }
    format!("its end is missing, where the list of its arrays stands: it was cut short; {AGAIN}")
}

/// Why the header of tensors could not be used.
pub(crate) fn of_tensors(error: &SafeTensorError) -> String {
    let problem = match error {
        SafeTensorError::MetadataIncompleteBuffer => {
            "the tensors that its header lists take more or fewer bytes than the file has after it".to_owned()
        }
        SafeTensorError::InvalidHeader(_) | SafeTensorError::InvalidHeaderDeserialization(_) => {
            "its header is not the JSON that a safetensors file begins with".to_owned()
        }
        SafeTensorError::TensorInvalidInfo => "a tensor's shape and type do not fit its number of bytes".to_owned(),
        SafeTensorError::InvalidOffset(name) => {
            format!("the bytes of tensor `{name}` do not begin where those before it end")
        }
        SafeTensorError::HeaderTooLarge => "its header is larger than 100 MB, which no safetensors file has".to_owned(),
        other => other.to_string(),
    };
    format!("{problem}; {AGAIN}")
}

/// What is missing of a file that begins and ends with a mark of its format.
#[cfg(feature = "parquet")]
pub(crate) fn end_missing(file: &Mapped, mark: &str) -> Option<String> {
    let ends = file.bytes().trim_ascii_end().ends_with(mark.as_bytes()) || file.bytes().ends_with(mark.as_bytes());
    (!ends).then(|| format!("it begins with {mark}, but does not end with it: it was cut short; {AGAIN}"))
}
