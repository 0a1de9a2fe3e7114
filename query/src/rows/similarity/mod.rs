//! `similarity(A, B)`: the Jaccard index |A ∩ B| / |A ∪ B| of each fact's neurons, then the mean over facts, beside what chance gives.
//!
//! Compared are facts that both sides have been attributed for; facts that only one side knows are
//! counted apart (`unpaired`), because missing data is no dissimilarity. A fact without any neuron on
//! either side has no index and is not counted. `similarity(A) between lang` does the same for each two languages.
//!
//! | module | what it keeps |
//! |---|---|
//! | `layered` | a fact's neurons with their number in each layer, and what two such sets share |
//! | `saved` | what is not known of sets saved with `let` |
//! | `kept` | the parts of a set, each read once |
//! | `side` | what is compared: a set, or a part of one |
//! | `mean` | what is added up for a row: indices, expected indices, the sets to be drawn at random |
//! | `compare` | one walk over the facts of two sides |
//! | `others` | a second walk: other facts of the same relation |
//! | `neurons` | two sets of neurons, which have no facts |
//! | `table` | rows: chosen, ordered, handed out |
//!
//! A mean over facts is added up in the order of the facts by one thread, so that its last digits are the same everywhere.

mod compare;
mod kept;
mod layered;
mod mean;
mod neurons;
mod others;
mod saved;
mod side;
mod table;

pub(crate) use neurons::{relations, two};

use super::Out;
use super::keys::FactKeys;
use super::partition::Splits;
use super::shape::Grouping;
use crate::error::QueryError;
use crate::plan::Pairs;
use crate::plan::parts::PartsOfLayers;
use crate::result::FactNames;
use crate::result::Value;
use crate::run::domain::Execution;
use crate::run::eval::Worker;
use crate::syntax::ast::{Dim, Dimension};
use compare::{Comparison, Found};
use kept::{Kept, take_marks};
use kndb_storage::Snapshot;
use layered::Marks;
use roaring::RoaringBitmap;
use side::Side;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use table::{Couples, Table};

/// Two sides, and the number of this couple.
struct Couple<'a, 's> {
    number: u32,
    sides: [Side<'a, 's>; 2],
    /// The facts that each has data for, whether or not any neuron passed.
    attributed: [&'a RoaringBitmap; 2],
}

/// Rows of the similarity of two sets of pairs. What there is to know beside them goes to `notes`.
pub(crate) fn pairs<'s>(
    execution: &mut Execution<'s>,
    sides: [&Pairs<'s>; 2],
    grouping: &Grouping,
    names: FactNames<'s>,
    notes: &mut Vec<String>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let [of_left, of_right] = sides.map(|side| PartsOfLayers::of_pairs(side, execution.shape));
    notes.extend(of_left.max(of_right).note().map(str::to_owned));
    saved::note(sides, notes)?;
    let sides = sides.map(Side::Set);
    let [on_left, on_right] = [sides[0].attributed()?, sides[1].attributed()?];
    let couple = Couple { number: 0, sides, attributed: [&on_left, &on_right] };
    rows(execution, &[couple], Couples::one(), grouping, names, notes, out)
}

/// Rows of the similarities of each two parts of a set.
pub(crate) fn between<'s>(
    execution: &mut Execution<'s>,
    set: &Pairs<'s>,
    dim: Dim,
    grouping: &Grouping,
    names: FactNames<'s>,
    notes: &mut Vec<String>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let splits = super::partition::split_sources(set, "between", &[dim])?;
    let mut numbers: Vec<u16> = (0..splits.len() as u16).collect();
    numbers.sort_by(|&a, &b| compare_parts(&splits, dim.dimension, names.snapshot, a, b));
    let named: Vec<Value<'s>> =
        numbers.iter().map(|&number| part_name(&splits, dim.dimension, names.snapshot, number)).collect();
    if named.len() < 2 {
        let what = if dim.dimension == Dimension::Lang { "language" } else { dim.dimension.word() };
        notes.push(format!("there is one {what} in this set, and so none to compare it with"));
    }
    let attributed: Vec<RoaringBitmap> =
        numbers.iter().map(|&number| splits.attributed(set, number)).collect::<Result<_, _>>()?;
    let mut kept = Kept::default();
    // What is in one couple alone is read no more often without.
    if numbers.len() > 2 {
        let facts = attributed.iter().fold(RoaringBitmap::new(), |all, part| all | part);
        kept = Kept::of(execution, set, &splits, &facts.iter().collect::<Vec<_>>())?;
    }
    let side = |at: usize| Side::Part { pairs: set, splits: &splits, number: numbers[at], kept: &kept };
    let couples = Couples::of(named);
    let couple = |number, &[a, b]: &[usize; 2]| Couple {
        number,
        sides: [side(a), side(b)],
        attributed: [&attributed[a], &attributed[b]],
    };
    let all: Vec<Couple<'_, 's>> = (0..).zip(&couples.places).map(|(number, places)| couple(number, places)).collect();
    rows(execution, &all, couples, grouping, names, notes, out)
}

