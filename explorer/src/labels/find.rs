//! What a text finds: facts and relations, the nearest first.

use std::collections::HashSet;

use kndb_storage::{FactId, LanguageId, RelationId, Snapshot};
use memchr::memmem;
use roaring::RoaringBitmap;

use super::build::{Index, Role, Use};
use super::folding::folded;

/// How near a text is to what was typed; the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Near {
    Same,
    Begins,
    WordBegins,
    Holds,
}

/// A fact that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) fact: FactId,
    /// The language in which it was found, where it was by a label.
    pub(crate) language: Option<LanguageId>,
}

/// What a text found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Some facts, from those that are wanted first on.
    pub(crate) facts: Vec<Hit>,
    /// How many there are; `None` where they are too many to be counted while somebody types.
    pub(crate) count: Option<u64>,
    /// Relations.
    pub(crate) relations: Vec<RelationId>,
}

/// Places in facts that are counted.
const COUNTED: usize = 1 << 20;
/// Relations that are shown.
const RELATIONS: usize = 20;

/// A text that matches, by its number.
type Match = (Near, usize, usize);

impl Index {
    /// Finds what holds all words of a text, and first of all what holds it as it is: in a label of any language, in an id, in a name of a
    /// relation. `from` facts are passed over, `most` are told.
    pub(crate) fn find(&self, snapshot: &Snapshot, typed: &str, from: usize, most: usize) -> Found {
        let wanted = folded(typed.trim());
        if wanted.is_empty() {
            return Found { count: Some(0), ..Found::default() };
        }
        let there = snapshot.facts();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let whole = self.matches(&wanted);
        let mut ranked = Ranked::new(from, most);
        let mut facts = Some(RoaringBitmap::new());
        self.rank(&whole, &mut ranked, &there);
        self.collect(&whole, &mut facts);
        for fact in self.later(snapshot, &wanted) {
            ranked.add(Hit { fact, language: None }, &there);
            if let Some(facts) = &mut facts {
                facts.insert(fact.0);
            }
        }
        if words.len() > 1 {
            let several = self.of_words(snapshot, &words);
            if let Some(several) = &several {
                several.iter().for_each(|fact| ranked.add(Hit { fact: FactId(fact), language: None }, &there));
            }
            facts = facts.zip(several).map(|(one, several)| one | several);
        }
        let mut relations: Vec<RelationId> = Vec::new();
        for (_, _, text) in &whole {
            for one in self.uses(*text).iter().filter(|one| one.role == Role::Relation) {
                let relation = RelationId(one.number);
                if relations.len() < RELATIONS && !relations.contains(&relation) {
                    relations.push(relation);
                }
            }
        }
        Found { facts: ranked.hits, count: facts.map(|facts| (facts & there).len()), relations }
    }

    /// Facts that came after the index was made, by their ids.
    fn later(&self, snapshot: &Snapshot, wanted: &str) -> Vec<FactId> {
        let later = (self.end..snapshot.end_of_facts()).map(FactId);
        later.filter(|fact| snapshot.external_id(*fact).is_ok_and(|id| folded(id).contains(wanted))).collect()
    }

    /// Texts that hold another one, the nearest first; of equally near ones the shortest.
    fn matches(&self, wanted: &str) -> Vec<Match> {
        let finder = memmem::Finder::new(wanted.as_bytes());
        let mut found = Vec::new();
        let mut place = 0;
        while let Some(at) = finder.find(&self.texts[place..]).map(|at| place + at) {
            let text = self.at(at);
            let length = self.text(text).len();
            found.push((self.near(text, at, wanted), length, text));
            // Its end: a text is found once.
            place = self.starts[text] as usize + length;
        }
        found.sort_unstable();
        found
    }

    fn near(&self, text: usize, at: usize, wanted: &str) -> Near {
        if at == self.starts[text] as usize {
            return if self.text(text).len() == wanted.len() { Near::Same } else { Near::Begins };
        }
        // Within UTF-8 every byte of a letter beyond ASCII is one.
        let before = self.texts[at - 1];
        if before.is_ascii_alphanumeric() || !before.is_ascii() { Near::Holds } else { Near::WordBegins }
    }

    fn rank(&self, matches: &[Match], ranked: &mut Ranked, there: &RoaringBitmap) {
        for (_, _, text) in matches {
            for one in self.uses(*text) {
                if let Some(hit) = hit(one) {
                    ranked.add(hit, there);
                }
            }
            if ranked.is_full() {
                return;
            }
        }
    }

    /// Adds the facts of some texts; `None` where they are too many.
    fn collect(&self, matches: &[Match], facts: &mut Option<RoaringBitmap>) {
        let places: usize = matches.iter().map(|(_, _, text)| self.uses(*text).len()).sum();
        if places > COUNTED {
            *facts = None;
        }
        if let Some(facts) = facts {
            let uses = matches.iter().flat_map(|(_, _, text)| self.uses(*text));
            facts.extend(uses.filter_map(hit).map(|hit| hit.fact.0));
        }
    }

    /// Facts that each of several words belongs to: by a label, an id, or their relation.
    fn of_words(&self, snapshot: &Snapshot, words: &[&str]) -> Option<RoaringBitmap> {
        let mut all: Option<RoaringBitmap> = None;
        for word in words {
            let matches = self.matches(word);
            let mut facts = Some(RoaringBitmap::new());
            self.collect(&matches, &mut facts);
            let mut facts = facts?;
            for (_, _, text) in &matches {
                for one in self.uses(*text).iter().filter(|one| one.role == Role::Relation) {
                    facts |= snapshot.facts_of_relation(RelationId(one.number)).ok()?;
                }
            }
            all = Some(all.map_or_else(|| facts.clone(), |all| all & &facts));
        }
        all
    }
}

fn hit(one: &Use) -> Option<Hit> {
    let language = match one.role {
        Role::Subject(language) | Role::Object(language) => Some(language),
        Role::FactId | Role::SubjectId | Role::ObjectId => None,
        Role::Relation => return None,
    };
    Some(Hit { fact: FactId(one.number), language })
}

/// Facts in the order in which they are told, each once.
struct Ranked {
    hits: Vec<Hit>,
    seen: HashSet<u32>,
    from: usize,
    most: usize,
}

impl Ranked {
    fn new(from: usize, most: usize) -> Self {
        Self { hits: Vec::new(), seen: HashSet::new(), from, most }
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= self.most
    }

    fn add(&mut self, hit: Hit, there: &RoaringBitmap) {
        // Numbers of facts that were dropped stay in files.
        if self.is_full() || !there.contains(hit.fact.0) || !self.seen.insert(hit.fact.0) {
            return;
        }
        if self.seen.len() > self.from {
            self.hits.push(hit);
        }
    }
}
