//! The recomputation: scores as a plain list, thresholds, ranks and sums by their definitions (methods §4).

use kndb_storage::{
    Entry, EntryData, Keep, LivePart, Neuron, RunSpec, ScoreType, ScoreValues, Scores, Shape, Snapshot, Store, TAU_GRID,
};

/// Thresholds between, below and on those of the grid.
const TAUS: [f64; 10] = [0.0, 0.005, 0.01, 0.05, 0.15, 0.2, 0.37, 0.5, 0.66, 0.999];

/// One fact's scores as a test made them up: the neurons not listed score less than the floor.
#[derive(Clone, Debug)]
pub struct Truth {
    pub fact: String,
    pub scores: Vec<(u32, f32)>,
    /// `None`: all neurons are listed, in order.
    pub floor: Option<f32>,
}

impl Truth {
    pub fn entry(&self) -> Entry {
        let values = match self.floor {
            None => ScoreValues::Dense(self.scores.iter().map(|&(_, score)| score).collect()),
            Some(floor) => ScoreValues::Sparse {
                neurons: self.scores.iter().map(|&(neuron, _)| Neuron(neuron)).collect(),
                scores: self.scores.iter().map(|&(_, score)| score).collect(),
                floor,
            },
        };
        let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
        Entry { fact: self.fact.clone(), language: "en".into(), prompt: 0, data }
    }

    /// All listed scores as they count, best first, of equal ones the lower neuron first.
    fn ranked(&self, score_type: ScoreType) -> Vec<(u32, f64)> {
        let rounded = |score: f32| match score_type {
            ScoreType::F32 => f64::from(score),
            ScoreType::F16 => half::f16::from_f32(score).to_f64(),
            ScoreType::Bf16 => half::bf16::from_f32(score).to_f64(),
        };
        let mut ranked: Vec<(u32, f64)> = self.scores.iter().map(|&(neuron, score)| (neuron, rounded(score))).collect();
        ranked.sort_by(|a, b| b.1.partial_cmp(&a.1).expect("finite").then(a.0.cmp(&b.0)));
        ranked
    }
}

/// The neurons above τ times the maximum; none where no score is positive.
fn above(scores: &[(u32, f64)], max: f64, tau: f64) -> Vec<u32> {
    let pass = |&&(_, score): &&(u32, f64)| max > 0.0 && score > tau * max;
    let mut neurons: Vec<u32> = scores.iter().filter(pass).map(|&(neuron, _)| neuron).collect();
    neurons.sort_unstable();
    neurons
}

/// Compares everything a snapshot says of these facts.
pub fn check(snapshot: &Snapshot, spec: &RunSpec, truths: &[Truth]) {
    let parts: Vec<LivePart<'_>> = snapshot.slots().flat_map(|slot| snapshot.parts(slot).expect("opens")).collect();
    assert_eq!(parts.iter().map(|part| part.live_len()).sum::<u64>(), truths.len() as u64);
    for truth in truths {
        let fact = snapshot.fact(&truth.fact).expect("reads").expect("is there");
        let found = parts.iter().filter_map(|part| Some((part, part.find(fact).expect("reads")?)));
        let found: Vec<_> = found.collect();
        assert_eq!(found.len(), 1, "{} is in one part", truth.fact);
        check_fact(found[0].0, found[0].1, spec, truth);
    }
}

