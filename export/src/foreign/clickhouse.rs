//! ClickHouse: the knowledge neurons of each fact as a state of `groupBitmap`, in `RowBinary`, with the tables they go into.
//!
//! A state of up to 32 numbers is the byte 0, their number, and the numbers (`u32`); of more, the byte 1, the length as a variable-length
//! integer, and the portable bytes of a roaring bitmap.

use super::{asked, count, quoted, write_text};
use crate::error::{ExportError, Result};
use crate::folder::HalfMade;
use crate::format::{Exported, Format, Watch};
use crate::out::Out;
use crate::rows::Source;
use kndb_query::{Batch, BatchSink, Note, QueryError};
use kndb_storage::{Content, FactId, Run};
use roaring::RoaringBitmap;
use std::io::{self, Write};
use std::ops::ControlFlow;

/// Numbers of a set that ClickHouse keeps as a list.
const SMALL: u64 = 32;

/// The tables, what fills them, and a question.
const SCHEMA: &str = "\
-- Run in this folder: clickhouse local --queries-file schema.sql, or chdb with the same statements.
CREATE TABLE facts (fact UInt32, id String, relation Nullable(String)) ENGINE = MergeTree ORDER BY fact;
CREATE TABLE kn (run String, lang String, fact UInt32, neurons AggregateFunction(groupBitmap, UInt32))
    ENGINE = AggregatingMergeTree ORDER BY (run, lang, fact);
INSERT INTO facts SELECT * FROM file('facts.rowbinary', RowBinary, 'fact UInt32, id String, relation Nullable(String)');
INSERT INTO kn SELECT * FROM file('kn.rowbinary', RowBinary,
    'run String, lang String, fact UInt32, neurons AggregateFunction(groupBitmap, UInt32)');
";

/// The neurons that a fact has in all languages of a run (LIKN), as layer and neuron.
fn likn(run: &Run) -> String {
    let width = run.spec.shape.width;
    let name = run.spec.name.replace('\\', "\\\\").replace('\'', "\\'");
    format!(
        "\n-- LIKN of run '{name}': neurons of a fact in all of its languages. Its layers have {width} neurons.\n\
         SELECT id, intDiv(neuron, {width}) AS layer, neuron % {width} AS neuron_of_layer FROM (\n    \
         SELECT fact, arrayJoin(bitmapToArray(groupBitmapAndState(neurons))) AS neuron FROM kn\n    \
         WHERE run = '{name}' GROUP BY fact\n    \
         HAVING count() = (SELECT uniqExact(lang) FROM kn WHERE run = '{name}')\n\
         ) AS of_fact JOIN facts USING (fact) ORDER BY id, neuron;\n"
    )
}

pub(crate) struct ClickHouse;

impl Format for ClickHouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }

    fn about(&self) -> &'static str {
        "knowledge neurons by fact as `AggregateFunction(groupBitmap, UInt32)`, with the tables and LIKN in SQL"
    }

    fn write(&self, source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>) -> Result<Exported> {
        let mut exported = Exported::default();
        facts(source, folder, watch, &mut exported)?;
        let mut out = folder.create("kn.rowbinary")?;
        let (mut rows, mut schema) = (0, SCHEMA.to_owned());
        for run in &source.chosen.runs {
            let languages = source.snapshot.languages_with(run.id, Content::Attributions);
            let languages: Vec<_> = languages.into_iter().filter(|&id| source.chosen.has_language(id)).collect();
            if languages.is_empty() {
                continue;
            }
            schema.push_str(&likn(run));
            for language in languages {
                watch.look()?;
                let (of_sets, notes) = sets(source, run, source.snapshot.language_name(language), &mut out, watch)?;
                rows += of_sets;
                let new: Vec<String> = notes.into_iter().filter(|note| !exported.notes.contains(note)).collect();
                exported.notes.extend(new);
            }
        }
        let written = out.finish()?;
        count(&mut exported, "kn", rows, &written);
        let written = write_text(folder, "schema.sql", &schema)?;
        count(&mut exported, "schema", 0, &written);
        exported
            .notes
            .push("the sets are those of `kn` at each run's own thresholds; scores are not in them".to_owned());
        Ok(exported)
    }
}

fn facts(source: &Source<'_>, folder: &mut HalfMade, watch: &mut Watch<'_>, exported: &mut Exported) -> Result<()> {
    let mut out = folder.create("facts.rowbinary")?;
    let path = out.path().to_owned();
    let mut rows = 0;
    for number in source.snapshot.facts() {
        let relation = source.snapshot.fact_relation(FactId(number))?;
        if !source.chosen.has_relation(relation) {
            continue;
        }
        let mut row = number.to_le_bytes().to_vec();
        push_text(&mut row, source.snapshot.external_id(FactId(number))?);
        row.push(u8::from(relation.is_none()));
        if let Some(relation) = relation {
            push_text(&mut row, source.snapshot.relation_name(relation));
        }
        out.write_all(&row).map_err(ExportError::io("write", &path))?;
        rows += 1;
    }
    watch.progress.rows += rows;
    let written = out.finish()?;
    count(exported, "facts", rows, &written);
    Ok(())
}

