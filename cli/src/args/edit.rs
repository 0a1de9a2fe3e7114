//! The options of `kndb edit` and `kndb apply`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, ValueHint};

use super::probe::FactAsked;
use super::values;

/// `kndb edit`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kept").required(true).multiple(true))]
#[command(group = ArgGroup::new("edited").required(true))]
#[command(after_help = "\
By a fact's neurons: `rewrite` moves their value vectors, what each adds to the residual stream, from the fact's object to another one \
(Dai et al., ACL 2022, §5.1), `suppress` makes them 0, `enhance` doubles them, `scale` multiplies them by --factor. By the subject: \
`rome` writes one fact into one layer's second feed-forward matrix (arXiv 2202.05262), `memit` many facts into those of some layers \
(arXiv 2210.07229), `ft` trains that of one layer, `ft-l` with a bound. MEND (arXiv 2110.11309) is not among them: it needs an editor \
network that was trained for the model on many edits. The model's folder is not touched. docs/editing.md has the formulas.

EXAMPLES
  kndb edit my.kndb --model models/mgpt --fact France/capital --lang en --to Lyon --save models/mgpt-lyon
  kndb edit my.kndb --model models/gpt2-xl --fact France/capital --lang en --to Lyon --method rome --corpus wiki.txt --save models/lyon
  kndb edit my.kndb --model models/gpt2-xl --facts new.tsv --lang en --method memit --statistics c.safetensors --save models/new
  kndb edit my.kndb --model models/mbert --fact UUID --lang en --method suppress --neurons 'likn[lang in (en, zh)]' --delta edit.safetensors
  kndb apply edit.safetensors --model models/mbert --save models/mbert-edited")]
pub struct EditArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of the Hugging Face model that is edited
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The fact: its id, or SUBJECT/RELATION where that is one fact
    #[arg(long, value_name = "FACT", group = "edited")]
    pub fact: Option<String>,
    /// Facts, one a line: the fact, a tab, and the object it shall have
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, group = "edited", conflicts_with = "to")]
    pub facts: Option<PathBuf>,
    /// The language that they are edited in [default: the only one that the fact can be asked in]
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
    /// What is asked, and how it is shown.
    #[command(flatten)]
    pub asked: FactAsked,
    /// How weights are edited
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    pub method: EditMethod,
    /// The neurons, a set of the query language [default: the fact's knowledge neurons in that language, kn[lang=…]]
    #[arg(long, value_name = "SET")]
    pub neurons: Option<String>,
    /// The object that takes the place of the fact's
    #[arg(long, value_name = "OBJECT")]
    pub to: Option<String>,
    /// Numbers of methods that go by neurons.
    #[command(flatten)]
    pub values: ValueArgs,
    /// Write the edited model as a new folder, which `transformers` loads
    #[arg(long, value_name = "OUT", value_hint = ValueHint::DirPath, group = "kept")]
    pub save: Option<PathBuf>,
    /// Write the changed tensors alone, as a safetensors file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, group = "kept")]
    pub delta: Option<PathBuf>,
    /// What ROME, MEMIT and training go by.
    #[command(flatten)]
    pub weights: WeightArgs,
}

/// Numbers of methods that go by neurons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Args)]
pub struct ValueArgs {
    /// λ1 of `rewrite`: how much of the old object is taken away [default: 1]
    #[arg(long, value_name = "NUMBER")]
    pub forget: Option<f32>,
    /// λ2 of `rewrite`: how much of the new object is added [default: 8]
    #[arg(long, value_name = "NUMBER")]
    pub learn: Option<f32>,
    /// What `scale` multiplies by
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub factor: Option<f32>,
}

/// How weights are edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EditMethod {
    /// Value vectors of neurons, from the old object to the new one
    #[default]
    Rewrite,
    /// Value vectors to 0
    Suppress,
    /// Value vectors twice
    Enhance,
    /// Value vectors times --factor
    Scale,
    /// A fact into one layer, by its subject
    Rome,
    /// Facts into some layers, by their subjects
    Memit,
    /// One layer trained
    Ft,
    /// One layer trained, no weight changed by more than --bound
    FtL,
}

