//! Runs statements against a store.

use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Note;
use crate::plan::explain::{Drawing, Drawn, NodeStats, duration};
use crate::plan::kinds::{Kind, not_compared, not_taken_apart};
use crate::plan::lower::Lowering;
use crate::plan::names::{Settings, listing, unknown_set};
use crate::plan::not_yet;
use crate::plan::optimise::{in_pairs, optimise};
use crate::plan::visit::Node;
use crate::plan::{Neurons, Pairs, Set};
use crate::result::{Batch, BatchSink, ByRow, Outcome, Sink};
use crate::rows::at_random::note_parts_of_layers;
use crate::rows::facts::FactNames;
use crate::rows::partition::split_sources;
use crate::rows::shape::{Form, Grouping};
use crate::rows::{Out, as_set, groups, listing, similarity};
use crate::run::domain::Execution;
use crate::run::save::Found;
use crate::syntax::ast::{Dim, Dimension, Expr, Head, Name, Query, Statement};
use crate::syntax::bind::Parameters;
use crate::syntax::span::Span;
use kndb_storage::{LanguageId, RunId, SavedSet, Shape, Snapshot, Store};
use std::ops::ControlFlow;
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Runs one statement; its rows, if it has any, go to the sink one by one. For programs there is [`stream`].
///
/// # Errors
/// [`QueryError`] with the place in the statement's text, where there is one; nothing is written then.
pub fn execute(
    store: &Store,
    settings: &Settings,
    statement: &Statement,
    sink: &mut dyn Sink,
) -> Result<Outcome, QueryError> {
    let mut by_row = ByRow::new(sink, &settings.interrupt);
    let outcome = stream(store, settings, statement, &mut by_row)?;
    Ok(match outcome {
        // The sink may have had enough in the middle of a batch.
        Outcome::Rows { .. } => Outcome::Rows { rows: by_row.rows },
        other => other,
    })
}

/// Runs one statement; its rows, if it has any, go to the sink as columns, in batches of at most [`crate::BATCH_ROWS`].
///
/// # Errors
/// [`QueryError`] with the place in the statement's text, where there is one; nothing is written then.
pub fn stream(
    store: &Store,
    settings: &Settings,
    statement: &Statement,
    sink: &mut dyn BatchSink,
) -> Result<Outcome, QueryError> {
    not_yet::check(statement)?;
    if !statement.parameters().is_empty() {
        // Whoever has values has bound them: of one that is left it is said that it has none.
        statement.bind(&Parameters::default())?;
    }
    let snapshot = store.snapshot().map_err(QueryError::storage)?;
    let memory = Memory::new(settings.memory, settings.interrupt.clone());
    memory.interrupt.check()?;
    match statement {
        Statement::Query(query) => {
            let (planned, mut execution, mut notes) = plan(store, (&snapshot, &memory), settings, query, false)?;
            let rows = planned.run(&mut execution, query, &mut notes, sink)?;
            notes.append(&mut execution.notes);
            deliver(&notes, sink)?;
            Ok(Outcome::Rows { rows })
        }
        Statement::Explain { analyze, query, .. } => {
            let (planned, mut execution, mut notes) = plan(store, (&snapshot, &memory), settings, query, *analyze)?;
            planned.check(query)?;
            let tree = Drawing { snapshot: &snapshot }.tree(query, &planned.drawn());
            if !analyze {
                deliver(&notes, sink)?;
                return Ok(Outcome::Explained(tree.text(None)));
            }
            let started = Instant::now();
            let rows = planned.run(&mut execution, query, &mut notes, &mut Discard)?;
            notes.append(&mut execution.notes);
            let total = duration(started.elapsed().as_nanos() as u64);
            let text = tree.text(execution.stats.as_deref());
            deliver(&notes, sink)?;
            Ok(Outcome::Explained(format!("{text}{rows} rows in {total} (one thread, with counting)\n")))
        }
        Statement::Let { name, set, .. } => save(store, (&snapshot, &memory), settings, (name, set), sink),
        Statement::Drop { name, .. } => {
            if !snapshot.saved_sets().any(|set| set.name == name.text) {
                return Err(unknown_set(name, &snapshot));
            }
            store.drop_set(&name.text).map_err(QueryError::storage)?;
            Ok(Outcome::Dropped { name: name.text.clone() })
        }
    }
}

