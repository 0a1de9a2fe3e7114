//! Columns of one name, which readers by name would take for one: `SELECT a.fact, b.fact`.

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use std::collections::HashSet;
use std::sync::Arc;

/// The schema with names that differ: the second `fact` is `fact_1`, or the next that is free.
pub(crate) fn apart(schema: &SchemaRef) -> SchemaRef {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let all: HashSet<&str> = names.iter().copied().collect();
    if all.len() == names.len() {
        return Arc::clone(schema);
    }
    let mut taken: HashSet<String> = HashSet::new();
    let fields = schema.fields().iter().map(|field| {
        let mut name = field.name().clone();
        for number in 1.. {
            // The first of a name keeps it, and no other gets one that some column has.
            if !taken.contains(&name) && (name == *field.name() || !all.contains(name.as_str())) {
                break;
            }
            name = format!("{}_{number}", field.name());
        }
        taken.insert(name.clone());
        field.as_ref().clone().with_name(name)
    });
    Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::{DataType, Field};

    fn named(names: &[&str]) -> Vec<String> {
        let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Int32, true)).collect();
        apart(&Arc::new(Schema::new(fields))).fields().iter().map(|field| field.name().clone()).collect()
    }

    #[test]
    fn columns_of_one_name_are_numbered_past_names_that_are_taken() {
        assert_eq!(named(&["fact", "lang"]), ["fact", "lang"]);
        assert_eq!(named(&["fact", "fact", "lang", "fact"]), ["fact", "fact_1", "lang", "fact_2"]);
        assert_eq!(named(&["a", "a", "a_1", "a"]), ["a", "a_2", "a_1", "a_3"]);
        assert_eq!(named(&["a_1", "a_1", "a", "a"]), ["a_1", "a_1_1", "a", "a_2"]);
    }
}
