//! A picture of neurons: layers upwards, units to the right, a mark a neuron, the larger the higher its score.
//!
//! Marks lead to the neurons' pages by pointer alone: whoever uses keys or hears the page has the table beside it, and so the picture is hidden
//! from both. It is drawn in the colours of the page, light or dark.

use std::fmt::Write;

use kndb_storage::Shape;
use maud::{Markup, PreEscaped, html};

use super::link::Link;
use super::value::short;

/// One neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) layer: u32,
    pub(crate) neuron: u32,
    /// `None` where it is known to be there and no more.
    pub(crate) score: Option<f32>,
    /// Whether another language that is compared has it, too.
    pub(crate) is_shared: bool,
}

/// Marks that are drawn as parts of one line, without a link: what lies behind these is a cloud. It keeps a page of a low threshold small.
pub(crate) const LINKED: usize = 400;

const WIDTH: f64 = 420.0;
const LEFT: f64 = 30.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 24.0;
/// Radius of the mark of the highest score.
const LARGEST: f64 = 5.5;
/// Radius of a mark without score.
const PLAIN: f64 = 3.0;
const LEAST: f64 = 1.2;

/// The picture; of marks the strongest come first.
pub(crate) fn picture(shape: Shape, marks: &[Mark], link: impl Fn(u32, u32) -> Link) -> Markup {
    let plane = Plane::new(shape);
    let highest = marks.iter().filter_map(|mark| mark.score).fold(0.0_f32, f32::max);
    let (linked, cloud) = marks.split_at(marks.len().min(LINKED));
    html! {
        svg.neurons viewBox={ "0 0 " (WIDTH) " " (plane.height) } aria-hidden="true" focusable="false" {
            (plane.axes())
            (plane.cloud(cloud))
            // The strongest lie on top.
            @for mark in linked.iter().rev() {
                a href=(link(mark.layer, mark.neuron)) tabindex="-1" { (plane.mark(mark, highest)) }
            }
        }
    }
}

/// Where things are drawn.
struct Plane {
    shape: Shape,
    row: f64,
    height: f64,
}

impl Plane {
    fn new(shape: Shape) -> Self {
        let row = (230.0 / f64::from(shape.layers)).clamp(6.0, 16.0);
        Self { shape, row, height: TOP + row * f64::from(shape.layers) + BOTTOM }
    }

    /// Layer 0 is lowest.
    fn y(&self, layer: u32) -> f64 {
        TOP + self.row * (f64::from(self.shape.layers) - f64::from(layer) - 0.5)
    }

    fn x(&self, neuron: u32) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (f64::from(neuron) + 0.5) / f64::from(self.shape.width)
    }

    fn axes(&self) -> Markup {
        // Numbers that do not touch each other, and the last layer whatever the step is.
        let step = (14.0 / self.row).ceil() as u32;
        let last = self.shape.layers - 1;
        let layers =
            (0..self.shape.layers).filter(|layer| *layer == last || (layer % step == 0 && last - layer >= step));
        let foot = self.height - BOTTOM;
        html! {
            rect.plane x=(LEFT) y=(TOP) width=(WIDTH - LEFT - RIGHT) height=(foot - TOP) {}
            text.name x="0" y="12" { "layer" }
            @for layer in layers {
                line.tick x1=(LEFT) x2=(WIDTH - RIGHT) y1=(one_digit(self.y(layer))) y2=(one_digit(self.y(layer))) {}
                text x=(LEFT - 6.0) y=(one_digit(self.y(layer) + 4.0)) text-anchor="end" { (layer) }
            }
            @for neuron in ticks(self.shape.width) {
                text x=(one_digit(self.x(neuron))) y=(foot + 14.0) text-anchor=(if neuron == 0 { "start" } else { "middle" }) { (neuron) }
            }
            text.name x=(WIDTH - RIGHT) y=(foot + 14.0) text-anchor="end" { "neuron" }
        }
    }

    fn mark(&self, mark: &Mark, highest: f32) -> Markup {
        let Mark { layer, neuron, score, is_shared } = *mark;
        let radius = match score {
            // The area says the score.
            Some(score) if highest > 0.0 => {
                (LARGEST * f64::from((score / highest).max(0.0)).sqrt()).clamp(LEAST, LARGEST.min(0.8 * self.row))
            }
            _ => PLAIN,
        };
        let (x, y) = (one_digit(self.x(neuron)), one_digit(self.y(layer)));
        html! {
            title {
                (layer) ":" (neuron)
                @if let Some(score) = score { ", score " (short(f64::from(score))) }
                @if is_shared { ", shared" }
            }
            @if is_shared {
                path.shared d=(diamond(x, y, radius * 1.25)) {}
            } @else {
                circle.own cx=(x) cy=(y) r=(one_digit(radius)) {}
            }
        }
    }

    /// Small squares, all of a kind in one path.
    fn cloud(&self, marks: &[Mark]) -> Markup {
        let path = |is_shared: bool| {
            let mut path = String::new();
            for mark in marks.iter().filter(|mark| mark.is_shared == is_shared) {
                let (x, y) = (one_digit(self.x(mark.neuron) - LEAST), one_digit(self.y(mark.layer) - LEAST));
                // Writing into a text does not fail.
                let _ = write!(path, "M{x} {y}h{w}v{w}h-{w}z", w = 2.0 * LEAST);
            }
            path
        };
        html! {
            @for (class, path) in [("own", path(false)), ("shared", path(true))] {
                @if !path.is_empty() { path class=(class) d=(path) {} }
            }
        }
    }
}

