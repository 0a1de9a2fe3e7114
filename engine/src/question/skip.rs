//! Why a question cannot be asked or answered: a counted skip, never a guess.

use std::fmt;

/// Why a fact cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Skip {
    /// A causal model would have to name the object before it has read the subject.
    SubjectAfterObject,
    /// The template has no `[X]`, or no `[Y]`, or one of them twice.
    Template,
    /// There is no label of the subject or of the object in this language.
    NoLabel,
    /// The relation has no template in this language, or none of those that were chosen.
    NoTemplate,
    /// The object's label is not in the tokenizer's vocabulary.
    UnknownObject,
    /// The prompt is longer than the model can read.
    TooLong,
    /// The prompt is empty for a causal model: `[Y]` comes first.
    NothingBeforeObject,
    /// A token reaches over the border between the prompt and the object, or the object changes the prompt's tokens: the
    /// object has no tokens of its own there.
    Border,
    /// A token that was added to the tokenizer and of which the model has no embedding.
    NoEmbedding,
    /// The tokenizer does not keep the masks of the prompt apart.
    Masks,
    /// The tokenizer failed.
    Tokenizer,
    /// A layer's scores sum to so little beside their parts that float32 does not give their quotients by the sum (AMIG Eq. 5)
    /// to 1e-4.
    Normalisation,
    /// Scores of this prompt are not finite numbers: the model overflows in f32.
    NotFinite,
    /// The run's score type cannot keep these scores: one becomes infinite, or the largest so small that it loses its digits
    /// (`kndb_storage::ScoreType::cannot_keep`).
    ScoreType,
    /// The object's probability is too small for a 32-bit number, so that shares of it would be noise.
    TooUnlikely,
    /// There is no foil: none of the relation's objects is false of the subject and can be set against the object in the same prompt.
    NoFoil,
    /// No token of the prompt is the subject's, so there is nothing to corrupt.
    NoSubject,
    /// The scores were asked with other labels or another template than there are now, or the probability is not what it was
    /// when the fact was attributed.
    Changed,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SubjectAfterObject => "subject after object, which a causal model cannot be asked",
            Self::Template => "template without one [X] and one [Y]",
            Self::NoLabel => "no label of the subject or the object",
            Self::NoTemplate => "no template of the relation",
            Self::UnknownObject => "object not in the model's vocabulary",
            Self::TooLong => "prompt longer than the model can read",
            Self::NothingBeforeObject => "nothing before the object, which a causal model cannot be asked",
            Self::Border => "prompt and object not kept apart by the tokenizer",
            Self::NoEmbedding => "a token the model has no embedding of",
            Self::Masks => "mask tokens not kept apart by the tokenizer",
            Self::Tokenizer => "text the tokenizer refuses",
            Self::Normalisation => "scores of a layer sum to almost zero, so they cannot be normalised to 1e-4",
            Self::NotFinite => "scores that are no finite numbers",
            Self::ScoreType => "scores too large or too small for 16-bit numbers; --score-type f32 keeps them",
            Self::TooUnlikely => "probability too small for a 32-bit number",
            Self::NoFoil => "no foil that the prompt sets against the object",
            Self::NoSubject => "no token of the prompt is the subject's",
            Self::Changed => {
                "other labels, or another probability, than when it was attributed; `kndb attribute … --replace-changed` asks anew"
            },
        })
    }
}
