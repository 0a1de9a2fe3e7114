//! Tables as text.

use kndb_import::Options;

use crate::folder::{Folder, options, texts};

#[test]
fn scores_with_commas_tabs_semicolons_and_bars() {
    let folder = Folder::new();
    let table = "\u{feff}Fact,lang,prompt,Layer,neuron,score,note\n\
                 a,zh_CN,2,1,2,0.5,x\n\
                 a,zh-CN,2.0,0,1,1e-1,\"y, z\"\n\
                 b,zh-CN,0,0,0,-1,\n";
    for (name, separator) in
        [("t.csv", ","), ("t.tsv", "\t"), ("semicolons.csv", ";"), ("bars.csv", "|"), ("unnamed", ",")]
    {
        let text =
            if separator == "," { table.to_owned() } else { table.replace("\"y, z\"", "y").replace(',', separator) };
        folder.write(name, text);
        let read = folder.read(name);
        assert_eq!(read.format, "csv", "{name}");
        assert_eq!(
            texts(&read),
            ["a/zh-CN/2 sparse [1, 5] [0.1, 0.5] floor 0.10000001", "b/zh-CN/0 sparse [0] [-1.0] floor -0.99999994"],
            "{name}"
        );
        assert_eq!(read.not_used, ["column note"]);
    }
}

#[test]
fn without_scores_rows_are_neuron_sets() {
    let folder = Folder::new();
    folder.write("t.csv", "uuid,layer,neuron\na,1,2\na,0,1\nb,0,0\nb,0,0\n");
    let read = folder.read("t.csv");
    assert_eq!((texts(&read), read.duplicates), (vec!["a/en/0 neurons [1, 5]".into(), "b/en/0 neurons [0]".into()], 1));
}

#[test]
fn a_row_that_is_wrong_is_named_by_its_line_and_column() {
    let folder = Folder::new();
    let refusal = |row: &str| {
        let text = format!("fact,layer,neuron,score\na,0,0,1\n{row}\n");
        folder.refusal("t.csv", text).strip_prefix("t.csv, line 3: ").expect("of the third line").to_owned()
    };
    assert_eq!(refusal("a,3.5,0,1"), "found `3.5` in column `layer`; expected a whole number");
    assert_eq!(refusal("a,x,0,1"), "found `x` in column `layer`; expected a whole number");
    assert_eq!(refusal("a,0,1,"), "found a null in column `score`; expected a value in every row");
    assert_eq!(refusal(",0,1,1"), "found a null in column `fact`; expected a value in every row");
    assert_eq!(refusal("a,0,1,high"), "found `high` in column `score`; expected a number");
    assert_eq!(refusal("a,0,1"), "found 3 values; expected 4, one for each column");
    assert!(refusal("a,0,1,inf").contains("is infinite (or too large for 32 bits)"));
    assert!(refusal("a,0,1,-1e39").contains("is minus infinity (or too large for 32 bits)"));
    assert!(refusal("a,0,1,NaN").contains("is NaN"));
    assert!(refusal("a,0,9,1").starts_with("layer 0, neuron 9 of fact `a` lies outside the model"));
    assert_eq!(
        folder.refusal("t.csv", b"fact,layer,neuron\na,0,0\n\xFF,0,1\n"),
        "t.csv, line 3: found bytes that are not UTF-8; expected text in UTF-8"
    );
}

#[test]
fn a_column_of_numbers_without_a_name_that_is_known_is_not_dropped() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("t.csv", "fact,layer,neuron,strength\na,0,0,0.5\n"),
        "t.csv: found a column `strength` of numbers, and no column `score`; expected the name `score` if they are \
         scores, or that it is named as one to leave out"
    );
    let mut options = options();
    options.ignore = vec!["strength".to_owned()];
    let read = folder.read_with("t.csv", &options).expect("a set");
    assert_eq!((texts(&read), read.not_used), (vec!["a/en/0 neurons [0]".into()], vec!["column strength".into()]));
}

#[test]
fn a_column_of_numbers_is_one_whatever_its_first_row_holds() {
    let folder = Folder::new();
    for first in ["0", "1", "", "n/a"] {
        let text = format!("fact,layer,neuron,weight\na,0,0,{first}\na,0,1,0.25\nb,0,0,0.5\n");
        let told = folder.refusal("t.csv", text);
        assert!(told.starts_with("t.csv: found a column `weight` of numbers, and no column `score`"), "{told}");
    }
    let mut skipping = options();
    skipping.skip_invalid = true;
    folder.write("t.csv", "fact,layer,neuron,weight\na,0\na,0,1,0.25\n");
    assert!(folder.refusal_with("t.csv", &skipping).contains("a column `weight` of numbers"), "behind a bad row");
    // The index of pandas is no scores, and one number makes no column of texts one.
    folder.write("t.csv", ",fact,layer,neuron,note\n0,a,0,0,x\n1,a,0,1,y\n2,b,0,0,2.5\n");
    assert_eq!(folder.read("t.csv").entries.len(), 2);
}

