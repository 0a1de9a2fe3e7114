//! Fact checking (AMIG §4.4, Table 3): whether degenerate knowledge neurons tell a true statement from a false one.
//!
//! **The facts**, language by language and relation by relation, are those whose groups were searched for in the run and that can
//! be put into words. Each gets a wrong object: that of a random other fact of the relation, so that wrong objects are as common as
//! right ones, and never one that is true of the same subject (by label or by id). A random fifth of the facts is the *second part*,
//! on which everything is reported. On the *first part*,
//!
//! 1. it is counted in how many facts each neuron is degenerate (`dkn[…] by neuron`), and those are **kept** whose count is greater
//!    than t = 0.7 of the greatest count;
//! 2. for detectors that learn it, λ is chosen, for each relation: the lowest of those with the best balanced accuracy.
//!
//! | detector | a statement is true if | AUROC ranks by |
//! |---|---|---|
//! | `with_dkn attribution, λ fixed` | the mean attribution score of the kept neurons for p(object) is above λ = 1e-6 | the mean score |
//! | `with_dkn attribution, λ learnt` | the same with λ from the first part | the mean score |
//! | `with_dkn activation, λ learnt` | the mean activation of the kept neurons at the end of the statement is above λ | the mean activation |
//! | `wo_dkn vocabulary` | the model's own answer, over its whole vocabulary, is the object | p(object) |
//! | `wo_dkn candidates` | no object of the relation is more probable | p(object) as a share of that of all candidates |
//!
//! Learnt λs are of one relation, as the kept neurons are; the AUROC over all relations compares scores across them and is the
//! worse for it. A probability is a product over tokens, so among the candidates short objects have the easier game.
//!
//! All detectors see the same statements. A relation without kept neurons, or with fewer than five facts, is left out for all of
//! them, with the reason. Intervals draw facts anew, both statements of a fact together.
//!
//! **The published columns are swapped.** The released `cal_hallucination.py` (`compute_overall_metrics`) divides the accepted true
//! statements by *all true ones* and calls it precision, and by *all accepted ones* and calls it recall. So the paper's "P" is recall
//! and its "R" is precision; F1 is the same either way. [`PUBLISHED_CHECKS`] has them under their right names.
//!
//! **What the released code does otherwise** ([`CheckOptions::amig_code`], repository `heng840/AMIG`):
//!
//! | choice | here | released code | where | why |
//! |---|---|---|---|---|
//! | wrong object | never true of the subject; as common as right ones | any of five other labels of the relation | `wrong_fact_dataset/en.json` (Bernard Francis Law, archbishop, has the "wrong" *cardinal*) | a true statement must not count as false; rare objects give false ones away |
//! | counts | once a fact | once for every group (pair) of a fact | `hallucination_detection.py`, `main` | a fact with many pairs would outvote the others |
//! | true if | score > λ | score ≥ λ | `knowledge_neurons.py`, `hallucination_detection` | differs at exactly λ only |
//! | λ | fixed and learnt | 1e-6 | `--threshold` | one λ does not fit all scales |
//! | detectors | the five above | attribution and vocabulary | `test_detection_system` | the paper says activation, its code attributes |
//! | relations without kept neurons | reported | `max()` of nothing fails, else passed over | `main` | |
//!
//! The keeping rule is the same: `count > int(0.7 · max)` holds for the same whole numbers as `count > 0.7 · max`. Not imitated: the
//! shuffle of scikit-learn, the lists of five wrong objects, a hard-coded fact and relation (`P364`) that are passed over, and the
//! baseline's reading of the model's answer (one mask, or the last word of a generated text); `answers` of the model is asked instead.

mod csv;
mod judge;
mod objects;
mod options;
mod plan;
mod published;
mod score;
mod table;
mod threshold;

pub use judge::DetectorReport;
pub use options::{CheckOptions, CheckProtocol, Counting, Detector, WrongObject};
pub use plan::KeptNeuron;
pub use published::{PUBLISHED_CHECKS, PublishedCheck};
pub use score::{CheckRow, Pair, Part};

