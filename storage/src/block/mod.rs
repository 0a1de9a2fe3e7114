//! The scores of one (fact, language, prompt) as bytes: best score first, in two pieces.
//!
//! Because scores descend, every threshold — a share of the maximum, an absolute score, a rank — is a
//! prefix, found by binary search. The *head* has the scores from [`HEAD_SHARE`] of the maximum on, where
//! nearly every threshold lies, the *tail* the others; each has a checksum of its own, so that a reader
//! proves what it reads and no more. The bytes: `docs/format.md`, "What is a block?".
//!
//! | module | what it keeps |
//! |---|---|
//! | [`kept`] | from scores to those that are kept, ranked |
//! | [`pieces`] | the two pieces with their checksums, as they wait in the catalogue |
//! | [`v1`], [`v2`] | the bytes of either format version; version 2 is written |
//! | [`view`] | [`ScoreView`]: reading in place, whatever the version |
//! | [`groups`] | degenerate groups |

pub(crate) mod groups;
mod kept;
mod origin;
mod pieces;
mod rank;
pub(crate) mod v1;
pub(crate) mod v2;
mod view;

#[cfg(test)]
mod tests;

use crate::entry::{Group, Scores, StoredScores};
use crate::ids::Shape;
use crate::run::{Keep, ScoreType};
use crate::segment::PartKind;
use std::borrow::Cow;

pub(crate) use kept::largest;
pub use origin::question_hash;
pub(crate) use pieces::Pieces;
pub(crate) use rank::{first_not_finite, round};
pub use view::{LayerSummary, ScoreView};

/// Neuron ids of models with at most this many neurons take two bytes.
const NARROW: u64 = 1 << 16;

/// The least score above 0: where the floor is not above it, every positive score was kept.
pub const LEAST_POSITIVE: f32 = f32::from_bits(1);

/// Scores of at least this share of the fact's maximum are in the head of a block: the least threshold of the grid, and of
/// every published method.
pub const HEAD_SHARE: f64 = 0.1;

/// What decides how scores are written: a run's shape and precision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub shape: Shape,
    pub score_type: ScoreType,
}

impl Form {
    fn is_wide(self) -> bool {
        self.shape.neurons() > NARROW
    }

    fn score_bytes(self) -> usize {
        if self.score_type == ScoreType::F32 { 4 } else { 2 }
    }
}

/// The block of scores as it waits in the catalogue. The caller has checked that neurons lie in the shape and scores are finite.
pub(crate) fn encode_scores(scores: &Scores, form: Form, keep: Keep) -> Vec<u8> {
    let kept = kept::Kept::of(scores, form, keep);
    let (head, tail) = v2::write(&kept, form);
    Pieces::new(&head, &tail).to_bytes()
}

/// The same of scores that a store has chosen already.
pub(crate) fn encode_stored(scores: &StoredScores, form: Form) -> Vec<u8> {
    let (head, tail) = v2::write(&kept::Kept::of_stored(scores), form);
    Pieces::new(&head, &tail).to_bytes()
}

/// The block of groups as it waits in the catalogue; the tail says what was asked when they were searched for, where that is known.
pub(crate) fn encode_groups(groups: &[Group], question: Option<u64>) -> Vec<u8> {
    let tail = question.map(u64::to_le_bytes);
    Pieces::new(&groups::encode(groups), tail.as_ref().map_or(&[][..], <[u8; 8]>::as_slice)).to_bytes()
}

/// A block of scores or groups in today's form. Blocks of format 1 have no checksum of their own: whoever read them has
/// proved them.
pub(crate) fn as_current(block: &[u8], kind: PartKind, form: Form) -> Result<Cow<'_, [u8]>, String> {
    if pieces::is_current(block) {
        return Ok(Cow::Borrowed(block));
    }
    if kind == PartKind::Groups {
        return Ok(encode_groups(&v1::decode_groups(block)?, None).into());
    }
    let kept = kept::Kept::of_view(&v1::view(block, form)?);
    let (head, tail) = v2::write(&kept, form);
    Ok(Pieces::new(&head, &tail).to_bytes().into())
}
