//! Jobs of the engine as commands run them: a bar, Ctrl-C, and a summary.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kndb_engine::job::{Progress as JobProgress, Skips, Summary};
use kndb_engine::{Model, Skip, UnknownParts};
use kndb_storage::RunSpec;

use crate::error::{CliError, Result};
use crate::interrupt::answer_at;
use crate::progress::Progress;
use crate::terminal::Terminal;

/// Rows of the table of skipped facts.
const SKIP_ROWS: usize = 20;

/// Why nothing was written where nothing was tried.
pub const NOTHING_SELECTED: &str = "nothing that is selected can be asked";

/// What a person sees of a job.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Whether a bar moves while it works.
    pub bar: bool,
    /// Whether its summary is written.
    pub summary: bool,
    /// Relations with their names, by id.
    pub relations: HashMap<String, String>,
}

/// Does a job that fills `run`; an error if it was stopped before its end.
pub fn watched(
    run: &RunSpec,
    model: &Model,
    shown: &Shown,
    terminal: &mut Terminal,
    job: impl FnOnce(&AtomicBool, &mut dyn FnMut(JobProgress)) -> kndb_engine::Result<Summary>,
) -> Result<()> {
    let summary = until_stopped(shown, job)?;
    if shown.summary {
        write_summary(&summary, run, model, &shown.relations, &mut terminal.out).map_err(CliError::Output)?;
    } else if let Some(note) = quiet_note(&summary) {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    must_be_done(run, &summary)
}

/// What even a quiet command says: that it did less than it seems.
fn quiet_note(summary: &Summary) -> Option<String> {
    let skipped = summary.skipped_in_all();
    if summary.attributed == 0 && summary.already_there > 0 && skipped > 0 {
        let there = summary.already_there;
        return Some(format!("nothing new was written: {there} entries were there, {}", reasons(&summary.skipped)));
    }
    (summary.left_by_others > 0).then(|| left_open(summary.left_by_others))
}

/// `the run stays open: …`
fn left_open(left: u64) -> String {
    format!("the run stays open: an earlier command of more was stopped, and {left} of its entries are missing")
}

/// `12 could not be asked (no label of the subject or the object 10, prompt longer than the model can read 2)`
fn reasons(skips: &Skips) -> String {
    let mut counts: BTreeMap<&Skip, u64> = BTreeMap::new();
    for (place, count) in skips {
        *counts.entry(&place.reason).or_default() += count;
    }
    let all: u64 = counts.values().sum();
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| Reverse(count));
    let listed: Vec<String> = counts.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    format!("{all} could not be asked ({})", listed.join(", "))
}

/// Does a job, with a bar, and ends it in order at a signal.
pub fn until_stopped(
    shown: &Shown,
    job: impl FnOnce(&AtomicBool, &mut dyn FnMut(JobProgress)) -> kndb_engine::Result<Summary>,
) -> Result<Summary> {
    let (stop, in_work) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let bar = Progress::of_facts(shown.bar);
    let answer = {
        let (bar, in_work) = (bar.clone(), Arc::clone(&in_work));
        move || bar.say(&finishing(in_work.load(Ordering::Relaxed)))
    };
    answer_at(Arc::clone(&stop), answer);
    let done = job(&stop, &mut |progress| {
        in_work.store(progress.in_work, Ordering::Relaxed);
        let message = match (stop.load(Ordering::Relaxed), progress.skipped) {
            (true, _) => "stopping".to_owned(),
            (false, 0) => String::new(),
            (false, skipped) => format!("{skipped} skipped"),
        };
        bar.of(progress.done, progress.total, message);
    });
    bar.clear();
    Ok(done?)
}

/// The answer to the first signal.
fn finishing(in_work: u64) -> String {
    let what = match in_work {
        0 => "what is in work".to_owned(),
        1 => "1 fact".to_owned(),
        count => format!("{count} facts"),
    };
    format!("finishing {what}, then stopping; once more to stop now (what is stored stays)")
}

/// An error that says what is left, if the job was stopped; or why there is nothing, if so.
pub fn must_be_done(run: &RunSpec, summary: &Summary) -> Result<()> {
    match summary.stopped {
        true => {
            let stored = summary.attributed + summary.already_there;
            Err(CliError::Interrupted { run: run.name.clone(), stored, left: summary.left })
        }
        false if summary.attributed + summary.already_there == 0 => {
            let reasons = match summary.skipped.is_empty() {
                true => NOTHING_SELECTED.to_owned(),
                false => reasons(&summary.skipped),
            };
            Err(CliError::NothingWritten { run: run.name.clone(), reasons })
        }
        false => Ok(()),
    }
}

