//! Messages as a terminal may get them: they quote files and statements, which may hold anything.

use kndb_carets::disturbs;

/// The longest message, in characters. Longer ones quote a whole file or statement.
const LONGEST: usize = 1_200;

/// The message with the middle of very long ones left out, and without characters that would drive the terminal.
pub fn shown(message: &str) -> String {
    let length = message.chars().count();
    if length <= LONGEST {
        return escaped(message.chars());
    }
    let half = LONGEST / 2;
    let left_out = length - 2 * half;
    let (begin, end) = (message.chars().take(half), message.chars().skip(length - half));
    format!("{} [… {left_out} characters …] {}", escaped(begin), escaped(end))
}

/// One line of what is told of files: their names and their columns may hold anything, line ends too.
pub fn in_a_line(text: &str) -> String {
    escaped(text.chars()).replace('\n', "\\n")
}

/// Line ends stay: messages have several lines.
fn escaped(characters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for c in characters {
        if c != '\n' && disturbs(c) {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_quotes_a_whole_file_keeps_its_begin_and_its_end() {
        let message = format!("found `{}`; expected a layer", "x".repeat(160_000));
        let shown = shown(&message);
        assert!(shown.chars().count() < LONGEST + 60, "{shown}");
        assert!(shown.starts_with("found `xxx") && shown.ends_with("xxx`; expected a layer"), "{shown}");
        assert!(shown.contains("[… 158826 characters …]"), "{shown}");
    }

    #[test]
    fn a_message_cannot_drive_a_terminal() {
        assert_eq!(shown("fact `\u{1b}[2J\u{202E}`,\nline 2"), "fact `\\u{1b}[2J\\u{202e}`,\nline 2");
    }
}
