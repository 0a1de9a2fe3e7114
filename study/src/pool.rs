//! Facts that others are drawn from: unrelated ones, and others of the same relation.

use crate::editing::Unrelated;
use crate::questions::Question;
use rand::Rng;
use std::collections::BTreeMap;
use std::ops::Range;

/// Facts to draw unrelated ones from.
pub(crate) struct Pool {
    /// Numbers of questions; those of a relation are together.
    members: Vec<usize>,
    by_relation: BTreeMap<String, Range<usize>>,
}

impl Pool {
    pub(crate) fn new(questions: &[Question], is_member: impl Fn(&Question) -> bool) -> Self {
        let members: Vec<usize> = (0..questions.len()).filter(|&at| is_member(&questions[at])).collect();
        let mut by_relation = BTreeMap::new();
        for (place, &at) in members.iter().enumerate() {
            let range = by_relation.entry(questions[at].relation.clone()).or_insert(place..place);
            range.end = place + 1;
        }
        Self { members, by_relation }
    }

    /// Whether some fact has this relation.
    pub(crate) fn has_relation(&self, relation: &str) -> bool {
        self.by_relation.contains_key(relation)
    }

    pub(crate) fn contains(&self, question: usize) -> bool {
        self.members.binary_search(&question).is_ok()
    }

    /// Another fact of a question's relation; each is as likely as the others.
    pub(crate) fn draw_related(&self, stream: &mut impl Rng, question: usize, relation: &str) -> Option<usize> {
        let range = self.by_relation.get(relation).cloned().unwrap_or(0..0);
        let members = self.members.get(range)?;
        let itself = members.binary_search(&question).ok()?;
        let place = (members.len() > 1).then(|| stream.random_range(0..members.len() - 1))?;
        members.get(if place < itself { place } else { place + 1 }).copied()
    }

    /// A fact that is unrelated to a question; each is as likely as the others.
    pub(crate) fn draw(
        &self,
        stream: &mut impl Rng,
        question: usize,
        relation: &str,
        unrelated: Unrelated,
    ) -> Option<usize> {
        let related = match unrelated {
            Unrelated::OtherRelation => self.by_relation.get(relation).cloned().unwrap_or(0..0),
            Unrelated::OtherFact => self.members.binary_search(&question).map_or(0..0, |place| place..place + 1),
        };
        let others = self.members.len() - related.len();
        if others == 0 {
            return None;
        }
        let place = stream.random_range(0..others);
        self.members.get(if place < related.start { place } else { place + related.len() }).copied()
    }
}
