//! Lists beside an array of scores: ids, languages, prompts, one a fact or one for all.

use std::path::Path;

use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::source::given::Named;
use crate::source::ids::ids_of;
use crate::source::roles::Role;
use crate::source::told::{Row, Told, bad_prompt, prompt_number};

/// One list, as text.
#[derive(Clone, Debug)]
pub(crate) struct List {
    /// Its name in the file.
    pub name: String,
    /// What it is called in messages (``array `languages` ``).
    pub by: String,
    pub values: Vec<String>,
    /// Whether it is one value for all.
    pub single: bool,
}

/// The lists of a file, by what they are for.
#[derive(Default)]
pub(crate) struct Lists {
    lists: Vec<(Role, List)>,
}

impl Lists {
    /// Adds a list; a second one for the same must be the same.
    pub fn add(&mut self, file: &Mapped, role: Role, list: List) -> Result<(), ImportError> {
        match self.of(role) {
            Some(first) if first.values != list.values => Err(ImportError::Disagree {
                at: file.at(Place::File),
                what: role.name(),
                first: shown(&first.values).into(),
                first_by: first.by.as_str().into(),
                second: shown(&list.values).into(),
                second_by: list.by.into(),
            }),
            Some(_) => Ok(()),
            None => {
                self.lists.push((role, list));
                Ok(())
            }
        }
    }

    pub fn of(&self, role: Role) -> Option<&List> {
        self.lists.iter().find(|(of, _)| *of == role).map(|(_, list)| list)
    }

    /// Takes what is said for all entries; a list with one element a fact is an error where there is no list
    /// of facts.
    pub fn tell_all(&self, told: &mut Told, file: &Mapped) -> Result<(), ImportError> {
        for (role, list) in &self.lists {
            let at = || file.at(Place::Tensor { name: list.name.clone(), index: None });
            match &list.values[..] {
                [value] if *role != Role::Fact => told.all(*role, value, &list.by, &at)?,
                values => {
                    return Err(ImportError::Unexpected {
                        at: at(),
                        found: format!("{} without an array `scores` of as many facts", list_of(values.len(), *role)),
                        expected: "an array named `scores` beside it, or an array a fact, named by its id".to_owned(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The ids of the facts: those of the file, those of an option, those of a file beside it. They must agree.
    pub fn ids(
        &self,
        file: &Path,
        option: Option<&Path>,
        facts: u64,
        told: &mut Told,
    ) -> Result<Option<Vec<String>>, ImportError> {
        let own = self.of(Role::Fact);
        let listed = ids_of(file, option, told)?;
        let (Some(own), Some(listed)) = (own, &listed) else {
            return match (own, listed) {
                (Some(own), _) => Ok(Some(own.values.clone())),
                (None, Some(list)) => list.check(facts).map(Some),
                (None, None) => Ok(None),
            };
        };
        if own.values != listed.ids {
            return Err(ImportError::Disagree {
                at: Box::new(crate::error::Location { file: file.to_owned(), place: Place::File }),
                what: "fact ids",
                first: shown(&own.values).into(),
                first_by: own.by.as_str().into(),
                second: shown(&listed.ids).into(),
                second_by: listed.path.display().to_string().into(),
            });
        }
        Ok(Some(own.values.clone()))
    }

    /// The keys of facts, with what the other lists say of each.
    pub fn named(&self, ids: Vec<String>, told: &mut Told, file: &Mapped) -> Result<Vec<Named>, ImportError> {
        let facts = ids.len();
        for (role, list) in self.lists.iter().filter(|(role, _)| *role != Role::Fact) {
            let at = || file.at(Place::Tensor { name: list.name.clone(), index: None });
            if list.single {
                told.all(*role, &list.values[0], &list.by, &at)?;
            } else if list.values.len() != facts {
                return Err(ImportError::Unexpected {
                    at: at(),
                    found: list_of(list.values.len(), *role),
                    expected: format!("{facts}, one for each fact"),
                });
            }
        }
        let each = |role| self.of(role).filter(|list| !list.single);
        let (languages, prompts) = (each(Role::Language), each(Role::Prompt));
        let (relations, runs) = (each(Role::Relation), each(Role::Run));
        let mut named = Vec::with_capacity(facts);
        for (index, fact) in ids.into_iter().enumerate() {
            let place = |list: Option<&List>| match list {
                Some(list) => Place::Tensor { name: list.name.clone(), index: Some(index as u64) },
                None => Place::File,
            };
            let at = || file.at(place(languages.or(prompts).or(relations).or(runs)));
            let prompt = match prompts {
                None => None,
                Some(list) => {
                    let found = &list.values[index];
                    let at = || file.at(place(prompts));
                    let number = prompt_number(found).ok_or_else(|| bad_prompt(&at, found, &list.by))?;
                    Some((number, list.by.as_str()))
                }
            };
            let language = languages.map(|list| (list.values[index].as_str(), list.by.as_str()));
            let relation = relations.map(|list| (list.values[index].as_str(), list.by.as_str()));
            let run = runs.map(|list| (list.values[index].as_str(), list.by.as_str()));
            named.push(told.named(fact, Row { language, prompt, relation, run }, &at)?);
        }
        Ok(named)
    }
}

/// `3 languages`
fn list_of(count: usize, role: Role) -> String {
    format!("{count} {}s", role.name())
}

/// The first values of a list.
fn shown(values: &[String]) -> String {
    const SHOWN: usize = 3;
    let more = if values.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", values[..values.len().min(SHOWN)].join(", "))
}
