//! The options of commands that ask a model for the store's facts and write what they find into a run.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::values::count;

/// Where facts are, what they are asked of, and where what is found goes.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of a Hugging Face model (config.json, tokenizer.json and weights in safetensors), or a .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::AnyPath)]
    pub model: PathBuf,
    /// Name of the model [default: its folder's name, or the file's]
    #[arg(long, value_name = "NAME")]
    pub model_name: Option<String>,
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// Threads that compute [default: one a core; 1 where libtorch computes]
    #[arg(long, value_name = "N", value_parser = count)]
    pub threads: Option<NonZeroUsize>,
    /// Compute entries anew whose labels or template have changed since, in the place of the old ones
    #[arg(long)]
    pub replace_changed: bool,
    /// No progress bar and no summary
    #[arg(short, long)]
    pub quiet: bool,
}
