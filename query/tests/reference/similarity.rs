//! Similarities by their definition, and what chance gives: fact by fact, every neuron drawn, every other fact met.

use super::eval::Refused;
use super::floor::Doubt;
use super::keys::{Naming, Part, RowKey};
use super::rows::{Chosen, Row, finish_counted, with_labels};
use super::sets::Pairs;
use super::table::Cell;
use super::world::place;
use kndb_query::{Dimension, Query};
use kndb_storage::Shape;
use std::collections::{BTreeMap, BTreeSet};

type Neurons = BTreeSet<u32>;

/// What is gathered for a row.
#[derive(Default)]
struct Gathered {
    indices: Vec<f64>,
    expected: Vec<f64>,
    /// Sizes of the two sets in a layer, of every fact.
    draws: Vec<[usize; 2]>,
    shared: usize,
    others: Vec<f64>,
    unpaired: u64,
    first: usize,
    neurons: usize,
}

pub fn columns(between: Dimension) -> Vec<&'static str> {
    match between {
        Dimension::Lang => vec!["lang", "other_lang"],
        Dimension::Relation => vec!["relation", "other_relation"],
        Dimension::Run => vec!["run", "other_run"],
        _ => vec!["prompt", "other_prompt"],
    }
}

/// Two sets of pairs.
pub fn of_pairs(
    query: &Query,
    [left, right]: [&Pairs; 2],
    shape: Shape,
    naming: &Naming,
) -> Result<(Chosen, Doubt), Refused> {
    let mut rows = BTreeMap::new();
    gather(query, &[], [left, right], shape, naming, &mut rows)?;
    let both = left.attributed.intersection(&right.attributed);
    let doubt = both.fold(Doubt::default(), |all, &fact| all.or(left.doubt(fact)).or(right.doubt(fact)));
    Ok((table(query, rows, shape.width, naming)?, doubt))
}

/// Each two parts of one set.
pub fn between(
    query: &Query,
    pairs: &Pairs,
    dimension: Dimension,
    shape: Shape,
    naming: &Naming,
) -> Result<(Chosen, Doubt), Refused> {
    if dimension == Dimension::Relation {
        return Ok((between_relations(query, pairs, shape, naming)?, pairs.all_doubts()));
    }
    let found = pairs.found.as_ref().ok_or("the set does not know its parts")?;
    let mut parts: BTreeMap<Part, Pairs> = BTreeMap::new();
    for ((run, language, prompt), facts) in found {
        let part = match dimension {
            Dimension::Lang => Part::Text(language.clone()),
            Dimension::Run => Part::Text(naming.world.runs[*run].name.clone()),
            _ => Part::Number(*prompt),
        };
        let part = parts.entry(part).or_default();
        for (&fact, neurons) in facts {
            part.attributed.insert(fact);
            part.members.entry(fact).or_default().extend(neurons);
        }
    }
    let mut rows = BTreeMap::new();
    let parts: Vec<(Part, Pairs)> = parts.into_iter().collect();
    for (at, (a, left)) in parts.iter().enumerate() {
        for (b, right) in &parts[at + 1..] {
            gather(query, &[a.clone(), b.clone()], [left, right], shape, naming, &mut rows)?;
        }
    }
    // Facts that only one part has are never looked at.
    let doubt = Doubt { must: false, ..pairs.all_doubts() };
    Ok((table(query, rows, shape.width, naming)?, doubt))
}

