//! The options of `kndb edit` and `kndb apply`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum, ValueHint};

use super::values;

/// `kndb edit`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kept").required(true).multiple(true))]
#[command(after_help = "\
The value vectors of neurons are changed: what each adds to the residual stream, at every token and in every \
sentence. `rewrite` moves them from the fact's object to another one (Dai et al., ACL 2022, §5.1), `suppress` \
makes them 0, `enhance` doubles them, `scale` multiplies them by --factor. The model's folder is not touched.

EXAMPLES
  kndb edit my.kndb --model models/mgpt --fact France/capital --lang en --to Lyon --save models/mgpt-lyon
  kndb edit my.kndb --model models/mbert --fact UUID --lang en --method suppress --neurons 'likn[lang in (en, zh)]' --delta edit.safetensors
  kndb apply edit.safetensors --model models/mbert --save models/mbert-edited")]
pub struct EditArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of the Hugging Face model that is edited
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The fact: its id, or SUBJECT/RELATION where that is one fact
    #[arg(long, value_name = "FACT")]
    pub fact: String,
    /// The language that it is edited in [default: the only one that the fact can be asked in]
    #[arg(long, value_name = "CODE")]
    pub lang: Option<String>,
    /// Languages to ask in afterwards [default: all in which the fact can be asked]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Number of the template
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::whole::<u16>)]
    pub prompt: u16,
    /// What is done with the value vectors
    #[arg(long, value_enum, value_name = "METHOD", default_value_t)]
    pub method: EditMethod,
    /// The neurons, a set of the query language [default: the fact's knowledge neurons in that language, kn[lang=…]]
    #[arg(long, value_name = "SET")]
    pub neurons: Option<String>,
    /// The object that `rewrite` puts in the place of the fact's
    #[arg(long, value_name = "OBJECT")]
    pub to: Option<String>,
    /// λ1 of `rewrite`: how much of the old object is taken away [default: 1]
    #[arg(long, value_name = "NUMBER")]
    pub forget: Option<f32>,
    /// λ2 of `rewrite`: how much of the new object is added [default: 8]
    #[arg(long, value_name = "NUMBER")]
    pub learn: Option<f32>,
    /// What `scale` multiplies by
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub factor: Option<f32>,
    /// Write the edited model as a new folder, which `transformers` loads
    #[arg(long, value_name = "OUT", value_hint = ValueHint::DirPath, group = "kept")]
    pub save: Option<PathBuf>,
    /// Write the changed tensors alone, as a safetensors file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, group = "kept")]
    pub delta: Option<PathBuf>,
    /// The run meant where a set names none
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// Value of a parameter, `$NAME` in a set; several of one NAME are a list
    #[arg(short, long, value_name = "NAME=VALUE", value_parser = values::argument)]
    pub parameter: Vec<(String, String)>,
    /// Answers to show
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub top: usize,
    /// cpu, or in a build with libtorch torch or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub device: String,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// How value vectors are edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EditMethod {
    /// From the old object to the new one
    #[default]
    Rewrite,
    /// To 0
    Suppress,
    /// Twice
    Enhance,
    /// Times --factor
    Scale,
}

/// `kndb apply`
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLE
  kndb apply edit.safetensors --model models/mgpt --save models/mgpt-edited")]
pub struct ApplyArgs {
    /// The file that `kndb edit --delta` wrote
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub delta: PathBuf,
    /// Folder of the model that was edited
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// The edited model's new folder
    #[arg(long, value_name = "OUT", value_hint = ValueHint::DirPath)]
    pub save: PathBuf,
}
