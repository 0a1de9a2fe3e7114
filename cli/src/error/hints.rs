//! What to do about an error, where that is known.

use std::io;
use std::path::Path;

use kndb_query::nearest;

use super::CliError;
use crate::output::Mode;
#[cfg(feature = "attribute")]
use crate::study::Reads;

/// Reading needs no room; the least change needs some, even one that frees far more.
const FULL_DISK: &str = "a store can be read on a full disk, but not changed: free some megabytes there by removing or moving other files; then \
`kndb drop-run` gives back what a run takes, and `kndb compact` what was replaced";

/// What no reader needs.
const NOT_WRITABLE: &str = "asking needs no leave to write, but this command changes the store: have its folder made writable, or work on a copy";

fn is_not_writable(error: &kndb_query::QueryError) -> bool {
    let source = error.source.as_ref().and_then(|source| source.downcast_ref());
    source.is_some_and(kndb_storage::Error::is_not_writable)
}

/// What is damaged can be taken out or built anew, and that says first what it costs.
const DAMAGE: &str = "`kndb verify` lists all damage; restore the store from a backup, or take out what is damaged: `kndb verify --repair` says \
first what would be lost, and builds anew what it can";

fn is_damage(error: &kndb_query::QueryError) -> bool {
    use kndb_storage::Error as Store;
    let source = error.source.as_ref().and_then(|source| source.downcast_ref());
    matches!(source, Some(Store::Corrupt { .. } | Store::MissingFile { .. }))
}

fn is_full_disk(error: &kndb_query::QueryError) -> bool {
    let Some(source) = &error.source else { return false };
    let of_store = source.downcast_ref().is_some_and(kndb_storage::Error::is_full_disk);
    of_store || source.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::StorageFull)
}

