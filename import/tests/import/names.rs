//! What arrays and tensors say besides scores: their names, lists beside them, metadata.

use crate::folder::{Folder, options, texts};
use crate::npy::{f4, npy};
use crate::safetensors::file;
use crate::zip::archive;

const ONE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const TEXT: &str = "dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]";

fn tensors(about: &str, names: &[&str]) -> Vec<u8> {
    let tensor = |(at, name): (usize, &&str)| {
        format!(r#""{name}": {{"dtype": "F32", "shape": [2, 3], "data_offsets": [{}, {}]}}"#, 24 * at, 24 * at + 24)
    };
    let tensors: Vec<_> = names.iter().enumerate().map(tensor).collect();
    file(&format!("{{{about}{}}}", tensors.join(", ")), &f4(&ONE.repeat(names.len())))
}

/// `scores` of two facts, and metadata.
fn stack(about: &str) -> Vec<u8> {
    let scores = r#""scores": {"dtype": "F32", "shape": [2, 6], "data_offsets": [0, 48]}"#;
    file(&format!(r#"{{"__metadata__": {about}, {scores}}}"#), &f4(&ONE.repeat(2)))
}

fn strings(values: &[&str]) -> Vec<u8> {
    let width = values.iter().map(|value| value.len()).max().unwrap_or(1);
    let data: Vec<u8> = values.iter().flat_map(|value| format!("{value:\0<width$}").into_bytes()).collect();
    npy(&format!("|S{width}"), false, &format!("({},)", values.len()), &data)
}

#[test]
fn names_with_codes_of_bcp_47_are_a_fact_and_a_language() {
    let folder = Folder::new();
    let names = ["f1/en", "f1/zh", "f1/zh-Hans", "f1/pt-BR/3", "f1/zh_CN"];
    folder.write("s.safetensors", tensors("", &names));
    let members: Vec<_> = names.iter().map(|name| format!("{name}.npy")).collect();
    let members: Vec<_> = members.iter().map(|name| (name.as_str(), npy("<f4", false, "(2, 3)", &f4(&ONE)))).collect();
    folder.write("a.npz", archive(&members, false, |_| {}));
    let mut expected =
        ["f1/en/0", "f1/zh/0", "f1/zh-Hans/0", "f1/pt-BR/3", "f1/zh-CN/0"].map(|key| format!("{key} {TEXT}"));
    expected.sort();
    for name in ["s.safetensors", "a.npz"] {
        let mut read = texts(&folder.read(name));
        read.sort();
        assert_eq!(read, expected, "{name}");
    }
}

#[test]
fn names_that_say_something_impossible_are_refused() {
    let folder = Folder::new();
    for last in ["70000", "-1", "x", "3.5", "de"] {
        let name = format!("a/en/{last}");
        let expected = format!("after the language `en`, `{last}` is no prompt's number, 0 to 65535");
        assert_eq!(
            folder.refusal("s.safetensors", tensors("", &[&name])),
            format!("s.safetensors, array `{name}`: {expected}")
        );
        let member = [(&*format!("{name}.npy"), npy("<f4", false, "(2, 3)", &f4(&ONE)))];
        assert_eq!(
            folder.refusal("a.npz", archive(&member, false, |_| {})),
            format!("a.npz, array `{name}`: {expected}")
        );
    }
    assert_eq!(
        folder.refusal("s.safetensors", tensors("", &["a/Chinese"])),
        "s.safetensors, array `a/Chinese`: `Chinese` is a language's name; expected its code, `a/zh`"
    );
}

#[test]
fn one_name_twice_is_refused() {
    let folder = Folder::new();
    let one = || npy("<f4", false, "(2, 3)", &f4(&ONE));
    assert_eq!(
        folder.refusal("a.npz", archive(&[("a.npy", one()), ("b.npy", one()), ("a.npy", one())], false, |_| {})),
        "a.npz, array `a.npy`: found a second member of this name; expected each name once; write the archive again"
    );
    assert_eq!(
        folder.refusal("s.safetensors", tensors("", &["a", "a"])),
        "s.safetensors: the file cannot be read as safetensors: its header has `a` twice"
    );
    assert!(
        folder
            .refusal("s.safetensors", stack(r#"{"facts": "[\"a\", \"b\"]", "lang": "en", "lang": "zh"}"#))
            .ends_with("its header has `lang` twice")
    );
}

#[test]
fn metadata_and_lists_are_read_in_any_letter_case_for_one_fact_or_for_all() {
    let folder = Folder::new();
    let abouts = [
        r#"{"Facts": "[\"a\", \"b\"]", "Language": "zh_CN", "PROMPT": "2"}"#,
        r#"{"uuids": "[\"a\", \"b\"]", "LANGS": "[\"zh-CN\", \"zh_cn\"]", "prompts": "[2, 2.0]"}"#,
        r#"{"ids": "[\"a\", \"b\"]", "language_code": "\"zh-CN\"", "prompt_id": "2", "format": "pt"}"#,
    ];
    let expected = [format!("a/zh-CN/2 {TEXT}"), format!("b/zh-CN/2 {TEXT}")];
    for about in abouts {
        folder.write("s.safetensors", stack(about));
        let read = folder.read("s.safetensors");
        assert_eq!((texts(&read), read.not_used), (expected.to_vec(), vec![]), "{about}");
    }
    let scores = || npy("<f4", false, "(2, 6)", &f4(&ONE.repeat(2)));
    let all = npy("|S5", false, "()", b"zh_CN");
    let archives = [
        vec![
            ("Scores.npy", scores()),
            ("FACTS.npy", strings(&["a", "b"])),
            ("lang.npy", all.clone()),
            ("Prompt.npy", npy("<f8", false, "()", &2.0_f64.to_le_bytes())),
        ],
        vec![
            ("attributions.npy", scores()),
            ("fact_id.npy", strings(&["a", "b"])),
            ("Languages.npy", strings(&["zh-CN", "zh-cn"])),
            ("prompts.npy", npy("|u1", false, "(2,)", &[2, 2])),
        ],
    ];
    for members in archives {
        folder.write("a.npz", archive(&members, false, |_| {}));
        assert_eq!(texts(&folder.read("a.npz")), expected);
    }
    // An array a fact, and one language for all.
    folder.write(
        "a.npz",
        archive(&[("u.npy", npy("<f4", false, "(2, 3)", &f4(&ONE))), ("language.npy", all)], false, |_| {}),
    );
    assert_eq!(texts(&folder.read("a.npz")), [format!("u/zh-CN/0 {TEXT}")]);
    folder.write("s.safetensors", tensors(r#""__metadata__": {"lang": "pt_br"}, "#, &["u"]));
    assert_eq!(texts(&folder.read("s.safetensors")), [format!("u/pt-BR/0 {TEXT}")]);
}

#[test]
fn what_disagrees_is_named_on_both_sides() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("s.safetensors", tensors(r#""__metadata__": {"lang": "de"}, "#, &["u/zh"])),
        "s.safetensors, array `u/zh`: the array's name says language `zh`, but the metadata's `lang` says `de`; expected one \
         language; correct the one that is wrong, or leave it out"
    );
    let mut options = options();
    options.language = Some("en".to_owned());
    folder.write("s.safetensors", tensors("", &["u/zh"]));
    assert!(
        folder
            .refusal_with("s.safetensors", &options)
            .contains("the array's name says language `zh`, but the option for the language says `en`")
    );
    options.language = Some("zh".to_owned());
    options.prompt = Some(3);
    folder.write("s.safetensors", tensors("", &["u/zh/2"]));
    assert!(
        folder
            .refusal_with("s.safetensors", &options)
            .contains("says prompt `2`, but the option for the prompt says `3`")
    );
    options.prompt = None;
    options.run = Some("amig".to_owned());
    folder.write("s.safetensors", tensors(r#""__metadata__": {"Run": "kn"}, "#, &["u/zh/2"]));
    assert!(
        folder
            .refusal_with("s.safetensors", &options)
            .contains("the metadata's `Run` says run `kn`, but the name of the run")
    );
    // Two lists of ids.
    folder.write("s.safetensors", stack(r#"{"facts": "[\"a\", \"b\"]"}"#));
    folder.write("s.safetensors.ids.txt", "a\nc\n");
    assert!(
        folder.refusal_with("s.safetensors", &crate::folder::options()).contains("the metadata's `facts` says `a, b`")
    );
    folder.write("s.safetensors.ids.txt", "a\nb\n");
    assert_eq!(folder.read("s.safetensors").entries.len(), 2);
}

#[test]
fn what_is_not_used_is_noted_and_a_near_miss_is_refused() {
    let folder = Folder::new();
    let facts = r#""facts": "[\"a\", \"b\"]""#;
    folder.write("s.safetensors", stack(&format!(r#"{{{facts}, "note": "x", "model": "m"}}"#)));
    assert_eq!(folder.read("s.safetensors").not_used, ["metadata model", "metadata note"]);
    let told = folder.refusal("s.safetensors", stack(&format!(r#"{{{facts}, "languge": "zh"}}"#)));
    assert!(told.contains("found `languge` in the metadata, a name close to `languages`"), "{told}");
    let told = folder.refusal("s.safetensors", stack(&format!(r#"{{{facts}, "language": "Chinese"}}"#)));
    assert!(told.contains("`Chinese` is a language's name; expected its code, `zh`"), "{told}");

    let scores = || npy("<f4", false, "(2, 6)", &f4(&ONE.repeat(2)));
    let with = |name: &'static str, array: Vec<u8>| {
        archive(&[("scores.npy", scores()), ("facts.npy", strings(&["a", "b"])), (name, array)], false, |_| {})
    };
    folder.write("a.npz", with("notes.npy", strings(&["x", "y"])));
    assert_eq!(folder.read("a.npz").not_used, ["array notes"]);
    let told = folder.refusal("a.npz", with("lnguages.npy", strings(&["zh", "zh"])));
    assert!(told.contains("a name close to `languages`"), "{told}");
    let told = folder.refusal("a.npz", with("u1.npy", npy("<f4", false, "(2, 3)", &f4(&ONE))));
    assert!(told.starts_with("a.npz, array `u1`: found scores beside those of the array `scores`"), "{told}");
    let told = folder.refusal("a.npz", with("Score.npy", scores()));
    assert!(told.contains("found scores beside those of the array `scores`"), "{told}");
    let only = archive(&[("facts.npy", strings(&["a", "b"])), ("ig.npy", scores())], false, |_| {});
    assert!(folder.refusal("a.npz", only).contains("without an array `scores` of as many facts"));
}

#[test]
fn a_short_word_after_the_last_slash_is_no_language_by_its_looks() {
    let folder = Folder::new();
    let (cat, dog) = ("animals/cat", "animals/dog");
    let archive = |names: &[&str]| {
        let members: Vec<_> = names.iter().map(|name| format!("{name}.npy")).collect();
        let one = |name| (name, npy("<f4", false, "(2, 3)", &f4(&ONE)));
        archive(&members.iter().map(|name| one(name.as_str())).collect::<Vec<_>>(), false, |_| {})
    };
    let parts = [
        "array `animals/cat`: `cat` may be the language `cat` of fact `animals`, or part of the fact id `animals/cat`",
        "such as `animals/en`",
    ];
    for told in
        [folder.refusal("a.npz", archive(&[cat, dog])), folder.refusal("s.safetensors", tensors("", &[cat, dog]))]
    {
        assert!(parts.iter().all(|part| told.contains(part)), "{told}");
    }
    let mut english = options();
    english.language = Some("en".to_owned());
    for name in ["a.npz", "s.safetensors"] {
        let read = folder.read_with(name, &english).expect("ids");
        assert_eq!(texts(&read), [format!("animals/cat/en/0 {TEXT}"), format!("animals/dog/en/0 {TEXT}")], "{name}");
    }
    folder.write("a.npz", archive(&["f1/en", "f1/tlh", "f1/tlh/2"]));
    let keys = ["f1/en/0", "f1/tlh/0", "f1/tlh/2"].map(|key| format!("{key} {TEXT}"));
    assert_eq!(texts(&folder.read("a.npz")), keys);
}

#[test]
fn a_language_inside_metadata_that_is_not_read_is_not_passed_over() {
    let folder = Folder::new();
    let about = |language: &str| format!(r#""__metadata__": {{"config": "{{\"language\": \"{language}\"}}"}}, "#);
    let told = folder.refusal("s.safetensors", tensors(&about("zh"), &["f1"]));
    assert!(told.contains("nothing that says the language, but `config` in the metadata, in which `zh`"), "{told}");
    folder.write("s.safetensors", tensors(&about("en"), &["f1"]));
    assert_eq!(texts(&folder.read("s.safetensors")), [format!("f1/en/0 {TEXT}")]);
    folder.write("s.safetensors", tensors(&about("zh"), &["f1/zh"]));
    assert_eq!(texts(&folder.read("s.safetensors")), [format!("f1/zh/0 {TEXT}")]);
}

#[test]
fn scores_of_64_bits_that_are_zero_in_32_are_counted() {
    let folder = Folder::new();
    let scores: Vec<u8> =
        [1e-50_f64, -1e-60, 0.0, -0.0, 1.0, 2.0].iter().flat_map(|score| score.to_le_bytes()).collect();
    folder.write("f1.npy", npy("<f8", false, "(2, 3)", &scores));
    assert_eq!(
        folder.read("f1.npy").not_used,
        ["the digits of 2 scores too small for 32 bits, which are 0 in the store"]
    );
}
