//! Templates, a row each: mLAMA's `templates.jsonl`, LAMA's `relations.jsonl` with names of relations.

use kndb_storage::TemplateRow;

use super::{Desk, agrees, language_of, template};
use crate::facts::FactsItem;
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::{Row, check_name};

const USED: &[&str] = &["relation", "template", "label", "language", "lang"];

/// `relation`, `template`, and perhaps the relation's name as `label`.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(USED, desk)?;
    let relation = row.name("relation")?;
    agrees(&relation, "relation", row.need("relation")?.at, file)?;
    let field = row.need("template")?;
    let text = template(field.text()?, "template", field.at)?;
    let name = row.maybe_text("label")?;
    if let Some(name) = &name {
        check_name(name, "label", row.need("label")?.at)?;
    }
    let language = language_of(row, file, desk)?;
    if let Some(name) = name {
        desk.name(&relation, &language, name);
    }
    desk.items.push_back(FactsItem::Template(TemplateRow { relation, language, text }));
    Ok(())
}
