//! The tokenizer of a model folder: which files make it, the special tokens prompts need, texts as token ids.
//!
//! `tokenizer.json` as it is, or what a GGUF file has, or what Hugging Face builds from `vocab.txt` or `vocab.json` and
//! `merges.txt` where there is none; settings and special tokens of the files beside it. What Hugging Face 5 does with them is followed, but a default
//! of its classes never takes the place of what `tokenizer.json` says.

mod added_tokens;
mod around;
mod class;
mod gguf;
mod named_tokens;
mod order;
mod settings;
mod side_files;
mod special_tokens;
mod vocabulary_files;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::folder;
use crate::weights::Gguf;
use class::Class;
use side_files::SideFiles;
use special_tokens::Unknown;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer as Inner;
use tokenizers::models::ModelWrapper;
use tokenizers::processors::PostProcessorWrapper;

/// A tokenizer with fewer tokens than this share of a model's embeddings is another model's.
const LEAST_SHARE: f64 = 0.75;

/// The tokenizer of a model folder.
pub struct Tokenizer {
    inner: Inner,
    files: Vec<PathBuf>,
    side_files: Vec<PathBuf>,
    notes: Vec<String>,
    embeddings: usize,
    unknown: Unknown,
    begin: std::result::Result<u32, String>,
    end: std::result::Result<u32, String>,
    /// The mask token and its id (masked language models).
    pub mask: Option<(String, u32)>,
}

/// A text as token ids. All lists have one item a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Which of them the tokenizer added around the text.
    pub added: Vec<bool>,
    /// The bytes of the text that a token stands for.
    pub places: Vec<Range<usize>>,
}

impl Encoded {
    /// Without what the tokenizer added behind the text: a causal model would predict what follows that.
    pub fn open_ended(mut self) -> Self {
        let text = self.added.iter().rposition(|&added| !added).map_or(0, |last| last + 1);
        self.ids.truncate(text);
        self.added.truncate(text);
        self.places.truncate(text);
        self
    }
}

impl Tokenizer {
    /// Reads the tokenizer of a folder and checks that it fits the model: `vocabulary` embeddings; a masked model needs a
    /// mask token.
    pub fn read(root: &Path, config: &Config, vocabulary: usize, causal: bool) -> Result<Self> {
        Self::read_beside(root, None, config, vocabulary, causal)
    }

    /// The same for a folder whose weights are a GGUF file, which has a tokenizer where no tokenizer.json lies beside it.
    pub(crate) fn read_beside(
        root: &Path,
        gguf: Option<&Gguf>,
        config: &Config,
        vocabulary: usize,
        causal: bool,
    ) -> Result<Self> {
        let json = root.join("tokenizer.json");
        let mut notes = Vec::new();
        let is_whole = json.exists();
        let of_weights = gguf;
        let gguf = gguf.filter(|_| !is_whole);
        // A GGUF file says all of it itself, and often lies among files of other models.
        let mut side = if gguf.is_some() { SideFiles::none() } else { SideFiles::read(root)? };
        let class = if gguf.is_some() { Class::Plain } else { Class::of(&side, config) };
        let (mut inner, files) = if is_whole {
            let bytes = folder::text(&json)?;
            let wrong = |e| Error::Tokenizer { path: json.clone(), reason: format!("not a tokenizer: {e}") };
            let mut inner = Inner::from_bytes(&bytes).map_err(wrong)?;
            of_weights.map_or(Ok(()), |gguf| gguf::must_agree(gguf, &inner, &json))?;
            settings::apply(&mut inner, &class, &side, &mut notes)?;
            (inner, vec![json])
        } else if let Some(gguf) = gguf {
            (gguf::read(gguf)?, vec![gguf.path().to_owned()])
        } else {
            vocabulary_files::read(root, &class, &mut side, config)?
        };
        let path = files.first().cloned().unwrap_or_else(|| root.to_owned());
        let wrong = |reason: String| Error::Tokenizer { path: path.clone(), reason };
        inner.with_truncation(None).map_err(|e| wrong(e.to_string()))?;
        inner.with_padding(None);
        notes.extend(without_dropout(&mut inner));
        added_tokens::add_listed(&mut inner, &mut side)?.map_err(wrong)?;
        // Bare vocabularies have what is put around texts from their class already.
        if is_whole {
            around::by_class(&mut inner, &class, &side, causal, &mut notes).map_err(wrong)?;
        }
        must_fit(&inner, vocabulary).map_err(wrong)?;
        must_add_tokens_once(&inner, vocabulary).map_err(wrong)?;
        let mask = special_tokens::mask(&inner, &side, &class, &path, causal)?;
        let end = match causal {
            true => special_tokens::end(&inner, &side, &class, config, vocabulary, &mut notes)?,
            false => Err("no end-of-sequence token is asked for: it is a masked model".into()),
        };
        let unknown = Unknown::of(&inner, &side, &path, end.as_ref().ok().copied())?;
        let begin = special_tokens::begin(&inner, &side, &class, config, vocabulary);
        if side.flag("split_special_tokens")? == Some(true) {
            if let Some((mask, _)) = &mask {
                return Err(wrong(format!(
                    "is not to find special tokens in texts (`split_special_tokens` of tokenizer_config.json), so not the \
                     mask `{mask}` either, without which a masked model cannot be asked; set that to false"
                )));
            }
            inner.set_encode_special_tokens(true);
        }
        // Behind the checks: what is new here may have no embedding, and matters where a text has it.
        added_tokens::add_special(&mut inner, &side, &class).map_err(wrong)?;
        let side_files = side.paths();
        Ok(Self { inner, files, side_files, notes, embeddings: vocabulary, unknown, begin, end, mask })
    }

