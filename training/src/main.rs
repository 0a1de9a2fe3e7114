//! Trains the demo models of kndb: small synthetic test subjects, made of facts about countries.
//!
//! [`corpus`] reads the fact table, [`tokenizer`] turns questions into tokens, [`material`] is both
//! together, [`rows`] hides what the model has to say, [`model`] holds the two architectures, [`train`] trains them, [`folder`] writes what is shipped and
//! [`accuracy`] asks it everything. What the models are good for, and what not: `demo/README.md`.

mod accuracy;
mod corpus;
mod error;
mod folder;
mod material;
mod model;
mod random;
mod rows;
mod tokenizer;
mod train;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn::tensor::Device;
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use accuracy::Accuracy;
use error::Result;
use material::Material;
use model::{Bert, Gpt2, LanguageModel};
use tokenizer::Objective;
use train::{Epoch, Settings};

/// Trains the demo models of kndb.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train a model and write it as a Hugging Face folder.
    Train {
        #[command(flatten)]
        which: Which,
        /// Folder to write it to; what it has is overwritten.
        #[arg(long)]
        out: PathBuf,
        /// Times every example is seen [default: as often as for the shipped model]
        #[arg(long)]
        epochs: Option<usize>,
        /// Seed of the weights, of the order and of what is masked.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Threads that share a batch; another number gives other weights.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// Ask a model that was written everything again.
    Ask {
        #[command(flatten)]
        which: Which,
        /// Its folder.
        #[arg(long)]
        folder: PathBuf,
    },
}

#[derive(Args)]
struct Which {
    /// The model.
    #[arg(long)]
    model: Name,
    /// Folder of the fact table, in mLAMA's layout [default: `demo/facts`, of the trilingual models
    /// `demo/facts-trilingual`]
    #[arg(long)]
    facts: Option<PathBuf>,
}

impl Which {
    fn facts(&self) -> &Path {
        self.facts.as_deref().unwrap_or(Path::new(self.model.facts()))
    }
}

/// The demo models.
#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// BERT, English and Chinese.
    BilingualMasked,
    /// GPT-2, English and Chinese.
    BilingualCausal,
    /// BERT, English.
    EnglishMasked,
    /// GPT-2, English.
    EnglishCausal,
    /// BERT, English, Chinese and French.
    TrilingualMasked,
    /// GPT-2, English, Chinese and French.
    TrilingualCausal,
}

impl Name {
    fn objective(self) -> Objective {
        match self {
            Self::BilingualMasked | Self::EnglishMasked | Self::TrilingualMasked => Objective::Masked,
            Self::BilingualCausal | Self::EnglishCausal | Self::TrilingualCausal => Objective::Causal,
        }
    }

    /// Half the sentences need more rounds.
    fn epochs(self) -> usize {
        match self {
            Self::BilingualMasked | Self::BilingualCausal | Self::TrilingualMasked | Self::TrilingualCausal => 16,
            Self::EnglishMasked => 32,
            Self::EnglishCausal => 24,
        }
    }

    fn languages(self) -> &'static [&'static str] {
        match self {
            Self::BilingualMasked | Self::BilingualCausal => &["en", "zh"],
            Self::EnglishMasked | Self::EnglishCausal => &["en"],
            Self::TrilingualMasked | Self::TrilingualCausal => &["en", "zh", "fr"],
        }
    }

    fn facts(self) -> &'static str {
        match self {
            Self::BilingualMasked | Self::BilingualCausal | Self::EnglishMasked | Self::EnglishCausal => "demo/facts",
            Self::TrilingualMasked | Self::TrilingualCausal => "demo/facts-trilingual",
        }
    }
}

/// What is written beside the weights: how they came about and how good they are.
#[derive(Serialize)]
struct Report {
    settings: Settings,
    facts: usize,
    parameters: usize,
    epochs: Vec<Epoch>,
    accuracy: Vec<Accuracy>,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Train { which, out, epochs, seed, threads } => {
            let settings = Settings::recipe(epochs.unwrap_or(which.model.epochs()), seed, threads);
            match which.model.objective() {
                Objective::Masked => make::<Bert>(&which, &out, settings),
                Objective::Causal => make::<Gpt2>(&which, &out, settings),
            }
        }
        Command::Ask { which, folder } => match which.model.objective() {
            Objective::Masked => ask::<Bert>(&which, &folder),
            Objective::Causal => ask::<Gpt2>(&which, &folder),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn make<M: LanguageModel>(which: &Which, out: &Path, settings: Settings) -> Result<()> {
    settings.check()?;
    let material = Material::new(which.facts(), which.model.languages(), which.model.objective())?;
    let (plain, recording) = (Device::flex(), Device::flex().autodiff());
    let model: M = train::fresh(&material.sizes, settings.seed, &recording);
    let (facts, parameters) = (material.corpus.facts.len(), model.num_params());
    let (questions, tokens) = (material.examples.len(), material.encoder.len());
    say(&format!("{facts} facts, {questions} questions, {tokens} tokens, {parameters} parameters"));
    if which.model.objective() == Objective::Causal {
        for (template, longer) in material.corpus.beginnings() {
            say(&format!(
                "`{longer}` goes on where `{template}` asks: facts that are trained with it alone go on, too"
            ));
        }
    }

    let told = |epoch: &Epoch| say(&format!("epoch {}: loss {:.4}, {:.0} s", epoch.epoch, epoch.loss, epoch.seconds));
    let (model, epochs) = train::train(model, &material.examples, material.maker, &settings, &recording, told)?;

    folder::write(out, &model.valid(), &material)?;
    let shipped: M = folder::read(out, &material.sizes, &plain)?;
    let accuracy = accuracy::measure(&shipped, &material, &plain)?;
    accuracy.iter().for_each(tell);
    folder::write_json(&out.join("training.json"), &Report { settings, facts, parameters, epochs, accuracy })
}

fn ask<M: LanguageModel>(which: &Which, folder: &Path) -> Result<()> {
    let material = Material::of_folder(which.facts(), which.model.languages(), which.model.objective(), folder)?;
    let device = Device::flex();
    let model: M = folder::read(folder, &material.sizes, &device)?;
    accuracy::measure(&model, &material, &device)?.iter().for_each(tell);
    Ok(())
}

fn tell(found: &Accuracy) {
    let Accuracy { language, part, asked, log_probability, .. } = found;
    let percent = 100.0 * found.share();
    say(&format!("{language} {part:?}: {percent:.1} % of {asked}, mean log probability {log_probability:.6}"));
}

#[expect(clippy::print_stderr, reason = "the program's messages; it has no other output than files")]
fn say(message: &str) {
    eprintln!("{message}");
}
