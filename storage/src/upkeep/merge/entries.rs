//! Entries of a run in all stores: those that the store lacks, each once; equal ones are found by their bytes.

use super::facts::Translation;
use super::runs::RunPlan;
use super::{Plan, Source};
use crate::block::{Form, as_current};
use crate::error::{EntriesDiffer, Error, Result};
use crate::files::mapped::{RELEASED_BYTES, ReadSoFar};
use crate::ids::{FactId, RunId};
use crate::segment::PartKind;
use crate::segment::build::EntryKey;
use crate::segment::read::Part;
use crate::snapshot::{LivePart, Snapshot};
use crate::stop::Stop;
use std::borrow::Cow;
use std::path::Path;

/// An entry, wherever it is.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    /// In the numbers of the store that it goes into.
    pub key: EntryKey,
    /// 0: that store; else the number of its source, from 1.
    place: usize,
    part: Part<'a>,
    local: u32,
}

/// Entries of all stores together.
pub(super) struct United<'a> {
    /// What is to be copied, in the order of a segment.
    pub new: Vec<Found<'a>>,
    /// How many were there already, or in several sources.
    pub same: u64,
}

/// Unites the entries of a run. With `compare`, which is asked whether to go on, different ones for one place are refused.
pub(super) fn united<'a>(
    plan: &'a Plan,
    run: &RunPlan,
    sources: &'a [Source],
    compare: Option<&Stop>,
) -> Result<United<'a>> {
    let mut all = Vec::new();
    if let Some(id) = run.into {
        gather(&plan.into, (0, id), run, None, &mut all)?;
    }
    for &(number, id) in &run.from {
        let source = &sources[number];
        source.stop.look()?;
        gather(&source.snapshot, (number + 1, id), run, Some(&plan.translations[number]), &mut all)?;
    }
    all.sort_unstable_by_key(|found| (found.key.place(), found.place));
    let mut united = United { new: Vec::new(), same: 0 };
    let mut read = ReadSoFar::default();
    let mut different: Option<(Found<'_>, Found<'_>, u64)> = None;
    for same in all.chunk_by(|one, other| one.key.place() == other.key.place()) {
        compare.map_or(Ok(()), Stop::look)?;
        let (first, rest) = (same[0], &same[1..]);
        for other in rest.iter().filter(|_| compare.is_some()) {
            let equal = first.equals(other, run);
            if read.is_much(first.part.bytes_each() + other.part.bytes_each()) {
                plan.release_pages(sources);
            }
            if !equal.map_err(|error| error.in_place_of(&first.owner(plan, sources)))? {
                let (a, b, count) = different.unwrap_or((first, *other, 0));
                different = Some((a, b, count + 1));
            }
        }
        united.same += rest.len() as u64;
        if first.place != 0 {
            united.new.push(first);
        }
    }
    if let Some((first, other, count)) = different {
        let name = |snapshot: &Snapshot, found: &Found<'_>| {
            snapshot.run(found.part.run()).map_or_else(String::new, |run| run.spec.name.clone())
        };
        // The first of a place is of the store or of an earlier source.
        let ((before, before_path), (given, from)) = (first.of(plan, sources), other.of(plan, sources));
        return Err(Error::EntriesDiffer(Box::new(EntriesDiffer {
            fact: other.fact(given),
            language: given.language_name(other.part.language()).to_owned(),
            prompt: other.part.prompt().0,
            run: name(given, &other),
            from: from.to_owned(),
            other_run: name(before, &first),
            other: before_path.to_owned(),
            count,
        })));
    }
    united.new.sort_unstable_by_key(|found| found.key);
    Ok(united)
}

