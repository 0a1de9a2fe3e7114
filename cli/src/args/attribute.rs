//! The options of `kndb attribute`.

use std::num::NonZeroUsize;
use std::str::FromStr;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use kndb_engine::job::{Prompts, Selection, Shard};
use kndb_engine::methods::{Anchors, Baseline, Factor, Monotone, SCORERS, Scorer};
use kndb_engine::nn::Rules;
use kndb_engine::quadrature::Rule;
use kndb_engine::words::WordBaseline;
use kndb_engine::{FoilRule, Metric, Site};
use kndb_storage::{Keep, Preset, ScoreType};

use super::JobArgs;
use super::values::{self, Tau, count, keep, positive, preset, row, score_type, share};

/// `kndb attribute`
#[derive(Debug, Args)]
#[command(after_help = "\
Facts, labels and templates are those of the store (`kndb facts`). What the run holds already is not \
computed again: the same command goes on where it was interrupted, and one with more languages or \
facts adds them. Entries whose labels or template have changed since they were computed are named, and \
computed anew with --replace-changed. Ctrl-C or SIGTERM finishes the facts in work and commits (exit status 130 or 143); a \
second one stops at once.

EXAMPLES
  kndb attribute my.kndb --model models/bert-base-uncased --langs en --relations P36,P19 --limit 100
  kndb attribute my.kndb --model models/mgpt --preset kn --threads 4 --run mgpt-kn")]
pub struct AttributeArgs {
    /// Where facts are, what is asked, where scores go.
    #[command(flatten)]
    pub job: JobArgs,
    /// Name of the run [default: MODEL-PRESET, or MODEL-METHOD, with --of words MODEL-word-METHOD; with the target after it, and -bos for --bos]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,

    /// Which facts.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How they are scored.
    #[command(flatten)]
    pub method: MethodArgs,
    /// What is kept of the scores.
    #[command(flatten)]
    pub kept: KeptArgs,
}

/// Which facts are asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Facts")]
pub struct SelectionArgs {
    /// Languages, such as en,zh [default: all that have labels]
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub langs: Vec<String>,
    /// Relations, such as P36,P19 [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub relations: Vec<String>,
    /// At most so many facts in all (not of each relation): the first of the store, the same in every language
    #[arg(long, value_name = "N", value_parser = count)]
    pub limit: Option<NonZeroUsize>,
    /// Templates of each relation and language: all, or the first N
    #[arg(long, value_name = "all|N", value_parser = prompts, default_value = "all")]
    pub prompts: Prompts,
    /// One share of the selected facts, such as 3/16, for one of 16 machines; `kndb merge` unites their stores
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,
}

impl From<SelectionArgs> for Selection {
    fn from(args: SelectionArgs) -> Self {
        Self {
            languages: args.langs,
            relations: args.relations,
            limit: args.limit.map(NonZeroUsize::get),
            prompts: args.prompts,
            shard: args.shard,
            chosen: None,
        }
    }
}

