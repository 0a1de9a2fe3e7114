//! A model folder of Hugging Face, loaded.

use crate::architecture;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::folder::{Folder, must_be_named};
use crate::question::Asking;
use crate::tokenizer::Tokenizer;
use crate::transformer::Transformer;
use crate::weights::Weights;
use burn::tensor::Device;
use kndb_storage::{Run, Shape};
use std::path::Path;
use xxhash_rust::xxh3::Xxh3;

/// The parameter of a run that keeps [`Model::side_hash`].
pub(crate) const SIDE_FILES: &str = "config and tokenizer";

/// A language model and its tokenizer, ready to be asked.
pub struct Model {
    name: String,
    architecture: &'static str,
    weights_hash: String,
    side_hash: String,
    shape: Shape,
    notes: Vec<String>,
    /// The network.
    pub network: Transformer,
    /// The tokenizer.
    pub tokenizer: Tokenizer,
}

impl Model {
    /// Loads a folder with `config.json`, `tokenizer.json` and weights, or the one snapshot of such a folder in Hugging
    /// Face's cache. Nothing is fetched. Names and shapes are checked before values are read; the peak of memory is the
    /// network and one tensor (docs/models.md).
    ///
    /// # Errors
    /// Something else than a model, an unknown architecture or variant, a missing, superfluous or misshapen tensor, a tokenizer of another model.
    pub fn load(folder: impl AsRef<Path>, device: &Device) -> Result<Self> {
        let Folder { path: folder, name } = &Folder::find(folder.as_ref())?;
        let config = Config::read(folder)?;
        must_be_named(&config, &architecture::KNOWN.iter().map(|known| known.model_type).collect::<Vec<_>>())?;
        let known = architecture::named(&config)?;
        let mut weights = Weights::open(folder, known.base, device)?;
        let network = weights.build(known.without_use, |weights| (known.load)(&config, weights))?;
        let tokenizer = Tokenizer::read(folder, &config, network.vocabulary(), network.causal)?;
        let shape = Shape::new(network.blocks.len() as u32, network.width() as u32).ok_or_else(|| Error::File {
            path: config.path().to_owned(),
            reason: format!(
                "{} layers of {} neurons are more than kndb can address",
                network.blocks.len(),
                network.width()
            ),
        })?;
        let mut side = Xxh3::new();
        for name in ["config.json", "tokenizer.json"] {
            let path = folder.join(name);
            side.update(&std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?);
        }
        let side_hash = format!("xxh3-{:032x}", side.digest128());
        let mut notes = weights.notes().to_vec();
        notes.extend(architecture::unread(&config));
        Ok(Self {
            name: name.clone(),
            architecture: known.model_type,
            weights_hash: weights.hash(),
            side_hash,
            shape,
            notes,
            network,
            tokenizer,
        })
    }

    /// What the user should be told about how the folder was read, one sentence each.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The folder's name; of a snapshot in Hugging Face's cache, the model's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `model_type` of its configuration.
    pub fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// Hash of the weights' bytes.
    pub fn weights_hash(&self) -> &str {
        &self.weights_hash
    }

    /// Hash of `config.json` and `tokenizer.json`: they decide what the weights compute.
    pub fn side_hash(&self) -> &str {
        &self.side_hash
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
        match run.spec.parameters.iter().find(|(name, _)| name == SIDE_FILES) {
            Some((_, hash)) if *hash != self.side_hash => differs(SIDE_FILES, hash, self.side_hash.clone()),
            _ => Ok(()),
        }
    }

    /// What turns facts into questions for this model.
    pub fn asking(&self) -> Asking<'_> {
        Asking { tokenizer: &self.tokenizer, causal: self.is_causal(), max_tokens: self.network.max_tokens }
    }
}
