//! Values of answers, by the names of their columns.

use kndb_query::Value;
use kndb_report::Answer;

/// A row of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    answer: &'a Answer,
    values: &'a [Value<'static>],
}

/// The rows of an answer.
pub(crate) fn rows(answer: &Answer) -> impl DoubleEndedIterator<Item = Row<'_>> {
    answer.rows.iter().map(move |values| Row { answer, values })
}

impl<'a> Row<'a> {
    /// The value of a column, if there is one.
    pub(crate) fn value(self, column: &str) -> Option<&'a Value<'static>> {
        self.answer.column(column).and_then(|at| self.values.get(at)).filter(|value| **value != Value::Null)
    }

    pub(crate) fn text(self, column: &str) -> Option<&'a str> {
        match self.value(column)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A count, or the number of something.
    pub(crate) fn whole(self, column: &str) -> Option<u64> {
        match self.value(column)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(crate) fn score(self, column: &str) -> Option<f32> {
        match self.value(column)? {
            Value::Score(score) => Some(*score),
            _ => None,
        }
    }

    pub(crate) fn ratio(self, column: &str) -> Option<f64> {
        match self.value(column)? {
            Value::Ratio(ratio) => Some(*ratio),
            _ => None,
        }
    }

    /// Layer and unit of the neuron that it is of.
    pub(crate) fn neuron(self) -> Option<(u32, u32)> {
        let number = |column| self.whole(column).and_then(|number| u32::try_from(number).ok());
        number("layer").zip(number("neuron"))
    }
}
