//! Curves over an axis from 0 to 1.

use maud::{Markup, html};

use super::legend::{self, Entry};
use super::style::Paint;
use super::{Drawing, LABEL, Place, Room, SMALL, anchored, line, number, upright};
use crate::axis::{Axis, exact};
use crate::error::Result;
use crate::figure::{Curve, Curves, Unit};
use crate::font;

/// Height of the axis of values, where none is asked for.
const HEIGHT: f64 = 280.0;
/// Less tells no value from another.
const LOWEST: f64 = 60.0;
/// Less has no room for the numbers under it.
const NARROWEST: f64 = 150.0;
/// Over the highest point.
const HEADROOM: f64 = 12.0;
/// Radius of a point.
const RADIUS: f64 = 3.0;

/// Where things are.
struct Layout {
    axis: Axis,
    left: f64,
    right: f64,
    top: f64,
    high: f64,
}

pub(super) fn draw(curves: &Curves, room: Room) -> Result<Drawing> {
    let title = &curves.caption.title;
    let entry = |(at, curve): (usize, &Curve)| (curves.color(at), curve.name.clone(), curve.note.clone());
    let named: Vec<(usize, String, Option<String>)> = curves.curves.iter().enumerate().map(entry).collect();
    let entries: Vec<Entry<'_>> =
        named.iter().map(|(color, name, note)| Entry { color: *color, name, note: note.as_deref() }).collect();
    let (names, legend_height) = legend::series(&entries, room.width);
    let axis = Axis::over(curves.range(), 5, curves.unit);
    let ticks = axis.ticks().iter().map(|tick| font::width(&axis.label(*tick), SMALL)).fold(0.0, f64::max);
    let left = LABEL * 1.6 + ticks + 8.0;
    // Half of `100 %` reaches over the end.
    let right = room.width - font::width("100 %", SMALL) / 2.0;
    room.needs_width(title, left + NARROWEST)?;
    let top = legend_height + HEADROOM;
    let under = SMALL + 6.0 + LABEL * 1.6;
    let high = room.height(title, top + LOWEST + under)?.map_or(HEIGHT, |height| height - top - under);
    let layout = Layout { axis, left, right, top, high };
    let bottom = top + high;
    let height = bottom + under;
    let body = html! {
        (names)
        (layout.grid())
        (line(layout.at(0.0, 0.0), layout.at(1.0, 0.0), Paint::Faint))
        @for (at, curve) in curves.curves.iter().enumerate() { (layout.curve(curves, curve, Paint::Series(curves.color(at)))) }
        (anchored(Place::new(f64::midpoint(left, right), height - 4.0), LABEL, Paint::Ink, "middle", &curves.place_axis))
        (upright(left - ticks - 14.0, top + high / 2.0, height, &curves.value_axis))
    };
    let summary = format!(
        "{} curves of {} over {}, {} points.",
        curves.curves.len(),
        curves.value_axis,
        curves.place_axis,
        curves.points().count()
    );
    Ok(Drawing { width: room.width, height, body, summary })
}

impl Layout {
    fn at(&self, place: f64, value: f64) -> Place {
        let x = self.left + place * (self.right - self.left);
        Place::new(x, self.top + self.high * (1.0 - self.axis.place(value)))
    }

    fn grid(&self) -> Markup {
        let bottom = self.top + self.high;
        let places = Axis::over((0.0, 1.0), if self.right - self.left < 320.0 { 4 } else { 10 }, Unit::Share);
        html! {
            @for tick in self.axis.ticks() {
                (line(self.at(0.0, tick), self.at(1.0, tick), Paint::Grid))
                (anchored(Place::new(self.left - 6.0, self.at(0.0, tick).y + SMALL * 0.36), SMALL, Paint::Ink, "end", &self.axis.label(tick)))
            }
            @for place in places.ticks() {
                @let x = self.at(place, 0.0).x;
                (line(Place::new(x, bottom), Place::new(x, bottom + 4.0), Paint::Ink))
                (anchored(Place::new(x, bottom + SMALL + 4.0), SMALL, Paint::Ink, "middle", &places.label(place)))
            }
        }
    }

    fn curve(&self, curves: &Curves, curve: &Curve, paint: Paint) -> Markup {
        let mut path = String::new();
        let mut begins = true;
        for point in &curve.points {
            let Some(point) = point else {
                begins = true;
                continue;
            };
            let Place { x, y } = self.at(point.place, point.value);
            path += &format!("{}{} {}", if begins { 'M' } else { 'L' }, number(x), number(y));
            begins = false;
        }
        html! {
            path class=(paint.line()) d=(path) fill="none" stroke=(paint.color()) stroke-width="1.75" stroke-linejoin="round" {}
            g class=(paint.fill()) fill=(paint.color()) {
                @for point in curve.points.iter().flatten() {
                    @let Place { x, y } = self.at(point.place, point.value);
                    circle cx=(number(x)) cy=(number(y)) r=(RADIUS) {
                        title { (super::clean(&about(curves, curve, point))) }
                    }
                }
            }
        }
    }
}

/// `layer 3 of 4, mbert, en: 3.72 (share 0.9304, 441 pairs)`
fn about(curves: &Curves, curve: &Curve, point: &crate::figure::Point) -> String {
    let name = if curve.name.is_empty() { String::new() } else { format!(", {}", curve.name) };
    let note = point.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{}{name}: {}{note}", point.name, exact(point.value, curves.unit))
}
