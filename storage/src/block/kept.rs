//! From the scores that a writer hands in to those that are kept, ranked.

use super::rank::{each_from, each_rounded, rank_key, round, unrank};
use super::view::{LayerSummary, ScoreView};
use super::{Form, LEAST_POSITIVE};
use crate::entry::{LayerEvidence, Origin, ScoreValues, Scores, StoredScores};
use crate::ids::Neuron;
use crate::run::{Keep, ScoreType};

/// What is kept of one fact's scores.
pub(super) struct Kept {
    /// Every neuron with a score of at least this is in `ranked`.
    pub floor: f32,
    /// Maximum over all scores; NaN where none was given.
    pub max: f32,
    pub layers: Vec<LayerSummary>,
    /// Keys ([`rank_key`]) of the kept scores, best first.
    pub ranked: Vec<u64>,
    /// Every neuron with a score of at most this is in `negative`; NaN where that is not known.
    pub ceiling: f32,
    /// Keys of neurons with the *size* of their negative scores, largest first.
    pub negative: Vec<u64>,
    pub origin: Option<Origin>,
}

impl Kept {
    /// Applies a run's rule to scores.
    pub(super) fn of(scores: &Scores, form: Form, keep: Keep) -> Self {
        let values = &scores.values;
        let mut all = Listed::of(values, form);
        let mut floor = all.floor(keep, form.score_type);
        let mut ranked: Vec<u64> = Vec::new();
        match values {
            ScoreValues::Dense(values) => {
                each_from(values, form.score_type, floor, |at, value| ranked.push(rank_key(at as u32, value)));
            }
            ScoreValues::Sparse { neurons, scores, .. } => {
                each_from(scores, form.score_type, floor, |at, value| ranked.push(rank_key(neurons[at].0, value)));
            }
        }
        ranked.sort_unstable();
        if let Keep::Top(n) = keep
            && ranked.len() > n as usize
        {
            // What was cut scored at most as much as the last kept one: only scores above that are all here.
            floor = unrank(ranked[n as usize]).1.next_up().max(floor);
            ranked.truncate(n as usize);
        }
        let (ceiling, negative) = all.negative(values, form, keep);
        for (layer, evidence) in all.layers.iter_mut().zip(&scores.evidence) {
            layer.evidence = *evidence;
        }
        let max = if all.max == f32::NEG_INFINITY { f32::NAN } else { all.max };
        Self { floor, max, layers: all.layers, ranked, ceiling, negative, origin: scores.origin.clone() }
    }

    /// What a store has chosen already.
    pub(super) fn of_stored(scores: &StoredScores) -> Self {
        let sorted = |mut keys: Vec<u64>| {
            keys.sort_unstable();
            keys
        };
        Self {
            floor: scores.floor,
            max: scores.max,
            layers: scores.layers.clone(),
            ranked: sorted(scores.scores.iter().map(|&(neuron, score)| rank_key(neuron.0, score)).collect()),
            ceiling: scores.ceiling,
            negative: sorted(scores.negative.iter().map(|&(neuron, score)| rank_key(neuron.0, -score)).collect()),
            origin: scores.origin.clone(),
        }
    }

    /// What another form of a block says.
    pub(super) fn of_view(view: &ScoreView<'_>) -> Self {
        Self {
            floor: view.floor(),
            max: view.max(),
            layers: view.layers().collect(),
            ranked: (0..view.len()).map(|rank| rank_key(view.neuron(rank).0, view.score(rank))).collect(),
            ceiling: view.ceiling(),
            negative: view.negative().map(|(neuron, score)| rank_key(neuron.0, -score)).collect(),
            origin: view.origin(),
        }
    }
}

/// Calls a function for each score that was handed in, as it is kept.
fn each(values: &ScoreValues, score_type: ScoreType, take: &mut impl FnMut(u32, f32)) {
    match values {
        ScoreValues::Dense(values) => each_rounded(values, score_type, |first, block| {
            (first as u32..).zip(block).for_each(|(neuron, &value)| take(neuron, value));
        }),
        ScoreValues::Sparse { neurons, scores, .. } => each_rounded(scores, score_type, |first, block| {
            neurons[first..].iter().zip(block).for_each(|(&Neuron(neuron), &value)| take(neuron, value));
        }),
    }
}

/// All scores that were handed in, looked at once.
struct Listed {
    max: f32,
    /// The largest absolute score.
    size: f32,
    layers: Vec<LayerSummary>,
    /// Whether every neuron of the model is listed.
    complete: bool,
    /// What a neuron that is not listed scores less than; −∞ where all are.
    given_floor: f32,
}

