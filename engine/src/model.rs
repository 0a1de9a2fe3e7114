//! A model folder of Hugging Face, or a GGUF file, loaded.

use crate::architecture;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::folder::{Folder, must_be_named};
use crate::question::Asking;
use crate::tokenizer::Tokenizer;
use crate::transformer::Transformer;
use crate::weights::{Gguf, Source, Weights};
use burn::tensor::Device;
use kndb_storage::{Run, RunSpec, Shape};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use xxhash_rust::xxh3::Xxh3;

/// The parameter of a run that keeps [`Model::side_hash`].
const SIDE_FILES: &str = "config and tokenizer";
/// That of [`Model::settings_hash`]; runs of version 0.1 have none.
const SETTINGS: &str = "tokenizer settings";
/// That of prompts with a beginning-of-sequence token put before them; others have none.
const BOS: &str = "bos";
const PUT_BEFORE: &str = "put before";

/// A language model and its tokenizer, ready to be asked.
pub struct Model {
    name: String,
    architecture: &'static str,
    weights_hash: String,
    side_hash: String,
    settings_hash: String,
    shape: Shape,
    notes: Vec<String>,
    begin: Option<u32>,
    padding: Option<u32>,
    config_path: PathBuf,
    mapped: Vec<Arc<Source>>,
    /// The network.
    pub network: Transformer,
    /// The tokenizer.
    pub tokenizer: Tokenizer,
}

impl Model {
    /// Loads a folder with `config.json`, `tokenizer.json` and weights, or the one snapshot of such a folder in Hugging
    /// Face's cache, or a GGUF file, which has all of them. Nothing is fetched. Names and shapes are checked before values
    /// are read; the peak of memory is the network and one tensor (docs/models.md).
    ///
    /// # Errors
    /// Something else than a model, an unknown architecture or variant, a missing, superfluous or misshapen tensor, a tokenizer of another model.
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self> {
        let Folder { path: folder, gguf, name } = &Folder::find(folder.as_ref())?;
        let gguf = &gguf.as_deref().map(Gguf::open).transpose()?;
        let config = match gguf {
            Some(gguf) => Config::of_gguf(gguf, folder)?,
            None => Config::read(folder)?,
        };
        must_be_named(&config, &architecture::KNOWN.iter().map(|known| known.model_type).collect::<Vec<_>>())?;
        let known = architecture::named(&config)?;
        let mut weights = match gguf {
            Some(gguf) => Weights::of_gguf(gguf, known.base, device)?,
            None => Weights::open(folder, known.base, device)?,
        };
        let network = weights.build(known.without_use, |weights| (known.load)(&config, weights))?;
        // The hash is of what was there before the values were read.
        weights.must_be_unchanged()?;
        let tokenizer = Tokenizer::read_beside(folder, gguf.as_ref(), &config, network.vocabulary(), network.causal)?;
        let shape = Shape::new(network.blocks.len() as u32, network.width() as u32).ok_or_else(|| Error::File {
            path: config.path().to_owned(),
            reason: format!(
                "{} layers of {} neurons are more than kndb can address",
                network.blocks.len(),
                network.width()
            ),
        })?;
        // Of a GGUF file, the hash of the weights is that of what its header says as well.
        let side_files = std::iter::once(config.path()).chain(tokenizer.files().iter().map(PathBuf::as_path));
        let side_files: Vec<&Path> =
            side_files.filter(|file| gguf.as_ref().is_none_or(|gguf| gguf.path() != *file)).collect();
        let side_hash = match side_files[..] {
            [] => "no files".to_owned(),
            _ => hash(side_files.into_iter())?,
        };
        let settings_hash = match tokenizer.side_files() {
            [] => "no files".to_owned(),
            files => hash(files.iter().map(PathBuf::as_path))?,
        };
        // Some configurations say −1 for none.
        let padding = config.value("pad_token_id").and_then(serde_json::Value::as_u64);
        let padding = padding.and_then(|id| u32::try_from(id).ok()).filter(|&id| (id as usize) < network.vocabulary());
        let mut notes = weights.notes().to_vec();
        notes.extend(architecture::unread(&config));
        notes.extend_from_slice(tokenizer.notes());
        Ok(Self {
            name: name.clone(),
            architecture: known.model_type,
            weights_hash: weights.hash(),
            side_hash,
            settings_hash,
            shape,
            notes,
            begin: None,
            padding,
            config_path: config.path().to_owned(),
            mapped: weights.mapped(),
            network,
            tokenizer,
        })
    }

    /// What the user should be told about how the folder was read, one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Where its configuration was read from.
    pub(crate) fn config_path(&self) -> &Path {
        &self.config_path
    }

    /// The folder's name; of a snapshot in Hugging Face's cache, the model's; of a GGUF file, the file's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `model_type` of its configuration.
    pub fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// Refuses weights that were written to since the model was loaded: where a network reads them from a mapped file, what it gave is of no
    /// one model.
    ///
    /// # Errors
    /// The file, with what to do.
    pub fn must_be_unchanged(&self) -> Result<()> {
        self.mapped.iter().try_for_each(|source| source.must_be_unchanged())
    }

    /// Hash of the weights' bytes.
    pub fn weights_hash(&self) -> &str {
        &self.weights_hash
    }

    /// Hash of `config.json` and `tokenizer.json` (or the vocabulary's files): they decide what the weights compute. `no
    /// files` of a GGUF file that is whole by itself.
    pub fn side_hash(&self) -> &str {
        &self.side_hash
    }

    /// Hash of the files with the tokenizer's settings and special tokens, `tokenizer_config.json` and its like.
    pub fn settings_hash(&self) -> &str {
        &self.settings_hash
    }

