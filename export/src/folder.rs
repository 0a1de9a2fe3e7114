//! A folder that becomes visible whole at the end: written beside under another name, made durable, renamed.

use crate::error::{ExportError, Result};
use crate::out::Out;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The end of the name of a half-made folder; the process that makes it comes before.
const HALF_MADE: &str = "kndb-half-made";
/// A file in it that its maker has locked: one that nobody has is of a process that is gone.
const MAKER: &str = ".maker";

/// A folder while it is made. Dropped before [`Self::publish`], it goes with all that is in it.
pub(crate) struct HalfMade {
    path: PathBuf,
    goal: PathBuf,
    /// Folders in it, to be made durable.
    folders: BTreeSet<PathBuf>,
    _lock: File,
    published: bool,
}

impl HalfMade {
    /// Begins a folder, and removes what killed processes have left of the same one.
    pub(crate) fn begin(goal: &Path) -> Result<Self> {
        must_be_free(goal)?;
        Self::beside(goal)
    }

    /// The same, whatever is at the goal.
    pub(crate) fn beside(goal: &Path) -> Result<Self> {
        let (parent, name) = parent_and_name(goal)?;
        remove_abandoned(&parent, &name);
        let path = parent.join(format!(".{name}.{}.{HALF_MADE}", std::process::id()));
        // Of this process itself, from an export that ended in a panic.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(ExportError::io("create", &path))?;
        let maker = path.join(MAKER);
        let lock = File::create(&maker).and_then(|file| file.lock().map(|()| file));
        let lock = lock.map_err(|error| {
            let _ = fs::remove_dir_all(&path);
            ExportError::io("lock", &maker)(error)
        })?;
        Ok(Self { path, goal: goal.to_owned(), folders: BTreeSet::new(), _lock: lock, published: false })
    }

    /// Where it is made.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new file in it, by its path from the folder, with `/`.
    pub(crate) fn create(&mut self, relative: &str) -> Result<Out> {
        let path = self.path.join(relative);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(ExportError::io("create", parent))?;
            let within = parent.ancestors().take_while(|folder| *folder != self.path);
            self.folders.extend(within.map(Path::to_owned));
        }
        Out::create(&path, relative)
    }

    /// Gives the folder its name, with all that is in it durable.
    pub(crate) fn publish(mut self) -> Result<()> {
        let maker = self.path.join(MAKER);
        fs::remove_file(&maker).map_err(ExportError::io("remove", &maker))?;
        for folder in self.folders.iter().rev().map(PathBuf::as_path).chain([self.path.as_path()]) {
            sync_folder(folder)?;
        }
        // Looked at again: another may have made something there meanwhile. An empty folder is replaced.
        must_be_free(&self.goal)?;
        let to = fs::canonicalize(&self.goal).unwrap_or_else(|_| self.goal.clone());
        fs::rename(&self.path, &to).map_err(ExportError::io("rename the finished folder to", &self.goal))?;
        self.published = true;
        sync_folder(parent_of(&to))
    }

    /// Gives a folder within it, which is durable already, the name; what else is in it goes. Something that is there is `replaced` if it
    /// `may_go`, which is asked once nobody can reach it by its name any more: who was filling it finds it gone, and is told so. Between
    /// two renames nothing is there.
    pub(crate) fn publish_inner(
        self,
        name: &str,
        replaced: bool,
        may_go: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        let to = fs::canonicalize(&self.goal).unwrap_or_else(|_| self.goal.clone());
        let old = self.path.join("replaced");
        if replaced {
            fs::rename(&to, &old).map_err(ExportError::io("move away", &to))?;
            if let Err(error) = may_go(&old) {
                fs::rename(&old, &to).map_err(ExportError::io("move back what was filled meanwhile to", &to))?;
                return Err(error);
            }
        }
        if let Err(error) = fs::rename(self.path.join(name), &to) {
            if replaced {
                // As it was, if that can be.
                let _ = fs::rename(&old, &to);
            }
            return Err(ExportError::io("rename the finished folder to", &self.goal)(error));
        }
        sync_folder(parent_of(&to))
    }
}

