//! Parameters and their values: `kn[lang=$l]` with a value for `l` becomes the statement with the value in its place.
//!
//! A value is data: what stands in a text is never read as syntax, whatever it holds. It passes the checks that the parser
//! makes of what is written, and errors point at the `$name`.

use super::parser::bounds;
use super::parser::conditions::{below_least, check_number, check_word};
use crate::error::{ErrorKind, LONGEST_QUOTE, QueryError, quoted};
use crate::mistakes::nearest::nearest;
use crate::mistakes::{percentages, ranges};
use crate::syntax::ast::{
    Comparison, Condition, Expr, ExprKind, Given, Having, Head, Interval, Literal, NeuronRange, Number, OpenInterval,
    OpenNumbers, OpenRange, OpenTest, Parameter, Query, Statement, Test, Text, Top, Units,
};
use crate::syntax::conditions::{ConditionKey, Domain, ValueKind};
use crate::syntax::lexer::is_number;
use crate::syntax::parser::clauses::list;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

type Result<T> = std::result::Result<T, QueryError>;

/// What a parameter stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A name, or a part of one: always text, whatever it looks like; where a number is wanted, `10%` is a percentage.
    Text(String),
    /// A number.
    Number(f64),
    /// A percentage: 60 is `60%`.
    Percent(f64),
    /// As a person typed it, in a command line: a number where one is wanted, else a text.
    Typed(String),
    /// Several of the others, for `in`.
    List(Vec<Argument>),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(f64::from(number))
    }
}

impl<T: Into<Argument>> From<Vec<T>> for Argument {
    fn from(values: Vec<T>) -> Self {
        Self::List(values.into_iter().map(Into::into).collect())
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Typed(text) => write!(f, "{:?}", quoted(text.clone(), LONGEST_QUOTE)),
            Self::Number(number) => write!(f, "{number}"),
            Self::Percent(number) => write!(f, "{number}%"),
            Self::List(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                f.write_str(&quoted(format!("({})", values.join(", ")), LONGEST_QUOTE))
            }
        }
    }
}

/// Values by the name of their parameter, without its `$`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters(BTreeMap<String, Argument>);

impl Parameters {
    /// Gives a parameter its value, in place of the one it had.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Argument>) {
        self.0.insert(name.into(), value.into());
    }

    /// The same, to chain.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Argument>) -> Self {
        self.set(name, value);
        self
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&Argument> {
        self.0.get(name)
    }

    /// Takes a value away again; whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Argument)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Refuses a value that none of the names uses: it was meant for a parameter that is written otherwise.
    ///
    /// # Errors
    /// When a value is for nothing, with the nearest name that is used.
    pub fn check_used<'a>(&self, used: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let used: Vec<&str> = used.into_iter().collect();
        let Some(name) = self.0.keys().find(|name| !used.contains(&name.as_str())) else { return Ok(()) };
        let error = QueryError::new(ErrorKind::Name, format!("no statement uses the parameter `${name}`"));
        Err(match (nearest(name, used.iter().copied()), used.is_empty()) {
            (Some(near), _) => error.hint(format!("did you mean `${near}`?")),
            (None, true) => error.hint("a parameter stands where a value may stand, as in `kn[lang=$l]`"),
            (None, false) => error.hint(format!("the parameters are {}", dollars(used.into_iter()))),
        })
    }

    fn value(&self, parameter: &Parameter) -> Result<&Argument> {
        if let Some(value) = self.0.get(&parameter.name) {
            return Ok(value);
        }
        let error = QueryError::syntax(parameter.span, format!("the parameter {parameter} has no value"));
        let names = || self.0.keys().map(String::as_str);
        let Some(near) = nearest(&parameter.name, names()) else {
            let name = &parameter.name;
            let given =
                if self.0.is_empty() { String::new() } else { format!("values are given for {}; ", dollars(names())) };
            return Err(error.hint(format!(
                "{given}it is given beside the statement: `-p {name}=…` of a command, `.parameter set {name} …` in the shell, `{name}=…` in Python"
            )));
        };
        Err(error.hint(format!("a value is given for `${near}`: is that the one?")))
    }
}

fn dollars<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("${name}")).collect();
    names.dedup();
    list(names.iter().map(String::as_str))
}

impl Statement {
    /// The statement with its parameters' values in their places.
    ///
    /// # Errors
    /// When a parameter has no value, or one that could not be written in its place; the error points at the parameter.
    /// Values that the statement does not use are no error here ([`Parameters::check_used`]).
    pub fn bind(&self, values: &Parameters) -> Result<Self> {
        let mut bound = self.clone();
        match &mut bound {
            Self::Let { set, .. } => in_set(set, values)?,
            Self::Drop { .. } | Self::Attach { .. } | Self::Detach { .. } => {}
            Self::Query(query) | Self::Explain { query, .. } => in_query(query, values)?,
        }
        Ok(bound)
    }
}