    /// All that decides what the model answers, in one line: hashes of its weights and of the files beside them, and whether every prompt gets the
    /// beginning-of-sequence token.
    pub fn identity(&self) -> String {
        let bos = if self.begin.is_some() { "bos" } else { "as the tokenizer begins" };
        [&self.weights_hash, &self.side_hash, &self.settings_hash, bos].join(" ")
    }

    /// What a run must record of a model beside its weights: what its questions depend on.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        self.recorded(self.begin.is_some())
    }

    /// The same for a run that is about the facts of another one, asked in the same way.
    pub(crate) fn parameters_as(&self, source: &RunSpec) -> Vec<(String, String)> {
        self.recorded(is_asked_with_bos(source))
    }

    fn recorded(&self, with_bos: bool) -> Vec<(String, String)> {
        let mut all = vec![(SIDE_FILES.into(), self.side_hash.clone()), (SETTINGS.into(), self.settings_hash.clone())];
        if with_bos {
            all.push((BOS.into(), PUT_BEFORE.into()));
        }
        all
    }

    /// Feed-forward layers × width.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether it is a causal language model (else a masked one).
    pub fn is_causal(&self) -> bool {
        self.network.causal
    }

    /// Whether its feed-forward blocks are gated, so that there is no value before the non-linearity (site `pre`).
    pub fn is_gated(&self) -> bool {
        self.network.blocks.iter().any(|block| block.feed_forward.up.is_some())
    }

    /// Refuses a run of another model: its neurons would be other units.
    ///
    /// # Errors
    /// The shape, or the hash of the weights or of the side files where the run has one, is not this model's.
    pub fn must_be_of(&self, run: &Run) -> Result<()> {
        let differs = |what: &str, run_has: &str, own: String| {
            Err(Error::Option {
                option: "model",
                given: format!("{} with {what} {own}", self.name),
                expected: format!("the model of run {:?}, with {what} {run_has}", run.spec.name),
            })
        };
        if run.spec.shape != self.shape {
            return differs("shape", &run.spec.shape.to_string(), self.shape.to_string());
        }
        match &run.spec.weights_hash {
            Some(hash) if *hash != self.weights_hash => return differs("weights", hash, self.weights_hash.clone()),
            _ => {}
        }
        for (name, own) in [(SIDE_FILES, &self.side_hash), (SETTINGS, &self.settings_hash)] {
            if let Some(recorded) = parameter(&run.spec, name).filter(|recorded| recorded != own) {
                return differs(name, recorded, own.clone());
            }
        }
        Ok(())
    }

    /// From now on, the beginning-of-sequence token is put before every prompt.
    ///
    /// # Errors
    /// A masked model, or a tokenizer that adds the token already, or files that name none.
    pub fn ask_with_bos(&mut self) -> Result<()> {
        self.begin = Some(self.bos()?);
        Ok(())
    }

    /// From now on, facts are asked as they were for a run.
    ///
    /// # Errors
    /// As [`Model::ask_with_bos`].
    pub fn ask_as(&mut self, run: &RunSpec) -> Result<()> {
        self.begin = if is_asked_with_bos(run) { Some(self.bos()?) } else { None };
        Ok(())
    }

    fn bos(&self) -> Result<u32> {
        let cannot = |why: &str| Error::Option {
            option: "bos",
            given: format!("asked for, and of {} {why}", self.name),
            expected: "a causal model with a beginning-of-sequence token that its tokenizer does not add".into(),
        };
        if !self.is_causal() {
            return Err(cannot("prompts have no beginning alone: it is a masked model"));
        }
        self.tokenizer.begin().map_err(|why| cannot(&format!("this is known: {why}")))
    }

    /// The padding token.
    pub(crate) fn padding(&self) -> Result<u32> {
        self.padding.ok_or_else(|| Error::File {
            path: self.config_path.clone(),
            reason: "names no padding token: there is no `pad_token_id` that has an embedding".into(),
        })
    }

    /// What turns facts into questions for this model.
    pub fn asking(&self) -> Asking<'_> {
        let max_tokens = self.network.max_tokens;
        Asking { tokenizer: &self.tokenizer, causal: self.is_causal(), max_tokens, begin: self.begin }
    }

    /// The same, as the facts of a run were asked.
    pub(crate) fn asking_as(&self, run: &RunSpec) -> Result<Asking<'_>> {
        let begin = if is_asked_with_bos(run) { Some(self.bos()?) } else { None };
        Ok(Asking { begin, ..self.asking() })
    }
}

/// Whether the prompts of a run have a beginning-of-sequence token that was put before them.
pub fn is_asked_with_bos(run: &RunSpec) -> bool {
    parameter(run, BOS).is_some()
}

/// A run as this model describes it, without what the stored run of that name does not record because an earlier version
/// made it: it can go on with an unchanged folder.
pub(crate) fn as_recorded(run: &RunSpec, stored: Option<&Run>) -> RunSpec {
    let mut run = run.clone();
    if stored.is_some_and(|stored| parameter(&stored.spec, SETTINGS).is_none()) {
        run.parameters.retain(|(name, _)| name != SETTINGS);
    }
    run
}

fn parameter<'a>(run: &'a RunSpec, name: &str) -> Option<&'a str> {
    run.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

fn hash<'a>(files: impl Iterator<Item = &'a Path>) -> Result<String> {
    let mut hash = Xxh3::new();
    for path in files {
        hash.update(&std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?);
    }
    Ok(format!("xxh3-{:032x}", hash.digest128()))
}
