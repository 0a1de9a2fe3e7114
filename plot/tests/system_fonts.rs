//! Letters that only fonts of this machine have: ignored, with the reason, where it has none.

mod fixture;

use std::process::ExitCode;

use fixture::bars;
use kndb_plot::{Figure, Fonts, Look};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use lopdf::Document;

fn figure() -> Figure {
    let mut some = bars(&[&[0.25, 0.75]]);
    some.categories = vec!["日本".into(), "中国".into()];
    some.series[0].name = "한국어".into();
    Figure::Bars(some)
}

fn a_png_shows_chinese_japanese_and_korean_letters() -> Result<(), Failed> {
    let (figure, fonts, look) = (figure(), Fonts::of_system(), Look::default());
    let (with, without) = (look.png(&figure, &fonts)?, figure.png()?);
    if with == without {
        return Err("the picture is the one with boxes".into());
    }
    if with != look.png(&figure, &Fonts::of_system())? {
        return Err("another picture the second time".into());
    }
    Ok(())
}

fn a_pdf_has_them_as_text_and_embeds_a_part_of_their_font() -> Result<(), Failed> {
    let pdf = Look::default().pdf(&figure(), &Fonts::of_system())?;
    let document = Document::load_mem(&pdf)?;
    let text = document.extract_text(&[1])?;
    let letters: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    for name in ["日本", "中国", "한국어"] {
        if !letters.contains(name) {
            return Err(format!("{name} is not in {letters:?}").into());
        }
    }
    if pdf.len() > 300_000 {
        return Err(format!("{} bytes: more than a part of the fonts", pdf.len()).into());
    }
    Ok(())
}

type Test = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let lacking: String = Fonts::of_system().lacking(&figure()).into_iter().collect();
    let tests: [(&str, Test); 2] = [
        ("a_png_shows_chinese_japanese_and_korean_letters", a_png_shows_chinese_japanese_and_korean_letters),
        (
            "a_pdf_has_them_as_text_and_embeds_a_part_of_their_font",
            a_pdf_has_them_as_text_and_embeds_a_part_of_their_font,
        ),
    ];
    let trial = |(name, test): (&str, Test)| {
        let lacking = lacking.clone();
        Trial::ignorable_test(name, move || {
            if !lacking.is_empty() {
                return Ok(Completion::ignored_with(format!("no font of this machine has {lacking}")));
            }
            test().map(|()| Completion::Completed)
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit_code()
}
