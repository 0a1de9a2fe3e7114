//! What the folders and the name of a file say.

use kndb_import::{Options, expand_all, open};

use crate::folder::{Folder, options, text};
use crate::npy::{f4, npy};

/// The keys of everything below a folder, read as `kndb import` would.
fn keys(folder: &Folder, pattern: &str, options: &Options) -> Result<Vec<String>, String> {
    let pattern = format!("{}/{pattern}", folder.path("").display().to_string().trim_end_matches('/'));
    let mut keys = Vec::new();
    for input in expand_all(&[pattern]).map_err(|error| folder.said(&error))?.inputs {
        for entry in kndb_import::open_input(&input, options).map_err(|error| folder.said(&error))? {
            keys.push(
                text(&entry.map_err(|error| folder.said(&error))?).split(' ').next().unwrap_or_default().to_owned(),
            );
        }
    }
    Ok(keys)
}

const SET: &str = r#"{"a": [[0, 1]]}"#;

#[test]
fn hive_partitions_say_language_and_prompt() {
    let folder = Folder::new();
    for (path, key) in [
        ("p1/lang=zh/n.json", "a/zh/0"),
        ("p2/Language=zh_CN/prompt=3/n.json", "a/zh-CN/3"),
        ("p3/language=zh%2DHans/relation=P36/n.json", "a/zh-Hans/0"),
        ("p4/prompt=2/split=train/n.json", "a/en/2"),
    ] {
        folder.write(path, SET);
        assert_eq!(keys(&folder, &path[..2], &options()), Ok(vec![key.to_owned()]), "{path}");
        assert_eq!(keys(&folder, path, &options()), Ok(vec![key.to_owned()]), "the file itself: {path}");
    }
}

#[test]
fn a_folder_to_leave_out_says_nothing() {
    let folder = Folder::new();
    for (path, ignore) in [
        ("st/en/n.json", "st"),
        ("ml/n.json", "ml"),
        ("km/n.json", "km"),
        ("x/lang=zh/n.json", "lang"),
        ("y/zh/n.json", "zh"),
        ("z/country=zh/n.json", "country"),
    ] {
        folder.write(path, SET);
        let mut options = options();
        options.ignore = vec![ignore.to_owned()];
        let top = path.split('/').next().unwrap_or_default();
        assert_eq!(keys(&folder, top, &options), Ok(vec!["a/en/0".to_owned()]), "{path} without {ignore}");
    }
}

#[test]
fn a_partition_of_something_else_matters_only_where_nothing_says_the_language() {
    let folder = Folder::new();
    folder.write("a/country=zh/n.json", SET);
    let german = Options { language: Some("de".to_owned()), ..options() };
    assert_eq!(keys(&folder, "a", &german), Ok(vec!["a/de/0".to_owned()]));
    folder.write("b/country=zh/t.csv", "fact,lang,layer,neuron\na,fr,0,0\n");
    assert_eq!(keys(&folder, "b", &options()), Ok(vec!["a/fr/0".to_owned()]));
    folder.write("c/country=zh/lang=ja/n.json", SET);
    assert_eq!(keys(&folder, "c", &options()), Ok(vec!["a/ja/0".to_owned()]));
}

#[test]
fn a_partition_that_says_nothing_or_something_else_is_refused() {
    let folder = Folder::new();
    for (path, part) in [
        ("a/lang=__HIVE_DEFAULT_PARTITION__/n.json", "which says that its rows have none"),
        ("b/lang=Chinese/n.json", "`Chinese` is a language's name; expected its code, `zh`"),
        ("c/lang=zh/language=de/n.json", "says language `de`, but the folder `lang=zh` says `zh`"),
        ("d/prompt=70000/n.json", "found prompt 70000 in the folder `prompt=70000`"),
        ("e/languge=zh/n.json", "whose key is no known one but close to `language`"),
        ("f/layer=3/n.json", "expected the layer in the file itself"),
        (
            "h/country=zh/n.json",
            "found nothing that says the language, but the folder `country=zh`, whose key is no known one",
        ),
    ] {
        folder.write(path, SET);
        let told = keys(&folder, path, &options()).expect_err(path);
        assert!(told.contains(part), "{told}");
    }
    let mut options = options();
    options.run = Some("amig".to_owned());
    folder.write("g/run=kn/n.json", SET);
    let told = keys(&folder, "g", &options).expect_err("another run");
    assert!(
        told.contains("the folder `run=kn` says run `kn`, but the name of the run to import into says `amig`"),
        "{told}"
    );
}

