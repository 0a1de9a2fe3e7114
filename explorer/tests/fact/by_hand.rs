//! The page of a fact whose numbers are known.

use crate::reading::{ask, is_sound, links, section, statement, statements, table_of, tables, text};
use crate::served::{Served, stores};
use kndb_storage::{Entry, EntryData, LayerEvidence, Origin, RunSpec, ScoreValues, Scores, Shape};

#[test]
fn the_neurons_of_each_language_are_drawn_and_told_with_their_scores() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.page("/fact/f-france");
    is_sound(&page);
    assert!(page.contains("<h1 dir=\"auto\"><bdi lang=\"en\">France</bdi>"), "{page}");
    let neurons = section(&page, "neurons-of");
    let table = table_of(neurons, "Neurons and their scores");
    // 0:1 in both languages, then by the higher score.
    let expected = [
        ["neuron", "en", "zh", "languages"],
        ["0:1", "0.9000", "0.8000", "2"],
        ["1:2", "0.6000", "–", "1"],
        ["1:3", "–", "0.4000", "1"],
    ];
    assert_eq!(table.rows, expected);
    assert_eq!(table.links[1], ["/neuron/ig/0:1"]);
    let captions: Vec<String> =
        neurons.split("<figcaption>").skip(1).filter_map(|rest| rest.split("</figcaption>").next()).map(text).collect();
    assert_eq!(
        captions,
        ["en: 2 neurons of 8, the highest score 0.9000 at 0:1", "zh: 2 neurons of 8, the highest score 0.8000 at 0:1"]
    );
    // A mark each, and those of both languages have another shape.
    assert_eq!(neurons.matches("<circle class=\"own\"").count(), 2);
    assert_eq!(neurons.matches("<path class=\"shared\"").count(), 2);
    assert!(neurons.contains("<a href=\"/neuron/ig/1:3?lang=zh\" tabindex=\"-1\"><title>1:3, score 0.4000</title>"));
    assert!(page.contains("2 neurons in en, 2 neurons in zh; 1 in both."), "{page}");
}

#[test]
fn a_threshold_chooses_among_them_and_stays_in_the_links() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    // 0.4 of 0.8 is not more than half, 0.6 of 0.9 is.
    let page = served.page("/fact/f-france?tau=0.5");
    is_sound(&page);
    let table = table_of(&page, "Neurons and their scores");
    assert_eq!(table.column("neuron"), ["0:1", "1:2"]);
    assert_eq!(table.links[1], ["/neuron/ig/0:1?tau=0.5"]);
    assert_eq!(
        statements(section(&page, "neurons-of"))[0],
        "kn[tau=0.5, fact=f-france] by fact, neuron, lang order by score"
    );
    // Below what is kept: told, and the rest of the page stands.
    let page = served.page("/fact/f-france?tau=0.001");
    is_sound(&page);
    assert!(page.contains("keeps scores ≥ 0.01·max") && page.contains("id=\"labels\""), "{page}");
    for wrong in ["1", "-0.1", "x", "NaN"] {
        let response = served.get(&format!("/fact/f-france?tau={wrong}"));
        assert_eq!(response.status, 400, "{wrong}");
        assert!(response.text().contains("0 ≤ tau &lt; 1"), "{wrong}: {}", response.text());
    }
}

#[test]
fn facts_with_the_same_neurons_come_with_what_chance_gives() {
    let made = stores::capitals();
    let served = Served::of(&[&made.path]);
    let page = served.page("/fact/f-france");
    let near = section(&page, "near");
    let table = table_of(near, "Facts that share");
    // In English Germany has 1:2 alone, which is one of two; Spain shares nothing.
    assert_eq!(table.column("fact"), ["Germany → Berlin"]);
    assert_eq!(table.body()[0][..5], ["Germany → Berlin", "P36 (capital)", "1", "2", "0.5000"]);
    assert_eq!(table.links[1], ["/fact/f-germany"]);
    let all = statements(near);
    assert_eq!(all.len(), 2, "{all:?}");
    let compared = &ask(&made.store, &all[1])[0];
    // Of four units a layer: one and one of layer 1 share 1/4 of a unit, of three in either.
    let expected: f64 = compared[1].parse().expect("a number");
    assert_eq!(table.body()[0][5], format!("{expected:.4}"));
    assert!((expected - 0.25 / 2.75).abs() < 1e-12, "{expected}");
    // One unit of four is hit by one in a quarter of all cases.
    assert_eq!(table.body()[0][6], "0.2500");
    // In Chinese France and Germany share nothing.
    let page = served.page("/fact/f-france?lang=zh");
    assert!(section(&page, "near").contains("no other fact of the run has a neuron of this one"), "{page}");
}

