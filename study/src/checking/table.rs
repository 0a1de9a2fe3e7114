//! A fact-checking study as text: rates in the layout of AMIG's Table 3, overall and by relation.

use super::judge::DetectorReport;
use super::{CheckReport, LanguageReport, RelationReport, csv};
use crate::known;
use crate::output::{Report, TOO_FEW, Table, UNDEFINED, estimate, number, plain, write_knowledge, write_sets};
use crate::statements::notes_on;
use crate::statistics::LEAST_FACTS;
use std::io::{self, Write};

const RATES: [&str; 6] = ["precision", "recall", "F1", "accuracy", "balanced", "AUROC"];

impl Report for CheckReport {
    fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let options = &self.options;
        writeln!(
            out,
            "Fact checking: run {:?} of {}, protocol {}; first part {}, t {}, λ {:e}; seed {}",
            options.run,
            self.model,
            options.protocol.name,
            options.first_share,
            options.keep_share,
            options.lambda,
            options.seed
        )?;
        write_sets(&options.only, &options.without, out)?;
        if !options.known.is_empty() {
            writeln!(out, "facts where {}", known::listed(&options.known))?;
        }
        write_knowledge(&self.knowledge, "the facts", out)?;
        for language in &self.languages {
            self.language(language, out)?;
        }
        writeln!(out, "\nThe paper's Table 3, other models on other facts ¹")?;
        let mut table = Table::new(3, ["in", "model", "detector", "precision", "recall", "F1"]);
        for row in self.published {
            let names = [row.language, row.model, row.method].map(str::to_owned);
            table.row(names.into_iter().chain([row.precision, row.recall, row.f1].map(plain)).collect());
        }
        table.write(out)?;
        let bootstrap = options.bootstrap;
        writeln!(
            out,
            "\nIn brackets: {}% intervals over {} draws of facts, both statements of a fact together.\n{UNDEFINED}\n\
             ¹ The paper prints these columns the other way round: its code divides by all true statements and calls that precision, \
             and by all accepted ones and calls that recall. F1 is the same.\n\
             Calling every statement true gives precision 0.500, recall 1.000, F1 0.667, balanced accuracy 0.500.",
            bootstrap.level * 100.0,
            bootstrap.draws
        )?;
        if bootstrap.draws > 0 && self.has_too_few() { writeln!(out, "{TOO_FEW}") } else { Ok(()) }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = notes_on(&self.statements);
        let checked = |report: &LanguageReport| report.relations.iter().any(|it| it.left_out_because.is_none());
        let without = self.languages.iter().filter(|report| !checked(report));
        let without: Vec<&str> = without.map(|report| report.language.as_str()).collect();
        if !without.is_empty() {
            notes.push(format!("no relation could be checked in {}", without.join(", ")));
        }
        notes
    }

    fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        csv::write(&self.rows, self.options.seed, self.options.protocol.name, out)
    }
}

impl CheckReport {
    /// Whether any interval is missing for want of facts.
    fn has_too_few(&self) -> bool {
        let of = |language: &LanguageReport| {
            language
                .relations
                .iter()
                .flat_map(|it| &it.detectors)
                .chain(&language.overall)
                .any(|it| it.facts < LEAST_FACTS)
        };
        self.languages.iter().any(of)
    }

    fn language(&self, report: &LanguageReport, out: &mut dyn Write) -> io::Result<()> {
        let studied: Vec<&RelationReport> =
            report.relations.iter().filter(|relation| relation.left_out_because.is_none()).collect();
        writeln!(out, "\n{}: {} of {} relations", report.language, studied.len(), report.relations.len())?;
        if studied.is_empty() {
            writeln!(out, "no relation is left: a lower threshold keeps more groups, as the condition t_high=0.05")?;
        }
        for relation in &report.relations {
            if let Some(because) = &relation.left_out_because {
                writeln!(out, "left out: {}: {because}", relation.shown)?;
            }
        }
        for (reason, facts) in &report.left_out {
            writeln!(out, "left out: {facts} × {reason}")?;
        }
        if studied.is_empty() {
            return Ok(());
        }
        let mut overall = Table::new(1, ["detector", "facts"].into_iter().chain(RATES));
        for detector in &report.overall {
            let names = [detector.detector.to_string(), detector.facts.to_string()];
            overall.row(names.into_iter().chain(rates(detector)).collect());
        }
        writeln!(out)?;
        overall.write(out)?;
        let mut parts =
            Table::new(1, ["relation", "first part", "second part", "kept neurons", "λ attribution", "λ activation"]);
        for relation in &studied {
            let counts =
                [relation.first_part, relation.second_part, relation.kept.len()].map(|count| count.to_string());
            let lambdas = [relation.attribution_lambda, relation.activation_lambda].map(number);
            parts.row(std::iter::once(relation.shown.clone()).chain(counts).chain(lambdas).collect());
        }
        writeln!(out)?;
        parts.write(out)?;
        let mut by_relation = Table::new(2, ["relation", "detector", "facts"].into_iter().chain(RATES));
        for relation in &studied {
            for detector in &relation.detectors {
                let names = [relation.shown.clone(), detector.detector.to_string(), detector.facts.to_string()];
                by_relation.row(names.into_iter().chain(rates(detector)).collect());
            }
        }
        writeln!(out)?;
        by_relation.write(out)
    }
}

fn rates(detector: &DetectorReport) -> [String; 6] {
    let DetectorReport { precision, recall, f1, accuracy, balanced_accuracy, auroc, .. } = detector;
    [precision, recall, f1, accuracy, balanced_accuracy, auroc].map(estimate)
}
