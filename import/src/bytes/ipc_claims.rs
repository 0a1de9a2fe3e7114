//! What an Arrow IPC file promises of its messages and of its compressed buffers, checked before they are read.
//!
//! The footer of a file says how long each message is, and the reader allocates that before it reads a byte. Each compressed buffer begins with its unpacked length, which the reader allocates before it
//! unpacks anything: one wrong byte there would ask for terabytes. Layout:
//! <https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc>.

use arrow_ipc::{CompressionType, Message, MessageHeader, root_as_footer, root_as_message};

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};

/// The most that a byte can stand for. LZ4: runs of 255 a byte. Zstandard: blocks of 128 KiB in 4 bytes.
const LZ4_RATIO: u64 = 255;
const ZSTD_RATIO: u64 = 32 << 10;
/// Length of the magic bytes at an IPC file's end, and of the footer's length before them.
const FILE_TAIL: usize = 10;
/// What a message of a stream starts with since version 0.15.
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// Checks the batches that an IPC file's footer lists. What is malformed otherwise is left to the reader.
pub(crate) fn check_file(file: &Mapped) -> Result<(), ImportError> {
    let bytes = file.bytes();
    let Some(tail) = bytes.len().checked_sub(FILE_TAIL) else {
        return Ok(());
    };
    let length = word(bytes, tail).unwrap_or_default() as usize;
    let Some(footer) = tail.checked_sub(length).and_then(|start| bytes.get(start..tail)) else {
        let (claimed, held) = (length as u128, tail as u64);
        return Err(ImportError::Oversized {
            at: file.at(Place::Byte(tail as u64)),
            what: "the footer",
            claimed,
            held,
        });
    };
    let Ok(footer) = root_as_footer(footer) else {
        return Ok(());
    };
    let blocks = footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten());
    for block in blocks {
        // What is negative is left to the reader.
        let numbers = [block.offset(), block.metaDataLength().into(), block.bodyLength()].map(u64::try_from);
        if let [Ok(offset), Ok(metadata), Ok(body)] = numbers {
            let claimed = u128::from(metadata) + u128::from(body);
            let held = file.len().saturating_sub(offset);
            if claimed > u128::from(held) {
                let at = file.at(Place::Byte(offset));
                return Err(ImportError::Oversized { at, what: "a message", claimed, held });
            }
        }
        let start = usize::try_from(block.offset()).unwrap_or(usize::MAX);
        check_message(file, start)?;
    }
    Ok(())
}

/// Checks the messages of a stream.
pub(crate) fn check_stream(file: &Mapped) -> Result<(), ImportError> {
    let mut at = 0;
    loop {
        check_framed(file, at)?;
        let Some(next) = check_message(file, at)? else { return Ok(()) };
        at = next;
    }
}

/// Checks the length before a message of a stream: the reader allocates it, whatever the message turns out to be.
fn check_framed(file: &Mapped, start: usize) -> Result<(), ImportError> {
    let Some((from, length)) = framed(file.bytes(), start) else { return Ok(()) };
    let held = file.len().saturating_sub(from as u64);
    if u64::from(length) <= held {
        return Ok(());
    }
    let at = file.at(Place::Byte(start as u64));
    Err(ImportError::Oversized { at, what: "a message", claimed: length.into(), held })
}

/// Checks the message at a position and returns the next one's; `None` at the end of what can be followed.
fn check_message(file: &Mapped, start: usize) -> Result<Option<usize>, ImportError> {
    let Some((message, body_at)) = message(file.bytes(), start) else {
        return Ok(None);
    };
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|batch| batch.data()),
        _ => None,
    };
    if let Some(batch) = batch
        && let Some(compression) = batch.compression()
    {
        let ratio = if compression.codec() == CompressionType::LZ4_FRAME { LZ4_RATIO } else { ZSTD_RATIO };
        for buffer in batch.buffers().into_iter().flatten() {
            let (Ok(offset), Ok(length)) = (usize::try_from(buffer.offset()), u64::try_from(buffer.length())) else {
                continue;
            };
            let prefix = body_at.checked_add(offset).and_then(|at| file.bytes().get(at..)?.first_chunk());
            let claimed = prefix.map_or(0, |prefix| i64::from_le_bytes(*prefix));
            let held = length.saturating_mul(ratio);
            // −1 says that the buffer is not compressed after all.
            if length > 0 && claimed > 0 && claimed as u64 > held {
                let at = file.at(Place::Byte((body_at + offset) as u64));
                let claimed = claimed as u128;
                return Err(ImportError::Oversized { at, what: "an unpacked buffer", claimed, held });
            }
        }
    }
    // What is negative is left to the reader.
    let Ok(body) = u64::try_from(message.bodyLength()) else { return Ok(None) };
    let held = file.len().saturating_sub(body_at as u64);
    if body > held {
        let at = file.at(Place::Byte(body_at as u64));
        return Err(ImportError::Oversized { at, what: "the body of a message", claimed: body.into(), held });
    }
    Ok(usize::try_from(body).ok().and_then(|body| body_at.checked_add(body)))
}

/// The message at a position, and where its body begins.
fn message(bytes: &[u8], start: usize) -> Option<(Message<'_>, usize)> {
    let (from, length) = framed(bytes, start)?;
    let to = from.checked_add(length as usize)?;
    let message = root_as_message(bytes.get(from..to)?).ok()?;
    Some((message, to))
}

/// Where the message at a position begins, behind its length, and that length.
fn framed(bytes: &[u8], start: usize) -> Option<(usize, u32)> {
    let prefix = if bytes.get(start..)?.starts_with(&CONTINUATION) { 8 } else { 4 };
    Some((start + prefix, word(bytes, start.checked_add(prefix - 4)?)?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}
