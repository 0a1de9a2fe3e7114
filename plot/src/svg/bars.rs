//! Grouped bars.

use maud::{Markup, html};

use super::legend::{self, Entry};
use super::style::Paint;
use super::{Drawing, LABEL, Labels, Place, Room, SMALL, anchored, line, number, turned, upright};
use crate::axis::{Axis, exact, short};
use crate::error::{Error, Result};
use crate::figure::{Bar, Bars};
use crate::look::{Look, Numbers};
use crate::{font, palette};

/// Height of the axis of values, where none is asked for.
const HEIGHT: f64 = 280.0;
/// Less tells no bar from another.
const LOWEST: f64 = 60.0;
/// Room for a number that lies above the highest bar.
const HEADROOM: f64 = 16.0;
/// Categories beyond this are no picture but a table.
const MOST_CATEGORIES: usize = 200;
/// Size of numbers at bars.
const TINY: f64 = 9.5;
/// Least width of a bar.
const THIN: f64 = 1.6;
/// Least width of a bar with an upright number above it.
const UNDER_NUMBER: f64 = TINY * 1.2;

/// How numbers stand at bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    No,
    Flat,
    Upright,
}

/// Where things are: computed once, then drawn.
struct Layout<'a> {
    bars: &'a Bars,
    axis: Axis,
    labels: Labels,
    written: Written,
    left: f64,
    /// Width of the widest tick label.
    ticks: f64,
    top: f64,
    /// Height of the axis of values.
    high: f64,
    /// Room for numbers under negative bars.
    foot: f64,
    slot: f64,
    /// Width of a bar, its gap included.
    wide: f64,
    width: f64,
}

pub(super) fn draw(bars: &Bars, look: &Look, room: Room) -> Result<Drawing> {
    let too_many = |what, found, most| Error::TooMany { title: bars.caption.title.clone(), what, found, most };
    if bars.series.len() > Bars::MOST_SERIES {
        return Err(too_many("series", bars.series.len(), Bars::MOST_SERIES));
    }
    if bars.categories.len() > MOST_CATEGORIES {
        return Err(too_many("categories", bars.categories.len(), MOST_CATEGORIES));
    }
    let entry = |at: usize| {
        let series = &bars.series[at];
        Entry { color: bars.color(at), name: &series.name, note: series.note.as_deref() }
    };
    let entries: Vec<Entry<'_>> = (0..bars.series.len()).map(entry).collect();
    let (names, legend_height) = legend::series(&entries, room.width);
    let layout = Layout::new(bars, look, room, legend_height)?;
    let bottom = layout.bottom();
    let height = bottom + layout.below();
    let middle = layout.left + layout.slot * bars.categories.len() as f64 / 2.0;
    let body = html! {
        (names)
        (layout.grid())
        g { @for at in 0..bars.series.len() { (layout.series(at)) } }
        (layout.zero())
        @for (at, category) in bars.categories.iter().enumerate() {
            @if let Some(label) = layout.labels.write(at, category, Place::new(layout.center(at), bottom + layout.foot)) { (label) }
        }
        (anchored(Place::new(middle, height - 4.0), LABEL, Paint::Ink, "middle", &bars.category_axis))
        (upright(layout.left - layout.ticks - 14.0, layout.top + layout.high / 2.0, height, &bars.value_axis))
    };
    let summary = format!(
        "Bars of {} by {}: {} categories, {} series.",
        bars.value_axis,
        bars.category_axis,
        bars.categories.len(),
        bars.series.len()
    );
    Ok(Drawing { width: layout.width, height, body, summary })
}

/// The least width of a category with so many bars, each at least so wide.
fn narrowest(series: usize, bar: f64) -> f64 {
    let bars = series as f64 * bar;
    // The inverse of what `padding` takes of a slot.
    (bars / 0.76).min(bars + 32.0).max(bars + 1.0)
}

/// Empty room on each side of a category's bars.
fn padding(slot: f64) -> f64 {
    (slot * 0.12).clamp(0.5, 16.0)
}

impl<'a> Layout<'a> {
    fn new(bars: &'a Bars, look: &Look, room: Room, legend_height: f64) -> Result<Self> {
        let title = &bars.caption.title;
        let axis = Axis::over(bars.range(), 5, bars.unit);
        let ticks = axis.ticks().iter().map(|tick| font::width(&axis.label(*tick), SMALL)).fold(0.0, f64::max);
        let (count, several) = (bars.categories.len() as f64, bars.series.len());
        let mut left = LABEL * 1.6 + ticks + 8.0;
        let bar_width = if look.numbers == Numbers::All { UNDER_NUMBER } else { THIN };
        let least = narrowest(several, bar_width);
        let slot = |left: f64| ((room.width - left) / count).max(least);
        let labels = Labels::arrange(&bars.categories, slot(left));
        // Turned labels of the first categories reach to the left; a little more room than they need now, for slots shrink.
        let reach = |(at, label): (usize, &String)| labels.overhang(label, (at as f64 + 0.5) * slot(left) * 0.85);
        left = bars.categories.iter().enumerate().map(reach).fold(left, f64::max);
        room.needs_width(title, left + least * count)?;
        let slot = slot(left);
        let labels = Labels { every: labels.every, ..Labels::arrange(&bars.categories, slot) };
        let wide = ((slot - 2.0 * padding(slot)) / several as f64).min(72.0);
        let drawn = || bars.series.iter().flat_map(|series| series.bars.iter().flatten());
        let widest = drawn().map(|bar| font::width(&short(bar.value, bars.unit), TINY)).fold(0.0, f64::max);
        let written = match look.numbers {
            Numbers::Fitting | Numbers::All if widest <= wide => Written::Flat,
            Numbers::All => Written::Upright,
            Numbers::Fitting | Numbers::None => Written::No,
        };
        let below_zero = drawn().any(|bar| bar.value < 0.0);
        let foot = match written {
            Written::Flat if below_zero => TINY + 4.0,
            Written::Upright if below_zero => widest + 6.0,
            _ => 0.0,
        };
        let headroom = if written == Written::Upright { widest + 10.0 } else { HEADROOM };
        let top = legend_height + headroom;
        let width = left + slot * count;
        let mut layout = Self { bars, axis, labels, written, left, ticks, top, high: HEIGHT, foot, slot, wide, width };
        let others = top + layout.below();
        if let Some(height) = room.height(title, others + LOWEST)? {
            layout.high = height - others;
        }
        Ok(layout)
    }

