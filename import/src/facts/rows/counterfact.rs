//! CounterFact: facts as they are (`target_true`) and a prompt that ends where the object begins.
//!
//! Source: Meng et al., NeurIPS 2022; kmeng01/rome, `dsets/counterfact.py`.

use kndb_storage::FactRow;

use super::{Desk, agrees, language_of, template};
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::{Field, Row};

const RECORD: &[&str] = &["requested_rewrite", "paraphrase_prompts", "language", "lang"];
const REWRITE: &[&str] = &["prompt", "relation_id", "subject", "target_true", "target_new"];

/// The prompt `The mother tongue of {} is` is the template `The mother tongue of [X] is [Y]`. Paraphrases are
/// sentences of one fact, after an unrelated one: they are counted only.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(RECORD, desk)?;
    let rewrite = object(row.need("requested_rewrite")?)?;
    rewrite.check(REWRITE, desk)?;
    let relation = rewrite.name("relation_id")?;
    agrees(&relation, "relation_id", rewrite.need("relation_id")?.at, file)?;
    let subject = rewrite.text("subject")?;
    let target = object(rewrite.need("target_true")?)?;
    let object = target.text("str")?;
    let object_uri = target.maybe_text("id")?;
    let prompt = rewrite.need("prompt")?;
    let text = template(of_prompt(prompt)?, "prompt", prompt.at)?;
    let language = language_of(row, file, desk)?;
    let paraphrases = match row.field("paraphrase_prompts")? {
        Some(field) => field.parse::<Vec<String>>("a list of texts")?.len(),
        None => 0,
    };
    desk.notes.leave_out("paraphrases of single facts (`paraphrase_prompts`)", paraphrases as u64);
    desk.notes.leave_out("objects that are not so (`target_new`)", u64::from(rewrite.has("target_new")));
    let id = desk.computed(&relation, &[&subject, object_uri.as_deref().unwrap_or(&object)]);
    desk.template_once(&relation, &language, text);
    desk.fact(FactRow { id, relation, language, subject, object, subject_uri: None, object_uri });
    Ok(())
}

/// The object that a field is.
fn object(field: Field<'_>) -> Result<Row<'_>, Problem> {
    Row::parse(field.bytes(), field.at).map_err(|_| field.wrong("an object with its parts"))
}

fn of_prompt(prompt: Field<'_>) -> Result<String, Problem> {
    let text = prompt.text()?;
    if text.matches("{}").count() != 1 || text.contains("[X]") || text.contains("[Y]") {
        let rest = format!(": {}; expected {{}} for the subject once", crate::json::excerpt(text.as_bytes()));
        return Err(Problem::at(prompt.at, "`prompt` is not a text with one {}", rest));
    }
    Ok(format!("{} [Y]", text.trim_end().replace("{}", "[X]")))
}
