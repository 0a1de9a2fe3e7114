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
const COUNTED: usize = 1 << 22;
/// Relations that are shown.
const RELATIONS: usize = 20;
/// Texts that are put in order first: mostly enough for what is shown.
const FIRST: usize = 1_000;

/// A text that matches: how near, how long, its number.
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
        let mut ranked = Ranked::new(from, most, &there);
        let mut whole = self.matches(&wanted);
        let mut facts = self.facts_of(&whole);
        let first = FIRST.min(whole.len());
        if first < whole.len() {
            whole.select_nth_unstable(first);
        }
        for part in [0..first, first..whole.len()] {
            if !ranked.is_full() {
                whole[part.clone()].sort_unstable();
                self.rank(&whole[part], &mut ranked);
            }
        }
        for fact in self.later(snapshot, &wanted) {
            ranked.add(Hit { fact, language: None });
            if let Some(facts) = &mut facts {
                facts.insert(fact.0);
            }
        }
        let words: Vec<&str> = wanted.split_whitespace().collect();
        if words.len() > 1 {
            let several = self.of_words(snapshot, &words);
            for fact in several.iter().flatten() {
                ranked.add(Hit { fact: FactId(fact), language: None });
            }
            facts = facts.zip(several).map(|(one, several)| one | several);
        }
        let relations = self.relations(&whole);
        Found { facts: ranked.hits, count: facts.map(|facts| (facts & &there).len()), relations }
    }

    /// Facts that came after the index was made, by their ids.
    fn later(&self, snapshot: &Snapshot, wanted: &str) -> Vec<FactId> {
        let later = (self.end..snapshot.end_of_facts()).map(FactId);
        later.filter(|fact| snapshot.external_id(*fact).is_ok_and(|id| folded(id).contains(wanted))).collect()
    }

    /// Texts that hold another one, in the order of the index.
    fn matches(&self, wanted: &str) -> Vec<Match> {
        let finder = memmem::Finder::new(wanted.as_bytes());
        let mut found = Vec::new();
        let (mut place, mut text) = (0, 0);
        while let Some(at) = finder.find(&self.texts[place..]).map(|at| place + at) {
            while self.starts.get(text + 1).is_some_and(|next| *next as usize <= at) {
                text += 1;
            }
            let length = self.text(text).len();
            found.push((self.near(text, at, wanted), length, text));
            // Its end: a text is found once.
            place = self.starts[text] as usize + length;
        }
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

    fn rank(&self, matches: &[Match], ranked: &mut Ranked<'_>) {
        for (_, _, text) in matches {
            self.uses(*text).iter().filter_map(hit).for_each(|hit| ranked.add(hit));
            if ranked.is_full() {
                return;
            }
        }
    }

    /// The facts of some texts; `None` where they are too many.
    fn facts_of(&self, matches: &[Match]) -> Option<RoaringBitmap> {
        let places: usize = matches.iter().map(|(_, _, text)| self.uses(*text).len()).sum();
        if places > COUNTED {
            return None;
        }
        // A plain list of bits takes unordered numbers faster than a bitmap does.
        let mut is_found = vec![false; self.end as usize];
        for hit in matches.iter().flat_map(|(_, _, text)| self.uses(*text)).filter_map(hit) {
            if let Some(is_found) = is_found.get_mut(hit.fact.0 as usize) {
                *is_found = true;
            }
        }
        Some((0..self.end).filter(|fact| is_found[*fact as usize]).collect())
    }

    /// Relations among what some texts belong to, the nearest first.
    fn relations(&self, matches: &[Match]) -> Vec<RelationId> {
        let mut found: Vec<(&Match, RelationId)> = Vec::new();
        for of in matches {
            let uses = self.uses(of.2).iter().filter(|one| one.role == Role::Relation);
            found.extend(uses.map(|one| (of, RelationId(one.number))));
        }
        found.sort_unstable_by_key(|(of, relation)| (**of, relation.0));
        let mut relations = Vec::new();
        for (_, relation) in found {
            if relations.len() < RELATIONS && !relations.contains(&relation) {
                relations.push(relation);
            }
        }
        relations
    }

    /// Facts that each of several words belongs to: by a label, an id, or their relation.
    fn of_words(&self, snapshot: &Snapshot, words: &[&str]) -> Option<RoaringBitmap> {
        let mut all: Option<RoaringBitmap> = None;
        for word in words {
            let matches = self.matches(word);
            let mut facts = self.facts_of(&matches)?;
            for relation in self.relations(&matches) {
                facts |= snapshot.facts_of_relation(relation).ok()?;
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
struct Ranked<'a> {
    hits: Vec<Hit>,
    seen: HashSet<u32>,
    from: usize,
    most: usize,
    /// Numbers of facts that were dropped stay in files.
    there: &'a RoaringBitmap,
}

impl<'a> Ranked<'a> {
    fn new(from: usize, most: usize, there: &'a RoaringBitmap) -> Self {
        Self { hits: Vec::new(), seen: HashSet::new(), from, most, there }
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= self.most
    }

    fn add(&mut self, hit: Hit) {
        if self.is_full() || !self.there.contains(hit.fact.0) || !self.seen.insert(hit.fact.0) {
            return;
        }
        if self.seen.len() > self.from {
            self.hits.push(hit);
        }
    }
}
