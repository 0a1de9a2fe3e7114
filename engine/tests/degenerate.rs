//! Degenerate groups on toy networks, worked out by hand: AMIG's Algorithm 1 for two and more, and clusters by weights.

use kndb_engine::Result;
use kndb_engine::degenerate::{Clustering, Connections, ReleasedClustering, Suppression, WeightConnections};
use kndb_storage::{Group, Neuron};

fn n(number: u32) -> Neuron {
    Neuron(number)
}

/// p of a set of suppressed neurons, as a function of which of neurons 0, 1, … are still there.
fn network(p: impl Fn(&dyn Fn(u32) -> bool) -> f64) -> impl FnMut(&[Vec<Neuron>]) -> Result<Vec<f64>> {
    move |sets| Ok(sets.iter().map(|set| p(&|neuron| !set.contains(&n(neuron)))).collect())
}

fn sets(groups: &[Group]) -> Vec<Vec<u32>> {
    groups.iter().map(|group| group.neurons.iter().map(|neuron| neuron.0).collect()).collect()
}

/// Strict thresholds only: what is kept is what is found.
fn strict(size: usize) -> Suppression {
    Suppression { keep_low: 0.2, keep_high: 0.25, size, ..Suppression::default() }
}

#[test]
fn two_neurons_that_say_the_same_are_a_pair() {
    // 0 and 1 are each enough for 0.6 of p; 2 is needed always; 3 does nothing.
    let p = |there: &dyn Fn(u32) -> bool| {
        let either = if there(0) || there(1) { 0.5 } else { 0.2 };
        either + if there(2) { 0.3 } else { 0.0 }
    };
    // p = 0.8. Alone: 0.8, 0.8, 0.5 (harmful: 0.5 < 0.64), 0.8. Pairs of 0, 1, 3: {0,1} 0.5 < 0.6, {0,3} 0.8, {1,3} 0.8.
    let groups = strict(2).groups(&[n(3), n(2), n(1), n(0)], &mut network(p)).expect("no failure");
    assert_eq!(sets(&groups), [[0, 1]]);
    let evidence = groups[0].evidence.as_ref().expect("measured");
    assert_eq!((evidence.probability, evidence.after_all), (0.8, 0.5));
    assert_eq!(evidence.after_each, [0.8, 0.8]);
}

#[test]
fn both_bounds_are_those_of_the_paper() {
    // Losing neuron 0 leaves exactly p·(1 − t_low), which is kept; losing both leaves exactly p·(1 − t_high), which is not.
    let p = |there: &dyn Fn(u32) -> bool| match (there(0), there(1)) {
        (true, true) => 1.0,
        (false, true) => 0.75,
        (true, false) => 1.0,
        (false, false) => 0.5,
    };
    let thresholds = |t_low, t_high| Suppression { t_low, t_high, keep_low: t_low, keep_high: t_high, size: 2 };
    let found = |search: Suppression| search.groups(&[n(0), n(1)], &mut network(p)).expect("no failure").len();
    assert_eq!(found(thresholds(0.25, 0.25)), 1);
    assert_eq!(found(thresholds(0.24, 0.25)), 0, "neuron 0 alone does harm");
    assert_eq!(found(thresholds(0.25, 0.5)), 0, "p″ is not below the bound");
    assert_eq!(found(thresholds(0.25, 0.49)), 1);
}

#[test]
fn evidence_is_kept_for_other_thresholds() {
    // {0,1} loses 15 %, {0,2} 30 %, {1,2} 5 %; neuron 2 alone loses 30 %.
    let p = |there: &dyn Fn(u32) -> bool| match (there(0), there(1), there(2)) {
        (true, true, true) | (false, true, true) | (true, false, true) => 1.0,
        (false, false, true) => 0.85,
        (true, true, false) | (false, true, false) => 0.7,
        _ => 0.95,
    };
    let search = Suppression::default();
    let groups = search.groups(&[n(0), n(1), n(2)], &mut network(p)).expect("no failure");
    // keep_low 0.5 keeps neuron 2 in; keep_high 0.1 keeps {0,1} and {0,2}.
    assert_eq!(sets(&groups), [[0, 1], [0, 2]]);
    assert!(strict(2).groups(&[n(0), n(1), n(2)], &mut network(p)).expect("no failure").is_empty());
}

