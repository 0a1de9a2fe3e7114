//! Score triplets of Dai et al.'s code.

use kndb_import::IgKind;

use crate::folder::{Folder, options, texts};

/// A prompt as `1_analyze_mlm.py` writes it.
fn prompt(ig_gold: &str) -> String {
    format!(
        r#"[{{"tokens": ["[CLS]", "NaN", "[MASK]"], "relation": "P36(capital)", "gold_obj": "Baku", "pred_obj": "X"}},
           {{"pred": [], "ig_pred": [[0.5, 0.25, 0.125], [1, -2, 4]], "ig_gold": {ig_gold}, "base": []}}]"#
    )
    .replace('\n', " ")
}

fn bags(bags: &[&[&str]]) -> String {
    let line =
        |prompts: &&[&str]| format!("[{}]\n", prompts.iter().map(|ig| prompt(ig)).collect::<Vec<_>>().join(", "));
    bags.iter().map(line).collect()
}

#[test]
fn a_line_is_a_fact_with_a_prompt_for_each_of_its_pairs() {
    let folder = Folder::new();
    folder.write("P36.rlt.jsonl", bags(&[&["[[1, 2, 0.5], [0, 0, 0.0625]]", "[[0, 1, 0.25]]"], &["[]"]]));
    let read = folder.read("P36.rlt.jsonl");
    assert_eq!(read.format, "kn");
    assert_eq!(
        texts(&read),
        [
            "kn:P36:0/en/0 sparse [0, 5] [0.0625, 0.5] floor 0.05",
            "kn:P36:0/en/1 sparse [1] [0.25] floor 0.025",
            "kn:P36:1/en/0 sparse [] [] floor 0",
        ]
    );
}

#[test]
fn the_words_of_a_prompt_say_what_the_model_answered() {
    let folder = Folder::new();
    let said = |gold: &str, pred: &str, ignore: &[&str]| {
        let line = prompt("[[0, 0, 1.0]]").replace("\"Baku\"", gold).replace("\"X\"", pred);
        folder.write("x.rlt.jsonl", line);
        let ignore = ignore.iter().map(|name| (*name).to_owned()).collect();
        let read = folder.read_with("x.rlt.jsonl", &kndb_import::Options { ignore, ..options() }).expect("valid");
        let kndb_storage::EntryData::Scores(scores) = &read.entries[0].data else { panic!("scores") };
        scores.origin.as_ref().map(|origin| (origin.answer.clone(), origin.rank))
    };
    assert_eq!(said("\"Baku\"", "\"Paris\"", &[]), Some((Some("Paris".into()), None)));
    assert_eq!(said("\"Baku\"", "\"Baku\"", &[]), Some((Some("Baku".into()), Some(1))));
    assert_eq!(said("null", "\"Baku\"", &[]), Some((Some("Baku".into()), None)));
    for unknown in ["null", "\"\"", "7"] {
        assert_eq!(said("\"Baku\"", unknown, &[]), None, "{unknown}");
    }
    assert_eq!(said("\"Baku\"", "\"Baku\"", &["pred_obj"]), None);
}

#[test]
fn other_scores_may_be_chosen_and_may_be_dense() {
    let folder = Folder::new();
    folder.write("x.jsonl", bags(&[&["[]"]]));
    let mut options = options();
    options.shape = kndb_storage::Shape::new(1, 4).expect("small");
    options.ig = IgKind::Pred;
    let line = prompt("[]").replace("[[0.5, 0.25, 0.125], [1, -2, 4]]", "[[0.5, -0.25, 0, 1e-3]]");
    folder.write("x.jsonl", line);
    let read = folder.read_with("x.jsonl", &options).expect("a bag of one prompt");
    assert_eq!(texts(&read), ["kn:P36:0/en/0 dense [0.5, -0.25, 0.0, 0.001]"]);
}

