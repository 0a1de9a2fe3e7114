#![no_main]

kndb_fuzz::target!(|bytes| kndb_fuzz::check::check(&String::from_utf8_lossy(bytes)));
