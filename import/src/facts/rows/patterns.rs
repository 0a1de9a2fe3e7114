//! Paraphrases of the relation that the file is named by: ParaRel and mParaRel.

use kndb_storage::TemplateRow;

use super::{Desk, language_of, relation_of, template};
use crate::facts::FactsItem;
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::Row;

const USED: &[&str] = &["pattern", "relation", "predicate_id", "language", "lang"];

/// One `pattern` a row.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(USED, desk)?;
    let field = row.need("pattern")?;
    let text = template(field.text()?, "pattern", field.at)?;
    let relation = relation_of(row, file, &["predicate_id", "relation"])?;
    let language = language_of(row, file, desk)?;
    desk.items.push_back(FactsItem::Template(TemplateRow { relation, language, text }));
    Ok(())
}
