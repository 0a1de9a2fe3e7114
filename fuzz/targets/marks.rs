#![no_main]

kndb_fuzz::target!(|bytes| kndb_storage::fuzzing::marks(kndb_fuzz::folder(), bytes));
