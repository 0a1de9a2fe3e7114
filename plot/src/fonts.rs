//! The fonts of pictures that carry their letters with them, PNG and PDF: DejaVu Sans, and for what it lacks others that the caller
//! wants to be used.
//!
//! An SVG needs none of this: its reader's fonts show it.

use std::sync::{Arc, OnceLock};

use resvg::usvg::{self, FontResolver, fontdb};

use crate::figure::Figure;
use crate::font;

/// Families that are taken first for letters that DejaVu Sans lacks, where they are there: plain ones, so that a word does not stand
/// in a brush script, and those of one make before a mixture.
const PREFERRED: [&str; 14] = [
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Noto Sans",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Unifont",
];

/// Fonts that pictures are drawn with.
#[derive(Clone, Debug)]
pub struct Fonts {
    database: Arc<fontdb::Database>,
    /// DejaVu Sans, as it is carried along: what drawings are measured with. The machine may have another version of it.
    carried: Option<fontdb::ID>,
    /// The faces to be looked through for a letter that DejaVu Sans lacks, best first.
    others: Vec<fontdb::ID>,
}

impl Default for Fonts {
    /// As [`Fonts::carried`].
    fn default() -> Self {
        Self::carried()
    }
}

impl Fonts {
    /// DejaVu Sans alone: a picture is the same bytes on every machine, and has no Chinese, Japanese or Korean letters.
    pub fn carried() -> Self {
        static CARRIED: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
        let load = || {
            let mut database = fontdb::Database::new();
            database.load_font_data(font::bytes().to_vec());
            Arc::new(database)
        };
        let database = Arc::clone(CARRIED.get_or_init(load));
        let carried = database.faces().map(|face| face.id).next();
        Self { database, carried, others: Vec::new() }
    }

    /// DejaVu Sans, and the fonts of this machine for the letters it lacks. Reads the head of every font file there is: tens to hundreds
    /// of milliseconds. A picture of other letters stays the same bytes.
    #[must_use]
    pub fn of_system() -> Self {
        let mut fonts = Self::carried();
        Arc::make_mut(&mut fonts.database).load_system_fonts();
        fonts.order();
        fonts
    }

    /// The same with another font, from a file's bytes (TrueType or OpenType, or a collection of them). What is no font adds nothing.
    #[must_use]
    pub fn with(mut self, font: Vec<u8>) -> Self {
        Arc::make_mut(&mut self.database).load_font_data(font);
        self.order();
        self
    }

    /// Letters of a figure that none of these fonts has, ascending: a picture shows them as boxes.
    pub fn lacking(&self, figure: &Figure) -> Vec<char> {
        let lacking = |letter: &char| self.face_with(*letter, &[]).is_none();
        figure.letters_without_glyph().into_iter().filter(lacking).collect()
    }

    /// Names of the families that letters of a figure are taken from, beside DejaVu Sans.
    pub fn taken(&self, figure: &Figure) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for id in figure.letters_without_glyph().into_iter().filter_map(|letter| self.face_with(letter, &[])) {
            let name = self.database.face(id).and_then(|face| face.families.first()).map(|(name, _)| name.clone());
            names.extend(name.filter(|name| !names.contains(name)));
        }
        names
    }

    /// Reads a drawing, with these fonts and no other.
    pub(crate) fn read(&self, svg: &str) -> Result<usvg::Tree, usvg::Error> {
        let (fonts, carried) = (self.clone(), self.carried);
        let select_fallback: usvg::FallbackSelectionFn<'static> =
            Box::new(move |letter, taken, _: &mut Arc<fontdb::Database>| fonts.face_with(letter, taken));
        let select_font: usvg::FontSelectionFn<'static> =
            Box::new(move |_: &usvg::Font, _: &mut Arc<fontdb::Database>| carried);
        let font_resolver = FontResolver { select_font, select_fallback };
        let options = usvg::Options {
            font_family: "DejaVu Sans".into(),
            fontdb: Arc::clone(&self.database),
            font_resolver,
            ..usvg::Options::default()
        };
        usvg::Tree::from_str(svg, &options)
    }

    /// The best face that has a letter and was not tried yet.
    fn face_with(&self, letter: char, tried: &[fontdb::ID]) -> Option<fontdb::ID> {
        let has = |id: &&fontdb::ID| {
            let with = |data: &[u8], index: u32| font::has_in(data, index, letter);
            !tried.contains(id) && self.database.with_face_data(**id, with).unwrap_or(false)
        };
        self.others.iter().find(has).copied()
    }

    /// Orders the faces: upright and regular before others, preferred families first, then by name, so that a machine always takes the
    /// same one.
    fn order(&mut self) {
        let mut faces: Vec<&fontdb::FaceInfo> =
            self.database.faces().filter(|face| Some(face.id) != self.carried).collect();
        faces.sort_by_cached_key(|face| {
            let named = |name: &str| face.families.iter().any(|(family, _)| family == name);
            let rank = PREFERRED.iter().position(|name| named(name)).unwrap_or(PREFERRED.len());
            let plain = face.style == fontdb::Style::Normal && !face.monospaced;
            let weight = face.weight.0.abs_diff(fontdb::Weight::NORMAL.0);
            (rank, !plain, weight, face.post_script_name.clone(), face.index)
        });
        self.others = faces.into_iter().map(|face| face.id).collect();
    }
}
