//! Reads a segment: parts, their sets, postings and blocks, in place.
//!
//! The envelope says which format version a file is of; [`v1`] and [`v2`] read what differs, the directory and the blocks,
//! and all else is the same code.

mod grid;
mod part;
mod proved;
mod v1;
mod v2;

pub use grid::GridSets;
pub use part::Part;

use super::{ArchivedGridDirectory, PartKind, TAU_GRID, slots};
use crate::block::{Form, ScoreView};
use crate::entry::Group;
use crate::error::{Error, Result};
use crate::files::container::{Checked, Container, Magic, Section};
use crate::files::mapped::Bytes;
use crate::ids::{LanguageId, PromptId, RunId, Shape};
use crate::run::ScoreType;
use crate::stop::Stop;
use rkyv::Portable;
use rkyv::api::high::HighValidator;
use rkyv::bytecheck::CheckBytes;
use rkyv::rancor;
use std::path::Path;

/// An open segment.
pub struct Segment {
    container: Container,
    run: RunId,
    shape: Shape,
    score_type: ScoreType,
    parts: Vec<PartSections>,
}

/// What the directory of a segment says of all of it.
struct Head {
    run: u32,
    layers: u32,
    width: u32,
    score_type: u8,
}

/// A part, whatever the format version.
struct PartSections {
    number: usize,
    language: LanguageId,
    prompt: PromptId,
    kind: PartKind,
    count: u32,
    members: u64,
    tau_floor: f64,
    facts: Checked,
    grids: Vec<GridSections>,
    blocks: Blocks,
}

struct GridSections {
    tau: f64,
    index: Checked,
    counts: Checked,
    sets: Checked,
    postings: Vec<Checked>,
}

/// Where the blocks of a part are: what a format version decides.
enum Blocks {
    V1(v1::Blocks),
    V2(v2::Blocks),
}

impl Segment {
    /// Opens a segment and checks its envelope, directory and the bounds of every section.
    pub(crate) fn open(bytes: Bytes, path: &Path) -> Result<Self> {
        let container = Container::open(bytes, path, Magic::Segment)?;
        // The envelope has refused versions that are not read.
        if container.version() == 1 { v1::open(container) } else { v2::open(container) }
    }

    /// A segment of what its directory says; `parts` reads those of a format version.
    fn of(
        container: Container,
        head: Head,
        parts: impl FnOnce(&Container, Shape) -> Result<Vec<PartSections>>,
    ) -> Result<Self> {
        let path = container.path();
        let Head { run, layers, width, score_type } = head;
        let shape = Shape::new(layers, width)
            .ok_or_else(|| Error::corrupt(path, "directory", format!("{layers} × {width}"), "a model's shape"))?;
        let score_type = match score_type {
            0 => ScoreType::F32,
            1 => ScoreType::F16,
            2 => ScoreType::Bf16,
            other => return Err(Error::corrupt(path, "directory", format!("score type {other}"), "0 to 2")),
        };
        let parts = parts(&container, shape)?;
        Ok(Self { container, run: RunId(run), shape, score_type, parts })
    }

    /// Gives the pages that were read back to the system.
    pub(crate) fn release(&self) {
        self.container.release();
    }

    /// The run whose entries these are.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The model's shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Fails unless this is the file whose directory has a checksum.
    pub(crate) fn must_be(&self, sum: Option<u64>) -> Result<()> {
        self.container.must_be(sum)
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.container.len()
    }

    /// The file's path.
    pub fn path(&self) -> &Path {
        self.container.path()
    }

    /// Number of parts.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there is no part.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The part at `index`.
    pub fn part(&self, index: usize) -> Part<'_> {
        Part { segment: self, part: &self.parts[index] }
    }

    /// How its blocks are written.
    pub(crate) fn form(&self) -> Form {
        Form { shape: self.shape, score_type: self.score_type }
    }

    /// Reads every byte anew: all checksums, all sets, all blocks.
    pub(crate) fn verify(&self, stop: &Stop) -> Result<()> {
        self.container.verify_envelope()?;
        for index in 0..self.len() {
            self.part(index).verify(stop)?;
            self.release();
        }
        Ok(())
    }
}