fn deliver(notes: &[Note], sink: &mut dyn BatchSink) -> Result<(), QueryError> {
    notes.iter().try_for_each(|note| sink.note(note))
}

/// Threads of this machine; asking the system costs more than a small question.
fn threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A query, ready to run.
struct Planned<'s> {
    what: What<'s>,
    names: FactNames<'s>,
}

enum What<'s> {
    Set(Set<'s>, Kind),
    Similarity(Pairs<'s>, Pairs<'s>),
    SimilarNeurons(Neurons<'s>, Neurons<'s>),
    Between(Pairs<'s>, Dim),
}

const NO_SHAPE: Shape = Shape { layers: 1, width: 1 };

fn plan<'s>(
    store: &Store,
    (snapshot, memory): (&'s Arc<Snapshot>, &'s Memory),
    settings: &'s Settings,
    query: &Query,
    analyze: bool,
) -> Result<(Planned<'s>, Execution<'s>, Vec<Note>), QueryError> {
    let exprs: Vec<&Expr> = match &query.head {
        Head::Set(expr) => vec![expr],
        Head::Similarity { left, right, .. } => vec![left, right],
        Head::Between { set, .. } => vec![set],
    };
    let mut lowering = Lowering::new(store, (snapshot, memory), settings, &exprs)?;
    let (what, shape) = match &query.head {
        Head::Set(expr) => {
            let kind = lowering.kind(expr)?;
            let (set, model) = lowering.set(expr)?;
            let shape = model.map(|model| model.shape);
            let set = optimise(set, shape);
            as_set::check(Node::from(&set))?;
            lowering.note_relabelled(Node::from(&set))?;
            (What::Set(set, kind), shape)
        }
        Head::Similarity { left, right, span } => {
            let (what, shape) = sides(&mut lowering, [left, right], *span, &query.by)?;
            (what, Some(shape))
        }
        Head::Between { set: expr, dim, .. } => {
            let (set, model) = lowering.set(expr)?;
            let (Set::Pairs(pairs), Some(model)) = (set, model) else {
                return Err(not_taken_apart(lowering.kind(expr)?, expr));
            };
            let pairs = in_pairs(pairs, model.shape);
            as_set::check(Node::Pairs(&pairs))?;
            lowering.note_relabelled(Node::Pairs(&pairs))?;
            (What::Between(pairs, *dim), Some(model.shape))
        }
    };
    let language = label_language(&mut lowering, snapshot, settings, query.span);
    let names = FactNames { snapshot, language };
    let execution = Execution {
        snapshot,
        shape: shape.unwrap_or(NO_SHAPE),
        cursors: lowering.cursors(),
        stats: analyze.then(|| vec![NodeStats::default(); lowering.nodes()]),
        threads: threads(),
        memory,
        notes: Vec::new(),
    };
    Ok((Planned { what, names }, execution, lowering.into_notes()))
}

/// The two sides of a similarity, which must be of one kind and of one model.
fn sides<'s>(
    lowering: &mut Lowering<'s>,
    [l, r]: [&Expr; 2],
    span: Span,
    by: &[Dim],
) -> Result<(What<'s>, Shape), QueryError> {
    let kinds = [lowering.kind(l)?, lowering.kind(r)?];
    let found = (lowering.set_beside(l, Some(r))?, lowering.set_beside(r, Some(l))?);
    let ((left, Some(model)), (right, Some(other))) = found else {
        return Err(not_compared(kinds, [l, r], span));
    };
    if kinds[0] == kinds[1] && model.name != other.name {
        let reason = format!(
            "the left side is of model {:?} and the right side of model {:?}: their neurons are different units",
            model.name, other.name
        );
        return Err(QueryError::kind(span, reason).hint("compare runs of one model"));
    }
    let shape = model.shape;
    match (left, right) {
        (Set::Pairs(left), Set::Pairs(right)) => {
            // There the column `unpaired` is empty: facts are not counted by layer.
            if by.iter().any(|dim| dim.dimension == Dimension::Layer) {
                lowering.note_compared(span, &left, &right)?;
            }
            let [left, right] = [left, right].map(|pairs| in_pairs(pairs, shape));
            for side in [&left, &right] {
                as_set::check(Node::Pairs(side))?;
                lowering.note_relabelled(Node::Pairs(side))?;
            }
            Ok((What::Similarity(left, right), shape))
        }
        (left @ Set::Neurons(_), right @ Set::Neurons(_)) => {
            let [left, right] = [left, right].map(|set| optimise(set, Some(shape)));
            for side in [&left, &right] {
                as_set::check(Node::from(side))?;
                lowering.note_relabelled(Node::from(side))?;
            }
            match (left, right) {
                (Set::Neurons(left), Set::Neurons(right)) => Ok((What::SimilarNeurons(left, right), shape)),
                _ => Err(not_compared(kinds, [l, r], span)),
            }
        }
        _ => Err(not_compared(kinds, [l, r], span)),
    }
}

