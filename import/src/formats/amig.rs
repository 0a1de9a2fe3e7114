//! AMIG (Chen et al., AAAI 2024): neuron sets and degenerate pairs, by fact.
//!
//! A record holds `neurons`, `synergistic_neurons_this_uuid`, or both; other fields (the results of
//! interventions) are not used, and that is told. While it runs, AMIG's code appends its growing results to a `temp`
//! file again and again: several JSON documents one after the other, of which the last holds all.

use std::collections::VecDeque;
use std::path::Path;

use kndb_storage::EntryData;

use super::amig_record::{Near, Record, Said};
use super::eleutherai::value_start;
use crate::bytes::json::{Cursor, TopMap, extent};
use crate::bytes::mapped::Mapped;
use crate::error::ImportError;
use crate::format::{Account, Context, Format, Probe, Source};
use crate::options::Options;
use crate::source::given::Given;
use crate::source::invalid::Invalid;
use crate::source::neurons::{content, neuron_groups, neuron_set};
use crate::source::seen::{Repeat, Seen};
use crate::source::told::Told;

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

    fn reads_packed(&self) -> bool {
        true
    }

    fn recognises(&self, probe: &Probe) -> bool {
        value_start(probe) == Some(b'{')
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::unpacked(path, "JSON records {uuid: {\"neurons\": [[layer, neuron], …]}}")?;
        let mut told = context.told(path)?;
        told.hint_of_name(path);
        Ok(Box::new(Records {
            map: TopMap::new(last_document(Cursor::new(file))?),
            options: context.options.clone(),
            near: Near::default(),
            invalid: Invalid::new(context.options),
            told,
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

struct Records {
    map: TopMap,
    told: Told,
    invalid: Invalid,
    seen: Seen,
    waiting: VecDeque<Given>,
    duplicates: u64,
    options: Options,
    near: Near,
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
        let (pairs, groups) = (member.value.neurons, member.value.groups);
        if pairs.is_none() && groups.is_none() {
            return Err(ImportError::Row {
                at: at(),
                reason: "a record without neurons".to_owned(),
                found: format!("a record of fact `{fact}` without neurons"),
                expected: "a field `neurons` or `synergistic_neurons_this_uuid`".to_owned(),
            });
        }
        let neurons = pairs.map(|pairs| neuron_set(&fact, &pairs, shape, at)).transpose()?;
        let groups = groups.map(|groups| neuron_groups(&fact, &groups, shape, at)).transpose()?;

        let parts = (neurons.as_ref().map(|found| &*found.0), groups.as_ref().map(|found| &*found.0));
        let content = content(parts.0.unwrap_or_default(), parts.1.unwrap_or_default());
        let fields = member.value.others;
        let said = Said::read(&fields, &fact, &self.options, &mut self.near, &mut self.told, &at)?;
        let named = self.told.named(fact, said.row(), &at)?;
        // A record of each language is no repeat of the other's.
        match self.seen.note(&named.key.bytes(), &content, member.key_at as u64) {
            Repeat::New => {}
            Repeat::Same => {
                self.duplicates += 1;
                return Ok(true);
            }
            Repeat::Different(first) => {
                let (at, first) = (file.at_byte(member.key_at), file.line_of(first as usize));
                return Err(ImportError::DuplicateFact { at, fact: named.key.fact, first });
            }
        }
        let neurons = neurons.map(|(neurons, dropped)| (EntryData::Neurons(neurons), dropped));
        let groups = groups.map(|(groups, dropped)| (EntryData::Groups(groups), dropped));
        for (data, dropped) in neurons.into_iter().chain(groups) {
            self.duplicates += dropped;
            self.waiting.push_back(named.clone().entry(data));
        }
        Ok(true)
    }
}

impl Source for Records {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        while self.waiting.is_empty() {
            match self.record() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.is_of_a_row() && self.map.pass_over() => self.invalid.note(error)?,
                Err(error) => return Err(error),
            }
        }
        Ok(self.waiting.pop_front())
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
