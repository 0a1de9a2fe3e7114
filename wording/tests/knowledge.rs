//! What a model knows, as the command, the studies and the report say it; of counts made by hand.

use kndb_storage::{Knowledge, Known};
use kndb_wording::knowledge::{notes, rows, several_tokens};

fn known(language: &str, relation: Option<&str>, entries: u64) -> Known {
    Known {
        language: language.into(),
        relation: relation.map(str::to_owned),
        entries,
        with_p: entries,
        answered: entries,
        shown: relation.unwrap_or("all").into(),
        ..Known::default()
    }
}

fn table(parts: Vec<Known>) -> Vec<String> {
    rows(&Knowledge { parts }).iter().map(|row| row.join(" | ")).collect()
}

#[test]
fn a_table_says_a_language_of_one_relation_once() {
    let en = Known { median_p: Some(0.375), from_a_tenth: 3, right: 2, ..known("en", None, 4) };
    let capitals = Known { median_p: Some(0.25), answered: 3, right: 1, ..known("en", Some("P36"), 3) };
    let zh = [None, Some("P36")].map(|relation| Known { from_a_tenth: 1, answered: 0, ..known("zh", relation, 2) });
    let [all, of_zh] = zh;
    let rows = table(vec![en, capitals, all, of_zh]);
    assert_eq!(
        rows,
        [
            "en | all | 4 | 0.3750 | 3 of 4 | 2 of 4",
            "en | P36 | 3 | 0.2500 | 0 of 3 | 1 of 3",
            "zh | P36 | 2 | – | 1 of 2 | –",
        ]
    );
}

#[test]
fn all_and_nearly_all_are_told_apart_and_so_are_none_and_few() {
    let [most, few] = [571, 2].map(|from_a_tenth| Known { from_a_tenth, ..known("en", None, 572) });
    assert_eq!(
        table(vec![most, few]),
        ["en | all | 572 | – | 571 of 572 | 0 of 572", "en | all | 572 | – | 2 of 572 | 0 of 572"]
    );
}

#[test]
fn what_was_not_stored_is_a_dash() {
    assert_eq!(table(vec![Known { with_p: 0, answered: 0, ..known("en", None, 1) }]), ["en | all | 1 | – | – | –"]);
}

#[test]
fn objects_of_several_tokens_are_told_language_by_language() {
    let en = Known { several_tokens: 2, ..known("en", None, 3) };
    let zh = Known { several_tokens: 1, beyond_p: 1, ..known("zh", None, 2) };
    let all = Knowledge { parts: vec![en, zh] };
    let told = "en 2 of 3 entries; zh 1 of 2 entries, 1 with a score above 100·p";
    assert_eq!(several_tokens(&all).as_deref(), Some(told));
    assert!(notes(&all).concat().contains(told), "{:?}", notes(&all));
    assert_eq!(several_tokens(&Knowledge { parts: vec![known("en", None, 3)] }), None);
}

#[test]
fn a_note_says_of_how_many_entries_p_is_known() {
    let some = Knowledge { parts: vec![Known { with_p: 1, ..known("en", None, 2) }] };
    assert_eq!(notes(&some), ["p was stored of 1 of 2 entries in en: the median is of these"]);
    let without_p = Knowledge { parts: vec![Known { with_p: 0, ..known("en", None, 2) }] };
    assert_eq!(notes(&without_p), ["p was stored of none of the 2 entries in en: there is no median"]);
    let none = Knowledge { parts: vec![Known { with_p: 0, answered: 0, ..known("en", None, 2) }] };
    assert!(notes(&none)[0].contains("is not stored of these entries"), "{:?}", notes(&none));
}

#[test]
fn a_rank_that_was_not_stored_is_told_apart_from_objects_of_several_tokens() {
    let several = Known { answered: 3, several_tokens: 2, ..known("en", None, 5) };
    assert!(!notes(&Knowledge { parts: vec![several.clone()] }).concat().contains("rank"));
    let unranked = Knowledge { parts: vec![Known { entries: 9, with_p: 9, ..several }] };
    let told = "the rank of the right object was not stored of 4 of 9 entries in en: whether these were answered right is not known";
    assert_eq!(notes(&unranked)[0], told);
}
