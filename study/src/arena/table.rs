//! An arena as text: what the sets of each size did, then how the scorers go with the reference.

use super::cells::{Cell, Effect};
use super::{ArenaReport, csv};
use crate::output::{Report, TOO_FEW, Table, UNDEFINED, estimate, fewer_than, number, plain};
use crate::statistics::{Estimate, LEAST_FACTS};
use std::collections::BTreeSet;
use std::io::{self, Write};

impl Report for ArenaReport {
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let options = &self.options;
        let chosen = if options.answered { " that the model answers" } else { "" };
        writeln!(
            out,
            "Scorers of {} at equal set sizes: {} facts{chosen} in {}; seed {}",
            self.model,
            self.facts,
            options.languages.join(", "),
            options.seed
        )?;
        for (reason, facts) in &self.left_out {
            writeln!(out, "left out: {facts} × {reason}")?;
        }
        let first = self.scorers.first().map_or("", |of| of.scorer.as_str());
        // That a set is partly ablation's is the same of either.
        let reference = options.reference.as_deref();
        writeln!(out, "\nMean change of probability, the k best suppressed")?;
        self.changes(|cell| &cell.suppress, first, reference).write(out)?;
        writeln!(out, "\nMean change of probability, the k best enhanced")?;
        self.changes(|cell| &cell.enhance, first, None).write(out)?;
        writeln!(
            out,
            "\nWhat a fact takes{}",
            options.reference.as_ref().map_or_else(String::new, |reference| {
                format!(", and how its neurons' scores go with those of {reference}")
            })
        )?;
        self.agreement(first).write(out)?;
        writeln!(
            out,
            "\nIn brackets: {}% intervals over {} draws of facts, the same for all. unrelated: a random fact of another relation under the same \
             edits. random: as many random neurons of the set's layers.\n{UNDEFINED}",
            options.bootstrap.level * 100.0,
            options.bootstrap.draws
        )?;
        if options.bootstrap.draws > 0 && self.cells.iter().any(|cell| cell.facts < LEAST_FACTS) {
            writeln!(out, "{TOO_FEW}")?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let small = self.rows.iter().filter(|row| row.random_neurons < row.size);
        let small: BTreeSet<&str> = small.map(|row| row.fact.as_str()).collect();
        if !small.is_empty() {
            notes.push(format!(
                "random has fewer neurons than some set of {} facts: no more are left in its layers beside it",
                small.len()
            ));
        }
        notes.extend(fewer_than(self.options.limit, self.facts));
        notes
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::write(&self.rows, self.options.seed, out)
    }
}

impl ArenaReport {
    fn changes(&self, of: fn(&Cell) -> &Effect, first: &str, reference: Option<&str>) -> Table {
        let less_first = format!("less {first}");
        let header = ["in", "scorer", "k", "facts", "related", "unrelated", "random", "less random", &less_first];
        let overlap = reference.map(|reference| format!("of {reference}'s k best"));
        let mut table = Table::new(2, header.into_iter().chain(overlap.as_deref()));
        for cell in &self.cells {
            let effect = of(cell);
            let mut row = vec![cell.language.clone(), cell.scorer.clone(), cell.size.to_string()];
            row.push(cell.facts.to_string());
            row.extend([&effect.related, &effect.unrelated, &effect.random, &effect.less_random].map(estimate));
            row.push(shown(effect.less_first.as_ref()));
            row.extend(reference.map(|_| shown(cell.overlap.as_ref())));
            table.row(row);
        }
        table
    }

    fn agreement(&self, first: &str) -> Table {
        let times = format!("times faster than {first}");
        let compared = self.options.reference.is_some();
        let header = ["in", "scorer", "explains", "facts", "seconds", &times].into_iter();
        let mut table = Table::new(3, header.chain(["Pearson", "Spearman"].into_iter().filter(|_| compared)));
        for of in &self.scorers {
            let target = of.parameters.get("target").cloned().unwrap_or_default();
            let mut row = vec![of.language.clone(), of.scorer.clone(), target, of.facts.to_string()];
            row.extend([plain(of.seconds), number(of.times)]);
            row.extend([&of.pearson, &of.spearman].into_iter().filter(|_| compared).map(|of| shown(of.as_ref())));
            table.row(row);
        }
        table
    }
}

fn shown(of: Option<&Estimate>) -> String {
    of.map_or_else(String::new, estimate)
}
