//! Queries → tables: listings, counts by dimensions, similarities.

use super::against;
use super::choice::{asks_for_none, compare_cells, in_order, number, satisfies};
use super::eval::{Reference, Refused};
use super::floor::Doubt;
use super::keys::{Naming, RowKey, compare_dims, compare_keys};
use super::pair_scores;
use super::parentheses::{add_asked, add_places, asked_by_row, by_size, extra_columns};
use super::said::rows_of_entries;
use super::sets::{ByFact, GroupsByFact, Pairs, Set, Where};
use super::similarity;
use super::table::{Cell, Table};
use super::world::place;
use kndb_query::{Dimension, Head, Key, Query};
use kndb_storage::Shape;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// A row before it is shown: its dimensions and its measures.
pub struct Row {
    pub key: RowKey,
    pub measures: BTreeMap<&'static str, Cell>,
    /// Of how many a percentage of a measure is one.
    pub of: BTreeMap<&'static str, u64>,
}

/// The answer to a query.
pub struct Answer {
    pub table: Table,
    /// Whether the store may, or must, refuse it.
    pub doubt: Doubt,
}

/// A dimension or measure by which rows can be ordered and compared.
pub fn column(key: Key) -> &'static str {
    key.word()
}

impl Reference<'_> {
    pub fn answer(&self, query: &Query) -> Result<Answer, Refused> {
        if let Some(answer) = self.answered_there(query) {
            return answer;
        }
        if query.chance.is_some() && !matches!(query.head, Head::Set(_)) {
            return Err("a similarity against chance".into());
        }
        let naming = self.naming();
        let (chosen, mut doubt) = match &query.head {
            Head::Set(expr) => {
                let (set, model) = self.set(expr)?;
                rows_of(query, &set, self.shape(model.as_deref()), &naming)?
            }
            Head::Similarity { left, right, .. } => {
                let ((left, l), (right, r)) =
                    (self.set_beside(left, Some(right))?, self.set_beside(right, Some(left))?);
                if l != r {
                    return Err("several models".into());
                }
                let shape = self.shape(l.as_deref()).ok_or("no model")?;
                match (left, right) {
                    (Set::Pairs(left), Set::Pairs(right)) => {
                        similarity::of_pairs(query, [&left, &right], shape, &naming)?
                    }
                    (Set::Neurons(left), Set::Neurons(right)) => {
                        (similarity::of_neurons(query, [&left, &right], shape, &naming)?, Doubt::default())
                    }
                    _ => return Err("`similarity` takes two sets of pairs, or of neurons".into()),
                }
            }
            Head::Between { set, dim, .. } => {
                let (set, model) = self.set(set)?;
                let Set::Pairs(pairs) = set else { return Err("`between` takes pairs".into()) };
                let shape = self.shape(model.as_deref()).ok_or("no model")?;
                similarity::between(query, &pairs, dim.dimension, shape, &naming)?
            }
        };
        doubt = doubt.or(self.doubt.get());
        Ok(Answer { table: chosen.table(&naming), doubt })
    }

    pub fn naming(&self) -> Naming<'_> {
        Naming { world: self.named, language: self.labels.clone() }
    }
}

/// The rows of a query about a set, in their order.
pub fn rows_of(query: &Query, set: &Set, shape: Option<Shape>, naming: &Naming) -> Result<(Chosen, Doubt), Refused> {
    let shape = shape.unwrap_or(Shape { layers: 1, width: 1 });
    Ok(match set {
        Set::Pairs(pairs) if query.by.is_empty() => listing(query, pairs, shape, naming)?,
        Set::Pairs(pairs) => (grouped(query, pairs, shape, naming)?, pairs.all_doubts()),
        Set::Entries(entries) => (rows_of_entries(query, entries, naming)?, Doubt::default()),
        Set::Chosen(_) => return Err("rows of entries are not listed again".into()),
        Set::Facts(_) | Set::Neurons(_) if query.chance.is_some() => return Err("against chance".into()),
        Set::Facts(facts) => (of_facts(query, facts, naming)?, Doubt::default()),
        Set::Neurons(neurons) => (of_neurons(query, neurons, shape, naming)?, Doubt::default()),
    })
}

