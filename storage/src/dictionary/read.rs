//! Reads a dictionary in place.

use super::{ArchivedDictionaryDirectory, NONE};
use crate::error::{Error, Result};
use crate::files::container::{Checked, Container, Magic, Section};
use crate::files::mapped::{Bytes, u32s, u64s};
use crate::ids::{FactId, LanguageId, PromptId, RelationId};
use crate::stop::Stop;
use rkyv::rancor;
use roaring::RoaringBitmap;
use std::path::Path;

/// How a label is compared; upper and lower case differ.
#[derive(Clone, Copy, Debug)]
pub enum LabelTest<'a> {
    /// The whole label.
    Is(&'a str),
    /// A part of the label.
    Contains(&'a str),
}

/// An open dictionary.
pub(crate) struct Dictionary {
    container: Container,
    facts: u32,
    ids: Strings,
    id_order: Checked,
    relations: Checked,
    subject_uris: Checked,
    object_uris: Checked,
    strings: Strings,
    labels: Vec<Labels>,
    relabelled: Vec<(LanguageId, Checked)>,
    templates: Vec<(RelationId, LanguageId, PromptId, String)>,
    candidates: Vec<(RelationId, LanguageId, Checked, Checked)>,
}

struct Strings {
    ends: Checked,
    bytes: Checked,
}

struct Labels {
    language: LanguageId,
    facts: Checked,
    subjects: Checked,
    objects: Checked,
}

/// So many labels are looked at between two questions whether to stop: some hundred microseconds.
const LOOK: u32 = 1 << 12;

impl Dictionary {
    pub(crate) fn open(bytes: Bytes, path: &Path) -> Result<Self> {
        let container = Container::open(bytes, path, Magic::Dictionary)?;
        let directory = rkyv::access::<ArchivedDictionaryDirectory, rancor::Error>(container.directory())
            .map_err(|e| Error::corrupt(path, "directory", e, "a dictionary directory"))?;
        let facts = directory.facts.to_native();
        let section = |section: Section, name: &str, len: Option<u64>| {
            container.check_bounds(section, name)?;
            match len {
                Some(len) if len != section.len => {
                    Err(Error::corrupt(path, name, format!("{} bytes", section.len), len))
                }
                _ => Ok(Checked::new(section)),
            }
        };
        let column = |s: Section, name: &str| section(s, name, Some(4 * u64::from(facts)));
        let (mut labels, mut relabelled) = (Vec::new(), Vec::new());
        for of_language in directory.labels.iter() {
            let (of, language) = (of_language.facts.get(), LanguageId(of_language.language.to_native()));
            let (subjects, objects) = (of_language.subjects.get(), of_language.objects.get());
            if of.len > 0 && subjects.len == 0 && objects.len == 0 {
                relabelled.push((language, section(of, "facts with replaced labels", None)?));
                continue;
            }
            labels.push(Labels {
                language,
                facts: section(of, "labels", None)?,
                subjects: section(subjects, "subjects", Some(of.len))?,
                objects: section(objects, "objects", Some(of.len))?,
            });
        }
        let templates = directory.templates.iter().map(|t| {
            let (relation, language) = (RelationId(t.relation.to_native()), LanguageId(t.language.to_native()));
            (relation, language, PromptId(t.prompt.to_native()), t.text.as_str().to_owned())
        });
        let templates = templates.collect();
        let candidates = directory.candidates.iter().map(|c| {
            let (relation, language) = (RelationId(c.relation.to_native()), LanguageId(c.language.to_native()));
            let subjects = section(c.subjects.get(), "candidates", None)?;
            Ok((relation, language, subjects, section(c.objects.get(), "candidates", None)?))
        });
        let candidates = candidates.collect::<Result<_>>()?;
        Ok(Self {
            facts,
            ids: Strings {
                ends: section(directory.id_ends.get(), "id ends", Some(8 * (u64::from(facts) + 1)))?,
                bytes: section(directory.id_bytes.get(), "ids", None)?,
            },
            id_order: column(directory.id_order.get(), "id order")?,
            relations: column(directory.relations.get(), "relations")?,
            subject_uris: column(directory.subject_uris.get(), "subject URIs")?,
            object_uris: column(directory.object_uris.get(), "object URIs")?,
            strings: Strings {
                ends: section(directory.string_ends.get(), "string ends", None)?,
                bytes: section(directory.string_bytes.get(), "strings", None)?,
            },
            labels,
            relabelled,
            templates,
            candidates,
            container,
        })
    }

    pub(crate) fn len(&self) -> u32 {
        self.facts
    }

    pub(crate) fn size(&self) -> u64 {
        self.container.len()
    }

    fn list(&self, checked: &Checked, name: &str) -> Result<&[[u8; 4]]> {
        self.container.checked(checked, name, |_| Ok(())).map(u32s)
    }

    /// The string `number`; `None` for [`NONE`].
    fn text(&self, strings: &Strings, number: u32) -> Result<Option<&str>> {
        if number == NONE {
            return Ok(None);
        }
        let (ends, bytes) = self.string_table(strings)?;
        let bad =
            || Error::corrupt(self.container.path(), "strings", format!("string {number}"), "UTF-8 within the table");
        let at = number as usize;
        let (Some(&start), Some(&end)) = (ends.get(at), ends.get(at + 1)) else { return Err(bad()) };
        let range = u64::from_le_bytes(start) as usize..u64::from_le_bytes(end) as usize;
        let text = bytes.get(range).and_then(|text| std::str::from_utf8(text).ok());
        text.map(Some).ok_or_else(bad)
    }

    fn string_table(&self, strings: &Strings) -> Result<(&[[u8; 8]], &[u8])> {
        let ends = self.container.checked(&strings.ends, "string ends", |_| Ok(())).map(u64s)?;
        Ok((ends, self.container.checked(&strings.bytes, "strings", |_| Ok(()))?))
    }

    /// The external id of a fact of this dictionary.
    pub(crate) fn external_id(&self, fact: FactId) -> Result<&str> {
        Ok(self.text(&self.ids, fact.0)?.unwrap_or_default())
    }

    /// The fact with an external id.
    pub(crate) fn find(&self, id: &str) -> Result<Option<FactId>> {
        let order = self.list(&self.id_order, "id order")?;
        let (mut low, mut high) = (0, order.len());
        while low < high {
            let middle = low.midpoint(high);
            let fact = FactId(u32::from_le_bytes(order[middle]));
            match self.external_id(fact)?.cmp(id) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(Some(fact)),
            }
        }
        Ok(None)
    }

    fn column(&self, column: &Checked, name: &str, fact: FactId) -> Result<u32> {
        Ok(self.list(column, name)?.get(fact.0 as usize).map_or(NONE, |&value| u32::from_le_bytes(value)))
    }

    pub(crate) fn relation(&self, fact: FactId) -> Result<Option<RelationId>> {
        let relation = self.column(&self.relations, "relations", fact)?;
        Ok((relation != NONE).then_some(RelationId(relation)))
    }

    pub(crate) fn subject_uri(&self, fact: FactId) -> Result<Option<&str>> {
        self.text(&self.strings, self.column(&self.subject_uris, "subject URIs", fact)?)
    }

    pub(crate) fn object_uri(&self, fact: FactId) -> Result<Option<&str>> {
        self.text(&self.strings, self.column(&self.object_uris, "object URIs", fact)?)
    }

    pub(crate) fn languages(&self) -> impl Iterator<Item = LanguageId> + '_ {
        self.labels.iter().map(|labels| labels.language)
    }

    /// Number of labels in a language.
    pub(crate) fn label_count(&self, language: LanguageId) -> u64 {
        self.of_language(language).map_or(0, |labels| labels.facts.section.len / 4)
    }

    fn of_language(&self, language: LanguageId) -> Option<&Labels> {
        self.labels.iter().find(|labels| labels.language == language)
    }

    /// Subject and object of a fact in a language.
    pub(crate) fn label(&self, fact: FactId, language: LanguageId) -> Result<Option<(&str, &str)>> {
        let Some(labels) = self.of_language(language) else { return Ok(None) };
        let facts = self.list(&labels.facts, "labels")?;
        let Ok(at) = facts.binary_search_by_key(&fact.0, |&id| u32::from_le_bytes(id)) else { return Ok(None) };
        let subject = u32::from_le_bytes(self.list(&labels.subjects, "subjects")?[at]);
        let object = u32::from_le_bytes(self.list(&labels.objects, "objects")?[at]);
        let text = |number| Ok::<_, Error>(self.text(&self.strings, number)?.unwrap_or_default());
        Ok(Some((text(subject)?, text(object)?)))
    }

    pub(crate) fn for_each_label(&self, language: LanguageId, mut each: impl FnMut(FactId, &str, &str)) -> Result<()> {
        let Some(labels) = self.of_language(language) else { return Ok(()) };
        let facts = self.list(&labels.facts, "labels")?.iter();
        let texts = self.list(&labels.subjects, "subjects")?.iter().zip(self.list(&labels.objects, "objects")?);
        let text = |number: &[u8; 4]| {
            Ok::<_, Error>(self.text(&self.strings, u32::from_le_bytes(*number))?.unwrap_or_default())
        };
        for (fact, (subject, object)) in facts.zip(texts) {
            each(FactId(u32::from_le_bytes(*fact)), text(subject)?, text(object)?);
        }
        Ok(())
    }

    /// Languages in which a label was ever replaced or taken away.
    pub(crate) fn relabelled_languages(&self) -> impl Iterator<Item = LanguageId> + '_ {
        self.relabelled.iter().map(|&(language, _)| language)
    }

    /// Facts whose label in a language was replaced or taken away.
    pub(crate) fn relabelled(&self, language: LanguageId) -> Result<RoaringBitmap> {
        let Some((_, facts)) = self.relabelled.iter().find(|(of, _)| *of == language) else {
            return Ok(RoaringBitmap::new());
        };
        let facts = self.list(facts, "facts with replaced labels")?.iter().map(|&fact| u32::from_le_bytes(fact));
        let found = RoaringBitmap::from_sorted_iter(facts).ok().filter(|found| found.max() < Some(self.facts));
        found.ok_or_else(|| {
            let expected = format!("ascending facts below {}", self.facts);
            Error::corrupt(self.container.path(), "facts with replaced labels", "other numbers", expected)
        })
    }

    /// Facts of a relation.
    pub(crate) fn of_relation(&self, relation: RelationId) -> Result<RoaringBitmap> {
        let relations = self.list(&self.relations, "relations")?.iter().enumerate();
        let of = relations.filter(|&(_, &r)| u32::from_le_bytes(r) == relation.0);
        Ok(of.map(|(fact, _)| fact as u32).collect())
    }

    /// Facts with a matching label in any language: of the subject, or else of the object.
    /// `None` where `stop` says so: it is asked every [`LOOK`] labels.
    pub(crate) fn with_label(
        &self,
        subject: bool,
        test: LabelTest<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<RoaringBitmap>> {
        let Some(passing) = self.matching_strings(test, stop)? else { return Ok(None) };
        let mut found = RoaringBitmap::new();
        for labels in &self.labels {
            if stop() {
                return Ok(None);
            }
            let facts = self.list(&labels.facts, "labels")?;
            let (side, name) = if subject { (&labels.subjects, "subjects") } else { (&labels.objects, "objects") };
            let texts = self.list(side, name)?;
            let hits = facts.iter().zip(texts).filter(|(_, text)| passing.contains(u32::from_le_bytes(**text)));
            found.extend(hits.map(|(&fact, _)| u32::from_le_bytes(fact)));
        }
        Ok(Some(found))
    }

    /// Every label of subjects once, or else of objects, in any language.
    pub(crate) fn distinct_labels(&self, subject: bool) -> Result<Vec<&str>> {
        let mut numbers = RoaringBitmap::new();
        for labels in &self.labels {
            let (side, name) = if subject { (&labels.subjects, "subjects") } else { (&labels.objects, "objects") };
            numbers.extend(self.list(side, name)?.iter().map(|&number| u32::from_le_bytes(number)));
        }
        numbers.into_iter().map(|number| Ok(self.text(&self.strings, number)?.unwrap_or_default())).collect()
    }

    fn matching_strings(&self, test: LabelTest<'_>, stop: &dyn Fn() -> bool) -> Result<Option<RoaringBitmap>> {
        let count = (self.string_table(&self.strings)?.0.len() as u32).saturating_sub(1);
        let text = |number| Ok::<_, Error>(self.text(&self.strings, number)?.unwrap_or_default());
        let mut passing = RoaringBitmap::new();
        match test {
            LabelTest::Is(label) => {
                let (mut low, mut high) = (0, count);
                while low < high {
                    let middle = low.midpoint(high);
                    if text(middle)? < label { low = middle + 1 } else { high = middle }
                }
                if low < count && text(low)? == label {
                    passing.insert(low);
                }
            }
            LabelTest::Contains(part) => {
                for number in 0..count {
                    if number.is_multiple_of(LOOK) && stop() {
                        return Ok(None);
                    }
                    if text(number)?.contains(part) {
                        passing.insert(number);
                    }
                }
            }
        }
        Ok(Some(passing))
    }

    pub(crate) fn templates(&self) -> impl Iterator<Item = (RelationId, LanguageId, PromptId, &str)> {
        self.templates.iter().map(|(relation, language, prompt, text)| (*relation, *language, *prompt, text.as_str()))
    }

    pub(crate) fn candidate_lists(&self) -> impl Iterator<Item = (RelationId, LanguageId)> + '_ {
        self.candidates.iter().map(|&(relation, language, ..)| (relation, language))
    }

    /// Candidate subjects and objects of a relation in a language.
    pub(crate) fn candidates(
        &self,
        relation: RelationId,
        language: LanguageId,
    ) -> Result<Option<(Vec<&str>, Vec<&str>)>> {
        let found = self.candidates.iter().find(|(r, l, ..)| (*r, *l) == (relation, language));
        let Some((_, _, subjects, objects)) = found else { return Ok(None) };
        let texts = |list: &Checked| {
            let numbers = self.list(list, "candidates")?.iter();
            numbers
                .map(|&n| Ok(self.text(&self.strings, u32::from_le_bytes(n))?.unwrap_or_default()))
                .collect::<Result<_>>()
        };
        Ok(Some((texts(subjects)?, texts(objects)?)))
    }

    /// The external ids, proved.
    pub(crate) fn proved_ids(&self) -> Result<Vec<String>> {
        self.container.verify(self.ids.ends.section, "id ends")?;
        self.container.verify(self.ids.bytes.section, "ids")?;
        (0..self.facts).map(|fact| self.external_id(FactId(fact)).map(str::to_owned)).collect()
    }

    /// Fails unless the strings that labels and URIs are made of are whole.
    pub(crate) fn proved_strings(&self) -> Result<()> {
        self.string_table(&self.strings).map(drop)
    }

    /// Fails unless this is the file whose directory has a checksum.
    pub(crate) fn must_be(&self, sum: Option<u64>) -> Result<()> {
        self.container.must_be(sum)
    }

    /// Reads every byte anew.
    pub(crate) fn verify(&self, stop: &Stop) -> Result<()> {
        self.container.verify_envelope()?;
        let strings = [&self.ids, &self.strings].into_iter().flat_map(|strings| [&strings.ends, &strings.bytes]);
        let columns = [&self.id_order, &self.relations, &self.subject_uris, &self.object_uris];
        let labels = self.labels.iter().flat_map(|labels| [&labels.facts, &labels.subjects, &labels.objects]);
        let candidates = self.candidates.iter().flat_map(|(_, _, subjects, objects)| [subjects, objects]);
        let relabelled = self.relabelled.iter().map(|(_, facts)| facts);
        for checked in strings.chain(columns).chain(labels).chain(relabelled).chain(candidates) {
            self.container.verify(checked.section, "strings, columns and lists")?;
        }
        for fact in (0..self.facts).map(FactId) {
            stop.look()?;
            let id = self.external_id(fact)?.to_owned();
            if self.find(&id)? != Some(fact) {
                return Err(Error::corrupt(self.container.path(), "id order", id, "every id once"));
            }
            self.relation(fact)?;
            self.subject_uri(fact)?;
            self.object_uri(fact)?;
        }
        for language in self.languages() {
            stop.look()?;
            self.for_each_label(language, |_, _, _| {})?;
        }
        for language in self.relabelled_languages() {
            self.relabelled(language)?;
        }
        for (relation, language) in self.candidate_lists() {
            self.candidates(relation, language)?;
        }
        Ok(())
    }
}
