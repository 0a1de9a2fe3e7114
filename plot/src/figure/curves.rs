//! Values at places between a beginning and an end, as data: the layers of models of different depth on one axis.

use super::{Caption, Unit, finite, some};
use crate::error::{Error, Result};
use crate::palette;

/// One value of a curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// Where it stands, from 0 to 1.
    pub place: f64,
    /// Its height.
    pub value: f64,
    /// What stands there: `layer 3 of 4`.
    pub name: String,
    /// What stands behind the value: `share 0.9304, 441 pairs`.
    pub note: Option<String>,
}

/// Points of one colour, joined by a line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Its points, in the order in which the line goes; it is broken where there is none.
    pub points: Vec<Option<Point>>,
    /// What stands behind the curve as a whole: `23 pairs`.
    pub note: Option<String>,
    /// Number of its colour, from 0; its place among the curves without it.
    pub color: Option<usize>,
}

/// Several curves over one axis from 0 to 1, which is written in percent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curves {
    /// Title and notes.
    pub caption: Caption,
    /// What the axis of places is: `relative depth`.
    pub place_axis: String,
    /// What the curves are: `model`. Used in text alone.
    pub series_axis: String,
    /// The curves, in order.
    pub curves: Vec<Curve>,
    /// What the values are.
    pub value_axis: String,
    /// How values are written.
    pub unit: Unit,
}

impl Curves {
    pub(super) fn check(&self) -> Result<()> {
        let title = &self.caption.title;
        some(title, "curves", self.curves.len())?;
        some(title, "points", self.points().count())?;
        if self.curves.len() > palette::SERIES.len() {
            let (found, most) = (self.curves.len(), palette::SERIES.len());
            return Err(Error::TooMany { title: title.clone(), what: "curves", found, most });
        }
        for curve in &self.curves {
            for point in curve.points.iter().flatten() {
                let what = || format!("{:?} in curve {:?}", point.name, curve.name);
                finite(title, what, point.value)?;
                if !(0.0..=1.0).contains(&point.place) {
                    let (title, what) = (title.clone(), what());
                    return Err(Error::NoPlace { title, what, place: point.place });
                }
            }
        }
        Ok(())
    }

    /// All points that are there.
    pub(crate) fn points(&self) -> impl Iterator<Item = &Point> {
        self.curves.iter().flat_map(|curve| curve.points.iter().flatten())
    }

    /// The number of a curve's colour.
    pub(crate) fn color(&self, at: usize) -> usize {
        self.curves[at].color.unwrap_or(at) % palette::SERIES.len()
    }

    /// The least and the largest value, 0 among them.
    pub(crate) fn range(&self) -> (f64, f64) {
        self.points().fold((0.0, 0.0), |(low, high), point| (point.value.min(low), point.value.max(high)))
    }
}
