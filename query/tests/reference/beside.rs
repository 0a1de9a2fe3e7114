//! A store beside the one in hand: what its sets are here, and statements that name it.

use super::build::{Mirror, mixed};
use super::eval::{Reference, Refused, Saved};
use super::floor::Doubt;
use super::rows::Answer;
use super::scenario::{FactPlan, Scenario};
use super::sets::{Pairs, Set};
use super::world::World;
use kndb_query::{Expr, ExprKind, Head, Name, Query, Settings, Span, Statement, parse};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// The attached store, which statements call `a`.
pub struct Beside {
    pub world: World,
    /// The store in hand with the facts behind its own that only the other one has.
    pub joint: World,
    settings: Settings,
    saved: BTreeMap<String, Saved>,
}

impl Beside {
    pub fn new(here: &World, there: &World, settings: &Settings) -> Self {
        let mut joint = here.clone();
        joint.facts.extend(there.facts.iter().filter(|fact| here.find(&fact.id).is_none()).cloned());
        let settings = Settings { run: None, ..settings.clone() };
        Self { world: there.clone(), joint, settings, saved: BTreeMap::new() }
    }

    fn here(&self, fact: usize) -> usize {
        self.joint.find(&self.world.facts[fact].id).expect("a fact of either store")
    }

    fn all_here(&self, facts: &BTreeSet<usize>) -> BTreeSet<usize> {
        facts.iter().map(|&fact| self.here(fact)).collect()
    }
}

impl Reference<'_> {
    /// The attached store, if an expression is all of it.
    pub fn there(&self, expr: &Expr) -> Option<(&Beside, Reference<'_>, Expr)> {
        let beside = self.beside.filter(|_| is_all_there(&[expr]))?;
        let Ok(Statement::Query(Query { head: Head::Set(stripped), .. })) = parse(&without_name(expr)) else {
            panic!("{expr} is a set without its store, too");
        };
        Some((beside, self.asking(beside), stripped))
    }

    fn asking<'b>(&'b self, beside: &'b Beside) -> Reference<'b> {
        let (world, saved, settings) = (&beside.world, &beside.saved, &beside.settings);
        let (labels, doubt) = (self.labels.clone(), Cell::new(Doubt::default()));
        Reference { world, named: world, beside: None, saved, settings, labels, doubt }
    }

    /// The answer of the attached store, if a query is all about it.
    pub fn answered_there(&self, query: &Query) -> Option<Result<Answer, Refused>> {
        let exprs: Vec<&Expr> = match &query.head {
            Head::Set(set) | Head::Between { set, .. } => vec![set],
            Head::Similarity { left, right, .. } => vec![left, right],
        };
        let beside = self.beside.filter(|_| is_all_there(&exprs))?;
        let Ok(Statement::Query(query)) = parse(&without_name(query)) else { panic!("{query} is a query") };
        Some(self.asking(beside).answer(&query))
    }

    /// A set that the attached store has found, with the facts as they are numbered here.
    pub fn brought(&self, beside: &Beside, there: &Reference<'_>, set: Set) -> Set {
        self.note(there.doubt.get());
        match set {
            Set::Pairs(pairs) => {
                // All of it is found, whatever is asked of it here.
                self.note(pairs.all_doubts());
                let members = pairs.members.iter().map(|(&fact, neurons)| (beside.here(fact), neurons.clone()));
                Set::Pairs(Box::new(Pairs {
                    members: members.collect(),
                    attributed: beside.all_here(&pairs.attributed),
                    asked: pairs.asked.as_ref().map(|asked| beside.all_here(asked)),
                    ..Pairs::default()
                }))
            }
            Set::Facts(facts) => Set::Facts(beside.all_here(&facts)),
            set @ (Set::Neurons(_) | Set::Entries(_) | Set::Chosen(_)) => set,
        }
    }
}

/// Whether sets are of the attached store alone; neurons by number are of none.
fn is_all_there(exprs: &[&Expr]) -> bool {
    fn whose(expr: &Expr, found: &mut BTreeSet<bool>) {
        match &expr.kind {
            ExprKind::Attached { .. } => drop(found.insert(true)),
            ExprKind::Source(_) | ExprKind::Saved(_) => drop(found.insert(false)),
            _ => expr.parts().for_each(|part| whose(part, found)),
        }
    }
    let mut found = BTreeSet::new();
    exprs.iter().for_each(|expr| whose(expr, &mut found));
    found == BTreeSet::from([true])
}

fn without_name(text: &impl ToString) -> String {
    text.to_string().replace("a::", "")
}

/// A plan of a store of the same runs, with some of the same facts in another order, and some others.
pub fn other(plan: &Scenario, seed: u64, others: Vec<FactPlan>) -> Scenario {
    let mut facts: Vec<(usize, FactPlan)> = plan.ids.iter().copied().zip(plan.facts.iter().cloned()).collect();
    // The first one names all languages, so that both stores number them alike.
    let first = facts.remove(0);
    facts.retain(|(id, _)| !mixed(&[seed, *id as u64]).is_multiple_of(3));
    let new = others.into_iter().enumerate().map(|(number, fact)| (1_000 + number, fact));
    facts.extend(new);
    facts.sort_by_key(|(id, _)| mixed(&[seed, 7, *id as u64]));
    facts.insert(0, first);
    let (ids, facts) = facts.into_iter().unzip();
    Scenario { ids, facts, seed: plan.seed ^ seed, ..plan.clone() }
}

/// A statement of which some sources are of the attached store.
pub fn named(statement: &Statement, seed: u64) -> Statement {
    let mut statement = statement.clone();
    let mut number = 0;
    let mut chance = || {
        number += 1;
        // Of some statements all are, of some none.
        seed.is_multiple_of(5) || (seed % 5 != 1 && mixed(&[seed, number]).is_multiple_of(2))
    };
    match &mut statement {
        Statement::Let { set, .. } => name(set, &mut chance),
        Statement::Query(query) | Statement::Explain { query, .. } => name_head(&mut query.head, &mut chance),
        Statement::Drop { .. } | Statement::Attach { .. } | Statement::Detach { .. } => {}
    }
    statement
}

fn name_head(head: &mut Head, chance: &mut dyn FnMut() -> bool) {
    match head {
        Head::Set(set) | Head::Between { set, .. } => name(set, chance),
        Head::Similarity { left, right, .. } => {
            name(left, chance);
            name(right, chance);
        }
    }
}

fn name(expr: &mut Expr, chance: &mut dyn FnMut() -> bool) {
    match &mut expr.kind {
        ExprKind::Source(_) => {
            if chance() {
                let store = Name { text: "a".into(), span: Span::default() };
                let of = Box::new(expr.clone());
                expr.kind = ExprKind::Attached { store, of };
            }
        }
        ExprKind::Binary { left, right, .. } => {
            name(left, chance);
            name(right, chance);
        }
        ExprKind::NeuronsOf(of) | ExprKind::FactsOf(of) => name(of, chance),
        ExprKind::Rows(query) => name_head(&mut query.head, chance),
        ExprKind::Neurons(_) | ExprKind::OpenNeurons(_) | ExprKind::Saved(_) | ExprKind::Attached { .. } => {}
    }
}

/// Both stores, and the settings by which statements can name the other one.
pub fn attached(here: &Mirror, there: &Mirror, settings: &Settings) -> (Beside, Settings) {
    // One list for each store in hand.
    let settings = Settings { attached: kndb_query::Attached::default(), ..settings.clone() };
    settings.attached.attach(&here.store, "a", there.store.path()).expect("another store");
    (Beside::new(&here.world, &there.world, &settings), settings)
}
