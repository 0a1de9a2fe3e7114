//! Python's values as values of parameters.

use kndb::{Argument, Parameters};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};

/// Values by name.
pub fn arguments(given: &Bound<'_, PyDict>) -> PyResult<Parameters> {
    let mut values = Parameters::default();
    for (name, value) in given.iter() {
        let name: String = name.extract()?;
        values.set(name.clone(), argument(&name, &value)?);
    }
    Ok(values)
}

/// A value for a parameter: a text, a number, or several of them.
fn argument(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Argument> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Argument::Text(text.extract()?));
    }
    let is_number =
        (value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>()) && !value.is_instance_of::<PyBool>();
    // NumPy's numbers say of themselves that they are numbers.
    // Arrays say so, too, but have a length.
    if is_number || (value.hasattr("__float__")? && value.hasattr("dtype")? && value.len().is_err()) {
        return Ok(Argument::Number(value.extract()?));
    }
    let refused = || {
        let kind = value.get_type().name().map_or_else(|_| "?".into(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "the parameter {name} is of type {kind}; expected a text, a number, or a list of them"
        ))
    };
    if value.is_instance_of::<PyBool>() || value.is_none() {
        return Err(refused());
    }
    let values = value.try_iter().map_err(|_| refused())?;
    let values = values.map(|value| argument(name, &value?)).collect::<PyResult<Vec<_>>>()?;
    Ok(Argument::List(values))
}
