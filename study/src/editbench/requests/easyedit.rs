//! KnowEdit (Zhang et al. 2024, arXiv 2401.01286) and the other files of EasyEdit.
//!
//! Prompts about other things (`locality`) and about what follows (`portability`) stand under names of their kinds, each with a list of prompts or
//! with one; older files have one of either right in the record (`locality_prompt`, `portability_prompt`), or `New Question` and `New Answer`.

use super::node::{Fields, Node};
use super::{OwnAnswer, Request};
use crate::error::StudyError;

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

pub(super) fn request(record: &Fields<'_>) -> Result<Request, StudyError> {
    let old = record.get("ground_truth").or_else(|| record.get("answers"));
    let reworded = record.get("rephrase_prompt").or_else(|| record.get("rephrase"));
    let both = |kind: &str| {
        let [prompt, answer] = ["prompt", "ground_truth"].map(|end| format!("{kind}_{end}"));
        let mut all = by_kind(record.get(kind))?;
        if record.has(&prompt) || record.has(&answer) {
            all.push(own_answer(record, [&prompt, &answer])?);
        }
        Ok::<_, StudyError>(all)
    };
    Ok(Request {
        subject: record.need("subject")?.text()?,
        prompt: record.one_of(&["prompt", "src"])?.text()?,
        old: old.map(Node::answers).transpose()?.and_then(|answers| answers.into_iter().next()),
        new: record.one_of(&["target_new", "alt"])?.one_text()?,
        paraphrases: reworded.map_or_else(|| Ok(Vec::new()), Node::texts)?,
        unrelated: both("locality")?,
        portability: both("portability")?,
        ..Request::default()
    })
}

/// Prompts under the names of their kinds.
pub(super) fn by_kind(node: Option<&Node<'_>>) -> Result<Vec<OwnAnswer>, StudyError> {
    let Some(node) = node else { return Ok(Vec::new()) };
    let kinds = node.fields()?;
    if kinds.has("New Question") || kinds.has("New Answer") {
        return Ok(vec![own_answer(&kinds, ["New Question", "New Answer"])?]);
    }
    let mut all = Vec::new();
    let names: Vec<String> = kinds.names().map(str::to_owned).collect();
    for kind in names.iter().filter_map(|name| kinds.get(name)) {
        for prompt in kind.each()? {
            all.push(own_answer(&prompt.fields()?, ["prompt", "ground_truth"])?);
        }
    }
    Ok(all)
}

fn own_answer(fields: &Fields<'_>, [prompt, answer]: [&str; 2]) -> Result<OwnAnswer, StudyError> {
    Ok(OwnAnswer { prompt: fields.need(prompt)?.one_text()?, answers: fields.need(answer)?.answers()? })
}