fn gather(
    query: &Query,
    between: &[Part],
    sides: [&Pairs; 2],
    shape: Shape,
    naming: &Naming,
    rows: &mut BTreeMap<RowKey, Gathered>,
) -> Result<(), Refused> {
    use Dimension::{Fact, Layer, Object, Relation, Subject};
    if query.by.iter().any(|dim| ![Fact, Relation, Subject, Object, Layer].contains(&dim.dimension)) {
        return Err("a dimension that a similarity does not have".into());
    }
    let [left, right] = sides;
    let by_layer = query.by.iter().any(|dim| dim.dimension == Layer);
    let both: BTreeSet<usize> = &left.attributed & &right.attributed;
    let mut relations: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &fact in &both {
        if let Some(relation) = &naming.world.facts[fact].relation {
            relations.entry(relation).or_default().push(fact);
        }
    }
    for fact in &left.attributed | &right.attributed {
        let mut key = RowKey { between: between.to_vec(), ..naming.project(query, fact, None, None) };
        let new = || Gathered { first: fact, ..Gathered::default() };
        if !both.contains(&fact) {
            if !by_layer {
                rows.entry(key).or_insert_with(new).unpaired += 1;
            }
            continue;
        }
        let (a, b) = (left.of(fact), right.of(fact));
        let layers: BTreeSet<Option<u32>> = match by_layer {
            true => a.union(&b).map(|&neuron| Some(place(neuron, shape).0)).collect(),
            false => BTreeSet::from([None]),
        };
        let relation = naming.world.facts[fact].relation.as_deref();
        let others = relation.map_or_else(Vec::new, |relation| partners(fact, &relations[relation]));
        let others: Vec<Neurons> = others.into_iter().map(|other| right.of(other)).collect();
        for layer in layers {
            key.layer = layer;
            let row = rows.entry(key.clone()).or_insert_with(new);
            let of = |set: &Neurons| within(set, layer, shape);
            let Some(index) = index(&of(&a), &of(&b)) else { continue };
            row.indices.push(index);
            draw(row, [&of(&a), &of(&b)], shape);
            let own = of(&a);
            let met: Vec<f64> = others.iter().filter_map(|other| self::index(&own, &of(other))).collect();
            row.others.extend(mean(&met));
        }
    }
    if query.by.is_empty() {
        rows.entry(RowKey { between: between.to_vec(), ..RowKey::default() }).or_default();
    }
    Ok(())
}

/// All others; of more than 64, the 16 that come next in the circle of the documentation.
fn partners(fact: usize, relation: &[usize]) -> Vec<usize> {
    if relation.len() <= 64 {
        return relation.iter().copied().filter(|&other| other != fact).collect();
    }
    let circle: Vec<usize> = kndb_chance::circle(relation.len(), 1).into_iter().map(|at| relation[at]).collect();
    let place = circle.iter().position(|&other| other == fact).expect("a fact of the relation");
    circle.iter().cycle().skip(place + 1).take(16).copied().collect()
}

fn within(set: &Neurons, layer: Option<u32>, shape: Shape) -> Neurons {
    set.iter().copied().filter(|&neuron| layer.is_none_or(|layer| place(neuron, shape).0 == layer)).collect()
}

fn index(a: &Neurons, b: &Neurons) -> Option<f64> {
    let all = a.union(b).count();
    (all > 0).then(|| a.intersection(b).count() as f64 / all as f64)
}

/// What chance makes of two sets of these sizes in each layer.
fn draw(row: &mut Gathered, [a, b]: [&Neurons; 2], shape: Shape) {
    let layers: BTreeSet<u32> = a.union(b).map(|&neuron| place(neuron, shape).0).collect();
    let mut chance = 0.0;
    for layer in layers {
        let mut sizes = [a, b].map(|set| within(set, Some(layer), shape).len());
        sizes.sort_unstable();
        chance += sizes[0] as f64 * sizes[1] as f64 / f64::from(shape.width);
        row.draws.push(sizes);
    }
    row.shared += a.intersection(b).count();
    row.expected.push(chance / ((a.len() + b.len()) as f64 - chance));
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// How likely it is that all draws together share so many.
fn tail(draws: &[[usize; 2]], shared: usize, width: u32) -> f64 {
    let mut draws = draws.to_vec();
    draws.sort_unstable();
    let (mut certain, mut sum) = (0, vec![1.0]);
    for [size, other] in draws {
        let one = overlap(size, other, width as usize);
        match one.iter().position(|&p| p == 1.0) {
            Some(number) => certain += number,
            None => {
                let mut next = vec![0.0; sum.len() + one.len() - 1];
                for (at, p) in sum.iter().enumerate() {
                    one.iter().enumerate().for_each(|(number, q)| next[at + number] += p * q);
                }
                sum = next;
            }
        }
    }
    sum.iter().skip(shared.saturating_sub(certain)).rev().sum()
}

/// The overlap of a set of a layer with another one, whose neurons are drawn one after the other.
fn overlap(size: usize, drawn: usize, width: usize) -> Vec<f64> {
    let mut p = vec![0.0; size.min(drawn) + 1];
    p[0] = 1.0;
    for before in 0..drawn {
        let left = (width - before) as f64;
        for shared in (0..p.len()).rev() {
            let hit = |shared: usize| (size - shared) as f64 / left;
            p[shared] =
                p[shared] * (1.0 - hit(shared)) + if shared > 0 { p[shared - 1] * hit(shared - 1) } else { 0.0 };
        }
    }
    p
}

/// With so many digits.
pub fn rounded(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits - 1).parse().expect("a number")
}

