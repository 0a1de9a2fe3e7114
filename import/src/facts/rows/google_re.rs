//! LAMA's Google-RE: facts with passages that say them, and judgments of whether they do.
//!
//! Source: facebookresearch/LAMA, `scripts/run_experiments.py` and `batch_eval_KB_completion.py`.

use kndb_storage::FactRow;
use serde::Deserialize;

use super::{Desk, agrees, language_of};
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::{Row, check_name};

const USED: &[&str] =
    &["uuid", "sub_label", "obj_label", "sub", "obj", "pred", "judgments", "masked_sentences", "language", "lang"];

#[derive(Deserialize)]
struct Judgment {
    judgment: String,
}

/// The relation is the last part of `pred`, as mLAMA names it. What most raters denied is left out, as LAMA
/// does; passages are of one fact and make no template.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(USED, desk)?;
    let (subject, object) = (row.text("sub_label")?, row.text("obj_label")?);
    let predicate = row.name("pred")?;
    let relation = predicate.rsplit('/').next().unwrap_or_default().to_owned();
    check_name(&relation, "pred", row.start)?;
    agrees(&relation, "pred", row.need("pred")?.at, file)?;
    let id = row.name("uuid")?;
    let judgments = row.need("judgments")?.parse::<Vec<Judgment>>("a list of judgments")?;
    let sentences = sentences(row)?;
    let language = language_of(row, file, desk)?;
    desk.notes.leave_out(SENTENCES, sentences);
    let yes = judgments.iter().filter(|rating| rating.judgment == "yes").count();
    if judgments.len() > 2 * yes {
        desk.notes.leave_out("facts that most raters denied (`judgments`)", 1);
        return Ok(());
    }
    let (subject_uri, object_uri) = (row.maybe_text("sub")?, row.maybe_text("obj")?);
    desk.fact(FactRow { id, relation, language, subject, object, subject_uri, object_uri });
    Ok(())
}

/// Why sentences of LAMA's other parts make no templates.
pub(super) const SENTENCES: &str = "sentences of single facts (`masked_sentences`)";

/// How many sentences a row has.
pub(super) fn sentences(row: &Row<'_>) -> Result<u64, Problem> {
    let sentences: Vec<String> = row.need("masked_sentences")?.parse("a list of texts")?;
    Ok(sentences.len() as u64)
}
