//! `explain`: the plan as a tree; with `analyze`, what every node did.

use crate::plan::groups::GroupCut;
use crate::plan::{
    Access, Cell, Entries, Facts, KnownFrom, Neurons, NodeId, Pairs, PartAccess, Quota, RowSet, Set, Source,
};
use crate::syntax::ast::{Dimension, Head, Query, Sign};
use kndb_storage::{PartKind, RunSpec, Snapshot};
use std::fmt::Write;

/// What a node did, for `explain analyze`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NodeStats {
    pub facts: u64,
    pub rows: u64,
    pub bytes: u64,
    pub nanos: u64,
}

/// A node as it will be printed.
#[derive(Clone)]
pub(crate) struct Line {
    id: Option<NodeId>,
    text: String,
    children: Vec<Line>,
}

impl Line {
    /// Of a plan that was run before this one: its numbers are no nodes of this one.
    pub(crate) fn forget_numbers(&mut self) {
        self.id = None;
        self.children.iter_mut().for_each(Self::forget_numbers);
    }
}

/// Draws plans.
pub(crate) struct Drawing<'a> {
    pub snapshot: &'a Snapshot,
}

/// The plan of a statement.
pub(crate) enum Drawn<'a, 's> {
    Set(&'a Set<'s>),
    Similarity(&'a Pairs<'s>, &'a Pairs<'s>),
    SimilarNeurons(&'a Neurons<'s>, &'a Neurons<'s>),
    Between(&'a Pairs<'s>),
}

