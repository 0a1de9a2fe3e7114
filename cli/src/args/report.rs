//! Options of `kndb report`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::WithinArgs;

/// `kndb report`
#[derive(Debug, Args)]
#[command(after_help = "\
One page with everything in it: it needs no network and no script, and prints well. Under every figure and \
table stands the query that gives its numbers. The same store gives the same page, byte by byte.

It reads every block of scores once, for the completeness of the integrals, and asks n(n+1)/2 similarities of each run of n \
languages: a large store takes a while, and --run takes less. If somebody writes to the store meanwhile, the page is made \
again, at most three times in all.")]
pub struct PageArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Page to write, such as report.html; standard output if not given
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Run to report on; may be given several times; all if not given
    #[arg(long, value_name = "NAME")]
    pub run: Vec<String>,
    /// Result to show as well, such as what edit-study and fact-check wrote; may be given several times; JSON becomes
    /// tables, with fractions rounded to five digits; any other file is shown as it is
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub include: Vec<PathBuf>,
    /// Title of the page
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Date or remark to print at the top, as it is given
    #[arg(long, value_name = "TEXT")]
    pub date: Option<String>,

    /// What the page is kept to.
    #[command(flatten)]
    pub within: WithinArgs,
}
