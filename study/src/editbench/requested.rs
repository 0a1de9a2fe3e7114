//! Requests of a file as edits: each with its own new object, and its own prompts beside.

use super::options::BenchOptions;
use super::requests::{OwnAnswer, Request, RequestForm, Requests};
use super::source::{Beside, Candidates, EditSource};
use super::stored::drawn_unrelated;
use crate::error::StudyError;
use crate::pool::Pool;
use crate::questions::{LeftOut, Question, in_words, is_wanted, leave_out};
use crate::statements::Sets;
use kndb_storage::{FactId, Neuron, Snapshot};
use std::borrow::Cow;
use std::collections::HashMap;

/// Requests whose prompts have their subjects, with both objects.
struct Requested<'s> {
    records: Vec<&'s Request>,
    /// By request: its prompt with the old object, and with the new one.
    questions: Vec<Question>,
    targets: Vec<Question>,
    neurons: Vec<Vec<Neuron>>,
    /// The store's facts, from which unrelated ones are drawn, for a form that has no prompts of them.
    stored: Option<(Vec<Question>, Pool)>,
    language: &'s str,
    options: &'s BenchOptions,
}

/// The requests of the wanted relations.
pub(super) fn candidates<'s>(
    requests: &'s Requests,
    snapshot: &Snapshot,
    neurons: Option<&Sets>,
    options: &'s BenchOptions,
) -> Result<Candidates<'s>, StudyError> {
    requests.check_relations(&options.relations)?;
    let language = options.edit_language();
    let known = neurons.map(|sets| KnownNeurons::read(snapshot, language, sets)).transpose()?;
    let stored = match requests.form {
        RequestForm::CounterFact if snapshot.language(language).is_some() => {
            let (questions, _) = in_words(snapshot, &options.languages, options.prompt, &[])?;
            let pool = Pool::new(&questions, |_| true);
            Some((questions, pool))
        }
        _ => None,
    };
    let (questions, targets) = (Vec::new(), Vec::new());
    let mut all = Requested { records: Vec::new(), questions, targets, neurons: Vec::new(), stored, language, options };
    let mut left_out = LeftOut::new();
    for request in requests.records.iter().filter(|of| is_wanted(&of.relation, &options.relations)) {
        let found = edit(request, language).and_then(|both| {
            let neurons = known.as_ref().map_or_else(|| Ok(Vec::new()), |known| known.of(request))?;
            Ok((both, neurons))
        });
        match found {
            Ok(([own, target], neurons)) => {
                all.records.push(request);
                all.questions.push(own);
                all.targets.push(target);
                all.neurons.push(neurons);
            }
            Err(reason) => leave_out(&mut left_out, reason),
        }
    }
    let waiting = (0..all.records.len()).collect();
    Ok(Candidates { source: Box::new(all), waiting, left_out })
}

impl EditSource for Requested<'_> {
    fn questions(&self) -> &[Question] {
        &self.questions
    }

    fn target(&self, at: usize) -> &Question {
        &self.targets[at]
    }

    fn neurons(&self, at: usize) -> Vec<Neuron> {
        self.neurons[at].clone()
    }

    fn beside(&self, at: usize) -> Result<Beside<'_>, StudyError> {
        let (request, own) = (self.records[at], &self.questions[at]);
        let mut dropped = Vec::new();
        let mut asked = |of: &OwnAnswer, what: &str| {
            let prompt = filled(&of.prompt, &request.subject);
            let mut answers = of.answers.iter().map(|answer| answer.trim().to_owned());
            match answers.next().filter(|first| !first.is_empty() && !prompt.is_empty()) {
                Some(first) => {
                    let question = whole(own, self.language, &prompt, &first);
                    Some((Cow::Owned(question), answers.collect::<Vec<String>>()))
                }
                None => {
                    dropped.push(format!("{what} without a text or a right answer"));
                    None
                }
            }
        };
        let portability = request.portability.iter().filter_map(|of| asked(of, "a portability prompt")).collect();
        let neighbours = request.neighbours.iter().filter_map(|of| Some(asked(of, "a neighbour")?.0));
        let neighbours: Vec<Cow<'_, Question>> = neighbours.collect();
        let mut unrelated: Vec<Cow<'_, Question>> =
            request.unrelated.iter().filter_map(|of| Some(asked(of, "an unrelated prompt")?.0)).collect();
        unrelated.truncate(self.options.neighbours.unwrap_or(usize::MAX));
        if let Some((stored, pool)) = &self.stored {
            let drawn = drawn_unrelated(pool, (at, &request.id, &request.relation), self.options);
            unrelated.extend(drawn.into_iter().map(|other| Cow::Borrowed(&stored[other])));
        }
        // Of a subject that has the new object it would be right to answer it.
        let new = self.targets[at].claim(0).object;
        let (with_new, neighbours): (Vec<_>, Vec<_>) =
            neighbours.into_iter().partition(|neighbour| neighbour.claim(0).object == new);
        dropped.extend(with_new.iter().map(|_| "a neighbour whose own object is the new one".to_owned()));
        let old = own.claim(0).object;
        let mut paraphrases = Vec::new();
        for prompt in request.paraphrases.iter().map(|prompt| filled(prompt, &request.subject)) {
            match prompt.is_empty() {
                true => dropped.push("a paraphrase without a text".to_owned()),
                false => paraphrases.push(Cow::Owned(whole(own, self.language, &prompt, old))),
            }
        }
        Ok(Beside { paraphrases, neighbours: [neighbours, Vec::new()], unrelated, portability, dropped })
    }
}