impl CliError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        use kndb_import::ImportError as Import;
        use kndb_storage::Error as Store;
        if let Some(hint) = self.about_a_path() {
            return Some(hint);
        }
        match self {
            #[cfg(feature = "sql")]
            Self::Sql(error) => error.hint().map(str::to_owned),
            Self::Store(Store::BackupFull { .. }) => Some(
                "make room there, then give the same command again: it goes on with what is copied; or name a folder on another disk".into(),
            ),
            Self::Store(Store::EntriesDiffer(entry)) => Some(format!(
                "if both are to be kept, `kndb copy-run {} {:?} INTO --as NAME` puts the run beside the other; if one is wrong, drop that run, or make \
                 its entry anew (--replace), and merge again",
                entry.from.display(),
                entry.run
            )),
            Self::Store(Store::StoresDiffer { .. }) => Some(
                "make both say the same and merge again: `kndb facts` with the same files in both gives them the same labels, templates and candidates; \
                 a run of other parameters comes beside the other under another name: `kndb rename-run`"
                    .into(),
            ),
            Self::Store(error) if error.is_full_disk() => Some(FULL_DISK.into()),
            Self::Query { error, .. } if is_full_disk(error) => Some(FULL_DISK.into()),
            Self::Store(error) if error.is_not_writable() => Some(NOT_WRITABLE.into()),
            Self::Query { error, .. } if is_not_writable(error) => Some(NOT_WRITABLE.into()),
            Self::Query { error, .. } if is_damage(error) => Some(DAMAGE.into()),
            Self::Query { error, .. } => error.hint.clone(),
            Self::Store(Store::Io { action: "read" | "open" | "map" | "list", source, .. })
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Some("whoever asks a store reads all of its files: have its folder made readable for this user".into())
            }
            Self::Store(Store::NotAStore { path, .. }) => Some(not_a_store(path)),
            Self::StatementFirst { statement, store } => Some(format!(
                "the store comes first: `kndb query {} \"{statement}\"`",
                store.as_deref().unwrap_or("DB")
            )),
            Self::Store(Store::AlreadyThere { .. }) => {
                Some("choose another folder; `kndb info` shows what a store holds".into())
            }
            Self::Store(Store::Linked { .. }) => Some(
                "copy the store's folder with its bytes (`cp -r`, not `cp -al`), and put the copy in its place; `kndb backup` makes copies that \
                 stay as they are"
                    .into(),
            ),
            Self::Store(Store::Locked { .. }) => Some("wait for the other process to finish, then try again".into()),
            Self::Store(Store::FormatVersion { found, newest, .. }) => Some(if found > newest {
                "use a newer kndb".into()
            } else {
                "use the kndb that wrote it, or import the data again".into()
            }),
            Self::Store(Store::Corrupt { .. } | Store::MissingFile { .. }) => Some(DAMAGE.into()),
            Self::NotSound { path, .. } => Some(format!(
                "`kndb verify {} --repair` says first what would be lost, and builds anew what it can; or restore the store from a backup",
                path.display()
            )),
            Self::Store(Store::FactExists { .. }) => {
                Some("--replace replaces facts that are in the run already, --skip-existing passes them over".into())
            }
            Self::Store(Store::RunClaimed { .. }) => Some(
                "wait until it has ended, then give the same command again; a command that fills a run may also name another --run".into(),
            ),
            Self::Store(Store::RunDiffers { .. }) => {
                Some("`kndb info --json` shows a run's parameters; another --run is a run of its own".into())
            }
            Self::Import(error @ Import::Unexpected { .. }) if error.is_about_language() && error.can_be_left_out() => {
                Some("--lang says it for all files, as in --lang zh; --ignore NAME leaves out what says none".into())
            }
            Self::Import(error) if error.can_be_left_out() => {
                Some("--ignore NAME leaves out a column, array, field or folder of that name".into())
            }
            Self::ImportRun(kndb_import::ImportRunError::Relation { .. }) => Some(
                "`kndb facts DB --names FILE` gives relations names; --ignore relation leaves out a column, field or folder".into(),
            ),
            Self::ImportRun(kndb_import::ImportRunError::TwoRelations { .. }) => {
                Some("--ignore relation leaves out a column, field or folder of that name".into())
            }
            Self::Import(error @ Import::Unexpected { .. }) if error.is_about_language() => {
                Some("--lang says it for all files, as in --lang zh".into())
            }
            Self::Import(error @ Import::Disagree { .. }) if error.is_about_language() => Some(
                "leave out --lang where the files say it; --ignore NAME leaves out a column, field or folder".into(),
            ),
            Self::Import(Import::UnknownFormat { .. }) => {
                Some("--format names it; `kndb import --help` lists the formats".into())
            }
            Self::InvalidRow(_) => Some("--skip-invalid passes over such rows, and counts them by reason".into()),
            Self::Import(Import::NoFacts { .. } | Import::UnknownFacts { .. }) => {
                Some("`kndb facts --help` lists the data sets, --format names one".into())
            }
            Self::Import(Import::AmbiguousFacts { .. }) => {
                Some("name the folder of one data set, or say which with --format".into())
            }
            Self::Import(Import::NoLanguage { .. }) => Some("--lang says it, as in --lang de".into()),
            Self::Import(Import::TwoLanguages { .. }) => {
                Some("leave out --lang, or name the folder of the language that it says".into())
            }
            Self::Import(Import::NeuronOutside { .. }) => Some("are --layers and --width those of the model?".into()),
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("check the path; it counts from the current folder".into())
            }
            Self::UnknownDotCommand { nearest, .. } => Some(match nearest {
                Some(nearest) => format!("did you mean {nearest}? `.help` lists all"),
                None => "`.help` lists all".into(),
            }),
            Self::DotArgument { command: ".mode", .. } => {
                let modes: Vec<&str> =
                    <Mode as clap::ValueEnum>::value_variants().iter().map(|mode| mode.name()).collect();
                Some(format!("modes are {}", modes.join(", ")))
            }
            Self::ReadTooDeep { .. } => Some("does the script `.read` itself?".into()),
            Self::RunNeeds { .. } => Some(
                "a new run is described by its model's name and shape, as in --model \
                 bert-base-uncased --layers 12 --width 3072; `kndb runs` lists the runs there are"
                    .into(),
            ),
            #[cfg(feature = "attribute")]
            Self::Engine(error) => engine_hint(error),
            #[cfg(feature = "attribute")]
            Self::NoFacts { path } => Some(format!(
                "`kndb facts {} FOLDER` imports facts, labels and templates (mLAMA, LAMA, ParaRel)",
                path.display()
            )),
            #[cfg(feature = "attribute")]
            Self::NotForMethod { .. } => Some("leave it out; --help lists the methods and their options".into()),
            #[cfg(feature = "attribute")]
            Self::WhichRun { reads, runs, .. } => Some(match (runs.first(), reads) {
                (Some(first), _) => format!("name one, as in --run {first} (`kndb dkn`: --from)"),
                (None, Reads::Attributions) => {
                    "`kndb attribute` computes scores, `kndb import` takes those of others".into()
                }
                (None, Reads::Groups) => "`kndb dkn` searches a run's knowledge neurons for degenerate groups".into(),
            }),
            #[cfg(feature = "attribute")]
            Self::NoSuchRun { run, runs, .. } => {
                let near = nearest(run, runs.iter().map(String::as_str));
                near.map(|near| format!("did you mean {near}?"))
            }
            #[cfg(feature = "attribute")]
            Self::WhichScores { .. } => Some("--scores names a preset".into()),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::Stopped { stage: kndb_study::Stage::EditingFacts, .. }) => {
                Some("with --csv FILE the same command goes on with what was measured; without it nothing was kept".into())
            }
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::OtherSettings { .. }) => Some(
                "the command with the options, the store and the model that it had goes on with it; another --csv FILE begins anew".into(),
            ),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::KeptRow { column: "method", .. }) => Some(
                "name the method among --methods, too, as it was; or take the row out; another --csv FILE begins anew".into(),
            ),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::KeptRow { .. }) => Some(
                "the row was changed since it was measured: take it out, and the same command measures its edit again; or give another --csv FILE".into(),
            ),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::NoEdits { left_out }) => Some(no_edits(left_out)),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::Stopped { .. }) => {
                Some("a study begins anew: nothing of this one was kept".into())
            }
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::NoFacts { sets, .. }) if !sets.is_empty() => Some(format!(
                "--only and --without may leave nothing: `kndb query DB SET` shows what is in {}",
                sets.iter().map(|set| format!("`{set}`")).collect::<Vec<_>>().join(", ")
            )),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::NoFacts { conditions, .. }) if !conditions.is_empty() => {
                Some(format!("a weaker `--where` studies more facts; it is {}", conditions.join(" and ")))
            }
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::Query { source, .. }) => source.hint.clone(),
            #[cfg(feature = "attribute")]
            Self::Study(kndb_study::StudyError::NoFacts { .. }) => Some(
                "`edit-study` has more facts with a lower --tau, `fact-check` with --where t_high=0.1, `arena` without --answered; objects in lower \
                 case (--preset amig-code) may not be in the vocabulary: --keep-case"
                    .into(),
            ),
            #[cfg(feature = "attribute")]
            Self::NotNeurons { .. } => Some(
                "a set of pairs or neurons, as in 'kn[lang=en, rank<=5]' or 'neurons(9:852)'; rows are one in parentheses: '(kn[lang=en] by neuron top 10)'"
                    .into(),
            ),
            #[cfg(feature = "attribute")]
            Self::SetsChanged { .. } => Some(
                "facts were attributed since, or a saved set replaced; --run NAME begins another run, and `let` keeps a set as it is".into(),
            ),
            #[cfg(feature = "attribute")]
            Self::GroupsAmongScores { run } => {
                Some(format!("--from {run} searches it; --run names the new run, by default {run}-dkn"))
            }
            #[cfg(feature = "attribute")]
            Self::NothingWritten { .. } => Some(
                "other --langs, --relations or --prompts, or another model; `kndb facts DB --list` shows what can be asked"
                    .into(),
            ),
            #[cfg(feature = "attribute")]
            Self::Interrupted { .. } => Some("the same command goes on from here".into()),
            Self::Name(error) => Some(error.hint()),
            Self::Store(Store::UnknownRun { name, known }) => {
                nearest(name, known.iter().map(String::as_str)).map(|near| format!("did you mean {near:?}?"))
            }
            Self::Store(Store::FactsHeld { .. }) => Some(
                "`kndb drop-run` drops a run with its scores; --force takes labels and templates away all the same"
                    .into(),
            ),
            Self::NotForFigure { instead, .. } => Some((*instead).into()),
            Self::Report(error) => report_hint(error),
            Self::CommandSecond { command, store } => Some(format!("the command comes first: `kndb {command} {store}`")),
            Self::StoreSecond { given, store } => Some(format!("`kndb drop-run {store} {given}`")),
            Self::NotRepaired { .. } => Some("--yes repairs without asking; a backup may have what would be lost".into()),
            Self::NotConfirmed { .. } => Some("--yes deletes without asking".into()),
            #[cfg(feature = "parquet")]
            Self::NotForExport { .. } => Some("give the store and the folder alone: `kndb import NEW-DB DIR`".into()),
            #[cfg(feature = "parquet")]
            Self::Export(error) => super::export::hint(error),
            #[cfg(feature = "explorer")]
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Some("another program listens there: `--port 0` takes a free port, `--port N` another one".into())
            }
            #[cfg(feature = "explorer")]
            Self::Listen { .. } => Some("`--host` takes an address or a name of this machine, such as 127.0.0.1 or 0.0.0.0".into()),
            _ => None,
        }
    }
}

