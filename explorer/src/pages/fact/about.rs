//! What the fact is: its labels and the questions that are asked of it, in every language; its relation; ids of its subject and object.

use kndb_storage::{FactId, LanguageId, RelationId};
use maud::{Markup, html};

use crate::parts::{self, link, value};
use crate::problem::Result;
use crate::view::View;

/// Languages that are seen at once; others are folded away.
const OPEN: usize = 8;

/// Labels in a language, and what the model is asked; nothing in them turns or hides what stands beside it.
struct Labelled {
    language: String,
    subject: String,
    object: String,
    /// Templates of the relation in this language, the subject filled in.
    questions: Vec<String>,
}

pub(super) struct About {
    /// As the first heading.
    pub(super) title: Markup,
    /// The same as text.
    pub(super) name: String,
    pub(super) relation: Option<RelationId>,
    uris: [Option<String>; 2],
    labelled: Vec<Labelled>,
}

impl About {
    /// `first`: the language whose labels come first, else English.
    pub(super) fn of(view: &View<'_>, fact: FactId, first: Option<&str>) -> Result<Self> {
        let snapshot = &view.snapshot;
        let relation = snapshot.fact_relation(fact)?;
        let mut languages: Vec<LanguageId> =
            snapshot.label_counts().into_iter().map(|(language, _)| language).collect();
        let rank = |language: &LanguageId| {
            let name = snapshot.language_name(*language);
            (Some(name) != first, name != "en")
        };
        // In the order of the store, but for these.
        languages.sort_by_key(rank);
        let mut labelled = Vec::new();
        for language in languages {
            let Some((subject, object)) = snapshot.label(fact, language)? else { continue };
            let of =
                snapshot.templates().filter(|(of, in_language, ..)| Some(*of) == relation && *in_language == language);
            labelled.push(Labelled {
                language: snapshot.language_name(language).to_owned(),
                questions: of.map(|(.., template)| value::visible(&template.replace("[X]", subject))).collect(),
                subject: value::visible(subject),
                object: value::visible(object),
            });
        }
        let (title, name) = match labelled.first() {
            Some(first) => (
                html! { (parts::label(&first.subject, &first.language)) span.arrow { " → " } (parts::label(&first.object, &first.language)) },
                format!("{} → {}", first.subject, first.object),
            ),
            None => {
                let id = value::visible(snapshot.external_id(fact)?);
                (html! { code { (id) } }, id)
            }
        };
        let (subject, object) = snapshot.uris(fact)?;
        Ok(Self { title, name, relation, uris: [subject, object].map(|uri| uri.map(str::to_owned)), labelled })
    }

    /// Below the heading: the relation, the ids.
    pub(super) fn head(&self, view: &View<'_>, id: &str) -> Markup {
        html! {
            dl.about {
                dt { "Relation" }
                dd {
                    @match self.relation {
                        Some(relation) => {
                            a href=(link::relation(view, view.snapshot.relation_name(relation))) { bdi { (view.snapshot.relation_shown(relation, None)) } }
                        }
                        None => { span.nothing { "none: no file of facts has named it" } }
                    }
                }
                dt { "Id" } dd { code { (value::visible(id)) } }
                @for (what, uri) in ["Subject", "Object"].iter().zip(&self.uris) {
                    @if let Some(uri) = uri { dt { (what) " id" } dd { a href=(link::search(view, uri)) { code { (value::visible(uri)) } } } }
                }
            }
        }
    }

    /// Labels in all languages.
    pub(super) fn labels(&self) -> Markup {
        let (open, folded) = self.labelled.split_at(self.labelled.len().min(OPEN));
        html! {
            section aria-labelledby="labels" {
                h2 #labels { "In " (parts::counted(self.labelled.len() as u64, "language", "languages")) }
                @if self.labelled.is_empty() {
                    p.nothing { "The fact has no labels: a run has named its id, and no file of facts has. " code { "kndb facts" } " adds them." }
                } @else {
                    (table(open, "Labels of subject and object"))
                    @if !folded.is_empty() {
                        details { summary { (folded.len()) " more languages" } (table(folded, "Labels in more languages")) }
                    }
                }
            }
        }
    }
}

fn table(labelled: &[Labelled], caption: &str) -> Markup {
    let asks = labelled.iter().any(|of| !of.questions.is_empty());
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) @if asks { "; [Y] stands where the model answers" } }
                thead { tr { th scope="col" { "lang" } th scope="col" { "subject" } th scope="col" { "object" } @if asks { th scope="col" { "question" } } } }
                tbody {
                    @for Labelled { language, subject, object, questions } in labelled {
                        tr {
                            th scope="row" { (language) }
                            td { (parts::label(subject, language)) }
                            td { (parts::label(object, language)) }
                            @if asks {
                                td {
                                    @if let Some(question) = questions.first() { (parts::label(question, language)) }
                                    @if questions.len() > 1 { " " span.count { "and " (questions.len() - 1) " more" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
