//! `runs`: what is said of each, for reading beside the scores. The manifest says the same, to the bit.

use super::files::Files;
use crate::error::Result;
use crate::format::Source;
use crate::manifest::RunOf;
use crate::table::RUNS;
use crate::table::rows::Cell;
use kndb_storage::{Keep, Run};

pub(super) fn write(source: &Source<'_>, counted: &[RunOf], files: &mut Files<'_>) -> Result<()> {
    let mut file = files.begin(&RUNS, None)?;
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
        file.push(&[
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
            Cell::Long(counted.rows.entries as i64),
            Cell::Long(counted.rows.scores as i64),
        ])?;
    }
    files.end(file).map(drop)
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}
