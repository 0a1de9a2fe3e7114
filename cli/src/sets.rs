//! Sets of the query language as neurons to change: parsed, checked to be of the loaded model, read for one fact.

use std::cell::RefCell;
use std::sync::Arc;

use kndb_engine::Model;
use kndb_query::within::{Members, RunsMeant, members};
use kndb_query::{
    Condition, ConditionKey, Dimension, Expr, ExprKind, Head, Query, Settings, SourceKind, Span, Statement, Text,
};
use kndb_storage::{Neuron, RunId, Snapshot, Store};

use crate::error::{CliError, Result};
use crate::machine;
use crate::session::parameters::Values;
use crate::study::{Reads, run_of};
use crate::within::refused as query_error;

/// Sets that speak of one model's neurons.
pub struct Sets<'a> {
    store: &'a Store,
    snapshot: Arc<Snapshot>,
    model: &'a Model,
    settings: Settings,
    /// The model's runs that are meant where a set names none.
    runs: RunsMeant,
    values: RefCell<Values>,
}

impl<'a> Sets<'a> {
    /// Sets of a store. Without `run`, a source that names none means the model's only run that has what it is about.
    pub fn new(store: &'a Store, model: &'a Model, run: Option<&str>, values: Values) -> Result<Self> {
        let snapshot = store.snapshot()?;
        if let Some(run) = run.and_then(|name| snapshot.run_named(name)) {
            model.must_be_of(run)?;
        }
        let own = |reads| run_of(&snapshot, model, None, reads).ok().map(|run| run.spec.name.clone());
        let runs = match run {
            Some(_) => RunsMeant::default(),
            None => RunsMeant { attributed: own(Reads::Attributions), searched: own(Reads::Groups) },
        };
        // Neurons by number mean those of the session's run.
        let own_run = run.map(str::to_owned).or_else(|| runs.attributed.clone());
        let settings = Settings { run: own_run, ..machine::settings() };
        Ok(Self { store, snapshot, model, settings, runs, values: RefCell::new(values) })
    }

    /// The neurons of a set, and what there is to know beside them. Of pairs, those of one fact.
    pub fn neurons(&self, set: &str, fact: &str) -> Result<(Vec<Neuron>, Vec<String>)> {
        let statement = parsed(set)?;
        let statement = self.values.borrow_mut().bind(&statement).map_err(|error| query_error(error, set))?;
        let Statement::Query(query) = statement else { return Err(not_a_set(set)) };
        let expr = expr_of(query.in_runs(&self.runs)).ok_or_else(|| not_a_set(set))?;
        must_be_of(&expr, &self.snapshot, &self.settings, self.model)?;
        // The fact as a further filter, where the set is one of pairs: all other facts need not be read.
        let own = match is_of_pairs(&expr) {
            true => format!("({expr}) & facts[fact={}]", text(fact)),
            false => expr.to_string(),
        };
        let found = members(self.store, &self.settings, &own, self.model.shape());
        let (found, notes) = found.map_err(|error| query_error(error, &format!("({own})")))?;
        let neurons = match found {
            Members::Neurons(neurons) => neurons,
            Members::Pairs(pairs) => {
                let fact = self.snapshot.fact(fact)?;
                fact.and_then(|fact| pairs.get(&fact.0).cloned()).unwrap_or_default()
            }
            Members::Facts(_) => return Err(not_a_set(set)),
        };
        let notes = notes.iter().map(ToString::to_string).collect();
        Ok((neurons.into_iter().map(Neuron).collect(), notes))
    }

    /// Refuses values that no set has used.
    pub fn check_values(&self) -> Result<()> {
        self.values.borrow().check_used().map_err(|error| query_error(error, ""))
    }
}

