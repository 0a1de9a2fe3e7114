//! The files a figure is written to, and the letters they can show.

use std::path::{Path, PathBuf};

use kndb_plot::{Figure, Fonts, Look};

use crate::error::{CliError, Result};

/// Letters that are named; further ones are like these.
const LETTERS_TOLD: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
    Pdf,
}

/// A file to write a figure to.
pub(in crate::commands) struct Picture {
    pub(in crate::commands) path: PathBuf,
    format: Format,
}

impl Picture {
    /// The extension says what it is.
    pub(in crate::commands) fn named(path: &Path) -> Result<Self> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        let format = match extension.as_deref() {
            Some("svg") => Format::Svg,
            Some("png") => Format::Png,
            Some("pdf") => Format::Pdf,
            other => {
                let found = other.map_or_else(|| "no extension".into(), |other| format!(".{other}"));
                let expected = ".svg, .png or .pdf".into();
                return Err(CliError::PictureFormat { path: path.to_owned(), found, expected });
            }
        };
        Ok(Self { path: path.to_owned(), format })
    }

    fn write(&self, figure: &Figure, look: &Look, fonts: &Fonts) -> Result<()> {
        let bytes = match self.format {
            Format::Svg => look.svg(figure)?.into_bytes(),
            Format::Png => look.png(figure, fonts)?,
            Format::Pdf => look.pdf(figure, fonts)?,
        };
        std::fs::write(&self.path, bytes).map_err(CliError::file("write", &self.path))
    }
}

/// Writes the pictures. Returns what there is to say of letters that DejaVu Sans lacks: the font of this machine that has them, or that
/// none has.
pub(in crate::commands) fn write(pictures: &[Picture], figure: &Figure, look: &Look) -> Result<Option<String>> {
    let carries_letters = pictures.iter().any(|picture| picture.format != Format::Svg);
    // The machine's fonts are read only where they are needed: it takes a while, and pictures without them are the same everywhere.
    let needed = carries_letters && !figure.letters_without_glyph().is_empty();
    let fonts = if needed { Fonts::of_system() } else { Fonts::carried() };
    for picture in pictures {
        picture.write(figure, look, &fonts)?;
    }
    Ok(needed.then(|| told(figure, &fonts)))
}

fn told(figure: &Figure, fonts: &Fonts) -> String {
    let (lacking, taken) = (fonts.lacking(figure), fonts.taken(figure).join(", "));
    let boxes: String = lacking.iter().take(LETTERS_TOLD).collect();
    let more = if lacking.len() > LETTERS_TOLD {
        format!(" and {} more", lacking.len() - LETTERS_TOLD)
    } else {
        String::new()
    };
    let from = format!("letters that DejaVu Sans lacks are drawn in a font of this machine: {taken}");
    let without = format!("no font of this machine has {boxes}{more}: boxes stand for them; an SVG shows all letters");
    match (lacking.is_empty(), taken.is_empty()) {
        (true, _) => from,
        (false, true) => without,
        (false, false) => format!("{from}; {without}"),
    }
}
