//! Sets that a search is kept to: found among the facts and neurons of the run it searches, and written into its own.

use std::sync::Arc;

use kndb_engine::degenerate::{CHOSEN, Choice, DegenerateJob, members_hash};
use kndb_query::within::Found;
use kndb_query::{Query, Within, parse_script};
use kndb_storage::{FactId, Neuron, Run, Snapshot, Store};

use super::Known;
use crate::args::WithinArgs;
use crate::error::{CliError, Result};
use crate::machine;
use crate::terminal::Terminal;
use crate::within::{refused, texts, within};

/// The parameters of a run that say in words what it was kept to.
const ONLY: &str = "only";
const WITHOUT: &str = "without";

/// What is left of each fact's neurons.
#[derive(Debug)]
struct Chosen(Found);

impl Choice for Chosen {
    fn takes(&self, fact: FactId) -> bool {
        self.0.takes(fact)
    }

    fn retain(&self, fact: FactId, neurons: &mut Vec<Neuron>) {
        let allowed = self.0.allowed(fact);
        neurons.retain(|&neuron| allowed.has(neuron));
    }
}

/// Sets in the words that a run keeps, one after the other.
fn written(sets: &[Query]) -> Option<String> {
    (!sets.is_empty()).then(|| texts(sets).join("; "))
}

/// The sets as a run has them.
fn read(text: &str) -> Result<Vec<Query>> {
    let statements = parse_script(text).map_err(|error| refused(error, text))?;
    let sets = statements.iter().map(|statement| {
        let text = statement.to_string();
        kndb_query::within::set(&text).map_err(|error| refused(error, &text))
    });
    sets.collect()
}

/// The sets that were given; of those that were not, the ones that the run was begun with.
pub fn given(args: &WithinArgs, known: Known<'_>) -> Result<Within> {
    let mut sets = within(args)?;
    for (name, of) in [(ONLY, &mut sets.only), (WITHOUT, &mut sets.without)] {
        if let Some(text) = known.get::<String>(name).filter(|_| of.is_empty()) {
            *of = read(&text)?;
        }
    }
    Ok(sets)
}

/// The job, kept to some sets.
pub fn kept(
    job: DegenerateJob,
    sets: &Within,
    (store, snapshot): (&Store, &Snapshot),
    (source, known): (&Run, Known<'_>),
    terminal: &mut Terminal,
) -> Result<DegenerateJob> {
    if sets.is_empty() {
        return Ok(job);
    }
    let sets = sets.beside(snapshot, source);
    let found = sets.found(store, &machine::settings(), source).map_err(|(error, text)| refused(*error, &text))?;
    for note in &found.notes {
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let members = found.written(snapshot).map_err(|error| refused(error, ""))?;
    let named = [(ONLY, written(&sets.only)), (WITHOUT, written(&sets.without))];
    let named: Vec<(String, String)> =
        named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect();
    if known.get::<String>(CHOSEN).is_some() {
        // Said in words before the hash, which nobody can give.
        for name in [ONLY, WITHOUT] {
            let stored = known.get::<String>(name);
            let given = named.iter().find(|(of, _)| of == name).map(|(_, text)| text.clone());
            if stored != given {
                let shown =
                    |text: Option<String>| text.map_or_else(|| format!("no {name}"), |text| format!("{name}={text}"));
                let (run, stored, given) = (job.run.name, shown(stored), shown(given));
                return Err(CliError::Store(kndb_storage::Error::RunDiffers {
                    run,
                    field: "parameter",
                    stored,
                    given,
                }));
            }
        }
    }
    if known.get::<String>(CHOSEN).is_some_and(|before| before != members_hash(&members)) {
        return Err(CliError::SetsChanged { run: job.run.name, sets: sets.to_string() });
    }
    Ok(job.choosing(Arc::new(Chosen(found)), named, &members))
}
