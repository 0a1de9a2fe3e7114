//! EleutherAI `knowledge-neurons`: `{uuid: [[layer, neuron], …]}`, neuron sets without scores.

use std::path::Path;

use kndb_storage::{EntryData, Shape};

use crate::bytes::json::{Cursor, TopMap};
use crate::bytes::mapped::Mapped;
use crate::error::ImportError;
use crate::format::{Account, Context, Format, Probe, Source};
use crate::source::given::Given;
use crate::source::invalid::Invalid;
use crate::source::neurons::{Pair, content, neuron_set};
use crate::source::seen::{Repeat, Seen};
use crate::source::told::{Row, Told};

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

    fn reads_packed(&self) -> bool {
        true
    }

    fn recognises(&self, probe: &Probe) -> bool {
        value_start(probe) == Some(b'[') || probe.tokens().eq(*b"{}")
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::unpacked(path, "a JSON object {uuid: [[layer, neuron], …]}")?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        Ok(Box::new(Sets {
            map: TopMap::new(Cursor::new(file)),
            shape: context.options.shape,
            invalid: Invalid::new(context.options),
            told,
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
    shape: Shape,
    told: Told,
    invalid: Invalid,
    seen: Seen,
    duplicates: u64,
}

/// What stands next in a file.
enum Next {
    Given(Box<Given>),
    Repeat,
    End,
}

impl Sets {
    fn set(&mut self) -> Result<Next, ImportError> {
        let Some(member) = self.map.next::<Vec<Pair>>()? else {
            return Ok(Next::End);
        };
        let file = &self.map.cursor.file;
        let at = || file.at_byte(member.value_at);
        let (neurons, dropped) = neuron_set(&member.key, &member.value, self.shape, at)?;
        let named = self.told.named(member.key, Row::default(), &at)?;
        match self.seen.note(named.key.fact.as_bytes(), &content(&neurons, &[]), member.key_at as u64) {
            Repeat::New => {}
            Repeat::Same => return Ok(Next::Repeat),
            Repeat::Different(first) => {
                return Err(ImportError::DuplicateFact {
                    at: file.at_byte(member.key_at),
                    fact: named.key.fact,
                    first: file.line_of(first as usize),
                });
            }
        }
        self.duplicates += dropped;
        Ok(Next::Given(Box::new(named.entry(EntryData::Neurons(neurons)))))
    }
}

impl Source for Sets {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        loop {
            match self.set() {
                Ok(Next::Given(given)) => return Ok(Some(*given)),
                Ok(Next::Repeat) => self.duplicates += 1,
                Ok(Next::End) => return Ok(None),
                Err(error) if error.is_of_a_row() && self.map.pass_over() => self.invalid.note(error)?,
                Err(error) => return Err(error),
            }
        }
    }

    fn bytes_read(&self) -> u64 {
        self.map.cursor.bytes_read()
    }

    fn account(&self) -> Account {
        Account { duplicates: self.duplicates, invalid: self.invalid.reasons(), ..self.told.account() }
    }

    fn place(&self) -> String {
        self.map.cursor.file.at_byte(self.map.cursor.position).to_string()
    }
}
