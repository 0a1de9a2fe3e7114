//! The options of `kndb trace`.

use std::num::NonZeroUsize;
use std::str::FromStr;

use clap::Args;
use kndb_engine::trace::{NoiseLevel, Restore};

use super::attribute::named;
use super::values::{self, count};
use super::{JobArgs, SelectionArgs};

/// `kndb trace`
#[derive(Debug, Args)]
#[command(after_help = "\
Causal tracing (Meng et al., NeurIPS 2022): noise on the subject's word embeddings takes p to p*; with one layer's clean state \
put back at one token it is p again, or some of it. What that gives is the indirect effect of the layer and the token. Effects go into a run \
of their own, by layer and role of the token: first, middle and last of the subject, after it, further, and where the object is predicted. \
The same command goes on where it was interrupted, and one with more languages or facts adds them.

EXAMPLES
  kndb trace my.kndb --model models/gpt2-xl --langs en --limit 100
  kndb trace my.kndb --model models/gpt2-xl --restore feed-forward --window 10
  kndb query my.kndb 'kn[run=\"gpt2-xl-trace-hidden\", sign=any] by layer, role order by layer, role, mean'
  kndb plot my.kndb heatmap --run gpt2-xl-trace-hidden -o figure-2.svg")]
pub struct TraceArgs {
    /// Where facts are, what is traced, where effects go.
    #[command(flatten)]
    pub job: JobArgs,
    /// Name of the run [default: MODEL-trace-RESTORE; and -bos for --bos]
    #[arg(long, value_name = "NAME")]
    pub run: Option<String>,

    /// Which facts.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// How they are traced.
    #[command(flatten)]
    pub tracing: TracingArgs,
}

/// How facts are traced.
#[derive(Debug, Args)]
#[command(next_help_heading = "Tracing")]
pub struct TracingArgs {
    /// What is put back: a layer's output, or what its feed-forward block or its attention gives
    #[arg(long, value_parser = named(&Restore::NAMED), default_value = "hidden")]
    pub restore: Restore,
    /// Layers at once, around the one that the effect is of [default: 1 of hidden, else 10]
    #[arg(long, value_name = "N", value_parser = count)]
    pub window: Option<NonZeroUsize>,
    /// Standard deviation of the noise: so many times that of the subjects' embeddings, or absolute:0.1 [default: 3]
    #[arg(long, value_name = "N|absolute:S")]
    pub noise: Option<Noise>,
    /// Draws of the noise that effects are means over
    #[arg(long, value_name = "N", value_parser = count, default_value = "10")]
    pub draws: NonZeroUsize,
    /// Seed of the draws
    #[arg(long, value_name = "N", value_parser = values::whole::<u64>, default_value = "1")]
    pub seed: u64,
    /// Put the beginning-of-sequence token before every prompt, for causal models whose tokenizer does not (GPT-2)
    #[arg(long)]
    pub bos: bool,
    /// Rows of one pass. Changes speed and memory, but on the CPU not a bit of the effects [default: 512; on a GPU 4096]
    #[arg(long, value_name = "N", value_parser = count)]
    pub batch: Option<NonZeroUsize>,
}

/// How strong the noise is, as it is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise(pub NoiseLevel);

impl FromStr for Noise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of): (&str, fn(f64) -> NoiseLevel) = match text.strip_prefix("absolute:") {
            Some(number) => (number, NoiseLevel::Absolute),
            None => (text, NoiseLevel::Multiple),
        };
        match number.trim().parse::<f64>() {
            Ok(value) if value.is_finite() && value > 0.0 => Ok(Self(of(value))),
            _ => Err("expected a multiple of the embeddings' standard deviation, as in 3, or that of the noise itself, as in absolute:0.1".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_a_multiple_or_a_deviation_above_0() {
        assert_eq!("3".parse(), Ok(Noise(NoiseLevel::Multiple(3.0))));
        assert_eq!("absolute:0.1".parse(), Ok(Noise(NoiseLevel::Absolute(0.1))));
        for wrong in ["0", "-1", "NaN", "inf", "s3", "absolute", "absolute:", ""] {
            assert!(wrong.parse::<Noise>().is_err(), "{wrong}");
        }
    }
}
