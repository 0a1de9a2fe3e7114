//! How many questions a model answers: its first choice over the whole vocabulary must be the object, and for
//! objects of several tokens each of them, which is what greedy decoding would give.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorReadError};
use serde::Serialize;

use crate::corpus::Part;
use crate::error::{Result, TrainingError};
use crate::material::Material;
use crate::model::LanguageModel;
use crate::rows::Row;
use crate::tokenizer::Example;

/// Rows asked together.
const ROWS: usize = 128;

/// Answers to one part of the questions in one language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accuracy {
    /// The language.
    pub language: String,
    /// The part.
    pub part: Part,
    /// Questions asked.
    pub asked: usize,
    /// Questions answered with the object.
    pub right: usize,
    /// Mean natural logarithm of the object's probability, all its tokens together.
    pub log_probability: f64,
}

impl Accuracy {
    /// Share of right answers.
    pub fn share(&self) -> f64 {
        self.right as f64 / self.asked as f64
    }
}

/// What a model says to one question.
struct Answer {
    right: bool,
    log_probability: f64,
}

/// Asks everything.
pub fn measure<M: LanguageModel>(model: &M, material: &Material, device: &Device) -> Result<Vec<Accuracy>> {
    let none = |(language, part): (&String, Part)| Accuracy {
        language: language.clone(),
        part,
        asked: 0,
        right: 0,
        log_probability: 0.0,
    };
    let languages = material.corpus.languages.iter();
    let mut counts: Vec<_> = languages.flat_map(|language| Part::ALL.map(|part| (language, part))).map(none).collect();
    for examples in material.examples.chunks(ROWS) {
        for (example, answer) in examples.iter().zip(answers(model, examples, material, device)?) {
            let count = &mut counts[example.language * Part::ALL.len() + example.part as usize];
            count.asked += 1;
            count.right += usize::from(answer.right);
            count.log_probability += answer.log_probability;
        }
    }
    for count in &mut counts {
        count.log_probability /= count.asked as f64;
    }
    Ok(counts)
}

fn answers<M: LanguageModel>(
    model: &M,
    examples: &[Example],
    material: &Material,
    device: &Device,
) -> Result<Vec<Answer>> {
    let rows: Vec<_> = examples.iter().map(|example| material.maker.question(example)).collect();
    let batch = material.maker.batch(&rows, device);
    let logits = model.logits(&batch);
    let said: Tensor<2> = log_softmax(logits.clone(), 1).gather(1, batch.targets);
    let unread = |error: TensorReadError| TrainingError::Stopped { reason: error.to_string() };
    let chosen: Vec<i64> = logits.argmax(1).try_into_vec_as().map_err(unread)?;
    let said: Vec<f32> = said.try_into_vec_as().map_err(unread)?;
    let mut rest = chosen.into_iter().zip(said);
    let answer = |row: &Row| {
        let targets: Vec<_> = row.targets.iter().zip(rest.by_ref().take(row.targets.len())).collect();
        Answer {
            right: targets.iter().all(|&(&(_, id), (chosen, _))| i64::from(id) == chosen),
            log_probability: targets.iter().map(|&(_, (_, said))| f64::from(said)).sum(),
        }
    };
    Ok(rows.iter().map(answer).collect())
}
