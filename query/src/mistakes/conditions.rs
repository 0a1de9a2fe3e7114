//! Errors within brackets: conditions that read like another language, lists without their
//! parentheses, text without its quotes.
//!
//! As in [`super::clauses`], nothing here accepts anything.

use crate::error::{ErrorKind, QueryError};
use crate::mistakes::clauses::synonym;
use crate::mistakes::columns::Rows as RowsOf;
use crate::mistakes::nearest::nearest;
use crate::syntax::ast::{Comparison, Condition, Measure, Number, SourceKind, Test};
use crate::syntax::conditions::{ConditionKey, Domain, ValueKind};
use crate::syntax::lexer::TokenKind;
use crate::syntax::parser::Parser;
use crate::syntax::parser::clauses::list;
use std::ops::Bound;

/// What to write for an operator that a key does not take.
pub(crate) fn operator(parser: &Parser<'_>, key: ConditionKey) -> Option<String> {
    let value_kind = &key.row().value;
    let takes = |operator| key.row().value.operators().contains(&operator);
    let found = parser.word().map(str::to_ascii_lowercase);
    let found = found.as_deref().unwrap_or(parser.sign());
    let value = parser.text_of(parser.ahead(1));
    let value = if value.is_empty() || value == ";" { "…" } else { value };
    let hint = match found {
        "==" | ":" | "is" if takes("=") => format!("write `{key}={value}`"),
        "like" | "contains" | "~=" | "=~" | "matches" if takes("~") => {
            format!("`{key}~\"…\"` finds what contains a text")
        }
        "~" | "like" | "contains" if takes("=") => {
            format!("only {} are searched by a part; write `{key}={value}`", searched_by_part())
        }
        "!=" | "<>" | "not" | "!" if let ValueKind::OneOf([one, other]) = value_kind => {
            let wanted = if value.eq_ignore_ascii_case(one) { other } else { one };
            format!("write `{key}={wanted}`")
        }
        "!=" | "<>" | "not" | "!" => {
            format!("leave things out by subtracting: `kn - kn[{key}…]` or `kn - facts[…]`")
        }
        "between" | "<" | "<=" | ">" | ">=" if let ValueKind::Whole { example, .. } = value_kind => {
            format!("an interval is `{key} in {example}`")
        }
        "<" | "<=" | ">" | ">=" if takes("=") && matches!(value_kind, ValueKind::Number(_)) => {
            format!("`{key}` is the threshold itself: `{key}={value}`")
        }
        "in" | "between" if let ValueKind::Number(domain) = value_kind => return between_bounds(key, domain),
        "=>" if takes(">=") => format!("write `{key}>={value}`"),
        "=<" if takes("<=") => format!("write `{key}<={value}`"),
        "=" | "==" if takes(">=") => format!("`{key}` is a lower bound: `{key}>={value}`"),
        "=" | "==" if takes("<=") => format!("`{key}` is an upper bound: `{key}<={value}`"),
        "<" | "<=" if takes(">=") => format!("`{key}` is a lower bound: `{key}>=…`"),
        ">" | ">=" if takes("<=") => format!("`{key}` is an upper bound: `{key}<=…`"),
        _ => match value_kind {
            ValueKind::OneOf(words) => {
                let written: Vec<String> = words.iter().map(|word| format!("`{key}={word}`")).collect();
                format!("write {}", written.join(" or "))
            }
            _ => return None,
        },
    };
    Some(hint)
}

/// The keys that `~` goes with: `subject`, `object` and `answer`.
fn searched_by_part() -> String {
    let by_part = |key: &&ConditionKey| matches!(key.row().value, ValueKind::Names { part: true, .. });
    let words: Vec<String> = ConditionKey::ALL.iter().filter(by_part).map(|key| format!("`{key}`")).collect();
    match words.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        words => words.concat(),
    }
}

/// Where a number stands that there is not.
pub(crate) enum Place<'t> {
    /// After an operator.
    After(Comparison),
    /// At an end of a range.
    Within {
        /// As what it is compared.
        op: Comparison,
        /// The range as it is written, and what is left of it without this end, where that can be asked.
        range: &'t str,
        rest: Option<String>,
    },
}

