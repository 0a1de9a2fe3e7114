//! `kndb plot`: a figure as SVG, PNG or PDF, or in the terminal; and the queries behind it.

pub(in crate::commands) mod picture;

use kndb_plot::{Figure, Look, Matrix, Numbers};
use kndb_query::{Measure, SourceKind, Within};
use kndb_report::figures::{self, DepthAxis, Illustration, Selection};
use kndb_storage::Store;

use self::picture::Picture;
use crate::args::PlotArgs;
use crate::args::plot::{Labels, LookArgs, Relative, Scale};
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
    if let Some(title) = &args.title {
        drawn = drawn.titled(title);
    }
    let mut letters = None;
    if let Some(figure) = &drawn.figure {
        must_suit(&args.look, figure, &args.figure)?;
        let look = look(&args.look);
        if pictures.is_empty() {
            let text = look.text(figure, terminal.columns.unwrap_or(FIGURE_WIDTH))?;
            terminal.out.write_all(text.as_bytes()).map_err(CliError::Output)?;
            terminal.out.flush().map_err(CliError::Output)?;
        }
        letters = picture::write(&pictures, figure, &look)?;
    }
    tell(&drawn, letters.as_deref(), &pictures, terminal).map_err(CliError::Output)
}

/// What was asked of the picture's looks.
fn look(args: &LookArgs) -> Look {
    Look {
        numbers: match args.labels {
            Labels::Auto => Numbers::Fitting,
            Labels::All => Numbers::All,
            Labels::None => Numbers::None,
        },
        scale: match args.scale {
            Scale::Auto => kndb_plot::Scale::Fitting,
            Scale::Log => kndb_plot::Scale::Log,
            Scale::Linear => kndb_plot::Scale::Linear,
        },
        width: args.width.map(|length| length.0),
        height: args.height.map(|length| length.0),
    }
}

/// Refuses what would be asked in vain.
fn must_suit(args: &LookArgs, figure: &Figure, word: &str) -> Result<()> {
    let refused = |option, instead| {
        let figure = if is_figure(word) { word.to_owned() } else { "a statement".into() };
        Err(CliError::NotForFigure { option, figure, instead })
    };
    if args.labels == Labels::All && !matches!(figure, Figure::Bars(_) | Figure::Matrix(_)) {
        return match figure {
            Figure::Curves(_) => {
                refused("--labels all", "curves over the relative depth have no numbers; --relative=never draws bars")
            }
            _ => refused("--labels all", "a heat map has no numbers in its cells; its scale says what the colours are"),
        };
    }
    if args.scale != Scale::Auto && !matches!(figure, Figure::HeatMap(_)) {
        return refused("--scale", "it says how the colours of a heat map grow: `kndb plot DB heatmap --scale log`");
    }
    Ok(())
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
        axis: match args.look.relative {
            Relative::Auto => DepthAxis::Fitting,
            Relative::Always => DepthAxis::Relative,
            Relative::Never => DepthAxis::Layer,
        },
    };
    if args.look.relative != Relative::Auto && kind.is_none() {
        let figure = if is_figure(&args.figure) { args.figure.clone() } else { "a statement".into() };
        let instead = "it says how kn, likn and dkn draw the layers of models: `kndb plot DB kn --relative`";
        return Err(CliError::NotForFigure { option: "--relative", figure, instead });
    }
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
fn tell(
    drawn: &Illustration,
    letters: Option<&str>,
    pictures: &[Picture],
    terminal: &mut Terminal,
) -> std::io::Result<()> {
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
    if drawn.figure.is_none() {
        writeln!(messages, "nothing to draw: the answer is empty")?;
        for picture in pictures {
            writeln!(messages, "{} was not written", picture.path.display())?;
        }
        return Ok(());
    }
    if let Some(letters) = letters {
        writeln!(messages, "note: {letters}")?;
    }
    for picture in pictures {
        writeln!(messages, "wrote {}", picture.path.display())?;
    }
    Ok(())
}
