//! Labels of all scripts, ids that have to be encoded, and texts that would be more than text.

use crate::reading::{is_sound, links, section, statements, table_of, text};
use crate::served::{Served, encoded, stores};
use kndb_storage::{FactBatch, RunSpec, Shape, TemplateRow};

/// A fact in three scripts, with the questions that are asked.
fn scripts() -> stores::Made {
    let made = stores::empty("scripts");
    let labels = [("en", "Egypt", "Cairo"), ("zh", "埃及", "开罗"), ("ar", "مصر", "القاهرة")];
    let facts = labels.map(|(language, subject, object)| stores::fact("Q79", "P36", language, subject, object));
    let templates = [("en", "The capital of [X] is [Y]."), ("zh", "[X]的首都是[Y]。")];
    let templates = templates.map(|(language, text)| TemplateRow {
        relation: "P36".into(),
        language: language.into(),
        text: text.into(),
    });
    let batch = FactBatch { facts: facts.to_vec(), templates: templates.to_vec(), ..FactBatch::default() };
    made.store.add_facts(batch).expect("facts");
    let run = made.store.open_run(RunSpec::new("r", "toy", Shape::new(1, 4).expect("a shape"))).expect("a run");
    for (language, scores) in [("en", [1.0, 0.5, 0.0, 0.0]), ("zh", [1.0, 0.0, 0.5, 0.0]), ("ar", [1.0, 0.0, 0.0, 0.5])]
    {
        run.append(stores::scored("Q79", language, scores.to_vec())).expect("an entry");
    }
    run.finish().expect("finished");
    made
}

#[test]
fn labels_say_their_language_the_chosen_one_first() {
    let made = scripts();
    let served = Served::of(&[&made.path]);
    let page = served.page("/fact/Q79");
    is_sound(&page);
    let table = table_of(section(&page, "labels"), "Labels of subject and object");
    let expected = [
        ["lang", "subject", "object", "question"],
        ["en", "Egypt", "Cairo", "The capital of Egypt is [Y]."],
        ["ar", "مصر", "القاهرة", ""],
        ["zh", "埃及", "开罗", "埃及的首都是[Y]。"],
    ];
    assert_eq!(table.rows, expected);
    assert!(page.contains("<bdi lang=\"ar\">مصر</bdi>") && page.contains("<bdi lang=\"zh\">埃及</bdi>"), "{page}");
    let page = served.page("/fact/Q79?lang=ar");
    assert!(page.contains("<h1 dir=\"auto\"><bdi lang=\"ar\">مصر</bdi><span class=\"arrow\"> → </span><bdi lang=\"ar\">القاهرة</bdi></h1>"), "{page}");
    assert!(page.contains("<title>مصر → القاهرة · kndb</title>"), "{page}");
    assert_eq!(table_of(&page, "Labels of subject and object").column("lang"), ["ar", "en", "zh"]);
    let shared = table_of(&page, "Each of the neurons");
    assert_eq!(shared.column("neurons"), ["1", "1", "1", "0", "0", "0", "1"]);
}

#[test]
fn ids_and_names_that_have_to_be_encoded_lead_to_their_pages() {
    for id in ["a/b", "a?b#c", "100% \"é\" & <i>", "北京 '1'", "x] by layer -- ", "..x"] {
        let made = stores::empty("encoded");
        let run =
            made.store.open_run(RunSpec::new("r/1, é", "toy", Shape::new(1, 4).expect("a shape"))).expect("a run");
        run.append(stores::scored(id, "en", vec![1.0, 0.5, 0.0, 0.0])).expect("an entry");
        run.append(stores::scored("other", "en", vec![1.0, 0.0, 0.0, 0.0])).expect("an entry");
        run.finish().expect("finished");
        let served = Served::of(&[&made.path]);
        // From a page that links to it, by the link.
        let page = served.page("/fact/other");
        is_sound(&page);
        let link = table_of(&page, "Facts that share").links[1][0].clone();
        assert_eq!(link, format!("/fact/{}", percent(id)), "{id}");
        let page = served.page(&link);
        is_sound(&page);
        let told = table_of(&page, "Neurons and their scores");
        assert_eq!(told.column("neuron"), ["0:0", "0:1"], "{id}");
        assert_eq!(told.links[1], ["/neuron/r%2F1%2C%20%C3%A9/0:0"], "{id}");
        for statement in statements(&page) {
            crate::reading::ask(&made.store, &statement);
        }
        assert!(text(&page).contains(id), "{id}: {page}");
        // Encoded to the last byte it is the same.
        assert_eq!(served.page(&format!("/fact/{}", encoded(id))).matches("0:1").count(), page.matches("0:1").count());
    }
}

