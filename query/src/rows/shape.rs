//! The clauses `by`, `having`, `order by` and `top` of a result: checked, and turned into columns.

use crate::error::QueryError;
use crate::mistakes::columns::Rows as RowsOf;
use crate::plan::kinds::Kind;
use crate::plan::single;
use crate::result::{Column, ColumnKind, IdsOf, Slot};
use crate::rows::against::CHANCE;
use crate::rows::each::Each;
use crate::rows::equals::First;
use crate::syntax::ast::{Comparison, Dimension, Direction, Having, Head, Key, Measure, Number, OrderKey, Query};
use crate::syntax::span::Span;
use std::cmp::Ordering;

mod named;

use named::{Named, check_zero};

/// What a grouped result looks like.
pub(crate) struct Grouping {
    /// What `between` compares: two columns before those of `by`.
    pub between: Option<Dimension>,
    pub by: Vec<Dimension>,
    pub measures: Vec<Measure>,
    pub having: Vec<Having>,
    /// Keys in order; `true` for descending.
    pub order: Vec<(Key, bool)>,
    pub top: Option<First>,
    /// The first rows of each.
    pub each: Option<Each>,
    /// Where the clauses name `asked`, `frequency` or a percentage of facts, or ask for sizes: the facts that were asked must be
    /// known.
    pub asked: Option<Span>,
    /// Where they name `langs`, `prompts` or `runs`, and which.
    pub found: Option<(Measure, Span)>,
    /// Where they name `score`.
    pub score: Option<Span>,
    /// Where they name `mean`.
    pub mean: Option<Span>,
}

/// What `by group` shows of the measurements behind a group.
pub(crate) const EVIDENCE: [Measure; 3] = [Measure::P, Measure::PAlone, Measure::PAll];

/// What rows of entries say of them.
const OF_ENTRIES: [Measure; 5] = [Measure::Entries, Measure::Facts, Measure::P, Measure::Median, Measure::Correct];

/// Whether rows are split by what a measure is of, so that it has a column of its own name already.
fn is_split(by: &[Dimension], measure: Measure) -> bool {
    by.iter().any(|dimension| dimension.word() == measure.word())
}

/// What sort of result the clauses belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Set(Kind),
    /// Of facts that two sets of pairs have.
    Similarity,
    /// Of two sets of neurons.
    SimilarNeurons,
}