/// A number that there is not: below or above what the key is compared with.
pub(crate) fn out_of_range(key: ConditionKey, domain: &Domain, place: &Place<'_>, number: Number) -> QueryError {
    let about = match domain.percent_of {
        Some(of) if number.percent => format!("a share of {of}"),
        _ => domain.about.to_owned(),
    };
    let (op, at) = match place {
        Place::After(op) => (*op, format!("after `{key}{op}`")),
        Place::Within { op, range, .. } => (*op, format!("in `{key} in {range}`")),
    };
    let expected = ends(domain.ends(op, number.percent), if number.percent { "%" } else { "" });
    let reason = format!("`{key}` is {about}: expected {expected} {at}, found {number}");
    QueryError::new(ErrorKind::Syntax, reason).hint(match place {
        Place::Within { op, rest: Some(rest), .. } => {
            let end = if *op == Comparison::GreaterOrEqual { "a lower" } else { "an upper" };
            format!("without {end} end it is `{rest}`")
        }
        // Too little, not too much.
        _ if domain.percent_of.is_some() && number.value < if number.percent { 100.0 } else { 2.0 } => match op {
            Comparison::Greater | Comparison::GreaterOrEqual => {
                "every pair is found in one at least: leave the condition out".into()
            }
            _ => "what is found in none is no pair".into(),
        },
        _ if domain.instead.is_empty() => {
            let forms = key.row().forms;
            let alike = forms.iter().find(|form| form.starts_with(&format!("{key}{op}")));
            format!("write it as in `{}`", alike.or(forms.first()).copied().unwrap_or_default())
        }
        _ => domain.instead.into(),
    })
}

/// `at least 0 and less than 1`.
fn ends((from, to): (Bound<f64>, Bound<f64>), unit: &str) -> String {
    let from = match from {
        Bound::Included(from) => Some(format!("at least {from}{unit}")),
        Bound::Excluded(from) => Some(format!("more than {from}{unit}")),
        Bound::Unbounded => None,
    };
    let to = match to {
        Bound::Included(to) => Some(format!("at most {to}{unit}")),
        Bound::Excluded(to) => Some(format!("less than {to}{unit}")),
        Bound::Unbounded => None,
    };
    from.into_iter().chain(to).collect::<Vec<_>>().join(" and ")
}

/// What else is written for the words of conditions that know a few.
const INSTEAD: &[(&str, &[&str])] = &[
    ("positive", &["+", ">", ">0", "plus", "1"]),
    ("negative", &["-", "<", "<0", "minus", "-1"]),
    ("any", &["*", "±", "both", "all", "abs", "absolute", "either", "signed", "0"]),
    ("yes", &["true", "y", "1", "right", "correct", "known"]),
    ("no", &["false", "n", "0", "wrong", "incorrect", "unknown"]),
];

