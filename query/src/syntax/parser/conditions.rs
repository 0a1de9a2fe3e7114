//! The conditions in a source's brackets.

use super::clauses::list;
use super::{Parser, Result};
use crate::error::{ErrorKind, QueryError};
use crate::mistakes::conditions as mistakes;
use crate::syntax::ast::{
    Bound, Choice, Condition, ConditionKey, Filter, Interval, LabelTest, Numbers, SourceKind, Text,
};
use crate::syntax::lexer::TokenKind;

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
            let key = condition.filter.key();
            if let Some(first) = conditions.iter().find(|other| other.filter.key() == key) {
                let reason = format!("the condition `{key}` is given twice");
                let error = QueryError::syntax(condition.span, reason).label(first.span, "first here");
                return Err(error.maybe_hint(mistakes::twice(first, &condition)));
            }
            conditions.push(condition);
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
        let key = self.word().and_then(ConditionKey::from_word);
        // A language may be spelt like a key: what follows decides.
        let alone = matches!(self.ahead(1).kind, TokenKind::Sign("," | "]"));
        let Some(key) = key.filter(|_| !alone) else {
            return Err(mistakes::not_a_condition(self, before));
        };
        if !accepts(source, key) {
            return Err(refused(source, key).at(start));
        }
        self.bump();
        let filter = self.filter(key)?;
        let span = start.to(self.previous_span());
        Ok(Condition { filter, span })
    }

    /// Operator and value.
    fn filter(&mut self, key: ConditionKey) -> Result<Filter> {
        let operator = self.condition_operator(key)?;
        Ok(match key {
            ConditionKey::Lang => Filter::Lang(self.choice(key, operator)?),
            ConditionKey::Relation => Filter::Relation(self.choice(key, operator)?),
            ConditionKey::Fact => Filter::Fact(self.choice(key, operator)?),
            ConditionKey::Run => Filter::Run(self.choice(key, operator)?),
            ConditionKey::Subject => Filter::Subject(self.label_test(key, operator)?),
            ConditionKey::Object => Filter::Object(self.label_test(key, operator)?),
            ConditionKey::Prompt => Filter::Prompt(self.numbers(key, operator, "a prompt")?),
            ConditionKey::Layer => Filter::Layer(self.numbers(key, operator, "a layer")?),
            ConditionKey::Tau => Filter::Tau(self.tau()?),
            ConditionKey::Score => {
                let (value, _) = self.number("`score`")?;
                let strict = operator == ">";
                Filter::Score(Bound { value, strict })
            }
            ConditionKey::Rank => Filter::Rank(self.rank(operator)?),
            ConditionKey::Share => Filter::Share(self.share(operator)?),
            ConditionKey::TLow => Filter::TLow(self.cost(key)?),
            ConditionKey::THigh => Filter::THigh(self.cost(key)?),
            ConditionKey::Size => Filter::Size(self.sizes(operator)?),
        })
    }

    /// The operator behind a key, if the key takes it.
    fn condition_operator(&mut self, key: ConditionKey) -> Result<&'static str> {
        let operators = operators(key);
        let found = if self.at_word("in") { "in" } else { self.sign() };
        if let Some(operator) = operators.iter().find(|operator| **operator == found) {
            self.bump();
            return Ok(operator);
        }
        let expected = match operators {
            [one] => format!("`{one}`"),
            [rest @ .., last] => format!("{} or `{last}`", list(rest.iter().copied())),
            [] => String::new(),
        };
        let error = self.unexpected(&format!("{expected} after `{key}`"));
        Err(error.maybe_hint(mistakes::operator(self, key)))
    }

    fn choice(&mut self, key: ConditionKey, operator: &str) -> Result<Choice> {
        if operator == "=" && self.eat_sign("*") {
            return Ok(Choice::Every);
        }
        Ok(Choice::Of(self.texts(key, operator)?))
    }

    fn label_test(&mut self, key: ConditionKey, operator: &str) -> Result<LabelTest> {
        if operator == "~" {
            return Ok(LabelTest::Contains(self.value(key)?));
        }
        Ok(LabelTest::Is(self.texts(key, operator)?))
    }

    /// One value after `=`, a list after `in`.
    fn texts(&mut self, key: ConditionKey, operator: &str) -> Result<Vec<Text>> {
        if operator == "=" {
            return Ok(vec![self.value(key)?]);
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
        let mut texts = vec![self.value(key)?];
        while self.eat_sign(",") {
            texts.push(self.value(key)?);
        }
        if !self.eat_sign(")") {
            return Err(self.unclosed(open, "`,` or `)`"));
        }
        Ok(texts)
    }

    fn value(&mut self, key: ConditionKey) -> Result<Text> {
        let span = self.span();
        let text = match self.kind() {
            TokenKind::Text(text) => text.clone(),
            _ if self.at_bare_value() => self.token_text().to_owned(),
            _ => {
                let error = self.unexpected(&format!("a value for `{key}`"));
                let takes_list = operators(key).contains(&"in");
                return Err(error.maybe_hint(match self.sign() {
                    "(" | "[" | "{" if takes_list => {
                        let list = mistakes::bracketed(self).unwrap_or_else(|| "(a, b)".into());
                        Some(format!("a list is `{key} in {list}`"))
                    }
                    "*" if matches!(key, ConditionKey::Subject | ConditionKey::Object) => {
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

    fn numbers(&mut self, key: ConditionKey, operator: &str, what: &str) -> Result<Numbers> {
        if operator == "=" {
            if self.eat_sign("*") {
                return Ok(Numbers::Every);
            }
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
            return Ok(Numbers::Of(vec![Interval { first, last, span }]));
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
            return Ok(Numbers::Of(vec![interval]));
        }
        let mut intervals = vec![self.interval(what)?];
        while self.eat_sign(",") {
            intervals.push(self.interval(what)?);
        }
        if !self.eat_sign(")") {
            return Err(self.unclosed(open, "`,` or `)`"));
        }
        Ok(Numbers::Of(intervals))
    }

    fn tau(&mut self) -> Result<f64> {
        let (tau, span) = self.number("`tau`")?;
        if (0.0..1.0).contains(&tau) {
            return Ok(tau);
        }
        let reason = "`tau` is a share of the fact's maximum: at least 0 and less than 1";
        let error = QueryError::syntax(span, reason);
        Err(if tau == 1.0 {
            error.hint("the highest score alone is `rank<=1`")
        } else if tau > 1.0 && tau < 100.0 {
            let share = tau / 100.0;
            error.hint(format!("{tau} percent are `tau={share}`; an absolute threshold is `score>={tau}`"))
        } else {
            error
        })
    }

    /// A threshold of degenerate groups: a share of p.
    fn cost(&mut self, key: ConditionKey) -> Result<f64> {
        let (cost, span) = self.number(&format!("`{key}`"))?;
        let low = key == ConditionKey::TLow;
        if (0.0..1.0).contains(&cost) || low && cost == 1.0 {
            return Ok(cost);
        }
        let reason = if low {
            "`t_low` is the share of p that a part of the group may cost: at least 0 and at most 1"
        } else {
            "`t_high` is the share of p that the whole group must cost: at least 0 and less than 1"
        };
        let error = QueryError::syntax(span, reason);
        let percent = cost > 1.0 && cost < 100.0;
        Err(error.maybe_hint(percent.then(|| format!("{cost} percent are `{key}={}`", cost / 100.0))))
    }

    fn sizes(&mut self, operator: &str) -> Result<Numbers> {
        let sizes = self.numbers(ConditionKey::Size, operator, "a size")?;
        let Numbers::Of(intervals) = &sizes else { return Ok(sizes) };
        match intervals.iter().find(|interval| interval.first < 2) {
            None => Ok(sizes),
            Some(interval) => {
                let reason = format!("a group has two neurons or more, found the size {interval}");
                Err(QueryError::syntax(interval.span, reason).hint("write `size=2`, or `size in 2..3`"))
            }
        }
    }

    fn rank(&mut self, operator: &str) -> Result<u32> {
        let (rank, span) = self.whole::<u32>("`rank`")?;
        let last = if operator == "<" { rank.saturating_sub(1) } else { rank };
        if last == 0 {
            let reason = format!("`rank{operator}{rank}` keeps nothing, as ranks start at 1");
            return Err(QueryError::syntax(span, reason));
        }
        Ok(last)
    }

    fn share(&mut self, operator: &str) -> Result<Bound> {
        let (value, span) = self.number("`share`")?;
        let strict = operator == ">";
        let fits = if strict { (0.0..1.0).contains(&value) } else { value > 0.0 && value <= 1.0 };
        if fits {
            return Ok(Bound { value, strict });
        }
        let reason = if strict {
            "`share>` takes a share of the fact's prompts: at least 0 and less than 1"
        } else {
            "`share>=` takes a share of the fact's prompts: more than 0 and at most 1"
        };
        Err(QueryError::syntax(span, reason).hint("in all prompts is `share>=1`"))
    }
}

/// The operators that a key takes.
pub(crate) fn operators(key: ConditionKey) -> &'static [&'static str] {
    match key {
        ConditionKey::Lang
        | ConditionKey::Relation
        | ConditionKey::Fact
        | ConditionKey::Run
        | ConditionKey::Prompt
        | ConditionKey::Layer
        | ConditionKey::Size => &["=", "in"],
        ConditionKey::Subject | ConditionKey::Object => &["=", "~", "in"],
        ConditionKey::Tau | ConditionKey::TLow | ConditionKey::THigh => &["="],
        ConditionKey::Score | ConditionKey::Share => &[">=", ">"],
        ConditionKey::Rank => &["<=", "<"],
    }
}

/// Whether a source takes a condition.
pub(crate) fn accepts(source: SourceKind, key: ConditionKey) -> bool {
    use ConditionKey::{Fact, Object, Rank, Relation, Score, Share, Subject, Tau};
    match source {
        SourceKind::Kn | SourceKind::Likn => !of_groups(key),
        SourceKind::Dkn => !matches!(key, Tau | Score | Rank | Share),
        SourceKind::Facts => matches!(key, Relation | Fact | Subject | Object),
    }
}

/// Whether a condition is on degenerate groups.
fn of_groups(key: ConditionKey) -> bool {
    matches!(key, ConditionKey::TLow | ConditionKey::THigh | ConditionKey::Size)
}

fn refused(source: SourceKind, key: ConditionKey) -> QueryError {
    let reason = match source {
        SourceKind::Facts => format!("`facts` are the same in every run, and take no `{key}`"),
        SourceKind::Dkn => format!("`dkn` holds groups without scores, and takes no `{key}`"),
        _ => format!("`{source}` holds neurons, not groups, and takes no `{key}`"),
    };
    let error = QueryError::new(ErrorKind::Syntax, reason);
    let taken = ConditionKey::ALL.iter().copied().filter(|key| accepts(source, *key));
    let taken = list(taken.map(ConditionKey::word));
    error.hint(match source {
        SourceKind::Facts => {
            let with = if of_groups(key) { "dkn" } else { "kn" };
            format!("`facts` take {taken}; facts that have such neurons are `facts of {with}[{key}…]`")
        }
        SourceKind::Kn | SourceKind::Likn => format!("groups are those of `dkn[{key}…]`; `{source}` takes {taken}"),
        _ => format!("`{source}` takes {taken}"),
    })
}
