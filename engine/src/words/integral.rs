//! Integrated gradients along paths of the embeddings of several words, of anything that has a gradient.

/// F and ∂F/∂x at some points, each the embeddings of all words, one after the other.
pub(super) trait Gradients {
    /// F of each point, and with `gradient` ∂F/∂x.
    fn at(&self, points: &[Vec<f32>], gradient: bool) -> Vec<(f64, Vec<f32>)>;
}

/// Points computed at a time.
const POINTS: usize = 256;

/// A path of the embeddings of all words, `[points][words × hidden]`, from its beginning on.
pub(super) struct Path(Vec<Vec<f64>>);

/// Scores along some paths.
pub(super) struct Integral {
    /// By word, the sum over paths and dimensions.
    pub(super) scores: Vec<f64>,
    /// By path, the sum over words.
    pub(super) totals: Vec<f64>,
    /// F where each path begins.
    pub(super) starts: Vec<f64>,
}

impl Path {
    /// The path on which some words pass the points given, as many each, and the others stay.
    pub(super) fn of(moved: impl IntoIterator<Item = (usize, Vec<Vec<f64>>)>, words: &[Vec<f64>]) -> Self {
        let mut points: Vec<Vec<f64>> = Vec::new();
        for (at, passed) in moved {
            if points.is_empty() {
                points = vec![words.concat(); passed.len()];
            }
            let size = words[at].len();
            for (point, passed) in points.iter_mut().zip(passed) {
                point[at * size..(at + 1) * size].copy_from_slice(&passed);
            }
        }
        Self(points)
    }

    /// Every embedding times a number.
    pub(super) fn scale(&mut self, by: f64) {
        self.0.iter_mut().flatten().for_each(|value| *value *= by);
    }
}

/// Σ over segments of ∫₀¹ ∂F(p + α (q − p))/∂x dα · (q − p) by a rule, word by word.
pub(super) fn integrate(of: &dyn Gradients, hidden: usize, paths: &[Path], rule: &[(f64, f64)]) -> Integral {
    let words = paths.first().and_then(|path| path.0.first()).map_or(0, |point| point.len() / hidden);
    // A path of one point goes nowhere.
    let paths: Vec<&Path> = paths.iter().filter(|path| path.0.len() > 1).collect();
    let (mut scores, mut totals) = (vec![0.0; words], vec![0.0; paths.len()]);
    let segments = paths.iter().enumerate().flat_map(|(of, path)| path.0.windows(2).map(move |segment| (of, segment)));
    let places: Vec<(usize, &[Vec<f64>], f64, f64)> = segments
        .flat_map(|(of, segment)| rule.iter().map(move |&(alpha, weight)| (of, segment, alpha, weight)))
        .collect();
    for places in places.chunks(POINTS) {
        let points: Vec<Vec<f32>> = places.iter().map(|(_, segment, alpha, _)| between(segment, *alpha)).collect();
        for ((path, segment, _, weight), (_, gradient)) in places.iter().zip(of.at(&points, true)) {
            let moves = segment[0].iter().zip(&segment[1]).map(|(from, to)| to - from);
            for (at, (moved, slope)) in moves.zip(gradient).enumerate() {
                let gained = weight * moved * f64::from(slope);
                scores[at / hidden] += gained;
                totals[*path] += gained;
            }
        }
    }
    let begins: Vec<Vec<f32>> = paths.iter().map(|path| between(&path.0, 0.0)).collect();
    let mut starts = Vec::with_capacity(begins.len());
    for begins in begins.chunks(POINTS) {
        starts.extend(of.at(begins, false).into_iter().map(|(value, _)| value));
    }
    Integral { scores, totals, starts }
}

/// A point between the first two.
fn between(points: &[Vec<f64>], alpha: f64) -> Vec<f32> {
    points[0].iter().zip(&points[1]).map(|(from, to)| (from + alpha * (to - from)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quadrature::Rule;

    /// F = x·y·z + x of three words of one dimension.
    struct Toy;

    impl Gradients for Toy {
        fn at(&self, points: &[Vec<f32>], gradient: bool) -> Vec<(f64, Vec<f32>)> {
            let of = |p: &Vec<f32>| {
                let (x, y, z) = (p[0], p[1], p[2]);
                let slope = if gradient { vec![y * z + 1.0, x * z, x * y] } else { Vec::new() };
                (f64::from(x * y * z + x), slope)
            };
            points.iter().map(of).collect()
        }
    }

    fn scored(paths: &[Path], rule: Rule, steps: usize) -> ([f64; 3], Vec<f64>) {
        let found = integrate(&Toy, 1, paths, &rule.points(steps));
        let scores = found.scores.iter().map(|score| (score * 1e6).round() / 1e6).collect::<Vec<_>>();
        (scores.try_into().expect("three words"), found.starts)
    }

    const WORDS: [f64; 3] = [1.0, 2.0, 3.0];

    fn words() -> Vec<Vec<f64>> {
        WORDS.iter().map(|&word| vec![word]).collect()
    }

    #[test]
    fn all_words_at_once_share_the_product_and_each_has_its_own_term() {
        // Along α(1, 2, 3) the gradient is (6α² + 1, 3α², 2α²): 2 + 1, 2, 2. F goes from 0 to 7.
        let path = Path::of((0..3).map(|at| (at, vec![vec![0.0], vec![WORDS[at]]])), &words());
        assert_eq!(scored(&[path], Rule::GaussLegendre, 2), ([3.0, 2.0, 2.0], vec![0.0]));
    }

    #[test]
    fn one_word_at_a_time_gets_all_that_is_lost_without_it() {
        // F without x is 0, without y or z it is 1: 7, 6, 6, each complete by itself.
        let alone = |at: usize| Path::of([(at, vec![vec![0.0], vec![WORDS[at]]])], &words());
        let paths: Vec<Path> = (0..3).map(alone).collect();
        assert_eq!(scored(&paths, Rule::Left, 1), ([7.0, 6.0, 6.0], vec![0.0, 1.0, 1.0]));
        assert_eq!(integrate(&Toy, 1, &paths, &Rule::Left.points(1)).totals, [7.0, 6.0, 6.0]);
    }

    #[test]
    fn a_path_through_other_points_is_the_sum_of_its_segments() {
        // From 0 to (1, 0, 0), (1, 2, 0), (1, 2, 3): each word's move alone, with gradients 1, 0 and 2.
        let through = |at: usize| (0..4).map(|point| vec![if point > at { WORDS[at] } else { 0.0 }]).collect();
        let path = || Path::of((0..3).map(|at| (at, through(at))), &words());
        assert_eq!(scored(&[path()], Rule::Midpoint, 1), ([1.0, 0.0, 6.0], vec![0.0]));
        let mut twice = path();
        twice.scale(2.0);
        assert_eq!(scored(&[twice], Rule::Midpoint, 1), ([2.0, 0.0, 48.0], vec![0.0]));
        // The gradient where each segment begins is the same here: no word moves what its own slope hangs on.
        assert_eq!(scored(&[path()], Rule::Left, 1).0, [1.0, 0.0, 6.0]);
    }

    #[test]
    fn no_word_has_no_path() {
        let found = integrate(&Toy, 1, &[], &Rule::GaussLegendre.points(2));
        assert!(found.scores.is_empty() && found.starts.is_empty());
    }
}
