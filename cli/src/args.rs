//! The command line as types: what clap reads, and the texts of `--help`.
//!
//! Nothing is done here; [`crate::commands`] does it.

#[cfg(feature = "attribute")]
mod arena;
#[cfg(feature = "attribute")]
mod attribute;
mod bare;
#[cfg(feature = "attribute")]
mod compared;
#[cfg(feature = "attribute")]
mod condition;
#[cfg(feature = "attribute")]
mod corpus;
#[cfg(feature = "attribute")]
mod dkn;
#[cfg(feature = "attribute")]
mod edit;
#[cfg(feature = "attribute")]
mod edit_bench;
#[cfg(feature = "parquet")]
mod export;
mod import;
#[cfg(feature = "attribute")]
mod job;
mod mistakes;
pub mod plot;
#[cfg(feature = "attribute")]
mod probe;
mod report;
#[cfg(feature = "explorer")]
mod serve;
#[cfg(feature = "attribute")]
mod study;
#[cfg(feature = "attribute")]
mod trace;
mod upkeep;
mod values;
mod within;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use kndb_import::facts::FactsFormat;

use crate::output::Mode;

#[cfg(feature = "attribute")]
pub use arena::{ArenaArgs, Contender};
#[cfg(feature = "attribute")]
pub use attribute::{AttributeArgs, KeptArgs, LayerList, MethodArgs, Of, SelectionArgs};
#[cfg(feature = "attribute")]
pub use corpus::{ActivationsArgs, QrncaArgs};
#[cfg(feature = "attribute")]
pub use dkn::{DegenerateMethod, DegeneratePreset, DknArgs, SearchArgs};
#[cfg(feature = "attribute")]
pub use edit::{ApplyArgs, DivisorArg, EditArgs, EditMethod, KlAt, ValueArgs, WeightArgs};
#[cfg(feature = "attribute")]
pub use edit_bench::EditBenchArgs;
#[cfg(feature = "parquet")]
pub use export::ExportArgs;
pub use import::{ImportArgs, SpecArgs};
#[cfg(feature = "attribute")]
pub use job::JobArgs;
pub use plot::PlotArgs;
#[cfg(feature = "attribute")]
pub use probe::{ChangeArgs, ProbeArgs};
pub use report::PageArgs;
#[cfg(feature = "explorer")]
pub use serve::{PlaceArgs, ServeArgs};
#[cfg(feature = "attribute")]
pub use study::{EditStudyArgs, FactCheckArgs, StudyArgs, StudyPreset};
#[cfg(feature = "attribute")]
pub use trace::TraceArgs;
pub use upkeep::{BackupArgs, CopyRunArgs, MergeArgs, RenameRunArgs, VerifyArgs};
pub use values::{keep, score_type};
pub use within::WithinArgs;

/// An embedded analytics database for knowledge-neuron attribution scores.
#[derive(Debug, Parser)]
#[command(
    name = "kndb",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "`kndb DB` opens the shell on a store, `kndb DB 'STATEMENT'` answers: short for `kndb query`.\n\
                  New here? `kndb demo` attributes a small model and asks the store some questions."
)]
pub struct Cli {
    /// Colour in messages: auto is on a terminal, unless NO_COLOR is set
    #[arg(long, global = true, value_enum, default_value_t, value_name = "auto|always|never")]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub color: ColorWhen,

    /// Refuse every change of a store; reading never writes, with or without this
    #[arg(long, global = true)]
    pub read_only: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads a command line; ends the process with what is wrong with it, or with the help asked for.
    pub fn read(line: Vec<OsString>) -> Self {
        let line = bare::with_command(line);
        Self::try_parse_from(&line).unwrap_or_else(|error| {
            let line = line.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
            mistakes::explained(error, &line.collect::<Vec<_>>()).exit()
        })
    }
}

