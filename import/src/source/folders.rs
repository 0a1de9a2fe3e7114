//! What the folders of a path say: Hive partitions (`lang=zh`), folders named as a language (`zh`).
//!
//! `key=value` is read anywhere in the path. A plain folder counts only if its name is surely a language, and
//! only where whoever imports chose it: below the folder that was given, or right around the file. What counts is
//! where the file lies, not how its path is written: `.` is the folder that it stands for.

use std::fs;
use std::path::{Component, Path, PathBuf};

use kndb_storage::language::{is_ambiguous, is_known, is_of_the_field, is_surely, is_word, named, same};

use crate::options::DEFAULT_LANGUAGE;
use crate::source::id_codes::in_folder;
use crate::source::roles::Role;

/// What Hive writes for a null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// What a folder says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// What a role is for every row below it.
    Says { role: Role, value: String, name: String },
    /// `key=value` with a key that means nothing here.
    Unknown {
        /// The folder.
        name: String,
        /// Why it may say a language all the same, in words.
        hint: Option<String>,
    },
    /// It may be a language.
    Hint {
        /// The folder.
        name: String,
        /// Why, in words.
        why: String,
    },
}

/// What the folders of a path say; the error is what was found and what was expected.
pub(crate) fn of(path: &Path, chosen: usize) -> Result<Vec<Folder>, (String, String)> {
    let mut said = Vec::new();
    for Around { name, chosen, path } in around(path, chosen) {
        match name.split_once('=') {
            Some((key, value)) => said.push(partition(key, value, &name)?),
            None if chosen && is_of_the_field(&name) => {
                said.extend(has_language_beside(&path).then(|| Folder::Hint { why: unsure(&name), name }));
            }
            None if chosen && is_known(&name) => said.push(plain(&path, &name)),
            None if chosen && is_word(&name) => said.extend(word(&path, name)),
            None if chosen && named(&name).is_some_and(|code| code != DEFAULT_LANGUAGE) => {
                let why = format!("the folder `{name}`, which is the name of a language, not its code");
                said.push(Folder::Hint { name, why });
            }
            None if chosen => said.extend(hint_inside(&name).map(|why| Folder::Hint { name, why })),
            None => {}
        }
    }
    Ok(said)
}

/// A folder that a file is in, by a name that it goes by.
struct Around {
    name: String,
    chosen: bool,
    path: PathBuf,
}

/// The folders that a file is in, the outermost first: those of its path, where that begins at the working folder
/// or goes up by `..` those that are really there, and where some are links also the ones these lead to.
fn around(path: &Path, chosen: usize) -> Vec<Around> {
    let reached = reached(path.parent().unwrap_or(Path::new("")));
    let mut folders: Vec<_> = reached.ancestors().filter(|folder| folder.file_name().is_some()).collect();
    folders.reverse();
    let mut all = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        let chosen = folders.len() - at <= chosen;
        all.push(Around::new(folder, chosen));
        let real = fs::canonicalize(folder).ok().filter(|real| chosen && real.file_name() != folder.file_name());
        all.extend(real.map(|real| Around::new(&real, true)));
    }
    let real = fs::canonicalize(&reached).unwrap_or_default();
    let others = real.ancestors().filter(|folder| !all.iter().any(|known| known.path == *folder));
    let others: Vec<_> = others.map(|folder| Around::new(folder, false)).collect();
    all.extend(others);
    all
}

impl Around {
    fn new(folder: &Path, chosen: bool) -> Self {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, chosen, path: folder.to_owned() }
    }
}

/// A folder from the root on: what stands before `..` means nothing, so that is looked up, and the rest as it is written.
fn reached(folder: &Path) -> PathBuf {
    let parts: Vec<_> = folder.components().collect();
    let written = parts.iter().rposition(|part| *part == Component::ParentDir).map_or(0, |at| at + 1);
    let before: PathBuf = parts[..written].iter().collect();
    let start = if written == 0 && folder.is_relative() { Path::new(".") } else { &before };
    // Where that cannot be looked up, the file cannot be opened either.
    let start = fs::canonicalize(start).unwrap_or_else(|_| start.to_owned());
    start.join(parts[written..].iter().filter(|part| **part != Component::CurDir).collect::<PathBuf>())
}