/// The one language the sources ask for, else the session's.
fn label_language(
    lowering: &mut Lowering<'_>,
    snapshot: &Snapshot,
    settings: &Settings,
    span: Span,
) -> Option<LanguageId> {
    if let Some(one) = one_language(lowering) {
        return Some(one);
    }
    let (name, language) = (settings.language.as_deref()?, settings_language(snapshot, settings));
    if language.is_none() {
        let known = listing(snapshot.languages().map(|(_, name)| name));
        let text = format!(
            "there are no labels in {name:?}, so those in English or any language are shown; the store has {known}"
        );
        lowering.notes().add(span, text);
    }
    language
}

fn one_language(lowering: &mut Lowering<'_>) -> Option<LanguageId> {
    lowering.languages.sort_unstable();
    lowering.languages.dedup();
    if let [one] = lowering.languages.as_slice() { Some(*one) } else { None }
}

fn settings_language(snapshot: &Snapshot, settings: &Settings) -> Option<LanguageId> {
    snapshot.language(settings.language.as_deref()?)
}

impl<'s> Planned<'s> {
    fn form(&self) -> Form {
        match &self.what {
            What::Set(_, kind) => Form::Set(*kind),
            What::Between(_, dim) if dim.dimension == Dimension::Relation => Form::SimilarNeurons,
            What::SimilarNeurons(..) => Form::SimilarNeurons,
            What::Similarity(..) | What::Between(..) => Form::Similarity,
        }
    }

    /// The clauses; `None` for a listing.
    fn grouping(&self, query: &Query) -> Result<Option<Grouping>, QueryError> {
        if query.by.is_empty() && matches!(self.what, What::Set(..)) {
            return Ok(None);
        }
        Grouping::new(query, self.form()).map(Some)
    }

    /// Refuses clauses that the query could not be answered with.
    fn check(&self, query: &Query) -> Result<(), QueryError> {
        match (&self.what, self.grouping(query)?) {
            (What::Set(set, kind), None) => {
                let scores = matches!(set, Set::Pairs(pairs) if pairs.scored_source().is_some());
                listing::check(query, *kind, scores)
            }
            (What::Set(Set::Pairs(pairs), _), Some(grouping)) => groups::check(pairs, &query.by, &grouping).map(drop),
            (What::Between(set, dim), _) if dim.dimension != Dimension::Relation => {
                split_sources(set, "between", &[*dim]).map(drop)
            }
            _ => Ok(()),
        }
    }

    fn drawn(&self) -> Drawn<'_, 's> {
        match &self.what {
            What::Set(set, _) => Drawn::Set(set),
            What::Similarity(left, right) => Drawn::Similarity(left, right),
            What::SimilarNeurons(left, right) => Drawn::SimilarNeurons(left, right),
            What::Between(set, _) => Drawn::Between(set),
        }
    }

