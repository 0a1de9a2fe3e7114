//! A query that is ready to run: planned for one snapshot, its clauses checked.

use crate::attached::ground::{Ground, in_store, of_store};
use crate::attached::{apart, members};
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::{Note, Notes};
use crate::plan::explain::{Drawing, Drawn, NodeStats, Tree};
use crate::plan::kinds::{Kind, not_compared, not_taken_apart, of_two_models};
use crate::plan::lower::Lowering;
use crate::plan::names::{Settings, listing as listed};
use crate::plan::optimise::{in_pairs, optimise};
use crate::plan::parts::PartsOfLayers;
use crate::plan::visit::Node;
use crate::plan::{Neurons, Pairs, Set};
use crate::result::elsewhere::Elsewhere;
use crate::result::{BatchSink, FactNames};
use crate::rows::partition::split_sources;
use crate::rows::shape::{Form, Grouping};
use crate::rows::{Out, alone, as_set, beyond, entries, groups, listing, similarity};
use crate::run::domain::Execution;
use crate::syntax::ast::{Dim, Dimension, Expr, Head, Query};
use crate::syntax::span::Span;
use kndb_storage::{LanguageId, Shape, Snapshot};
use std::sync::{Arc, OnceLock};

/// Threads of this machine; asking the system costs more than a small question.
pub(crate) fn threads() -> usize {
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A query, ready to run, as often as one likes.
pub(crate) struct Planned<'s> {
    what: What<'s>,
    names: FactNames<'s>,
    /// The attached store that answers it, where all of it is one's.
    store: Option<&'s str>,
    /// Shape of the model; of plans over facts alone, any.
    shape: Shape,
    cursors: usize,
    nodes: usize,
    /// The clauses; `None` for a listing.
    grouping: Option<Grouping>,
    /// What there is to know beside the rows, as far as the plan tells.
    pub(crate) notes: Vec<Note>,
    /// Bytes that the plan holds of what a statement may take: members of saved sets.
    pub(crate) taken: u64,
}

enum What<'s> {
    Set(Set<'s>, Kind),
    Similarity(Pairs<'s>, Pairs<'s>),
    SimilarNeurons(Neurons<'s>, Neurons<'s>),
    Between(Pairs<'s>, Dim),
}

pub(crate) const NO_SHAPE: Shape = Shape { layers: 1, width: 1 };

/// Plans a query; one that is all of an attached store is planned there.
pub(crate) fn plan<'s>(ground: &'s Ground, memory: &Memory, query: &Query) -> Result<Planned<'s>, QueryError> {
    if ground.beside.is_empty() {
        return plan_parts(ground, memory, query);
    }
    match apart::query(query) {
        apart::Apart::Parts(query) => plan_parts(ground, memory, &query),
        apart::Apart::Of(store, query) => {
            let Some((_, beside)) = ground.beside(&store.text) else { return plan_parts(ground, memory, &query) };
            let there = &beside.ground;
            let elsewhere = Elsewhere::in_hand(&there.snapshot, Arc::clone(&ground.snapshot));
            // A ground is planned on once.
            let _ = there.elsewhere.set(Arc::new(elsewhere));
            let planned = plan_parts(there, memory, &query).map_err(|error| in_store(&store.text, error))?;
            let told = |note: Note| Note { text: of_store(&store.text, &note.text), ..note };
            let notes = planned.notes.into_iter().map(told).collect();
            Ok(Planned { store: Some(&beside.name), notes, ..planned })
        }
    }
}

