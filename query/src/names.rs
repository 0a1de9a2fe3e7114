//! Names of a statement → ids of the store, with messages that say what is there.

use crate::ast::{Choice, ConditionKey, Filter, LabelTest, Numbers, Source, Text};
use crate::error::QueryError;
use crate::nearest::nearest;
use crate::span::Span;
use kndb_storage::{LanguageId, PromptId, Run, Slot, Snapshot};
use roaring::RoaringBitmap;

/// Defaults of a session, for what a statement leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The run to use where a source names none.
    pub run: Option<String>,
    /// The language of labels where a statement asks for none, or for several.
    pub language: Option<String>,
}

/// At most this many names in a message.
const SHOWN: usize = 12;

/// `"a", "b" and 3 more`, or `none`.
pub(crate) fn listing<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    if names.is_empty() {
        return "none".into();
    }
    let mut text = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}

/// An error for a name the store does not have.
pub(crate) fn unknown<'a>(
    span: Span,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> QueryError {
    let near = nearest(name, known.clone()).map(|near| format!("did you mean {near:?}?"));
    QueryError::missing(span, format!("there is no {what} {name:?}; there is {}", listing(known))).maybe_hint(near)
}

/// Looks names up in a snapshot.
pub(crate) struct Resolver<'a> {
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
}

impl<'a> Resolver<'a> {
    /// The runs a source asks for. Without `run`, the session's or the only one.
    pub(crate) fn runs(&self, source: &Source) -> Result<Vec<&'a Run>, QueryError> {
        let snapshot = self.snapshot;
        let names = || snapshot.runs().map(|run| run.spec.name.as_str()).collect::<Vec<_>>();
        let named = |name: &str, span| snapshot.run_named(name).ok_or_else(|| unknown(span, "run", name, names()));
        let condition = source.condition(ConditionKey::Run);
        match condition.map(|condition| (&condition.filter, condition.span)) {
            Some((Filter::Run(Choice::Of(texts)), _)) => {
                let mut runs = Vec::new();
                for text in texts {
                    let run = named(&text.text, text.span)?;
                    if !runs.iter().any(|known: &&Run| known.id == run.id) {
                        runs.push(run);
                    }
                }
                Ok(runs)
            }
            Some(_) if snapshot.runs().len() > 0 => Ok(snapshot.runs().collect()),
            _ => {
                match (&self.settings.run, snapshot.runs().len()) {
                    (_, 0) => Err(QueryError::missing(source.span, "the store has no run yet")
                        .hint("import one with `kndb import`")),
                    (Some(name), _) => Ok(vec![named(name, source.span)?]),
                    (None, 1) => Ok(snapshot.runs().collect()),
                    (None, count) => {
                        let reason = format!(
                            "the store has {count} runs, {}, and scores of different runs never mix",
                            listing(names())
                        );
                        Err(QueryError::missing(source.span, reason).hint(format!(
                            "say which: `{}[run={:?}]`",
                            source.kind,
                            names()[0]
                        )))
                    }
                }
            }
        }
    }

    /// The languages a source asks for, among those its runs have.
    pub(crate) fn languages(
        &self,
        source: &Source,
        runs: &[&Run],
        slots: &[Slot],
    ) -> Result<Vec<LanguageId>, QueryError> {
        let mut there: Vec<LanguageId> =
            slots.iter().filter(|slot| runs.iter().any(|run| run.id == slot.run)).map(|slot| slot.language).collect();
        there.sort_unstable();
        there.dedup();
        let names = || there.iter().map(|&id| self.snapshot.language_name(id)).collect::<Vec<_>>();
        let Some(Filter::Lang(Choice::Of(texts))) = source.condition(ConditionKey::Lang).map(|c| &c.filter) else {
            return Ok(there);
        };
        let mut languages = Vec::new();
        for text in texts {
            let found = self.snapshot.language(&text.text).filter(|id| there.contains(id));
            let runs = listing(runs.iter().map(|run| run.spec.name.as_str()));
            let language = found.ok_or_else(|| {
                let near = nearest(&text.text, names()).map(|near| format!("did you mean {near:?}?"));
                let reason = format!("run {runs} has no language {:?}; it has {}", text.text, listing(names()));
                QueryError::missing(text.span, reason).maybe_hint(near)
            })?;
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        Ok(languages)
    }

    /// Whether a source wants a prompt.
    pub(crate) fn wants_prompt(source: &Source, prompt: PromptId) -> bool {
        match source.condition(ConditionKey::Prompt).map(|c| &c.filter) {
            Some(Filter::Prompt(Numbers::Of(intervals))) => {
                intervals.iter().any(|i| (i.first..=i.last).contains(&u32::from(prompt.0)))
            }
            _ => true,
        }
    }

    /// The facts that pass `relation`, `fact`, `subject` and `object`; `None` without any of them.
    pub(crate) fn facts(&self, source: &Source) -> Result<Option<RoaringBitmap>, QueryError> {
        let mut all: Option<RoaringBitmap> = None;
        for condition in &source.conditions {
            let facts = match &condition.filter {
                Filter::Relation(Choice::Of(texts)) => self.of_relations(texts)?,
                Filter::Fact(Choice::Of(texts)) => self.of_ids(texts)?,
                Filter::Subject(test) => self.of_labels(test, true)?,
                Filter::Object(test) => self.of_labels(test, false)?,
                _ => continue,
            };
            all = Some(match all {
                Some(before) => before & facts,
                None => facts,
            });
        }
        Ok(all)
    }

    fn of_relations(&self, texts: &[Text]) -> Result<RoaringBitmap, QueryError> {
        let mut facts = RoaringBitmap::new();
        for text in texts {
            let relation = self.snapshot.relation(&text.text).ok_or_else(|| {
                let known: Vec<&str> = self.snapshot.relations().map(|(_, name)| name).collect();
                unknown(text.span, "relation", &text.text, known)
            })?;
            facts |= self.snapshot.facts_of_relation(relation).map_err(QueryError::storage)?;
        }
        Ok(facts)
    }

    fn of_ids(&self, texts: &[Text]) -> Result<RoaringBitmap, QueryError> {
        let mut facts = RoaringBitmap::new();
        for text in texts {
            let fact = self.snapshot.fact(&text.text).map_err(QueryError::storage)?;
            let fact = fact.ok_or_else(|| {
                let reason =
                    format!("there is no fact with the id {:?} among {}", text.text, self.snapshot.fact_count());
                QueryError::missing(text.span, reason).hint("find facts by label: `facts[subject=\"France\"]`")
            })?;
            facts.insert(fact.0);
        }
        Ok(facts)
    }

    fn of_labels(&self, test: &LabelTest, subject: bool) -> Result<RoaringBitmap, QueryError> {
        let find = |test| {
            let found =
                if subject { self.snapshot.facts_with_subject(test) } else { self.snapshot.facts_with_object(test) };
            found.map_err(QueryError::storage)
        };
        match test {
            LabelTest::Contains(part) => find(kndb_storage::LabelTest::Contains(&part.text)),
            LabelTest::Is(texts) => {
                let mut facts = RoaringBitmap::new();
                for text in texts {
                    facts |= find(kndb_storage::LabelTest::Is(&text.text))?;
                }
                Ok(facts)
            }
        }
    }
}
