//! AMIG (Chen et al., AAAI 2024): neuron sets and degenerate pairs, by fact.
//!
//! A record holds `neurons`, `synergistic_neurons_this_uuid`, or both; other fields (the results of
//! interventions) are skipped. While it runs, AMIG's code appends its growing results to a `temp`
//! file again and again: several JSON documents one after the other, of which the last holds all.

use std::collections::VecDeque;
use std::path::Path;

use kndb_storage::{Entry, EntryData};
use serde::Deserialize;

use super::eleutherai::value_start;
use crate::bytes::json::{Cursor, TopMap, extent};
use crate::bytes::mapped::Mapped;
use crate::error::ImportError;
use crate::format::Probe;
use crate::format::{Format, Source};
use crate::options::Options;
use crate::source::neurons::{Pair, content, neuron_groups, neuron_set};
use crate::source::seen::{Repeat, Seen};

pub(crate) struct Amig;

impl Format for Amig {
    fn name(&self) -> &'static str {
        "amig"
    }

    fn about(&self) -> &'static str {
        "JSON {uuid: {neurons, synergistic_neurons_this_uuid}} of AMIG, temp files included"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn recognises(&self, probe: &Probe) -> bool {
        value_start(probe) == Some(b'{')
    }

    fn open(&self, path: &Path, options: &Options) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::open(path, "JSON records {uuid: {\"neurons\": [[layer, neuron], …]}}")?;
        Ok(Box::new(Records {
            map: TopMap::new(last_document(Cursor::new(file))?),
            options: options.clone(),
            seen: Seen::default(),
            waiting: VecDeque::new(),
            duplicates: 0,
        }))
    }
}

/// The cursor narrowed to the last document of the file. An incomplete last document is an error
/// even where an earlier one is complete: it holds less, and its reader should know.
fn last_document(mut cursor: Cursor) -> Result<Cursor, ImportError> {
    let mut complete: Vec<(usize, usize)> = Vec::new();
    while let Some(byte) = cursor.peek() {
        if byte != b'{' {
            return Err(cursor.unexpected("an object `{` of facts"));
        }
        let start = cursor.position;
        match extent(&cursor.file.bytes()[start..]) {
            Some(length) => {
                complete.push((start, start + length));
                cursor.position += length;
            }
            // A lone document's error is found, with its place, when it is parsed.
            None if complete.is_empty() => return Ok(cursor),
            None => {
                let (verb, last) = (if complete.len() == 1 { "is" } else { "are" }, complete.len() - 1);
                let range = |&(start, end): &(usize, usize)| format!("bytes {start} to {end}");
                let ranges = match last {
                    0 => range(&complete[0]),
                    _ => format!("first {}, last {}", range(&complete[0]), range(&complete[last])),
                };
                return Err(ImportError::LastDocument {
                    at: cursor.file.at_byte(cursor.end),
                    start: start as u64,
                    complete: format!("{} {verb} complete", complete.len()),
                    ranges,
                });
            }
        }
    }
    if let Some(&(start, end)) = complete.last() {
        (cursor.position, cursor.end) = (start, end);
    }
    Ok(cursor)
}

#[derive(Deserialize)]
struct Record {
    neurons: Option<Vec<Pair>>,
    synergistic_neurons_this_uuid: Option<Vec<Vec<Pair>>>,
}

struct Records {
    map: TopMap,
    options: Options,
    seen: Seen,
    waiting: VecDeque<Entry>,
    duplicates: u64,
}

impl Records {
    /// Reads the next record into `waiting`; false at the end.
    fn record(&mut self) -> Result<bool, ImportError> {
        let Some(member) = self.map.next::<Record>()? else {
            return Ok(false);
        };
        let file = &self.map.cursor.file;
        let at = || file.at_byte(member.value_at);
        let (fact, shape) = (member.key, self.options.shape);
        let (pairs, groups) = (member.value.neurons, member.value.synergistic_neurons_this_uuid);
        if pairs.is_none() && groups.is_none() {
            return Err(ImportError::Unexpected {
                at: at(),
                found: format!("a record of fact `{fact}` without neurons"),
                expected: "a field `neurons` or `synergistic_neurons_this_uuid`".to_owned(),
            });
        }
        let neurons = pairs.map(|pairs| neuron_set(&fact, &pairs, shape, at)).transpose()?;
        let groups = groups.map(|groups| neuron_groups(&fact, &groups, shape, at)).transpose()?;

        let parts = (neurons.as_ref().map(|found| &*found.0), groups.as_ref().map(|found| &*found.0));
        let content = content(parts.0.unwrap_or_default(), parts.1.unwrap_or_default());
        match self.seen.note(fact.as_bytes(), &content, member.key_at as u64) {
            Repeat::New => {}
            Repeat::Same => {
                self.duplicates += 1;
                return Ok(true);
            }
            Repeat::Different(first) => {
                let (at, first) = (file.at_byte(member.key_at), file.line_of(first as usize));
                return Err(ImportError::DuplicateFact { at, fact, first });
            }
        }
        let neurons = neurons.map(|(neurons, dropped)| (EntryData::Neurons(neurons), dropped));
        let groups = groups.map(|(groups, dropped)| (EntryData::Groups(groups), dropped));
        for (data, dropped) in neurons.into_iter().chain(groups) {
            self.duplicates += dropped;
            let (language, prompt) = (self.options.language.clone(), self.options.prompt);
            self.waiting.push_back(Entry { fact: fact.clone(), language, prompt, data });
        }
        Ok(true)
    }
}

impl Source for Records {
    fn next_entry(&mut self) -> Result<Option<Entry>, ImportError> {
        while self.waiting.is_empty() && self.record()? {}
        Ok(self.waiting.pop_front())
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
