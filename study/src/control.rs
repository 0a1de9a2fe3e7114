//! Random controls of neuron sets.

use crate::streams::stream;
use kndb_storage::{Neuron, Shape};
use std::collections::BTreeMap;

/// As many random neurons of each layer as a set has there, of those that are allowed and not in it; fewer where the layer has no more.
pub(crate) fn control(
    set: &[Neuron],
    allowed: impl Fn(Neuron) -> bool,
    shape: Shape,
    seed: u64,
    fact: &str,
) -> Vec<Neuron> {
    let mut by_layer: BTreeMap<u32, Vec<Neuron>> = BTreeMap::new();
    for &neuron in set {
        by_layer.entry(shape.split(neuron).0.0).or_default().push(neuron);
    }
    let mut stream = stream(seed, "control", &[fact]);
    let mut drawn = Vec::with_capacity(set.len());
    for (layer, taken) in by_layer {
        let units = (0..shape.width).filter_map(|unit| shape.neuron(layer, unit));
        let free: Vec<Neuron> = units.filter(|neuron| allowed(*neuron) && !taken.contains(neuron)).collect();
        let places = rand::seq::index::sample(&mut stream, free.len(), taken.len().min(free.len()));
        drawn.extend(places.into_iter().map(|place| free[place]));
    }
    drawn.sort_unstable();
    drawn
}

/// As many random neurons of the model as a set has, of all layers and none of the set; fewer where there are no more.
pub(crate) fn anywhere(set: &[Neuron], shape: Shape, seed: u64, fact: &str) -> Vec<Neuron> {
    let all = (0..shape.layers).flat_map(|layer| (0..shape.width).filter_map(move |unit| shape.neuron(layer, unit)));
    let free: Vec<Neuron> = all.filter(|neuron| set.binary_search(neuron).is_err()).collect();
    let mut stream = stream(seed, "control anywhere", &[fact]);
    let places = rand::seq::index::sample(&mut stream, free.len(), set.len().min(free.len()));
    let mut drawn: Vec<Neuron> = places.into_iter().map(|place| free[place]).collect();
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_has_the_layers_of_the_set_and_none_of_its_neurons() {
        let shape = Shape { layers: 4, width: 10 };
        let likn = [Neuron(3), Neuron(4), Neuron(31), Neuron(32), Neuron(33), Neuron(34), Neuron(35), Neuron(36)];
        let control = |fact: &str| control(&likn, |_| true, shape, 1, fact);
        let of_layer = |layer: u32, set: &[Neuron]| set.iter().filter(|&&n| shape.split(n).0.0 == layer).count();
        let one = control("one");
        // Layer 3 has only four units beside the six of the set.
        assert_eq!([0, 1, 2, 3].map(|layer| of_layer(layer, &one)), [2, 0, 0, 4]);
        assert!(
            one.iter().all(|neuron| !likn.contains(neuron))
                && one.len() == 6
                && one.windows(2).all(|pair| pair[0] < pair[1])
        );
        assert_eq!(one, control("one"));
        assert!((0..20).any(|other| control(&other.to_string()) != one), "every fact has the same control");
    }

    #[test]
    fn the_control_is_drawn_from_the_neurons_that_are_left() {
        let shape = Shape { layers: 2, width: 10 };
        let likn = [Neuron(3), Neuron(14), Neuron(15)];
        let left = [3, 4, 7, 14, 16].map(Neuron);
        for fact in ["one", "two", "three", "four"] {
            // Of layer 1 one neuron is left beside L, which has two there.
            let drawn = control(&likn, |neuron| left.contains(&neuron), shape, 1, fact);
            assert!(drawn == [Neuron(4), Neuron(16)] || drawn == [Neuron(7), Neuron(16)], "{drawn:?}");
            let drawn = control(&likn, |neuron| !left.contains(&neuron), shape, 1, fact);
            assert!(drawn.len() == 3 && drawn.iter().all(|neuron| !left.contains(neuron)), "{drawn:?}");
        }
    }

    #[test]
    fn the_control_anywhere_is_as_large_and_of_all_layers() {
        let shape = Shape { layers: 4, width: 10 };
        let set = [Neuron(3), Neuron(4), Neuron(31)];
        let drawn = |fact: &str| anywhere(&set, shape, 1, fact);
        let all: Vec<Neuron> = (0..40).flat_map(|fact| drawn(&fact.to_string())).collect();
        assert!(all.len() == 120 && all.iter().all(|neuron| !set.contains(neuron)));
        assert!((0..4).all(|layer| all.iter().any(|&neuron| shape.split(neuron).0.0 == layer)), "of one layer");
        assert!(drawn("one") == drawn("one") && drawn("one").windows(2).all(|pair| pair[0] < pair[1]));
        let most: Vec<Neuron> = (0..38).map(Neuron).collect();
        assert_eq!(anywhere(&most, shape, 1, "one"), [Neuron(38), Neuron(39)]);
    }
}