#[test]
fn a_file_without_rows_has_no_entries() {
    let folder = Folder::new();
    folder.write("t.csv", "fact,layer,neuron\n");
    assert_eq!(folder.read("t.csv").entries, []);
}

#[test]
fn decimal_commas_are_named_and_no_column_is_overlooked_for_them() {
    let folder = Folder::new();
    let told = folder.refusal("t.csv", "fact;layer;neuron;score\na;0;1;0,5\n");
    assert_eq!(
        told,
        "t.csv, line 2: found `0,5` in column `score`, a number with a comma, for decimals or for thousands; \
         expected a decimal point and no sign for thousands (in pandas: `to_csv(path, decimal=\".\")`)"
    );
    let told = folder.refusal("t.csv", "fact;layer;neuron;wert\na;0;1;0,5\nb;0;1;1,25e-3\n");
    assert!(told.contains("a column `wert` of numbers, and no column `score`"), "{told}");
}

#[test]
fn the_index_of_pandas_is_called_that() {
    let folder = Folder::new();
    folder.write("t.csv", ",fact,layer,neuron,score\n0,a,0,1,0.5\n");
    assert_eq!(folder.read("t.csv").not_used, ["column without a name (the index column of pandas)"]);
    folder.write("t.csv", "Unnamed: 0,fact,layer,neuron,score\n0,a,0,1,0.5\n");
    assert_eq!(folder.read("t.csv").not_used, ["column Unnamed: 0 (the index column of pandas)"]);
}

#[test]
fn a_column_whose_values_are_languages_is_not_dropped() {
    let folder = Folder::new();
    for name in ["iso639_1", "lg", "sprache", "third"] {
        let table = format!("fact,{name},layer,neuron\na,zh,0,0\nb,,0,1\nc,de,0,1\n");
        let told = folder.refusal("t.csv", &table);
        assert!(told.contains(&format!("a column `{name}`")) && told.contains("named as one to leave out"), "{told}");
        let left_out = Options { ignore: vec![name.to_owned()], ..options() };
        folder.write("t.csv", &table);
        assert_eq!(folder.read_with("t.csv", &left_out).expect("without it").entries.len(), 3);
    }
    folder.write("t.csv", "fact,kind,layer,neuron\na,id,0,0\nb,no,0,1\n");
    assert_eq!(folder.read("t.csv").entries.len(), 2, "words that are codes, too");
}

#[test]
fn a_column_of_languages_is_seen_behind_rows_that_are_passed_over() {
    let folder = Folder::new();
    let skipping = Options { skip_invalid: true, ..options() };
    for rows in ["x,0\na,zh,0,0\nb,de,0,1\n", "a,it,0,0\nx,0\nb,zh,0,1\n", "a,,0,0\nx,0\nb,zh,0,1\n"] {
        folder.write("t.csv", format!("fact,third,layer,neuron\n{rows}"));
        let told = folder.refusal_with("t.csv", &skipping);
        assert!(told.contains("a column `third` whose values are codes of languages (`zh`)"), "{told}");
    }
    folder.write("t.csv", "fact,third,layer,neuron\na,any,0,0\nx,0\nb,zh,0,1\n");
    let read = folder.read_with("t.csv", &skipping).expect("a column of texts");
    assert_eq!(read.not_used, ["column third"]);
}

#[test]
fn two_columns_that_write_one_language_in_two_ways_agree() {
    let folder = Folder::new();
    folder.write("t.csv", "fact,lang,language_code,layer,neuron\na,zh_CN,zh-CN,0,0\nb,eng,en,0,1\n");
    assert_eq!(texts(&folder.read("t.csv")), ["a/zh-CN/0 neurons [0]", "b/en/0 neurons [1]"]);
    let told = folder.refusal("t.csv", "fact,lang,language_code,layer,neuron\na,zh_CN,zh-TW,0,0\n");
    assert!(told.contains("found `zh_CN` in column `lang` and `zh-TW` in column `language_code`"), "{told}");
}

#[test]
fn two_scores_of_a_neuron_are_named_by_the_line_of_the_last_row_of_its_fact() {
    let folder = Folder::new();
    for next in ["", "b,0,0,1\n"] {
        let text = format!("fact,layer,neuron,score\n\n\na,0,0,1\na,0,0,2\n\n{next}");
        let told = folder.refusal("t.csv", text);
        assert!(told.starts_with("t.csv, line 5: layer 0, neuron 0 of fact `a` has the scores"), "{told}");
    }
}