/// Evidence of one fact in two languages.
fn told() -> stores::Made {
    let made = stores::capitals();
    let spec = RunSpec::new("told", "toy-model", Shape::new(2, 4).expect("a shape"));
    let run = made.store.open_run(spec).expect("a run");
    for (language, p, answer, rank) in [("en", 0.75, "Paris", 1), ("zh", 0.125, " 马赛<b>", 4)] {
        let layer = |baseline, residual| LayerEvidence { probability: p, baseline, residual };
        let scores = Scores {
            values: ScoreValues::Dense(vec![0.5, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0]),
            evidence: vec![layer(0.5, 0.001), layer(0.25, -0.002)],
            origin: Some(Origin { question: None, answer: Some(answer.into()), rank: Some(rank), tokens: Some(1) }),
        };
        run.append(Entry {
            fact: "f-france".into(),
            language: language.into(),
            prompt: 0,
            data: EntryData::Scores(scores),
        })
        .expect("an entry");
    }
    run.finish().expect("finished");
    made
}

#[test]
fn what_the_model_answered_is_told_for_every_run_and_language() {
    let made = told();
    let served = Served::of(&[&made.path]);
    let page = served.page("/fact/f-france?run=told");
    is_sound(&page);
    let measured = section(&page, "answers");
    let table = table_of(measured, "What was measured");
    assert_eq!(
        table.rows[0],
        ["lang", "run", "p", "baseline", "answer", "correct", "rank", "tokens", "residual", "largest", "kept"]
    );
    let of_run = |name: &str| table.body().iter().filter(|row| row[1] == name).cloned().collect::<Vec<_>>();
    assert_eq!(
        of_run("told")[0],
        ["en", "told", "0.7500", "0.2500", "Paris", "yes", "1", "1", "0.0020", "0.5000", "2"]
    );
    assert_eq!(
        of_run("told")[1],
        ["zh", "told", "0.1250", "0.2500", "马赛<b>", "no", "4", "1", "0.0020", "0.5000", "2"]
    );
    assert_eq!(of_run("ig").len(), 2);
    assert!(text(measured).contains("Asked in en, the model answers “Paris”, and is right: p = 0.7500."), "{measured}");
    let chinese = served.page("/fact/f-france?run=told&lang=zh");
    assert!(
        text(section(&chinese, "answers")).contains(
            "Asked in zh, the model answers “马赛<b>”; the right object has p = 0.1250 and is rank 4 of its answers."
        ),
        "{chinese}"
    );
    // An import has none, and the page says so.
    let made = stores::capitals();
    let page = Served::of(&[&made.path]).page("/fact/f-france");
    assert!(section(&page, "answers").contains("Nothing was stored beside the scores"), "{page}");
}

#[test]
fn runs_lead_to_each_other_and_the_statements_name_the_one_that_is_shown() {
    let made = told();
    let served = Served::of(&[&made.path]);
    let page = served.page("/fact/f-france");
    assert!(page.contains("<a href=\"/fact/f-france?run=ig\" aria-current=\"true\"><bdi>ig</bdi></a>"), "{page}");
    assert!(page.contains("<a href=\"/fact/f-france?run=told\"><bdi>told</bdi></a>"), "{page}");
    let page = served.page("/fact/f-france?run=told");
    let asked = statements(section(&page, "neurons-of"));
    assert_eq!(asked[0], "kn[run=told, fact=f-france] by fact, neuron, lang order by score");
    assert_eq!(table_of(&page, "Neurons and their scores").column("neuron"), ["0:0", "1:1"]);
    let page = served.get("/fact/f-france?run=tolt");
    assert_eq!(page.status, 404);
    assert!(page.text().contains("did you mean &quot;told&quot;?"), "{}", page.text());
}

