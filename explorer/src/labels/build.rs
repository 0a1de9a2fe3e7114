//! Makes the index of a store's facts.

use std::collections::HashMap;

use kndb_storage::{FactId, FileId, LanguageId, RelationId, Snapshot};
use xxhash_rust::xxh3::Xxh3;

use super::folding::folded;

/// What a text is to a fact or a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The label of a fact's subject, in a language.
    Subject(LanguageId),
    /// The label of a fact's object, in a language.
    Object(LanguageId),
    /// The id of a fact.
    FactId,
    /// The language-independent id of a fact's subject (`Q142`).
    SubjectId,
    /// The same of its object.
    ObjectId,
    /// The id or a name of a relation: then the number is that of a relation.
    Relation,
}

/// A fact or a relation that a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) number: u32,
    pub(super) role: Role,
}

/// All texts, folded, and what they belong to.
#[derive(Debug, Default)]
pub(crate) struct Index {
    of: (Option<FileId>, u64),
    /// Facts from this number on came later. They have no labels yet, and their ids are looked through one by one.
    pub(super) end: u32,
    /// Texts, each behind a line feed; one stands at the end, too.
    pub(super) texts: Vec<u8>,
    /// Where each text begins.
    pub(super) starts: Vec<u32>,
    /// Where the uses of each text end.
    ends: Vec<u32>,
    uses: Vec<Use>,
}

impl Index {
    /// Makes it; `None` where `stop` says so.
    pub(super) fn of(snapshot: &Snapshot, stop: &dyn Fn() -> bool) -> kndb_storage::Result<Option<Self>> {
        let mut texts = Texts::default();
        let languages: Vec<LanguageId> = snapshot.label_counts().into_iter().map(|(language, _)| language).collect();
        for language in languages {
            if stop() {
                return Ok(None);
            }
            snapshot.for_each_label(language, |fact, subject, object| {
                texts.add(subject, fact.0, Role::Subject(language));
                texts.add(object, fact.0, Role::Object(language));
            })?;
        }
        for fact in snapshot.facts() {
            texts.add(snapshot.external_id(FactId(fact))?, fact, Role::FactId);
            let (subject, object) = snapshot.uris(FactId(fact))?;
            for (id, role) in [(subject, Role::SubjectId), (object, Role::ObjectId)] {
                id.into_iter().for_each(|id| texts.add(id, fact, role));
            }
        }
        for (number, name) in relations(snapshot) {
            texts.add(name, number.0, Role::Relation);
        }
        if stop() {
            return Ok(None);
        }
        Ok(Some(Self { of: key(snapshot), end: snapshot.end_of_facts(), ..texts.laid_out() }))
    }

    /// Whether it is of the facts that a snapshot has, or all but some.
    pub(super) fn is_of(&self, snapshot: &Snapshot) -> bool {
        /// So many ids more cost a search a millisecond or two.
        const LATER: u32 = 1 << 15;
        let later = snapshot.end_of_facts().checked_sub(self.end);
        self.of == key(snapshot) && later.is_some_and(|later| later <= LATER)
    }

    /// What a text belongs to.
    pub(super) fn uses(&self, text: usize) -> &[Use] {
        let start = text.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.uses[start as usize..self.ends[text] as usize]
    }

    /// A text, folded.
    pub(super) fn text(&self, text: usize) -> &[u8] {
        let start = self.starts[text] as usize;
        let end = self.starts.get(text + 1).map_or(self.texts.len(), |next| *next as usize) - 1;
        &self.texts[start..end]
    }
}

/// Texts on their way into an index.
#[derive(Default)]
struct Texts {
    /// Numbers of texts, folded.
    folded: HashMap<Box<str>, u32>,
    /// The same by where a text lies: labels are kept once, and most of them belong to many facts. What is pointed at is the snapshot's, which
    /// lives as long as this does.
    seen: HashMap<(usize, usize), u32>,
    /// What each belongs to, in the order in which it was found.
    uses: Vec<(u32, Use)>,
}

impl Texts {
    fn add(&mut self, text: &str, number: u32, role: Role) {
        let place = (text.as_ptr() as usize, text.len());
        let known = self.seen.get(&place).copied();
        let text = known.unwrap_or_else(|| {
            let next = self.folded.len() as u32;
            let known = *self.folded.entry(folded(text).into_boxed_str()).or_insert(next);
            self.seen.insert(place, known);
            known
        });
        self.uses.push((text, Use { number, role }));
    }

    /// The index of them, sorted by text.
    fn laid_out(self) -> Index {
        let mut all: Vec<(Box<str>, u32)> = self.folded.into_iter().filter(|(text, _)| !text.is_empty()).collect();
        all.sort_unstable();
        let mut by_text = self.uses;
        // Uses of one text stay in their order.
        by_text.sort_by_key(|(text, _)| *text);
        let mut index = Index::default();
        for (text, number) in all {
            index.texts.push(b'\n');
            index.starts.push(index.texts.len() as u32);
            index.texts.extend_from_slice(text.as_bytes());
            let from = by_text.partition_point(|(of, _)| *of < number);
            let mut last = None;
            for (_, one) in by_text[from..].iter().take_while(|(of, _)| *of == number) {
                if last.replace(*one) != Some(*one) {
                    index.uses.push(*one);
                }
            }
            index.ends.push(index.uses.len() as u32);
        }
        index.texts.push(b'\n');
        index
    }
}

/// What tells the facts and names of a store from those that it had before.
fn key(snapshot: &Snapshot) -> (Option<FileId>, u64) {
    let mut hash = Xxh3::new();
    for (relation, name) in relations(snapshot) {
        hash.update(&relation.0.to_le_bytes());
        hash.update(name.as_bytes());
    }
    (snapshot.facts_file(), hash.digest())
}

/// Relations with all their names, stored and built in.
fn relations(snapshot: &Snapshot) -> Vec<(RelationId, &str)> {
    let mut all = Vec::new();
    for (id, relation) in snapshot.relations() {
        all.push((id, relation));
        all.extend(snapshot.names_of_relation(relation).map(|(_, name)| (id, name)));
        all.extend(snapshot.relation_called(id, None).map(|name| (id, name)));
    }
    all
}
