//! What may stand at the cursor, from the text before it.
//!
//! It goes through the words as the grammar does, but forgives everything: a wrong guess costs one more Tab.

use crate::mistakes::columns::Rows as RowsOf;
use crate::syntax::ast::SourceKind;
use crate::syntax::conditions::ConditionKey;

/// What may stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A statement begins.
    Start,
    /// After `explain`.
    AfterExplain,
    /// A set.
    Set,
    /// After `facts` or `neurons`, which may be followed by `of`.
    AfterKind(Clauses),
    /// After a set, or between clauses: those that are not there yet.
    Clause(Clauses),
    /// A condition, in the brackets of a source, if it is known which.
    Key(Option<SourceKind>),
    /// After a condition's key.
    Comparison,
    /// A value of a condition.
    Value(ConditionKey),
    /// A dimension to count by.
    Dimension(Clauses),
    /// What each two of are compared, after `between`.
    Between,
    /// After `order`.
    By,
    /// A dimension or measure to order by.
    OrderKey(Clauses),
    /// After that.
    AfterOrderKey(Clauses),
    /// A measure that `having` is about.
    Measure(Clauses),
    /// The name of a saved set.
    SavedSet,
    /// The name of an attached store.
    Store,
    /// A name, a number, or nothing at all.
    Unknown,
}

/// Clauses that a statement has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clauses {
    by: bool,
    having: bool,
    order: bool,
    top: bool,
    per: bool,
    similarity: bool,
    between: bool,
    /// The source that the set begins with.
    source: Option<SourceKind>,
}

impl Clauses {
    /// What the rows are.
    pub fn rows(self) -> RowsOf {
        match self.source {
            _ if self.similarity => RowsOf::Similarity,
            Some(SourceKind::Entries) if self.by => RowsOf::CountedEntries,
            Some(SourceKind::Entries) => RowsOf::Entries,
            Some(SourceKind::Dkn) => RowsOf::Groups,
            _ => RowsOf::Set,
        }
    }

    /// Whether nothing is known yet.
    fn is_none(self) -> bool {
        Self { source: None, ..self } == Self::default()
    }

    /// The words that further clauses begin with.
    pub fn missing(self) -> Vec<&'static str> {
        // Only what was counted can be drawn and filtered, and entries, which have numbers of their own.
        let counted = self.by || self.between;
        let between = self.similarity && !self.between;
        let having = (counted || self.source == Some(SourceKind::Entries)) && !self.having;
        let all = [
            ("between", between),
            ("by", !self.by),
            ("having", having),
            ("order", !self.order),
            ("top", !self.top),
            ("per", self.top && !self.per),
        ];
        let missing = all.into_iter().filter(|(_, missing)| *missing).map(|(word, _)| word);
        missing.chain(counted.then_some("plot")).collect()
    }
}

/// A piece of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// A text in quotes, or a number.
    Value,
    Symbol(char),
    /// Brackets or parentheses with all that is in them.
    Group(char),
}

/// Where the word at the end of a text begins: at its opening quote, if it is in quotes.
pub fn word_start(text: &str) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(_) if c == '"' => quote = None,
            None if c == '"' => quote = Some(at),
            _ => {}
        }
    }
    let start = || {
        // There a minus sign is part of a code, elsewhere it is an operator.
        let in_brackets = text.rfind('[') > text.rfind(']');
        let before = text.rfind(|c: char| !(is_of_word(c) || c == '-' && in_brackets));
        before.map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8))
    };
    quote.unwrap_or_else(start)
}

/// The attached store that is asked at the end of a text: it is named before the source, or before that of the brackets that are open.
pub fn store_at(text: &str) -> Option<&str> {
    let before = match text.rfind('[') {
        Some(open) if text.rfind(']').is_none_or(|closed| closed < open) => {
            text[..open].trim_end().trim_end_matches(is_of_word)
        }
        _ => text,
    };
    let before = before.trim_end().strip_suffix("::")?.trim_end();
    let start = before.rfind(|c: char| !is_of_word(c)).map_or(0, |at| at + length_of_char(before, at));
    Some(&before[start..]).filter(|name| !name.is_empty())
}

