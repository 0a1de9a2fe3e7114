//! Which runs are merged, and whether all stores say the same of them.

use super::{Only, Source};
use crate::catalogue::{Catalogue, FileRecord};
use crate::error::{Error, Result};
use crate::ids::{RunId, Shape};
use crate::run::{Run, RunSpec};
use crate::snapshot::Snapshot;
use std::collections::{BTreeMap, BTreeSet};

/// How the signature of a merge's job begins; what the run was before follows.
pub(super) const SIGNATURE: &str = "kndb merge into a run that was ";
pub(super) const OPEN: &str = "open";
pub(super) const COMPLETE: &str = "complete, or not there";

/// A run, with what all stores say of it.
pub(super) struct RunPlan {
    /// As the first store has it, but begun when the first was.
    pub run: Run,
    /// Its number in the store that it goes into.
    pub into: Option<RunId>,
    /// Sources that have it.
    pub from: Vec<(usize, RunId)>,
    /// Whether it was open before, and not by a merge that was ended.
    pub was_open: bool,
    /// Whether it will be complete.
    pub finished: bool,
    /// What jobs of the sources have left open, by their signatures.
    pub left: Vec<String>,
}

/// The runs that the sources have, by their names to come.
pub(super) fn names(sources: &[Source], only: Option<Only<'_>>) -> BTreeSet<String> {
    let all = sources.iter().flat_map(|source| chosen(source, only));
    all.map(|(_, name)| name.to_owned()).collect()
}

fn chosen<'a>(source: &'a Source, only: Option<Only<'a>>) -> Vec<(&'a Run, &'a str)> {
    let runs = source.snapshot.runs().map(|run| (run, run.spec.name.as_str()));
    match only {
        None => runs.collect(),
        Some(only) => runs.filter(|(_, name)| *name == only.run).map(|(run, _)| (run, only.name)).collect(),
    }
}

pub(super) fn plan(into: &Snapshot, sources: &[Source], only: Option<Only<'_>>) -> Result<Vec<RunPlan>> {
    let mut plans: Vec<RunPlan> = Vec::new();
    let mut shapes: BTreeMap<String, Shape> = into.runs().map(|run| (run.spec.model.clone(), run.spec.shape)).collect();
    for (number, source) in sources.iter().enumerate() {
        for (run, name) in chosen(source, only) {
            let spec = RunSpec { name: name.to_owned(), ..run.spec.clone() };
            spec.check()?;
            let shape = *shapes.entry(spec.model.clone()).or_insert(spec.shape);
            if shape != spec.shape {
                return Err(source.differs(format!("the shape of model {:?}", spec.model), shape, spec.shape));
            }
            let at = match plans.iter().position(|plan| plan.run.spec.name == name) {
                Some(at) => at,
                None => {
                    plans.push(begun(into, Run { spec: spec.clone(), ..run.clone() }));
                    plans.len() - 1
                }
            };
            let plan = &mut plans[at];
            plan.run.spec.must_equal(&spec).map_err(|error| match error {
                Error::RunDiffers { run, field, stored, given } => {
                    source.differs(format!("the {field} of run {run:?}"), stored, given)
                }
                other => other,
            })?;
            plan.run.begun = plan.run.begun.min(run.begun);
            plan.finished &= run.finished;
            plan.from.push((number, run.id));
            for left in left_open(&source.snapshot.catalogue, run.id) {
                if !plan.left.iter().any(|known| known == left) {
                    plan.left.push(left.to_owned());
                }
            }
        }
    }
    Ok(plans)
}

/// A run as it is in the store before, or as its first source has it.
fn begun(into: &Snapshot, first: Run) -> RunPlan {
    let Some(there) = into.run_named(&first.spec.name) else {
        return RunPlan { run: first, into: None, from: vec![], was_open: false, finished: true, left: vec![] };
    };
    let merging = into.unfinished_jobs(there.id).find_map(|signature| signature.strip_prefix(SIGNATURE));
    let was_open = merging.map_or(!there.finished, |was| was == OPEN);
    RunPlan { run: there.clone(), into: Some(there.id), from: vec![], was_open, finished: !was_open, left: vec![] }
}

/// Unfinished jobs of a run that are no imports: an import knows what it wrote by its segments, which do not come along.
fn left_open(catalogue: &Catalogue, run: RunId) -> impl Iterator<Item = &str> {
    let of_run = catalogue.jobs.iter().filter(move |(_, job)| job.run == run.0 && !job.finished);
    let wrote = |id: u32| {
        catalogue.files.values().any(|file| matches!(file, FileRecord::Segment { job: Some(job), .. } if *job == id))
    };
    of_run
        .filter(move |(id, job)| !wrote(**id) && !job.signature.starts_with(SIGNATURE))
        .map(|(_, job)| job.signature.as_str())
}