#[test]
fn every_table_of_statements_is_what_the_statement_answers() {
    let toy = crate::toy::Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let id = crate::toy::id(0);
    for address in
        [format!("/fact/{id}"), format!("/fact/{id}?lang=zh&tau=0.35"), format!("/fact/{id}?lang=fr&lang=en")]
    {
        let page = served.page(&address);
        is_sound(&page);
        // The pairs of the picture's statement are the cells of the table.
        let asked = statements(section(&page, "neurons-of"));
        let mut pairs: Vec<(String, String)> = ask(&toy.store, asked.last().expect("a statement"))
            .into_iter()
            .map(|row| (format!("{}:{}", row[1], row[2]), row[3].clone()))
            .collect();
        pairs.sort();
        pairs.dedup();
        let table = table_of(&page, "Neurons and their scores");
        let languages = table.rows[0].len() - 2;
        let mut cells: Vec<(String, String)> = Vec::new();
        for row in table.body() {
            let of = (1..=languages).filter(|at| row[*at] != "–");
            cells.extend(of.map(|at| (row[0].clone(), table.rows[0][at].clone())));
        }
        cells.sort();
        assert_eq!(cells, pairs, "{address}");
        // How alike languages are.
        let similar = section(&page, "shared");
        let table = table_of(similar, "How alike two languages are");
        let rows = ask(&toy.store, statements(similar).last().expect("a statement"));
        assert_eq!(table.body().len(), rows.len());
        for (shown, row) in table.body().iter().zip(rows) {
            let number: f64 = row[2].parse().expect("a number");
            assert_eq!(shown[..3], [row[0].clone(), row[1].clone(), format!("{number:.4}")]);
        }
    }
}

#[test]
fn every_statement_of_a_page_can_be_asked() {
    let toy = crate::toy::Toy::new();
    let served = Served::of(&[toy.store.path()]);
    for address in ["/fact/fact-1", "/fact/fact-2?run=bert-zh", "/fact/fact-1?run=search", "/fact/fact-15?tau=0.5"] {
        let page = served.page(address);
        is_sound(&page);
        assert!(!page.contains("class=\"problem\""), "{address}: {page}");
        let all = statements(&page);
        assert!(all.len() >= 2, "{address}: {all:?}");
        all.iter().for_each(|statement| {
            ask(&toy.store, statement);
        });
    }
}

#[test]
fn groups_are_told_with_their_probabilities_and_lead_to_their_neurons() {
    let toy = crate::toy::Toy::new();
    let served = Served::of(&[toy.store.path()]);
    let page = served.page(&format!("/fact/{}", crate::toy::id(0)));
    let groups = section(&page, "groups");
    let found = tables(groups);
    assert_eq!(found.len(), 2, "its own run, and the search");
    assert!(
        found[0].caption.starts_with("Groups of run bert, en") && found[1].caption.starts_with("Groups of run search")
    );
    // Losing 7:0 or 9:852 keeps p above 0.8·0.8, both together end below 0.75 of it; with 11:500 alone it falls to 0.6.
    let row = &found[1].body()[0];
    assert_eq!(found[1].body().len(), 1, "{found:?}");
    assert_eq!(row[..2], ["7:0, 9:852", "en"]);
    assert_eq!(row[row.len() - 3..], ["0.8000", "0.7000", "0.5000"]);
    assert_eq!(found[1].links[1], ["/neuron/search/7:0", "/neuron/search/9:852"]);
    assert!(found[1].links[1].iter().all(|link| statement(link).is_none()));
    assert!(links(groups).iter().any(|link| link == "/neuron/bert%2C%20en/9:852"), "{groups}");
}

#[test]
fn the_table_of_neurons_is_sorted_and_paged_by_links() {
    let made = stores::wide(3);
    let served = Served::of(&[&made.path]);
    let page = served.page("/fact/fact-000000");
    is_sound(&page);
    let table = table_of(&page, "Neurons and their scores");
    // Scores fall from 0:0 on, every second neuron of 200.
    assert_eq!(table.body().len(), 25);
    assert_eq!(table.column("neuron")[..3], ["0:0", "0:2", "0:4"]);
    let second = served.page("/fact/fact-000000?neurons.page=2");
    assert_eq!(table_of(&second, "Neurons and their scores").column("neuron")[0], "0:50");
    let up = served.page("/fact/fact-000000?neurons.sort=en");
    assert_eq!(table_of(&up, "Neurons and their scores").column("neuron")[..2], ["1:98", "1:96"]);
    let down = served.page("/fact/fact-000000?neurons.sort=-neuron");
    assert_eq!(table_of(&down, "Neurons and their scores").column("neuron")[0], "1:98");
    for wrong in ["neurons.page=0", "neurons.page=5", "neurons.page=x", "neurons.sort=fr"] {
        assert_eq!(served.get(&format!("/fact/fact-000000?{wrong}")).status, 400, "{wrong}");
    }
}
