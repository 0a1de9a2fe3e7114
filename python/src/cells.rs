//! Answers as Python objects, and as buffers for NumPy.

use crate::failure::of_query;
use kndb::query::{Batch, Column as Head, ColumnData, ColumnKind, Validity, Values};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};
use std::time::Duration;

/// Rows that are let go at once: their memory takes about a millisecond.
const LET_GO: usize = 10_000;

/// All rows as tuples. Of each batch, a text is one object.
pub fn rows<'py>(py: Python<'py>, batches: &[Batch], statement: &str) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for batch in batches {
        let columns = batch.data().iter().map(|column| Cells::of(py, column, statement));
        let columns = columns.collect::<PyResult<Vec<_>>>()?;
        for row in 0..batch.rows() {
            list.append(PyTuple::new(py, columns.iter().map(|cells| cells.at(py, row)))?)?;
        }
        // Other threads have their turn between batches.
        py.detach(|| ());
        if let Err(interrupted) = py.check_signals() {
            let_go(list.unbind());
            return Err(interrupted);
        }
    }
    Ok(list)
}

/// Lets go of rows in a thread of its own, a few at a time: of millions it takes most of a second, and whoever pressed Ctrl-C waits for Python.
fn let_go(list: Py<PyList>) {
    let some = move || {
        let list = list;
        // `None` when Python ends: its memory ends with it.
        while let Some(true) = Python::try_attach(|py| {
            let list = list.bind(py);
            let rows = list.len();
            list.del_slice(rows.saturating_sub(LET_GO), rows).is_ok() && rows > LET_GO
        }) {
            // Whoever waits for Python is to have it meanwhile: a mere yield takes it back at once.
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    // Where no thread can be had, the rows go with the closure.
    let _ = std::thread::Builder::new().spawn(some);
}

/// The values of a column of a batch, and which of them are there.
struct Cells<'a, 'py> {
    values: &'a Values,
    validity: Option<&'a Validity>,
    /// Of texts: those of the dictionary, and a key for each row.
    texts: Vec<Bound<'py, PyString>>,
    keys: &'a [u32],
}

impl<'a, 'py> Cells<'a, 'py> {
    fn of(py: Python<'py>, column: &'a ColumnData, statement: &str) -> PyResult<Self> {
        let (values, validity) = (&column.values, column.validity.as_ref());
        let Values::Texts(texts) = values else {
            return Ok(Self { values, validity, texts: Vec::new(), keys: &[] });
        };
        let made = texts.dictionary().map_err(|error| of_query(py, error, statement))?;
        let texts = (0..made.len() as u32).map(|key| PyString::new(py, made.text(key).unwrap_or_default())).collect();
        Ok(Self { values, validity: made.validity.as_ref(), texts, keys: &made.keys })
    }

    fn at(&self, py: Python<'py>, row: usize) -> Bound<'py, PyAny> {
        if self.validity.is_some_and(|validity| !validity.is_valid(row)) {
            return py.None().into_bound(py);
        }
        match self.values {
            Values::Texts(_) => {
                let text = self.keys.get(row).and_then(|&key| self.texts.get(key as usize));
                text.map_or_else(|| py.None().into_bound(py), |text| text.clone().into_any())
            }
            Values::Numbers(values) => PyInt::new(py, values[row]).into_any(),
            Values::Integers(values) => PyInt::new(py, values[row]).into_any(),
            Values::Scores(values) => PyFloat::new(py, f64::from(values[row])).into_any(),
            Values::Ratios(values) => PyFloat::new(py, values[row]).into_any(),
        }
    }
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