fn length_of_char(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

/// A text without the names of attached stores before its sets.
fn without_stores(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some(at) = rest.find("::") {
        out.push_str(rest[..at].trim_end_matches(is_of_word));
        rest = &rest[at + 2..];
    }
    out + rest
}

/// What may stand after a text that ends between words.
pub fn place(text: &str) -> Place {
    if text.contains("::") { place_in_hand(&without_stores(text)) } else { place_in_hand(text) }
}

fn place_in_hand(text: &str) -> Place {
    let mut open: Vec<(char, Vec<Token>)> = vec![(';', Vec::new())];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = length_of(rest, c);
        let (token, after) = rest.split_at(length);
        rest = after;
        let here = &mut open;
        match c {
            '(' | '[' => here.push((c, Vec::new())),
            ')' | ']' if here.len() > 1 => {
                let (opened, _) = here.pop().unwrap_or((c, Vec::new()));
                push(here, Token::Group(opened));
            }
            ';' => *here = vec![(';', Vec::new())],
            '"' => push(here, Token::Value),
            c if c.is_ascii_digit() => push(here, Token::Value),
            c if is_of_word(c) => push(here, Token::Word(token.to_lowercase())),
            c if c.is_whitespace() => {}
            _ if token.starts_with("--") => {}
            c => push(here, Token::Symbol(c)),
        }
    }
    let Some((opened, within)) = open.pop() else { return Place::Unknown };
    let outside = open.pop().map(|(_, tokens)| tokens).unwrap_or_default();
    match opened {
        '[' => in_brackets(&outside, &within),
        '(' => match outside.as_slice() {
            [.., Token::Word(key), Token::Word(keyword)] if keyword == "in" => match within.last() {
                None | Some(Token::Symbol(',')) => value_of(key),
                _ => Place::Unknown,
            },
            [.., Token::Word(word)] if word == "neurons" => Place::Unknown,
            _ => in_set(&within, Place::Set),
        },
        _ => in_set(&within, Place::Start),
    }
}