/// The set that a query is. Rows of neurons need no parentheses; `kn top 3` is refused without them, where the three best of each fact may
/// have been meant.
fn expr_of(query: Query) -> Option<Expr> {
    if query.by.iter().any(|dim| dim.dimension == Dimension::Neuron) && !query.plot {
        return Some(Expr { span: query.span, kind: ExprKind::Rows(Box::new(query)) });
    }
    let plain = query.by.is_empty() && query.top.is_none() && query.order.is_empty() && query.having.is_empty();
    match query.head {
        Head::Set(expr) if plain => Some(expr),
        _ => None,
    }
}

fn text(text: &str) -> Text {
    Text { text: text.to_owned(), span: Span::new(0, 0) }
}

fn parsed(text: &str) -> Result<Statement> {
    kndb_query::parse(text).map_err(|error| query_error(error, text))
}

fn not_a_set(set: &str) -> CliError {
    CliError::NotNeurons { set: set.to_owned() }
}

/// Whether an expression is surely one of pairs: a saved set may be anything.
fn is_of_pairs(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Source(source) => source.kind != SourceKind::Facts,
        ExprKind::Binary { left, right, .. } => is_of_pairs(left) || is_of_pairs(right),
        ExprKind::Rows(query) => match &query.head {
            Head::Set(of) if query.by.is_empty() => is_of_pairs(of),
            _ => [Dimension::Fact, Dimension::Neuron].iter().all(|of| query.by.iter().any(|dim| dim.dimension == *of)),
        },
        _ => false,
    }
}

/// Refuses sets of runs of another model: the same numbers are other neurons there.
fn must_be_of(expr: &Expr, snapshot: &Snapshot, settings: &Settings, model: &Model) -> Result<()> {
    let (mut runs, mut unnamed) = (Vec::new(), Vec::new());
    collect_runs(expr, snapshot, settings, (&mut runs, &mut unnamed));
    // The model's only run would stand there by now, so there is none, or there are several.
    unnamed.into_iter().try_for_each(|reads| run_of(snapshot, model, None, reads).map(|_| ()))?;
    for run in snapshot.runs().filter(|run| runs.contains(&run.id)) {
        model.must_be_of(run)?;
    }
    Ok(())
}

/// The runs that an expression reads, and what those have that it reads without a name; one that cannot be read names none.
fn collect_runs(
    expr: &Expr,
    snapshot: &Snapshot,
    settings: &Settings,
    (runs, unnamed): (&mut Vec<RunId>, &mut Vec<Reads>),
) {
    match &expr.kind {
        ExprKind::Binary { left, right, .. } => {
            collect_runs(left, snapshot, settings, (runs, unnamed));
            collect_runs(right, snapshot, settings, (runs, unnamed));
        }
        ExprKind::NeuronsOf(_) | ExprKind::Rows(_) => {
            expr.parts().for_each(|of| collect_runs(of, snapshot, settings, (runs, unnamed)));
        }
        // Facts are facts, whichever model knows them.
        ExprKind::FactsOf(_) | ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => {}
        // No store is attached here: the statement itself says so.
        ExprKind::Attached { .. } => {}
        ExprKind::Saved(name) => {
            let saved = snapshot.saved_sets().find(|set| set.name == name.text);
            runs.extend(saved.into_iter().flat_map(|set| set.runs.iter().copied().map(RunId)));
        }
        ExprKind::Source(source) if source.kind == SourceKind::Facts => {}
        ExprKind::Source(source) => {
            let of_name = |name: &str| snapshot.run_named(name).map(|run| run.id);
            match source.condition(ConditionKey::Run).map(Condition::names) {
                Some(Some(names)) => runs.extend(names.iter().filter_map(|name| of_name(&name.text))),
                Some(None) => runs.extend(snapshot.runs().map(|run| run.id)),
                None => match &settings.run {
                    Some(name) => runs.extend(of_name(name)),
                    None if source.kind == SourceKind::Dkn => unnamed.push(Reads::Groups),
                    None => unnamed.push(Reads::Attributions),
                },
            }
        }
    }
}
