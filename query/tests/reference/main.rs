//! The executor against a naive reference: random stores, random statements, the same rows.

#[path = "mod.rs"]
mod reference;

use kndb_storage::Shape;
use proptest::prelude::*;
use proptest::sample::select;
use reference::beside;
use reference::build::Mirror;
use reference::scenario::{scenario, small_shape};
use reference::{beside_each_other, case, cases, check_all_beside, check_case};
use std::collections::BTreeMap;

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn small_stores(case in case(scenario(small_shape(), 0..=25, 3, 3), 3, 40)) {
        check_case(&case)?;
    }

    #[test]
    fn few_facts(case in case(scenario(small_shape(), 0..=4, 2, 2), 2, 40)) {
        check_case(&case)?;
    }
}

proptest! {
    #![proptest_config(cases(12))]

    /// Facts in common have other numbers in each, and each has facts of its own.
    #[test]
    fn two_stores((case, other) in beside_each_other()) {
        let (here, there) = (Mirror::build(&case.plan), Mirror::build(&other));
        prop_assert_eq!(&here.world.languages, &there.world.languages);
        let (beside, settings) = beside::attached(&here, &there, &case.settings);
        check_all_beside(&here, Some(&beside), &settings, &case.statements, &mut BTreeMap::new())?;
    }
}

proptest! {
    #![proptest_config(cases(4))]

    /// Sets that need more than one roaring container a fact.
    #[test]
    fn more_than_two_to_the_16_neurons(case in case(scenario(shape(5, 20_000), 1..=5, 2, 2), 2, 30)) {
        check_case(&case)?;
    }

    /// Set operations by merging instead of marking.
    #[test]
    fn more_than_two_to_the_20_neurons(case in case(scenario(shape(32, 40_000), 1..=5, 2, 2), 2, 30)) {
        check_case(&case)?;
    }

    /// Filters and counters that are not dense.
    #[test]
    fn more_than_two_to_the_22_neurons(case in case(scenario(shape(70, 61_000), 1..=5, 2, 2), 2, 30)) {
        check_case(&case)?;
    }

    /// Facts shared out to threads, rows that are cut while they are sorted, many layers.
    #[test]
    fn many_facts(case in case(scenario(shapes_for_many_facts(), 530..=700, 2, 2), 2, 20)) {
        check_case(&case)?;
    }
}

fn shape(layers: u32, width: u32) -> impl Strategy<Value = Shape> {
    Just(Shape { layers, width })
}

fn shapes_for_many_facts() -> impl Strategy<Value = Shape> {
    select(vec![Shape { layers: 2, width: 8 }, Shape { layers: 70, width: 1 }, Shape { layers: 3, width: 30 }])
}
