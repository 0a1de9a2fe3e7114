//! Tokens that the files beside a tokenizer make tokens that are found in texts, as Hugging Face 5 does: those of lists by
//! id, then the special tokens by their names, in its order, for that decides the ids of new ones.

use super::class::Class;
use super::side_files::SideFiles;
use crate::error::Result;
use tokenizers::{AddedToken, Tokenizer as Inner};

/// Makes tokens that are listed by id beside `tokenizer.json` tokens that are found in texts. How they are found (blanks
/// beside them, whole words, before or after the normaliser) is what `added_tokens_decoder` says, whatever
/// `tokenizer.json` says of the same token; of the older `added_tokens.json`, which has no more than ids, it is the other
/// way round.
pub(super) fn add_listed(inner: &mut Inner, side: &mut SideFiles) -> Result<std::result::Result<(), String>> {
    let says_how = side.has_list();
    for (id, token) in side.added_tokens()? {
        let known = inner.get_added_tokens_decoder().get(&id).cloned();
        if known.is_some_and(|known| known == token || (!says_how && known.content == token.content)) {
            continue;
        }
        let content = token.content.clone();
        if let Err(e) = inner.add_tokens([token]) {
            return Ok(Err(e.to_string()));
        }
        match inner.token_to_id(&content) {
            Some(own) if own == id => {}
            own => {
                let own = own.map_or_else(|| "none".into(), |own| own.to_string());
                return Ok(Err(format!(
                    "gives the token `{content}` the id {own}, but the list of added tokens beside it the id {id}; write \
                     the folder again with AutoTokenizer and save_pretrained"
                )));
            }
        }
    }
    Ok(Ok(()))
}

/// Makes the special tokens of the side files and of the class tokens that are found in texts. One that the vocabulary
/// lacks gets the next id; whether the model has an embedding of it shows where a text has it.
pub(super) fn add_special(inner: &mut Inner, side: &SideFiles, class: &Class) -> std::result::Result<(), String> {
    let known: Vec<String> = inner.get_added_tokens_decoder().into_values().map(|token| token.content).collect();
    let listed = side.listed();
    let mut new: Vec<AddedToken> = Vec::new();
    for token in side.special_tokens(class) {
        // Qwen 2's class adds its special tokens once more by their names alone.
        let by_name = *class == Class::Qwen2;
        let token = if by_name { AddedToken::from(token.content, true) } else { token.special(true) };
        // Hugging Face builds its own classes anew, of `tokenizer.json` without the added tokens if there is a list of them.
        let anew = by_name || listed.as_ref().is_some_and(|listed| !listed.contains(&token.content));
        let is_known = known.contains(&token.content) && !(anew && class.is_built_anew());
        if !is_known && !new.contains(&token) {
            new.push(token);
        }
    }
    inner.add_special_tokens(new).map(|_| ()).map_err(|e| e.to_string())
}
