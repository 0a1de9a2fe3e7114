//! Syntax tree → typed plan: kinds are checked, names looked up, thresholds placed.

mod model;
mod rows;
mod saved;
pub(crate) mod source;

use crate::attached::ground::Ground;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::foreign::{Foreign, ForeignSets};
use crate::plan::kinds::{Kind, entries_elsewhere, entries_mixed, mixed, not_of, rows_of_entries};
use crate::plan::names::{Resolver, no_run, unknown_set};
use crate::plan::parts::PartsOfLayers;
use crate::plan::ranges::neurons_in;
use crate::plan::relabelled::note_relabelled;
use crate::plan::saved::Members;
use crate::plan::scored::{check_neurons, note_saved};
use crate::plan::unpaired::{
    Extent, Extents, Together, note_extents, note_facts_without_entries, note_foreign_facts, note_unpaired,
};
use crate::plan::visit::Node;
use crate::plan::{Entries, Facts, KnownFrom, NeuronFilter, Neurons, NodeId, Pairs, SavedPairs, Set};
use crate::syntax::ast::{Expr, ExprKind, Name, SetOp, SourceKind};
use crate::syntax::span::Span;
use kndb_storage::{Run, RunId};
use std::sync::Arc;

pub(crate) use model::{Model, model_of};
pub(crate) use saved::Saved;
use saved::read_saved;

/// Makes plans from syntax trees.
pub(crate) struct Lowering<'s> {
    names: Resolver<'s>,
    saved: Saved,
    foreign: ForeignSets,
    extents: Extents,
    next_id: NodeId,
    next_cursor: usize,
    /// Runs that sources have named so far.
    pub runs: Vec<RunId>,
    /// Languages that sources have asked for by name.
    pub languages: Vec<kndb_storage::LanguageId>,
}

impl<'s> Lowering<'s> {
    pub(crate) fn new(
        ground: &'s Ground,
        memory: &Memory,
        exprs: &[&Expr],
        mut foreign: ForeignSets,
    ) -> Result<Self, QueryError> {
        let snapshot = &*ground.snapshot;
        let mut saved = Saved::new();
        for expr in exprs {
            read_saved(&ground.store, (snapshot, memory), expr, &mut saved)?;
        }
        let notes = std::mem::take(&mut foreign.notes);
        Ok(Self {
            names: Resolver { notes, ..Resolver::new(snapshot, &ground.settings) },
            saved,
            foreign,
            extents: Extents::default(),
            next_id: 0,
            next_cursor: 0,
            runs: Vec::new(),
            languages: Vec::new(),
        })
    }

    /// What there is to know beside the rows, so far.
    pub(crate) fn notes(&self) -> &Notes {
        &self.names.notes
    }

    /// Notes facts that only one side of `similarity(…) by layer` has entries of.
    pub(crate) fn note_compared(&self, span: Span, left: &Pairs<'_>, right: &Pairs<'_>) -> Result<(), QueryError> {
        note_unpaired((&self.names, &self.extents), Together::Similarity, span, left, right)
    }

    /// The facts that a set has entries of, where that is known before it is found.
    pub(crate) fn extent(&self, set: &Set<'_>) -> Result<Option<Extent>, QueryError> {
        match set {
            Set::Pairs(pairs) => self.extents.of(pairs, self.names.snapshot),
            Set::Facts(facts) => self.extents.of_facts(facts, self.names.snapshot),
            Set::Neurons(_) | Set::Entries(_) => Ok(None),
        }
    }

    /// Notes scores in a plan that were asked with other labels than there are now.
    pub(crate) fn note_relabelled(&self, plan: Node<'_, '_>) -> Result<(), QueryError> {
        note_relabelled(&self.names, plan)
    }

    /// Hands them over to what goes on adding some. Call when everything is lowered.
    pub(crate) fn take_notes(&mut self) -> Notes {
        std::mem::take(&mut self.names.notes)
    }

    fn id(&mut self) -> NodeId {
        self.next_id += 1;
        self.next_id - 1
    }

    pub(crate) fn nodes(&self) -> usize {
        self.next_id
    }

    pub(crate) fn cursors(&self) -> usize {
        self.next_cursor
    }

    /// A run of a model.
    pub(crate) fn run_of(&self, model: &Model) -> Option<RunId> {
        self.names.snapshot.runs().find(|run| model_of(run).is(model)).map(|run| run.id)
    }

