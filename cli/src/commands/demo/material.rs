//! The demo's facts and model, as they are in `demo/` of the repository: carried in the command, so that the demo runs
//! wherever it is installed.

use std::path::{Path, PathBuf};

use crate::error::{CliError, Result};

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../../demo/", $path)))),*]
    };
}

/// Paths below `demo/`, and what is there.
const FILES: &[(&str, &[u8])] = files![
    "facts/en/P30.jsonl",
    "facts/en/P36.jsonl",
    "facts/en/P37.jsonl",
    "facts/en/P38.jsonl",
    "facts/en/P361.jsonl",
    "facts/en/P421.jsonl",
    "facts/en/P1376.jsonl",
    "facts/en/templates.jsonl",
    "facts/zh/P30.jsonl",
    "facts/zh/P36.jsonl",
    "facts/zh/P37.jsonl",
    "facts/zh/P38.jsonl",
    "facts/zh/P361.jsonl",
    "facts/zh/P421.jsonl",
    "facts/zh/P1376.jsonl",
    "facts/zh/templates.jsonl",
    "models/bilingual-masked/config.json",
    "models/bilingual-masked/model.safetensors",
    "models/bilingual-masked/tokenizer.json",
    "models/bilingual-masked/tokenizer_config.json",
];

/// The files in a folder of their own, which goes when this does.
pub struct Material(PathBuf);

impl Material {
    /// Writes them.
    pub fn unpack() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("kndb-demo-{}", std::process::id()));
        let material = Self(folder);
        for (path, bytes) in FILES {
            let target = material.0.join(path);
            let written = match target.parent() {
                Some(parent) => std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&target, bytes)),
                None => Ok(()),
            };
            written.map_err(|source| CliError::File { action: "write", path: target, source })?;
        }
        Ok(material)
    }

    /// The folders of facts, one a language.
    pub fn facts(&self) -> [PathBuf; 2] {
        ["facts/en", "facts/zh"].map(|path| self.0.join(path))
    }

    /// The model's folder.
    pub fn model(&self) -> PathBuf {
        self.0.join(Path::new("models/bilingual-masked"))
    }
}

impl Drop for Material {
    fn drop(&mut self) {
        // Left behind in the temporary folder at worst.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
