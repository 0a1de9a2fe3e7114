//! Monotone paths through real activations: anchors in the order of `monotonic_paths.py` of the authors' code, made monotone as there or
//! continuously.

use std::cmp::Ordering;

/// Which of the activations that are left is the next anchor of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anchors {
    /// The one that is nearest to what making it monotone would move it to (DIG-Greedy).
    #[default]
    Greedy,
    /// The one with the most neurons that are monotone as they are (DIG-MaxCount).
    MaxCount,
}

impl Anchors {
    /// Both with their names.
    pub const NAMED: [(&'static str, Self); 2] = [("greedy", Self::Greedy), ("max-count", Self::MaxCount)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }

    /// How bad an anchor is, next to the one before it.
    pub(crate) fn cost(self, between: &Between<'_>, anchor: &[f64]) -> f64 {
        let each = between.before.iter().zip(between.baseline).zip(anchor);
        match self {
            Self::Greedy => each.map(|((&at, &end), &w)| square(w, between.monotone(at, end, w))).sum(),
            Self::MaxCount => each.filter(|&((&at, &end), &w)| !is_between(at, end, w)).count() as f64,
        }
    }
}

/// What is taken of an anchor's neuron that lies off the way from the point before to the baseline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Monotone {
    /// The end of that way which is nearer to it. What is taken is continuous in the activations, so that their last digits move scores by as little.
    #[default]
    Clip,
    /// As in the authors' code, a share of that way from the point before on, 1 over the number of anchors. Just outside the way this is far from
    /// what is taken just inside: where float32 and float64 have a neuron on two sides of an end, they have two paths.
    Share,
}

impl Monotone {
    /// Both with their names.
    pub const NAMED: [(&'static str, Self); 2] = [("clip", Self::Clip), ("share", Self::Share)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, known)| *known == self).map_or("", |&(name, _)| name)
    }
}

/// Where a path is on its way from the prompt back to the baseline.
pub(crate) struct Between<'a> {
    pub(crate) before: &'a [f64],
    pub(crate) baseline: &'a [f64],
    pub(crate) monotone: Monotone,
    /// That of [`Monotone::Share`].
    pub(crate) share: f64,
}

impl Between<'_> {
    /// What of an anchor's value is taken: the value itself where it is between.
    fn monotone(&self, at: f64, end: f64, w: f64) -> f64 {
        if is_between(at, end, w) {
            return w;
        }
        match self.monotone {
            // A forward pass that overflowed gives no bounds: the fact is skipped for its scores, which are no numbers either.
            Monotone::Clip if at.is_nan() || end.is_nan() => f64::NAN,
            Monotone::Clip => w.clamp(at.min(end), at.max(end)),
            Monotone::Share => at - self.share * (at - end),
        }
    }

    /// The point after the one before, made of an anchor.
    pub(crate) fn next(&self, anchor: &[f64]) -> Vec<f64> {
        let each = self.before.iter().zip(self.baseline).zip(anchor);
        each.map(|((&at, &end), &w)| self.monotone(at, end, w)).collect()
    }
}

fn is_between(at: f64, end: f64, w: f64) -> bool {
    (end <= w && w <= at) || (at <= w && w <= end)
}

