//! The section of completeness evidence.

use kndb_storage::{Run, Snapshot};
use maud::{Markup, html};

use super::evidence::queries;
use super::table::table;
use super::{Section, Shown};
use crate::completeness::{Distribution, LayerResiduals, Place, completeness};
use crate::error::Result;
use crate::figures::name_text;

/// The section.
pub fn section(snapshot: &Snapshot, shown: &[Shown]) -> Result<Section> {
    let mut parts = Vec::new();
    for Shown { run, kept, .. } in shown {
        let layers = completeness(snapshot, run.id, &|fact| kept.takes(fact))?;
        parts.push(html! {
            h3 { "Run " (run.spec.name) }
            @if let Some(text) = asked_otherwise(snapshot, run)? { p.remark { (text) } }
            @if let Some(text) = kndb_wording::knowledge::several_tokens(&snapshot.knowledge(run.id, |fact, _| kept.takes(fact))?) { p.remark { "Objects of several tokens: " (text) "." } }
            (of_run(snapshot, run, &layers)?)
        });
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
        @if parts.is_empty() { p.nothing { "The store has no run yet." } }
        @for part in &parts { (part) }
    };
    Ok(Section { id: "completeness".into(), heading: "Completeness of the integrals".into(), body })
}

/// Entries whose scores and residuals are not those of the labels that the store has now.
fn asked_otherwise(snapshot: &Snapshot, run: &Run) -> Result<Option<String>> {
    let told = snapshot.run_asked_otherwise_told(run.id)?;
    let anew = if snapshot.slots_of(run.id).0.next().is_some() {
        "`kndb attribute … --replace-changed` asks anew"
    } else {
        "`kndb drop-run` and then `kndb dkn` search anew"
    };
    Ok(told.map(|told| format!("{told}. {anew}.")))
}

fn of_run(snapshot: &Snapshot, run: &Run, layers: &[LayerResiduals]) -> Result<Markup> {
    if layers.is_empty() {
        return Ok(
            html! { p.nothing { "No residuals are stored of what is shown: the run has no scores of it with evidence of an integral." } },
        );
    }
    let columns = ["layer", "entries", "median", "95 %", "worst", "worst of"];
    let rows = |of: fn(&LayerResiduals) -> Option<&Distribution>| {
        layers.iter().map(|layer| row(snapshot, layer.layer, of(layer))).collect::<Result<Vec<_>>>()
    };
    let (absolute, relative) = (rows(|layer| Some(&layer.absolute))?, rows(|layer| layer.relative.as_ref())?);
    let worst = layers.iter().max_by(|a, b| a.absolute.worst.total_cmp(&b.absolute.worst));
    let worst = worst.map(|layer| scores_of(snapshot, run, layer.absolute.worst_of)).transpose()?;
    Ok(html! {
        p { "Absolute:" }
        (table(&columns, &absolute))
        p { "As a share of |F(w̄) − F(w′)|, where that is not 0:" }
        (table(&columns, &relative))
        @if let Some(query) = worst {
            p.remark { "Read from the score blocks. The neurons of the entry with the largest absolute residual:" }
            (queries(&[query]))
        }
    })
}

fn row(snapshot: &Snapshot, layer: u32, distribution: Option<&Distribution>) -> Result<Vec<String>> {
    let Some(Distribution { count, median, percentile_95, worst, worst_of }) = distribution else {
        let nothing = ["0", "–", "–", "–", "–"].map(str::to_owned);
        return Ok([layer.to_string()].into_iter().chain(nothing).collect());
    };
    let number = |value: &f64| format!("{value:.1e}");
    let mut row = vec![layer.to_string(), count.to_string()];
    row.extend([median, percentile_95, worst].map(number));
    row.push(entry(snapshot, *worst_of)?);
    Ok(row)
}

/// `France → Paris, en`
fn entry(snapshot: &Snapshot, place: Place) -> Result<String> {
    let language = snapshot.language_name(place.language);
    let prompt = if place.prompt.0 == 0 { String::new() } else { format!(", prompt {}", place.prompt) };
    Ok(match snapshot.any_label(place.fact, Some(place.language))? {
        Some((subject, object)) => format!("{subject} → {object}, {language}{prompt}"),
        None => format!("{}, {language}{prompt}", snapshot.external_id(place.fact)?),
    })
}

/// The query for the scores of an entry.
fn scores_of(snapshot: &Snapshot, run: &Run, place: Place) -> Result<String> {
    let fact = name_text(snapshot.external_id(place.fact)?);
    let language = name_text(snapshot.language_name(place.language));
    let run = name_text(&run.spec.name);
    Ok(format!("kn[run={run}, lang={language}, fact={fact}, prompt={}]", place.prompt))
}
