//! `kndb trace`: where facts pass through a model, layer by layer and token by token.

use std::io::Write;
use std::num::NonZeroUsize;

use kndb_engine::trace::{Roles, TraceJob, Tracing, model_by_role};
use kndb_query::{ColumnKind, Value};
use kndb_report::Answer;
use kndb_storage::Store;

use super::asking::Begun;
use crate::args::TraceArgs;
use crate::error::{CliError, Result};
use crate::job::watched;
use crate::model;
use crate::output::{Layout, Mode};
use crate::session::listing;
use crate::terminal::Terminal;

/// Runs it.
pub fn run(args: TraceArgs, terminal: &mut Terminal) -> Result<()> {
    let begun = Begun::of(&args.job, args.selection, None, (args.run.as_ref(), "kndb trace"), terminal)?;
    let mut model = model::load(&args.job.model, &args.job.device, terminal)?;
    if args.tracing.bos {
        model.ask_with_bos()?;
    }
    let preset = Tracing::of(args.tracing.restore);
    let tracing = Tracing {
        window: args.tracing.window.map_or(preset.window, NonZeroUsize::get),
        noise: args.tracing.noise.map_or(preset.noise, |noise| noise.0),
        draws: args.tracing.draws.get(),
        seed: args.tracing.seed,
        batch: args.tracing.batch.map(NonZeroUsize::get),
        ..preset
    };
    let layers = model.shape().layers as usize;
    if tracing.window >= 2 * layers {
        let note = format!(
            "windows of {} layers hold all {layers} of {}: every layer has the same effects; --window takes fewer",
            tracing.window,
            model.name()
        );
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    let model_name = args.job.model_name.clone().unwrap_or_else(|| model.name().to_owned());
    let run = args.run.unwrap_or_else(|| {
        let bos = if args.tracing.bos { "-bos" } else { "" };
        format!("{model_name}-trace-{}{bos}", tracing.restore.name())
    });
    let mut job = TraceJob::new(run, &model, &tracing, &args.job.device)?;
    job.run.model = model_by_role(&model_name);
    job.selection = begun.selection.clone();
    job.replace_changed = args.job.replace_changed;
    job.threads = args.job.threads();

    let (store, shown) = (&begun.store, begun.shown(&args.job, terminal));
    let before = store.snapshot()?.run_named(&job.run.name).map(|run| run.spec.clone());
    let sigma = before.as_ref().and_then(|run| run.parameters.iter().find(|(name, _)| name == "sigma"));
    if let Some((_, sigma)) = sigma {
        let note = format!("run {:?} goes on with σ {sigma}, that of the facts it was begun with", job.run.name);
        writeln!(terminal.messages, "note: {note}").map_err(CliError::Output)?;
    }
    watched(&job.run, &model, &shown, terminal, |stop, progress| job.run(store, &model, &tracing, stop, progress))?;
    if !shown.summary {
        return Ok(());
    }
    tell(store, &job.run.name, Roles::of(model.is_causal()).names(), terminal)
}

/// p, p* and the mean effects of the run, each by a query that anybody can ask.
fn tell(store: &Store, run: &str, roles: &[&'static str], terminal: &mut Terminal) -> Result<()> {
    let name = format!("{run:?}");
    let entries = Answer::of(store, &format!("entries[run={name}]"))?;
    let values = |column: &str| -> Vec<f64> {
        let column = entries.column(column);
        entries.rows.iter().filter_map(|row| number(row.get(column?)?)).collect()
    };
    let (p, corrupted) = (values("p"), values("baseline"));
    let (Some(p_median), Some(corrupted_median)) = (median(p.clone()), median(corrupted.clone())) else {
        return Ok(());
    };
    let total = p.iter().zip(&corrupted).map(|(p, corrupted)| p - corrupted).sum::<f64>() / p.len() as f64;
    let mut line = |name: &str, value: String| writeln!(terminal.out, "{name:<12} {value}").map_err(CliError::Output);
    line("p", format!("{p_median:.4}, the median of {} entries", p.len()))?;
    line("p*", format!("{corrupted_median:.4}, the median with the subject corrupted"))?;
    line("total effect", format!("{total:.4}, the mean of p − p*"))?;
    let query = format!("kn[run={name}, sign=any] by layer, role order by layer, role, mean");
    let means = Answer::of(store, &query)?;
    writeln!(terminal.out, "mean indirect effect by layer and role").map_err(CliError::Output)?;
    let columns = std::iter::once("layer").chain(roles.iter().copied());
    let columns: Vec<(&'static str, ColumnKind)> = columns.map(|name| (name, ColumnKind::Integer)).collect();
    let rows = table(&means, roles).into_iter();
    let rows = rows.map(|row| row.into_iter().map(|cell| Value::Text(cell.into())).collect());
    let layout = Layout { headers: true, widths: Vec::new(), line: terminal.columns };
    listing::write(&columns, rows, &mut *Mode::Table.laid_out(layout, &mut terminal.out))?;
    writeln!(terminal.messages, "query: {query}").map_err(CliError::Output)
}

/// A row a layer, a column a role; `–` where no entry has an effect other than 0, or the role.
fn table(means: &Answer, roles: &[&str]) -> Vec<Vec<String>> {
    let text = |row: &[Value<'_>], name: &str| match means.column(name).and_then(|at| row.get(at)) {
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Integer(layer)) => layer.to_string(),
        Some(Value::Score(mean)) => format!("{mean:.4}"),
        _ => String::new(),
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in &means.rows {
        let [layer, role, mean] = ["layer", "role", "mean"].map(|name| text(row, name));
        // They come in the order of their layers.
        if rows.last().is_none_or(|last| last[0] != layer) {
            rows.push(std::iter::once(layer).chain(roles.iter().map(|_| "–".to_owned())).collect());
        }
        let place = roles.iter().position(|known| *known == role);
        if let (Some(last), Some(place)) = (rows.last_mut(), place) {
            last[place + 1] = mean;
        }
    }
    rows
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Ratio(value) => Some(*value),
        Value::Score(value) => Some(f64::from(*value)),
        _ => None,
    }
}

/// Of an even number the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        count if count % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}
