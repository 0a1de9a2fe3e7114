//! Edits of facts against each other: what each way to edit does to the fact, to its neighbours, and in other languages.
//!
//! Each studied fact gets a *new object*: that of another fact of its relation which is false of its subject, drawn by the seed; or edits and what is
//! asked beside them come from a file of [`Requests`]. Each [`Editor`] edits the fact in one language; the edited model is asked in every language:
//!
//! | measured | how | CounterFact (Meng et al., NeurIPS 2022, arXiv 2202.05262, §3.3 and §4) |
//! |---|---|---|
//! | `efficacy` | share of facts with p(new) > p(old) | efficacy score, ES |
//! | `magnitude` | mean of p(new) − p(old) | efficacy magnitude, EM |
//! | `first` | share of facts whose first answer is the new object | – |
//! | `paraphrase` | as efficacy, in the relation's other templates | paraphrase score, PS |
//! | `neighbourhood` | other facts of the relation with the same old object: share with p(old) > p(new) | neighbourhood score, NS |
//! | `relation` | other facts of the relation with other objects: share with p(their own) > p(new) | – |
//! | `unrelated` | facts of other relations: mean change of p(their own) | – |
//! | `portability` | of requests that have them, prompts about what follows from the edit: share whose right answer is the first | – |
//!
//! Beside the editors stand the *unedited* model, and each editor's *random* control: of those that go by neurons the same edit of as many
//! random neurons of any layer, of the others a change of the same weights that is as large, in a random direction. *Sequential* edits put so many
//! facts into one network before it is asked about all of them: the facts are put into a random order and cut into groups of that size.
//!
//! p of an object of several tokens is the product over them, so a longer object is less probable by itself: what the unedited model gives
//! says how much there is to gain, and facts whose objects differ in tokens are counted, or left out.
//!
//! Intervals are percentiles over facts drawn anew; differences are paired. Seconds are those of the edit, by the clock; they are the one thing that
//! is not the same again. At the end the unedited model is asked again: another answer than before, in any bit, is an error.
//! Not for portability (what follows from an edit) of a store's facts: mLAMA and ParaRel have no such questions. Not for fluency.

mod cells;
mod csv;
mod item;
mod known;
mod measure;
mod options;
mod plan;
mod requested;
mod requests;
mod row;
mod settings;
mod source;
mod stored;
mod table;
mod units;

pub use cells::{Cell, Versus};
pub use csv::{Columns, KeptRow, append, read};
pub use options::BenchOptions;
pub use requests::{RequestForm, Requests};
pub use row::BenchRow;

use crate::error::StudyError;
use crate::model::{Claim, LanguageModel, Refusal};
use crate::questions::{check_relations, run};
use crate::statements::{Asker, Sets, Source, Statement};
use crate::watch::Watch;
use kndb_storage::{Neuron, Snapshot, Store};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// A fact that shall have another object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewFact<'a> {
    /// Its id.
    pub fact: &'a str,
    /// The fact as it is.
    pub claim: Claim<'a>,
    /// The object that it shall have.
    pub object: &'a str,
    /// Its neurons, for editors that go by them; else empty.
    pub neurons: &'a [Neuron],
    /// Random ones in their place, for the control.
    pub random: &'a [Neuron],
}

/// A model with facts edited, and its control. The model they were made of is as it was.
pub struct Edited<'a> {
    /// All facts edited.
    pub model: Box<dyn LanguageModel + 'a>,
    /// A change as large that says nothing of the facts.
    pub random: Box<dyn LanguageModel + 'a>,
    /// Seconds that the edit took, without its control.
    pub seconds: f64,
    /// Bytes that the edited model holds beside the unedited one.
    pub bytes: u64,
}

/// A way to edit a model.
pub trait Editor: Sync {
    /// Its name in tables.
    fn name(&self) -> &str;

    /// Whether it goes by a fact's neurons.
    fn by_neurons(&self) -> bool;