/// The prompt with the old object, and with the new one.
fn edit(request: &Request, language: &str) -> Result<[Question; 2], String> {
    let [subject, prompt, new] = [&request.subject, &request.prompt, &request.new].map(|text| text.trim());
    let old = request.old.as_deref().map(str::trim).unwrap_or_default();
    for (text, what) in [(subject, "subject"), (prompt, "prompt"), (old, "old object"), (new, "new object")] {
        if text.is_empty() {
            return Err(format!("a request without its {what}"));
        }
    }
    let template = with_place(prompt, subject).ok_or("a prompt without one place of its subject")?;
    let template = format!("{template}{}[Y]", gap(&filled(&request.prompt, subject)));
    let question =
        |fact: &str, object: &str| Question::in_one(language, (fact, &request.relation), [&template, subject, object]);
    // Its id is what the file of measurements says of the new object.
    Ok([question(&request.id, old), question(new, new)])
}

/// A prompt with `[X]` in the place of its subject: for `{}`; where there is none, for the last of the subject that stands by itself.
fn with_place(prompt: &str, subject: &str) -> Option<String> {
    let [before, after] = match prompt.matches("{}").count() {
        0 => {
            let ends = |at: usize| at + subject.len();
            let is_alone = |at: &usize| {
                let beside = [prompt[..*at].chars().next_back(), prompt[ends(*at)..].chars().next()];
                !beside.into_iter().flatten().any(char::is_alphanumeric)
            };
            let all: Vec<usize> = prompt.match_indices(subject).map(|(at, _)| at).collect();
            let at = all.iter().rev().find(|at| is_alone(at)).or(all.last()).copied()?;
            [&prompt[..at], &prompt[ends(at)..]]
        }
        1 => prompt.split_once("{}").map(|(before, after)| [before, after])?,
        _ => return None,
    };
    Some(format!("{before}[X]{after}"))
}

/// A prompt as it is asked, without blanks around it.
fn filled(prompt: &str, subject: &str) -> String {
    let gap = if gap(prompt) == " " { "" } else { gap(prompt) };
    format!("{}{gap}", prompt.replace("{}", subject.trim()).trim())
}

/// A question of which nothing is edited: all of its prompt stands for the subject.
fn whole(of: &Question, language: &str, prompt: &str, object: &str) -> Question {
    let template = format!("[X]{}[Y]", gap(prompt));
    Question::in_one(language, (&of.fact, &of.relation), [&template, prompt.trim(), object])
}

/// What stands between a prompt and its object: a blank, as in released codes; nothing behind signs of Chinese and Japanese, as in their templates;
/// the white space that the prompt ends with, such as a new line.
fn gap(prompt: &str) -> &str {
    let text = prompt.trim_end();
    let wide = |c: char| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}');
    match &prompt[text.len()..] {
        "" if text.ends_with(wide) => "",
        "" => " ",
        space => space,
    }
}

/// The subject and the object of a fact.
type Words = (String, String);

/// The store's facts in a language with their knowledge neurons, by their words.
struct KnownNeurons<'n> {
    /// Relations and neurons of the facts that have the same words.
    by_words: HashMap<Words, Vec<(String, &'n [Neuron])>>,
    language: &'n str,
}

