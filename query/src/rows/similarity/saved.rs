//! Sets saved with `let` as sides of a similarity: they have their members alone, and not the facts that were asked.

use crate::error::QueryError;
use crate::plan::Pairs;
use crate::run::domain::attributed;
use std::collections::BTreeSet;

/// Notes saved sets where facts are left out of the comparison: some of them may have been asked, and have no neuron.
pub(super) fn note(sides: [&Pairs<'_>; 2], notes: &mut Vec<String>) -> Result<(), QueryError> {
    let mut names = BTreeSet::new();
    sides.iter().for_each(|side| find(side, &mut names));
    if names.is_empty() || attributed(sides[0])? == attributed(sides[1])? {
        return Ok(());
    }
    let names = names.into_iter().collect::<Vec<_>>().join(" and of ");
    notes.push(format!(
        "of {names} only facts that have a neuron in it are known: others that were asked count as known to the other side alone"
    ));
    Ok(())
}

/// Names of the saved sets that decide which facts are compared.
fn find(pairs: &Pairs<'_>, names: &mut BTreeSet<String>) {
    match pairs {
        // Of a set of an attached store it is known, unless that is made of saved ones itself.
        Pairs::Saved(saved) if saved.asked.is_none() => names.extend(saved.from.text()),
        Pairs::Source(_) | Pairs::Saved(_) | Pairs::Rows { .. } => {}
        Pairs::Binary { left, right, .. } => [left, right].iter().for_each(|side| find(side, names)),
        Pairs::WithNeurons { pairs, .. } | Pairs::WithFacts { pairs, .. } => find(pairs, names),
    }
}
