//! Writes the seeds of `fuzz/corpus/` for the readers of files: one file of each kind that they read.

use super::kept::write;
use super::read::FACTS;
use crate::npy::{f4, npy};
use crate::safetensors::file;
use crate::zip::archive;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const ONE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
#[ignore = "writes files of this repository: cargo xtask fuzz --corpus"]
fn seeds_are_written() {
    let mut any = Vec::new();
    for (format, seeds) in texts().into_iter().chain(arrays()).chain(tables()) {
        write(&format!("import_{format}"), &seeds);
        // Of each format one, to be recognised.
        let (_, bytes) = seeds.into_iter().next().expect("a seed");
        any.push((format, bytes));
    }
    write("import_any", &any);
    write("import_facts", &facts());
    let names: [(&str, &str); 4] = [
        ("tabs", "P36\tcapital\nP36\t首都\tzh\n"),
        ("commas", "Lang,Label,Relation\nen,\"capital, of\",P36\n,place of birth,P19\n"),
        ("lines", "{\"relation\": \"P36\", \"label\": \"capital\", \"lang\": \"en\"}\n"),
        ("object", r#"{"P36": {"en": "capital", "zh": "首都"}, "P19": "place of birth"}"#),
    ];
    write("import_names", &names.map(|(name, text)| (name, text.as_bytes().to_vec())));
    let ids = [("list", "x\ny\n"), ("json", r#"["x", "y"]"#), ("lines", "{\"uuid\": \"x\"}\n{\"uuid\": \"y\"}\n")];
    write("import_ids", &ids.map(|(name, text)| (name, text.as_bytes().to_vec())));
}

type Seeds = Vec<(&'static str, Vec<u8>)>;

fn texts() -> Vec<(&'static str, Seeds)> {
    let rows = [
        r#"{"fact": "a", "lang": "zh", "layer": 0, "neuron": 1, "score": 0.5}"#,
        r#"{"fact": "b", "lang": "eng", "layer": 1, "neuron": 2.0, "score": 1}"#,
    ];
    let pair = r#"[{"tokens": ["[CLS]"], "relation": "P36(capital)", "gold_obj": "Baku"}, {"pred": [], "ig_pred": [[0.5, 0.25, 0.125], [1, -2, 4]], "ig_gold": [[1, 2, 0.5], [0, 0, 0.0625]], "base": []}]"#;
    let amig = r#"{"a": {"suppression": {"pct_change": [-0.5]}, "relation_name": "P36", "neurons": [[1, 2], [0, 0]], "synergistic_neurons_this_uuid": [[[0, 0], [1, 2]]]}, "b": {"neurons": [[0, 1]], "lang": "en", "prompt": 2}}"#;
    let csv = "Fact,lang,prompt,Layer,neuron,score,note\na,zh-CN,2,1,2,0.5,\"y, z\"\na,zh-CN,2.0,0,1,1e-1,x\nb,en,0,0,0,-1,\n";
    let sets = r#"{"b": [[1, 2], [0, 0]], "a": [], "c\u00e9": [[0, 1.0]]}"#;
    let bytes = |text: &str| text.as_bytes().to_vec();
    vec![
        ("records", vec![("lines", bytes(&rows.join("\n"))), ("list", bytes(&format!("[{}]", rows.join(","))))]),
        (
            "kn",
            vec![("bags", bytes(&format!("[{pair}]\n[{pair}, {pair}]\n"))), ("packed", gzip(&format!("[{pair}]\n")))],
        ),
        ("kn_bag", vec![("bags", bytes("[[[1, 2], [0, 0]], [[0.0, 1.0]]]"))]),
        ("amig", vec![("one", bytes(amig)), ("two", bytes(&format!("{amig}{amig}\n")))]),
        (
            "eleutherai",
            vec![("sets", bytes(sets)), ("packed", zstd::stream::encode_all(sets.as_bytes(), 3).expect("in memory"))],
        ),
        (
            "csv",
            vec![
                ("scores", bytes(csv)),
                ("sets", bytes("uuid\tlayer\tneuron\na\t1\t2\nb\t0\t0\n")),
                ("packed", gzip(csv)),
            ],
        ),
    ]
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("in memory");
    encoder.finish().expect("in memory")
}

fn arrays() -> Vec<(&'static str, Seeds)> {
    let two = f4(&[ONE, ONE].concat());
    let members =
        [("u1.npy", npy("<f4", false, "(2, 3)", &f4(&ONE))), ("u2/zh/4.npy", npy("<f4", true, "(2, 3)", &f4(&ONE)))];
    let ids: Vec<u8> = ["a", "b"].iter().flat_map(|id| u32::from(id.as_bytes()[0]).to_le_bytes()).collect();
    let stack = [("scores.npy", npy("<f4", false, "(2, 2, 3)", &two)), ("facts.npy", npy("<U1", false, "(2,)", &ids))];
    let tensor = |about: &str, dtype: &str, shape: &str, len: usize| {
        format!(r#"{{{about}"scores": {{"dtype": "{dtype}", "shape": {shape}, "data_offsets": [0, {len}]}}}}"#)
    };
    let about =
        r#""__metadata__": {"facts": "[\"a\", \"b\"]", "languages": "[\"en\", \"zh\"]", "prompts": "[0, 1]"}, "#;
    vec![
        (
            "npy",
            vec![
                ("one", npy("<f4", false, "(2, 3)", &f4(&ONE))),
                ("stack", npy("<f4", true, "(2, 6)", &two)),
                ("half", npy(">f2", false, "(2, 3)", &[0x3c, 0].repeat(6))),
            ],
        ),
        (
            "npz",
            vec![
                ("stored", archive(&members, false, |_| {})),
                ("deflated", archive(&members, true, |_| {})),
                ("stack", archive(&stack, false, |_| {})),
            ],
        ),
        (
            "safetensors",
            vec![
                ("one", file(&tensor("", "F32", "[2, 3]", 24).replace("scores", "u1/zh/7"), &f4(&ONE))),
                ("stack", file(&tensor(about, "F32", "[2, 2, 3]", 48), &two)),
                ("half", file(&tensor(about, "BF16", "[2, 6]", 24), &two[..24])),
            ],
        ),
    ]
}

#[cfg(not(feature = "parquet"))]
fn tables() -> Vec<(&'static str, Seeds)> {
    Vec::new()
}

#[cfg(feature = "parquet")]
fn tables() -> Vec<(&'static str, Seeds)> {
    use arrow_array::{ArrayRef, Float32Array, RecordBatch, StringArray, UInt8Array};
    use arrow_ipc::writer::{FileWriter, StreamWriter};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{Compression, ZstdLevel};
    use parquet::file::properties::WriterProperties;
    use std::sync::Arc;
    let columns: [(&str, ArrayRef); 4] = [
        ("fact", Arc::new(StringArray::from(vec!["a", "a", "b"]))),
        ("layer", Arc::new(UInt8Array::from(vec![0, 1, 1]))),
        ("neuron", Arc::new(UInt8Array::from(vec![0, 1, 2]))),
        ("score", Arc::new(Float32Array::from(vec![0.5, 0.25, 0.125]))),
    ];
    let table = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let schema = table.schema();
    let packed = |compression| {
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut parquet = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties)).expect("a writer");
        parquet.write(&table).expect("in memory");
        parquet.into_inner().expect("in memory")
    };
    let mut file = FileWriter::try_new(Vec::new(), &schema).expect("a writer");
    file.write(&table).expect("in memory");
    let mut stream = StreamWriter::try_new(Vec::new(), &schema).expect("a writer");
    stream.write(&table).expect("in memory");
    vec![
        (
            "parquet",
            vec![
                ("plain", packed(Compression::UNCOMPRESSED)),
                ("zstd", packed(Compression::ZSTD(ZstdLevel::default()))),
            ],
        ),
        (
            "arrow",
            vec![("file", file.into_inner().expect("in memory")), ("stream", stream.into_inner().expect("in memory"))],
        ),
    ]
}

/// As the target takes them: where the file lies, and what is in it.
fn facts() -> Seeds {
    let mlama = r#"{"sub_uri": "Q227", "obj_uri": "Q9248", "obj_label": "Baku", "sub_label": "Azerbaijan", "lineid": 0, "uuid": "u1"}"#;
    let lama = r#"{"uuid": "u1", "obj_uri": "Q9248", "obj_label": "Baku", "sub_uri": "Q227", "sub_label": "A", "predicate_id": "P36", "evidences": []}"#;
    let template = r#"{"relation": "P36", "template": "The capital of [X] is [Y] ."}"#;
    let counterfact = r#"[{"case_id": 0, "requested_rewrite": {"prompt": "The mother tongue of {} is", "relation_id": "P103", "target_new": {"str": "English", "id": "Q1860"}, "target_true": {"str": "French", "id": "Q150"}, "subject": "Ann"}, "paraphrase_prompts": ["Ann, a native"]}]"#;
    let zsre = r#"[{"subject": "Ann", "src": "What university did Ann attend?", "pred": "X", "rephrase": "Where?", "alt": "Y", "answers": ["Delft", "TU"], "loc": "nq", "loc_ans": "me", "cond": "X >> Y"}]"#;
    let google = r#"{"pred": "/people/person/place_of_birth", "sub": "/m/1", "obj": "/m/2", "judgments": [{"rater": "1", "judgment": "yes"}], "sub_label": "Ann", "obj_label": "Lebanon", "uuid": "u1", "masked_sentences": ["[MASK] ."]}"#;
    let conceptnet = r#"{"sub": "alive", "obj": "think", "pred": "HasSubevent", "masked_sentences": ["When [MASK]."], "obj_label": "think", "uuid": "d4f1"}"#;
    let klar = r#"{"relation_name": "capital city", "prompt_templates": ["Where is <subject>? The answer is: <mask>"], "samples": [{"subject": "France", "object": "Paris", "index": 12}]}"#;
    let bmlama =
        "Prompt\tAns\tCandidate Ans\tSubject\r\nThe capital of France is <mask>.\tParis\tRome, Paris\tFrance\r\n";
    let all = [
        ("mlama", "mlama/en/P36.jsonl", mlama),
        ("mlama-templates", "mlama/en/templates.jsonl", template),
        (
            "mlama-objects",
            "mlama/TREx_multilingual_objects/zh.json",
            r#"{"P36": {"subjects": ["A"], "objects": ["Baku", "Paris"]}}"#,
        ),
        ("lama", "lama/TREx/P36.jsonl", lama),
        ("lama-relations", "lama/relations.jsonl", template),
        ("pararel", "pararel/P36.jsonl", r#"{"pattern": "[Y] is the capital of [X].", "lemma": "capital"}"#),
        (
            "mpararel-patterns",
            "mpararel/patterns/de/P36.jsonl",
            r#"{"pattern": "[X] hat [Y]", "checked-by-human": false}"#,
        ),
        ("mpararel-tuples", "mpararel/tuples/de/P36.jsonl", mlama),
        ("bmlama", "bmlama/en.tsv", bmlama),
        ("klar", "klar/en/capital.json", klar),
        ("counterfact", "cf/counterfact.json", counterfact),
        ("zsre", "zsre/zsre_mend_eval.json", zsre),
        ("google-re", "re/Google_RE/place_of_birth_test.jsonl", google),
        ("conceptnet", "cn/ConceptNet/test.jsonl", conceptnet),
    ];
    let seed = |(name, path, text): (&'static str, &str, &str)| {
        let which = FACTS.iter().position(|known| *known == path).expect("one of them") as u8;
        (name, [&[which], text.as_bytes()].concat())
    };
    all.map(seed).to_vec()
}
