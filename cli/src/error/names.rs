//! Names that mean nothing in the store, or more than one thing: of relations, and of facts by subject and relation.

/// A name that is none, or several, of the store's.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// A relation that the store does not have.
    #[error("there is no relation {name:?}; the store has {}", few(known))]
    UnknownRelation {
        /// As given.
        name: String,
        /// Those it has, with their names.
        known: Vec<String>,
        /// The id or name that is spelled most like it.
        near: Option<String>,
    },
    /// A name that several relations have.
    #[error("{name:?} is the name of {} relations: {}", ids.len(), ids.join(", "))]
    RelationOfSeveral {
        /// As given.
        name: String,
        /// Their ids.
        ids: Vec<String>,
    },
    /// No fact of that id.
    #[cfg(feature = "attribute")]
    #[error("none of the store's {facts} facts has the id {given:?}")]
    NoFact {
        /// As given.
        given: String,
        /// How many facts there are.
        facts: u64,
        /// How a fact with that subject is named.
        instead: Option<String>,
    },
    /// No fact with that subject in the relation.
    #[cfg(feature = "attribute")]
    #[error("no fact of {relation} has the subject {subject:?}")]
    NoFactOf {
        /// The subject.
        subject: String,
        /// The relation.
        relation: String,
        /// The subject that is spelled most like it.
        near: Option<String>,
    },
    /// Several facts with that subject in the relation.
    #[cfg(feature = "attribute")]
    #[error("{given:?} is {count} facts:\n  {}{}", facts.join("\n  "), if facts.len() < *count { "\n  …" } else { "" })]
    SeveralFacts {
        /// As given.
        given: String,
        /// How many.
        count: usize,
        /// The first of them: object and id.
        facts: Vec<String>,
    },
}

impl NameError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownRelation { near: Some(near), .. } => format!("did you mean {near:?}?"),
            Self::UnknownRelation { .. } => "`kndb facts DB --list` shows relations, their names and templates".into(),
            Self::RelationOfSeveral { .. } => "give the id of the one that is meant".into(),
            #[cfg(feature = "attribute")]
            Self::NoFact { instead: Some(instead), .. } => {
                format!("a fact by its subject and relation: --fact '{instead}'")
            }
            #[cfg(feature = "attribute")]
            Self::NoFact { .. } => "an id, or subject and relation: --fact 'France/P36', --fact France/capital".into(),
            #[cfg(feature = "attribute")]
            Self::NoFactOf { near: Some(near), .. } => format!("did you mean {near:?}?"),
            #[cfg(feature = "attribute")]
            Self::NoFactOf { .. } => "`kndb query DB 'facts[subject~\"…\"]'` finds facts by a part of a label".into(),
            #[cfg(feature = "attribute")]
            Self::SeveralFacts { .. } => "give the id of the one that is meant".into(),
        }
    }
}

/// The first names, and how many more there are.
pub(super) fn few(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let more = names.len().saturating_sub(SHOWN);
    match names {
        [] => "none".into(),
        names if more == 0 => names.join(", "),
        names => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}
