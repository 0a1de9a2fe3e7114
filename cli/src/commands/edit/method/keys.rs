//! C of `rome` and `memit`: what the keys of other texts are.

use std::collections::BTreeSet;
use std::sync::Arc;

use kndb_engine::Model;
use kndb_engine::edit::{KeyStatistics, TextOptions, check_place};

use super::{memit, rome};
use crate::args::{EditMethod, WeightArgs};
use crate::error::{CliError, Result};

/// C, and what there is to say of it.
#[derive(Default)]
pub(in crate::commands) struct Keys {
    pub(super) found: Option<Arc<KeyStatistics>>,
    pub notes: Vec<String>,
}

/// C of the layers that some methods change: of a file, of a text, or none; nothing for methods that do not go by it.
pub(in crate::commands) fn statistics(
    methods: &[EditMethod],
    w: &WeightArgs,
    model: &Model,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Keys> {
    let mut layers = BTreeSet::new();
    for method in methods {
        // A method that does not fit is told of when it is built.
        match method {
            EditMethod::Rome => layers.extend(rome(w).ok().and_then(|method| method.layer_of(&model.network).ok())),
            EditMethod::Memit => {
                let range = memit(w).ok().and_then(|method| method.layers_of(&model.network).ok());
                layers.extend(range.into_iter().flat_map(|(first, last)| first..=last));
            }
            _ => {}
        }
    }
    let layers: Vec<usize> = layers.into_iter().collect();
    if layers.is_empty() {
        return Ok(Keys::default());
    }
    if let Some(path) = w.statistics.as_ref().filter(|path| path.exists()) {
        let found = KeyStatistics::read(path, model)?;
        if let Some(layer) = layers.iter().find(|&&layer| found.of_layer(layer).is_none()) {
            let has: Vec<String> = found.layers().map(|layer| layer.to_string()).collect();
            return Err(CliError::Edit(format!(
                "{} has statistics of layers {}; expected those of layer {layer}, too: give --corpus and another file to make them",
                path.display(),
                has.join(", ")
            )));
        }
        let mut notes = Vec::new();
        if w.corpus.is_some() {
            notes.push(format!("C is that of {}; --corpus was not read", path.display()));
        }
        return Ok(Keys { found: Some(Arc::new(found)), notes });
    }
    let Some(corpus) = &w.corpus else {
        if let Some(path) = &w.statistics {
            return Err(CliError::Edit(format!("{} is not there; give --corpus FILE to make it", path.display())));
        }
        let note = "without --corpus or --statistics C is the identity: keys of other texts are not held";
        return Ok(Keys { found: None, notes: vec![note.into()] });
    };
    if let Some(path) = &w.statistics {
        // Before the text is read, which takes minutes.
        check_place(path).map_err(|error| CliError::Edit(error.to_string()))?;
    }
    let usual = TextOptions::default();
    let options = TextOptions {
        window: w.window.unwrap_or(usual.window),
        tokens: w.corpus_tokens.map(std::num::NonZeroUsize::get),
    };
    let found = KeyStatistics::of_text(model, corpus, &layers, options, &|| false, progress)?;
    if let Some(path) = &w.statistics {
        found.write(path)?;
    }
    Ok(Keys { found: Some(Arc::new(found)), notes: Vec::new() })
}
