//! LAMA's SQuAD: statements with a gap. They name no subject (`sub_label` is `Squad`) and no relation.

use super::Desk;
use crate::facts::layout::FactsFile;
use crate::facts::problem::Problem;
use crate::facts::row::Row;

/// Refuses every row, so that their number is said.
pub(super) fn read(row: &Row<'_>, _: &FactsFile, _: &mut Desk) -> Result<(), Problem> {
    let sentences = row.need("masked_sentences")?;
    let rest = " and no relation (`sub_label` is the data set's name); expected a fact with a subject, because \
                a template has a place for one";
    Err(Problem::at(sentences.at, "a statement of SQuAD has no subject", rest))
}