fn in_query(query: &mut Query, values: &Parameters) -> Result<()> {
    match &mut query.head {
        Head::Set(set) | Head::Between { set, .. } => in_set(set, values)?,
        Head::Similarity { left, right, .. } => {
            in_set(left, values)?;
            in_set(right, values)?;
        }
    }
    query.having.iter_mut().try_for_each(|having| in_having(having, values))?;
    query.top.as_mut().map_or(Ok(()), |top| in_top(top, values))
}

fn in_set(set: &mut Expr, values: &Parameters) -> Result<()> {
    match &mut set.kind {
        ExprKind::Source(source) => {
            for condition in &mut source.conditions {
                in_condition(condition, values)?;
            }
            source.conditions.iter().try_for_each(|condition| bounds::check(&source.conditions, condition.key))
        }
        ExprKind::Binary { left, right, .. } => in_set(left, values).and_then(|()| in_set(right, values)),
        ExprKind::NeuronsOf(of) | ExprKind::FactsOf(of) | ExprKind::Attached { of, .. } => in_set(of, values),
        ExprKind::Rows(query) => in_query(query, values),
        ExprKind::OpenNeurons(ranges) => {
            let closed = ranges.iter().map(|range| in_range(range, values)).collect::<Result<_>>()?;
            set.kind = ExprKind::Neurons(closed);
            Ok(())
        }
        ExprKind::Neurons(_) | ExprKind::Saved(_) => Ok(()),
    }
}

fn in_range(range: &OpenRange, values: &Parameters) -> Result<NeuronRange> {
    let units = match &range.units {
        None => Units::Every,
        Some(units) => Units::Within(between(units, values, "a unit")?),
    };
    Ok(NeuronRange { layers: between(&range.layers, values, "a layer")?, units, span: range.span })
}

fn in_having(having: &mut Having, values: &Parameters) -> Result<()> {
    let Given::Parameter(parameter) = &having.value else { return Ok(()) };
    let value = values.value(parameter)?;
    let number = number_of(parameter, value, &format!("`{}`", having.key))?;
    if number.percent {
        percentages::check_column(having.key, number, parameter.span).map_err(|error| told(error, parameter, value))?;
    }
    let satisfied = ranges::check(having.key, having.op, number, parameter.span);
    satisfied.map_err(|error| told(error, parameter, value))?;
    having.value = Given::Value(number);
    Ok(())
}

fn in_top(top: &mut Top, values: &Parameters) -> Result<()> {
    let Given::Parameter(parameter) = &top.count else { return Ok(()) };
    let value = values.value(parameter)?;
    let number = number_of(parameter, value, "`top`")?;
    if number.percent {
        return Err(told(percentages::of_rows(parameter.span), parameter, value));
    }
    // Beyond 2⁵³ a number is no longer the one that was meant.
    let count = whole_of(parameter, value, number, "`top`", 1_u64 << 53)?;
    if count == 0 {
        let reason = "`top 0` asks for no rows; at least 1 is expected";
        return Err(told(QueryError::syntax(parameter.span, reason), parameter, value));
    }
    top.count = Given::Value(count);
    Ok(())
}

fn in_condition(condition: &mut Condition, values: &Parameters) -> Result<()> {
    let Test::Open(open) = &condition.test else { return Ok(()) };
    condition.test = closed(condition.key, open, values)?;
    Ok(())
}

/// An open test with its values.
fn closed(key: ConditionKey, open: &OpenTest, values: &Parameters) -> Result<Test> {
    let kind = &key.row().value;
    if let ValueKind::Number(domain) = kind {
        if let [Given::Value(Literal::Range(range))] = open.values.as_slice() {
            return between_numbers(key, domain, range, values);
        }
        let Some((parameter, value)) = single(key, open, values)? else { return Ok(Test::Open(open.clone())) };
        let op = Comparison::from_word(open.operator).unwrap_or(Comparison::Equal);
        return Ok(Test::Number(op, compared(key, domain, op, (parameter, value))?));
    }
    if open.operator == "~" {
        let Some((parameter, value)) = single(key, open, values)? else { return Ok(Test::Open(open.clone())) };
        return Ok(Test::Contains(text_of(parameter, value, key)?));
    }
    if open.operator == "=" {
        single(key, open, values)?;
    }
    if let ValueKind::Whole { one, .. } = kind {
        let intervals = each(
            open,
            values,
            |literal| match literal {
                Literal::Within(interval) => Ok(Some(*interval)),
                Literal::Between(open) => between(open, values, one).map(Some),
                Literal::Text(_) | Literal::Range(_) => Ok(None),
            },
            |parameter, value| {
                let whole = whole_number(parameter, value, one)?;
                Ok(Interval { first: whole, last: whole, span: parameter.span })
            },
        )?;
        return match intervals.iter().find_map(|interval| below_least(key, interval)) {
            Some(error) => Err(error),
            None => Ok(Test::Within(intervals)),
        };
    }
    let mut texts = each(
        open,
        values,
        |literal| match literal {
            Literal::Text(text) => Ok(Some(text.clone())),
            Literal::Within(_) | Literal::Between(_) | Literal::Range(_) => Ok(None),
        },
        |parameter, value| text_of(parameter, value, key),
    )?;
    if let ValueKind::OneOf(words) = kind {
        for text in &mut texts {
            text.text = check_word(key, words, &text.text).map_err(|error| error.at(text.span))?.to_owned();
        }
    }
    Ok(Test::Names(texts))
}

