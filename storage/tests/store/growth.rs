//! The catalogue's folder stays small, however much goes through it.
//!
//! `KNDB_APPENDS` sets how much does.

use crate::toy::{Toy, scores, spec};
use std::path::Path;

fn size(path: &Path) -> u64 {
    let entries = std::fs::read_dir(path).expect("lists").map(|entry| entry.expect("lists"));
    let sizes = entries.map(|entry| {
        let data = entry.metadata().expect("is there");
        if data.is_dir() { size(&entry.path()) } else { data.len() }
    });
    sizes.sum()
}

#[test]
fn sealing_frees_what_waited() {
    let appends: u64 = std::env::var("KNDB_APPENDS").ok().and_then(|n| n.parse().ok()).unwrap_or(120);
    let toy = Toy::new();
    let run = toy.store.open_run(spec("run")).expect("new");
    let mut largest = 0;
    for number in 0..appends {
        run.append(scores(&format!("fact-{number:05}"), "en", number)).expect("appends");
        if number % 40 == 39 {
            run.seal().expect("seals");
            largest = largest.max(size(&toy.path.join("catalogue")));
        }
    }
    // sled neither syncs nor reuses these, so there must be none.
    let blobs = std::fs::read_dir(toy.path.join("catalogue/blobs")).expect("lists").count();
    assert_eq!(blobs, 0, "values that sled keeps in files of their own");
    // 15,000 appends of 1.6 KB reached 9.7 MB after about 5,000, and stayed there.
    assert!(largest < 12 << 20, "{largest} bytes after {appends} appends");
}
