use crate::contents::Contents;
use crate::toy::*;
use kndb_storage::*;
use std::time::Instant;

fn size(path: &std::path::Path) -> u64 {
    std::fs::read_dir(path)
        .unwrap()
        .flatten()
        .map(|e| {
            let m = e.metadata().unwrap();
            if m.is_dir() { size(&e.path()) } else { m.len() }
        })
        .sum()
}

#[test]
fn growth() {
    let n: u64 = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let toy = Toy::new();
    let run = toy.store.open_run(spec("r")).unwrap();
    let t = Instant::now();
    let mut last = Instant::now();
    for i in 0..n {
        run.append(scores(&format!("fact-{i}"), "en", i)).unwrap();
        if (i + 1) % 50 == 0 {
            run.seal().unwrap();
        }
        if (i + 1) % 250 == 0 {
            println!(
                "{i}: catalogue {} KB files {} KB, {:?} per append, total {:?}",
                size(&toy.path.join("catalogue")) / 1024,
                size(&toy.path.join("files")) / 1024,
                last.elapsed() / 250,
                t.elapsed()
            );
            last = Instant::now();
        }
    }
    for e in std::fs::read_dir(toy.path.join("catalogue")).unwrap() {
        let e = e.unwrap();
        println!("{:?} {}", e.file_name(), e.metadata().unwrap().len());
    }
    println!("{} entries", Contents::of(&toy.store).unwrap().entries.len());
    let t = Instant::now();
    toy.fresh().snapshot().unwrap();
    println!("open {:?}", t.elapsed());
}

pub fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for e in std::fs::read_dir(from).unwrap() {
        let e = e.unwrap();
        let t = to.join(e.file_name());
        if e.path().is_dir() {
            copy(&e.path(), &t)
        } else {
            std::fs::copy(e.path(), t).unwrap();
        }
    }
}

pub fn sample(store: &Store) {
    let run = store.open_run(spec("r")).unwrap();
    run.append_batch(&many("en", 5), OnConflict::Refuse).unwrap();
    run.seal().unwrap();
    run.append(scores("fact-0003", "zh", 7)).unwrap();
    run.append(scores("other", "zh", 8)).unwrap();
    run.append_batch(&[scores("fact-0002", "en", 77)], OnConflict::Replace).unwrap();
    run.append_batch(
        &[neurons("n1", "zh", &[1, 5, 7]), groups("fact-0001", "en", &[&[1, 2], &[3, 4, 5]])],
        OnConflict::Replace,
    )
    .unwrap();
    store
        .add_facts(FactBatch {
            facts: vec![
                fact_row("fact-0001", "P36", "en", "France", "Paris"),
                fact_row("fact-0001", "P36", "zh", "法国", "巴黎"),
            ],
            templates: vec![TemplateRow {
                relation: "P36".into(),
                language: "en".into(),
                text: "The capital of [X] is [Y].".into(),
            }],
            candidates: vec![CandidatesRow {
                relation: "P36".into(),
                language: "en".into(),
                subjects: vec!["France".into()],
                objects: vec!["Paris".into(), "Rome".into()],
            }],
        })
        .unwrap();
    let set =
        SavedSet { name: "likn".into(), text: "x".into(), kind: "pairs".into(), runs: vec![1], members: 3, saved: 12 };
    store.save_set(&set, &(0..20_000u32).map(|i| (i * 7 % 251) as u8).collect::<Vec<_>>()).unwrap();
    run.append(scores("last", "zh", 9)).unwrap();
}

