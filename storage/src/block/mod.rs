//! The scores of one (fact, language, prompt) as one rkyv archive: best score first.
//!
//! The same bytes stand in the catalogue while a fact is not sealed and in a segment afterwards, so
//! sealing copies them. Because scores descend, every threshold — a share of the maximum, an
//! absolute score, a rank — is a prefix, found by binary search.

use crate::entry::{Group, GroupEvidence, LayerEvidence, ScoreValues, Scores};
use crate::ids::{Neuron, Shape};
use crate::run::{Keep, ScoreType};
use rkyv::{Archive, Deserialize, Serialize, rancor};

/// Neuron ids of models with at most this many neurons take two bytes.
const NARROW: u64 = 1 << 16;

/// The least score above 0: where the floor is not above it, every positive score was kept.
pub const LEAST_POSITIVE: f32 = f32::from_bits(1);

// The fields of both blocks: `docs/format.md`, "What is a block?".

#[derive(Archive, Serialize)]
struct ScoreBlock {
    floor: f32,
    max: f32,
    layers: Vec<LayerRecord>,
    narrow: Vec<u16>,
    wide: Vec<u32>,
    full: Vec<f32>,
    half: Vec<u16>,
}

#[derive(Archive, Serialize, Clone, Copy)]
struct LayerRecord {
    max: f32,
    sum: f32,
    probability: f32,
    baseline: f32,
    residual: f32,
}

/// What is known of one layer of one fact's scores. NaN where it was not given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerSummary {
    /// Highest score of the layer.
    pub max: f32,
    /// Sum of the layer's scores, those that were not kept included.
    pub sum: f32,
    /// Evidence of the integral.
    pub evidence: LayerEvidence,
}

