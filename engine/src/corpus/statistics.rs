//! What a neuron does over the tokens of a corpus.

use super::quantiles::Histogram;

/// A number about each neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Share of tokens at which the neuron's non-linearity gives more than 0: act(x) > 0, of a gated block the gate alone.
    Share,
    /// Mean of its activation, what the second feed-forward matrix reads.
    Mean,
    /// Mean of its activation's square.
    MeanSquare,
    /// A quantile of its activation, by the nearest rank and to [`super::RELATIVE_ERROR`].
    Quantile(f64),
}

impl Statistic {
    /// Its name, as runs have it.
    pub fn name(self) -> String {
        match self {
            Self::Share => "share".into(),
            Self::Mean => "mean".into(),
            Self::MeanSquare => "mean-square".into(),
            Self::Quantile(q) => format!("q{q}"),
        }
    }
}

/// Counts and sums of every neuron, `[layer × width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    width: usize,
    tokens: u64,
    positive: Vec<u32>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    histograms: Option<Vec<Histogram>>,
}

impl Statistics {
    /// Of no token yet; `quantiles` says whether they will be asked for.
    pub fn new(layers: usize, width: usize, quantiles: bool) -> Self {
        let neurons = layers * width;
        Self {
            width,
            tokens: 0,
            positive: vec![0; neurons],
            sums: vec![0.0; neurons],
            squares: vec![0.0; neurons],
            histograms: quantiles.then(|| vec![Histogram::default(); neurons]),
        }
    }

    /// Takes in some tokens: by layer their activations and what the non-linearity was taken of, each `[tokens × width]`.
    pub fn add(&mut self, layers: &[(Vec<f32>, Vec<f32>)]) {
        for (layer, (activations, before)) in layers.iter().enumerate() {
            let own = layer * self.width..(layer + 1) * self.width;
            for (activations, before) in activations.chunks(self.width).zip(before.chunks(self.width)) {
                let counts = self.positive[own.clone()].iter_mut().zip(before);
                // All the non-linearities there are give more than 0 exactly where they are given more than 0.
                counts.for_each(|(count, &x)| *count += u32::from(x > 0.0));
                let sums = self.sums[own.clone()].iter_mut().zip(&mut self.squares[own.clone()]);
                for ((sum, square), &w) in sums.zip(activations) {
                    *sum += f64::from(w);
                    *square += f64::from(w) * f64::from(w);
                }
                if let Some(histograms) = &mut self.histograms {
                    histograms[own.clone()].iter_mut().zip(activations).for_each(|(histogram, &w)| histogram.add(w));
                }
            }
        }
        self.tokens += layers.first().map_or(0, |(activations, _)| (activations.len() / self.width) as u64);
    }

    /// Tokens so far.
    pub fn tokens(&self) -> u64 {
        self.tokens
    }

    /// A statistic of every neuron, `[layer × width]`; quantiles are 0 where none were to be asked for.
    pub fn of(&self, statistic: Statistic) -> Vec<f32> {
        let tokens = self.tokens.max(1) as f64;
        match statistic {
            Statistic::Share => self.positive.iter().map(|&count| (f64::from(count) / tokens) as f32).collect(),
            Statistic::Mean => self.sums.iter().map(|sum| (sum / tokens) as f32).collect(),
            Statistic::MeanSquare => self.squares.iter().map(|sum| (sum / tokens) as f32).collect(),
            Statistic::Quantile(q) => match &self.histograms {
                Some(histograms) => histograms.iter().map(|histogram| histogram.quantile(q)).collect(),
                None => vec![0.0; self.sums.len()],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_tokens_by_hand() {
        // One layer of two neurons, at two tokens: activations (1, −2) and (3, 0), the non-linearity taken of (2, −1) and (−4, 1/2).
        let mut found = Statistics::new(1, 2, true);
        found.add(&[(vec![1.0, -2.0, 3.0, 0.0], vec![2.0, -1.0, -4.0, 0.5])]);
        assert_eq!(found.tokens(), 2);
        assert_eq!(found.of(Statistic::Share), [0.5, 0.5]);
        assert_eq!(found.of(Statistic::Mean), [2.0, -1.0]);
        assert_eq!(found.of(Statistic::MeanSquare), [5.0, 2.0]);
        // The middles of the bins of 3 and 0.
        assert_eq!(found.of(Statistic::Quantile(1.0)), [3.0 + 1.0 / 32.0, 0.0]);
        assert_eq!(Statistic::Quantile(0.99).name(), "q0.99");
    }
}
