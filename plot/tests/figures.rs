//! Figures as their readers see them: parsed, decoded, read.

mod fixture;

use fixture::{bars, elements, heat_map, matrix, number, texts};
use kndb_plot::{Bar, Bars, Caption, Error, Figure, HeatMap, Series, Unit};
use proptest::test_runner::Config as ProptestConfig;
use resvg::tiny_skia::Pixmap;

const NASTY: &str = "a <b> & \"c\" 'd' ]]> \u{1} é 中";

#[test]
fn heights_of_bars_are_in_proportion_to_their_values() {
    let svg = Figure::Bars(bars(&[&[0.1, 0.4, 0.0], &[0.2, 0.05, 0.8]])).svg().expect("a figure");
    let heights = elements(&svg, "rect", |node| {
        let title = node.children().find(|child| child.tag_name().name() == "title");
        title.map(|title| (title.text().unwrap_or_default().to_owned(), number(node, "height")))
    });
    let heights: Vec<(String, f64)> = heights.into_iter().flatten().collect();
    let abouts: Vec<&str> = heights.iter().map(|(about, _)| about.as_str()).collect();
    assert_eq!(
        abouts,
        [
            "layer 0, series 0: 0.1000",
            "layer 1, series 0: 0.4000",
            "layer 2, series 0: 0.0000",
            "layer 0, series 1: 0.2000",
            "layer 1, series 1: 0.0500",
            "layer 2, series 1: 0.8000",
        ]
    );
    let pixels: Vec<f64> = heights.iter().map(|(_, height)| *height).collect();
    for (value, height) in [0.1, 0.4, 0.0, 0.2, 0.05, 0.8].into_iter().zip(&pixels) {
        assert!((height - value / 0.8 * pixels[5]).abs() < 0.02, "{value}: {height} of {}", pixels[5]);
    }
    assert!(pixels[5] > 250.0, "the highest bar fills the axis: {}", pixels[5]);
    let texts = texts(&svg);
    for expected in ["Knowledge neurons by layer", "series 1", "80.0 %", "5.00 %", "layer", "share"] {
        assert!(texts.iter().any(|text| text == expected), "{expected}: {texts:?}");
    }
}

#[test]
fn names_from_anywhere_are_escaped_and_come_back_as_they_were() {
    let clean = NASTY.replace('\u{1}', "\u{fffd}");
    let mut all = bars(&[&[0.5]]);
    all.caption = Caption { title: NASTY.into(), notes: vec![NASTY.into()], sources: vec![NASTY.into()] };
    all.categories[0] = NASTY.into();
    all.series[0].name = NASTY.into();
    all.category_axis = NASTY.into();
    let svg = Figure::Bars(all).svg().expect("a figure");
    let shown = texts(&svg);
    assert_eq!(shown.iter().filter(|text| **text == clean).count(), 5, "{shown:?}");
    let label = elements(&svg, "svg", |node| node.attribute("aria-label").map(str::to_owned));
    assert_eq!(label, [Some(clean.clone())]);
    let described = elements(&svg, "desc", |node| node.text().unwrap_or_default().to_owned());
    assert!(described[0].ends_with(&clean), "{described:?}");
    let svg = matrix(&[NASTY, "b"], &[&[Some(1.0), None], &[None, Some(1.0)]]).svg().expect("a figure");
    assert_eq!(texts(&svg).iter().filter(|text| **text == clean).count(), 2);
}

/// Where a text begins and ends, and its line.
type Label = (f64, f64, f64);

/// Numbers that are not turned: where they stand. DejaVu's digits are 0.636 em wide.
fn digits(svg: &str) -> Vec<Label> {
    let all = elements(svg, "text", |node| {
        let text = node.text().unwrap_or_default();
        let turned = node.attribute("transform").is_some();
        if turned || text.is_empty() || !text.chars().all(|letter| letter.is_ascii_digit()) {
            return None;
        }
        let half = text.len() as f64 * number(node, "font-size") * 0.636 / 2.0;
        Some((number(node, "x") - half, number(node, "x") + half, number(node, "y")))
    });
    all.into_iter().flatten().collect()
}