/// How facts are scored.
#[derive(Debug, Args)]
#[command(next_help_heading = "Method")]
pub struct MethodArgs {
    /// What is scored: neurons, or the words of the prompt, by integrated gradients over their embeddings, sequential or discretized ones (--method), into a run of its own
    #[arg(long, value_parser = named(&Of::NAMED), default_value = "neurons")]
    pub of: Of,
    /// A published method of integrated gradients; changed by an option below, it loses its name [default: amig]
    #[arg(long, value_parser = preset())]
    pub preset: Option<&'static Preset>,
    /// Another method than integrated gradients; not together with --preset
    #[arg(long, value_parser = other_method(), conflicts_with = "preset")]
    pub method: Option<&'static Scorer>,
    /// What scores explain: how likely the object is, the logarithm of that, its logit, or that less a foil's [default: probability]
    #[arg(long, value_parser = named(&Metric::NAMED))]
    pub target: Option<Metric>,
    /// What objects are set against for --target logit-difference: an object of the store, by its label or id, or one drawn for each fact
    #[arg(long, value_name = "OBJECT|drawn", value_parser = foil)]
    pub foil: Option<FoilRule>,
    /// Rules of --method relp, such as norms,activations,products: what counts as constant on the way back [default: all four]
    #[arg(long, value_name = "NAMES", value_parser = rules)]
    pub rules: Option<Rules>,
    /// Where the paths of integrated gradients begin; what relp and gradient-activation compare activations with [default: zero]
    #[arg(long, value_parser = named(&Baseline::NAMED))]
    pub baseline: Option<Baseline>,
    /// Which activations a path of --method discretized-integrated-gradients passes next: the nearest to monotone, or those with most monotone neurons [default: greedy]
    #[arg(long, value_parser = named(&Anchors::NAMED))]
    pub anchors: Option<Anchors>,
    /// What such a path takes of neurons that would go back: the near end of their way, or, as the authors' code, a share of it from where they are [default: clip; of words share]
    #[arg(long, value_parser = named(&Monotone::NAMED))]
    pub monotone: Option<Monotone>,
    /// Where paths of words begin: at the mask's embedding (in causal models the end-of-sequence token's), the padding token's, or 0 [default: mask]
    #[arg(long, value_parser = named(&WordBaseline::NAMED))]
    pub word_baseline: Option<WordBaseline>,
    /// Quadrature rule of the integral
    #[arg(long, value_parser = named(&Rule::NAMED))]
    pub rule: Option<Rule>,
    /// Points of the rule; of discretized integrated gradients in each segment of a path
    #[arg(long, value_name = "N", value_parser = positive)]
    pub steps: Option<usize>,
    /// What the integral is multiplied with: w̄ − w′ or w̄
    #[arg(long, value_parser = named(&Factor::NAMED))]
    pub factor: Option<Factor>,
    /// Divide each layer's scores by their sum; --normalise=no takes it from amig-paper
    #[arg(long, value_name = "layer|no", num_args = 0..=1, require_equals = true, default_missing_value = "layer")]
    #[arg(value_parser = named(&[("layer", true), ("no", false)]), hide_possible_values = true)]
    pub normalise: Option<bool>,
    /// Error aimed at when the rule's value is found from fewer points, as a share of the largest score; 0: every point
    #[arg(long, value_name = "SHARE", value_parser = tolerance)]
    pub tolerance: Option<f64>,
    /// Orders that --method shapley samples [default: 10]
    #[arg(long, value_name = "N", value_parser = count)]
    pub orders: Option<NonZeroUsize>,
    /// Best value neurons whose inputs --method query-neurons looks at [default: 30]
    #[arg(long, value_name = "N", value_parser = count)]
    pub value_neurons: Option<NonZeroUsize>,
    /// Seed of the orders [default: 1]
    #[arg(long, value_name = "N", value_parser = values::whole::<u64>)]
    pub seed: Option<u64>,
    /// Which value of a neuron is scored: its activation, that before the non-linearity, or of a gated block that of the up-projection
    #[arg(long, value_parser = named(&Site::NAMED))]
    pub site: Option<Site>,
    /// Put the beginning-of-sequence token before every prompt, for causal models whose tokenizer does not (GPT-2)
    #[arg(long)]
    pub bos: bool,
    /// Layers to score, such as 0-3,8; the others get 0 [default: all]
    #[arg(long, value_name = "LIST")]
    pub layers: Option<LayerList>,
    /// Rows of one pass, which facts share: a point of a causal model is one, of a masked model one a token. Changes speed and memory, but on the
    /// CPU not a bit of the scores [default: 512; on a GPU 4096]
    #[arg(long, value_name = "N", value_parser = count)]
    pub batch: Option<NonZeroUsize>,
}

/// What scores are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// Neurons.
    #[default]
    Neurons,
    /// Words of the prompt.
    Words,
}

impl Of {
    const NAMED: [(&'static str, Self); 2] = [("neurons", Self::Neurons), ("words", Self::Words)];
}

/// What is kept of the scores, and how queries read them.
#[derive(Debug, Args)]
#[command(next_help_heading = "The run")]
pub struct KeptArgs {
    /// Scores to keep: all, share:0.01 (of the fact's maximum), top:100 or signed:share:0.01 [default: share:0.01]
    #[arg(long, value_name = "RULE", value_parser = keep)]
    pub keep: Option<Keep>,
    /// Precision of kept scores: f32, f16 or bf16; halves change answers a little [default: f32]
    #[arg(long, value_name = "TYPE", value_parser = score_type)]
    pub score_type: Option<ScoreType>,
    /// Threshold as a share of a fact's maximum, 0.3, or of one language, zh=0.2 [default: the preset's]
    #[arg(long, value_name = "[CODE=]SHARE")]
    pub tau: Vec<Tau>,
    /// Share of a fact's prompts a neuron must be found in [default: the preset's]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub prompt_share: Option<f64>,
}

/// Layers, as `0-3,8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerList(pub Vec<usize>);

impl FromStr for LayerList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected layers from 0, as in 0-3,8".to_owned();
        let number = |text: &str| text.trim().parse::<u16>().map(usize::from).map_err(|_| wrong());
        let mut layers = Vec::new();
        for piece in text.split(',') {
            let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(wrong());
            }
            layers.extend(first..=last);
        }
        layers.sort_unstable();
        layers.dedup();
        Ok(Self(layers))
    }
}