impl Grouping {
    /// Checks the clauses of a query with `by` (or of `similarity`, which always counts).
    pub(crate) fn new(query: &Query, form: Form) -> Result<Self, QueryError> {
        let by: Vec<Dimension> = query.by.iter().map(|dim| dim.dimension).collect();
        let mut measures = match form {
            Form::Set(Kind::Pairs) => vec![Measure::Pairs, Measure::Facts, Measure::Neurons, Measure::Share],
            Form::Set(Kind::Facts) => vec![Measure::Facts, Measure::Share],
            Form::Set(Kind::Neurons) => vec![Measure::Neurons, Measure::Share],
            Form::Set(Kind::Entries) => OF_ENTRIES.iter().copied().filter(|of| !is_split(&by, *of)).collect(),
            Form::Similarity => vec![
                Measure::Similarity,
                Measure::Expected,
                Measure::P,
                Measure::Others,
                Measure::Facts,
                Measure::Unpaired,
            ],
            Form::SimilarNeurons => vec![Measure::Similarity, Measure::Expected, Measure::P, Measure::Neurons],
        };
        if form == Form::Set(Kind::Pairs) && by.contains(&Dimension::Group) {
            measures.extend(EVIDENCE);
        }
        if let Some(chance) = query.chance {
            check_chance(query, form, chance.span)?;
            measures.extend(CHANCE);
        }
        let named = Named::of(query);
        named.check(query, form)?;
        if form == Form::Set(Kind::Pairs) {
            named.add_columns(&mut measures);
        }
        for dim in &query.by {
            let allowed = allowed(form);
            if !allowed.contains(&dim.dimension) {
                // Only `dkn` has groups.
                let there = RowsOf::of(&query.head, &query.by).dimensions();
                let names =
                    allowed.iter().filter(|dimension| **dimension != Dimension::Group || there.contains(dimension));
                let names: Vec<String> = names.map(|dimension| format!("`{dimension}`")).collect();
                let reason = format!("{} cannot be split by `{}`", form.name(), dim.dimension);
                return Err(QueryError::kind(dim.span, reason).hint(format!("it can be split by {}", names.join(", "))));
            }
        }
        let between = match &query.head {
            Head::Between { dim, .. } => Some(dim.dimension),
            Head::Set(_) | Head::Similarity { .. } => None,
        };
        let size = query.by.iter().find(|dim| dim.dimension == Dimension::Size).map(|dim| dim.span);
        let (mut having, asked, found) = (query.having.clone(), named.asked.or(size), named.places.first().copied());
        // `correct` and `tokens` of rows that are split by them are what they are split by.
        let meant = |key: Key| match key {
            Key::Measure(measure) if is_split(&by, measure) => {
                Dimension::from_word(measure.word()).map_or(key, Key::Dimension)
            }
            key => key,
        };
        having.iter_mut().for_each(|having| having.key = meant(having.key));
        let order: Vec<OrderKey> = query.order.iter().map(|of| OrderKey { key: meant(of.key), ..*of }).collect();
        let (score, mean) = (named.score, named.mean);
        let mut grouping =
            Self { between, by, measures, having, order: Vec::new(), top: None, each: None, asked, found, score, mean };
        grouping.check_size(query)?;
        for having in &grouping.having {
            grouping.check_key(having.key, having.key_span)?;
            if let Form::Set(kind) = form {
                check_zero(having, query, kind)?;
            }
            if having.key == Key::Dimension(Dimension::Correct) {
                let reason = "`having` compares numbers, and `correct` is `yes` or `no` here";
                return Err(
                    QueryError::kind(having.key_span, reason).hint("choose it in brackets: `entries[correct=yes]`")
                );
            }
            if having.key == Key::Dimension(Dimension::Group) {
                let reason = "`group` is a list of neurons, not a number";
                return Err(QueryError::kind(having.key_span, reason).hint("use a measure: `having facts >= 10`"));
            }
        }
        for order in &order {
            grouping.check_key(order.key, order.span)?;
        }
        grouping.order = order.iter().map(|o| (o.key, form.descends(o.key, o.direction))).collect();
        (grouping.top, grouping.each) = (First::of(query), Each::of(query));
        for dim in grouping.each.iter().flat_map(|each| &each.per) {
            grouping.check_key(Key::Dimension(dim.dimension), dim.span)?;
        }
        if let (true, Some(_), Some(&first)) = (grouping.order.is_empty(), &query.top, grouping.measures.first()) {
            grouping.order.push((Key::Measure(first), true));
        }
        Ok(grouping)
    }

    /// A size is one of a fact in the whole set, which has no layer and no neuron.
    fn check_size(&self, query: &Query) -> Result<(), QueryError> {
        let within =
            |dimension| matches!(dimension, Dimension::Layer | Dimension::Neuron | Dimension::Group | Dimension::Role);
        match query.by.iter().find(|dim| within(dim.dimension)) {
            Some(dim) if self.by.contains(&Dimension::Size) => {
                let reason =
                    format!("`size` is that of a fact in the whole set, and goes not with `{}`", dim.dimension);
                Err(QueryError::kind(dim.span, reason).hint("filter the set first: `(kn[…] & neurons(9:*)) by size`"))
            }
            _ => Ok(()),
        }
    }

    fn check_key(&self, key: Key, span: Span) -> Result<(), QueryError> {
        let known = match key {
            Key::Measure(measure) => self.measures.contains(&measure),
            Key::Dimension(Dimension::Layer) => {
                self.by.contains(&Dimension::Layer) || self.by.contains(&Dimension::Neuron)
            }
            Key::Dimension(dimension) => self.by.contains(&dimension) || self.between == Some(dimension),
            Key::Other(dimension) => self.between == Some(dimension),
        };
        if known {
            return Ok(());
        }
        let error = QueryError::kind(span, format!("`{key}` is no column of this result"));
        if let Key::Measure(measure) = key
            && CHANCE.contains(&measure)
        {
            return Err(error.hint("it is one `against chance`: write `by neuron against chance`"));
        }
        if let Key::Other(dimension) = key {
            return Err(error.hint(format!("it is one of `similarity(…) between {dimension}`")));
        }
        let columns: Vec<String> = self.columns().iter().map(|column| format!("`{}`", column.name)).collect();
        Err(error.hint(format!("its columns are {}", columns.join(", "))))
    }

    /// How many rows are wanted, where these are neurons and the first ones those with the most facts, whatever else is asked of them.
    pub(crate) fn first_by_facts(&self) -> Option<usize> {
        let by_facts =
            matches!(self.order.first(), Some((Key::Measure(Measure::Facts | Measure::Pairs | Measure::Share), true)));
        // A probability is one of all rows, and `having` may leave any of them out.
        let all_count = self.having.is_empty() && !self.measures.contains(&Measure::PChance);
        let top = self.top.map(|first| first.rows).filter(|&top| top > 0 && by_facts && all_count);
        top.and_then(|top| usize::try_from(top).ok())
    }

