//! The conditions in a source's brackets.

use super::clauses::list;
use super::{Parser, Result, bounds};
use crate::error::{ErrorKind, QueryError};
use crate::mistakes::conditions::Place;
use crate::mistakes::nearest::nearest;
use crate::mistakes::{conditions as mistakes, percentages};
use crate::syntax::ast::{Comparison, Condition, Given, Interval, Literal, Number, OpenTest, SourceKind, Test, Text};
use crate::syntax::conditions::{ConditionKey, Domain, ValueKind};
use crate::syntax::lexer::TokenKind;
use crate::syntax::span::Span;

impl Parser<'_> {
    /// `[…]` behind a source.
    pub(super) fn conditions(&mut self, source: SourceKind) -> Result<Vec<Condition>> {
        let open = self.span();
        self.bump();
        if self.at_sign("]") {
            let error = self.unexpected("a condition within the brackets");
            return Err(error.hint(format!("all of them are `{source}`, without brackets")));
        }
        let mut conditions: Vec<Condition> = Vec::new();
        loop {
            if self.at_end() || self.at_sign(";") {
                return Err(self.unclosed(open, "a condition"));
            }
            let condition = self.condition(source, conditions.last())?;
            let key = condition.key;
            let of_key: Vec<&Condition> = conditions.iter().filter(|other| other.key == key).collect();
            if let Some(first) = of_key.first().filter(|_| !bounds::is_second(&of_key, &condition)) {
                let reason = format!("the condition `{key}` is given twice");
                let error = QueryError::syntax(condition.span, reason).label(first.span, "first here");
                return Err(error.maybe_hint(mistakes::twice(first, &condition)));
            }
            conditions.push(condition);
            bounds::check(&conditions, key)?;
            if self.eat_sign("]") {
                return Ok(conditions);
            }
            if !self.eat_sign(",") {
                let error = self.unclosed(open, "`,` or `]`");
                return Err(mistakes::after_condition(self, error, conditions.last()));
            }
        }
    }

    fn condition(&mut self, source: SourceKind, before: Option<&Condition>) -> Result<Condition> {
        let start = self.span();
        let key = self.word().and_then(|word| ConditionKey::within(source, word));
        // A language may be spelt like a key: what follows decides.
        let alone = matches!(self.ahead(1).kind, TokenKind::Sign("," | "]"));
        let Some(key) = key.filter(|_| !alone) else {
            return Err(mistakes::not_a_condition(self, source, before));
        };
        if !key.suits(source) {
            return Err(refused(source, key).at(start));
        }
        self.bump();
        let test = self.test(key)?;
        let span = start.to(self.previous_span());
        Ok(Condition { key, test, span })
    }

    /// Operator and value.
    fn test(&mut self, key: ConditionKey) -> Result<Test> {
        let operator = self.condition_operator(key)?;
        // A parameter for all of the value; in a list each value may be one.
        let value = &key.row().value;
        if let ValueKind::Whole { one, .. } = value
            && operator == "in"
            && let Some(between) = self.open_interval(one)?
        {
            let values = vec![Given::Value(Literal::Between(between))];
            return Ok(Test::Open(OpenTest { operator, list: false, values }));
        }
        let of_range = operator == "in" && matches!(value, ValueKind::Number(_));
        if !of_range && let Some(parameter) = self.parameter() {
            let values = vec![Given::Parameter(parameter)];
            return Ok(Test::Open(OpenTest { operator, list: false, values }));
        }
        if operator == "=" && value.has_every() && self.eat_sign("*") {
            return Ok(Test::Every);
        }
        match value {
            ValueKind::Names { .. } if operator == "~" => Ok(Test::Contains(self.value(key)?)),
            ValueKind::Names { .. } => self.names(key, operator),
            ValueKind::OneOf(words) => Ok(Test::Names(vec![self.one_of(key, words)?])),
            ValueKind::Whole { one, .. } => {
                let test = self.intervals(key, operator, one)?;
                let below = written_intervals(&test).find_map(|interval| below_least(key, interval));
                below.map_or(Ok(test), Err)
            }
            ValueKind::Number(domain) => self.compared(key, operator, domain),
        }
    }

    /// The operator behind a key, if the key takes it.
    fn condition_operator(&mut self, key: ConditionKey) -> Result<&'static str> {
        let operators = key.row().value.operators();
        let found = if self.at_word("in") { "in" } else { self.sign() };
        if let Some(operator) = operators.iter().find(|operator| **operator == found) {
            self.bump();
            return Ok(operator);
        }
        let expected = match operators.as_slice() {
            [one] => format!("`{one}`"),
            [rest @ .., last] => format!("{} or `{last}`", list(rest.iter().copied())),
            [] => String::new(),
        };
        let error = self.unexpected(&format!("{expected} after `{key}`"));
        Err(error.maybe_hint(mistakes::operator(self, key)))
    }

    /// One value after `=`, a list after `in`.
    fn names(&mut self, key: ConditionKey, operator: &'static str) -> Result<Test> {
        if operator == "=" {
            return Ok(Test::Names(vec![self.value(key)?]));
        }
        let open = self.span();
        if !self.eat_sign("(") {
            let error = self.unexpected(&format!("`(` after `{key} in`"));
            let value = self.token_text();
            let quoted = matches!(self.kind(), TokenKind::Text(_));
            return Err(error.hint(if let Some(list) = mistakes::bracketed(self) {
                format!("a list is `{key} in {list}`")
            } else if quoted || self.at_bare_value() {
                format!("one value is `{key}={value}`, several are `{key} in ({value}, …)`")
            } else if value == "*" {
                format!("all of them are `{key}=*`")
            } else {
                format!("a list is `{key} in (a, b)`")
            }));
        }
        let values = self.listed(open, |parser| parser.value(key).map(Literal::Text))?;
        let text = |value: &Given<Literal>| {
            if let Given::Value(Literal::Text(text)) = value { Some(text.clone()) } else { None }
        };
        let texts: Option<Vec<Text>> = values.iter().map(text).collect();
        Ok(texts.map_or_else(|| Test::Open(OpenTest { operator, list: true, values }), Test::Names))
    }

    /// Values up to the closing parenthesis; the one at `open` is behind.
    fn listed(
        &mut self,
        open: Span,
        mut value: impl FnMut(&mut Self) -> Result<Literal>,
    ) -> Result<Vec<Given<Literal>>> {
        let mut values = Vec::new();
        loop {
            let alone = !matches!(self.ahead(1).kind, TokenKind::Sign(".."));
            values.push(match if alone { self.parameter() } else { None } {
                Some(parameter) => Given::Parameter(parameter),
                None => Given::Value(value(self)?),
            });
            if self.eat_sign(")") {
                return Ok(values);
            }
            if !self.eat_sign(",") {
                return Err(self.unclosed(open, "`,` or `)`"));
            }
        }
    }

    fn value(&mut self, key: ConditionKey) -> Result<Text> {
        let span = self.span();
        let text = match self.kind() {
            TokenKind::Text(text) => text.clone(),
            _ if self.at_bare_value() => self.token_text().to_owned(),
            _ => {
                let error = self.unexpected(&format!("a value for `{key}`"));
                let value = &key.row().value;
                let takes_list = value.operators().contains(&"in");
                return Err(error.maybe_hint(match self.sign() {
                    "(" | "[" | "{" if takes_list => {
                        let list = mistakes::bracketed(self).unwrap_or_else(|| "(a, b)".into());
                        Some(format!("a list is `{key} in {list}`"))
                    }
                    "*" if matches!(value, ValueKind::Names { every: false, .. }) => {
                        Some(format!("every {key} is allowed where the condition is left out"))
                    }
                    "*" => Some(format!("all of them are `{key}=*`")),
                    _ => None,
                }));
            }
        };
        self.bump();
        Ok(Text { text, span })
    }

    /// One whole number after `=`, an interval or a list of them after `in`.
    fn intervals(&mut self, key: ConditionKey, operator: &'static str, what: &str) -> Result<Test> {
        if operator == "=" {
            if matches!(self.sign(), "(" | "[" | "{") {
                let list = mistakes::bracketed(self).unwrap_or_else(|| "(7, 9)".into());
                let error = self.unexpected(&format!("one number after `{key} =`"));
                return Err(error.hint(format!("a list is `{key} in {list}`")));
            }
            let (first, span) = self.whole(what)?;
            if self.at_sign("..") {
                let error = self.unexpected(&format!("one number after `{key} =`"));
                let last = self.ahead(1);
                let last = if last.kind == TokenKind::Number { self.text_of(last) } else { "…" };
                return Err(error.hint(format!("an interval is `{key} in {first}..{last}`")));
            }
            let last = first;
            return Ok(Test::Within(vec![Interval { first, last, span }]));
        }
        let open = self.span();
        if !self.eat_sign("(") {
            if let Some(list) = mistakes::bracketed(self) {
                let error = self.unexpected(&format!("`(` or an interval after `{key} in`"));
                return Err(error.hint(format!("a list is `{key} in {list}`")));
            }
            if self.at_sign("*") {
                let error = self.unexpected(&format!("`(` or an interval after `{key} in`"));
                return Err(error.hint(format!("all of them are `{key}=*`")));
            }
            let interval = self.interval(what)?;
            if interval.span == self.previous_span() {
                let reason = format!("`{key} in` takes an interval or a list, found one number");
                let hint = format!("write `{key}={interval}`, or `{key} in ({interval}, …)`");
                return Err(QueryError::syntax(interval.span, reason).hint(hint));
            }
            return Ok(Test::Within(vec![interval]));
        }
        let values = self.listed(open, |parser| match parser.open_interval(what)? {
            Some(between) => Ok(Literal::Between(between)),
            None => parser.interval(what).map(Literal::Within),
        })?;
        let interval = |value: &Given<Literal>| {
            if let Given::Value(Literal::Within(interval)) = value { Some(*interval) } else { None }
        };
        let intervals: Option<Vec<Interval>> = values.iter().map(interval).collect();
        Ok(intervals.map_or_else(|| Test::Open(OpenTest { operator, list: true, values }), Test::Within))
    }

    /// One of a few words, in any case.
    fn one_of(&mut self, key: ConditionKey, words: &[&'static str]) -> Result<Text> {
        let Some(word) = self.word() else {
            let meant = mistakes::word_meant(words, self.token_text());
            let hint = meant.map(|meant| format!("write `{key}={meant}`"));
            return Err(self.unexpected(&one_of(key, words)).maybe_hint(hint));
        };
        let known = check_word(key, words, word).map_err(|error| error.at(self.span()))?;
        let text = Text { text: known.to_owned(), span: self.span() };
        self.bump();
        Ok(text)
    }

    /// One number, within what the key is compared with, or a range of them.
    fn compared(&mut self, key: ConditionKey, operator: &'static str, domain: &Domain) -> Result<Test> {
        match Comparison::from_word(operator) {
            Some(op) => Ok(Test::Number(op, self.compared_number(key, op, domain)?)),
            None => self.range(key, operator, domain),
        }
    }

    fn compared_number(&mut self, key: ConditionKey, op: Comparison, domain: &Domain) -> Result<Number> {
        let (number, span) = self.number_for(key, domain)?;
        check_number(key, domain, op, number).map_err(|error| error.at(span))?;
        Ok(number)
    }

    /// A number of the kind that a key takes, whichever it is.
    pub(super) fn number_for(&mut self, key: ConditionKey, domain: &Domain) -> Result<(Number, Span)> {
        let what = format!("`{key}`");
        if domain.whole && *self.kind() != TokenKind::Percent {
            let one = mistakes::one_instead(self, key);
            let (whole, span) = self.whole::<u32>(&what).map_err(|error| error.maybe_hint(one))?;
            return Ok((Number { value: f64::from(whole), percent: false }, span));
        }
        self.number(&what)
    }
}

