//! The measurements of an arena as CSV: a row a fact, language, scorer and size.

use super::measure::ArenaRow;
use std::io::{self, Write};

const HEADER: [&str; 18] = [
    "fact",
    "relation",
    "language",
    "scorer",
    "size",
    "probability",
    "unrelated_fact",
    "unrelated_relation",
    "unrelated_probability",
    "suppress_related",
    "suppress_unrelated",
    "suppress_random",
    "enhance_related",
    "enhance_unrelated",
    "enhance_random",
    "random_neurons",
    "overlap",
    "seed",
];

pub(super) fn write(rows: &[ArenaRow], seed: u64, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEADER)?;
    for row in rows {
        let texts = [&row.fact, &row.relation, &row.language, &row.scorer].map(String::clone);
        let changes = [row.suppress, row.enhance].map(|of| [of.related, of.unrelated, of.random]).concat();
        let record = texts.into_iter().chain([row.size.to_string(), row.probability.to_string()]);
        let record = record.chain([row.unrelated_fact.clone(), row.unrelated_relation.clone()]);
        let record = record.chain([row.unrelated_probability.to_string()]);
        let record = record.chain(changes.iter().map(f64::to_string)).chain([row.random_neurons.to_string()]);
        let overlap = row.overlap.map_or_else(String::new, |overlap| overlap.to_string());
        writer.write_record(record.chain([overlap, seed.to_string()]))?;
    }
    writer.flush()
}