/// A number that a key is compared with.
fn compared(
    key: ConditionKey,
    domain: &Domain,
    op: Comparison,
    (parameter, value): (&Parameter, &Argument),
) -> Result<Number> {
    let number = number_for(key, domain, (parameter, value))?;
    check_number(key, domain, op, number).map_err(|error| told(error.at(parameter.span), parameter, value))?;
    Ok(number)
}

/// A number of the kind that a key takes, whichever it is.
fn number_for(key: ConditionKey, domain: &Domain, (parameter, value): (&Parameter, &Argument)) -> Result<Number> {
    let number = number_of(parameter, value, &format!("`{key}`"))?;
    if domain.whole && !number.percent {
        whole_of(parameter, value, number, &format!("`{key}`"), u64::from(u32::MAX))?;
    }
    Ok(number)
}

/// A range with the values of its ends.
fn between_numbers(key: ConditionKey, domain: &Domain, range: &OpenNumbers, values: &Parameters) -> Result<Test> {
    let end = |given: &Given<Number>| match given {
        Given::Value(number) => Ok(*number),
        Given::Parameter(parameter) => number_for(key, domain, (parameter, values.value(parameter)?)),
    };
    let (first, last) = (end(&range.first)?, end(&range.last)?);
    if let Some((at, error)) = bounds::wrong_end(key, domain, range, [Some(first), Some(last)]) {
        // What is written was checked where it was read.
        let Given::Parameter(parameter) = [&range.first, &range.last][at] else { return Err(error.at(range.span)) };
        return Err(told(error.at(parameter.span), parameter, values.value(parameter)?));
    }
    bounds::check_range(first, last, range.span)?;
    Ok(Test::Between(first, last))
}

/// A whole number for `one`, such as a layer.
fn whole_number(parameter: &Parameter, value: &Argument, one: &str) -> Result<u32> {
    let number = number_of(parameter, value, one)?;
    if number.percent {
        let reason = format!("{one} takes no percentage", one = one.replacen("a ", "the ", 1));
        return Err(told(QueryError::syntax(parameter.span, reason), parameter, value));
    }
    Ok(whole_of(parameter, value, number, one, u64::from(u32::MAX))? as u32)
}

/// An interval with the values of its ends.
fn between(open: &OpenInterval, values: &Parameters, one: &str) -> Result<Interval> {
    let end = |given: &Given<u32>| match given {
        Given::Value(end) => Ok(*end),
        Given::Parameter(parameter) => {
            let value = values.value(parameter)?;
            if let Argument::List(_) = value {
                return Err(unfit(parameter, value, &format!("a whole number for {one}")));
            }
            whole_number(parameter, value, one)
        }
    };
    let (first, last, span) = (end(&open.first)?, end(&open.last)?, open.span);
    if first > last {
        let reason = format!("the interval `{}..{}` is the wrong way round: {first}..{last}", open.first, open.last);
        return Err(QueryError::syntax(span, reason).hint(format!("write `{}..{}`", open.last, open.first)));
    }
    Ok(Interval { first, last, span })
}

/// The one value of a test that takes one; `None` where it is no parameter.
fn single<'a>(
    key: ConditionKey,
    open: &'a OpenTest,
    values: &'a Parameters,
) -> Result<Option<(&'a Parameter, &'a Argument)>> {
    let [Given::Parameter(parameter)] = open.values.as_slice() else { return Ok(None) };
    let value = values.value(parameter)?;
    if let Argument::List(_) = value {
        let reason = format!("`{key}{}` takes one value, found a list", open.operator);
        let lists = key.row().value.operators().contains(&"in");
        let hint = lists.then(|| format!("a list stands behind `in`: `{key} in {parameter}`"));
        return Err(told(QueryError::syntax(parameter.span, reason), parameter, value).maybe_hint(hint));
    }
    Ok(Some((parameter, value)))
}

