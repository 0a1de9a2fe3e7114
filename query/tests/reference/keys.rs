//! What a row is about: its dimensions, their order and their names.

use super::sets::Where;
use super::table::Cell;
use super::world::{World, place};
use kndb_query::{ConditionKey, Dimension, Expr, ExprKind, Head, Query, Settings, Statement, Test};
use kndb_storage::Shape;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What tells subjects (objects) apart: their language-independent id, or else their label.
pub type Identity = Option<(bool, String)>;

/// A language, relation or run, or a prompt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Text(String),
    Number(u16),
}

impl Part {
    fn cell(&self) -> Cell {
        match self {
            Self::Text(text) => Cell::Text(text.clone()),
            Self::Number(number) => Cell::Integer(u64::from(*number)),
        }
    }
}

/// The dimensions of a row; `None` for those that were not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// The two that `between` compares.
    pub between: Vec<Part>,
    pub fact: Option<usize>,
    pub relation: Option<Option<String>>,
    pub subject: Option<Identity>,
    pub object: Option<Identity>,
    pub lang: Option<String>,
    pub prompt: Option<u16>,
    pub run: Option<String>,
    pub layer: Option<u32>,
    pub unit: Option<u32>,
    pub group: Option<Vec<u32>>,
    pub size: Option<u32>,
    pub correct: Option<Option<bool>>,
    pub tokens: Option<Option<u16>>,
    pub answer: Option<Option<String>>,
    /// The rest is set once the rows are known: how they are called.
    pub group_name: Option<String>,
    pub sample: Option<usize>,
    pub labels: (Option<String>, Option<String>),
}

impl RowKey {
    /// The dimensions of the fact.
    pub fn of_fact(&self) -> (Option<usize>, Option<Option<String>>, Option<Identity>, Option<Identity>) {
        (self.fact, self.relation.clone(), self.subject.clone(), self.object.clone())
    }
}

/// Names facts in the language of a statement.
pub struct Naming<'w> {
    pub world: &'w World,
    pub language: Option<String>,
}

impl Naming<'_> {
    /// Labels in the language asked for, else in English, else in any.
    fn labels(&self, fact: usize) -> Option<&(String, String)> {
        let labels = &self.world.facts[fact].labels;
        let first = self.language.iter().map(String::as_str).chain(["en"]);
        let any = self.world.languages.iter().map(String::as_str);
        first.chain(any).find_map(|language| labels.get(language))
    }

    /// The key of a row about a fact.
    pub fn key(&self, fact: usize) -> RowKey {
        let relation = Some(self.world.facts[fact].relation.clone());
        let mut key = RowKey { fact: Some(fact), relation, sample: Some(fact), ..RowKey::default() };
        self.label(&mut key);
        key
    }

    /// Labels as those of the sample.
    pub fn label(&self, key: &mut RowKey) {
        if let Some((subject, object)) = key.sample.and_then(|fact| self.labels(fact)) {
            key.labels = (Some(subject.clone()), Some(object.clone()));
        }
    }

    fn identity(&self, fact: usize, subject: bool) -> Identity {
        let of = &self.world.facts[fact];
        let uri = if subject { &of.subject_uri } else { &of.object_uri };
        let label = || self.labels(fact).map(|(s, o)| (false, if subject { s } else { o }.clone()));
        uri.clone().map(|uri| (true, uri)).or_else(label)
    }

    /// The dimensions a query asks for; those of groups are set by who knows them.
    pub fn project(&self, query: &Query, fact: usize, slot: Option<&Where>, neuron: Option<(u32, Shape)>) -> RowKey {
        let mut key = RowKey::default();
        let split = neuron.map(|(neuron, shape)| place(neuron, shape));
        for dim in &query.by {
            match dim.dimension {
                Dimension::Fact => key.fact = Some(fact),
                Dimension::Relation => key.relation = Some(self.world.facts[fact].relation.clone()),
                Dimension::Subject => key.subject = Some(self.identity(fact, true)),
                Dimension::Object => key.object = Some(self.identity(fact, false)),
                Dimension::Lang => key.lang = slot.map(|slot| slot.1.clone()),
                Dimension::Prompt => key.prompt = slot.map(|slot| slot.2),
                Dimension::Run => key.run = slot.map(|slot| self.world.runs[slot.0].name.clone()),
                Dimension::Layer => key.layer = split.map(|(layer, _)| layer),
                Dimension::Neuron => (key.layer, key.unit) = split.unzip(),
                // Set by who knows them.
                Dimension::Group | Dimension::Size | Dimension::Correct | Dimension::Tokens | Dimension::Answer => {}
                // The units of the worlds' runs are neurons: `tests/roles.rs`.
                Dimension::Role => {}
            }
        }
        key
    }

    pub fn cell(&self, key: &RowKey, column: &str) -> Cell {
        let number = |number: Option<u32>| number.map_or(Cell::Null, |number| Cell::Integer(u64::from(number)));
        match (column, key.between.as_slice()) {
            ("lang" | "prompt" | "run", [part, _]) => return part.cell(),
            ("relation", [part, _]) if key.relation.is_none() => return part.cell(),
            ("other_lang" | "other_prompt" | "other_run" | "other_relation", [_, part]) => return part.cell(),
            _ => {}
        }
        match column {
            "fact" => Cell::text(key.fact.map(|fact| self.world.facts[fact].id.clone())),
            "relation" => Cell::text(key.relation.clone().flatten()),
            "subject" => Cell::text(key.labels.0.clone()),
            "object" => Cell::text(key.labels.1.clone()),
            "lang" => Cell::text(key.lang.clone()),
            "prompt" => number(key.prompt.map(u32::from)),
            "run" => Cell::text(key.run.clone()),
            "layer" => number(key.layer),
            "neuron" => number(key.unit),
            "size" => number(key.size),
            "correct" => Cell::text(key.correct.flatten().map(|correct| if correct { "yes" } else { "no" })),
            "tokens" => number(key.tokens.flatten().map(u32::from)),
            "answer" => Cell::text(key.answer.clone().flatten()),
            "group" => Cell::text(key.group_name.clone()),
            other => panic!("no column {other}"),
        }
    }
}