fn square(a: f64, b: f64) -> f64 {
    (a - b).powi(2)
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// The points of a path from `baseline` to `prompt` through all of the `real` activations that are not the baseline's own, each neuron going one
/// way only. Anchors are chosen from the prompt on, each by what it is beside the anchor before it; of equally good ones the nearer to that comes
/// first, then that of the earlier word. Points that repeat the one before are left out.
pub(super) fn through(
    baseline: &[f32],
    prompt: &[f32],
    real: &[Vec<f32>],
    anchors: Anchors,
    monotone: Monotone,
) -> Vec<Vec<f32>> {
    let mut left: Vec<Vec<f64>> = real.iter().filter(|anchor| *anchor != baseline).map(|anchor| wide(anchor)).collect();
    let (baseline, prompt) = (wide(baseline), wide(prompt));
    // The authors' 1/steps, where steps is the number of anchors.
    let share = 1.0 / left.len().max(1) as f64;
    let mut points = vec![prompt.clone()];
    let mut last = prompt;
    while !left.is_empty() {
        let beside = Between { before: &last, baseline: &baseline, monotone, share };
        let distance = |anchor: &[f64]| -> f64 { anchor.iter().zip(&last).map(|(&a, &b)| square(a, b)).sum() };
        let costs: Vec<(f64, f64)> = left.iter().map(|a| (anchors.cost(&beside, a), distance(a))).collect();
        let better = |&a: &usize, &b: &usize| -> Ordering {
            costs[a].0.total_cmp(&costs[b].0).then(costs[a].1.total_cmp(&costs[b].1))
        };
        // The first of equal ones.
        let Some(best) = (0..left.len()).min_by(better) else { break };
        last = left.remove(best);
        let before = points.last().unwrap_or(&last);
        let next = Between { before, baseline: &baseline, monotone, share }.next(&last);
        points.push(next);
    }
    points.push(baseline);
    let mut points: Vec<Vec<f32>> = points.iter().map(|point| narrow(point)).collect();
    points.dedup();
    points.reverse();
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: [f32; 2] = [1.0, 1.0];
    const WAYS: [(Anchors, Monotone); 4] = [
        (Anchors::Greedy, Monotone::Clip),
        (Anchors::MaxCount, Monotone::Clip),
        (Anchors::Greedy, Monotone::Share),
        (Anchors::MaxCount, Monotone::Share),
    ];

    fn path(real: &[[f32; 2]], (anchors, monotone): (Anchors, Monotone)) -> Vec<Vec<f32>> {
        let real: Vec<Vec<f32>> = real.iter().map(|anchor| anchor.to_vec()).collect();
        through(&[0.0, 0.0], &PROMPT, &real, anchors, monotone)
    }

    #[test]
    fn an_anchor_between_is_a_point_as_it_is_and_one_beside_is_clipped_or_goes_a_share_of_the_way() {
        // (3/4, 1/2) is between; from there (1/2, 5/4) is not in its second neuron: it stays at 1/2, or goes half of the way from there to 0.
        for (anchors, monotone) in WAYS {
            let found = path(&[[0.5, 1.25], [0.75, 0.5]], (anchors, monotone));
            let taken = if monotone == Monotone::Clip { 0.5 } else { 0.25 };
            assert_eq!(found, [[0.0, 0.0], [0.5, taken], [0.75, 0.5], [1.0, 1.0]]);
        }
        // Beyond the baseline the near end is the baseline; the share is the whole way, of one anchor alone.
        for how in WAYS {
            assert_eq!(path(&[[0.5, -1.0]], how), [[0.0, 0.0], [0.5, 0.0], [1.0, 1.0]]);
        }
    }

    #[test]
    fn the_nearest_anchor_and_the_one_with_the_most_monotone_neurons_may_be_two() {
        // (9/8, 9/8) is no neuron's way but 5/8 off what each goes; (1/2, 3) is one neuron's, and 5/2 off the other's.
        let real = [[0.5, 3.0], [1.125, 1.125]];
        let greedy = path(&real, (Anchors::Greedy, Monotone::Share));
        assert_eq!(greedy, [[0.0, 0.0], [0.5, 0.25], [0.5, 0.5], [1.0, 1.0]]);
        let count = path(&real, (Anchors::MaxCount, Monotone::Share));
        assert_eq!(count, [[0.0, 0.0], [0.25, 0.25], [0.5, 0.5], [1.0, 1.0]]);
        // (9/8, −1/8) is 1/8 off each.
        let real = [[0.5, 3.0], [1.125, -0.125]];
        let greedy = path(&real, (Anchors::Greedy, Monotone::Clip));
        assert_eq!(greedy, [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [1.0, 1.0]]);
        let count = path(&real, (Anchors::MaxCount, Monotone::Clip));
        assert_eq!(count, [[0.0, 0.0], [0.5, 0.0], [0.5, 1.0], [1.0, 1.0]]);
    }

    #[test]
    fn of_equally_good_anchors_the_nearer_comes_first() {
        // Both are between. Behind (1/2, 1/2), which is nearer to (1, 1), (1/4, 3/4) is so in its first neuron alone.
        for (anchors, monotone) in WAYS {
            let taken = if monotone == Monotone::Clip { 0.5 } else { 0.25 };
            let nearer_first = [[0.0, 0.0], [0.25, taken], [0.5, 0.5], [1.0, 1.0]];
            assert_eq!(path(&[[0.25, 0.75], [0.5, 0.5]], (anchors, monotone)), nearer_first);
            assert_eq!(path(&[[0.5, 0.5], [0.25, 0.75]], (anchors, monotone)), nearer_first);
        }
    }

    #[test]
    fn neurons_go_one_way_whatever_the_anchors() {
        let real = [[0.3, -2.0], [5.0, 0.9], [-1.0, 0.1], [0.7, 0.7], [1.0, 1.0], [0.0, 0.0]];
        for how in WAYS {
            let found = path(&real, how);
            assert!(found.len() > 3, "{found:?}");
            for pair in found.windows(2) {
                assert!(pair[0].iter().zip(&pair[1]).all(|(from, to)| from <= to), "{found:?}");
            }
        }
    }

    #[test]
    fn a_clipped_path_moves_as_little_as_its_anchors_and_the_authors_jumps() {
        // The second neuron of the one anchor is just between, or just beyond 1.
        let apart = |monotone| {
            let point = |w: f32| path(&[[0.5, w]], (Anchors::Greedy, monotone))[1][1];
            f64::from(point(1.0 - 1e-6)) - f64::from(point(1.0 + 1e-6))
        };
        assert!(apart(Monotone::Clip).abs() < 2e-6, "{}", apart(Monotone::Clip));
        assert!((apart(Monotone::Share) - 1.0).abs() < 1e-5, "{}", apart(Monotone::Share));
    }

    #[test]
    fn what_is_no_number_stays_none() {
        let found = through(&[f32::NAN, 0.0], &[f32::NAN, 1.0], &[vec![0.5, 0.5]], Anchors::Greedy, Monotone::Clip);
        assert!(found.iter().all(|point| point[0].is_nan()), "{found:?}");
    }

    #[test]
    fn a_baseline_that_is_an_anchor_itself_and_points_that_repeat_are_passed_once() {
        for how in WAYS {
            assert_eq!(path(&[[0.0, 0.0]], how), [[0.0, 0.0], [1.0, 1.0]]);
            assert_eq!(path(&[[1.0, 1.0]], how), [[0.0, 0.0], [1.0, 1.0]]);
            assert_eq!(path(&[], how), [[0.0, 0.0], [1.0, 1.0]]);
            assert_eq!(through(&PROMPT, &PROMPT, &[], how.0, how.1), [PROMPT.to_vec()]);
        }
    }
}
