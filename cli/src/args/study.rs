//! The options of `kndb edit-study` and `kndb fact-check`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, ValueHint};
use kndb_query::EntryTest;
use kndb_storage::Preset;

use super::WithinArgs;
use super::condition::{Where, conditions};
use super::values::{self, count, preset, share};

/// `kndb edit-study`
#[derive(Debug, Args)]
#[command(after_help = "\
Facts are those with language-independent neurons. LIKN edits these, Mono-KN the neurons of another \
language, Seq-KN those of all languages, random as many random neurons of the same layers, other's LIKN the \
LIKN of another fact of the same relation. SR (Eq. 11 of AMIG) is the change of the fact over that of a random fact of another relation, suppressing and enhancing.

EXAMPLES
  kndb edit-study my.kndb --model models/mbert --langs en,zh --seed 1 --json edit.json
  kndb edit-study my.kndb --model models/mbert --langs en,zh --where 'p>=0.1 and tokens=1'
  kndb edit-study my.kndb --model models/mbert --without '(kn by neuron having facts >= 30%)'")]
pub struct EditStudyArgs {
    /// What both studies take.
    #[command(flatten)]
    pub study: StudyArgs,
    /// At most so many facts, drawn at random
    #[arg(long, value_name = "N", value_parser = count)]
    pub limit: Option<NonZeroUsize>,
    /// Threshold of the neuron sets, as a share of a fact's maximum [default: the run's]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub tau: Option<f64>,
    /// With --preset amig-code: ask for objects as they are, not in lower case, which a cased model may not know
    #[arg(long)]
    pub keep_case: bool,

    /// What the sets of the study are kept to.
    #[command(flatten)]
    pub within: WithinArgs,
}

/// `kndb fact-check`
#[derive(Debug, Args)]
#[command(after_help = "\
Needs a run of degenerate groups (`kndb dkn`). Statements with the right and with a wrong object are judged \
by the neurons that are degenerate in most facts of the relation, and by the model's own answer.

EXAMPLES
  kndb fact-check my.kndb --model models/mbert --langs en,zh --seed 1
  kndb fact-check my.kndb --model models/mbert --where t_high=0.1 --json check.json
  kndb fact-check my.kndb --model models/mbert --only 'facts of kn[lang=zh]'")]
pub struct FactCheckArgs {
    /// What both studies take.
    #[command(flatten)]
    pub study: StudyArgs,
    /// At most so many facts of each relation, drawn at random
    #[arg(long, value_name = "N", value_parser = count)]
    pub limit: Option<NonZeroUsize>,
    /// Share of a relation's facts on which neurons are counted and λ is learnt; the rest is checked
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = 0.8)]
    pub first_share: f64,
    /// t: neurons are kept that are degenerate in more facts than this share of the greatest count
    #[arg(long, value_name = "SHARE", value_parser = share, default_value_t = 0.7)]
    pub keep_share: f64,
    /// The fixed λ, on attribution scores
    #[arg(long, value_name = "NUMBER", default_value_t = 1e-6)]
    pub lambda: f64,
    /// Learn λ from at most so many facts of each relation's first part: each costs two attributions [default: all]
    #[arg(long, value_name = "N", value_parser = values::whole::<usize>)]
    pub learn_from: Option<usize>,
    /// How scores are attributed [default: as in the run whose neurons were searched]
    #[arg(long, value_parser = preset())]
    pub scores: Option<&'static Preset>,

    /// What the facts, and the neurons that are counted, are kept to.
    #[command(flatten)]
    pub within: WithinArgs,
}

/// What both studies take.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("files").multiple(true).args(["json", "csv"]))]
pub struct StudyArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of the Hugging Face model that the run is of, or its .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The run [default: the model's only one]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Languages, such as en,zh [default: all of the run]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Relations, such as P36,P19 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Vec<String>,
    /// Conditions joined by `and`: on the facts that are studied, in every language they are asked in (p>=0.1,
    /// correct=yes, object_rank<=5, tokens=1), or on the neuron sets (layer in 7..11); may be given several times
    #[arg(long = "where", value_name = "CONDITIONS", value_parser = conditions)]
    pub conditions: Vec<Where>,
    /// Number of the template that is asked
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::whole::<u16>)]
    pub prompt: u16,
    /// The protocol: the sound one, or the choices of AMIG's released code (docs/experiments.md)
    #[arg(long, value_enum, default_value_t)]
    pub preset: StudyPreset,
    /// Seed of every draw
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::whole::<u64>)]
    pub seed: u64,
    /// Draws of facts behind each interval
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = values::draws)]
    pub draws: u32,
    /// Write everything to this file: options, statements, estimates, every measurement
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write every measurement to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub csv: Option<PathBuf>,
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// Threads [default: one a core; 1 where libtorch computes]
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<NonZeroUsize>,
    /// No progress bar and no tables: with --json or --csv
    #[arg(short, long, requires = "files")]
    pub quiet: bool,
}

/// Protocols of a study.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StudyPreset {
    /// Sound choices
    #[default]
    Sound,
    /// Those of AMIG's released code
    AmigCode,
}

impl StudyArgs {
    /// The conditions on facts.
    pub fn known(&self) -> Vec<EntryTest> {
        self.conditions.iter().flat_map(|of| of.known.iter().cloned()).collect()
    }

    /// The conditions on neuron sets.
    pub fn set_conditions(&self) -> Vec<String> {
        self.conditions.iter().flat_map(|of| of.sets.iter().cloned()).collect()
    }
}
