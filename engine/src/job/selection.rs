//! Which facts are asked, in which languages, with which templates: from names to a list of work.

use crate::error::{Error, Result};
use crate::question::Skip;
use kndb_storage::{
    FactId, LanguageId, LivePart, PartKind, PromptId, RelationId, RunId, Slot, Snapshot, question_hash,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use super::shard::Shard;
use super::{SkipPlace, Skips};

/// What of a store is attributed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Languages; empty: every language that has labels.
    pub languages: Vec<String>,
    /// Relations; empty: all.
    pub relations: Vec<String>,
    /// At most so many facts: the first in the store's order that have a label and a template in at least one of the
    /// languages. The same facts are asked in every language.
    pub limit: Option<usize>,
    /// Templates.
    pub prompts: Prompts,
    /// One share of these facts, for one of several machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The hash of what sets chose among these facts, of a search that was kept to some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
}

/// Which templates of a (relation, language) are asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompts {
    /// All.
    #[default]
    All,
    /// The first n.
    First(usize),
    /// Those of these numbers.
    Listed(#[serde(with = "numbers")] Vec<PromptId>),
}

/// Prompts as plain numbers.
mod numbers {
    use kndb_storage::PromptId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(prompts: &[PromptId], to: S) -> Result<S::Ok, S::Error> {
        prompts.iter().map(|prompt| prompt.0).collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PromptId>, D::Error> {
        Ok(Vec::<u16>::deserialize(from)?.into_iter().map(PromptId).collect())
    }
}

impl Prompts {
    fn holds(&self, prompt: PromptId) -> bool {
        match self {
            Self::All => true,
            // Templates are numbered from 0 without gaps.
            Self::First(count) => usize::from(prompt.0) < *count,
            Self::Listed(listed) => listed.contains(&prompt),
        }
    }
}

/// One question: a fact in a language with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Item {
    pub(crate) fact: FactId,
    pub(crate) relation: RelationId,
    pub(crate) language: LanguageId,
    pub(crate) prompt: PromptId,
}

impl Item {
    /// Its template, subject and object; or why nothing can be asked.
    pub(crate) fn texts<'a>(
        &self,
        snapshot: &'a Snapshot,
        templates: &Templates<'a>,
    ) -> Result<std::result::Result<[&'a str; 3], Skip>> {
        let template = templates.get(&(self.relation, self.language)).and_then(|texts| texts.get(&self.prompt));
        let Some(&template) = template else { return Ok(Err(Skip::NoTemplate)) };
        let label = snapshot.label(self.fact, self.language)?;
        Ok(label.map(|(subject, object)| [template, subject, object]).ok_or(Skip::NoLabel))
    }
}

/// What is to be done, in a fixed order: fact by fact, so that what is there at any time can be compared over languages;
/// each in the store's order of languages and templates.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) items: Vec<Item>,
    pub(crate) facts: u64,
    pub(crate) already_there: u64,
    /// Of those that are there already, the ones that say that they were made from other labels or another template.
    pub(crate) changed: Vec<Item>,
    pub(crate) skips: Skips,
}

/// The texts of templates by relation and language.
pub(crate) type Templates<'a> = BTreeMap<(RelationId, LanguageId), BTreeMap<PromptId, &'a str>>;

impl Selection {
    /// Whether the store has what is selected: cheap, so that it can be known before a model is loaded.
    ///
    /// # Errors
    /// No labels of facts at all, or names of languages and relations that the store does not have; [`Error::NoTemplates`].
    pub fn check(&self, snapshot: &Snapshot) -> Result<()> {
        let (languages, relations) = (self.language_ids(snapshot)?, self.relation_ids(snapshot)?);
        let chosen =
            |relation: &RelationId, language: &LanguageId| relations.contains(relation) && languages.contains(language);
        if self.templates(snapshot).keys().any(|(relation, language)| chosen(relation, language)) {
            return Ok(());
        }
        let relations = if self.relations.is_empty() { "any relation".to_owned() } else { self.relations.join(", ") };
        let names: Vec<&str> = languages.iter().map(|&language| snapshot.language_name(language)).collect();
        Err(Error::NoTemplates { relations, languages: names.join(", ") })
    }