impl<'n> KnownNeurons<'n> {
    fn read(snapshot: &Snapshot, name: &'n str, sets: &'n Sets) -> Result<Self, StudyError> {
        let mut by_words = HashMap::<Words, Vec<(String, &'n [Neuron])>>::new();
        let Some(language) = snapshot.language(name) else { return Ok(Self { by_words, language: name }) };
        for fact in snapshot.facts() {
            let fact = FactId(fact);
            let (Some((subject, object)), Some(relation)) =
                (snapshot.label(fact, language)?, snapshot.fact_relation(fact)?)
            else {
                continue;
            };
            let neurons = sets.get(snapshot.external_id(fact)?).map(Vec::as_slice).unwrap_or_default();
            let words = (subject.trim().to_owned(), object.trim().to_owned());
            let relation = snapshot.relation_name(relation).to_owned();
            by_words.entry(words).or_default().push((relation, neurons));
        }
        Ok(Self { by_words, language: name })
    }

    /// Those of the one fact with the request's subject and old object, and its relation where it names one.
    fn of(&self, request: &Request) -> Result<Vec<Neuron>, String> {
        let words = (request.subject.trim().to_owned(), request.old.as_deref().unwrap_or_default().trim().to_owned());
        let facts = self.by_words.get(&words).map(Vec::as_slice).unwrap_or_default();
        let is_same = |relation: &str| request.relation.is_empty() || request.relation == relation;
        let facts: Vec<&[Neuron]> =
            facts.iter().filter(|(relation, _)| is_same(relation)).map(|(_, neurons)| *neurons).collect();
        let mut with_neurons = facts.iter().filter(|neurons| !neurons.is_empty());
        match (facts.is_empty(), with_neurons.next(), with_neurons.next()) {
            (true, ..) => Err(format!("no fact of the store with its words, to have neurons of ({})", self.language)),
            (_, None, _) => Err(format!("no knowledge neurons ({})", self.language)),
            (_, Some(neurons), None) => Ok(neurons.to_vec()),
            _ => Err(format!("several facts of the store with its words and neurons ({})", self.language)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_the_mark_or_the_last_place_where_it_stands_by_itself() {
        for (prompt, subject, template) in [
            ("The mother tongue of {} is", "Marie", Some("The mother tongue of [X] is")),
            ("Who led the USS US of the US?", "US", Some("Who led the USS US of the [X]?")),
            ("Where is the USS?", "US", Some("Where is the [X]S?")),
            ("法国的首都是", "法国", Some("[X]的首都是")),
            ("Where does she live?", "Marie", None),
            ("{} and {}", "Marie", None),
        ] {
            assert_eq!(with_place(prompt, subject).as_deref(), template, "{prompt}");
        }
    }

    #[test]
    fn a_blank_stands_before_the_object_but_for_behind_wide_signs_and_white_space() {
        let request = |prompt: &str| Request {
            subject: "法国".into(),
            prompt: prompt.into(),
            old: Some("a".into()),
            new: "b".into(),
            ..Request::default()
        };
        for (prompt, template) in [
            (" {} is ", "[X] is [Y]"),
            ("{}的首都是", "[X]的首都是[Y]"),
            ("The name is {}", "The name is [X][Y]"),
            ("Q: {}?\nA:\n", "Q: [X]?\nA:\n[Y]"),
        ] {
            let [own, target] = edit(&request(prompt), "zh").expect("a whole request");
            assert_eq!((own.claim(0).template, target.claim(0).template), (template, template));
            let other = whole(&own, "zh", &filled(prompt, "法国"), "a");
            let claim = other.claim(0);
            let text = |template: &str, subject: &str| template.replace("[X]", subject);
            assert_eq!(text(claim.template, claim.subject), text(template, "法国"), "the same text");
        }
        let reason = |change: fn(&mut Request)| {
            let mut request = request("{} is");
            change(&mut request);
            edit(&request, "zh").expect_err("something is missing")
        };
        assert_eq!(reason(|request| request.old = None), "a request without its old object");
        assert_eq!(reason(|request| request.new = " ".into()), "a request without its new object");
        assert_eq!(reason(|request| request.subject = String::new()), "a request without its subject");
        assert_eq!(reason(|request| request.prompt = "It is".into()), "a prompt without one place of its subject");
    }
}
