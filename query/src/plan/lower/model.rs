//! Whose neurons a set has: neurons of one model are the same by layer and number, those of another are other units.

use super::Lowering;
use crate::error::QueryError;
use crate::plan::kinds::Kind;
use crate::plan::names::no_run;
use crate::syntax::ast::{Expr, ExprKind, SourceKind};
use crate::syntax::span::Span;
use kndb_storage::{Run, RunId, Shape};

/// The model whose neurons an expression speaks of, and a run that says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub name: String,
    pub shape: Shape,
    pub(super) run: String,
    /// Hash of the weights, where the run says it.
    pub(super) weights: Option<String>,
    /// The attached store that the run is of.
    pub(super) store: Option<String>,
}

impl Model {
    /// Whether neurons are the same by layer and number. In one store a model has one shape; two stores may disagree.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.shape == other.shape
    }

    /// The same, of an attached store.
    pub(crate) fn of_store(self, name: &str) -> Self {
        Self { store: Some(name.to_owned()), ..self }
    }

    /// The run that says so.
    pub(super) fn run(&self) -> String {
        let store = self.store.as_ref().map_or_else(String::new, |store| format!(" of store {store}"));
        format!("run {:?}{store}", self.run)
    }

    /// Two models by name, and by shape where that is what they differ in.
    pub(crate) fn told_apart(&self, other: &Self) -> (String, String) {
        // In one store another name says enough.
        let by_name = self.name != other.name && self.store == other.store;
        let told = |model: &Self| {
            let (name, Shape { layers, width }) = (&model.name, model.shape);
            if self.shape == other.shape || by_name {
                format!("model {name:?}")
            } else {
                format!("model {name:?} ({layers} layers of {width} neurons)")
            }
        };
        (told(self), told(other))
    }
}

/// The model of a run.
pub(crate) fn model_of(run: &Run) -> Model {
    let (name, run_name, weights) = (run.spec.model.clone(), run.spec.name.clone(), run.spec.weights_hash.clone());
    Model { name, shape: run.spec.shape, run: run_name, weights, store: None }
}

impl Lowering<'_> {
    /// A run of a model.
    pub(crate) fn run_of(&self, model: &Model) -> Option<RunId> {
        self.names.snapshot.runs().find(|run| model_of(run).is(model)).map(|run| run.id)
    }

    /// Neurons by number alone: of the session's run, or of the only model.
    pub(super) fn default_model(&self, expr: &Expr) -> Result<Model, QueryError> {
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
    pub(super) fn find_model(&self, expr: &Expr, found: &mut Option<(Model, Span)>) -> Result<(), QueryError> {
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
}