/// Plans a query of which attached stores have answered their parts.
fn plan_parts<'s>(ground: &'s Ground, memory: &Memory, query: &Query) -> Result<Planned<'s>, QueryError> {
    let (snapshot, settings) = (&ground.snapshot, &ground.settings);
    let exprs: Vec<&Expr> = match &query.head {
        Head::Set(expr) => vec![expr],
        Head::Similarity { left, right, .. } => vec![left, right],
        Head::Between { set, .. } => vec![set],
    };
    let foreign = members::of_sets(ground, memory, &exprs)?;
    let mut lowering = Lowering::new(ground, memory, &exprs, foreign)?;
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
    let names = FactNames { snapshot, language, elsewhere: ground.elsewhere.get() };
    let form = what.form();
    let is_listing = query.by.is_empty() && matches!(form, Form::Set(_));
    let grouping = if is_listing { None } else { Some(Grouping::new(query, form)?) };
    if let Some(grouping) = &grouping {
        beyond::note(grouping, shape.unwrap_or(NO_SHAPE), lowering.notes());
    }
    let (cursors, nodes, notes) = (lowering.cursors(), lowering.nodes(), lowering.take_notes().into_all());
    let (shape, taken) = (shape.unwrap_or(NO_SHAPE), memory.used());
    Ok(Planned { what, names, store: None, shape, cursors, nodes, grouping, notes, taken })
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
    if kinds[0] == kinds[1] && !model.is(&other) {
        return Err(of_two_models(&model, &other, span));
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

/// The language of labels; says where the session has chosen one that the store does not have.
fn label_language(
    lowering: &mut Lowering<'_>,
    snapshot: &Snapshot,
    settings: &Settings,
    span: Span,
) -> Option<LanguageId> {
    let language = language_of_labels(lowering, snapshot, settings);
    if let Some(name) = settings.language.as_deref().filter(|name| snapshot.language(name).is_none()) {
        let shown = language.map_or("English or any language", |asked| snapshot.language_name(asked));
        let known = listed(snapshot.languages().map(|(_, name)| name));
        let text = format!("there are no labels in {name:?}, so those in {shown} are shown; the store has {known}");
        lowering.notes().add(span, text);
    }
    language
}

/// The language that the session has chosen for labels, whatever is asked: whoever chose it reads it. Else the one that the sources
/// ask for.
pub(crate) fn language_of_labels(
    lowering: &mut Lowering<'_>,
    snapshot: &Snapshot,
    settings: &Settings,
) -> Option<LanguageId> {
    let chosen = settings.language.as_deref().and_then(|name| snapshot.language(name));
    chosen.or_else(|| one_language(lowering))
}

fn one_language(lowering: &mut Lowering<'_>) -> Option<LanguageId> {
    lowering.languages.sort_unstable();
    lowering.languages.dedup();
    if let [one] = lowering.languages.as_slice() { Some(*one) } else { None }
}

impl What<'_> {
    fn form(&self) -> Form {
        match self {
            Self::Set(_, kind) => Form::Set(*kind),
            Self::Between(_, dim) if dim.dimension == Dimension::Relation => Form::SimilarNeurons,
            Self::SimilarNeurons(..) => Form::SimilarNeurons,
            Self::Similarity(..) | Self::Between(..) => Form::Similarity,
        }
    }
}

impl<'s> Planned<'s> {
    /// What the plan is run with; `analyze` counts what each of its nodes does.
    pub(crate) fn execution<'r>(&'r self, memory: &'r Memory, analyze: bool) -> Execution<'r> {
        Execution {
            snapshot: self.names.snapshot,
            shape: self.shape,
            cursors: self.cursors,
            stats: analyze.then(|| vec![NodeStats::default(); self.nodes]),
            threads: threads(),
            memory,
            notes: Notes::from(self.notes.clone()),
        }
    }

