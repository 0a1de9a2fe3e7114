//! The file of `--requests`.

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
    let bytes = std::fs::metadata(path).map_err(CliError::file("read", path))?.len();
    if bytes > Requests::MOST_BYTES {
        let expected = format!("at most {}: they are held in memory", Requests::MOST_BYTES);
        return Err(CliError::Edit(format!("--requests {shown}: it has {bytes} bytes; expected {expected}")));
    }
    let text = std::fs::read(path).map_err(CliError::file("read", path))?;
    let wrong = |error| CliError::Edit(format!("--requests {shown}: {error}"));
    let requests = Requests::read(&text).map_err(wrong)?;
    requests.check_relations(&args.facts.relations).map_err(wrong)?;
    Ok(requests)
}