/// The sets of a run in a language; how many, and what there is to know beside them.
fn sets(
    source: &Source<'_>,
    run: &Run,
    code: &str,
    out: &mut Out,
    watch: &mut Watch<'_>,
) -> Result<(u64, Vec<String>)> {
    let text = format!("kn[run={}, lang={}]", quoted(&run.spec.name), quoted(code));
    let mut sink = Sets {
        source,
        run,
        code,
        out,
        width: run.spec.shape.width,
        set: None,
        done: RoaringBitmap::new(),
        rows: 0,
        failure: None,
        notes: Vec::new(),
        watch,
    };
    let done = asked(source, (run, code), "clickhouse", &text, &mut sink);
    let ended = sink.end();
    let (failure, rows, notes) = (sink.failure, sink.rows, sink.notes);
    if let Some(failure) = failure {
        return Err(failure);
    }
    done?;
    ended?;
    watch.progress.rows += rows;
    Ok((rows, notes))
}

/// Rows of `kn`, which come fact by fact, on their way into sets.
struct Sets<'a, 's, 'w> {
    source: &'a Source<'s>,
    run: &'a Run,
    code: &'a str,
    out: &'a mut Out,
    width: u32,
    set: Option<(FactId, RoaringBitmap)>,
    /// Facts whose sets are written: a second state of one would be taken for that of another language.
    done: RoaringBitmap,
    rows: u64,
    failure: Option<ExportError>,
    notes: Vec<String>,
    watch: &'a mut Watch<'w>,
}

impl Sets<'_, '_, '_> {
    fn take(&mut self, batch: &Batch) -> Result<()> {
        let (Some(facts), Some(layers), Some(neurons)) =
            (batch.texts("fact"), batch.numbers("layer"), batch.numbers("neuron"))
        else {
            return Ok(());
        };
        let path = self.out.path().to_owned();
        let wrong = |error: QueryError| ExportError::Packing { path: path.clone(), reason: error.to_string() };
        for row in 0..batch.rows() {
            let id = facts.text(row).map_err(&wrong)?.unwrap_or_default();
            let Some(fact) = self.source.snapshot.fact(id)? else { continue };
            if !self.source.chosen.has_relation(self.source.snapshot.fact_relation(fact)?) {
                continue;
            }
            if self.set.as_ref().is_none_or(|(of, _)| *of != fact) {
                self.end()?;
                self.set = Some((fact, RoaringBitmap::new()));
            }
            let neuron = layers[row] * self.width + neurons[row];
            if let Some((_, set)) = &mut self.set {
                set.insert(neuron);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        let Some((fact, set)) = self.set.take() else { return Ok(()) };
        if !self.done.insert(fact.0) {
            let reason = format!("rows of fact number {fact} come in two places");
            return Err(ExportError::Packing { path: self.out.path().to_owned(), reason });
        }
        let mut row = Vec::new();
        push_text(&mut row, &self.run.spec.name);
        push_text(&mut row, self.code);
        row.extend(fact.0.to_le_bytes());
        push_state(&mut row, &set).map_err(ExportError::io("write", self.out.path()))?;
        self.rows += 1;
        let path = self.out.path().to_owned();
        self.out.write_all(&row).map_err(ExportError::io("write", &path))
    }
}

impl BatchSink for Sets<'_, '_, '_> {
    fn batch(&mut self, batch: Batch) -> Result<ControlFlow<()>, QueryError> {
        self.failure = self.watch.look().and_then(|()| self.take(&batch)).err();
        Ok(if self.failure.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn note(&mut self, note: &Note) -> Result<(), QueryError> {
        self.notes.push(note.text.clone());
        Ok(())
    }
}

/// The length as a variable-length integer, and the bytes.
fn push_text(row: &mut Vec<u8>, text: &str) {
    push_length(row, text.len());
    row.extend(text.bytes());
}

fn push_length(row: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        row.push(length as u8 | 0x80);
        length >>= 7;
    }
    row.push(length as u8);
}

fn push_state(row: &mut Vec<u8>, set: &RoaringBitmap) -> io::Result<()> {
    if set.len() <= SMALL {
        row.extend([0, set.len() as u8]);
        row.extend(set.iter().flat_map(u32::to_le_bytes));
        return Ok(());
    }
    row.push(1);
    push_length(row, set.serialized_size());
    set.serialize_into(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_lists_up_to_32_numbers_and_bitmaps_from_there_on() {
        let state = |set: RoaringBitmap| {
            let mut row = Vec::new();
            push_state(&mut row, &set).expect("to memory");
            row
        };
        assert_eq!(state([1, 258].into_iter().collect()), [0, 2, 1, 0, 0, 0, 2, 1, 0, 0]);
        assert_eq!(state((0..32).collect()).len(), 2 + 32 * 4);
        let set: RoaringBitmap = (0..33).collect();
        let row = state(set.clone());
        assert_eq!((row[0], usize::from(row[1])), (1, set.serialized_size()));
        assert_eq!(RoaringBitmap::deserialize_from(&row[2..]).expect("a bitmap"), set);
    }

    #[test]
    fn lengths_have_seven_bits_a_byte() {
        let length = |length| {
            let mut row = Vec::new();
            push_length(&mut row, length);
            row
        };
        assert_eq!((length(127), length(128), length(300)), (vec![127], vec![0x80, 1], vec![0xAC, 2]));
    }
}
