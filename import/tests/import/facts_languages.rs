//! The language of facts is what folders, files, rows or the user say; two that disagree are refused.

use kndb_import::facts::{FactsFormat, FactsOptions, LanguageSource};

use crate::facts_reading::{read, refusal, understood};
use crate::folder::Folder;

const PATTERN: &str = "{\"pattern\": \"[X] : [Y]\", \"checked-by-human\": true}\n";
const PARAREL: &str = "{\"pattern\": \"[X] : [Y]\", \"lemma\": \"be\"}\n";
const FACT: &str = r#"{"uuid": "u1", "sub_label": "a", "obj_label": "b"}"#;

fn given(language: &str) -> FactsOptions {
    FactsOptions { language: Some(language.to_owned()), ..FactsOptions::default() }
}

/// Languages that the templates of a path have.
fn languages(folder: &Folder, path: &str, language: Option<&str>) -> Vec<String> {
    let (_, items) = read(&folder.path(path), language);
    items.iter().map(|item| item.split(' ').nth(1).expect("a language").to_owned()).collect()
}

#[test]
fn mpararels_folders_name_the_language_however_they_are_given() {
    let folder = Folder::new();
    for language in ["de", "en", "zh-hans"] {
        folder.write(&format!("patterns/{language}/P36.jsonl"), PATTERN);
    }
    assert_eq!(read(&folder.path("patterns"), None).0, FactsFormat::Mpararel);
    assert_eq!(languages(&folder, "patterns", None), ["de", "en", "zh-Hans"]);
    for path in ["patterns/de", "patterns/de/", "patterns/de/.", "patterns/../patterns/de", "patterns/de/P36.jsonl"] {
        assert_eq!(languages(&folder, path, None), ["de"], "{path}");
    }
    assert_eq!(languages(&folder, "patterns/zh-hans", Some("zh_Hans")), ["zh-Hans"]);
}

#[test]
#[cfg(unix)]
fn a_link_has_the_language_of_its_name_or_of_what_it_leads_to() {
    let folder = Folder::new();
    folder.write("patterns/de/P36.jsonl", PATTERN);
    folder.write("plain/P36.jsonl", PATTERN);
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(folder.path(from), folder.path(to)).expect("a link");
    };
    link("patterns/de", "mine");
    link("plain", "fr");
    link("patterns/de", "es");
    link("patterns/de/P36.jsonl", "P36.jsonl");
    assert_eq!(languages(&folder, "mine", None), ["de"]);
    assert_eq!(languages(&folder, "fr", None), ["fr"]);
    assert_eq!(languages(&folder, "P36.jsonl", None), ["de"]);
    assert_eq!(
        refusal(&folder, "es", &FactsOptions::default()),
        "two languages for es/P36.jsonl: the folder `es` says `es`, the folder `de` says `de`; expected one"
    );
}

#[test]
fn hive_folders_name_language_and_relation() {
    let folder = Folder::new();
    folder.write("a/lang=zh/relation=P36/part-0.jsonl", FACT);
    folder.write("b/Language=zh_CN/P37.jsonl", FACT);
    folder.write("c/language=pt_BR/relation=P1/x.jsonl", PARAREL);
    assert_eq!(read(&folder.path("a"), None).1, ["u1 P36 zh a b (None, None)"]);
    assert_eq!(read(&folder.path("a/lang=zh/relation=P36"), None).1, ["u1 P36 zh a b (None, None)"]);
    assert_eq!(read(&folder.path("b"), None).1, ["u1 P37 zh-CN a b (None, None)"]);
    assert_eq!(read(&folder.path("c"), None).1, ["P1 pt-BR [X] : [Y]"]);
    folder.write("d/lang=zh/language=de/P1.jsonl", FACT);
    assert_eq!(
        refusal(&folder, "d", &FactsOptions::default()),
        "two languages for d/lang=zh/language=de/P1.jsonl: the folder `lang=zh` says `zh`, the folder `language=de` says \
         `de`; expected one"
    );
}

