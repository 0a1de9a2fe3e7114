//! Lists of fact ids that belong to arrays: beside the file, or named by an option.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::bytes::json::Cursor;
use crate::bytes::mapped::Mapped;
use crate::error::{ImportError, Location, Place};
use crate::source::told::Told;

/// What an id file should hold, for messages.
const EXPECTED: &str = "fact ids: one a line, a JSON list, or JSON lines with a field `uuid`";

/// The ids for a file: those of the option, and those in `FILE.ids.txt`, `FILE.ids.json` (`FILE` with or without its
/// extension). Where there are several lists they must be the same: none is preferred.
pub(crate) fn ids_of(file: &Path, option: Option<&Path>, told: &mut Told) -> Result<Option<IdList>, ImportError> {
    let mut found: Option<IdList> = None;
    let lists = option.map(Path::to_owned).into_iter().chain(beside(file).into_iter().filter(|path| path.is_file()));
    for path in lists {
        if found.as_ref().is_some_and(|first| first.path == path) {
            continue;
        }
        let list = IdList::read(&path)?;
        told.ids_from(&path);
        match &found {
            Some(first) => first.must_be(&list)?,
            None => found = Some(list),
        }
    }
    Ok(found)
}

/// The list that bears a file's whole name, if there is one: it is meant for this file and no other.
pub(crate) fn meant_for(file: &Path) -> Option<PathBuf> {
    beside(file).into_iter().take(2).find(|path| path.is_file())
}

/// Where ids are looked for, in this order.
pub(crate) fn beside(file: &Path) -> [PathBuf; 4] {
    let appended = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    [appended(".ids.txt"), appended(".ids.json"), file.with_extension("ids.txt"), file.with_extension("ids.json")]
}

/// Fact ids in order, and the file they come from.
pub(crate) struct IdList {
    pub ids: Vec<String>,
    pub path: PathBuf,
}

impl IdList {
    fn read(path: &Path) -> Result<Self, ImportError> {
        let file = Mapped::open(path, EXPECTED)?;
        let mut cursor = Cursor::new(file.clone());
        let ids = match cursor.peek() {
            Some(b'[') => {
                let ids = cursor.value::<Vec<String>>()?;
                if cursor.peek().is_some() {
                    return Err(cursor.unexpected("the end of the file after the list"));
                }
                ids
            }
            Some(b'{') => {
                let mut ids = Vec::new();
                while cursor.peek().is_some() {
                    ids.push(cursor.value::<Row>()?.uuid);
                }
                ids
            }
            _ => lines(&file)?,
        };
        Ok(Self { ids, path: path.to_owned() })
    }

    /// An error that names both lists, unless they are equal.
    fn must_be(&self, other: &Self) -> Result<(), ImportError> {
        if self.ids == other.ids {
            return Ok(());
        }
        // The first ids may be the same: what is shown is where they part.
        let at = self.ids.iter().zip(&other.ids).take_while(|(one, two)| one == two).count();
        let shown = |list: &Self| {
            let id = list.ids.get(at).map_or_else(|| "none".to_owned(), |id| format!("`{id}`"));
            format!("{} ids, of which number {} is {id}", list.ids.len(), at + 1)
        };
        let (first, second) = (shown(self), shown(other));
        Err(ImportError::Unexpected {
            at: Box::new(Location { file: other.path.clone(), place: Place::File }),
            found: format!("{second}, where {} has {first}", self.path.display()),
            expected: "one list of fact ids, or equal ones; leave the wrong one out, or rename it".to_owned(),
        })
    }

    /// The list, if it has one id for each of so many facts.
    pub fn check(&self, facts: u64) -> Result<Vec<String>, ImportError> {
        if self.ids.len() as u64 == facts {
            return Ok(self.ids.clone());
        }
        Err(ImportError::Unexpected {
            at: Box::new(Location { file: self.path.clone(), place: Place::File }),
            found: format!("{} fact ids", self.ids.len()),
            expected: format!("{facts}, one for each fact of the array"),
        })
    }
}

#[derive(Deserialize)]
struct Row {
    uuid: String,
}

fn lines(file: &Mapped) -> Result<Vec<String>, ImportError> {
    let text = std::str::from_utf8(file.bytes()).map_err(|error| ImportError::Unexpected {
        at: file.at_byte(error.valid_up_to()),
        found: "bytes that are not UTF-8".to_owned(),
        expected: EXPECTED.to_owned(),
    })?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}