/// Dimensions ascending, in their order; subjects of one name as their facts.
pub fn compare_keys(a: &RowKey, b: &RowKey, dims: &[Dimension]) -> Ordering {
    a.between.cmp(&b.between).then(compare_dims(a, b, dims)).then(a.sample.cmp(&b.sample))
}

/// By dimensions alone.
pub fn compare_dims(a: &RowKey, b: &RowKey, dims: &[Dimension]) -> Ordering {
    let compared = dims.iter().map(|dimension| match dimension {
        Dimension::Fact => a.fact.cmp(&b.fact),
        Dimension::Relation => a.relation.cmp(&b.relation),
        Dimension::Subject => a.labels.0.cmp(&b.labels.0),
        Dimension::Object => a.labels.1.cmp(&b.labels.1),
        Dimension::Lang => a.lang.cmp(&b.lang),
        Dimension::Prompt => a.prompt.cmp(&b.prompt),
        Dimension::Run => a.run.cmp(&b.run),
        Dimension::Layer => a.layer.cmp(&b.layer),
        Dimension::Neuron => (a.layer, a.unit).cmp(&(b.layer, b.unit)),
        Dimension::Role => Ordering::Equal,
        Dimension::Group => a.group.cmp(&b.group),
        Dimension::Size => a.size.cmp(&b.size),
        Dimension::Correct => a.correct.cmp(&b.correct),
        Dimension::Tokens => a.tokens.cmp(&b.tokens),
        Dimension::Answer => a.answer.cmp(&b.answer),
    });
    compared.into_iter().find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// Languages that are asked for by name.
pub fn named_languages(expr: &Expr, names: &mut BTreeSet<String>) {
    if let ExprKind::Source(source) = &expr.kind
        && let Some(Test::Names(texts)) = source.condition(ConditionKey::Lang).map(|c| &c.test)
    {
        names.extend(texts.iter().map(|text| text.text.clone()));
    }
    expr.parts().for_each(|part| named_languages(part, names));
}

/// The language of labels: the session's, if the store has it, else the one that a statement names.
pub fn label_language(statement: &Statement, settings: &Settings, world: &World) -> Option<String> {
    if let Some(chosen) = settings.language.as_ref().filter(|chosen| world.languages.contains(chosen)) {
        return Some(chosen.clone());
    }
    let mut names = BTreeSet::new();
    match statement {
        Statement::Let { set, .. } => named_languages(set, &mut names),
        Statement::Query(query) | Statement::Explain { query, .. } => match &query.head {
            Head::Set(expr) | Head::Between { set: expr, .. } => named_languages(expr, &mut names),
            Head::Similarity { left, right, .. } => {
                named_languages(left, &mut names);
                named_languages(right, &mut names);
            }
        },
        Statement::Drop { .. } | Statement::Attach { .. } | Statement::Detach { .. } => {}
    }
    names.first().filter(|_| names.len() == 1).cloned()
}
