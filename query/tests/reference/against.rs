//! `against chance` by its definition: each neuron's number of facts, fact by fact, and the rates of Benjamini and Hochberg.

use super::eval::Refused;
use super::rows::Row;
use super::sets::ByFact;
use super::similarity::rounded;
use super::table::Cell;
use super::world::place;
use kndb_query::{Dimension, Query};
use kndb_storage::Shape;
use std::collections::BTreeMap;

/// Refuses what is not by neuron alone.
pub fn check(query: &Query) -> Result<(), Refused> {
    let neuron = |dimension| matches!(dimension, Dimension::Neuron | Dimension::Layer);
    let dims: Vec<Dimension> = query.by.iter().map(|dim| dim.dimension).collect();
    if dims.contains(&Dimension::Neuron) && dims.iter().all(|dim| neuron(*dim)) {
        return Ok(());
    }
    Err("`against chance` is for neurons".into())
}

/// Adds the two columns to rows of neurons.
pub fn add(rows: &mut [Row], members: &ByFact, shape: Shape) {
    let layers: Vec<Vec<f64>> = (0..shape.layers).map(|layer| tails(members, layer, shape)).collect();
    let found = |row: &Row| match (row.key.layer, &row.measures["facts"]) {
        (Some(layer), Cell::Integer(facts)) => layers[layer as usize][*facts as usize],
        other => panic!("no neuron: {:?}", other.0),
    };
    let mut p: Vec<f64> = rows.iter().map(found).collect();
    p.sort_by(f64::total_cmp);
    let tests = shape.neurons() as f64;
    // Of all neurons with a p at least as large, the least p·tests/rank.
    let mut rates: Vec<f64> = p.iter().zip(1..).map(|(p, rank)| p * tests / f64::from(rank)).collect();
    for at in (0..rates.len().saturating_sub(1)).rev() {
        rates[at] = rates[at].min(rates[at + 1]);
    }
    for row in rows {
        let own = found(row);
        let rate = rates[p.partition_point(|p| *p < own)].min(1.0);
        row.measures.insert("p_chance", Cell::Ratio(rounded(own, 9)));
        row.measures.insert("fdr", Cell::Ratio(rounded(rate, 9)));
    }
}

/// P(at least so many facts) for a neuron of a layer.
fn tails(members: &ByFact, layer: u32, shape: Shape) -> Vec<f64> {
    let of_layer = |neurons: &std::collections::BTreeSet<u32>| {
        neurons.iter().filter(|&&neuron| place(neuron, shape).0 == layer).count()
    };
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    members.values().for_each(|neurons| *sizes.entry(of_layer(neurons)).or_default() += 1);
    let mut p = vec![0.0; members.len() + 1];
    p[0] = 1.0;
    for (size, facts) in sizes {
        let has = size as f64 / f64::from(shape.width);
        for _ in 0..facts {
            for at in (0..p.len()).rev() {
                p[at] = p[at] * (1.0 - has) + if at > 0 { p[at - 1] * has } else { 0.0 };
            }
        }
    }
    let mut above = 0.0;
    let mut tails: Vec<f64> = p
        .iter()
        .rev()
        .map(|p| {
            above += p;
            above
        })
        .collect();
    tails.reverse();
    tails
}
