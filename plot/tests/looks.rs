//! What can be wished of a drawing: numbers, a scale of colours, a size.

mod fixture;

use fixture::{bars, curves, elements, heat_map, matrix, number, texts};
use kndb_plot::{Bar, Error, Figure, Look, Numbers, Scale, Unit};

fn with(numbers: Numbers) -> Look {
    Look { numbers, ..Look::default() }
}

fn sized(width: Option<f64>, height: Option<f64>) -> Look {
    Look { width, height, ..Look::default() }
}

/// Texts that are numbers of bars: shares with two decimals or one, smaller than tick labels.
fn numbers_at_bars(svg: &str) -> usize {
    let all = elements(svg, "text", |node| {
        let text = node.text().unwrap_or_default();
        node.attribute("font-size") == Some("9.5") && text.ends_with(" %")
    });
    all.into_iter().filter(|is_number| *is_number).count()
}

/// How many texts of a drawing are turned upright.
fn upright(svg: &str) -> usize {
    let turned =
        |node: roxmltree::Node<'_, '_>| node.attribute("transform").is_some_and(|turn| turn.ends_with("rotate(-90)"));
    elements(svg, "text", turned).into_iter().filter(|is| *is).count()
}

#[test]
fn all_bars_have_numbers_or_none_has() {
    for (layers, series) in [(4, 1), (12, 2), (24, 4), (48, 8)] {
        let values = vec![0.0125; layers];
        let figure = Figure::Bars(bars(&vec![values.as_slice(); series]));
        let of = |numbers| numbers_at_bars(&with(numbers).svg(&figure).expect("a figure"));
        let fitting = of(Numbers::Fitting);
        assert!(fitting == 0 || fitting == layers * series, "{layers} × {series}: {fitting}");
        assert_eq!((of(Numbers::None), of(Numbers::All)), (0, layers * series), "{layers} × {series}");
    }
}

/// Numbers that do not fit beside each other stand upright, and do not touch: bars are as wide as their letters are high.
#[test]
fn numbers_that_are_asked_for_stand_upright_above_bars_of_enough_width() {
    let values = vec![0.0125; 48];
    let figure = Figure::Bars(bars(&[values.as_slice(); 8]));
    let look = with(Numbers::All);
    let svg = look.svg(&figure).expect("a figure");
    assert_eq!(upright(&svg), 48 * 8 + 1, "all of them, and the name of the axis");
    let mut widths = elements(&svg, "rect", |node| node.first_element_child().map(|_| number(node, "width")));
    widths.retain(Option::is_some);
    assert!(widths.iter().flatten().all(|width| *width >= 9.5), "{widths:?}");
    let narrow = Look { width: Some(800.0), ..look }.svg(&figure).expect_err("too narrow");
    let Error::Size { what: "wide", found: 800.0, least, .. } = narrow else { panic!("{narrow:?}") };
    let fits = Look { width: Some(least), ..look }.svg(&figure).expect("what it said is enough");
    assert_eq!(elements(&fits, "svg", |node| number(node, "width")), [least]);
}

#[test]
fn numbers_of_negative_bars_hang_below_them_and_within_the_picture() {
    let mut some = bars(&[&[-123_456.0, 7.0]]);
    some.unit = Unit::Count;
    some.series[0].bars.extend((0..30).map(|_| Some(Bar::new(-99_999.0))));
    some.categories = (0..32).map(|at| at.to_string()).collect();
    let figure = Figure::Bars(some);
    let svg = with(Numbers::All).svg(&figure).expect("a figure");
    let lowest_bar = elements(&svg, "rect", |node| {
        node.first_element_child().map_or(0.0, |_| number(node, "y") + number(node, "height"))
    });
    let lowest_bar = lowest_bar.into_iter().fold(0.0, f64::max);
    let category = elements(&svg, "text", |node| {
        (node.text() == Some("0") && node.attribute("text-anchor") == Some("middle")).then(|| number(node, "y"))
    });
    let category = category.into_iter().flatten().next().expect("the first category's label");
    // `-123,456` is 43 pixels long in this size.
    assert!(category - lowest_bar > 43.0, "{category} under {lowest_bar}");
}

