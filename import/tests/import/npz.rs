//! NumPy archives.

use crate::folder::{Folder, options, texts};
use crate::npy::{f4, npy};
use crate::zip::archive;

const ONE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
const TWO: [f32; 6] = [6.0, 7.0, 8.0, 9.0, 10.0, 11.0];
const SCORES: [&str; 2] = ["dense [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]", "dense [6.0, 7.0, 8.0, 9.0, 10.0, 11.0]"];

fn both() -> Vec<u8> {
    npy("<f4", false, "(2, 2, 3)", &f4(&[ONE, TWO].concat()))
}

/// `<U8` strings.
fn words(strings: &[&str]) -> Vec<u8> {
    let word = |string: &&str| {
        let letters: Vec<u32> = string.chars().map(u32::from).chain([0; 8]).take(8).collect();
        letters.into_iter().flat_map(u32::to_le_bytes).collect::<Vec<u8>>()
    };
    npy("<U8", false, &format!("({},)", strings.len()), &strings.iter().flat_map(word).collect::<Vec<_>>())
}

#[test]
fn a_word_among_labels_or_tokens_that_may_be_a_language_is_none() {
    let folder = Folder::new();
    let with = |name: &'static str, values: &[&str]| {
        let members = [("scores.npy", both()), ("facts.npy", unicode(&["a", "b"])), (name, words(values))];
        archive(&members, false, |_| {})
    };
    for (name, values) in [
        ("objects.npy", &["Paris", "French"][..]),
        ("objects.npy", &["French", "German"]),
        ("objects.npy", &["Tel-Aviv"]),
        ("tokens.npy", &["ville", "zh", "Paris"]),
        ("kinds.npy", &["en", "en"]),
    ] {
        folder.write("a.npz", with(name, values));
        assert_eq!(folder.read("a.npz").entries.len(), 2, "{name} {values:?}");
    }
    for (name, values) in [
        ("kinds.npy", &["zh", "fr"][..]),
        ("kinds.npy", &["en", "", "zh"]),
        ("kinds.npy", &["mlama_en", "mlama_zh"]),
        ("kinds.npy", &["it", "zh"]),
        ("kinds.npy", &["French", "German"]),
        ("kinds.npy", &["zh"]),
    ] {
        let told = folder.refusal("a.npz", with(name, values));
        assert!(told.contains("found nothing that says the language, but `kinds` in an array, in which `"), "{told}");
        assert!(told.contains("; or that `kinds` is named as one to leave out"), "{told}");
        let mut without = options();
        without.ignore = vec!["kinds".to_owned()];
        folder.read_with("a.npz", &without).expect("left out");
    }
}

/// `<U2` strings of one character.
fn unicode(strings: &[&str]) -> Vec<u8> {
    let words = strings.iter().flat_map(|string| [string.chars().next().expect("a character") as u32, 0]);
    let data: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    npy("<U2", false, &format!("({},)", strings.len()), &data)
}

#[test]
fn an_array_a_fact_stored_and_deflated() {
    let folder = Folder::new();
    let members = [
        ("u1.npy", npy("<f4", false, "(2, 3)", &f4(&ONE))),
        ("u2/zh/4.npy", npy("<f4", true, "(2, 3)", &f4(&[6.0, 9.0, 7.0, 10.0, 8.0, 11.0]))),
    ];
    for deflate in [false, true] {
        folder.write("a.npz", archive(&members, deflate, |_| {}));
        let read = folder.read("a.npz");
        assert_eq!(read.format, "npz");
        assert_eq!(texts(&read), [format!("u1/en/0 {}", SCORES[0]), format!("u2/zh/4 {}", SCORES[1])]);
    }
}

#[test]
fn one_array_of_scores_with_its_facts() {
    let folder = Folder::new();
    let members = [("scores.npy", both()), ("facts.npy", unicode(&["é", "b"]))];
    folder.write("a.npz", archive(&members, true, |_| {}));
    assert_eq!(texts(&folder.read("a.npz")), [format!("é/en/0 {}", SCORES[0]), format!("b/en/0 {}", SCORES[1])]);
}

#[test]
fn facts_with_languages_and_prompts() {
    let folder = Folder::new();
    let members = [
        ("scores.npy", both()),
        ("ids.npy", npy("|S3", false, "(2,)", b"u1\0u1\0")),
        ("languages.npy", npy("|S2", false, "(2,)", b"enzh")),
        ("prompts.npy", npy("<i8", false, "(2,)", &[&3_i64.to_le_bytes()[..], &258_i64.to_le_bytes()].concat())),
    ];
    folder.write("a.npz", archive(&members, false, |_| {}));
    assert_eq!(texts(&folder.read("a.npz")), [format!("u1/en/3 {}", SCORES[0]), format!("u1/zh/258 {}", SCORES[1])]);
}

#[test]
fn an_unnamed_array_of_many_facts_takes_its_ids_from_a_list() {
    let folder = Folder::new();
    folder.write("a.npz", archive(&[("arr_0.npy", both())], false, |_| {}));
    folder.write("a.npz.ids.txt", "x\ny\n");
    assert_eq!(texts(&folder.read("a.npz")), [format!("x/en/0 {}", SCORES[0]), format!("y/en/0 {}", SCORES[1])]);
}

