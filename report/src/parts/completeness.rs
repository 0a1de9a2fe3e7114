//! Completeness evidence, in a sentence and a table a run.

use kndb_storage::Run;
use maud::{Markup, html};

use super::table::{folded, table};
use super::{Parts, Perhaps, Section, Shown};
use crate::completeness::{Distribution, LayerResiduals, Place, completeness};
use crate::error::Result;
use crate::figures::name_text;

impl Parts<'_> {
    /// The section of residuals of the runs that have them. Reads the head of every block of scores.
    ///
    /// # Errors
    /// When the store could not be read.
    pub fn completeness(&self, shown: &[Shown]) -> Result<Perhaps> {
        let (mut parts, mut without) = (Vec::new(), Vec::new());
        for Shown { run, kept, knows, .. } in shown {
            let layers = completeness(self.snapshot, run.id, &|fact| kept.takes(fact))?;
            let otherwise = self.asked_otherwise(run)?;
            if layers.is_empty() && otherwise.is_none() {
                without.push(run.spec.name.as_str());
                continue;
            }
            let several = knows.as_ref().and_then(kndb_wording::knowledge::several_tokens);
            parts.push(html! {
                h3 { "Run " (run.spec.name) }
                @if let Some(text) = otherwise { p.remark { (text) } }
                @if let Some(text) = several { p.remark { "Objects of several tokens: " (text) "." } }
                (self.of_run(run, &layers)?)
            });
        }
        let nothing = "no residuals are stored of what is shown, for no scores of it have evidence of an integral";
        if parts.is_empty() {
            let why = if shown.is_empty() { "the store has no run yet" } else { nothing };
            return Ok(Err(format!("completeness of the integrals: {why}")));
        }
        let body = html! {
            p {
                "Integrated gradients promise that a layer's scores add up to F(w̄) − F(w′), the change of probability from the "
                "baseline to the prompt. The residual is what is left: |Σ scores − (F(w̄) − F(w′))|, absolute and as a share of "
                "|F(w̄) − F(w′)|. Both were stored with the scores when they were computed, from all scores, those that were not "
                "kept included. That holds of an object of one token. One of several is asked token by token: its scores, and its residual, are sums over "
                "the tokens, while its F is the product of their probabilities, which the scores do not add up to; it is left out of the shares. Quantiles are nearest ranks; an entry is a fact in a "
                "language with a prompt."
            }
            @for part in &parts { (part) }
            @if !without.is_empty() {
                p.remark { "No residuals are stored of what is shown of " (without.join(", ")) ": no scores of it have evidence of an integral." }
            }
        };
        Ok(Ok(Section { id: "completeness".into(), heading: "Completeness of the integrals".into(), body }))
    }

    /// Entries whose scores and residuals are not those of the labels that the store has now.
    fn asked_otherwise(&self, run: &Run) -> Result<Option<String>> {
        let told = self.snapshot.run_asked_otherwise_told(run.id)?;
        let anew = if self.snapshot.slots_of(run.id).0.next().is_some() {
            "`kndb attribute … --replace-changed` asks anew"
        } else {
            "`kndb drop-run` and then `kndb dkn` search anew"
        };
        Ok(told.map(|told| format!("{told}. {anew}.")))
    }

    fn of_run(&self, run: &Run, layers: &[LayerResiduals]) -> Result<Markup> {
        let worst = layers.iter().max_by(|a, b| a.absolute.worst.total_cmp(&b.absolute.worst));
        let Some(worst) = worst else {
            return Ok(html! { p.remark { "No residuals are stored of what is shown of it." } });
        };
        let columns = ["layer", "entries", "median", "95 %", "worst", "worst of"];
        let rows = |of: fn(&LayerResiduals) -> Option<&Distribution>| {
            layers.iter().map(|layer| self.row(layer.layer, of(layer))).collect::<Result<Vec<_>>>()
        };
        let (absolute, relative) = (rows(|layer| Some(&layer.absolute))?, rows(|layer| layer.relative.as_ref())?);
        let most = |of: fn(&Distribution) -> f64| layers.iter().map(|layer| of(&layer.absolute)).fold(0.0, f64::max);
        let query = self.scores_of(run, worst.absolute.worst_of)?;
        let tables = [
            ("Absolute residuals by layer", absolute),
            ("Residuals as a share of |F(w̄) − F(w′)|, where that is not 0, by layer", relative),
        ];
        Ok(html! {
            p {
                "In no layer is the median residual above " (short(most(|of| of.median))) ", nor are more than 5 of 100 above "
                (short(most(|of| of.percentile_95))) ". The largest is " (short(worst.absolute.worst)) ", of "
                (self.entry(worst.absolute.worst_of)?) ", in layer " (worst.layer) "."
            }
            @for (heading, rows) in &tables { (folded(heading, rows.len(), &table(heading, &columns, rows))) }
            p.remark { "Read from the score blocks. The neurons of the entry with the largest absolute residual:" }
            (self.queries(&[query]))
        })
    }

    fn row(&self, layer: u32, distribution: Option<&Distribution>) -> Result<Vec<String>> {
        let Some(Distribution { count, median, percentile_95, worst, worst_of }) = distribution else {
            let nothing = ["0", "–", "–", "–", "–"].map(str::to_owned);
            return Ok([layer.to_string()].into_iter().chain(nothing).collect());
        };
        let mut row = vec![layer.to_string(), count.to_string()];
        row.extend([median, percentile_95, worst].map(|value| short(*value)));
        row.push(self.entry(*worst_of)?);
        Ok(row)
    }

    /// `France → Paris, en`
    fn entry(&self, place: Place) -> Result<String> {
        let snapshot = self.snapshot;
        let language = snapshot.language_name(place.language);
        let prompt = if place.prompt.0 == 0 { String::new() } else { format!(", prompt {}", place.prompt) };
        Ok(match snapshot.any_label(place.fact, Some(place.language))? {
            Some((subject, object)) => format!("{subject} → {object}, {language}{prompt}"),
            None => format!("{}, {language}{prompt}", snapshot.external_id(place.fact)?),
        })
    }

    /// The query for the scores of an entry.
    fn scores_of(&self, run: &Run, place: Place) -> Result<String> {
        let fact = name_text(self.snapshot.external_id(place.fact)?);
        let language = name_text(self.snapshot.language_name(place.language));
        let run = name_text(&run.spec.name);
        Ok(format!("kn[run={run}, lang={language}, fact={fact}, prompt={}]", place.prompt))
    }
}

/// `2.5e-1`
fn short(value: f64) -> String {
    format!("{value:.1e}")
}