#[test]
fn a_hive_folder_of_something_else_is_no_language_of_rows_that_say_theirs() {
    let folder = Folder::new();
    for (name, field) in [("a", "lang"), ("b", "Language")] {
        let path = format!("{name}/country=de/P1.jsonl");
        folder.write(&path, FACT.replace('{', &format!("{{\"{field}\": \"fr\", ")));
        assert_eq!(read(&folder.path(name), None).1, ["u1 P1 fr a b (None, None)"]);
    }
    folder.write("c/country=de/P1.jsonl", FACT);
    let told = refusal(&folder, "c", &FactsOptions::default());
    assert!(told.contains("the folder `country=de`, whose key is no known one"), "{told}");
}

#[test]
fn fields_of_rows_name_the_language_in_any_letter_case() {
    let folder = Folder::new();
    let row = |field: &str| FACT.replace('{', &format!("{{{field}, "));
    folder.write("any/facts.jsonl", format!("{}\n{}", row(r#""lang": "zh_CN""#), row(r#""LANGUAGE": "de""#)));
    let (_, items, notes) = understood(&folder.path("any"), &FactsOptions::default());
    assert_eq!(items, ["u1 facts zh-CN a b (None, None)", "u1 facts de a b (None, None)"]);
    assert!(notes.languages.values().all(|sources| sources.contains(&LanguageSource::Field)), "{notes:?}");

    folder.write("de/P1.jsonl", row(r#""Lang": "fr""#));
    assert_eq!(
        refusal(&folder, "de", &FactsOptions::default()),
        "de/P1.jsonl, line 1, column 10: `lang` is another language, `fr`, but the folder `de` says `de`"
    );
    folder.write("two/P1.jsonl", row(r#""lang": "fr", "language": "de""#));
    assert_eq!(
        refusal(&folder, "two", &FactsOptions::default()),
        "two/P1.jsonl, line 1, column 10: `language` and `lang` differ, `de` and `fr`; expected one of them"
    );
    folder.write("equal/P1.jsonl", row(r#""lang": "zh_CN", "language": "zh-cn""#));
    assert_eq!(read(&folder.path("equal"), None).1, ["u1 P1 zh-CN a b (None, None)"]);
    folder.write("name/P1.jsonl", row(r#""language": "Chinese""#));
    assert_eq!(
        refusal(&folder, "name", &FactsOptions::default()),
        "name/P1.jsonl, line 1, column 14: `language` is no language: `Chinese` is a language's name; expected its code, `zh`"
    );
    folder.write("near/P1.jsonl", row(r#""languages": "fr""#));
    assert_eq!(
        refusal(&folder, "near", &given("fr")),
        "near/P1.jsonl, line 1, column 15: `languages` stands where `language` is read; expected the name `language`, or \
         neither"
    );
}

#[test]
fn an_english_data_set_is_english_unless_its_folder_is_a_language() {
    let folder = Folder::new();
    folder.write("graphs/P36.jsonl", PARAREL);
    folder.write("fr/P36.jsonl", PARAREL);
    folder.write("german/P36.jsonl", PARAREL);
    let (format, items, notes) = understood(&folder.path("graphs"), &FactsOptions::default());
    assert_eq!((format, items), (FactsFormat::Pararel, vec!["P36 en [X] : [Y]".to_owned()]));
    assert!(notes.languages["en"].contains(&LanguageSource::DataSet));
    assert_eq!(languages(&folder, "graphs", Some("de")), ["de"]);
    assert_eq!(languages(&folder, "fr", None), ["fr"]);
    assert_eq!(
        refusal(&folder, "german", &FactsOptions::default()),
        "no language for german/P36.jsonl: the folder `german` is named as a language, but not by its code, `de`"
    );
    assert_eq!(languages(&folder, "german", Some("de")), ["de"]);
}

#[test]
fn a_multilingual_data_set_in_another_folder_needs_to_be_told() {
    let folder = Folder::new();
    folder.write("data/P36.jsonl", PATTERN);
    folder.write("facts/P36.jsonl", FACT);
    assert_eq!(
        refusal(&folder, "data", &FactsOptions::default()),
        "no language for data/P36.jsonl: mpararel has many languages, and its folder `data` is no language"
    );
    assert_eq!(
        refusal(&folder, "facts/P36.jsonl", &FactsOptions::default()),
        "no language for facts/P36.jsonl: mlama has many languages, and its folder `facts` is no language"
    );
    assert_eq!(languages(&folder, "data", Some("yue")), ["yue"]);
}

#[test]
fn a_language_that_is_given_must_be_a_code_and_agree() {
    let folder = Folder::new();
    folder.write("m/de/templates.jsonl", "{\"relation\": \"P1\", \"template\": \"[X] [Y]\"}\n");
    folder.write("m/zh_CN/templates.jsonl", "{\"relation\": \"P1\", \"template\": \"[X] [Y]\"}\n");
    assert_eq!(
        refusal(&folder, "m", &given("de")),
        "two languages for m/zh_CN/templates.jsonl: the language that was given says `de`, the folder `zh_CN` says `zh-CN`; \
         expected one"
    );
    assert_eq!(languages(&folder, "m/zh_CN", Some("zh-cn")), ["zh-CN"]);
    assert_eq!(
        refusal(&folder, "m/de", &given("German")),
        "no language for m/de/templates.jsonl: the language that was given cannot be read: `German` is a language's name; \
         expected its code, `de`"
    );
}

#[test]
fn codes_that_are_not_known_are_languages_beside_known_ones_only() {
    let folder = Folder::new();
    for language in ["war", "vi", "sh"] {
        folder.write(&format!("tuples/{language}/P36.jsonl"), PATTERN);
    }
    folder.write("other/raw/P36.jsonl", PATTERN);
    assert_eq!(languages(&folder, "tuples", None), ["sh", "vi", "war"]);
    let refused = refusal(&folder, "tuples/war", &FactsOptions::default());
    assert!(refused.contains("its folder `war` is no language"), "what stands beside PATH says nothing: {refused}");
    folder.write("more/fb/P36.jsonl", PATTERN);
    folder.write("more/zh/P36.jsonl", PATTERN);
    let refused = refusal(&folder, "more", &FactsOptions::default());
    assert!(refused.contains("its folder `fb` is no language"), "no language has this code: {refused}");
    let refused = refusal(&folder, "other/raw", &FactsOptions::default());
    assert!(refused.contains("its folder `raw` is no language"), "{refused}");
}

#[test]
fn a_files_name_keeps_an_english_data_set_from_being_taken_for_english() {
    let folder = Folder::new();
    let counterfact = r#"[{"requested_rewrite": {"prompt": "{} is", "relation_id": "P1", "subject": "a", "target_true": {"str": "b"}}}]"#;
    let zsre = r#"[{"subject": "a", "src": "who is a?", "answers": ["b"]}]"#;
    let lama = r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "predicate_id": "P36"}"#;
    let google_re = r#"{"uuid": "u", "sub_label": "a", "obj_label": "b", "pred": "/x/y", "judgments": [{"judgment": "yes"}], "masked_sentences": []}"#;
    for (path, word, content) in [
        ("s/zh.json", "zh", counterfact),
        ("s/counterfact_de.json", "de", counterfact),
        ("s/german.json", "german", zsre),
        ("s/de_zsre.json", "de", zsre),
        ("s/P36.zh.jsonl", "zh", PARAREL),
        ("s/P36-fr.jsonl", "fr", lama),
        ("s/place_pt_BR.jsonl", "pt", google_re),
    ] {
        folder.write(path, content);
        let said = refusal(&folder, path, &FactsOptions::default());
        assert!(
            said.starts_with(&format!(
                "no language for {path}: nothing says it for sure, but the file's name, in which `"
            )),
            "{said}"
        );
        assert!(said.contains(word) || path.contains("pt_BR"), "{said}");
        assert!(!read(&folder.path(path), Some("fr")).1.is_empty(), "{path}: what is given is taken");
    }
    for path in ["t/place_of_birth_test.jsonl", "t/P36.jsonl", "t/en.jsonl", "t/english.jsonl"] {
        folder.write(path, PARAREL);
        assert_eq!(languages(&folder, path, None), ["en"], "{path}");
    }
    folder.write("rows/zh.json", counterfact.replacen('{', r#"{"lang": "zh", "#, 1));
    assert_eq!(languages(&folder, "rows/zh.json", None)[0], "zh", "the row says it");
}

#[test]
fn a_folder_named_as_a_word_is_a_language_only_beside_one() {
    let folder = Folder::new();
    for name in ["ml", "cs", "my", "it", "he", "to", "or", "an", "so", "la", "kn"] {
        for (set, row) in [("mlama", FACT), ("pararel", PARAREL)] {
            let path = format!("{set}/{name}-alone/{name}");
            folder.write(&format!("{path}/P36.jsonl"), row);
            assert_eq!(
                refusal(&folder, &path, &FactsOptions::default()),
                format!(
                    "no language for {path}/P36.jsonl: nothing says it for sure, but the folder `{name}`, which may be a \
                     language's code or something else"
                )
            );
            let options = given(name);
            assert_eq!(understood(&folder.path(&path), &options).2.languages.keys().collect::<Vec<_>>(), [name]);
        }
    }
    for language in ["it", "en", "id"] {
        folder.write(&format!("all/{language}/templates.jsonl"), r#"{"relation": "P1", "template": "[X] [Y]"}"#);
    }
    assert_eq!(languages(&folder, "all", None), ["en", "id", "it"]);
    let refused = refusal(&folder, "all/it", &FactsOptions::default());
    assert!(refused.contains("the folder `it`, which may be"), "`en` stands beside PATH, not within it: {refused}");
    folder.write("lang=de/ml/P36.jsonl", PARAREL);
    assert_eq!(languages(&folder, "lang=de/ml", None), ["de"], "the folder above is sure");
}

#[test]
fn every_name_of_a_hive_key_is_read_and_a_near_one_refused() {
    let folder = Folder::new();
    for key in ["languages", "langs", "Lang-Code", "language_code"] {
        let path = format!("good/{key}=de");
        folder.write(&format!("{path}/P36.jsonl"), PARAREL);
        assert_eq!(languages(&folder, &path, None), ["de"], "{key}");
    }
    folder.write("e/lang=zh%2DHans/P36.jsonl", PARAREL);
    assert_eq!(languages(&folder, "e", None), ["zh-Hans"]);
    for (name, part) in [
        ("locale=de", "close to `language`"),
        ("languge=de", "close to `language`"),
        ("tongue=de", "whose value may be a language"),
        ("lang=__HIVE_DEFAULT_PARTITION__", "which says that its rows have none"),
        ("relaton=P36", "close to `relation`"),
        ("rel=P36", "close to `relation`"),
        ("property=P36", "whose value may be a relation"),
        ("relation=P36/predicate_id=P19", "which say two relations"),
    ] {
        let path = format!("bad/{name}");
        folder.write(&format!("{path}/part-0.jsonl"), PARAREL);
        let said = refusal(&folder, &path, &FactsOptions::default());
        assert!(said.contains(part), "{name}: {said}");
    }
    folder.write("p/predicate_id=P36/part-0.jsonl", PARAREL);
    assert_eq!(read(&folder.path("p"), None).1, ["P36 en [X] : [Y]"]);
    folder.write("q/relation=P36/P19.jsonl", PARAREL);
    let said = refusal(&folder, "q", &FactsOptions::default());
    assert!(said.contains("the relation `P36` by the folder, and `P19` by the file's name"), "{said}");
}
