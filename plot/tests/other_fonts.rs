//! Letters that the carried font lacks, in a font made for the test: the carried one, in which a hexagram of the Book of Changes is
//! called 中.

mod fixture;

use fixture::bars;
use kndb_plot::{Caption, Figure, Fonts, Look};

const HEXAGRAM: char = '\u{4dc0}';

/// DejaVu Sans with its first hexagram as 中: one range of its character map is another.
fn patched() -> Vec<u8> {
    let mut font = dejavu::sans::regular().to_vec();
    let entry = |first: u32, last: u32| [first.to_be_bytes(), last.to_be_bytes()].concat();
    let wanted = entry(0x4dc0, 0x4dff);
    let at = font.windows(8).position(|bytes| bytes == wanted).expect("the range of hexagrams in a table of 32 bits");
    let chinese = u32::from('中');
    font[at..at + 8].copy_from_slice(&entry(chinese, chinese));
    font
}

fn titled(title: &str) -> Figure {
    let mut some = bars(&[&[0.25, 0.75]]);
    some.caption = Caption::new(title);
    Figure::Bars(some)
}

#[test]
fn a_png_shows_a_letter_in_the_font_that_has_it() {
    let (chinese, hexagram) = (titled("中 (China)"), titled(&format!("{HEXAGRAM} (China)")));
    let fonts = Fonts::carried().with(patched());
    assert_eq!((Fonts::carried().lacking(&chinese), fonts.lacking(&chinese)), (vec!['中'], vec![]));
    assert_eq!(fonts.taken(&chinese), ["DejaVu Sans"]);
    let look = Look::default();
    let drawn = look.png(&chinese, &fonts).expect("a picture");
    assert!(drawn == hexagram.png().expect("a picture"), "the same glyph at the same place");
    assert!(drawn != chinese.png().expect("a picture"), "not the box");
}

#[test]
fn other_fonts_change_nothing_where_they_are_not_needed() {
    let figure = titled("A title");
    let (plain, look) = (figure.png().expect("a picture"), Look::default());
    assert!(plain == look.png(&figure, &Fonts::carried().with(patched())).expect("a picture"));
    assert!(plain == look.png(&figure, &Fonts::of_system()).expect("a picture"), "whatever the machine has");
    assert!(figure.pdf().expect("a page") == look.pdf(&figure, &Fonts::of_system()).expect("a page"));
}

#[test]
fn what_is_no_font_adds_none() {
    let chinese = titled("中");
    let fonts = Fonts::carried().with(b"no font".to_vec());
    assert_eq!(fonts.lacking(&chinese), ['中']);
    assert!(chinese.png().expect("a picture") == Look::default().png(&chinese, &fonts).expect("a picture"));
}

#[test]
fn an_svg_is_the_same_whatever_fonts_there_are() {
    let chinese = titled("中 (China)");
    let before = chinese.svg().expect("a figure");
    drop(Fonts::of_system());
    assert_eq!(before, chinese.svg().expect("a figure"));
    assert!(before.contains("中 (China)"), "letters stay letters");
}
