//! Syntax tree → typed plan: kinds are checked, names looked up, thresholds placed.

mod facts;
mod kind;
mod model;
mod neurons;
mod pairs;
mod rows;
mod saved;
pub(crate) mod source;

use crate::attached::ground::Ground;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::foreign::{Foreign, ForeignSets};
use crate::plan::kinds::Kind;
use crate::plan::names::{Resolver, unknown_set};
use crate::plan::relabelled::note_relabelled;
use crate::plan::saved::Members;
use crate::plan::unpaired::{Extent, Extents, Together, note_unpaired};
use crate::plan::visit::Node;
use crate::plan::{NodeId, Pairs, Set};
use crate::syntax::ast::{Expr, Name};
use crate::syntax::span::Span;
use kndb_storage::RunId;

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
}