impl Drawing<'_> {
    pub(crate) fn tree(&self, query: &Query, plan: &Drawn<'_, '_>) -> Tree {
        let children = match plan {
            Drawn::Set(set) => vec![self.set(set)],
            Drawn::Similarity(left, right) => vec![self.pairs(left), self.pairs(right)],
            Drawn::SimilarNeurons(left, right) => vec![self.neurons(left), self.neurons(right)],
            Drawn::Between(set) => vec![self.pairs(set)],
        };
        let (mut text, chance) = beginning(query, matches!(plan, Drawn::SimilarNeurons(..)));
        text += &clauses(query, chance);
        Tree { root: Line { id: None, text, children } }
    }

    pub(crate) fn set(&self, set: &Set<'_>) -> Line {
        match set {
            Set::Pairs(pairs) => self.pairs(pairs),
            Set::Neurons(neurons) => self.neurons(neurons),
            Set::Facts(facts) => self.facts(facts),
            Set::Entries(entries) => self.entries(entries),
        }
    }

    fn pairs(&self, pairs: &Pairs<'_>) -> Line {
        match pairs {
            Pairs::Source(source) => self.source(source),
            Pairs::Saved(saved) => {
                let (text, children) = match &saved.from {
                    KnownFrom::Attached { text, drawn } => {
                        (format!("{text} (found first): pairs"), vec![(**drawn).clone()])
                    }
                    from => (format!("saved pairs {}", from.text().unwrap_or_default()), Vec::new()),
                };
                Line { id: Some(saved.id), text: format!("{text} of {} facts", saved.pairs.len()), children }
            }
            Pairs::Binary { id, op, left, right } => {
                let text = format!("{op}, fact by fact");
                Line { id: Some(*id), text, children: vec![self.pairs(left), self.pairs(right)] }
            }
            Pairs::Rows { rows, .. } => self.rows(rows),
            Pairs::WithNeurons { id, pairs, neurons, keep } => {
                let verb = if *keep { "keep" } else { "leave out" };
                let text = format!("{verb} pairs of these neurons (computed first, then pushed into the sources)");
                Line { id: Some(*id), text, children: vec![self.pairs(pairs), self.neurons(neurons)] }
            }
            Pairs::WithFacts { id, pairs, facts, keep } => {
                let verb = if *keep { "keep" } else { "leave out" };
                let text = format!("{verb} pairs of these facts (computed first, then pushed into the sources)");
                Line { id: Some(*id), text, children: vec![self.pairs(pairs), self.facts(facts)] }
            }
        }
    }

    fn entries(&self, entries: &Entries<'_>) -> Line {
        match entries {
            Entries::Source(source) => self.source(source),
            Entries::WithFacts { id, entries, facts, keep } => {
                let verb = if *keep { "keep" } else { "leave out" };
                let text = format!("{verb} entries of these facts (computed first)");
                Line { id: Some(*id), text, children: vec![self.entries(entries), self.facts(facts)] }
            }
        }
    }

    /// A query in parentheses.
    fn rows(&self, rows: &RowSet<'_>) -> Line {
        let verb = match &rows.beside {
            Some(_) => "similarity",
            None if rows.query.by.is_empty() => "list",
            None => "count",
        };
        let text = format!("members of these rows (found first): {verb}{}", clauses(&rows.query, ""));
        let children = std::iter::once(self.set(&rows.of)).chain(rows.beside.iter().map(|side| self.pairs(side)));
        Line { id: Some(rows.id), text, children: children.collect() }
    }

    fn neurons(&self, neurons: &Neurons<'_>) -> Line {
        match neurons {
            Neurons::Known { id, text, neurons, .. } => {
                Line { id: Some(*id), text: format!("{text}: {} neurons", neurons.set.len()), children: Vec::new() }
            }
            Neurons::Rows(rows) => self.rows(rows),
            Neurons::Of { id, pairs } => {
                Line { id: Some(*id), text: "neurons of".to_owned(), children: vec![self.pairs(pairs)] }
            }
            Neurons::Binary { id, op, left, right } => {
                let children = vec![self.neurons(left), self.neurons(right)];
                Line { id: Some(*id), text: format!("{op} of neurons"), children }
            }
        }
    }

    fn facts(&self, facts: &Facts<'_>) -> Line {
        match facts {
            Facts::Known { id, text, facts } => {
                Line { id: Some(*id), text: format!("{text}: {} facts", facts.len()), children: Vec::new() }
            }
            Facts::Rows(rows) => self.rows(rows),
            Facts::OfEntries { id, entries } => {
                Line { id: Some(*id), text: "facts of".to_owned(), children: vec![self.entries(entries)] }
            }
            Facts::Of { id, pairs, .. } => {
                Line { id: Some(*id), text: "facts of".to_owned(), children: vec![self.pairs(pairs)] }
            }
            Facts::Binary { id, op, left, right } => {
                let children = vec![self.facts(left), self.facts(right)];
                Line { id: Some(*id), text: format!("{op} of facts"), children }
            }
        }
    }

    fn source(&self, source: &Source<'_>) -> Line {
        let mut text = source.text.clone();
        if let Some(filter) = &source.facts {
            if let Some(only) = &filter.only {
                let _ = write!(text, "; facts: only {}", only.len());
            }
            if !filter.without.is_empty() {
                let _ = write!(text, "; facts: without {}", filter.without.len());
            }
        }
        if let Some(filter) = &source.neurons {
            let _ = write!(text, "; neurons: only {}", filter.set.len());
        }
        let mut children = Vec::new();
        for cell in &source.cells {
            let found = self.snapshot.run(cell.run);
            let run = found.map_or("", |run| run.spec.name.as_str());
            let share = found.filter(|_| !source.entries).map_or_else(String::new, |run| share_of(cell, &run.spec));
            let language = self.snapshot.language_name(cell.language);
            for prompt in &cell.prompts {
                let facts: u64 = prompt.parts.iter().map(PartAccess::count).sum();
                let ways: std::collections::BTreeSet<String> =
                    prompt.parts.iter().map(|part| way(part.live.part.kind(), &part.access, cell)).collect();
                let ways: Vec<String> = if source.entries {
                    vec!["what was measured, from the heads of scores".to_owned()]
                } else {
                    ways.into_iter().collect()
                };
                let text = format!(
                    "run {run:?}, {language}, prompt {}: {facts} facts in {} parts, {}{share}",
                    prompt.prompt,
                    prompt.parts.len(),
                    ways.join(" and ")
                );
                children.push(Line { id: None, text, children: Vec::new() });
            }
        }
        Line { id: Some(source.id), text, children }
    }
}

/// What a query does with its sets, and what chance it holds its rows against.
fn beginning(query: &Query, neurons: bool) -> (String, &'static str) {
    match &query.head {
        Head::Set(_) if query.by.is_empty() => ("list".to_owned(), ""),
        Head::Set(_) => ("count".to_owned(), ""),
        Head::Similarity { .. } if neurons => ("similarity of two sets of neurons".to_owned(), AT_RANDOM),
        Head::Similarity { .. } => ("similarity, fact by fact, then the mean".to_owned(), OTHERS),
        Head::Between { dim, .. } if dim.dimension == Dimension::Relation => {
            ("similarity of the neurons of each two relations".to_owned(), AT_RANDOM)
        }
        Head::Between { dim, .. } => {
            (format!("similarity of each two by {}, fact by fact, then the mean", dim.dimension), OTHERS)
        }
    }
}

