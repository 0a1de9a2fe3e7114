//! Writes a dictionary file from the contents of a [`Draft`].

use super::read::Dictionary;
use super::{CandidateRecord, DictionaryDirectory, LabelDirectory, NONE, TemplateRecord};
use crate::error::Result;
use crate::files::container::{ContainerWriter, Magic};
use crate::ids::{FactId, LanguageId, PromptId, RelationId};
use crate::segment::build::{le_u32, le_u64};
use crate::snapshot::Snapshot;
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;

/// A dictionary while it is being changed, all in memory.
#[derive(Default)]
pub(crate) struct Draft {
    pub facts: Vec<DraftFact>,
    pub by_id: HashMap<String, FactId>,
    pub labels: BTreeMap<LanguageId, BTreeMap<FactId, (String, String)>>,
    pub templates: BTreeMap<(RelationId, LanguageId), Vec<String>>,
    pub candidates: BTreeMap<(RelationId, LanguageId), (Vec<String>, Vec<String>)>,
    /// Facts whose label was replaced or taken away: their entries may have been asked with another one.
    pub relabelled: BTreeMap<LanguageId, RoaringBitmap>,
    /// Facts that are forgotten, though they have a number and an id.
    pub dropped: RoaringBitmap,
}

#[derive(Clone, Default)]
pub(crate) struct DraftFact {
    pub id: String,
    pub relation: Option<RelationId>,
    pub subject_uri: Option<String>,
    pub object_uri: Option<String>,
}

impl Draft {
    /// The facts of a snapshot, for changing.
    pub(crate) fn of_snapshot(snapshot: &Snapshot) -> Result<Self> {
        let mut draft = match snapshot.dictionary_file() {
            Some((_, dictionary)) => Self::of(dictionary)?,
            None => Self::default(),
        };
        for id in snapshot.catalogue.new_facts.values() {
            draft.push(DraftFact { id: id.clone(), ..DraftFact::default() });
        }
        draft.dropped.clone_from(&snapshot.catalogue.dropped_facts);
        Ok(draft)
    }

    /// The contents of a dictionary, for changing.
    fn of(dictionary: &Dictionary) -> Result<Self> {
        let mut draft = Self::default();
        for fact in 0..dictionary.len() {
            let fact = FactId(fact);
            draft.push(DraftFact {
                id: dictionary.external_id(fact)?.to_owned(),
                relation: dictionary.relation(fact)?,
                subject_uri: dictionary.subject_uri(fact)?.map(str::to_owned),
                object_uri: dictionary.object_uri(fact)?.map(str::to_owned),
            });
        }
        for language in dictionary.languages() {
            let labels = draft.labels.entry(language).or_default();
            dictionary.for_each_label(language, |fact, subject, object| {
                labels.insert(fact, (subject.to_owned(), object.to_owned()));
            })?;
        }
        for language in dictionary.relabelled_languages() {
            draft.relabelled.insert(language, dictionary.relabelled(language)?);
        }
        for (relation, language, _, text) in dictionary.templates() {
            draft.templates.entry((relation, language)).or_default().push(text.to_owned());
        }
        for (relation, language) in dictionary.candidate_lists() {
            let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
            if let Some((subjects, objects)) = dictionary.candidates(relation, language)? {
                draft.candidates.insert((relation, language), (owned(subjects), owned(objects)));
            }
        }
        Ok(draft)
    }

    /// Takes relation, labels, templates and candidates of a relation away; the facts that were of it, and their labels.
    pub(crate) fn forget_relation(&mut self, relation: RelationId) -> (RoaringBitmap, u64) {
        let mut facts = RoaringBitmap::new();
        for (number, fact) in (0..).zip(&mut self.facts) {
            if fact.relation == Some(relation) {
                *fact = DraftFact { id: std::mem::take(&mut fact.id), ..DraftFact::default() };
                facts.insert(number);
            }
        }
        let mut labels = 0;
        for (&language, of_language) in &mut self.labels {
            let before = of_language.len();
            // They may come again with other labels, and their templates' numbers with other texts.
            let relabelled = self.relabelled.entry(language).or_default();
            relabelled.extend(of_language.keys().map(|fact| fact.0).filter(|&fact| facts.contains(fact)));
            of_language.retain(|fact, _| !facts.contains(fact.0));
            labels += (before - of_language.len()) as u64;
        }
        self.labels.retain(|_, labels| !labels.is_empty());
        self.templates.retain(|(of, _), _| *of != relation);
        self.candidates.retain(|(of, _), _| *of != relation);
        (facts, labels)
    }

    /// Adds a fact; its id is its position.
    pub(crate) fn push(&mut self, fact: DraftFact) -> FactId {
        let id = FactId(self.facts.len() as u32);
        self.by_id.insert(fact.id.clone(), id);
        self.facts.push(fact);
        id
    }