fn push(open: &mut [(char, Vec<Token>)], token: Token) {
    if let Some((_, tokens)) = open.last_mut() {
        tokens.push(token);
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@')
}

/// Bytes of the token that a text begins with.
fn length_of(text: &str, first: char) -> usize {
    let until = |end: &dyn Fn(char) -> bool| text.find(end).unwrap_or(text.len());
    match first {
        '"' => {
            let mut escaped = false;
            let end = text.char_indices().skip(1).find(|&(_, c)| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(text.len(), |(at, _)| at + 1)
        }
        '-' if text.starts_with("--") => until(&|c| c == '\n'),
        c if is_of_word(c) => until(&|c| !(is_of_word(c) || c == '.')),
        c => c.len_utf8(),
    }
}

fn in_brackets(outside: &[Token], within: &[Token]) -> Place {
    let source = match outside.last() {
        Some(Token::Word(word)) => SourceKind::from_word(word),
        _ => None,
    };
    let condition = within.rsplit(|token| *token == Token::Symbol(',')).next().unwrap_or(&[]);
    match condition {
        [] => Place::Key(source),
        [Token::Word(_)] => Place::Comparison,
        [Token::Word(key), .., Token::Symbol(_)] => value_of(key),
        _ => Place::Unknown,
    }
}

fn value_of(key: &str) -> Place {
    ConditionKey::from_word(key).map_or(Place::Unknown, Place::Value)
}

/// Goes through the words of a set and its clauses.
fn in_set(tokens: &[Token], start: Place) -> Place {
    let mut clauses = Clauses::default();
    let mut place = start;
    for token in tokens {
        place = match token {
            Token::Word(word) => after_word(word, place, &mut clauses),
            Token::Group(_) => Place::Clause(clauses),
            Token::Value if place == Place::Unknown => Place::Clause(clauses),
            Token::Value => Place::Unknown,
            Token::Symbol(',') => match place {
                Place::AfterOrderKey(_) => Place::OrderKey(clauses),
                Place::Clause(Clauses { by: true, .. } | Clauses { per: true, .. }) => Place::Dimension(clauses),
                _ => Place::Set,
            },
            Token::Symbol('&' | '|' | '-' | '^' | '+') => Place::Set,
            // `let a =`; the numbers of `having`.
            Token::Symbol('=') if clauses.is_none() => Place::Set,
            Token::Symbol(_) => Place::Unknown,
        };
    }
    place
}

fn after_word(word: &str, place: Place, clauses: &mut Clauses) -> Place {
    match (word, place) {
        ("explain", Place::Start) => Place::AfterExplain,
        ("analyze", Place::AfterExplain) => Place::Set,
        ("let", Place::Start) => Place::Unknown,
        ("drop", Place::Start) => Place::SavedSet,
        ("attach", Place::Start) => Place::Unknown,
        ("detach", Place::Start) => Place::Store,
        ("of", _) => {
            // Of whatever: these are facts, or neurons.
            clauses.source = clauses.source.or(Some(SourceKind::Facts));
            Place::Set
        }
        ("similarity", Place::Start | Place::AfterExplain | Place::Set) => {
            clauses.similarity = true;
            Place::Set
        }
        ("between", _) => {
            clauses.between = true;
            Place::Between
        }
        ("by", Place::By) => Place::OrderKey(*clauses),
        ("by", _) => {
            clauses.by = true;
            Place::Dimension(*clauses)
        }
        ("order", _) => {
            clauses.order = true;
            Place::By
        }
        ("having", _) => {
            clauses.having = true;
            Place::Measure(*clauses)
        }
        ("and", _) => Place::Measure(*clauses),
        ("top", _) => {
            clauses.top = true;
            Place::Unknown
        }
        ("per", _) if clauses.top => {
            clauses.per = true;
            Place::Dimension(*clauses)
        }
        ("plot", _) | (_, Place::SavedSet | Place::Store | Place::Measure(_)) => Place::Unknown,
        ("facts" | "neurons", Place::Start | Place::AfterExplain | Place::Set) => Place::AfterKind(*clauses),
        (_, Place::OrderKey(_)) => Place::AfterOrderKey(*clauses),
        (_, Place::Unknown) if clauses.is_none() => Place::Unknown,
        (word, Place::Start | Place::AfterExplain | Place::Set) => {
            clauses.source = clauses.source.or_else(|| SourceKind::from_word(word));
            Place::Clause(*clauses)
        }
        _ => Place::Clause(*clauses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_known_by_what_stands_before_it() {
        let kn = Clauses { source: Some(SourceKind::Kn), ..Clauses::default() };
        let by = Clauses { by: true, ..kn };
        let entries = Clauses { source: Some(SourceKind::Entries), ..by };
        let having = |clauses: Clauses| Clauses { having: true, ..clauses };
        let order = Clauses { order: true, ..by };
        for (text, expected) in [
            ("", Place::Start),
            ("kn by layer; ", Place::Start),
            ("explain ", Place::AfterExplain),
            ("explain analyze ", Place::Set),
            ("kn & ", Place::Set),
            ("let a = ", Place::Set),
            ("let ", Place::Unknown),
            ("let a ", Place::Unknown),
            ("drop ", Place::SavedSet),
            ("(", Place::Set),
            ("similarity(kn, ", Place::Set),
            ("facts of ", Place::Set),
            ("facts ", Place::AfterKind(Clauses::default())),
            ("kn ", Place::Clause(kn)),
            ("kn[lang=en] ", Place::Clause(kn)),
            ("kn - likn ", Place::Clause(kn)),
            ("(kn - likn) ", Place::Clause(Clauses::default())),
            ("entries[lang=en] & facts of likn by lang having ", Place::Measure(having(entries))),
            ("entries by lang ", Place::Clause(entries)),
            ("@a ", Place::Clause(Clauses::default())),
            ("kn[", Place::Key(Some(SourceKind::Kn))),
            ("kn & facts [lang=en, ", Place::Key(Some(SourceKind::Facts))),
            ("what[", Place::Key(None)),
            ("kn[lang ", Place::Comparison),
            ("kn[lang=", Place::Value(ConditionKey::Lang)),
            ("kn[subject~", Place::Value(ConditionKey::Subject)),
            ("kn[lang in (", Place::Value(ConditionKey::Lang)),
            ("kn[lang in (en, ", Place::Value(ConditionKey::Lang)),
            ("kn[subject=\"a [ (\", relation=", Place::Value(ConditionKey::Relation)),
            ("neurons(", Place::Unknown),
            ("kn by ", Place::Dimension(by)),
            ("kn by layer, ", Place::Dimension(by)),
            ("kn by layer ", Place::Clause(by)),
            ("kn by layer order ", Place::By),
            ("kn by layer order by ", Place::OrderKey(order)),
            ("kn by layer order by pairs, ", Place::OrderKey(order)),
            ("kn by layer having ", Place::Measure(having(by))),
            ("kn by layer having pairs > 3 and ", Place::Measure(having(by))),
            ("kn top ", Place::Unknown),
            ("kn by layer top 3 ", Place::Clause(Clauses { top: true, ..by })),
            ("kn by layer top 3 per ", Place::Dimension(Clauses { top: true, per: true, ..by })),
            ("kn top 3 per fact, ", Place::Dimension(Clauses { top: true, per: true, ..kn })),
            ("similarity(kn) between ", Place::Between),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn the_store_that_is_asked_is_the_one_named_before_the_source() {
        for (text, store) in [
            ("a::", Some("a")),
            ("kn & other::", Some("other")),
            ("a::kn[", Some("a")),
            ("a::kn[lang=en, run=", Some("a")),
            ("kn - a :: likn [lang in (", Some("a")),
            ("a::kn[lang=en] & kn[", None),
            ("a::kn ", None),
            ("::", None),
            ("日本::", Some("日本")),
        ] {
            assert_eq!(store_at(text), store, "{text}");
        }
    }

    #[test]
    fn a_set_of_an_attached_store_is_a_set() {
        let kn = Clauses { source: Some(SourceKind::Kn), ..Clauses::default() };
        for (text, expected) in [
            ("a::kn ", Place::Clause(kn)),
            ("kn & a::", Place::Set),
            ("a::kn[", Place::Key(Some(SourceKind::Kn))),
            ("facts of a::kn[lang=", Place::Value(ConditionKey::Lang)),
            ("a::kn by ", Place::Dimension(Clauses { by: true, ..kn })),
            ("detach ", Place::Store),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }

    #[test]
    fn only_clauses_that_are_missing_come() {
        let missing = |text| match place(text) {
            Place::Clause(clauses) | Place::AfterOrderKey(clauses) | Place::AfterKind(clauses) => clauses.missing(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(missing("kn "), ["by", "order", "top"]);
        assert_eq!(missing("kn by layer "), ["having", "order", "top", "plot"]);
        assert_eq!(missing("kn by layer order by pairs "), ["having", "top", "plot"]);
        assert_eq!(missing("kn by layer having pairs > 3 "), ["order", "top", "plot"]);
        assert_eq!(missing("kn by layer top 3 "), ["having", "order", "per", "plot"]);
        assert_eq!(missing("similarity(kn) "), ["between", "by", "order", "top"]);
        assert_eq!(missing("similarity(kn) between lang "), ["by", "having", "order", "top", "plot"]);
    }

    #[test]
    fn a_word_begins_after_an_operator_or_at_its_quote() {
        for (text, word) in [
            ("kn[la", "la"),
            ("kn-li", "li"),
            ("kn -li", "li"),
            ("kn[lang=zh-cl", "zh-cl"),
            ("@ca", "@ca"),
            ("kn[subject=\"Côte d'I", "\"Côte d'I"),
            ("kn[subject=\"a \\\" b", "\"a \\\" b"),
            ("kn[subject=\"日本\"] b", "b"),
            ("日本(", ""),
            ("，", ""),
        ] {
            assert_eq!(&text[word_start(text)..], word, "{text}");
        }
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in ["]", ")", "((((", "kn]]", "\"", "kn[\"", "--", "kn -- by", ",", "=", "kn[=", "kn[in (", "日[本(é"]
        {
            place(text);
            word_start(text);
        }
    }
}
