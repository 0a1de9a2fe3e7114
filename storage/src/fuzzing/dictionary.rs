//! Dictionaries.

use super::MANY;
use crate::dictionary::build::Draft;
use crate::dictionary::read::{Dictionary, LabelTest};
use crate::error::Result;
use crate::files::mapped::Bytes;
use crate::ids::{FactId, LanguageId, RelationId};
use crate::stop::Stop;
use std::path::Path;

/// A dictionary: all that questions ask of it, `verify`, and what a change of labels copies.
///
/// # Errors
/// When something of it is refused.
pub fn dictionary(bytes: &[u8]) -> Result<()> {
    let path = Path::new("made-up.dict");
    let dictionary = Dictionary::open(Bytes::Owned(bytes.to_vec()), path)?;
    let languages: Vec<LanguageId> = dictionary.languages().collect();
    let asked = [
        ask_facts(&dictionary, &languages),
        ask_labels(&dictionary, &languages),
        dictionary.of_relation(RelationId(0)).map(drop),
    ];
    let ids: Result<Vec<String>> =
        (0..dictionary.len()).map(|fact| dictionary.external_id(FactId(fact)).map(str::to_owned)).collect();
    if let Ok(ids) = &ids {
        // As a repair does, whatever else is damaged.
        rewritten(&dictionary, ids);
    }
    dictionary.verify(&Stop::default())?;
    // What `verify` has nothing to say against can be asked.
    asked.into_iter().collect::<Result<()>>()?;
    ids.map(drop)
}

fn ask_facts(dictionary: &Dictionary, languages: &[LanguageId]) -> Result<()> {
    for fact in (0..dictionary.len().min(MANY)).map(FactId) {
        let id = dictionary.external_id(fact)?;
        dictionary.find(id)?;
        dictionary.relation(fact)?;
        dictionary.subject_uri(fact)?;
        dictionary.object_uri(fact)?;
        for &language in languages.iter().take(MANY as usize) {
            dictionary.label(fact, language)?;
        }
    }
    dictionary.find("fact-0000").map(drop)
}

fn ask_labels(dictionary: &Dictionary, languages: &[LanguageId]) -> Result<()> {
    for &language in languages {
        dictionary.label_count(language);
        dictionary.for_each_label(language, |_, _, _| {})?;
        dictionary.relabelled(language)?;
    }
    for subject in [true, false] {
        dictionary.with_label(subject, LabelTest::Is("Paris"), &|| false)?;
        dictionary.with_label(subject, LabelTest::Contains("a"), &|| false)?;
        dictionary.distinct_labels(subject)?;
    }
    for (relation, language) in dictionary.candidate_lists() {
        dictionary.candidates(relation, language)?;
    }
    dictionary.templates().count();
    Ok(())
}

/// What is whole of it, written anew: that can be read, and `verify` has nothing to say against it.
fn rewritten(dictionary: &Dictionary, ids: &[String]) {
    let (draft, _) = Draft::salvage(dictionary, ids, &["en".to_owned()]);
    if draft.by_id.len() != ids.len() {
        // Ids that come twice: `verify` refuses them, and a repair does not get here.
        return;
    }
    let (bytes, _) = draft.write(Vec::new()).expect("to memory");
    let copy = Dictionary::open(Bytes::Owned(bytes), Path::new("copy.dict")).expect("what was written can be read");
    copy.verify(&Stop::default()).expect("a copy of what is whole");
}
