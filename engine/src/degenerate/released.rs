//! Neurological Topology Clustering as its authors released it, which is not what their paper says.

use super::{Connections, Suppressed, group, rounded};
use crate::error::Result;
use kndb_storage::{Group, Neuron};

/// What two neurons without a way between them are apart.
const NO_WAY: f64 = 1000.0;
/// Layers that a way may span. Where it spans more than one, it has two neurons between its ends.
const SPAN: u32 = 3;

/// Clusters of knowledge neurons by the code of Chen et al., ACL 2025 (heng840/DKN, `knowledge_neurons/dkn.py`, December 2024),
/// with its own choices where the paper (arXiv 2402.13731; [`super::Clustering`]) leaves them open, or says something else:
///
/// - Neurons of neighbouring layers are |1 / weight| apart. Two or three layers apart they are as far as the shortest way over
///   exactly two candidates of the layers between (from the next layer to the one before the last, so that over one layer
///   both are of that layer), never directly.
/// - Of the distances below `far`, those below their `distance_quantile` are edges, and the `shortest` share of the edges
///   joins neurons. A neuron is born at the edge that first joins it; what lasts is a cluster of two or more, for whose root
///   the longest edge is later than its birth by more than the `persistence_quantile` of all neurons' births.
/// - Of two or more clusters that last, one is kept if suppressing *it* costs less than `within` of p. The paper suppresses
///   all others. Where only one lasts, none is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleasedClustering {
    /// τ of the candidates, whatever the run's.
    pub tau: f64,
    /// Distances from here on are none.
    pub far: f64,
    /// Quantile of the distances below which they are edges.
    pub distance_quantile: f64,
    /// Share of the edges, the shortest first, that join neurons.
    pub shortest: f64,
    /// Quantile of births that a cluster's life must exceed.
    pub persistence_quantile: f64,
    /// Share of p that suppressing a cluster may cost, exclusive.
    pub within: f64,
}

impl Default for ReleasedClustering {
    fn default() -> Self {
        Self { tau: 0.2, far: 100.0, distance_quantile: 0.2, shortest: 0.5, persistence_quantile: 0.5, within: 0.05 }
    }
}

impl ReleasedClustering {
    /// The groups of one fact among its `candidates`, the best-scored first, which decides between equals and the roots of
    /// clusters: with p, p after suppressing each neuron alone, and p after suppressing the cluster. Neurons ascend.
    ///
    /// # Errors
    /// Those of `fact`.
    pub fn groups(
        &self,
        candidates: &[Neuron],
        connections: &dyn Connections,
        fact: &mut dyn Suppressed,
    ) -> Result<Vec<Group>> {
        let clusters = self.lasting(candidates, connections);
        if clusters.len() < 2 {
            return Ok(Vec::new());
        }
        let mut sets = vec![Vec::new()];
        sets.extend(clusters.iter().cloned());
        let found = rounded(fact, &sets)?;
        let Some((&p, after)) = found.split_first() else { return Ok(Vec::new()) };
        let mut groups = Vec::new();
        for (mut cluster, &q) in clusters.into_iter().zip(after) {
            // "Less than": a loss of exactly the share is too much.
            if f64::from(p) - f64::from(q) < self.within * f64::from(p) {
                cluster.sort_unstable();
                let alone: Vec<Vec<Neuron>> = cluster.iter().map(|&neuron| vec![neuron]).collect();
                groups.push(group(cluster, p, rounded(fact, &alone)?, q));
            }
        }
        Ok(groups)
    }

    /// Clusters of two or more that last, in the order of their first neurons.
    fn lasting(&self, candidates: &[Neuron], connections: &dyn Connections) -> Vec<Vec<Neuron>> {
        let edges = self.edges(candidates, connections);
        let Some(&(longest, ..)) = edges.last() else { return Vec::new() };
        let mut forest = Forest::of(candidates.len());
        let mut births = vec![0.0; candidates.len()];
        for &(distance, i, j) in &edges[..(self.shortest * edges.len() as f64) as usize] {
            if forest.root(i) != forest.root(j) {
                for neuron in [i, j] {
                    if forest.size(neuron) == 1 {
                        births[neuron] = distance;
                    }
                }
                forest.join(i, j);
            }
        }
        let least = quantile(births.clone(), self.persistence_quantile);
        let mut clusters: Vec<(usize, Vec<Neuron>)> = Vec::new();
        for (at, &neuron) in candidates.iter().enumerate() {
            let root = forest.root(at);
            match clusters.iter_mut().find(|(known, _)| *known == root) {
                Some((_, cluster)) => cluster.push(neuron),
                None => clusters.push((root, vec![neuron])),
            }
        }
        let lasts = |(root, cluster): &(usize, Vec<Neuron>)| cluster.len() > 1 && longest - births[*root] > least;
        clusters.into_iter().filter(lasts).map(|(_, cluster)| cluster).collect()
    }