    /// How many rows at most.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.top.map(|first| first.rows)
    }

    /// Columns of the dimensions: `neuron` is two, layer and unit.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = self.between.map_or_else(Vec::new, between);
        for &dimension in &self.by {
            match dimension {
                Dimension::Neuron => {
                    if !self.by.contains(&Dimension::Layer) {
                        columns.push(Column { name: "layer", kind: ColumnKind::Number });
                    }
                    columns.push(Column { name: "neuron", kind: ColumnKind::Number });
                }
                Dimension::Layer | Dimension::Prompt | Dimension::Size | Dimension::Tokens => {
                    columns.push(Column { name: dimension.word(), kind: ColumnKind::Number });
                }
                _ => columns.push(Column { name: dimension.word(), kind: ColumnKind::Text }),
            }
        }
        columns.extend(self.measures.iter().map(|measure| Column { name: measure.word(), kind: kind_of(*measure) }));
        columns
    }

    /// Where the values of [`Self::columns`] come from, in rows that count a set.
    pub(crate) fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for &dimension in &self.by {
            if dimension == Dimension::Neuron && !self.by.contains(&Dimension::Layer) {
                slots.push(Slot::Own);
            }
            slots.push(slot(dimension));
        }
        slots.extend(self.measures.iter().map(|_| Slot::Own));
        slots
    }
}

/// The slots of a dimension's columns.
fn slot(dimension: Dimension) -> Slot {
    match dimension {
        Dimension::Fact => Slot::Fact(IdsOf::Fact),
        Dimension::Relation => Slot::Fact(IdsOf::Relation),
        Dimension::Subject => Slot::Fact(IdsOf::Subject),
        Dimension::Object => Slot::Fact(IdsOf::Object),
        Dimension::Lang => Slot::Id(IdsOf::Language),
        Dimension::Run => Slot::Id(IdsOf::Run),
        _ => Slot::Own,
    }
}

/// The columns of what `between` compares.
fn between(dimension: Dimension) -> Vec<Column> {
    let (other, kind) = match dimension {
        Dimension::Lang => ("other_lang", ColumnKind::Text),
        Dimension::Relation => ("other_relation", ColumnKind::Text),
        Dimension::Run => ("other_run", ColumnKind::Text),
        _ => ("other_prompt", ColumnKind::Number),
    };
    vec![Column { name: dimension.word(), kind }, Column { name: other, kind }]
}

pub(super) fn kind_of(measure: Measure) -> ColumnKind {
    match measure {
        Measure::Share
        | Measure::Frequency
        | Measure::Similarity
        | Measure::Expected
        | Measure::Others
        | Measure::P
        | Measure::PAlone
        | Measure::PAll
        | Measure::PChance
        | Measure::Median
        | Measure::Correct
        | Measure::Fdr => ColumnKind::Ratio,
        Measure::Score | Measure::Mean | Measure::Baseline | Measure::Residual | Measure::Largest => ColumnKind::Score,
        _ => ColumnKind::Integer,
    }
}

/// `against chance` is about the facts that have each neuron.
fn check_chance(query: &Query, form: Form, span: Span) -> Result<(), QueryError> {
    const HINT: &str = "write `kn[relation=P36] by neuron against chance`";
    if form != Form::Set(Kind::Pairs) {
        let reason = format!("`against chance` asks how many facts have each neuron, and this is {}", form.name());
        return Err(QueryError::kind(span, reason).hint(HINT));
    }
    let other = query.by.iter().find(|dim| !matches!(dim.dimension, Dimension::Neuron | Dimension::Layer));
    if let Some(other) = other {
        let reason = format!("`against chance` is for `by neuron` alone, and not for `{}`", other.dimension);
        return Err(QueryError::kind(other.span, reason).label(span, "asked here").hint(match other.dimension {
            Dimension::Relation => "ask for one relation at a time: `kn[relation=P36] by neuron against chance`",
            Dimension::Lang => "ask for one language at a time: `kn[lang=en] by neuron against chance`",
            _ => HINT,
        }));
    }
    if query.by.iter().all(|dim| dim.dimension != Dimension::Neuron) {
        let reason = "`against chance` asks how many facts have each neuron, and needs `by neuron`";
        return Err(QueryError::kind(span, reason).hint(HINT));
    }
    Ok(())
}

/// Dimensions of entries alone.
const ON_ENTRIES: [Dimension; 3] = [Dimension::Correct, Dimension::Tokens, Dimension::Answer];

