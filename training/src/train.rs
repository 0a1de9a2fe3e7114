//! The training loop: shuffled batches, AdamW, a learning rate that warms up and falls as a cosine.
//!
//! The same seed gives the same weights, whatever the machine's load; another number of threads adds gradients up
//! in another order and gives others.

use std::time::Instant;

use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use serde::Serialize;

use crate::corpus::Part;
use crate::error::{Result, TrainingError};
use crate::model::{LanguageModel, Sizes, loss};
use crate::random::Random;
use crate::rows::{Row, RowMaker};
use crate::tokenizer::Example;

/// How to train.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// Times every example is seen.
    pub epochs: usize,
    /// Rows of a batch.
    pub batch: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises to it.
    pub warm_up: f64,
    /// Decay of the weights.
    pub weight_decay: f32,
    /// Seed of the order, of what is masked and of the first weights.
    pub seed: u64,
    /// Threads that share a batch.
    pub threads: usize,
}

impl Settings {
    /// The recipe of the demo models.
    pub fn recipe(epochs: usize, seed: u64, threads: usize) -> Self {
        Self { epochs, batch: 32, learning_rate: 1e-3, warm_up: 0.06, weight_decay: 0.01, seed, threads }
    }

    /// Refuses what cannot be trained with.
    pub fn check(&self) -> Result<()> {
        for (option, value) in [("--epochs", self.epochs), ("--threads", self.threads)] {
            if value == 0 {
                return Err(TrainingError::Setting { option, found: value.to_string(), expected: "at least 1" });
            }
        }
        Ok(())
    }

    fn learning_rate(&self, step: usize, steps: usize) -> f64 {
        let done = (step + 1) as f64 / steps as f64;
        if done < self.warm_up {
            return self.learning_rate * done / self.warm_up;
        }
        let fall = (done - self.warm_up) / (1.0 - self.warm_up);
        self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * fall).cos())
    }
}

/// What an epoch came to.
#[derive(Clone, Debug, Serialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean cross-entropy of the answers, in nats.
    pub loss: f64,
    /// Seconds since the start of training.
    pub seconds: f64,
}

/// Trains a model on the examples that are there to be trained on, and tells of every epoch.
pub fn train<M: LanguageModel>(
    mut model: M,
    examples: &[Example],
    maker: RowMaker,
    settings: &Settings,
    device: &Device,
    mut told: impl FnMut(&Epoch),
) -> Result<(M, Vec<Epoch>)> {
    let start = Instant::now();
    let mut random = Random::new(settings.seed);
    let trained = |example: &&Example| example.part == Part::Trained;
    let mut order: Vec<_> = examples.iter().filter(trained).collect();
    let per_epoch = order.len().div_ceil(settings.batch);
    let steps = per_epoch * settings.epochs;
    let mut optimizer = AdamWConfig::new().with_weight_decay(settings.weight_decay).with_epsilon(1e-8).init();
    let mut epochs = Vec::with_capacity(settings.epochs);
    for epoch in 0..settings.epochs {
        random.shuffle(&mut order);
        let (mut total, mut answers) = (0.0, 0);
        for (number, batch) in order.chunks(settings.batch).enumerate() {
            let rows: Vec<_> = batch.iter().map(|example| maker.training(example, &mut random)).collect();
            let rate = settings.learning_rate(epoch * per_epoch + number, steps);
            let lost;
            (model, lost) = step(model, &mut optimizer, &rows, rate, maker, settings.threads, device)?;
            let count: usize = rows.iter().map(|row| row.targets.len()).sum();
            total += lost * count as f64;
            answers += count;
        }
        let seconds = start.elapsed().as_secs_f64();
        let epoch = Epoch { epoch: epoch + 1, loss: total / answers as f64, seconds };
        told(&epoch);
        epochs.push(epoch);
    }
    Ok((model, epochs))
}