#[test]
fn three_that_say_the_same_are_a_triple_and_no_pair_is() {
    let p = |there: &dyn Fn(u32) -> bool| if (0..3).any(there) { 0.9 } else { 0.1 };
    let candidates = [n(0), n(1), n(2), n(3)];
    let groups = strict(3).groups(&candidates, &mut network(p)).expect("no failure");
    let found: Vec<_> = sets(&groups).into_iter().filter(|set| set.len() == 3).collect();
    assert_eq!(found, [[0, 1, 2]]);
    // Every pair is there as evidence, and none did harm.
    let pairs: Vec<_> = groups.iter().filter(|group| group.neurons.len() == 2).collect();
    assert_eq!(pairs.len(), 6);
    assert!(pairs.iter().all(|pair| pair.evidence.as_ref().expect("measured").after_all == 0.9));
}

#[test]
fn a_harmful_pair_is_not_extended() {
    let p = |there: &dyn Fn(u32) -> bool| if there(0) || there(1) { 0.9 } else { 0.1 };
    let mut asked = Vec::new();
    let mut fact = network(p);
    let mut spy = |sets: &[Vec<Neuron>]| {
        asked.extend(sets.iter().cloned());
        fact(sets)
    };
    let groups = strict(4).groups(&[n(0), n(1), n(2)], &mut spy).expect("no failure");
    assert_eq!(sets(&groups), [vec![0, 1], vec![0, 2], vec![1, 2]], "the pair, and the evidence of triples");
    assert!(!asked.iter().any(|set| set.len() == 3), "{asked:?}");
}

#[test]
fn no_candidates_no_groups() {
    let p = |_: &dyn Fn(u32) -> bool| 0.5;
    for candidates in [&[][..], &[n(4)][..]] {
        assert!(strict(2).groups(candidates, &mut network(p)).expect("no failure").is_empty());
    }
}