/// The rows of a result and the columns that are shown of them.
pub struct Chosen {
    columns: Vec<&'static str>,
    pub rows: Vec<Row>,
}

impl Chosen {
    fn table(&self, naming: &Naming) -> Table {
        let shown = self.rows.iter().map(|row| self.columns.iter().map(|name| cell(row, name, naming)).collect());
        Table { columns: self.columns.iter().map(|&name| name.to_owned()).collect(), rows: shown.collect() }
    }
}

fn listing(query: &Query, pairs: &Pairs, shape: Shape, naming: &Naming) -> Result<(Chosen, Doubt), Refused> {
    let mut dims = vec!["fact", "relation", "subject", "object", "layer", "neuron"];
    let scored = pairs.scores.is_some();
    let rows = pairs.members.iter().flat_map(|(&fact, neurons)| neurons.iter().map(move |&neuron| (fact, neuron)));
    let rows = rows.map(|(fact, neuron)| {
        let score = pairs.scores.as_ref().and_then(|scores| scores.get(&(fact, neuron)));
        let (layer, unit) = place(neuron, shape);
        let key = RowKey { layer: Some(layer), unit: Some(unit), ..naming.key(fact) };
        let measures = BTreeMap::from([("score", score.map_or(Cell::Null, |score| Cell::Score(*score)))]);
        Row { key, measures, of: BTreeMap::new() }
    });
    let rows = rows.collect();
    let mut doubt = pairs.all_doubts();
    let whole = query.top.as_ref().is_some_and(|top| top.per.is_empty());
    if whole && query.order.is_empty() && !scored {
        // The first rows are found without looking at all facts.
        doubt.must = false;
    }
    let best_first = query.top.is_some() && scored;
    if scored {
        dims.push("score");
    }
    Ok((listed(query, &dims, rows, best_first.then_some("score"), naming)?, doubt))
}