fn compare_parts(splits: &Splits, dimension: Dimension, snapshot: &Snapshot, a: u16, b: u16) -> Ordering {
    let language = |number| splits.language(number).map(|id| snapshot.language_name(id));
    let run = |number| splits.run(number).and_then(|id| snapshot.run(id)).map(|run| run.spec.name.as_str());
    match dimension {
        Dimension::Lang => language(a).cmp(&language(b)),
        Dimension::Run => run(a).cmp(&run(b)),
        _ => splits.prompt(a).cmp(&splits.prompt(b)),
    }
}

fn part_name<'s>(splits: &Splits, dimension: Dimension, snapshot: &'s Snapshot, number: u16) -> Value<'s> {
    let text = |text: Option<&'s str>| text.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)));
    match dimension {
        Dimension::Lang => text(splits.language(number).map(|id| snapshot.language_name(id))),
        Dimension::Run => text(splits.run(number).and_then(|id| snapshot.run(id)).map(|run| run.spec.name.as_str())),
        _ => splits.prompt(number).map_or(Value::Null, |prompt| Value::Integer(u64::from(prompt.0))),
    }
}

fn rows<'s>(
    execution: &mut Execution<'s>,
    all: &[Couple<'_, 's>],
    couples: Couples<'s>,
    grouping: &Grouping,
    names: FactNames<'s>,
    notes: &mut Vec<String>,
    out: Out<'_>,
) -> Result<u64, QueryError> {
    let memory = execution.memory;
    let mut facts = RoaringBitmap::new();
    for of_side in all.iter().flat_map(|couple| couple.attributed) {
        facts |= of_side;
    }
    let mut keys = FactKeys::new(&grouping.by, names);
    for fact in &facts {
        memory.interrupt.check()?;
        keys.add(fact)?;
    }
    let (shape, relations) = (execution.shape, others::by_relation(&facts, names, memory)?);
    let comparison = Comparison { keys: &keys, by: &grouping.by, shape, memory, relations: &relations };
    // Each couple is one thread's alone.
    let numbers: Vec<u32> = (0..all.len() as u32).collect();
    take_marks(memory, execution.threads_for(&numbers, 1), Marks::bytes(shape.neurons()))?;
    let work = |worker: &mut Worker<'_, 's>, numbers: &[u32]| {
        let (mut found, mut marks) = (Found::default(), Marks::new(shape.neurons()));
        for &number in numbers {
            comparison.couple(worker, &all[number as usize], &mut marks, &mut found)?;
        }
        Ok(found)
    };
    let mut found = Found::default();
    for share in execution.in_parallel(&numbers, 1, work)? {
        found.merge(share);
    }
    found.note(grouping.between.is_some(), notes);
    let mut first = HashMap::new();
    for ((_, key, _), mean) in &found.rows {
        let known = first.entry(*key).or_insert(mean.first);
        *known = mean.first.min(*known);
    }
    if !keys.is_one() {
        first.into_iter().for_each(|(key, fact)| keys.name_after(key, fact));
    }
    Table { grouping, keys: &keys, couples, width: execution.shape.width }.deliver(
        found.rows,
        (memory, &execution.notes),
        out,
    )
}
