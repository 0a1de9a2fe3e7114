//! What is known of the terminal: which streams are one, and whether to use colour.
//!
//! The only module that asks the environment about it. Sessions and formats do not know it.

use std::io::{self, IsTerminal, Write};

use crate::args::ColorWhen;

/// The standard streams, as the commands see them.
pub struct Terminal {
    /// Results.
    pub out: Box<dyn Write>,
    /// Everything else.
    pub messages: Box<dyn Write>,
    /// Whether messages are coloured.
    pub color: bool,
    /// Terminal cells of a line, where results are shown to somebody.
    pub columns: Option<usize>,
    /// Whether somebody types.
    pub reads_from_person: bool,
    /// Whether results are shown to somebody.
    pub shows_to_person: bool,
    /// Whether messages are shown to somebody: progress bars may move.
    pub messages_to_person: bool,
    /// Whether stores may not be changed.
    pub read_only: bool,
}

impl Terminal {
    /// The process's own streams. Results are buffered: flush before the end.
    pub fn standard(color: ColorWhen) -> Self {
        let messages_to_person = io::stderr().is_terminal();
        let shows_to_person = io::stdout().is_terminal();
        Self {
            out: Box::new(io::BufWriter::with_capacity(1 << 16, crate::machine::output())),
            messages: Box::new(io::stderr()),
            color: wants_color(color, messages_to_person, std::env::var_os("NO_COLOR").as_deref()),
            reads_from_person: io::stdin().is_terminal(),
            shows_to_person,
            columns: shows_to_person.then(columns).flatten(),
            messages_to_person,
            read_only: false,
        }
    }
}

/// Cells of a line of the terminal; nothing where it does not tell.
fn columns() -> Option<usize> {
    let (columns, _) = rustyline::DefaultEditor::new().ok()?.dimensions()?;
    Some(usize::from(columns)).filter(|columns| *columns > 0)
}

/// `--color` decides; without it NO_COLOR (any value but the empty one), then whether it is a terminal.
fn wants_color(when: ColorWhen, terminal: bool, no_color: Option<&std::ffi::OsStr>) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => terminal && no_color.is_none_or(|value| value.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn the_option_wins_over_no_color_and_no_color_over_the_terminal() {
        let set = Some(OsStr::new("1"));
        assert!(wants_color(ColorWhen::Always, false, set));
        assert!(!wants_color(ColorWhen::Never, true, None));
        assert!(wants_color(ColorWhen::Auto, true, None));
        assert!(!wants_color(ColorWhen::Auto, true, set));
        assert!(!wants_color(ColorWhen::Auto, false, None));
        assert!(wants_color(ColorWhen::Auto, true, Some(OsStr::new(""))));
    }
}
