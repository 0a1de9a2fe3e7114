//! What attached stores answer: the members of each part of a statement that is theirs, found before the plan around it is made.

use super::ground::{Beside, Ground, in_store, of_store};
use super::translation::Translation;
use crate::error::QueryError;
use crate::memory::Memory;
use crate::note::Notes;
use crate::plan::explain::Drawing;
use crate::plan::foreign::{Foreign, ForeignSets};
use crate::plan::kinds::Kind;
use crate::plan::lower::Lowering;
use crate::plan::optimise::optimise;
use crate::plan::parts::PartsOfLayers;
use crate::plan::saved::Members;
use crate::plan::unpaired::Extent;
use crate::plan::visit::Node;
use crate::plan::{Pairs, Set};
use crate::planned::{NO_SHAPE, language_of_labels, note_ties, threads};
use crate::result::FactNames;
use crate::rows::as_set;
use crate::run::asked::{asked, unknown_in};
use crate::run::domain::{Execution, attributed, domain};
use crate::run::eval::Worker;
use crate::syntax::ast::{Expr, ExprKind};
use crate::syntax::span::Span;
use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the members are called where they take too much memory.
const MEMBERS: &str = "the members of sets of attached stores";
/// Bytes of a member, about: 2 in a bitmap, and what surrounds it.
const MEMBER: u64 = 4;
/// Bytes that surround the neurons of one fact.
const OF_FACT: u64 = 128;
/// Facts a thread should have at least, to be worth starting.
const FACTS_A_THREAD: usize = 256;

/// Asks attached stores for their parts of some sets, as [`super::apart`] has left them. What other stores say of facts is then
/// on the ground.
pub(crate) fn of_sets(ground: &Ground, memory: &Memory, exprs: &[&Expr]) -> Result<ForeignSets, QueryError> {
    let mut found = ForeignSets::default();
    if ground.beside.is_empty() {
        return Ok(found);
    }
    let mut translation = Translation::new(ground, memory)?;
    let mut spans = vec![None; ground.beside.len()];
    for expr in exprs {
        find(ground, memory, expr, &mut translation, &mut spans, &mut found)?;
    }
    let spans: Vec<_> = spans.into_iter().map(Option::unwrap_or_default).collect();
    let elsewhere = translation.end(&spans, &found.notes);
    // A ground is planned on once.
    let _ = ground.elsewhere.set(Arc::new(elsewhere));
    Ok(found)
}

fn find(
    ground: &Ground,
    memory: &Memory,
    expr: &Expr,
    translation: &mut Translation<'_>,
    spans: &mut [Option<Span>],
    found: &mut ForeignSets,
) -> Result<(), QueryError> {
    let ExprKind::Attached { store, of } = &expr.kind else {
        return expr.parts().try_for_each(|part| find(ground, memory, part, translation, spans, found));
    };
    let text = expr.to_string();
    let Some((number, beside)) = ground.beside(&store.text) else { return Ok(()) };
    if found.has(&text) {
        return Ok(());
    }
    spans[number].get_or_insert(store.span);
    let notes = &found.notes;
    let answer = answered(beside, memory, of, notes).map_err(|error| in_store(&store.text, error))?;
    if let Some(answer) = answer {
        found.add(text, translated(answer, number, translation)?);
    }
    Ok(())
}

/// A part as its store answers it, with the store's own numbers of facts.
struct Answer {
    set: Foreign,
    extent: Option<Extent>,
}

