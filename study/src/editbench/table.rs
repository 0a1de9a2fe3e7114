//! A bench as text: what edits did, then how methods differ from chance and from the first one.

use super::cells::{Cell, Versus};
use super::csv::Columns;
use super::requests::{RequestForm, Requests};
use super::units::RANDOM;
use super::{BenchReport, BenchRow, csv};
use crate::output::{Report, Table, UNDEFINED, counted, estimate, fewer_than, number};
use crate::statements::notes_on;
use crate::statistics::Estimate;
use std::io::{self, Write};

/// Why there are values without intervals.
const TOO_FEW: &str = "No interval: of fewer than 10 facts, of which one would say nothing.";

impl Report for BenchReport {
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let options = &self.options;
        let chosen = if options.answered { " that the model answers" } else { "" };
        let facts = match &options.requests {
            None => counted(self.facts, "fact"),
            Some(of) => format!("{} ({})", counted(self.facts, "request"), of.form),
        };
        writeln!(
            out,
            "Edits of {} in {}, asked in {}: {facts}{chosen}; seed {}",
            self.model,
            options.edit_language(),
            options.languages.join(", "),
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
        let beside = match &options.requests {
            None => {
                "paraphrase: efficacy in the relation's other templates. neighbourhood: other facts with the same old object keep p(old) > p(new); \
                 relation: those with other objects keep theirs. unrelated: change of p of facts of other relations."
            }
            Some(requests) => &of_requests(requests.form, self.has_portability()),
        };
        writeln!(
            out,
            "\nIn brackets: {}% intervals over {} draws of facts, the same for all. efficacy: p(new) > p(old); magnitude: p(new) − p(old). first: the new \
             object is the first answer. {beside} random: the same edit of as many random neurons, or a change of the same weights as large in a random \
             direction. seconds: of an edit, by fact. MiB: what the edited network holds beside the unedited one.\n{UNDEFINED}",
            options.bootstrap.level * 100.0,
            options.bootstrap.draws
        )?;
        if options.bootstrap.draws > 0 && self.has_too_few() {
            writeln!(out, "{TOO_FEW}")?;
        }
        if !self.facts_with.is_empty() {
            let of: Vec<String> = self.facts_with.iter().map(|(measure, facts)| format!("{measure} {facts}")).collect();
            let all = self.facts;
            writeln!(
                out,
                "Not all {all} facts have something to ask for each measure; of so many it is a mean: {}.",
                of.join(", ")
            )?;
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = notes_on(&self.statements);
        if self.known > 0 {
            let was = if self.known == 1 { "was" } else { "were" };
            notes.push(format!("{} {was} there already, and not made again", counted(self.known, "measurement")));
        }
        if self.again > 0 {
            let of = counted(self.again, "measurement");
            notes
                .push(format!("{of} of edits that were cut short were made again: all of an edit's are made together"));
        }
        let none = |of: fn(&BenchRow) -> bool| self.rows.iter().all(of);
        let requests = self.options.requests.as_ref();
        let why =
            |of_store: &'static str, of_requests: &'static str| if requests.is_some() { of_requests } else { of_store };
        if none(|row| row.paraphrase.is_none()) {
            let why = why("the relations have one template each", "the requests have none that the model can be asked");
            notes.push(format!("no paraphrase was asked: {why}"));
        }
        // Of forms without neighbours none is missed.
        if none(|row| row.neighbourhood.is_none()) && requests.is_none_or(|of| of.form == RequestForm::CounterFact) {
            let why = why(
                "no two facts of a relation have the same object",
                "the requests have none that the model can be asked",
            );
            notes.push(format!("no neighbour was asked: {why}"));
        }
        if none(|row| row.unrelated.is_none()) {
            let why = match requests.map(|of| of.form) {
                None => "the store has one relation",
                Some(RequestForm::CounterFact) => {
                    "the store has no facts of other relations in this language, or only such about the requests' subjects, or none of the requests' relations to tell them by"
                }
                Some(_) => "the requests have none that the model can be asked",
            };
            notes.push(format!("no unrelated fact was asked: {why}"));
        }
        if self.has_portability() && none(|row| row.portability.is_none()) {
            notes.push("no portability prompt was asked: the model can be asked none of them".into());
        }
        notes.extend(requests.and_then(Requests::told_unread));
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
            let studied = counted(self.facts, "fact");
            let is = |number: usize| if number == 1 { "is" } else { "are" };
            if *edits > self.facts {
                notes.push(format!("{edits} edits in one network were not made: {studied} {} studied", is(self.facts)));
            } else if left > 0 {
                notes.push(format!(
                    "{} {} in no group of {edits} edits in one network: {studied} {} studied, and these edits are measured on {} of them, the unedited model on all",
                    counted(left, "fact"),
                    is(left),
                    is(self.facts),
                    self.facts - left
                ));
            }
        }
        notes.extend(fewer_than(self.options.limit, self.facts));
        notes
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::append(&self.rows, self.options.columns(), true, out)
    }
}

