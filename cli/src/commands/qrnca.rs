//! `kndb qrnca`: query-relevant neurons, from the scores of a run.

use std::io::Write;

use kndb_engine::derived::{Qrnca, QrncaJob};

use crate::args::QrncaArgs;
use crate::error::{CliError, Result};
use crate::relations;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: QrncaArgs, terminal: &mut Terminal) -> Result<()> {
    let store = super::opened(&args.store, terminal)?;
    let relations = relations::ids(&*store.snapshot()?, &args.relations)?;
    let job = QrncaJob {
        run: args.run.unwrap_or_else(|| format!("{}-qrnca", args.from)),
        source: args.from,
        qrnca: Qrnca { tau: args.tau, best: args.best, common: args.common },
        languages: args.langs,
        relations,
    };
    let summary = job.run(&store)?;
    let out = &mut terminal.out;
    for (language, facts, left_out, _) in &summary.languages {
        if *left_out > 0 {
            let note = format!(
                "{left_out} of {facts} facts in {language} are left out: their scores do not sum to more than 0"
            );
            writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
        }
    }
    if args.quiet {
        return Ok(());
    }
    writeln!(out, "{:<12} {}", "run", job.run).map_err(CliError::Output)?;
    for (language, facts, left_out, neurons) in summary.languages {
        let clusters = facts - left_out;
        writeln!(out, "{language:<12} {neurons} neurons of {clusters} facts").map_err(CliError::Output)?;
    }
    Ok(())
}
