//! The file of `--requests`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use kndb_study::editbench::Requests;

use crate::args::EditBenchArgs;
use crate::error::{CliError, Result};

/// Its requests, and whether the other options go with them: found out before a store is opened or a model loaded.
pub(super) fn read(path: &Path, args: &EditBenchArgs) -> Result<Requests> {
    let shown = path.display();
    let (langs, lang) = (&args.facts.langs, &args.lang);
    if langs.is_empty() && lang.is_none() {
        return Err(CliError::Edit(
            "--requests needs --langs CODE, the language of its prompts, as in --langs en".into(),
        ));
    }
    if langs.len() > 1 || lang.iter().any(|lang| langs.iter().any(|other| other != lang)) {
        let all: Vec<&str> = lang.iter().chain(langs).map(String::as_str).collect();
        let found = format!("--requests {shown} with the languages {}", all.join(", "));
        return Err(CliError::Edit(format!("{found}; expected one language, that of its prompts")));
    }
    if args.facts.prompt != 0 {
        let found = format!("--prompt {} with --requests {shown}", args.facts.prompt);
        let expected = "no --prompt: requests are edited by prompts of their own, and not by the store's templates";
        return Err(CliError::Edit(format!("{found}; expected {expected}")));
    }
    let file = File::open(path).map_err(CliError::file("read", path))?;
    // A file's length is known before it is read; a pipe and a device have none.
    let length = file.metadata().map_err(CliError::file("read", path))?.len();
    let fits = length <= Requests::MOST_BYTES;
    let text = if fits { bounded(file, Requests::MOST_BYTES).map_err(CliError::file("read", path))? } else { None };
    let text = text.ok_or_else(|| {
        let most = Requests::MOST_BYTES;
        CliError::Edit(format!(
            "--requests {shown}: it has more than {most} bytes; expected fewer: they are held in memory"
        ))
    })?;
    let wrong = |error| CliError::Edit(format!("--requests {shown}: {error}"));
    let requests = Requests::read(&text).map_err(wrong)?;
    requests.check_relations(&args.facts.relations).map_err(wrong)?;
    Ok(requests)
}

/// All of it, or nothing where there is more; no more than one byte above is read.
fn bounded(from: impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    let read = from.take(most.saturating_add(1)).read_to_end(&mut text)?;
    Ok((read as u64 <= most).then_some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_read_up_to_the_most() {
        assert_eq!(bounded(io::repeat(0), 1_000).expect("bytes"), None);
        assert_eq!(bounded(&b"abc"[..], 3).expect("bytes").as_deref(), Some(&b"abc"[..]));
        assert_eq!(bounded(&b"abcd"[..], 3).expect("bytes"), None);
    }
}
