//! Figures on dark pages: by classes and rules, not by attributes.

mod fixture;

use fixture::{bars, curves, elements, heat_map, matrix};
use kndb_plot::{Figure, style_sheet};

fn all() -> [Figure; 4] {
    let cells = (0..48).map(|at| (0, at, f64::from(at as u32))).collect();
    [
        Figure::Bars(bars(&[[0.25; 3].as_slice(); 8])),
        heat_map(1, 48, cells),
        matrix(&["en", "zh"], &[&[Some(1.0), Some(0.6)], &[None, Some(1.0)]]),
        Figure::Curves(curves()),
    ]
}

/// The rules of a style sheet for dark pages, as simplecss, the parser of usvg, reads them.
fn rules(css: &str) -> Vec<(String, String)> {
    let inner = css.strip_prefix("@media screen and (prefers-color-scheme:dark){").expect("of dark screens alone");
    let inner = inner.strip_suffix('}').expect("the end");
    inner
        .split_inclusive('}')
        .map(|rule| {
            let (selector, rest) = rule.split_once('{').expect("a rule");
            (selector.to_owned(), rest.trim_end_matches('}').to_owned())
        })
        .collect()
}

#[test]
fn every_coloured_element_has_a_class_and_none_has_a_style_attribute() {
    let sheet = rules(style_sheet());
    for figure in all() {
        let svg = figure.inline_svg().expect("a figure");
        let document = roxmltree::Document::parse(&svg).expect("an SVG is XML");
        assert_eq!(document.root_element().attribute("class"), Some("kndb-figure"));
        let mut ruled = 0;
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            assert_eq!((node.attribute("style"), node.has_tag_name("style")), (None, false), "{svg}");
            for property in ["fill", "stroke"] {
                let Some(color) = node.attribute(property).filter(|color| *color != "none") else { continue };
                // The line around light bars is seen on dark pages, too.
                if color == "#8f8500" {
                    continue;
                }
                let class = node.attribute("class").unwrap_or_else(|| panic!("{color} without a class: {svg}"));
                let rule = (format!(".kndb-figure .{class}"), format!("{property}:"));
                let is_ruled = sheet.iter().any(|(of, what)| *of == rule.0 && what.starts_with(&rule.1));
                ruled += usize::from(is_ruled);
                assert!(
                    is_ruled || class.contains("k-s") || class.contains("k-l-s"),
                    "{class} has no rule for {property}"
                );
            }
        }
        assert!(ruled > 5, "{ruled}: {svg}");
    }
}

#[test]
fn a_file_of_its_own_has_the_rules_that_it_needs_and_a_page_brings_them() {
    for figure in all() {
        let (alone, inline) = (figure.svg().expect("a figure"), figure.inline_svg().expect("a figure"));
        let style = elements(&alone, "style", |node| node.text().unwrap_or_default().to_owned());
        assert_eq!(style.len(), 1);
        assert_eq!(alone.replace(&format!("<style>{}</style>", style[0]), ""), inline, "else they are the same");
        let sheet = rules(style_sheet());
        assert!(rules(&style[0]).iter().all(|rule| sheet.contains(rule)), "a page's rules have all");
        assert!(!style[0].contains(['<', '&']), "it is text of XML as it stands");
    }
}

#[test]
fn what_knows_no_dark_pages_shows_a_file_as_it_shows_the_figure_in_a_page() {
    let figure = Figure::Bars(bars(&[&[0.25, 0.75]]));
    let read = |svg: &str| {
        let tree = resvg::usvg::Tree::from_str(svg, &resvg::usvg::Options::default()).expect("an SVG");
        tree.to_string(&resvg::usvg::WriteOptions::default())
    };
    assert_eq!(read(&figure.svg().expect("a figure")), read(&figure.inline_svg().expect("a figure")));
}