use crate::error::StudyError;
use crate::model::LanguageModel;
use crate::questions::{check_relations, leave_out, run};
use crate::statements::{Asker, Statement, within};
use crate::watch::Watch;
use kndb_query::{Settings, measured_in};
use kndb_storage::{FactId, Knowledge, LanguageId, PromptId, Run, Snapshot, Store};
use plan::{LanguagePlan, Looking, RelationPlan};
use score::Scoring;
use serde::Serialize;
use std::collections::HashSet;
use threshold::Lambdas;

/// A finished study: everything its tables are made from.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// What was asked for; with the store and the model, it gives the same report again.
    pub options: CheckOptions,
    /// Model of the run.
    pub model: String,
    /// The statements the kept neurons come from.
    pub statements: Vec<Statement>,
    /// What the model knows of the facts that were checked, as the run of their scores has stored it; nothing where that is gone.
    pub knowledge: Knowledge,
    /// Results by language.
    pub languages: Vec<LanguageReport>,
    /// AMIG's Table 3.
    pub published: &'static [PublishedCheck],
    /// Every fact's measurements.
    pub rows: Vec<CheckRow>,
}

/// Results in one language.
#[derive(Clone, Debug, Serialize)]
pub struct LanguageReport {
    /// The language.
    pub language: String,
    /// Over the facts of all relations that were not left out.
    pub overall: Vec<DetectorReport>,
    /// Relation by relation.
    pub relations: Vec<RelationReport>,
    /// Facts that were left out, by reason.
    pub left_out: Vec<(String, u64)>,
}

/// Results of one relation.
#[derive(Clone, Debug, Serialize)]
pub struct RelationReport {
    /// The relation.
    pub relation: String,
    /// The relation for people: `P36 (capital)`.
    #[serde(skip)]
    pub shown: String,
    /// Facts of the first part, on which neurons are counted.
    pub first_part: usize,
    /// Facts of the second part that were checked.
    pub second_part: usize,
    /// The neurons that were kept.
    pub kept: Vec<KeptNeuron>,
    /// λ on attribution, where it was learnt.
    pub attribution_lambda: Option<f64>,
    /// λ on activation, where it was learnt.
    pub activation_lambda: Option<f64>,
    /// Why the relation was left out; `None` if it was not.
    pub left_out_because: Option<String>,
    /// Its results; none if it was left out.
    pub detectors: Vec<DetectorReport>,
}

/// Runs the study. The result depends on the store, the model and the options, not on the number of threads.
///
/// # Errors
/// [`StudyError`] when the store lacks what is asked for, when every relation is left out for want of facts, when the model
/// fails, or when it is stopped.
pub fn fact_check(
    store: &Store,
    model: &dyn LanguageModel,
    options: &CheckOptions,
    watch: &Watch<'_>,
) -> Result<CheckReport, StudyError> {
    options.check()?;
    let snapshot = store.snapshot()?;
    let run = run(&snapshot, &options.run)?;
    if run.spec.shape != model.shape() {
        let (run, expected, model) = (options.run.clone(), run.spec.shape, model.shape());
        return Err(StudyError::Shape { run, expected, model });
    }
    check_relations(&snapshot, &options.relations)?;
    let mut asker = Asker { store, shape: run.spec.shape, asked: Vec::new() };
    let looking = looking(store, &snapshot, run, options)?;
    // They are not part of the statements below; as statements of their own they can be asked again, and say their notes.
    let sets = looking.within.only.iter().chain(&looking.within.without);
    sets.map(ToString::to_string).try_for_each(|set| asker.list(&format!("({set})")))?;
    let (mut languages, mut rows) = (Vec::new(), Vec::new());
    for language in &options.languages {
        let mut plan = LanguagePlan::new(&looking, language, &mut asker)?;
        let scored = Scoring { model, options }.language(&plan, watch)?;
        for reason in scored.refused {
            leave_out(&mut plan.left_out, reason);
        }
        let mut report = language_report(plan, &scored.rows, options);
        for relation in &mut report.relations {
            if let Some(id) = snapshot.relation(&relation.relation) {
                relation.shown = snapshot.relation_shown(id, None);
            }
        }
        languages.push(report);
        rows.extend(scored.rows);
    }
    if languages.iter().all(|language| language.relations.is_empty()) {
        let left_out = languages.into_iter().flat_map(|language| language.left_out).collect();
        return Err(options.no_facts(left_out));
    }
    Ok(CheckReport {
        knowledge: knowledge(&snapshot, run, &rows, options)?,
        options: options.clone(),
        model: run.spec.model.clone(),
        statements: asker.asked,
        languages,
        published: PUBLISHED_CHECKS,
        rows,
    })
}

