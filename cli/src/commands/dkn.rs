//! `kndb dkn`: degenerate groups among the knowledge neurons of a run.

mod chosen;

use std::collections::HashSet;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::str::FromStr;

use kndb_engine::degenerate::{Clustering, DegenerateJob, ReleasedClustering, Search, Suppression};
use kndb_engine::device;
use kndb_engine::job::Selection;
use kndb_query::{Column, Note, Sink, Span, Text, Value, Within};
use kndb_storage::{Claim, FactId, Run, RunSpec, Snapshot, Store};

use crate::args::{DegenerateMethod, DegeneratePreset, DknArgs, SearchArgs};
use crate::error::{CliError, Result, StatementText};
use crate::job::{NOTHING_SELECTED, Shown, watched};
use crate::knowledge;
use crate::machine;
use crate::model;
use crate::relations;
use crate::study::{Reads, named_run, run_of};
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: DknArgs, terminal: &mut Terminal) -> Result<()> {
    must_apply(&args.search)?;
    device(&args.device)?;
    let store = super::opened(&args.store, terminal)?;
    let snapshot = store.snapshot()?;
    if let Some(from) = &args.from {
        named_run(&snapshot, from, Reads::Attributions)?;
    }
    if let Some(run) = args.run.as_ref().filter(|run| named_run(&snapshot, run, Reads::Attributions).is_ok()) {
        return Err(CliError::GroupsAmongScores { run: run.clone() });
    }
    if let Some(run) = &args.run {
        // Let go at once: the job claims it for itself.
        drop(store.claim_run(run, Claim::Alone, "kndb dkn")?);
    }
    let relations = relations::ids(&snapshot, &args.selection.relations)?;
    let model = model::load(&args.model, &args.device, terminal)?;
    let scored_run = run_of(&snapshot, &model, args.from.as_deref(), Reads::Attributions)?;
    let scored = &scored_run.spec;
    let source = scored.name.clone();
    if let (Some(DegeneratePreset::NtcCode), Some(other)) = (args.search.preset, other_than_released(scored)) {
        let note = "note: the released code has its candidates from `kndb attribute --preset amig-code --steps 10`";
        writeln!(terminal.messages, "{note}; run {source:?} has {other}").map_err(CliError::Output)?;
    }
    let run = args.run.clone().unwrap_or_else(|| match (args.search.preset, args.search.method) {
        (Some(DegeneratePreset::NtcCode), _) => format!("{source}-ntc-code"),
        (None, DegenerateMethod::Suppression) => format!("{source}-dkn"),
        (None, DegenerateMethod::Clustering) => format!("{source}-ntc"),
    });
    let known = Known(snapshot.run_named(&run));
    let search = search(&args.search, known);
    let candidates = args.search.candidates.or_else(|| known.get("candidates")).unwrap_or(match search {
        // The code takes all that it finds.
        Search::Released(_) => usize::try_from(model.shape().neurons()).unwrap_or(usize::MAX),
        _ => CANDIDATES,
    });
    let mut job = DegenerateJob::new(run, &snapshot, &source, &model, search, candidates, &args.device)?;
    job.selection = args.selection.into();
    job.selection.relations = relations;
    let sets = chosen::given(&args.within, known)?;
    job = chosen::kept(job, &sets, (&store, &snapshot), (scored_run, known), terminal)?;
    // libtorch spreads one fact over the cores by itself.
    job.threads = args.threads.or_else(|| (args.device != "cpu").then_some(NonZeroUsize::MIN));

    let bar = terminal.messages_to_person && !args.quiet;
    let shown = Shown { bar, summary: !args.quiet, relations: relations::by_id(&snapshot) };
    note_unstored(&store, &source, &job.selection, &sets.beside(&snapshot, scored_run), terminal)?;
    let done = watched(&job.run, &model, &shown, terminal, |stop, progress| job.run(&store, &model, stop, progress));
    done.map_err(|error| match error {
        CliError::NothingWritten { run, reasons } if reasons == NOTHING_SELECTED => {
            let of = if sets.is_empty() { "selection" } else { "selection, kept to the sets that were given," };
            CliError::NothingWritten { run, reasons: format!("nothing of the {of} is in run {source:?}") }
        }
        error => error,
    })?;
    if !shown.summary {
        return Ok(());
    }
    write_found(&store, &job.run.name, terminal)?;
    write_known(&*store.snapshot()?, &source, &job.run.name, terminal)
}