#[test]
fn a_folder_that_surely_is_a_language_is_one() {
    let folder = Folder::new();
    for path in ["all/zh/n.json", "all/pt_BR/n.json", "all/mr/n.json", "all/scores/n.json"] {
        folder.write(path, SET);
    }
    let expected = ["a/mr/0", "a/pt-BR/0", "a/en/0", "a/zh/0"].map(str::to_owned).to_vec();
    assert_eq!(keys(&folder, "all", &options()), Ok(expected.clone()), "beside `zh`, `mr` is Marathi");
    assert_eq!(keys(&folder, "all/*/n.json", &options()), Ok(expected));
    assert_eq!(keys(&folder, "all/zh", &options()), Ok(vec!["a/zh/0".to_owned()]));
    // Above what was given, a folder's name means nothing.
    folder.write("it/results/n.json", SET);
    assert_eq!(keys(&folder, "it/results", &options()), Ok(vec!["a/en/0".to_owned()]));
}

#[test]
fn codes_of_three_letters_count_where_they_are_no_words_or_beside_others() {
    let folder = Folder::new();
    for path in ["a/deu/n.json", "a/fin/n.json", "b/run/n.json", "c/run/n.json", "c/de/n.json", "zho_Hans/n.json"] {
        folder.write(path, SET);
    }
    for (path, key) in [
        ("a/deu", "a/de/0"),
        ("a/fin", "a/fi/0"),
        ("a/fin/n.json", "a/fi/0"),
        ("b/run", "a/en/0"),
        ("c/de", "a/de/0"),
        ("zho_Hans", "a/zh-Hans/0"),
    ] {
        assert_eq!(keys(&folder, path, &options()), Ok(vec![key.to_owned()]), "{path}");
    }
    let told = keys(&folder, "c/run", &options()).expect_err("beside a language");
    assert!(told.contains("the folder `run`, which may be a language's code or something else"), "{told}");
    let mut ignoring = options();
    ignoring.ignore = vec!["run".to_owned()];
    assert_eq!(keys(&folder, "c/run", &ignoring), Ok(vec!["a/en/0".to_owned()]));
    folder.write("scores_eng.json", SET);
    assert_eq!(keys(&folder, "scores_eng.json", &options()), Ok(vec!["a/en/0".to_owned()]), "English by any code");
}

#[test]
fn a_name_that_may_be_a_language_is_asked_about() {
    let folder = Folder::new();
    let array = npy("<f4", false, "(1, 6)", &f4(&[1.0; 6]));
    for path in [
        "ml/n.json",
        "a/cs/n.json",
        "b/it/n.json",
        "german.json",
        "only/kg/n.json",
        "named/Chinese/n.json",
        "zh.json",
        "sets_zh.json",
        "sets.pt-BR.json",
        "s_de.npy",
    ] {
        folder.write(path, if path.ends_with("npy") { &array[..] } else { SET.as_bytes() });
        folder.write("s_de.npy.ids.txt", "a\n");
        let told = keys(&folder, path, &options()).expect_err(path);
        assert!(told.contains("nothing that says the language, but "), "{told}");
        let mut told = options();
        told.language = Some("fr".to_owned());
        assert_eq!(keys(&folder, path, &told), Ok(vec!["a/fr/0".to_owned()]), "{path}");
    }
    // The name of an array of one fact is the fact's id.
    folder.write("x/zh.npy", npy("<f4", false, "(2, 3)", &f4(&[1.0; 6])));
    assert_eq!(keys(&folder, "x/zh.npy", &options()), Ok(vec!["zh/en/0".to_owned()]));
}

#[test]
fn what_lies_in_a_folder_and_is_not_read_is_listed() {
    let folder = Folder::new();
    for name in
        ["in/n.json", "in/readme.txt", "in/.hidden.json", "in/n.json.ids.txt", "in/s.ids.json", "in/deep/x.parquet.bak"]
    {
        folder.write(name, SET);
    }
    folder.write("elsewhere/m.json", SET);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path("elsewhere"), folder.path("in/link")).expect("a link");
    let expanded = expand_all(&[folder.path("in").display().to_string()]).expect("files");
    assert_eq!(expanded.inputs.len(), 1);
    let root = folder.path("in/").display().to_string();
    let listed: Vec<_> =
        expanded.passed_over.iter().map(|(path, why)| (path.display().to_string().replace(&root, ""), *why)).collect();
    let mut expected = vec![
        (".hidden.json".to_owned(), "hidden"),
        ("deep/x.parquet.bak".to_owned(), "no format reads it"),
        ("readme.txt".to_owned(), "no format reads it"),
        ("s.ids.json".to_owned(), "a list of ids without its file"),
    ];
    if cfg!(unix) {
        expected.insert(2, ("link".to_owned(), "a link to a folder"));
    }
    assert_eq!(listed, expected);
}

#[test]
fn open_takes_the_folder_right_around_a_file() {
    let folder = Folder::new();
    let path = folder.write("zh/n.json", SET);
    let entries: Vec<_> = open(&path, &options()).expect("opens").map(|entry| text(&entry.expect("reads"))).collect();
    assert_eq!(entries, ["a/zh/0 neurons [1]"]);
}