#[test]
fn labels_of_many_layers_neither_touch_nor_leave_the_picture() {
    for layers in [1, 12, 24, 48, 100, 200] {
        let values = vec![0.01; layers];
        let series = vec![values.as_slice(); 8];
        let svg = Figure::Bars(bars(&series)).svg().expect("a figure");
        let width = elements(&svg, "svg", |node| number(node, "width"))[0];
        let labels = digits(&svg);
        assert!(labels.len() >= layers.min(10), "{layers} layers: {} labels", labels.len());
        for pair in labels.windows(2) {
            assert!(pair[1].0 > pair[0].1, "{layers} layers: {pair:?} touch");
        }
        assert!(labels.iter().all(|label| label.0 >= 0.0 && label.1 <= width - 12.0), "{layers} layers");
    }
}

#[test]
fn labels_of_a_deep_heat_map_do_not_touch() {
    let svg = heat_map(48, 8960, vec![(0, 0, 1.0)]).svg().expect("a figure");
    let labels = digits(&svg);
    // The labels of columns stand on the lowest line.
    let lowest = labels.iter().map(|label| label.2).fold(0.0, f64::max);
    let (columns, rows): (Vec<Label>, Vec<Label>) =
        labels.iter().filter(|label| label.1 < 700.0).partition(|label| label.2 == lowest);
    assert!(rows.len() >= 16 && columns.len() >= 4, "{rows:?} {columns:?}");
    assert!(rows.windows(2).all(|pair| pair[0].2 - pair[1].2 >= 11.0), "{rows:?}");
    assert!(columns.windows(2).all(|pair| pair[1].0 > pair[0].1), "{columns:?}");
}

#[test]
fn intervals_and_negative_bars_are_drawn_from_zero() {
    let mut figure = bars(&[&[2.0, -1.0]]);
    figure.unit = Unit::Number;
    figure.series[0].bars[1] = Some(Bar { value: -1.0, interval: Some((-2.0, 0.5)), note: None });
    let svg = Figure::Bars(figure).svg().expect("a figure");
    let drawn = elements(&svg, "rect", |node| {
        let is_bar = node.children().any(|child| child.tag_name().name() == "title");
        is_bar.then(|| (number(node, "y"), number(node, "height"), number(node, "x"), number(node, "width")))
    });
    let drawn: Vec<_> = drawn.into_iter().flatten().collect();
    let zero = drawn[0].0 + drawn[0].1;
    assert!((drawn[1].0 - zero).abs() < 0.02, "a negative bar hangs from zero: {drawn:?}");
    assert!((drawn[0].1 - 2.0 * drawn[1].1).abs() < 0.04, "{drawn:?}");
    let middle = drawn[1].2 + drawn[1].3 / 2.0;
    let lines = elements(&svg, "line", |node| ["x1", "x2", "y1", "y2"].map(|name| number(node, name)));
    let whisker = lines.iter().find(|line| (line[0] - middle).abs() < 0.02 && line[0] == line[1]);
    let [_, _, low, high] = whisker.expect("an interval");
    let unit = drawn[1].1;
    assert!((low - zero - 2.0 * unit).abs() < 0.04 && (zero - high - 0.5 * unit).abs() < 0.04, "{lines:?}");
}

proptest::proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the numbers and names: the SVG is XML, all bars lie within it, and the text is no wider than asked for.
    #[test]
    fn any_bars_are_drawn(
        names in proptest::collection::vec(".{0,30}", 1..60),
        series in 1_usize..9,
        numbers in proptest::collection::vec(-1e100_f64..1e100, 1..20),
        scale in -120_i32..1,
        unit in 0_usize..4,
    ) {
        let unit = [Unit::Share, Unit::Ratio, Unit::Count, Unit::Number][unit];
        let value = |at: usize| numbers[at % numbers.len()] * 10_f64.powi(scale);
        let series = (0..series).map(|row| Series {
            name: names[row % names.len()].clone(),
            bars: (0..names.len()).map(|at| Some(Bar::new(value(at + 7 * row)))).collect(),
            ..Series::default()
        });
        let figure = Figure::Bars(Bars { categories: names.clone(), series: series.collect(), unit, ..bars(&[&[0.0]]) });
        let svg = figure.svg().expect("a figure");
        let size = elements(&svg, "svg", |node| (number(node, "width"), number(node, "height")))[0];
        let bars = elements(&svg, "rect", |node| {
            let at = |name| node.attribute(name).map_or(0.0, |text| text.parse::<f64>().expect("a number"));
            (at("x"), at("y"), at("width"), at("height"))
        });
        for (x, y, width, height) in bars {
            proptest::prop_assert!(x >= 0.0 && y >= -0.01 && width >= 0.0 && height >= 0.0, "{}", svg);
            proptest::prop_assert!(x + width <= size.0 && y + height <= size.1, "{}", svg);
        }
        let text = figure.text(100).expect("a figure");
        let wide = |line: &str| unicode_width::UnicodeWidthStr::width(line);
        proptest::prop_assert!(text.lines().all(|line| wide(line) <= 100), "{}", text);
    }
}

