//! Rows of a batch: which tokens the model sees and which it has to say.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::random::Random;
use crate::tokenizer::{Example, Objective};

/// Shares of what a masked model has to say when it is trained: the object, the subject, else another word.
/// Subject and object are never masked together: then nothing would tell which fact is meant.
const OBJECT: f64 = 0.7;
const SUBJECT: f64 = 0.15;

/// What the model sees, and the tokens it has to say after having read it.
pub struct Row {
    /// Tokens seen.
    pub ids: Vec<u32>,
    /// Position the answer is read at, and the answer.
    pub targets: Vec<(usize, u32)>,
}

/// Turns examples into rows.
#[derive(Clone, Copy)]
pub struct RowMaker {
    /// How the model is asked.
    pub objective: Objective,
    /// Id of the mask token; without meaning for causal models.
    pub mask: u32,
    /// Id of the token that fills short rows up.
    pub padding: u32,
}

impl RowMaker {
    /// A row to train on.
    pub fn training(&self, example: &Example, random: &mut Random) -> Row {
        match self.objective {
            Objective::Causal => {
                let next = example.ids.iter().enumerate().skip(1);
                Row { ids: example.ids.clone(), targets: next.map(|(at, &id)| (at - 1, id)).collect() }
            }
            Objective::Masked => {
                let draw = random.unit();
                let at = if draw < OBJECT {
                    example.object.start
                } else if draw < OBJECT + SUBJECT {
                    example.subject.start
                } else {
                    let inner = 1..example.ids.len() - 1;
                    let entity = |at: &usize| example.object.contains(at) || example.subject.contains(at);
                    let words: Vec<_> = inner.filter(|at| !entity(at)).collect();
                    words[random.below(words.len())]
                };
                self.masked(example, at)
            }
        }
    }

    /// A row that asks for the object.
    pub fn question(&self, example: &Example) -> Row {
        match self.objective {
            Objective::Causal => {
                let ids = example.ids[..example.object.end - 1].to_vec();
                let targets = example.object.clone().map(|at| (at - 1, example.ids[at])).collect();
                Row { ids, targets }
            }
            Objective::Masked => self.masked(example, example.object.start),
        }
    }

    /// Rows put together.
    pub fn batch(&self, rows: &[Row], device: &Device) -> Batch {
        Batch::new(rows, self.padding, device)
    }

    fn masked(&self, example: &Example, at: usize) -> Row {
        let mut ids = example.ids.clone();
        let target = std::mem::replace(&mut ids[at], self.mask);
        Row { ids, targets: vec![(at, target)] }
    }
}

/// Rows as tensors, filled up to the longest.
pub struct Batch {
    /// Tokens, `[rows, length]`.
    pub ids: Tensor<2, Int>,
    /// 0 where there is a token and a large negative number where there is filling, `[rows, 1, 1, length]`.
    pub padding: Tensor<4>,
    /// Where answers are read, as row · length + position.
    pub places: Tensor<1, Int>,
    /// The answers.
    pub targets: Tensor<2, Int>,
}

impl Batch {
    /// Puts rows together.
    pub fn new(rows: &[Row], padding: u32, device: &Device) -> Self {
        let length = rows.iter().map(|row| row.ids.len()).max().unwrap_or(0);
        let mut ids = vec![i64::from(padding); rows.len() * length];
        let mut hidden = vec![f32::from(-30_000i16); rows.len() * length];
        let (mut places, mut targets) = (Vec::new(), Vec::new());
        for (number, row) in rows.iter().enumerate() {
            let start = number * length;
            for (at, &id) in row.ids.iter().enumerate() {
                ids[start + at] = i64::from(id);
                hidden[start + at] = 0.0;
            }
            places.extend(row.targets.iter().map(|&(at, _)| (start + at) as i64));
            targets.extend(row.targets.iter().map(|&(_, id)| i64::from(id)));
        }
        let answers = targets.len();
        Self {
            ids: Tensor::from_data(TensorData::new(ids, [rows.len(), length]), device),
            padding: Tensor::from_data(TensorData::new(hidden, [rows.len(), 1, 1, length]), device),
            places: Tensor::from_data(TensorData::new(places, [answers]), device),
            targets: Tensor::from_data(TensorData::new(targets, [answers, 1]), device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, RowMaker};
    use crate::corpus::Part;
    use crate::tokenizer::{Example, Objective};

    fn example() -> Example {
        Example { ids: vec![2, 10, 11, 12, 13, 3], subject: 2..3, object: 4..5, language: 0, part: Part::Trained }
    }

    #[test]
    fn a_masked_row_hides_one_token_and_mostly_the_object() {
        let maker = RowMaker { objective: Objective::Masked, mask: 4, padding: 0 };
        let mut random = Random::new(7);
        let mut counts = [0; 6];
        for _ in 0..1_000 {
            let row = maker.training(&example(), &mut random);
            let [(at, id)] = row.targets[..] else { panic!("one answer") };
            assert_eq!(row.ids.iter().filter(|&&token| token == 4).count(), 1);
            assert_eq!((row.ids[at], id), (4, example().ids[at]));
            counts[at] += 1;
        }
        assert_eq!((counts[0], counts[5]), (0, 0));
        assert!((650..750).contains(&counts[4]) && (100..200).contains(&counts[2]), "{counts:?}");
    }

    #[test]
    fn a_causal_row_says_every_next_token_and_a_question_only_the_object() {
        let maker = RowMaker { objective: Objective::Causal, mask: 0, padding: 0 };
        let row = maker.training(&example(), &mut Random::new(0));
        assert_eq!(row.targets, [(0, 10), (1, 11), (2, 12), (3, 13), (4, 3)]);
        let row = maker.question(&example());
        assert_eq!((row.ids, row.targets), (vec![2, 10, 11, 12], vec![(3, 13)]));
    }
}
