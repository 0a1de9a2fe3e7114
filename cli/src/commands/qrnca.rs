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
    for of in &summary.languages {
        let few = "no neuron of theirs is in few enough of the others' clusters";
        for (left_out, why) in
            [(of.not_normalised, "their scores do not sum to more than 0"), (of.without_neurons, few)]
        {
            if left_out > 0 {
                let note = format!("{left_out} of {} facts in {} are left out: {why}", of.facts, of.language);
                writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
            }
        }
    }
    if args.quiet {
        return Ok(());
    }
    writeln!(out, "{:<12} {}", "run", job.run).map_err(CliError::Output)?;
    for of in summary.languages {
        writeln!(out, "{:<12} {} neurons of {} facts", of.language, of.neurons, of.kept()).map_err(CliError::Output)?;
    }
    Ok(())
}
