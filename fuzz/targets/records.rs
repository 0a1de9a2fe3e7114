#![no_main]

kndb_fuzz::target!(|bytes| kndb_storage::fuzzing::records(bytes));