    /// The templates that were chosen.
    pub(crate) fn templates<'a>(&self, snapshot: &'a Snapshot) -> Templates<'a> {
        let mut all = Templates::new();
        for (relation, language, prompt, text) in
            snapshot.templates().filter(|(.., prompt, _)| self.prompts.holds(*prompt))
        {
            all.entry((relation, language)).or_default().insert(prompt, text);
        }
        all
    }

    /// The work, without what is `stored` already.
    pub(crate) fn work(&self, snapshot: &Snapshot, templates: &Templates<'_>, stored: &Stored<'_>) -> Result<Work> {
        let languages = self.language_ids(snapshot)?;
        let mut facts: BTreeMap<FactId, RelationId> = BTreeMap::new();
        for relation in self.relation_ids(snapshot)? {
            facts.extend(snapshot.facts_of_relation(relation)?.into_iter().map(|fact| (FactId(fact), relation)));
        }
        let (mut work, mut passed) = (Work::default(), 0);
        for (fact, relation) in facts {
            if self.limit.is_some_and(|limit| passed >= limit) {
                break;
            }
            let mut askable = false;
            let own = self.takes(fact, snapshot)?;
            for &language in &languages {
                let texts = templates.get(&(relation, language));
                let reason = match (snapshot.label(fact, language)?, texts) {
                    (Some(_), Some(_)) if !own => {
                        askable = true;
                        continue;
                    }
                    _ if !own => continue,
                    (None, _) => Skip::NoLabel,
                    (Some(_), None) => Skip::NoTemplate,
                    (Some((subject, object)), Some(texts)) => {
                        askable = true;
                        for (&prompt, template) in texts {
                            let item = Item { fact, relation, language, prompt };
                            let Some((part, local)) = stored.find(&item)? else {
                                work.items.push(item);
                                continue;
                            };
                            work.already_there += 1;
                            let now = || question_hash(template, subject, object, prompt.0);
                            if question_of(part, local)?.is_some_and(|made_from| made_from != now()) {
                                work.changed.push(item);
                            }
                        }
                        continue;
                    }
                };
                *work.skips.entry(SkipPlace::of(snapshot, reason, relation, language)).or_default() += 1;
            }
            passed += usize::from(askable);
            work.facts += u64::from(askable && own);
        }
        Ok(work)
    }

    /// Whether a fact is in the shard. The limit counts the facts of all shards, so that they are those of the whole.
    fn takes(&self, fact: FactId, snapshot: &Snapshot) -> Result<bool> {
        match self.shard {
            None => Ok(true),
            Some(shard) => Ok(shard.holds(snapshot.external_id(fact)?)),
        }
    }

    /// The work on the entries of a run whose facts are taken, without what is `stored` already, in the order of [`Selection::work`]. An
    /// entry whose fact cannot be asked (any more) is counted.
    pub(crate) fn work_among(
        &self,
        snapshot: &Snapshot,
        templates: &Templates<'_>,
        stored: &Stored<'_>,
        among: &Stored<'_>,
        takes: &dyn Fn(FactId) -> bool,
    ) -> Result<Work> {
        let there: BTreeSet<LanguageId> = among.0.keys().map(|&(language, _)| language).collect();
        for name in &self.languages {
            if !snapshot.language(name).is_some_and(|language| there.contains(&language)) {
                let known = there.iter().map(|&language| snapshot.language_name(language).to_owned()).collect();
                return Err(Error::Unknown {
                    what: "language",
                    given: name.clone(),
                    expected: "one of the run's",
                    known,
                });
            }
        }
        let relations = self.relation_ids(snapshot)?;
        let mut entries: BTreeMap<FactId, Vec<(LanguageId, PromptId)>> = BTreeMap::new();
        for (&(language, prompt), parts) in &among.0 {
            let wanted = self.languages.is_empty()
                || self.languages.iter().any(|name| snapshot.language(name) == Some(language));
            if !wanted || !self.prompts.holds(prompt) {
                continue;
            }
            for part in parts {
                for (local, fact) in (0..).zip(part.part.facts()?) {
                    if part.is_live(local) {
                        entries.entry(FactId(u32::from_le_bytes(*fact))).or_default().push((language, prompt));
                    }
                }
            }
        }
        let (mut work, mut passed) = (Work::default(), 0);
        for (fact, places) in entries.into_iter().filter(|(fact, _)| takes(*fact)) {
            let relation = snapshot.fact_relation(fact)?;
            if !self.relations.is_empty() && !relation.is_some_and(|relation| relations.contains(&relation)) {
                continue;
            }
            if self.limit.is_some_and(|limit| passed >= limit) {
                break;
            }
            let mut askable = false;
            let own = self.takes(fact, snapshot)?;
            for (language, prompt) in places {
                let mut skipped = |reason| {
                    let relation = relation.map_or("", |relation| snapshot.relation_name(relation)).to_owned();
                    let place = SkipPlace { reason, relation, language: snapshot.language_name(language).to_owned() };
                    *work.skips.entry(place).or_default() += u64::from(own);
                };
                let labelled = snapshot.label(fact, language)?.is_some();
                let Some(relation) = relation.filter(|_| labelled) else {
                    skipped(Skip::NoLabel);
                    continue;
                };
                if !templates.get(&(relation, language)).is_some_and(|texts| texts.contains_key(&prompt)) {
                    skipped(Skip::NoTemplate);
                    continue;
                }
                askable = true;
                if !own {
                    continue;
                }
                let item = Item { fact, relation, language, prompt };
                match stored.find(&item)?.is_some() {
                    true => work.already_there += 1,
                    false => work.items.push(item),
                }
            }
            passed += usize::from(askable);
            work.facts += u64::from(askable && own);
        }
        work.skips.retain(|_, count| *count > 0);
        Ok(work)
    }

    fn language_ids(&self, snapshot: &Snapshot) -> Result<Vec<LanguageId>> {
        let labelled: Vec<LanguageId> =
            snapshot.label_counts().into_iter().filter(|(_, count)| *count > 0).map(|(language, _)| language).collect();
        if labelled.is_empty() {
            let expected = "a store with labels of facts".to_owned();
            return Err(Error::Option { option: "languages", given: self.languages.join(","), expected });
        }
        let unknown = |name: &String| Error::Unknown {
            what: "language",
            given: name.clone(),
            expected: "one that has labels of facts",
            known: labelled.iter().map(|&id| snapshot.language_name(id).to_owned()).collect(),
        };
        let mut chosen = Vec::new();
        for name in &self.languages {
            let id = snapshot.language(name).filter(|id| labelled.contains(id));
            chosen.push(id.ok_or_else(|| unknown(name))?);
        }
        if chosen.is_empty() {
            chosen = labelled;
        }
        chosen.sort_unstable();
        chosen.dedup();
        Ok(chosen)
    }

    pub(super) fn relation_ids(&self, snapshot: &Snapshot) -> Result<Vec<RelationId>> {
        if self.relations.is_empty() {
            return Ok(snapshot.relations().map(|(id, _)| id).collect());
        }
        let known = |name: &String| {
            snapshot.relation(name).ok_or_else(|| Error::Unknown {
                what: "relation",
                given: name.clone(),
                expected: "one of the store's",
                known: snapshot.relations().map(|(_, name)| name.to_owned()).collect(),
            })
        };
        self.relations.iter().map(known).collect()
    }
}

