//! Names of a statement → ids of the store, with messages that say what is there.

use crate::attached::Attached;
use crate::error::QueryError;
use crate::interrupt::Interrupt;
use crate::mistakes::nearest::nearest;
use crate::note::Notes;
use crate::syntax::ast::{Condition, Interval, Name, Source, SourceKind, Test, Text};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::span::Span;
use kndb_storage::{Content, FoundRelation, LanguageId, PromptId, Run, Slot, Snapshot};
use roaring::RoaringBitmap;

/// Defaults of a session, for what a statement leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The run to use where a source names none.
    pub run: Option<String>,
    /// The language of labels; without, the one that a statement asks for, or English, or any.
    pub language: Option<String>,
    /// Bytes of memory that a statement may take for what grows with its answer: [`crate::DEFAULT_MEMORY`] if not given.
    pub memory: Option<u64>,
    /// Stops a statement that is running.
    pub interrupt: Interrupt,
    /// Stores that a statement can name beside the one in hand.
    pub attached: Attached,
}

/// At most this many names in a message.
const SHOWN: usize = 12;

/// `"a", "b" and 3 more`, or `none`.
pub(crate) fn listing<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    shortened(names.into_iter().map(|name| format!("{name:?}")).collect())
}

pub(crate) fn shortened(names: Vec<String>) -> String {
    match names.len() {
        0 => "none".into(),
        count if count > SHOWN => format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN),
        _ => names.join(", "),
    }
}

/// An error for a name the store does not have.
pub(crate) fn unknown<'a>(
    span: Span,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> QueryError {
    let near = nearest(name, known.clone()).map(|near| format!("did you mean {near:?}?"));
    QueryError::missing(span, format!("there is no {what} {name:?}; the store has {}", listing(known))).maybe_hint(near)
}

/// An error for a saved set the store does not have.
pub(crate) fn unknown_set(name: &Name, snapshot: &Snapshot) -> QueryError {
    let known: Vec<&str> = snapshot.saved_sets().map(|set| set.name.as_str()).collect();
    let near = nearest(&name.text, known.iter().copied()).map(|near| format!("did you mean @{near}?"));
    let known = shortened(known.iter().map(|name| format!("@{name}")).collect());
    QueryError::missing(name.span, format!("there is no saved set @{name}; the store has {known}")).maybe_hint(near)
}

/// What a source is about.
fn content(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Dkn => "degenerate groups",
        SourceKind::Entries => "entries of scores or neuron sets",
        _ => "knowledge neurons",
    }
}

/// An error for a store without runs.
pub(crate) fn no_run(span: Span) -> QueryError {
    QueryError::missing(span, "the store has no run")
        .hint("`kndb attribute` computes scores into one, `kndb import` takes those of files")
}

/// What one condition on facts names: its values, as they are told of, each with its facts.
pub(crate) struct Chosen {
    pub values: Vec<(String, RoaringBitmap)>,
}

/// The facts that every condition names; `None` without any condition.
pub(crate) fn all_of(chosen: &[Chosen]) -> Option<RoaringBitmap> {
    let of_one = |chosen: &Chosen| chosen.values.iter().fold(RoaringBitmap::new(), |all, (_, facts)| all | facts);
    chosen.iter().map(of_one).reduce(|all, facts| all & facts)
}

