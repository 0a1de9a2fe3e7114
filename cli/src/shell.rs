//! The shell: a line editor in front of a [`Session`], for a person at a terminal.
//!
//! Everything a script needs too is in the session; here are the prompt, history, completion,
//! Ctrl-C and the pager. Not for tests or pipes: those feed the session.

mod attention;
mod completion;
mod history;
mod pager;
mod rc;

use std::cell::RefCell;
use std::io::Write;
use std::path::Path;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Behavior, ColorMode, CompletionType, Config, Editor};

use crate::error::{CliError, Result};
use crate::session::{Flow, Input, OnError, Session, Streams};
use crate::terminal::Terminal;
use attention::Attention;
use completion::Helper;
use pager::{Messages, Results, Screen};

pub use rc::file as rc_file;

const PROMPT: &str = "kndb> ";
const CONTINUED: &str = "  ...> ";

/// Reads and runs lines until `.quit` or Ctrl-D.
pub fn run(mut session: Session, path: &Path, terminal: &mut Terminal) -> Result<()> {
    session.on_error = OnError::GoOn;
    session.talkative = true;
    let attention = Attention::new(session.interrupt());
    attention.listen();
    let mut editor = editor(&mut session, terminal)?;
    let history = history::file();
    if let Some(history) = &history {
        // The first time there is none.
        let _ = editor.load_history(history);
    }
    banner(path, terminal).map_err(CliError::Output)?;

    let mut input = Input::of("shell", session.language);
    loop {
        if input.is_blank() {
            // Lines count from the start of each statement: nobody numbers what they typed before.
            input = Input::of("shell", session.language);
        }
        if let Some(helper) = editor.helper_mut() {
            helper.pending = input.text().to_owned();
        }
        let prompt = if input.is_blank() { PROMPT } else { CONTINUED };
        match editor.readline(prompt) {
            Ok(line) => {
                let before = input.text().to_owned();
                let flow = run_line(&mut session, &mut input, &line, &attention, &mut editor, terminal)?;
                if input.is_blank() {
                    remember(&mut editor, history.as_deref(), &(before + &line));
                }
                if flow == Flow::Quit {
                    return Ok(());
                }
            }
            Err(ReadlineError::Interrupted) => input.discard(),
            Err(ReadlineError::Eof) => return Ok(()),
            Err(failure) => return Err(failure.into()),
        }
    }
}

fn run_line(
    session: &mut Session,
    input: &mut Input,
    line: &str,
    attention: &Attention,
    editor: &mut Editor<Helper, FileHistory>,
    terminal: &mut Terminal,
) -> Result<Flow> {
    let size = editor.dimensions();
    let rows = size.map_or(usize::MAX, |(_, rows)| usize::from(rows));
    if terminal.shows_to_person {
        // The window may have another size than before.
        session.display.terminal = size.map(|(columns, _)| usize::from(columns)).or(terminal.columns);
    }
    // A pager that was left has set it.
    attention.interrupt.clear();
    let ran = if terminal.shows_to_person {
        let pager = pager::command();
        let screen = RefCell::new(Screen::new(rows, &pager, &mut terminal.out, &mut terminal.messages, attention));
        let mut streams = Streams { out: &mut Results(&screen), messages: &mut Messages(&screen) };
        let ran = session.line(input, line, &mut streams);
        screen.borrow_mut().end_page(b"").map_err(CliError::Output)?;
        ran
    } else {
        let mut streams = Streams { out: &mut terminal.out, messages: &mut terminal.messages };
        session.line(input, line, &mut streams)
    };
    let flow = match ran {
        // It has been told of; the next line is the next one that is typed.
        Err(CliError::Stopped) => Flow::Continue,
        ran => ran?,
    };
    if input.is_blank()
        && let Some(helper) = editor.helper_mut()
    {
        helper.names = session.names();
        helper.store = session.store().clone();
        #[cfg(feature = "sql")]
        {
            helper.sql = session.completing_sql();
        }
    }
    Ok(flow)
}

fn editor(session: &mut Session, terminal: &Terminal) -> Result<Editor<Helper, FileHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_space(true)
        .auto_add_history(false)
        .color_mode(match terminal.color {
            true => ColorMode::Enabled,
            false => ColorMode::Disabled,
        })
        // With results in a pipe, the prompt still belongs on the terminal.
        .behavior(match terminal.shows_to_person {
            true => Behavior::Stdio,
            false => Behavior::PreferTerm,
        })
        .build();
    let mut editor = Editor::with_config(config)?;
    #[cfg_attr(not(feature = "sql"), expect(unused_mut, reason = "SQL is put in"))]
    let mut helper = Helper::new(session.names(), session.store().clone(), session.attached().clone());
    #[cfg(feature = "sql")]
    {
        helper.sql = session.completing_sql();
    }
    editor.set_helper(Some(helper));
    Ok(editor)
}

/// Statements go into the history whole, however many lines they took.
fn remember(editor: &mut Editor<Helper, FileHistory>, file: Option<&Path>, text: &str) {
    // A history that cannot be written is no reason to stop somebody's work.
    if text.trim().is_empty() || !matches!(editor.add_history_entry(text.trim_end()), Ok(true)) {
        return;
    }
    if let Some(file) = file {
        let _ = editor.append_history(file);
    }
}

fn banner(path: &Path, terminal: &mut Terminal) -> std::io::Result<()> {
    if terminal.shows_to_person {
        writeln!(
            terminal.messages,
            "kndb {} on {}\n`.help` lists the commands, Ctrl-D leaves.",
            env!("CARGO_PKG_VERSION"),
            path.display()
        )?;
    }
    Ok(())
}
