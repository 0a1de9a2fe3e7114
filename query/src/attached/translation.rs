//! Facts of attached stores → numbers of the store in hand. Facts that it does not have get numbers of their own: none is lost.

use super::ground::{Ground, of_store};
use crate::error::{ErrorKind, QueryError};
use crate::memory::Memory;
use crate::note::Notes;
use crate::result::elsewhere::Elsewhere;
use crate::syntax::span::Span;
use kndb_storage::{FactId, Snapshot};
use roaring::RoaringBitmap;
use std::collections::HashMap;
use std::sync::Arc;

/// Bytes of a fact of another store, about: a place in a map.
const FACT: u64 = 16;

/// Facts of the stores of one statement.
pub(super) struct Translation<'a> {
    ground: &'a Ground,
    memory: &'a Memory,
    elsewhere: Elsewhere,
    /// By store: the numbers of its facts here.
    known: Vec<HashMap<u32, u32>>,
    /// By store: facts that both have, and those of them that are called otherwise.
    agreement: Vec<Agreement>,
}

/// Whether two stores mean the same by the same ids.
#[derive(Default)]
struct Agreement {
    common: u64,
    otherwise: u64,
    example: Option<String>,
}

impl<'a> Translation<'a> {
    pub(super) fn new(ground: &'a Ground, memory: &'a Memory) -> Result<Self, QueryError> {
        let stores: Vec<_> = ground.beside.iter().map(|beside| Arc::clone(&beside.ground.snapshot)).collect();
        let known = stores.iter().map(|_| HashMap::new()).collect();
        let agreement = stores.iter().map(|_| Agreement::default()).collect();
        let elsewhere = Elsewhere::of_attached(&ground.snapshot, stores).ok_or_else(too_many)?;
        Ok(Self { ground, memory, elsewhere, known, agreement })
    }

    /// The number here of a fact of a store.
    pub(super) fn fact(&mut self, store: usize, fact: u32) -> Result<u32, QueryError> {
        if let Some(&number) = self.known[store].get(&fact) {
            return Ok(number);
        }
        self.memory.interrupt.check()?;
        self.memory.take(FACT, "the facts of attached stores")?;
        let (hand, there) = (&*self.ground.snapshot, &*self.ground.beside[store].ground.snapshot);
        let id = there.external_id(FactId(fact)).map_err(QueryError::storage)?;
        let number = match hand.fact(id).map_err(QueryError::storage)? {
            Some(here) => {
                self.agreement[store].compare((hand, here), (there, FactId(fact)), id)?;
                here.0
            }
            None => self.elsewhere.stranger(store, FactId(fact), id).map_err(QueryError::storage)?,
        };
        self.known[store].insert(fact, number);
        Ok(number)
    }

    pub(super) fn facts(&mut self, store: usize, facts: &RoaringBitmap) -> Result<RoaringBitmap, QueryError> {
        facts.iter().map(|fact| self.fact(store, fact)).collect()
    }

    /// Says where the stores do not mean the same by an id; hands over what they say of facts.
    pub(super) fn end(self, spans: &[Span], notes: &Notes) -> Elsewhere {
        for ((beside, agreement), span) in self.ground.beside.iter().zip(&self.agreement).zip(spans) {
            let Some(example) = &agreement.example else { continue };
            let (otherwise, common) = (agreement.otherwise, agreement.common);
            let text = format!(
                "of the facts of these sets both stores have {common}, and {otherwise} of them say something else there, such as {example}: facts \
                 are the same where their ids are"
            );
            notes.add(*span, of_store(&beside.name, &text));
        }
        self.elsewhere
    }
}

impl Agreement {
    /// Compares what is said of a fact: its relation, and its labels in a language that both have.
    fn compare(
        &mut self,
        (hand, here): (&Snapshot, FactId),
        (other, there): (&Snapshot, FactId),
        id: &str,
    ) -> Result<(), QueryError> {
        self.common += 1;
        let difference = difference((hand, here), (other, there)).map_err(QueryError::storage)?;
        if let Some((here, there)) = difference {
            self.otherwise += 1;
            self.example.get_or_insert_with(|| format!("fact {id:?} ({there} there, {here} here)"));
        }
        Ok(())
    }
}

type Differing = Option<(String, String)>;

fn difference(
    (hand, here): (&Snapshot, FactId),
    (other, there): (&Snapshot, FactId),
) -> kndb_storage::Result<Differing> {
    let relations = (hand.fact_relation(here)?, other.fact_relation(there)?);
    if let (Some(here), Some(there)) = relations {
        let names = (hand.relation_name(here), other.relation_name(there));
        if names.0 != names.1 {
            return Ok(Some((format!("relation {:?}", names.0), format!("relation {:?}", names.1))));
        }
    }
    for (language, _) in hand.label_counts() {
        let Some(same) = other.language(hand.language_name(language)) else { continue };
        if let (Some(ours), Some(theirs)) = (hand.label(here, language)?, other.label(there, same)?) {
            let shown = |(subject, object): (&str, &str)| format!("{subject:?} – {object:?}");
            return Ok((ours != theirs).then(|| (shown(ours), shown(theirs))));
        }
    }
    Ok(None)
}

fn too_many() -> QueryError {
    QueryError::new(ErrorKind::Memory, "the stores have more facts together than there are numbers for")
        .hint("ask each store alone")
}