impl CliError {
    /// What is wrong with a path that leads nowhere, where it can be seen from the path alone.
    fn about_a_path(&self) -> Option<String> {
        let of_path = match self {
            Self::Store(kndb_storage::Error::NotAStore { .. }) | Self::Import(_) => true,
            Self::File { source, .. } => source.kind() == io::ErrorKind::NotFound,
            #[cfg(feature = "attribute")]
            Self::Engine(error) => matches!(error, kndb_engine::Error::Unusable { .. }),
            _ => false,
        };
        let text = if of_path { self.to_string() } else { return None };
        // The path stands in the first words.
        let begin = |start: &str| {
            text.split([' ', '`', '"'])
                .find(|word| word.starts_with(start))
                .map(|word| word.trim_end_matches([':', ',']))
        };
        if let Some(path) = begin("~/") {
            let rest = &path[2..];
            return Some(format!("the shell leaves `~` as it is in quotes: write \"$HOME/{rest}\""));
        }
        if begin("http://").or_else(|| begin("https://")).is_some() {
            return Some("kndb fetches nothing: download it first, then name the file".into());
        }
        let drive = |word: &str| {
            let mut chars = word.chars();
            chars.next().is_some_and(|c| c.is_ascii_alphabetic())
                && chars.next() == Some(':')
                && chars.next() == Some('\\')
        };
        let windows = cfg!(not(windows)) && text.split([' ', '`', '"']).any(drive);
        windows.then(|| "this is a path of Windows; here folders are separated by `/`, as in /mnt/c/data".into())
    }
}