fn allowed(form: Form) -> Vec<Dimension> {
    let facts = [Dimension::Fact, Dimension::Relation, Dimension::Subject, Dimension::Object];
    match form {
        Form::Set(Kind::Pairs) => {
            Dimension::ALL.iter().copied().filter(|dimension| !ON_ENTRIES.contains(dimension)).collect()
        }
        Form::Set(Kind::Entries) => {
            use Dimension::{Lang, Prompt, Run};
            facts.into_iter().chain([Lang, Prompt, Run]).chain(ON_ENTRIES).collect()
        }
        Form::Set(Kind::Facts) => facts.to_vec(),
        Form::Set(Kind::Neurons) => vec![Dimension::Layer, Dimension::Neuron],
        Form::SimilarNeurons => vec![Dimension::Layer],
        Form::Similarity => facts.into_iter().chain([Dimension::Layer]).collect(),
    }
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Set(Kind::Pairs) => "a set of pairs",
            Self::Set(Kind::Facts) => "a set of facts",
            Self::Set(Kind::Neurons) => "a set of neurons",
            Self::Set(Kind::Entries) => "a set of entries",
            Self::Similarity => "a similarity",
            Self::SimilarNeurons => "a similarity of neurons",
        }
    }

    /// What chance alone would hardly give comes first.
    fn descends(self, key: Key, direction: Option<Direction>) -> bool {
        let by_chance = match key {
            Key::Measure(Measure::P) => matches!(self, Self::Similarity | Self::SimilarNeurons),
            Key::Measure(measure) => CHANCE.contains(&measure),
            Key::Dimension(_) | Key::Other(_) => false,
        };
        if by_chance { direction == Some(Direction::Descending) } else { descends(key, direction) }
    }
}

/// Measures go from the largest, dimensions from the least, unless the query says otherwise.
pub(crate) fn descends(key: Key, direction: Option<Direction>) -> bool {
    match direction {
        Some(direction) => direction == Direction::Descending,
        None => matches!(key, Key::Measure(_)),
    }
}

/// Whether a number satisfies a `having` condition. What is not known satisfies none.
pub(crate) fn holds(having: &Having, value: Option<f64>) -> bool {
    holds_of(having, value, || 0)
}

/// The same of what was stored in single precision, or is a mean of such: both sides are rounded to it, so that a mean of one p is compared as it is.
pub(super) fn holds_in_single(having: &Having, value: Option<f64>) -> bool {
    let (Some(value), Some(than)) = (value, having.value.value()) else { return false };
    compared(having.op, single(value).partial_cmp(&single(than.value)))
}

/// The same, where a percentage is one of `whole`.
pub(super) fn holds_of(having: &Having, value: Option<f64>, whole: impl FnOnce() -> u64) -> bool {
    // A parameter has been given its value before rows are made.
    let (Some(value), Some(Number { value: than, percent })) = (value, having.value.value()) else { return false };
    if !percent {
        return compared(having.op, value.partial_cmp(&than));
    }
    // Hundredths are counted, not computed: 7 of 10,000 are 0.07 % of them, whatever 0.07 is in binary.
    let (part, share) = (value * 100.0, than * whole() as f64);
    let equal = (part - share).abs() <= 1e-12 * part.abs().max(share.abs());
    compared(having.op, if equal { Some(Ordering::Equal) } else { part.partial_cmp(&share) })
}

fn compared(op: Comparison, order: Option<Ordering>) -> bool {
    order.is_some_and(|order| op.holds(order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::ast::Given;

    #[test]
    fn a_percentage_is_one_of_what_was_asked_to_the_last_digit() {
        let span = Span::new(0, 0);
        let holds = |op, value, percent, of| {
            let value_of = Given::Value(Number { value: percent, percent: true });
            let key = Key::Measure(Measure::Facts);
            holds_of(&Having { key, key_span: span, op, value: value_of, span }, Some(value), || of)
        };
        // 0.07 × 10,000 is 700.0000000000001 in binary.
        assert!(holds(Comparison::GreaterOrEqual, 7.0, 0.07, 10_000));
        assert!(holds(Comparison::Equal, 7.0, 0.07, 10_000));
        assert!(!holds(Comparison::Greater, 7.0, 0.07, 10_000));
        assert!(holds(Comparison::Less, 6.0, 0.07, 10_000));
        assert!(holds(Comparison::Equal, 3.0, 60.0, 5));
        assert!(holds(Comparison::NotEqual, 4_294_967_295.0, 100.0, 4_294_967_294));
    }
}
