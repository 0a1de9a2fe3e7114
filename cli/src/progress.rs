//! The progress bar of imports: on stderr, and only if it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar over bytes read.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for so many bytes; one that is not `shown` does nothing.
    pub fn new(total: u64, shown: bool) -> Self {
        let target = match shown {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec}, {eta} left  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Moves the bar; `place` is what is being read.
    pub fn at(&self, bytes: u64, place: &str) {
        self.0.set_position(bytes);
        self.0.set_message(place.to_owned());
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}