    /// Refuses clauses that the query could not be answered with.
    pub(crate) fn check(&self, query: &Query) -> Result<(), QueryError> {
        match (&self.what, &self.grouping) {
            (What::Set(Set::Entries(_), _), None) => entries::check(query),
            (What::Set(set, kind), None) => {
                let scores = matches!(set, Set::Pairs(pairs) if pairs.scored_source().is_some());
                listing::check(query, *kind, scores)
            }
            (What::Set(Set::Pairs(pairs), _), Some(grouping)) => {
                groups::check(pairs, &query.by, grouping)?;
                groups::check_runs(pairs, &query.by, grouping, self.names.snapshot).map(drop)
            }
            (What::Between(set, dim), _) if dim.dimension != Dimension::Relation => {
                split_sources(set, "between", &[*dim]).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// The one or two sets that the plan is about.
    fn nodes(&self) -> [Option<Node<'_, 's>>; 2] {
        match &self.what {
            What::Set(set, _) => [Some(Node::from(set)), None],
            What::Similarity(left, right) => [Some(Node::Pairs(left)), Some(Node::Pairs(right))],
            What::SimilarNeurons(left, right) => [Some(Node::Neurons(left)), Some(Node::Neurons(right))],
            What::Between(set, _) => [Some(Node::Pairs(set)), None],
        }
    }

    /// The plan as `explain` shows it.
    pub(crate) fn tree(&self, query: &Query) -> Tree {
        let tree = Drawing { snapshot: self.names.snapshot }.tree(query, &self.drawn());
        match self.store {
            Some(name) => tree.in_store(name),
            None => tree,
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
}

/// Runs a plan: its rows go to the sink, and what there is to know beside them to the notes of the execution.
pub(crate) fn run<'r>(
    planned: &Planned<'r>,
    execution: &mut Execution<'r>,
    query: &Query,
    sink: &mut dyn BatchSink,
) -> Result<u64, QueryError> {
    let rows = rows(planned, execution, query, sink)?;
    planned.nodes().into_iter().flatten().for_each(|node| note_ties(node, &execution.notes));
    Ok(rows)
}

/// Notes ranks that parted equals while a plan was run.
pub(crate) fn note_ties(node: Node<'_, '_>, notes: &Notes) {
    for source in node.sources() {
        for span in source.cells.iter().filter_map(|cell| cell.ties.as_ref()?.take()) {
            let text = "this rank parts neurons of equal scores: of equals, those of lower layers, and in a layer lower neurons, come first";
            notes.add(span, text.to_owned());
        }
    }
}

fn rows<'r>(
    planned: &Planned<'r>,
    execution: &mut Execution<'r>,
    query: &Query,
    sink: &mut dyn BatchSink,
) -> Result<u64, QueryError> {
    match (&planned.what, &planned.grouping) {
        (What::Set(set, _), grouping) => {
            let set = as_set::found(execution, set, planned.names)?;
            of_set(planned, (&set, grouping.as_ref()), execution, query, sink)
        }
        (what, Some(grouping)) => {
            let mut found = Vec::new();
            let rows = compared(what, execution, grouping, planned.names, &mut found, sink);
            found.into_iter().for_each(|text| execution.notes.add(query.span, text));
            rows
        }
        // A similarity always has a grouping.
        (_, None) => Ok(0),
    }
}

fn of_set<'r>(
    planned: &Planned<'r>,
    (set, grouping): (&Set<'r>, Option<&Grouping>),
    execution: &mut Execution<'r>,
    query: &Query,
    sink: &mut dyn BatchSink,
) -> Result<u64, QueryError> {
    let (names, memory, out) = (planned.names, execution.memory, Out::Sink(sink));
    match set {
        Set::Pairs(pairs) => {
            let pairs = execution.prepare(pairs)?;
            let parts = PartsOfLayers::of_pairs(&pairs, execution.shape);
            if let (Some(chance), Some(text)) = (query.chance, parts.note()) {
                execution.notes.add(chance.span, text);
            }
            match grouping {
                None => listing::pairs(execution, &pairs, query, names, out),
                Some(grouping) => groups::pairs(execution, &pairs, grouping, names, &query.by, out),
            }
        }
        Set::Entries(entries) => {
            let source = execution.entries(entries)?;
            match grouping {
                None => entries::listing(execution, &source, query, names, out),
                Some(grouping) => entries::grouped(execution, &source, (query, grouping), names, out),
            }
        }
        Set::Facts(facts) => {
            let facts = execution.facts(facts)?;
            match grouping {
                None => listing::facts(&facts, query, names, memory, out),
                Some(grouping) => {
                    alone::rows(&facts, grouping, (true, execution.shape), names, (memory, &execution.notes), out)
                }
            }
        }
        Set::Neurons(neurons) => {
            let neurons = execution.neurons(neurons)?;
            match grouping {
                None => listing::neurons(&neurons, query, names, (execution.shape, memory), out),
                Some(grouping) => {
                    alone::rows(&neurons, grouping, (false, execution.shape), names, (memory, &execution.notes), out)
                }
            }
        }
    }
}

/// Rows of a similarity; notes on how they were found.
fn compared<'r>(
    what: &What<'r>,
    execution: &mut Execution<'r>,
    grouping: &Grouping,
    names: FactNames<'r>,
    notes: &mut Vec<String>,
    sink: &mut dyn BatchSink,
) -> Result<u64, QueryError> {
    match what {
        What::Similarity(left, right) => {
            let (left, right) = (as_set::in_pairs(execution, left, names)?, as_set::in_pairs(execution, right, names)?);
            let (left, right) = (execution.prepare(&left)?, execution.prepare(&right)?);
            similarity::pairs(execution, [&left, &right], grouping, names, notes, Out::Sink(sink))
        }
        What::SimilarNeurons(left, right) => {
            let (left, right) =
                (as_set::in_neurons(execution, left, names)?, as_set::in_neurons(execution, right, names)?);
            let (left, of_left) = execution.neurons_and_parts(&left)?;
            let (right, of_right) = execution.neurons_and_parts(&right)?;
            notes.extend(of_left.max(of_right).note().map(str::to_owned));
            similarity::two([left, right], grouping, execution, names, Out::Sink(sink))
        }
        What::Between(set, dim) => {
            let set = as_set::in_pairs(execution, set, names)?;
            let set = execution.prepare(&set)?;
            notes.extend(PartsOfLayers::of_pairs(&set, execution.shape).note().map(str::to_owned));
            if dim.dimension == Dimension::Relation {
                similarity::relations(execution, &set, grouping, names, notes, Out::Sink(sink))
            } else {
                similarity::between(execution, &set, *dim, grouping, names, notes, Out::Sink(sink))
            }
        }
        // Sets have other rows.
        What::Set(..) => Ok(0),
    }
}
