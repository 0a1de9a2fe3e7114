//! The options of `kndb arena`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, ValueHint};
use kndb_engine::Metric;
use kndb_engine::methods::{SCORERS, Scorer};
use kndb_storage::{PRESETS, Preset};

use super::compared::{FactsCompared, Worked};
use super::values::{self, positive};

/// `kndb arena`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("written").multiple(true).args(["json", "csv", "figure"]))]
#[command(after_help = "\
Every method scores the neurons of the same facts. Its k best are suppressed and enhanced, for each k of --sizes, whatever their scores are: \
related is the change of the fact's probability, unrelated that of a random fact of another relation under the same edits, random that of the fact \
with as many random neurons of the same layers. Methods are compared with the first, fact by fact. With ablation among them, it says what each \
neuron does by itself, and the others' orders are compared with its own. It costs a pass a neuron: of large models name methods without it, or \
give a small --limit.

EXAMPLES
  kndb arena my.kndb --model models/bert --langs en --limit 100 --figure arena.svg --json arena.json
  kndb arena my.kndb --model models/gpt2 --langs en --methods amig,relp,gradient-activation --target logit --sizes 10,100")]
pub struct ArenaArgs {
    /// The store's folder
    #[arg(value_name = "DB", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
    /// Folder of a Hugging Face model, or a .gguf file
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// Methods and presets, of `kndb attribute` [default: amig,relp,gradient-activation,activation,ablation,log-probability,query-neurons,cett, of
    /// these what has a meaning for the model]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = contender(), hide_possible_values = true)]
    pub methods: Vec<Contender>,
    /// What scores explain, of the methods that explain an F [default: each method's own]
    #[arg(long, value_parser = target())]
    pub target: Option<Metric>,
    /// Which facts are asked.
    #[command(flatten)]
    pub facts: FactsCompared,
    /// Sizes of the sets, ascending
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = positive, default_value = "1,3,10,30,100,300")]
    pub sizes: Vec<usize>,
    /// Seed of every draw
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = values::whole::<u64>)]
    pub seed: u64,
    /// Draws of facts behind each interval
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = values::draws)]
    pub draws: u32,
    /// Write everything to this file: options, estimates, every measurement
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write every measurement to this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub csv: Option<PathBuf>,
    /// Draw what suppressing does, less what random neurons do, by size: .svg, .png or .pdf; of one language and at most eight methods
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub figure: Option<PathBuf>,
    /// How it is worked.
    #[command(flatten)]
    pub worked: Worked,
}

/// What takes part: integrated gradients as a preset has them, or another method.
#[derive(Clone, Copy, Debug)]
pub enum Contender {
    /// A preset.
    Preset(&'static Preset),
    /// Another method.
    Method(&'static Scorer),
}

impl Contender {
    /// Those that take part where none is named; the first is what the others are compared with.
    const USUAL: [&'static str; 8] =
        ["amig", "relp", "gradient-activation", "activation", "ablation", "log-probability", "query-neurons", "cett"];

    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        let preset = PRESETS.iter().find(|preset| preset.name == name).map(Self::Preset);
        preset.or_else(|| SCORERS[1..].iter().find(|scorer| scorer.name == name).map(Self::Method))
    }

    /// Those that take part where none is named.
    pub fn usual() -> Vec<Self> {
        Self::USUAL.iter().filter_map(|name| Self::named(name)).collect()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preset(preset) => preset.name,
            Self::Method(method) => method.name,
        }
    }
}

/// A preset or another method, by its name.
fn contender() -> impl TypedValueParser<Value = Contender> {
    let methods = SCORERS[1..].iter().map(|scorer| scorer.name);
    PossibleValuesParser::new(PRESETS.iter().map(|preset| preset.name).chain(methods))
        .try_map(|name| Contender::named(&name).ok_or("not one of the names"))
}

/// What F may be without a foil.
fn target() -> impl TypedValueParser<Value = Metric> {
    let alone = Metric::NAMED.iter().filter(|(_, metric)| *metric != Metric::LogitDifference);
    PossibleValuesParser::new(alone.map(|(name, _)| *name)).try_map(|name| {
        let found = Metric::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|&(_, metric)| metric).ok_or("not one of the names")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_take_part_unasked_are_known() {
        let names: Vec<&str> = Contender::usual().into_iter().map(Contender::name).collect();
        assert_eq!(names, Contender::USUAL);
        assert!(Contender::named("integrated-gradients").is_none(), "its presets are");
    }
}
