//! Damage to segments and dictionaries.

use super::{Finding, Patient, put};
use crate::toy::few;
use kndb_storage::Error;
use proptest::prelude::*;

#[test]
fn every_flipped_byte_is_found_but_those_that_say_nothing() {
    let patient = Patient::new();
    for path in patient.files() {
        let good = std::fs::read(&path).expect("reads");
        let mut unnoticed = 0;
        // Every byte of the shorter files, every seventh of the longer ones.
        for at in (0..good.len()).step_by(good.len() / 2_000 * 2 + 1) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            put(&path, &bad);
            if matches!(patient.examine(), Finding::Same) {
                assert_eq!(good[at], 0, "byte {at} of {}", path.display());
                unnoticed += 1;
            }
        }
        put(&path, &good);
        // The space between sections, which are aligned, and four bytes of the trailer.
        assert!(unnoticed * 10 < good.len(), "{unnoticed} of {} bytes of {}", good.len(), path.display());
    }
    assert!(matches!(patient.examine(), Finding::Same), "healthy again");
}

#[test]
fn every_truncation_is_found() {
    let patient = Patient::new();
    for path in patient.files() {
        let good = std::fs::read(&path).expect("reads");
        for len in (0..good.len()).step_by(37).chain(good.len() - 45..good.len()) {
            put(&path, &good[..len]);
            let finding = patient.examine();
            assert!(matches!(finding, Finding::Refused(Error::Corrupt { .. })), "{len} bytes: {finding:?}");
        }
        put(&path, &[&good[..], b"more"].concat());
        assert!(matches!(patient.examine(), Finding::Refused(Error::Corrupt { .. })));
        put(&path, &good);
    }
}

#[test]
fn another_format_version_is_named() {
    let patient = Patient::new();
    for path in patient.files() {
        let good = std::fs::read(&path).expect("reads");
        let mut newer = good.clone();
        let at = good.len() - 16;
        newer[at..at + 4].copy_from_slice(&9_u32.to_le_bytes());
        put(&path, &newer);
        let finding = patient.examine();
        assert!(matches!(finding, Finding::Refused(Error::FormatVersion { found: 9, .. })), "{finding:?}");
        put(&path, &good);
    }
}

proptest! {
    #![proptest_config(few(40))]

    #[test]
    fn any_overwritten_stretch_is_found_or_harmless(
        file: prop::sample::Index,
        at: prop::sample::Index,
        stretch in prop::collection::vec(any::<u8>(), 1..64),
        zeros: bool,
    ) {
        thread_local!(static PATIENT: Patient = Patient::new());
        PATIENT.with(|patient| {
            let path = file.get(&patient.files()).clone();
            let good = std::fs::read(&path).expect("reads");
            let at = at.index(good.len());
            let end = good.len().min(at + stretch.len());
            let mut bad = good.clone();
            if zeros { bad[at..end].fill(0) } else { bad[at..end].copy_from_slice(&stretch[..end - at]) }
            put(&path, &bad);
            let finding = patient.examine();
            put(&path, &good);
            let harmless = bad == good || end - at < 12;
            prop_assert!(harmless || !matches!(finding, Finding::Same), "{at}..{end} of {}", path.display());
            Ok(())
        })?;
    }
}
