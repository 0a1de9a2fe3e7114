//! What is exported: all, or some runs, languages and relations.

use crate::error::{ExportError, Result};
use kndb_storage::{FoundRelation, LanguageId, RelationId, Run, Snapshot};

/// Names as the user gives them; empty lists mean all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Names of runs.
    pub runs: Vec<String>,
    /// Codes of languages.
    pub languages: Vec<String>,
    /// Relations, by their ids or names.
    pub relations: Vec<String>,
}

/// The same, found in a store.
pub(crate) struct Chosen<'s> {
    /// Oldest first.
    pub runs: Vec<&'s Run>,
    /// By number.
    pub languages: Vec<LanguageId>,
    /// By number; `None` where none were chosen: then facts without a relation are meant, too.
    pub relations: Option<Vec<RelationId>>,
    /// Whether it is everything.
    pub is_all: bool,
}

impl Chosen<'_> {
    pub(crate) fn has_language(&self, language: LanguageId) -> bool {
        self.languages.contains(&language)
    }

    pub(crate) fn has_relation(&self, relation: Option<RelationId>) -> bool {
        match (&self.relations, relation) {
            (None, _) => true,
            (Some(chosen), Some(relation)) => chosen.contains(&relation),
            (Some(_), None) => false,
        }
    }
}

impl Choice {
    /// Finds what is chosen.
    pub(crate) fn of<'s>(&self, snapshot: &'s Snapshot) -> Result<Chosen<'s>> {
        for name in &self.runs {
            if snapshot.run_named(name).is_none() {
                return Err(unknown("run", name, snapshot.runs().map(|run| run.spec.name.as_str())));
            }
        }
        let runs = snapshot.runs().filter(|run| self.runs.is_empty() || self.runs.contains(&run.spec.name)).collect();
        let all = snapshot.languages().map(|(id, _)| id);
        let mut languages: Vec<LanguageId> = if self.languages.is_empty() { all.collect() } else { Vec::new() };
        for name in &self.languages {
            let found = snapshot.language(name);
            languages.push(found.ok_or_else(|| unknown("language", name, snapshot.languages().map(|(_, code)| code)))?);
        }
        let mut relations = Vec::new();
        for name in &self.relations {
            match snapshot.find_relation(name) {
                FoundRelation::One(id) => relations.push(id),
                FoundRelation::Several(several) => {
                    let known = several.into_iter().map(|id| snapshot.relation_name(id));
                    return Err(unknown("single relation", name, known));
                }
                FoundRelation::None => {
                    return Err(unknown("relation", name, snapshot.relations().map(|(_, id)| id)));
                }
            }
        }
        languages.sort_unstable();
        languages.dedup();
        relations.sort_unstable();
        relations.dedup();
        let relations = (!self.relations.is_empty()).then_some(relations);
        Ok(Chosen { runs, languages, relations, is_all: *self == Self::default() })
    }
}

/// Names that are shown of those that there are.
const SHOWN: usize = 12;

fn unknown<'a>(what: &'static str, given: &str, known: impl Iterator<Item = &'a str>) -> ExportError {
    let all: Vec<&str> = known.collect();
    let more = all.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = all.iter().take(SHOWN).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    let known = if all.is_empty() { "none".to_owned() } else { format!("{shown}{more}") };
    ExportError::Unknown { what, given: given.to_owned(), known }
}
