//! ZsRE as MEND and ROME edit it: questions with their answers, and no relation.
//!
//! Source: Levy et al., CoNLL 2017; Mitchell et al., ICLR 2022; kmeng01/rome, `dsets/zsre.py`.

use kndb_storage::FactRow;

use super::{Desk, agrees, language_of};
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::{Row, check_name};

const USED: &[&str] = &["subject", "src", "answers", "rephrase", "alt", "language", "lang"];

/// The relation is the question with [X] for the subject, the template the same with the answer after it.
pub(super) fn read(row: &Row<'_>, file: &FactsFile, desk: &mut Desk) -> Result<(), Problem> {
    row.check(USED, desk)?;
    let subject = row.text("subject")?;
    let question = row.need("src")?;
    let text = question.text()?;
    let field = row.need("answers")?;
    let answers: Vec<String> = field.parse("a list of texts")?;
    let Some(object) = answers.first().filter(|answer| !answer.trim().is_empty()).cloned() else {
        return Err(Problem::at(field.at, "`answers` has no answer", "; expected one or several"));
    };
    let language = language_of(row, file, desk)?;
    if text.matches(&*subject).count() != 1 || text.contains("[X]") || text.contains("[Y]") {
        desk.notes.leave_out("facts whose question does not have the subject once", 1);
        return Ok(());
    }
    let relation = text.trim().replace(&*subject, "[X]");
    check_name(&relation, "src", question.at)?;
    agrees(&relation, "src", question.at, file)?;
    desk.notes.leave_out("questions of single facts (`rephrase`)", u64::from(row.has("rephrase")));
    desk.notes.leave_out("answers that are not so (`alt`)", u64::from(row.has("alt")));
    desk.notes.leave_out("answers after the first", answers.len() as u64 - 1);
    let id = desk.computed(&relation, &[&subject, &object]);
    desk.template_once(&relation, &language, format!("{relation} [Y]"));
    desk.fact(FactRow { id, relation, language, subject, object, subject_uri: None, object_uri: None });
    Ok(())
}
