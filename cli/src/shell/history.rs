//! Where the shell's history is kept: the XDG state folder.

use std::ffi::OsString;
use std::path::PathBuf;

/// The history file, its folder made; nothing where there is no home to keep it in.
pub fn file() -> Option<PathBuf> {
    let folder = folder(std::env::var_os("XDG_STATE_HOME"), std::env::home_dir())?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// By the XDG base directory specification a relative path counts as none.
fn folder(state: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let state = state
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home?.join(".local").join("state")))?;
    Some(state.join("kndb"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_lives_in_the_xdg_state_folder_or_its_default() {
        let home = || Some(PathBuf::from("/home/ada"));
        assert_eq!(folder(Some("/state".into()), home()), Some("/state/kndb".into()));
        let default = Some(PathBuf::from("/home/ada/.local/state/kndb"));
        assert_eq!(folder(None, home()), default);
        assert_eq!(folder(Some("state".into()), home()), default);
        assert_eq!(folder(None, None), None);
    }
}