    fn run(
        self,
        execution: &mut Execution<'s>,
        query: &Query,
        notes: &mut Vec<Note>,
        sink: &mut dyn BatchSink,
    ) -> Result<u64, QueryError> {
        let (grouping, names, memory) = (self.grouping(query)?, self.names, execution.memory);
        let (set, out) = match (self.what, &grouping) {
            (What::Set(set, _), _) => (as_set::found(execution, set, names)?, Out::Sink(sink)),
            (what, Some(grouping)) => {
                let mut found = Vec::new();
                let rows = compared(what, execution, grouping, names, &mut found, sink);
                notes.extend(found.into_iter().map(|text| Note { text, span: Some(query.span) }));
                return rows;
            }
            // A similarity always has a grouping.
            (_, None) => return Ok(0),
        };
        match (set, grouping) {
            (Set::Pairs(pairs), grouping) => {
                let pairs = execution.prepare(pairs)?;
                if let Some(chance) = query.chance {
                    let mut found = Vec::new();
                    note_parts_of_layers(&[&pairs], execution.shape, &mut found);
                    notes.extend(found.into_iter().map(|text| Note { text, span: Some(chance.span) }));
                }
                match grouping {
                    None => listing::pairs(execution, &pairs, query, names, out),
                    Some(grouping) => groups::pairs(execution, &pairs, &grouping, names, &query.by, out),
                }
            }
            (Set::Facts(facts), grouping) => {
                let facts = execution.facts(facts)?;
                match grouping {
                    None => listing::facts(&facts, query, names, memory, out),
                    Some(grouping) => groups::alone(&facts, &grouping, (true, execution.shape), names, memory, out),
                }
            }
            (Set::Neurons(neurons), grouping) => {
                let neurons = execution.neurons(neurons)?;
                match grouping {
                    None => listing::neurons(&neurons, query, names, (execution.shape, memory), out),
                    Some(grouping) => groups::alone(&neurons, &grouping, (false, execution.shape), names, memory, out),
                }
            }
        }
    }
}

/// Rows of a similarity; notes on how they were found.
fn compared<'s>(
    what: What<'s>,
    execution: &mut Execution<'s>,
    grouping: &Grouping,
    names: FactNames<'s>,
    notes: &mut Vec<String>,
    sink: &mut dyn BatchSink,
) -> Result<u64, QueryError> {
    match what {
        What::Similarity(left, right) => {
            let [left, right] = [as_set::in_pairs(execution, left, names)?, as_set::in_pairs(execution, right, names)?];
            let (left, right) = (execution.prepare(left)?, execution.prepare(right)?);
            note_parts_of_layers(&[&left, &right], execution.shape, notes);
            similarity::pairs(execution, [&left, &right], grouping, names, notes, sink)
        }
        What::SimilarNeurons(left, right) => {
            let [left, right] =
                [as_set::in_neurons(execution, left, names)?, as_set::in_neurons(execution, right, names)?];
            let sets = [execution.neurons(left)?, execution.neurons(right)?];
            similarity::two(sets, grouping, execution.shape, names, execution.memory, sink)
        }
        What::Between(set, dim) => {
            let set = as_set::in_pairs(execution, set, names)?;
            let set = execution.prepare(set)?;
            note_parts_of_layers(&[&set], execution.shape, notes);
            if dim.dimension == Dimension::Relation {
                similarity::relations(execution, &set, grouping, names, notes, sink)
            } else {
                similarity::between(execution, &set, dim, grouping, names, notes, sink)
            }
        }
        // Sets have other rows.
        What::Set(..) => Ok(0),
    }
}

fn save(
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
    let mut execution = Execution { snapshot, shape, cursors, stats: None, threads: 1, memory, notes: Vec::new() };
    let members = match as_set::found(&mut execution, set, names)? {
        Set::Pairs(pairs) => {
            let pairs = execution.prepare(pairs)?;
            Found::pairs(&mut execution, pairs)?
        }
        Set::Neurons(neurons) => Found::Neurons(execution.neurons(neurons)?),
        Set::Facts(facts) => Found::Facts(execution.facts(facts)?),
    };
    for note in std::mem::take(&mut execution.notes) {
        lowering.notes().add(note.span.unwrap_or(expr.span), note.text);
    }
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
        lowering.notes().add(name.span, text);
    }
    members.save(&mut execution, store, &set)?;
    deliver(&lowering.into_notes(), sink)?;
    Ok(Outcome::Saved { name: set.name, members: set.members })
}

/// Takes the rows of `explain analyze`, which nobody wants to see.
struct Discard;

impl BatchSink for Discard {
    fn batch(&mut self, _: Batch) -> Result<ControlFlow<()>, QueryError> {
        Ok(ControlFlow::Continue(()))
    }
}