impl Drop for HalfMade {
    fn drop(&mut self) {
        if !self.published {
            // What went wrong first is what to tell; the next export removes what is left here.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Fails unless nothing is at a path, or an empty folder.
pub(crate) fn must_be_free(goal: &Path) -> Result<()> {
    let taken = |found: &str| Err(ExportError::NotEmpty { path: goal.to_owned(), found: found.to_owned() });
    match fs::read_dir(goal) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => taken("a folder with something in it"),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A link that leads nowhere is no free name.
            if fs::symlink_metadata(goal).is_ok() { taken("a link that leads nowhere") } else { Ok(()) }
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => taken("a file"),
        Err(error) => Err(ExportError::io("look into", goal)(error)),
    }
}

fn parent_and_name(goal: &Path) -> Result<(PathBuf, String)> {
    // An empty folder that is there may be a link: its own folder is where the new one is made.
    let there = fs::canonicalize(goal).unwrap_or_else(|_| goal.to_owned());
    let name = there.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.ok_or_else(|| ExportError::NotEmpty {
        path: goal.to_owned(),
        found: "a path without a last name".to_owned(),
    })?;
    let parent = there.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    if !parent.is_dir() {
        let missing = std::io::Error::from(ErrorKind::NotFound);
        return Err(ExportError::io("find the folder", parent)(missing));
    }
    Ok((parent.to_owned(), name))
}

/// Half-made folders of the same name whose makers are gone.
fn remove_abandoned(parent: &Path, name: &str) {
    let (begin, end) = (format!(".{name}."), format!(".{HALF_MADE}"));
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let file_name = entry.file_name().to_string_lossy().into_owned();
        let is_number = |middle: &str| !middle.is_empty() && middle.bytes().all(|byte| byte.is_ascii_digit());
        if !file_name.strip_prefix(&begin).and_then(|rest| rest.strip_suffix(&end)).is_some_and(is_number) {
            continue;
        }
        let maker = File::open(entry.path().join(MAKER));
        if maker.is_ok_and(|maker| maker.try_lock().is_ok()) {
            // It is only room.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|opened| opened.sync_all()).map_err(ExportError::io("sync", folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_folder_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().expect("a folder");
        let goal = place.path().join("out");
        let mut half = HalfMade::begin(&goal).expect("begun");
        half.create("a/b/c")
            .and_then(|mut out| {
                out.write_all(b"text").expect("written");
                out.finish()
            })
            .expect("a file");
        assert!(!goal.exists());
        drop(half);
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 0);
        let mut half = HalfMade::begin(&goal).expect("begun again");
        half.create("a/b/c").and_then(Out::finish).expect("a file");
        half.publish().expect("published");
        assert!(goal.join("a/b/c").exists());
        assert_eq!(fs::read_dir(&goal).expect("a folder").count(), 1);
        assert!(HalfMade::begin(&goal).is_err(), "it is not empty");
    }

    #[test]
    fn what_was_filled_meanwhile_is_moved_back() {
        let place = tempfile::tempdir().expect("a folder");
        let goal = place.path().join("out");
        fs::create_dir(&goal).expect("made");
        fs::write(goal.join("theirs"), "").expect("made");
        let half = HalfMade::beside(&goal).expect("begun");
        fs::create_dir(half.path().join("new")).expect("made");
        let refused = half.publish_inner("new", true, |moved| {
            assert!(!goal.exists() && moved.join("theirs").exists(), "out of reach while it is looked at");
            Err(ExportError::Stopped)
        });
        assert!(matches!(refused, Err(ExportError::Stopped)));
        assert!(goal.join("theirs").exists());
        assert_eq!(fs::read_dir(place.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_a_killed_process_left_goes_with_the_next_export() {
        let place = tempfile::tempdir().expect("a folder");
        let goal = place.path().join("out");
        let left = place.path().join(format!(".out.1.{HALF_MADE}"));
        fs::create_dir(&left).expect("made");
        fs::write(left.join(MAKER), "").expect("made");
        drop(HalfMade::begin(&goal).expect("begun"));
        assert!(!left.exists());
    }
}