#[test]
fn the_relations_lama_file_gives_the_ids() {
    let folder = Folder::new();
    folder.write("x.rlt.jsonl", bags(&[&["[[0, 0, 1.0]]"], &["[[0, 0, 1.0]]"]]));
    let ids = folder.write("P36.jsonl", "{\"uuid\": \"u1\", \"sub_label\": \"a\"}\n{\"uuid\": \"u2\"}\n");
    let mut options = options();
    options.ids = Some(ids);
    let read = folder.read_with("x.rlt.jsonl", &options).expect("valid");
    assert_eq!(texts(&read), ["u1/en/0 sparse [0] [1.0] floor 0.1", "u2/en/0 sparse [0] [1.0] floor 0.1"]);

    folder.write("P36.jsonl", "{\"uuid\": \"u1\"}\n");
    assert_eq!(
        folder.refusal_with("x.rlt.jsonl", &options).replace(&folder.path("").display().to_string(), ""),
        "x.rlt.jsonl, line 2: found more bags than the 1 fact ids of P36.jsonl; expected one fact id a bag, \
         in the order of the bags"
    );
}

#[test]
fn repeated_triplets_are_dropped_and_conflicting_ones_refused() {
    let folder = Folder::new();
    folder.write("x.rlt.jsonl", bags(&[&["[[0, 0, 1.0], [0, 0, 1.0]]"]]));
    let read = folder.read("x.rlt.jsonl");
    assert_eq!((texts(&read), read.duplicates), (vec!["kn:P36:0/en/0 sparse [0] [1.0] floor 0.1".to_owned()], 1));
    assert_eq!(
        folder.refusal("x.rlt.jsonl", bags(&[&["[[0, 0, 1.0], [0, 0, 0.5]]"]])),
        "x.rlt.jsonl, line 1: layer 0, neuron 0 of fact `kn:P36:0` has the scores 1 and 0.5; expected one; \
         keep the right one"
    );
}

#[test]
fn scores_that_are_not_finite_are_named() {
    let folder = Folder::new();
    for (written, found) in [
        ("NaN", "NaN"),
        ("null", "NaN"),
        ("Infinity", "infinite (or too large for 32 bits)"),
        ("-Infinity", "minus infinity (or too large for 32 bits)"),
        ("1e60", "infinite (or too large for 32 bits)"),
        ("-1e60", "minus infinity (or too large for 32 bits)"),
    ] {
        assert_eq!(
            folder.refusal("x.rlt.jsonl", bags(&[&["[[0, 0, 1.0]]"], &[&format!("[[1, 2, {written}]]")]])),
            format!(
                "x.rlt.jsonl, line 2: the score of layer 1, neuron 2 of fact `kn:P36:1` is {found}; expected a \
                 finite 32-bit number; repeat this fact's attribution or take it out of the file"
            )
        );
    }
}

#[test]
fn a_run_without_these_scores_is_refused() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("x.rlt.jsonl", bags(&[&["[]"]])),
        "x.rlt.jsonl, line 1: found no scores: `ig_gold` is empty in the first bag; expected scores in \
         `ig_gold`; choose `ig_pred` or `base` if the file holds those"
    );
}

#[test]
fn bad_triplets_and_cut_lines() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("x.rlt.jsonl", bags(&[&["[[2, 0, 1.0]]"]])),
        "x.rlt.jsonl, line 1: layer 2, neuron 0 of fact `kn:P36:0` lies outside the model; expected layers 0 \
         to 1 and neurons 0 to 2 (2 layers × 3); check the run's shape, and that neurons are counted within their layer"
    );
    assert_eq!(
        folder.refusal("x.rlt.jsonl", bags(&[&["[[0.5, 0, 1.0]]"]])),
        "x.rlt.jsonl, line 1: found layer 0.5, neuron 0 in `ig_gold` of fact `kn:P36:0`, prompt 0; expected \
         whole numbers from 0"
    );
    let whole = bags(&[&["[[0, 0, 1.0]]"], &["[[0, 0, 1.0]]"]]);
    assert!(
        folder.refusal("x.rlt.jsonl", &whole[..whole.len() - 9]).contains("after 1 complete bags"),
        "the second line is cut"
    );
}
