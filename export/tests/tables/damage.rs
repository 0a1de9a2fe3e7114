//! Exports that are not as they were written are refused, and nothing is made of them.

use super::toy::{Toy, files};
use kndb_export::{ExportJob, MANIFEST, bring_back, export};
use std::fs;
use std::path::Path;

/// What is said of an export after a change of it.
fn told(change: impl FnOnce(&Path)) -> String {
    let toy = Toy::new();
    let out = toy.path("out");
    export(&toy.store, &out, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("exported");
    change(&out);
    let to = toy.path("again");
    let told = bring_back(&out, &to, &mut |_| {}, &|| false).expect_err("refused").to_string();
    assert!(!to.exists());
    told
}

fn edit(folder: &Path, from: &str, to: &str) {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).expect("the manifest");
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replacen(from, to, 1)).expect("written");
}

#[test]
fn a_missing_file_is_named() {
    let told = told(|out| fs::remove_file(out.join("labels.parquet")).expect("removed"));
    assert!(told.contains("found no \"labels.parquet\", expected every file that the manifest lists"), "{told}");
}

#[test]
fn a_file_too_many_is_named() {
    let told = told(|out| fs::write(out.join("scores/more.parquet"), "").expect("written"));
    assert!(told.contains("found besides \"scores/more.parquet\""), "{told}");
}

#[test]
fn a_changed_file_is_named() {
    let told = told(|out| {
        let path = out.join("entries.parquet");
        let mut bytes = fs::read(&path).expect("a file");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).expect("written");
    });
    assert!(told.contains("entries.parquet: found checksum"), "{told}");
}

#[test]
fn a_truncated_file_is_named() {
    let told = told(|out| {
        let path = out.join("groups.parquet");
        let bytes = fs::read(&path).expect("a file");
        fs::write(path, &bytes[..bytes.len() - 1]).expect("written");
    });
    assert!(told.contains("groups.parquet: found "), "{told}");
}

#[cfg(unix)]
#[test]
fn a_link_is_no_file_of_an_export() {
    let told = told(|out| std::os::unix::fs::symlink("/etc/passwd", out.join("link")).expect("linked"));
    assert!(told.contains("found a link, or no plain file"), "{told}");
}

#[test]
fn another_version_is_told_before_anything_else() {
    let told = told(|out| edit(out, "\"version\": 1", "\"version\": 2, \"new\": 3"));
    assert!(told.contains("found version 2, expected version 1: use the kndb that wrote it, kndb "), "{told}");
}

#[test]
fn tables_of_another_format_do_not_come_back() {
    let told = told(|out| edit(out, "\"tables\": \"parquet\"", "\"tables\": \"csv\""));
    assert!(told.contains("found tables as csv, expected tables as parquet"), "{told}");
}

#[test]
fn a_manifest_that_is_cut_short_is_refused() {
    let toy = Toy::new();
    let out = toy.path("out");
    export(&toy.store, &out, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("exported");
    let text = fs::read(out.join(MANIFEST)).expect("the manifest");
    for len in (0..text.len() - 2).step_by(97) {
        fs::write(out.join(MANIFEST), &text[..len]).expect("written");
        bring_back(&out, &toy.path("again"), &mut |_| {}, &|| false).expect_err("refused");
    }
}

/// Bytes that lie about a file and have its checksum put right: what reads them refuses, and does not panic.
#[test]
fn damage_that_the_manifest_hides_is_found_by_what_reads_it() {
    let toy = Toy::new();
    let out = toy.path("out");
    export(&toy.store, &out, &ExportJob::new("parquet"), &mut |_| {}, &|| false).expect("exported");
    let manifest = fs::read_to_string(out.join(MANIFEST)).expect("the manifest");
    let scores = "scores/run=dense/lang=en/relation=P36/part-0.parquet";
    let mut refused = 0;
    let mut tried = 0;
    for name in ["entries.parquet", "groups.parquet", scores] {
        let path = out.join(name);
        let whole = fs::read(&path).expect("a file");
        for at in (0..whole.len()).step_by(whole.len() / 7 + 1) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            let hash = |bytes: &[u8]| format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes));
            fs::write(&path, &bytes).expect("written");
            fs::write(out.join(MANIFEST), manifest.replace(&hash(&whole), &hash(&bytes))).expect("written");
            tried += 1;
            refused +=
                usize::from(bring_back(&out, &toy.path(&format!("again {tried}")), &mut |_| {}, &|| false).is_err());
        }
        fs::write(&path, whole).expect("written");
    }
    // The rest lies where nothing is read, or is another value that may stand there: the manifest's checksum is what tells it.
    assert!(refused * 3 > tried, "{refused} of {tried}");
}

#[test]
fn a_run_that_lacks_rows_is_refused() {
    let told = told(|out| {
        // All scores of a partition go, and the manifest does not speak of them.
        let name = "scores/run=all/lang=en/relation=P36/part-0.parquet";
        fs::remove_file(out.join(name)).expect("removed");
        let path = out.join(MANIFEST);
        let text = fs::read_to_string(&path).expect("the manifest");
        let mut manifest: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let files = manifest["files"].as_array_mut().expect("files");
        files.retain(|file| file["path"] != name);
        fs::write(path, manifest.to_string()).expect("written");
    });
    assert!(told.contains("entries.parquet: found kept 8 in row"), "{told}");
}

#[test]
fn what_is_exported_is_only_read() {
    let toy = Toy::new();
    let before = files(toy.store.path());
    let out = toy.path("out");
    export(&toy.store, &out, &ExportJob::new("arrow"), &mut |_| {}, &|| false).expect("exported");
    assert_eq!(files(toy.store.path()), before);
}
