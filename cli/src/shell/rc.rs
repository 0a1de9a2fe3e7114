//! The rc file: dot commands and statements that the shell begins with.
//!
//! `$XDG_CONFIG_HOME/kndb/kndbrc`, by default `~/.config/kndb/kndbrc`. Only the shell reads it: a script must do the same
//! whoever runs it.

use std::ffi::OsString;
use std::path::PathBuf;

/// The rc file, where there is one.
pub fn file() -> Option<PathBuf> {
    let path = path(std::env::var_os("XDG_CONFIG_HOME"), std::env::home_dir())?;
    path.is_file().then_some(path)
}

/// By the XDG base directory specification a relative path counts as none.
fn path(config: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let config = config.map(PathBuf::from).filter(|path| path.is_absolute()).or_else(|| Some(home?.join(".config")))?;
    Some(config.join("kndb").join("kndbrc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rc_file_lies_in_the_xdg_config_folder_or_its_default() {
        let home = || Some(PathBuf::from("/home/ada"));
        assert_eq!(path(Some("/config".into()), home()), Some("/config/kndb/kndbrc".into()));
        let default = Some(PathBuf::from("/home/ada/.config/kndb/kndbrc"));
        assert_eq!(path(None, home()), default);
        assert_eq!(path(Some("config".into()), home()), default);
        assert_eq!(path(None, None), None);
    }
}
