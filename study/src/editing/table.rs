//! An editing study as text: success rates in the layout of AMIG's Table 2, then what they are made of.

use super::EditReport;
use super::csv;
use super::options::Population;
use super::success::{Cell, Effect, Success};
use crate::output::{Report, Table, UNDEFINED, estimate, number, plain};
use crate::statements::notes_on;
use std::io::{self, Write};

impl Report for EditReport {
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let options = &self.options;
        let languages = options.languages.join(", ");
        writeln!(
            out,
            "Cross-lingual editing: run {:?} of {}, protocol {}, {}; seed {}",
            options.run,
            self.model,
            options.protocol.name,
            self.population(&languages),
            options.seed
        )?;
        for (reason, facts) in &self.left_out {
            writeln!(out, "left out: {facts} × {reason}")?;
        }
        let bounds = options.protocol.outliers;
        let dropped =
            format!("without outliers (suppress > {}, enhance ≥ {})", bounds.suppress_above, bounds.enhance_from);
        let [first, second] = match options.protocol.drop_outliers {
            true => [(dropped.as_str(), false), ("all changes", true)],
            false => [("all changes", true), (dropped.as_str(), false)],
        };
        let without_any = self.cells.iter().all(|cell| cell.all == cell.without_outliers);
        for (number, (title, all)) in [first, second].into_iter().enumerate() {
            if without_any && number == 1 {
                let (suppress, enhance) = (bounds.suppress_above, bounds.enhance_from);
                writeln!(out, "\nNo change is an outlier (suppress > {suppress}, enhance ≥ {enhance}).")?;
                continue;
            }
            writeln!(out, "\nSuccess rate (Eq. 11), {title}")?;
            self.rates(all).write(out)?;
            writeln!(out, "\nMean change of probability, {title}")?;
            self.changes(all).write(out)?;
        }
        let bootstrap = options.bootstrap;
        writeln!(
            out,
            "\nIn brackets: {}% intervals over {} draws of facts. m-BERT, m-GPT: the paper's Table 2, other models on other facts. random: as many \
             neurons a layer as LIKN has there.\n{UNDEFINED}",
            bootstrap.level * 100.0,
            bootstrap.draws
        )?;
        if self.cells.iter().any(|cell| cell.all.unbounded || cell.without_outliers.unbounded) {
            writeln!(
                out,
                "*: the unrelated change cannot be told from 0, so the rate has no upper bound. Unstable: draws in which it was 0 or of \
                 the other sign, suppressing and enhancing."
            )?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = notes_on(&self.statements);
        let asked = &self.options.relations;
        let without: Vec<&str> = asked
            .iter()
            .filter(|name| !self.rows.iter().any(|row| row.relation == **name))
            .map(String::as_str)
            .collect();
        if !without.is_empty() {
            notes.push(format!("no fact of {} could be studied", without.join(", ")));
        }
        if let Some(limit) = self.options.limit.filter(|&limit| limit > self.facts) {
            notes.push(format!("{} facts were studied, of the {limit} of --limit: there are no more", self.facts));
        }
        notes
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::write(&self.rows, self.options.seed, out)
    }
}

impl EditReport {
    /// How many facts were studied, and of which.
    fn population(&self, languages: &str) -> String {
        let (facts, with) = (self.facts, self.facts_with_likn);
        match self.options.protocol.population {
            Population::Shared => {
                format!("{facts} facts with a non-empty LIKN in {languages} ({with} of all relations)")
            }
            Population::PerMethod => {
                format!(
                    "{facts} facts with knowledge neurons in any of {languages}, {with} with a non-empty LIKN in all"
                )
            }
        }
    }

    fn rates(&self, all: bool) -> Table {
        let header = ["in", "method", "facts", "neurons", "SR", "suppress", "enhance", "SR - random", "unstable"];
        let mut table = Table::new(2, header.into_iter().chain(["m-BERT", "m-GPT"]));
        for cell in &self.cells {
            let success = of(cell, all);
            let marked = |shown: String, unbounded: bool| if unbounded { shown + " *" } else { shown };
            let part = |effect: &Effect| marked(estimate(&effect.rate), effect.unbounded);
            let mut row = vec![cell.language.clone(), cell.method.to_string(), cell.facts.to_string()];
            row.push(number(cell.neurons));
            row.push(marked(estimate(&success.rate), success.unbounded));
            row.extend([part(&success.suppress), part(&success.enhance)]);
            row.push(success.above_random.as_ref().map_or_else(String::new, estimate));
            row.push(format!("{}, {}", success.suppress.unstable_draws, success.enhance.unstable_draws));
            row.extend(["m-BERT", "m-GPT"].map(|model| self.published_rate(cell, model)));
            table.row(row);
        }
        table
    }

    fn published_rate(&self, cell: &Cell, model: &str) -> String {
        // The paper has two languages, so one source for Mono-KN.
        let same = self.published.iter().find(|published| {
            (published.model, published.language) == (model, cell.language.as_str())
                && published.method == cell.method.name()
                && self.options.languages.len() == 2
        });
        same.map_or_else(String::new, |published| plain(published.rate))
    }

    fn changes(&self, all: bool) -> Table {
        let header =
            ["in", "method", "suppress: related", "n", "unrelated", "n", "enhance: related", "n", "unrelated", "n"];
        let mut table = Table::new(2, header);
        for cell in &self.cells {
            let success = of(cell, all);
            let effect = |effect: &Effect| {
                let (related, unrelated) = (estimate(&effect.related), estimate(&effect.unrelated));
                [related, effect.related_facts.to_string(), unrelated, effect.unrelated_facts.to_string()]
            };
            let mut row = vec![cell.language.clone(), cell.method.to_string()];
            row.extend([&success.suppress, &success.enhance].into_iter().flat_map(effect));
            table.row(row);
        }
        table
    }
}

fn of(cell: &Cell, all: bool) -> &Success {
    if all { &cell.all } else { &cell.without_outliers }
}
