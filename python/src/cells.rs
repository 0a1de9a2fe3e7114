//! Answers as Python objects, and as buffers for NumPy.

use crate::failure::of_query;
use kndb::query::{Batch, Column as Head, ColumnKind, Value, Values};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

/// All rows as tuples. A text that follows itself is one object.
pub fn rows<'py>(py: Python<'py>, batches: &[Batch], statement: &str) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for batch in batches {
        for row in 0..batch.rows() {
            let mut cells = Vec::with_capacity(batch.data().len());
            for column in 0..batch.data().len() {
                let value = batch.value(row, column).map_err(|error| of_query(py, error, statement))?;
                cells.push(match value {
                    Value::Null => py.None().into_bound(py),
                    Value::Text(text) => text.into_pyobject(py)?.into_any(),
                    Value::Integer(number) => number.into_pyobject(py)?.into_any(),
                    Value::Score(score) => f64::from(score).into_pyobject(py)?.into_any(),
                    Value::Ratio(ratio) => ratio.into_pyobject(py)?.into_any(),
                });
            }
            list.append(PyTuple::new(py, cells)?)?;
        }
        py.check_signals()?;
    }
    Ok(list)
}

/// A column of all rows: bytes of its values, and which of them are there.
#[pyclass(frozen, module = "kndb._kndb")]
pub struct Column {
    /// NumPy's name of the type of `data`: of texts, that of their keys.
    #[pyo3(get)]
    kind: &'static str,
    /// The values, one after the other.
    #[pyo3(get)]
    data: Py<PyBytes>,
    /// A byte a row, 1 where there is a value; `None` where all are.
    #[pyo3(get)]
    valid: Option<Py<PyBytes>>,
    /// The texts that keys stand for; `None` for numbers.
    #[pyo3(get)]
    texts: Option<Py<PyList>>,
}

impl Column {
    pub fn of(py: Python<'_>, batches: &[Batch], head: &Head, at: usize, statement: &str) -> PyResult<Self> {
        let (mut data, mut valid): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut all = true;
        let texts = (head.kind == ColumnKind::Text).then(|| PyList::empty(py));
        let mut known: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
        for batch in batches {
            let column = &batch.data()[at];
            let mut validity = column.validity.clone();
            match &column.values {
                Values::Numbers(values) => values.iter().for_each(|value| data.extend(value.to_ne_bytes())),
                Values::Integers(values) => values.iter().for_each(|value| data.extend(value.to_ne_bytes())),
                Values::Scores(values) => values.iter().for_each(|value| data.extend(value.to_ne_bytes())),
                Values::Ratios(values) => values.iter().for_each(|value| data.extend(value.to_ne_bytes())),
                Values::Texts(column) => {
                    let made = column.dictionary().map_err(|error| of_query(py, error, statement))?;
                    let mut of_all = Vec::with_capacity(made.len());
                    for key in 0..made.len() as u32 {
                        let text = made.text(key).unwrap_or_default();
                        let next = known.len() as u32;
                        of_all.push(*known.entry(text.to_owned()).or_insert(next));
                        if let Some(texts) = texts.as_ref().filter(|_| known.len() as u32 > next) {
                            texts.append(text)?;
                        }
                    }
                    for &key in made.keys.iter() {
                        data.extend(of_all.get(key as usize).copied().unwrap_or(0).to_ne_bytes());
                    }
                    validity.clone_from(&made.validity);
                }
            }
            py.check_signals()?;
            all &= validity.is_none();
            valid.extend((0..batch.rows()).map(|row| u8::from(validity.as_ref().is_none_or(|v| v.is_valid(row)))));
        }
        let kind = match head.kind {
            ColumnKind::Text | ColumnKind::Number => "uint32",
            ColumnKind::Integer => "uint64",
            ColumnKind::Score => "float32",
            ColumnKind::Ratio => "float64",
        };
        Ok(Self {
            kind,
            data: PyBytes::new(py, &data).unbind(),
            valid: (!all).then(|| PyBytes::new(py, &valid).unbind()),
            texts: texts.map(Bound::unbind),
        })
    }
}