/// When messages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always, even in a pipe.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an empty store
    Init(StoreArgs),
    /// Import facts, their labels and templates: files of mLAMA, LAMA, ParaRel and other data sets
    Facts(FactsArgs),
    /// Import the scores, neuron sets or neuron groups of a run
    Import(Box<ImportArgs>),
    /// Compute scores of the store's facts with a language model
    #[cfg(feature = "attribute")]
    Attribute(Box<AttributeArgs>),
    /// Causal tracing: which layers and tokens carry the store's facts (Meng et al., 2022)
    #[cfg(feature = "attribute")]
    Trace(Box<TraceArgs>),
    /// Search a run's knowledge neurons for degenerate groups: neurons that can stand in for each other
    #[cfg(feature = "attribute")]
    Dkn(Box<DknArgs>),
    /// Weigh down the neurons that many facts share: query-relevant neurons from a run's scores (QRNCA)
    #[cfg(feature = "attribute")]
    Qrnca(QrncaArgs),
    /// Measure neurons over texts, and find each language's neurons (LAPE)
    #[cfg(feature = "attribute")]
    Activations(Box<ActivationsArgs>),
    /// Change neurons, and see what becomes of a fact's probability and the model's answers
    #[cfg(feature = "attribute")]
    Probe(Box<ProbeArgs>),
    /// Edit facts in a model's weights, by neurons, ROME, MEMIT or training, and keep the edited model, or what differs
    #[cfg(feature = "attribute")]
    Edit(Box<EditArgs>),
    /// Put what `kndb edit --delta` kept into the model that it is of
    #[cfg(feature = "attribute")]
    Apply(ApplyArgs),
    /// Cross-lingual editing: success rates of LIKN, Mono-KN and Seq-KN (AMIG, Table 2)
    #[cfg(feature = "attribute")]
    EditStudy(Box<EditStudyArgs>),
    /// Fact checking: true and false statements told apart by degenerate neurons (AMIG, Table 3)
    #[cfg(feature = "attribute")]
    FactCheck(Box<FactCheckArgs>),
    /// Set scorers against each other: what suppressing and enhancing each one's best neurons does to the same facts
    #[cfg(feature = "attribute")]
    Arena(Box<ArenaArgs>),
    /// Set ways to edit facts against each other: what each does to the fact, its paraphrases, its neighbours, and in other languages
    #[cfg(feature = "attribute")]
    EditBench(Box<EditBenchArgs>),
    /// Ask the store: one statement, a script, or the shell
    Query(QueryArgs),
    /// Ask the store in SQL: one statement, a script, or the shell
    #[cfg(feature = "sql")]
    Sql(Box<QueryArgs>),
    /// Draw shares by layer, a heat map, the overlap of languages, or any answer: SVG, PNG, or here
    Plot(Box<PlotArgs>),
    /// Write one self-contained page about the store: runs, figures, tables, evidence, and their queries
    Report(PageArgs),
    /// Look at stores in a browser: facts, neurons, languages, runs, and an editor for statements
    #[cfg(feature = "explorer")]
    Serve(ServeArgs),
    /// Show what the store holds
    Info(ReportArgs),
    /// List the runs: model, method, what is kept, how much is there
    Runs(ReportArgs),
    /// Merge small segments into large ones
    Compact(StoreArgs),
    /// Read every byte of the store and check it; exit 1 if anything is wrong; or repair it
    Verify(VerifyArgs),
    /// Copy the store into a folder that is a store, too; again into the same folder, what is new
    Backup(BackupArgs),
    /// Write the store, or some of it, as files that others read: Parquet, Arrow, CSV, and what kndb imports
    #[cfg(feature = "parquet")]
    Export(ExportArgs),
    /// Unite stores in one: shards of a run from several machines, and whole runs side by side
    Merge(MergeArgs),
    /// Copy a run with its facts into another store
    CopyRun(CopyRunArgs),
    /// Give a run another name
    RenameRun(RenameRunArgs),
    /// Make a store of an older format one of the newest; every other change does the same on its way
    Upgrade(StoreArgs),
    /// Delete a run with all its scores, and the fact ids that only it had brought
    DropRun(DropRunArgs),
    /// Delete facts that no run has and no label names, or everything of a relation
    DropFacts(DropFactsArgs),
    /// Attribute a small model on facts in two languages, and ask the store some questions
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or write one page a command into a folder
    Man(ManArgs),
}

/// A store and nothing else.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
}

/// `kndb facts`
#[derive(Debug, Args)]
pub struct FactsArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Files or folders of a data set, packed (.gz, .zst) or not, such as mLAMA's `en` and `zh`
    #[arg(value_name = "PATH", required_unless_present_any = ["names", "list"], value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// Names of relations, `P36<TAB>capital` a line, also CSV or JSON; may be given several times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub names: Vec<PathBuf>,
    /// List relations with their names, facts, labels and templates; imports nothing
    #[arg(long, conflicts_with_all = ["paths", "names", "format", "lang", "skip_invalid", "quiet"])]
    pub list: bool,
    /// How --list writes
    #[arg(short, long, value_enum, default_value_t, requires = "list")]
    pub mode: Mode,
    /// What the files are; found out from their names and first lines if not given
    #[arg(long, value_parser = values::facts_format())]
    pub format: Option<FactsFormat>,
    /// Language of labels and templates, for files where no field and no name of a folder says it
    #[arg(long, value_name = "CODE", value_parser = values::language)]
    pub lang: Option<String>,
    /// Pass over rows that cannot be used, and count them by reason
    #[arg(long)]
    pub skip_invalid: bool,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}

/// `kndb query`
#[derive(Debug, Args)]
#[command(after_help = "\
Without a statement, -c or -f, statements are read from standard input: a shell on a terminal, a \
script otherwise. A statement ends with `;` or with the input. `.help` lists the dot commands; they \
work in scripts and after -c too, so `-c '.read FILE'` mixes files with commands.

