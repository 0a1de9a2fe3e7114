//! Figures as PDF: the SVG's shapes and letters, one by one, at the same places. Letters stay text, to be searched and copied, and the
//! parts of the fonts that they take are embedded.
//!
//! Drawings have paths, texts and groups, filled and stroked with plain colours: what else an SVG may have is not drawn here, and told.

use std::collections::HashMap;

use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineJoin, Paint, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use resvg::tiny_skia::PathSegment;
use resvg::usvg::{self, Node, fontdb};

use crate::error::{Error, Result};
use crate::figure::Figure;
use crate::fonts::Fonts;

/// Points (1/72 inch) for one pixel (1/96 inch).
const POINTS: f32 = 0.75;

/// Draws an SVG's tree on a page of its size.
pub(crate) fn pdf(figure: &Figure, svg: &str, fonts: &Fonts) -> Result<Vec<u8>> {
    let title = &figure.caption().title;
    let failed = |reason: String| Error::Raster { title: title.clone(), what: "PDF", reason };
    let tree = fonts.read(svg).map_err(|error| failed(error.to_string()))?;
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let page = PageSettings::from_wh(width, height).ok_or_else(|| failed(format!("a page of {width} × {height}")))?;
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(Metadata::new().title(title.clone()).creator("kndb".into()).language("en".into()));
    let mut page = document.start_page_with(page);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_scale(POINTS, POINTS));
    let mut drawing = Drawing { surface: &mut surface, database: tree.fontdb(), fonts: HashMap::new() };
    let drawn = drawing.group(tree.root());
    surface.pop();
    surface.finish();
    page.finish();
    drawn.map_err(&failed)?;
    document.finish().map_err(|error| failed(format!("{error:?}")))
}

struct Drawing<'s, 'p> {
    surface: &'s mut Surface<'p>,
    database: &'s fontdb::Database,
    /// Each font of the tree, once it was read.
    fonts: HashMap<fontdb::ID, Font>,
}

impl Drawing<'_, '_> {
    fn group(&mut self, group: &usvg::Group) -> Result<(), String> {
        if group.should_isolate() {
            return Err("the drawing has a group with a filter, a mask or an opacity".into());
        }
        self.surface.push_transform(&transform(group.transform()));
        let drawn = group.children().iter().try_for_each(|node| match node {
            Node::Group(group) => self.group(group),
            Node::Path(path) => self.path(path),
            Node::Text(text) => self.text(text),
            Node::Image(_) => Err("the drawing has an image".into()),
        });
        self.surface.pop();
        drawn
    }

    fn path(&mut self, path: &usvg::Path) -> Result<(), String> {
        if !path.is_visible() {
            return Ok(());
        }
        let mut line = PathBuilder::new();
        for segment in path.data().segments() {
            match segment {
                PathSegment::MoveTo(p) => line.move_to(p.x, p.y),
                PathSegment::LineTo(p) => line.line_to(p.x, p.y),
                PathSegment::QuadTo(a, p) => line.quad_to(a.x, a.y, p.x, p.y),
                PathSegment::CubicTo(a, b, p) => line.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
                PathSegment::Close => line.close(),
            }
        }
        let (fill, stroke) = (path.fill().map(fill).transpose()?, path.stroke().map(stroke).transpose()?);
        let Some(line) = line.finish().filter(|_| fill.is_some() || stroke.is_some()) else { return Ok(()) };
        self.surface.set_fill(fill);
        self.surface.set_stroke(stroke);
        self.surface.draw_path(&line);
        Ok(())
    }

    fn text(&mut self, text: &usvg::Text) -> Result<(), String> {
        for span in text.layouted().iter().filter(|span| span.visible) {
            let Some(fill) = span.fill.as_ref().map(fill).transpose()? else { continue };
            for glyph in &span.positioned_glyphs {
                let font = self.font(glyph.font)?;
                // The glyph's transform scales from the font's units; here the size does that.
                let scale = font.units_per_em() / span.font_size.get();
                let place = glyph.transform().pre_concat(usvg::Transform::from_scale(scale, scale));
                let all = 0..glyph.text.len();
                let one = KrillaGlyph::new(GlyphId::new(glyph.id.0), 0.0, 0.0, 0.0, 0.0, all, None);
                self.surface.push_transform(&transform(place));
                self.surface.set_fill(Some(fill.clone()));
                self.surface.set_stroke(None);
                self.surface.draw_glyphs(
                    Point::from_xy(0.0, 0.0),
                    &[one],
                    font,
                    &glyph.text,
                    span.font_size.get(),
                    false,
                );
                self.surface.pop();
            }
        }
        Ok(())
    }

    fn font(&mut self, id: fontdb::ID) -> Result<Font, String> {
        if let Some(font) = self.fonts.get(&id) {
            return Ok(font.clone());
        }
        let read = |data: &[u8], index: u32| Font::new(data.to_vec().into(), index);
        let font = self.database.with_face_data(id, read).flatten();
        let font = font.ok_or_else(|| "a font that was there a moment ago cannot be read".to_owned())?;
        self.fonts.insert(id, font.clone());
        Ok(font)
    }
}

fn transform(of: usvg::Transform) -> Transform {
    Transform::from_row(of.sx, of.ky, of.kx, of.sy, of.tx, of.ty)
}

fn fill(fill: &usvg::Fill) -> Result<Fill, String> {
    let rule = match fill.rule() {
        usvg::FillRule::NonZero => FillRule::NonZero,
        usvg::FillRule::EvenOdd => FillRule::EvenOdd,
    };
    Ok(Fill { paint: paint(fill.paint())?, opacity: opacity(fill.opacity()), rule })
}

fn stroke(stroke: &usvg::Stroke) -> Result<Stroke, String> {
    let line_join = if matches!(stroke.linejoin(), usvg::LineJoin::Round) { LineJoin::Round } else { LineJoin::Miter };
    Ok(Stroke {
        paint: paint(stroke.paint())?,
        width: stroke.width().get(),
        opacity: opacity(stroke.opacity()),
        line_join,
        ..Stroke::default()
    })
}

fn paint(paint: &usvg::Paint) -> Result<Paint, String> {
    match paint {
        usvg::Paint::Color(color) => Ok(rgb::Color::new(color.red, color.green, color.blue).into()),
        _ => Err("the drawing has a gradient or a pattern".into()),
    }
}

fn opacity(of: usvg::Opacity) -> NormalizedF32 {
    NormalizedF32::new(of.get()).unwrap_or(NormalizedF32::ONE)
}
