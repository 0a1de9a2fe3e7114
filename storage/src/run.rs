//! What is written down about a run: model, method, every parameter, and what is kept of its scores.

use crate::error::{Error, Result};
use crate::ids::{RunId, Shape};
use crate::language::same;
use serde::{Deserialize, Serialize};

/// The parameter by which a run names another of the same store that it was made from, as a search for groups does.
pub const SOURCE: &str = "source";

/// The parameter by which a run says what F is, whose change its scores explain: `logit`, `log-probability`, …. Without it F is the
/// right object's probability.
pub const TARGET: &str = "target";

/// The parameter by which a run names its units, where they are no neurons: the names of those of a layer, in order, with commas between.
/// Causal tracing's are roles of a prompt's tokens.
pub const UNITS: &str = "units";

/// The description a writer gives of its run. Two uses of one run name must agree on all of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSpec {
    /// Name, unique in the store.
    pub name: String,
    /// Model name. All runs of one model name must have one shape.
    pub model: String,
    /// Hash of the model's weights, where known.
    pub weights_hash: Option<String>,
    /// Feed-forward layers × width of the model.
    pub shape: Shape,
    /// How the scores came to be (`integrated-gradients`, `imported`, …).
    pub method: String,
    /// Named preset of methods.md §3, if one was used.
    pub preset: Option<String>,
    /// Every other parameter of the method, as name and value.
    pub parameters: Vec<(String, String)>,
    /// Which scores are kept.
    pub keep: Keep,
    /// Precision the scores are kept in.
    pub score_type: ScoreType,
    /// Threshold of the knowledge neurons as a share of the fact's maximum (AMIG Eq. 6–7), where a query names none.
    pub tau: f64,
    /// Thresholds of single languages that differ from [`RunSpec::tau`].
    pub language_taus: Vec<(String, f64)>,
    /// Share of a fact's prompts that must agree on a neuron (KN §3.2), where a query names none; 0: one prompt is enough.
    pub prompt_share: f64,
    /// Whether more than [`RunSpec::prompt_share`] of the prompts must agree, rather than at least that share.
    pub prompt_share_strict: bool,
}

impl RunSpec {
    /// A run with the default choices: scores ≥ 0.01·max kept as f32, τ 0.3 (the `amig` preset's), one prompt enough.
    pub fn new(name: impl Into<String>, model: impl Into<String>, shape: Shape) -> Self {
        Self {
            name: name.into(),
            model: model.into(),
            weights_hash: None,
            shape,
            method: "imported".into(),
            preset: None,
            parameters: Vec::new(),
            keep: Keep::default(),
            score_type: ScoreType::F32,
            tau: 0.3,
            language_taus: Vec::new(),
            prompt_share: 0.0,
            prompt_share_strict: false,
        }
    }

    /// What F is, where it is not a probability: [`TARGET`].
    pub fn target(&self) -> Option<&str> {
        self.parameters.iter().find(|(name, _)| name == TARGET).map(|(_, target)| target.as_str())
    }

    /// The names of a layer's units, where they have some: [`UNITS`], as many as the shape is wide.
    pub fn units(&self) -> Option<Vec<&str>> {
        let (_, names) = self.parameters.iter().find(|(name, _)| name == UNITS)?;
        let names: Vec<&str> = names.split(',').collect();
        // Whatever else is called so, by whoever imports, names none.
        (names.len() == self.shape.width as usize).then_some(names)
    }

    /// Whether a neuron found in `count` of a fact's `all` prompts is found in enough of them.
    pub fn is_shared(&self, count: u32, all: u32) -> bool {
        enough_prompts(self.prompt_share, self.prompt_share_strict, count, all)
    }

    /// [`RunSpec::prompt_share`] as a query gives it: `>= 0.7`, `> 0.3`.
    pub fn prompt_share_shown(&self) -> String {
        format!("{} {}", if self.prompt_share_strict { ">" } else { ">=" }, self.prompt_share)
    }

    /// The default τ of a language.
    pub fn tau_of(&self, language: &str) -> f64 {
        let own = self.language_taus.iter().find(|(name, _)| same(name, language));
        own.map_or(self.tau, |&(_, tau)| tau)
    }