#[test]
fn options_that_evidence_would_not_cover_are_refused() {
    let good = Suppression::default();
    assert!(good.check().is_ok());
    for wrong in [
        Suppression { t_low: 0.6, ..good.clone() },
        Suppression { t_high: 0.05, ..good.clone() },
        Suppression { t_low: -0.1, ..good.clone() },
        Suppression { keep_low: f64::NAN, ..good.clone() },
        Suppression { size: 1, ..good.clone() },
        Suppression { size: 5, ..good.clone() },
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
    assert!(Clustering { span: 0, ..Clustering::default() }.check().is_err());
    assert!(Clustering { within: 2.0, ..Clustering::default() }.check().is_err());
}

/// Layers of ten neurons; weights by (lower, upper), 0 where none is named.
struct Wires(Vec<(u32, u32, f64)>);

impl Connections for Wires {
    fn layer(&self, neuron: Neuron) -> u32 {
        neuron.0 / 10
    }

    fn weight(&self, lower: Neuron, upper: Neuron) -> f64 {
        self.0.iter().find(|&&(a, b, _)| (n(a), n(b)) == (lower, upper)).map_or(0.0, |wire| wire.2)
    }
}

#[test]
fn clusters_that_last_and_that_the_fact_can_live_on_are_kept() {
    // Distances: 0–10 is 0.1, 1–11 is 0.2, and 0–11, the only wire between the two, 10.
    let wires = Wires(vec![(0, 10, 10.0), (1, 11, -5.0), (0, 11, 0.1)]);
    // {0,10} carries the fact alone; {1,11} does not.
    let p = |there: &dyn Fn(u32) -> bool| if there(0) && there(10) { 0.8 } else { 0.3 };
    let candidates = [n(0), n(1), n(10), n(11)];
    let groups = Clustering::default().groups(&candidates, &wires, &mut network(p)).expect("no failure");
    assert_eq!(sets(&groups), [[0, 10]]);
    let evidence = groups[0].evidence.as_ref().expect("measured");
    assert_eq!(evidence.after_each, [0.3, 0.3]);
    assert_eq!((evidence.probability, evidence.after_all), (0.8, 0.3));
    // With any change allowed, the other cluster is kept as well.
    let any = Clustering { within: 1.0, ..Clustering::default() };
    assert_eq!(sets(&any.groups(&candidates, &wires, &mut network(p)).expect("no failure")).len(), 2);
}

#[test]
fn a_cluster_that_is_soon_merged_does_not_last() {
    // {0,10} is born at 1 and merged with 20 at 1.05; the three live until 11 is reached, at 10.
    let wires = Wires(vec![(0, 10, 1.0), (10, 20, 1.0 / 1.05), (0, 11, 0.1)]);
    let p = |_: &dyn Fn(u32) -> bool| 0.5;
    let candidates = [n(0), n(10), n(11), n(20)];
    let groups = Clustering::default().groups(&candidates, &wires, &mut network(p)).expect("no failure");
    assert_eq!(sets(&groups), [[0, 10, 20]]);
    let all = Clustering { persistence: 0.0, ..Clustering::default() };
    let groups = all.groups(&candidates, &wires, &mut network(p)).expect("no failure");
    assert_eq!(sets(&groups), [vec![0, 10], vec![0, 10, 20]]);
}

#[test]
fn ways_lead_through_other_candidates_and_no_further_than_the_span() {
    // 0 → 30 directly is far (10); through 10 and 20 it is 3. 40 is four layers up from 0, and one from 30.
    let wires = Wires(vec![(0, 10, 1.0), (10, 20, 1.0), (20, 30, 1.0), (0, 30, 0.1), (0, 40, 100.0), (5, 15, 0.01)]);
    let p = |_: &dyn Fn(u32) -> bool| 0.5;
    let every = Clustering { persistence: 0.0, ..Clustering::default() };
    let candidates = [n(0), n(5), n(15), n(10), n(20), n(30), n(40)];
    let groups = every.groups(&candidates, &wires, &mut network(p)).expect("no failure");
    // At distance 1 three wires join at once: what exists at no range of distances is no cluster. 0–40 is beyond the span.
    assert_eq!(sets(&groups), [vec![0, 10, 20, 30], vec![5, 15]]);
}

/// Two chains of wires between neighbouring layers, and candidates from the best-scored on.
///
/// Distances: 0–10 is 1, 11–20 is 2, 1–11 is 3, 2–12 is 4, 3–13 is 5, 10–21 is 50. Every other pair is 1000: of one layer, or two
/// layers apart with ways that use a missing wire. Of the six below 100, the 0.2-quantile is at place 1: 2. One edge is
/// below it, and half of one is none.
#[test]
fn released_clusters_need_edges_below_a_quantile_of_the_distances() {
    let wires =
        Wires(vec![(0, 10, 1.0), (11, 20, 0.5), (1, 11, 1.0 / 3.0), (2, 12, 0.25), (3, 13, 0.2), (10, 21, 0.02)]);
    let candidates = [0, 10, 11, 20, 1, 2, 12, 3, 13, 21].map(n);
    let search = ReleasedClustering { within: 1.0, ..ReleasedClustering::default() };
    let all = |_: &dyn Fn(u32) -> bool| 0.5;
    assert!(search.groups(&candidates, &wires, &mut network(all)).expect("no failure").is_empty());

    // With all six as edges but the longest, and half of these five, 0–10 and 11–20 are joined: births 1, 1, 2, 2 and six times
    // 0. The median birth is 0; the longest edge, 5, is later than both births.
    let search = ReleasedClustering { distance_quantile: 1.0, ..search };
    let groups = search.groups(&candidates, &wires, &mut network(all)).expect("no failure");
    assert_eq!(sets(&groups), [[0, 10], [11, 20]]);

    // Suppressing 0 and 10 costs 4 %, 11 and 20 exactly the share that is too much.
    let costly =
        |there: &dyn Fn(u32) -> bool| 1.0 - if there(0) { 0.0 } else { 0.04 } - if there(20) { 0.0 } else { 0.0625 };
    let search = ReleasedClustering { within: 0.0625, ..search };
    let groups = search.groups(&candidates, &wires, &mut network(costly)).expect("no failure");
    assert_eq!(sets(&groups), [[0, 10]]);
    let evidence = groups[0].evidence.as_ref().expect("measured");
    assert_eq!((evidence.after_each.as_slice(), evidence.after_all), (&[0.96, 1.0][..], 0.96));
}

/// Neurons `layer · 100 + place`, which meet by their vectors.
struct Toy {
    layers: Vec<u32>,
    values: Vec<Vec<f64>>,
    inputs: Vec<Vec<f64>>,
}

impl Toy {
    fn neurons(&self) -> Vec<Neuron> {
        (0..).zip(&self.layers).map(|(place, layer)| n(layer * 100 + place)).collect()
    }
}

impl Connections for Toy {
    fn layer(&self, neuron: Neuron) -> u32 {
        neuron.0 / 100
    }

    fn weight(&self, lower: Neuron, upper: Neuron) -> f64 {
        let (value, input) = (&self.values[lower.0 as usize % 100], &self.inputs[upper.0 as usize % 100]);
        value.iter().zip(input).map(|(a, b)| a * b).sum()
    }
}

/// Against `fixtures/clusters.py`, which shares no code with the engine: ties, weights of 0, ways over one layer and two.
#[test]
fn released_clusters_are_those_of_an_independent_reading_of_the_code() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/clusters.json");
    let toys: serde_json::Value = serde_json::from_slice(&std::fs::read(file).expect("is there")).expect("JSON");
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().expect("a list").iter().map(|number| number.as_f64().expect("a number")).collect()
    };
    let rows = |value: &serde_json::Value| value.as_array().expect("a list").iter().map(numbers).collect();
    let mut compared = 0;
    for toy in toys.as_array().expect("a list") {
        let layers = numbers(&toy["layers"]).into_iter().map(|layer| layer as u32).collect();
        let connections = Toy { layers, values: rows(&toy["values"]), inputs: rows(&toy["inputs"]) };
        let neurons = connections.neurons();
        let costs = numbers(&toy["costs"]);
        let cost = |neuron: &Neuron| costs[neuron.0 as usize % 100];
        let mut fact = |sets: &[Vec<Neuron>]| -> Result<Vec<f64>> {
            Ok(sets.iter().map(|set| 1.0 - set.iter().map(cost).sum::<f64>()).collect())
        };
        for (field, within) in [("kept", 0.05), ("lasting", 2.0)] {
            let expected: Vec<Vec<f64>> = rows(&toy[field]);
            let expected = if expected.len() < 2 && field == "lasting" { Vec::new() } else { expected };
            let expected: Vec<Vec<u32>> = expected
                .iter()
                .map(|cluster| {
                    let mut cluster: Vec<u32> = cluster.iter().map(|&place| neurons[place as usize].0).collect();
                    cluster.sort_unstable();
                    cluster
                })
                .collect();
            let search = ReleasedClustering { within, ..ReleasedClustering::default() };
            let found = search.groups(&neurons, &connections, &mut fact).expect("no failure");
            assert_eq!(sets(&found), expected, "{field} of {toy}");
            compared += expected.len();
        }
    }
    assert!(compared > 50, "{compared} clusters were compared");
}

/// The code takes a Llama's gate for the output and its down projection for the input.
#[test]
fn released_weights_of_gated_blocks_run_the_other_way() {
    for (name, gated) in [("llama", true), ("gpt2", false)] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/").to_owned() + name;
        let model =
            kndb_engine::Model::load(folder, &kndb_engine::device("cpu").expect("a device")).expect("a fixture");
        let (lower, upper) = (n(1), n(model.shape().width + 2));
        let paper = WeightConnections::of(&model.network, &[lower, upper]);
        let released = WeightConnections::as_released(&model.network, &[lower, upper]);
        assert_ne!(paper.weight(lower, upper), paper.weight(upper, lower), "{name}");
        let expected = if gated { paper.weight(upper, lower) } else { paper.weight(lower, upper) };
        assert_eq!(released.weight(lower, upper), expected, "{name}");
    }
}