const AT_RANDOM: &str = "; beside sets at random";
const OTHERS: &str = "; beside sets at random, and other facts of the relation";

/// The clauses of a query, each behind a comma but `by`, and behind that what chance its rows are held against.
fn clauses(query: &Query, chance: &str) -> String {
    let mut text = String::new();
    if !query.by.is_empty() {
        let dims: Vec<String> = query.by.iter().map(|dim| dim.dimension.to_string()).collect();
        let _ = write!(text, " by {}", dims.join(", "));
    }
    text += chance;
    text.push_str(if query.chance.is_some() { ", against chance" } else { "" });
    for having in &query.having {
        let _ = write!(text, ", {having}");
    }
    if !query.order.is_empty() {
        let keys: Vec<String> = query.order.iter().map(ToString::to_string).collect();
        let _ = write!(text, ", order by {}", keys.join(", "));
    }
    if let Some(top) = &query.top {
        let _ = write!(text, ", {top}");
    }
    text
}

/// The share of prompts that the run itself asks for, if it asks for any; another is in the source's text.
fn share_of(cell: &Cell<'_>, spec: &RunSpec) -> String {
    let own = cell.share == Quota::Preset { share: spec.prompt_share, strict: spec.prompt_share_strict };
    if own && !cell.share.accepts_any() { format!(", share {}", spec.prompt_share_shown()) } else { String::new() }
}

/// How the sets of a part are found.
fn way(kind: PartKind, access: &Access<'_>, cell: &Cell<'_>) -> String {
    let tau = cell.cut.tau;
    match (access, kind) {
        (Access::Groups, _) => match cell.groups.as_ref().map(GroupCut::text) {
            Some(cut) if !cut.is_empty() => format!("degenerate groups, {cut}"),
            _ => "degenerate groups".to_owned(),
        },
        (Access::Grid(..), PartKind::Neurons) => "neuron sets without scores".to_owned(),
        (Access::Grid(..), _) => format!("ready-made sets at tau={tau}"),
        (Access::Signed, _) => {
            let (scores, whole) = match cell.cut.sign {
                Sign::Any => ("scores of either sign", "the largest absolute one"),
                Sign::Negative | Sign::Positive => ("lowest scores", "the most negative one"),
            };
            format!("{scores} from tau={tau} of {whole} on, floor checked fact by fact")
        }
        (Access::Prefix { check, .. }, _) => {
            let checked = if *check { ", floor checked fact by fact" } else { "" };
            format!("best scores down to tau={tau}{checked}")
        }
    }
}

/// A drawn plan.
pub(crate) struct Tree {
    root: Line,
}

impl Tree {
    /// The same, answered by an attached store.
    pub(crate) fn in_store(mut self, name: &str) -> Self {
        self.root.text = format!("in store {name}: {}", self.root.text);
        self
    }

    /// The tree as text, with what the nodes did, if that is known.
    pub(crate) fn text(&self, stats: Option<&[NodeStats]>) -> String {
        let mut out = String::new();
        draw(&self.root, stats, "", "", &mut out);
        out
    }
}

fn draw(line: &Line, stats: Option<&[NodeStats]>, first: &str, rest: &str, out: &mut String) {
    out.push_str(first);
    out.push_str(&line.text);
    if let (Some(stats), Some(id)) = (stats, line.id) {
        let node = stats[id];
        let _ = write!(out, "  [rows={}", node.rows);
        if node.facts > 0 {
            let _ = write!(out, ", facts={}", node.facts);
        }
        if node.bytes > 0 {
            let _ = write!(out, ", bytes read={}", node.bytes);
        }
        if node.nanos > 0 {
            let _ = write!(out, ", time={}", duration(node.nanos));
        }
        out.push(']');
    }
    out.push('\n');
    for (number, child) in line.children.iter().enumerate() {
        let last = number + 1 == line.children.len();
        let (branch, below) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        draw(child, stats, &format!("{rest}{branch}"), &format!("{rest}{below}"), out);
    }
}

/// A duration in the unit that suits it.
pub(crate) fn duration(nanos: u64) -> String {
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", nanos as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanos as f64 / 1e6),
        _ => format!("{:.2} s", nanos as f64 / 1e9),
    }
}
