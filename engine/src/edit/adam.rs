//! Adam (Kingma & Ba, ICLR 2015, algorithm 1), with the constants that `torch.optim.Adam` has by default.

/// Decay of the first moment.
const FIRST: f64 = 0.9;
/// Decay of the second.
const SECOND: f64 = 0.999;
/// What keeps the quotient finite.
const EPSILON: f64 = 1e-8;

/// The state of an optimisation.
#[derive(Clone, Debug)]
pub(super) struct Adam {
    rate: f64,
    steps: i32,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Adam {
    /// Of so many values.
    pub fn new(values: usize, rate: f64) -> Self {
        Self { rate, steps: 0, first: vec![0.0; values], second: vec![0.0; values] }
    }

    /// Takes a step against a gradient.
    pub fn step(&mut self, values: &mut [f64], gradient: impl IntoIterator<Item = f64>) {
        self.steps += 1;
        let (of_first, of_second) = (1.0 - FIRST.powi(self.steps), 1.0 - SECOND.powi(self.steps));
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, (first, second)), slope) in values.iter_mut().zip(moments).zip(gradient) {
            *first = FIRST * *first + (1.0 - FIRST) * slope;
            *second = SECOND * *second + (1.0 - SECOND) * slope * slope;
            *value -= self.rate / of_first * *first / ((*second / of_second).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Adam;

    #[test]
    fn two_steps_by_hand() {
        // Of gradients 4 and −1: the first step is the rate in the gradient's sign; in the second, m = (0.9·0.4 − 0.1)/0.19 and
        // v = (0.999·0.016 + 0.001)/0.001999.
        let mut adam = Adam::new(2, 0.5);
        let mut values = [1.0, 0.0];
        adam.step(&mut values, [4.0, 0.0]);
        assert!((values[0] - 0.5).abs() < 1e-8 && values[1] == 0.0, "{values:?}");
        adam.step(&mut values, [-1.0, 0.0]);
        let expected = 0.5 - 0.5 * (0.26 / 0.19) / (0.016_984f64 / 0.001_999).sqrt();
        assert!((values[0] - expected).abs() < 1e-7, "{values:?}, not {expected}");
    }
}