/// The root of a directory, checked.
fn root<T>(container: &Container) -> Result<&T>
where
    T: Portable + for<'a> CheckBytes<HighValidator<'a, rancor::Error>>,
{
    rkyv::access::<T, rancor::Error>(container.directory())
        .map_err(|e| Error::corrupt(container.path(), "directory", e, "a segment directory"))
}

/// Reads what a directory says of one part.
struct PartReader<'a> {
    container: &'a Container,
    number: usize,
    count: u32,
    shape: Shape,
}

impl PartReader<'_> {
    fn place(&self, name: &str) -> String {
        format!("part {}, {name}", self.number)
    }

    /// A section within the file and, where that is known, of the right length.
    fn bounded(&self, section: Section, name: &str, bytes: Option<u64>) -> Result<Checked> {
        self.container.check_bounds(section, &self.place(name))?;
        match bytes {
            Some(bytes) if bytes != section.len => Err(Error::corrupt(
                self.container.path(),
                self.place(name),
                format!("{} bytes", section.len),
                format!("{bytes}"),
            )),
            _ => Ok(Checked::new(section)),
        }
    }

    fn kind(&self, code: u8) -> Result<PartKind> {
        PartKind::from_code(code)
            .ok_or_else(|| Error::corrupt(self.container.path(), self.place("kind"), code, "0 to 2"))
    }

    fn facts(&self, section: Section) -> Result<Checked> {
        self.bounded(section, "facts", Some(4 * u64::from(self.count)))
    }

    /// Ready-made sets: as many as a kind has, because questions name them by number.
    fn grids(&self, kind: PartKind, grids: &[ArchivedGridDirectory]) -> Result<Vec<GridSections>> {
        let expected = match kind {
            PartKind::Scores => TAU_GRID.len(),
            PartKind::Neurons => 1,
            PartKind::Groups => 0,
        };
        if grids.len() != expected {
            return Err(Error::corrupt(self.container.path(), self.place("grids"), grids.len(), expected));
        }
        grids.iter().map(|grid| self.grid(grid)).collect()
    }

    fn grid(&self, grid: &ArchivedGridDirectory) -> Result<GridSections> {
        let slots = slots(self.shape);
        if grid.postings.len() != slots as usize {
            return Err(Error::corrupt(self.container.path(), self.place("postings"), grid.postings.len(), slots));
        }
        let postings = grid.postings.iter().map(|section| self.bounded(section.get(), "postings", None));
        Ok(GridSections {
            tau: grid.tau.to_native(),
            index: self.bounded(grid.index.get(), "index", Some(4 * (u64::from(self.count) + 1)))?,
            counts: self.bounded(grid.counts.get(), "counts", Some(4 * u64::from(self.count)))?,
            sets: self.bounded(grid.sets.get(), "sets", None)?,
            postings: postings.collect::<Result<_>>()?,
        })
    }
}

impl Blocks {
    fn bytes_each(&self, part: &Part<'_>) -> u64 {
        match self {
            Self::V1(blocks) => blocks.bytes_each(part),
            Self::V2(blocks) => blocks.bytes_each(part),
        }
    }

    fn scores<'a>(&'a self, part: &Part<'a>, local: u32, with_tail: bool) -> Result<ScoreView<'a>> {
        match self {
            Self::V1(blocks) => blocks.scores(part, local),
            Self::V2(blocks) => blocks.scores(part, local, with_tail),
        }
    }

    fn groups(&self, part: &Part<'_>, local: u32) -> Result<Vec<Group>> {
        match self {
            Self::V1(blocks) => blocks.groups(part, local),
            Self::V2(blocks) => blocks.groups(part, local),
        }
    }
}
