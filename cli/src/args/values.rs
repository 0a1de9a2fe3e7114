//! Option values with a form of their own: `share:0.01`, `zh=0.2`, `steps=20`.

use std::path::PathBuf;
use std::str::FromStr;

use crate::session::parameters::is_name;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kndb_import::IgKind;
use kndb_import::facts::FactsFormat;
use kndb_storage::{Keep, PRESETS, Preset, ScoreType};

/// A threshold, of one language or of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Tau {
    /// The language, if it is of one.
    pub language: Option<String>,
    /// Share of the fact's maximum.
    pub share: f64,
}

impl Tau {
    /// Puts it into a run's thresholds.
    pub fn apply(&self, tau: &mut f64, language_taus: &mut Vec<(String, f64)>) {
        match &self.language {
            None => *tau = self.share,
            Some(language) => {
                language_taus.retain(|(known, _)| known != language);
                language_taus.push((language.clone(), self.share));
                language_taus.sort_by(|a, b| a.0.cmp(&b.0));
            }
        }
    }
}

impl FromStr for Tau {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (language, number) = match text.split_once('=') {
            Some((language, number)) if !language.is_empty() => (Some(language.to_owned()), number),
            Some(_) => return Err("expected a language before `=`, as in zh=0.2".into()),
            None => (None, text),
        };
        let language = language.as_deref().map(self::language).transpose()?;
        let share = share(number)?;
        Ok(Self { language, share })
    }
}

/// A store and the name it is asked by: `other=path/of/store`.
pub fn attached(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok((name.to_owned(), path.into())),
        _ => Err("expected a name, `=` and the store's folder, as in b=other.kndb".into()),
    }
}

/// Bytes: `512MB`, `1.5GB`, `2GiB`, `1000000`.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..digits], text[digits..].trim_start());
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err("expected a size such as 512MB, 4GB or 2GiB".into()),
    };
    let bytes = number.parse::<f64>().map(|number| number * factor as f64);
    match bytes {
        Ok(bytes) if (1.0..=u64::MAX as f64 / 2.0).contains(&bytes) => Ok(bytes as u64),
        _ => Err("expected a size above 0 such as 512MB, 4GB or 2GiB".into()),
    }
}

/// A parameter of a method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
}

impl FromStr for Parameter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self { key: key.to_owned(), value: value.to_owned() }),
            _ => Err("expected KEY=VALUE, as in steps=20".into()),
        }
    }
}

/// The value of a statement's parameter: `l=en`.
pub fn argument(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if is_name(name) => Ok((name.to_owned(), value.to_owned())),
        Some((name, _)) if name.starts_with('$') => Err("expected the name without its `$`, as in l=en".into()),
        _ => Err("expected NAME=VALUE, as in l=en; a name has letters a-z, digits and `_`, no digit first".into()),
    }
}

/// The names of attribution formats, as this build reads them.
pub fn import_format() -> PossibleValuesParser {
    let known = kndb_import::formats().into_iter();
    PossibleValuesParser::new(known.map(|format| PossibleValue::new(format.name).help(format.about)))
}

/// The names of the formats a store is exported in.
#[cfg(feature = "parquet")]
pub fn export_format() -> PossibleValuesParser {
    PossibleValuesParser::new(kndb_export::formats().map(|format| PossibleValue::new(format.name).help(format.about)))
}

/// The names of the data sets facts come from.
pub fn facts_format() -> impl TypedValueParser<Value = FactsFormat> {
    let known = FactsFormat::ALL.map(|format| PossibleValue::new(format.name()).help(format.about()));
    PossibleValuesParser::new(known).try_map(|name| FactsFormat::by_name(&name))
}

/// The names of the score lists of a `kn` file.
pub fn ig_kind() -> impl TypedValueParser<Value = IgKind> {
    let kinds = [IgKind::Gold, IgKind::Pred, IgKind::Base].map(IgKind::field);
    PossibleValuesParser::new(kinds).try_map(|name| IgKind::of_field(&name).ok_or("expected ig_gold, ig_pred or base"))
}

/// The presets, by name.
pub fn preset() -> impl TypedValueParser<Value = &'static Preset> {
    row(&PRESETS, |preset| (preset.name, preset.about))
}

