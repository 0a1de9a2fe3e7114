//! Codes of languages in the ids of facts, where no format reads them: `fact0_zh`, `zh.f1`, `('f1', 'zh')`, `f1:zh:0`.
//!
//! Such ids make two facts of one, and all of them English. Many ids end in two letters by chance (`P36_no`, `El Salvador`),
//! so one alone says nothing: one fact in two languages does, and so do codes in most ids or in all of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use kndb_storage::language::{canonical, is_known, is_surely, named};
use xxhash_rust::xxh3::xxh3_128;

/// The ids of facts whose language nothing says.
#[derive(Default)]
pub(crate) struct IdCodes {
    /// Hashes of all ids, by their pieces.
    all: HashSet<u128>,
    ends: [End; 2],
}

/// What stands first in the ids, or last.
#[derive(Default)]
struct End {
    /// What an id is without its code, and an id of each code that comes with it.
    stems: HashMap<u128, Vec<Found>>,
    /// Codes, with an id of each.
    codes: BTreeMap<String, Found>,
    /// Ids with a code.
    count: usize,
    /// What stands before the code in the first of them, and whether it is another thing in others.
    before: Option<u128>,
    varies: bool,
}

/// A code in an id.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    id: String,
    /// As the id has it.
    written: String,
    code: String,
    /// The id without the code.
    stem: String,
    /// It is the name of a language, which an object may be, too.
    is_name: bool,
    /// Only white space stands before the code: it is the last word of a text.
    is_word: bool,
    /// The code is the last piece.
    is_bare: bool,
    /// What stands before the code.
    before: u128,
}

impl Found {
    fn is_sure(&self) -> bool {
        self.is_name || is_surely(&self.written)
    }
}

impl End {
    /// Whether the only code of all ids, at their ends, may be one though it is a word, too. `fact_id_0` and `fact_id_1` are
    /// counters, a lone `fact_no` is a word, and so is what a sentence ends with.
    fn may_be(&self, one: &Found) -> bool {
        self.count > 1 && !one.is_word && (one.is_bare || self.varies)
    }
}

impl IdCodes {
    /// Notes an id. What is returned says why it may hold a language, in words.
    pub fn note(&mut self, id: &str) -> Option<String> {
        let pieces = pieces(id);
        if !self.all.insert(hash(&pieces)) {
            return None;
        }
        let mut told = None;
        for (last, end) in [false, true].into_iter().zip(&mut self.ends) {
            // This id may be what another is without its code.
            let bare = end.stems.get(&hash(&pieces)).and_then(|with| with.iter().find(|found| found.is_sure()));
            told = told.or_else(|| bare.map(|found| both(id, found)));
            let Some((found, rest)) = found(id, &pieces, last) else { continue };
            let stem = hash(&rest);
            if found.is_sure() && self.all.contains(&stem) {
                told = told.or_else(|| Some(both(&found.stem, &found)));
            }
            if !found.is_name {
                end.count += 1;
                end.varies |= end.before.is_some_and(|before| before != found.before);
                end.before = end.before.or(Some(found.before));
                end.codes.entry(found.code.clone()).or_insert_with(|| found.clone());
            }
            let same = end.stems.entry(stem).or_default();
            // Methods and counters stand first, too: `kn_1`, `ig_1`.
            let other =
                same.iter().find(|other| other.code != found.code && (last || other.is_sure() || found.is_sure()));
            told = told.or_else(|| other.map(|other| both(&other.id, &found)));
            same.push(found);
        }
        told
    }

    /// Why the ids noted so far may hold languages, in words. `early`: before any of them is stored.
    pub fn judged(&self, early: bool) -> Option<String> {
        let sure = |end: &End| end.codes.values().any(Found::is_sure);
        for (end, last) in self.ends.iter().zip([false, true]) {
            let mut codes = end.codes.values();
            match (codes.next(), codes.next()) {
                (Some(one), Some(other)) if sure(end) && 2 * end.count >= self.all.len() => {
                    return Some(both(&one.id, other));
                }
                (Some(one), None)
                    if early && end.count == self.all.len() && (one.is_sure() || (last && end.may_be(one))) =>
                {
                    return Some(reading(one));
                }
                _ => {}
            }
        }
        None
    }
}

