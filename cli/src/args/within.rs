//! `--only` and `--without`, wherever they are taken.

use clap::Args;

use super::values;

/// Sets that a command is kept to.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Sets")]
pub struct WithinArgs {
    /// Keep to what is also in this set of the query language, of pairs, neurons or facts; may be given several times
    #[arg(long, value_name = "SET")]
    pub only: Vec<String>,
    /// Take this set out, such as a relation's common neurons; may be given several times
    #[arg(long, value_name = "SET")]
    pub without: Vec<String>,
    /// Value of a parameter, `$NAME` in a set or statement; several of one NAME are a list
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = values::argument)]
    pub parameter: Vec<(String, String)>,
}