fn partition(key: &str, value: &str, name: &str) -> Result<Folder, (String, String)> {
    let Some(role) = Role::of(key) else {
        return match Role::near(key) {
            // A folder `value=…` or `id=…` may be about anything; a misspelt role may not.
            Some(role @ (Role::Language | Role::Prompt)) => Err((
                format!("the folder `{name}`, whose key is no known one but close to `{}`", role.name()),
                format!("`{}=…`, or a folder without `=`", role.name()),
            )),
            _ => Ok(Folder::Unknown { name: name.to_owned(), hint: hint_of_value(value, name) }),
        };
    };
    Ok(Folder::Says { role, value: value_of(role, value, name)?, name: name.to_owned() })
}

/// A folder `country=zh` may be one of a country or of a language.
fn hint_of_value(value: &str, name: &str) -> Option<String> {
    may_be_language(value).then(|| {
        format!(
            "the folder `{name}`, whose key is no known one and whose value may be one, unless it is named as one to leave out"
        )
    })
}

/// Whether the value of a folder with an unknown key may be a language, and another than the default.
pub(crate) fn may_be_language(value: &str) -> bool {
    decoded(value).is_some_and(|value| is_surely(&value) && !same(&value, DEFAULT_LANGUAGE))
}

/// The value of a folder `key=value` that says what a role is; the error is what was found and what was expected.
pub(crate) fn value_of(role: Role, value: &str, name: &str) -> Result<String, (String, String)> {
    let wrong = |found: &str| {
        (format!("the folder `{name}`, {found}"), format!("a {}, as in `{}=…`", role.name(), role.name()))
    };
    if value == NULL || value.is_empty() {
        return Err(wrong("which says that its rows have none"));
    }
    decoded(value).ok_or_else(|| wrong("whose `%` signs are no bytes of a text"))
}

/// A folder with the name of a language.
fn plain(path: &Path, name: &str) -> Folder {
    if is_ambiguous(name) && !has_language_beside(path) {
        return Folder::Hint { name: name.to_owned(), why: unsure(name) };
    }
    Folder::Says { role: Role::Language, value: name.to_owned(), name: name.to_owned() }
}

/// A folder with a name that is a word and a code of three letters: `fin` beside `deu` is Finnish; `run` alone is a
/// run, and beside `de` it may be either.
fn word(path: &Path, name: String) -> Option<Folder> {
    let beside = languages_beside(path);
    if beside.iter().any(|code| code.split(['-', '_']).next().is_some_and(|primary| primary.len() == 3)) {
        return Some(Folder::Says { role: Role::Language, value: name.clone(), name });
    }
    (!beside.is_empty()).then(|| Folder::Hint { why: unsure(&name), name })
}

/// What is said of a folder whose name has two readings.
pub(crate) fn unsure(name: &str) -> String {
    format!("the folder `{name}`, which may be a language's code or something else")
}

/// What a folder's name with a code in it hints at: `lang_zh`, `zh_results`.
pub(crate) fn hint_inside(name: &str) -> Option<String> {
    in_folder(name).map(|code| format!("the folder `{name}`, in which `{code}` may be one"))
}

/// Whether a folder beside this one is surely a language: then this one is.
pub(crate) fn has_language_beside(folder: &Path) -> bool {
    !languages_beside(folder).is_empty()
}

/// The names of the folders beside this one that surely are languages.
fn languages_beside(folder: &Path) -> Vec<String> {
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(above) else { return Vec::new() };
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| is_surely(name)).collect()
}

/// Percent-encoding taken away; `None` if it is not well formed.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let (digits, after) = rest.split_first_chunk::<2>()?;
            let digit = |byte: u8| char::from(byte).to_digit(16);
            bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
            rest = after;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// What a file's name hints at: `zh.npz`, `scores.zh.npz`, `scores_zh.npz`, `german.npz`.
pub(crate) fn hint_of_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    // Extensions are no languages, though `rs` and `ps` would be.
    let parts: Vec<&str> = name.split('.').take_while(|part| !crate::format::is_extension(part)).collect();
    let (first, last) = (parts.first()?, parts.last()?);
    let is_default = |text: &str| same(text, DEFAULT_LANGUAGE);
    let is_code = |text: &str| is_known(text) && (!is_of_the_field(text) || is_language_in_its_place(path, text));
    // A code that is a word, too, stands where a code is put: at the end, or as the whole name.
    let whole = [last, first].into_iter().find(|part| is_code(part));
    if whole.is_some_and(|whole| is_default(whole)) {
        return None;
    }
    let ends = [first, last].into_iter().filter_map(|part| part.rsplit(['_', '-']).next());
    let end = ends.into_iter().find(|part| is_code(part) && !is_default(part));
    let words = || parts.iter().flat_map(|part| part.split(['_', '-', ' ']));
    let named = || words().find(|word| named(word).is_some_and(|code| code != DEFAULT_LANGUAGE));
    let inside = || words().find(|word| is_surely(word) && !is_default(word));
    let found = whole.copied().or(end).or_else(named).or_else(inside)?;
    Some(format!("the file's name, in which `{found}` may be one"))
}

