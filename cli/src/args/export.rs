//! The options of `kndb export`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::values::export_format;

/// `kndb export`
#[derive(Debug, Args)]
#[command(after_help = "\
The folder is there whole in the end, or not at all: it is written beside, under another name. As parquet, it holds everything \
the store says, and `kndb import NEW-DB DIR` makes a store of it again that answers every statement alike. Of the other formats, \
one that cannot hold what is chosen refuses, and says why.

EXAMPLES
  kndb export my.kndb out --format parquet
  kndb export my.kndb out --format csv --run bert-amig --langs en,zh --relations P36")]
pub struct ExportArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder to make: not there yet, or empty
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub to: PathBuf,
    /// What to write
    #[arg(long, value_parser = export_format(), default_value = "parquet")]
    pub format: String,
    /// A run; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    pub run: Vec<String>,
    /// Languages, such as en,zh [default: all]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Relations, such as P36,P19 [default: all, and facts without one]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Vec<String>,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}