impl Listed {
    fn of(values: &ScoreValues, form: Form) -> Self {
        let unknown = LayerEvidence { probability: f32::NAN, baseline: f32::NAN, residual: f32::NAN };
        let none = LayerSummary { max: f32::NEG_INFINITY, sum: f32::NAN, evidence: unknown };
        let (complete, given_floor) = match values {
            ScoreValues::Dense(_) => (true, f32::NEG_INFINITY),
            ScoreValues::Sparse { neurons, floor, .. } => (neurons.len() as u64 == form.shape.neurons(), *floor),
        };
        let layers = vec![none; form.shape.layers as usize];
        let mut all = Self { max: f32::NEG_INFINITY, size: 0.0, layers, complete, given_floor };
        all.look(values, form);
        for layer in &mut all.layers {
            if layer.max == f32::NEG_INFINITY {
                layer.max = f32::NAN;
            }
        }
        all
    }

    fn look(&mut self, values: &ScoreValues, form: Form) {
        let mut sums = vec![0.0_f64; self.layers.len()];
        match values {
            ScoreValues::Dense(values) => {
                let layers = self.layers.iter_mut().zip(values.chunks(form.shape.width as usize));
                for ((layer, values), sum) in layers.zip(&mut sums) {
                    each_rounded(values, form.score_type, |_, block| {
                        let ([max, size], of_block) = extremes_and_sum(block);
                        layer.max = layer.max.max(max);
                        self.size = self.size.max(size);
                        *sum += of_block;
                    });
                    self.max = self.max.max(layer.max);
                }
            }
            sparse @ ScoreValues::Sparse { .. } => each(sparse, form.score_type, &mut |neuron, value| {
                let layer = form.shape.split(Neuron(neuron)).0.0 as usize;
                self.layers[layer].max = self.layers[layer].max.max(value);
                self.size = self.size.max(value.abs());
                sums[layer] += f64::from(value);
                self.max = self.max.max(value);
            }),
        }
        for (layer, sum) in self.layers.iter_mut().zip(sums) {
            // Scores below the given floor are missing from the sum, so it is only known when all are here.
            layer.sum = if self.complete { sum as f32 } else { f32::NAN };
        }
    }

    /// From which score on all that count are kept.
    fn floor(&self, keep: Keep, score_type: ScoreType) -> f32 {
        let own = keep_floor(keep, self.max);
        match score_type {
            _ if self.complete => own,
            ScoreType::F32 => own.max(self.given_floor),
            // Rounding may carry an unlisted score up onto the rounded floor, never above it.
            ScoreType::F16 | ScoreType::Bf16 => own.max(round(self.given_floor, score_type).next_up()),
        }
    }

    /// The negative scores that a signed rule keeps, and down from which score they are all.
    fn negative(&self, values: &ScoreValues, form: Form, keep: Keep) -> (f32, Vec<u64>) {
        let Keep::Signed(share) = keep else { return (f32::NAN, Vec::new()) };
        let exact = -share * f64::from(self.size);
        let near = exact as f32;
        // The bound must not lie above the share: round down. Of a fact without any score but 0, none is negative.
        let bound = if f64::from(near) > exact { near.next_down() } else { near }.min(-LEAST_POSITIVE);
        let mut negative = Vec::new();
        each(values, form.score_type, &mut |neuron, value| {
            if value <= bound {
                negative.push(rank_key(neuron, -value));
            }
        });
        negative.sort_unstable();
        // What was not listed scored less than a floor: it may be anything.
        (if self.complete { bound } else { f32::NAN }, negative)
    }
}

/// Values that are looked at side by side: as many as fit a register of the processors there are.
const LANES: usize = 8;

/// The maximum, the largest size, and the sum. In lanes: one after the other would wait for each addition to end.
fn extremes_and_sum(values: &[f32]) -> ([f32; 2], f64) {
    let mut max = [f32::NEG_INFINITY; LANES];
    let mut size = [0.0_f32; LANES];
    let mut sum = [0.0_f64; LANES];
    let (whole, rest) = values.as_chunks::<LANES>();
    let mut look = |lane: usize, value: f32| {
        max[lane] = if value > max[lane] { value } else { max[lane] };
        size[lane] = if value.abs() > size[lane] { value.abs() } else { size[lane] };
        sum[lane] += f64::from(value);
    };
    for values in whole {
        for (lane, &value) in values.iter().enumerate() {
            look(lane, value);
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        look(lane, value);
    }
    let largest = |lanes: [f32; LANES], least| lanes.into_iter().fold(least, f32::max);
    ([largest(max, f32::NEG_INFINITY), largest(size, 0.0)], sum.iter().sum())
}

/// The largest of some finite scores; −∞ of none.
pub(crate) fn largest(values: &[f32]) -> f32 {
    extremes_and_sum(values).0[0]
}

/// The lowest score that is kept. With a share and a maximum of 0 or less nothing counts as kept:
/// no neuron of such a fact passes any threshold.
fn keep_floor(keep: Keep, max: f32) -> f32 {
    match keep {
        Keep::All | Keep::Top(_) => f32::NEG_INFINITY,
        Keep::Share(_) | Keep::Signed(_) if max <= 0.0 || !max.is_finite() => LEAST_POSITIVE,
        Keep::Share(share) | Keep::Signed(share) => {
            let exact = share * f64::from(max);
            let near = exact as f32;
            // The floor must not lie below the share: round up.
            if f64::from(near) < exact { near.next_up() } else { near }
        }
    }
}
