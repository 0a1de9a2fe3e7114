//! A folder, known again whatever is done with names.

use std::fs::File;
use std::path::Path;

/// A folder that was there once. As long as it is held open, no other has its number.
pub(super) struct Folder {
    #[cfg_attr(not(unix), expect(dead_code, reason = "folders have no number there"))]
    open: File,
}

impl Folder {
    /// The folder of a name; `None` where there is none, or folders cannot be opened.
    pub(super) fn of(path: &Path) -> Option<Self> {
        File::open(path).ok().map(|open| Self { open })
    }

    /// Whether both are one.
    #[cfg(unix)]
    pub(super) fn is(&self, other: &Self) -> bool {
        use std::os::unix::fs::MetadataExt;
        let number = |file: &File| file.metadata().map(|found| (found.dev(), found.ino())).ok();
        number(&self.open) == number(&other.open)
    }

    #[cfg(not(unix))]
    pub(super) fn is(&self, _: &Self) -> bool {
        true
    }
}
