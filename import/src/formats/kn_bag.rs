//! KN (Dai et al., ACL 2022), `kn_bag-*.json` and `base_kn_bag-*.json` of Hunter-DDM/knowledge-neurons: the
//! neuron sets of one relation, `[[[layer, neuron], …], …]`, a list a bag.
//!
//! As with [`super::kn`], a bag is one fact: bags stand in the order of LAMA T-REx's `{relation}.jsonl`, which
//! serves as the list of ids; without a list a fact's id is `kn:RELATION:BAG`, bags counted from 0 and the
//! relation taken from the file's name. `kn_rel-*.json` beside it is one set a relation, and no fact's.

use std::path::Path;

use kndb_storage::{EntryData, Shape};

use crate::bytes::json::Cursor;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Place};
use crate::facts::is_wikidata;
use crate::format::{Account, Context, Format, Probe, Source};
use crate::source::given::{Given, digest, place};
use crate::source::ids::{IdList, ids_of};
use crate::source::neurons::{Pair, neuron_set};
use crate::source::seen::{Repeat, Seen};
use crate::source::told::{Row, Told};

pub(crate) struct KnBag;

impl Format for KnBag {
    fn name(&self) -> &'static str {
        "kn-bag"
    }

    fn about(&self) -> &'static str {
        "kn_bag-*.json neuron sets of Hunter-DDM/knowledge-neurons"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["json"]
    }

    fn reads_packed(&self) -> bool {
        true
    }

    fn recognises(&self, probe: &Probe) -> bool {
        let start: Vec<u8> = probe.tokens().take(4).collect();
        let lists = start.starts_with(b"[[[") && start.get(3).is_some_and(u8::is_ascii_digit);
        let named = probe.name.contains("kn_bag-") || probe.name.contains("kn_rel-");
        lists || (named && start.first() == Some(&b'['))
    }

    fn open(&self, path: &Path, context: &Context<'_>) -> Result<Box<dyn Source>, ImportError> {
        let file = Mapped::unpacked(path, "a JSON list of bags of [layer, neuron]")?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.contains("kn_rel-") {
            return Err(ImportError::Unexpected {
                at: file.at(Place::File),
                found: "the neurons of a relation, which belong to no fact".to_owned(),
                expected: "those of its facts, which are in `kn_bag-*.json` beside it".to_owned(),
            });
        }
        // As the source's own scripts take the relation from the name.
        let relation = name.split('.').next().and_then(|stem| stem.rsplit_once('-')).map(|(_, last)| last.to_owned());
        let mut told = context.told(path)?;
        let ids = ids_of(path, context.options.ids.as_deref(), &mut told)?;
        if ids.is_none() && relation.is_none() {
            return Err(ImportError::Unexpected {
                at: file.at(Place::File),
                found: "bags without their facts' ids".to_owned(),
                expected: "a list of ids, one a bag, or a name such as `kn_bag-P36.json`".to_owned(),
            });
        }
        let mut cursor = Cursor::new(file);
        if cursor.peek() != Some(b'[') {
            return Err(cursor.unexpected("a list `[` of bags"));
        }
        cursor.position += 1;
        // Of `kn_bag-it.json` the last part is the relation.
        if relation.is_none() {
            told.hint_of_name(path);
        }
        let (shape, seen) = (context.options.shape, Seen::default());
        Ok(Box::new(Bags { cursor, relation, ids, shape, told, seen, bag: 0, ended: false, duplicates: 0 }))
    }
}

struct Bags {
    cursor: Cursor,
    relation: Option<String>,
    ids: Option<IdList>,
    shape: Shape,
    told: Told,
    seen: Seen,
    bag: u64,
    ended: bool,
    duplicates: u64,
}

impl Bags {
    /// The next bag, and the byte it begins at.
    fn bag(&mut self) -> Result<Option<(Vec<Pair>, usize)>, ImportError> {
        if self.ended {
            return Ok(None);
        }
        let found = self.cursor.peek();
        if found == Some(b']') {
            self.cursor.position += 1;
            self.ended = true;
            if self.cursor.peek().is_some() {
                return Err(self.cursor.unexpected("the end of the file after the list"));
            }
            return self.check_ids().map(|()| None);
        }
        if self.bag > 0 {
            match found {
                Some(b',') => self.cursor.position += 1,
                Some(_) => return Err(self.cursor.unexpected("`,` or `]`")),
                None => return Err(self.cut_short()),
            }
        }
        if self.cursor.peek().is_none() {
            return Err(self.cut_short());
        }
        let start = self.cursor.position;
        let pairs = self.cursor.value().map_err(|error| match error {
            ImportError::Truncated { .. } => self.cut_short(),
            other => other,
        })?;
        self.bag += 1;
        Ok(Some((pairs, start)))
    }

    fn cut_short(&self) -> ImportError {
        let at = self.cursor.file.at_byte(self.cursor.end);
        ImportError::Truncated { at, complete: self.bag, unit: "bags" }
    }

    /// The fact of the bag that was read last.
    fn fact(&self) -> Result<String, ImportError> {
        let bag = self.bag - 1;
        match (&self.ids, &self.relation) {
            (Some(list), _) => list.ids.get(bag as usize).cloned().ok_or_else(|| self.ids_differ("more", list)),
            (None, relation) => Ok(format!("kn:{}:{bag}", relation.as_deref().unwrap_or_default())),
        }
    }

    fn check_ids(&self) -> Result<(), ImportError> {
        match &self.ids {
            Some(list) if list.ids.len() as u64 != self.bag => Err(self.ids_differ("fewer", list)),
            _ => Ok(()),
        }
    }

    fn ids_differ(&self, how: &str, list: &IdList) -> ImportError {
        ImportError::Unexpected {
            at: self.cursor.file.at(Place::File),
            found: format!("{how} bags than the {} fact ids of {}", list.ids.len(), list.path.display()),
            expected: "one fact id a bag, in the order of the bags".to_owned(),
        }
    }
}

impl Source for Bags {
    fn next_entry(&mut self) -> Result<Option<Given>, ImportError> {
        while let Some((pairs, start)) = self.bag()? {
            let fact = self.fact()?;
            let file = self.cursor.file.clone();
            let at = || file.at_byte(start);
            let (neurons, dropped) = neuron_set(&fact, &pairs, self.shape, at)?;
            // A name such as `kn_bag-v2.json` says no relation that could be compared.
            let relation = self.relation.clone().filter(|relation| is_wikidata(relation));
            let row = Row { relation: relation.as_deref().map(|name| (name, "the file's name")), ..Row::default() };
            let given = self.told.named(fact, row, &at)?.entry(EntryData::Neurons(neurons));
            match self.seen.note_digest(&place(&given.entry), digest(&given.entry), start as u64) {
                Repeat::New => {
                    self.duplicates += dropped;
                    return Ok(Some(given));
                }
                Repeat::Same => self.duplicates += 1,
                Repeat::Different(first) => {
                    let (at, first) = (file.at_byte(start), file.line_of(first as usize));
                    return Err(ImportError::DuplicateFact { at, fact: given.entry.fact, first });
                }
            }
        }
        Ok(None)
    }

    fn bytes_read(&self) -> u64 {
        self.cursor.bytes_read()
    }

    fn account(&self) -> Account {
        Account { duplicates: self.duplicates, ..self.told.account() }
    }

    fn place(&self) -> String {
        self.cursor.file.at_byte(self.cursor.position).to_string()
    }
}
