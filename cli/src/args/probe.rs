//! The options of `kndb probe`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueHint};

use super::values;

/// `kndb probe`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").required(true).multiple(true))]
#[command(after_help = "\
SET is a set of the query language; of a set of pairs, the fact's own neurons are meant. Changes are in \
force together, in the order suppress, enhance, scale, set. The model itself is not changed.

EXAMPLES
  kndb probe my.kndb --model models/mbert --fact France/capital --suppress 'likn[lang in (en, zh)]'
  kndb probe my.kndb --model models/mbert --fact UUID --langs en --enhance 'kn[lang=zh]' --all-positions
  kndb probe my.kndb --model models/mbert --fact UUID --langs en --rewrite 'kn[lang=en, rank<=5]' --to London")]
pub struct ProbeArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of the Hugging Face model that the neurons are of, or its .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The fact: its id, or SUBJECT/RELATION where that is one fact
    #[arg(long, value_name = "FACT")]
    pub fact: String,
    /// What is asked, and how it is shown.
    #[command(flatten)]
    pub asked: FactAsked,

    /// What is changed.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// In what a fact is asked, and how the answers are shown: the same of all commands that change a model for one.
#[derive(Debug, Args)]
pub struct FactAsked {
    /// Languages to ask in, such as en,zh [default: all in which the fact can be asked]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Number of the template
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::whole::<u16>)]
    pub prompt: u16,
    /// The run meant where a set names none
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Value of a parameter, `$NAME` in a set; several of one NAME are a list
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = values::argument)]
    pub parameter: Vec<(String, String)>,
    /// Answers to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub top: usize,
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What is changed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes")]
pub struct ChangeArgs {
    /// Set the activations of these neurons to 0
    #[arg(long, value_name = "SET", group = "changes")]
    pub suppress: Vec<String>,
    /// Double their activations
    #[arg(long, value_name = "SET", group = "changes")]
    pub enhance: Vec<String>,
    /// Multiply their activations, as in -0.5:SET
    #[arg(long, value_name = "FACTOR:SET", group = "changes", allow_hyphen_values = true, value_parser = numbered)]
    pub scale: Vec<(f32, String)>,
    /// Set their activations to a value, as in 1.5:SET
    #[arg(long, value_name = "VALUE:SET", group = "changes", allow_hyphen_values = true, value_parser = numbered)]
    pub set: Vec<(f32, String)>,
    /// Change activations at every token, not only where the answer is read
    #[arg(long)]
    pub all_positions: bool,
    /// Rewrite the fact in the value vectors of these neurons (Dai et al., 2022); with --to
    #[arg(long, value_name = "SET", group = "changes", requires = "to")]
    pub rewrite: Option<String>,
    /// The object that --rewrite puts in the place of the fact's
    #[arg(long, value_name = "OBJECT", requires = "rewrite")]
    pub to: Option<String>,
    /// λ1 of --rewrite: how much of the old object is taken away [default: 1]
    #[arg(long, value_name = "NUMBER", requires = "rewrite")]
    pub forget: Option<f32>,
    /// λ2 of --rewrite: how much of the new object is added [default: 8]
    #[arg(long, value_name = "NUMBER", requires = "rewrite")]
    pub learn: Option<f32>,
}

/// `0.5:SET`.
fn numbered(text: &str) -> Result<(f32, String), String> {
    let expected = || "expected a number, a colon and a set, as in 0.5:kn[lang=en]".to_owned();
    let (number, set) = text.split_once(':').ok_or_else(expected)?;
    match number.trim().parse::<f32>() {
        Ok(number) if number.is_finite() => Ok((number, set.to_owned())),
        _ => Err(expected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_before_the_first_colon() {
        assert_eq!(numbered("-0.5:neurons(9:852)"), Ok((-0.5, "neurons(9:852)".into())));
        for wrong in ["kn", "neurons(9:852)", "NaN:kn", ":kn"] {
            assert!(numbered(wrong).is_err(), "{wrong}");
        }
    }
}