fn is_gguf(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf"))
}

fn holds_gguf(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| is_gguf(&entry.path())))
}

/// What leaves more facts to edit, by why they were left out.
#[cfg(feature = "attribute")]
fn no_edits(left_out: &[(String, u64)]) -> String {
    const HINTS: [(&str, &str); 6] = [
        (
            "knowledge neurons",
            "attribute the facts in the language of the edit (`kndb attribute`), or leave methods by neurons out, as in --methods rome,ft",
        ),
        ("no prompt", "another --prompt NUMBER, or templates in every language of --langs (`kndb facts`)"),
        ("no label", "fewer --langs, or labels in every one of them (`kndb facts`)"),
        ("no other object", "other --relations: a fact gets the object of another fact of its relation"),
        ("not what the model answers", "without --answered"),
        ("another number of tokens", "without --matching-tokens"),
    ];
    let applies = |word: &str| left_out.iter().any(|(reason, _)| reason.contains(word));
    let hints: Vec<&str> = HINTS.iter().filter(|(word, _)| applies(word)).map(|&(_, hint)| hint).collect();
    match hints.is_empty() {
        true => "other --relations, --langs or --prompt; `kndb facts DB --list` shows what can be asked".into(),
        false => hints.join("; "),
    }
}

/// What to do where something else is found in the store's place.
fn not_a_store(path: &Path) -> String {
    let shown = path.display();
    if is_gguf(path) {
        return format!("this is a model: `kndb attribute DB --model {shown}`, where DB is the store's folder");
    }
    if path.is_file() {
        return format!(
            "a command's first argument is the store's folder; files come after it, as in `kndb import DB {shown} --run NAME`"
        );
    }
    if path.join("config.json").is_file() || holds_gguf(path) {
        return format!(
            "this looks like a model's folder: `kndb attribute DB --model {shown}`, where DB is the store's"
        );
    }
    if kndb_storage::Store::has_all_but_a_marker(path) {
        return format!("all else of a store is there: `kndb verify {shown} --repair` writes its file KNDB anew");
    }
    if path.is_dir() {
        return "name the store's own folder, in which a file KNDB lies; `kndb init DB` makes an empty store".into();
    }
    format!(
        "`kndb init {shown}` makes an empty store, `kndb facts {shown} PATH` one with facts, `kndb demo {shown}` one with \
         example data"
    )
}