/// A row of a table, by its name; the help says what each is.
pub fn row<T: Sync>(
    table: &'static [T],
    name_and_about: fn(&T) -> (&'static str, &'static str),
) -> impl TypedValueParser<Value = &'static T> {
    let values = table.iter().map(name_and_about).map(|(name, about)| PossibleValue::new(name).help(about));
    PossibleValuesParser::new(values)
        .try_map(move |given| table.iter().find(|row| name_and_about(row).0 == given).ok_or("not one of the names"))
}

/// How many: at least one.
#[cfg(feature = "attribute")]
pub fn count(text: &str) -> Result<std::num::NonZeroUsize, String> {
    text.parse().map_err(|_| "expected a whole number, at least 1".into())
}

/// The same as a plain number.
#[cfg(feature = "attribute")]
pub fn positive(text: &str) -> Result<usize, String> {
    count(text).map(std::num::NonZeroUsize::get)
}

/// A whole number.
pub fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "expected a whole number, written in digits alone, as in 12".into())
}

/// So many draws of facts for an interval: each is kept until its ends are known, and a thousand times the usual number moves them by nothing.
#[cfg(feature = "attribute")]
pub fn draws(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(draws) if draws <= 1_000_000 => Ok(draws),
        _ => Err("expected a whole number from 0 to 1000000".into()),
    }
}

/// A language's code, as BCP 47 writes it.
pub fn language(text: &str) -> Result<String, String> {
    kndb_storage::language::parse(text).map_err(|problem| problem.to_string())
}

/// A share between 0 and 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share between 0 and 1, as in 0.3".into()),
    }
}

/// `all`, `share:S`, `top:N` or `signed:share:S`.
pub fn keep(text: &str) -> Result<Keep, String> {
    let expected = || "expected all, share:0.01, top:100 or signed:share:0.01".to_owned();
    match text.split_once(':') {
        None if text == "all" => Ok(Keep::All),
        Some(("share", number)) => Ok(Keep::Share(share(number)?)),
        Some(("signed", rule)) => match rule.split_once(':') {
            Some(("share", number)) => Ok(Keep::Signed(share(number)?)),
            _ => Err(expected()),
        },
        Some(("top", number)) => match number.parse() {
            Ok(count) if count > 0 => Ok(Keep::Top(count)),
            _ => Err(expected()),
        },
        _ => Err(expected()),
    }
}

/// `f32`, `f16` or `bf16`.
pub fn score_type(text: &str) -> Result<ScoreType, String> {
    match text {
        "f32" => Ok(ScoreType::F32),
        "f16" => Ok(ScoreType::F16),
        "bf16" => Ok(ScoreType::Bf16),
        _ => Err("expected f32, f16 or bf16".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_of_ten_and_of_two() {
        let sizes = [("512MB", 512_000_000), ("1.5 gb", 1_500_000_000), ("2GiB", 2 << 30), ("4k", 4_000), ("77", 77)];
        for (text, expected) in sizes {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for wrong in ["", "MB", "0", "0GB", "-1GB", "1e3", "1.2.3MB", "4 parsecs", "99999999999999TB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn keep_rules_are_read() {
        assert_eq!(keep("all"), Ok(Keep::All));
        assert_eq!(keep("share:0.01"), Ok(Keep::Share(0.01)));
        assert_eq!(keep("top:100"), Ok(Keep::Top(100)));
        assert_eq!(keep("signed:share:0.05"), Ok(Keep::Signed(0.05)));
        for wrong in [
            "",
            "some",
            "top:0",
            "top:-1",
            "share:2",
            "share:x",
            "all:1",
            "signed",
            "signed:0.1",
            "signed:top:3",
            "signed:share:x",
        ] {
            assert!(keep(wrong).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn thresholds_are_read_with_and_without_a_language() {
        let tau = |text: &str| text.parse::<Tau>().map(|tau| (tau.language, tau.share));
        assert_eq!(tau("0.3"), Ok((None, 0.3)));
        assert_eq!(tau("zh=0.2"), Ok((Some("zh".into()), 0.2)));
        assert!(tau("=0.2").is_err());
        assert!(tau("zh=two").is_err());
        assert!(tau("1.5").is_err());
        assert!(tau("NaN").is_err());
    }

    #[test]
    fn a_parameter_keeps_everything_after_its_first_equals_sign() {
        let read = "rule=a=b".parse::<Parameter>().expect("a parameter");
        assert_eq!((read.key.as_str(), read.value.as_str()), ("rule", "a=b"));
        assert!("steps".parse::<Parameter>().is_err());
    }
}
