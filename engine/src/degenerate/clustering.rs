//! Neurological Topology Clustering: degenerate groups of any size, from the weights between neurons.

use super::{Suppressed, group, rounded};
use crate::error::{Error, Result};
use crate::transformer::{Transformer, to_host};
use kndb_storage::{Group, Neuron};
use std::collections::BTreeMap;

/// Clusters of knowledge neurons that a fact can live on (Chen et al., *Cracking Factual Knowledge*, ACL 2025, arXiv
/// 2402.13731; methods.md §4). The distance of neurons in layers A < B is |1 / (W2_A\[i,:\]·W1_B\[:,j\])|, or that of the
/// shortest way through other candidates from layer to higher layer, if it is shorter; neurons of one layer, or more than
/// `span` layers apart, have none. As the distance allowed grows from 0, clusters are born and merge (persistent homology
/// of dimension 0); those that live long are tried: all other candidates are suppressed, and the cluster is kept if the
/// fact's probability stays `within` a share of what it was.
///
/// The cluster of all candidates is never tried: it always passes. How long is long is not published: here, a share of the
/// longest life of such a cluster of the fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// Layers that a way may span; 3 in the paper.
    pub span: u32,
    /// Least life, as a share of the longest life of the fact's clusters.
    pub persistence: f64,
    /// Largest change of p, as a share of p; 0.05 in the paper.
    pub within: f64,
}

impl Default for Clustering {
    fn default() -> Self {
        Self { span: 3, persistence: 0.1, within: 0.05 }
    }
}

/// The weight between two neurons: what one unit of the lower one's activation adds to the input of the upper one.
pub trait Connections {
    /// The layer of a neuron.
    fn layer(&self, neuron: Neuron) -> u32;
    /// W2_A\[i,:\]·W1_B\[:,j\] for `lower` in A and `upper` in B > A.
    fn weight(&self, lower: Neuron, upper: Neuron) -> f64;
}

/// A cluster, and the distances at which it is born and merged into a larger one.
#[derive(Clone, Debug, PartialEq)]
struct Cluster {
    neurons: Vec<Neuron>,
    born: f64,
    merged: f64,
}

impl Clustering {
    /// Checks the options.
    ///
    /// # Errors
    /// Shares that are none, a span of nothing.
    pub fn check(&self) -> Result<()> {
        for (option, given) in [("persistence", self.persistence), ("within", self.within)] {
            if !(0.0..=1.0).contains(&given) {
                let expected = "a share, 0 to 1".into();
                return Err(Error::Option { option, given: given.to_string(), expected });
            }
        }
        if self.span == 0 {
            return Err(Error::Option { option: "span", given: "0".into(), expected: "at least 1 layer".into() });
        }
        Ok(())
    }

    /// The groups of one fact among its `candidates`: clusters of two neurons or more, with p, p after suppressing each
    /// neuron alone, and p after suppressing the cluster; neurons ascend.
    ///
    /// # Errors
    /// Those of `fact`.
    pub fn groups(
        &self,
        candidates: &[Neuron],
        connections: &dyn Connections,
        fact: &mut dyn Suppressed,
    ) -> Result<Vec<Group>> {
        let mut candidates = candidates.to_vec();
        candidates.sort_unstable();
        candidates.dedup();
        let clusters = merge(&candidates, &self.distances(&candidates, connections));
        let life = |cluster: &Cluster| cluster.merged - cluster.born;
        let tried = |cluster: &&Cluster| cluster.neurons.len() > 1 && cluster.neurons.len() < candidates.len();
        let lives = clusters.iter().filter(tried).map(life);
        let longest = lives.filter(|life| life.is_finite()).fold(0.0, f64::max);
        let lasting: Vec<&Cluster> =
            clusters.iter().filter(tried).filter(|cluster| life(cluster) >= self.persistence * longest).collect();
        let mut sets = vec![Vec::new()];
        for cluster in &lasting {
            let others = candidates.iter().copied().filter(|neuron| !cluster.neurons.contains(neuron));
            sets.push(others.collect());
        }
        let found = rounded(fact, &sets)?;
        let Some((&p, rest)) = found.split_first() else { return Ok(Vec::new()) };
        let near = |q: f32| (f64::from(q) - f64::from(p)).abs() <= self.within * f64::from(p);
        let mut groups = Vec::new();
        for (cluster, _) in lasting.into_iter().zip(rest).filter(|(_, q)| near(**q)) {
            let mut sets: Vec<Vec<Neuron>> = cluster.neurons.iter().map(|&neuron| vec![neuron]).collect();
            sets.push(cluster.neurons.clone());
            let mut after = rounded(fact, &sets)?;
            let all = after.pop().unwrap_or(p);
            groups.push(group(cluster.neurons.clone(), p, after, all));
        }
        Ok(groups)
    }