/// A query without `by`: one row a member, in the order of facts and neurons.
fn listed(
    query: &Query,
    columns: &[&'static str],
    rows: Vec<Row>,
    top_by: Option<&'static str>,
    naming: &Naming,
) -> Result<Chosen, Refused> {
    if !query.having.is_empty() {
        return Err("`having` without `by`".into());
    }
    let dims = [Dimension::Fact, Dimension::Layer, Dimension::Neuron];
    finish(query, columns, &dims, rows, top_by, naming)
}

fn of_facts(query: &Query, facts: &BTreeSet<usize>, naming: &Naming) -> Result<Chosen, Refused> {
    if query.by.is_empty() {
        let rows =
            facts.iter().map(|&fact| Row { key: naming.key(fact), measures: BTreeMap::new(), of: BTreeMap::new() });
        return listed(query, &["fact", "relation", "subject", "object"], rows.collect(), None, naming);
    }
    let one = BTreeSet::from([0]);
    let members: ByFact = facts.iter().map(|&fact| (fact, one.clone())).collect();
    let allowed = [Dimension::Fact, Dimension::Relation, Dimension::Subject, Dimension::Object];
    let shape = Shape { layers: 1, width: 1 };
    let measures = ["facts", "share"];
    let rows = counted(query, &allowed, &measures, vec![(None, members)], facts.len(), shape, naming)?;
    finish_counted(query, &measures, rows, naming)
}

fn of_neurons(query: &Query, neurons: &BTreeSet<u32>, shape: Shape, naming: &Naming) -> Result<Chosen, Refused> {
    if query.by.is_empty() {
        let row = |&neuron: &u32| {
            let (layer, unit) = place(neuron, shape);
            let key = RowKey { layer: Some(layer), unit: Some(unit), ..RowKey::default() };
            Row { key, measures: BTreeMap::new(), of: BTreeMap::new() }
        };
        return listed(query, &["layer", "neuron"], neurons.iter().map(row).collect(), None, naming);
    }
    let members = if neurons.is_empty() { ByFact::new() } else { ByFact::from([(0, neurons.clone())]) };
    let allowed = [Dimension::Layer, Dimension::Neuron];
    let measures = ["neurons", "share"];
    let rows = counted(query, &allowed, &measures, vec![(None, members)], neurons.len(), shape, naming)?;
    finish_counted(query, &measures, rows, naming)
}

fn grouped(query: &Query, pairs: &Pairs, shape: Shape, naming: &Naming) -> Result<Chosen, Refused> {
    let has = |dimension| query.by.iter().any(|dim| dim.dimension == dimension);
    let of_source = has(Dimension::Lang) || has(Dimension::Prompt) || has(Dimension::Run);
    let extra = extra_columns(query);
    let measures = [&["pairs", "facts", "neurons", "share"], &extra[..]].concat();
    let asks = extra.contains(&"asked") || has(Dimension::Size);
    let known = pairs.asked.is_some() && (!of_source || pairs.entries.is_some());
    if asks && !known {
        return Err("nobody knows what was asked".into());
    }
    let places = extra.iter().any(|name| ["langs", "prompts", "runs"].contains(name));
    if places && !has(Dimension::Neuron) {
        return Err("rows of several neurons".into());
    }
    if places && pairs.found.is_none() {
        return Err("the set does not know its languages".into());
    }
    let scored = extra.contains(&"score");
    if scored {
        pair_scores::check(query, pairs, naming)?;
    }
    let asked = if asks { asked_by_row(query, pairs, naming) } else { BTreeMap::new() };
    if query.chance.is_some() {
        against::check(query)?;
        let parts = vec![(None, pairs.members.clone())];
        let mut rows = counted(query, &of_pairs(), &measures, parts, pairs.count(), shape, naming)?;
        against::add(&mut rows, &pairs.members, shape);
        for row in &mut rows {
            add_asked(row, &asked);
            if places {
                add_places(row, query, pairs, shape, naming);
            }
        }
        let measures = [&["pairs", "facts", "neurons", "share", "p_chance", "fdr"], &extra[..]].concat();
        return finish_counted(query, &measures, rows, naming);
    }
    if has(Dimension::Group) {
        let groups = pairs.groups.as_ref().ok_or("`by group` needs `dkn`")?;
        if has(Dimension::Layer) || has(Dimension::Neuron) || has(Dimension::Size) {
            return Err("groups cannot be split".into());
        }
        let mut rows = by_group(query, pairs.count(), groups, shape, naming);
        rows.iter_mut().for_each(|row| add_asked(row, &asked));
        let measures = [&["pairs", "facts", "neurons", "share", "p", "p_alone", "p_all"], &extra[..]].concat();
        return finish_counted(query, &measures, rows, naming);
    }
    let parts: Vec<(Option<Where>, ByFact)> = if of_source {
        let found = pairs.found.clone().ok_or("the set does not know its languages")?;
        found.into_iter().map(|(slot, facts)| (Some(slot), facts)).collect()
    } else {
        vec![(None, pairs.members.clone())]
    };
    let mut rows = if has(Dimension::Size) {
        if has(Dimension::Layer) || has(Dimension::Neuron) {
            return Err("a size is one of the whole set".into());
        }
        by_size(query, pairs, parts, naming)
    } else {
        counted(query, &of_pairs(), &measures, parts, pairs.count(), shape, naming)?
    };
    for row in &mut rows {
        add_asked(row, &asked);
        if places {
            add_places(row, query, pairs, shape, naming);
        }
        if scored {
            pair_scores::add(row, query, pairs, shape, naming);
        }
    }
    finish_counted(query, &measures, rows, naming)
}

/// Distinct pairs, facts and neurons for every combination of dimensions.
fn counted(
    query: &Query,
    allowed: &[Dimension],
    measures: &[&'static str],
    parts: Vec<(Option<Where>, ByFact)>,
    total: usize,
    shape: Shape,
    naming: &Naming,
) -> Result<Vec<Row>, Refused> {
    if query.by.iter().any(|dim| !allowed.contains(&dim.dimension)) {
        return Err("a dimension that the set does not have".into());
    }
    let mut groups: BTreeMap<RowKey, BTreeSet<(usize, u32)>> = BTreeMap::new();
    for (slot, facts) in &parts {
        for (&fact, neurons) in facts {
            for &neuron in neurons {
                let key = naming.project(query, fact, slot.as_ref(), Some((neuron, shape)));
                groups.entry(key).or_default().insert((fact, neuron));
            }
        }
    }
    let rows = groups.into_iter().map(|(mut key, pairs)| {
        let facts: BTreeSet<usize> = pairs.iter().map(|&(fact, _)| fact).collect();
        let neurons: BTreeSet<u32> = pairs.iter().map(|&(_, neuron)| neuron).collect();
        // The members of a set of facts, or of neurons, are its pairs.
        key.sample = facts.first().copied().filter(|_| allowed.contains(&Dimension::Fact));
        Row {
            key,
            measures: counts(
                pairs.len(),
                facts.len(),
                if measures.contains(&"pairs") { neurons.len() } else { pairs.len() },
                total,
            ),
            of: BTreeMap::new(),
        }
    });
    Ok(with_labels(rows.collect(), naming))
}

pub fn counts(pairs: usize, facts: usize, neurons: usize, total: usize) -> BTreeMap<&'static str, Cell> {
    BTreeMap::from([
        ("pairs", Cell::Integer(pairs as u64)),
        ("facts", Cell::Integer(facts as u64)),
        ("neurons", Cell::Integer(neurons as u64)),
        ("share", Cell::Ratio(if total == 0 { 0.0 } else { pairs as f64 / total as f64 })),
    ])
}

/// A subject is called as its first fact in the result calls it.
pub fn with_labels(mut rows: Vec<Row>, naming: &Naming) -> Vec<Row> {
    let mut first: BTreeMap<_, usize> = BTreeMap::new();
    for row in &rows {
        if let Some(sample) = row.key.sample {
            let known = first.entry(row.key.of_fact()).or_insert(sample);
            *known = sample.min(*known);
        }
    }
    for row in &mut rows {
        row.key.sample = first.get(&row.key.of_fact()).copied();
        naming.label(&mut row.key);
    }
    rows
}

fn by_group(
    query: &Query,
    total: usize,
    groups: &BTreeMap<Where, GroupsByFact>,
    shape: Shape,
    naming: &Naming,
) -> Vec<Row> {
    let mut found: BTreeMap<RowKey, BTreeMap<usize, Vec<[f64; 3]>>> = BTreeMap::new();
    for (slot, facts) in groups {
        for (&fact, list) in facts {
            for group in list {
                let mut key = naming.project(query, fact, Some(slot), None);
                key.group = Some(group.neurons.iter().copied().collect());
                found.entry(key).or_default().entry(fact).or_default().extend(group.evidence);
            }
        }
    }
    let rows = found.into_iter().map(|(mut key, facts)| {
        let neurons = key.group.as_ref().map_or(0, Vec::len);
        key.sample = facts.keys().next().copied();
        key.group_name = key.group.as_ref().map(|group| {
            let name = |&neuron: &u32| format!("{}:{}", place(neuron, shape).0, place(neuron, shape).1);
            group.iter().map(name).collect::<Vec<_>>().join(", ")
        });
        let mut measures = counts(facts.len() * neurons, facts.len(), neurons, total);
        // Of each fact first, then of those that were measured at all.
        let of_facts: Vec<[f64; 3]> = facts.into_values().filter_map(mean).collect();
        let evidence = mean(of_facts);
        for (at, name) in ["p", "p_alone", "p_all"].into_iter().enumerate() {
            measures.insert(name, evidence.map_or(Cell::Null, |means| Cell::Ratio(means[at])));
        }
        Row { key, measures, of: BTreeMap::new() }
    });
    with_labels(rows.collect(), naming)
}

/// The mean of each of three numbers.
fn mean(values: Vec<[f64; 3]>) -> Option<[f64; 3]> {
    let count = values.len() as f64;
    let sum = |at: usize| values.iter().map(|value| value[at]).sum::<f64>();
    (!values.is_empty()).then(|| [0, 1, 2].map(|at| sum(at) / count))
}

/// The columns of a counted result; `top` alone takes the rows with most of the first measure.
pub fn finish_counted(
    query: &Query,
    measures: &[&'static str],
    rows: Vec<Row>,
    naming: &Naming,
) -> Result<Chosen, Refused> {
    let dims: Vec<Dimension> = query.by.iter().map(|dim| dim.dimension).collect();
    let mut columns = match &query.head {
        Head::Between { dim, .. } => similarity::columns(dim.dimension),
        Head::Set(_) | Head::Similarity { .. } => Vec::new(),
    };
    for dimension in &dims {
        if *dimension == Dimension::Neuron && !dims.contains(&Dimension::Layer) {
            columns.push("layer");
        }
        columns.push(dimension.word());
    }
    columns.extend(measures);
    let top_by = query.top.as_ref().map(|_| measures[0]);
    finish(query, &columns, &dims, rows, top_by, naming)
}

/// `having`, `order by`, `top`, and the values of the columns.
pub fn finish(
    query: &Query,
    columns: &[&'static str],
    dims: &[Dimension],
    mut rows: Vec<Row>,
    top_by: Option<&'static str>,
    naming: &Naming,
) -> Result<Chosen, Refused> {
    let keys = query.having.iter().map(|having| having.key).chain(query.order.iter().map(|order| order.key));
    if let Some(key) = keys.into_iter().find(|key| !columns.contains(&column(*key))) {
        return Err(format!("no column {key}"));
    }
    if query.having.iter().any(|having| having.key == Key::Dimension(Dimension::Group)) {
        return Err("a group is no number".into());
    }
    let similarity = !matches!(query.head, Head::Set(_));
    let sized = query.by.iter().any(|dim| dim.dimension == Dimension::Size);
    if !similarity && !sized && query.having.iter().any(asks_for_none) {
        return Err("what has none has no row".into());
    }
    if query.having.iter().any(|having| number(having).percent) && !columns.contains(&"pairs") {
        return Err("a percentage of what nobody was asked".into());
    }
    rows.retain(|row| query.having.iter().all(|having| satisfies(row, having, naming)));
    rows.sort_by(|a, b| {
        let ordered = query.order.iter().map(|order| in_order(a, b, order, naming));
        let best = top_by.filter(|_| query.order.is_empty()).map(|m| compare_cells(&b.measures[m], &a.measures[m]));
        let first = ordered.chain(best).find(|compared| *compared != Ordering::Equal);
        first.unwrap_or_else(|| compare_keys(&a.key, &b.key, dims))
    });
    if let Some(top) = query.top.as_ref().filter(|top| !top.per.is_empty()) {
        let per: Vec<Dimension> = top.per.iter().map(|dim| dim.dimension).collect();
        if let Some(dim) = per.iter().find(|dim| !columns.contains(&dim.word())) {
            return Err(format!("no column {dim} for `per`"));
        }
        let count = top.count.value().expect("a number");
        let mut left: Vec<Row> = Vec::new();
        for row in rows {
            let same = |other: &&Row| compare_dims(&row.key, &other.key, &per) == Ordering::Equal;
            if (left.iter().filter(same).count() as u64) < count {
                left.push(row);
            }
        }
        return Ok(Chosen { columns: columns.to_vec(), rows: left });
    }
    rows.truncate(
        query
            .top
            .as_ref()
            .map_or(usize::MAX, |top| usize::try_from(top.count.value().expect("a number")).unwrap_or(usize::MAX)),
    );
    Ok(Chosen { columns: columns.to_vec(), rows })
}

pub fn cell(row: &Row, column: &str, naming: &Naming) -> Cell {
    row.measures.get(column).cloned().unwrap_or_else(|| naming.cell(&row.key, column))
}

/// What a set of pairs can be split by.
fn of_pairs() -> Vec<Dimension> {
    use Dimension::{Answer, Correct, Role, Tokens};
    Dimension::ALL.iter().copied().filter(|dimension| !matches!(dimension, Correct | Tokens | Answer | Role)).collect()
}