impl BenchReport {
    /// Whether something has no interval for its few facts.
    fn has_too_few(&self) -> bool {
        let few = |of: &Estimate| of.too_few_facts.is_some();
        self.cells.iter().any(|cell| {
            let Cell { efficacy, paraphrase, neighbourhood, same_relation, unrelated, portability, .. } = cell;
            [efficacy, paraphrase, neighbourhood, same_relation, unrelated].into_iter().chain(portability).any(few)
        })
    }

    fn has_portability(&self) -> bool {
        self.options.columns() == Columns::WithPortability
    }

    fn effects(&self) -> Table {
        let mut header = vec!["asked in", "method", "edits", "facts", "efficacy", "magnitude", "first", "paraphrase"];
        header.push("neighbourhood");
        // Requests have no facts of the same relation with other objects.
        let has_relation = self.options.requests.is_none();
        header.extend(has_relation.then_some("relation"));
        header.push("unrelated");
        header.extend(self.has_portability().then_some("portability"));
        header.extend(["seconds", "MiB"]);
        let mut table = Table::new(2, header);
        for cell in &self.cells {
            let mut row = place(cell);
            row.push(cell.facts.to_string());
            row.extend([&cell.efficacy, &cell.magnitude, &cell.first, &cell.paraphrase].map(shown));
            row.push(shown(&cell.neighbourhood));
            row.extend(has_relation.then(|| shown(&cell.same_relation)));
            row.push(shown(&cell.unrelated));
            row.extend(cell.portability.as_ref().map(shown));
            let cost = |value: Option<f64>| value.map_or_else(String::new, |value| number(Some(value)));
            row.extend([cost(cell.seconds), cost(cell.bytes.map(|bytes| bytes / 1_048_576.0))]);
            table.row(row);
        }
        table
    }

    fn differences(&self) -> Option<Table> {
        let first = &self.methods.first()?.0;
        let mut measures = vec!["efficacy", "magnitude", "paraphrase", "neighbourhood"];
        measures.extend(self.has_portability().then_some("portability"));
        let header = ["asked in", "method", "edits"].map(str::to_owned).into_iter();
        let of = |other: &str| measures.iter().map(|of| format!("{of} less {other}")).collect::<Vec<_>>();
        let header: Vec<String> = header.chain(of("random")).chain(of(first)).collect();
        let mut table = Table::new(2, header.iter().map(String::as_str));
        for cell in self.cells.iter().filter(|cell| cell.edits > 0 && !cell.method.ends_with(RANDOM)) {
            let mut row = place(cell);
            for versus in [&cell.less_random, &cell.less_first] {
                row.extend(compared(versus.as_ref(), measures.len()));
            }
            table.row(row);
        }
        Some(table)
    }
}

/// What is asked beside requests.
fn of_requests(form: RequestForm, portability: bool) -> String {
    let mut told = "paraphrase: efficacy in the request's other prompts.".to_owned();
    told += match form {
        RequestForm::CounterFact => {
            " neighbourhood: its prompts about other subjects with the same old object keep p(old) > p(new). unrelated: change of p of facts of the \
             store of other relations and subjects."
        }
        RequestForm::Zsre => " unrelated: change of p of the answer to its question about something else.",
        RequestForm::EasyEdit => " unrelated: change of p of the answers to its locality prompts.",
    };
    if portability {
        told += " portability: the right answer to a prompt about what follows from the edit is the first answer.";
    }
    told
}

fn place(cell: &Cell) -> Vec<String> {
    vec![cell.language.clone(), cell.method.clone(), cell.edits.to_string()]
}

/// Without a word on each that has too few facts for an interval: it is said once, under the table.
fn shown(of: &Estimate) -> String {
    estimate(&Estimate { too_few_facts: None, ..*of })
}

fn compared(versus: Option<&Versus>, measures: usize) -> Vec<String> {
    let Some(versus) = versus else { return vec![String::new(); measures] };
    let usual = [&versus.efficacy, &versus.magnitude, &versus.paraphrase, &versus.neighbourhood];
    usual.into_iter().chain(&versus.portability).map(shown).collect()
}