#[test]
fn the_same_figure_is_the_same_bytes_and_the_png_shows_the_bars() {
    let figure = Figure::Bars(bars(&[&[0.25, 0.75]]));
    let svg = figure.svg().expect("a figure");
    assert_eq!(figure.svg(), figure.clone().svg());
    let png = figure.png().expect("a picture");
    assert_eq!(png, figure.png().expect("a picture"));
    let picture = Pixmap::decode_png(&png).expect("a PNG");
    let size = elements(&svg, "svg", |node| (number(node, "width"), number(node, "height")))[0];
    assert_eq!((f64::from(picture.width()), f64::from(picture.height())), (size.0 * 2.0, size.1 * 2.0));
    // Pixels of the first series' colour: three times as many in the higher bar, for both are equally wide.
    let blue = |x: u32| {
        let column = (0..picture.height()).filter_map(|y| picture.pixel(x, y));
        column.filter(|pixel| (pixel.red(), pixel.green(), pixel.blue()) == (0, 0x72, 0xb2)).count()
    };
    let columns: Vec<usize> = (0..picture.width()).map(blue).filter(|count| *count > 100).collect();
    let (least, most) = (columns.iter().min().expect("bars"), columns.iter().max().expect("bars"));
    assert!(most.abs_diff(least * 3) <= 4, "{least} and {most}");
}

