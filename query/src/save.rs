//! `let`: the members of a set are found, and saved under a name.

use crate::attached::ground::Ground;
use crate::attached::{apart, members};
use crate::error::{LONGEST_QUOTE, QueryError, quoted};
use crate::execute::deliver;
use crate::memory::Memory;
use crate::plan::Set;
use crate::plan::kinds::entries_not_saved;
use crate::plan::lower::{Lowering, Model};
use crate::plan::optimise::optimise;
use crate::plan::visit::Node;
use crate::planned::{NO_SHAPE, language_of_labels};
use crate::result::FactNames;
use crate::result::{BatchSink, Outcome};
use crate::rows::as_set;
use crate::run::domain::Execution;
use crate::run::save::Found;
use crate::syntax::ast::{Expr, Name};
use crate::syntax::span::Span;
use kndb_storage::{RunId, SavedSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// Saves a set under a name, in place of one that had it.
pub(crate) fn save(
    ground: &Ground,
    memory: &Memory,
    (name, expr): (&Name, &Expr),
    sink: &mut dyn BatchSink,
) -> Result<Outcome, QueryError> {
    let (store, snapshot, settings) = (&ground.store, &ground.snapshot, &ground.settings);
    let apart = (!ground.beside.is_empty()).then(|| apart::set(expr));
    let planned = apart.as_ref().unwrap_or(expr);
    let foreign = members::of_sets(ground, memory, &[planned])?;
    let mut lowering = Lowering::new(ground, memory, &[planned], foreign)?;
    let (set, model) = lowering.set(planned)?;
    let shape = model.as_ref().map(|model| model.shape);
    let set = optimise(set, shape);
    as_set::check(Node::from(&set))?;
    lowering.note_relabelled(Node::from(&set))?;
    // Rows that are chosen by their names are so in the language that a query of them would show.
    let language = language_of_labels(&mut lowering, snapshot, settings);
    let elsewhere = ground.elsewhere.get();
    let names = FactNames { snapshot, language, elsewhere };
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
    if runs.is_empty()
        && let Some(model) = &model
    {
        // Neurons by number alone, or of an attached store: any run of their model says what they are.
        let run = lowering.run_of(model).ok_or_else(|| no_run_of(model, expr.span))?;
        runs.push(run.0);
    }
    if let Some(elsewhere) = elsewhere {
        let strangers = members.facts_that(&mut execution, |fact| elsewhere.is_stranger(fact))?;
        if strangers > 0 {
            return Err(not_here(strangers, name, expr));
        }
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

/// A saved set's runs say whose neurons it has, and there is none.
fn no_run_of(model: &Model, span: Span) -> QueryError {
    let reason =
        format!("the store has no run of model {:?}, so nothing would say whose neurons these are", model.name);
    QueryError::missing(span, reason)
        .hint("save their facts (`let name = facts of …`), or ask without saving; `kndb merge` brings a run of another store here")
}

/// Facts that a saved set of the store in hand could not name.
fn not_here(strangers: u64, name: &Name, expr: &Expr) -> QueryError {
    let text = quoted(expr.to_string(), LONGEST_QUOTE);
    let (them, are) = if strangers == 1 { ("1 of its facts", "is") } else { ("of its facts", "are") };
    let them = if strangers == 1 { them.to_owned() } else { format!("{strangers} {them}") };
    let reason = format!("{them} {are} in an attached store alone, and a saved set is of facts of the store in hand");
    QueryError::missing(expr.span, reason).hint(format!(
        "save those that are here: `let {name} = ({text}) & facts`; or add the others with `kndb facts` or `kndb merge`"
    ))
}