/// `None` for entries, which are no set.
fn answered(beside: &Beside, memory: &Memory, expr: &Expr, notes: &Notes) -> Result<Option<Answer>, QueryError> {
    let ground = &beside.ground;
    let snapshot = &ground.snapshot;
    let mut lowering = Lowering::new(ground, memory, &[expr], ForeignSets::default())?;
    if lowering.kind(expr)? == Kind::Entries {
        return Ok(None);
    }
    let (set, model) = lowering.set(expr)?;
    let extent = lowering.extent(&set)?;
    let shape = model.as_ref().map(|model| model.shape);
    let set = optimise(set, shape);
    as_set::check(Node::from(&set))?;
    lowering.note_relabelled(Node::from(&set))?;
    let languages = lowering.languages.iter().map(|&language| snapshot.language_name(language).to_owned()).collect();
    let language = language_of_labels(&mut lowering, snapshot, &ground.settings);
    let names = FactNames { snapshot, language, elsewhere: None };
    let shape = shape.unwrap_or(NO_SHAPE);
    let mut drawn = Drawing { snapshot }.set(&set);
    drawn.forget_numbers();
    let mut execution = Execution {
        snapshot,
        shape,
        cursors: lowering.cursors(),
        stats: None,
        threads: threads(),
        memory,
        notes: lowering.take_notes(),
    };
    let set = as_set::found(&mut execution, &set, names)?;
    let mut answer = Foreign {
        model: model.map(|model| model.of_store(&beside.name)),
        members: Members::Facts(RoaringBitmap::new()),
        asked: None,
        attributed: None,
        extent: None,
        parts: PartsOfLayers::None,
        languages,
        drawn,
    };
    match &*set {
        Set::Pairs(pairs) => of_pairs(&mut execution, pairs, &mut answer)?,
        Set::Neurons(neurons) => {
            let (neurons, parts) = execution.neurons_and_parts(neurons)?;
            (answer.members, answer.parts) = (Members::Neurons(neurons), parts);
        }
        Set::Facts(facts) => answer.members = Members::Facts(execution.facts(facts)?),
        Set::Entries(_) => return Ok(None),
    }
    note_ties(Node::from(&*set), &execution.notes);
    for note in execution.notes.into_all() {
        notes.add(note.span.unwrap_or(expr.span), of_store(&beside.name, &note.text));
    }
    Ok(Some(Answer { set: answer, extent }))
}

fn of_pairs<'s>(execution: &mut Execution<'s>, pairs: &Pairs<'s>, answer: &mut Foreign) -> Result<(), QueryError> {
    let pairs = execution.prepare(pairs)?;
    answer.parts = PartsOfLayers::of_pairs(&pairs, execution.shape);
    answer.asked = unknown_in(&pairs).is_none().then(|| asked(&pairs)).transpose()?;
    answer.attributed = Some(attributed(&pairs)?);
    let memory = execution.memory;
    let facts: Vec<u32> = domain(&pairs)?.facts.iter().collect();
    let work = |worker: &mut Worker<'_, 's>, facts: &[u32]| {
        let (mut found, mut neurons) = (Vec::new(), Vec::new());
        for &fact in facts {
            neurons.clear();
            worker.pairs(&pairs, fact, &mut neurons)?;
            if !neurons.is_empty() {
                memory.take(OF_FACT + MEMBER * neurons.len() as u64, MEMBERS)?;
                found.push((fact, neurons.iter().copied().collect::<RoaringBitmap>()));
            }
        }
        Ok(found)
    };
    let shares = execution.in_parallel(&facts, FACTS_A_THREAD, work)?;
    answer.members = Members::Pairs(Arc::new(shares.into_iter().flatten().collect()));
    Ok(())
}

/// An answer with the numbers that facts have here.
fn translated(
    Answer { mut set, extent }: Answer,
    number: usize,
    translation: &mut Translation<'_>,
) -> Result<Foreign, QueryError> {
    let mut facts = |facts: Option<RoaringBitmap>| match facts {
        None => Ok(None),
        Some(facts) => translation.facts(number, &facts).map(Some),
    };
    set.asked = facts(set.asked)?;
    set.attributed = facts(set.attributed)?;
    if let Some(Extent { stored, asked }) = extent {
        set.extent = Some(Extent { stored: facts(Some(stored))?.unwrap_or_default(), asked: facts(asked)? });
    }
    set.members = match set.members {
        Members::Pairs(pairs) => {
            let pairs = Arc::try_unwrap(pairs).unwrap_or_else(|pairs| (*pairs).clone());
            let mut here = BTreeMap::new();
            for (fact, neurons) in pairs {
                here.insert(translation.fact(number, fact)?, neurons);
            }
            Members::Pairs(Arc::new(here))
        }
        Members::Facts(facts) => Members::Facts(translation.facts(number, &facts)?),
        Members::Neurons(neurons) => Members::Neurons(neurons),
    };
    Ok(set)
}
