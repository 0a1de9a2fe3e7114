//! Figures as PDF, read by another library.

mod fixture;

use fixture::{bars, curves, heat_map, matrix};
use kndb_plot::{Caption, Figure, Look};
use lopdf::{Dictionary, Document, Object};

/// Text of the page without the spaces between letters, which every reader guesses.
fn letters(document: &Document) -> String {
    let text = document.extract_text(&[1]).expect("text");
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

fn read(pdf: &[u8]) -> Document {
    Document::load_mem(pdf).expect("a PDF")
}

/// All dictionaries of a type.
fn of_type<'a>(document: &'a Document, name: &[u8]) -> Vec<&'a Dictionary> {
    let dictionaries = document.objects.values().filter_map(|object| match object {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    });
    dictionaries.filter(|of| of.get(b"Type").and_then(Object::as_name).is_ok_and(|of| of == name)).collect()
}

#[test]
fn a_pdf_is_one_page_of_the_size_of_the_figure_with_its_texts_as_text() {
    for figure in [
        Figure::Bars(bars(&[&[0.25, 0.75], &[0.5, 0.5]])),
        heat_map(2, 12, vec![(0, 1, 1.0), (1, 2, 30.0)]),
        matrix(&["en", "zh"], &[&[Some(1.0), Some(0.6)], &[None, Some(1.0)]]),
        Figure::Curves(curves()),
    ] {
        let document = read(
            &Look { width: Some(480.0), height: Some(360.0), ..Look::default() }
                .pdf(&figure, &kndb_plot::Fonts::carried())
                .expect("a PDF"),
        );
        let pages = document.get_pages();
        assert_eq!(pages.len(), 1);
        let page = document.get_dictionary(pages[&1]).expect("a page");
        let size = page.get(b"MediaBox").and_then(Object::as_array).expect("a size");
        let size: Vec<f32> = size.iter().map(|side| side.as_float().expect("a number")).collect();
        assert_eq!(size, [0.0, 0.0, 360.0, 270.0], "three quarters of a point a pixel");
        let title: String = figure.caption().title.chars().filter(|letter| !letter.is_whitespace()).collect();
        assert!(letters(&document).contains(&title), "{title}: {}", letters(&document));
    }
}

#[test]
fn fonts_are_embedded_in_part() {
    let pdf = Figure::Bars(bars(&[&[0.25, 0.75]])).pdf().expect("a PDF");
    let document = read(&pdf);
    let fonts = of_type(&document, b"FontDescriptor");
    assert_eq!(fonts.len(), 1);
    let name = fonts[0].get(b"FontName").and_then(Object::as_name).expect("a name");
    assert!(name.ends_with(b"+DejaVuSans"), "{:?}", String::from_utf8_lossy(name));
    let embedded = fonts[0].get(b"FontFile2").and_then(Object::as_reference).expect("the font itself");
    assert!(document.get_object(embedded).is_ok());
    assert!(pdf.len() < 40_000, "{} bytes: the whole font has 700,000", pdf.len());
}

#[test]
fn the_same_figure_is_the_same_pdf_and_tells_its_title() {
    let mut some = bars(&[&[0.25, 0.75]]);
    some.caption = Caption::new("Ours & <yours>");
    let figure = Figure::Bars(some);
    let pdf = figure.pdf().expect("a PDF");
    assert_eq!(pdf, figure.clone().pdf().expect("a PDF"));
    let document = read(&pdf);
    let info = document.trailer.get(b"Info").and_then(Object::as_reference).expect("what it is");
    let title = document.get_dictionary(info).expect("a dictionary").get(b"Title").and_then(Object::as_str);
    assert_eq!(title.expect("a title"), b"Ours & <yours>");
}
