//! `Display` of the syntax tree: canonical text that parses back to the same tree.
//!
//! Parentheses stand only where precedence needs them, text is quoted only where it must be.
//! Useful for explanations and logs; to show what a person wrote, slice their text by the span.

use std::fmt::{self, Display, Formatter};

use crate::syntax::ast::{
    Condition, Expr, ExprKind, Given, Having, Head, Interval, Key, Literal, Name, NeuronRange, Number, OpenInterval,
    OpenRange, OpenTest, OrderKey, Parameter, Query, SetOp, Source, Statement, Test, Text, Top, Units,
};
use crate::syntax::lexer::is_bare;

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Let { name, set, .. } => write!(f, "let {name} = {set}"),
            Self::Drop { name, .. } => write!(f, "drop {name}"),
            Self::Attach { path, name, .. } => write!(f, "attach {path} as {name}"),
            Self::Detach { name, .. } => write!(f, "detach {name}"),
            Self::Query(query) => write!(f, "{query}"),
            Self::Explain { analyze, query, .. } => {
                let analyze = if *analyze { " analyze" } else { "" };
                write!(f, "explain{analyze} {query}")
            }
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.head)?;
        if !self.by.is_empty() {
            f.write_str(" by ")?;
            list(f, self.by.iter().map(|dim| dim.dimension), ", ")?;
        }
        f.write_str(if self.chance.is_some() { " against chance" } else { "" })?;
        if !self.having.is_empty() {
            f.write_str(" having ")?;
            list(f, &self.having, " and ")?;
        }
        if !self.order.is_empty() {
            f.write_str(" order by ")?;
            list(f, &self.order, ", ")?;
        }
        if let Some(top) = &self.top {
            write!(f, " {top}")?;
        }
        f.write_str(if self.plot { " plot" } else { "" })
    }
}

impl Display for Head {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(set) => write!(f, "{set}"),
            Self::Similarity { left, right, .. } => write!(f, "similarity({left}, {right})"),
            Self::Between { set, dim, .. } => write!(f, "similarity({set}) between {}", dim.dimension),
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Binary { op, left, right, .. } => {
                operand(f, left, strength(*op))?;
                write!(f, " {op} ")?;
                operand(f, right, strength(*op) + 1)
            }
            ExprKind::NeuronsOf(inner) => {
                f.write_str("neurons of ")?;
                operand(f, inner, ATOM)
            }
            ExprKind::FactsOf(inner) => {
                f.write_str("facts of ")?;
                operand(f, inner, ATOM)
            }
            ExprKind::Source(source) => write!(f, "{source}"),
            ExprKind::Neurons(ranges) => {
                f.write_str("neurons(")?;
                list(f, ranges, ", ")?;
                f.write_str(")")
            }
            ExprKind::OpenNeurons(ranges) => {
                f.write_str("neurons(")?;
                list(f, ranges, ", ")?;
                f.write_str(")")
            }
            ExprKind::Saved(name) => write!(f, "@{name}"),
            ExprKind::Attached { store, of } => {
                write!(f, "{store}::")?;
                match &of.kind {
                    ExprKind::Source(_) | ExprKind::Saved(_) | ExprKind::Rows(_) => write!(f, "{of}"),
                    _ => write!(f, "({of})"),
                }
            }
            ExprKind::Rows(query) => write!(f, "({query})"),
        }
    }
}

/// How strongly what is not an operation holds together: stronger than any operator.
const ATOM: u8 = 3;

/// How strongly an operator binds.
fn strength(op: SetOp) -> u8 {
    match op {
        SetOp::Union | SetOp::SymmetricDifference => 1,
        SetOp::Intersection | SetOp::Difference => 2,
    }
}