/// The methods beside that of the presets, which come first in the table.
fn other_method() -> impl TypedValueParser<Value = &'static Scorer> {
    row(&SCORERS[1..], |scorer| (scorer.name, scorer.about))
}

/// A value by its name.
pub(super) fn named<T: Copy + Send + Sync + 'static>(
    known: &'static [(&'static str, T)],
) -> impl TypedValueParser<Value = T> {
    let names = PossibleValuesParser::new(known.iter().map(|(name, _)| *name));
    names.try_map(|name| {
        let found = known.iter().find(|(known, _)| *known == name);
        found.map(|&(_, value)| value).ok_or("not one of the names")
    })
}

/// Names of rules, or `none`.
fn rules(text: &str) -> Result<Rules, String> {
    let mut rules = Rules::EXACT;
    if text.trim() == "none" {
        return Ok(rules);
    }
    for name in text.split(',').map(str::trim) {
        let rule = match name {
            "norms" => &mut rules.norms,
            "activations" => &mut rules.activations,
            "products" => &mut rules.products,
            "attention" => &mut rules.attention,
            "none" => return Err("none is no rule beside others: give it alone, or leave it out".into()),
            _ => {
                return Err(
                    "expected some of norms, activations, products, attention, as in norms,activations, or none".into(),
                );
            }
        };
        if std::mem::replace(rule, true) {
            return Err(format!("{name} is given twice"));
        }
    }
    Ok(rules)
}

/// `drawn`, or an object.
fn foil(text: &str) -> Result<FoilRule, String> {
    match text.trim() {
        "" => Err("expected an object's label or id, or drawn".into()),
        text => Ok(FoilRule::from(text)),
    }
}

/// `all`, or how many.
fn prompts(text: &str) -> Result<Prompts, String> {
    match text.parse() {
        _ if text == "all" => Ok(Prompts::All),
        Ok(count) if count > 0 => Ok(Prompts::First(count)),
        _ => Err("expected all, or a number of templates".into()),
    }
}

/// `3/16`.
fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
    let shard = numbers.and_then(|(number, of)| Shard::new(number, of));
    shard.ok_or_else(|| "expected which share of how many, as in 3/16; they count from 1".into())
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("expected a share of the largest score, as in 0.0001, or 0".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_ranges_and_numbers() {
        assert_eq!("0-3,8,2".parse(), Ok(LayerList(vec![0, 1, 2, 3, 8])));
        for wrong in ["", "3-1", "-1", "a", "1,", "1-2-3"] {
            assert!(wrong.parse::<LayerList>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_foil_is_an_object_or_drawn() {
        assert_eq!((foil("drawn"), foil(" Q90 ")), (Ok(FoilRule::Drawn), Ok(FoilRule::Object("Q90".into()))));
        assert!(foil(" ").is_err());
    }

    #[test]
    fn rules_are_names_with_commas() {
        let all = Rules::ALL;
        assert_eq!(rules("norms,activations, products,attention"), Ok(all));
        assert_eq!(rules("norms,activations,products"), Ok(Rules { attention: false, ..all }));
        assert_eq!(rules("none"), Ok(Rules::EXACT));
        assert_eq!(rules("norms,norms"), Err("norms is given twice".into()));
        for both in ["none,norms", "norms,none", "none,none"] {
            assert!(rules(both).is_err_and(|why| why.contains("none is no rule beside others")), "{both}");
        }
        assert!(rules("norm").is_err() && rules("").is_err());
        // What a run says of its rules is what the option takes.
        for (name, on) in all.named() {
            assert!(on && rules(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn prompts_are_all_or_a_number() {
        assert_eq!(prompts("all"), Ok(Prompts::All));
        assert_eq!(prompts("3"), Ok(Prompts::First(3)));
        assert!(prompts("0").is_err() && prompts("some").is_err());
    }

    #[test]
    fn a_shard_is_one_of_several() {
        assert_eq!(shard("3/16"), Ok(Shard::new(3, 16).expect("a share")));
        for bad in ["0/16", "17/16", "1/0", "3", "3/", "-1/2", "1/2/3", ""] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tolerance_is_a_share() {
        assert_eq!((tolerance("0"), tolerance("1e-4")), (Ok(0.0), Ok(1e-4)));
        assert!(tolerance("-1").is_err() && tolerance("1").is_err() && tolerance("NaN").is_err());
    }
}
