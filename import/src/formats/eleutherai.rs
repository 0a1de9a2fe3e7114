//! EleutherAI `knowledge-neurons`: `{uuid: [[layer, neuron], …]}`, neuron sets without scores.

use std::path::Path;

use kndb_storage::{Entry, EntryData};

use crate::bytes::json::{Cursor, TopMap};
use crate::bytes::mapped::Mapped;
use crate::error::ImportError;
use crate::format::Probe;
use crate::format::{Format, Source};
use crate::options::Options;
use crate::source::neurons::{Pair, content, neuron_set};
use crate::source::seen::{Repeat, Seen};

pub(crate) struct Eleutherai;

impl Format for Eleutherai {
    fn name(&self) -> &'static str {
        "eleutherai"
    }

    fn about(&self) -> &'static str {
        "JSON {uuid: [[layer, neuron], …]} of EleutherAI/knowledge-neurons"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        value_start(probe) == Some(b'[') || probe.tokens().eq(*b"{}")
    }

    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "a JSON object {uuid: [[layer, neuron], …]}")?;
        Ok(Box::new(Sets {
            map: TopMap::new(Cursor::new(file)),
            options: options.clone(),
            seen: Seen::default(),
            duplicates: 0,
        }))
    }
}

/// The byte that the first value of a top-level JSON object starts with.
pub(super) fn value_start(probe: &Probe) -> Option<u8> {
    let mut tokens = probe.tokens();
    if (tokens.next()?, tokens.next()?) != (b'{', b'"') {
        return None;
    }
    // Ids hold no quotes; a key that did would leave the file unrecognised, not misread.
    tokens.find(|&byte| byte == b'"')?;
    (tokens.next()? == b':').then(|| tokens.next()).flatten()
}

struct Sets {
    map: TopMap,
    options: Options,
    seen: Seen,
    duplicates: u64,
}

impl Source for Sets {
    fn next_entry(&mut self) -> Result<Option<Entry>, ImportError> {
        while let Some(member) = self.map.next::<Vec<Pair>>()? {
            let file = &self.map.cursor.file;
            let at = || file.at_byte(member.value_at);
            let (neurons, dropped) = neuron_set(&member.key, &member.value, self.options.shape, at)?;
            self.duplicates += dropped;
            let content = content(&neurons, &[]);
            match self.seen.note(member.key.as_bytes(), &content, member.key_at as u64) {
                Repeat::New => {}
                Repeat::Same => {
                    self.duplicates += 1;
                    continue;
                }
                Repeat::Different(first) => {
                    return Err(ImportError::DuplicateFact {
                        at: file.at_byte(member.key_at),
                        fact: member.key,
                        first: file.line_of(first as usize),
                    });
                }
            }
            return Ok(Some(Entry {
                fact: member.key,
                language: self.options.language.clone(),
                prompt: self.options.prompt,
                data: EntryData::Neurons(neurons),
            }));
        }
        Ok(None)
    }

    fn bytes_read(&self) -> u64 {
        self.map.cursor.position as u64
    }

    fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn place(&self) -> String {
        self.map.cursor.file.at_byte(self.map.cursor.position).to_string()
    }
}
