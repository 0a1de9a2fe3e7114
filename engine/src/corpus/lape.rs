//! Language activation probability entropy.

use crate::error::{Error, Result};

/// How language neurons are chosen (LAPE: Tang et al., ACL 2024, arXiv 2402.16438, §2.2; defaults of the authors' code).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lape {
    /// Share of all neurons that are chosen: those of least entropy.
    pub top: f64,
    /// A neuron that is in no language active more often than this quantile of all activation shares is left out.
    pub filter: f64,
    /// A chosen neuron is one of each language in which it is active more often than this quantile of all activation shares.
    pub bar: f64,
}

impl Lape {
    /// What can be wrong with the options, before anything is measured.
    ///
    /// # Errors
    /// Shares that choose nothing of so many neurons in so many languages.
    pub fn check(&self, neurons: usize, languages: usize) -> Result<()> {
        let all = neurons * languages;
        for (option, share) in [("lape-filter", self.filter), ("lape-bar", self.bar)] {
            // Nothing is more than the largest share.
            if !(1..all).contains(&rounded(all, share)) {
                let expected = "a quantile above 0 and below 1, with some of all shares on either side".into();
                return Err(Error::Option { option, given: share.to_string(), expected });
            }
        }
        let count = rounded(neurons, self.top);
        if count == 0 || count > neurons {
            let expected = format!("a share above 0, at most 1, that is one neuron or more of {neurons}");
            return Err(Error::Option { option: "lape-top", given: self.top.to_string(), expected });
        }
        Ok(())
    }
}

impl Default for Lape {
    fn default() -> Self {
        Self { top: 0.01, filter: 0.95, bar: 0.95 }
    }
}

/// Language neurons, and what they were chosen by.
#[derive(Clone, Debug, PartialEq)]
pub struct LanguageNeurons {
    /// The activation share that neurons must exceed in some language.
    pub least: f64,
    /// The one above which a chosen neuron is a language's.
    pub bar: f64,
    /// Chosen neurons, ascending.
    pub chosen: Vec<u32>,
    /// By language those of them that are its own, ascending. A neuron may be of several languages.
    pub of_language: Vec<Vec<u32>>,
}

/// Language neurons from the shares of tokens at which each neuron is active, by language: with p′ = p / Σ p over the languages, those of
/// the least entropy −Σ p′ ln p′. Of equal entropies the lower neuron comes first.
///
/// # Errors
/// Fewer than two languages, languages of unequal numbers of neurons, or shares in the options that choose nothing.
pub fn language_neurons(shares: &[Vec<f32>], lape: Lape) -> Result<LanguageNeurons> {
    let wrong = |option, given: String, expected: &str| Err(Error::Option { option, given, expected: expected.into() });
    let neurons = shares.first().map_or(0, Vec::len);
    if shares.len() < 2 || neurons == 0 {
        return wrong("corpus", format!("given for {} languages", shares.len()), "two languages or more");
    }
    if let Some(other) = shares.iter().find(|of| of.len() != neurons) {
        return wrong("corpus", format!("of {} neurons and of {}", neurons, other.len()), "languages of one model");
    }
    let all: Vec<f32> = {
        let mut all: Vec<f32> = shares.iter().flatten().copied().collect();
        all.sort_unstable_by(f32::total_cmp);
        all
    };
    lape.check(neurons, shares.len())?;
    let ranked = |share: f64| f64::from(all[rounded(all.len(), share) - 1]);
    let (least, bar) = (ranked(lape.filter), ranked(lape.bar));
    let count = rounded(neurons, lape.top);
    let of_neuron = |neuron: usize| shares.iter().map(move |of| f64::from(of[neuron]));
    let mut entropies: Vec<(f64, u32)> = (0..neurons)
        .filter(|&neuron| of_neuron(neuron).any(|share| share > least))
        .map(|neuron| (entropy(of_neuron(neuron)), neuron as u32))
        .collect();
    entropies.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<u32> = entropies.into_iter().take(count).map(|(_, neuron)| neuron).collect();
    chosen.sort_unstable();
    let own = |of: &Vec<f32>| chosen.iter().copied().filter(|&neuron| f64::from(of[neuron as usize]) > bar).collect();
    Ok(LanguageNeurons { least, bar, of_language: shares.iter().map(own).collect(), chosen })
}

/// −Σ p′ ln p′ of shares that add up to more than 0.
fn entropy(shares: impl Iterator<Item = f64> + Clone) -> f64 {
    let all: f64 = shares.clone().sum();
    shares.filter(|&share| share > 0.0).map(|share| share / all).map(|part| -part * part.ln()).sum()
}

/// A share of a number as the authors' code rounds it: halves to the even number.
fn rounded(count: usize, share: f64) -> usize {
    (count as f64 * share).round_ties_even() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_of_five_neurons_by_hand() {
        // Shares of two languages. Of the ten, ascending .0 .0 .1 .2 .2 .4 .5 .5 .6 .8, the 0.7 quantile is the seventh: .5.
        let shares = [vec![0.6, 0.5, 0.2, 0.0, 0.8], vec![0.2, 0.5, 0.1, 0.0, 0.4]];
        let found = language_neurons(&shares, Lape { top: 0.4, filter: 0.7, bar: 0.5 }).expect("two languages");
        // Neurons 0 and 4 alone are above .5 somewhere: p′ (3/4, 1/4) and (2/3, 1/3). Both are chosen; the bar is the fifth, .2.
        assert_eq!((found.least, found.bar), (0.5, f64::from(0.2f32)));
        assert_eq!((found.chosen, found.of_language), (vec![0, 4], vec![vec![0, 4], vec![4]]));
        let one = language_neurons(&shares, Lape { top: 0.2, filter: 0.7, bar: 0.5 }).expect("two languages");
        assert_eq!((one.chosen, one.of_language), (vec![0], vec![vec![0], vec![]]), "the least entropy");
        let quarter = entropy([0.6, 0.2].into_iter());
        assert!((quarter - (0.75 * (4.0f64 / 3.0).ln() + 0.25 * 4.0f64.ln())).abs() < 1e-12);
    }

    #[test]
    fn what_chooses_nothing_is_refused() {
        let two = [vec![0.5, 0.25], vec![0.5, 0.75]];
        let told = |shares: &[Vec<f32>], lape| language_neurons(shares, lape).expect_err("a refusal").to_string();
        assert!(told(&two[..1], Lape::default()).contains("two languages or more"));
        assert!(told(&[vec![0.5], vec![0.5, 0.5]], Lape::default()).contains("languages of one model"));
        assert!(told(&two, Lape { top: 0.0, filter: 0.5, bar: 0.5 }).starts_with("lape-top is 0"));
        assert!(
            told(&two, Lape { filter: 1.5, ..Lape { top: 0.5, ..Lape::default() } }).starts_with("lape-filter is 1.5")
        );
    }
}