    /// Everything that decides what it does, by name.
    fn parameters(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// Edits facts, all in force. `seed` is that of the control's draws.
    ///
    /// # Errors
    /// [`Refusal::CannotAsk`] for facts that cannot be edited, [`Refusal::Failed`] if it breaks.
    fn edit(&self, facts: &[NewFact<'_>], seed: u64) -> Result<Edited<'_>, Refusal>;
}

/// A finished bench: everything its tables are made from.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// What was asked for.
    pub options: BenchOptions,
    /// Name of the model.
    pub model: String,
    /// Of each method everything that decides what it does.
    pub methods: Vec<(String, BTreeMap<String, String>)>,
    /// The statements the neurons come from.
    pub statements: Vec<Statement>,
    /// Facts that were studied.
    pub facts: usize,
    /// What was left out, by reason: facts, neighbours, and edits that a method could not make.
    pub left_out: Vec<(String, u64)>,
    /// By language, of how many facts the new object has another number of tokens than the old one.
    pub other_tokens: Vec<(String, usize)>,
    /// Means by number of edits, language and method.
    pub cells: Vec<Cell>,
    /// By measure, how many facts have something to ask for it, where not all have: of the others it is not defined.
    pub facts_with: Vec<(&'static str, usize)>,
    /// Every measurement.
    pub rows: Vec<BenchRow>,
    /// How many of them were there before. Not written: results do not depend on it.
    #[serde(skip)]
    pub known: usize,
    /// How many that were there were of edits that are not whole, and were measured again.
    #[serde(skip)]
    pub again: usize,
}

/// A model under study.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The unedited model.
    pub model: &'a dyn LanguageModel,
    /// Its name.
    pub name: &'a str,
    /// What tells it from other models, and from itself asked otherwise: hashes of its weights and files, how prompts begin, the device.
    pub identity: &'a str,
}

/// What was measured before, and who keeps what is measured now, edit by edit.
pub struct Kept<'a> {
    /// What errors call the file of the rows.
    pub place: &'a str,
    /// Rows of the same settings; edits that are whole among them are not made again.
    pub known: Vec<KeptRow>,
    /// Given the rows of each edit as soon as they are there, one edit at a time.
    pub keep: &'a (dyn Fn(&[BenchRow]) -> io::Result<()> + Sync),
}

/// Runs it. Of the same store, model, editors and options the result is the same, but for the seconds, whatever was kept before.
///
/// # Errors
/// [`StudyError`] when the store lacks what is asked for, when no fact is left, when what was kept is of other settings or cannot have been measured, when
/// the model or an editor fails, or when it is stopped.
pub fn bench(
    store: &Store,
    subject: Subject<'_>,
    editors: &[&dyn Editor],
    options: &BenchOptions,
    kept: Kept<'_>,
    watch: &Watch<'_>,
) -> Result<BenchReport, StudyError> {
    options.check(editors)?;
    let model = subject.model;
    let snapshot = store.snapshot()?;
    if options.requests.is_none() {
        check_relations(&snapshot, &options.relations)?;
    }
    let (neurons, statements) = match editors.iter().any(|editor| editor.by_neurons()) {
        true => neurons((store, &snapshot), model, options)?,
        false => (None, Vec::new()),
    };
    let candidates = match &options.requests {
        Some(requests) => requested::candidates(requests, &snapshot, neurons.as_ref(), options)?,
        None => stored::candidates(&snapshot, neurons, options)?,
    };
    let mut plan = plan::Plan::new(candidates, model, options, watch)?;
    let settings = settings::of(subject.identity, editors, &plan, options);
    let editing = measure::Editing { model, editors, plan: &plan, options, settings: &settings };
    let measure::Measured { rows, refused, used, again } = measure::measure(&editing, kept, watch)?;
    plan.must_be_unchanged(model, watch)?;
    refused.into_iter().for_each(|reason| plan.leave_out(reason));
    let parameters = |editor: &&dyn Editor| (editor.name().to_owned(), editor.parameters().into_iter().collect());
    Ok(BenchReport {
        options: options.clone(),
        model: subject.name.to_owned(),
        methods: editors.iter().map(parameters).collect(),
        statements,
        facts: plan.items.len(),
        left_out: plan.left_out(),
        other_tokens: plan.other_tokens(options),
        cells: cells::cells(&rows, editors, options),
        facts_with: plan.facts_with(),
        rows,
        known: used,
        again,
    })
}

/// The knowledge neurons of the facts in the language of the edit, and the statement that says so.
fn neurons(
    (store, snapshot): (&Store, &Snapshot),
    model: &dyn LanguageModel,
    options: &BenchOptions,
) -> Result<(Option<Sets>, Vec<Statement>), StudyError> {
    let Some(named) = options.run.as_deref() else { return Ok((None, Vec::new())) };
    let run = run(snapshot, named)?;
    if run.spec.shape != model.shape() {
        let (run, expected, model) = (named.to_owned(), run.spec.shape, model.shape());
        return Err(StudyError::Shape { run, expected, model });
    }
    let mut asker = Asker { store, shape: model.shape(), asked: Vec::new() };
    let text = Source::new("kn").with("lang", &[options.edit_language()]).with("run", &[named]).end();
    let sets = asker.sets(&text)?;
    Ok((Some(sets), asker.asked))
}
