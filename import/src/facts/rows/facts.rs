//! Labels of facts, a row each: mLAMA, LAMA's T-REx, the tuples of mParaRel.

use kndb_storage::FactRow;

use super::{Desk, language_of, relation_of};
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::Row;

const USED: &[&str] =
    &["uuid", "sub_label", "obj_label", "sub_uri", "obj_uri", "predicate_id", "relation", "language", "lang"];

/// `sub_label` and `obj_label`; without `uuid` the id is computed from the `uri`s, or else from the labels.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(USED, desk)?;
    let subject = row.text("sub_label")?;
    let object = row.text("obj_label")?;
    let (subject_uri, object_uri) = (row.maybe_text("sub_uri")?, row.maybe_text("obj_uri")?);
    let relation = relation_of(row, file, &["predicate_id", "relation"])?;
    let language = language_of(row, file, desk)?;
    let id = if row.has("uuid") {
        row.name("uuid")?
    } else {
        let parts = [subject_uri.as_deref().unwrap_or(&subject), object_uri.as_deref().unwrap_or(&object)];
        desk.computed(&relation, &parts)
    };
    desk.fact(FactRow { id, relation, language, subject, object, subject_uri, object_uri });
    Ok(())
}