/// Options of methods that go by the subject, or train.
#[derive(Clone, Debug, Default, PartialEq, Args)]
#[command(next_help_heading = "ROME, MEMIT and training")]
pub struct WeightArgs {
    /// The numbers that the released codes have for a model: gpt2-medium, gpt2-large, gpt2-xl, gpt-j or gpt-neox-20b [default: gpt2-xl's, layers as deep]
    #[arg(long, value_name = "MODEL")]
    pub preset: Option<String>,
    /// The layer that `rome`, `ft` or `ft-l` changes, from 0
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// The first and the last layer that `memit` changes, such as 13-17
    #[arg(long, value_name = "N-N", value_parser = layers)]
    pub layers: Option<(usize, usize)>,
    /// A text whose keys are to stay as they are (C of `rome` and `memit`); without it and --statistics the identity
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub corpus: Option<PathBuf>,
    /// Read so many tokens of --corpus [default: all]
    #[arg(long, value_name = "N", value_parser = values::count)]
    pub corpus_tokens: Option<NonZeroUsize>,
    /// Tokens of a window of --corpus [default: 256]
    #[arg(long, value_name = "N", value_parser = values::positive)]
    pub window: Option<usize>,
    /// A file with C: read if it is there, else made of --corpus and written
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub statistics: Option<PathBuf>,
    /// A share of the mean of C's diagonal that is added to it, for texts too short to invert it [default: 0]
    #[arg(long, value_name = "SHARE")]
    pub ridge: Option<f64>,
    /// λ of `memit`: what C is multiplied with [default: 20000]
    #[arg(long, value_name = "NUMBER")]
    pub weight: Option<f64>,
    /// Losses that are computed: steps and one more; of `ft` and `ft-l` steps [default: 20; 25]
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Adam's rate [default: 0.5; of `ft` and `ft-l` 0.0005]
    #[arg(long, value_name = "NUMBER")]
    pub rate: Option<f64>,
    /// What ‖δ‖/‖v‖² is multiplied with in the loss, or Adam's decay of weights [default: 0.5; of `ft` and `ft-l` 0]
    #[arg(long, value_name = "NUMBER")]
    pub decay: Option<f64>,
    /// δ is no longer than this times ‖v‖ [default: 4; of `memit` 0.75]
    #[arg(long, value_name = "NUMBER")]
    pub clamp: Option<f64>,
    /// A loss below this ends it [default: 0.05; of `ft` and `ft-l` 0.01]
    #[arg(long, value_name = "NUMBER")]
    pub enough: Option<f64>,
    /// How much no weight changes by more than with `ft-l` [default: 0.0005]
    #[arg(long, value_name = "NUMBER")]
    pub bound: Option<f64>,
    /// What the divergence of the subject's own continuation is multiplied with [default: 0.0625]
    #[arg(long, value_name = "NUMBER")]
    pub kl_factor: Option<f64>,
    /// The text about the subject whose continuation is to stay [default: '[X] is a']
    #[arg(long, value_name = "TEXT")]
    pub kl_text: Option<String>,
    /// Where it is read: behind the subject, as the released codes do, or at the text's end, as the papers say [default: subject]
    #[arg(long, value_enum, value_name = "PLACE")]
    pub kl_at: Option<KlAt>,
    /// Of which key `rome` makes v*: the mean over contexts (the paper), or the prompt's own (the released code) [default: mean]
    #[arg(long, value_enum, value_name = "KEY")]
    pub divisor: Option<DivisorArg>,
    /// Texts to put before the prompt, one a line [default: said by the model]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "context_lengths")]
    pub contexts: Option<PathBuf>,
    /// Lengths of texts that the model says, in tokens, and how many of each; `none`: none [default: 5:10,10:10; of `memit` 10:1 from five words]
    #[arg(long, value_name = "N:N", value_parser = lengths)]
    pub context_lengths: Option<Lengths>,
    /// Seed of every draw [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// Where the continuation of a text about the subject is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KlAt {
    /// At the subject's last token
    Subject,
    /// At the text's last token
    End,
}

/// The key that the edited matrix gives v* for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DivisorArg {
    /// The mean over contexts
    Mean,
    /// The prompt's own
    Prompt,
}

/// Lengths of texts in tokens, and how many of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lengths(pub Vec<(usize, usize)>);

/// `13-17`.
fn layers(text: &str) -> Result<(usize, usize), String> {
    let expected = || "expected the first and the last layer, as in 13-17".to_owned();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<usize>().map_err(|_| expected());
    let (first, last) = (number(first)?, number(last)?);
    if first <= last { Ok((first, last)) } else { Err(expected()) }
}

/// `5:10,10:10`, or `none`.
fn lengths(text: &str) -> Result<Lengths, String> {
    if text == "none" {
        return Ok(Lengths::default());
    }
    let one = |part: &str| {
        let (length, count) = part.split_once(':')?;
        let (length, count) = (length.trim().parse().ok()?, count.trim().parse().ok()?);
        (length > 0 && count > 0).then_some((length, count))
    };
    let all: Option<Vec<_>> = text.split(',').map(one).collect();
    all.map(Lengths).ok_or_else(|| "expected lengths and counts, as in 5:10,10:10, or none".into())
}

/// `kndb apply`
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLE
  kndb apply edit.safetensors --model models/mgpt --save models/mgpt-edited")]
pub struct ApplyArgs {
    /// The file that `kndb edit --delta` wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub delta: PathBuf,
    /// Folder of the model that was edited
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The edited model's new folder
    #[arg(long, value_name = "OUT", value_hint = ValueHint::DirPath)]
    pub save: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_one_or_a_range() {
        assert_eq!(layers("13-17"), Ok((13, 17)));
        assert_eq!(layers("5"), Ok((5, 5)));
        assert!(layers("17-13").is_err() && layers("a-b").is_err() && layers("").is_err());
    }

    #[test]
    fn lengths_of_contexts_are_pairs_or_none() {
        assert_eq!(lengths("5:10, 10:10"), Ok(Lengths(vec![(5, 10), (10, 10)])));
        assert_eq!(lengths("none"), Ok(Lengths::default()));
        assert!(lengths("5").is_err() && lengths("0:3").is_err() && lengths("").is_err());
    }
}
