//! Queries in parentheses, and what is counted of the facts that were asked: by the words of the documentation, on plain sets.

use super::choice::number;
use super::eval::{Reference, Refused};
use super::keys::{Naming, RowKey};
use super::rows::{Row, column, counts, rows_of, with_labels};
use super::sets::{ByFact, Pairs, Set, Where};
use super::similarity;
use super::table::Cell;
use kndb_query::{Dimension, Expr, Head, Query};
use kndb_storage::Shape;
use std::collections::{BTreeMap, BTreeSet};

impl Reference<'_> {
    /// The members of the rows of a query in parentheses, `model` being that of the neurons around it.
    pub fn members(&self, query: &Query, model: Option<&str>) -> Result<Set, Refused> {
        if let Head::Similarity { left, right, .. } = &query.head {
            return self.similar_facts(query, [left, right]);
        }
        let Head::Set(of) = &query.head else { return Err("`between` is no set".into()) };
        let dims: BTreeSet<&str> = query.by.iter().map(|dim| dim.dimension.word()).collect();
        let kind = match dims.into_iter().collect::<Vec<_>>().as_slice() {
            [] => None,
            ["fact"] => Some("facts"),
            ["neuron"] | ["layer", "neuron"] => Some("neurons"),
            ["fact", "neuron"] | ["fact", "layer", "neuron"] => Some("pairs"),
            other => return Err(format!("rows by {other:?} are no set")),
        };
        let (set, model) = match kind {
            // Facts are the same in every model.
            Some("facts") => self.set(of)?,
            _ => (self.within(of, model)?, model.map(str::to_owned)),
        };
        let shape = self.shape(model.as_deref());
        let (chosen, doubt) = rows_of(query, &set, shape, &self.naming())?;
        self.note(doubt);
        let asked = match &set {
            Set::Pairs(pairs) => pairs.asked.clone(),
            _ => None,
        };
        let width = shape.map_or(1, |shape| shape.width);
        let neuron = |key: &RowKey| key.layer.zip(key.unit).map(|(layer, unit)| layer * width + unit);
        let keys = || chosen.rows.iter().map(|row| &row.key);
        let kind = kind.unwrap_or(match &set {
            Set::Pairs(_) => "pairs",
            Set::Neurons(_) => "neurons",
            Set::Facts(_) => "facts",
            Set::Entries(_) | Set::Chosen(_) => "entries",
        });
        Ok(match kind {
            "entries" => Set::Chosen(keys().filter_map(|key| key.fact).collect()),
            "facts" => Set::Facts(keys().filter_map(|key| key.fact).collect()),
            "neurons" => Set::Neurons(keys().filter_map(neuron).collect()),
            _ => {
                let mut members = ByFact::new();
                for (fact, neuron) in keys().filter_map(|key| key.fact.zip(neuron(key))) {
                    members.entry(fact).or_default().insert(neuron);
                }
                // Facts that no row is left of were asked all the same.
                let attributed = match &set {
                    Set::Pairs(pairs) => pairs.attributed.clone(),
                    _ => members.keys().copied().collect(),
                };
                Set::Pairs(Box::new(Pairs { members, attributed, asked, ..Pairs::default() }))
            }
        })
    }
}

impl Reference<'_> {
    /// The facts of a similarity by fact.
    fn similar_facts(&self, query: &Query, [left, right]: [&Expr; 2]) -> Result<Set, Refused> {
        if query.by.len() != 1 || query.by[0].dimension != Dimension::Fact {
            return Err("a similarity that is not by fact is no set".into());
        }
        let ((l, of), (r, other)) = (self.set_beside(left, Some(right))?, self.set_beside(right, Some(left))?);
        let (Set::Pairs(l), Set::Pairs(r)) = (l, r) else { return Err("similar neurons are no facts".into()) };
        if of != other {
            return Err("several models".into());
        }
        let shape = self.shape(of.as_deref()).ok_or("no model")?;
        let (chosen, doubt) = similarity::of_pairs(query, [&l, &r], shape, &self.naming())?;
        self.note(doubt);
        Ok(Set::Facts(chosen.rows.iter().filter_map(|row| row.key.fact).collect()))
    }
}

/// Columns that clauses add by naming them, in their order.
pub fn extra_columns(query: &Query) -> Vec<&'static str> {
    let percent = query.having.iter().any(|having| number(having).percent && column(having.key) == "facts");
    let having = query.having.iter().map(|having| column(having.key));
    let named: BTreeSet<&str> = having.chain(query.order.iter().map(|order| column(order.key))).collect();
    let asked = percent || named.contains("asked") || named.contains("frequency");
    let mut extra = if asked { vec!["asked", "frequency"] } else { Vec::new() };
    extra.extend(["langs", "prompts", "runs"].into_iter().filter(|name| named.contains(name)));
    extra.extend(named.contains("score").then_some("score"));
    extra
}

/// What a row says of its facts and of where they were found, without its neurons.
fn without_neurons(key: &RowKey) -> RowKey {
    RowKey {
        fact: key.fact,
        relation: key.relation.clone(),
        subject: key.subject.clone(),
        object: key.object.clone(),
        lang: key.lang.clone(),
        prompt: key.prompt,
        run: key.run.clone(),
        ..RowKey::default()
    }
}