/// What the model knows of the facts that were searched, as the run of their scores has stored it.
fn write_known(snapshot: &Snapshot, source: &str, searched: &str, terminal: &mut Terminal) -> Result<()> {
    let (Some(source), Some(run)) = (snapshot.run_named(source), snapshot.run_named(searched)) else { return Ok(()) };
    let mut facts = HashSet::new();
    for slot in snapshot.slots_of(run.id).1 {
        for live in snapshot.group_parts(slot)? {
            let of_part = live.part.facts()?.iter().map(|&fact| FactId(u32::from_le_bytes(fact)));
            facts.extend(of_part.map(|fact| (fact, slot.language, slot.prompt)));
        }
    }
    let knows = snapshot.knowledge(source.id, |fact, slot| facts.contains(&(fact, slot.language, slot.prompt)))?;
    knowledge::write(&source.spec.name, &knows, knowledge::ROWS, &mut terminal.out, terminal.columns)
}

/// Candidates of a fact, as in the paper.
const CANDIDATES: usize = 20;

/// In what a run's scores are not those of NTC's code, which takes AMIG's with half as many points.
fn other_than_released(spec: &RunSpec) -> Option<String> {
    const RELEASED: [(&str, &str); 6] = [
        ("baseline", "word-mean"),
        ("rule", "left"),
        ("steps", "10"),
        ("factor", "activation"),
        ("normalise", "no"),
        ("continuation", "released-code"),
    ];
    if spec.method != "integrated-gradients" {
        return Some(format!("the method {}", spec.method));
    }
    let own = |name: &str| spec.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let other = RELEASED.into_iter().find(|&(name, value)| own(name) != Some(value));
    other.map(|(name, _)| format!("{name} {}", own(name).unwrap_or("unknown")))
}

/// The run that is gone on with, if there is one: what is not given is as it was begun.
#[derive(Clone, Copy)]
struct Known<'a>(Option<&'a Run>);

impl Known<'_> {
    fn get<T: FromStr>(self, name: &str) -> Option<T> {
        let (_, value) = self.0?.spec.parameters.iter().find(|(known, _)| known == name)?;
        value.parse().ok()
    }
}

/// Refuses options of the other method.
fn must_apply(given: &SearchArgs) -> Result<()> {
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
    let all = [&of_suppression[..], &of_clustering[..]];
    let (foreign, what) = match (given.preset, given.method) {
        (Some(DegeneratePreset::NtcCode), _) => (&all[..], "the preset ntc-code"),
        (None, DegenerateMethod::Suppression) => (&all[1..], "the method suppression"),
        (None, DegenerateMethod::Clustering) => (&all[..1], "the method clustering"),
    };
    match foreign.iter().copied().flatten().find(|(_, given)| *given) {
        Some(&(option, _)) => Err(CliError::NotForMethod { option, method: what.to_owned() }),
        None => Ok(()),
    }
}