fn gather<'a>(
    snapshot: &'a Snapshot,
    (place, id): (usize, RunId),
    run: &RunPlan,
    translation: Option<&Translation>,
    all: &mut Vec<Found<'a>>,
) -> Result<()> {
    let attributions = snapshot.slots().filter(|slot| slot.run == id).map(|slot| snapshot.parts(slot));
    let groups = snapshot.group_slots().filter(|slot| slot.run == id).map(|slot| snapshot.group_parts(slot));
    for parts in attributions.chain(groups) {
        for live in parts? {
            gather_part(snapshot, live, (place, run), translation, all)?;
        }
    }
    Ok(())
}

fn gather_part<'a>(
    snapshot: &'a Snapshot,
    live: LivePart<'a>,
    (place, run): (usize, &RunPlan),
    translation: Option<&Translation>,
    all: &mut Vec<Found<'a>>,
) -> Result<()> {
    let part = live.part;
    let shape = run.run.spec.shape;
    if part.shape() != shape {
        return Err(live.damaged(part.shape(), shape));
    }
    part.prove()?;
    // Neuron sets, and parts of format 1, are read whole there.
    snapshot.release_pages(RELEASED_BYTES);
    let language = match translation {
        Some(translation) => translation.languages.get(usize::from(part.language().0)).copied(),
        None => Some(part.language()),
    };
    let language = language.ok_or_else(|| live.damaged(part.language(), "a language of the store"))?;
    for (local, &fact) in (0..).zip(part.facts()?) {
        if !live.is_live(local) {
            continue;
        }
        let number = u32::from_le_bytes(fact);
        let fact = match translation {
            Some(translation) => translation.facts.get(number as usize).copied().flatten(),
            None => Some(FactId(number)).filter(|fact| fact.0 < snapshot.catalogue.counters.next_fact),
        };
        let fact = fact.ok_or_else(|| live.damaged(format!("fact number {number}"), "a fact of the store"))?;
        let key = EntryKey { language, prompt: part.prompt(), kind: part.kind(), fact };
        all.push(Found { key, place, part, local });
    }
    Ok(())
}

impl<'a> Found<'a> {
    /// The store that it is in.
    fn of<'p>(&self, plan: &'p Plan, sources: &'p [Source]) -> (&'p Snapshot, &'p Path) {
        match self.place.checked_sub(1) {
            None => (&plan.into, &plan.path),
            Some(source) => (&sources[source].snapshot, &sources[source].path),
        }
    }

    /// Its fact's external id there.
    fn fact(&self, snapshot: &Snapshot) -> String {
        let number = self.part.facts().ok().and_then(|facts| facts.get(self.local as usize));
        let fact = number.map_or(u32::MAX, |&number| u32::from_le_bytes(number));
        snapshot.external_id(FactId(fact)).unwrap_or_default().to_owned()
    }

    /// Whose it is, for messages.
    pub(super) fn owner(&self, plan: &Plan, sources: &[Source]) -> String {
        let (snapshot, _) = self.of(plan, sources);
        let language = snapshot.language_name(self.part.language());
        format!("fact {:?} ({language}, prompt {})", self.fact(snapshot), self.part.prompt())
    }

    /// The entry's bytes, proved at this moment, in today's form.
    pub(super) fn payload(&self, run: &RunPlan) -> Result<Cow<'a, [u8]>> {
        let payload = self.part.payload(self.local)?;
        if self.key.kind == PartKind::Neurons {
            return Ok(payload);
        }
        let form = Form { shape: run.run.spec.shape, score_type: run.run.spec.score_type };
        let current = match &payload {
            Cow::Borrowed(block) => as_current(block, self.key.kind, form),
            Cow::Owned(block) => as_current(block, self.key.kind, form).map(|block| Cow::Owned(block.into_owned())),
        };
        current.map_err(|found| {
            let place = format!("entry {} of language {}", self.local, self.part.language());
            Error::corrupt(self.part.path(), place, found, "a block (docs/format.md)")
        })
    }

    fn equals(&self, other: &Self, run: &RunPlan) -> Result<bool> {
        Ok(self.key.kind == other.key.kind && self.payload(run)? == other.payload(run)?)
    }
}
