//! Whether the numbers of a catalogue fit together: checksums prove that somebody wrote it, not that it makes sense.

use crate::catalogue::Catalogue;
use crate::error::{Error, Result};
use std::fmt::Display;
use std::path::Path;

impl Catalogue {
    /// Fails where a number was used that was not given out yet, or none can be given out any more: the next one would take what is
    /// another's.
    pub(crate) fn check_numbers(&self, path: &Path) -> Result<()> {
        let counters = self.counters;
        let below = |what: &str, used: Option<u64>, next: u64| match used.filter(|&used| used >= next) {
            Some(used) => Err(wrong(path, what, used, format!("one below {next}"))),
            None => Ok(()),
        };
        // Runs, files and jobs count from 1, and their counter is the last one given out.
        let given_out = |what: &str, used: Option<u64>, last: u64, limit: u64| {
            below(what, Some(last), limit).and_then(|()| below(what, used, last + 1))
        };
        let (u32_limit, u64_limit) = (u64::from(u32::MAX), u64::MAX / 2);
        below("commit", Some(counters.epoch), u64_limit)?;
        given_out("run", self.runs.keys().last().map(|run| run.0.into()), counters.next_run.into(), u32_limit)?;
        given_out("file", self.files.keys().last().map(|file| file.0), counters.next_file, u64_limit)?;
        given_out("job", self.jobs.keys().last().map(|&job| job.into()), counters.next_job.into(), u32_limit)?;
        let next_fact = u64::from(counters.next_fact);
        below("fact", self.new_facts.keys().last().map(|fact| fact.0.into()), next_fact)?;
        // Every question about a run looks each of them up.
        let lost = self.lost.values().flat_map(|of_run| of_run.values());
        below("lost fact", lost.filter_map(|lost| lost.facts.max()).max().map(u64::from), next_fact)?;
        // Else the next run would have lost what another did.
        given_out(
            "run that lost entries",
            self.lost.keys().last().map(|run| run.0.into()),
            counters.next_run.into(),
            u32_limit,
        )?;
        below("forgotten fact", self.dropped_facts.max().map(u64::from), next_fact)?;
        below("forgotten relation", self.dropped_relations.max().map(u64::from), self.relations.len() as u64)
    }

    /// Fails unless every fact that was given out is in the dictionary, which has so many, or waits to get there.
    pub(crate) fn check_facts(&self, path: &Path, in_dictionary: u32) -> Result<()> {
        let first_new = self.new_facts.keys().next().map_or(in_dictionary, |fact| fact.0);
        let all = u64::from(in_dictionary) + self.new_facts.len() as u64;
        if first_new < in_dictionary || all != u64::from(self.counters.next_fact) {
            let found = format!("{in_dictionary} in the dictionary and {} new, from {first_new}", self.new_facts.len());
            return Err(wrong(path, "facts", found, self.counters.next_fact));
        }
        Ok(())
    }
}

fn wrong(path: &Path, what: &str, found: impl Display, expected: impl Display) -> Error {
    Error::corrupt(path, format!("numbers of the catalogue, {what}"), found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FactId, FileId, RunId};
    use crate::lost::{Lost, LostFrom};
    use crate::records::FileRecord;

    #[test]
    fn a_number_that_was_not_given_out_is_refused() {
        let path = Path::new("catalogue");
        let mut catalogue = Catalogue::default();
        assert!(catalogue.check_numbers(path).is_ok() && catalogue.check_facts(path, 0).is_ok());
        catalogue.files.insert(FileId(3), FileRecord::Set { bytes: 1 });
        catalogue.counters.next_file = 2;
        let said = catalogue.check_numbers(path).expect_err("refused").to_string();
        assert!(said.contains("file: found 3, expected one below 3"), "{said}");
        catalogue.counters.next_file = 3;
        assert!(catalogue.check_numbers(path).is_ok());
        catalogue.counters.next_job = u32::MAX;
        assert!(catalogue.check_numbers(path).is_err(), "none is left");
    }

    #[test]
    fn what_was_lost_is_of_facts_and_runs_that_were_given_out() {
        let path = Path::new("catalogue");
        let mut catalogue = Catalogue::default();
        (catalogue.counters.next_fact, catalogue.counters.next_run) = (3, 1);
        let from = LostFrom { language: 0, prompt: 0, kind: 0 };
        let lost = |facts: std::ops::Range<u32>| Lost { facts: facts.collect(), unknown: u64::MAX };
        catalogue.lost.insert(RunId(1), [(from, lost(0..3))].into());
        assert!(catalogue.check_numbers(path).is_ok());
        catalogue.lost.insert(RunId(1), [(from, lost(0..4))].into());
        let said = catalogue.check_numbers(path).expect_err("refused").to_string();
        assert!(said.contains("lost fact: found 3, expected one below 3"), "{said}");
        catalogue.lost = [(RunId(2), [(from, lost(0..1))].into())].into();
        let said = catalogue.check_numbers(path).expect_err("refused").to_string();
        assert!(said.contains("run that lost entries: found 2"), "{said}");
    }

    #[test]
    fn facts_are_in_the_dictionary_or_new() {
        let path = Path::new("catalogue");
        let mut catalogue = Catalogue::default();
        catalogue.counters.next_fact = 3;
        catalogue.new_facts.insert(FactId(2), "f".into());
        assert!(catalogue.check_facts(path, 2).is_ok());
        for facts in [0, 1, 3] {
            assert!(catalogue.check_facts(path, facts).is_err(), "{facts}");
        }
        catalogue.dropped_facts.insert(3);
        assert!(catalogue.check_numbers(path).is_err(), "fact 3 was never given out");
    }
}
