//! Toy networks: F is a function of one layer's activations, with its gradient written down.
//!
//! Each layer has a function of its own; all of them give the same F at the activations of the prompt, as the layers of a
//! real network do.

use kndb_engine::Error;
use kndb_engine::nn::Rules;
use kndb_engine::probe::{Probe, ValueNeuron, Written};
use kndb_engine::sweep::{Point, Response};
use std::sync::Mutex;

/// F and ∂F/∂w of a layer's activations.
type Function = Box<dyn Fn(&[f64]) -> (f64, Vec<f64>) + Send + Sync>;

pub struct Layer {
    pub activations: Vec<f32>,
    /// Activations in the sentences in which a word is replaced.
    pub words: Vec<Vec<f32>>,
    pub function: Function,
    pub value_effects: Option<Vec<f32>>,
    pub written: Option<Written>,
    /// What this layer's neurons write of what those of the next layer read, `[neuron of the next][own neuron]`.
    pub queries: Vec<Vec<f32>>,
    /// ∂̃F/∂w at the prompt, by the rules of relevance.
    pub relevances: Option<Vec<f32>>,
}

impl Layer {
    pub fn new(activations: &[f32], function: impl Fn(&[f64]) -> (f64, Vec<f64>) + Send + Sync + 'static) -> Self {
        let activations = activations.to_vec();
        Self {
            activations,
            words: Vec::new(),
            function: Box::new(function),
            value_effects: None,
            written: None,
            queries: Vec::new(),
            relevances: None,
        }
    }

    pub fn words(mut self, words: &[&[f32]]) -> Self {
        self.words = words.iter().map(|word| word.to_vec()).collect();
        self
    }
}

/// One row of a pass: its layer, and whether a gradient was asked for.
pub type Evaluation = (usize, bool);

pub struct Toy {
    layers: Vec<Layer>,
    factor: Option<Vec<f32>>,
    asked: Mutex<Vec<Evaluation>>,
}

impl Toy {
    pub fn new(layers: Vec<Layer>) -> Self {
        Self { layers, factor: None, asked: Mutex::default() }
    }

    /// With another factor than the activations, in every layer.
    pub fn factor(mut self, factor: &[f32]) -> Self {
        self.factor = Some(factor.to_vec());
        self
    }

    /// Every point that was evaluated so far.
    pub fn evaluations(&self) -> Vec<Evaluation> {
        self.asked.lock().expect("no test panicked with the lock").clone()
    }

    fn at(&self, layer: usize, neurons: &[f32]) -> (f64, Vec<f32>) {
        let wide: Vec<f64> = neurons.iter().map(|&w| f64::from(w)).collect();
        let (probability, gradient) = (self.layers[layer].function)(&wide);
        (probability, gradient.into_iter().map(|g| g as f32).collect())
    }
}

impl Probe for Toy {
    fn layers(&self) -> usize {
        self.layers.len()
    }

    fn width(&self) -> usize {
        self.layers[0].activations.len()
    }

    fn value(&self) -> f64 {
        self.at(0, &self.layers[0].activations).0
    }

    fn activations(&self, layer: usize) -> &[f32] {
        &self.layers[layer].activations
    }

    fn factor(&self, layer: usize) -> &[f32] {
        self.factor.as_deref().unwrap_or(&self.layers[layer].activations)
    }

    fn word_baselines(&self) -> Vec<Vec<Vec<f32>>> {
        self.layers.iter().map(|layer| layer.words.clone()).collect()
    }

    fn respond(&self, points: &[Point], gradient: bool) -> Vec<Response> {
        self.asked
            .lock()
            .expect("no test panicked with the lock")
            .extend(points.iter().map(|point| (point.layer, gradient)));
        let respond = |point: &Point| {
            let (value, slope) = self.at(point.layer, &point.neurons);
            Response { value: value as f32, gradient: if gradient { slope } else { Vec::new() } }
        };
        points.iter().map(respond).collect()
    }

    fn gradients_at_prompt(&self, first: usize, rules: Rules) -> Vec<Vec<f32>> {
        let of = |layer: usize| match rules {
            Rules::EXACT => self.at(layer, &self.layers[layer].activations).1,
            _ => self.layers[layer].relevances.clone().expect("a toy with relevances"),
        };
        (0..self.layers.len()).map(|layer| if layer < first { Vec::new() } else { of(layer) }).collect()
    }

    fn written(&self, layer: usize) -> Written {
        self.layers[layer].written.clone().expect("a toy that writes")
    }

    fn query_effects(&self, value_neurons: &[ValueNeuron]) -> kndb_engine::Result<Vec<Vec<f32>>> {
        let mut all: Vec<Vec<f32>> = self.layers.iter().map(|layer| vec![0.0; layer.activations.len()]).collect();
        for neuron in value_neurons.iter().filter(|neuron| neuron.layer > 0) {
            let below = neuron.layer - 1;
            for (score, share) in all[below].iter_mut().zip(&self.layers[below].queries[neuron.unit]) {
                *score += neuron.increase * share;
            }
        }
        Ok(all)
    }

    fn value_effects(&self, layer: usize) -> kndb_engine::Result<Vec<f32>> {
        self.layers[layer].value_effects.clone().ok_or_else(|| Error::Option {
            option: "method",
            given: "log-probability".into(),
            expected: "another method".into(),
        })
    }
}

/// 1/8 + w0/4 + w1/8.
pub fn linear(w: &[f64]) -> (f64, Vec<f64>) {
    (0.125 + w[0] / 4.0 + w[1] / 8.0, vec![0.25, 0.125])
}

/// w0·w1.
pub fn product(w: &[f64]) -> (f64, Vec<f64>) {
    (w[0] * w[1], vec![w[1], w[0]])
}

/// w0²·w1: its gradient along a path from zero is quadratic, so that every rule gives another value.
pub fn cubic(w: &[f64]) -> (f64, Vec<f64>) {
    (w[0] * w[0] * w[1], vec![2.0 * w[0] * w[1], w[0] * w[0]])
}

/// σ(k·(w0 + w1 − c)).
pub fn logistic(k: f64, c: f64) -> impl Fn(&[f64]) -> (f64, Vec<f64>) + Clone + Send + Sync + 'static {
    move |w| {
        let p = 1.0 / (1.0 + (-k * (w[0] + w[1] - c)).exp());
        (p, vec![k * p * (1.0 - p); 2])
    }
}
