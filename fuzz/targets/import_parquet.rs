#![no_main]

kndb_fuzz::import_target!("import_parquet");
