//! Sets around a question, found: which facts are left, and which neurons of each.

use super::members::{Members, NeuronsOfFacts, members};
use super::{AboutSet, Within};
use crate::error::QueryError;
use crate::execute::execute;
use crate::note::Note;
use crate::plan::Settings;
use crate::result::{Column, Sink, Value};
use crate::syntax::ast::{SourceKind, Text};
use crate::syntax::parser::parse;
use crate::syntax::span::Span;
use kndb_storage::{Content, FactId, Neuron, Run, Snapshot, Store};
use roaring::RoaringBitmap;
use std::borrow::Cow;
use std::ops::ControlFlow;

/// What sets leave of facts and neurons.
#[derive(Clone, Debug, Default)]
pub struct Found {
    facts: Side,
    neurons: Side,
    /// What each fact's neurons are kept to, and what is taken out of them.
    pairs: [Vec<NeuronsOfFacts>; 2],
    /// The sets among them that are of facts, with the runs that are meant.
    pub of_facts: Within,
    /// What there is to know beside the sets, each once.
    pub notes: Vec<Note>,
}

/// Ids of which only some are left.
#[derive(Clone, Debug, Default)]
struct Side {
    only: Option<RoaringBitmap>,
    without: Option<RoaringBitmap>,
}

/// The neurons that are left of a fact.
#[derive(Clone, Debug)]
pub enum Allowed<'a> {
    /// These.
    Only(Cow<'a, RoaringBitmap>),
    /// All but these.
    AllBut(Cow<'a, RoaringBitmap>),
}

impl Within {
    /// Finds the sets beside a run; the second of an error is the statement that it is about.
    ///
    /// # Errors
    /// As [`execute`]; sets that cannot stand beside the run's neurons, being of another model, or no sets.
    pub fn found(&self, store: &Store, settings: &Settings, run: &Run) -> Result<Found, AboutSet> {
        let mut found = Found::default();
        if self.is_empty() {
            return Ok(found);
        }
        let snapshot = store.snapshot().map_err(|error| (Box::new(QueryError::storage(error)), String::new()))?;
        let beside = self.beside(&snapshot, run);
        beside.check(store, &snapshot, settings, run)?;
        for (sets, keep) in [(&beside.only, true), (&beside.without, false)] {
            for set in sets {
                let settings = Settings { run: Some(run.spec.name.clone()), ..settings.clone() };
                let read = members(store, &settings, &set.to_string(), run.spec.shape);
                let (found_members, notes) = read.map_err(|error| (Box::new(error), format!("({set})")))?;
                if matches!(found_members, Members::Facts(_)) {
                    let of_facts = &mut found.of_facts;
                    if keep { &mut of_facts.only } else { &mut of_facts.without }.push(set.clone());
                }
                found.add(found_members, keep);
                found.notes.extend(notes);
            }
        }
        let mut told: Vec<Note> = Vec::new();
        found.notes.retain(|note| {
            let is_new = told.iter().all(|before| before.text != note.text);
            told.push(note.clone());
            is_new
        });
        Ok(found)
    }

    /// Kinds and models are those of a statement, which says why they do not go together.
    fn check(&self, store: &Store, snapshot: &Snapshot, settings: &Settings, run: &Run) -> Result<(), AboutSet> {
        let scored = snapshot.runs_with(Content::Attributions).any(|other| other.id == run.id);
        let kind = if scored { SourceKind::Kn } else { SourceKind::Dkn };
        let name = Text { text: run.spec.name.clone(), span: Span::default() };
        let text = format!("explain {}", self.around(&format!("{kind}[run={name}]")));
        let checked = parse(&text).and_then(|statement| execute(store, settings, &statement, &mut Nobody));
        checked.map(drop).map_err(|error| (Box::new(error), text))
    }
}

/// Takes what `explain` has beside its tree.
struct Nobody;

impl Sink for Nobody {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Found {
    fn add(&mut self, members: Members, keep: bool) {
        match members {
            Members::Facts(facts) => self.facts.add(facts, keep),
            Members::Neurons(neurons) => self.neurons.add(neurons, keep),
            Members::Pairs(pairs) => self.pairs[usize::from(!keep)].push(pairs),
        }
    }

    /// Whether a set is one of facts, so that some facts may be left out.
    pub fn chooses_facts(&self) -> bool {
        self.facts.chooses()
    }

    /// Whether a set is one of neurons or pairs.
    pub fn chooses_neurons(&self) -> bool {
        self.neurons.chooses() || self.pairs.iter().any(|sets| !sets.is_empty())
    }

    /// Whether a fact is left: sets of facts alone say it.
    pub fn takes(&self, fact: FactId) -> bool {
        self.facts.only.as_ref().is_none_or(|only| only.contains(fact.0))
            && self.facts.without.as_ref().is_none_or(|without| !without.contains(fact.0))
    }

    /// The neurons that may be left of a fact.
    pub fn allowed(&self, fact: FactId) -> Allowed<'_> {
        let [only, without] = &self.pairs;
        let out: Vec<&RoaringBitmap> = without.iter().filter_map(|pairs| pairs.get(&fact.0)).collect();
        let mut kept: Option<Cow<'_, RoaringBitmap>> = self.neurons.only.as_ref().map(Cow::Borrowed);
        for pairs in only {
            let own = pairs.get(&fact.0).map_or_else(|| Cow::Owned(RoaringBitmap::new()), Cow::Borrowed);
            kept = Some(kept.map_or(own.clone(), |kept| Cow::Owned(&*kept & &*own)));
        }
        let never = self.neurons.without.as_ref();
        let Some(kept) = kept else {
            let never = never.map_or_else(|| Cow::Owned(RoaringBitmap::new()), Cow::Borrowed);
            return Allowed::AllBut(out.into_iter().fold(never, |all, set| Cow::Owned(&*all | set)));
        };
        Allowed::Only(never.into_iter().chain(out).fold(kept, |kept, set| Cow::Owned(&*kept - set)))
    }

    /// What was found, as text that is the same for the same members, whichever ids a store gave them: for a record of what was chosen.
    ///
    /// # Errors
    /// When the store's file of facts is damaged.
    pub fn written(&self, snapshot: &Snapshot) -> Result<String, QueryError> {
        let mut text = String::new();
        let numbers = |set: &RoaringBitmap| set.iter().map(|number| format!(" {number}")).collect::<String>();
        let id = |fact: u32| snapshot.external_id(FactId(fact)).map_err(QueryError::storage);
        for (sign, neurons, facts, pairs) in [
            ('+', &self.neurons.only, &self.facts.only, &self.pairs[0]),
            ('-', &self.neurons.without, &self.facts.without, &self.pairs[1]),
        ] {
            text.extend(neurons.iter().map(|set| format!("{sign}neurons{}\n", numbers(set))));
            if let Some(facts) = facts {
                let mut ids = facts.iter().map(id).collect::<Result<Vec<_>, _>>()?;
                ids.sort_unstable();
                text += &format!("{sign}facts {ids:?}\n");
            }
            for pairs in pairs {
                let lines = pairs.iter().map(|(&fact, set)| Ok(format!("{:?}{}\n", id(fact)?, numbers(set))));
                let mut lines = lines.collect::<Result<Vec<_>, QueryError>>()?;
                lines.sort_unstable();
                text += &format!("{sign}pairs\n{}", lines.concat());
            }
        }
        Ok(text)
    }
}

impl Side {
    fn add(&mut self, set: RoaringBitmap, keep: bool) {
        if keep {
            self.only = Some(match self.only.take() {
                Some(before) => before & set,
                None => set,
            });
        } else {
            *self.without.get_or_insert_default() |= set;
        }
    }

    fn chooses(&self) -> bool {
        self.only.is_some() || self.without.is_some()
    }
}

impl Allowed<'_> {
    /// Whether a neuron is left.
    pub fn has(&self, neuron: Neuron) -> bool {
        match self {
            Self::Only(kept) => kept.contains(neuron.0),
            Self::AllBut(out) => !out.contains(neuron.0),
        }
    }

    /// How many of the neurons of a layer are left.
    pub fn of_layer(&self, layer: u32, width: u32) -> u64 {
        let within = u64::from(layer) * u64::from(width)..(u64::from(layer) + 1) * u64::from(width);
        let count = |set: &RoaringBitmap| {
            // Neurons are numbered by 32 bits, so the end of the last layer may be one beyond them.
            let last = u32::try_from(within.end - 1).unwrap_or(u32::MAX);
            set.range_cardinality(within.start as u32..=last)
        };
        match self {
            Self::Only(kept) => count(kept),
            Self::AllBut(out) => u64::from(width) - count(out),
        }
    }
}
