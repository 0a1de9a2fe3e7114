//! `kndb plot`: a figure as SVG or PNG, or in the terminal; and the queries behind it.

use std::path::{Path, PathBuf};

use kndb_plot::{Figure, Matrix};
use kndb_query::{Measure, SourceKind, Within};
use kndb_report::figures::{self, Illustration, Selection};
use kndb_storage::Store;

use crate::args::PlotArgs;
use crate::error::{CliError, Result, StatementText};
use crate::relations;
use crate::session::FIGURE_WIDTH;
use crate::session::listing::must_have_run;
use crate::session::parameters::Values;
use crate::terminal::Terminal;
use crate::within::within;

/// Queries that are told; further ones are like these.
const QUERIES_TOLD: usize = 12;

/// Runs it.
pub fn run(args: PlotArgs, terminal: &mut Terminal) -> Result<()> {
    let pictures = args.output.iter().map(|path| Picture::named(path)).collect::<Result<Vec<_>>>()?;
    let store = super::opened(&args.store, terminal)?;
    let mut drawn = illustration(&store, &args)?;
    if let (Some(figure), Some(title)) = (&mut drawn.figure, &args.title) {
        figure.caption_mut().title.clone_from(title);
    }
    if let Some(figure) = &drawn.figure {
        if pictures.is_empty() {
            terminal
                .out
                .write_all(figure.text(terminal.columns.unwrap_or(FIGURE_WIDTH))?.as_bytes())
                .map_err(CliError::Output)?;
            terminal.out.flush().map_err(CliError::Output)?;
        }
        for picture in &pictures {
            picture.write(figure)?;
        }
    }
    tell(&drawn, &pictures, terminal).map_err(CliError::Output)
}

fn illustration(store: &Store, args: &PlotArgs) -> Result<Illustration> {
    let kind = match args.figure.as_str() {
        "kn" => Some(SourceKind::Kn),
        "likn" => Some(SourceKind::Likn),
        "dkn" => Some(SourceKind::Dkn),
        _ => None,
    };
    let snapshot = store.snapshot()?;
    let selection = Selection {
        runs: args.run.clone(),
        languages: args.langs.clone(),
        relations: relations::ids(&snapshot, &args.relations)?,
        tau: args.tau,
        conditions: args.conditions.clone(),
        within: if is_figure(&args.figure) { within(&args.within)? } else { Within::default() },
    };
    if let (Some(kind), None) = (kind, &args.value) {
        return Ok(figures::by_layer(store, kind, &selection)?);
    }
    match args.figure.as_str() {
        "heatmap" if args.value.is_none() => Ok(figures::heat_map(store, &selection)?),
        "overlap" if args.value.is_none() => {
            // A picture has room for so many names; text for any number.
            let most = (!args.output.is_empty()).then_some(Matrix::MOST_NAMES);
            Ok(figures::overlap(store, &selection, most)?)
        }
        figure if is_figure(figure) => Err(CliError::NotForFigure {
            option: "--value",
            figure: args.figure.clone(),
            instead: "it chooses a column of a statement's answer, as in `kndb plot DB 'kn by layer' --value facts`",
        }),
        statement => of_statement(store, statement, args, &selection),
    }
}

/// Whether it is the word of a figure, and no statement.
fn is_figure(word: &str) -> bool {
    matches!(word, "kn" | "likn" | "dkn" | "heatmap" | "overlap")
}

fn of_statement(store: &Store, statement: &str, args: &PlotArgs, selection: &Selection) -> Result<Illustration> {
    let given = [
        ("--langs", !selection.languages.is_empty()),
        ("--relations", !selection.relations.is_empty()),
        ("--tau", selection.tau.is_some()),
        ("--where", !selection.conditions.is_empty()),
        ("a second --run", selection.runs.len() > 1),
    ];
    if let Some((option, _)) = given.into_iter().find(|(_, given)| *given) {
        let instead = "write it into the statement: `kn[lang=en, relation=P36, tau=0.4] by layer`";
        return Err(CliError::NotForFigure { option, figure: "a statement".into(), instead });
    }
    let sets = [("--only", &args.within.only), ("--without", &args.within.without)];
    if let Some((option, _)) = sets.into_iter().find(|(_, sets)| !sets.is_empty()) {
        let instead = "write it into the statement: `kn & facts of kn[lang=zh] - neurons(9:*) by layer`";
        return Err(CliError::NotForFigure { option, figure: "a statement".into(), instead });
    }
    let origin = StatementText { origin: "statement".into(), text: statement.to_owned(), ..StatementText::default() };
    let refused = |error| CliError::Query { error: Box::new(error), statement: origin };
    let mut values = Values::given(&args.within.parameter);
    let bound = values.in_text(statement).and_then(|text| values.check_used().map(|()| text));
    let statement = &bound.map_err(refused)?;
    let run = selection.runs.first().cloned();
    if let Some(run) = &run {
        must_have_run(store, run)?;
    }
    let value = args.value.as_deref().and_then(Measure::from_word);
    Ok(figures::of_statement(store, statement, run.as_deref(), value)?)
}

/// Says where the numbers come from, and what became of them.
fn tell(drawn: &Illustration, pictures: &[Picture], terminal: &mut Terminal) -> std::io::Result<()> {
    let messages = &mut terminal.messages;
    for query in drawn.queries.iter().take(QUERIES_TOLD) {
        writeln!(messages, "query: {query}")?;
    }
    if let more @ 1.. = drawn.queries.len().saturating_sub(QUERIES_TOLD) {
        writeln!(messages, "query: … and {more} more like these")?;
    }
    for remark in &drawn.remarks {
        writeln!(messages, "note: {remark}")?;
    }
    let Some(figure) = &drawn.figure else {
        writeln!(messages, "nothing to draw: the answer is empty")?;
        for picture in pictures {
            writeln!(messages, "{} was not written", picture.path.display())?;
        }
        return Ok(());
    };
    let boxes: String = figure.letters_without_glyph().into_iter().take(20).collect();
    if !boxes.is_empty() && pictures.iter().any(|picture| picture.format == Format::Png) {
        writeln!(messages, "note: the font of a PNG has no {boxes}; an SVG shows all letters")?;
    }
    for picture in pictures {
        writeln!(messages, "wrote {}", picture.path.display())?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
}

/// A file to write a figure to.
struct Picture {
    path: PathBuf,
    format: Format,
}

impl Picture {
    /// The extension says what it is.
    fn named(path: &Path) -> Result<Self> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let format = match extension.as_deref() {
            Some("svg") => Format::Svg,
            Some("png") => Format::Png,
            other => {
                let found = other.map_or_else(|| "no extension".into(), |other| format!(".{other}"));
                return Err(CliError::PictureFormat { path: path.to_owned(), found, expected: ".svg or .png".into() });
            }
        };
        Ok(Self { path: path.to_owned(), format })
    }

    fn write(&self, figure: &Figure) -> Result<()> {
        let bytes = match self.format {
            Format::Svg => figure.svg()?.into_bytes(),
            Format::Png => figure.png()?,
        };
        std::fs::write(&self.path, bytes).map_err(CliError::file("write", &self.path))
    }
}