fn diamond(x: f64, y: f64, radius: f64) -> PreEscaped<String> {
    let r = one_digit(radius);
    PreEscaped(format!("M{x} {}l{r} {r}l-{r} {r}l-{r} -{r}z", one_digit(y - radius)))
}

/// A place to a tenth of a point, which nobody sees.
fn one_digit(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// Numbers of neurons below an axis: round ones, and so few that the name of the axis has room.
fn ticks(width: u32) -> impl Iterator<Item = u32> {
    let fits = |step: &u64| u64::from(width) / step <= 4;
    let steps = (0..).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
    let step = steps.into_iter().find(fits).unwrap_or(u64::from(u32::MAX)) as u32;
    (0..).map(move |tick| tick * step).take_while(move |tick| f64::from(*tick) <= 0.82 * f64::from(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(marks: &[Mark]) -> String {
        let shape = Shape::new(4, 512).expect("a shape");
        picture(shape, marks, |layer, neuron| Link::to("/neuron/r").down(&format!("{layer}:{neuron}"))).into_string()
    }

    fn mark(layer: u32, neuron: u32, score: Option<f32>, is_shared: bool) -> Mark {
        Mark { layer, neuron, score, is_shared }
    }

    #[test]
    fn marks_stand_at_their_layer_and_unit_and_their_areas_are_the_scores() {
        let svg = drawn(&[mark(3, 511, Some(0.4), false), mark(0, 0, Some(0.1), true)]);
        // Four rows of 16 points below the top of 20; 380 points for 512 units from 30 on.
        assert!(svg.contains(r#"<a href="/neuron/r/3:511" tabindex="-1"><title>3:511, score 0.4000</title><circle class="own" cx="409.6" cy="28" r="5.5"></circle></a>"#), "{svg}");
        // A quarter of the area: half the radius of 5.5, and a diamond a quarter larger.
        assert!(svg.contains(r#"<title>0:0, score 0.1000, shared</title><path class="shared" d="M30.4 72.6l3.4 3.4l-3.4 3.4l-3.4 -3.4z"></path>"#), "{svg}");
        assert!(svg.find("0:0").expect("weak") < svg.find("3:511").expect("strong"), "the strongest is on top");
    }

    #[test]
    fn beyond_the_linked_ones_marks_are_a_cloud_in_one_path() {
        let marks: Vec<Mark> =
            (0..LINKED as u32 + 2).map(|unit| mark(unit / 512, unit % 512, None, unit % 2 == 0)).collect();
        let svg = drawn(&marks);
        assert_eq!(svg.matches("<a ").count(), LINKED);
        assert_eq!(svg.matches("<path").count(), LINKED / 2 + 2, "diamonds, and two clouds");
        assert!(svg.contains(r#"r="3""#), "a mark without a score has a size of its own");
    }

    #[test]
    fn axes_have_round_numbers_and_the_last_layer() {
        assert_eq!(ticks(3_072).collect::<Vec<_>>(), [0, 1_000, 2_000]);
        assert_eq!(ticks(512).collect::<Vec<_>>(), [0, 200, 400]);
        assert_eq!(ticks(1).collect::<Vec<_>>(), [0]);
        let tall = picture(Shape::new(80, 10).expect("a shape"), &[], |_, _| Link::plain_home()).into_string();
        assert!(tall.contains(">0</text>") && tall.contains(">79</text>") && !tall.contains(">78</text>"), "{tall}");
    }
}