/// Two ids, and how the second may be read.
fn both(one: &str, found: &Found) -> String {
    format!("the ids `{one}` and `{}`: {}", found.id, readings(found))
}

fn reading(found: &Found) -> String {
    format!("the id `{}`: {}", found.id, readings(found))
}

fn readings(found: &Found) -> String {
    let Found { id, written, stem, .. } = found;
    if stem.is_empty() {
        return format!("`{written}` may be a language, or the id of a fact");
    }
    format!("`{written}` may be the language of fact `{stem}`, or part of the fact id `{id}`")
}

/// An id's parts between signs and spaces.
fn pieces(id: &str) -> Vec<&str> {
    id.split(|character: char| !character.is_alphanumeric()).filter(|piece| !piece.is_empty()).collect()
}

fn hash(pieces: &[&str]) -> u128 {
    xxh3_128(pieces.join("\0").as_bytes())
}

/// The code that an id has at one of its ends, and its other pieces. A number after a code is a prompt.
fn found<'a>(id: &str, pieces: &[&'a str], last: bool) -> Option<(Found, Vec<&'a str>)> {
    let code = |from: usize, to: usize| {
        let (written, rest) = (pieces[from..to].join("-"), [&pieces[..from], &pieces[to..]].concat());
        let is_code = is_code(&pieces[from..to]);
        let name = named(&written).filter(|_| to - from == 1);
        let code = if is_code { canonical(&written).into_owned() } else { name?.to_owned() };
        let found = Found {
            id: id.to_owned(),
            stem: rest.join("_"),
            written,
            code,
            is_name: !is_code,
            is_word: from > 0 && gap(id, &pieces[from..]).chars().all(char::is_whitespace),
            is_bare: to == pieces.len(),
            before: hash(&pieces[..from]),
        };
        Some((found, rest))
    };
    let count = pieces.len();
    // `zh-Hans-CN` before its own end, `CN`.
    let mut lengths = (1..=count.min(3)).rev();
    if !last {
        return lengths.find_map(|length| code(0, length));
    }
    lengths.find_map(|length| code(count - length, count)).or_else(|| {
        let number = pieces.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        // Where only the two are there, the code stands first.
        let mut lengths = (1..=count.saturating_sub(2).min(3)).rev().filter(|_| number);
        lengths.find_map(|length| code(count - 1 - length, count - 1))
    })
}

/// What stands before an id's last pieces.
fn gap<'a>(id: &'a str, last: &[&str]) -> &'a str {
    let signs = |text: &'a str| text.trim_end_matches(|character: char| !character.is_alphanumeric());
    let rest = last.iter().rev().fold(id, |rest, piece| signs(rest).strip_suffix(piece).unwrap_or(rest));
    &rest[signs(rest).len()..]
}

/// Whether pieces are a code: `zh`, `ZH`, `pt` and `BR`; not the `El` of `El Salvador`, nor the `de` and `123` of `de_123`.
fn is_code(pieces: &[&str]) -> bool {
    let all = |text: &str, is: fn(&u8) -> bool| text.as_bytes().iter().all(is);
    let Some((first, rest)) = pieces.split_first() else { return false };
    let one_case = all(first, u8::is_ascii_lowercase) || all(first, u8::is_ascii_uppercase);
    let subtag = |text: &&str| match text.len() {
        2 => all(text, u8::is_ascii_uppercase),
        4 => text.as_bytes()[0].is_ascii_uppercase() && all(&text[1..], u8::is_ascii_lowercase),
        _ => false,
    };
    one_case && rest.iter().all(subtag) && is_known(&pieces.join("-"))
}

