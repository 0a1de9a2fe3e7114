//! The measurements of an editing study as CSV: a row a fact, language and method.

use super::measure::EditRow;
use std::io::{self, Write};

const HEADER: [&str; 16] = [
    "fact",
    "relation",
    "language",
    "method",
    "source",
    "neurons",
    "probability",
    "other_fact",
    "unrelated_fact",
    "unrelated_relation",
    "unrelated_probability",
    "suppress_related",
    "suppress_unrelated",
    "enhance_related",
    "enhance_unrelated",
    "seed",
];

pub(super) fn write(rows: &[EditRow], seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEADER)?;
    for row in rows {
        let source = match &row.method {
            super::Method::Mono { source } => source.as_str(),
            _ => "",
        };
        let texts = [&row.fact, &row.relation, &row.language, row.method.name(), source].map(str::to_owned);
        let unrelated = [row.unrelated_fact.clone(), row.unrelated_relation.clone()];
        let changes = [row.suppress.related, row.suppress.unrelated, row.enhance.related, row.enhance.unrelated];
        let record = texts.into_iter().chain([row.neurons.to_string(), row.probability.to_string()]);
        let record = record.chain([row.other_fact.clone().unwrap_or_default()]);
        let record = record.chain(unrelated).chain([row.unrelated_probability.to_string()]);
        writer.write_record(record.chain(changes.map(|change| change.to_string())).chain([seed.to_string()]))?;
    }
    writer.flush()
}