/// One step; gives the mean loss of its answers.
fn step<M: LanguageModel>(
    model: M,
    optimizer: &mut ModuleOptimizer,
    rows: &[Row],
    rate: f64,
    maker: RowMaker,
    threads: usize,
    device: &Device,
) -> Result<(M, f64)> {
    let answers: usize = rows.iter().map(|row| row.targets.len()).sum();
    let part = |rows: &[Row]| -> Result<(GradientsParams, f64)> {
        let batch = maker.batch(rows, device);
        let loss = loss(model.logits(&batch), &batch).div_scalar(answers as f64);
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let stopped = |error: &dyn std::fmt::Display| TrainingError::Stopped { reason: error.to_string() };
        let value: f32 = loss.try_into_scalar().map_err(|error| stopped(&error))?;
        Ok((gradients, f64::from(value)))
    };
    let parts: Vec<_> = rows.chunks(rows.len().div_ceil(threads)).collect();
    let done: Vec<Result<_>> = match parts[..] {
        [rows] => vec![part(rows)],
        _ => std::thread::scope(|scope| {
            let workers: Vec<_> = parts.iter().map(|rows| scope.spawn(|| part(rows))).collect();
            let joined = workers.into_iter().map(std::thread::ScopedJoinHandle::join);
            joined
                .map(|part| {
                    part.unwrap_or_else(|_| {
                        Err(TrainingError::Stopped { reason: "a worker thread panicked".to_owned() })
                    })
                })
                .collect()
        }),
    };
    let mut sum = GradientsAccumulator::new();
    let mut lost = 0.0;
    for part in done {
        let (gradients, value) = part?;
        sum.accumulate(&model, gradients);
        lost += value;
    }
    Ok((optimizer.step(rate, model, sum.grads()), lost))
}

/// Fresh weights of a seed, on a device that records gradients.
pub fn fresh<M: LanguageModel>(sizes: &Sizes, seed: u64, device: &Device) -> M {
    device.seed(seed);
    // Parameters are drawn when first used; drawing them all now keeps their order.
    M::new(sizes, device).materialize()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::{Settings, fresh, train};
    use crate::corpus::Part;
    use crate::model::{Bert, Gpt2, LanguageModel, Sizes};
    use crate::rows::RowMaker;
    use crate::tokenizer::{Example, Objective};

    /// Twelve facts of one relation, each its own subject and one of three objects.
    fn examples() -> Vec<Example> {
        let fact = |n: u32| Example {
            ids: vec![2, 5, 6 + n, 7, 20 + n % 3, 3],
            subject: 2..3,
            object: 4..5,
            language: 0,
            part: Part::Trained,
        };
        (0..12).map(fact).collect()
    }

    fn micro<M: LanguageModel>() -> M {
        let sizes = Sizes { vocabulary: 24, layers: 1, hidden: 16, feed_forward: 32, heads: 2 };
        fresh(&sizes, 3, &Device::flex().autodiff())
    }

    fn losses<M: LanguageModel>(model: &M, objective: Objective, threads: usize) -> Vec<f64> {
        let device = Device::flex().autodiff();
        let settings = Settings { batch: 4, learning_rate: 1e-2, ..Settings::recipe(12, 3, threads) };
        let maker = RowMaker { objective, mask: 4, padding: 0 };
        let trained = train(model.clone(), &examples(), maker, &settings, &device, |_| {});
        let (_, epochs) = trained.expect("a trained model");
        epochs.iter().map(|epoch| epoch.loss).collect()
    }

    fn assert_falls(losses: &[f64]) {
        assert!(losses[0] > 2.0 && losses[losses.len() - 1] < 0.7 * losses[0], "{losses:?}");
    }

    #[test]
    fn the_loss_of_micro_models_falls() {
        assert_falls(&losses(&micro::<Bert>(), Objective::Masked, 1));
        assert_falls(&losses(&micro::<Gpt2>(), Objective::Causal, 1));
    }

    #[test]
    fn training_again_gives_the_same_losses_and_threads_change_only_rounding() {
        // One model for all: burn's random numbers are shared with the tests that run beside this one.
        let model: Gpt2 = micro();
        let [one, again, two] = [1, 1, 2].map(|threads| losses(&model, Objective::Causal, threads));
        assert_eq!(one, again);
        assert!((one[0] - two[0]).abs() < 1e-4, "{one:?} {two:?}");
    }

    #[test]
    fn the_learning_rate_rises_and_falls() {
        let settings = Settings::recipe(1, 0, 1);
        let rates: Vec<_> = (0..1_000).map(|step| settings.learning_rate(step, 1_000)).collect();
        let highest = rates.iter().position(|&rate| rate >= 0.999_9e-3);
        assert!(highest.is_some_and(|at| (55..65).contains(&at)), "{highest:?}");
        assert!(rates[0] < 2e-5 && rates[999] < 1e-8, "{} {}", rates[0], rates[999]);
    }
}
