//! The stores that are shown, opened for reading.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kndb_query::{Attached, QueryError, complete};
use kndb_storage::{Run, Snapshot, Store};

use crate::labels::Labels;
use crate::server::Options;

/// Stores, ready to be looked at.
pub struct Explorer {
    pub(crate) stores: Vec<Shown>,
    pub(crate) options: Options,
}

/// One of them.
pub(crate) struct Shown {
    /// What it is called in addresses and statements.
    pub(crate) name: String,
    pub(crate) store: Store,
    /// The others, by their names.
    pub(crate) attached: Attached,
    pub(crate) labels: Labels,
    /// What the editor has read to complete labels.
    completion: Mutex<complete::Labels>,
}

/// Why stores cannot be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No store was named.
    #[error("found no store to show, expected the folder of one at least")]
    None,
    /// A store cannot be read.
    #[error(transparent)]
    Store(#[from] kndb_storage::Error),
    /// A store cannot stand beside the others.
    #[error("{} cannot be shown beside the others: {error}", path.display())]
    Beside {
        /// Its folder.
        path: PathBuf,
        /// Why.
        #[source]
        error: Box<QueryError>,
    },
}

impl Explorer {
    /// Opens stores, for reading alone. The first is the one that is shown where an address names none. Each has the name of its folder,
    /// made fit for statements (`my.kndb` is `my`, a second one `my2`), and can be asked under that name beside the others.
    ///
    /// # Errors
    /// When there is no store at a path, it cannot be read, or it is given twice.
    pub fn open<P: AsRef<Path>>(paths: &[P], options: Options) -> Result<Self, OpenError> {
        let mut opened: Vec<(String, Store)> = Vec::new();
        for path in paths {
            let store = Store::open_read_only(path)?;
            // What is damaged is told before there is a page.
            store.snapshot()?;
            let name = free_name(path.as_ref(), &opened);
            opened.push((name, store));
        }
        if opened.is_empty() {
            return Err(OpenError::None);
        }
        let beside = |(name, store): &(String, Store)| {
            let attached = Attached::default();
            for (other, at) in opened.iter().filter(|(other, _)| other != name) {
                attached
                    .attach(store, other, at.path())
                    .map_err(|error| OpenError::Beside { path: at.path().to_owned(), error: Box::new(error) })?;
            }
            Ok(Shown {
                name: name.clone(),
                store: store.clone(),
                attached,
                labels: Labels::default(),
                completion: Mutex::default(),
            })
        };
        let stores = opened.iter().map(beside).collect::<Result<_, OpenError>>()?;
        Ok(Self { stores, options })
    }

    /// Of each model that was given and that no run of these stores is of, a sentence: why. Nothing of it will be shown.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn models_of_no_run(&self) -> Result<Vec<String>, kndb_storage::Error> {
        let Some(models) = &self.options.models else { return Ok(Vec::new()) };
        let snapshots = self.stores.iter().map(|shown| shown.store.snapshot()).collect::<Result<Vec<_>, _>>()?;
        let runs: Vec<&Run> = snapshots.iter().flat_map(|snapshot| snapshot.runs()).collect();
        Ok(models.of_none(&runs))
    }

    /// The store of a name, and the first without one.
    pub(crate) fn named(&self, name: Option<&str>) -> Option<&Shown> {
        match name {
            None => self.stores.first(),
            Some(name) => self.stores.iter().find(|shown| shown.name == name),
        }
    }
}

impl Shown {
    /// Does something with what is kept for completion. Others wait for it: it is read once.
    pub(crate) fn completion<T>(&self, with: impl FnOnce(&mut complete::Labels) -> T) -> T {
        with(&mut self.completion.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What there is now in this store, and a word for the state of all that a page of it may show.
    pub(crate) fn look(&self) -> Result<(Arc<Snapshot>, String), kndb_storage::Error> {
        let snapshot = self.store.snapshot()?;
        let mut state = state_of(&snapshot);
        for (name, _) in self.attached.list() {
            if let Ok(store) = self.attached.store(&name) {
                state.push('.');
                state += &state_of(&*store.snapshot()?);
            }
        }
        Ok((snapshot, state))
    }
}

/// Store and commit.
fn state_of(snapshot: &Snapshot) -> String {
    let id = snapshot.store_id().unwrap_or_default();
    format!("{}-{}", id.get(..12).unwrap_or(&id), snapshot.epoch())
}

/// A name that no other store has: letters, digits and `_`, beginning with a letter.
fn free_name(path: &Path, taken: &[(String, Store)]) -> String {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let stem = real.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let plain = plain.trim_matches('_');
    let name =
        if plain.starts_with(|c: char| c.is_ascii_alphabetic()) { plain.to_owned() } else { format!("store_{plain}") };
    let name = name.trim_end_matches('_').to_owned();
    // `facts` is a word of the language: `facts::kn` would be none.
    let is_word = kndb_query::parse(&format!("attach 'x' as {name}")).is_err();
    let name = if is_word { format!("{name}_store") } else { name };
    let free = |name: &str| taken.iter().all(|(other, _)| other != name);
    if free(&name) {
        return name;
    }
    (2..).map(|number| format!("{name}{number}")).find(|name| free(name)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_folders_made_fit_for_statements_and_each_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut taken = Vec::new();
        for (path, name) in [
            ("a/My-Store.kndb", "my_store"),
            ("b/my-store.kndb", "my_store2"),
            ("2024", "store_2024"),
            ("库", "store"),
            ("facts", "facts_store"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            let store = Store::create(&path).expect("a store");
            assert_eq!(free_name(&path, &taken), name);
            taken.push((name.to_owned(), store));
        }
    }
}
