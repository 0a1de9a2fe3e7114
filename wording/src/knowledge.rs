//! What the model of a run knows, as a table and notes. Not for the counts, which are [`Knowledge`]'s.

use kndb_storage::{Knowledge, Known};

use crate::probability;

/// Names of the columns of [`rows`].
pub const COLUMNS: [&str; 6] = ["lang", "relation", "entries", "median p", "p >= 0.1", "answered right"];

/// As a table for people. A language with one relation has one row.
pub fn rows(knowledge: &Knowledge) -> Vec<[String; 6]> {
    let is_repeated = |part: &&Known| {
        let same = |other: &Known| {
            other.relation.is_some() && (&other.language, other.entries) == (&part.language, part.entries)
        };
        part.relation.is_none() && knowledge.parts.iter().any(same)
    };
    knowledge.parts.iter().filter(|part| !is_repeated(part)).map(row).collect()
}

/// How many entries have an object of several tokens, language by language; `None` if there are none, or it is not known.
pub fn several_tokens(knowledge: &Knowledge) -> Option<String> {
    let totals = knowledge.parts.iter().filter(|part| part.relation.is_none() && part.several_tokens > 0);
    let told: Vec<String> = totals.map(several_told).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// What there is to know beside the table: a sentence each, without its full stop.
pub fn notes(knowledge: &Knowledge) -> Vec<String> {
    let totals = || knowledge.parts.iter().filter(|part| part.relation.is_none());
    let mut notes = Vec::new();
    if !knowledge.is_known() {
        return vec![
            "how likely the right objects were is not stored of these entries, so what the model knows of them is not known"
                .into(),
        ];
    }
    for part in totals().filter(|part| part.with_p < part.entries) {
        let Known { language, entries, with_p, .. } = part;
        notes.push(match with_p {
            0 => format!("p was stored of none of the {entries} entries in {language}: there is no median"),
            _ => format!("p was stored of {with_p} of {entries} entries in {language}: the median is of these"),
        });
    }
    for Known { language, entries, answered, several_tokens, .. } in totals() {
        // Objects of several tokens have no rank; of the others it could have been stored.
        let unranked = entries.saturating_sub(answered + several_tokens);
        if unranked > 0 {
            notes.push(format!(
                "the rank of the right object was not stored of {unranked} of {entries} entries in {language}: whether these were \
                 answered right is not known"
            ));
        }
    }
    if let Some(several) = several_tokens(knowledge) {
        notes.push(format!(
            "objects of several tokens: {several}; their score is a sum over the tokens and their p the product, so a small p may \
             carry a large score"
        ));
    }
    notes
}

fn row(known: &Known) -> [String; 6] {
    // No share: of many facts 0 % would be none or some, and 100 % all or nearly all.
    let of = |part: u64, whole: u64| if whole == 0 { "–".into() } else { format!("{part} of {whole}") };
    let median = known.median_p.map_or_else(|| "–".into(), probability::shown);
    let (language, relation) = (known.language.clone(), known.shown.clone());
    let (from_a_tenth, right) = (of(known.from_a_tenth, known.with_p), of(known.right, known.answered));
    [language, relation, known.entries.to_string(), median, from_a_tenth, right]
}

/// `zh 37 of 72 entries, 30 with a score above 100·p`
fn several_told(known: &Known) -> String {
    let Known { language, several_tokens, entries, beyond_p, .. } = known;
    let beyond = if *beyond_p > 0 { format!(", {beyond_p} with a score above 100·p") } else { String::new() };
    format!("{language} {several_tokens} of {entries} entries{beyond}")
}
