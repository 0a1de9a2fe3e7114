//! Success rates (AMIG Eq. 11) from the measured changes.

use super::measure::{Changes, EditRow, Method};
use super::options::EditOptions;
use crate::statistics::{Estimate, Interval, Resampled, defined, mean};
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// One language and method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Language the facts were asked in.
    pub language: String,
    /// Whose neurons were edited.
    pub method: Method,
    /// Facts that were measured.
    pub facts: usize,
    /// Mean number of edited neurons; `None` without facts.
    pub neurons: Option<f64>,
    /// From every change.
    pub all: Success,
    /// Without the outliers, related and unrelated each for itself.
    pub without_outliers: Success,
}

/// A success rate and its parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Success {
    /// SR = SR_suppress + SR_enhance.
    pub rate: Estimate,
    /// Of LIKN: SR less that of the random control, which has as many neurons, over the same draws. Open to the side of a
    /// rate without an upper bound.
    pub above_random: Option<Estimate>,
    /// Of LIKN: SR less that of the LIKN of other facts of the same relation, over the facts that have such, and the same draws. What is
    /// left is the fact's own.
    pub above_other: Option<Estimate>,
    /// Whether either part has no upper bound; the interval is then open above.
    pub unbounded: bool,
    /// With the neurons suppressed.
    pub suppress: Effect,
    /// With the neurons enhanced.
    pub enhance: Effect,
}

/// What suppressing, or enhancing, did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// |related / unrelated|.
    pub rate: Estimate,
    /// Whether the interval of the unrelated mean contains 0 (without draws, whether the mean itself is 0): the rate then has
    /// no upper bound, percentiles of it mean nothing above, and its interval is open there.
    pub unbounded: bool,
    /// Mean relative change of the facts themselves.
    pub related: Estimate,
    /// Mean relative change of unrelated facts.
    pub unrelated: Estimate,
    /// Facts in the related mean.
    pub related_facts: usize,
    /// Facts in the unrelated mean.
    pub unrelated_facts: usize,
    /// Draws in which the unrelated mean was 0, not defined, or of another sign than over all facts. The rate has a pole there.
    pub unstable_draws: u32,
}

/// Whether a mean cannot be told from 0.
fn may_be_zero(mean: f64, spread: Option<Interval>) -> bool {
    match spread {
        Some(interval) => interval.low <= 0.0 && interval.high >= 0.0,
        None => mean.is_nan() || mean == 0.0,
    }
}

/// The interval of a rate without an upper bound.
fn open_above(mut rate: Estimate) -> Estimate {
    if let (Some(interval), Some(value)) = (&mut rate.interval, rate.value) {
        interval.low = interval.low.min(value);
        interval.high = f64::INFINITY;
    }
    rate
}

/// The changes of a method by fact, NaN where a fact has none: suppress related and unrelated, enhance related and unrelated.
type Columns = [Vec<f64>; 4];

/// Statistics of one [`Columns`]: the four means, SR_suppress, SR_enhance, SR.
const STATISTICS: usize = 7;
const SR: usize = 6;

/// The cells, by language and method in the order of the tables.
pub(crate) fn cells(rows: &[EditRow], options: &EditOptions) -> Vec<Cell> {
    options.languages.iter().flat_map(|language| of_language(language, rows, options)).collect()
}

fn of_language(language: &str, rows: &[EditRow], options: &EditOptions) -> Vec<Cell> {
    let rows: Vec<&EditRow> = rows.iter().filter(|row| row.language == language).collect();
    // Facts by number, in the order of their ids.
    let facts: BTreeMap<&str, usize> = rows.iter().map(|row| (row.fact.as_str(), 0)).collect();
    let facts: BTreeMap<&str, usize> = facts.into_keys().zip(0..).collect();
    let methods = Method::all(language, &options.languages);
    let of_method =
        |method: &Method| rows.iter().copied().filter(|row| row.method == *method).collect::<Vec<&EditRow>>();
    let columns = |rows: &[&EditRow], outliers: bool| -> Columns {
        let mut columns = [(); 4].map(|()| vec![f64::NAN; facts.len()]);
        for row in rows {
            let kept = |change: f64, suppressing: bool| {
                if outliers || !is_outlier(change, suppressing, options) { change } else { f64::NAN }
            };
            let of = |changes: Changes, suppressing| [changes.related, changes.unrelated].map(|c| kept(c, suppressing));
            let ([a, b], [c, d]) = (of(row.suppress, true), of(row.enhance, false));
            for (column, value) in columns.iter_mut().zip([a, b, c, d]) {
                column[facts[row.fact.as_str()]] = value;
            }
        }
        columns
    };
    // L on the facts that have another of their relation: what the other's L is compared with.
    let with_other: HashSet<&str> = of_method(&Method::OtherLikn).iter().map(|row| row.fact.as_str()).collect();
    let mut beside_other = of_method(&Method::Likn);
    beside_other.retain(|row| with_other.contains(row.fact.as_str()));
    // Every method with its outliers, then without.
    let sets = methods.iter().map(of_method).chain([beside_other]);
    let all: Vec<Columns> = sets.flat_map(|rows| [true, false].map(|outliers| columns(&rows, outliers))).collect();
    let statistics = |weights: &[u32]| all.iter().flat_map(|columns| statistics(columns, weights)).collect();
    let resampled = options.bootstrap.resample(options.seed, &["editing", language], facts.len(), statistics);
    let place = |method: &Method| methods.iter().position(|other| other == method);
    let sets = Sets { resampled: &resampled, all: &all };
    let success = |number: usize, outliers: usize| {
        let [suppress, enhance] = sets.parts(2 * number + outliers);
        let unbounded = suppress.unbounded || enhance.unbounded;
        // The controls have the size of L, or are an L: they say nothing of methods that edit other numbers of neurons.
        let of_likn = |own: usize, control: Method| {
            let control = place(&control).filter(|_| methods[number] == Method::Likn)?;
            Some(sets.difference(2 * own + outliers, 2 * control + outliers))
        };
        let rate = sets.rate(2 * number + outliers);
        Success {
            rate: if unbounded { open_above(rate) } else { rate },
            above_random: of_likn(number, Method::Random),
            above_other: of_likn(methods.len(), Method::OtherLikn),
            unbounded,
            suppress,
            enhance,
        }
    };
    let cell = |(number, method): (usize, &Method)| {
        let of_method = of_method(method);
        Cell {
            language: language.to_owned(),
            method: method.clone(),
            facts: of_method.len(),
            neurons: defined(of_method.iter().map(|row| row.neurons as f64).sum::<f64>() / of_method.len() as f64),
            all: success(number, 0),
            without_outliers: success(number, 1),
        }
    };
    methods.iter().enumerate().map(cell).collect()
}

