//! A bench as text: what edits did, then how methods differ from chance and from the first one.

use super::cells::{Cell, Versus};
use super::units::RANDOM;
use super::{BenchReport, BenchRow, csv};
use crate::output::{Report, TOO_FEW, Table, UNDEFINED, estimate, fewer_than, number};
use crate::statements::notes_on;
use crate::statistics::{Estimate, LEAST_FACTS};
use std::io::{self, Write};

impl Report for BenchReport {
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let options = &self.options;
        let chosen = if options.answered { " that the model answers" } else { "" };
        writeln!(
            out,
            "Edits of {} in {}, asked in {}: {} facts{chosen}; seed {}",
            self.model,
            options.edit_language(),
            options.languages.join(", "),
            self.facts,
            options.seed
        )?;
        for (reason, count) in &self.left_out {
            writeln!(out, "left out: {count} × {reason}")?;
        }
        writeln!(out)?;
        self.effects().write(out)?;
        if let Some(differences) = self.differences() {
            writeln!(out, "\nLess the method's random control, and less the first method, fact by fact")?;
            differences.write(out)?;
        }
        writeln!(
            out,
            "\nIn brackets: {}% intervals over {} draws of facts, the same for all. efficacy: p(new) > p(old); magnitude: p(new) − p(old). first: the new \
             object is the first answer. paraphrase: efficacy in the relation's other templates. neighbourhood: other facts with the same old object keep \
             p(old) > p(new); relation: those with other objects keep theirs. unrelated: change of p of facts of other relations. random: the same edit of \
             as many random neurons, or a change of the same weights as large in a random direction. seconds: of an edit, by fact. MiB: what the edited \
             network holds beside the unedited one.\n{UNDEFINED}",
            options.bootstrap.level * 100.0,
            options.bootstrap.draws
        )?;
        if options.bootstrap.draws > 0 && self.cells.iter().any(|cell| cell.facts < LEAST_FACTS) {
            writeln!(out, "{TOO_FEW}")?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = notes_on(&self.statements);
        let none = |of: fn(&BenchRow) -> bool| self.rows.iter().all(of);
        if none(|row| row.paraphrase.is_none()) {
            notes.push("no paraphrase was asked: the relations have one template each".into());
        }
        if none(|row| row.neighbourhood.is_none()) {
            notes.push("no neighbour was asked: no two facts of a relation have the same object".into());
        }
        if none(|row| row.unrelated.is_none()) {
            notes.push("no unrelated fact was asked: the store has one relation".into());
        }
        let other: Vec<String> = self
            .other_tokens
            .iter()
            .filter(|(_, facts)| *facts > 0)
            .map(|(language, facts)| format!("{facts} in {language}"))
            .collect();
        if !other.is_empty() {
            notes.push(format!(
                "the new object has another number of tokens than the old one in facts: {} of {}; an object of more tokens is less probable by itself; \
                 --matching-tokens leaves them out",
                other.join(", "),
                self.facts
            ));
        }
        for edits in &self.options.edits {
            let left = self.facts % edits;
            if *edits > self.facts {
                notes.push(format!("{edits} edits in one network were not made: {} facts are studied", self.facts));
            } else if left > 0 {
                notes.push(format!(
                    "{left} facts are in no group of {edits} edits in one network: {} facts are studied",
                    self.facts
                ));
            }
        }
        notes.extend(fewer_than(self.options.limit, self.facts));
        notes
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::append(&self.rows, true, out)
    }
}

impl BenchReport {
    fn effects(&self) -> Table {
        let header = ["asked in", "method", "edits", "facts", "efficacy", "magnitude", "first", "paraphrase"];
        let header = header.into_iter().chain(["neighbourhood", "relation", "unrelated", "seconds", "MiB"]);
        let mut table = Table::new(2, header);
        for cell in &self.cells {
            let mut row = place(cell);
            row.push(cell.facts.to_string());
            row.extend([&cell.efficacy, &cell.magnitude, &cell.first, &cell.paraphrase].map(estimate));
            row.extend([&cell.neighbourhood, &cell.same_relation, &cell.unrelated].map(estimate));
            let shown = |value: Option<f64>| value.map_or_else(String::new, |value| number(Some(value)));
            row.extend([shown(cell.seconds), shown(cell.bytes.map(|bytes| bytes / 1_048_576.0))]);
            table.row(row);
        }
        table
    }

    fn differences(&self) -> Option<Table> {
        let first = &self.methods.first()?.0;
        let measures = ["efficacy", "magnitude", "paraphrase", "neighbourhood"];
        let header = ["asked in", "method", "edits"].map(str::to_owned).into_iter();
        let header = header
            .chain(["random", first].into_iter().flat_map(|other| measures.map(|of| format!("{of} less {other}"))));
        let header: Vec<String> = header.collect();
        let mut table = Table::new(2, header.iter().map(String::as_str));
        for cell in self.cells.iter().filter(|cell| cell.edits > 0 && !cell.method.ends_with(RANDOM)) {
            let mut row = place(cell);
            row.extend([&cell.less_random, &cell.less_first].into_iter().flat_map(|versus| shown(versus.as_ref())));
            table.row(row);
        }
        Some(table)
    }
}

fn place(cell: &Cell) -> Vec<String> {
    vec![cell.language.clone(), cell.method.clone(), cell.edits.to_string()]
}

fn shown(versus: Option<&Versus>) -> [String; 4] {
    let of = |of: fn(&Versus) -> &Estimate| versus.map_or_else(String::new, |versus| estimate(of(versus)));
    [of(|it| &it.efficacy), of(|it| &it.magnitude), of(|it| &it.paraphrase), of(|it| &it.neighbourhood)]
}
