//! How the page is read: by eyes, by ears, on paper and on phones.

use super::*;

#[test]
fn the_page_begins_with_what_stands_out_in_words() {
    let page = written(&filled().store, &PageOptions::default());
    let text = plain(&page).replace('\u{1f}', "");
    let (overview, _) = text.split_once("Made by kndb").expect("how it was made");
    // By hand: in English 2 + 2 + 1 pairs, two more in Chinese, of which 0:1 of f1 is the same; layer 1 has five of the six.
    for told in [
        "The store holds 3 facts of 1 relation, with labels in 1 language (en), and 1 run.",
        "first: toy (2 layers × 3 neurons) by imported, 4 entries in en and zh. 83.3 % of the knowledge neurons (5 of 6 pairs) are in layer 1.",
        " 100.0 % of the language-independent neurons (1 of 1 pair) are in layer 0.",
        " 50.0 % of the degenerate neurons (1 of 2 pairs) are in layer",
    ] {
        assert!(overview.contains(told), "{told}: {overview}");
    }
}

#[test]
fn figures_come_before_tables_and_each_has_its_numbers_as_a_table() {
    let page = written(&filled().store, &PageOptions::default());
    let (_, run) = page.split_once("<h2>Run first: toy</h2>").expect("the run");
    let (run, _) = run.split_once("</section>").expect("its end");
    let last_figure = run.rfind("</figure>").expect("figures");
    let first_table = run.find("<details class=\"part\"").expect("tables");
    assert!(last_figure < first_table, "figures first");
    for figure in run.split("<figure>").skip(1) {
        let (figure, _) = figure.split_once("</figure>").expect("its end");
        let svg = figure.find("<svg").expect("a picture");
        let numbers = figure.find("<summary>Numbers</summary>").expect("its numbers");
        let query = figure.find("<code>").expect("its query");
        assert!(svg < numbers && numbers < query, "{figure}");
    }
    // The numbers of the first figure, cell by cell.
    let text = plain(run);
    let row = ["0", "0.2000 (1 pair)", "0.5000 (1 pair)"].join("\u{1f}\u{1f}");
    assert!(text.contains(&row), "{text}");
}

#[test]
fn tables_say_to_those_who_hear_them_what_they_are() {
    let page = written(&filled().store, &PageOptions::default());
    let tables: Vec<&str> =
        page.split("<table").skip(1).map(|part| part.split("</table>").next().expect("its end")).collect();
    assert!(tables.len() > 10, "{}", tables.len());
    for table in &tables {
        let caption = table.split_once("<caption class=\"heard\">").expect("a caption").1;
        assert!(!caption.starts_with("</caption>"), "{table}");
        let (_, body) = table.split_once("<tbody>").expect("rows");
        let rows = body.matches("<tr>").count();
        assert_eq!(body.matches("<tr><th scope=\"row\"").count(), rows, "each row begins with what it is: {table}");
        assert!(table.matches("<th scope=\"col\"").count() >= 1 || table.contains("class=\"pairs\""), "{table}");
        assert!(!table.contains("<th scope=\"col\"></th>"), "no header is empty: {table}");
    }
    let scrolls = page.matches("class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"").count();
    assert_eq!(scrolls, tables.len(), "whatever scrolls is reached by keys");
}

#[test]
fn long_tables_are_folded_and_short_ones_open() {
    let fixture = empty();
    let shape = Shape::new(2, 20).expect("a shape");
    let run = fixture.store.open_run(RunSpec::new("first", "toy", shape)).expect("a run");
    let data = EntryData::Neurons((0..13).map(Neuron).collect());
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    let page = written(&fixture.store, &PageOptions::default());
    assert!(
        page.contains("<details class=\"part\"><summary>Neurons that most facts use (13 rows)</summary>"),
        "{page}"
    );
    assert!(page.contains("<details class=\"part\" open><summary>Knowledge neurons by relation</summary>"), "{page}");
}

#[test]
fn a_phone_has_pictures_of_its_width_and_they_say_the_same() {
    let page = page(&filled().store, &PageOptions::default()).expect("a page");
    let of = |class: &str| {
        let begin = format!("<div class=\"picture {class}\"");
        let parts = page.split(&begin).skip(1);
        parts.map(|part| part.split_once("</svg>").expect("its end").0).collect::<Vec<_>>()
    };
    let (wide, narrow) = (of("wide"), of("narrow"));
    assert_eq!((wide.len(), narrow.len()), (6, 6));
    for (wide, narrow) in wide.iter().zip(narrow) {
        assert!(narrow.contains(" width=\"330\""), "{narrow}");
        let numbers = |svg: &str| svg.matches("<title>").count();
        assert_eq!(numbers(wide), numbers(narrow), "each bar and cell is in both");
    }
    assert!(
        page.contains("@media screen and (max-width: 40rem) { .wide { display: none; } .narrow { display: block; } }")
    );
}

#[test]
fn no_element_of_the_page_has_a_style_of_its_own() {
    let page = written(&filled().store, &PageOptions::default());
    assert_eq!((page.matches("<style>").count(), page.matches(" style=").count()), (1, 0));
    assert!(
        page.contains("@media screen and (prefers-color-scheme:dark){.kndb-figure .k-paper{fill:#17171a}"),
        "figures are dark where the page is"
    );
}
