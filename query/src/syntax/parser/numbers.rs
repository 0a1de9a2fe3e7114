//! Numbers and intervals, with their bounds checked.

use super::{Parser, Result};
use crate::error::QueryError;
use crate::syntax::ast::{Given, Interval, Number, OpenInterval};
use crate::syntax::lexer::TokenKind;
use crate::syntax::span::Span;

impl Parser<'_> {
    /// A finite number, perhaps negative, perhaps a percentage; `what` names it in messages.
    pub(super) fn number(&mut self, what: &str) -> Result<(Number, Span)> {
        let start = self.span();
        let negative = self.eat_sign("-");
        if !matches!(self.kind(), TokenKind::Number | TokenKind::Percent) {
            return Err(self.not_a_number(&format!("a number for {what}")));
        }
        let percent = *self.kind() == TokenKind::Percent;
        let digits = self.token_text().trim_end_matches('%');
        let span = start.to(self.span());
        let value = digits.parse::<f64>().unwrap_or(f64::NAN);
        if !value.is_finite() {
            return Err(QueryError::syntax(span, format!("`{digits}` is too large for a number")));
        }
        let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
        // Rounding to zero would be another threshold than the one asked for.
        if value == 0.0 && mantissa.contains(|c: char| ('1'..='9').contains(&c)) {
            return Err(QueryError::syntax(span, format!("`{digits}` is too small for a number")));
        }
        self.bump();
        Ok((Number { value: if negative { -value } else { value }, percent }, span))
    }

    /// A whole number that is not negative; `what` names it in messages.
    pub(super) fn whole<T: std::str::FromStr>(&mut self, what: &str) -> Result<(T, Span)> {
        let span = self.span();
        let digits = self.token_text();
        if self.at_sign("-") && self.ahead(1).kind == TokenKind::Number {
            let span = span.to(self.ahead(1).span);
            let found = self.text_of(self.ahead(1));
            return Err(QueryError::syntax(span, format!("{what} cannot be negative, found -{found}")));
        }
        if *self.kind() != TokenKind::Number {
            return Err(self.not_a_number(&format!("a whole number for {what}")));
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected(&format!("a whole number for {what}")));
        }
        let Ok(value) = digits.parse() else {
            let reason = format!("`{digits}` is too large for {what}");
            return Err(QueryError::syntax(span, reason));
        };
        self.bump();
        Ok((value, span))
    }

    /// `n` or `first..last`.
    pub(super) fn interval(&mut self, what: &str) -> Result<Interval> {
        let (first, start) = self.whole::<u32>(what)?;
        if !self.eat_sign("..") {
            return Ok(Interval { first, last: first, span: start });
        }
        let (last, end) = self.whole::<u32>(what)?;
        let span = start.to(end);
        if first > last {
            let reason = format!("the interval `{first}..{last}` is the wrong way round");
            return Err(QueryError::syntax(span, reason).hint(format!("write `{last}..{first}`")));
        }
        Ok(Interval { first, last, span })
    }

    /// `n`, `$n` or an interval of such.
    pub(super) fn numbers(&mut self, what: &str) -> Result<OpenInterval> {
        if let Some(open) = self.open_interval(what)? {
            return Ok(open);
        }
        match self.parameter() {
            Some(one) => {
                Ok(OpenInterval { span: one.span, first: Given::Parameter(one.clone()), last: Given::Parameter(one) })
            }
            None => self.interval(what).map(OpenInterval::from),
        }
    }

    /// `$first..$last`, `7..$last`, `$first..11`: an interval with a parameter, if one stands here.
    pub(super) fn open_interval(&mut self, what: &str) -> Result<Option<OpenInterval>> {
        let is_parameter = |kind: &TokenKind| *kind == TokenKind::Parameter;
        let is_interval = matches!(self.ahead(1).kind, TokenKind::Sign(".."));
        if !is_interval || !(is_parameter(self.kind()) || is_parameter(&self.ahead(2).kind)) {
            return Ok(None);
        }
        let start = self.span();
        let first = self.end_of_interval(what)?;
        self.bump();
        let last = self.end_of_interval(what)?;
        Ok(Some(OpenInterval { first, last, span: start.to(self.previous_span()) }))
    }

    fn end_of_interval(&mut self, what: &str) -> Result<Given<u32>> {
        match self.parameter() {
            Some(parameter) => Ok(Given::Parameter(parameter)),
            None => Ok(Given::Value(self.whole(what)?.0)),
        }
    }

    fn not_a_number(&self, expected: &str) -> QueryError {
        let error = self.unexpected(expected);
        match self.kind() {
            TokenKind::Text(text) if text.parse::<f64>().is_ok() => {
                error.hint(format!("numbers stand without quotes: `{text}`"))
            }
            TokenKind::Parameter => {
                error.hint("a parameter stands for a value of a condition, of `having` or of `top`, or for a number in `neurons(…)`")
            }
            TokenKind::Word => error.maybe_hint(dashed_interval(self.token_text())),
            _ => error,
        }
    }
}

/// `7-11`, as intervals are written elsewhere.
fn dashed_interval(word: &str) -> Option<String> {
    let (first, last) = word.split_once('-')?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (digits(first) && digits(last)).then(|| format!("an interval is written `{first}..{last}`"))
}