    pub(crate) fn check(&self) -> Result<()> {
        let wrong = |field, given: String, expected: &str| Error::RunParameter {
            run: self.name.clone(),
            field,
            given,
            expected: expected.to_owned(),
        };
        if self.name.is_empty() || self.name.chars().any(char::is_control) {
            return Err(Error::Name {
                what: "run name",
                name: self.name.clone(),
                expected: "some text without control characters",
            });
        }
        if self.model.is_empty() {
            return Err(wrong("model", "empty".into(), "a name"));
        }
        let taus = self.language_taus.iter().map(|&(_, tau)| tau);
        for tau in std::iter::once(self.tau).chain(taus) {
            if !(0.0..1.0).contains(&tau) {
                return Err(wrong("tau", tau.to_string(), "a share of the maximum, 0 ≤ tau < 1"));
            }
        }
        if !(0.0..=1.0).contains(&self.prompt_share) {
            return Err(wrong("prompt share", self.prompt_share.to_string(), "a share from 0 to 1"));
        }
        if self.prompt_share_strict && self.prompt_share >= 1.0 {
            return Err(wrong("prompt share", self.prompt_share_shown(), "a share that can be exceeded"));
        }
        match self.keep {
            Keep::Share(share) | Keep::Signed(share) if !(share > 0.0 && share <= 1.0) => {
                Err(wrong("keep", share.to_string(), "a share of the maximum, 0 < share ≤ 1"))
            }
            Keep::Top(0) => Err(wrong("keep", "top 0".into(), "at least one score a fact")),
            _ => Ok(()),
        }
    }

    /// Fails with the first parameter in which `given` differs from this stored run. The preset comes last: an option that
    /// changes it is told by its own name.
    pub(crate) fn must_equal(&self, given: &Self) -> Result<()> {
        let plain = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".into());
        let mut fields: Vec<(&'static str, String, String)> = vec![
            ("model", self.model.clone(), given.model.clone()),
            ("shape", self.shape.to_string(), given.shape.to_string()),
            ("weights hash", plain(&self.weights_hash), plain(&given.weights_hash)),
            ("method", self.method.clone(), given.method.clone()),
        ];
        if let Some((stored, given)) = first_difference(&self.parameters, &given.parameters) {
            fields.push(("parameter", stored, given));
        }
        fields.extend([
            ("keep", self.keep.to_string(), given.keep.to_string()),
            ("score type", self.score_type.to_string(), given.score_type.to_string()),
            ("tau", taus(self), taus(given)),
            ("prompt share", self.prompt_share_shown(), given.prompt_share_shown()),
            ("preset", plain(&self.preset), plain(&given.preset)),
        ]);
        match fields.into_iter().find(|(_, stored, given)| stored != given) {
            None => Ok(()),
            Some((field, stored, given)) => Err(Error::RunDiffers { run: self.name.clone(), field, stored, given }),
        }
    }
}

/// Whether `count` of `all` prompts are at least (`strict`: more than) a share of them. Nothing is found in no prompt.
pub fn enough_prompts(share: f64, strict: bool, count: u32, all: u32) -> bool {
    // A quotient and a decimal are rounded alike, to the nearest number: 7 of 10 is 0.7 to the bit, where 0.7 · 10 need not be 7.
    let found = f64::from(count) / f64::from(all);
    count > 0 && if strict { found > share } else { found >= share }
}

/// `0.3, zh 0.2`
fn taus(spec: &RunSpec) -> String {
    let languages = spec.language_taus.iter().map(|(language, tau)| format!(", {language} {tau}"));
    format!("{}{}", spec.tau, languages.collect::<String>())
}

/// The first parameter that differs, as `steps=20` on both sides; `no steps` where one does not have it.
fn first_difference(stored: &[(String, String)], given: &[(String, String)]) -> Option<(String, String)> {
    let side = |all: &[(String, String)], name: &str| match all.iter().find(|(known, _)| known == name) {
        Some((name, value)) => format!("{name}={value}"),
        None => format!("no {name}"),
    };
    let names = stored.iter().chain(given).map(|(name, _)| name);
    let mut pairs = names.map(|name| (side(stored, name), side(given, name)));
    pairs.find(|(stored, given)| stored != given).or_else(|| {
        // The same parameters in another order.
        let order = |all: &[(String, String)]| {
            let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
            format!("order {}", names.join(", "))
        };
        (stored != given).then(|| (order(stored), order(given)))
    })
}

/// Which scores of a fact are kept. What is dropped can no longer be asked for, and such questions are refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Keep {
    /// Every score.
    All,
    /// Scores of at least this share of the fact's maximum (over all layers).
    Share(f64),
    /// The best n scores of a fact; of equal scores the lower neuron first.
    Top(u32),
    /// Scores of at least this share of the fact's maximum, and beside them negative ones: at most minus this share of the
    /// largest absolute score ([`crate::ScoreView::negative`]).
    Signed(f64),
}

impl Default for Keep {
    fn default() -> Self {
        Self::Share(0.01)
    }
}

