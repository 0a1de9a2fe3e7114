//! Every byte of an immutable file, compared with its checksums.

use crate::catalogue::FileRecord;
use crate::dictionary::read::Dictionary;
use crate::error::{Error, Result};
use crate::files::mapped::Bytes;
use crate::segment::read::Segment;
use crate::snapshot::agree;
use crate::stop::Stop;
use crate::store::prove_members;
use std::path::Path;

/// Fails unless a file is whole, and the one that a catalogue means.
pub(super) fn prove(path: &Path, record: &FileRecord, sum: Option<u64>, stop: &Stop) -> Result<()> {
    let map = || Bytes::map(path)?.ok_or_else(|| Error::MissingFile { path: path.to_owned() });
    match *record {
        FileRecord::Segment { run, bytes, .. } => {
            let segment = Segment::open(map()?, path)?;
            agree(path, (segment.run().0, segment.size()), (run, bytes), "run")?;
            segment.must_be(sum)?;
            segment.verify(stop)
        }
        FileRecord::Dictionary { facts, bytes } => {
            let dictionary = Dictionary::open(map()?, path)?;
            agree(path, (dictionary.len(), dictionary.size()), (facts, bytes), "facts")?;
            dictionary.must_be(sum)?;
            dictionary.verify(stop)
        }
        FileRecord::Set { bytes } => prove_members(path, bytes, sum),
    }
}
