//! Numbers that are as large as what they are compared with, or as each other, and numbers that are not known: worked out by hand.

mod toy;

use kndb_query::Settings;
use kndb_storage::{EntryData, Keep, LayerEvidence, RunSpec, Shape};
use toy::{SHAPE, Toy, id, scored};

fn settings() -> Settings {
    Settings { run: Some("r".into()), ..Settings::default() }
}

fn rows(toy: &Toy, text: &str) -> Vec<String> {
    let (_, rows) = toy.run(&settings(), text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rows.lines().skip(1).map(str::to_owned).collect()
}

/// Facts 0 to 3 with p 0.7, 0.1, not known, 0.3; fact 0 has scores 1.0, 0.9, 0.7, 0.3 in the units 0 to 3 of layer 5.
fn tenths() -> Toy {
    let toy = Toy::empty();
    let entry = |number: usize, p: Option<f32>| {
        let mut entry = scored(number, "en", 0, &[(5, 0, 1.0), (5, 1, 0.9), (5, 2, 0.7), (5, 3, 0.3)]);
        let EntryData::Scores(scores) = &mut entry.data else { panic!("scores") };
        let evidence = |p| LayerEvidence { probability: p, baseline: 0.0, residual: 0.0 };
        scores.evidence = p.map_or_else(Vec::new, |p| vec![evidence(p); SHAPE.layers as usize]);
        entry
    };
    let entries = [Some(0.7), Some(0.1), None, Some(0.3)].into_iter().enumerate().map(|(n, p)| entry(n, p)).collect();
    toy.write(RunSpec { keep: Keep::All, tau: 0.0, ..RunSpec::new("r", "bert", SHAPE) }, entries);
    toy
}

#[test]
fn a_bound_in_decimals_is_met_by_a_score_of_these_decimals() {
    let toy = tenths();
    let count = |text: &str| rows(&toy, text).len();
    let of = format!("fact=\"{}\"", id(0));
    assert_eq!(count(&format!("kn[{of}, score>=0.7]")), 3);
    assert_eq!(count(&format!("kn[{of}, score>0.7]")), 2);
    assert_eq!(count(&format!("kn[{of}, score>=0.9]")), 2);
    // Of no stored number, and of none that could be stored.
    assert_eq!(count(&format!("kn[{of}, score>=1e-60]")), 4);
    assert_eq!(count(&format!("kn[{of}, score>=1e300]")), 0);
    let having = |condition: &str| count(&format!("kn[{of}] by fact, neuron having {condition}"));
    assert_eq!([having("score = 0.7"), having("score >= 0.3"), having("score < 0.3")], [1, 4, 0]);
}

#[test]
fn a_mean_of_one_p_is_compared_as_that_p() {
    let toy = tenths();
    let facts = |condition: &str| rows(&toy, &format!("entries by fact having {condition}")).len();
    assert_eq!([facts("p >= 0.7"), facts("p <= 0.1"), facts("p = 0.3"), facts("p > 0.3")], [1, 1, 1, 1]);
    assert_eq!(rows(&toy, "(entries by fact having p >= 0.7)").len(), rows(&toy, "facts of entries[p>=0.7]").len());
}

#[test]
fn what_is_not_known_comes_last_in_either_direction() {
    let toy = tenths();
    let order = |text: &str| -> Vec<usize> {
        let fact = |row: &String| (0..4).find(|&n| row.starts_with(&id(n))).expect("a fact");
        rows(&toy, text).iter().map(fact).collect()
    };
    for of in ["entries", "entries by fact"] {
        assert_eq!(order(&format!("{of} order by p asc")), [1, 3, 0, 2], "{of}");
        assert_eq!(order(&format!("{of} order by p desc")), [0, 3, 1, 2], "{of}");
        assert_eq!(order(&format!("{of} order by p asc top 2")), [1, 3], "{of}");
    }
    let toy = Toy::new();
    let subjects = |direction: &str| {
        let text = format!("kn[run=\"bert, en\", lang=en] by subject order by subject {direction}");
        let (_, rows) = toy.run(&Settings::default(), &text).expect("rows");
        rows.lines().last().expect("a row").split(" | ").next().map(str::to_owned)
    };
    assert_eq!([subjects("asc"), subjects("desc")], [Some("NULL".to_owned()), Some("NULL".to_owned())]);
}

/// A model of 2 layers of 4 neurons, of which six share the largest score.
fn tied(keep: Keep) -> Toy {
    let toy = Toy::empty();
    let shape = Shape { layers: 2, width: 4 };
    let mut entry = scored(0, "en", 0, &[]);
    let EntryData::Scores(scores) = &mut entry.data else { panic!("scores") };
    scores.values = kndb_storage::ScoreValues::Dense(vec![1.0, 1.0, 0.5, 1.0, 1.0, 1.0, 1.0, 0.25]);
    toy.write(RunSpec { keep, tau: 0.2, ..RunSpec::new("r", "tiny", shape) }, vec![entry]);
    toy
}

#[test]
fn a_rank_that_parts_equals_says_so() {
    let toy = tied(Keep::All);
    let notes = |text: &str| toy.notes(&settings(), text);
    for text in ["kn[rank<=4]", "kn[rank<=1] by layer", "facts of kn[rank<=5]", "(kn[rank<=2] by neuron) by layer"] {
        let told = notes(text);
        assert!(told.len() == 1 && told[0].contains("equal scores"), "{text}: {told:?}");
        assert_eq!(notes(text), told, "{text}: again");
    }
    for text in ["kn[rank<=6]", "kn[rank<=7]", "kn[rank<=8]", "kn"] {
        assert_eq!(notes(text), Vec::<String>::new(), "{text}");
    }
    // Of equals, those of lower layers first.
    assert_eq!(rows(&toy, "kn[rank<=4] by layer").iter().map(|row| &row[..5]).collect::<Vec<_>>(), ["0 | 3", "1 | 1"]);
}

#[test]
fn what_a_cut_leaves_of_equals_is_refused_as_a_set_of_a_threshold() {
    let toy = tied(Keep::Top(4));
    let error = toy.run(&settings(), "kn by layer").expect_err("six share the largest score");
    let hint = error.hint.clone().unwrap_or_default();
    assert!(error.to_string().contains("share the largest score"), "{error}");
    assert!(hint.contains("rank<=N"), "{hint}");
    // What was kept is known.
    assert_eq!(rows(&toy, "kn[rank<=4]").len(), 4);
    assert!(toy.notes(&settings(), "kn[rank<=4]")[0].contains("equal scores"), "the others may be as large");
}

#[test]
fn a_group_that_a_set_has_not_all_neurons_of_is_told_of() {
    let toy = Toy::new();
    let groups = Settings { run: Some("bert, en".into()), ..Settings::default() };
    // 7:0, 9:852 of three facts; 3:1, 7:1, 9:852 of one.
    let (_, rows) = toy.run(&groups, "dkn[layer in 7..9] by group").expect("rows");
    assert_eq!(rows.lines().count(), 2, "{rows}");
    let told = toy.notes(&groups, "dkn[layer in 7..9] by group");
    assert!(told.iter().any(|note| note.contains("one group of a fact is not in the rows")), "{told:?}");
    let told = toy.notes(&groups, "dkn[layer in 8..9] by group");
    assert!(told.iter().any(|note| note.contains("4 groups of facts are not in the rows")), "{told:?}");
    assert!(!toy.notes(&groups, "dkn by group").iter().any(|note| note.contains("not in the rows")));
}

/// Chinese lacks fact 14 and the last one; English has all.
#[test]
fn facts_of_the_left_of_a_difference_are_compared_whether_or_not_the_right_has_them() {
    let toy = Toy::new();
    let bert = Settings { run: Some("bert, en".into()), ..Settings::default() };
    for set in ["kn[lang=en] - kn[lang=zh]", "kn[lang=en] ^ kn[lang=zh]"] {
        let (_, rows) = toy.run(&bert, &format!("similarity({set}, kn[lang=en]) by fact")).expect("rows");
        let rows: Vec<Vec<&str>> = rows.lines().skip(1).map(|row| row.split(" | ").collect()).collect();
        assert!(rows.len() == 16 && rows.iter().all(|row| row[6] == "0"), "{set}: none is unpaired: {rows:?}");
        // What is taken away, or added, is nothing.
        assert!(rows[14..].iter().all(|row| row[1] == "1.0000"), "{set}: {rows:?}");
    }
}