/// The method with its options.
fn search(given: &SearchArgs, known: Known<'_>) -> Search {
    if given.preset == Some(DegeneratePreset::NtcCode) {
        return Search::Released(ReleasedClustering::default());
    }
    match given.method {
        DegenerateMethod::Suppression => {
            let plain = Suppression::default();
            let t_low = given.t_low.or_else(|| known.get("t_low")).unwrap_or(plain.t_low);
            let t_high = given.t_high.or_else(|| known.get("t_high")).unwrap_or(plain.t_high);
            // A threshold beyond what is kept by default keeps what it needs.
            let (keep_low, keep_high) = (plain.keep_low.max(t_low), plain.keep_high.min(t_high));
            Search::Suppression(Suppression {
                t_low,
                t_high,
                keep_low: given.keep_low.or_else(|| known.get("keep_low")).unwrap_or(keep_low),
                keep_high: given.keep_high.or_else(|| known.get("keep_high")).unwrap_or(keep_high),
                size: given.size.or_else(|| known.get("size")).unwrap_or(plain.size),
            })
        }
        DegenerateMethod::Clustering => {
            let plain = Clustering::default();
            Search::Clustering(Clustering {
                span: given.span.or_else(|| known.get("span")).unwrap_or(plain.span),
                persistence: given.persistence.or_else(|| known.get("persistence")).unwrap_or(plain.persistence),
                within: given.within.or_else(|| known.get("within")).unwrap_or(plain.within),
            })
        }
    }
}

/// Tells of relations and languages of the selection of which the searched run holds nothing.
fn note_unstored(
    store: &Store,
    source: &str,
    selection: &Selection,
    sets: &Within,
    terminal: &mut Terminal,
) -> Result<()> {
    let quoted = |name: &str| Text { text: name.to_owned(), span: Span::new(0, 0) }.to_string();
    let mut statement = format!("kn[run={}", quoted(source));
    for (key, names) in [("relation", &selection.relations), ("lang", &selection.languages)] {
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            statement += &format!(", {key} in ({})", names.join(", "));
        }
    }
    let mut notes = Notes(Vec::new());
    // What cannot be looked up is told by the job.
    if let Ok(parsed) = kndb_query::parse(&format!("explain {}", sets.around(&format!("{statement}]")))) {
        let _ = kndb_query::execute(store, &machine::settings(), &parsed, &mut notes);
    }
    notes.0.iter().try_for_each(|note| writeln!(terminal.messages, "note: {note}")).map_err(CliError::Output)
}

/// Keeps the notes on a statement that has no rows.
struct Notes(Vec<String>);

impl Sink for Notes {
    fn columns(&mut self, _: &[Column]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.0.push(note.to_string());
        Ok(())
    }
}

/// How many facts have groups at the run's thresholds: what is stored is evidence for others, too.
fn write_found(store: &Store, run: &str, terminal: &mut Terminal) -> Result<()> {
    let name = Text { text: run.to_owned(), span: Span::new(0, 0) };
    let statement = format!("dkn[run={name}] by lang");
    let snapshot = store.snapshot()?;
    let Some(run) = snapshot.run_named(run) else {
        return Ok(());
    };
    let mut facts = FactsByLanguage(Vec::new());
    let answered = kndb_query::parse(&statement)
        .and_then(|parsed| kndb_query::execute(store, &machine::settings(), &parsed, &mut facts));
    answered.map_err(|error| CliError::Query {
        error: Box::new(error),
        statement: StatementText { origin: "statement".into(), text: statement, ..StatementText::default() },
    })?;
    let found = match facts.0.is_empty() {
        true => "in no fact".to_owned(),
        false => format!("in {} facts", facts.0.join(", ")),
    };
    let stored = snapshot.holds(run.id)?.groups;
    let of_run = match run.spec.parameters.iter().any(|(name, _)| name == "t_low") {
        true => format!("{found} of the run, at its thresholds; {stored} kept as evidence"),
        false => format!("{found} of the run: {stored}"),
    };
    writeln!(terminal.out, "{:<12} {of_run}", "groups").map_err(CliError::Output)
}

/// `en 8`, `zh 5`.
struct FactsByLanguage(Vec<String>);

impl Sink for FactsByLanguage {
    fn columns(&mut self, _: &[Column]) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        if let [Value::Text(language), _, Value::Integer(facts), ..] = row {
            self.0.push(format!("{language} {facts}"));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
