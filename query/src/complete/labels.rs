//! Labels of subjects and objects that begin with what is typed.
//!
//! They are read from the store at the first Tab that asks for them, and kept: of two million that takes a moment, and each
//! further Tab some milliseconds.

use std::sync::Arc;

use kndb_storage::{Snapshot, Store};

/// So many are offered at most: nobody chooses among more.
const OFFERED: usize = 100;
/// Of more text than this nothing is offered: it would fill the memory.
const MOST_BYTES: usize = 256 << 20;

/// The labels of a store.
#[derive(Default)]
pub struct Labels {
    of: Option<Arc<Snapshot>>,
    subjects: Option<Texts>,
    objects: Option<Texts>,
}

/// Many texts in one.
#[derive(Default)]
struct Texts {
    text: String,
    ends: Vec<u32>,
}

impl Labels {
    /// The first labels of subjects, or else of objects, that begin with `word`, in any case. None if the store cannot be read:
    /// a Tab must not fail.
    pub fn beginning(&mut self, store: &Store, subject: bool, word: &str) -> Vec<String> {
        let Ok(snapshot) = store.snapshot() else { return Vec::new() };
        if self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, &snapshot)) {
            *self = Self { of: Some(Arc::clone(&snapshot)), ..Self::default() };
        }
        let side = if subject { &mut self.subjects } else { &mut self.objects };
        let read = || Texts::of(&snapshot.distinct_labels(subject).unwrap_or_default());
        side.get_or_insert_with(read).beginning(word)
    }
}

impl Texts {
    fn of(labels: &[&str]) -> Self {
        let bytes: usize = labels.iter().map(|label| label.len()).sum();
        if bytes > MOST_BYTES {
            return Self::default();
        }
        let mut texts = Self { text: String::with_capacity(bytes), ends: Vec::with_capacity(labels.len()) };
        for label in labels.iter().filter(|label| !label.is_empty()) {
            texts.text.push_str(label);
            // Fits: there are at most 256 MiB.
            texts.ends.push(texts.text.len() as u32);
        }
        texts
    }

    fn beginning(&self, word: &str) -> Vec<String> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let labels = starts.zip(&self.ends).map(|(start, &end)| &self.text[start as usize..end as usize]);
        labels.filter(|label| begins(label, word)).take(OFFERED).map(str::to_owned).collect()
    }
}

/// Whether a label begins with a word, in any case.
fn begins(label: &str, word: &str) -> bool {
    if word.is_ascii() {
        return label.as_bytes().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    }
    let mut label = label.chars().flat_map(char::to_lowercase);
    word.chars().flat_map(char::to_lowercase).all(|letter| label.next() == Some(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_by_their_first_letters_in_any_case() {
        let texts = Texts::of(&["", "Côte d'Ivoire", "France", "Frankfurt", "Österreich", "東京"]);
        assert_eq!(texts.beginning("fra"), ["France", "Frankfurt"]);
        assert_eq!(texts.beginning("CÔTE D"), ["Côte d'Ivoire"]);
        assert_eq!(texts.beginning("ö"), ["Österreich"]);
        assert_eq!(texts.beginning("東"), ["東京"]);
        assert_eq!(texts.beginning("").len(), 5);
        assert!(texts.beginning("Frankfurter").is_empty());
    }

    #[test]
    fn so_many_are_offered_and_no_more() {
        let labels: Vec<String> = (0..1_000).map(|number| format!("label {number}")).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        assert_eq!(Texts::of(&labels).beginning("label").len(), OFFERED);
    }
}