#[test]
fn neurons_that_do_not_fit_are_put_together_and_it_is_said() {
    let figure = heat_map(3, 640, vec![(0, 0, 2.0), (0, 1, 8.0), (2, 639, 4.0)]);
    let svg = figure.svg().expect("a figure");
    let shown = texts(&svg);
    assert!(shown.iter().any(|text| text == "neuron (4 a column: the highest is shown)"), "{shown:?}");
    let cells = elements(&svg, "path", |node| {
        (node.attribute("fill").unwrap_or_default().to_owned(), node.attribute("d").unwrap_or_default().to_owned())
    });
    assert_eq!(cells.len(), 2, "two colours, one cell each: {cells:?}");
    assert_eq!(cells[1].0, "#081d58", "the highest value has the darkest colour");
    assert!(svg.contains("The highest value is 8, at layer 0, neuron 1."), "{svg}");
    let text = figure.text(60).expect("a figure");
    let rows: Vec<&str> = text.lines().filter(|line| line.ends_with('|')).collect();
    assert!(rows[1].ends_with("▒|") && rows[1].contains(" 2 |"), "{text}");
    assert!(rows[3].contains(" 0 |█ "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
    let nothing = heat_map(2, 3, Vec::new()).svg().expect("a figure");
    assert!(elements(&nothing, "path", |_| ()).is_empty(), "nothing is white");
    let few = heat_map(1, 3, vec![(0, 1, 1.0)]).text(60).expect("a figure");
    assert!(few.contains(" 0 | █ |") && few.contains("neuron, from 0 to 2"), "{few}");
}

#[test]
fn rows_of_a_heat_map_may_have_names_and_grow_linearly() {
    let Figure::HeatMap(map) = heat_map(2, 3, vec![(0, 0, 0.5), (1, 1, 0.001), (1, 2, -0.25)]) else {
        panic!("a heat map")
    };
    let map =
        HeatMap { row_names: vec!["last".into(), "first-subject".into()], linear: true, unit: Unit::Number, ..map };
    let figure = Figure::HeatMap(map.clone());
    let svg = figure.svg().expect("a figure");
    let shown = texts(&svg);
    assert!(["last", "first-subject"].iter().all(|name| shown.iter().any(|text| text == name)), "{shown:?}");
    assert!(svg.contains("at layer last, neuron 0.") && !svg.contains("logarithmic"), "{svg}");
    let text = figure.text(60).expect("a figure");
    let rows: Vec<&str> = text.lines().filter(|line| line.ends_with('|')).collect();
    assert_eq!(rows[1..], [" first-subject | ░ |", "          last |█  |"], "{text}");
    let table = figure.table().expect("a figure");
    assert_eq!(table.columns, ["layer", "neuron 0", "neuron 1", "neuron 2"]);
    assert_eq!(table.rows[0][..2], ["first-subject", "–"]);
    assert!(table.rows[0][3].contains("0.25") && table.rows[1][1] == "0.500", "{:?}", table.rows);
    let wrong = Figure::HeatMap(HeatMap { row_names: vec!["one".into()], ..map });
    assert!(wrong.svg().is_err(), "a name too few");
}

#[test]
fn a_matrix_writes_its_values_into_cells_and_leaves_out_what_is_not_known() {
    let figure = matrix(&["en", "zh"], &[&[Some(1.0), Some(0.043_91)], &[None, Some(1.0)]]);
    let shown = texts(&figure.svg().expect("a figure"));
    for (expected, times) in [("0.0439", 1), ("–", 1), ("1.0000", 3), ("en", 2)] {
        // The scale ends at 1, whatever the values are.
        assert_eq!(shown.iter().filter(|text| *text == expected).count(), times, "{expected}: {shown:?}");
    }
    let text = figure.text(60).expect("a figure");
    assert_eq!(text, "Overlap\n\n    |      en      zh\n en |  1.0000  0.0439\n zh |       –  1.0000\nsimilarity\n");
}

#[test]
fn a_wide_matrix_is_written_in_blocks() {
    let names: Vec<String> = (0..20).map(|at| format!("l{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let row = vec![Some(0.5); 20];
    let rows = vec![row.as_slice(); 20];
    let text = matrix(&names, &rows).text(70).expect("a figure");
    assert!(text.lines().all(|line| line.len() <= 70), "{text}");
    assert_eq!(text.matches("0.5000").count(), 400);
    assert_eq!(text.matches(" l19 |").count(), 3, "{text}");
}

#[test]
fn bars_in_text_are_in_eighths_and_no_line_is_too_wide() {
    let mut one = bars(&[&[1.0, 4.0]]);
    one.categories[1] = "11".into();
    one.caption = Caption::default();
    one.value_axis = "pairs".into();
    one.unit = Unit::Count;
    let text = Figure::Bars(one).text(100).expect("a figure");
    let expected = format!(" layer | pairs\n     0 | {}▌ 1\n    11 | {} 4\n", "█".repeat(12), "█".repeat(50));
    assert_eq!(text, expected);

    let mut several = bars(&[&[0.25, 0.5], &[1.0, 0.0]]);
    several.series[1].bars[1] = None;
    several.series[0].bars[0] = Some(Bar { value: 0.25, interval: Some((0.2, 0.3)), note: Some("33 pairs".into()) });
    let text = Figure::Bars(several).text(72).expect("a figure");
    assert!(text.contains(" 0.2500 [0.2000, 0.3000] (33 pairs)\n"), "{text}");
    assert!(text.contains("\n       | series 1 |\n"), "a series without a value has no bar: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
}

#[test]
fn what_is_no_figure_is_refused_with_its_place() {
    let title = "Knowledge neurons by layer".to_owned();
    let refused = |figure: Bars| Figure::Bars(figure).svg().expect_err("no figure");
    assert_eq!(
        refused(Bars { series: Vec::new(), ..bars(&[&[1.0]]) }),
        Error::Empty { title: title.clone(), what: "series" }
    );
    let mut short = bars(&[&[0.5, 0.5]]);
    short.series[0].bars.pop();
    let what = "series \"series 0\"".to_owned();
    assert_eq!(refused(short), Error::Length { title: title.clone(), what, found: 1, expected: 2 });
    let told = refused(bars(&[&[0.5, f64::NAN]])).to_string();
    assert!(told.contains("\"1\" in series \"series 0\" is NaN, expected"), "{told}");
    let many = vec![[0.5].as_slice(); 9];
    assert_eq!(refused(bars(&many)), Error::TooMany { title, what: "series", found: 9, most: 8 });
    assert!(Figure::Bars(bars(&many)).text(80).is_ok(), "text takes them all");
    let outside = heat_map(2, 3, vec![(2, 0, 1.0)]).svg().expect_err("no figure");
    assert_eq!(outside.to_string(), "figure \"Facts\": the axis that holds row 2 has 2 values, expected 3");
}

#[test]
fn letters_that_the_carried_font_lacks_are_named() {
    let mut figure = bars(&[&[0.5]]);
    figure.categories[0] = "日本 (Japan)".into();
    figure.series[0].note = Some("中".into());
    assert_eq!(Figure::Bars(figure).letters_without_glyph(), ['中', '日', '本']);
}

#[test]
fn the_table_of_a_figure_has_every_number_of_it() {
    let mut some = bars(&[&[0.25, 0.75], &[0.5, 0.5]]);
    some.series[1].bars[0] = None;
    some.series[0].bars[1] = Some(Bar { value: 0.75, interval: Some((0.5, 1.0)), note: Some("3 pairs".into()) });
    let table = Figure::Bars(some).table().expect("a figure");
    assert_eq!(table.columns, ["layer", "series 0", "series 1"]);
    assert_eq!(table.rows, [["0", "0.2500", "–"], ["1", "0.7500 [0.5000, 1.0000] (3 pairs)", "0.5000"]]);
    let table = matrix(&["en", "zh"], &[&[Some(1.0), Some(0.5)], &[None, Some(1.0)]]).table().expect("a figure");
    assert_eq!(
        (table.columns, table.rows),
        (text(&["", "en", "zh"]), vec![text(&["en", "1.0000", "0.5000"]), text(&["zh", "–", "1.0000"])])
    );
    let table = heat_map(2, 9, vec![(1, 3, 2.0), (1, 4, 8.0), (1, 5, 8.0)]).table().expect("a figure");
    assert_eq!(table.columns, ["layer", "neurons above 0", "most facts", "at neuron"]);
    assert_eq!(table.rows, [["0", "0", "–", "–"], ["1", "3", "8", "4"]]);
    let table = Figure::Curves(fixture::curves()).table().expect("a figure");
    assert_eq!(table.rows[5], ["large", "layer 3 of 4", "87.5 %", "2.00", "share 0.5"]);
    assert!(Figure::Bars(Bars::default()).table().is_err(), "nothing is no figure");
}

fn text(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn series_keep_the_colours_they_are_given_and_say_what_is_behind_them() {
    let mut some = bars(&[&[0.25, 0.75], &[0.5, 0.5]]);
    some.series[0].color = Some(3);
    some.series[1].note = Some("23 pairs".into());
    let figure = Figure::Bars(some);
    let svg = figure.svg().expect("a figure");
    let filled = |name| elements(&svg, name, |node| node.attribute("fill").map(str::to_owned));
    for color in ["#d55e00", "#e69f00"] {
        let of = |name| filled(name).iter().filter(|fill| fill.as_deref() == Some(color)).count();
        assert_eq!((of("g"), of("rect")), (1, 1), "bars and legend in {color}: {svg}");
    }
    let shown = texts(&svg);
    assert!(shown.iter().any(|text| text == "series 0") && shown.iter().any(|text| text == "series 1 (23 pairs)"));
    let text = figure.text(40).expect("a figure");
    assert!(text.ends_with("\n\n series 1: 23 pairs\n"), "{text}");
}

#[test]
fn small_ratios_of_a_matrix_are_light_and_counts_run_to_their_highest() {
    let mut figure = matrix(&["en", "zh"], &[&[Some(1.0), Some(0.03)], &[Some(0.03), Some(1.0)]]);
    let fills = |figure: &Figure| {
        let fill = |node: roxmltree::Node<'_, '_>| {
            node.first_element_child().and_then(|_| node.attribute("fill").map(str::to_owned))
        };
        elements(&figure.svg().expect("a figure"), "rect", fill).into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(fills(&figure)[1], "#edf8b1", "the lightest of the scale");
    let Figure::Matrix(matrix) = &mut figure else { panic!("{figure:?}") };
    (matrix.values[0][1], matrix.values[1][0]) = (Some(0.97), Some(0.97));
    assert_ne!(fills(&figure)[1], "#edf8b1");
    let Figure::Matrix(matrix) = &mut figure else { panic!("{figure:?}") };
    (matrix.values[0][1], matrix.unit) = (Some(3.0), Unit::Count);
    assert_eq!(fills(&figure)[1], "#081d58", "the darkest");
}
