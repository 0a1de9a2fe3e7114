//! Options of `kndb serve`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

/// `kndb serve`
#[derive(Debug, Args)]
#[command(after_help = "\
Everything is in this program: pages load nothing from elsewhere, and work without a network. Stores are only read, beside \
whoever writes them; new entries are there at the next look. Statements that would change something are refused.

Whoever reaches the address can read the stores: it is this machine's own unless --host says otherwise. From another \
machine, `ssh -L 8765:localhost:8765 MACHINE` leads to it. Ctrl-C ends it, with exit status 0.

EXAMPLES
  kndb serve my.kndb --open
  kndb serve mine.kndb theirs.kndb     # statements can name both: kn & theirs::kn")]
pub struct ServeArgs {
    /// Folders of stores; the first is shown first
    #[arg(value_name = "DB", required = true, value_hint = ValueHint::DirPath)]
    pub stores: Vec<PathBuf>,

    /// Folder of a model of these stores' runs, for the words that its neurons promote; several times for several
    #[cfg(feature = "attribute")]
    #[arg(long = "model", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub models: Vec<PathBuf>,

    /// Where they are shown.
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// Where stores are shown.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaceArgs {
    /// Port; 8765 if not given, or a free one if that is taken; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Address or name to be reached by, such as 0.0.0.0 for all of this machine's; 127.0.0.1, this machine alone, if not given
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
    /// Open the first page in a browser
    #[arg(long)]
    pub open: bool,
}
