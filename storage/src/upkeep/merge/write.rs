//! The entries of one run into the store: a segment a commit, between one that opens the run and one that ends it.

use super::entries::{Found, united};
use super::runs::{COMPLETE, OPEN, RunPlan, SIGNATURE};
use super::{MergedRun, Plan, Source};
use crate::catalogue::{FileRecord, JobRecord, Locked};
use crate::claim::Claim;
use crate::error::{Error, Result};
use crate::files::mapped::ReadSoFar;
use crate::files::{SEGMENT, file_path};
use crate::ids::RunId;
use crate::lost::{Lost, LostFrom, LostOfRun, unite};
use crate::run::Run;
use crate::segment::build::{SegmentHead, build};
use crate::stop::Until;
use crate::store::Store;
use crate::writer::MANY_SEGMENTS;
use roaring::RoaringBitmap;

/// Bytes of payload a segment, and so a commit.
const SEGMENT_BYTES: u64 = 512 << 20;

pub(super) fn run(
    plan: &Plan,
    store: &Store,
    sources: &[Source],
    run: &RunPlan,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<MergedRun>> {
    let united = united(plan, run, sources, None)?;
    let new = united.new.len() as u64;
    let name = &run.run.spec.name;
    let done = MergedRun { name: name.clone(), new, same: united.same, finished: run.finished };
    let lost = lost(plan, sources, run);
    if is_done(plan, run, new, &lost) {
        return Ok(Some(done));
    }
    let _claim = store.claim_run(name, Claim::Alone, "a merge")?;
    let Some(id) = begin(plan, store, run, &lost)? else { return Ok(None) };
    let mut rest = united.new.as_slice();
    while !rest.is_empty() {
        progress(new - rest.len() as u64);
        let Some(written) = segment(plan, store, sources, (run, id), rest)? else { return Ok(None) };
        rest = &rest[written..];
    }
    progress(new);
    if !end(store, run, id, &lost)? {
        return Ok(None);
    }
    store.tell_what_came_back().map_err(Error::after_commit)?;
    if store.for_writing()?.sealed_count(id) > MANY_SEGMENTS {
        match store.compact_run(name) {
            // Of no matter to the run, which is there whole: whatever compacts it next does it.
            Err(Error::Stopped) => {}
            compacted => compacted?,
        }
    }
    Ok(Some(done))
}

/// Whether the store has the run as it is to be.
fn is_done(plan: &Plan, run: &RunPlan, new: u64, lost: &LostOfRun) -> bool {
    let Some(id) = run.into else { return false };
    let jobs: Vec<&str> = plan.into.unfinished_jobs(id).collect();
    let merging = jobs.iter().any(|job| job.starts_with(SIGNATURE));
    let left = run.left.iter().all(|left| jobs.contains(&left.as_str()));
    let same = plan.into.run(id).is_some_and(|there| there.finished == run.finished && there.begun == run.run.begun);
    let known = plan.into.catalogue.lost.get(&id).map_or(lost.is_empty(), |known| known == lost);
    new == 0 && !merging && left && same && known
}

/// What the run lost to damage, in the store and in the sources, in the numbers of the store.
fn lost(plan: &Plan, sources: &[Source], run: &RunPlan) -> LostOfRun {
    let mut all = run.into.and_then(|id| plan.into.catalogue.lost.get(&id)).cloned().unwrap_or_default();
    for &(number, id) in &run.from {
        let (Some(of_run), translation) =
            (sources[number].snapshot.catalogue.lost.get(&id), &plan.translations[number])
        else {
            continue;
        };
        let translated = of_run.iter().map(|(from, lost)| {
            let language =
                translation.languages.get(usize::from(from.language)).map_or(u16::MAX, |language| language.0);
            let places = lost.facts.iter().map(|fact| translation.facts.get(fact as usize).copied().flatten());
            let facts: RoaringBitmap = places.flatten().map(|fact| fact.0).collect();
            // Facts that do not come along were forgotten: nothing of them is lost.
            (LostFrom { language, ..*from }, Lost { facts, unknown: lost.unknown })
        });
        let some = translated.filter(|(_, lost)| !lost.facts.is_empty() || lost.unknown > 0);
        unite(&mut all, &some.collect());
    }
    all
}

/// Opens the run; a job says what it was before. `None` where the run is not what the plan was made from any more: another job
/// may have made it, gone on with it or ended it, and a repair may have taken entries out, before the run was claimed.
fn begin(plan: &Plan, store: &Store, run: &RunPlan, lost: &LostOfRun) -> Result<Option<RunId>> {
    store.write(|locked| {
        let name = &run.run.spec.name;
        let there = locked.now().run_named(name);
        let lost_there = run.into.and_then(|id| locked.now().lost.get(&id));
        let planned = run.into.and_then(|id| plan.into.catalogue.lost.get(&id));
        if there != plan.into.run_named(name) || lost_there != planned {
            return Ok(None);
        }
        let id = match there {
            Some(there) => there.id,
            None => {
                let counters = locked.counters();
                counters.next_run += 1;
                RunId(counters.next_run)
            }
        };
        locked.set_run(&Run { id, finished: false, ..run.run.clone() });
        if !lost.is_empty() {
            locked.set_lost(id, lost.clone());
        }
        let merging = |job: &JobRecord| job.run == id.0 && job.signature.starts_with(SIGNATURE);
        if !locked.now().jobs.values().any(merging) {
            let was = if run.was_open { OPEN } else { COMPLETE };
            add_job(locked, id, format!("{SIGNATURE}{was}"));
        }
        Ok(Some(id))
    })
}

fn add_job(locked: &mut Locked, run: RunId, signature: String) {
    let counters = locked.counters();
    counters.next_job += 1;
    let job = counters.next_job;
    locked.set_job(job, JobRecord { run: run.0, signature, finished: false });
}

/// Copies entries from the front; says how many. `None` where somebody else has written one of them meanwhile.
fn segment(
    plan: &Plan,
    store: &Store,
    sources: &[Source],
    (run, id): (&RunPlan, RunId),
    entries: &[Found<'_>],
) -> Result<Option<usize>> {
    let spec = &run.run.spec;
    let head = SegmentHead { run: id, shape: spec.shape, score_type: spec.score_type };
    let building = store.building()?;
    let (mut count, mut size, mut damage) = (0, 0, None);
    let mut read = ReadSoFar::default();
    let payloads = entries.iter().map_while(|entry| {
        if size >= SEGMENT_BYTES {
            return None;
        }
        match store.stop.look().and_then(|()| entry.payload(run)) {
            Ok(payload) => {
                (count, size) = (count + 1, size + payload.len() as u64);
                if read.is_much(payload.len() as u64) {
                    plan.release_pages(sources);
                }
                Some((entry.key, payload))
            }
            Err(error) => {
                damage = Some(error.in_place_of(&entry.owner(plan, sources)));
                None
            }
        }
    });
    let built = build(Until::new(building.writer()?, &store.stop), head, payloads.fuse());
    // Damage, or the wish to stop, first: what was built before it ends too early.
    if let Some(damage) = damage {
        return Err(damage);
    }
    if built.is_err() {
        store.stop.look()?;
    }
    let (out, bytes) = built.map_err(Error::io("write", building.path()))?;
    building.sync(out.into_inner())?;
    store.write(|locked| {
        if !locked.now().runs.contains_key(&id) {
            return Err(locked.now().unknown_run(&spec.name));
        }
        // The claim keeps other jobs out; but not who writes without one.
        let now = store.snapshot_under(locked)?;
        for entry in &entries[..count] {
            if now.find(id, entry.key)?.is_some() {
                return Ok(None);
            }
        }
        let file = locked.next_file();
        building.rename(&file_path(store.path(), file, SEGMENT))?;
        locked.set_file(file, FileRecord::Segment { run: id.0, job: None, bytes });
        locked.revive(entries[..count].iter().map(|entry| entry.key.fact));
        Ok(Some(count))
    })
}

/// Ends the run, complete or open, and takes over what jobs have left open. `false` where the run is not what [`begin`] made of it:
/// a repair takes entries out of a run that somebody has claimed, too.
fn end(store: &Store, run: &RunPlan, id: RunId, lost: &LostOfRun) -> Result<bool> {
    store.write(|locked| {
        let name = &run.run.spec.name;
        let there = locked.now().runs.get(&id).cloned().ok_or_else(|| locked.now().unknown_run(name))?;
        let lost_there = locked.now().lost.get(&id);
        if there != (Run { id, finished: false, ..run.run.clone() })
            || lost_there.map_or(!lost.is_empty(), |there| there != lost)
        {
            return Ok(false);
        }
        locked.set_run(&Run { finished: run.finished, ..there });
        let of_run = locked.now().jobs.iter().filter(|(_, job)| job.run == id.0);
        let of_run: Vec<(u32, String)> = of_run.map(|(&job, record)| (job, record.signature.clone())).collect();
        for (job, _) in of_run.iter().filter(|(_, signature)| signature.starts_with(SIGNATURE)) {
            locked.remove_job(*job);
        }
        for left in run.left.iter().filter(|left| !of_run.iter().any(|(_, known)| known == *left)) {
            add_job(locked, id, left.clone());
        }
        Ok(true)
    })
}