/// As browsers need it: letters, digits and few signs stand as they are.
fn percent(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~:".contains(&byte);
    id.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[test]
fn hostile_labels_are_text_wherever_they_stand() {
    let label = "<script>alert(1)</script>\"' onload=\"x\u{202E}";
    let made = stores::empty("hostile");
    let facts = ["<b>id</b>", "<img src=x>"].map(|id| stores::fact(id, "<i>r</i>", "en", label, "</td></table>&amp;"));
    let template =
        TemplateRow { relation: "<i>r</i>".into(), language: "en".into(), text: "[X]<svg onload=x>[Y]".into() };
    made.store
        .add_facts(FactBatch { facts: facts.to_vec(), templates: vec![template], ..FactBatch::default() })
        .expect("facts");
    let run =
        made.store.open_run(RunSpec::new("<u>\"run\"", "<s>model", Shape::new(1, 4).expect("a shape"))).expect("a run");
    for id in ["<b>id</b>", "<img src=x>"] {
        run.append(stores::scored(id, "en", vec![1.0, 0.5, 0.0, 0.0])).expect("an entry");
        run.append(stores::scored(id, "x\"><b>", vec![1.0, 0.0, 0.5, 0.0])).expect("an entry");
    }
    run.finish().expect("finished");
    let served = Served::of(&[&made.path]);
    for address in
        ["/fact/%3Cb%3Eid%3C%2Fb%3E".to_owned(), format!("/fact/%3Cb%3Eid%3C%2Fb%3E?lang={}", encoded("x\"><b>"))]
    {
        let page = served.page(&address);
        is_sound(&page);
        for tag in ["<i>r", "<b>id", "<img", "<u>", "<svg onload", "\u{202E}", "<script>alert"] {
            assert!(!page.contains(tag), "{tag}: {page}");
        }
        assert!(
            page.contains("&lt;script&gt;alert(1)") && page.contains("&lt;/td&gt;&lt;/table&gt;&amp;amp;"),
            "{page}"
        );
        assert_eq!(table_of(&page, "Facts that share").body().len(), 1);
        assert!(links(&page).iter().any(|link| link.starts_with("/neuron/%3Cu%3E%22run%22/0:0")), "{page}");
    }
}

#[test]
fn many_languages_are_folded_and_none_is_lost() {
    let made = stores::empty("many");
    let name = |at: usize| format!("l{at:02}");
    let facts = (0..30).map(|at| stores::fact("f", "P1", &name(at), &format!("S{at}"), "O"));
    made.store.add_facts(FactBatch { facts: facts.collect(), ..FactBatch::default() }).expect("facts");
    let run = made.store.open_run(RunSpec::new("r", "toy", Shape::new(1, 40).expect("a shape"))).expect("a run");
    for at in 0..30 {
        let mut scores = vec![0.0; 40];
        (scores[0], scores[at + 1]) = (1.0, 0.5);
        run.append(stores::scored("f", &name(at), scores)).expect("an entry");
    }
    run.finish().expect("finished");
    let page = Served::of(&[&made.path]).page("/fact/f?lang=l29");
    is_sound(&page);
    let labels = section(&page, "labels");
    assert!(labels.contains("<summary>22 more languages</summary>"), "{labels}");
    for at in 0..30 {
        assert!(labels.contains(&format!(">S{at}</bdi>")), "{at}");
    }
    // Six are drawn, and each has a column; what is shared is counted over all.
    assert_eq!(page.matches("<figure class=\"neurons\">").count(), 6);
    assert_eq!(table_of(&page, "Neurons and their scores").rows[1][7], "30");
    assert!(page.contains("Drawn are 6 of the 30 languages"), "{page}");
    let shared = table_of(&page, "Each of the neurons");
    assert_eq!(shared.body().len(), 16);
    assert_eq!(shared.column("In")[0], "all 30");
    assert!(page.contains("15 more combinations of languages have 15 neurons together."), "{page}");
}
