//! `runs`: what is said of each, for reading beside the scores. The manifest says the same, to the bit.

use super::{RowSink, Source};
use crate::error::Result;
use crate::table::Cell;
use kndb_storage::{Keep, LivePart, PartKind, Run};

/// What a run holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RunCount {
    pub entries: u64,
    pub scores: u64,
}

/// The counts of the runs of a source of which everything is chosen.
pub(super) fn counted(source: &Source<'_>) -> Result<Vec<RunCount>> {
    let snapshot = source.snapshot;
    let count = |run: &&Run| {
        let mut count = RunCount::default();
        let (attributions, groups) = snapshot.slots_of(run.id);
        for slot in attributions {
            for part in snapshot.parts(slot)? {
                count.entries += part.live_len();
                if part.part.kind() == PartKind::Scores {
                    count.scores += score_rows(run, part)?;
                }
            }
        }
        for slot in groups {
            count.entries += snapshot.group_parts(slot)?.iter().map(LivePart::live_len).sum::<u64>();
        }
        Ok(count)
    };
    source.chosen.runs.iter().map(count).collect()
}

/// How many rows `scores` has of a part with scores.
///
/// # Errors
/// When the part is damaged.
pub fn score_rows(run: &Run, part: LivePart<'_>) -> Result<u64> {
    let mut rows = part.members()?;
    if matches!(run.spec.keep, Keep::Signed(_)) {
        // A part counts its members without negative ones.
        for local in (0..part.part.len()).filter(|&local| part.is_live(local)) {
            rows += part.part.head(local)?.kept_negative() as u64;
        }
    }
    Ok(rows)
}

pub(crate) fn rows(source: &Source<'_>, counted: &[RunCount], sink: &mut dyn RowSink) -> Result<()> {
    for (run, counted) in source.chosen.runs.iter().zip(counted) {
        let Run { spec, tool, begun, finished, .. } = run;
        let parameters: Vec<String> = spec.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let taus: Vec<String> = spec.language_taus.iter().map(|(language, tau)| format!("{language}={tau}")).collect();
        let keep = match spec.keep {
            Keep::All => "all".to_owned(),
            Keep::Share(share) => format!("share:{share}"),
            Keep::Top(count) => format!("top:{count}"),
            Keep::Signed(share) => format!("signed:share:{share}"),
        };
        let (parameters, taus) = (texts(&parameters), texts(&taus));
        sink.row(&[
            Cell::Text(&spec.name),
            Cell::Text(&spec.model),
            Cell::text(spec.weights_hash.as_deref()),
            Cell::Long(spec.shape.layers.into()),
            Cell::Long(spec.shape.width.into()),
            Cell::Text(&spec.method),
            Cell::text(spec.preset.as_deref()),
            Cell::Texts(&parameters),
            Cell::Text(&keep),
            Cell::Text(&spec.score_type.to_string()),
            Cell::Double(spec.tau),
            Cell::Texts(&taus),
            Cell::Double(spec.prompt_share),
            Cell::Flag(spec.prompt_share_strict),
            Cell::Text(tool),
            Cell::Long(i64::try_from(*begun).unwrap_or(i64::MAX)),
            Cell::Flag(*finished),
            Cell::Long(counted.entries as i64),
            Cell::Long(counted.scores as i64),
        ])?;
    }
    Ok(())
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}
