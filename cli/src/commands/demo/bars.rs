//! An answer drawn as bars in the terminal.

use std::io::{self, Write};
use std::ops::ControlFlow;

use kndb_query::{Column, Sink, Value};

/// Characters of the longest bar.
const LONGEST: f64 = 50.0;

/// Takes the rows of a `by` query and draws a bar for the second column of each, labelled by the first.
#[derive(Debug, Default)]
pub struct Bars {
    rows: Vec<(String, u64)>,
    names: [&'static str; 2],
}

impl Bars {
    /// Draws what was taken.
    pub fn draw(&self, out: &mut dyn Write) -> io::Result<()> {
        let [label, value] = self.names;
        let most = self.rows.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
        let wide = self.rows.iter().map(|(name, _)| name.len()).chain([label.len()]).max().unwrap_or(0);
        writeln!(out, " {label:>wide$} | {value}")?;
        for (name, count) in &self.rows {
            writeln!(out, " {name:>wide$} | {} {count}", bar(*count as f64 / most as f64))?;
        }
        Ok(())
    }
}

/// A bar in eighths of a character.
fn bar(share: f64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * LONGEST * 8.0).round() as usize;
    "█".repeat(eighths / 8) + PARTS[eighths % 8]
}

impl Sink for Bars {
    fn columns(&mut self, columns: &[Column]) -> io::Result<()> {
        if let [label, value, ..] = columns {
            self.names = [label.name, value.name];
        }
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> io::Result<ControlFlow<()>> {
        if let [label, Value::Integer(count), ..] = row {
            let label = match label {
                Value::Integer(number) => number.to_string(),
                Value::Text(text) => text.to_string(),
                _ => String::new(),
            };
            self.rows.push((label, *count));
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_largest_count() {
        let bars = Bars { rows: vec![("0".into(), 1), ("11".into(), 4)], names: ["layer", "pairs"] };
        let mut drawn = Vec::new();
        bars.draw(&mut drawn).expect("memory can be written");
        let drawn = String::from_utf8(drawn).expect("text");
        let expected = format!(" layer | pairs\n     0 | {}▌ 1\n    11 | {} 4\n", "█".repeat(12), "█".repeat(50));
        assert_eq!(drawn, expected);
    }
}
