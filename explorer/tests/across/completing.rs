//! What may be typed next.

use crate::served::{Served, encoded, stores};
use serde_json::{Value, json};

fn words(served: &Served, before: &str) -> Value {
    let response = served.get(&format!("/api/complete?before={}", encoded(before)));
    assert_eq!(response.status, 200, "{before}: {}", response.text());
    response.json()
}

#[test]
fn words_names_and_labels_are_offered_where_they_may_stand() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for (before, typed, offered) in [
        ("kn[la", "la", json!(["lang", "langs", "layer"])),
        ("kn[lang=", "", json!(["en", "es", "he", "zh"])),
        ("kn[lang=en] by la", "la", json!(["lang", "layer"])),
        ("kn[run=", "", json!(["ig"])),
        ("facts[subject=Fr", "Fr", json!(["France", "Francia"])),
        ("facts[subject=\"Esp", "\"Esp", json!(["España"])),
        ("kn[lang=en]\n  by layer o", "o", json!(["order"])),
        ("kn[lang=en] by layer;\nkn b", "b", json!(["by"])),
        ("neurons(", "", json!([])),
    ] {
        let answer = words(&served, before);
        assert_eq!((&answer["typed"], &answer["words"]), (&json!(typed), &offered), "{before}");
    }
}

#[test]
fn statements_that_are_refused_are_not_offered_but_words_like_them_are() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let begin = words(&served, "");
    let begin: Vec<&str> = begin["words"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
    assert!(begin.contains(&"kn") && begin.contains(&"similarity"), "{begin:?}");
    for refused in ["let", "drop", "attach", "detach"] {
        assert!(!begin.contains(&refused), "{begin:?}");
    }
}

#[test]
fn another_store_beside_it_is_offered_with_its_own_names() {
    let (one, other) = (stores::capitals(), crate::answers::many());
    let served = Served::of(&[&one.path, &other.path]);
    assert_eq!(words(&served, "kn & ma")["words"], json!(["many::"]));
    assert_eq!(words(&served, "many::kn[lang=")["words"], json!(["en", "fr", "zh"]));
    let other = served.get(&format!("/api/complete?store=many&before={}", encoded("kn[lang="))).json();
    assert_eq!(other["words"], json!(["en", "fr", "zh"]));
}

#[test]
fn odd_texts_are_no_errors() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    for before in ["\"", "]]]", "日本[", "kn[\"\n", "\n\n", "kn[lang=en] by layer -- \"", "::", "a::", "\u{202e}"] {
        words(&served, before);
    }
    assert_eq!(served.get("/api/complete").status, 200);
}
