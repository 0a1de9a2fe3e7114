//! `kndb dkn`: degenerate groups among the knowledge neurons of a run.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kndb_engine::degenerate::{Clustering, DegenerateJob, Search, Suppression};
use kndb_engine::job::Selection;
use kndb_engine::{Model, device};
use kndb_storage::Store;

use super::attribute::write_summary;
use crate::args::{DegenerateMethod, DknArgs};
use crate::error::{CliError, Result};
use crate::interrupt::set_at_ctrl_c;
use crate::progress::Progress;
use crate::study::{Reads, run_of};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: DknArgs, terminal: &mut Terminal) -> Result<()> {
    let search = search(&args)?;
    let on = device(&args.device)?;
    let store = Store::open(&args.store)?;
    let snapshot = store.snapshot()?;
    let model = Model::load(&args.model, &on)?;
    let source = run_of(&snapshot, &model, args.from.as_deref(), Reads::Attributions)?.spec.name.clone();
    let run = args.run.unwrap_or_else(|| format!("{source}-{}", search.name()));
    let candidates = args.search.candidates;
    let mut job = DegenerateJob::new(run, &snapshot, &source, &model, search, candidates, &args.device)?;
    job.selection = Selection {
        languages: args.selection.langs,
        relations: args.selection.relations,
        limit: args.selection.limit.map(NonZeroUsize::get),
        prompts: args.selection.prompts,
    };
    // libtorch spreads one fact over the cores by itself.
    job.threads = args.threads.or_else(|| (args.device != "cpu").then_some(NonZeroUsize::MIN));

    let stop = Arc::new(AtomicBool::new(false));
    set_at_ctrl_c(Arc::clone(&stop));
    let bar = Progress::of_facts(terminal.messages_to_person && !args.quiet);
    let done = job.run(&store, &model, &stop, &mut |progress| {
        let stopping = if stop.load(Ordering::Relaxed) { "stopping; Ctrl-C again: at once" } else { "" };
        bar.of(progress.done, progress.total, stopping.to_owned());
    });
    bar.clear();
    let summary = done?;
    if !args.quiet {
        write_summary(&summary, &job.run, &model, &mut terminal.out).map_err(CliError::Output)?;
    }
    match summary.stopped {
        true => {
            let stored = summary.attributed + summary.already_there;
            Err(CliError::Interrupted { run: job.run.name, stored, left: summary.left })
        }
        false => Ok(()),
    }
}

/// The method with its options; those of the other are refused.
fn search(args: &DknArgs) -> Result<Search> {
    let given = &args.search;
    let of_suppression = [
        ("--size", given.size.is_some()),
        ("--t-low", given.t_low.is_some()),
        ("--t-high", given.t_high.is_some()),
        ("--keep-low", given.keep_low.is_some()),
        ("--keep-high", given.keep_high.is_some()),
    ];
    let of_clustering = [
        ("--span", given.span.is_some()),
        ("--persistence", given.persistence.is_some()),
        ("--within", given.within.is_some()),
    ];
    let foreign = |options: &[(&'static str, bool)], method: &str| match options.iter().find(|(_, given)| *given) {
        Some(&(option, _)) => Err(CliError::NotForMethod { option, method: method.into() }),
        None => Ok(()),
    };
    match given.method {
        DegenerateMethod::Suppression => {
            foreign(&of_clustering, "suppression")?;
            let plain = Suppression::default();
            let t_low = given.t_low.unwrap_or(plain.t_low);
            let t_high = given.t_high.unwrap_or(plain.t_high);
            Ok(Search::Suppression(Suppression {
                t_low,
                t_high,
                // A threshold beyond what is kept by default keeps what it needs.
                keep_low: given.keep_low.unwrap_or(plain.keep_low.max(t_low)),
                keep_high: given.keep_high.unwrap_or(plain.keep_high.min(t_high)),
                size: given.size.unwrap_or(plain.size),
            }))
        }
        DegenerateMethod::Clustering => {
            foreign(&of_suppression, "clustering")?;
            let plain = Clustering::default();
            Ok(Search::Clustering(Clustering {
                span: given.span.unwrap_or(plain.span),
                persistence: given.persistence.unwrap_or(plain.persistence),
                within: given.within.unwrap_or(plain.within),
            }))
        }
    }
}