/// Looks names up in a snapshot.
pub(crate) struct Resolver<'a> {
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
    /// What the reader of the answer has to know.
    pub notes: Notes,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, settings: &'a Settings) -> Self {
        Self { snapshot, settings, notes: Notes::default() }
    }

    /// The runs a source asks for. Without `run`, the session's, or the only one that has what the source is about.
    pub(crate) fn runs(&self, source: &Source) -> Result<Vec<&'a Run>, QueryError> {
        let snapshot = self.snapshot;
        let names = || snapshot.runs().map(|run| run.spec.name.as_str()).collect::<Vec<_>>();
        let named = |name: &str, span| snapshot.run_named(name).ok_or_else(|| unknown(span, "run", name, names()));
        if snapshot.runs().len() == 0 {
            return Err(no_run(source.span));
        }
        match source.condition(ConditionKey::Run).map(Condition::names) {
            Some(Some(texts)) => {
                let mut runs = Vec::new();
                for text in texts {
                    let run = named(&text.text, text.span)?;
                    if !runs.iter().any(|known: &&Run| known.id == run.id) {
                        runs.push(run);
                    }
                }
                Ok(runs)
            }
            Some(None) => Ok(snapshot.runs().collect()),
            None => match self.session_run(source.span)? {
                Some(run) => Ok(vec![run]),
                None => self.only_run(source),
            },
        }
    }

    /// The only run there is, or the only one of those that have what a source is about.
    fn only_run(&self, source: &Source) -> Result<Vec<&'a Run>, QueryError> {
        let all: Vec<&Run> = self.snapshot.runs().collect();
        let runs = match self.with(source.kind) {
            none if none.is_empty() && all.len() > 1 => return Err(self.nothing_in(source, &[])),
            none if none.is_empty() => all.clone(),
            some => some,
        };
        let with = if runs.len() < all.len() { format!(" with {}", content(source.kind)) } else { String::new() };
        let [first, _, ..] = runs.as_slice() else { return Ok(runs) };
        let names = listing(runs.iter().map(|run| run.spec.name.as_str()));
        let reason = format!(
            "the store has {} runs{with}, {names}, and `{}` does not say which is meant",
            runs.len(),
            source.kind
        );
        let one = format!("say which: `{}[run={:?}]`", source.kind, first.spec.name);
        Err(QueryError::missing(source.span, reason).hint(match source.kind {
            // It intersects the languages of one run.
            SourceKind::Likn => one,
            kind => format!("{one}; all of them together are `{kind}[run=*]`, some `{kind}[run in (…)]`"),
        }))
    }

    /// The runs that have what a source is about: groups, or scores and neuron sets.
    fn with(&self, kind: SourceKind) -> Vec<&'a Run> {
        let content = if kind == SourceKind::Dkn { Content::Groups } else { Content::Attributions };
        self.snapshot.runs_with(content).collect()
    }

    /// The error for runs, or for a store (no runs), without what a source is about; says which runs have.
    pub(crate) fn nothing_in(&self, source: &Source, runs: &[&Run]) -> QueryError {
        let names = listing(runs.iter().map(|run| run.spec.name.as_str()));
        let which = if runs.is_empty() { "no run has".to_owned() } else { format!("run {names} has no") };
        let reason = format!("{which} {} yet", content(source.kind));
        let error = QueryError::missing(source.span, reason);
        if let Some(losses) = runs.iter().find_map(|run| self.snapshot.losses(run.id)) {
            return error.hint(losses.to_string());
        }
        match (self.with(source.kind).as_slice(), source.kind) {
            ([], SourceKind::Dkn) => error.hint("`kndb dkn` searches for them, and AMIG's result files have them"),
            ([], _) => error.hint("`kndb attribute` computes scores into it, `kndb import` takes those of files"),
            ([one], kind) => {
                let name = &one.spec.name;
                error.hint(format!("run {name:?} has: write `{kind}[run={name:?}]`"))
            }
            (several, _) => {
                let names = listing(several.iter().map(|run| run.spec.name.as_str()));
                error.hint(format!("runs that have: {names}"))
            }
        }
    }

    /// The run that the session has chosen; `span` is what needs it.
    pub(crate) fn session_run(&self, span: Span) -> Result<Option<&'a Run>, QueryError> {
        let Some(name) = self.settings.run.as_deref() else { return Ok(None) };
        let names = self.snapshot.runs().map(|run| run.spec.name.as_str());
        let error = || unknown(span, "run", name, names.collect::<Vec<_>>());
        let run = self.snapshot.run_named(name).ok_or_else(error);
        run.map(Some).map_err(|error| QueryError { reason: format!("the session's run: {}", error.reason), ..error })
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
        let Some(texts) = source.names(ConditionKey::Lang) else { return Ok(there) };
        let mut languages = Vec::new();
        for text in texts {
            let found = self.snapshot.language(&text.text).filter(|id| there.contains(id));
            let runs = listing(runs.iter().map(|run| run.spec.name.as_str()));
            let language = found.ok_or_else(|| {
                // The code of a language that is given by its name; its spelling is near to others'.
                let code = kndb_storage::language::named(&text.text).map(|code| match names().contains(&code) {
                    true => format!("did you mean {code:?}? languages are given by their codes"),
                    false => format!("languages are given by their codes; that of {:?} is {code:?}", text.text),
                });
                let near = || nearest(&text.text, names()).map(|near| format!("did you mean {near:?}?"));
                let near = code.or_else(near);
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
        let within = |asked: &Interval| (asked.first..=asked.last).contains(&u32::from(prompt.0));
        source.intervals(ConditionKey::Prompt).is_none_or(|intervals| intervals.iter().any(within))
    }

    /// The facts that pass `relation`, `fact`, `subject` and `object`; `None` without any of them.
    pub(crate) fn facts(&self, source: &Source) -> Result<Option<RoaringBitmap>, QueryError> {
        Ok(all_of(&self.chosen(source)?))
    }

    /// What the conditions `relation`, `fact`, `subject` and `object` name, each value with its facts.
    pub(crate) fn chosen(&self, source: &Source) -> Result<Vec<Chosen>, QueryError> {
        let mut all = Vec::new();
        for condition in &source.conditions {
            let values = match (condition.key, &condition.test) {
                (ConditionKey::Relation, Test::Names(texts)) => self.of_relations(texts)?,
                (ConditionKey::Fact, Test::Names(texts)) => self.of_ids(texts)?,
                (key @ (ConditionKey::Subject | ConditionKey::Object), Test::Names(texts)) => {
                    self.of_labels(texts, key)?
                }
                (key @ (ConditionKey::Subject | ConditionKey::Object), Test::Contains(part)) => {
                    self.containing(part, key)?
                }
                _ => continue,
            };
            all.push(Chosen { values });
        }
        Ok(all)
    }

    fn of_relations(&self, texts: &[Text]) -> Result<Vec<(String, RoaringBitmap)>, QueryError> {
        let mut values = Vec::new();
        for text in texts {
            let relation = match self.snapshot.find_relation(&text.text) {
                FoundRelation::One(relation) => relation,
                FoundRelation::None => return Err(self.unknown_relation(text)),
                FoundRelation::Several(relations) => {
                    let ids: Vec<&str> = relations.iter().map(|&id| self.snapshot.relation_name(id)).collect();
                    let reason = format!(
                        "{:?} is the name of {} relations: {}",
                        text.text,
                        ids.len(),
                        listing(ids.iter().copied())
                    );
                    let hint = format!("write the id of the one that is meant: `relation={}`", ids[0]);
                    return Err(QueryError::missing(text.span, reason).hint(hint));
                }
            };
            let facts = self.snapshot.facts_of_relation(relation).map_err(QueryError::storage)?;
            if facts.is_empty() {
                self.notes.add(text.span, format!("the store has no fact of relation {:?}", text.text));
            }
            values.push((format!("relation {:?}", text.text), facts));
        }
        Ok(values)
    }

    fn unknown_relation(&self, text: &Text) -> QueryError {
        let known = self.snapshot.relations().map(|(id, relation)| {
            // `P36 (capital)`, with the id in quotes as everywhere else.
            let shown = self.snapshot.relation_shown(id, None);
            format!("{relation:?}{}", &shown[relation.len()..])
        });
        let reason = format!("there is no relation {:?}; the store has {}", text.text, shortened(known.collect()));
        let near = nearest(&text.text, self.snapshot.relation_words()).map(|near| format!("did you mean {near:?}?"));
        QueryError::missing(text.span, reason).maybe_hint(near)
    }

    fn of_ids(&self, texts: &[Text]) -> Result<Vec<(String, RoaringBitmap)>, QueryError> {
        let mut values = Vec::new();
        for text in texts {
            let fact = self.snapshot.fact(&text.text).map_err(QueryError::storage)?;
            let fact = fact.ok_or_else(|| {
                let reason =
                    format!("none of the store's {} facts has the id {:?}", self.snapshot.fact_count(), text.text);
                QueryError::missing(text.span, reason).hint("find facts by label: `facts[subject=\"France\"]`")
            })?;
            values.push((format!("fact {:?}", text.text), std::iter::once(fact.0).collect()));
        }
        Ok(values)
    }

    fn with_label(&self, test: kndb_storage::LabelTest<'_>, key: ConditionKey) -> Result<RoaringBitmap, QueryError> {
        let stop = &self.settings.interrupt;
        let found = self.snapshot.facts_with_label(key == ConditionKey::Subject, test, &|| stop.is_set());
        let found = found.map_err(QueryError::storage)?;
        stop.check()?;
        Ok(found.unwrap_or_default())
    }

    fn containing(&self, part: &Text, key: ConditionKey) -> Result<Vec<(String, RoaringBitmap)>, QueryError> {
        let facts = self.with_label(kndb_storage::LabelTest::Contains(&part.text), key)?;
        let side = with_article(key);
        if facts.is_empty() {
            self.notes.add(part.span, format!("no fact has {side} that contains {:?}", part.text));
        }
        Ok(vec![(format!("facts with {side} that contains {:?}", part.text), facts)])
    }

    fn of_labels(&self, texts: &[Text], key: ConditionKey) -> Result<Vec<(String, RoaringBitmap)>, QueryError> {
        let mut values = Vec::new();
        for text in texts {
            let found = self.with_label(kndb_storage::LabelTest::Is(&text.text), key)?;
            if found.is_empty() {
                // Looks at every label, but only where there is nothing to answer.
                let subject = key == ConditionKey::Subject;
                let labels = self.snapshot.distinct_labels(subject).map_err(QueryError::storage)?;
                let stop = &self.settings.interrupt;
                let labels = labels.into_iter().take_while(|_| !stop.is_set());
                let near = nearest(&text.text, labels).map(|near| format!("; did you mean {near:?}?"));
                let near = near.unwrap_or_default();
                stop.check()?;
                self.notes.add(text.span, format!("no fact has the {key} {:?}{near}", text.text));
            }
            values.push((format!("facts with the {key} {:?}", text.text), found));
        }
        Ok(values)
    }
}

fn with_article(key: ConditionKey) -> &'static str {
    if key == ConditionKey::Subject { "a subject" } else { "an object" }
}
