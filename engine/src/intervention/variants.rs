//! One question's predictions with neurons changed, many lists of changes in one pass.
//!
//! Changes at the target position start where paths of attribution do: the prompt is computed once, a variant enters at
//! its lowest changed layer, and rows of all variants share the matrix products above. Changes at every token take whole
//! sentences, from the lowest changed layer on.

use super::{Intervention, Layers, Plan};
use crate::error::{Error, Result};
use crate::nn::Distribution;
use crate::probe::ROWS;
use crate::probe::Site;
use crate::question::{Question, Step};
use crate::sweep::{Group, Point, Sweep};
use crate::transformer::{Prefix, Transformer, to_host};
use burn::tensor::{Tensor, TensorData};
use kndb_storage::Shape;

/// A token and its probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The token's id.
    pub token: u32,
    /// Its probability.
    pub probability: f64,
}

/// A question put to a network whose neurons are changed in many ways.
pub struct Variants<'a> {
    network: &'a Transformer,
    shape: Shape,
    steps: Vec<(&'a Step, Prefix)>,
}

impl<'a> Variants<'a> {
    /// Runs the prompt of each step.
    ///
    /// # Errors
    /// A network of more neurons than have numbers.
    pub fn new(network: &'a Transformer, question: &'a Question) -> Result<Self> {
        let (layers, width) = (network.blocks.len(), network.width());
        let shape = Shape::new(layers as u32, width as u32).ok_or_else(|| Error::Option {
            option: "network",
            given: format!("{layers} layers of {width} neurons"),
            expected: "at most 2^32 neurons".into(),
        })?;
        let steps = question.steps.iter().map(|step| (step, network.prefix(&step.ids, step.position))).collect();
        Ok(Self { network, shape, steps })
    }

    /// The probability of the object with each list of interventions in force; with an empty list, the untouched network's.
    /// Of an object of several tokens each step is changed at its own target position.
    ///
    /// # Errors
    /// A neuron the network does not have; a probability that is no number.
    pub fn probabilities(&self, lists: &[Vec<Intervention>]) -> Result<Vec<f64>> {
        let plans = lists.iter().map(|list| Plan::of(list, self.shape)).collect::<Result<Vec<_>>>()?;
        let mut products = vec![1.0; lists.len()];
        for (step, prefix) in &self.steps {
            let mut order: Vec<usize> = (0..plans.len()).collect();
            let kind = |plan: &Plan| (!plan.elsewhere.is_empty(), plan.first());
            order.sort_by_key(|&at| kind(&plans[at]));
            for alike in order.chunk_by(|&a, &b| same_pass(&plans[a], &plans[b])) {
                let one_token = self.network.causal && plans[alike[0]].elsewhere.is_empty();
                let per_row = if one_token { 4 } else { step.ids.len() };
                for chunk in alike.chunks((ROWS / per_row).max(1)) {
                    let rows: Vec<&Plan> = chunk.iter().map(|&at| &plans[at]).collect();
                    let ends = self.ends(step, prefix, &rows);
                    let (found, _) = self.network.head.values(ends, &vec![step.probability(); rows.len()], None);
                    for (&at, p) in chunk.iter().zip(found) {
                        if !p.is_finite() {
                            let layer = self.shape.layers - 1;
                            return Err(Error::NotFinite { layer, what: "a probability", value: p });
                        }
                        products[at] *= f64::from(p);
                    }
                }
            }
        }
        Ok(products)
    }