/// Sets of measured changes, and their statistics over the same draws.
struct Sets<'a> {
    resampled: &'a Resampled,
    all: &'a [Columns],
}

impl Sets<'_> {
    /// What suppressing and enhancing did.
    fn parts(&self, set: usize) -> [Effect; 2] {
        let part = |columns| effect(self.resampled, set * STATISTICS, columns, &self.all[set]);
        [part([0, 1, 4]), part([2, 3, 5])]
    }

    /// SR; without an interval where either part is of too few facts.
    fn rate(&self, set: usize) -> Estimate {
        self.resampled.estimate(set * STATISTICS + SR).of_facts(self.facts(set))
    }

    /// Facts in the mean that has the fewest.
    fn facts(&self, set: usize) -> usize {
        let count = |changes: &Vec<f64>| changes.iter().filter(|change| !change.is_nan()).count();
        self.all[set].iter().map(count).min().unwrap_or(0)
    }

    /// SR less that of a control, open to the side of a rate without an upper bound.
    fn difference(&self, set: usize, control: usize) -> Estimate {
        let is_unbounded = |set| self.parts(set).iter().any(|part| part.unbounded);
        let of = self.resampled.difference(set * STATISTICS + SR, control * STATISTICS + SR);
        let mut above = of.of_facts(self.facts(set).min(self.facts(control)));
        if let Some(interval) = &mut above.interval {
            interval.high = if is_unbounded(set) { f64::INFINITY } else { interval.high };
            interval.low = if is_unbounded(control) { f64::NEG_INFINITY } else { interval.low };
        }
        above
    }
}

fn is_outlier(change: f64, suppressing: bool, options: &EditOptions) -> bool {
    let bounds = options.protocol.outliers;
    if suppressing { change > bounds.suppress_above } else { change >= bounds.enhance_from }
}

fn statistics(columns: &Columns, weights: &[u32]) -> [f64; STATISTICS] {
    let [a, b, c, d] = [0, 1, 2, 3].map(|at: usize| mean(&columns[at], weights));
    // 0/0 is NaN, not defined; anything else over 0 is ∞.
    let (suppress, enhance) = ((a / b).abs(), (c / d).abs());
    [a, b, c, d, suppress, enhance, suppress + enhance]
}

fn effect(resampled: &Resampled, first: usize, [related, unrelated, rate]: [usize; 3], columns: &Columns) -> Effect {
    let sign = resampled.value(first + unrelated).signum();
    let unstable = |&&draw: &&f64| draw.is_nan() || draw == 0.0 || draw.signum() != sign;
    let count = |column: usize| columns[column].iter().filter(|change| !change.is_nan()).count();
    let unbounded = may_be_zero(resampled.value(first + unrelated), resampled.spread(first + unrelated));
    let (related_facts, unrelated_facts) = (count(related), count(unrelated));
    let rate = resampled.estimate(first + rate).of_facts(related_facts.min(unrelated_facts));
    Effect {
        rate: if unbounded { open_above(rate) } else { rate },
        unbounded,
        related: resampled.estimate(first + related).of_facts(related_facts),
        unrelated: resampled.estimate(first + unrelated).of_facts(unrelated_facts),
        related_facts,
        unrelated_facts,
        unstable_draws: resampled.draws(first + unrelated).iter().filter(unstable).count() as u32,
    }
}
