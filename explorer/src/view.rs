//! What one request is asked of: a snapshot of a store, taken when the request began, and the parameters of its address.

use std::str::FromStr;
use std::sync::Arc;

use axum::http::Uri;
use kndb_query::{Interrupt, Settings};
use kndb_report::figures::Manner;
use kndb_storage::{Content, FoundRelation, LanguageId, RelationId, Run, Snapshot, Store};
use percent_encoding::percent_decode_str;

use crate::labels::Found;
use crate::problem::{Problem, Result};
use crate::stores::{Explorer, Shown};

/// One request, as pages see it.
pub(crate) struct View<'a> {
    pub(crate) explorer: &'a Explorer,
    /// The store that the page is of.
    pub(crate) shown: &'a Shown,
    /// The same at the commit of this request: whatever is asked of it, the answers belong together.
    pub(crate) store: Store,
    pub(crate) snapshot: Arc<Snapshot>,
    /// What the state of the store is called, for ETags.
    pub(crate) state: String,
    /// Ends what is asked, when nobody waits for it any more.
    pub(crate) interrupt: Interrupt,
    pub(crate) address: Address,
}

/// The address of a request, decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Address {
    /// As it stands in the address.
    pub(crate) path: String,
    segments: Vec<String>,
    parameters: Vec<(String, String)>,
}

impl Address {
    /// # Errors
    /// When it holds what is no UTF-8.
    pub(crate) fn of(uri: &Uri) -> Result<Self> {
        let not_text = |part: &str| Problem::Address {
            found: format!("{:?}, which is no text in UTF-8", part.chars().take(200).collect::<String>()),
            expected: "percent-encoded UTF-8",
        };
        let text = |part: &str| match percent_decode_str(part).decode_utf8() {
            Ok(text) => Ok(text.into_owned()),
            Err(_) => Err(not_text(part)),
        };
        let path = uri.path().to_owned();
        let segments = path.split('/').skip(1).map(text).collect::<Result<_>>()?;
        let parameter = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            // As forms send it.
            Ok((text(&name.replace('+', " "))?, text(&value.replace('+', " "))?))
        };
        let parameters = uri.query().unwrap_or_default().split('&').filter(|part| !part.is_empty());
        let parameters = parameters.map(parameter).collect::<Result<_>>()?;
        Ok(Self { path, segments, parameters })
    }

    /// The first value of a parameter, if it is given and not empty: forms send empty fields.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a parameter.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let of = self.parameters.iter().filter(move |(known, value)| known == name && !value.is_empty());
        of.map(|(_, value)| value.as_str())
    }

    /// All parameters, as they came.
    pub(crate) fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }
}

impl<'a> View<'a> {
    /// # Errors
    /// When the address names no store that is shown, or the store cannot be read.
    pub(crate) fn new(explorer: &'a Explorer, address: Address, interrupt: Interrupt) -> Result<Self> {
        let name = address.parameter("store");
        let known = || explorer.stores.iter().map(|shown| shown.name.as_str()).collect::<Vec<_>>().join(", ");
        let unknown = || Problem::parameter("store", name.unwrap_or_default(), format!("one of {}", known()));
        let shown = explorer.named(name).ok_or_else(unknown)?;
        let (snapshot, state) = shown.look()?;
        let store = shown.store.as_of(Arc::clone(&snapshot));
        Ok(Self { explorer, shown, store, snapshot, state, interrupt, address })
    }

    /// A part of the path: of `/neuron/amig/9:852` 1 is `amig`.
    pub(crate) fn segment(&self, at: usize) -> &str {
        self.address.segments.get(at).map_or("", String::as_str)
    }