/// Builds the archive. The caller has checked that neurons lie in the shape and scores are finite.
pub(crate) fn encode_scores(scores: &Scores, shape: Shape, keep: Keep, score_type: ScoreType) -> Vec<u8> {
    let mut ranked: Vec<u64> = Vec::new();
    let mut layers = vec![
        LayerRecord {
            max: f32::NEG_INFINITY,
            sum: 0.0,
            probability: f32::NAN,
            baseline: f32::NAN,
            residual: f32::NAN
        };
        shape.layers as usize
    ];
    let mut max = f32::NEG_INFINITY;
    let mut floor;
    match &scores.values {
        ScoreValues::Dense(values) => {
            for (layer, values) in layers.iter_mut().zip(values.chunks(shape.width as usize)) {
                let mut sum = 0.0_f64;
                for &value in values {
                    let value = round(value, score_type);
                    layer.max = layer.max.max(value);
                    sum += f64::from(value);
                }
                layer.sum = sum as f32;
                max = max.max(layer.max);
            }
            floor = keep_floor(keep, max);
            let kept = values.iter().enumerate().map(|(neuron, &value)| (neuron as u32, round(value, score_type)));
            ranked.extend(kept.filter(|&(_, value)| value >= floor).map(|(neuron, value)| rank_key(neuron, value)));
        }
        ScoreValues::Sparse { neurons, scores, floor: given } => {
            let complete = neurons.len() as u64 == shape.neurons();
            let mut sums = vec![0.0_f64; layers.len()];
            for (&neuron, &value) in neurons.iter().zip(scores) {
                let value = round(value, score_type);
                let layer = shape.split(neuron).0.0 as usize;
                layers[layer].max = layers[layer].max.max(value);
                sums[layer] += f64::from(value);
                max = max.max(value);
            }
            for (layer, sum) in layers.iter_mut().zip(sums) {
                // Scores below the given floor are missing from the sum, so it is only known when all are here.
                layer.sum = if complete { sum as f32 } else { f32::NAN };
            }
            let own = keep_floor(keep, max);
            floor = match score_type {
                _ if complete => own,
                ScoreType::F32 => own.max(*given),
                // Rounding may carry an unlisted score up onto the rounded floor, never above it.
                ScoreType::F16 | ScoreType::Bf16 => own.max(round(*given, score_type).next_up()),
            };
            let kept = neurons.iter().zip(scores).map(|(neuron, &value)| (neuron.0, round(value, score_type)));
            ranked.extend(kept.filter(|&(_, value)| value >= floor).map(|(neuron, value)| rank_key(neuron, value)));
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
    for layer in &mut layers {
        if layer.max == f32::NEG_INFINITY {
            layer.max = f32::NAN;
        }
    }
    for (layer, evidence) in layers.iter_mut().zip(&scores.evidence) {
        layer.probability = evidence.probability;
        layer.baseline = evidence.baseline;
        layer.residual = evidence.residual;
    }
    let narrow = shape.neurons() <= NARROW;
    let neurons = ranked.iter().map(|&key| unrank(key).0);
    let values = ranked.iter().map(|&key| unrank(key).1);
    let block = ScoreBlock {
        floor,
        max: if max == f32::NEG_INFINITY { f32::NAN } else { max },
        layers,
        narrow: if narrow { neurons.clone().map(|n| n as u16).collect() } else { Vec::new() },
        wide: if narrow { Vec::new() } else { neurons.collect() },
        full: if score_type == ScoreType::F32 { values.clone().collect() } else { Vec::new() },
        half: if score_type == ScoreType::F32 { Vec::new() } else { values.map(|v| to_half(v, score_type)).collect() },
    };
    to_bytes(&block)
}

/// The lowest score that is kept. With a share and a maximum of 0 or less nothing counts as kept:
/// no neuron of such a fact passes any threshold.
fn keep_floor(keep: Keep, max: f32) -> f32 {
    match keep {
        Keep::All | Keep::Top(_) => f32::NEG_INFINITY,
        Keep::Share(_) if max <= 0.0 || !max.is_finite() => LEAST_POSITIVE,
        Keep::Share(share) => {
            let exact = share * f64::from(max);
            let near = exact as f32;
            // The floor must not lie below the share: round up.
            if f64::from(near) < exact { near.next_up() } else { near }
        }
    }
}

/// The score as it is kept.
pub(crate) fn round(value: f32, score_type: ScoreType) -> f32 {
    match score_type {
        ScoreType::F32 => value,
        ScoreType::F16 => half::f16::from_f32(value).to_f32(),
        ScoreType::Bf16 => half::bf16::from_f32(value).to_f32(),
    }
}

fn to_half(value: f32, score_type: ScoreType) -> u16 {
    match score_type {
        ScoreType::F16 => half::f16::from_f32(value).to_bits(),
        ScoreType::F32 | ScoreType::Bf16 => half::bf16::from_f32(value).to_bits(),
    }
}

/// Sorts by score, best first, then by neuron.
fn rank_key(neuron: u32, score: f32) -> u64 {
    // −0.0 and 0.0 are equal scores; adding 0.0 makes them the same bits.
    let bits = (score + 0.0).to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u64::from(!ascending) << 32 | u64::from(neuron)
}

fn unrank(key: u64) -> (u32, f32) {
    let ascending = !((key >> 32) as u32);
    let bits = if ascending >> 31 == 1 { ascending & !(1 << 31) } else { !ascending };
    (key as u32, f32::from_bits(bits))
}

fn to_bytes<T>(value: &T) -> Vec<u8>
where
    T: for<'a> Serialize<
        rkyv::api::high::HighSerializer<rkyv::util::AlignedVec, rkyv::ser::allocator::ArenaHandle<'a>, rancor::Failure>,
    >,
{
    // Serialising to memory fails only when memory ends, which aborts before.
    rkyv::to_bytes::<rancor::Failure>(value).map(|bytes| bytes.to_vec()).unwrap_or_default()
}

/// A score block, checked and read in place.
#[derive(Clone, Copy)]
pub struct ScoreView<'a> {
    block: &'a ArchivedScoreBlock,
    score_type: ScoreType,
}

impl<'a> ScoreView<'a> {
    pub(crate) fn new(bytes: &'a [u8], score_type: ScoreType) -> Result<Self, String> {
        let block = rkyv::access::<ArchivedScoreBlock, rancor::Failure>(bytes)
            .map_err(|_| format!("{} bytes that are no score block", bytes.len()))?;
        let neurons = block.narrow.len().max(block.wide.len());
        let scores = if score_type == ScoreType::F32 { block.full.len() } else { block.half.len() };
        if neurons != scores || !block.narrow.is_empty() && !block.wide.is_empty() {
            return Err(format!("{neurons} neurons with {scores} scores"));
        }
        Ok(Self { block, score_type })
    }

    /// Number of kept scores.
    pub fn len(&self) -> usize {
        if self.score_type == ScoreType::F32 { self.block.full.len() } else { self.block.half.len() }
    }

    /// Whether no score was kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every neuron with a score of at least this is kept.
    pub fn floor(&self) -> f32 {
        self.block.floor.to_native()
    }

    /// Maximum over all scores of the fact; NaN where none was given.
    pub fn max(&self) -> f32 {
        self.block.max.to_native()
    }

    /// The score of rank `rank` (from 0, best first).
    pub fn score(&self, rank: usize) -> f32 {
        match self.score_type {
            ScoreType::F32 => self.block.full[rank].to_native(),
            ScoreType::F16 => half::f16::from_bits(self.block.half[rank].to_native()).to_f32(),
            ScoreType::Bf16 => half::bf16::from_bits(self.block.half[rank].to_native()).to_f32(),
        }
    }

    /// The neuron of rank `rank` (from 0, best first).
    pub fn neuron(&self, rank: usize) -> Neuron {
        if self.block.wide.is_empty() {
            Neuron(u32::from(self.block.narrow[rank].to_native()))
        } else {
            Neuron(self.block.wide[rank].to_native())
        }
    }

    /// Appends the neurons of the best `count` scores, best first.
    pub fn push_neurons(&self, count: usize, out: &mut Vec<u32>) {
        if self.block.wide.is_empty() {
            out.extend(self.block.narrow[..count].iter().map(|neuron| u32::from(neuron.to_native())));
        } else {
            out.extend(self.block.wide[..count].iter().map(|neuron| neuron.to_native()));
        }
    }

    /// How many scores satisfy `pass`, which must hold for a prefix; the answer is known to lie in `within`.
    pub fn prefix(&self, within: std::ops::Range<usize>, pass: impl Fn(f32) -> bool) -> usize {
        let (mut low, mut high) = (within.start.min(self.len()), within.end.min(self.len()));
        while low < high {
            let middle = low.midpoint(high);
            if pass(self.score(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many scores exceed `tau` times the fact's maximum (AMIG Eq. 7; strictly, in 64-bit arithmetic).
    pub fn above_share(&self, tau: f64, within: std::ops::Range<usize>) -> usize {
        let max = self.max();
        if max.is_nan() || max <= 0.0 {
            return 0;
        }
        let threshold = tau * f64::from(max);
        self.prefix(within, |score| f64::from(score) > threshold)
    }

    /// Whether every neuron that scores more than `tau` times the fact's maximum was kept. A maximum that was not kept is not
    /// known, and so is what lies above a share of it.
    pub fn knows_share(&self, tau: f64) -> bool {
        let max = f64::from(self.max());
        self.floor() <= LEAST_POSITIVE || (max > 0.0 && self.knows_from(tau * max, true))
    }

    /// Whether every neuron that scores at least `bound` (`strict`: more) was kept.
    pub fn knows_from(&self, bound: f64, strict: bool) -> bool {
        // The least 32-bit score that passes must be one that was kept.
        let near = bound as f32;
        let passes = if strict { f64::from(near) > bound } else { f64::from(near) >= bound };
        self.floor() <= LEAST_POSITIVE || (if passes { near } else { near.next_up() }) >= self.floor()
    }

    /// What is known of each layer.
    pub fn layers(&self) -> impl Iterator<Item = LayerSummary> + use<'a> {
        self.block.layers.iter().map(|layer| LayerSummary {
            max: layer.max.to_native(),
            sum: layer.sum.to_native(),
            evidence: LayerEvidence {
                probability: layer.probability.to_native(),
                baseline: layer.baseline.to_native(),
                residual: layer.residual.to_native(),
            },
        })
    }
}

#[derive(Archive, Serialize, Deserialize)]
struct GroupBlock {
    groups: Vec<GroupRecord>,
}

#[derive(Archive, Serialize, Deserialize)]
struct GroupRecord {
    neurons: Vec<u32>,
    probabilities: Vec<f32>,
}

/// Archives groups; neurons of a group ascend, groups in the order given.
pub(crate) fn encode_groups(groups: &[Group]) -> Vec<u8> {
    let records = groups.iter().map(|group| {
        let mut order: Vec<usize> = (0..group.neurons.len()).collect();
        order.sort_unstable_by_key(|&at| group.neurons[at]);
        let probabilities = match &group.evidence {
            None => Vec::new(),
            Some(evidence) => [evidence.probability, evidence.after_all]
                .into_iter()
                .chain(order.iter().map(|&at| evidence.after_each[at]))
                .collect(),
        };
        GroupRecord { neurons: order.iter().map(|&at| group.neurons[at].0).collect(), probabilities }
    });
    to_bytes(&GroupBlock { groups: records.collect() })
}

/// Reads groups back.
pub(crate) fn decode_groups(bytes: &[u8]) -> Result<Vec<Group>, String> {
    let block = rkyv::access::<ArchivedGroupBlock, rancor::Failure>(bytes)
        .map_err(|_| format!("{} bytes that are no group block", bytes.len()))?;
    let groups = block.groups.iter().map(|record| {
        let neurons: Vec<Neuron> = record.neurons.iter().map(|n| Neuron(n.to_native())).collect();
        let p: Vec<f32> = record.probabilities.iter().map(|p| p.to_native()).collect();
        let evidence = match p.as_slice() {
            [] => None,
            [probability, after_all, after_each @ ..] if after_each.len() == neurons.len() => Some(GroupEvidence {
                probability: *probability,
                after_all: *after_all,
                after_each: after_each.to_vec(),
            }),
            _ => return Err(format!("{} probabilities for {} neurons", p.len(), neurons.len())),
        };
        Ok(Group { neurons, evidence })
    });
    groups.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape::new(2, 3).expect("small")
    }

    fn dense(values: &[f32], keep: Keep) -> Vec<u8> {
        let scores = Scores { values: ScoreValues::Dense(values.to_vec()), evidence: Vec::new() };
        encode_scores(&scores, shape(), keep, ScoreType::F32)
    }

    fn kept(bytes: &[u8]) -> Vec<(u32, f32)> {
        let view = ScoreView::new(bytes, ScoreType::F32).expect("its own bytes");
        (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank))).collect()
    }

    #[test]
    fn scores_descend_and_equal_ones_keep_neuron_order() {
        let bytes = dense(&[0.5, -0.0, 2.0, 0.5, 0.0, -1.0], Keep::All);
        assert_eq!(kept(&bytes), [(2, 2.0), (0, 0.5), (3, 0.5), (1, 0.0), (4, 0.0), (5, -1.0)]);
        let view = ScoreView::new(&bytes, ScoreType::F32).expect("its own bytes");
        assert_eq!((view.max(), view.floor()), (2.0, f32::NEG_INFINITY));
        let layers: Vec<_> = view.layers().map(|layer| (layer.max, layer.sum)).collect();
        assert_eq!(layers, [(2.0, 2.5), (0.5, -0.5)]);
    }

    #[test]
    fn thresholds_are_strict() {
        let bytes = dense(&[1.0, 0.5, 0.25, 0.5, 0.0, 0.0], Keep::All);
        let view = ScoreView::new(&bytes, ScoreType::F32).expect("its own bytes");
        assert_eq!(view.above_share(0.5, 0..6), 1);
        assert_eq!(view.above_share(0.4999, 0..6), 3);
        assert_eq!(view.above_share(0.0, 0..6), 4);
    }

    #[test]
    fn a_share_keeps_everything_from_it_on_and_says_so() {
        let bytes = dense(&[1.0, 0.3, 0.1, 0.05, 0.0, -3.0], Keep::Share(0.1));
        assert_eq!(kept(&bytes), [(0, 1.0), (1, 0.3), (2, 0.1)]);
        let view = ScoreView::new(&bytes, ScoreType::F32).expect("its own bytes");
        assert!(f64::from(view.floor()) >= 0.1);
    }

    #[test]
    fn top_n_floor_excludes_ties_that_were_cut() {
        let bytes = dense(&[1.0, 0.5, 0.5, 0.5, 0.0, 0.0], Keep::Top(2));
        assert_eq!(kept(&bytes), [(0, 1.0), (1, 0.5)]);
        let view = ScoreView::new(&bytes, ScoreType::F32).expect("its own bytes");
        assert_eq!(view.floor(), 0.5_f32.next_up());
    }

    #[test]
    fn a_fact_without_a_positive_score_has_no_knowledge_neuron() {
        let bytes = dense(&[-1.0, -0.5, 0.0, -0.25, -2.0, -3.0], Keep::All);
        let view = ScoreView::new(&bytes, ScoreType::F32).expect("its own bytes");
        assert_eq!(view.max(), 0.0);
        assert_eq!(view.above_share(0.3, 0..6), 0);
        assert_eq!(kept(&dense(&[-1.0; 6], Keep::Share(0.01))), []);
    }

    #[test]
    fn halves_are_rounded_before_ranking() {
        let scores =
            Scores { values: ScoreValues::Dense(vec![1.0, 0.333_333, 0.1, 0.0, 0.0, 0.0]), evidence: Vec::new() };
        for score_type in [ScoreType::F16, ScoreType::Bf16] {
            let bytes = encode_scores(&scores, shape(), Keep::Share(0.05), score_type);
            let view = ScoreView::new(&bytes, score_type).expect("its own bytes");
            assert_eq!(view.len(), 3);
            assert_eq!(view.score(1), round(0.333_333, score_type));
        }
    }

    #[test]
    fn groups_come_back_with_their_evidence() {
        let groups = vec![
            Group {
                neurons: vec![Neuron(2), Neuron(0)],
                evidence: Some(GroupEvidence { probability: 0.9, after_each: vec![0.8, 0.7], after_all: 0.1 }),
            },
            Group { neurons: vec![Neuron(1), Neuron(3), Neuron(4)], evidence: None },
        ];
        let back = decode_groups(&encode_groups(&groups)).expect("its own bytes");
        assert_eq!(back[0].neurons, [Neuron(0), Neuron(2)]);
        assert_eq!(back[0].evidence.as_ref().expect("given").after_each, [0.7, 0.8]);
        assert_eq!(back[1], groups[1]);
    }

    #[test]
    fn damaged_bytes_are_refused_not_read() {
        let good = dense(&[0.5, 0.1, 2.0, 0.5, 0.0, -1.0], Keep::All);
        for cut in 0..good.len() {
            let _ = ScoreView::new(&good[..cut], ScoreType::F32);
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            // It may be read as other scores, which only the checksum of the segment can tell, but never panics.
            if let Ok(view) = ScoreView::new(&bad, ScoreType::F32) {
                let mut neurons = Vec::new();
                view.push_neurons(view.len(), &mut neurons);
                let ranks: Vec<(Neuron, f32)> = (0..view.len()).map(|at| (view.neuron(at), view.score(at))).collect();
                assert_eq!(neurons.len(), ranks.len());
                assert!(view.layers().count() < good.len());
            }
        }
        assert!(ScoreView::new(&[], ScoreType::F32).is_err());
        assert!(ScoreView::new(&good, ScoreType::F16).is_err(), "f32 scores read as f16");
    }
}