The shell begins with its rc file, $XDG_CONFIG_HOME/kndb/kndbrc or ~/.config/kndb/kndbrc, if there is \
one: dot commands and statements. Nothing else reads it; options win over what it sets.

Results go to standard output, everything else to standard error. Exit status: 0 ok, 1 an error in \
a query or in the data, 2 wrong usage, 130 ended by Ctrl-C, 143 by SIGTERM, 255 a bug.")]
pub struct QueryArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// A statement; `-` reads a script from standard input
    #[arg(value_name = "STATEMENT", conflicts_with_all = ["command", "file"])]
    pub statement: Option<String>,
    /// Run this, then quit; may be given several times
    #[arg(short, long, value_name = "TEXT", conflicts_with = "file")]
    pub command: Vec<String>,
    /// Run this script, then quit; may be given several times; `-` is standard input
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Vec<PathBuf>,
    /// Begin with this file in place of the rc file, in scripts too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub init: Option<PathBuf>,
    /// Begin without the rc file
    #[arg(long, conflicts_with = "init")]
    pub no_rc: bool,
    /// How results are written; as a table if not given
    #[arg(short, long, value_enum)]
    pub mode: Option<Mode>,
    /// Leave out the header of table, box, csv and tsv
    #[arg(long)]
    pub no_headers: bool,
    /// Write the answer of the one statement into this file: .parquet, .arrow or .csv, by its name
    #[cfg(feature = "parquet")]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["file", "mode", "no_headers", "keep_going"])]
    pub output: Option<PathBuf>,
    /// Value of a parameter, `$NAME` in a statement; a number where one is wanted, else a text; several of one NAME are a list
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = values::argument)]
    pub parameter: Vec<(String, String)>,
    /// A store beside this one, for reading: `NAME::kn` in a statement; may be given several times
    #[arg(long, value_name = "NAME=DB", value_parser = values::attached)]
    pub attach: Vec<(String, PathBuf)>,
    /// The run meant where a statement names none
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Language of labels, whatever language a statement asks for; English, then any, where a label is missing
    #[arg(long, value_name = "CODE")]
    pub labels: Option<String>,
    /// Go on after an error in a script; the exit status is still 1
    #[arg(long)]
    pub keep_going: bool,
    /// Print the time each statement took
    #[arg(long)]
    pub timer: bool,
    /// Memory that a statement may take for its answer, as in 512MB or 4GB; a quarter of the machine's if not given
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub memory: Option<u64>,
}

/// `kndb info` and `kndb runs`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// `kndb drop-run`
#[derive(Debug, Args)]
pub struct DropRunArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// The run to delete
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// `kndb drop-facts`
#[derive(Debug, Args)]
#[command(after_help = "\
Without --relation: facts that are ids alone, of which no run has scores, neuron sets or groups. Such ids are \
left by imports that did not come to their end. A fact that an import needs after all comes back with it.

EXAMPLES
  kndb drop-facts my.kndb --dry-run
  kndb drop-facts my.kndb --relation capital")]
pub struct DropFactsArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Everything of this relation, given by its id or name: facts, labels, templates, candidates
    #[arg(long, value_name = "NAME")]
    pub relation: Option<String>,
    /// With --relation: also where runs have scores of its facts; these stay in the runs, under ids without labels
    #[arg(long, requires = "relation")]
    pub force: bool,
    /// Only tell what would be dropped
    #[arg(long)]
    pub dry_run: bool,
}

/// `kndb demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder to make; must not exist yet
    #[arg(value_name = "DIR", default_value = "kndb-demo", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// Made-up scores instead of a model's: at once
    #[arg(long)]
    #[cfg_attr(not(feature = "attribute"), arg(hide = true))]
    pub synthetic: bool,
    /// Then look at it in a browser, as `kndb serve` does
    #[cfg(feature = "explorer")]
    #[arg(long)]
    pub serve: bool,
}

/// `kndb completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that shall complete kndb's commands and options
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// `kndb man`
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder for one page a command; without it the page of `kndb` itself is printed
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_commute_with_positions() {
        let parse = |line: &str| {
            let cli = Cli::try_parse_from(line.split(' ')).expect("a valid line");
            format!("{cli:?}")
        };
        assert_eq!(parse("kndb query db --mode csv --run a kn"), parse("kndb query --run a db kn --mode csv"),);
        assert_eq!(parse("kndb --color never info db"), parse("kndb info db --color never"),);
    }

    #[test]
    fn a_statement_and_a_script_exclude_each_other() {
        assert!(Cli::try_parse_from(["kndb", "query", "db", "kn", "-c", "kn"]).is_err());
        assert!(Cli::try_parse_from(["kndb", "query", "db", "-c", "kn", "-c", "likn"]).is_ok());
        assert!(Cli::try_parse_from(["kndb", "query", "db", "-"]).is_ok());
    }
}
