#![no_main]

kndb_fuzz::proved_target!(change_waiting, |bytes| kndb_storage::fuzzing::waiting(bytes));