/// Refuses a number that a key is not compared with.
pub(in crate::syntax) fn check_number(
    key: ConditionKey,
    domain: &Domain,
    op: Comparison,
    number: Number,
) -> Result<()> {
    check_percent(key, domain, number)?;
    if domain.has(op, number) { Ok(()) } else { Err(mistakes::out_of_range(key, domain, &Place::After(op), number)) }
}

/// Refuses a percentage where a key takes none.
pub(super) fn check_percent(key: ConditionKey, domain: &Domain, number: Number) -> Result<()> {
    if number.percent && domain.percent_of.is_none() {
        return Err(percentages::of_condition(key, domain));
    }
    Ok(())
}

/// The refusal of whole numbers below the least that a key has, if they are.
pub(in crate::syntax) fn below_least(key: ConditionKey, interval: &Interval) -> Option<QueryError> {
    let ValueKind::Whole { one, least, why, example } = &key.row().value else { return None };
    if interval.first >= *least {
        return None;
    }
    let reason = format!("{why}, found {} {interval}", one.replacen("a ", "the ", 1));
    let hint = format!("write `{key}={least}`, or `{key} in {example}`");
    Some(QueryError::syntax(interval.span, reason).hint(hint))
}

/// One of a few words, as it is known.
pub(in crate::syntax) fn check_word(key: ConditionKey, words: &[&'static str], word: &str) -> Result<&'static str> {
    if let Some(known) = words.iter().copied().find(|known| known.eq_ignore_ascii_case(word)) {
        return Ok(known);
    }
    let near = mistakes::word_meant(words, word).or_else(|| nearest(word, words.iter().copied()));
    let error = QueryError::new(ErrorKind::Syntax, format!("expected {}, found `{word}`", one_of(key, words)));
    Err(error.maybe_hint(near.map(|near| format!("did you mean `{near}`?"))))
}

fn one_of(key: ConditionKey, words: &[&'static str]) -> String {
    format!("one of {} after `{key}`", list(words.iter().copied()))
}

/// The intervals that a test names itself.
fn written_intervals(test: &Test) -> impl Iterator<Item = &Interval> {
    let (written, open) = match test {
        Test::Within(intervals) => (intervals.as_slice(), [].as_slice()),
        Test::Open(open) => ([].as_slice(), open.values.as_slice()),
        _ => ([].as_slice(), [].as_slice()),
    };
    let of_open = open.iter().filter_map(|value| match value {
        Given::Value(Literal::Within(interval)) => Some(interval),
        _ => None,
    });
    written.iter().chain(of_open)
}

/// The refusal of a condition that a source does not take.
fn refused(source: SourceKind, key: ConditionKey) -> QueryError {
    let reason = match source {
        SourceKind::Facts => format!("`facts` are the same in every run, and take no `{key}`"),
        SourceKind::Entries => format!("`entries` say what was measured of facts, not of neurons, and take no `{key}`"),
        SourceKind::Likn if matches!(key, ConditionKey::Langs | ConditionKey::Runs) => {
            let error = QueryError::new(
                ErrorKind::Syntax,
                format!("`likn` holds what all languages of a run share, and takes no `{key}`"),
            );
            return error.hint(format!("write `kn[{key}>=2]`; a share is `kn[{key}>=60%]`"));
        }
        SourceKind::Dkn => format!("`dkn` holds groups without scores, and takes no `{key}`"),
        _ => format!("`{source}` holds neurons, not groups, and takes no `{key}`"),
    };
    // A condition that only groups have points to them, one on entries to those.
    let of_entries = key.suits(SourceKind::Entries);
    let of_groups = key.row().sources == [SourceKind::Dkn];
    let error = QueryError::new(ErrorKind::Syntax, reason);
    let taken = ConditionKey::ALL.iter().copied().filter(|key| key.suits(source));
    let taken = list(taken.map(ConditionKey::word));
    error.hint(match source {
        SourceKind::Facts if of_entries => {
            format!("`facts` take {taken}; facts of which that holds are `facts of entries[{key}…]`")
        }
        SourceKind::Facts => {
            let with = if of_groups { "dkn" } else { "kn" };
            format!("`facts` take {taken}; facts that have such neurons are `facts of {with}[{key}…]`")
        }
        SourceKind::Kn | SourceKind::Likn => format!("groups are those of `dkn[{key}…]`; `{source}` takes {taken}"),
        _ => format!("`{source}` takes {taken}"),
    })
}