    /// The most probable tokens of the first step with a list of interventions in force, best first.
    ///
    /// # Errors
    /// A neuron the network does not have.
    pub fn answers(&self, list: &[Intervention], count: usize) -> Result<Vec<Answer>> {
        let plan = Plan::of(list, self.shape)?;
        let Some((step, prefix)) = self.steps.first() else { return Ok(Vec::new()) };
        let logits = to_host(self.network.head.logits(self.ends(step, prefix, &[&plan])));
        let all = Distribution::of(&logits);
        let mut order: Vec<u32> = (0..logits.len() as u32).collect();
        order.sort_by(|&a, &b| logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b)));
        let answer = |token: u32| Answer { token, probability: all.probability(logits[token as usize]) };
        Ok(order.into_iter().take(count).map(answer).collect())
    }

    /// Whether, untouched, every token of the object is the network's most probable one, the gold tokens before it given.
    pub fn is_answered(&self) -> bool {
        self.steps.iter().all(|(step, prefix)| {
            let logits = to_host(self.network.head.logits(prefix.last.clone()));
            let target = logits[step.target as usize];
            let better = |(id, &logit): (usize, &f32)| logit > target || (logit == target && id < step.target as usize);
            target.is_finite() && !logits.iter().enumerate().any(better)
        })
    }

    /// The last layer's output at the target position of each row, `[rows × hidden]`. Rows are of one kind of pass, by their
    /// first changed layers.
    fn ends(&self, step: &Step, prefix: &Prefix, rows: &[&Plan]) -> Tensor<2> {
        let hidden = self.network.hidden();
        let Some(first) = rows[0].first() else { return prefix.last.clone().expand([rows.len(), hidden]) };
        let (tokens, width) = (step.ids.len(), self.network.width());
        if !rows[0].elsewhere.is_empty() {
            let rows: Vec<Row<'_>> =
                rows.iter().map(|plan| Row { target: &plan.target, elsewhere: Some(&plan.elsewhere) }).collect();
            let change = |layer: usize, neurons| changed(neurons, &rows, layer, tokens, step.position);
            return self.network.variants(&step.ids, step.position, rows.len(), first, change);
        }
        let rows: Vec<Row<'_>> = rows.iter().map(|plan| Row { target: &plan.target, elsewhere: None }).collect();
        let start = |row: &Row<'_>| {
            let (&layer, units) = row.target.first_key_value()?;
            let mut neurons = prefix.layers[layer].neurons.clone();
            for (&unit, affine) in units {
                neurons[unit] = affine.of(neurons[unit]);
            }
            Some(Point { layer, neurons })
        };
        let points: Vec<Point> = rows.iter().filter_map(start).collect();
        let sweep = Sweep { network: self.network, site: Site::Activation };
        let group = Group { prefix, goal: step.probability(), points: &points };
        sweep.ends(group, |layer, count, neurons| {
            let each = neurons.dims()[0] / count;
            let position = if each == 1 { 0 } else { step.position };
            debug_assert_eq!(neurons.dims()[1], width);
            changed(neurons, &rows[..count], layer, each, position)
        })
    }
}

/// Whether two plans can be rows of one pass: both untouched, both at the target position, or both at every token.
fn same_pass(a: &Plan, b: &Plan) -> bool {
    a.first().is_none() == b.first().is_none() && a.elsewhere.is_empty() == b.elsewhere.is_empty()
}

/// What is changed in one row of a pass.
struct Row<'a> {
    target: &'a Layers,
    elsewhere: Option<&'a Layers>,
}

/// Activations `[rows·tokens × width]` with the changes of a layer.
fn changed(neurons: Tensor<2>, rows: &[Row<'_>], layer: usize, tokens: usize, position: usize) -> Tensor<2> {
    let touched = |row: &Row<'_>| row.target.contains_key(&layer);
    if !rows.iter().any(touched) {
        return neurons;
    }
    let (device, [all, width]) = (neurons.device(), neurons.dims());
    let mut values = to_host(neurons);
    for (number, row) in rows.iter().enumerate() {
        for token in 0..tokens {
            let layers = if token == position { Some(row.target) } else { row.elsewhere };
            let from = (number * tokens + token) * width;
            for (&unit, affine) in layers.and_then(|layers| layers.get(&layer)).into_iter().flatten() {
                values[from + unit] = affine.of(values[from + unit]);
            }
        }
    }
    Tensor::from_data(TensorData::new(values, [all, width]), &device)
}
