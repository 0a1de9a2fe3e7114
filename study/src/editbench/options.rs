//! What can be chosen about a bench of edits.

use super::Editor;
use super::csv::Columns;
use super::requests::Requests;
use super::units::{RANDOM, UNEDITED};
use crate::editing::check_bootstrap;
use crate::error::StudyError;
use crate::output::counted;
use crate::questions::check_languages;
use crate::statistics::Bootstrap;
use serde::Serialize;

/// How many edits there may be in one network.
pub(super) const AT_MOST_FACTS: &str =
    "a smallest number of edits in one network of at most as many as there are facts";

/// Options of [`super::bench`].
#[derive(Clone, Debug, Serialize)]
pub struct BenchOptions {
    /// Languages that are asked; the first is the one that facts are edited in.
    pub languages: Vec<String>,
    /// The run whose knowledge neurons are edited, for editors that go by neurons.
    pub run: Option<String>,
    /// Edits of a file, in the place of facts of the store with drawn objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<Requests>,
    /// Relations whose facts are studied; empty: all. Unrelated facts come from all relations in any case.
    pub relations: Vec<String>,
    /// At most this many facts, drawn at random.
    pub limit: Option<usize>,
    /// Study only facts whose object is the model's own answer in every language.
    pub answered: bool,
    /// Leave out facts whose new object has another number of tokens than the old one, in any language.
    pub matching_tokens: bool,
    /// Numbers of facts that are put into one network, ascending; 1 is one at a time.
    pub edits: Vec<usize>,
    /// At most so many neighbours of each kind are asked; `None`: all of a request, of a store [`Self::USUAL_NEIGHBOURS`].
    pub neighbours: Option<usize>,
    /// Number of the template that is edited; the others are its paraphrases.
    pub prompt: u16,
    /// Seed of every draw.
    pub seed: u64,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

impl BenchOptions {
    /// How many neighbours of each kind are asked of a fact of the store, if nothing is said.
    pub const USUAL_NEIGHBOURS: usize = 5;

    /// All facts, edited in the first language with their first template, one at a time.
    pub fn new(languages: Vec<String>) -> Self {
        Self {
            languages,
            run: None,
            requests: None,
            relations: Vec::new(),
            limit: None,
            answered: false,
            matching_tokens: false,
            edits: vec![1],
            neighbours: Some(Self::USUAL_NEIGHBOURS),
            prompt: 0,
            seed: 0,
            bootstrap: Bootstrap::default(),
        }
    }

    /// The language that facts are edited in.
    pub fn edit_language(&self) -> &str {
        self.languages.first().map_or("", String::as_str)
    }

    /// Which columns a bench's file has.
    pub fn columns(&self) -> Columns {
        match &self.requests {
            Some(requests) if requests.has_portability() => Columns::WithPortability,
            _ => Columns::Usual,
        }
    }

    /// Refuses numbers of edits that cannot be made, whatever the store and the model.
    ///
    /// # Errors
    /// [`StudyError::Option`] for numbers that do not ascend from 1 or more, or are all above the limit of facts.
    pub fn check_edits(&self) -> Result<(), StudyError> {
        let wrong = |found: String, expected| Err(StudyError::Option { option: "edits", found, expected });
        let listed = || self.edits.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        match (self.edits.first(), self.limit) {
            (None | Some(0), _) => wrong(listed(), "numbers of edits above 0, ascending"),
            _ if self.edits.windows(2).any(|pair| pair[0] >= pair[1]) => {
                wrong(listed(), "numbers of edits above 0, ascending")
            }
            (Some(&least), Some(limit)) if least > limit => {
                wrong(format!("{} with a limit of {}", listed(), counted(limit, "fact")), AT_MOST_FACTS)
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check(&self, editors: &[&dyn Editor]) -> Result<(), StudyError> {
        let wrong = |option, found: String, expected| Err(StudyError::Option { option, found, expected });
        check_languages(&self.languages)?;
        let mut names: Vec<&str> = editors.iter().map(|editor| editor.name()).collect();
        names.sort_unstable();
        let taken = names.iter().any(|name| *name == UNEDITED || name.ends_with(RANDOM));
        let by_neurons = editors.iter().find(|editor| editor.by_neurons());
        match by_neurons {
            _ if names.is_empty() || taken || names.windows(2).any(|pair| pair[0] == pair[1]) => {
                wrong("methods", names.join(", "), "one method or more, each once")
            }
            Some(editor) if self.run.is_none() => {
                wrong("run", format!("not given, for {}", editor.name()), "the run whose knowledge neurons are edited")
            }
            _ if self.requests.is_some() && self.languages.len() > 1 => {
                wrong("languages", self.languages.join(", "), "one language with requests: that of their prompts")
            }
            _ if self.requests.is_some() && self.prompt != 0 => {
                wrong("prompt", self.prompt.to_string(), "0 with requests: they are edited by prompts of their own")
            }
            _ if self.limit == Some(0) => wrong("limit", "0".into(), "one fact or more"),
            _ => self.check_edits().and_then(|()| check_bootstrap(&self.bootstrap)),
        }
    }
}
