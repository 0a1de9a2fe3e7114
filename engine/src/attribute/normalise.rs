//! Scores of each layer divided by their sum (AMIG, AAAI 2024, Eq. 5), where the sum is known well enough.

use crate::question::Skip;

/// How far off normalised scores may be, as a share of the fact's largest: the project's promise.
const PROMISED: f64 = 1e-4;

/// Error of a layer's sum in float32, as a share of the sum of its parts' magnitudes. Measured against float64: 4.5e-7 at most in 480
/// questions to the demo's models on one processor, 7.9e-7 in the fixtures on another, whose wider vectors add in another order
/// (`docs/attribution.md`, "How good is the integral").
const NOISE: f64 = 1e-6;

/// A layer to be divided.
pub(super) struct Layer<'a> {
    pub scores: &'a mut [f64],
    /// Σ |score| of the parts the scores are sums of (`LayerScores::magnitude`).
    pub magnitude: f64,
}

/// Divides the scores of each layer by their sum.
///
/// # Errors
/// [`Skip::Normalisation`] where a sum is so small beside its parts that float32 does not give the quotients to 1e-4 of the largest.
pub(super) fn normalise(layers: &mut [Layer<'_>]) -> Result<(), Skip> {
    let sum = |layer: &Layer<'_>| layer.scores.iter().sum::<f64>();
    let largest = |layer: &Layer<'_>| layer.scores.iter().fold(0.0f64, |largest, score| largest.max(score.abs()));
    let share = |layer: &Layer<'_>| largest(layer) / sum(layer).abs();
    let of_all = layers.iter().map(share).fold(0.0, f64::max);
    for layer in layers {
        let sum = sum(layer);
        // An error of the sum moves every score of the layer; in a layer of small scores it matters little.
        let error = NOISE * layer.magnitude / sum.abs() * share(layer) / of_all;
        if error.is_nan() || error > PROMISED {
            return Err(Skip::Normalisation);
        }
        layer.scores.iter_mut().for_each(|score| *score /= sum);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(layers: &[(&[f64], f64)]) -> Result<Vec<Vec<f64>>, Skip> {
        let mut scores: Vec<Vec<f64>> = layers.iter().map(|(scores, _)| scores.to_vec()).collect();
        let parts = scores.iter_mut().zip(layers);
        let mut all: Vec<_> = parts.map(|(scores, &(_, magnitude))| Layer { scores, magnitude }).collect();
        normalise(&mut all)?;
        Ok(scores)
    }

    #[test]
    fn a_layer_s_scores_sum_to_one_afterwards() {
        let found = normalised(&[(&[1.0, 3.0], 4.0), (&[-2.0, 1.0], 3.0)]).expect("sums are known");
        assert_eq!(found, [[0.25, 0.75], [2.0, -1.0]]);
    }

    #[test]
    fn a_sum_that_float32_does_not_give_is_not_divided_by() {
        // 2,000 times its sum in parts: an error of 1e-6 of these is 2e-3 of the sum.
        assert_eq!(normalised(&[(&[1.0, -0.999], 2.0)]), Err(Skip::Normalisation));
        assert_eq!(normalised(&[(&[1.0, -1.0], 2.0)]), Err(Skip::Normalisation), "no sum");
        assert_eq!(normalised(&[(&[0.0, 0.0], 0.0)]), Err(Skip::Normalisation), "no scores");
        // The parts may have cancelled out before: in the sum over words, or over the object's tokens.
        assert_eq!(normalised(&[(&[0.5, 0.5], 2_000.0)]), Err(Skip::Normalisation));
    }

    #[test]
    fn an_error_in_a_layer_of_small_scores_matters_little() {
        // 1,000 parts as large as the sum, spread over scores a hundredth as large as the first layer's.
        let small = [0.01; 100];
        assert!(normalised(&[(&[1.0], 1.0), (&small, 1_000.0)]).is_ok());
        assert!(normalised(&[(&[1.0], 1_000.0), (&small, 1.0)]).is_err());
    }
}