    /// Distances of candidates that ascend, infinite where there is no way; `[i][j]` for i < j.
    fn distances(&self, candidates: &[Neuron], connections: &dyn Connections) -> Vec<Vec<f64>> {
        let count = candidates.len();
        let layers: Vec<u32> = candidates.iter().map(|&neuron| connections.layer(neuron)).collect();
        let mut distances = vec![vec![f64::INFINITY; count]; count];
        // Candidates ascend by layer, so every way to j through k is known when k < j is done.
        for to in 0..count {
            for from in (0..to).rev() {
                if layers[from] == layers[to] || layers[to] - layers[from] > self.span {
                    continue;
                }
                let direct = 1.0 / connections.weight(candidates[from], candidates[to]).abs();
                let through = (from + 1..to).filter(|&k| layers[from] < layers[k] && layers[k] < layers[to]);
                let shortest = through.map(|k| distances[from][k] + distances[k][to]).fold(direct, f64::min);
                distances[from][to] = shortest;
            }
        }
        distances
    }
}

/// Every cluster that exists at some distance, by single linkage; ties merge in the order of the neurons.
fn merge(candidates: &[Neuron], distances: &[Vec<f64>]) -> Vec<Cluster> {
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (from, row) in distances.iter().enumerate() {
        pairs.extend(row.iter().enumerate().skip(from + 1).map(|(to, &distance)| (distance, from, to)));
    }
    pairs.retain(|(distance, ..)| distance.is_finite());
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    let mut alive: BTreeMap<usize, Cluster> = candidates
        .iter()
        .enumerate()
        .map(|(at, &neuron)| (at, Cluster { neurons: vec![neuron], born: 0.0, merged: f64::INFINITY }))
        .collect();
    let mut home: Vec<usize> = (0..candidates.len()).collect();
    let mut done = Vec::new();
    for (distance, from, to) in pairs {
        let (a, b) = (home[from].min(home[to]), home[from].max(home[to]));
        if a == b {
            continue;
        }
        let (Some(mut first), Some(mut second)) = (alive.remove(&a), alive.remove(&b)) else { continue };
        let mut neurons: Vec<Neuron> = first.neurons.iter().chain(&second.neurons).copied().collect();
        neurons.sort_unstable();
        (first.merged, second.merged) = (distance, distance);
        done.extend([first, second]);
        alive.insert(a, Cluster { neurons, born: distance, merged: f64::INFINITY });
        home.iter_mut().filter(|home| **home == b).for_each(|home| *home = a);
    }
    done.extend(alive.into_values());
    // A cluster that was born and merged at one distance never was.
    done.retain(|cluster| cluster.merged > cluster.born);
    done
}

/// Weights between some neurons of a network. In gated blocks W1 is the matrix of the gate. Normalisations between the
/// layers are left out, as in the paper.
pub struct WeightConnections {
    width: u32,
    /// What of a neuron meets a higher one, and what of it meets a lower one.
    rows: BTreeMap<Neuron, (Vec<f32>, Vec<f32>)>,
}

impl WeightConnections {
    /// Reads the rows of W2 and the columns of W1 of these neurons.
    pub fn of(network: &Transformer, neurons: &[Neuron]) -> Self {
        let width = network.width() as u32;
        let row = |&neuron: &Neuron| {
            let (layer, unit) = ((neuron.0 / width) as usize, (neuron.0 % width) as usize);
            let block = &network.blocks[layer].feed_forward;
            let out = to_host(block.output.input_row(unit));
            (neuron, (out, to_host(block.input.output_row(unit))))
        };
        Self { width, rows: neurons.iter().map(row).collect() }
    }

    /// The same as NTC's code has them: of Llama it takes the gate for the output and the down projection for the input, so
    /// that in gated blocks the lower neuron's gate meets the upper one's value vector.
    pub fn as_released(network: &Transformer, neurons: &[Neuron]) -> Self {
        let mut connections = Self::of(network, neurons);
        if network.blocks.iter().any(|block| block.feed_forward.up.is_some()) {
            connections.rows.values_mut().for_each(|(out, into)| std::mem::swap(out, into));
        }
        connections
    }
}

impl Connections for WeightConnections {
    fn layer(&self, neuron: Neuron) -> u32 {
        neuron.0 / self.width
    }

    fn weight(&self, lower: Neuron, upper: Neuron) -> f64 {
        match (self.rows.get(&lower), self.rows.get(&upper)) {
            (Some((out, _)), Some((_, into))) => out.iter().zip(into).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum(),
            _ => 0.0,
        }
    }
}
