//! KnowEdit (Zhang et al. 2024, arXiv 2401.01286) and the other files of EasyEdit.
//!
//! Prompts about other things (`locality`) and about what follows (`portability`) stand under names of their kinds, each with a list of prompts or
//! with one; older files have one of either right in the record (`locality_prompt`, `portability_prompt`), or `New Question` and `New Answer`.

use super::node::{Fields, Node};
use super::{OwnAnswer, Request, zsre};
use crate::error::StudyError;
use std::collections::BTreeSet;

/// Of a record.
pub(super) const READ: &[&str] = &[
    "case_id",
    "subject",
    "prompt",
    "src",
    "target_new",
    "alt",
    "ground_truth",
    "answers",
    "rephrase_prompt",
    "rephrase",
    "locality",
    "locality_prompt",
    "locality_ground_truth",
    "portability",
    "portability_prompt",
    "portability_ground_truth",
];

/// Keys that records of other forms do not have.
pub(super) fn is_own(name: &str) -> bool {
    let of_older = ["locality", "portability_"].iter().any(|begin| name.starts_with(begin));
    of_older || ["prompt", "target_new", "ground_truth", "rephrase_prompt"].contains(&name)
}

pub(super) fn request(record: &Fields<'_>, unread: &mut BTreeSet<String>) -> Result<Request, StudyError> {
    if let Some(name) = zsre::LOC.into_iter().find(|name| record.has(name)) {
        return Err(record.mixed(name));
    }
    let mut both = |kind: &str| {
        let [prompt, answer] = ["prompt", "ground_truth"].map(|end| format!("{kind}_{end}"));
        let mut all = by_kind(record.get(kind), unread)?;
        if record.has(&prompt) || record.has(&answer) {
            all.push(own_answer(record, [&prompt, &answer])?);
        }
        Ok::<_, StudyError>(all)
    };
    Ok(Request {
        unrelated: both("locality")?,
        portability: both("portability")?,
        subject: record.need("subject")?.text()?,
        prompt: record.need_either(["prompt", "src"], Node::text)?,
        old: record.either(["ground_truth", "answers"], Node::answers)?.and_then(|answers| answers.into_iter().next()),
        new: record.need_either(["target_new", "alt"], Node::one_text)?,
        paraphrases: record.either(["rephrase_prompt", "rephrase"], Node::texts)?.unwrap_or_default(),
        ..Request::default()
    })
}

/// Of what follows from an edit in CounterFact's and ZsRE's files.
const NEW: [&str; 2] = ["New Question", "New Answer"];

/// Beside them: what the question goes by.
const RECALLED: &str = "Recalled Relation";

/// Prompts under the names of their kinds, and those of [`NEW`].
pub(super) fn by_kind(node: Option<&Node<'_>>, unread: &mut BTreeSet<String>) -> Result<Vec<OwnAnswer>, StudyError> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let kinds = node.fields()?;
    let (mut all, mut of_other_kind) = (Vec::new(), Vec::new());
    if NEW.iter().any(|name| kinds.has(name)) {
        all.push(own_answer(&kinds, NEW)?);
        of_other_kind.extend(NEW);
        // A text; prompts may have that name, too.
        if kinds.get(RECALLED).is_some_and(|recalled| recalled.begins_with('"')) {
            of_other_kind.push(RECALLED);
            unread.insert(format!("{}.{RECALLED}", node.path()));
        }
    }
    for kind in kinds.others(&of_other_kind) {
        for prompt in kind.each()? {
            let prompt = prompt.fields()?;
            prompt.note_unread(&["prompt", "ground_truth"], unread);
            all.push(own_answer(&prompt, ["prompt", "ground_truth"])?);
        }
    }
    Ok(all)
}

fn own_answer(fields: &Fields<'_>, [prompt, answer]: [&str; 2]) -> Result<OwnAnswer, StudyError> {
    Ok(OwnAnswer { prompt: fields.need(prompt)?.one_text()?, answers: fields.need(answer)?.answers()? })
}
