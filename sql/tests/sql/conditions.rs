//! Random conditions, pushed down or not, against the rows that were written.

use crate::world::{Score, WORLD, fact, scores, sorted};
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;

#[derive(Clone, Copy, Debug)]
enum Column {
    Run,
    Lang,
    Relation,
    Fact,
    Prompt,
    Layer,
    Neuron,
    Score,
    Share,
    Rank,
}

#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Value {
    Text(String),
    Number(f64),
}

#[derive(Clone, Debug)]
enum Condition {
    Compare(Column, &'static str, Value),
    Turned(Value, &'static str, Column),
    Between(Column, bool, Value, Value),
    In(Column, bool, Vec<Value>),
    Like(Column, String),
    IsNull(Column, bool),
    Not(Box<Condition>),
    Both(Box<Condition>, &'static str, Box<Condition>),
    /// Two columns of the row: nothing that a scan can take over.
    Columns(Column, Column),
}

impl Column {
    fn of(self, row: &Score) -> Option<Value> {
        let number = |number: i32| Some(Value::Number(number.into()));
        match self {
            Self::Run => Some(Value::Text(row.run.clone())),
            Self::Lang => Some(Value::Text(row.lang.clone())),
            Self::Relation => row.relation.clone().map(Value::Text),
            Self::Fact => Some(Value::Text(row.fact.clone())),
            Self::Prompt => number(row.prompt),
            Self::Layer => number(row.layer),
            Self::Neuron => number(row.neuron),
            Self::Score => Some(Value::Number(row.score.into())),
            Self::Share => row.share.map(Value::Number),
            Self::Rank => row.rank.map(|rank| Value::Number(rank as f64)),
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

fn listed(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |negated: &bool| if *negated { "NOT " } else { "" };
        match self {
            Self::Compare(column, op, value) => write!(f, "{column} {op} {value}"),
            Self::Turned(value, op, column) => write!(f, "{value} {op} {column}"),
            Self::Between(column, negated, low, high) => {
                write!(f, "{column} {}BETWEEN {low} AND {high}", not(negated))
            }
            Self::In(column, negated, values) => write!(f, "{column} {}IN ({})", not(negated), listed(values)),
            Self::Like(column, pattern) => write!(f, "{column} LIKE '{pattern}'"),
            Self::IsNull(column, negated) => write!(f, "{column} IS {}NULL", not(negated)),
            Self::Not(of) => write!(f, "NOT ({of})"),
            Self::Both(left, op, right) => write!(f, "(({left}) {op} ({right}))"),
            Self::Columns(left, right) => write!(f, "{left} <= {right}"),
        }
    }
}

fn compared(left: &Value, op: &str, right: &Value) -> bool {
    match op {
        "=" => left == right,
        "<>" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        _ => left >= right,
    }
}

fn negated(value: Option<bool>, negated: bool) -> Option<bool> {
    value.map(|value| value != negated)
}

impl Condition {
    /// Lists that the nullable column is compared with. Of two in one condition DataFusion 55.2 forgets that null is in none
    /// (apache/datafusion#24258).
    fn lists_of_relations(&self) -> usize {
        match self {
            Self::In(Column::Relation, ..) => 1,
            Self::Not(of) => of.lists_of_relations(),
            Self::Both(left, _, right) => left.lists_of_relations() + right.lists_of_relations(),
            _ => 0,
        }
    }

    /// Of three values, as SQL has it.
    fn holds(&self, row: &Score) -> Option<bool> {
        match self {
            Self::Compare(column, op, value) => Some(compared(&column.of(row)?, op, value)),
            Self::Turned(value, op, column) => Some(compared(value, op, &column.of(row)?)),
            Self::Between(column, not, low, high) => {
                let value = column.of(row)?;
                negated(Some(*low <= value && value <= *high), *not)
            }
            Self::In(column, not, values) => negated(Some(values.contains(&column.of(row)?)), *not),
            Self::Like(column, pattern) => {
                let Value::Text(text) = column.of(row)? else { return None };
                let part = pattern.trim_matches('%');
                Some(match (pattern.starts_with('%'), pattern.ends_with('%')) {
                    (true, true) => text.contains(part),
                    (true, false) => text.ends_with(part),
                    (false, true) => text.starts_with(part),
                    (false, false) => text == part,
                })
            }
            Self::IsNull(column, not) => Some(column.of(row).is_none() != *not),
            Self::Not(of) => of.holds(row).map(|holds| !holds),
            Self::Both(left, op, right) => {
                let stop = *op == "OR";
                match (left.holds(row), right.holds(row)) {
                    (Some(holds), _) | (_, Some(holds)) if holds == stop => Some(stop),
                    (Some(_), Some(_)) => Some(!stop),
                    _ => None,
                }
            }
            Self::Columns(left, right) => Some(left.of(row)? <= right.of(row)?),
        }
    }
}

fn text() -> impl Strategy<Value = (Column, Value)> {
    let of = |column: Column, values: Vec<String>| select(values).prop_map(move |value| (column, Value::Text(value)));
    let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    prop_oneof![
        of(Column::Run, owned(&["one", "the other", "none"])),
        of(Column::Lang, owned(&["en", "zh", "EN"])),
        of(Column::Relation, owned(&["P36", "P19", "P1303", "P"])),
        of(Column::Fact, (0..14).map(fact).collect()),
    ]
}

fn number() -> impl Strategy<Value = (Column, Value)> {
    let of = |column: Column, values: Vec<f64>| select(values).prop_map(move |value| (column, Value::Number(value)));
    let whole = |range: std::ops::Range<i32>| range.map(f64::from).collect::<Vec<_>>();
    prop_oneof![
        of(Column::Prompt, whole(-1..3)),
        of(Column::Layer, whole(-1..4)),
        of(Column::Neuron, whole(-1..5)),
        of(Column::Score, (-10..26).map(|of| f64::from(of) / 16.0).chain([0.3, 1e9, -0.01]).collect()),
        of(Column::Share, (-4..10).map(|of| f64::from(of) / 8.0).chain([0.3, 1.0 / 3.0, 1e-12]).collect()),
        of(Column::Rank, whole(-1..14).into_iter().chain([2.5, 1e6]).collect()),
    ]
}

fn column() -> impl Strategy<Value = Column> {
    use Column::{Fact, Lang, Layer, Neuron, Prompt, Rank, Relation, Run, Score, Share};
    select(vec![Run, Lang, Relation, Fact, Prompt, Layer, Neuron, Score, Share, Rank])
}

fn condition() -> impl Strategy<Value = Condition> {
    let op = || select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let one = prop_oneof![
        4 => (number(), op()).prop_map(|((column, value), op)| Condition::Compare(column, op, value)),
        4 => (text(), op()).prop_map(|((column, value), op)| Condition::Compare(column, op, value)),
        1 => (number(), op()).prop_map(|((column, value), op)| Condition::Turned(value, op, column)),
        2 => (number(), number(), any::<bool>())
            .prop_map(|((column, low), (_, high), not)| Condition::Between(column, not, low, high)),
        2 => (text(), prop::collection::vec(text(), 0..4), any::<bool>()).prop_map(|((column, value), more, not)| {
            Condition::In(column, not, std::iter::once(value).chain(more.into_iter().map(|(_, value)| value)).collect())
        }),
        1 => (number(), any::<bool>()).prop_map(|((column, value), not)| Condition::In(column, not, vec![value])),
        1 => (text(), select(vec!["%1%", "P%", "%n", "%fact%", "f1"])).prop_map(|((column, _), pattern)| Condition::Like(column, pattern.into())),
        1 => (column(), any::<bool>()).prop_map(|(column, not)| Condition::IsNull(column, not)),
        1 => select(vec![(Column::Layer, Column::Neuron), (Column::Score, Column::Share), (Column::Run, Column::Lang)])
            .prop_map(|(left, right)| Condition::Columns(left, right)),
    ];
    one.prop_recursive(2, 6, 2, |of| {
        prop_oneof![
            of.clone().prop_map(|of| Condition::Not(Box::new(of))),
            (of.clone(), select(vec!["AND", "OR"]), of).prop_map(|(left, op, right)| Condition::Both(
                Box::new(left),
                op,
                Box::new(right)
            )),
        ]
    })
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("KNDB_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn conditions_leave_the_rows_for_which_they_hold(conditions in prop::collection::vec(condition(), 0..4)) {
        let world = &*WORLD;
        prop_assume!(conditions.iter().all(|condition| condition.lists_of_relations() < 2));
        let all = conditions.iter().map(|of| format!("({of})")).collect::<Vec<_>>().join(" AND ");
        let text = format!("FROM scores{}{all}", if conditions.is_empty() { "" } else { " WHERE " });
        let holds = |row: &&Score| conditions.iter().all(|condition| condition.holds(row) == Some(true));
        let expected = sorted(world.scores.iter().filter(holds).cloned().collect());
        let found = sorted(scores(&world.sql, &format!("SELECT * {text}")));
        let differs = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        prop_assert!(found == expected, "{text}: {} rows, expected {}: {differs:?}", found.len(), expected.len());
        // Without columns, with some, and cut off.
        let count = crate::world::asked(&world.sql, &format!("SELECT count(*) {text}"));
        prop_assert_eq!(&count[0][0], &expected.len().to_string(), "{}", text);
        let mut facts = crate::world::asked(&world.sql, &format!("SELECT fact, layer {text}"));
        facts.sort();
        let mut wanted: Vec<Vec<String>> = expected.iter().map(|row| vec![row.fact.clone(), row.layer.to_string()]).collect();
        wanted.sort();
        prop_assert!(facts == wanted, "{text}: other facts and layers");
        let cut = crate::world::asked(&world.sql, &format!("SELECT rank {text} LIMIT 7"));
        prop_assert_eq!(cut.len(), expected.len().min(7), "{}", text);
    }
}
