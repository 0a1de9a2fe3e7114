#![no_main]

kndb_fuzz::proved_target!(change_file, |bytes| kndb_storage::fuzzing::dictionary(bytes));
