//! Grouped bars.

use maud::{Markup, html};

use super::{Drawing, FAINT, GRID, INK, LABEL, Labels, Place, SMALL, WIDTH, anchored, legend, line, number, turned};
use crate::axis::{Axis, exact, short};
use crate::error::{Error, Result};
use crate::figure::{Bar, Bars};
use crate::font;

/// Height of the axis of values.
const HEIGHT: f64 = 280.0;
/// Room for the number above the highest bar.
const HEADROOM: f64 = 16.0;
/// Categories beyond this are no picture but a table.
const MOST_CATEGORIES: usize = 200;
/// Size of numbers at bars.
const TINY: f64 = 9.5;

/// Where things are: computed once, then drawn.
struct Layout<'a> {
    bars: &'a Bars,
    axis: Axis,
    labels: Labels,
    left: f64,
    /// Width of the widest tick label.
    ticks: f64,
    top: f64,
    slot: f64,
    /// Width of a bar, its gap included.
    wide: f64,
    width: f64,
}

pub(super) fn draw(bars: &Bars) -> Result<Drawing> {
    let too_many = |what, found, most| Error::TooMany { title: bars.caption.title.clone(), what, found, most };
    if bars.series.len() > Bars::MOST_SERIES {
        return Err(too_many("series", bars.series.len(), Bars::MOST_SERIES));
    }
    if bars.categories.len() > MOST_CATEGORIES {
        return Err(too_many("categories", bars.categories.len(), MOST_CATEGORIES));
    }
    let (names, legend_height) = legend::series(bars, WIDTH);
    let layout = Layout::new(bars, legend_height);
    let bottom = layout.top + HEIGHT;
    let height = bottom + layout.labels.depth + LABEL * 1.6;
    let middle = layout.left + layout.slot * bars.categories.len() as f64 / 2.0;
    let body = html! {
        (names)
        (layout.grid())
        g { @for at in 0..bars.series.len() { (layout.series(at)) } }
        (layout.zero())
        @for (at, category) in bars.categories.iter().enumerate() {
            @if let Some(label) = layout.labels.write(at, category, Place::new(layout.center(at), bottom)) { (label) }
        }
        (anchored(Place::new(middle, height - 4.0), LABEL, INK, "middle", &bars.category_axis))
        (turned(Place::new(layout.left - layout.ticks - 14.0, layout.top + HEIGHT / 2.0), -90, "middle", &font::fit(&bars.value_axis, LABEL, HEIGHT), LABEL))
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

impl<'a> Layout<'a> {
    fn new(bars: &'a Bars, legend_height: f64) -> Self {
        let axis = Axis::over(bars.range(), 5, bars.unit);
        let ticks = axis.ticks().iter().map(|tick| font::width(&axis.label(*tick), SMALL)).fold(0.0, f64::max);
        let count = bars.categories.len() as f64;
        let mut left = LABEL * 1.6 + ticks + 8.0;
        let narrowest = bars.series.len() as f64 * 1.6 + 2.0;
        let slot = |left: f64| ((WIDTH - left) / count).max(narrowest);
        let labels = Labels::arrange(&bars.categories, slot(left));
        // Turned labels of the first categories reach to the left; a little more room than they need now, for slots shrink.
        let reach = |(at, label): (usize, &String)| labels.overhang(label, (at as f64 + 0.5) * slot(left) * 0.85);
        left = bars.categories.iter().enumerate().map(reach).fold(left, f64::max);
        let slot = slot(left);
        let labels = Labels { every: labels.every, ..Labels::arrange(&bars.categories, slot) };
        let padding = (slot * 0.12).clamp(0.5, 16.0);
        let wide = ((slot - 2.0 * padding) / bars.series.len() as f64).min(72.0);
        Self { bars, axis, labels, left, ticks, top: legend_height + HEADROOM, slot, wide, width: left + slot * count }
    }

    /// The middle of a category.
    fn center(&self, category: usize) -> f64 {
        self.left + (category as f64 + 0.5) * self.slot
    }

    /// The height of a value.
    fn y(&self, value: f64) -> f64 {
        self.top + HEIGHT * (1.0 - self.axis.place(value))
    }

    fn grid(&self) -> Markup {
        html! {
            @for tick in self.axis.ticks() {
                (line(Place::new(self.left, self.y(tick)), Place::new(self.width, self.y(tick)), GRID))
                (anchored(Place::new(self.left - 6.0, self.y(tick) + SMALL * 0.36), SMALL, INK, "end", &self.axis.label(tick)))
            }
        }
    }

    fn zero(&self) -> Markup {
        line(Place::new(self.left, self.y(0.0)), Place::new(self.width, self.y(0.0)), FAINT)
    }

    /// Whether every number fits above its bar.
    fn numbered(&self) -> bool {
        let bars = self.bars.series.iter().flat_map(|series| series.bars.iter().flatten());
        bars.map(|bar| font::width(&short(bar.value, self.bars.unit), TINY)).all(|width| width <= self.wide)
    }

    fn series(&self, at: usize) -> Markup {
        let series = &self.bars.series[at];
        let first = -(self.bars.series.len() as f64) / 2.0;
        let gap = if self.wide >= 5.0 { 1.0 } else { 0.0 };
        let numbered = self.numbered();
        html! {
            g fill=(self.bars.color(at)) {
                @for (category, bar) in series.bars.iter().enumerate() {
                    @if let Some(bar) = bar {
                        @let x = self.center(category) + (first + at as f64) * self.wide;
                        @let (top, bottom) = (self.y(bar.value.max(0.0)), self.y(bar.value.min(0.0)));
                        rect x=(number(x)) y=(number(top)) width=(number(self.wide - gap)) height=(number(bottom - top)) {
                            title { (super::clean(&self.about(category, &series.name, bar))) }
                        }
                        (self.interval(bar, x + (self.wide - gap) / 2.0))
                        @if numbered { (self.number(bar, x + (self.wide - gap) / 2.0)) }
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
        let y = if bar.value < 0.0 { self.y(low.min(0.0)) + TINY + 2.0 } else { self.y(high.max(0.0)) - 3.0 };
        anchored(Place::new(x, y), TINY, INK, "middle", &short(bar.value, self.bars.unit))
    }

    fn interval(&self, bar: &Bar, x: f64) -> Markup {
        let cap = (self.wide * 0.2).min(5.0);
        html! {
            @if let Some((low, high)) = bar.interval {
                @let (low, high) = (self.y(low), self.y(high));
                (line(Place::new(x, low), Place::new(x, high), INK))
                @for end in [low, high] { (line(Place::new(x - cap, end), Place::new(x + cap, end), INK)) }
            }
        }
    }
}