    /// The files that make the tokenizer: `tokenizer.json`, or the GGUF file, or the vocabulary.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The files beside those that were read for settings and special tokens.
    pub fn side_files(&self) -> &[PathBuf] {
        &self.side_files
    }

    /// What a user should know of how the files were read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The beginning-of-sequence token to put before prompts of a model whose tokenizer adds none.
    ///
    /// # Errors
    /// There is no such token, files disagree on it, or the tokenizer adds it already: why.
    pub fn begin(&self) -> std::result::Result<u32, &str> {
        self.begin.as_ref().copied().map_err(String::as_str)
    }

    /// The end-of-sequence token of a causal model, which stands for a missing word.
    ///
    /// # Errors
    /// The model has no embedding of the one that its files name, or they name none: why, and what to do.
    pub fn end(&self) -> std::result::Result<u32, &str> {
        self.end.as_ref().copied().map_err(String::as_str)
    }

    /// Ids of a text, with the tokens that models expect around it if `special`.
    pub fn encode(&self, text: &str, special: bool) -> std::result::Result<Encoded, String> {
        let encoding = self.inner.encode(text, special).map_err(|e| e.to_string())?;
        let added = encoding.get_special_tokens_mask().iter().map(|&flag| flag == 1).collect();
        let places = encoding.get_offsets().iter().map(|&(from, to)| from..to).collect();
        Ok(Encoded { ids: encoding.get_ids().to_vec(), added, places })
    }

    /// Whether tokens of a place in an encoded text stand for what the vocabulary lacks, or nothing stands for a part of it.
    pub fn is_unknown(&self, text: &str, encoded: &Encoded, place: Range<usize>) -> bool {
        self.unknown.is_in(text, encoded, place)
    }

    /// Whether an id stands for what the vocabulary lacks.
    pub fn is_unknown_id(&self, id: u32) -> bool {
        self.unknown.ids.contains(&id)
    }

    /// Whether the model has an embedding of every id.
    pub fn has_embeddings(&self, ids: &[u32]) -> bool {
        ids.iter().all(|&id| (id as usize) < self.embeddings)
    }

    /// Whether an id is that of a token: embeddings are often padded to a round number.
    pub fn has_text(&self, id: u32) -> bool {
        self.inner.id_to_token(id).is_some()
    }

    /// The text of ids.
    pub fn decode(&self, ids: &[u32]) -> std::result::Result<String, String> {
        self.inner.decode(ids, false).map_err(|e| e.to_string())
    }
}

/// Merges left out at random are for training: the same question must have the same tokens. What was said, if anything.
fn without_dropout(inner: &mut Inner) -> Option<String> {
    let ModelWrapper::BPE(model) = inner.get_model() else { return None };
    let share = model.dropout?;
    let mut model = model.clone();
    model.dropout = None;
    inner.with_model(model);
    (share > 0.0).then(|| {
        format!(
            "tokenizer.json leaves out merges at random, as for training (`dropout` {share}); that is switched off, so that a \
             question has the same tokens each time"
        )
    })
}

/// Every token of the vocabulary needs an embedding; tokens added to it need none until they are used (Gemma 3's
/// `<image_soft_token>`, the `[PAD]` of fine-tuned Llamas).
fn must_fit(inner: &Inner, vocabulary: usize) -> std::result::Result<(), String> {
    let added = inner.get_added_tokens_decoder();
    let is_added = |token: &str, id: &u32| added.get(id).is_some_and(|it| it.content == token);
    let own = inner.get_vocab(false).into_iter().filter(|(token, id)| !is_added(token, id));
    let (largest, known) = own.fold((0, 0), |(largest, count), (_, id)| (id.max(largest), count + 1));
    if largest as usize >= vocabulary {
        return Err(format!(
            "gives ids up to {largest}, but the model has {vocabulary} embeddings; it belongs to another model"
        ));
    }
    let known = known + added.len();
    // Embeddings are padded to round numbers, but not by a quarter.
    if (known as f64) < LEAST_SHARE * vocabulary as f64 {
        return Err(format!(
            "knows {known} tokens, but the model has {vocabulary} embeddings; it belongs to another model"
        ));
    }
    Ok(())
}

/// The library takes the result of one template for a pair of texts in a second one, or panics.
fn must_add_tokens_once(inner: &Inner, vocabulary: usize) -> std::result::Result<(), String> {
    if let Some(PostProcessorWrapper::Sequence(all)) = inner.get_post_processor() {
        let adds = |it: &&PostProcessorWrapper| !matches!(it, PostProcessorWrapper::ByteLevel(_));
        if all.as_ref().iter().filter(adds).count() > 1 {
            return Err("its post_processor adds special tokens in two places; put them into one template".into());
        }
    }
    let around = inner.encode("", true).map_err(|e| format!("cannot encode a text: {e}"))?;
    match around.get_ids().iter().find(|&&id| id as usize >= vocabulary) {
        Some(id) => Err(format!("adds token {id} to every text, but the model has {vocabulary} embeddings")),
        None => Ok(()),
    }
}
