//! Scripts, looked through before the first of their statements runs: which parameters they use.
//!
//! Not for what can only be known by running them: input that is piped, a script that a script writes before it reads it, a
//! statement that cannot be read. Of those nothing is said.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::dot::{DotCommand, Undotted, undotted};
use super::{Input, READ_DEPTH};

/// Parameters that scripts use.
#[derive(Default)]
pub struct Ahead {
    used: BTreeSet<String>,
    /// Whether there is something that could not be looked through.
    unknown: bool,
    /// Whether a script writes files, which another may read.
    writes: bool,
}

impl Ahead {
    /// Looks through a script.
    pub fn script(&mut self, lines: impl BufRead) {
        self.lines(lines, 0);
    }

    /// Looks through a script in a file. What is no plain file can be read only once, and is left for its time.
    pub fn file(&mut self, path: &Path) {
        self.file_at(path, 0);
    }

    /// The parameters; `None` where there may be others.
    pub fn used(self) -> Option<BTreeSet<String>> {
        (!self.unknown).then_some(self.used)
    }

    fn file_at(&mut self, path: &Path, depth: usize) {
        match File::open(path).ok().filter(|_| path.is_file() && depth < READ_DEPTH) {
            Some(file) => self.lines(BufReader::new(file), depth),
            None => self.unknown = true,
        }
    }

    fn lines(&mut self, mut lines: impl BufRead, depth: usize) {
        let mut input = Input::new("");
        let mut line = String::new();
        let mut first = true;
        while !self.unknown {
            line.clear();
            match lines.read_line(&mut line) {
                Ok(0) => return self.statements(&mut input),
                Ok(_) => {}
                Err(_) => self.unknown = true,
            }
            if std::mem::take(&mut first) && line.starts_with('\u{FEFF}') {
                line.remove(0);
            }
            if self.is_command(&mut input, &line, depth) {
                continue;
            }
            input.push(&line);
            if kndb_query::is_complete(input.text()) {
                self.statements(&mut input);
            }
        }
    }

    /// Takes a line that is a command, as a session does.
    fn is_command(&mut self, input: &mut Input, line: &str, depth: usize) -> bool {
        if !input.is_blank() {
            return false;
        }
        let command = if line.trim_start().starts_with('.') {
            line.trim().to_owned()
        } else {
            match undotted(line) {
                Some(Undotted::Understood(command)) => command,
                Some(_) => return true,
                None => return false,
            }
        };
        input.skip(line);
        match DotCommand::parse(&command) {
            Ok(DotCommand::Read(path)) if !self.writes => self.file_at(&path, depth + 1),
            Ok(DotCommand::Read(_)) => self.unknown = true,
            Ok(DotCommand::Output(Some(_)) | DotCommand::Once(_)) => self.writes = true,
            _ => {}
        }
        true
    }

    fn statements(&mut self, input: &mut Input) {
        let whole = input.take().text;
        for range in kndb_query::split(&whole) {
            match kndb_query::parse(&whole[range]) {
                Ok(statement) => {
                    self.used.extend(statement.parameters().into_iter().map(|parameter| parameter.name.clone()));
                }
                Err(_) => self.unknown = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(script: &str) -> Option<Vec<String>> {
        let mut ahead = Ahead::default();
        ahead.script(script.as_bytes());
        ahead.used().map(|names| names.into_iter().collect())
    }

    #[test]
    fn parameters_are_found_wherever_a_statement_has_them() {
        let script =
            "\u{FEFF}.mode csv\n-- $no\nkn[lang=$l]\n  by layer; let a = kn[tau=$t];\nquit\nkn by layer top $n";
        assert_eq!(used(script), Some(vec!["l".into(), "n".into(), "t".into()]));
        assert_eq!(used("kn[subject=\"$l\"] by layer;"), Some(Vec::new()));
    }

    #[test]
    fn a_script_that_is_read_is_looked_through_too_unless_it_may_be_written_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("inner.knq");
        std::fs::write(&path, "kn[lang=$l];").expect("a script");
        let read = format!(".read {}\n", path.display());
        assert_eq!(used(&read), Some(vec!["l".into()]));
        assert_eq!(used(&format!(".once {0}\nkn;\n{read}", path.display())), None);
        assert_eq!(used(".read /nowhere/at/all.knq"), None);
        std::fs::write(&path, &read).expect("a script that reads itself");
        assert_eq!(used(&read), None);
        assert_eq!(used("kn[lang=$l]; kn["), None);
    }
}