/// Prints an operand, in parentheses if it binds less than its place needs.
fn operand(f: &mut Formatter<'_>, expr: &Expr, needed: u8) -> fmt::Result {
    match &expr.kind {
        ExprKind::Binary { op, .. } if strength(*op) < needed => write!(f, "({expr})"),
        _ => write!(f, "{expr}"),
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if self.conditions.is_empty() {
            return Ok(());
        }
        f.write_str("[")?;
        list(f, &self.conditions, ", ")?;
        f.write_str("]")
    }
}

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.key, self.test)
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every => f.write_str("=*"),
            Self::Names(texts) => texts_after_key(f, texts),
            Self::Contains(text) => write!(f, "~{text}"),
            Self::Within(intervals) => intervals_after_key(f, intervals),
            Self::Number(op, number) => write!(f, "{op}{number}"),
            Self::Between(first, last) => write!(f, " in {first}..{last}"),
            Self::Open(open) => write!(f, "{open}"),
        }
    }
}

impl Display for OpenTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.operator == "in" {
            f.write_str(" in ")?
        } else {
            f.write_str(self.operator)?
        }
        f.write_str(if self.list { "(" } else { "" })?;
        list(f, &self.values, ", ")?;
        f.write_str(if self.list { ")" } else { "" })
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text}"),
            Self::Within(interval) => write!(f, "{interval}"),
            Self::Between(interval) => write!(f, "{}..{}", interval.first, interval.last),
            Self::Range(range) => write!(f, "{}..{}", range.first, range.last),
        }
    }
}

impl Display for Parameter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.name)
    }
}

impl<T: Display> Display for Given<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => write!(f, "{value}"),
            Self::Parameter(parameter) => write!(f, "{parameter}"),
        }
    }
}

fn texts_after_key(f: &mut Formatter<'_>, texts: &[Text]) -> fmt::Result {
    if let [text] = texts {
        return write!(f, "={text}");
    }
    f.write_str(" in (")?;
    list(f, texts, ", ")?;
    f.write_str(")")
}

fn intervals_after_key(f: &mut Formatter<'_>, intervals: &[Interval]) -> fmt::Result {
    match intervals {
        [one] if one.first == one.last => write!(f, "={one}"),
        [range] => write!(f, " in {range}"),
        several => {
            f.write_str(" in (")?;
            list(f, several, ", ")?;
            f.write_str(")")
        }
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if is_bare(&self.text) {
            return f.write_str(&self.text);
        }
        f.write_str("\"")?;
        for c in self.text.chars() {
            match c {
                '"' => f.write_str("\\\""),
                '\\' => f.write_str("\\\\"),
                '\n' => f.write_str("\\n"),
                '\r' => f.write_str("\\r"),
                '\t' => f.write_str("\\t"),
                other => write!(f, "{other}"),
            }?;
        }
        f.write_str("\"")
    }
}

impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}..{}", self.first, self.last) }
    }
}

impl Display for OpenInterval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // A single number is one place of the text; `$a..$a` is two.
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}..{}", self.first, self.last) }
    }
}

impl Display for OpenRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.units {
            None => write!(f, "{}:*", self.layers),
            Some(units) => write!(f, "{}:{units}", self.layers),
        }
    }
}

impl Display for NeuronRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.units {
            Units::Every => write!(f, "{}:*", self.layers),
            Units::Within(units) => write!(f, "{}:{units}", self.layers),
        }
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Display for Having {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.key, self.op, self.value)
    }
}

impl Display for OrderKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        match self.direction {
            Some(direction) => write!(f, " {direction}"),
            None => Ok(()),
        }
    }
}

impl Display for Top {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "top {}", self.count)?;
        if self.per.is_empty() {
            return Ok(());
        }
        let dims: Vec<&str> = self.per.iter().map(|dim| dim.dimension.word()).collect();
        write!(f, " per {}", dims.join(", "))
    }
}

/// The shortest form that reads back exactly: `20`, `0.37`, `1e-7`, `60%`.
impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = format!("{:?}", self.value);
        f.write_str(text.strip_suffix(".0").unwrap_or(&text))?;
        f.write_str(if self.percent { "%" } else { "" })
    }
}

fn list<T: Display>(f: &mut Formatter<'_>, items: impl IntoIterator<Item = T>, separator: &str) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        write!(f, "{item}")?;
    }
    Ok(())
}
