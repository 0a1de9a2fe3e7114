//! Cross-lingual editing (AMIG §4.3, Table 2): whose neurons change a fact in which language.
//!
//! **The facts** are those with a non-empty L = `likn[…]` over the languages of the study (Eq. 8) that can be asked in every one
//! of them. **In every language** the fact is asked again with neurons suppressed (×0) and enhanced (×2):
//!
//! | method | neurons |
//! |---|---|
//! | `LIKN` | L |
//! | `Mono-KN s` | the fact's neurons N in another language s; one row for each s |
//! | `Seq-KN` | the N of all languages, one edit after the other, all in force: a neuron of two of them is scaled twice |
//! | `random` | as many random neurons a layer as L has there, none of them in L; of those that the study's sets leave of the fact |
//! | `other's LIKN` | the L of another fact of the same relation, on this fact: what it does is the relation's, not the fact's |
//! | `LIKN on other` | L on that other fact, which stands in the related fact's place |
//!
//! The other fact is drawn at random, the same for both and in every language; facts alone in their relation have none.
//!
//! A control differs from L in what is studied alone. So where sets keep L to some neurons, `random` is drawn from these: L would else be
//! told from it by the choice of the sets, whatever L is. Where they leave fewer in a layer than L has there, the control is smaller; a note counts such facts.
//!
//! Unrelated facts are drawn from those with a non-empty L, of all relations, whatever else limits the study.
//!
//! The change of a probability is (p_after − p_before) / p_before. *Related* is the fact itself, *unrelated* a random fact of
//! another relation, asked in the same language under the same edits. SR_x = |mean related / mean unrelated| for x ∈ {suppress,
//! enhance}, and SR = SR_suppress + SR_enhance (Eq. 11). Intervals are percentiles over facts drawn anew; all methods see the same
//! draws, so the differences to `random` and to `other's LIKN` are paired. Fewer than ten facts have no interval.
//!
//! **A ratio needs a denominator.** Where the interval of the unrelated mean contains 0, SR has no upper bound: its interval then
//! is open above (∞), [`Effect::unstable_draws`] counts the draws in which the unrelated mean was 0 or of the other sign,
//! and the table marks the cell with `*`. The means themselves stay meaningful; they stand in a table of their own.
//!
//! **What the released code does otherwise** ([`EditProtocol::amig_code`], repository `heng840/AMIG`):
//!
//! | choice | here | released code | where | why |
//! |---|---|---|---|---|
//! | unrelated fact | of another relation | any other fact, even of the same relation | `get_cross_language_acc.py`, `get_unrelated_fact` | facts of a relation share neurons; editing one changes the other |
//! | its draw | one for all methods | one for each method | the same; each method draws on | a shared draw makes differences of methods paired |
//! | Seq-KN | all edits in force | each edit is undone before the next: only the last language's is measured | `all_language`; `modify_activations` has `undo_modification=True` | it is not a sequence of edits otherwise |
//! | facts | the same for all methods | Mono-KN: all facts with neurons in the source language; the others: those with a non-empty L | `compare_cross_language_acc.py`, `compare_edit` | other facts, other numbers |
//! | outliers | kept in the main table | changes above 20 (suppressing) and from 250 (enhancing) dropped, related and unrelated each for itself | `get_average_acc.py`, `calculate_averages` | dropping depends on the outcome; both are reported |
//! | object | as it is | in lower case, of cased models too | `cross_language`, `.lower()` | `paris` is not what a cased model says |
//!
//! Not imitated: a rate of 0 where the unrelated mean is exactly 0 (`calculate_averages`; here it is not defined), Python's random
//! numbers, its enhancement of values before the non-linearity (of GPT models; here activations are scaled), and the released code's
//! probabilities: of BERT they include `[CLS]` and `[SEP]`, and further tokens of an object follow the
//! model's own tokens (`knowledge_neurons.py`, `_generate`). Those are matters of the model behind [`LanguageModel`].

mod csv;
mod facts;
mod measure;
mod options;
mod published;
mod success;
mod table;

pub use measure::{Changes, EditRow, Method};
pub(crate) use options::check_bootstrap;
pub use options::{Draws, EditOptions, EditProtocol, OutlierBounds, Population, Sequence, Unrelated};
pub use published::{PUBLISHED_SUCCESS, PublishedSuccess};
pub use success::{Cell, Effect, Success};