#[test]
fn a_picture_has_exactly_the_size_that_is_asked_for() {
    let layers = vec![0.25; 12];
    let many: Vec<(usize, usize, f64)> =
        (0..12).flat_map(|row| (0..3072).step_by(7).map(move |at| (row, at, 3.0))).collect();
    for figure in [
        Figure::Bars(bars(&[&layers, &layers])),
        heat_map(12, 3072, many),
        matrix(&["en", "zh", "de"], &[[Some(1.0), Some(0.5), None].as_slice(); 3]),
        Figure::Curves(curves()),
    ] {
        for (width, height) in [(321.5, 280.0), (640.0, 480.0), (1600.0, 400.0), (2400.0, 2000.0)] {
            let svg = sized(Some(width), Some(height)).svg(&figure).expect("a figure");
            let size = elements(&svg, "svg", |node| (number(node, "width"), number(node, "height")))[0];
            assert_eq!(size, (width, height));
            let inside = elements(&svg, "rect", |node| {
                let at = |name| node.attribute(name).map_or(0.0, |text| text.parse::<f64>().expect("a number"));
                (at("x") + at("width"), at("y") + at("height"))
            });
            assert!(inside.iter().all(|(x, y)| *x <= width && *y <= height), "{width} × {height}: {svg}");
        }
        let high = sized(None, Some(700.0)).svg(&figure).expect("a figure");
        assert_eq!(elements(&high, "svg", |node| number(node, "height")), [700.0]);
    }
}

/// Bars of a figure of twice the width are wider, and those of twice the height longer: it is drawn anew, not stretched.
#[test]
fn letters_keep_their_size_whatever_the_picture_has() {
    let layers = vec![0.25; 12];
    let figure = Figure::Bars(bars(&[&layers]));
    let read = |look: Look| {
        let svg = look.svg(&figure).expect("a figure");
        let bar = elements(&svg, "rect", |node| {
            node.first_element_child().map(|_| (number(node, "width"), number(node, "height")))
        });
        (bar.into_iter().flatten().next().expect("a bar"), elements(&svg, "text", |node| number(node, "font-size")))
    };
    let (small, of_small) = read(sized(Some(500.0), Some(300.0)));
    let (large, of_large) = read(sized(Some(1000.0), Some(600.0)));
    assert!(large.0 > 1.8 * small.0 && large.1 > 2.0 * small.1, "{small:?} {large:?}");
    let sizes =
        |sizes: &[f64]| sizes.iter().fold((f64::MAX, 0.0_f64), |(low, high), size| (low.min(*size), high.max(*size)));
    assert_eq!((sizes(&of_small).1, sizes(&of_large).1), (15.0, 15.0));
}

#[test]
fn a_size_that_is_none_is_refused_and_says_what_is() {
    let figure = Figure::Bars(bars(&[&[0.5, 0.5]]));
    for (look, told) in [
        (sized(Some(50.0), None), "cannot be 50 pixels wide with all that is in it: expected 120 to 6000"),
        (sized(None, Some(1e9)), "cannot be 1000000000 pixels high"),
        (sized(Some(f64::NAN), None), "cannot be NaN pixels wide"),
        (sized(None, Some(121.0)), "cannot be 121 pixels high"),
    ] {
        let error = look.svg(&figure).expect_err("no size").to_string();
        assert!(error.contains(told), "{told}: {error}");
    }
    let Err(Error::Size { least, .. }) = sized(None, Some(121.0)).svg(&figure) else { panic!("too low") };
    assert!(sized(None, Some(least)).svg(&figure).is_ok(), "what it said is enough");
    let rows = heat_map(150, 40, vec![(0, 0, 1.0)]);
    let error = sized(None, Some(200.0)).svg(&rows).expect_err("no room for the rows");
    assert!(matches!(error, Error::Size { what: "high", found, .. } if (found - 200.0).abs() < 0.01), "{error:?}");
}

/// A cell's colour, by the path that is it alone.
fn fills(svg: &str) -> Vec<String> {
    elements(svg, "path", |node| node.attribute("class").unwrap_or_default().to_owned())
}

