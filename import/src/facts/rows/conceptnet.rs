//! LAMA's ConceptNet: facts of common sense with a sentence each.
//!
//! Source: facebookresearch/LAMA, `scripts/run_experiments.py`.

use kndb_storage::FactRow;

use super::google_re::{SENTENCES, sentences};
use super::{Desk, agrees, language_of};
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::Row;

const USED: &[&str] = &["uuid", "sub_label", "sub", "obj_label", "obj", "pred", "masked_sentences", "language", "lang"];

/// The relation is `pred`. Sentences are of one fact and make no template.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(USED, desk)?;
    let subject = row.text(if row.has("sub_label") { "sub_label" } else { "sub" })?;
    let object = row.text("obj_label")?;
    let relation = row.name("pred")?;
    agrees(&relation, "pred", row.need("pred")?.at, file)?;
    let sentences = sentences(row)?;
    let language = language_of(row, file, desk)?;
    let id = if row.has("uuid") { row.name("uuid")? } else { desk.computed(&relation, &[&subject, &object]) };
    desk.notes.leave_out(SENTENCES, sentences);
    desk.fact(FactRow { id, relation, language, subject, object, subject_uri: None, object_uri: None });
    Ok(())
}