#[test]
fn flip_catalogue() {
    let toy = Toy::new();
    sample(&toy.store);
    if std::env::var("REOPEN").is_ok() {
        toy.fresh().snapshot().unwrap();
    }
    let other = tempfile::tempdir().unwrap();
    copy(&toy.path, &other.path().join("s"));
    let want = Contents::of(&Store::open(other.path().join("s")).unwrap()).unwrap();
    let n: u64 = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    let mut r = Random(5);
    for name in ["db", "conf", "snap"] {
        let file = std::fs::read_dir(toy.path.join("catalogue"))
            .unwrap()
            .flatten()
            .find(|e| e.file_name().to_string_lossy().starts_with(name))
            .unwrap()
            .file_name();
        let orig = std::fs::read(toy.path.join("catalogue").join(&file)).unwrap();
        let used = orig.iter().rposition(|&b| b != 0 && b != 6).unwrap() + 40;
        println!("{file:?}: {} bytes, used {used}", orig.len());
        for _ in 0..n.min(if name == "db" { u64::MAX } else { 100 }) {
            let at = (r.below(used.min(orig.len()) as u64)) as usize;
            let bit = 1u8 << r.below(8);
            let tmp = tempfile::tempdir().unwrap();
            let path = tmp.path().join("s");
            copy(&toy.path, &path);
            let mut bytes = orig.clone();
            bytes[at] ^= bit;
            std::fs::write(path.join("catalogue").join(&file), &bytes).unwrap();
            let want = want.clone();
            let (tx, rx) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let result = std::panic::catch_unwind(|| {
                    let store = Store::open_with(&path, Options { lock_timeout: std::time::Duration::from_secs(2) })?;
                    let c = Contents::of(&store)?;
                    let v = store.verify()?;
                    Ok::<_, Error>((c, v.problems.len()))
                });
                tx.send(match result {
                    Err(_) => "panic".to_owned(),
                    Ok(Err(e)) => e.to_string().replace(&path.display().to_string(), ""),
                    Ok(Ok((c, p))) if c == want => format!("same, {p} problems"),
                    Ok(Ok((c, p))) => format!(
                        "DIFFERENT {} of {} entries, {} facts, {p} problems",
                        c.entries.len(),
                        want.entries.len(),
                        c.facts.len()
                    ),
                })
                .unwrap();
            });
            let found = rx.recv_timeout(std::time::Duration::from_secs(40)).unwrap_or("HANG".into());
            *counts.entry(format!("{name}: {found}")).or_default() += 1;
        }
    }
    for (k, v) in counts {
        println!("{v:6} {k}");
    }
}

#[test]
fn hurt_big_catalogue() {
    let toy = Toy::new();
    sample(&toy.store);
    let run = toy.store.open_run(spec("big")).unwrap();
    for i in 0..60 {
        run.append_batch(
            &(0..10).map(|j| scores(&format!("b-{i}-{j}"), "en", i)).collect::<Vec<_>>(),
            OnConflict::Refuse,
        )
        .unwrap();
        if i % 20 == 19 {
            run.seal().unwrap();
        }
    }
    sample2(&toy.store);
    let other = tempfile::tempdir().unwrap();
    copy(&toy.path, &other.path().join("s"));
    let want = Contents::of(&Store::open(other.path().join("s")).unwrap()).unwrap();
    let n: u64 = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(300);
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    let mut r = Random(5);
    let file = "db";
    let orig = std::fs::read(toy.path.join("catalogue").join(&file)).unwrap();
    println!("{file:?}: {} bytes", orig.len());
    for _ in 0..n {
        let at = (r.below(orig.len() as u64)) as usize;
        let tmp = tempfile::tempdir().unwrap();
        let path = tmp.path().join("s");
        copy(&toy.path, &path);
        let mut bytes = orig.clone();
        let how = r.below(4);
        let what = match how {
            0 => {
                bytes[at] ^= 1 << r.below(8);
                "flip"
            }
            1 => {
                bytes.truncate(at);
                "cut"
            }
            2 => {
                let at = at / 4096 * 4096;
                let end = (at + 4096).min(bytes.len());
                bytes[at..end].fill(0);
                "zero"
            }
            _ => {
                let at = at / 524288 * 524288 + r.below(20) as usize;
                if at < bytes.len() {
                    bytes[at] ^= 1 << r.below(8);
                }
                "head"
            }
        };
        std::fs::write(path.join("catalogue").join(&file), &bytes).unwrap();
        let want = want.clone();
        let (tx, rx) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let result = std::panic::catch_unwind(|| {
                let store = Store::open_with(&path, Options { lock_timeout: std::time::Duration::from_secs(2) })?;
                let c = Contents::of(&store)?;
                let v = store.verify()?;
                Ok::<_, Error>((c, v.problems.len()))
            });
            tx.send(match result {
                Err(_) => "panic".to_owned(),
                Ok(Err(e)) => e.to_string().replace(&path.display().to_string(), ""),
                Ok(Ok((c, p))) if c == want => format!("same, {p} problems"),
                Ok(Ok((c, p))) => format!(
                    "DIFFERENT {} of {} entries, {} facts, {p} problems",
                    c.entries.len(),
                    want.entries.len(),
                    c.facts.len()
                ),
            })
            .unwrap();
        });
        let found = rx.recv_timeout(std::time::Duration::from_secs(40)).unwrap_or("HANG".into());
        *counts.entry(format!("{what}: {found}")).or_default() += 1;
    }
    for (k, v) in counts {
        println!("{v:6} {k}");
    }
}
fn sample2(store: &Store) {
    let run = store.open_run(spec("last")).unwrap();
    run.append(scores("last", "zh", 9)).unwrap();
}