    /// Writes the file; returns the output and its length.
    pub(crate) fn write<W: Write>(&self, out: W) -> std::io::Result<(W, u64)> {
        let strings = Strings::of(self);
        let mut writer = ContainerWriter::new(out, Magic::Dictionary)?;
        let ids = self.facts.iter().map(|fact| fact.id.as_str());
        let (id_ends, id_bytes) = write_strings(&mut writer, ids)?;
        let mut order: Vec<u32> = (0..self.facts.len() as u32).collect();
        order.sort_unstable_by_key(|&fact| &self.facts[fact as usize].id);
        let column = |of: &dyn Fn(&DraftFact) -> u32| le_u32(&self.facts.iter().map(of).collect::<Vec<_>>());
        let uri = |uri: &Option<String>| uri.as_deref().map_or(NONE, |uri| strings.number(uri));
        let id_order = writer.section(&le_u32(&order))?;
        let relations = writer.section(&column(&|fact| fact.relation.map_or(NONE, |r| r.0)))?;
        let subject_uris = writer.section(&column(&|fact| uri(&fact.subject_uri)))?;
        let object_uris = writer.section(&column(&|fact| uri(&fact.object_uri)))?;
        let (string_ends, string_bytes) = write_strings(&mut writer, strings.sorted.iter().copied())?;
        let mut labels = Vec::new();
        for (language, facts) in &self.labels {
            let list = |of: &dyn Fn(&FactId, &(String, String)) -> u32| {
                le_u32(&facts.iter().map(|(fact, label)| of(fact, label)).collect::<Vec<_>>())
            };
            labels.push(LabelDirectory {
                language: language.0,
                facts: writer.section(&list(&|fact, _| fact.0))?,
                subjects: writer.section(&list(&|_, (subject, _)| strings.number(subject)))?,
                objects: writer.section(&list(&|_, (_, object)| strings.number(object)))?,
            });
        }
        for (language, facts) in self.relabelled.iter().filter(|(_, facts)| !facts.is_empty()) {
            labels.push(LabelDirectory {
                language: language.0,
                facts: writer.section(&le_u32(&facts.iter().collect::<Vec<_>>()))?,
                subjects: writer.section(&[])?,
                objects: writer.section(&[])?,
            });
        }
        let mut templates = Vec::new();
        for (&(relation, language), texts) in &self.templates {
            templates.extend(texts.iter().enumerate().map(|(prompt, text)| TemplateRecord {
                relation: relation.0,
                language: language.0,
                prompt: PromptId(prompt as u16).0,
                text: text.clone(),
            }));
        }
        let mut candidates = Vec::new();
        for (&(relation, language), (subjects, objects)) in &self.candidates {
            let list = |labels: &[String]| le_u32(&labels.iter().map(|l| strings.number(l)).collect::<Vec<_>>());
            candidates.push(CandidateRecord {
                relation: relation.0,
                language: language.0,
                subjects: writer.section(&list(subjects))?,
                objects: writer.section(&list(objects))?,
            });
        }
        let directory = DictionaryDirectory {
            facts: self.facts.len() as u32,
            id_ends,
            id_bytes,
            id_order,
            relations,
            subject_uris,
            object_uris,
            string_ends,
            string_bytes,
            labels,
            templates,
            candidates,
        };
        let directory = rkyv::to_bytes::<rkyv::rancor::Error>(&directory).map_err(std::io::Error::other)?;
        writer.finish(&directory)
    }
}

/// Every string of a draft once, sorted, with its number.
struct Strings<'a> {
    sorted: Vec<&'a str>,
    numbers: HashMap<&'a str, u32>,
}

impl<'a> Strings<'a> {
    fn of(draft: &'a Draft) -> Self {
        let uris = draft.facts.iter().flat_map(|fact| [&fact.subject_uri, &fact.object_uri]).flatten();
        let labels = draft.labels.values().flat_map(BTreeMap::values).flat_map(|(s, o)| [s, o]);
        let candidates = draft.candidates.values().flat_map(|(s, o)| s.iter().chain(o));
        let mut sorted: Vec<&str> = uris.chain(labels).chain(candidates).map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let numbers = sorted.iter().enumerate().map(|(number, &text)| (text, number as u32)).collect();
        Self { sorted, numbers }
    }

    fn number(&self, text: &str) -> u32 {
        self.numbers.get(text).copied().unwrap_or(NONE)
    }
}

fn write_strings<'a, W: Write>(
    writer: &mut ContainerWriter<W>,
    strings: impl Iterator<Item = &'a str>,
) -> std::io::Result<(crate::files::container::Section, crate::files::container::Section)> {
    let mut ends = vec![0_u64];
    writer.begin()?;
    for text in strings {
        writer.push(text.as_bytes())?;
        ends.push(ends[ends.len() - 1] + text.len() as u64);
    }
    let bytes = writer.end();
    Ok((writer.section(&le_u64(&ends))?, bytes))
}