fn check_fact(live: &LivePart<'_>, local: u32, spec: &RunSpec, truth: &Truth) {
    let part = live.part;
    let all = truth.ranked(spec.score_type);
    let view = part.scores(local).expect("reads");
    // Ranks: a prefix of the true ranking, as long as the run's keep says.
    let kept: Vec<(u32, f64)> =
        (0..view.len()).map(|rank| (view.neuron(rank).0, f64::from(view.score(rank)))).collect();
    assert_eq!(kept, all[..kept.len()], "{}: kept scores are the best ones, in order", truth.fact);
    let mut neurons = Vec::new();
    view.push_neurons(view.len(), &mut neurons);
    assert_eq!(neurons, kept.iter().map(|&(neuron, _)| neuron).collect::<Vec<_>>());
    let max = all.first().map_or(f64::NAN, |&(_, score)| score);
    assert!(f64::from(view.max()) == max || view.max().is_nan() && max.is_nan(), "maximum {} for {max}", view.max());
    check_kept(spec, truth, &all, kept.len(), max);
    // What the floor promises: no score from it on was dropped.
    let floor = f64::from(view.floor());
    assert!(all[kept.len()..].iter().all(|&(_, score)| score < floor), "{}: floor {floor}", truth.fact);
    if truth.floor.is_some() && kept.len() < spec.shape.neurons() as usize {
        assert!(floor > f64::NEG_INFINITY, "what was not listed may be anything");
    }
    if let Some(given) = truth.floor.filter(|_| all.len() < spec.shape.neurons() as usize) {
        assert!(floor >= f64::from(given) || spec.score_type != ScoreType::F32, "floor {floor} below {given}");
    }
    // The sets of the grid, whole or cut at what was kept.
    assert_eq!(part.taus().collect::<Vec<_>>(), TAU_GRID);
    for (grid, tau) in TAU_GRID.into_iter().enumerate() {
        let set = crate::contents::set(live, grid, local).expect("reads");
        assert_eq!(set, above(&kept, max, tau), "{}: τ {tau}", truth.fact);
        if tau >= part.tau_floor() {
            assert_eq!(set, above(&all, max, tau), "{}: τ {tau} is complete", truth.fact);
        }
        for &(neuron, _) in all.iter().take(40).chain(all.iter().rev().take(40)) {
            let posted = part.postings(grid, Neuron(neuron)).expect("reads").is_some_and(|v| v.contains(local as u16));
            assert_eq!(posted, set.binary_search(&neuron).is_ok(), "{}: neuron {neuron} at τ {tau}", truth.fact);
        }
    }
    // Any threshold, searched in all scores and between the two grid counts around it.
    for tau in TAUS {
        let count = view.above_share(tau, 0..view.len());
        assert_eq!(count, above(&kept, max, tau).len(), "{}: τ {tau}", truth.fact);
        let beside = |at: Option<usize>| at.map(|at| part.grid(at).expect("reads").count(local) as usize);
        let low = beside(TAU_GRID.iter().position(|&t| t >= tau)).unwrap_or(0);
        let high = beside(TAU_GRID.iter().rposition(|&t| t <= tau)).unwrap_or(view.len());
        assert_eq!(view.above_share(tau, low..high), count, "{}: τ {tau} within {low}..{high}", truth.fact);
        if tau >= part.tau_floor() {
            assert_eq!(count, above(&all, max, tau).len(), "{}: τ {tau} is complete", truth.fact);
        }
    }
    check_layers(&view.layers().collect::<Vec<_>>(), spec.shape, &all, truth);
}

fn check_kept(spec: &RunSpec, truth: &Truth, all: &[(u32, f64)], kept: usize, max: f64) {
    let round = |score: f32| match spec.score_type {
        ScoreType::F32 => f64::from(score),
        ScoreType::F16 => half::f16::from_f32(score).to_f64(),
        ScoreType::Bf16 => half::bf16::from_f32(score).to_f64(),
    };
    let complete = all.len() as u64 == spec.shape.neurons();
    let listed = match truth.floor.filter(|_| !complete) {
        None => all.len(),
        Some(floor) if spec.score_type == ScoreType::F32 => {
            all.iter().filter(|&&(_, score)| score >= f64::from(floor)).count()
        }
        // A rounded score that equals the rounded floor may have company that was not listed.
        Some(floor) => all.iter().filter(|&&(_, score)| score > round(floor)).count(),
    };
    let expected = match spec.keep {
        Keep::All => listed,
        Keep::Top(n) => listed.min(n as usize),
        Keep::Share(share) | Keep::Signed(share) if max > 0.0 => {
            all.iter().filter(|&&(_, score)| score >= share * max).count().min(listed)
        }
        Keep::Share(_) | Keep::Signed(_) => 0,
    };
    assert_eq!(kept, expected, "{}: number of kept scores of {}", truth.fact, spec.keep);
}

fn check_layers(layers: &[kndb_storage::LayerSummary], shape: Shape, all: &[(u32, f64)], truth: &Truth) {
    assert_eq!(layers.len(), shape.layers as usize);
    let complete = all.len() as u64 == shape.neurons();
    for (number, layer) in (0..).zip(layers) {
        let own = all.iter().filter(|&&(neuron, _)| neuron / shape.width == number).map(|&(_, score)| score);
        let max = own.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = own.clone().sum();
        match max > f64::NEG_INFINITY {
            true => assert_eq!(f64::from(layer.max), max, "{}: maximum of layer {number}", truth.fact),
            false => assert!(layer.max.is_nan(), "{}: maximum of layer {number}", truth.fact),
        }
        let near = (f64::from(layer.sum) - sum).abs() <= 1e-6 * own.map(f64::abs).sum::<f64>();
        assert_eq!(near, complete, "{}: sum of layer {number} is {}, not {sum}", truth.fact, layer.sum);
    }
}

/// Writes the facts in three ways and checks each: waiting, sealed, and compacted from several segments.
pub fn check_everywhere(store: &Store, spec: &RunSpec, truths: &[Truth]) {
    let run = store.open_run(spec.clone()).expect("a new run");
    let entries: Vec<Entry> = truths.iter().map(Truth::entry).collect();
    let (first, second) = entries.split_at(entries.len() / 2);
    let append = |entries: &[Entry]| run.append_batch(entries, Default::default()).expect("appends");
    append(second);
    let (_, done) = truths.split_at(entries.len() / 2);
    check(&store.snapshot().expect("reads"), spec, done);
    run.seal().expect("seals");
    append(first);
    check(&store.snapshot().expect("reads"), spec, truths);
    run.seal().expect("seals");
    check(&store.refresh().expect("reads"), spec, truths);
    store.compact().expect("compacts");
    check(&store.refresh().expect("reads"), spec, truths);
    assert!(store.verify().expect("verifies").problems.is_empty());
}
