//! Parquet: Zstandard, page index, bloom filters on facts, row groups of a size that others read in parallel.

use super::{Sink, TableFile};
use crate::error::{ExportError, Result};
use crate::out::{Out, Written};
use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::metadata::SortingColumn;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::schema::types::ColumnPath;
use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use std::path::PathBuf;

/// Rows of a row group: what is in memory until it is written, some 16 bytes a row.
const GROUP_ROWS: usize = 1 << 20;
/// Bytes of a row group, for rows with long texts and lists.
const GROUP_BYTES: usize = 64 << 20;
/// Rows of a page, which the page index knows the first and last fact of.
const PAGE_ROWS: usize = 8 << 10;
/// The columns that a bloom filter tells of: what is looked for by a name that is somewhere.
const BLOOMED: &str = "fact";
/// Facts of a row group that a filter is sized for at most; it is folded to those that come.
const BLOOM_FACTS: u64 = 1 << 16;

pub(crate) struct Parquet;

impl Sink for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn extension(&self) -> &'static str {
        "parquet"
    }

    fn create(&self, out: Out, schema: &SchemaRef, sorted: &[(&str, bool)]) -> Result<Box<dyn TableFile>> {
        let path = out.path().to_owned();
        let level = ZstdLevel::try_new(3).map_err(ExportError::writing(&path))?;
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("kndb ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Page)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_data_page_row_count_limit(PAGE_ROWS)
            .set_write_batch_size(PAGE_ROWS);
        for field in schema.fields() {
            // Scores are all different.
            if matches!(field.data_type(), DataType::Float32 | DataType::Float64) {
                properties = properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), false);
            }
            if field.name() == BLOOMED {
                let column = ColumnPath::from(BLOOMED);
                properties = properties
                    .set_column_bloom_filter_enabled(column.clone(), true)
                    .set_column_bloom_filter_max_ndv(column, BLOOM_FACTS);
            }
        }
        let sorting = sorted.iter().filter_map(|&(name, descending)| {
            let column_idx = i32::try_from(schema.index_of(name).ok()?).ok()?;
            Some(SortingColumn { column_idx, descending, nulls_first: false })
        });
        let sorting: Vec<SortingColumn> = sorting.collect();
        let sorting = (!sorting.is_empty()).then_some(sorting);
        let properties = properties.set_sorting_columns(sorting).build();
        let writer = ArrowWriter::try_new(out, std::sync::Arc::clone(schema), Some(properties));
        Ok(Box::new(ParquetFile { writer: writer.map_err(ExportError::writing(&path))?, path }))
    }
}

struct ParquetFile {
    writer: ArrowWriter<Out>,
    path: PathBuf,
}

impl TableFile for ParquetFile {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(ExportError::writing(&self.path))
    }

    fn finish(self: Box<Self>) -> Result<Written> {
        self.writer.into_inner().map_err(ExportError::writing(&self.path))?.finish()
    }
}