/// The hash of the question that an entry was made from, where it says so.
pub(crate) fn question_of(part: &LivePart<'_>, local: u32) -> Result<Option<u64>> {
    if part.part.kind() != PartKind::Scores {
        return Ok(None);
    }
    Ok(part.part.head(local)?.origin().and_then(|origin| origin.question))
}

/// What a run holds.
pub(crate) struct Stored<'a>(BTreeMap<(LanguageId, PromptId), Vec<LivePart<'a>>>);

impl<'a> Stored<'a> {
    /// Scores and neuron sets of a run.
    pub(crate) fn attributions(snapshot: &'a Snapshot, run: Option<RunId>) -> Result<Self> {
        let slots = snapshot.slots().filter(|slot| Some(slot.run) == run);
        let parts = slots.map(|slot: Slot| Ok(((slot.language, slot.prompt), snapshot.parts(slot)?)));
        parts.collect::<Result<_>>().map(Self)
    }

    /// Degenerate groups of a run.
    pub(crate) fn groups(snapshot: &'a Snapshot, run: Option<RunId>) -> Result<Self> {
        let slots = snapshot.group_slots().filter(|slot| Some(slot.run) == run);
        let parts = slots.map(|slot: Slot| Ok(((slot.language, slot.prompt), snapshot.group_parts(slot)?)));
        parts.collect::<Result<_>>().map(Self)
    }

    /// The prompts of a language.
    pub(crate) fn prompts(&self, language: LanguageId) -> impl Iterator<Item = PromptId> {
        self.0.range((language, PromptId(0))..=(language, PromptId(u16::MAX))).map(|(&(_, prompt), _)| prompt)
    }

    /// Where a fact's entry is.
    pub(crate) fn find(&self, item: &Item) -> Result<Option<(&LivePart<'a>, u32)>> {
        for part in self.0.get(&(item.language, item.prompt)).into_iter().flatten() {
            if let Some(local) = part.find(item.fact)? {
                return Ok(Some((part, local)));
            }
        }
        Ok(None)
    }
}
