//! A part of a segment, as readers see it.

use super::{Blocks, GridSets, PartSections, Segment};
use crate::block::{HEAD_SHARE, ScoreView};
use crate::entry::Group;
use crate::error::{Error, Result};
use crate::files::mapped::{ReadSoFar, u32s};
use crate::ids::{FactId, LanguageId, Neuron, PromptId, RunId, Shape};
use crate::packed::{PackedSets, Values};
use crate::segment::build::le_u32;
use crate::segment::{PartKind, slots};
use crate::stop::Stop;
use std::borrow::Cow;
use std::path::Path;

/// Entries of one (language, prompt, kind) in a segment. A fact is named by its position, from 0.
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub(super) segment: &'a Segment,
    pub(super) part: &'a PartSections,
}

impl<'a> Part<'a> {
    pub(crate) fn path(&self) -> &'a Path {
        self.segment.path()
    }

    /// The run whose entries these are.
    pub(crate) fn run(&self) -> RunId {
        self.segment.run
    }

    /// Its language.
    pub fn language(&self) -> LanguageId {
        self.part.language
    }

    /// Its prompt.
    pub fn prompt(&self) -> PromptId {
        self.part.prompt
    }

    /// What its entries are.
    pub fn kind(&self) -> PartKind {
        self.part.kind
    }

    /// The model's shape.
    pub fn shape(&self) -> Shape {
        self.segment.shape
    }

    /// Number of facts.
    pub fn len(&self) -> u32 {
        self.part.count
    }

    /// Whether there is no fact.
    pub fn is_empty(&self) -> bool {
        self.part.count == 0
    }

    /// Number of kept scores, neurons or groups.
    pub fn members(&self) -> u64 {
        self.part.members
    }

    /// Number of kept scores, neurons or groups of one entry.
    pub(crate) fn members_of(&self, local: u32) -> Result<u64> {
        Ok(match self.kind() {
            PartKind::Scores => self.head(local)?.kept() as u64,
            PartKind::Groups => self.groups(local)?.len() as u64,
            PartKind::Neurons => {
                let mut neurons = Vec::new();
                self.grid(0)?.push_to(local, &mut neurons);
                neurons.len() as u64
            }
        })
    }

    /// From this τ on, the set of every fact is complete. Below it, single facts may still be: see [`ScoreView::floor`].
    pub fn tau_floor(&self) -> f64 {
        self.part.tau_floor
    }

    /// Whether the file is of an older format version than those that are written.
    pub(crate) fn is_old(&self) -> bool {
        matches!(self.part.blocks, Blocks::V1(_))
    }

    /// Ascending fact ids; the position in this list names the fact in all other calls.
    pub fn facts(&self) -> Result<&'a [[u8; 4]]> {
        let ascending = |bytes: &[u8]| {
            let facts = u32s(bytes);
            if facts.is_sorted_by(|a, b| u32::from_le_bytes(*a) < u32::from_le_bytes(*b)) {
                Ok(())
            } else {
                Err("fact ids out of order".to_owned())
            }
        };
        self.segment.container.checked(&self.part.facts, "facts", ascending).map(u32s)
    }

    /// The position of a fact.
    pub fn find(&self, fact: FactId) -> Result<Option<u32>> {
        let found = self.facts()?.binary_search_by_key(&fact.0, |&id| u32::from_le_bytes(id));
        Ok(found.ok().map(|at| at as u32))
    }

    /// Where something of an entry is, for messages.
    pub(super) fn place(&self, local: u32, name: &str) -> String {
        let fact = self.facts().ok().and_then(|facts| facts.get(local as usize));
        let fact = fact.map_or(String::new(), |&fact| format!(", fact number {}", u32::from_le_bytes(fact)));
        format!("part {}, entry {local}{fact}, {name}", self.part.number)
    }

    /// Thresholds with ready-made sets, ascending; one NaN for neuron sets without scores.
    pub fn taus(&self) -> impl ExactSizeIterator<Item = f64> + use<'a> {
        self.part.grids.iter().map(|grid| grid.tau)
    }

    fn sets(&self, grid: usize) -> Result<PackedSets<'a>> {
        let sets = &self.part.grids[grid].sets;
        self.segment.container.checked(sets, "sets", PackedSets::check).map(PackedSets::new)
    }

    /// The ready-made sets of a threshold, ready for many look-ups.
    pub fn grid(&self, grid: usize) -> Result<GridSets<'a>> {
        let (sets, index) = self.indexed(grid)?;
        let counts = &self.part.grids[grid].counts;
        let counts = self.segment.container.checked(counts, "counts", |_| Ok(())).map(u32s)?;
        Ok(GridSets { sets, index, counts, slots: slots(self.segment.shape) })
    }

    /// The sets of a threshold, and where each entry's begin.
    fn indexed(&self, grid: usize) -> Result<(PackedSets<'a>, &'a [[u8; 4]])> {
        let sections = &self.part.grids[grid];
        let sets = self.sets(grid)?;
        let slots = slots(self.segment.shape);
        // Every container must belong to the fact that the index gives it to.
        let fits = |bytes: &[u8]| {
            let index: Vec<usize> = u32s(bytes).iter().map(|&at| u32::from_le_bytes(at) as usize).collect();
            let last = index.last().copied().unwrap_or(usize::MAX);
            if last != sets.len() || !index.is_sorted() {
                return Err(format!("index up to {last} of {} containers", sets.len()));
            }
            for (fact, range) in index.windows(2).enumerate() {
                if let Some(at) = (range[0]..range[1]).find(|&at| u32::from(sets.slot(at)) / slots != fact as u32) {
                    return Err(format!("container {at} of slot {} for fact {fact}", sets.slot(at)));
                }
            }
            Ok(())
        };
        Ok((sets, self.segment.container.checked(&sections.index, "index", fits).map(u32s)?))
    }

    fn postings_of_slot(&self, grid: usize, high: usize) -> Result<PackedSets<'a>> {
        let postings = &self.part.grids[grid].postings[high];
        self.segment.container.checked(postings, "postings", PackedSets::check).map(PackedSets::new)
    }

    /// Positions of the facts whose ready-made set has this neuron.
    pub fn postings(&self, grid: usize, neuron: Neuron) -> Result<Option<Values<'a>>> {
        Ok(self.postings_of_slot(grid, (neuron.0 >> 16) as usize)?.of(neuron.0 as u16))
    }

    /// All kept scores of a fact. Only for parts of kind [`PartKind::Scores`].
    ///
    /// # Errors
    /// When the head or the tail of its block is damaged, as with all reading here: what is used is compared with its checksum
    /// the first time.
    pub fn scores(&self, local: u32) -> Result<ScoreView<'a>> {
        self.part.blocks.scores(self, local, true)
    }

    /// The highest scores of a fact — those of at least [`HEAD_SHARE`] of its maximum —, with its floor, maximum, evidence
    /// and origin: a fraction of the bytes of [`Self::scores`]. Only for parts of kind [`PartKind::Scores`].
    ///
    /// # Errors
    /// When the head of its block is damaged; whatever is wrong with the tail does not disturb.
    pub fn head(&self, local: u32) -> Result<ScoreView<'a>> {
        self.part.blocks.scores(self, local, false)
    }

    /// At least all kept scores of a fact above `tau` times its maximum, read as sparingly as that can be. Only for parts of
    /// kind [`PartKind::Scores`].
    ///
    /// # Errors
    /// When what is read is damaged.
    pub fn scores_above(&self, local: u32, tau: f64) -> Result<ScoreView<'a>> {
        if tau >= HEAD_SHARE { self.head(local) } else { self.scores(local) }
    }

    /// The degenerate groups of a fact. Only for parts of kind [`PartKind::Groups`].
    pub fn groups(&self, local: u32) -> Result<Vec<Group>> {
        self.part.blocks.groups(self, local)
    }

    /// Bytes of an entry's block, on average: to count what is read. Neuron sets have no blocks.
    pub(crate) fn bytes_each(&self) -> u64 {
        self.part.blocks.bytes_each(self)
    }

    /// The [`crate::question_hash`] of what the model was asked for an entry, where the entry says so. Neuron sets never do.
    ///
    /// # Errors
    /// When what is read is damaged.
    pub fn question(&self, local: u32) -> Result<Option<u64>> {
        match (self.kind(), &self.part.blocks) {
            (PartKind::Scores, _) => Ok(self.head(local)?.origin().and_then(|origin| origin.question)),
            (PartKind::Groups, Blocks::V2(blocks)) => blocks.question_of_groups(self, local),
            (PartKind::Groups, Blocks::V1(_)) | (PartKind::Neurons, _) => Ok(None),
        }
    }

    /// Compares everything that [`Self::payload`] takes with its checksums, but for what it compares itself.
    pub(crate) fn prove(&self) -> Result<()> {
        let container = &self.segment.container;
        container.verify(self.part.facts.section, "facts")?;
        if let Blocks::V1(blocks) = &self.part.blocks {
            blocks.prove(container)?;
        }
        if self.kind() == PartKind::Neurons {
            self.prove_grids()?;
        }
        Ok(())
    }

    /// The facts, compared with their checksum at this moment.
    pub(crate) fn proved_facts(&self) -> Result<&'a [[u8; 4]]> {
        self.segment.container.verify(self.part.facts.section, "facts")?;
        self.facts()
    }

    /// The error for an entry of which the store does not know the language or the fact.
    pub(crate) fn unknown(&self, local: u32) -> Error {
        let expected = "a language and a fact of the store";
        Error::corrupt(self.path(), self.place(local, "entry"), "unknown numbers", expected)
    }

    /// [`Self::payload`] of a part in which other things may be damaged: whatever is not needed for this entry is not looked at.
    pub(crate) fn salvaged(&self, local: u32) -> Result<Cow<'a, [u8]>> {
        match self.kind() {
            PartKind::Scores => self.check_scores(local)?,
            PartKind::Groups => drop(self.groups(local)?),
            PartKind::Neurons => {
                let mut neurons = Vec::new();
                // Sizes are not needed.
                let (sets, index) = self.indexed(0)?;
                let slots = slots(self.segment.shape);
                GridSets { sets, index, counts: &[], slots }.push_to(local, &mut neurons);
                return Ok(le_u32(&neurons).into());
            }
        }
        self.payload(local)
    }

    fn check_scores(&self, local: u32) -> Result<()> {
        self.scores(local)?.check(self.shape().neurons()).map_err(|found| {
            let place = self.place(local, "block");
            Error::corrupt(self.path(), place, found, "scores of the model that descend")
        })
    }

    fn prove_grids(&self) -> Result<()> {
        let container = &self.segment.container;
        for (at, grid) in self.part.grids.iter().enumerate() {
            container.verify(grid.index.section, "index")?;
            container.verify(grid.counts.section, "counts")?;
            container.verify(grid.sets.section, "sets")?;
            self.grid(at)?;
            for (high, postings) in grid.postings.iter().enumerate() {
                container.verify(postings.section, "postings")?;
                self.postings_of_slot(at, high)?;
            }
        }
        Ok(())
    }

    /// That the neurons of a fact's groups are of the model.
    fn check_groups(&self, local: u32) -> Result<()> {
        self.question(local)?;
        let (groups, all) = (self.groups(local)?, self.shape().neurons());
        let mut neurons = groups.iter().flat_map(|group| &group.neurons);
        match neurons.find(|neuron| u64::from(neuron.0) >= all) {
            None => Ok(()),
            Some(neuron) => {
                let place = format!("groups of entry {local}");
                Err(Error::corrupt(self.path(), place, format!("neuron {neuron}"), format!("one of {all}")))
            }
        }
    }

    pub(super) fn verify(&self, stop: &Stop) -> Result<()> {
        let container = &self.segment.container;
        stop.look()?;
        container.verify(self.part.facts.section, "facts")?;
        self.facts()?;
        match &self.part.blocks {
            Blocks::V1(blocks) => blocks.prove(container)?,
            Blocks::V2(blocks) => blocks.prove(self)?,
        }
        self.prove_grids()?;
        let mut read = ReadSoFar::default();
        for local in 0..self.len() {
            stop.look()?;
            if read.is_much(self.bytes_each()) {
                self.segment.release();
            }
            match self.kind() {
                PartKind::Scores => self.check_scores(local)?,
                PartKind::Groups => self.check_groups(local)?,
                PartKind::Neurons => {}
            }
        }
        Ok(())
    }

    /// The entry as it waits in the catalogue, for copying into another segment: compared with its checksums at this moment,
    /// after [`Self::prove`].
    pub(crate) fn payload(&self, local: u32) -> Result<Cow<'a, [u8]>> {
        match &self.part.blocks {
            _ if self.kind() == PartKind::Neurons => {
                let mut neurons = Vec::new();
                self.grid(0)?.push_to(local, &mut neurons);
                Ok(le_u32(&neurons).into())
            }
            Blocks::V1(blocks) => blocks.block(self, local).map(Cow::Borrowed),
            Blocks::V2(blocks) => blocks.copied(self, local).map(Cow::Owned),
        }
    }
}