fn ratio(value: Option<f64>) -> Cell {
    value.map_or(Cell::Null, Cell::Ratio)
}

/// The columns of all similarities.
fn similar(row: &Gathered, width: u32) -> BTreeMap<&'static str, Cell> {
    let p = (!row.indices.is_empty()).then(|| rounded(tail(&row.draws, row.shared, width), 9));
    BTreeMap::from([
        ("similarity", ratio(mean(&row.indices))),
        ("expected", ratio(mean(&row.expected).map(|mean| rounded(mean, 12)))),
        ("p", ratio(p)),
    ])
}

fn table(query: &Query, rows: BTreeMap<RowKey, Gathered>, width: u32, naming: &Naming) -> Result<Chosen, Refused> {
    let rows = rows.into_iter().map(|(mut key, row)| {
        key.sample = query.by.iter().any(|dim| dim.dimension != Dimension::Layer).then_some(row.first);
        let unpaired = if key.layer.is_some() { Cell::Null } else { Cell::Integer(row.unpaired) };
        let mut measures = similar(&row, width);
        measures.insert("others", ratio(mean(&row.others).map(|mean| rounded(mean, 12))));
        measures.insert("facts", Cell::Integer(row.indices.len() as u64));
        measures.insert("unpaired", unpaired);
        Row { key, measures, of: BTreeMap::new() }
    });
    let rows = with_labels(rows.collect(), naming);
    finish_counted(query, &["similarity", "expected", "p", "others", "facts", "unpaired"], rows, naming)
}

/// Two sets of neurons.
pub fn of_neurons(query: &Query, sets: [&Neurons; 2], shape: Shape, naming: &Naming) -> Result<Chosen, Refused> {
    let mut rows = BTreeMap::new();
    compare_neurons(query, &[], sets, shape, &mut rows)?;
    neurons_table(query, rows, shape.width, naming)
}

fn between_relations(query: &Query, pairs: &Pairs, shape: Shape, naming: &Naming) -> Result<Chosen, Refused> {
    let mut relations: BTreeMap<&str, Neurons> = BTreeMap::new();
    for (&fact, neurons) in &pairs.members {
        if let Some(relation) = &naming.world.facts[fact].relation {
            relations.entry(relation).or_default().extend(neurons);
        }
    }
    if query.by.iter().any(|dim| dim.dimension != Dimension::Layer) {
        return Err("a dimension that neurons do not have".into());
    }
    let mut rows = BTreeMap::new();
    let relations: Vec<(&str, Neurons)> = relations.into_iter().collect();
    for (at, (a, left)) in relations.iter().enumerate() {
        for (b, right) in &relations[at + 1..] {
            let names = [a, b].map(|name| Part::Text((*name).to_owned()));
            compare_neurons(query, &names, [left, right], shape, &mut rows)?;
        }
    }
    neurons_table(query, rows, shape.width, naming)
}

fn compare_neurons(
    query: &Query,
    between: &[Part],
    [a, b]: [&Neurons; 2],
    shape: Shape,
    rows: &mut BTreeMap<RowKey, Gathered>,
) -> Result<(), Refused> {
    if query.by.iter().any(|dim| dim.dimension != Dimension::Layer) {
        return Err("a dimension that neurons do not have".into());
    }
    let layers: BTreeSet<Option<u32>> = match query.by.is_empty() {
        true => BTreeSet::from([None]),
        false => a.union(b).map(|&neuron| Some(place(neuron, shape).0)).collect(),
    };
    for layer in layers {
        let [a, b] = [a, b].map(|set| within(set, layer, shape));
        let key = RowKey { between: between.to_vec(), layer, ..RowKey::default() };
        let row = rows.entry(key).or_default();
        row.neurons = a.union(&b).count();
        if let Some(index) = index(&a, &b) {
            row.indices.push(index);
            draw(row, [&a, &b], shape);
        }
    }
    Ok(())
}

fn neurons_table(
    query: &Query,
    rows: BTreeMap<RowKey, Gathered>,
    width: u32,
    naming: &Naming,
) -> Result<Chosen, Refused> {
    let rows = rows.into_iter().map(|(key, row)| {
        let mut measures = similar(&row, width);
        measures.insert("neurons", Cell::Integer(row.neurons as u64));
        Row { key, measures, of: BTreeMap::new() }
    });
    finish_counted(query, &["similarity", "expected", "p", "neurons"], rows.collect(), naming)
}
