//! What to say where config.json and the weights do not speak of the same tensors.

use super::Weights;
use crate::error::Error;
use crate::folder::whose;
use std::collections::{BTreeMap, BTreeSet};

/// The error for tensors that are missing; `left` are those that nobody asked for.
pub fn missing(weights: &Weights, left: Vec<String>) -> Error {
    if let Some(error) = without_head(weights) {
        return error;
    }
    let missing = weights.missing.clone();
    let why = layers(&missing, &left, weights).or_else(|| naming(weights));
    Error::Missing { path: weights.path.clone(), missing, present: left, why }
}

/// The error for tensors that nobody asked for.
pub fn left_over(weights: &Weights, left: &[String]) -> Error {
    let shown = grouped(left, 6);
    let mut reason = format!(
        "holds what this architecture does not use ({} in all): {shown}; leaving it out would compute another model",
        left.len()
    );
    if let Some(why) = layers(&[], left, weights) {
        reason = format!("{reason}; {why}");
    }
    Error::File { path: weights.path.clone(), reason }
}

/// A base model that was saved without a head: all that is missing is outside it, and nothing outside it is there.
fn without_head(weights: &Weights) -> Option<Error> {
    let base = |name: &str| name.starts_with(weights.base);
    let whole = !weights.used.is_empty() && !weights.missing.iter().any(|name| base(name));
    let head_used = weights.used.values().any(|name| !base(name));
    if !whole || head_used {
        return None;
    }
    let mut instead = "kndb asks for the probabilities of words, which only a head gives: save the class with one \
                       (`AutoModelForMaskedLM` or `AutoModelForCausalLM`, `save_pretrained`) from a checkpoint that has it"
        .to_owned();
    if weights.missing.iter().all(|name| name.ends_with(".weight")) {
        instead += "; where the head is the embedding, config.json says so (`tie_word_embeddings`: true)";
    }
    let found = format!("a model without its language-modelling head, {} missing", grouped(&weights.missing, 6));
    Some(Error::Unusable { path: weights.path.clone(), found, instead })
}

/// Another number of layers, told in numbers.
fn layers(missing: &[String], left: &[String], weights: &Weights) -> Option<String> {
    let numbers = |names: &mut dyn Iterator<Item = &String>| -> BTreeMap<String, BTreeSet<usize>> {
        let mut all = BTreeMap::<String, BTreeSet<usize>>::new();
        for (before, number, _) in names.filter_map(|name| split(name)) {
            all.entry(before.to_owned()).or_default().insert(number);
        }
        all
    };
    let (file, wanted) = (numbers(&mut weights.tensors.keys()), numbers(&mut missing.iter()));
    let used = numbers(&mut weights.used.keys());
    if let Some((stem, numbers)) = wanted.first_key_value() {
        let own = weights.own(stem);
        let (in_file, last) = (file.get(own)?, *numbers.last()?);
        let (held, most) = (in_file.len(), *in_file.last()?);
        let beyond = wanted.len() == 1 && *numbers.first()? > most;
        return (beyond && most + 1 == held).then(|| {
            let whose = whose(&weights.path);
            format!("{whose} speaks of {} layers, the weights hold {held} (`{own}0` to `{own}{most}`)", last + 1)
        });
    }
    let (stem, numbers) = numbers(&mut left.iter()).pop_first()?;
    let (most, asked) = (*numbers.last()?, *used.get(&stem)?.last()?);
    (*numbers.first()? > asked).then(|| {
        format!(
            "{} speaks of {} layers, the weights hold {} (`{stem}0` to `{stem}{most}`)",
            whose(&weights.path),
            asked + 1,
            most + 1
        )
    })
}

/// Nothing that was asked for is there: names of another kind of checkpoint.
fn naming(weights: &Weights) -> Option<String> {
    if !weights.used.is_empty() {
        return None;
    }
    let has = |part: &str| weights.tensors.keys().any(|name| name.contains(part));
    if has("attention.wq.") {
        return Some(
            "these are the names of Meta's own files; transformers' `convert_llama_weights_to_hf.py` rewrites them"
                .into(),
        );
    }
    if has("decoder.layers.") && has("linear_qkv") {
        return Some("these are Megatron's names; convert the checkpoint to a Hugging Face folder".into());
    }
    Some("no name is one of this architecture: is `model_type` in config.json that of these weights?".into())
}

/// The parts of a name around its first number: `h.`, 3, `.attn.bias`.
fn split(name: &str) -> Option<(&str, usize, &str)> {
    let mut from = 0;
    for part in name.split('.') {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            let number = part.parse().ok()?;
            return Some((&name[..from], number, &name[from + part.len()..]));
        }
        from += part.len() + 1;
    }
    None
}

/// Names, with those that differ by the number of their layer as one: "`h.3.` to `h.11.`: 12 tensors each, such as …".
pub fn grouped(names: &[String], shown: usize) -> String {
    // By what stands before the number and which tensors a layer lacks, so that equal layers are told together.
    let mut layers = BTreeMap::<(&str, usize), Vec<&str>>::new();
    let mut entries = Vec::new();
    for name in names {
        match split(name) {
            Some((before, number, after)) => layers.entry((before, number)).or_default().push(after),
            None => entries.push(format!("`{name}`")),
        }
    }
    let mut layers = layers.into_iter().peekable();
    while let Some(((stem, first), after)) = layers.next() {
        let mut last = first;
        while layers.next_if(|((next, number), more)| *next == stem && *number == last + 1 && *more == after).is_some()
        {
            last += 1;
        }
        let name = |suffix: &str| format!("`{stem}{first}{suffix}`");
        match (last > first, after.len()) {
            (false, 1..=2) => entries.extend(after.iter().map(|suffix| name(suffix))),
            (false, n) => entries.push(format!("{n} tensors of `{stem}{first}`, such as {}", name(after[0]))),
            (true, 1) => entries.push(format!("{} to `{stem}{last}{}`", name(after[0]), after[0])),
            (true, n) => entries
                .push(format!("{n} tensors of each of `{stem}{first}` to `{stem}{last}`, such as {}", name(after[0]))),
        }
    }
    let more = entries.len().saturating_sub(shown);
    let text = entries.iter().take(shown).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (entries.is_empty(), more) {
        (true, _) => "no other".into(),
        (_, 0) => text,
        (_, more) => format!("{text} and {more} more"),
    }
}
