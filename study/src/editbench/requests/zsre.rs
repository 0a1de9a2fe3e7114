//! ZsRE (Levy et al., CoNLL 2017) as MEND asks it (Mitchell et al., ICLR 2022, arXiv 2110.11309) and ROME and MEMIT publish it, and its file with
//! portability (Yao et al., EMNLP 2023).
//!
//! The edit is the one that MEND and EasyEdit make: `alt` in the place of the first of `answers`. ROME and MEMIT write the first of `answers` itself,
//! which a model that knows the fact says already.

use super::node::{Fields, Node};
use super::{OwnAnswer, Request, easyedit};
use crate::error::StudyError;
use std::collections::BTreeSet;

/// Of a record.
pub(super) const READ: &[&str] =
    &["case_id", "subject", "src", "alt", "answers", "rephrase", "loc", "loc_ans", "portability"];

/// The question about something else, and its answer.
pub(super) const LOC: [&str; 2] = ["loc", "loc_ans"];

pub(super) fn request(record: &Fields<'_>, unread: &mut BTreeSet<String>) -> Result<Request, StudyError> {
    let unrelated = match (record.get("loc"), record.get("loc_ans")) {
        (None, None) => Vec::new(),
        _ => vec![OwnAnswer {
            prompt: question(record.need("loc")?.text()?),
            answers: record.need("loc_ans")?.answers()?,
        }],
    };
    Ok(Request {
        subject: record.need("subject")?.text()?,
        prompt: record.need("src")?.text()?,
        old: record.get("answers").map(Node::answers).transpose()?.and_then(|answers| answers.into_iter().next()),
        new: record.need("alt")?.text()?,
        paraphrases: record.texts("rephrase")?,
        unrelated,
        portability: easyedit::by_kind(record.get("portability"), unread)?,
        ..Request::default()
    })
}

/// Questions of Natural Questions stand there without their mark, which ROME and MEMIT add.
fn question(mut text: String) -> String {
    if !text.trim_end().ends_with('?') && !text.trim().is_empty() {
        text.truncate(text.trim_end().len());
        text.push('?');
    }
    text
}