    /// The kind of an expression.
    pub(crate) fn kind(&self, expr: &Expr) -> Result<Kind, QueryError> {
        Ok(match &expr.kind {
            ExprKind::Source(source) if source.kind == SourceKind::Facts => Kind::Facts,
            ExprKind::Source(source) if source.kind == SourceKind::Entries => Kind::Entries,
            ExprKind::Source(_) => Kind::Pairs,
            ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => Kind::Neurons,
            ExprKind::Saved(name) => self.saved(name)?.1.kind(),
            // Entries alone are not found beforehand.
            ExprKind::Attached { .. } => self.foreign(expr).map_or(Kind::Entries, |set| set.members.kind()),
            ExprKind::Rows(query) => self.kind_of_rows(query)?,
            ExprKind::NeuronsOf(of) => match self.kind(of)? {
                Kind::Pairs => Kind::Neurons,
                other => return Err(not_of("neurons", other, of)),
            },
            ExprKind::FactsOf(of) => match self.kind(of)? {
                Kind::Pairs | Kind::Entries => Kind::Facts,
                other => return Err(not_of("facts", other, of)),
            },
            ExprKind::Binary { op, op_span, left, right } => {
                let (l, r) = (self.kind(left)?, self.kind(right)?);
                match (l, *op, r) {
                    // Facts choose entries, as they choose pairs.
                    (Kind::Entries, SetOp::Intersection | SetOp::Difference, Kind::Facts) if !is_rows(left) => l,
                    (Kind::Facts, SetOp::Intersection, Kind::Entries) if !is_rows(right) => r,
                    (Kind::Entries, ..) | (.., Kind::Entries) => return Err(entries_mixed([l, r], *op, [left, right])),
                    _ if l == r => l,
                    (Kind::Pairs, SetOp::Intersection, _) | (_, SetOp::Intersection, Kind::Pairs) => Kind::Pairs,
                    (Kind::Pairs, SetOp::Difference, _) => Kind::Pairs,
                    _ => return Err(mixed(l, *op, r, *op_span, left, right)),
                }
            }
        })
    }

    fn saved(&self, name: &Name) -> Result<&(kndb_storage::SavedSet, Members), QueryError> {
        let saved = self.saved.get(&name.text).ok_or_else(|| unknown_set(name, self.names.snapshot))?;
        if saved.0.members == 0 {
            self.names.notes.add(name.span, format!("@{} is empty: it was saved so, as `{}`", name.text, saved.0.text));
        }
        Ok(saved)
    }

    /// The set of an attached store, as it was found.
    fn foreign(&self, expr: &Expr) -> Option<&Foreign> {
        self.foreign.get(&expr.to_string())
    }

    /// The same, once it is made part of the plan as a node.
    fn foreign_node(&mut self, expr: &Expr, id: NodeId) -> Result<&Foreign, QueryError> {
        let expected = || QueryError::kind(expr.span, "expected a set");
        let set = self.foreign.get(&expr.to_string()).ok_or_else(expected)?;
        self.extents.add(id, set.extent.clone());
        let here = set.languages.iter().filter_map(|language| self.names.snapshot.language(language));
        self.languages.extend(here);
        Ok(set)
    }

    /// Any set.
    pub(crate) fn set(&mut self, expr: &Expr) -> Result<(Set<'s>, Option<Model>), QueryError> {
        self.set_beside(expr, None)
    }

    /// Any set, compared with another: neurons by number alone are of the other's model.
    pub(crate) fn set_beside(
        &mut self,
        expr: &Expr,
        other: Option<&Expr>,
    ) -> Result<(Set<'s>, Option<Model>), QueryError> {
        let kind = self.kind(expr)?;
        match kind {
            Kind::Facts => return Ok((Set::Facts(self.facts(expr)?), None)),
            Kind::Entries => return Ok((Set::Entries(self.entries(expr)?), None)),
            Kind::Pairs | Kind::Neurons => {}
        }
        let mut model = None;
        self.find_model(expr, &mut model)?;
        if let (None, Some(other)) = (&model, other) {
            self.find_model(other, &mut model)?;
        }
        let model = match model {
            Some((model, _)) => model,
            None => self.default_model(expr)?,
        };
        let set = match kind {
            Kind::Pairs => Set::Pairs(self.pairs(expr, &model)?),
            _ => Set::Neurons(self.neurons(expr, &model)?),
        };
        Ok((set, Some(model)))
    }