#[test]
fn colours_of_wide_ranges_are_logarithmic_and_the_scale_says_so() {
    // One, ten and a hundred facts: first, middle and last of 48 steps.
    let figure = heat_map(1, 3, vec![(0, 0, 1.0), (0, 1, 10.0), (0, 2, 100.0)]);
    let log = figure.svg().expect("a figure");
    assert_eq!(fills(&log), ["k-h1", "k-h25", "k-h48"], "{log}");
    let shown = texts(&log);
    for tick in ["0", "1", "10", "100"] {
        assert!(shown.iter().any(|text| text == tick), "{tick}: {shown:?}");
    }
    assert!(log.contains("on a logarithmic scale of colours"), "{log}");
    let linear = Look { scale: Scale::Linear, ..Look::default() }.svg(&figure).expect("a figure");
    assert_eq!(fills(&linear), ["k-h1", "k-h5", "k-h48"]);
    assert!(!linear.contains("logarithmic"));
    // Of a narrow range only what is asked for is logarithmic.
    let few = heat_map(1, 3, vec![(0, 0, 2.0), (0, 1, 4.0), (0, 2, 8.0)]);
    assert_eq!(fills(&few.svg().expect("a figure")), ["k-h12", "k-h24", "k-h48"]);
    let log = Look { scale: Scale::Log, ..Look::default() }.svg(&few).expect("a figure");
    assert_eq!(fills(&log), ["k-h1", "k-h25", "k-h48"], "four is half way from two to eight");
}

/// The number beside the scale stands where the scale has the colour of that number.
#[test]
fn numbers_beside_a_scale_stand_at_their_colours() {
    let (wide, even) = ([1.0, 3.0, 10.0, 40.0, 100.0, 1000.0], [100.0, 300.0, 400.0, 500.0, 600.0, 1000.0]);
    for (scale, values) in [(Scale::Log, wide), (Scale::Linear, even)] {
        let cells = values.iter().enumerate().map(|(at, value)| (0, at, *value)).collect();
        let figure = heat_map(1, 7, cells);
        let svg = Look { scale, height: Some(300.0), ..Look::default() }.svg(&figure).expect("a figure");
        // The column of colours: every step a rectangle.
        let steps: Vec<(usize, f64, f64)> = elements(&svg, "rect", |node| {
            let step = node.attribute("class")?.strip_prefix("k-h")?.parse().ok()?;
            Some((step, number(node, "y"), number(node, "y") + number(node, "height")))
        })
        .into_iter()
        .flatten()
        .collect();
        let mut found = 0;
        for (value, step) in values.iter().zip(fills(&svg)) {
            let label = elements(&svg, "text", |node| {
                let is_it = node.text() == Some(&written(*value)) && node.attribute("text-anchor") == Some("start");
                is_it.then(|| number(node, "y") - 11.0 * 0.36)
            });
            // Not every value has its number.
            let Some(y) = label.into_iter().flatten().next() else { continue };
            let step: usize = step.trim_start_matches("k-h").parse().expect("a step");
            let (_, top, bottom) = steps.iter().find(|(of, ..)| *of == step).expect("the step is in the scale");
            let tolerance = bottom - top;
            found += 1;
            assert!(
                y >= top - tolerance && y <= bottom + tolerance,
                "{scale:?}, {value}: {y} is not in {top}…{bottom}"
            );
        }
        assert!(found >= 2, "{scale:?}: {found} numbers beside the scale");
    }
}

fn written(value: f64) -> String {
    if value >= 1000.0 { "1,000".into() } else { value.to_string() }
}

#[test]
fn shades_of_text_are_quarters_of_the_scale() {
    let figure = heat_map(1, 4, vec![(0, 0, 1.0), (0, 1, 10.0), (0, 2, 100.0), (0, 3, 10_000.0)]);
    let text = figure.text(90).expect("a figure");
    // 10 and 100 are a quarter and a half of the way from 1 to 10,000.
    assert!(
        text.contains(" 0 |░░▒█|")
            && text.contains("facts (logarithmic): blank 0, ░ to 10.0, ▒ to 100, ▓ to 1000, █ to 10000"),
        "{text}"
    );
    let linear = Look { scale: Scale::Linear, ..Look::default() }.text(&figure, 90).expect("a figure");
    assert!(linear.contains(" 0 |░░░█|") && !linear.contains("logarithmic"), "{linear}");
}

#[test]
fn the_name_of_an_upright_axis_is_whole_where_the_picture_is_high_enough() {
    let low = sized(Some(320.0), Some(250.0));
    let named =
        |figure: &Figure, name: &str| texts(&low.svg(figure).expect("a figure")).iter().any(|text| text == name);
    let mut some = bars(&[&[0.25, 0.5]]);
    some.value_axis = "share of knowledge neurons".into();
    assert!(named(&Figure::Bars(some), "share of knowledge neurons"));
    assert!(named(&Figure::Curves(curves()), "share × layers"));
    assert!(texts(&heat_map(1, 3, vec![(0, 0, 1.0)]).svg().expect("a figure")).iter().any(|text| text == "layer"));
}
