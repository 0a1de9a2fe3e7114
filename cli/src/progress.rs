//! Progress bars: on stderr, and only if it is a terminal.

use std::fmt::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// A bar over bytes read, or over facts. Clones are the same bar.
#[derive(Clone)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many bytes; one that is not `shown` does nothing.
    pub fn new(total: u64, shown: bool) -> Self {
        Self::styled(total, shown, "{bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left  {wide_msg}")
    }

    /// A bar over facts, whose number is not known yet.
    #[cfg(feature = "attribute")]
    pub fn of_facts(shown: bool) -> Self {
        Self::styled(0, shown, "{bar:20} {pos}/{len} entries, {rate} entries/s, {eta} left  {wide_msg}")
    }

    /// A bar over tokens of texts, whose number is not known yet.
    #[cfg(feature = "attribute")]
    pub fn of_tokens(shown: bool) -> Self {
        Self::styled(0, shown, "{bar:20} {pos}/{len} tokens, {rate} tokens/s, {eta} left  {wide_msg}")
    }

    /// A bar over entries that are copied, whose number is not known yet.
    pub fn of_entries(shown: bool) -> Self {
        Self::styled(0, shown, "{bar:20} {pos}/{len} entries  {wide_msg}")
    }

    fn styled(total: u64, shown: bool, template: &str) -> Self {
        let target = match shown {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            let rate = |state: &ProgressState, out: &mut dyn Write| {
                // What takes seconds each has a rate, too. One that cannot be written is not worth an error.
                let rate = state.per_sec();
                let digits = if rate < 1.0 { 3 } else { 1 };
                let _ = write!(out, "{rate:.digits$}");
            };
            bar.set_style(style.with_key("rate", rate));
        }
        Self(bar)
    }

    /// Moves the bar to `done` of `total`, and says something beside it.
    pub fn of(&self, done: u64, total: u64, message: String) {
        self.0.set_length(total);
        self.0.set_position(done);
        self.0.set_message(message);
    }

    /// Moves the bar; `place` is what is being read.
    pub fn at(&self, bytes: u64, place: &str) {
        self.0.set_position(bytes);
        self.0.set_message(place.to_owned());
    }

    /// Writes a line to the messages, past the bar.
    #[cfg(feature = "attribute")]
    pub fn say(&self, line: &str) {
        self.0.suspend(|| crate::interrupt::say(line));
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