    /// Neurons by number alone: of the session's run, or of the only model.
    fn default_model(&self, expr: &Expr) -> Result<Model, QueryError> {
        let snapshot = self.names.snapshot;
        let models: Vec<Model> = match self.names.session_run(expr.span)? {
            Some(run) => vec![model_of(run)],
            None => snapshot.runs().map(model_of).collect(),
        };
        match models.split_first() {
            None => Err(no_run(expr.span)),
            Some((first, rest)) if rest.iter().all(|other| other.is(first)) => Ok(first.clone()),
            Some((first, _)) => Err(QueryError::missing(
                expr.span,
                "the store has runs of several models, and neuron numbers mean something else in each",
            )
            .hint(format!(
                "say which: choose a run for the session, or write `neurons of (kn[run={:?}] & …)`",
                first.run
            ))),
        }
    }

    /// The model of all sources below, which must be one. Does not look into `facts of`: facts are not neurons.
    fn find_model(&self, expr: &Expr, found: &mut Option<(Model, Span)>) -> Result<(), QueryError> {
        let models: Vec<(Model, Span)> = match &expr.kind {
            ExprKind::Source(source) if source.kind == SourceKind::Facts => return Ok(()),
            ExprKind::FactsOf(_) | ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => return Ok(()),
            ExprKind::NeuronsOf(of) => return self.find_model(of, found),
            ExprKind::Rows(_) if self.kind(expr)? == Kind::Facts => return Ok(()),
            ExprKind::Rows(_) => return expr.parts().try_for_each(|of| self.find_model(of, found)),
            ExprKind::Binary { left, right, .. } => {
                self.find_model(left, found)?;
                return self.find_model(right, found);
            }
            ExprKind::Source(source) => {
                self.names.runs(source)?.into_iter().map(|run| (model_of(run), source.span)).collect()
            }
            ExprKind::Attached { .. } => {
                let model = self.foreign(expr).and_then(|set| set.model.clone());
                model.into_iter().map(|model| (model, expr.span)).collect()
            }
            ExprKind::Saved(name) => {
                let (set, members) = self.saved(name)?;
                if members.kind() == Kind::Facts {
                    return Ok(());
                }
                let runs = set.runs.iter().map(|&run| self.names.snapshot.run(RunId(run)));
                let runs: Option<Vec<&Run>> = runs.collect();
                let Some(runs) = runs.filter(|runs| !runs.is_empty()) else {
                    let reason = format!("@{} was made from a run that is not in the store any more", name.text);
                    return Err(
                        QueryError::missing(name.span, reason).hint(format!("`drop {}`, or make it again", name.text))
                    );
                };
                runs.into_iter().map(|run| (model_of(run), name.span)).collect()
            }
        };
        for (model, span) in models {
            match found {
                Some((first, first_span)) if !first.is(&model) => {
                    let (of_first, of_other) = first.told_apart(&model);
                    let (first_run, other_run) = (first.run(), model.run());
                    let reason = format!(
                        "{first_run} is of {of_first} and {other_run} of {of_other}: their neurons are different units"
                    );
                    let error = QueryError::kind(span, reason);
                    return Err(if *first_span == span {
                        error.hint("choose runs of one model: `run in (…)`")
                    } else {
                        error
                            .label(*first_span, format!("model {:?}", first.name))
                            .hint("compare facts instead: `facts of (…) & facts of (…)`")
                    });
                }
                Some((first, _))
                    if first.weights.is_some() && model.weights.is_some() && first.weights != model.weights =>
                {
                    if first.store != model.store {
                        let (first, other) = (first.run(), model.run());
                        let text = format!(
                            "{first} and {other} are of model {:?} with other weights each: neurons are compared by layer and number",
                            model.name
                        );
                        self.names.notes.add(span, text);
                    }
                }
                Some(_) => {}
                None => *found = Some((model, span)),
            }
        }
        Ok(())
    }

