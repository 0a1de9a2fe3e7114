//! The options of `kndb edit-bench`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueHint};

use super::compared::{FactsCompared, Worked};
use super::edit::{EditMethod, ValueArgs, WeightArgs};
use super::values::{self, positive};

/// `kndb edit-bench`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("written").multiple(true).args(["json", "csv", "figure"]))]
#[command(after_help = "\
Each fact gets the object of another fact of its relation, drawn by --seed. Every method edits the same facts in one language, each on the unedited \
model, and the edited model is asked in all languages: efficacy is the share of facts with p(new) > p(old), paraphrase the same in the relation's other \
templates, neighbourhood the share of other facts with the same old object that keep it, relation that of facts with other objects, unrelated the change of \
p of facts of other relations. Beside each method stands its control: as many random neurons, or a change of the same weights as large in a random \
direction. Methods are compared with the first, fact by fact. With --csv the same command goes on where it was stopped.

With --requests the edits are those of a published file, each with its own new object: CounterFact, ZsRE as MEND and MEMIT have it, KnowEdit and the other \
files of EasyEdit, told apart by their keys. Their own prompts are asked, in the one language of --langs; portability is the share of prompts about what \
follows from an edit whose right answer is the first. Methods that go by neurons take those of the store's fact with the same words; the others need no \
facts in the store.

EXAMPLES
  kndb edit-bench my.kndb --model models/gpt2 --langs en --limit 50 --csv bench.csv --figure bench.svg
  kndb edit-bench my.kndb --model models/mgpt --lang en --langs en,zh --methods rome,memit,rewrite --corpus wiki.txt --edits 1,10,100 --csv bench.csv
  kndb edit-bench my.kndb --model models/gpt2-xl --langs en --requests counterfact.json --methods rome,ft,ft-l --preset gpt2-xl --statistics c.safetensors \
--limit 100 --csv counterfact.csv")]
pub struct EditBenchArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of a Hugging Face model, or a .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// Methods of `kndb edit` [default: rewrite,suppress,enhance,rome,memit,ft,ft-l, of these what has a meaning for the model]
    #[arg(long, value_enum, value_name = "NAMES", value_delimiter = ',', hide_possible_values = true)]
    pub methods: Vec<EditMethod>,
    /// Edits of a published file in the place of the store's facts: CounterFact, ZsRE, or KnowEdit and other files of EasyEdit
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub requests: Option<PathBuf>,
    /// The language that facts are edited in [default: the first of --langs]
    #[arg(long, value_name = "CODE", value_parser = values::language)]
    pub lang: Option<String>,
    /// Which facts are asked.
    #[command(flatten)]
    pub facts: FactsCompared,
    /// Leave out facts whose new object has another number of tokens than the old one
    #[arg(long)]
    pub matching_tokens: bool,
    /// The run whose knowledge neurons are edited, of methods that go by neurons [default: the model's only one]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,
    /// How many facts are edited in one network, ascending, such as 1,10,100
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = positive, default_value = "1")]
    pub edits: Vec<usize>,
    /// At most so many neighbours of each kind are asked of a fact [default: 5; of a request all that it has]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub neighbours: Option<usize>,
    /// Numbers of methods that go by neurons.
    #[command(flatten)]
    pub values: ValueArgs,
    /// Draws of facts behind each interval
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = values::draws)]
    pub draws: u32,
    /// Write everything to this file: options, estimates, every measurement
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write every measurement to this file, edit by edit; what is in it already is not measured again
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub csv: Option<PathBuf>,
    /// Draw efficacy, paraphrases and neighbours by method and language, of the smallest number of --edits: .svg, .png or .pdf; of at most eight methods
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub figure: Option<PathBuf>,
    /// How it is worked.
    #[command(flatten)]
    pub worked: Worked,
    /// What ROME, MEMIT and training go by.
    #[command(flatten)]
    pub weights: WeightArgs,
}

impl EditBenchArgs {
    /// Those that take part where none is named.
    const USUAL: [EditMethod; 7] = [
        EditMethod::Rewrite,
        EditMethod::Suppress,
        EditMethod::Enhance,
        EditMethod::Rome,
        EditMethod::Memit,
        EditMethod::Ft,
        EditMethod::FtL,
    ];

    /// Those that take part.
    pub fn taking_part(&self) -> Vec<EditMethod> {
        if !self.methods.is_empty() {
            return self.methods.clone();
        }
        let scaled = self.values.factor.map(|_| EditMethod::Scale);
        Self::USUAL.into_iter().chain(scaled).collect()
    }

    /// How many facts, at most.
    pub fn limit(&self) -> Option<usize> {
        self.facts.limit.map(NonZeroUsize::get)
    }
}
