//! The options of `kndb import`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use kndb_import::IgKind;
use kndb_storage::{Keep, Preset, ScoreType};

use super::values::{self, Parameter, Tau, ig_kind, import_format, keep, language, preset, score_type, share};

/// `kndb import`
#[derive(Debug, Args)]
#[command(after_help = "\
A run is one attribution pass: a model, a method and all its parameters. To add files to a run that \
is in the store, --run is enough; what else is given must agree with it.

A folder that `kndb export` wrote as parquet is known by its manifest: it becomes a store again, whole, in a DB that is not there \
yet or is empty.

EXAMPLES
  kndb import my.kndb neurons_0.json --run eleuther --model bert-base-uncased --layers 12 --width 3072
  kndb import my.kndb 'scores/*.npy' --run ig --model m-bert --layers 12 --width 3072 --lang zh --tau zh=0.2
  kndb import again.kndb exported-folder")]
pub struct ImportArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Files, folders, or quoted patterns such as 'scores/*.npy'
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub files: Vec<String>,
    /// What the files are; found out from their names and first bytes if not given
    #[arg(long, value_parser = import_format())]
    pub format: Option<String>,
    /// Name of the run the files belong to; needed but for a folder of `kndb export`, which has its runs with it
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Language of all facts; what the files say must agree [default: as they say, else en]
    #[arg(long, value_name = "CODE", value_parser = language)]
    pub lang: Option<String>,
    /// Prompt number of all facts; what the files say must agree [default: as they say, else 0]
    #[arg(long, value_name = "N", value_parser = values::whole::<u16>)]
    pub prompt: Option<u16>,
    /// Fact ids, one a line, for score files that number their facts
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ids: Option<PathBuf>,
    /// Which scores of a kn file to take: those of the gold object, of the predicted one, or activations
    #[arg(long, value_parser = ig_kind(), default_value = "ig_gold")]
    pub ig: IgKind,
    /// A column, array or folder to leave out although its name looks like something; may be given several times
    #[arg(long, value_name = "NAME")]
    pub ignore: Vec<String>,
    /// Pass over rows and facts that cannot be used, and count them by reason, instead of stopping
    #[arg(long)]
    pub skip_invalid: bool,
    /// Replace facts that are in the run already, instead of refusing them
    #[arg(long)]
    pub replace: bool,
    /// Pass over facts that are in the run already, whatever the files say of them, instead of refusing them
    #[arg(long, conflicts_with = "replace")]
    pub skip_existing: bool,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,

    /// The run's parameters, for a new run.
    #[command(flatten)]
    pub spec: SpecArgs,
}

/// What describes a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "A new run")]
pub struct SpecArgs {
    /// Name of the model
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Its number of feed-forward layers
    #[arg(long, value_name = "L", value_parser = values::whole::<u32>)]
    pub layers: Option<u32>,
    /// Neurons of one feed-forward layer
    #[arg(long, value_name = "W", value_parser = values::whole::<u32>)]
    pub width: Option<u32>,
    /// How the scores came to be [default: imported]
    #[arg(long, value_name = "TEXT")]
    pub method: Option<String>,
    /// A parameter of the method, to be remembered; may be given several times
    #[arg(long = "param", value_name = "KEY=VALUE")]
    pub parameters: Vec<Parameter>,
    /// Named set of thresholds the run was made with
    #[arg(long, value_parser = preset())]
    pub preset: Option<&'static Preset>,
    /// Threshold as a share of a fact's maximum, 0.3, or of one language, zh=0.2
    #[arg(long, value_name = "[CODE=]SHARE")]
    pub tau: Vec<Tau>,
    /// Share of a fact's prompts a neuron must be found in
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub prompt_share: Option<f64>,
    /// Scores to keep: all, share:0.01 (of the fact's maximum), top:100 or signed:share:0.01 [default: share:0.01]
    #[arg(long, value_name = "RULE", value_parser = keep)]
    pub keep: Option<Keep>,
    /// Precision of kept scores: f32, f16 or bf16; halves change answers a little [default: f32]
    #[arg(long, value_name = "TYPE", value_parser = score_type)]
    pub score_type: Option<ScoreType>,
}
