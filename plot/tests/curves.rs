//! Models of different depth on one axis.

mod fixture;

use fixture::{curves, elements, number, texts};
use kndb_plot::{Error, Figure, Point};

#[test]
fn points_stand_at_their_relative_depth_and_in_proportion_to_their_values() {
    let svg = Figure::Curves(curves()).svg().expect("a figure");
    let points = elements(&svg, "circle", |node| {
        let about = node.first_element_child().and_then(|title| title.text().map(str::to_owned));
        (about.expect("a title"), number(node, "cx"), number(node, "cy"))
    });
    let abouts: Vec<&str> = points.iter().map(|point| point.0.as_str()).collect();
    assert_eq!(abouts[0], "layer 0 of 2, small: 1.00 (share 0.5)");
    assert_eq!(abouts[5], "layer 3 of 4, large: 2.00 (share 0.5)");
    let x: Vec<f64> = points.iter().map(|point| point.1).collect();
    // A quarter and three quarters; an eighth, three, five and seven of them.
    let eighth = (x[1] - x[0]) / 4.0;
    for (at, eighths) in [1.0, 3.0, 5.0, 7.0].into_iter().enumerate() {
        assert!((x[2 + at] - (x[0] + (eighths - 2.0) * eighth)).abs() < 0.02, "{x:?}");
    }
    let y: Vec<f64> = points.iter().map(|point| point.2).collect();
    // 1, 1; 0.5, 1, 0.5, 2: as many times the even share.
    let unit = (y[3] - y[5]).abs();
    assert!((y[0] - y[1]).abs() < 0.02 && (y[0] - y[3]).abs() < 0.02, "{y:?}");
    assert!((y[2] - y[3] - unit / 2.0).abs() < 0.02, "{y:?}");
    let shown = texts(&svg);
    for expected in ["0 %", "50 %", "100 %", "relative depth", "share × layers", "small", "large"] {
        assert!(shown.iter().any(|text| text == expected), "{expected}: {shown:?}");
    }
}

#[test]
fn a_line_is_broken_where_nothing_is_known() {
    let mut some = curves();
    some.curves[1].points[1] = None;
    let svg = Figure::Curves(some.clone()).svg().expect("a figure");
    let paths = elements(&svg, "path", |node| node.attribute("d").unwrap_or_default().to_owned());
    let parts = |path: &str| (path.matches('M').count(), path.matches('L').count());
    assert_eq!(paths.iter().map(|path| parts(path)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
    let text = Figure::Curves(some).text(80).expect("a figure");
    assert!(!text.contains("layer 1 of 4") && text.contains("layer 2 of 4 |  62 % |"), "{text}");
}

#[test]
fn text_has_a_block_of_lines_for_each_curve() {
    let text = Figure::Curves(curves()).text(60).expect("a figure");
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    assert!(text.contains("\n small\n layer 0 of 2 |  25 % | ███"), "{text}");
    assert!(text.contains(" layer 3 of 4 |  88 % | ████████████████ 2.00 (share 0.5)\n"), "{text}");
}

#[test]
fn what_has_no_place_is_refused() {
    let mut none = curves();
    none.curves.clear();
    let told = |error: Error| error.to_string();
    assert!(told(Figure::Curves(none).svg().expect_err("nothing")).contains("has no curves"));
    let mut outside = curves();
    outside.curves[0].points[0] = Some(Point { place: 1.5, name: "layer 9".into(), ..Point::default() });
    let error = told(Figure::Curves(outside).svg().expect_err("outside"));
    assert!(error.ends_with("\"layer 9\" in curve \"small\" stands at 1.5, expected a place from 0 to 1"), "{error}");
    let mut many = curves();
    many.curves = vec![many.curves[0].clone(); 9];
    assert!(
        told(Figure::Curves(many).svg().expect_err("too many")).contains("has 9 curves, a picture takes at most 8")
    );
}