    /// The middle of a category.
    fn center(&self, category: usize) -> f64 {
        self.left + (category as f64 + 0.5) * self.slot
    }

    /// The height of a value.
    fn y(&self, value: f64) -> f64 {
        self.top + self.high * (1.0 - self.axis.place(value))
    }

    fn bottom(&self) -> f64 {
        self.top + self.high
    }

    /// What stands under the axis of values.
    fn below(&self) -> f64 {
        self.foot + self.labels.depth + LABEL * 1.6
    }

    fn grid(&self) -> Markup {
        html! {
            @for tick in self.axis.ticks() {
                (line(Place::new(self.left, self.y(tick)), Place::new(self.width, self.y(tick)), Paint::Grid))
                (anchored(Place::new(self.left - 6.0, self.y(tick) + SMALL * 0.36), SMALL, Paint::Ink, "end", &self.axis.label(tick)))
            }
        }
    }

    fn zero(&self) -> Markup {
        line(Place::new(self.left, self.y(0.0)), Place::new(self.width, self.y(0.0)), Paint::Faint)
    }

    fn series(&self, at: usize) -> Markup {
        let series = &self.bars.series[at];
        let first = -(self.bars.series.len() as f64) / 2.0;
        let gap = if self.wide >= 5.0 { 1.0 } else { 0.0 };
        let color = self.bars.color(at);
        let (paint, edge) = (Paint::Series(color), palette::edge(color).filter(|_| self.wide >= 5.0));
        html! {
            g class=(paint.fill()) fill=(paint.color()) {
                @for (category, bar) in series.bars.iter().enumerate() {
                    @if let Some(bar) = bar {
                        @let x = self.center(category) + (first + at as f64) * self.wide;
                        @let (top, bottom) = (self.y(bar.value.max(0.0)), self.y(bar.value.min(0.0)));
                        rect x=(number(x)) y=(number(top)) width=(number(self.wide - gap)) height=(number(bottom - top)) stroke=[edge] {
                            title { (super::clean(&self.about(category, &series.name, bar))) }
                        }
                        (self.interval(bar, x + (self.wide - gap) / 2.0))
                        @if self.written != Written::No { (self.number(bar, x + (self.wide - gap) / 2.0)) }
                    }
                }
            }
        }
    }

    /// `layer 3, en: 0.9304 (441 pairs)`
    fn about(&self, category: usize, series: &str, bar: &Bar) -> String {
        let mut about = format!("{} {}", self.bars.category_axis, self.bars.categories[category]);
        if !series.is_empty() {
            about += &format!(", {series}");
        }
        about += &format!(": {}", exact(bar.value, self.bars.unit));
        if let Some((low, high)) = bar.interval {
            about += &format!(" [{}, {}]", exact(low, self.bars.unit), exact(high, self.bars.unit));
        }
        if let Some(note) = &bar.note {
            about += &format!(" ({note})");
        }
        about
    }

    fn number(&self, bar: &Bar, x: f64) -> Markup {
        let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
        let number = short(bar.value, self.bars.unit);
        let (above, under) = (self.y(high.max(0.0)) - 3.0, self.y(low.min(0.0)) + 2.0);
        match (self.written == Written::Upright, bar.value < 0.0) {
            (false, false) => anchored(Place::new(x, above), TINY, Paint::Ink, "middle", &number),
            (false, true) => anchored(Place::new(x, under + TINY), TINY, Paint::Ink, "middle", &number),
            (true, false) => turned(Place::new(x + TINY * 0.36, above), -90, "start", &number, TINY),
            (true, true) => turned(Place::new(x + TINY * 0.36, under + 2.0), -90, "end", &number, TINY),
        }
    }

    fn interval(&self, bar: &Bar, x: f64) -> Markup {
        let cap = (self.wide * 0.2).min(5.0);
        html! {
            @if let Some((low, high)) = bar.interval {
                @let (low, high) = (self.y(low), self.y(high));
                (line(Place::new(x, low), Place::new(x, high), Paint::Ink))
                @for end in [low, high] { (line(Place::new(x - cap, end), Place::new(x + cap, end), Paint::Ink)) }
            }
        }
    }
}
