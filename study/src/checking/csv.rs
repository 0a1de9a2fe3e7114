//! The measurements of a fact-checking study as CSV: a row a statement.

use super::score::{CheckRow, Part};
use std::io::{self, Write};

const HEADER: [&str; 15] = [
    "language",
    "relation",
    "fact",
    "part",
    "subject",
    "object",
    "is_true",
    "attribution",
    "activation",
    "probability",
    "answer",
    "candidate_share",
    "candidate_answer",
    "seed",
    "protocol",
];

pub(super) fn write(rows: &[CheckRow], seed: u64, protocol: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(HEADER)?;
    for row in rows {
        let part = if row.part == Part::First { "first" } else { "second" };
        for is_true in [true, false] {
            let object = if is_true { &row.object.right } else { &row.object.wrong };
            let number = |pair: Option<super::Pair<f64>>| shown(pair.map(|p| if is_true { p.right } else { p.wrong }));
            let flag = |pair: Option<super::Pair<bool>>| shown(pair.map(|p| if is_true { p.right } else { p.wrong }));
            let names = [&row.language, &row.relation, &row.fact, part, &row.subject, object].map(str::to_owned);
            let measured = [number(row.attribution), number(row.activation), number(row.probability), flag(row.answer)];
            let among = [number(row.candidate_share), flag(row.candidate_answer)];
            let record = names.into_iter().chain([is_true.to_string()]).chain(measured).chain(among);
            writer.write_record(record.chain([seed.to_string(), protocol.to_owned()]))?;
        }
    }
    writer.flush()
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