#[test]
fn unnamed_arrays_are_no_facts() {
    let folder = Folder::new();
    let one = || npy("<f4", false, "(2, 3)", &f4(&ONE));
    for members in [vec![("arr_0.npy", one())], vec![("u1.npy", one()), ("arr_7.npy", one())]] {
        let told = folder.refusal("a.npz", archive(&members, false, |_| {}));
        assert!(
            told.contains("found an array without a name of its own; expected arrays named by their facts"),
            "{told}"
        );
    }
}

#[test]
fn what_an_archive_may_not_hold() {
    let folder = Folder::new();
    let one = || npy("<f4", false, "(2, 3)", &f4(&ONE));
    let two = || npy("<f4", false, "(2, 3)", &f4(&TWO));
    assert_eq!(
        folder.refusal("a.npz", archive(&[("a.npy", one()), ("a/en/0.npy", two())], false, |_| {})),
        "a.npz, array `a/en/0`: fact `a` comes a second time with different content (first at array `a`); expected each \
         fact once; keep the right one"
    );
    assert_eq!(
        folder.refusal("a.npz", archive(&[("readme.txt", vec![])], false, |_| {})),
        "a.npz, array `readme.txt`: found a member that is not an array; expected only members named `….npy`, as \
         numpy.savez writes them"
    );
    assert_eq!(
        folder.refusal("a.npz", archive(&[("both.npy", both())], false, |_| {})),
        "a.npz, array `both`: the array has the shape (2, 2, 3); expected (2, 3), one fact's scores in an array named \
         by its id, or all facts' in one named `scores`"
    );
    let objects = [("scores.npy", both()), ("facts.npy", npy("|O", false, "(2,)", b"pickle"))];
    assert_eq!(
        folder.refusal("a.npz", archive(&objects, false, |_| {})),
        "a.npz, array `facts`: found values of type `|O`; expected strings (`numpy.array([...], dtype=str)`, not objects) or whole numbers"
    );
    assert_eq!(
        folder.refusal("a.npz", archive(&[("scores.npy", both())], false, |_| {})),
        "a.npz, array `scores`: found scores of 2 facts without their ids; expected the facts' ids, in order, in an \
         array `facts` of the archive"
    );
    let few = [("scores.npy", both()), ("facts.npy", unicode(&["a"]))];
    assert_eq!(
        folder.refusal("a.npz", archive(&few, false, |_| {})),
        "a.npz, array `scores`: found 1 fact ids for 2 facts; expected one id a fact"
    );
}

#[test]
fn archives_whose_directory_lies() {
    let folder = Folder::new();
    let one = || [("a.npy", npy("<f4", false, "(2, 3)", &f4(&ONE)))];
    // How small it was packed depends on the library that packed it.
    let told = folder.refusal("a.npz", archive(&one(), true, |entry| entry.size = u32::MAX - 1));
    let (takes, has) = told.split_once("but the file has ").expect(&told);
    assert_eq!(takes, "a.npz, array `a.npy`: the array takes 4294967294 bytes by its header, ");
    assert!(has.ends_with(" for it; it is damaged or was cut short: write or copy it again"), "{told}");
    let wrong = folder.refusal("a.npz", archive(&one(), true, |entry| entry.size -= 4));
    assert_eq!(
        wrong,
        "a.npz, array `a`: the array takes 24 bytes by its header, but the file has 20 for it; it is damaged or was cut \
         short: write or copy it again"
    );
    for deflate in [false, true] {
        assert_eq!(
            folder.refusal("a.npz", archive(&one(), deflate, |entry| entry.checksum ^= 1)),
            "a.npz, array `a`: the file cannot be read as an array: its checksum does not agree with its bytes"
        );
    }
    assert_eq!(
        folder.refusal("a.npz", archive(&one(), false, |entry| entry.method = 12)),
        "a.npz, array `a.npy`: found values of type Bzip2; expected stored or deflated members, as numpy.savez and \
         numpy.savez_compressed write them"
    );
    let whole = archive(&one(), false, |_| {});
    assert!(folder.refusal("a.npz", &whole[..whole.len() - 30]).starts_with("a.npz: the file cannot be read as npz: "));
}

#[test]
fn a_list_of_strings_without_bytes_is_refused_whatever_number_it_promises() {
    let folder = Folder::new();
    for (kind, count) in [("<U0", 2), ("|S0", 1_u64 << 40), ("<U0", 1 << 40)] {
        let members = [("scores.npy", both()), ("facts.npy", npy(kind, false, &format!("({count},)"), &[]))];
        assert_eq!(
            folder.refusal("a.npz", archive(&members, false, |_| {})),
            format!(
                "a.npz, array `facts`: found values of type `{kind}`; expected strings (`numpy.array([...], dtype=str)`, \
                 not objects) or whole numbers"
            )
        );
    }
}
