//! safetensors: a tensor `scores` (facts × layers × neurons) in the run's own precision, and the facts' ids in the metadata.

use super::arrays::{ARRAYS, Facts, each_file};
use super::count;
use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Exported, Format, Watch};
use crate::rows::Source;
use kndb_storage::ScoreType;
use serde_json::json;
use std::io::Write;

const NAME: &str = "safetensors";

pub(crate) struct Safetensors;

impl Format for Safetensors {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "a tensor `scores` by run, language and prompt, of runs that keep all scores; ids in the metadata"
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
    let mut out = folder.create(&format!("{}.safetensors", facts.path))?;
    let path = out.path().to_owned();
    let failed = || ExportError::io("write", &path);
    let (dtype, size) = match facts.place.run.spec.score_type {
        ScoreType::F32 => ("F32", 4),
        ScoreType::F16 => ("F16", 2),
        ScoreType::Bf16 => ("BF16", 2),
    };
    let dims = facts.dims();
    let length = dims.iter().product::<u64>() * size;
    let ids = json!(facts.ids()).to_string();
    let scores = json!({"dtype": dtype, "shape": dims, "data_offsets": [0, length]});
    let mut header = json!({"__metadata__": {"facts": ids}, "scores": scores}).to_string();
    // The data begin at a multiple of 8.
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    out.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed())?;
    out.write_all(header.as_bytes()).map_err(failed())?;
    facts.each(NAME, watch, |of_fact| {
        let bytes: Vec<u8> = match dtype {
            "F32" => of_fact.iter().flat_map(|score| score.to_le_bytes()).collect(),
            "F16" => of_fact.iter().flat_map(|&score| half::f16::from_f32(score).to_le_bytes()).collect(),
            _ => of_fact.iter().flat_map(|&score| half::bf16::from_f32(score).to_le_bytes()).collect(),
        };
        out.write_all(&bytes).map_err(failed())
    })?;
    let written = out.finish()?;
    count(exported, ARRAYS, facts.entries.len() as u64, &written);
    Ok(())
}
