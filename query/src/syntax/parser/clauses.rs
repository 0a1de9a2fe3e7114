//! A query's head and the clauses behind it: `by`, `having`, `order by`, `top`, `plot`.

use super::sets::Grown;
use super::{Parser, Result};
use crate::error::QueryError;
use crate::mistakes::clauses as mistakes;
use crate::mistakes::columns::{Rows, first_source};
use crate::mistakes::nearest::nearest;
use crate::mistakes::{percentages, ranges};
use crate::syntax::ast::{
    AgainstChance, Comparison, Dim, Dimension, Direction, Expr, Given, Having, Head, Key, Measure, OrderKey, Query,
    SourceKind, Top,
};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::lexer::TokenKind;
use crate::syntax::span::Span;

/// What `similarity(…) between` compares.
const BETWEEN: [Dimension; 4] = [Dimension::Lang, Dimension::Relation, Dimension::Run, Dimension::Prompt];

impl Parser<'_> {
    /// A head and its clauses, in their order.
    pub(super) fn query(&mut self) -> Result<Query> {
        let start = self.span();
        let head = if self.at_word("similarity") { self.similarity()?.0 } else { Head::Set(self.set()?) };
        self.clauses(head, start)
    }

    /// The clauses behind a head that starts at `start`.
    pub(super) fn clauses(&mut self, head: Head, start: Span) -> Result<Query> {
        let by = if self.eat_word("by") { self.dims(&head)? } else { Vec::new() };
        let chance = if self.at_word("against") { Some(self.against(by.is_empty())?) } else { None };
        let having = if self.eat_word("having") { self.having(&head, &by)? } else { Vec::new() };
        let order = if self.at_word("order") { self.order(&head, &by)? } else { Vec::new() };
        let top = if self.at_word("top") { Some(self.top(&head)?) } else { None };
        let plot = self.eat_word("plot");
        if let (true, Head::Between { .. }, Some(dim)) = (plot, &head, by.first()) {
            return Err(mistakes::several_matrices(dim));
        }
        if plot && by.is_empty() && !matches!(head, Head::Between { .. }) {
            let reason = match self.clause() {
                Some(clause) => format!("found `plot` before `{clause}`; it is the last word of a query"),
                None => "`plot` needs a `by`: it draws the counts of the rows".to_owned(),
            };
            return Err(
                QueryError::syntax(self.previous_span(), reason).hint("for example `kn[lang=en] by layer plot`")
            );
        }
        let span = start.to(self.previous_span());
        Ok(Query { head, by, chance, having, order, top, plot, span })
    }

    /// `similarity(…)`, and the height of its tree.
    pub(super) fn similarity(&mut self) -> Result<(Head, usize)> {
        let start = self.span();
        self.bump();
        let open = self.span();
        let two_sets = "`similarity(kn[lang=en], kn[lang=zh])` compares two sets";
        if !self.eat_sign("(") {
            let error = self.unexpected("`(` after `similarity`");
            return Err(error.hint(two_sets));
        }
        let Grown { expr: left, height } = self.alternatives()?;
        if self.at_sign(")") && self.text_of(self.ahead(1)).eq_ignore_ascii_case("between") {
            return Ok((self.between(start, left)?, height));
        }
        if self.at_sign(")") {
            let error = self.unexpected("`,` and a second set, or `between` behind the parenthesis");
            return Err(error.hint(format!("{two_sets}, `similarity(kn) between lang` each two languages of one")));
        }
        if !self.eat_sign(",") {
            let error = self.unclosed(open, "an operator or `,` and a second set");
            return Err(mistakes::in_parentheses(self, error));
        }
        let Grown { expr: right, height: of_right } = self.alternatives()?;
        if self.at_sign(",") {
            let reason = "`similarity` compares two sets, found a third";
            return Err(self.error_here(reason));
        }
        if !self.at_sign(")") {
            let error = self.unclosed(open, "an operator (`|`, `^`, `&`, `-`) or `)`");
            return Err(mistakes::in_parentheses(self, error));
        }
        let span = start.to(self.span());
        self.bump();
        if self.operator_here() {
            return Err(mistakes::similarity_is_no_set(span));
        }
        if self.at_word("between") {
            return Err(mistakes::between_of_two(self));
        }
        Ok((Head::Similarity { left, right, span }, height.max(of_right)))
    }

    /// `) between dimension`.
    fn between(&mut self, start: Span, set: Expr) -> Result<Head> {
        self.bump();
        self.bump();
        if self.word().is_none() {
            return Err(self.unexpected("`lang`, `relation`, `run` or `prompt` after `between`"));
        }
        let dim = self.dim(&BETWEEN)?;
        if !BETWEEN.contains(&dim.dimension) {
            return Err(mistakes::not_between(&dim));
        }
        if self.at_sign(",") {
            let error = self.unexpected("a clause or the end of the statement");
            return Err(error.hint(format!(
                "`between` takes one dimension; `by` splits what it compares: `between {} by layer`",
                dim.dimension
            )));
        }
        let span = start.to(dim.span);
        Ok(Head::Between { set, dim, span })
    }

    fn dims(&mut self, head: &Head) -> Result<Vec<Dim>> {
        let mut dims: Vec<Dim> = Vec::new();
        loop {
            let dim = self.dim(Rows::of(head, &dims).dimensions())?;
            if let Some(first) = dims.iter().find(|other| other.dimension == dim.dimension) {
                let reason = format!("the dimension `{}` is named twice", dim.dimension);
                return Err(QueryError::syntax(dim.span, reason).label(first.span, "first here"));
            }
            dims.push(dim);
            if self.word().and_then(Dimension::from_word).is_some() {
                let list = format!("`{}, {}`", dim.dimension, self.token_text());
                let error = self.unexpected("`,` between two dimensions");
                return Err(error.hint(format!("write {list}")));
            }
            if !self.eat_sign(",") {
                return Ok(dims);
            }
        }
    }

    /// A dimension; `there` are those that a hint lists.
    fn dim(&mut self, there: &[Dimension]) -> Result<Dim> {
        let span = self.span();
        let known = || list(there.iter().map(|dimension| dimension.word()));
        let Some(word) = self.word().filter(|_| self.clause().is_none()) else {
            let error = self.unexpected("a dimension");
            return Err(error.hint(format!("the dimensions are {}", known())));
        };
        if let Some(dimension) = Dimension::from_word(word) {
            self.bump();
            return Ok(Dim { dimension, span });
        }
        if Measure::from_word(word).is_some() {
            let reason = format!("`{word}` is counted for each row, and is no dimension");
            let one = Dimension::from_word(word.trim_end_matches(['s', 'S']));
            let one = one.map_or_else(String::new, |dimension| format!("; rows of one each are `by {dimension}`"));
            let hint = format!("`order by {word}` and `having {word} > …` can use it{one}");
            return Err(QueryError::name(span, reason).hint(hint));
        }
        let words = Dimension::ALL.iter().map(|dimension| dimension.word());
        let synonym = mistakes::synonym(word).filter(|word| Dimension::from_word(word).is_some());
        let meant = synonym.or_else(|| nearest(word, words));
        let reason = format!("there is no dimension `{word}`");
        Err(QueryError::name(span, reason).hint(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the dimensions are {}", known()),
        }))
    }

    /// `against chance`, behind the dimensions.
    fn against(&mut self, alone: bool) -> Result<AgainstChance> {
        let start = self.span();
        if alone {
            let reason = "`against chance` stands behind `by neuron`";
            return Err(self.error_here(reason).hint("for example `kn[relation=P36] by neuron against chance`"));
        }
        self.bump();
        if !self.eat_word("chance") {
            let error = self.unexpected("`chance` after `against`");
            return Err(error.hint("write `by neuron against chance`"));
        }
        Ok(AgainstChance { span: start.to(self.previous_span()) })
    }

    fn having(&mut self, head: &Head, by: &[Dim]) -> Result<Vec<Having>> {
        let mut conditions = Vec::new();
        loop {
            conditions.push(self.having_condition(head, by)?);
            if self.eat_word("and") {
                continue;
            }
            if matches!(self.sign(), "," | "&" | "&&") {
                let error = self.unexpected("`and` between two conditions of `having`");
                return Err(error.hint("write `having facts >= 10 and pairs < 100`"));
            }
            if self.at_word("or") || matches!(self.sign(), "|" | "||") {
                let error = self.unexpected("`and` between two conditions of `having`");
                return Err(error.hint("all conditions of `having` must hold; there is no `or`"));
            }
            return Ok(conditions);
        }
    }

    fn having_condition(&mut self, head: &Head, by: &[Dim]) -> Result<Having> {
        let (key, key_span) = self.key("having", head, by)?;
        if let Key::Dimension(dimension) | Key::Other(dimension) = key
            && !is_number(dimension)
        {
            let reason = format!("`having` compares numbers, and `{key}` is text");
            let source = if let Head::Set(set) = head { first_source(set) } else { None };
            let takes =
                |source: &SourceKind| ConditionKey::from_word(dimension.word()).is_some_and(|key| key.suits(*source));
            let source = source.filter(takes).unwrap_or(SourceKind::Kn);
            let when = if by.is_empty() { "" } else { "before counting, " };
            let hint = format!("choose it {when}in brackets: `{source}[{dimension}=…]`");
            return Err(QueryError::syntax(key_span, reason).hint(hint));
        }
        let Some(op) = Comparison::from_word(self.sign()) else {
            let error = self.unexpected(&format!("a comparison after `{key}`"));
            return Err(error.hint(match self.sign() {
                "==" => "equal is written `=`",
                "<>" => "not equal is written `!=`",
                "=<" => "less or equal is written `<=`",
                "=>" => "greater or equal is written `>=`",
                _ => "the comparisons are `=`, `!=`, `<`, `<=`, `>`, `>=`",
            }));
        };
        self.bump();
        let value = match self.parameter() {
            Some(parameter) => Given::Parameter(parameter),
            None => {
                let (value, value_span) = self.number(&format!("`{key}`"))?;
                if value.percent {
                    percentages::check_column(key, value, value_span)?;
                }
                ranges::check(key, op, value, key_span.to(value_span))?;
                Given::Value(value)
            }
        };
        let span = key_span.to(self.previous_span());
        Ok(Having { key, key_span, op, value, span })
    }

    fn order(&mut self, head: &Head, by: &[Dim]) -> Result<Vec<OrderKey>> {
        self.bump();
        if !self.eat_word("by") {
            let error = self.unexpected("`by` after `order`");
            return Err(error.hint("write `order by pairs`"));
        }
        let mut keys = Vec::new();
        loop {
            let (key, key_span) = self.key("order by", head, by)?;
            let direction = self.word().and_then(Direction::from_word);
            if direction.is_some() {
                self.bump();
            } else if let Some(word) = self.word().filter(|_| self.clause().is_none()) {
                let meant = match word.to_ascii_lowercase().as_str() {
                    "ascending" | "up" | "asce" => "asc",
                    "descending" | "down" => "desc",
                    _ => return Err(self.unexpected("`asc`, `desc` or `,` behind a column")),
                };
                let error = self.unexpected("`asc` or `desc`");
                return Err(error.hint(format!("write `{key} {meant}`")));
            }
            let span = key_span.to(self.previous_span());
            keys.push(OrderKey { key, direction, span });
            if !self.eat_sign(",") {
                return Ok(keys);
            }
        }
    }

    /// A result column.
    fn key(&mut self, clause: &str, head: &Head, by: &[Dim]) -> Result<(Key, Span)> {
        let span = self.span();
        let measures = || list(Rows::of(head, by).measures().iter().map(|measure| measure.word()));
        let Some(word) = self.word().filter(|_| self.clause().is_none()) else {
            let error = self.unexpected(&format!("a column after `{clause}`"));
            return Err(error.hint(format!("the columns here are {} and the dimensions", measures())));
        };
        if let Some(key) = Key::from_word(word) {
            self.bump();
            return Ok((key, span));
        }
        let words = Measure::ALL.iter().map(|measure| measure.word());
        let words = words.chain(Dimension::ALL.iter().map(|dimension| dimension.word()));
        let is_column = |word: &&str| Measure::from_word(word).is_some() || Dimension::from_word(word).is_some();
        let meant = mistakes::synonym(word).filter(is_column).or_else(|| nearest(word, words));
        let reason = format!("there is no column `{word}`");
        Err(QueryError::name(span, reason).hint(match meant {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("the columns here are {} and the dimensions", measures()),
        }))
    }

    /// `top n`, perhaps of each value of some dimensions.
    fn top(&mut self, head: &Head) -> Result<Top> {
        let start = self.span();
        self.bump();
        let count = self.row_count()?;
        let per = if self.eat_word("per") { self.dims(head)? } else { Vec::new() };
        Ok(Top { count, per, span: start.to(self.previous_span()) })
    }

    fn row_count(&mut self) -> Result<Given<u64>> {
        if let Some(parameter) = self.parameter() {
            return Ok(Given::Parameter(parameter));
        }
        if *self.kind() == TokenKind::Percent {
            return Err(percentages::of_rows(self.span()));
        }
        let (count, span) = self.whole("`top`")?;
        if count == 0 {
            let reason = "`top 0` asks for no rows; at least 1 is expected";
            return Err(QueryError::syntax(span, reason));
        }
        Ok(Given::Value(count))
    }

    fn operator_here(&self) -> bool {
        matches!(self.sign(), "|" | "^" | "&" | "-" | "&&" | "||")
    }

    /// Whether the current token is a word or a number, as bare values are.
    pub(crate) fn at_bare_value(&self) -> bool {
        matches!(self.kind(), TokenKind::Word | TokenKind::Number)
    }
}

/// Whether a dimension's values are numbers.
fn is_number(dimension: Dimension) -> bool {
    match dimension {
        Dimension::Layer
        | Dimension::Neuron
        | Dimension::Prompt
        | Dimension::Group
        | Dimension::Size
        | Dimension::Tokens => true,
        Dimension::Fact
        | Dimension::Relation
        | Dimension::Subject
        | Dimension::Object
        | Dimension::Lang
        | Dimension::Run
        | Dimension::Role
        | Dimension::Correct
        | Dimension::Answer => false,
    }
}

/// Words as a list: `a`, `b`, `c`.
pub(crate) fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    quoted.join(", ")
}