    pub(crate) fn pairs(&mut self, expr: &Expr, model: &Model) -> Result<Pairs<'s>, QueryError> {
        match &expr.kind {
            ExprKind::Source(source) => Ok(Pairs::Source(Box::new(self.source(source, model)?))),
            ExprKind::Saved(name) => {
                let id = self.id();
                let (set, members) = self.saved(name)?;
                let pairs = match members {
                    Members::Pairs(pairs) => Arc::clone(pairs),
                    Members::Neurons(_) | Members::Facts(_) => Arc::default(),
                };
                let parts = PartsOfLayers::of_text(&set.text, model.shape);
                let (name, runs) = (name.text.clone(), set.runs.iter().map(|&run| RunId(run)).collect::<Vec<_>>());
                self.runs.extend(runs);
                let (asked, attributed, neurons, facts) = (None, None, None, None);
                let from = KnownFrom::Saved(name);
                Ok(Pairs::Saved(SavedPairs { id, from, pairs, asked, attributed, parts, neurons, facts }))
            }
            ExprKind::Attached { .. } => {
                let id = self.id();
                let set = self.foreign_node(expr, id)?;
                let pairs = match &set.members {
                    Members::Pairs(pairs) => Arc::clone(pairs),
                    Members::Neurons(_) | Members::Facts(_) => Arc::default(),
                };
                let from = KnownFrom::Attached { text: expr.to_string(), drawn: Arc::new(set.drawn.clone()) };
                let (asked, attributed) = (set.asked.clone(), set.attributed.clone());
                let (neurons, facts, parts) = (None, None, set.parts);
                Ok(Pairs::Saved(SavedPairs { id, from, pairs, asked, attributed, parts, neurons, facts }))
            }
            ExprKind::Rows(query) => {
                Ok(Pairs::Rows { rows: self.rows(query, Some(model))?, neurons: None, facts: None })
            }
            ExprKind::Binary { op, op_span, left, right } => {
                let id = self.id();
                let before = self.runs.len();
                let (l, r) = (self.kind(left)?, self.kind(right)?);
                // `neurons & pairs` and `facts & pairs` are the same filters the other way round.
                let (pairs, other) = if l == Kind::Pairs { (left, right) } else { (right, left) };
                let inner = Box::new(self.pairs(pairs, model)?);
                Ok(match if l == Kind::Pairs { r } else { l } {
                    Kind::Pairs => {
                        let right = Box::new(self.pairs(other, model)?);
                        note_unpaired((&self.names, &self.extents), Together::Op(*op), *op_span, &inner, &right)?;
                        Pairs::Binary { id, op: *op, left: inner, right }
                    }
                    // `kind` has refused entries beside an operator.
                    Kind::Entries => return Err(entries_mixed([l, r], *op, [left, right])),
                    Kind::Neurons => {
                        let keep = *op == SetOp::Intersection;
                        // What is taken away may lie anywhere.
                        if keep {
                            self.check_scored(other, before)?;
                        }
                        Pairs::WithNeurons { id, pairs: inner, neurons: self.neurons(other, model)?, keep }
                    }
                    Kind::Facts => {
                        let keep = *op == SetOp::Intersection;
                        let facts = self.facts(other)?;
                        if keep {
                            note_foreign_facts(
                                (&self.names, &self.extents),
                                other.span,
                                &other.to_string(),
                                &inner,
                                &facts,
                            )?;
                        }
                        Pairs::WithFacts { id, pairs: inner, facts, keep }
                    }
                })
            }
            // `kind` has said that this expression is a set of pairs.
            ExprKind::NeuronsOf(_) | ExprKind::FactsOf(_) | ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) => {
                Err(QueryError::kind(expr.span, "expected a set of pairs"))
            }
        }
    }

    /// Whether the runs that sources have named since `before` know anything of the neurons they are filtered by.
    fn check_scored(&self, neurons: &Expr, before: usize) -> Result<(), QueryError> {
        let runs: Vec<&Run> = self.runs[before..].iter().filter_map(|&run| self.names.snapshot.run(run)).collect();
        if let ExprKind::Saved(name) = &neurons.kind
            && let Members::Neurons(set) = &self.saved(name)?.1
        {
            note_saved(&name.text, name.span, set, &runs, &self.names.notes);
        }
        check_neurons(neurons, &runs)
    }

    fn neurons(&mut self, expr: &Expr, model: &Model) -> Result<Neurons<'s>, QueryError> {
        let id = self.id();
        match &expr.kind {
            ExprKind::Neurons(ranges) => {
                let neurons = NeuronFilter::new(neurons_in(ranges, model)?, model.shape);
                let parts = PartsOfLayers::of_neurons(&neurons.set, model.shape);
                Ok(Neurons::Known { id, text: expr.to_string(), neurons, parts })
            }
            ExprKind::NeuronsOf(of) => Ok(Neurons::Of { id, pairs: Box::new(self.pairs(of, model)?) }),
            ExprKind::Rows(query) => Ok(Neurons::Rows(self.rows(query, Some(model))?)),
            ExprKind::Binary { op, left, right, .. } => {
                let left = Box::new(self.neurons(left, model)?);
                Ok(Neurons::Binary { id, op: *op, left, right: Box::new(self.neurons(right, model)?) })
            }
            ExprKind::Saved(name) => match self.saved(name)? {
                (saved, Members::Neurons(set)) => {
                    let neurons = NeuronFilter::new(set.clone(), model.shape);
                    let parts = PartsOfLayers::of_text(&saved.text, model.shape);
                    Ok(Neurons::Known { id, text: format!("@{}", name.text), neurons, parts })
                }
                _ => Err(QueryError::kind(expr.span, "expected a set of neurons")),
            },
            ExprKind::Attached { .. } => {
                let set = self.foreign_node(expr, id)?;
                let Members::Neurons(members) = &set.members else {
                    return Err(QueryError::kind(expr.span, "expected a set of neurons"));
                };
                let neurons = NeuronFilter::new(members.clone(), model.shape);
                Ok(Neurons::Known { id, text: expr.to_string(), neurons, parts: set.parts })
            }
            // Values come before a plan does.
            ExprKind::OpenNeurons(_) => {
                Err(QueryError::missing(expr.span, "a parameter among these numbers has no value"))
            }
            ExprKind::Source(_) | ExprKind::FactsOf(_) => Err(QueryError::kind(expr.span, "expected a set of neurons")),
        }
    }

    /// `entries[…]`, perhaps of chosen facts. Runs of several models go together: there are no neurons.
    fn entries(&mut self, expr: &Expr) -> Result<Entries<'s>, QueryError> {
        match &expr.kind {
            ExprKind::Source(source) => {
                let runs = self.names.runs(source)?;
                let model = runs.first().map(|run| model_of(run)).ok_or_else(|| no_run(source.span))?;
                Ok(Entries::Source(Box::new(self.source(source, &model)?)))
            }
            ExprKind::Binary { op, left, right, .. } => {
                let id = self.id();
                let (of, other) = if self.kind(left)? == Kind::Entries { (left, right) } else { (right, left) };
                let (entries, facts) = (Box::new(self.entries(of)?), self.facts(other)?);
                let keep = *op == SetOp::Intersection;
                if keep {
                    let (names, text) = ((&self.names, &self.extents), other.to_string());
                    note_facts_without_entries(names, other.span, &text, &entries, &facts)?;
                }
                Ok(Entries::WithFacts { id, entries, facts, keep })
            }
            ExprKind::Attached { store, .. } => Err(entries_elsewhere(store, expr)),
            _ => Err(rows_of_entries(expr)),
        }
    }

    fn facts(&mut self, expr: &Expr) -> Result<Facts<'s>, QueryError> {
        let id = self.id();
        match &expr.kind {
            ExprKind::Source(source) => {
                let facts = self.names.facts(source)?.unwrap_or_else(|| self.names.snapshot.facts());
                Ok(Facts::Known { id, text: expr.to_string(), facts })
            }
            ExprKind::Rows(query) => Ok(Facts::Rows(self.rows(query, None)?)),
            ExprKind::FactsOf(of) if self.kind(of)? == Kind::Entries => match &of.kind {
                // The members of these rows are their facts.
                ExprKind::Rows(query) => Ok(Facts::Rows(self.rows(query, None)?)),
                _ => Ok(Facts::OfEntries { id, entries: Box::new(self.entries(of)?) }),
            },
            ExprKind::FactsOf(of) => match self.set(of)? {
                (Set::Pairs(pairs), Some(model)) => Ok(Facts::Of { id, pairs: Box::new(pairs), shape: model.shape }),
                _ => Err(QueryError::kind(expr.span, "expected a set of pairs")),
            },
            ExprKind::Binary { op, op_span, left, right } => {
                let (left, right) = (Box::new(self.facts(left)?), Box::new(self.facts(right)?));
                let of = |facts| self.extents.of_facts(facts, self.names.snapshot);
                if let (Facts::Of { pairs, .. }, Facts::Of { pairs: others, .. }) = (&*left, &*right) {
                    note_unpaired((&self.names, &self.extents), Together::Op(*op), *op_span, pairs, others)?;
                } else if let (Some(left), Some(right)) = (of(&left)?, of(&right)?) {
                    note_extents(&self.names, Together::Op(*op), *op_span, left, right);
                }
                Ok(Facts::Binary { id, op: *op, left, right })
            }
            ExprKind::Saved(name) => match &self.saved(name)?.1 {
                Members::Facts(facts) => Ok(Facts::Known { id, text: format!("@{}", name.text), facts: facts.clone() }),
                _ => Err(QueryError::kind(expr.span, "expected a set of facts")),
            },
            ExprKind::Attached { .. } => match &self.foreign_node(expr, id)?.members {
                Members::Facts(facts) => Ok(Facts::Known { id, text: expr.to_string(), facts: facts.clone() }),
                _ => Err(QueryError::kind(expr.span, "expected a set of facts")),
            },
            ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) | ExprKind::NeuronsOf(_) => {
                Err(QueryError::kind(expr.span, "expected a set of facts"))
            }
        }
    }
}

fn is_rows(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Rows(_))
}
