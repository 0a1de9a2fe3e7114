//! Options of `kndb plot`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use kndb_query::Measure;

use super::WithinArgs;

mod look;

pub use look::{Labels, LookArgs, Relative, Scale};

/// Columns of an answer with `by`; a score is one of a listing.
fn drawn_columns() -> Vec<&'static str> {
    let measures = Measure::ALL.iter().filter(|measure| **measure != Measure::Score);
    measures.map(|measure| measure.word()).collect()
}

/// `kndb plot`
#[derive(Debug, Args)]
#[command(after_help = "\
FIGURE is one of
  kn        knowledge neurons by layer: a series a language
  likn      language-independent neurons by layer: those of the intersection of languages
  dkn       degenerate neurons by layer: a series a language
  heatmap   facts that use each neuron, layer × neuron, of one run; of one of `kndb trace` mean effects, role × layer
  overlap   similarity of each two languages of one run: Jaccard, fact by fact, then the mean
or a statement with one or two dimensions after `by`: the first are the categories, \
the second the series, as in 'kn[lang=en] by relation order by pairs top 10'.

Chinese, Japanese and Korean letters, and others that DejaVu Sans lacks, are in a .png or .pdf where a font of this machine has them; \
what is missing is said. An .svg is the same file on every machine.

The queries behind the figure go to standard error: `kndb query` answers them with the same numbers.")]
pub struct PlotArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// kn, likn, dkn, heatmap, overlap, or a statement
    #[arg(value_name = "FIGURE")]
    pub figure: String,
    /// Picture to write, .svg, .png or .pdf; may be given several times; without it the figure is drawn here
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Vec<PathBuf>,
    /// Run to show; may be given several times; all that have such neurons if not given; in a statement, the run of
    /// every source that names none
    #[arg(long, value_name = "NAME")]
    pub run: Vec<String>,
    /// Languages to show, separated by commas; all of the run if not given
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Relations to count, separated by commas; all if not given
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Vec<String>,
    /// Threshold as a share of a fact's maximum; the run's own if not given
    #[arg(long, value_name = "SHARE")]
    pub tau: Option<f64>,
    /// A further condition on the neurons, such as t_high=0.05 or 'layer in 7..11'; may be given several times
    #[arg(long = "where", value_name = "CONDITION")]
    pub conditions: Vec<String>,
    /// Column of a statement's answer to draw; share, or similarity, if not given
    #[arg(long, value_name = "COLUMN")]
    #[arg(value_parser = PossibleValuesParser::new(drawn_columns()))]
    pub value: Option<String>,
    /// Title of the figure
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// How the picture looks.
    #[command(flatten)]
    pub look: LookArgs,

    /// What the neurons of a figure are kept to; a statement says it itself.
    #[command(flatten)]
    pub within: WithinArgs,
}
