//! The clauses `by`, `having`, `order by` and `top` of a result: checked, and turned into columns.

use crate::error::QueryError;
use crate::plan::kinds::Kind;
use crate::result::{Column, ColumnKind};
use crate::rows::against::CHANCE;
use crate::syntax::ast::{Comparison, Dimension, Direction, Having, Head, Key, Measure, Query};
use crate::syntax::span::Span;

/// What a grouped result looks like.
pub(crate) struct Grouping {
    /// What `between` compares: two columns before those of `by`.
    pub between: Option<Dimension>,
    pub by: Vec<Dimension>,
    pub measures: Vec<Measure>,
    pub having: Vec<Having>,
    /// Keys in order; `true` for descending.
    pub order: Vec<(Key, bool)>,
    pub top: Option<u64>,
}

/// What `by group` shows of the measurements behind a group.
pub(crate) const EVIDENCE: [Measure; 3] = [Measure::P, Measure::PAlone, Measure::PAll];

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
        for dim in &query.by {
            let allowed = allowed(form);
            if !allowed.contains(&dim.dimension) {
                let names: Vec<String> = allowed.iter().map(|dimension| format!("`{dimension}`")).collect();
                let reason = format!("{} cannot be split by `{}`", form.name(), dim.dimension);
                return Err(QueryError::kind(dim.span, reason).hint(format!("it can be split by {}", names.join(", "))));
            }
        }
        let between = match &query.head {
            Head::Between { dim, .. } => Some(dim.dimension),
            Head::Set(_) | Head::Similarity { .. } => None,
        };
        let mut grouping = Self { between, by, measures, having: query.having.clone(), order: Vec::new(), top: None };
        for having in &grouping.having {
            grouping.check_key(having.key, having.key_span)?;
            if having.key == Key::Dimension(Dimension::Group) {
                let reason = "`group` is a list of neurons, not a number";
                return Err(QueryError::kind(having.key_span, reason).hint("use a measure: `having facts >= 10`"));
            }
        }
        for order in &query.order {
            grouping.check_key(order.key, order.span)?;
        }
        grouping.order = query.order.iter().map(|o| (o.key, form.descends(o.key, o.direction))).collect();
        grouping.top = query.limit();
        if let (true, Some(_), Some(&first)) = (grouping.order.is_empty(), grouping.top, grouping.measures.first()) {
            grouping.order.push((Key::Measure(first), true));
        }
        Ok(grouping)
    }

    fn check_key(&self, key: Key, span: Span) -> Result<(), QueryError> {
        let known = match key {
            Key::Measure(measure) => self.measures.contains(&measure),
            Key::Dimension(Dimension::Layer) => {
                self.by.contains(&Dimension::Layer) || self.by.contains(&Dimension::Neuron)
            }
            Key::Dimension(dimension) => self.by.contains(&dimension) || self.between == Some(dimension),
        };
        if known {
            return Ok(());
        }
        let dims = self.between.iter().chain(&self.by).map(ToString::to_string);
        let columns: Vec<String> =
            dims.chain(self.measures.iter().map(ToString::to_string)).map(|name| format!("`{name}`")).collect();
        let reason = format!("`{}` is no column of this result", key_name(key));
        Err(QueryError::kind(span, reason).hint(format!("its columns are {}", columns.join(", "))))
    }

    /// Columns of the dimensions: `neuron` is two, layer and unit.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns = self.between.map_or_else(Vec::new, between);
        for &dimension in &self.by {
            match dimension {
                Dimension::Neuron => {
                    if !self.by.contains(&Dimension::Layer) {
                        columns.push(Column { name: "layer", kind: ColumnKind::Integer });
                    }
                    columns.push(Column { name: "neuron", kind: ColumnKind::Integer });
                }
                Dimension::Layer | Dimension::Prompt => {
                    columns.push(Column { name: dimension.word(), kind: ColumnKind::Integer });
                }
                _ => columns.push(Column { name: dimension.word(), kind: ColumnKind::Text }),
            }
        }
        columns.extend(self.measures.iter().map(|measure| Column { name: measure.word(), kind: kind_of(*measure) }));
        columns
    }
}

/// The columns of what `between` compares.
fn between(dimension: Dimension) -> Vec<Column> {
    let (other, kind) = match dimension {
        Dimension::Lang => ("other_lang", ColumnKind::Text),
        Dimension::Relation => ("other_relation", ColumnKind::Text),
        Dimension::Run => ("other_run", ColumnKind::Text),
        _ => ("other_prompt", ColumnKind::Integer),
    };
    vec![Column { name: dimension.word(), kind }, Column { name: other, kind }]
}

fn kind_of(measure: Measure) -> ColumnKind {
    match measure {
        Measure::Share
        | Measure::Similarity
        | Measure::Expected
        | Measure::Others
        | Measure::P
        | Measure::PAlone
        | Measure::PAll
        | Measure::PChance
        | Measure::Fdr => ColumnKind::Ratio,
        Measure::Score => ColumnKind::Score,
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

fn allowed(form: Form) -> Vec<Dimension> {
    let facts = [Dimension::Fact, Dimension::Relation, Dimension::Subject, Dimension::Object];
    match form {
        Form::Set(Kind::Pairs) => Dimension::ALL.to_vec(),
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
            Self::Similarity => "a similarity",
            Self::SimilarNeurons => "a similarity of neurons",
        }
    }

    /// What chance alone would hardly give comes first.
    fn descends(self, key: Key, direction: Option<Direction>) -> bool {
        let by_chance = match key {
            Key::Measure(Measure::P) => matches!(self, Self::Similarity | Self::SimilarNeurons),
            Key::Measure(measure) => CHANCE.contains(&measure),
            Key::Dimension(_) => false,
        };
        if by_chance { direction == Some(Direction::Descending) } else { descends(key, direction) }
    }
}

pub(crate) fn key_name(key: Key) -> &'static str {
    match key {
        Key::Dimension(dimension) => dimension.word(),
        Key::Measure(measure) => measure.word(),
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
    // A parameter has been given its value before rows are made.
    let (Some(value), Some(than)) = (value, having.value.value()) else { return false };
    let than = than.value;
    match having.op {
        Comparison::Equal => value == than,
        Comparison::NotEqual => value != than,
        Comparison::Less => value < than,
        Comparison::LessOrEqual => value <= than,
        Comparison::Greater => value > than,
        Comparison::GreaterOrEqual => value >= than,
    }
}