/// What a job did, a line each.
fn write_summary(
    summary: &Summary,
    run: &RunSpec,
    model: &Model,
    relations: &HashMap<String, String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut line = |name: &str, value: String| writeln!(out, "{name:<12} {value}");
    line("run", run.name.clone())?;
    line("model", format!("{} ({}, {})", run.model, model.architecture(), run.shape))?;
    line("facts", summary.facts.to_string())?;
    let mut entries = format!("{} new", summary.attributed);
    if summary.already_there > 0 {
        entries += &format!(", {} already there", summary.already_there);
    }
    if summary.stopped {
        entries += &format!(", {} left", summary.left);
    }
    line("entries", entries)?;
    for note in unknown_parts(&summary.unknown, ["prompt", "prompt"]) {
        line("note", note)?;
    }
    if summary.left_by_others > 0 {
        line("note", left_open(summary.left_by_others))?;
    }
    let skipped = summary.skipped_in_all();
    if skipped > 0 {
        line("skipped", skipped.to_string())?;
        for row in skip_rows(&summary.skipped, relations, SKIP_ROWS) {
            line("", row)?;
        }
    }
    let seconds = summary.elapsed.as_secs_f64();
    line(
        "time",
        match summary.attributed {
            0 => format!("{seconds:.2} s"),
            count => format!(
                "{seconds:.2} s, {}; {:.2} s of computing, summed over threads",
                pace(count as f64 / seconds),
                summary.computing.as_secs_f64()
            ),
        },
    )
}

/// `12.5 entries/s`, or `3.1 s an entry` where that is less than one.
fn pace(each_second: f64) -> String {
    if each_second >= 1.0 {
        format!("{each_second:.1} entries/s")
    } else {
        format!("{:.1} s an entry", 1.0 / each_second)
    }
}

/// `subject partly unknown to the tokenizer: 12 prompts (en 2, zh 10)`, and so of templates; `counted` is what was counted of
/// either.
pub fn unknown_parts(unknown: &UnknownParts, counted: [&str; 2]) -> Vec<String> {
    let parts = [("subject", &unknown.subjects, counted[0]), ("template", &unknown.templates, counted[1])];
    let told = parts.into_iter().filter(|(_, counts, _)| !counts.is_empty()).map(|(part, by_language, counted)| {
        let all: u64 = by_language.values().sum();
        let counts: Vec<String> = by_language.iter().map(|(language, count)| format!("{language} {count}")).collect();
        let plural = if all == 1 { "" } else { "s" };
        format!("{part} partly unknown to the tokenizer: {all} {counted}{plural} ({})", counts.join(", "))
    });
    told.collect()
}

/// One row a relation and reason, the most first: `P36 (capital)  en 2, zh 1  object not in the model's vocabulary`.
fn skip_rows(skips: &Skips, relations: &HashMap<String, String>, most: usize) -> Vec<String> {
    let mut rows: BTreeMap<(&Skip, &str), (u64, Vec<String>)> = BTreeMap::new();
    for (place, count) in skips {
        let row = rows.entry((&place.reason, &place.relation)).or_default();
        row.0 += count;
        row.1.push(format!("{} {count}", place.language));
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by_key(|(_, (count, _))| Reverse(*count));
    let cells: Vec<_> = rows
        .iter()
        .take(most)
        .map(|((reason, relation), (_, counts))| {
            let shown = relations.get(*relation).map_or(*relation, String::as_str);
            (shown, counts.join(", "), reason)
        })
        .collect();
    let first = cells.iter().map(|(relation, ..)| relation.chars().count()).max().unwrap_or(0);
    let second = cells.iter().map(|(_, counts, _)| counts.chars().count()).max().unwrap_or(0);
    let mut shown: Vec<String> = cells
        .iter()
        .map(|(relation, counts, reason)| format!("{relation:<first$}  {counts:<second$}  {reason}"))
        .collect();
    let hidden: u64 = rows.iter().skip(most).map(|(_, (count, _))| count).sum();
    if hidden > 0 {
        shown.push(format!("{hidden} more, in {} further rows", rows.len() - most));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_engine::job::SkipPlace;

    #[test]
    fn skips_are_a_short_table() {
        let place = |reason, relation: &str, language: &str| SkipPlace {
            reason,
            relation: relation.into(),
            language: language.into(),
        };
        let names = HashMap::from([("P36".to_owned(), "P36 (capital)".to_owned())]);
        let skips = Skips::from([
            (place(Skip::NoLabel, "P36", "en"), 12),
            (place(Skip::NoLabel, "P36", "zh"), 3),
            (place(Skip::TooLong, "P1376", "zh"), 1),
        ]);
        assert_eq!(
            skip_rows(&skips, &names, 20),
            [
                "P36 (capital)  en 12, zh 3  no label of the subject or the object",
                "P1376          zh 1         prompt longer than the model can read"
            ]
        );
        assert_eq!(skip_rows(&skips, &names, 1)[1], "1 more, in 1 further rows");
    }
}
