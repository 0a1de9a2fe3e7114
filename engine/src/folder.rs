//! Which folder a path means, and what is there instead of a model: each told by its name, with the way out.

mod clues;
mod content;
mod gguf;
mod text;

use crate::config::Config;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};

pub use clues::{MERGED, UNQUANTISED};
pub use content::Content;
pub use gguf::whose;
pub use text::text;

/// Names of weights, of which the first that is there is read.
const WEIGHTS: [&str; 4] =
    ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];
/// What a model is given as.
const EXPECTED: &str = "a folder with config.json, tokenizer.json and weights is expected, or a .gguf file";

/// A folder with a model.
pub struct Folder {
    /// The folder itself; of a hub cache, its snapshot; of a file, the one that it lies in.
    pub path: PathBuf,
    /// The GGUF file, where the weights are one.
    pub gguf: Option<PathBuf>,
    /// What the model is called.
    pub name: String,
}

impl Folder {
    /// The folder that a path means, or the GGUF file. A hub cache with one snapshot means that snapshot.
    ///
    /// # Errors
    /// Anything else: no such path, another file, a cache of several snapshots, an adapter, a folder that holds no model or
    /// several in GGUF.
    pub fn find(given: &Path) -> Result<Self> {
        let path = match std::fs::metadata(given) {
            Err(_) => return Err(nothing_at(given)),
            Ok(meta) if !meta.is_dir() && gguf::is(given) => return Ok(gguf::alone(given)),
            Ok(meta) if !meta.is_dir() => return Err(single_file(given)),
            Ok(_) if is_hub_cache(given) => only_snapshot(given)?,
            Ok(_) => given.to_owned(),
        };
        if let Some(clue) = clues::adapter(&path) {
            return Err(clue);
        }
        let gguf = gguf::in_folder(&path)?;
        if gguf.is_none() && !path.join("config.json").exists() {
            return Err(without_config(&path));
        }
        let name = name_of(&path);
        Ok(Self { path, gguf, name })
    }
}

/// The folder's name; of a snapshot in a hub cache, `name` of `models--organisation--name`.
fn name_of(folder: &Path) -> String {
    let full = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let cached = full
        .parent()
        .filter(|parent| parent.ends_with("snapshots"))
        .and_then(|parent| name(parent.parent()?)?.strip_prefix("models--").map(str::to_owned));
    match cached {
        Some(model) => model.rsplit("--").next().unwrap_or(&model).to_owned(),
        None => name(&full).unwrap_or_else(|| "model".into()),
    }
}

fn is_hub_cache(folder: &Path) -> bool {
    !clues::has_model(folder) && folder.join("snapshots").is_dir()
}

fn only_snapshot(cache: &Path) -> Result<PathBuf> {
    let mut whole = clues::folders_with_model(&cache.join("snapshots"));
    let refuse = |found: String, instead: String| Err(Error::Unusable { path: cache.to_owned(), found, instead });
    match whole.len() {
        1 => Ok(whole.remove(0)),
        0 => refuse(
            "a folder of the Hugging Face cache whose snapshots hold no config.json and no GGUF file".into(),
            "finish the download, for example with `hf download`".into(),
        ),
        n => {
            let main = std::fs::read_to_string(cache.join("refs/main")).unwrap_or_default();
            let named = whole.iter().find(|path| path.ends_with(main.trim())).unwrap_or(&whole[0]);
            let instead = format!("give the folder of one, such as {}", named.display());
            refuse(format!("a folder of the Hugging Face cache with {n} snapshots"), instead)
        }
    }
}

fn nothing_at(path: &Path) -> Error {
    let text = path.to_string_lossy();
    // As names of the hub are.
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let is_id = !text.starts_with(['.', '/']) && text.matches('/').count() <= 1 && text.chars().all(plain);
    let instead = match is_id {
        true => format!(
            "{EXPECTED}; kndb fetches nothing, but `hf download {text} --local-dir NAME` makes such a folder of a model of \
             that name"
        ),
        false => EXPECTED.into(),
    };
    Error::Unusable { path: path.to_owned(), found: "no such folder".into(), instead }
}