/// Finds the sets that facts and neurons are kept to.
fn looking<'s>(
    store: &Store,
    snapshot: &'s Snapshot,
    run: &'s Run,
    options: &'s CheckOptions,
) -> Result<Looking<'s>, StudyError> {
    let within = within(snapshot, run, [&options.only, &options.without])?;
    let failed = |(source, statement)| StudyError::Query { statement, source };
    let found = within.found(store, &Settings::default(), run).map_err(failed)?;
    if found.chooses_neurons() && options.protocol.counting == Counting::EveryGroup {
        return Err(StudyError::Option {
            option: "a set",
            found: within.to_string(),
            expected: "sets of facts: this protocol counts groups, and a part of a group is none",
        });
    }
    Ok(Looking { snapshot, run, within, found, options })
}

/// Of the facts that were put to the model, in their language and with the prompt of the study.
fn knowledge(
    snapshot: &Snapshot,
    run: &Run,
    rows: &[CheckRow],
    options: &CheckOptions,
) -> Result<Knowledge, StudyError> {
    let Some(measured) = measured_in(snapshot, run) else { return Ok(Knowledge::default()) };
    let mut checked: HashSet<(FactId, Option<LanguageId>)> = HashSet::new();
    for row in rows {
        checked.extend(snapshot.fact(&row.fact)?.map(|fact| (fact, snapshot.language(&row.language))));
    }
    Ok(snapshot.knowledge(measured.id, |fact, slot| {
        slot.prompt == PromptId(options.prompt) && checked.contains(&(fact, Some(slot.language)))
    })?)
}

fn language_report(plan: LanguagePlan, rows: &[CheckRow], options: &CheckOptions) -> LanguageReport {
    let (mut relations, mut checked) = (Vec::new(), Vec::new());
    for relation in plan.relations {
        let (report, judged) = relation_report(relation, &plan.language, rows, options);
        relations.push(report);
        checked.extend(judged);
    }
    let left_out = plan.left_out.into_iter().collect();
    let overall = judge::reports(&checked, &[&plan.language], options);
    LanguageReport { language: plan.language, overall, relations, left_out }
}

fn relation_report<'r>(
    plan: RelationPlan,
    language: &str,
    rows: &'r [CheckRow],
    options: &CheckOptions,
) -> (RelationReport, Vec<(&'r CheckRow, Lambdas)>) {
    let of_part = |part: Part| -> Vec<&'r CheckRow> {
        rows.iter().filter(|row| row.relation == plan.relation && row.part == part).collect()
    };
    let (first, second) = (of_part(Part::First), of_part(Part::Second));
    let lambdas = Lambdas::learn(&first, options);
    let mut because = plan.left_out_because.clone();
    if because.is_none() && second.is_empty() {
        because = Some("none of its second part could be asked".into());
    }
    if because.is_none() && !lambdas.complete(options) {
        because = Some("none of its first part could be asked, so λ could not be learnt".into());
    }
    let judged: Vec<_> = match because {
        None => second.iter().map(|&row| (row, lambdas)).collect(),
        Some(_) => Vec::new(),
    };
    let detectors = match because {
        None => judge::reports(&judged, &[language, &plan.relation], options),
        Some(_) => Vec::new(),
    };
    let report = RelationReport {
        first_part: plan.first.len(),
        second_part: second.len(),
        kept: plan.kept,
        attribution_lambda: lambdas.attribution,
        activation_lambda: lambdas.activation,
        left_out_because: because,
        detectors,
        shown: plan.relation.clone(),
        relation: plan.relation,
    };
    (report, judged)
}
