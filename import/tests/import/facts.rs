//! mLAMA, LAMA T-REx and ParaRel, as folders and as single files.

use kndb_import::facts::FactsFormat;

use crate::facts_reading::read;
use crate::folder::Folder;

const MLAMA: &str = r#"{"sub_uri": "Q227", "obj_uri": "Q9248", "obj_label": "Baku", "sub_label": "Azerbaijan", "lineid": 0, "uuid": "u1"}
"#;
const LAMA: &str = r#"{"uuid": "u1", "obj_uri": "Q9248", "obj_label": "Baku", "sub_uri": "Q227", "sub_label": "Azerbaijan", "predicate_id": "P36", "evidences": [{"sub_surface": "A"}]}
"#;
const TEMPLATES: &str = "{\"relation\": \"P36\", \"template\": \"The capital of [X] is [Y] .\"}\n";
const PATTERN: &str = "{\"pattern\": \"[Y] is the capital of [X].\", \"lemma\": \"capital\"}\n\n";
const CANDIDATES: &str = r#"{"P36": {"subjects": ["Azerbaijan"], "objects": ["Baku", "Paris"]}}"#;

fn fact(language: &str) -> String {
    format!(r#"u1 P36 {language} Azerbaijan Baku (Some("Q227"), Some("Q9248"))"#)
}

fn template(language: &str) -> String {
    format!("P36 {language} The capital of [X] is [Y] .")
}

#[test]
fn a_folder_of_mlama_languages_with_candidates() {
    let folder = Folder::new();
    for language in ["en", "zh"] {
        folder.write(&format!("mlama/{language}/P36.jsonl"), MLAMA);
        folder.write(&format!("mlama/{language}/templates.jsonl"), TEMPLATES);
    }
    folder.write("mlama/TREx_multilingual_objects/zh.json", CANDIDATES);
    let candidates = r#"P36 zh ["Azerbaijan"] ["Baku", "Paris"]"#.to_owned();
    let all = vec![fact("en"), template("en"), fact("zh"), template("zh"), candidates.clone()];
    assert_eq!(read(&folder.path("mlama"), None), (FactsFormat::Mlama, all));
    assert_eq!(read(&folder.path("mlama/zh"), None), (FactsFormat::Mlama, vec![fact("zh"), template("zh")]));
    assert_eq!(read(&folder.path("mlama/zh"), Some("ZH")).1, [fact("zh"), template("zh")]);
    assert_eq!(read(&folder.path("mlama/zh/P36.jsonl"), None).1, [fact("zh")]);
    assert_eq!(read(&folder.path("mlama/zh/templates.jsonl"), None).1, [template("zh")]);
    assert_eq!(read(&folder.path("mlama/TREx_multilingual_objects"), None).1, std::slice::from_ref(&candidates));
    assert_eq!(read(&folder.path("mlama/TREx_multilingual_objects/zh.json"), None).1, [candidates]);
}

#[test]
fn lama_with_the_templates_above_its_folder() {
    let folder = Folder::new();
    folder.write("data/TREx/P36.jsonl", LAMA);
    folder.write("data/relations.jsonl", TEMPLATES);
    let all = vec![fact("en"), template("en")];
    assert_eq!(read(&folder.path("data"), None), (FactsFormat::Lama, all.clone()));
    assert_eq!(read(&folder.path("data/TREx"), None), (FactsFormat::Lama, all));
    assert_eq!(read(&folder.path("data/TREx"), Some("de")).1, [fact("de"), template("de")]);
    assert_eq!(read(&folder.path("data/TREx/P36.jsonl"), None), (FactsFormat::Lama, vec![fact("en")]));
}

#[test]
fn pararel_patterns_are_templates() {
    let folder = Folder::new();
    folder.write("pararel/P36.jsonl", PATTERN);
    folder.write("pararel/P17.jsonl", "");
    let all = vec!["P36 en [Y] is the capital of [X].".to_owned()];
    assert_eq!(read(&folder.path("pararel"), None), (FactsFormat::Pararel, all.clone()));
    assert_eq!(read(&folder.path("pararel/P36.jsonl"), None), (FactsFormat::Pararel, all));
}