use crate::error::StudyError;
use crate::known::Known;
use crate::model::LanguageModel;
use crate::questions::{check_relations, run};
use crate::statements::{Asker, Statement, within};
use crate::watch::Watch;
use kndb_query::Settings;
use kndb_storage::{FactId, Knowledge, PromptId, RunId, Snapshot, Store};
use serde::Serialize;
use std::collections::HashSet;

/// A finished study: everything its tables are made from.
#[derive(Clone, Debug, Serialize)]
pub struct EditReport {
    /// What was asked for; with the store and the model, it gives the same report again.
    pub options: EditOptions,
    /// Model of the run.
    pub model: String,
    /// The statements the neuron sets come from.
    pub statements: Vec<Statement>,
    /// Facts with a non-empty L, of all relations.
    pub facts_with_likn: usize,
    /// Facts that were studied.
    pub facts: usize,
    /// What the model knows of the studied facts, as the run has stored it.
    pub knowledge: Knowledge,
    /// Facts that were left out, by reason; a fact that only lacks a measurement in one language counts there.
    pub left_out: Vec<(String, u64)>,
    /// Success rates by language and method.
    pub cells: Vec<Cell>,
    /// AMIG's Table 2.
    pub published: &'static [PublishedSuccess],
    /// Every measurement.
    pub rows: Vec<EditRow>,
}

/// Runs the study. The result depends on the store, the model and the options, not on the number of threads.
///
/// # Errors
/// [`StudyError`] when the store lacks what is asked for, when no fact is left, when the model fails, or when it is stopped.
pub fn edit_study(
    store: &Store,
    model: &dyn LanguageModel,
    options: &EditOptions,
    watch: &Watch<'_>,
) -> Result<EditReport, StudyError> {
    options.check()?;
    let snapshot = store.snapshot()?;
    let run = run(&snapshot, &options.run)?;
    if run.spec.shape != model.shape() {
        let (run, expected, model) = (options.run.clone(), run.spec.shape, model.shape());
        return Err(StudyError::Shape { run, expected, model });
    }
    check_relations(&snapshot, &options.relations)?;
    let mut asker = Asker { store, shape: run.spec.shape, asked: Vec::new() };
    let known = Known::read(&snapshot, run, &options.languages, options.prompt, &options.known)?;
    let within = within(&snapshot, run, [&options.only, &options.without])?;
    let sets = facts::NeuronSets::read(&mut asker, &within, options)?;
    let failed = |(source, statement)| StudyError::Query { statement, source };
    let left = within.found(store, &Settings::default(), run).map_err(failed)?;
    let mut plan = facts::Plan::new(&snapshot, &sets, &known, options)?;
    plan.ask(model, options, watch)?;
    let controls = facts::controls(&snapshot, &sets, &plan, &left, options)?;
    let (rows, refused) = measure::measure(model, (&sets, &controls), &plan, options, watch)?;
    for reason in refused {
        plan.leave_out(reason);
    }
    if rows.is_empty() {
        return Err(options.no_facts(plan.left_out()));
    }
    let knowledge = knowledge(&snapshot, run.id, &plan, options)?;
    Ok(EditReport {
        knowledge,
        options: options.clone(),
        model: run.spec.model.clone(),
        statements: asker.asked,
        facts_with_likn: sets.likn.len(),
        facts: plan.studied.len(),
        left_out: plan.left_out(),
        cells: success::cells(&rows, options),
        published: PUBLISHED_SUCCESS,
        rows,
    })
}

/// Of the studied facts, in the languages and with the prompt of the study.
fn knowledge(
    snapshot: &Snapshot,
    run: RunId,
    plan: &facts::Plan,
    options: &EditOptions,
) -> Result<Knowledge, StudyError> {
    let mut studied: HashSet<FactId> = HashSet::new();
    for &at in &plan.studied {
        studied.extend(snapshot.fact(&plan.questions[at].fact)?);
    }
    Ok(snapshot.knowledge(run, |fact, slot| {
        let language = snapshot.language_name(slot.language);
        slot.prompt == PromptId(options.prompt)
            && options.languages.iter().any(|asked| asked == language)
            && studied.contains(&fact)
    })?)
}
