//! The edits that are made: a method and its facts, one or several in one network.

use super::Editor;
use super::options::BenchOptions;
use super::plan::Plan;
use crate::streams::key;

/// The unedited model's name among the methods.
pub(super) const UNEDITED: &str = "unedited";

/// What the name of an editor's control ends with.
pub(super) const RANDOM: &str = " random";

/// The name of an editor's control.
pub(super) fn control_of(method: &str) -> String {
    format!("{method}{RANDOM}")
}

/// One edit.
pub(super) struct Unit {
    /// Number of the editor; nothing for the unedited model.
    pub editor: Option<usize>,
    /// How many facts are edited in the network: 0 of the unedited one.
    pub edits: usize,
    /// Numbers of items.
    pub items: Vec<usize>,
}

/// All edits, by method, number of edits and group of facts. Facts that make no whole group are left out of that number.
pub(super) fn units(editors: usize, plan: &Plan, options: &BenchOptions) -> Vec<Unit> {
    let alone: Vec<usize> = (0..plan.items.len()).collect();
    let mut order = alone.clone();
    order.sort_by_cached_key(|&item| key(options.seed, "sequence", &[&plan.items[item].own.fact]));
    let mut units: Vec<Unit> = alone.iter().map(|&item| Unit { editor: None, edits: 0, items: vec![item] }).collect();
    for editor in 0..editors {
        for &edits in &options.edits {
            let facts = if edits == 1 { &alone } else { &order };
            let groups = facts.chunks_exact(edits);
            units.extend(groups.map(|items| Unit { editor: Some(editor), edits, items: items.to_vec() }));
        }
    }
    units
}

impl Unit {
    /// The names under which it is measured.
    pub(super) fn methods(&self, editors: &[&dyn Editor]) -> Vec<String> {
        match self.editor.map(|number| editors[number].name()) {
            None => vec![UNEDITED.to_owned()],
            Some(name) => vec![name.to_owned(), control_of(name)],
        }
    }
}
