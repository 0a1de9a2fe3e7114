//! Texts of a column as Arrow's dictionaries have them.

use super::buffer::Buffer;
use super::validity::Validity;
use crate::error::{ErrorKind, QueryError};
use std::collections::HashMap;

/// A key for each row, and the texts that keys stand for: each once, in the order in which rows have them.
#[derive(Clone, Debug)]
pub struct Dictionary {
    /// Of each row, which text. Under a null it is 0.
    pub keys: Buffer<u32>,
    /// Which rows have a text; `None` where all have.
    pub validity: Option<Validity>,
    /// Where each text begins among the bytes, and where the last one ends: one more than there are texts, the first 0.
    pub offsets: Buffer<i32>,
    /// The texts one after the other, in UTF-8.
    pub bytes: Buffer<u8>,
}

impl Dictionary {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text of a key.
    pub fn text(&self, key: u32) -> Option<&str> {
        let (first, end) = (*self.offsets.get(key as usize)?, *self.offsets.get(key as usize + 1)?);
        std::str::from_utf8(self.bytes.get(first as usize..end as usize)?).ok()
    }

    /// Of what each row's id stands for; an id is asked once.
    pub(super) fn of<'t>(
        ids: &[u32],
        text: impl Fn(u32) -> Result<Option<&'t str>, QueryError>,
    ) -> Result<Self, QueryError> {
        let mut made = Making::default();
        let mut by_id: HashMap<u32, Option<u32>> = HashMap::new();
        let mut by_text: HashMap<&'t str, u32> = HashMap::new();
        let mut last: Option<(u32, Option<u32>)> = None;
        let (mut keys, mut nulls) = (Vec::with_capacity(ids.len()), Vec::new());
        for (row, &id) in ids.iter().enumerate() {
            let key = match last {
                // Rows of one fact come one after the other.
                Some((of, key)) if of == id => key,
                _ => match by_id.get(&id) {
                    Some(&key) => key,
                    None => {
                        let key = match text(id)? {
                            None => None,
                            Some(text) => Some(match by_text.get(text) {
                                Some(&key) => key,
                                None => {
                                    let key = made.add(text)?;
                                    by_text.insert(text, key);
                                    key
                                }
                            }),
                        };
                        by_id.insert(id, key);
                        key
                    }
                },
            };
            last = Some((id, key));
            if key.is_none() {
                nulls.push(row as u32);
            }
            keys.push(key.unwrap_or(0));
        }
        let validity = Validity::without(keys.len(), &nulls);
        Ok(Self { keys: keys.into(), validity, offsets: made.offsets.into(), bytes: made.bytes.into() })
    }
}

struct Making {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Making {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl Making {
    fn add(&mut self, text: &str) -> Result<u32, QueryError> {
        let key = self.offsets.len() as u32 - 1;
        self.bytes.extend_from_slice(text.as_bytes());
        // 8,192 labels of 2 GB: no store has such, but one that was made to be wrong might.
        let end = i32::try_from(self.bytes.len()).map_err(|_| {
            let reason = "the texts of a batch need more than 2 GB, which 32-bit offsets cannot tell apart";
            QueryError::new(ErrorKind::Memory, reason)
        })?;
        self.offsets.push(end);
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_there_once_whatever_ids_stand_for_it() {
        let text = |id: u32| Ok([Some("Paris"), None, Some("Paris"), Some("東京")][id as usize]);
        let made = Dictionary::of(&[3, 0, 0, 1, 2, 3], text).expect("texts");
        assert_eq!(made.keys[..], [0, 1, 1, 0, 1, 0]);
        assert_eq!(made.validity.as_ref().map(|validity| validity.bits()[0]), Some(0b11_0111));
        assert_eq!((&made.offsets[..], made.len()), (&[0, 6, 11][..], 2));
        assert_eq!((made.text(0), made.text(1), made.text(2)), (Some("東京"), Some("Paris"), None));
    }

    #[test]
    fn a_column_without_rows_has_the_one_offset_that_arrow_asks_for() {
        let made = Dictionary::of(&[], |_| Ok(None)).expect("nothing");
        assert_eq!((&made.offsets[..], made.is_empty()), (&[0][..], true));
    }
}
