//! Segments, and entries that wait to be in one.

use super::MANY;
use crate::block::{Form, LEAST_POSITIVE, ScoreView};
use crate::error::{Error, Result};
use crate::files::mapped::Bytes;
use crate::ids::{FactId, LanguageId, Neuron, PromptId, RunId, Shape};
use crate::run::ScoreType;
use crate::segment::PartKind;
use crate::segment::build::{EntryKey, SegmentHead, build};
use crate::segment::read::{Part, Segment};
use crate::segment::summary::summaries;
use crate::stop::Stop;
use std::borrow::Cow;
use std::path::Path;

/// A segment file: all that questions ask of it, `verify`, and what compaction copies.
///
/// # Errors
/// When something of it is refused.
pub fn segment(bytes: &[u8]) -> Result<()> {
    examine(&Segment::open(Bytes::Owned(bytes.to_vec()), Path::new("made-up.seg"))?)
}

fn examine(segment: &Segment) -> Result<()> {
    summaries(segment);
    let asked: Vec<Result<()>> = (0..segment.len()).map(|index| ask(&segment.part(index))).collect();
    segment.verify(&Stop::default())?;
    for (index, asked) in asked.into_iter().enumerate() {
        // What `verify` has nothing to say against can be asked, and copied.
        asked?;
        copied(segment, &segment.part(index))?;
    }
    Ok(())
}

/// The first refusal, after everything was asked.
fn first(all: impl IntoIterator<Item = Result<()>>) -> Result<()> {
    let mut said = Ok(());
    for next in all {
        said = said.and(next);
    }
    said
}

fn ask(part: &Part<'_>) -> Result<()> {
    let facts = part.facts()?;
    let some = facts.len().min(MANY as usize) as u32;
    for fact in facts.iter().take(MANY as usize) {
        part.find(FactId(u32::from_le_bytes(*fact)))?;
    }
    let grids = (0..part.taus().len()).map(|grid| ask_grid(part, grid, some));
    part.bytes_each();
    let counted = (0..some).map(|local| part.members_of(local).and(part.question(local)).map(drop));
    let entries = (0..some).map(|local| match part.kind() {
        PartKind::Scores => ask_scores(part, local),
        PartKind::Groups => part.groups(local).map(drop),
        PartKind::Neurons => Ok(()),
    });
    let salvaged = (0..some).map(|local| part.salvaged(local).map(drop));
    first(grids.chain(entries).chain(counted).chain(salvaged).collect::<Vec<_>>())
}

fn ask_grid(part: &Part<'_>, grid: usize, some: u32) -> Result<()> {
    let sets = part.grid(grid)?;
    let mut neurons: Vec<u32> = (0..100).collect();
    for local in 0..some {
        sets.count(local);
        sets.push_to(local, &mut neurons);
        if let Some(values) = sets.single(local).filter(|_| sets.is_single()) {
            values.push_to(0, &mut Vec::new());
        }
    }
    let all = part.shape().neurons();
    for neuron in neurons.into_iter().filter(|&neuron| u64::from(neuron) < all).take(MANY as usize) {
        if let Some(values) = part.postings(grid, Neuron(neuron))? {
            values.contains(0);
            values.push_to(0, &mut Vec::new());
        }
    }
    Ok(())
}

fn ask_scores(part: &Part<'_>, local: u32) -> Result<()> {
    let views = [part.head(local), part.scores_above(local, 0.2), part.scores_above(local, 0.05), part.scores(local)];
    first(views.into_iter().map(|view| view.map(|view| look(&view))))
}

fn look(view: &ScoreView<'_>) {
    for tau in [0.0, 0.05, 0.1, 0.5, 1.0, f64::NAN] {
        let count = view.above_share(tau, 0..view.len());
        view.push_neurons(count, &mut Vec::new());
        view.knows_share(tau);
        view.knows_from(tau, true);
    }
    for rank in 0..view.len() {
        let _ = (view.neuron(rank), view.score(rank));
    }
    let _ = (view.negative().count(), view.layers().count(), view.kept(), view.origin());
    view.knows_from(LEAST_POSITIVE.into(), false);
}

/// The part's entries in a segment of their own, as compaction writes them. What it can write can be read.
fn copied(segment: &Segment, part: &Part<'_>) -> Result<()> {
    let (language, prompt, kind) = (part.language(), part.prompt(), part.kind());
    let mut entries = Vec::new();
    for (local, fact) in (0..MANY).zip(part.facts()?) {
        let fact = FactId(u32::from_le_bytes(*fact));
        entries.push((EntryKey { language, prompt, kind, fact }, part.payload(local)?));
    }
    let Form { shape, score_type } = segment.form();
    let head = SegmentHead { run: segment.run(), shape, score_type };
    if let Ok((bytes, _)) = build(Vec::new(), head, entries.into_iter()) {
        let copy = Segment::open(Bytes::Owned(bytes), Path::new("copy.seg")).expect("what was written can be read");
        copy.verify(&Stop::default()).expect("a copy of what was verified");
    }
    Ok(())
}

/// The bytes of an entry that waits to be in a segment, after four that say of which kind, precision, layers and width.
///
/// # Errors
/// When it is refused.
pub fn waiting(bytes: &[u8]) -> Result<()> {
    let path = Path::new("unsealed entries");
    let wrong = |found: String| Error::corrupt(path, "entry", found, "an entry that can be read");
    let Some((&[kind, score_type, layers, width], payload)) = bytes.split_first_chunk() else {
        return Err(wrong(format!("{} bytes", bytes.len())));
    };
    let kind = [PartKind::Scores, PartKind::Neurons, PartKind::Groups][usize::from(kind % 3)];
    let score_type = [ScoreType::F32, ScoreType::F16, ScoreType::Bf16][usize::from(score_type % 3)];
    // The largest take four bytes for a neuron.
    let width = [u32::from(width), 40_000][usize::from(width >= 0x80)].max(1);
    let shape = Shape::new((u32::from(layers) % 8).max(1), width).ok_or_else(|| wrong("no shape".into()))?;
    let key = EntryKey { language: LanguageId(0), prompt: PromptId(0), kind, fact: FactId(7) };
    let head = SegmentHead { run: RunId(1), shape, score_type };
    let entry = (key, Cow::Borrowed(payload));
    let (bytes, _) = build(Vec::new(), head, [entry].into_iter()).map_err(|e| wrong(e.to_string()))?;
    let built = Segment::open(Bytes::Owned(bytes), path).expect("what was written can be read");
    examine(&built)
}
