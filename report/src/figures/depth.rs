//! Models of different depth on one axis: where a layer stands between the first and the last, and its share beside what it would be if all
//! layers had the same.

use kndb_plot::{Bar, Bars, Curve, Curves, Figure, Point, Series, Unit};

/// What the axis of a figure by layer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DepthAxis {
    /// The depth relative to each model's own, where the models that are shown differ in it; the layer otherwise.
    #[default]
    Fitting,
    /// The relative depth.
    Relative,
    /// The layer, whatever the models are: bars of one number are of different depth in different models.
    Layer,
}

/// A series, and how many layers its model has.
#[derive(Clone, Debug)]
pub(super) struct OfModel {
    pub series: Series,
    pub layers: u32,
}

impl DepthAxis {
    /// Whether these series are drawn over the relative depth.
    pub(super) fn is_relative(self, series: &[OfModel]) -> bool {
        match self {
            Self::Relative => true,
            Self::Layer => false,
            Self::Fitting => series.windows(2).any(|pair| pair[0].layers != pair[1].layers),
        }
    }
}

/// What a reader of such a figure has to know.
const EXPLAINED: &str = "A layer stands in the middle of its part of the model, (layer + ½) / layers. Its share is multiplied by the number of \
layers, for models of more layers have smaller shares: 1 is the share of every layer of neurons that are spread evenly.";

/// The figure of these series: `bars` has everything but them, and its categories.
pub(super) fn drawn(bars: Bars, series: Vec<OfModel>, axis: DepthAxis) -> Figure {
    if axis.is_relative(&series) {
        return Figure::Curves(curves(bars, &series));
    }
    let layers = series.iter().map(|of| of.layers).max().unwrap_or_default();
    let filled = |of: OfModel| {
        let mut series = of.series;
        series.bars.resize(layers as usize, None);
        series
    };
    Figure::Bars(Bars {
        categories: (0..layers).map(|layer| layer.to_string()).collect(),
        series: series.into_iter().map(filled).collect(),
        ..bars
    })
}

fn curves(bars: Bars, series: &[OfModel]) -> Curves {
    let mut caption = bars.caption;
    caption.notes.push(EXPLAINED.into());
    Curves {
        caption,
        place_axis: "relative depth".into(),
        series_axis: bars.series_axis,
        curves: series.iter().map(curve).collect(),
        value_axis: format!("{} × layers", bars.value_axis),
        unit: Unit::Number,
    }
}

fn curve(of: &OfModel) -> Curve {
    let layers = f64::from(of.layers);
    let point = |(layer, bar): (usize, &Option<Bar>)| {
        bar.as_ref().map(|bar| Point {
            place: (layer as f64 + 0.5) / layers,
            value: bar.value * layers,
            name: format!("layer {layer}"),
            note: Some(match &bar.note {
                Some(pairs) => format!("share {:.4}, {pairs}", bar.value),
                None => format!("share {:.4}", bar.value),
            }),
        })
    };
    let depth = format!("{} {}", of.layers, if of.layers == 1 { "layer" } else { "layers" });
    Curve {
        name: of.series.name.clone(),
        points: of.series.bars.iter().enumerate().map(point).collect(),
        note: Some(of.series.note.as_ref().map_or_else(|| depth.clone(), |pairs| format!("{pairs}, {depth}"))),
        color: of.series.color,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(layers: u32) -> OfModel {
        OfModel { series: Series::default(), layers }
    }

    #[test]
    fn the_axis_is_relative_where_models_differ_in_depth_or_it_is_wanted() {
        for (axis, of_one_depth, of_two) in
            [(DepthAxis::Fitting, false, true), (DepthAxis::Relative, true, true), (DepthAxis::Layer, false, false)]
        {
            assert_eq!(axis.is_relative(&[of(4), of(4)]), of_one_depth, "{axis:?}");
            assert_eq!(axis.is_relative(&[of(4), of(4), of(6)]), of_two, "{axis:?}");
        }
    }
}
