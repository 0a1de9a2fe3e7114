//! What a configuration says of rotary positions: `rope_parameters`, or `rope_scaling` and fields beside it.
//!
//! Every kind is computed as Hugging Face computes it (`modeling_rope_utils`), or refused by its name. A field without a kind,
//! or two fields that disagree, are refused: Hugging Face takes one of them in silence.

use super::fields::positive;
use crate::config::Config;
use crate::error::Result;
use crate::nn::Rotary;
use burn::tensor::Device;
use serde_json::{Map, Value};
use std::f64::consts::PI;

/// Angles are made for prompts up to this long; longer ones are refused.
const LONGEST: usize = 4_096;
/// Larger heads than any model's: their tables would fill the memory.
const LARGEST_HEAD: usize = 4_096;
/// Keys that every kind may have.
const COMMON: &[&str] = &["rope_type", "type", "rope_theta", "partial_rotary_factor"];
/// The kinds, each with the keys it reads.
const KINDS: &[(&str, &[&str])] = &[
    ("default", &[]),
    ("linear", &["factor"]),
    // Hugging Face goes by max_position_embeddings alone, whatever the original length is said to be.
    ("dynamic", &["factor", "original_max_position_embeddings"]),
    ("llama3", &["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"]),
    ("yarn", YARN),
];
/// The kind of a GGUF file: it has for each angle what that is divided by. No config.json can say so.
const FACTORS: (&str, &[&str]) = ("factors", &["factors"]);
const YARN: &[&str] = &[
    "factor",
    "original_max_position_embeddings",
    "attention_factor",
    "beta_fast",
    "beta_slow",
    "mscale",
    "mscale_all_dim",
    "truncate",
    // A remark of the first YaRN models.
    "finetuned",
];

/// Where a family keeps what it says, and what holds if it says nothing.
pub(super) struct Family {
    /// The field of θ, and those of other families, which may say nothing else.
    pub theta: &'static [&'static str],
    /// θ without it.
    pub default_theta: f64,
    /// The same for the share of a head that is turned, and the share without them; `None`: the whole head.
    pub share: Option<(&'static [&'static str], f64)>,
}

/// Llama, Mistral, Qwen, Gemma.
pub(super) const WHOLE: Family =
    Family { theta: &["rope_theta", "rotary_emb_base"], default_theta: 10_000.0, share: None };

/// Longest prompt: positions, and a window within which everything is seen.
pub(super) fn max_tokens(config: &Config, window: Option<usize>) -> Result<usize> {
    let positions = config.size("max_position_embeddings")?;
    Ok(positions.min(window.unwrap_or(positions)).min(LONGEST))
}

/// The rotary positions of heads of `size`.
pub(super) fn read(config: &Config, family: &Family, size: usize, tokens: usize, device: &Device) -> Result<Rotary> {
    let said = said(config)?;
    Reader { config, family, said }.rotary(size, tokens, device)
}

/// The field that says something, and what. Both spellings may be there if they say the same.
pub(super) fn said(config: &Config) -> Result<Option<(&'static str, &Map<String, Value>)>> {
    let object = |field: &'static str| match config.value(field) {
        None => Ok(None),
        Some(Value::Object(map)) if map.is_empty() => Ok(None),
        Some(Value::Object(map)) => Ok(Some((field, map))),
        Some(value) => Err(config.wrong(field, value, "null, or an object with a `rope_type`")),
    };
    match (object("rope_scaling")?, object("rope_parameters")?) {
        (Some((field, old)), Some((_, new))) if old != new => {
            let expected = format!("what rope_parameters says, {}, or only one of them", Value::Object(new.clone()));
            Err(config.wrong(field, Value::Object(old.clone()), expected))
        }
        (old, new) => Ok(new.or(old)),
    }
}

/// One description of rotary positions.
pub(super) struct Reader<'a> {
    pub config: &'a Config,
    pub family: &'a Family,
    pub said: Option<(&'static str, &'a Map<String, Value>)>,
}