    /// A parameter of the address, if it is given and not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.address.parameter(name)
    }

    /// The same as a number or the like; `expected` says what it can be.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>> {
        let parse = |text: &str| text.trim().parse().map_err(|_| Problem::parameter(name, text, expected));
        self.parameter(name).map(parse).transpose()
    }

    /// `tau`, if it is given.
    ///
    /// # Errors
    /// When it is no share of a maximum.
    pub(crate) fn tau(&self) -> Result<Option<f64>> {
        let expected = "a share of the largest score, 0 ≤ tau < 1, as in 0.3";
        let tau: Option<f64> = self.parsed("tau", expected)?;
        match tau {
            Some(given) if !(0.0..1.0).contains(&given) => Err(Problem::parameter("tau", &given.to_string(), expected)),
            tau => Ok(tau),
        }
    }

    /// The run that the parameter `run` names; without it the first that holds anything, or the first. `None` where the store has no run.
    ///
    /// # Errors
    /// When there is no run of the name.
    pub(crate) fn run(&self) -> Result<Option<&Run>> {
        if let Some(name) = self.parameter("run") {
            return self.run_named(name).map(Some);
        }
        for run in self.snapshot.runs() {
            if self.snapshot.holds(run.id)?.entries() > 0 {
                return Ok(Some(run));
            }
        }
        Ok(self.snapshot.runs().next())
    }

    /// A run by its name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn run_named(&self, name: &str) -> Result<&Run> {
        self.snapshot.run_named(name).ok_or_else(|| {
            let known: Vec<&str> = self.snapshot.runs().map(|run| run.spec.name.as_str()).collect();
            let near = kndb_query::nearest(name, known.iter().copied());
            Problem::NotFound {
                found: format!("there is no run {name:?}; the store has {}", listed(&known)),
                hint: near.map(|near| format!("did you mean {near:?}?")),
            }
        })
    }

    /// The languages that a run has neurons in, those with the most entries first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn languages_by_entries(&self, run: &Run) -> Result<Vec<LanguageId>> {
        Ok(self.entries_by_language(run)?.into_iter().map(|(language, _)| language).collect())
    }

    /// The same with the entries of each.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn entries_by_language(&self, run: &Run) -> Result<Vec<(LanguageId, u64)>> {
        let there = self.snapshot.languages_with(run.id, Content::Attributions);
        let mut counts: Vec<(LanguageId, u64)> = there.into_iter().map(|language| (language, 0)).collect();
        for slot in self.snapshot.slots_of(run.id).0 {
            let entries: u64 = self.snapshot.parts(slot)?.iter().map(|part| part.live_len()).sum();
            if let Some((_, count)) = counts.iter_mut().find(|(language, _)| *language == slot.language) {
                *count += entries;
            }
        }
        // Languages of as many entries stay in the order of the store.
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(counts)
    }

    /// The languages of a run with the most entries, as many as a page looks at unasked: one, and more as long as they have so few entries
    /// together.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn languages_unasked(&self, run: &Run) -> Result<Vec<LanguageId>> {
        let (mut entries, most) = (0, self.explorer.options.limits.unasked);
        let counts = self.entries_by_language(run)?.into_iter().enumerate().take_while(|(at, (_, count))| {
            entries += count;
            *at == 0 || entries <= most
        });
        Ok(counts.map(|(_, (language, _))| language).collect())
    }

    /// A relation by its id or its name.
    ///
    /// # Errors
    /// When there is none, or several have the name.
    pub(crate) fn relation_named(&self, name: &str) -> Result<RelationId> {
        match self.snapshot.find_relation(name) {
            FoundRelation::One(id) => Ok(id),
            FoundRelation::Several(ids) => {
                let ids: Vec<&str> = ids.iter().map(|id| self.snapshot.relation_name(*id)).collect();
                Err(Problem::not_found(format!("{} relations are called {name:?}: {}", ids.len(), listed(&ids))))
            }
            FoundRelation::None => {
                let known = self.snapshot.relation_words();
                let near = kndb_query::nearest(name, known.iter().copied());
                Err(Problem::NotFound {
                    found: format!("there is no relation {name:?}"),
                    hint: near.map(|near| format!("did you mean {near:?}?")),
                })
            }
        }
    }

    /// What a text finds: `most` facts from the one after `from` others on.
    ///
    /// # Errors
    /// When the store's facts cannot be read, or nobody waits any more.
    pub(crate) fn find(&self, text: &str, from: usize, most: usize) -> Result<Found> {
        let index = self.shown.labels.of(&self.snapshot, &|| self.interrupt.is_set())?;
        let ended = || Problem::TooLong { seconds: self.explorer.options.limits.page.as_secs() };
        Ok(index.ok_or_else(ended)?.find(&self.snapshot, text, from, most))
    }

    /// How figures of this request are asked for. What chance gives of very many pairs takes longer than a page may, so it is computed where the
    /// address asks for it: `chance=yes`.
    pub(crate) fn manner(&self) -> Manner {
        /// Some 50 ms.
        const UNASKED: f64 = 150_000.0;
        let settings = self.settings();
        match self.parameter("chance") {
            Some(_) => Manner { settings, ..Manner::default() },
            None => Manner { settings, chance_pairs: UNASKED },
        }
    }

    /// How statements of this request are answered.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            memory: Some(self.explorer.options.limits.memory),
            interrupt: self.interrupt.clone(),
            attached: self.shown.attached.clone(),
            ..Settings::default()
        }
    }
}

/// `"a", "b"`, or `none`.
fn listed(names: &[&str]) -> String {
    const MOST: usize = 12;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("{name:?}")).collect();
    match names.len() {
        0 => "none".into(),
        count if count > MOST => format!("{} and {} more", shown.join(", "), count - MOST),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Result<Address> {
        Address::of(&text.parse().expect("an address"))
    }

    #[test]
    fn parts_and_parameters_are_decoded_one_by_one() {
        let found = address("/neuron/a%2Fb/9:852?s=%E6%B3%95%E5%9B%BD+x&lang=en&lang=zh&empty=&word").expect("text");
        assert_eq!(found.segments, ["neuron", "a/b", "9:852"]);
        assert_eq!(found.parameter("s"), Some("法国 x"));
        assert_eq!(found.all("lang").collect::<Vec<_>>(), ["en", "zh"]);
        assert_eq!((found.parameter("empty"), found.parameter("word"), found.parameter("none")), (None, None, None));
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_part_that_is_none() {
        let problem = address("/search?s=%ff%fe").expect_err("no UTF-8");
        assert_eq!(problem.status(), 400);
        assert!(problem.to_string().contains("%ff%fe"), "{problem}");
    }
}