    /// Pairs of candidates that are near each other, the nearest first.
    fn edges(&self, candidates: &[Neuron], connections: &dyn Connections) -> Vec<(f64, usize, usize)> {
        let mut pairs = Vec::new();
        for i in 0..candidates.len() {
            for j in i + 1..candidates.len() {
                pairs.push((self.distance(candidates, candidates[i], candidates[j], connections), i, j));
            }
        }
        let near: Vec<f64> = pairs.iter().map(|&(distance, ..)| distance).filter(|&it| it < self.far).collect();
        if near.is_empty() {
            return Vec::new();
        }
        let below = quantile(near, self.distance_quantile);
        pairs.retain(|&(distance, ..)| distance < below);
        // Stable: equals stay in the order of their scores.
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs
    }

    fn distance(&self, candidates: &[Neuron], a: Neuron, b: Neuron, connections: &dyn Connections) -> f64 {
        let layer = |neuron: Neuron| connections.layer(neuron);
        let (lower, upper) = if layer(a) <= layer(b) { (a, b) } else { (b, a) };
        let (from, to) = (layer(lower), layer(upper));
        let step = |lower: Neuron, upper: Neuron| {
            let weight = connections.weight(lower, upper);
            if weight == 0.0 { NO_WAY } else { (1.0 / weight).abs() }
        };
        if from == to || to - from > SPAN {
            return NO_WAY;
        }
        if to - from == 1 {
            return step(lower, upper);
        }
        let between: Vec<Neuron> =
            candidates.iter().copied().filter(|&it| from < layer(it) && layer(it) < to).collect();
        let mut shortest = NO_WAY;
        for (at, &first) in between.iter().enumerate() {
            for &second in &between[at + 1..] {
                let (first, second) = if layer(first) <= layer(second) { (first, second) } else { (second, first) };
                if layer(first) == from + 1 && layer(second) == to - 1 {
                    let way = step(lower, first) + step(first, second) + step(second, upper);
                    shortest = shortest.min(way);
                }
            }
        }
        shortest
    }
}

/// Union by rank, as released: the root of a cluster decides when it was born.
struct Forest {
    parents: Vec<usize>,
    ranks: Vec<u32>,
    sizes: Vec<usize>,
}

impl Forest {
    fn of(count: usize) -> Self {
        Self { parents: (0..count).collect(), ranks: vec![0; count], sizes: vec![1; count] }
    }

    fn root(&self, mut at: usize) -> usize {
        while self.parents[at] != at {
            at = self.parents[at];
        }
        at
    }

    fn size(&self, at: usize) -> usize {
        self.sizes[self.root(at)]
    }

    /// The first's root goes below the second's, unless it ranks higher.
    fn join(&mut self, first: usize, second: usize) {
        let (mut below, mut above) = (self.root(first), self.root(second));
        if self.ranks[below] > self.ranks[above] {
            (below, above) = (above, below);
        }
        self.parents[below] = above;
        if self.ranks[below] == self.ranks[above] {
            self.ranks[above] += 1;
        }
        self.sizes[above] += self.sizes[below];
    }
}

/// The quantile of some numbers, between two of them in proportion: NumPy's `linear` to the last bit, since what is compared
/// with it may be equal to it.
fn quantile(mut numbers: Vec<f64>, share: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let last = numbers.len() - 1;
    let place = last as f64 * share;
    let at = place.floor() as usize;
    let (below, above, part) = (numbers[at.min(last)], numbers[(at + 1).min(last)], place.fract());
    if part < 0.5 { below + (above - below) * part } else { above - (above - below) * (1.0 - part) }
}
