//! `/api/query?q=…&format=…`: the answer of a statement, sent while it is found.
//!
//! `format` is `json` (one array of objects), `jsonl`, `csv`, `tsv` or `arrow` (Arrow's IPC stream); `run` is the run meant where the statement
//! names none, `labels` the language of labels. What is refused is told as JSON with a status of its own, as long as nothing was sent. What fails
//! later breaks the transfer off: nobody takes a part for the whole. Notes stand in the header `kndb-notes` of short answers, and behind long ones
//! in a trailer of that name, as a JSON array in ASCII.

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow_ipc::writer::StreamWriter;
use axum::extract::{Request, State};
use axum::response::Response;
use kndb_formats::{Format, csv, json, jsonl, tsv};
use kndb_query::{Batch, BatchSink, Column, Interrupt, Note, Outcome, QueryError, Settings, Statement};

use super::sending::{Channel, Sending};
use super::told;
use crate::problem::{Problem, Result};
use crate::server::{EndOnDrop, For, Reply, Site};
use crate::view::{Address, View};

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Json,
    Jsonl,
    Csv,
    Tsv,
    Arrow,
}

impl Written {
    fn of(view: &View<'_>) -> Result<Self> {
        Ok(match view.parameter("format") {
            None | Some("json") => Self::Json,
            Some("jsonl") => Self::Jsonl,
            Some("csv") => Self::Csv,
            Some("tsv") => Self::Tsv,
            Some("arrow") => Self::Arrow,
            Some(other) => return Err(Problem::parameter("format", other, "json, jsonl, csv, tsv or arrow")),
        })
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Jsonl => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Tsv => "text/tab-separated-values; charset=utf-8",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

/// Answers.
pub(super) async fn answer(State(site): State<Arc<Site>>, request: Request) -> Response {
    sent(site, request).await.unwrap_or_else(|problem| Reply::json(problem.status(), &told(&problem)).response())
}

async fn sent(site: Arc<Site>, request: Request) -> Result<Response> {
    let limits = site.explorer.options.limits.clone();
    let address = Address::of(request.uri())?;
    let place = site.places.take(For::Stream, &limits).await?;
    let interrupt = Interrupt::default();
    let end = EndOnDrop(interrupt.clone());
    let (channel, mut sending) = Sending::new(end, &site.stop, limits.stream);
    let headers = request.headers().clone();
    tokio::task::spawn_blocking({
        let interrupt = interrupt.clone();
        move || {
            let mut channel = channel;
            let asked = View::new(&site.explorer, address, interrupt).and_then(|view| {
                if channel.is_known(&headers, &view) {
                    return Ok(());
                }
                write(&view, &mut channel)
            });
            channel.end(asked);
            drop(place);
        }
    });
    sending.begin().await?;
    Ok(sending.response())
}

/// Runs the statement of a view and writes its answer.
fn write(view: &View<'_>, channel: &mut Channel) -> Result<()> {
    super::must_be_known(view)?;
    let text = view.parameter("q").ok_or_else(|| Problem::parameter("q", "", "a statement"))?;
    let written = Written::of(view)?;
    let statement = view.readable(text)?;
    let settings = Settings {
        run: view.parameter("run").map(str::to_owned),
        language: view.parameter("labels").map(str::to_owned),
        ..view.settings()
    };
    channel.content_type = written.content_type();
    let most = view.explorer.options.limits.streamed_rows;
    let (notes, outcome) = match written {
        Written::Arrow => {
            let mut sink =
                Arrow { writer: None, channel: Some(channel.clone_writer()), statement: text, watch: Watch::new(most) };
            let outcome = kndb_query::stream(&view.store, &settings, &statement, &mut sink);
            (sink.watch, outcome)
        }
        _ => {
            let mut out = channel.clone_writer();
            let format: Box<dyn Format + '_> = match written {
                Written::Jsonl => Box::new(jsonl(&mut out)),
                Written::Csv => Box::new(csv(true, &mut out)),
                Written::Tsv => Box::new(tsv(true, &mut out)),
                Written::Json | Written::Arrow => Box::new(json(&mut out)),
            };
            let mut sink = Rows { format, watch: Watch::new(most) };
            let outcome = kndb_query::stream(&view.store, &settings, &statement, &mut sink);
            (sink.watch, outcome)
        }
    };
    let outcome = outcome.map_err(|error| Problem::query(text, error))?;
    if notes.is_beyond {
        let reason = format!("the answer has more than {most} rows, which is as many as are sent of one");
        let error = QueryError::new(kndb_query::ErrorKind::Memory, reason);
        return Err(Problem::query(
            text,
            error.hint("ask for less at a time, or on the command line: `kndb query -m csv`, which has no such limit"),
        ));
    }
    if let (Outcome::Explained(drawn), Statement::Explain { .. }) = (outcome, &statement) {
        channel.content_type = "text/plain; charset=utf-8";
        channel.text(&drawn);
    }
    channel.notes = notes.notes;
    Ok(())
}

/// Counts rows, and keeps notes.
struct Watch {
    rows: u64,
    most: u64,
    is_beyond: bool,
    notes: Vec<Note>,
}

impl Watch {
    fn new(most: u64) -> Self {
        Self { rows: 0, most, is_beyond: false, notes: Vec::new() }
    }

    /// Whether a batch may be sent.
    fn takes(&mut self, batch: &Batch) -> bool {
        self.rows += batch.rows() as u64;
        self.is_beyond = self.rows > self.most;
        !self.is_beyond
    }
}

/// Writes rows in a format.
struct Rows<'a> {
    format: Box<dyn Format + 'a>,
    watch: Watch,
}

impl BatchSink for Rows<'_> {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        self.format.columns(columns).map_err(QueryError::output)
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        if !self.watch.takes(&batch) {
            return Ok(ControlFlow::Break(()));
        }
        self.format.batch(&batch, &mut || true)?.map_err(QueryError::output)
    }

    fn end(&mut self) -> Result<(), QueryError> {
        self.format.end().map_err(QueryError::output)
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.watch.notes.push(note.clone());
        Ok(())
    }
}

/// Writes record batches.
struct Arrow<'a, W: std::io::Write> {
    writer: Option<StreamWriter<W>>,
    channel: Option<W>,
    statement: &'a str,
    watch: Watch,
}

impl<W: std::io::Write> BatchSink for Arrow<'_, W> {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        let schema = kndb_arrow::schema(columns, Some(self.statement));
        if let Some(channel) = self.channel.take() {
            self.writer = Some(StreamWriter::try_new(channel, &schema).map_err(QueryError::output)?);
        }
        Ok(())
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        if !self.watch.takes(&batch) {
            return Ok(ControlFlow::Break(()));
        }
        if let Some(writer) = &mut self.writer {
            let schema = Arc::new(kndb_arrow::schema(batch.columns(), Some(self.statement)));
            let record_batch = kndb_arrow::record_batch(&batch, &schema).map_err(QueryError::output)?;
            writer.write(&record_batch).map_err(QueryError::output)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> Result<(), QueryError> {
        match &mut self.writer {
            Some(writer) => writer.finish().map_err(QueryError::output),
            None => Ok(()),
        }
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.watch.notes.push(note.clone());
        Ok(())
    }
}
