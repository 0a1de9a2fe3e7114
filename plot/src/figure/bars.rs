//! Grouped bars, as data.

use super::{Caption, Unit, finite, same_length, some};
use crate::error::Result;
use crate::palette;

/// One bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bar {
    /// Its length.
    pub value: f64,
    /// Low and high end of an interval of confidence around it.
    pub interval: Option<(f64, f64)>,
    /// What stands behind the value: `441 pairs`.
    pub note: Option<String>,
}

impl Bar {
    /// A bar without interval and note.
    pub fn new(value: f64) -> Self {
        Self { value, ..Self::default() }
    }
}

/// Bars of one colour.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// A bar a category; `None` where there is no value.
    pub bars: Vec<Option<Bar>>,
    /// What stands behind the series as a whole: `23 pairs`. In brackets after its name in a legend; on a line of its own in
    /// text.
    pub note: Option<String>,
    /// Number of its colour, from 0, so that a series has the same colour in figures that others are missing from; its place
    /// among the series without it.
    pub color: Option<usize>,
}

/// Grouped bars: several series over the same categories.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// Title and notes.
    pub caption: Caption,
    /// What the categories are: `layer`.
    pub category_axis: String,
    /// The categories, in order.
    pub categories: Vec<String>,
    /// What the series are: `language`. Used in text alone.
    pub series_axis: String,
    /// The series, in order.
    pub series: Vec<Series>,
    /// What the values are: `share of knowledge neurons`.
    pub value_axis: String,
    /// How values are written.
    pub unit: Unit,
}

impl Bars {
    /// More series have no colours that readers tell apart; bars of more are drawn as text alone.
    pub const MOST_SERIES: usize = palette::SERIES.len();

    pub(super) fn check(&self) -> Result<()> {
        let title = &self.caption.title;
        some(title, "categories", self.categories.len())?;
        some(title, "series", self.series.len())?;
        for series in &self.series {
            same_length(title, &format!("series {:?}", series.name), series.bars.len(), self.categories.len())?;
            for (bar, category) in series.bars.iter().zip(&self.categories) {
                let Some(bar) = bar else { continue };
                let (low, high) = bar.interval.unwrap_or_default();
                for value in [bar.value, low, high] {
                    finite(title, || format!("{:?} in series {:?}", category, series.name), value)?;
                }
            }
        }
        Ok(())
    }

    /// The number of a series' colour.
    pub(crate) fn color(&self, at: usize) -> usize {
        self.series[at].color.unwrap_or(at) % palette::SERIES.len()
    }

    /// The least and the largest number that is drawn, 0 among them.
    pub(crate) fn range(&self) -> (f64, f64) {
        let bars = self.series.iter().flat_map(|series| series.bars.iter().flatten());
        bars.flat_map(|bar| {
            let (low, high) = bar.interval.unwrap_or((bar.value, bar.value));
            [bar.value, low, high]
        })
        .fold((0.0, 0.0), |(low, high), value| (value.min(low), value.max(high)))
    }
}
