//! The rows of `similarity(…) between …` as a matrix: each two once, drawn on both sides of the diagonal.

use kndb_plot::{Caption, Figure, Matrix};
use kndb_query::Measure;

use super::statement::Drawn;
use crate::answer::{Answer, number, written};

/// The matrix of one column; `None` where there are no rows. A set is as similar to itself as can be: 1, which no row says.
pub(super) fn matrix(title: String, answer: &Answer, drawn: &Drawn) -> Option<Figure> {
    let mut names: Vec<String> = Vec::new();
    let mut cells = Vec::new();
    for row in &answer.rows {
        let mut place = |name: String| {
            names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            })
        };
        let [left, right] = [0, 1].map(|at| place(row.get(at).map(written).unwrap_or_default()));
        cells.push((left, right, row.get(drawn.column).and_then(number)));
    }
    let itself = (drawn.name == Measure::Similarity.word()).then_some(1.0);
    let mut values = vec![vec![None; names.len()]; names.len()];
    (0..names.len()).for_each(|at| values[at][at] = itself);
    for (left, right, value) in cells {
        values[left][right] = value;
        values[right][left] = value;
    }
    (!names.is_empty()).then(|| {
        Figure::Matrix(Matrix {
            caption: Caption { title, ..Caption::default() },
            names,
            value_axis: drawn.name.to_owned(),
            values,
            unit: drawn.unit,
        })
    })
}