/// The facts that were asked, each where it was, as far as the rows tell that apart.
fn asked_at(query: &Query, pairs: &Pairs) -> Vec<(Option<Where>, usize)> {
    let of_source = [Dimension::Lang, Dimension::Prompt, Dimension::Run];
    if query.by.iter().any(|dim| of_source.contains(&dim.dimension)) {
        let entries = pairs.entries.iter().flatten();
        return entries.flat_map(|(slot, facts)| facts.iter().map(|&fact| (Some(slot.clone()), fact))).collect();
    }
    pairs.asked.iter().flatten().map(|&fact| (None, fact)).collect()
}

/// How many facts were asked, by what rows say of them.
pub fn asked_by_row(query: &Query, pairs: &Pairs, naming: &Naming) -> BTreeMap<RowKey, usize> {
    let mut asked: BTreeMap<RowKey, BTreeSet<usize>> = BTreeMap::new();
    for (slot, fact) in asked_at(query, pairs) {
        asked.entry(naming.project(query, fact, slot.as_ref(), None)).or_default().insert(fact);
    }
    asked.into_iter().map(|(key, facts)| (key, facts.len())).collect()
}

/// `asked` and `frequency`, and what a percentage of facts is one of.
pub fn add_asked(row: &mut Row, asked: &BTreeMap<RowKey, usize>) {
    let asked = asked.get(&without_neurons(&row.key)).copied().unwrap_or(0) as u64;
    let frequency = match &row.measures["facts"] {
        Cell::Integer(facts) if asked > 0 => Cell::Ratio(*facts as f64 / asked as f64),
        _ => Cell::Null,
    };
    row.of.insert("facts", asked);
    row.measures.insert("asked", Cell::Integer(asked));
    row.measures.insert("frequency", frequency);
}

/// In how many languages, prompts and runs the neuron of a row was found of its facts, and in how many these were asked.
pub fn add_places(row: &mut Row, query: &Query, pairs: &Pairs, shape: Shape, naming: &Naming) {
    let (Some(layer), Some(unit)) = (row.key.layer, row.key.unit) else { return };
    let (neuron, key) = (layer * shape.width + unit, without_neurons(&row.key));
    let of_row = |slot: &Where, fact: usize| naming.project(query, fact, Some(slot), None) == key;
    let found = pairs.found.iter().flatten();
    let found = found.filter(|(slot, facts)| facts.iter().any(|(&f, set)| set.contains(&neuron) && of_row(slot, f)));
    let found: Vec<&Where> = found.map(|(slot, _)| slot).collect();
    let asked = pairs.entries.iter().flatten();
    let asked: Vec<&Where> =
        asked.filter(|(slot, facts)| facts.iter().any(|&fact| of_row(slot, fact))).map(|(slot, _)| slot).collect();
    let distinct = |slots: &[&Where]| {
        let langs: BTreeSet<&String> = slots.iter().map(|slot| &slot.1).collect();
        let prompts: BTreeSet<u16> = slots.iter().map(|slot| slot.2).collect();
        let runs: BTreeSet<usize> = slots.iter().map(|slot| slot.0).collect();
        [("langs", langs.len() as u64), ("prompts", prompts.len() as u64), ("runs", runs.len() as u64)]
    };
    row.measures.extend(distinct(&found).map(|(name, count)| (name, Cell::Integer(count))));
    row.of.extend(distinct(&asked));
}

/// How many facts have how many neurons; facts without any are there.
pub fn by_size(query: &Query, pairs: &Pairs, parts: Vec<(Option<Where>, ByFact)>, naming: &Naming) -> Vec<Row> {
    let mut sets: BTreeMap<(RowKey, usize), BTreeSet<u32>> = BTreeMap::new();
    for (slot, fact) in asked_at(query, pairs) {
        sets.entry((naming.project(query, fact, slot.as_ref(), None), fact)).or_default();
    }
    for (slot, facts) in &parts {
        for (&fact, neurons) in facts {
            let key = naming.project(query, fact, slot.as_ref(), None);
            sets.entry((key, fact)).or_default().extend(neurons);
        }
    }
    let mut rows: BTreeMap<RowKey, Vec<(usize, BTreeSet<u32>)>> = BTreeMap::new();
    for ((mut key, fact), neurons) in sets {
        key.size = Some(neurons.len() as u32);
        rows.entry(key).or_default().push((fact, neurons));
    }
    let total = pairs.count();
    let rows = rows.into_iter().map(|(mut key, facts)| {
        let neurons: BTreeSet<u32> = facts.iter().flat_map(|(_, set)| set).copied().collect();
        let pairs = facts.iter().map(|(_, set)| set.len()).sum();
        key.sample = facts.iter().map(|(fact, _)| *fact).min();
        Row { key, measures: counts(pairs, facts.len(), neurons.len(), total), of: BTreeMap::new() }
    });
    with_labels(rows.collect(), naming)
}
