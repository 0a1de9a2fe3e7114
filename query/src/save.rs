//! `let`: the members of a set are found, and saved under a name.

use crate::error::QueryError;
use crate::execute::deliver;
use crate::memory::Memory;
use crate::plan::Set;
use crate::plan::kinds::entries_not_saved;
use crate::plan::lower::Lowering;
use crate::plan::names::Settings;
use crate::plan::optimise::optimise;
use crate::plan::visit::Node;
use crate::planned::{NO_SHAPE, one_language, settings_language};
use crate::result::{BatchSink, Outcome};
use crate::rows::as_set;
use crate::rows::facts::FactNames;
use crate::run::domain::Execution;
use crate::run::save::Found;
use crate::syntax::ast::{Expr, Name};
use kndb_storage::{RunId, SavedSet, Snapshot, Store};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Saves a set under a name, in place of one that had it.
pub(crate) fn save(
    store: &Store,
    (snapshot, memory): (&Arc<Snapshot>, &Memory),
    settings: &Settings,
    (name, expr): (&Name, &Expr),
    sink: &mut dyn BatchSink,
) -> Result<Outcome, QueryError> {
    let mut lowering = Lowering::new(store, (snapshot, memory), settings, &[expr])?;
    let (set, model) = lowering.set(expr)?;
    let shape = model.as_ref().map(|model| model.shape);
    let set = optimise(set, shape);
    as_set::check(Node::from(&set))?;
    lowering.note_relabelled(Node::from(&set))?;
    // Rows that are chosen by their names are so in the language that a query of them would show.
    let names =
        FactNames { snapshot, language: one_language(&mut lowering).or_else(|| settings_language(snapshot, settings)) };
    let cursors = lowering.cursors();
    let shape = shape.unwrap_or(NO_SHAPE);
    let notes = lowering.take_notes();
    let mut execution = Execution { snapshot, shape, cursors, stats: None, threads: 1, memory, notes };
    let set = as_set::found(&mut execution, &set, names)?;
    let members = match &*set {
        Set::Pairs(pairs) => {
            let pairs = execution.prepare(pairs)?;
            Found::pairs(&mut execution, pairs.into_owned())?
        }
        Set::Neurons(neurons) => Found::Neurons(execution.neurons(neurons)?),
        Set::Facts(facts) => Found::Facts(execution.facts(facts)?),
        Set::Entries(_) => return Err(entries_not_saved(expr)),
    };
    // Runs say whose neurons the members are; `facts of` may have looked at runs of other models.
    let of_model = |run: &&RunId| {
        let run_model = snapshot.run(**run).map(|run| run.spec.model.as_str());
        model.as_ref().is_none_or(|model| run_model == Some(model.name.as_str()))
    };
    let mut runs: Vec<u32> = lowering.runs.iter().filter(of_model).map(|run| run.0).collect();
    if runs.is_empty() && matches!(members, Found::Neurons(_)) {
        // Neurons by number alone: any run of their model says what they are.
        runs.extend(model.and_then(|model| lowering.run_of(&model)).map(|run| run.0));
    }
    runs.sort_unstable();
    runs.dedup();
    let set = SavedSet {
        name: name.text.clone(),
        text: expr.to_string(),
        kind: members.kind_name().to_owned(),
        runs,
        members: members.len(),
        saved: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    // As of the snapshot: a set that another process saves at this moment is replaced, too, and not told of.
    if let Some(old) = snapshot.saved_sets().find(|old| old.name == name.text) {
        let (members, kind, text) = (old.members, &old.kind, &old.text);
        let text = format!("@{name} took the place of the set of that name: {members} {kind}, `{text}`");
        execution.notes.add(name.span, text);
    }
    members.save(&mut execution, store, &set)?;
    deliver(execution.notes, sink)?;
    Ok(Outcome::Saved { name: set.name, members: set.members })
}
