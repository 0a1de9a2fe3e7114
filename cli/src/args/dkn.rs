//! The options of `kndb dkn`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};

use super::values::{self, count, share};
use super::{SelectionArgs, WithinArgs};

/// `kndb dkn`
#[derive(Debug, Args)]
#[command(after_help = "\
Candidates are the best-scored knowledge neurons of each fact, language and prompt of an attribution \
run; with --only and --without, those of them that the sets leave. Groups go into a run of their own, with the evidence, so that \
`dkn[t_low=0.1, t_high=0.5]` needs no model. The same command goes on where it was interrupted; options left out are those of the run.

EXAMPLES
  kndb dkn my.kndb --model models/bert-base-uncased
  kndb dkn my.kndb --model models/mgpt --from mgpt-amig --size 3 --relations P36 --limit 100
  kndb dkn my.kndb --model models/mgpt --from mgpt-ten-steps --preset ntc-code
  kndb dkn my.kndb --model models/mgpt --run own-dkn --without 'kn by neuron having facts >= 30%'
  kndb query my.kndb 'dkn[lang=en] by layer'")]
pub struct DknArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of the Hugging Face model that the run is of, or its .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The attribution run whose knowledge neurons are searched [default: the model's only one]
    #[arg(long, value_name = "RUN")]
    pub from: Option<String>,
    /// Name of the run the groups go into [default: FROM-dkn, FROM-ntc or FROM-ntc-code]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// Threads, one a fact [default: one a core; 1 where libtorch computes]
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<NonZeroUsize>,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,

    /// Which facts.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How groups are found.
    #[command(flatten)]
    pub search: SearchArgs,
    /// What facts and candidates are kept to.
    #[command(flatten)]
    pub within: WithinArgs,
}

/// How degenerate groups are found.
#[derive(Debug, Args)]
#[command(next_help_heading = "Search")]
pub struct SearchArgs {
    /// How groups are found
    #[arg(long, value_enum, default_value_t)]
    pub method: DegenerateMethod,
    /// A released program instead of a paper's method; of the options below, it takes --candidates alone
    #[arg(long, value_enum, conflicts_with = "method")]
    pub preset: Option<DegeneratePreset>,
    /// Candidates of a fact: its best-scored knowledge neurons [default: 20; of ntc-code all]
    #[arg(long, value_name = "N")]
    pub candidates: Option<usize>,
    /// Neurons of the largest group: 2 to 4 [default: 2]
    #[arg(long, value_name = "N")]
    pub size: Option<usize>,
    /// Largest share of the probability whose loss is harmless, of part of a group [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub t_low: Option<f64>,
    /// Share of the probability that a whole group must cost [default: 0.25]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub t_high: Option<f64>,
    /// Keep evidence for queries with t_low up to this [default: 0.5]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub keep_low: Option<f64>,
    /// Keep evidence for queries with t_high down to this [default: 0.1]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub keep_high: Option<f64>,
    /// Clustering: layers that a way between two neurons may span [default: 3]
    #[arg(long, value_name = "N", value_parser = values::whole::<u32>)]
    pub span: Option<u32>,
    /// Clustering: least life of a cluster, as a share of the fact's longest [default: 0.1]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub persistence: Option<f64>,
    /// Clustering: largest change of the probability with all but the cluster suppressed [default: 0.05]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub within: Option<f64>,
}

/// Released programs that find degenerate groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DegeneratePreset {
    /// Neurological Topology Clustering as its authors' code does it, with τ 0.2
    NtcCode,
}

/// Methods that find degenerate groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DegenerateMethod {
    /// Suppress neurons alone and together (AMIG, Algorithm 1)
    #[default]
    Suppression,
    /// Cluster neurons by the weights between them (Neurological Topology Clustering)
    Clustering,
}