impl std::fmt::Display for Keep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => write!(f, "all scores"),
            Self::Share(share) => write!(f, "scores ≥ {share}·max"),
            Self::Top(n) => write!(f, "the {n} best scores"),
            Self::Signed(share) => write!(f, "scores ≥ {share}·max, and negative ones ≤ −{share}·max|score|"),
        }
    }
}

/// Precision of kept scores. Halves are rounded before anything is computed from them, so answers agree with what is kept;
/// they are not the answers of f32 (methods: 2,572,709 pairs for 2,572,779 at τ 0.37).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScoreType {
    /// 32-bit floating point.
    #[default]
    F32,
    /// IEEE 16-bit floating point.
    F16,
    /// bfloat16.
    Bf16,
}

impl ScoreType {
    /// A score as it is kept.
    pub fn rounded(self, score: f32) -> f32 {
        crate::block::round(score, self)
    }

    /// The place of a score of a fact that cannot be kept: one that is no finite number, or becomes none (f16 ends at 65,504); or
    /// the largest, if it is so small (f16: below 7.6e-6) that rounding moves it by more than the coarsest type's step, 2⁻⁸ of
    /// itself. The others are measured by it, and would be wrong, or all 0.
    pub fn cannot_keep(self, scores: &[f32]) -> Option<usize> {
        /// Of bf16, which has 8 significant bits.
        const STEP: f32 = 1.0 / 256.0;
        if let Some(at) = crate::block::first_not_finite(scores, self) {
            return Some(at);
        }
        let largest = crate::block::largest(scores);
        if largest > 0.0 && (self.rounded(largest) - largest).abs() > largest * STEP {
            return scores.iter().position(|&score| score == largest);
        }
        None
    }
}

impl std::fmt::Display for ScoreType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

/// A run as it is in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What its writer said of it.
    pub spec: RunSpec,
    /// Version of kndb that began it.
    pub tool: String,
    /// When it was begun, in seconds since 1970.
    pub begun: u64,
    /// Whether its writer said it is complete.
    pub finished: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By whole numbers: `count` of `all` against `tenths` of ten.
    #[test]
    fn shares_of_prompts_are_exact() {
        for tenths in 1..10u32 {
            let share = f64::from(tenths) / 10.0;
            for all in 1..=200 {
                for count in 1..=all {
                    let (found, needed) = (10 * count, tenths * all);
                    assert_eq!(
                        enough_prompts(share, false, count, all),
                        found >= needed,
                        "{count} of {all} for {share}"
                    );
                    assert_eq!(
                        enough_prompts(share, true, count, all),
                        found > needed,
                        "{count} of {all} for > {share}"
                    );
                }
            }
        }
        assert!(!enough_prompts(0.0, false, 0, 3), "nothing is found in no prompt");
    }

    #[test]
    fn a_score_type_keeps_what_it_has_the_digits_for() {
        let place = |score_type: ScoreType, largest: f32| score_type.cannot_keep(&[largest / 4.0, largest, -1.0]);
        // f16 has steps of 2⁻²⁴ ≈ 6e-8 there: 1e-8 becomes 0, 1.5e-7 is 2.5 steps.
        for lost in [1e-8, 1.5e-7, 65_520.0] {
            assert_eq!(place(ScoreType::F16, lost), Some(1), "{lost}");
        }
        assert_eq!(place(ScoreType::Bf16, f32::MAX), Some(1));
        assert_eq!(place(ScoreType::F32, f32::INFINITY), Some(0), "a quarter of it is infinite, too");
        // Two steps of f16 are kept as they are, and without a positive score there are no knowledge neurons to be wrong.
        for kept in [8e-6, 2.0_f32.powi(-23), 65_504.0, -1e-8, 0.0] {
            assert_eq!(place(ScoreType::F16, kept), None, "{kept}");
        }
        assert_eq!((place(ScoreType::Bf16, 1e-30), place(ScoreType::F32, 1e-30)), (None, None));
    }

    #[test]
    fn three_of_ten_prompts_are_not_more_than_three_tenths() {
        let preset = crate::Preset::named("kn-eleuther").expect("a preset");
        let mut run = RunSpec::new("run", "model", Shape::new(1, 1).expect("a shape"));
        preset.apply(&mut run);
        assert!(!run.is_shared(3, 10) && run.is_shared(4, 10));
        assert_eq!(run.prompt_share_shown(), "> 0.3");
    }

    #[test]
    fn shares_of_prompts_are_shown_as_a_query_gives_them() {
        let mut run = RunSpec::new("run", "model", Shape::new(1, 1).expect("a shape"));
        assert_eq!(run.prompt_share_shown(), ">= 0");
        (run.prompt_share, run.prompt_share_strict) = (0.7, true);
        assert_eq!(run.prompt_share_shown(), "> 0.7");
    }
}