#[test]
fn a_folder_counts_however_it_is_reached() {
    let folder = Folder::new();
    for path in ["lang=zh/P36/n.json", "lang=zh/n.json", "other/x/n.json", "de/n.json", "de/x/n.json"] {
        folder.write(path, SET);
    }
    for (path, key) in [
        ("lang=zh/../other/x/n.json", "a/en/0"),
        ("other/../lang=zh/n.json", "a/zh/0"),
        ("lang=zh/P36/../n.json", "a/zh/0"),
        ("lang=zh/P36/..", "a/zh/0"),
        ("de/.", "a/de/0"),
        ("de/x/..", "a/de/0"),
        ("de/x/../n.json", "a/de/0"),
        ("de/./x/n.json", "a/en/0"),
        ("de/../other/x/n.json", "a/en/0"),
    ] {
        let found = keys(&folder, path, &options()).expect(path);
        assert!(found.contains(&key.to_owned()), "{path}: {found:?}");
        assert!(found.iter().all(|found| found == key), "{path}: {found:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_says_what_its_name_says_and_what_the_folder_says_that_it_leads_to() {
    let folder = Folder::new();
    for path in ["lang=zh/deep/n.json", "de/n.json", "plain/n.json"] {
        folder.write(path, SET);
    }
    for (to, link) in [
        ("lang=zh/deep", "results"),
        ("de", "latest"),
        ("plain", "fr"),
        ("plain", "lang=pt"),
        ("lang=zh/deep", "lang=ja"),
    ] {
        std::os::unix::fs::symlink(folder.path(to), folder.path(link)).expect("a link");
    }
    for (path, key) in [("results", "a/zh/0"), ("latest", "a/de/0"), ("fr", "a/fr/0"), ("lang=pt", "a/pt/0")] {
        assert_eq!(keys(&folder, path, &options()), Ok(vec![key.to_owned()]), "{path}");
        assert_eq!(keys(&folder, &format!("{path}/n.json"), &options()), Ok(vec![key.to_owned()]), "{path}/n.json");
    }
    let told = keys(&folder, "lang=ja", &options()).expect_err("two languages");
    assert!(told.contains("`lang=ja`") && told.contains("`lang=zh`"), "{told}");
}

/// What is to be read from where, for [`in_the_working_folder`] in a process of its own.
const READ: &str = "KNDB_TEST_READ";

#[test]
fn the_working_folder_counts_as_if_it_were_written() {
    let folder = Folder::new();
    folder.write("lang=zh/n.json", SET);
    folder.write("de/n.json", SET);
    folder.write("de/x/n.json", SET);
    for (working, path, key) in [
        ("lang=zh", "n.json", "a/zh/0"),
        ("lang=zh", "*.json", "a/zh/0"),
        ("de", "n.json", "a/de/0"),
        ("de", ".", "a/de/0"),
        ("de", "x/n.json", "a/en/0"),
        ("de/x", "n.json", "a/en/0"),
        ("de/x", "../n.json", "a/de/0"),
        ("de/x", "..", "a/de/0"),
    ] {
        let mut test = std::process::Command::new(std::env::current_exe().expect("this program"));
        test.args(["--exact", "folders::in_the_working_folder", "--include-ignored"]);
        let ran = test.current_dir(folder.path(working)).env(READ, format!("{path} {key}")).output().expect("runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    }
}

#[ignore = "run by the test above, in a folder of its own"]
#[test]
fn in_the_working_folder() {
    let wanted = std::env::var(READ).expect("run by the test above");
    let (path, key) = wanted.split_once(' ').expect("a path and a key");
    let inputs = expand_all(&[path.to_owned()]).expect("files").inputs;
    assert!(!inputs.is_empty());
    for input in inputs {
        for entry in kndb_import::open_input(&input, &options()).expect("opens") {
            assert_eq!(text(&entry.expect("reads")).split(' ').next(), Some(key), "{wanted}");
        }
    }
}

#[test]
fn words_of_the_field_are_no_languages_unless_one_stands_in_their_place() {
    let folder = Folder::new();
    for name in ["ig/n.json", "kn/n.json", "ig.json", "kn.json", "scores_ig.json", "bert-kn.json", "f/mbert_ig.json"] {
        folder.write(name, SET);
        assert_eq!(keys(&folder, name, &options()), Ok(vec!["a/en/0".to_owned()]), "{name}");
    }
    folder.write("f/mbert_zh.json", SET);
    let told = keys(&folder, "f/mbert_ig.json", &options()).expect_err("which is it?");
    assert!(told.contains("the file's name, in which `ig` may be one"), "{told}");
    folder.write("g/kn/n.json", SET);
    folder.write("g/zh/n.json", SET);
    let told = keys(&folder, "g", &options()).expect_err("neurons or Kannada?");
    assert!(told.contains("the folder `kn`, which may be a language's code or something else"), "{told}");
    folder.write("h/lang=kn/n.json", SET);
    assert_eq!(keys(&folder, "h", &options()), Ok(vec!["a/kn/0".to_owned()]));
}
