//! What repairs have taken from a store, written down in it as text.

use super::Repair;
use crate::error::{Error, Result};
use crate::files::durable;
use crate::segment::PartKind;
use crate::segment::build::EntryKey;
use crate::snapshot::Snapshot;
use crate::upkeep::REPAIRS;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What repairs have taken from a store, as it was written down in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// The text: when, what, and where damaged files are.
    pub text: String,
    /// Losses that it tells of and that were not brought back.
    pub lost: usize,
    /// Losses that were brought back.
    pub brought_back: usize,
}

impl Repairs {
    pub(super) fn of(text: String) -> Self {
        let brought_back = text.lines().filter(|line| line.starts_with(BACK)).count();
        Self { lost: losses(&text).count(), brought_back, text }
    }
}

pub(in crate::upkeep) fn read(store: &Path) -> Result<Option<String>> {
    let path = store.join(REPAIRS);
    match std::fs::read(&path) {
        Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io("read", &path)(e)),
    }
}

/// Adds a repair, before it is committed: one that is written down and did not come through is done again.
pub(in crate::upkeep) fn write(
    store: &Path,
    repair: &Repair,
    commit: u64,
    kept: impl Iterator<Item = String>,
) -> Result<()> {
    let mut text = read(store)?.unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    text += &format!("{}, after commit {commit}\n", date(now));
    let kept: Vec<String> = kept.collect();
    for (what, lines) in [("lost", &repair.lost), ("rebuilt", &repair.rebuilt), ("kept", &kept)] {
        for line in lines {
            text += &format!("{what}: {}\n", line.replace(['\n', '\r'], " "));
        }
    }
    durable::write_whole(&store.join(REPAIRS), text.as_bytes())
}

/// How the line of a loss begins, and that of one that is none any more.
const LOST: &str = "lost: ";
const BACK: &str = "brought back: ";
/// What follows an entry's name in its line; of those that waited to be sealed it is said.
pub(super) const WAITED: &str = ", which waited";

/// The losses that a text tells of and that were not brought back.
pub(in crate::upkeep) fn losses(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix(LOST))
}

/// `fact "f1" (en, prompt 0) in run "bert"`; fact and run as they are shown.
pub(super) fn entry_name(fact: &str, language: &str, key: EntryKey, run: &str) -> String {
    let what = if key.kind == PartKind::Groups { "groups of " } else { "" };
    format!("{what}fact {fact} ({language}, prompt {}) in run {run}", key.prompt)
}

/// Says of entries that were lost and are there again that they were brought back. Only under the catalogue's lock.
pub(in crate::upkeep) fn tell_what_came_back(store: &Path, now: &Snapshot) -> Result<()> {
    let Some(text) = read(store)? else { return Ok(()) };
    let mut back = BTreeSet::new();
    for (run, key) in now.lost_and_there_again() {
        let run = now.run(run).map(|run| format!("{:?}", run.spec.name)).unwrap_or_default();
        back.insert(entry_name(
            &format!("{:?}", now.external_id(key.fact)?),
            now.language_name(key.language),
            key,
            &run,
        ));
    }
    // Names hold any text, but are quoted: the damage behind them begins where they end.
    let is_back = |lost: &str| {
        let names = lost.match_indices(": ").map(|(at, _)| &lost[..at]);
        names.map(|name| name.strip_suffix(WAITED).unwrap_or(name)).any(|name| back.contains(name))
    };
    let line = |line: &str| match line.strip_prefix(LOST).filter(|lost| is_back(lost)) {
        Some(lost) => format!("{BACK}{lost}\n"),
        None => format!("{line}\n"),
    };
    let told: String = text.lines().map(line).collect();
    if told != text { durable::write_whole(&store.join(REPAIRS), told.as_bytes()) } else { Ok(()) }
}

/// `2026-11-26 16:08 UTC` of seconds since 1970.
fn date(seconds: u64) -> String {
    let (days, minutes) = (seconds / 86_400, seconds % 86_400 / 60);
    let (mut year, mut day) = (1970, days);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02} {:02}:{:02} UTC", day + 1, minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // By `date -u -d @…`.
        for (seconds, expected) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59 UTC"),
            (1_795_709_286, "2026-11-26 16:08 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }
}
