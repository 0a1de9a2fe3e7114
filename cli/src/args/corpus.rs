//! The options of `kndb activations` and `kndb qrnca`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use kndb_engine::corpus::Corpus;

use super::values::{self, count, positive, share};

/// `kndb activations`
#[derive(Debug, Args)]
#[command(after_help = "\
Each text is read by the model window by window, and counted at every token that is not one that the tokenizer adds. Each statistic is a run, \
NAME-share and so on, whose fact `corpus` has a score a neuron in each language. With two languages or more, NAME-lape has each language's \
neurons by LAPE (Tang et al., ACL 2024), as the neuron set of the fact `language-specific`. A language is stored when its text is done; the same \
command goes on where it was interrupted.

EXAMPLES
  kndb activations my.kndb --model models/mgpt --corpus en=wiki.en.txt --corpus zh=wiki.zh.txt
  kndb query my.kndb 'neurons of kn[run=\"mgpt-activations-lape\", lang=zh] - neurons of kn[run=\"mgpt-activations-lape\", lang=en]'")]
pub struct ActivationsArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of a Hugging Face model, or a .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// A text (UTF-8) in a language, such as en=wiki.en.txt; once a language
    #[arg(long, value_name = "LANG=FILE", value_parser = corpus, required = true)]
    pub corpus: Vec<Corpus>,
    /// What the runs' names begin with [default: MODEL-activations]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Name of the model [default: its folder's name]
    #[arg(long, value_name = "NAME")]
    pub model_name: Option<String>,
    /// Tokens of a window, those that the tokenizer adds included; at most what the model can read
    #[arg(long, value_name = "N", value_parser = positive, default_value = "256")]
    pub window: usize,
    /// Read so many tokens of each text [default: all]
    #[arg(long, value_name = "N", value_parser = count)]
    pub tokens: Option<NonZeroUsize>,
    /// Quantiles of activations to keep, to a 64th of their size; `none`: none
    #[arg(long, value_name = "SHARES", value_parser = quantiles, default_value = "0.5,0.9,0.99")]
    pub quantiles: Quantiles,
    /// No language neurons
    #[arg(long)]
    pub no_lape: bool,
    /// Share of all neurons that are language neurons [default: 0.01]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub lape_top: Option<f64>,
    /// Leave out neurons that are in no language active more often than this quantile of all shares [default: 0.95]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub lape_filter: Option<f64>,
    /// A language's are those active in it more often than this quantile of all shares [default: 0.95]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub lape_bar: Option<f64>,
    /// Put the beginning-of-sequence token before every window, for causal models whose tokenizer does not
    #[arg(long)]
    pub bos: bool,
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// Threads, one a window [default: one a core; 1 where libtorch computes]
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<NonZeroUsize>,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}

/// Quantiles, as `0.5,0.99`.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles(pub Vec<f64>);

/// `kndb qrnca`
#[derive(Debug, Args)]
#[command(after_help = "\
A fact's scores are summed over its templates and divided by their sum over all neurons; its cluster are the neurons above --tau of the \
largest. A neuron in many clusters counts less: what is kept is the --best of each fact by na·ln(|C| / (|{c with n}| + 1)), but no neuron in more \
than --common of all clusters. No model is asked. The paper's scores are those of \
`kndb attribute --preset kn --rule right --steps 16 --site up`.

EXAMPLES
  kndb qrnca my.kndb --from mgpt-kn --langs en
  kndb query my.kndb 'kn[run=\"mgpt-kn-qrnca\", lang=en] by layer'")]
pub struct QrncaArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// The run of scores
    #[arg(long, value_name = "RUN")]
    pub from: String,
    /// Name of the run that is made [default: FROM-qrnca]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Languages, such as en,zh [default: all of the run]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Relations, such as P36,P19 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Vec<String>,
    /// Threshold of a fact's cluster, as a share of its largest score
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.2")]
    pub tau: f64,
    /// Neurons of a fact
    #[arg(long, value_name = "N", value_parser = positive, default_value = "20")]
    pub best: usize,
    /// Leave out neurons in more than this share of all clusters
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.3")]
    pub common: f64,
    /// No summary
    #[arg(short, long)]
    pub quiet: bool,
}

/// `en=wiki.txt`
fn corpus(text: &str) -> Result<Corpus, String> {
    let (language, path) = text
        .split_once('=')
        .filter(|(_, path)| !path.is_empty())
        .ok_or("expected a language and its text, as in en=wiki.txt")?;
    Ok(Corpus { language: values::language(language)?, path: PathBuf::from(path) })
}

/// `0.5,0.99`, or `none`.
fn quantiles(text: &str) -> Result<Quantiles, String> {
    if text == "none" {
        return Ok(Quantiles(Vec::new()));
    }
    let mut all = Vec::new();
    for share in text.split(',') {
        let share = values::share(share.trim())?;
        if all.contains(&share) {
            return Err(format!("{share} is given twice"));
        }
        all.push(share);
    }
    Ok(Quantiles(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_is_a_text_in_a_language() {
        let found = corpus("zh=a=b.txt").expect("a language and a path");
        assert_eq!((found.language.as_str(), found.path), ("zh", PathBuf::from("a=b.txt")));
        assert!(corpus("wiki.txt").is_err() && corpus("en=").is_err());
    }

    #[test]
    fn quantiles_are_shares_or_none() {
        assert_eq!(quantiles("0.5, 0.99"), Ok(Quantiles(vec![0.5, 0.99])));
        assert_eq!(quantiles("none"), Ok(Quantiles(Vec::new())));
        assert!(quantiles("2").is_err() && quantiles("").is_err());
        assert_eq!(quantiles("0.5,0.9,0.50"), Err("0.5 is given twice".into()));
    }
}