impl Reader<'_> {
    pub fn rotary(&self, size: usize, tokens: usize, device: &Device) -> Result<Rotary> {
        let turned = self.turned(size)?;
        let (frequencies, length) = self.frequencies(self.theta()?, turned)?;
        let finite = |frequency: &f64| (frequency * tokens as f64).is_finite();
        if !frequencies.iter().all(finite) || !(length as f32).is_finite() {
            return Err(self.wrong("numbers of which finite angles and lengths follow"));
        }
        Ok(Rotary::scaled(&frequencies, length, tokens, device))
    }

    fn wrong(&self, expected: impl ToString) -> crate::Error {
        let (field, map) = self.said.map_or(("rope_parameters", Value::Null), |(f, m)| (f, Value::Object(m.clone())));
        self.config.wrong(field, map, expected)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.said.and_then(|(_, map)| map.get(key)).filter(|value| !value.is_null())
    }

    fn number(&self, key: &str) -> Result<Option<f64>> {
        let Some(value) = self.value(key) else { return Ok(None) };
        match value.as_f64() {
            Some(number) if number > 0.0 && number.is_finite() => Ok(Some(number)),
            _ => Err(self.wrong(format!("a number above 0 as `{key}`"))),
        }
    }

    fn needed(&self, key: &str) -> Result<f64> {
        self.number(key)?.ok_or_else(|| self.wrong(format!("also a `{key}`")))
    }

    /// A number that stands in the object, in the first of `fields`, or nowhere; wherever it stands, also in the other
    /// fields, it must be the same.
    fn agreed(&self, key: &str, fields: &[&'static str], default: f64) -> Result<f64> {
        let inside = self.number(key)?;
        let chosen = match inside {
            Some(number) => number,
            None => positive(self.config, fields[0])?.unwrap_or(default),
        };
        for &field in fields {
            if let Some(found) = positive(self.config, field)?
                && found != chosen
            {
                let place = match (inside, self.said) {
                    (Some(_), Some((place, _))) => format!("as {place} has it"),
                    _ => format!("as {} has it, or the default without it", fields[0]),
                };
                return Err(self.config.wrong(field, found, format!("{chosen}, {place}; the two must agree")));
            }
        }
        Ok(chosen)
    }

    fn theta(&self) -> Result<f64> {
        let theta = self.agreed("rope_theta", self.family.theta, self.family.default_theta)?;
        if theta > 1.0 { Ok(theta) } else { Err(self.config.wrong(self.family.theta[0], theta, "a number above 1")) }
    }

    /// How many entries of a head of `size` are turned.
    fn turned(&self, size: usize) -> Result<usize> {
        let head = |expected: &str| self.config.wrong("head_dim", size, expected);
        if size > LARGEST_HEAD {
            return Err(head("at most 4096"));
        }
        let Some((fields, default)) = self.family.share else {
            if self.number("partial_rotary_factor")?.is_some_and(|share| share != 1.0) {
                return Err(self.wrong("no `partial_rotary_factor` but 1: this model_type turns whole heads"));
            }
            return if size.is_multiple_of(2) {
                Ok(size)
            } else {
                Err(head("an even number: halves of heads are turned"))
            };
        };
        let share = self.agreed("partial_rotary_factor", fields, default)?;
        let turned = (size as f64 * share) as usize;
        if turned < 2 || turned > size || !turned.is_multiple_of(2) {
            let expected = format!("a share of the {size} entries of a head that is an even number of them");
            return Err(self.config.wrong(fields[0], share, expected));
        }
        Ok(turned)
    }

    /// The kind, with its keys checked.
    fn kind(&self) -> Result<&'static str> {
        let Some((_, map)) = self.said else { return Ok("default") };
        let (new, old) = (self.value("rope_type"), self.value("type"));
        let known = KINDS.iter().map(|(kind, _)| format!("\"{kind}\"")).collect::<Vec<_>>().join(", ");
        let named = match (new, old) {
            (Some(new), Some(old)) if new != old => return Err(self.wrong("one kind: `rope_type` and `type` differ")),
            (Some(kind), _) | (None, Some(kind)) => kind.as_str().unwrap_or(""),
            (None, None) if map.iter().all(|(key, value)| COMMON.contains(&key.as_str()) || value.is_null()) => {
                "default"
            }
            (None, None) => return Err(self.wrong(format!("also a `rope_type`: one of {known}"))),
        };
        let of_gguf = Some(&FACTORS).filter(|_| self.config.is_of_gguf());
        let Some(&(kind, keys)) = KINDS.iter().chain(of_gguf).find(|(kind, _)| *kind == named) else {
            return Err(self.wrong(format!("a `rope_type` that is computed: one of {known}")));
        };
        for (key, value) in map {
            let read = COMMON.contains(&key.as_str()) || keys.contains(&key.as_str()) || value.is_null();
            let changes_nothing = key == "factor" && value.as_f64() == Some(1.0);
            if !read && !changes_nothing {
                return Err(self.wrong(format!("no `{key}`, which `rope_type` \"{kind}\" does not read")));
            }
        }
        Ok(kind)
    }

    /// Angles from one position to the next, and the length of turned entries.
    fn frequencies(&self, theta: f64, turned: usize) -> Result<(Vec<f64>, f64)> {
        let plain = Rotary::frequencies(theta, turned);
        match self.kind()? {
            "linear" => {
                let factor = self.needed("factor")?;
                Ok((plain.into_iter().map(|frequency| frequency / factor).collect(), 1.0))
            }
            "dynamic" => {
                // NTK scaling begins behind max_position_embeddings, and so long a prompt is refused.
                self.needed("factor")?;
                Ok((plain, 1.0))
            }
            "llama3" => Ok((self.llama3(plain)?, 1.0)),
            "factors" => Ok((self.divided(plain)?, 1.0)),
            "yarn" => self.yarn(plain, theta, turned),
            _ => Ok((plain, 1.0)),
        }
    }

    /// Length of the prompts that the model was first trained on.
    fn original(&self) -> Result<f64> {
        let key = "original_max_position_embeddings";
        let most = self.config.size("max_position_embeddings")? as f64;
        self.agreed(key, &[key], most)
    }

    /// Each angle by its own factor.
    fn divided(&self, plain: Vec<f64>) -> Result<Vec<f64>> {
        let factors: Option<Vec<f64>> =
            self.value("factors").and_then(|list| list.as_array()?.iter().map(Value::as_f64).collect());
        match factors.filter(|factors| factors.len() == plain.len()) {
            Some(factors) => Ok(plain.into_iter().zip(factors).map(|(frequency, factor)| frequency / factor).collect()),
            None => Err(self.wrong(format!("{} numbers as `factors`", plain.len()))),
        }
    }

    /// Llama 3.1: slow angles are divided by the factor, fast ones kept, those between blended by their turns over the
    /// original context.
    fn llama3(&self, plain: Vec<f64>) -> Result<Vec<f64>> {
        let (factor, original) = (self.needed("factor")?, self.original()?);
        let (low, high) = (self.needed("low_freq_factor")?, self.needed("high_freq_factor")?);
        if low >= high {
            return Err(self.wrong("a `low_freq_factor` below `high_freq_factor`"));
        }
        let scaled = |frequency: f64| {
            let turns = original * frequency / (2.0 * PI);
            let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
            (1.0 - kept) * frequency / factor + kept * frequency
        };
        Ok(plain.into_iter().map(scaled).collect())
    }

    /// YaRN (Peng et al., arXiv 2309.00071): the same by a ramp over pairs, and turned entries are longer.
    fn yarn(&self, plain: Vec<f64>, theta: f64, turned: usize) -> Result<(Vec<f64>, f64)> {
        let original = self.original()?;
        let most = self.config.size("max_position_embeddings")? as f64;
        let factor = self.number("factor")?.unwrap_or(most / original);
        let (fast, slow) = (self.number("beta_fast")?.unwrap_or(32.0), self.number("beta_slow")?.unwrap_or(1.0));
        // The pair that turns so often over the original context.
        let pair = |turns: f64| turned as f64 * (original / (turns * 2.0 * PI)).ln() / (2.0 * theta.ln());
        let (mut low, mut high) = (pair(fast), pair(slow));
        if self.truncated()? {
            (low, high) = (low.floor(), high.ceil());
        }
        (low, high) = (low.max(0.0), high.min(turned as f64 - 1.0));
        let width = if high == low { 0.001 } else { high - low };
        let scaled = |(i, frequency): (usize, f64)| {
            let kept = 1.0 - ((i as f64 - low) / width).clamp(0.0, 1.0);
            frequency / factor * (1.0 - kept) + frequency * kept
        };
        Ok((plain.into_iter().enumerate().map(scaled).collect(), self.length(factor)?))
    }

    fn truncated(&self) -> Result<bool> {
        match self.value("truncate") {
            None => Ok(true),
            Some(Value::Bool(truncated)) => Ok(*truncated),
            Some(_) => Err(self.wrong("true or false as `truncate`")),
        }
    }

    fn length(&self, factor: f64) -> Result<f64> {
        if let Some(length) = self.number("attention_factor")? {
            return Ok(length);
        }
        let grown = |by: f64| if factor > 1.0 { 0.1 * by * factor.ln() + 1.0 } else { 1.0 };
        Ok(match (self.number("mscale")?, self.number("mscale_all_dim")?) {
            (Some(one), Some(all)) => grown(one) / grown(all),
            _ => grown(1.0),
        })
    }
}