fn report_hint(error: &kndb_report::Error) -> Option<String> {
    use kndb_report::Error as Report;
    let hint = match error {
        Report::Plot(kndb_plot::Error::TooMany { .. }) => {
            "--run, --langs and --relations choose fewer, `top 40` in a statement too; without -o it is drawn as text"
        }
        Report::Plot(kndb_plot::Error::Size { .. }) => {
            "letters keep their size: a figure with less in it is smaller, without numbers too (--labels none); without --width and \
             --height it is as large as it needs"
        }
        Report::NotByQuery { .. } => "for example `kn[lang=en] by layer` or `kn by relation, lang`",
        Report::NoRun { .. } => "`kndb runs` lists the runs there are",
        _ => return None,
    };
    Some(hint.into())
}

#[cfg(feature = "attribute")]
fn engine_hint(error: &kndb_engine::Error) -> Option<String> {
    use kndb_engine::Error as Engine;
    if let Engine::Unknown { given, known, .. } = error {
        let near = nearest(given, known.iter().map(String::as_str));
        return near.map(|near| format!("did you mean {near}?"));
    }
    let hint = match error {
        Engine::NoTemplates { .. } => {
            "`kndb facts` takes templates from the data set's folder, such as mLAMA's `en`, or templates.jsonl beside the facts"
        }
        Engine::ChangedQuestions { .. } => {
            "--replace-changed computes them anew; another --run keeps the old ones beside the new"
        }
        Engine::Panicked { .. } => {
            "please report it, with the command that was run; the same command goes on from here"
        }
        Engine::Read { path, source }
            if source.kind() == io::ErrorKind::NotFound && path.ends_with("tokenizer.json") =>
        {
            "`AutoTokenizer.from_pretrained(NAME).save_pretrained(DIR)` of transformers writes it beside the model"
        }
        Engine::Text { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            "check the path; it counts from the current folder"
        }
        Engine::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            "--model takes a folder of Hugging Face, with config.json, tokenizer.json and model.safetensors, or a .gguf file"
        }
        Engine::Architecture { .. } => {
            "scores of other models can be computed elsewhere and imported: `kndb import --help`"
        }
        Engine::Missing { why: Some(_), .. } => return None,
        Engine::Missing { path, .. } | Engine::Shape { path, .. } if is_gguf(path) => {
            "does the file come from llama.cpp's own converter? another one may name or shape tensors otherwise"
        }
        Engine::Missing { .. } | Engine::Shape { .. } => "do config.json and the weights belong to the same model?",
        Engine::Tokenizer { reason, .. } if reason.contains("another model") => {
            "does tokenizer.json belong to this model?"
        }
        Engine::Device { .. } => "--device cpu is there always",
        Engine::Storage(kndb_storage::Error::FactExists { .. }) => {
            "another process adds to this run; when it has ended, the same command adds what is missing"
        }
        _ => return None,
    };
    Some(hint.into())
}
