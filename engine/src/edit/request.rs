//! What shall be edited: a fact's prompt as token ids, and the object that shall follow.

use crate::error::{Error, Result};
use crate::question::{Asking, Question, Skip};
use kndb_storage::Neuron;
use std::ops::Range;

/// A fact, the object that it shall have, and what methods go by. Neutral of languages: all texts are token ids.
#[derive(Clone, Debug, PartialEq)]
pub struct EditRequest {
    /// What messages call it: the fact's id.
    pub name: String,
    /// The prompt by itself first, then behind each context.
    pub prompts: Vec<EditPrompt>,
    /// A text about the subject whose continuation is to stay.
    pub essence: Option<Essence>,
    /// Tokens of the object that the fact has.
    pub old: Vec<u32>,
    /// Tokens of the object that it shall have.
    pub new: Vec<u32>,
    /// Neurons of the fact, for methods that go by them.
    pub neurons: Vec<Neuron>,
}

/// A prompt that asks for the tokens of the new object, those before each given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPrompt {
    /// Of a causal model one, the prompt and all tokens of the object but the last; of a masked one, one a token of the object.
    pub sentences: Vec<Sentence>,
}

/// A sentence that is read at some positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The model's input.
    pub ids: Vec<u32>,
    /// The last token that has a part of the subject: where the fact is looked up (Meng et al. 2022, §2.2).
    pub subject: usize,
    /// Which tokens shall be predicted where.
    pub reads: Vec<Read>,
}

/// A prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Where it is made: the mask, or the token before.
    pub position: usize,
    /// The token.
    pub target: u32,
}

/// A text about the subject whose continuation is to stay as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Essence {
    /// The model's input.
    pub ids: Vec<u32>,
    /// The subject's last token.
    pub subject: usize,
    /// Where the continuation is read.
    pub position: usize,
}

/// A text about the subject, and where its continuation is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EssenceText {
    /// A text with `[X]` for the subject.
    pub template: String,
    /// Where.
    pub read: EssenceRead,
}

/// Where the continuation of a text about the subject is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EssenceRead {
    /// At the subject's last token, as the released code of ROME and MEMIT does.
    #[default]
    Subject,
    /// At the text's last token, as the papers say.
    End,
}

impl Default for EssenceText {
    /// The papers' text.
    fn default() -> Self {
        Self { template: "[X] is a".into(), read: EssenceRead::default() }
    }
}

/// A fact as texts.
#[derive(Clone, Copy, Debug)]
pub struct FactText<'a> {
    /// What messages call it.
    pub name: &'a str,
    /// With `[X]` and `[Y]`.
    pub template: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The object that it has.
    pub object: &'a str,
    /// The object that it shall have.
    pub to: &'a str,
}

impl EditRequest {
    /// The request of a fact, its prompt by itself and behind each of `contexts`, with a blank between.
    ///
    /// # Errors
    /// A prompt that the model cannot be asked, with the context that it stands behind.
    pub fn of(
        asking: &Asking<'_>,
        fact: FactText<'_>,
        contexts: &[String],
        essence: Option<&EssenceText>,
        neurons: Vec<Neuron>,
    ) -> Result<Self> {
        let FactText { name, template, subject, object, to } = fact;
        let cannot = |what: &str, skip: Skip| Error::CannotEdit {
            what: name.to_owned(),
            reason: if what.is_empty() { skip.to_string() } else { format!("{what}: {skip}") },
        };
        let own = asking.question(template, subject, object).map_err(|skip| cannot(object, skip))?;
        let new = asking.question(template, subject, to).map_err(|skip| cannot(to, skip))?;
        let targets = |question: &Question| question.steps.iter().map(|step| step.target).collect::<Vec<_>>();
        let mut prompts = Vec::with_capacity(1 + contexts.len());
        for context in std::iter::once("").chain(contexts.iter().map(String::as_str)) {
            let template = if context.is_empty() { template.to_owned() } else { format!("{context} {template}") };
            let what = if context.is_empty() { String::new() } else { format!("behind the context {context:?}") };
            let prompt = EditPrompt::of(asking, &template, subject, to).map_err(|skip| cannot(&what, skip))?;
            prompts.push(prompt);
        }
        let essence = essence.map(|text| Essence::of(asking, text, subject)).transpose();
        let essence = essence.map_err(|skip| cannot("the text whose continuation stays", skip))?;
        Ok(Self { name: name.to_owned(), prompts, essence, old: targets(&own), new: targets(&new), neurons })
    }
}

impl EditPrompt {
    fn of(asking: &Asking<'_>, template: &str, subject: &str, object: &str) -> std::result::Result<Self, Skip> {
        let question = asking.question(template, subject, object)?;
        let at = asking.subject_tokens(template, subject, object, &question)?.end - 1;
        let read = |step: &crate::question::Step| Read { position: step.position, target: step.target };
        let sentences = if asking.causal {
            // Each step's input is the last one's, cut: one pass answers all.
            let ids = question.steps.last().map(|step| step.ids.clone()).unwrap_or_default();
            vec![Sentence { ids, subject: at, reads: question.steps.iter().map(read).collect() }]
        } else {
            let one =
                |step: &crate::question::Step| Sentence { ids: step.ids.clone(), subject: at, reads: vec![read(step)] };
            question.steps.iter().map(one).collect()
        };
        Ok(Self { sentences })
    }
}

impl Essence {
    fn of(asking: &Asking<'_>, text: &EssenceText, subject: &str) -> std::result::Result<Self, Skip> {
        let (ids, span, last) = asking.subject_in_text(&text.template, subject)?;
        let at = span.end - 1;
        let position = match text.read {
            EssenceRead::Subject => at,
            EssenceRead::End => last,
        };
        Ok(Self { ids, subject: at, position })
    }
}

/// Refuses tokens that the network does not have.
pub(super) fn must_have(vocabulary: usize, request: &EditRequest) -> Result<()> {
    let sentences = request.prompts.iter().flat_map(|prompt| &prompt.sentences);
    let essence = request.essence.iter().flat_map(|essence| &essence.ids);
    let mut ids = sentences.flat_map(|s| s.ids.iter().chain(s.reads.iter().map(|read| &read.target))).chain(essence);
    match ids.find(|&&id| id as usize >= vocabulary) {
        None => Ok(()),
        Some(id) => Err(Error::Option {
            option: "object",
            given: format!("token {id}"),
            expected: format!("tokens below {vocabulary}, in {}", request.name),
        }),
    }
}

/// The range of tokens that have a part of a place in a text.
pub(crate) fn tokens_of(places: &[Range<usize>], added: &[bool], place: &Range<usize>) -> Option<Range<usize>> {
    let is_in = |&at: &usize| !added[at] && places[at].start < place.end && places[at].end > place.start;
    let first = (0..places.len()).find(is_in)?;
    let last = (0..places.len()).rev().find(is_in)?;
    Some(first..last + 1)
}
