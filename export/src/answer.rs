//! The answer of a statement as a file: Parquet, Arrow or CSV by the end of its name. Streamed: a batch is in memory at a time.

use crate::error::{ExportError, Result};
use crate::out::Out;
use crate::sinks::{Arrow, Csv, Parquet, Sink, TableFile};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use kndb_query::{Batch, BatchSink, Column, Note, Outcome, QueryError, Settings, Statement, stream};
use kndb_storage::Store;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// What to know beside the rows.
    pub notes: Vec<Note>,
}

/// Why an answer was not written.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The statement.
    #[error(transparent)]
    Query(Box<QueryError>),
    /// The file.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Writes the rows of a statement into a file, in place of one that is there. It is there whole or not at all.
///
/// # Errors
/// A name that ends in nothing known, a statement without rows, and whatever ends the statement or the writing.
pub fn write_answer(
    store: &Store,
    settings: &Settings,
    statement: &Statement,
    to: &Path,
) -> Result<Answered, AnswerError> {
    let sink = sink_of(to)?;
    if !matches!(statement, Statement::Query(_)) {
        let what = "the answer of this statement".to_owned();
        let (found, expected) = ("no rows".to_owned(), "a query, whose answer has rows".to_owned());
        return Err(ExportError::Unfit { what, format: sink.name(), found, expected }.into());
    }
    let half = Half::beside(to)?;
    let mut writing = Writing { sink, half: &half, file: None, failure: None, notes: Vec::new() };
    let done = stream(store, settings, statement, &mut writing);
    // What went wrong with the file ended the statement.
    if let Some(failure) = writing.failure {
        return Err(failure.into());
    }
    let outcome = done.map_err(|error| AnswerError::Query(Box::new(error)))?;
    let (file, notes) = (writing.file, writing.notes);
    let written = file.map(|(file, _)| file.finish()).transpose()?;
    half.publish()?;
    let Outcome::Rows { rows } = outcome else { return Ok(Answered { notes, ..Answered::default() }) };
    Ok(Answered { rows, bytes: written.map_or(0, |written| written.bytes), notes })
}

/// Writes batches of rows into a file, in place of one that is there. It is there whole or not at all.
///
/// # Errors
/// A name that ends in nothing known, a column that the format cannot hold, and whatever ends the batches or the writing.
pub fn write_batches<E: From<ExportError>>(
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, E>>,
    to: &Path,
) -> Result<Answered, E> {
    let sink = sink_of(to)?;
    let plain: Vec<Field> = schema.fields().iter().map(|field| plain_field(field)).collect();
    if let Some(field) = plain.iter().find(|field| !sink.holds(field.data_type())) {
        let what = format!("column {:?}", field.name());
        let (found, expected) = (
            field.data_type().to_string(),
            "texts, numbers, true and false, or lists of them; `cast(… AS text)` makes a text".to_owned(),
        );
        return Err(ExportError::Unfit { what, format: sink.name(), found, expected }.into());
    }
    let plain = Arc::new(Schema::new(plain));
    let half = Half::beside(to)?;
    let mut file = sink.create(Out::create(&half.path, "")?, &plain, &[])?;
    let mut rows = 0;
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        let columns: Vec<ArrayRef> = batch.columns().iter().map(plain_column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&plain), columns, &options);
        file.write(&batch.map_err(ExportError::writing(&half.goal))?)?;
    }
    let written = file.finish()?;
    half.publish()?;
    Ok(Answered { rows, bytes: written.bytes, notes: Vec::new() })
}

/// The format that a file's name ends in.
fn sink_of(to: &Path) -> Result<&'static dyn Sink> {
    let extension = to.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("parquet" | "pq") => Ok(&Parquet),
        Some("arrow" | "feather" | "ipc") => Ok(&Arrow),
        Some("csv") => Ok(&Csv),
        other => Err(ExportError::Unfit {
            what: format!("{}", to.display()),
            format: "a file of an answer",
            found: other
                .map_or_else(|| "a name without an extension".to_owned(), |found| format!("extension {found:?}")),
            expected: "one of .parquet, .arrow, .csv".to_owned(),
        }),
    }
}

/// A file that gets its name in the end; dropped before, it goes.
struct Half {
    path: PathBuf,
    goal: PathBuf,
}

impl Half {
    fn beside(to: &Path) -> Result<Self> {
        let is_lost_link = to.is_symlink() && !to.exists();
        if to.is_dir() || is_lost_link {
            return Err(ExportError::Unfit {
                what: to.display().to_string(),
                format: "a file of an answer",
                found: if is_lost_link { "a link that leads nowhere" } else { "a folder" }.to_owned(),
                expected: "a file, there or not".to_owned(),
            });
        }
        // Through a link, the file that it leads to is replaced.
        let goal = fs::canonicalize(to).unwrap_or_else(|_| to.to_owned());
        let name = goal.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let path = goal.with_file_name(format!(".{name}.{}.kndb-half-made", std::process::id()));
        // Of this process itself, from one that ended in a panic.
        let _ = fs::remove_file(&path);
        Ok(Self { path, goal })
    }

    fn publish(self) -> Result<()> {
        fs::rename(&self.path, &self.goal).map_err(ExportError::io("rename the finished file to", &self.goal))
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        // Gone if it has its name; else what went wrong first is what to tell.
        let _ = fs::remove_file(&self.path);
    }
}

struct Writing<'a> {
    sink: &'static dyn Sink,
    half: &'a Half,
    file: Option<(Box<dyn TableFile>, [SchemaRef; 2])>,
    failure: Option<ExportError>,
    notes: Vec<Note>,
}

impl Writing<'_> {
    fn begin(&mut self, columns: &[Column]) -> Result<()> {
        let answer = Arc::new(kndb_arrow::schema(columns, None));
        let plain: Vec<Field> = answer.fields().iter().map(|field| plain_field(field)).collect();
        let plain = Arc::new(Schema::new(plain));
        let file = self.sink.create(Out::create(&self.half.path, "")?, &plain, &[])?;
        self.file = Some((file, [answer, plain]));
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Result<()> {
        let path = &self.half.goal;
        let Some((file, [answer, plain])) = &mut self.file else { return Ok(()) };
        let batch = kndb_arrow::record_batch(batch, answer).map_err(ExportError::writing(path))?;
        let columns: Vec<ArrayRef> = batch.columns().iter().map(plain_column).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(plain), columns, &options);
        file.write(&batch.map_err(ExportError::writing(path))?)
    }
}

/// Texts as they are: dictionaries of batches differ, and a file of Arrow has one for all.
fn plain_field(field: &Field) -> Field {
    match field.data_type() {
        DataType::Dictionary(..) => Field::new(field.name(), DataType::Utf8, true),
        other => Field::new(field.name(), other.clone(), true),
    }
}

fn plain_column(column: &ArrayRef) -> ArrayRef {
    let Some(texts) = column.as_dictionary_opt::<UInt32Type>() else { return Arc::clone(column) };
    let values = texts.values().as_string_opt::<i32>();
    let mut plain = StringBuilder::with_capacity(texts.len(), 0);
    for row in 0..texts.len() {
        plain.append_option(texts.key(row).and_then(|key| values.map(|values| values.value(key))));
    }
    Arc::new(plain.finish())
}

impl BatchSink for Writing<'_> {
    fn columns(&mut self, columns: &Arc<[Column]>) -> Result<(), QueryError> {
        self.failure = self.begin(columns).err();
        Ok(())
    }

    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        if self.failure.is_none() {
            self.failure = self.write(&batch).err();
        }
        Ok(if self.failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.push(note.clone());
        Ok(())
    }
}