/// The one of a few words that was meant: the one that begins so, or that is written otherwise elsewhere.
pub(crate) fn word_meant(words: &[&'static str], found: &str) -> Option<&'static str> {
    let found = found.trim_matches(['"', '\'']).to_ascii_lowercase();
    let begins = |word: &&&str| found.len() >= 2 && word.starts_with(&found);
    let instead = |word: &&&str| INSTEAD.iter().any(|(known, also)| known == *word && also.contains(&found.as_str()));
    words.iter().find(|word| begins(word) || instead(word)).copied()
}

/// What to write for a name where a number of them is expected: `langs=en`.
pub(crate) fn one_instead(parser: &Parser<'_>, counted: ConditionKey) -> Option<String> {
    let one = ConditionKey::from_word(counted.word().strip_suffix('s')?)?;
    let named = matches!(parser.kind(), TokenKind::Word | TokenKind::Text(_));
    named.then(|| format!("`{counted}` is how many; one of them is `{one}={}`", parser.token_text()))
}

/// The values that stand here in brackets of any kind, as the language writes a list: `(en, zh)`. None if it is no list.
pub(crate) fn bracketed(parser: &Parser<'_>) -> Option<String> {
    let close = match parser.sign() {
        "(" => ")",
        "[" => "]",
        "{" => "}",
        _ => return None,
    };
    let mut values = Vec::new();
    for at in (1..).step_by(2) {
        let value = parser.ahead(at);
        if !matches!(value.kind, TokenKind::Word | TokenKind::Number | TokenKind::Text(_)) {
            return None;
        }
        values.push(parser.text_of(value));
        match parser.ahead(at + 1).kind {
            TokenKind::Sign(",") => {}
            TokenKind::Sign(sign) if sign == close => break,
            _ => return None,
        }
    }
    Some(format!("({})", values.join(", ")))
}

/// A key was expected, and something else stands in the brackets.
pub(crate) fn not_a_condition(parser: &Parser<'_>, source: SourceKind, before: Option<&Condition>) -> QueryError {
    let ends = |at: usize| matches!(parser.ahead(at).kind, TokenKind::Sign("," | "]"));
    let value = matches!(parser.kind(), TokenKind::Word | TokenKind::Number | TokenKind::Text(_));
    if !value {
        return parser.unexpected("a condition such as `lang=en`");
    }
    let word = parser.token_text();
    let key = parser.word().and_then(ConditionKey::from_word);
    if let Some(key) = key.filter(|_| ends(1)) {
        let operators = key.row().value.operators().into_iter().map(|operator| format!("`{key} {operator} …`"));
        let operators = operators.collect::<Vec<_>>().join(", ");
        let error = parser.error_here(format!("the condition `{key}` has no value"));
        return error.hint(format!("write {operators}"));
    }
    if ends(1) {
        let reason = format!("expected a condition such as `lang=en`, found the value `{word}` alone");
        let error = parser.error_here(reason);
        return error.hint(match before.and_then(|before| as_list(parser, before)) {
            Some(list) => format!("several values are a list: `{list}`"),
            None => format!("say what it is: `{}`", guess(parser)),
        });
    }
    if parser.word().is_none() {
        return parser.unexpected("a condition such as `lang=en`");
    }
    if parser.at_word("neuron") || parser.at_word("neurons") {
        let reason = "neurons are not chosen by a condition";
        let hint = "intersect with them: `kn[lang=en] & neurons(9:852)`";
        return QueryError::name(parser.span(), reason).hint(hint);
    }
    if parser.at_word("share") {
        let reason = "there is no condition `share`: prompts are counted by `prompts`";
        let hint = "`prompts>=70%` keeps what that share of the fact's prompts found; `share` is a column";
        return QueryError::name(parser.span(), reason).hint(hint);
    }
    if let Some(column) = Measure::from_word(word).filter(|column| RowsOf::Entries.measures().contains(column))
        && source == SourceKind::Entries
    {
        let (op, than) = (parser.text_of(parser.ahead(1)), parser.text_of(parser.ahead(2)));
        let (op, than) = if Comparison::from_word(op).is_some() { (op, than) } else { (">", "…") };
        let reason = format!("there is no condition `{word}`: it is a column of `entries`");
        let hint = format!("columns are compared behind the brackets: `entries having {column} {op} {than}`");
        return QueryError::name(parser.span(), reason).hint(hint);
    }
    let suits = ConditionKey::ALL.iter().filter(move |key| key.suits(source));
    let keys = suits.map(|key| key.word());
    let known = synonym(word).filter(|word| ConditionKey::from_word(word).is_some());
    let meant = known.or_else(|| nearest(word, keys.clone()));
    let reason = format!("there is no condition `{word}`");
    QueryError::name(parser.span(), reason).hint(match meant {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the conditions of `{source}` are on {}", list(keys)),
    })
}

/// The condition before and the values behind it as a list: `lang in (en, zh)`.
fn as_list(parser: &Parser<'_>, before: &Condition) -> Option<String> {
    let key = before.key;
    let mut values = written(&before.test)?;
    // The values up to the closing bracket or the next real condition.
    let mut at = 0;
    while matches!(parser.ahead(at + 1).kind, TokenKind::Sign("," | "]")) {
        values.push(parser.text_of(parser.ahead(at)).to_owned());
        if parser.ahead(at + 1).kind == TokenKind::Sign("]") {
            break;
        }
        at += 2;
    }
    Some(format!("{key} in ({})", values.join(", ")))
}

/// The condition that a lone value was probably meant to be.
fn guess(parser: &Parser<'_>) -> String {
    let word = parser.token_text();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match parser.kind() {
        TokenKind::Text(_) => format!("subject={word}"),
        TokenKind::Number if digits(word) => format!("layer={word}"),
        TokenKind::Number => format!("tau={word}"),
        _ if word.starts_with(['P', 'p']) && digits(&word[1..]) => format!("relation={word}"),
        _ if word.len() == 36 && word.matches('-').count() == 4 => format!("fact={word}"),
        _ if word.len() <= 3 || word.contains('-') => format!("lang={word}"),
        _ => format!("relation={word}"),
    }
}

/// A hint for what follows a condition instead of `,` or `]`.
pub(crate) fn after_condition(parser: &Parser<'_>, error: QueryError, before: Option<&Condition>) -> QueryError {
    if parser.at_word("and") || matches!(parser.sign(), "&" | "&&") {
        return error.hint("conditions are separated by commas, and all must hold");
    }
    if parser.at_word("or") || matches!(parser.sign(), "|" | "||") {
        let hint = before.map(|before| format!("alternatives are a list: `{} in (a, b)`", before.key));
        return error.maybe_hint(hint);
    }
    if let Some(clause) = parser.clause() {
        return error.hint(format!("close the brackets before `{clause}`"));
    }
    let bare = matches!(parser.kind(), TokenKind::Word | TokenKind::Number);
    let key_follows = parser.word().and_then(ConditionKey::from_word).is_some();
    if key_follows && matches!(parser.ahead(1).kind, TokenKind::Sign(_)) {
        return error.hint("conditions are separated by commas");
    }
    let text = before.filter(|before| matches!(before.test, Test::Names(_) | Test::Contains(_)));
    if let Some(before) = text.filter(|_| bare) {
        let last = parser.text_of(&parser.tokens[parser.next - 1]);
        let both = format!("{last} {}", parser.token_text());
        if !last.ends_with(['"', '\'', ')', '*']) {
            return error.hint(format!("text with blanks is quoted: `{}=\"{both}\"`", before.key));
        }
    }
    error
}

/// A hint for a key that is given twice.
pub(crate) fn twice(first: &Condition, second: &Condition) -> Option<String> {
    let key = first.key;
    if let ValueKind::Number(domain) = key.row().value {
        return between_bounds(key, &domain);
    }
    let mut values = written(&first.test)?;
    values.extend(written(&second.test)?);
    Some(format!("several values are a list: `{key} in ({})`", values.join(", ")))
}

/// How numbers between two are asked for: of scores, one set is taken away from another.
fn between_bounds(key: ConditionKey, domain: &Domain) -> Option<String> {
    let range = || key.row().forms.iter().find(|form| form.contains(" in "));
    match key {
        ConditionKey::Score => Some("scores between two are a difference: `kn[score>=1e-4] - kn[score>=1e-2]`".into()),
        ConditionKey::Rank => Some("ranks between two are a difference: `kn[rank<=20] - kn[rank<=5]`".into()),
        _ if domain.ranges => {
            range().map(|form| format!("`{key}` has one lower and one upper bound at most, or a range: `{form}`"))
        }
        _ => None,
    }
}

/// The values of a condition that could as well be a list.
fn written(test: &Test) -> Option<Vec<String>> {
    match test {
        Test::Names(texts) => Some(texts.iter().map(ToString::to_string).collect()),
        Test::Within(intervals) => Some(intervals.iter().map(ToString::to_string).collect()),
        Test::Open(open) => Some(open.values.iter().map(ToString::to_string).collect()),
        Test::Every | Test::Contains(_) | Test::Number(..) | Test::Between(..) => None,
    }
}