/// Whether a file beside this one surely has a language where this one's name has `word`: `scores_zh.npz` beside `scores_ig.npz`.
fn is_language_in_its_place(path: &Path, word: &str) -> bool {
    let pieces = |name: &str| name.split(['.', '_', '-']).map(str::to_owned).collect::<Vec<_>>();
    let own = pieces(&path.file_name().unwrap_or_default().to_string_lossy());
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(above) else { return false };
    let says = |name: String| {
        let other = pieces(&name);
        let pairs = || own.iter().zip(&other);
        let differ = pairs().filter(|(one, two)| one != two).count();
        own.len() == other.len() && differ == 1 && pairs().any(|(one, two)| one == word && is_surely(two))
    };
    entries.flatten().any(|entry| says(entry.file_name().to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(path: &str, chosen: usize) -> Vec<(Role, String)> {
        let said = of(Path::new(path), chosen).expect("good folders").into_iter();
        said.filter_map(|folder| match folder {
            Folder::Says { role, value, .. } => Some((role, value)),
            _ => None,
        })
        .collect()
    }

    #[test]
    fn partitions_are_read_anywhere_and_decoded() {
        let found = says("/x/LANG=zh%2DHans/relation=P36/prompt=2/run=a%20b/f.parquet", 0);
        let expected = [(Role::Language, "zh-Hans"), (Role::Relation, "P36"), (Role::Prompt, "2"), (Role::Run, "a b")];
        assert_eq!(found, expected.map(|(role, value)| (role, value.to_owned())));
        for folder in ["split=train", "country=no", "country=en", "seed=1"] {
            let unknown = Folder::Unknown { name: folder.to_owned(), hint: None };
            assert_eq!(of(&Path::new(folder).join("f"), 0), Ok(vec![unknown]));
        }
    }

    #[test]
    fn a_partition_with_an_unknown_key_and_a_language_hints_at_it() {
        for folder in ["country=zh", "country=DE", "x=pt_BR", "x=zh%2DHans", "x=deu"] {
            let found = of(&Path::new(folder).join("f"), 0).expect("good folders");
            assert!(matches!(&found[..], [Folder::Unknown { hint: Some(_), .. }]), "{folder}");
        }
    }

    #[test]
    fn a_partition_without_a_value_is_refused() {
        for folder in ["lang=__HIVE_DEFAULT_PARTITION__", "prompt=", "lang=%zz", "lang=%ff", "languge=zh"] {
            assert!(of(&Path::new(folder).join("f"), 0).is_err(), "{folder}");
        }
    }

    #[test]
    fn a_plain_folder_counts_only_where_it_was_chosen_and_surely_is_a_language() {
        let zh = || vec![(Role::Language, "zh".to_owned())];
        assert_eq!(says("zh/f.npy", 1), zh());
        assert_eq!(says("it/scores/zh/P36/f.npy", 2), zh());
        assert_eq!(says("it/f.npy", 0), []);
        assert_eq!(says("run/f.npy", 1), []);
        assert_eq!(says("kn/f.npy", 1), [], "knowledge neurons, not Kannada");
        assert_eq!(of(Path::new("kn/f.npy"), 1), Ok(vec![]));
        for unit in ["km", "sl", "it", "rm"] {
            let found = of(&Path::new(unit).join("f.npy"), 1).expect("good");
            assert!(matches!(&found[..], [Folder::Hint { .. }]), "{unit}");
        }
        assert!(matches!(&of(Path::new("Chinese/f.npy"), 1).expect("good")[..], [Folder::Hint { .. }]));
    }

    #[test]
    fn file_names_only_hint() {
        for name in [
            "zh.npz",
            "scores_zh.npz",
            "scores.zh.jsonl.gz",
            "P36-pt.csv",
            "scores.pt_BR.json",
            "german.json",
            "de_v2.npz",
        ] {
            assert!(hint_of_name(Path::new(name)).is_some(), "{name}");
        }
        for name in
            ["scores.npz", "en.npz", "scores_en.json", "neurons_0.json", "P36.rlt.jsonl", "run.json", "it_layers.npz"]
        {
            assert_eq!(hint_of_name(Path::new(name)), None, "{name}");
        }
    }
}