/// The code in a folder's name, if that is one beside other words and hardly anything else: `lang_zh`, `zh-results`.
pub(crate) fn in_folder(name: &str) -> Option<String> {
    let pieces = pieces(name);
    let says =
        pieces.iter().any(|piece| crate::source::roles::Role::of(piece) == Some(crate::source::roles::Role::Language));
    let found = [true, false].into_iter().filter_map(|last| found(name, &pieces, last));
    let mut sure = found.filter(|(found, rest)| !rest.is_empty() && (says || found.is_sure()) && found.code != "en");
    sure.next().map(|(found, _)| found.written)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether ids are taken for what holds languages.
    fn told(ids: &[&str]) -> Option<String> {
        let mut codes = IdCodes::default();
        let mut noted = ids.iter().filter_map(|id| codes.note(id)).collect::<Vec<_>>().into_iter();
        noted.next().or_else(|| codes.judged(true))
    }

    #[test]
    fn a_fact_in_two_languages_is_seen_behind_any_separator_and_at_either_end() {
        for separator in ["_", ".", "-", ":", "|", "/", "::", ", ", "@", "="] {
            let (last, first) = (format!("f1{separator}zh"), format!("zh{separator}f1"));
            assert!(told(&[&format!("f1{separator}en"), &last]).is_some(), "{last}");
            assert!(told(&[&format!("en{separator}f1"), &first]).is_some(), "{first}");
        }
        for ids in [
            ["('f0', 'en')", "('f0', 'zh')"],
            ["en", "zh"],
            ["f1_it", "f1_la"],
            ["f1_zh_0", "f1_en_0"],
            ["f1_pt_BR", "f1_pt_PT"],
            ["f1_zh-Hans", "f1_zh-Hant"],
            ["f1_deu", "f1_fra"],
            ["f1_ZH", "f1_EN"],
            ["f1_chinese", "f1_english"],
            ["f1", "f1_zh"],
            ["f1_zh", "f1"],
            ["f1_zh", "f2_en"],
            ["f1_zh", "f2_zh"],
            ["fact0_zh", "fact0_en"],
            ["f1_it", "f2_it"],
            ["f1_it_0", "f2_it_0"],
            ["f1_it_0", "f2_it_1"],
            ["('f0', 'it')", "('f1', 'it')"],
            ["France de", "Spain de"],
        ] {
            assert!(told(&ids).is_some(), "{ids:?}");
        }
        assert!(told(&["zh"]).is_some() && told(&["fact_en"]).is_some());
    }

    #[test]
    fn both_readings_are_told() {
        assert_eq!(
            told(&["f1_en", "f1_zh"]).as_deref(),
            Some("the ids `f1_en` and `f1_zh`: `zh` may be the language of fact `f1`, or part of the fact id `f1_zh`")
        );
        assert_eq!(
            told(&["en", "zh"]).as_deref(),
            Some("the ids `en` and `zh`: `zh` may be a language, or the id of a fact")
        );
    }

    #[test]
    fn ids_that_end_so_by_chance_are_ids() {
        for ids in [
            &["3fa85f64-5717-4562-b3fc-2c963f66afa6", "0b9de2f1-1111-4562-b3fc-2c963f66affa"][..],
            &["P36_12", "P36_13", "Q142"],
            &["id_0", "id_1", "id_2"],
            &["kn:P36:0", "kn:P36:1"],
            &["El Salvador", "La Paz", "De Panne", "Da Nang"],
            &["question_no"],
            &["P103_Kant_German", "P103_Zola_French"],
            &["a_de", "b_fr", "c", "d", "e"],
            &["fact_id_0", "fact_id_1"],
            &["row_id_3", "row_id_4"],
            &["sample_no_5", "sample_no_6"],
            &["trex_kn_12", "trex_kn_13"],
            &["fact_id_0", "fact_id_1", "row_id_3", "sample_no_5", "trex_kn_12"],
            &["The capital of France is", "The capital of Spain is"],
            &["The capital of France is", "The capital of Spain is", "Zola was born in", "Kant speaks"],
            &["a", "b", "c"],
        ] {
            assert_eq!(told(ids), None, "{ids:?}");
        }
    }

    #[test]
    fn a_folder_may_hold_a_code_beside_other_words() {
        for (name, code) in
            [("lang_zh", "zh"), ("lang-zh", "zh"), ("zh_results", "zh"), ("lang_it", "it"), ("scores.pt_BR", "pt-BR")]
        {
            assert_eq!(in_folder(name).as_deref(), Some(code), "{name}");
        }
        for name in ["zh", "lang_en", "kn_results", "ml-data", "P36", "run_1", "scores"] {
            assert_eq!(in_folder(name), None, "{name}");
        }
    }
}
