//! Figures as PNG: the SVG, rendered. So both show the same, and the font is the one that was measured.

use resvg::tiny_skia::{Pixmap, Transform};

use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::fonts::Fonts;

/// Pixels of the PNG for one of the SVG: sharp on paper and on dense screens.
const SCALE: f32 = 2.0;

/// Renders a drawing.
pub(crate) fn png(figure: &Figure, svg: &str, fonts: &Fonts) -> Result<Vec<u8>> {
    let failed = |reason: String| Error::Raster { title: figure.caption().title.clone(), what: "PNG", reason };
    let tree = fonts.read(svg).map_err(|error| failed(error.to_string()))?;
    let size = tree.size().to_int_size();
    let (width, height) = (size.width() as f32 * SCALE, size.height() as f32 * SCALE);
    let pixels = Pixmap::new(width as u32, height as u32);
    let mut pixels = pixels.ok_or_else(|| failed(format!("{width} × {height} pixels are no picture")))?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}
