//! Values of an Arrow array in the few types that tables are read as. Not for arrays of other kinds: they are refused before.
//!
//! Nothing is rounded but what has no place in a double, and a value that does not fit is an error, never a null.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

/// The values that the keys of a dictionary stand for; other arrays as they are.
pub(super) fn plain(array: &ArrayRef) -> Result<ArrayRef, String> {
    match array.as_any_dictionary_opt() {
        None => Ok(ArrayRef::clone(array)),
        Some(keyed) => {
            let taken = arrow_select::take::take(keyed.values().as_ref(), keyed.keys(), None);
            plain(&taken.map_err(|error| error.to_string())?)
        }
    }
}

/// 16-bit and 32-bit floats.
pub(super) fn singles(array: &ArrayRef) -> Option<Vec<f32>> {
    Some(match array.data_type() {
        DataType::Float16 => array.as_primitive::<Float16Type>().values().iter().map(|half| half.to_f32()).collect(),
        DataType::Float32 => array.as_primitive::<Float32Type>().values().to_vec(),
        _ => return None,
    })
}

/// 64-bit floats and decimals.
pub(super) fn doubles(array: &ArrayRef) -> Option<Vec<f64>> {
    let scaled = |scale: i8, values: Vec<f64>| {
        let unit = 10_f64.powi(i32::from(scale));
        values.into_iter().map(|value| value / unit).collect()
    };
    Some(match *array.data_type() {
        DataType::Float64 => array.as_primitive::<Float64Type>().values().to_vec(),
        DataType::Decimal32(_, scale) => scaled(
            scale,
            array.as_primitive::<Decimal32Type>().values().iter().map(|&value| f64::from(value)).collect(),
        ),
        DataType::Decimal64(_, scale) => {
            scaled(scale, array.as_primitive::<Decimal64Type>().values().iter().map(|&value| value as f64).collect())
        }
        DataType::Decimal128(_, scale) => {
            scaled(scale, array.as_primitive::<Decimal128Type>().values().iter().map(|&value| value as f64).collect())
        }
        DataType::Decimal256(_, scale) => {
            // Its digits are read: it has no conversion of its own.
            let digits = array.as_primitive::<Decimal256Type>().values().iter();
            scaled(scale, digits.map(|value| value.to_string().parse().unwrap_or(f64::NAN)).collect())
        }
        _ => return None,
    })
}

/// Whole numbers; one above 2⁶³ is an error.
pub(super) fn whole(array: &ArrayRef) -> Option<Result<Vec<i64>, String>> {
    Some(Ok(match array.data_type() {
        DataType::Int8 => array.as_primitive::<Int8Type>().values().iter().map(|&value| i64::from(value)).collect(),
        DataType::Int16 => array.as_primitive::<Int16Type>().values().iter().map(|&value| i64::from(value)).collect(),
        DataType::Int32 => array.as_primitive::<Int32Type>().values().iter().map(|&value| i64::from(value)).collect(),
        DataType::Int64 => array.as_primitive::<Int64Type>().values().to_vec(),
        DataType::UInt8 => array.as_primitive::<UInt8Type>().values().iter().map(|&value| i64::from(value)).collect(),
        DataType::UInt16 => array.as_primitive::<UInt16Type>().values().iter().map(|&value| i64::from(value)).collect(),
        DataType::UInt32 => array.as_primitive::<UInt32Type>().values().iter().map(|&value| i64::from(value)).collect(),
        DataType::UInt64 => {
            let found = array.as_primitive::<UInt64Type>();
            // Under a null may be anything.
            let number = |row: usize| match i64::try_from(found.value(row)) {
                Ok(number) => Ok(number),
                Err(_) if found.is_null(row) => Ok(0),
                Err(_) => Err(format!("{} is too large for a number of 64 bits with a sign", found.value(row))),
            };
            return Some((0..found.len()).map(number).collect());
        }
        _ => return None,
    }))
}

/// Calls `each` with every text, empty for nulls.
pub(super) fn texts(array: &ArrayRef, mut each: impl FnMut(&str)) -> Result<(), String> {
    let mut bytes = |row: usize, bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("no UTF-8 in row {}: {error}", row + 1))?;
        each(text);
        Ok::<_, String>(())
    };
    for row in 0..array.len() {
        let found: &[u8] = match array.data_type() {
            _ if array.is_null(row) => &[],
            DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
            DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
            DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
            DataType::Binary => array.as_binary::<i32>().value(row),
            DataType::LargeBinary => array.as_binary::<i64>().value(row),
            DataType::BinaryView => array.as_binary_view().value(row),
            other => return Err(format!("{other} is no text")),
        };
        bytes(row, found)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Decimal128Array, Decimal256Array, DictionaryArray, Float16Array, StringArray, UInt64Array};
    use std::sync::Arc;

    #[test]
    fn keys_of_a_dictionary_become_its_values() {
        let keyed: DictionaryArray<Int8Type> = vec![Some("b"), None, Some("a"), Some("b")].into_iter().collect();
        let mut found = Vec::new();
        texts(&plain(&(Arc::new(keyed) as ArrayRef)).expect("its values"), |text| found.push(text.to_owned()))
            .expect("texts");
        assert_eq!(found, ["b", "", "a", "b"]);
    }

    #[test]
    fn decimals_are_what_their_digits_say() {
        let decimals = Decimal128Array::from(vec![25, -5]).with_precision_and_scale(5, 2).expect("a decimal");
        assert_eq!(doubles(&(Arc::new(decimals) as ArrayRef)), Some(vec![0.25, -0.05]));
        let wide = Decimal256Array::from(vec![arrow_buffer::i256::from_i128(-15)]);
        let wide = wide.with_precision_and_scale(40, 1).expect("a decimal");
        assert_eq!(doubles(&(Arc::new(wide) as ArrayRef)), Some(vec![-1.5]));
        let halves: ArrayRef = Arc::new(Float16Array::from(vec![half::f16::from_f32(0.5)]));
        assert_eq!((singles(&halves), doubles(&halves)), (Some(vec![0.5]), None));
    }

    #[test]
    fn a_number_that_is_too_large_is_an_error_unless_it_is_null() {
        let found: ArrayRef = Arc::new(UInt64Array::from(vec![Some(3), None]));
        assert_eq!(whole(&found), Some(Ok(vec![3, 0])));
        let found: ArrayRef = Arc::new(UInt64Array::from(vec![u64::MAX]));
        assert!(whole(&found).expect("whole numbers").expect_err("too large").contains("18446744073709551615"));
        assert_eq!(whole(&(Arc::new(StringArray::from(vec!["1"])) as ArrayRef)), None);
    }
}
