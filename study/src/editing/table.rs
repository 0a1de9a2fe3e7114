//! An editing study as text: success rates in the layout of AMIG's Table 2, then what they are made of.

use super::EditReport;
use super::Method;
use super::csv;
use super::options::Population;
use super::success::{Cell, Effect, Success};
use crate::known;
use crate::output::{
    Report, TOO_FEW, Table, UNDEFINED, estimate, fewer_than, number, plain, write_knowledge, write_sets,
};
use crate::statements::notes_on;
use crate::statistics::LEAST_FACTS;
use std::collections::{BTreeMap, BTreeSet};
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
        write_sets(&options.only, &options.without, out)?;
        for (reason, facts) in &self.left_out {
            writeln!(out, "left out: {facts} × {reason}")?;
        }
        write_knowledge(&self.knowledge, "the studied facts", out)?;
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
             neurons a layer as LIKN has there{}. other's LIKN: that of another fact of the same relation, on this fact; LIKN on other: the \
             other way round, the other fact is the related one.\n{UNDEFINED}",
            bootstrap.level * 100.0,
            bootstrap.draws,
            if options.only.is_empty() && options.without.is_empty() { "" } else { ", of those that the sets leave" }
        )?;
        if bootstrap.draws > 0 && self.cells.iter().any(|cell| cell.facts < LEAST_FACTS) {
            writeln!(out, "{TOO_FEW}")?;
        }
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
        let of = |method: Method| self.rows.iter().filter(move |row| row.method == method).map(|row| row.fact.as_str());
        let with_other: BTreeSet<&str> = of(Method::OtherLikn).collect();
        let alone = of(Method::Likn).filter(|fact| !with_other.contains(fact)).collect::<BTreeSet<_>>().len();
        if alone > 0 {
            notes.push(format!(
                "{alone} facts have no other fact of their relation with LIKN that can be asked, so no control by it"
            ));
        }
        let sizes = |method: Method| -> BTreeMap<(&str, &str), usize> {
            let rows = self.rows.iter().filter(move |row| row.method == method);
            rows.map(|row| ((row.fact.as_str(), row.language.as_str()), row.neurons)).collect()
        };
        let (likn, random) = (sizes(Method::Likn), sizes(Method::Random));
        let small = random.iter().filter(|(of, neurons)| likn.get(*of).is_some_and(|all| all > *neurons));
        let small = small.map(|((fact, _), _)| *fact).collect::<BTreeSet<_>>().len();
        if small > 0 {
            notes.push(format!(
                "random has fewer neurons than LIKN of {small} facts: no more are left in its layers beside LIKN"
            ));
        }
        notes.extend(fewer_than(self.options.limit, self.facts));
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
        let chosen = match self.options.known.as_slice() {
            [] => String::new(),
            known => format!(", where {}", known::listed(known)),
        };
        match self.options.protocol.population {
            Population::Shared => {
                format!("{facts} facts with a non-empty LIKN in {languages}{chosen} ({with} of all relations)")
            }
            Population::PerMethod => {
                format!(
                    "{facts} facts with knowledge neurons in any of {languages}{chosen}, {with} with a non-empty LIKN in all"
                )
            }
        }
    }

    fn rates(&self, all: bool) -> Table {
        let header = ["in", "method", "facts", "neurons", "SR", "suppress", "enhance"];
        let header = header.into_iter().chain(["SR - random", "SR - other's", "unstable"]);
        let mut table = Table::new(2, header.chain(["m-BERT", "m-GPT"]));
        for cell in &self.cells {
            let success = of(cell, all);
            let marked = |shown: String, unbounded: bool| if unbounded { shown + " *" } else { shown };
            let part = |effect: &Effect| marked(estimate(&effect.rate), effect.unbounded);
            let mut row = vec![cell.language.clone(), cell.method.to_string(), cell.facts.to_string()];
            row.push(number(cell.neurons));
            row.push(marked(estimate(&success.rate), success.unbounded));
            row.extend([part(&success.suppress), part(&success.enhance)]);
            let above = [&success.above_random, &success.above_other];
            row.extend(above.map(|above| above.as_ref().map_or_else(String::new, estimate)));
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
