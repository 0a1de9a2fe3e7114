//! `kndb plot`: what can be asked of a picture's looks, and what is refused.

mod environment;

use environment::Environment;

/// The size of the picture in an SVG file.
fn size(svg: &str) -> (String, String) {
    let of = |name: &str| {
        let (_, rest) = svg.split_once(&format!(" {name}=\"")).expect("a size");
        rest.split('"').next().expect("its end").to_owned()
    };
    (of("width"), of("height"))
}

#[test]
fn a_picture_is_as_large_as_it_is_asked_to_be() {
    let environment = Environment::with_demo();
    environment.ok(&["plot", "demo", "kn", "-o", "a.svg", "--width", "5in", "--height", "320"]);
    assert_eq!(size(&environment.read("a.svg")), ("480".into(), "320".into()));
    environment.ok(&["plot", "demo", "kn", "-o", "a.png", "--width", "480", "--height", "320px"]);
    let png = std::fs::read(environment.path("a.png")).expect("the picture is there");
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    assert_eq!((side(16), side(20)), (960, 640), "two pixels for one");
    for (arguments, code, told) in [
        (&["--width", "1cm"][..], 2, "expected 120 to 6000 pixels, which are 3.2 to 159 cm"),
        (&["--width", "8.5em", "-o", "a.svg"], 2, "found the unit \"em\""),
        (&["--height", "121", "-o", "a.svg"], 1, "cannot be 121 pixels high with all that is in it: expected"),
        (&["--labels", "all", "--width", "200", "-o", "a.svg"], 1, "cannot be 200 pixels wide"),
    ] {
        let ran = environment.run(&[&["plot", "demo", "kn"], arguments].concat());
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        assert!(ran.messages.contains(told), "{arguments:?}: {ran:?}");
    }
    let ran = environment.run(&["plot", "demo", "kn", "--height", "121", "-o", "a.svg"]);
    assert!(ran.messages.contains("hint: letters keep their size"), "{ran:?}");
}

#[test]
fn numbers_stand_on_all_bars_or_on_none() {
    let environment = Environment::with_demo();
    let numbers = |labels: &str| {
        environment.ok(&["plot", "demo", "kn by relation, lang", "--labels", labels, "-o", "a.svg"]);
        environment.read("a.svg").matches("font-size=\"9.5\"").count()
    };
    assert_eq!((numbers("all"), numbers("none")), (10, 0), "five relations in two languages");
}

#[test]
fn colours_of_a_heat_map_grow_as_they_are_asked_to() {
    let environment = Environment::with_demo();
    let drawn = |scale: &str| {
        environment.ok(&["plot", "demo", "heatmap", "--scale", scale, "-o", "a.svg"]);
        environment.read("a.svg")
    };
    let (log, linear) = (drawn("log"), drawn("linear"));
    assert!(log.contains("on a logarithmic scale of colours") && !linear.contains("logarithmic"));
    assert_eq!(drawn("auto"), log, "from one fact to dozens");
    assert!(environment.ok(&["plot", "demo", "heatmap"]).out.contains("facts (logarithmic): blank 0"), "text, too");
}

#[test]
fn a_pdf_is_written_where_the_name_says_so() {
    let environment = Environment::with_demo();
    let ran = environment.ok(&["plot", "demo", "overlap", "-o", "a.pdf"]);
    assert!(ran.messages.ends_with("wrote a.pdf\n"), "{ran:?}");
    let pdf = std::fs::read(environment.path("a.pdf")).expect("the page is there");
    assert!(pdf.starts_with(b"%PDF-1.") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    environment.ok(&["plot", "demo", "overlap", "-o", "b.pdf"]);
    assert!(pdf == std::fs::read(environment.path("b.pdf")).expect("the page is there"), "the same, byte by byte");
}

/// Whether this machine has a font with Chinese letters or not: both are said.
#[test]
fn letters_that_the_carried_font_lacks_are_told_of() {
    let environment = Environment::with_demo();
    let titled = |file: &str| environment.ok(&["plot", "demo", "kn", "--title", "中国", "-o", file]);
    for file in ["a.png", "a.pdf"] {
        let ran = titled(file);
        let from = "note: letters that DejaVu Sans lacks are drawn in a font of this machine: ";
        let without = "note: no font of this machine has 中国: boxes stand for them; an SVG shows all letters\n";
        assert!(ran.messages.contains(from) != ran.messages.contains(without), "one of them: {ran:?}");
    }
    assert!(!titled("a.svg").messages.contains("note: no font") && environment.read("a.svg").contains("中国"));
    let plain = environment.ok(&["plot", "demo", "kn", "--title", "France", "-o", "a.png"]);
    assert!(!plain.messages.contains("font"), "{plain:?}");
}

#[test]
fn what_means_nothing_to_a_figure_is_refused() {
    let environment = Environment::with_demo();
    for (arguments, told) in [
        (&["kn", "--scale", "log"][..], "--scale means nothing to kn"),
        (&["kn by layer", "--scale", "log"], "--scale means nothing to a statement"),
        (&["heatmap", "--labels", "all"], "--labels all means nothing to heatmap"),
        (&["kn", "--relative", "--labels", "all"], "--labels all means nothing to kn"),
        (&["heatmap", "--relative"], "--relative means nothing to heatmap"),
        (&["kn by layer", "--relative"], "--relative means nothing to a statement"),
        (&["kn", "--labels", "zh"], "[possible values: auto, all, none]"),
        (&["kn", "--relative=sometimes"], "[possible values: auto, always, never]"),
    ] {
        let ran = environment.run(&[&["plot", "demo"], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.messages.contains(told), "{arguments:?}: {ran:?}");
    }
    let relative = environment.ok(&["plot", "demo", "kn", "--relative"]);
    assert!(relative.out.contains("| share of knowledge neurons × layers\n"), "{relative:?}");
}