/// The values of a list; a list within it adds its own.
fn each<T>(
    open: &OpenTest,
    values: &Parameters,
    written: impl Fn(&Literal) -> Result<Option<T>>,
    bound: impl Fn(&Parameter, &Argument) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for value in &open.values {
        match value {
            Given::Value(literal) => all.extend(written(literal)?),
            Given::Parameter(parameter) => match values.value(parameter)? {
                Argument::List(items) if items.is_empty() => {
                    let reason = format!("{parameter} is a list without values");
                    return Err(QueryError::syntax(parameter.span, reason));
                }
                Argument::List(items) => {
                    for item in items {
                        all.push(bound(parameter, item)?);
                    }
                }
                one => all.push(bound(parameter, one)?),
            },
        }
    }
    Ok(all)
}

/// A name. A number is one, too, as it is where names are written.
fn text_of(parameter: &Parameter, value: &Argument, key: ConditionKey) -> Result<Text> {
    let text = match value {
        Argument::Typed(text) if text == "*" && key.row().value.has_every() => {
            let error = QueryError::syntax(parameter.span, format!("`*` is no value, and {parameter} is {value}"));
            return Err(
                error.hint(format!("all of them are meant where the condition is left out; `{key}=*` is written"))
            );
        }
        Argument::Text(text) | Argument::Typed(text) => text.clone(),
        Argument::Number(number) if number.is_finite() => number.to_string(),
        _ => return Err(unfit(parameter, value, &format!("a value for `{key}`"))),
    };
    Ok(Text { text, span: parameter.span })
}

/// A number for `what`.
fn number_of(parameter: &Parameter, value: &Argument, what: &str) -> Result<Number> {
    let number = match value {
        Argument::Number(value) => Some(Number { value: *value, percent: false }),
        Argument::Percent(value) => Some(Number { value: *value, percent: true }),
        Argument::Typed(text) => typed_number(text),
        // A library has no other way to hand a percentage over in a text; a number in a text is a mistake.
        Argument::Text(text) if text.ends_with('%') => typed_number(text),
        Argument::Text(_) | Argument::List(_) => None,
    };
    let number = number.filter(|number| number.value.is_finite());
    number.ok_or_else(|| unfit(parameter, value, &format!("a number for {what}")))
}

/// A number as the language writes it: `10`, `-1e-4`, `60%`; none that would be rounded to nothing or to infinity.
fn typed_number(text: &str) -> Option<Number> {
    let (digits, percent) = text.strip_suffix('%').map_or((text, false), |digits| (digits, true));
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let value: f64 = digits.parse().ok().filter(|_| is_number(unsigned))?;
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    let vanished = value == 0.0 && mantissa.contains(|c: char| ('1'..='9').contains(&c));
    (value.is_finite() && !vanished).then_some(Number { value, percent })
}

/// The same as a whole number of at most `most`.
fn whole_of(parameter: &Parameter, value: &Argument, number: Number, what: &str, most: u64) -> Result<u64> {
    // What is written for a whole number is digits alone, and no `1e1`.
    let typed = if let Argument::Typed(text) = value { Some(text.strip_prefix('-').unwrap_or(text)) } else { None };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if number.value.fract() != 0.0 || !typed.is_none_or(digits) {
        return Err(unfit(parameter, value, &format!("a whole number for {what}")));
    }
    let problem = match number.value {
        below if below.is_sign_negative() && (below != 0.0 || typed.is_some()) => {
            format!("{what} cannot be negative, found {}", number.value)
        }
        beyond if beyond > most as f64 => format!("`{}` is too large for {what}", number.value),
        // Beyond 2⁵³ the number would be another one than its digits.
        whole => return Ok(typed.and_then(|digits| digits.parse().ok()).unwrap_or(whole as u64)),
    };
    Err(told(QueryError::syntax(parameter.span, problem), parameter, value))
}

fn unfit(parameter: &Parameter, value: &Argument, expected: &str) -> QueryError {
    let kind = match value {
        Argument::Text(_) => "the text ",
        Argument::List(_) => "the list ",
        _ => "",
    };
    QueryError::syntax(parameter.span, format!("expected {expected}, and {parameter} is {kind}{value}"))
}

/// What the parser says of a value, with the value, which stands elsewhere.
fn told(mut error: QueryError, parameter: &Parameter, value: &Argument) -> QueryError {
    error.reason = format!("{}; {parameter} is {value}", error.reason);
    error
}
