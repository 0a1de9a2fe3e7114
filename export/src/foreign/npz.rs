//! NumPy archives: arrays `scores` (facts × layers × neurons) and `facts`.

use super::arrays::{ARRAYS, Facts, each_file};
use super::count;
use super::zip::Zip;
use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Exported, Format, Watch};
use crate::rows::Source;
use kndb_storage::ScoreType;

const NAME: &str = "npz";

pub(crate) struct Npz;

impl Format for Npz {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "NumPy arrays `scores` and `facts` by run, language and prompt, of runs that keep all scores"
    }

    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported> {
        let mut exported = Exported::default();
        each_file(source, watch, &mut exported, |facts, watch, exported| write(facts, folder, watch, exported))?;
        Ok(exported)
    }
}

fn write(
    facts: &Facts<'_, '_, '_>,
    folder: &mut HalfMade,
    watch: &mut Watch<'_>,
    exported: &mut Exported,
) -> Result<()> {
    let out = folder.create(&format!("{}.npz", facts.path))?;
    let path = out.path().to_owned();
    let failed = || ExportError::io("write", &path);
    // NumPy has no bfloat16: as f32 its numbers are the same.
    let is_half = facts.place.run.spec.score_type == ScoreType::F16;
    let mut zip = Zip::new(out);
    let mut scores = zip.begin("scores.npy").map_err(failed())?;
    let dims = facts.dims().map(|dim| dim.to_string()).join(", ");
    scores.push(&header(if is_half { "<f2" } else { "<f4" }, &format!("({dims})"))).map_err(failed())?;
    facts.each(NAME, watch, |of_fact| {
        let bytes: Vec<u8> = if is_half {
            of_fact.iter().flat_map(|&score| half::f16::from_f32(score).to_le_bytes()).collect()
        } else {
            of_fact.iter().flat_map(|score| score.to_le_bytes()).collect()
        };
        scores.push(&bytes).map_err(failed())
    })?;
    scores.end().map_err(failed())?;
    let ids = facts.ids();
    let longest = ids.iter().map(|id| id.chars().count()).max().unwrap_or_default().max(1);
    let mut names = zip.begin("facts.npy").map_err(failed())?;
    names.push(&header(&format!("<U{longest}"), &format!("({},)", ids.len()))).map_err(failed())?;
    for id in ids {
        // UTF-32, with zeros to the length of the longest.
        let padded = id.chars().map(u32::from).chain(std::iter::repeat(0)).take(longest);
        names.push(&padded.flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).map_err(failed())?;
    }
    names.end().map_err(failed())?;
    let written = zip.finish().map_err(failed())?.finish()?;
    count(exported, ARRAYS, facts.entries.len() as u64, &written);
    Ok(())
}

/// The header of a `.npy` file, version 1.0: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.
fn header(kind: &str, dims: &str) -> Vec<u8> {
    /// Magic, version, and the length of what follows.
    const BEFORE: usize = 10;
    let mut text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {dims}, }}");
    // Spaces up to a multiple of 64, the last byte a line feed.
    let padding = 64 - (BEFORE + text.len() + 1) % 64;
    text.push_str(&" ".repeat(padding % 64));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::header;

    #[test]
    fn headers_end_at_multiples_of_64() {
        for length in 0..70 {
            let bytes = header("<f4", &format!("({})", "1".repeat(length)));
            assert_eq!((bytes.len() % 64, bytes.last()), (0, Some(&b'\n')));
        }
    }
}