#[test]
fn nan_is_a_missing_language_unless_other_codes_are_of_three_letters() {
    let folder = Folder::new();
    for missing in ["nan", "NaN", "None", "null"] {
        let told = folder.refusal("t.csv", format!("fact,lang,layer,neuron\na,zh,0,0\nb,{missing},0,1\n"));
        assert!(told.contains(&format!("found `{missing}` in column `lang`, which is how programs write")), "{told}");
    }
    folder.write("t.csv", "fact,lang,layer,neuron\na,yue,0,0\nb,nan,0,1\n");
    assert_eq!(texts(&folder.read("t.csv")), ["a/yue/0 neurons [0]", "b/nan/0 neurons [1]"]);
    let told = folder.refusal("t.csv", "fact,lang,layer,neuron\na,eng,0,0\nb,deu,0,1\nc,nan,0,1\n");
    assert!(told.contains("found `nan` in column `lang`"), "`eng` and `deu` have codes of two letters: {told}");
    folder.write("t.csv", "fact,lang,layer,neuron\na,yue,0,0\nx,0\nb,nan,0,1\nc,nan,0,2\n");
    let read = folder.read_with("t.csv", &Options { skip_invalid: true, ..options() }).expect("a row is passed over");
    assert_eq!(texts(&read), ["c/nan/0 neurons [2]"], "the facts beside the bad row are left out");
}

#[test]
fn a_score_that_is_zero_only_in_32_bits_is_refused() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("t.csv", "fact,layer,neuron,score\na,0,0,1\na,0,1,-1e-50\na,0,2,0.0\n"),
        "t.csv, line 3: found -1e-50 in column `score`, which is 0 in 32 bits; expected scores of at least \
         1e-45, or 0: multiply a fact's scores by one number, or write 0"
    );
}

#[test]
fn facts_are_told_to_be_facts() {
    let folder = Folder::new();
    let told = folder.refusal("t.csv", "uuid,relation,lang,sub_label,obj_label\nu,P36,en,France,Paris\n");
    assert!(told.contains("a file of facts, not of scores; `kndb facts DB PATH`"), "{told}");
    let told = folder.refusal("t.jsonl", r#"{"uuid": "u", "sub_label": "France", "obj_label": "Paris"}"#);
    assert!(told.contains("a file of facts, not of scores; `kndb facts DB PATH`"), "{told}");
}

#[test]
fn a_column_that_says_which_rows_are_neurons_is_not_dropped() {
    let folder = Folder::new();
    for (one, other) in [("True", "False"), ("yes", "no"), ("y", "N"), ("1", "0"), ("1", "2"), ("true", "true")] {
        let told = folder.refusal("t.csv", format!("fact,layer,neuron,is_kn\na,0,1,{one}\na,1,2,{other}\n"));
        assert!(told.starts_with("t.csv: found a column `is_kn` of ") && told.contains("no column `score`"), "{told}");
        let mut without = options();
        without.ignore = vec!["is_kn".to_owned()];
        assert_eq!(folder.read_with("t.csv", &without).expect("left out").entries.len(), 1);
    }
    let told = folder.refusal("t.jsonl", r#"{"fact": "a", "layer": 0, "neuron": 1, "is_kn": false}"#);
    assert!(told.contains("a column `is_kn` of yes and no"), "{told}");
}

#[test]
fn a_line_that_says_the_separator_is_none_of_the_table() {
    let folder = Folder::new();
    for start in ["sep=;\n", "sep=;\r\n", "\"sep=;\"\r\n", "\u{feff}sep=;\n"] {
        folder.write("t.csv", format!("{start}fact;layer;neuron;score\na;0;1;0.5\n"));
        assert_eq!(texts(&folder.read("t.csv")), ["a/en/0 sparse [1] [0.5] floor 0.50000006"], "{start:?}");
        let told = folder.refusal("t.csv", format!("{start}fact;layer;neuron;score\na;0;1;x\n"));
        assert!(told.starts_with("t.csv, line 3: found `x`"), "{told}");
    }
    folder.write("t.tsv", "sep=\t\nfact\tlayer\tneuron\na\t0\t1\n");
    assert_eq!(texts(&folder.read("t.tsv")), ["a/en/0 neurons [1]"]);
}

#[test]
fn a_fact_id_that_no_store_takes_is_told_with_its_line() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("t.csv", "fact,layer,neuron\na,0,1\n\"b\nc\",0,1\n"),
        "t.csv, line 3: found the fact id `b\\nc` with a line break or another control character; expected 1 to 1,000 \
         bytes of text without control characters"
    );
    assert!(folder.refusal("t.csv", "fact,layer,neuron\nb\0c,0,1\n").starts_with("t.csv, line 2: found the fact id"));
    let told = folder.refusal("n.json", r#"{"a": [[0, 1]], "b\nc": [[0, 1]]}"#);
    assert!(told.starts_with("n.json, line 1, column 25: found the fact id `b\\nc`"), "{told}");
}

#[test]
fn what_is_no_table_is_told_for_what_it_is() {
    let folder = Folder::new();
    let table = "fact,layer,neuron\na,0,1\n";
    let utf16: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [[&b"\xFF\xFE"[..], &utf16].concat(), utf16.clone()] {
        assert!(folder.refusal("t.csv", bytes).starts_with("t.csv is text in UTF-16; write it again in UTF-8"));
    }
    let packed = crate::zip::archive(&[("t.csv", table.into())], false, |_| {});
    assert!(folder.refusal("t.csv.zip", packed).starts_with("t.csv.zip is a zip archive of other files; unpack it"));
}