fn single_file(path: &Path) -> Error {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (found, instead) = match clues::by_name(&name).or_else(|| Content::of(path).told()) {
        Some((found, instead)) => (found.to_owned(), instead.to_owned()),
        None if name.ends_with(".safetensors") || name.ends_with(".json") || name.ends_with(".bin") => (
            "one file of a model".to_owned(),
            "give the folder, which also holds config.json and tokenizer.json".into(),
        ),
        None => ("a file".to_owned(), EXPECTED.into()),
    };
    Error::Unusable { path: path.to_owned(), found, instead }
}

fn without_config(folder: &Path) -> Error {
    let inside = clues::folders_with_model(folder);
    let (found, instead) = if WEIGHTS.iter().any(|name| folder.join(name).exists()) {
        (
            "weights, but no config.json".into(),
            "bring the config.json and tokenizer.json of the same model beside them".into(),
        )
    } else if let Some(first) = inside.first() {
        let names: Vec<_> = inside.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        let more = if names.len() > 4 { format!(" and {} more", names.len() - 4) } else { String::new() };
        let shown = names.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        ("a folder without config.json, around others that have one".into(), {
            format!("give the model's own: {shown}{more}, as in {}", first.display())
        })
    } else if let Some(one) = clues::cached_model(folder) {
        let found = "the Hugging Face cache, which holds models".into();
        (found, format!("give the folder of one, such as {}", one.display()))
    } else if folder.join("catalogue").exists() {
        ("a store of kndb, not a model".into(), "give the store first and the model's folder with --model".into())
    } else if let Some((found, instead)) = clues::in_folder(folder) {
        (format!("no config.json, but {found}"), instead)
    } else {
        ("no config.json".into(), EXPECTED.into())
    };
    Error::Unusable { path: folder.to_owned(), found, instead }
}

/// The error for a folder with a configuration, but no weights that are read.
pub fn without_weights(folder: &Path) -> Error {
    for name in ["model.safetensors", "pytorch_model.bin"] {
        let path = folder.join(name);
        if let Ok(target) = std::fs::read_link(&path) {
            let found = format!("a link to {}, which is not there", target.display());
            return Error::Unusable { path, found, instead: "download the file again".into() };
        }
    }
    let expected = "expected model.safetensors or pytorch_model.bin, or the index and all files of one in shards, or one .gguf file";
    match clues::in_folder(folder) {
        Some((found, instead)) => Error::Unusable {
            path: folder.to_owned(),
            found: format!("no weights; {expected}; found {found}"),
            instead,
        },
        None => Error::File { path: folder.to_owned(), reason: format!("no weights; {expected}") },
    }
}

/// Refuses a file that holds something known to be of another kind.
pub fn must_not_be_other(path: &Path, allowed: &[Content]) -> Result<()> {
    let content = Content::of(path);
    match content.told().filter(|_| !allowed.contains(&content)) {
        None => Ok(()),
        Some((found, instead)) => {
            Err(Error::Unusable { path: path.to_owned(), found: found.into(), instead: instead.into() })
        }
    }
}

/// Refuses a configuration of quantised weights, or one that does not name its architecture.
pub fn must_be_named(config: &Config, known: &[&str]) -> Result<()> {
    for field in ["quantization_config", "compression_config", "quant_config", "quantization"] {
        let Some(value) = config.value(field) else { continue };
        let method = value.get("quant_method").and_then(|method| method.as_str()).unwrap_or("a method without a name");
        return Err(Error::Unusable {
            path: config.path().to_owned(),
            found: format!("`{field}`: the weights are quantised or compressed ({method})"),
            instead: UNQUANTISED.into(),
        });
    }
    if config.value("model_type").is_some() {
        return Ok(());
    }
    let class = config.value("architectures").and_then(|classes| classes.get(0)?.as_str());
    let letters = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let of_class = |class: &str| {
        let end = ["ForMaskedLM", "ForCausalLM", "LMHeadModel", "ForPreTraining", "Model"];
        let stem = letters(end.iter().find_map(|end| class.strip_suffix(end)).unwrap_or(class));
        let mut names = known.iter().copied();
        names.find(|name| letters(name) == stem || letters(name) == format!("{stem}text"))
    };
    let instead = match class {
        Some(class) => match of_class(class) {
            Some(name) => format!("`architectures` says {class}: add \"model_type\": \"{name}\""),
            None => format!("`architectures` says {class}, which is not one of {}", known.join(", ")),
        },
        None => format!("add the one of these weights: {}", known.join(", ")),
    };
    Err(Error::Unusable { path: config.path().to_owned(), found: "no `model_type`".into(), instead })
}
