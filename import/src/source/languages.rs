//! Languages in texts that no format reads: metadata, arrays of texts.

use kndb_storage::language;

use crate::options::DEFAULT_LANGUAGE;
use crate::source::roles::Role;

/// Whether a key of metadata is about what was asked: there a code that is a word elsewhere, `it`, is a language.
fn is_about_data(key: &str) -> bool {
    const DATA: [&str; 12] =
        ["target", "source", "src", "tgt", "data", "dataset", "corpus", "file", "files", "path", "facts", "fact"];
    Role::words(key).iter().any(|word| DATA.contains(&&**word))
}

/// A language that a text is, or that a name in it has: `zh`, `mlama_zh`, `data/zh/P36.jsonl`, `{"f1": "zh"}`.
pub(super) fn language_of_text(key: &str, text: &str) -> Option<String> {
    use serde_json::Value;
    match serde_json::from_str(text) {
        Ok(Value::Array(values)) if !values.iter().any(|value| value.is_array() || value.is_object()) => {
            language_of_list(key, values.iter().filter_map(Value::as_str), false)
        }
        // Of members that are not all languages, a code may be the one that is; `French` is as likely an object.
        Ok(json @ (Value::Object(_) | Value::Array(_))) => {
            let texts = texts_of(&json);
            let code = texts.iter().find(|text| is_code(key, text.trim()) && is_other(text.trim()));
            code.map(|code| (*code).to_owned()).or_else(|| language_of_list(key, texts.iter().copied(), false))
        }
        _ => language_in(key, text).filter(|found| is_other(found)),
    }
}

/// A language of a list in which all but empty texts may be one, or with `names` the name of something with one in it.
pub(super) fn language_of_list<'t>(key: &str, texts: impl Iterator<Item = &'t str>, names: bool) -> Option<String> {
    let read = |text: &'t str| {
        let found = if names { language_in(key, text) } else { language_itself(key, text) };
        // A code that is a word elsewhere, `it`, may be one beside others.
        (found.is_some() || language::is_known(text.trim())).then_some(found)
    };
    let all = texts.filter(|text| !text.trim().is_empty()).map(read).collect::<Option<Vec<_>>>()?;
    all.into_iter().flatten().find(|found| is_other(found))
}

/// Whether a language, by its code or its name, is another than the default.
fn is_other(language: &str) -> bool {
    match language::named(language) {
        Some(code) => code != DEFAULT_LANGUAGE,
        None => !language::same(language, DEFAULT_LANGUAGE),
    }
}

/// Whether a text is a language's code; where it is said to be about the data, codes that are words elsewhere count, too.
fn is_code(key: &str, text: &str) -> bool {
    language::is_surely(text) || (is_about_data(key) && language::is_known(text) && !language::is_of_the_field(text))
}

/// A text that is a language, the default included.
fn language_itself(key: &str, text: &str) -> Option<String> {
    /// Words in names of what may be `French` without being said in it: the objects of P37 are languages.
    const LABELS: [&str; 9] =
        ["object", "objects", "obj", "subject", "subjects", "answer", "answers", "token", "tokens"];
    let text = text.trim();
    let is_label = || Role::words(key).iter().any(|word| LABELS.contains(&&**word));
    (is_code(key, text) || (language::named(text).is_some() && !is_label())).then(|| text.to_owned())
}

/// A language, the default included, that a text is or that a name in it has.
fn language_in(key: &str, text: &str) -> Option<String> {
    /// Names of what may end in a code for another reason: `bert-base-chinese` was asked in a language, but which?
    const OTHERS: [&str; 12] = [
        "model",
        "tokenizer",
        "checkpoint",
        "host",
        "hostname",
        "url",
        "author",
        "email",
        "commit",
        "version",
        "country",
        "locale",
    ];
    /// Longer texts are prose.
    const LONGEST: usize = 200;
    let itself = language_itself(key, text);
    let is_name = text.len() <= LONGEST && !text.contains([' ', '@', '\n']) && !text.contains("://");
    if itself.is_some() || !is_name || Role::words(key).iter().any(|word| OTHERS.contains(&&**word)) {
        return itself;
    }
    let ends = |name: &str| {
        let name = name.split('.').take_while(|part| !crate::format::is_extension(part)).collect::<Vec<_>>().join(".");
        // `Tel-Aviv` begins with no code.
        let is_piece = |piece: &&str| {
            language::named(piece).is_some() || *piece == piece.to_lowercase() || *piece == piece.to_uppercase()
        };
        let pieces: Vec<_> = name.split(['_', '.', '-']).collect();
        let ends = [pieces.last(), pieces.first()].into_iter().flatten().copied().filter(is_piece);
        let ends: Vec<_> = ends.map(str::to_owned).collect();
        [vec![name], ends].concat()
    };
    let found: Vec<_> =
        text.split(['/', '\\']).flat_map(ends).filter_map(|piece| language_itself(key, &piece)).collect();
    found.iter().find(|found| is_other(found)).or(found.first()).cloned()
}

/// All texts in JSON that stand as values.
fn texts_of(json: &serde_json::Value) -> Vec<&str> {
    match json {
        serde_json::Value::String(text) => vec![text],
        serde_json::Value::Array(values) => values.iter().flat_map(texts_of).collect(),
        serde_json::Value::Object(members) => members.values().flat_map(texts_of).collect(),
        _ => Vec::new(),
    }
}

/// The text of a member that is called as a language is.
pub(super) fn language_inside(json: &serde_json::Value) -> Option<String> {
    match json {
        serde_json::Value::Object(members) => members.iter().find_map(|(name, value)| match value {
            serde_json::Value::String(text) if Role::of(name) == Some(Role::Language) => Some(text.clone()),
            value => language_inside(value),
        }),
        serde_json::Value::Array(values) => values.iter().find_map(language_inside),
        _ => None,
    }
}
