//! The options that `kndb arena` and `kndb edit-bench` share: which facts are asked, and how it is worked.

use std::num::NonZeroUsize;

use clap::Args;

use super::values::{self, count};

/// Which facts are asked.
#[derive(Debug, Args)]
pub struct FactsCompared {
    /// Languages, such as en,zh [default: all that have labels]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Relations, such as P36,P19 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Vec<String>,
    /// At most so many facts, drawn at random
    #[arg(long, value_name = "N", value_parser = count)]
    pub limit: Option<NonZeroUsize>,
    /// Only facts whose object is what the model answers, in every language
    #[arg(long)]
    pub answered: bool,
    /// Number of the template that is asked
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::whole::<u16>)]
    pub prompt: u16,
    /// Put the beginning-of-sequence token before every prompt, for causal models whose tokenizer does not (GPT-2)
    #[arg(long)]
    pub bos: bool,
}

/// How it is worked. The command has a group `written` of the files that it may write.
#[derive(Debug, Args)]
pub struct Worked {
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// Threads, one a fact [default: one a core; 1 where libtorch computes]
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<NonZeroUsize>,
    /// No progress bar and no tables: with --json, --csv or --figure
    #[arg(short, long, requires = "written")]
    pub quiet: bool,
}
