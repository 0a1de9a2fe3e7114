//! What chance gives beside similarities and frequencies: by hand, by drawing sets at random, and on data in which there is nothing to find.

mod toy;

use kndb_query::Settings;
use kndb_storage::{Entry, EntryData, FactBatch, FactRow, Neuron, OnConflict, RunSpec, Shape, Store};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeSet;
use toy::Toy;
use toy::answer::Answer;

/// An answer with the settings of a new session.
fn asked(store: &Store, text: &str) -> Answer {
    Answer::of(store, &Settings::default(), text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    // Nine digits are told.
    assert!((found - expected).abs() <= 1e-8 * expected.abs(), "{found} for {expected}");
}

/// Neurons of a fact in English and in Chinese.
type Sets = [BTreeSet<u32>; 2];

/// A store of one run; the relation of each fact stands before its sets.
fn store(shape: Shape, facts: &[(String, Sets)]) -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::create(folder.path().join("store")).expect("a new store");
    let id = |number: usize| format!("fact-{number}");
    let rows = facts.iter().enumerate().map(|(number, (relation, _))| FactRow {
        id: id(number),
        relation: relation.clone(),
        language: "en".into(),
        subject: format!("subject {number}"),
        object: "object".into(),
        subject_uri: None,
        object_uri: None,
    });
    store.add_facts(FactBatch { facts: rows.collect(), ..FactBatch::default() }).expect("facts");
    let run = store.open_run(RunSpec::new("run", "toy", shape)).expect("a new run");
    let entries = facts.iter().enumerate().flat_map(|(number, (_, sets))| {
        ["en", "zh"].into_iter().zip(sets).map(move |(language, set)| Entry {
            fact: id(number),
            language: language.into(),
            prompt: 0,
            data: EntryData::Neurons(set.iter().copied().map(Neuron).collect()),
        })
    });
    run.append_batch(&entries.collect::<Vec<_>>(), OnConflict::Refuse).expect("entries");
    run.finish().expect("the end of the run");
    (store, folder)
}

fn set(neurons: &[u32]) -> BTreeSet<u32> {
    neurons.iter().copied().collect()
}

const SIMILARITY: &str = "similarity(kn[lang=en], kn[lang=zh])";

/// Two layers of 10. Fact 0: 2 of 3 and 4 in layer 0, none of 0 and 1 in layer 1. Fact 1: 1 of 2 and 2 in layer 1.
#[test]
fn what_chance_gives_two_facts_is_worked_out_by_hand() {
    let facts = [
        ("P36".to_owned(), [set(&[0, 1, 2]), set(&[0, 1, 5, 6, 11])]),
        ("P36".to_owned(), [set(&[10, 11]), set(&[11, 12])]),
    ];
    let (store, _folder) = store(Shape { layers: 2, width: 10 }, &facts);
    let answer = asked(&store, SIMILARITY);
    assert_eq!(answer.columns, ["similarity", "expected", "p", "others", "facts", "unpaired"]);
    assert_near(answer.only("similarity"), (2.0 / 6.0 + 1.0 / 3.0) / 2.0);
    // 3·4/10 = 1.2 of 8 in both; 2·2/10 = 0.4 of 4.
    assert_near(answer.only("expected"), (1.2 / 6.8 + 0.4 / 3.6) / 2.0);
    // 3 and 4 of 10 share 0, 1, 2, 3 in 35, 105, 63, 7 of 210 draws; 2 and 2 of 10 share 0, 1, 2 in 28, 16, 1 of 45.
    let at_least_three = 7.0 * 45.0 + 63.0 * 17.0 + 105.0;
    assert_near(answer.only("p"), at_least_three / (210.0 * 45.0));
    // {0, 1, 2} and {11, 12}; {10, 11} and {0, 1, 5, 6, 11}.
    assert_near(answer.only("others"), (0.0 + 1.0 / 6.0) / 2.0);
    assert!(answer.notes.is_empty(), "{:?}", answer.notes);

    let answer = asked(&store, &format!("{SIMILARITY} by layer"));
    assert_eq!(answer.column("layer"), [0.0, 1.0]);
    let expected = [(2.0 / 5.0, 1.2 / 5.8, 70.0 / 210.0, 0.0), (1.0 / 6.0, 0.2 / 3.6, 17.0 / 45.0, 0.5)];
    for (row, (similarity, by_chance, p, _)) in expected.into_iter().enumerate() {
        assert_near(answer.column("similarity")[row], similarity);
        assert_near(answer.column("expected")[row], by_chance);
        assert_near(answer.column("p")[row], p);
    }
    // In layer 0: {0, 1, 2} and nothing. In layer 1: nothing and {11, 12}; {10, 11} and {11}.
    assert_near(answer.column("others")[0], 0.0);
    assert_near(answer.column("others")[1], (0.0 + 0.5) / 2.0);
}

#[test]
fn two_sets_of_neurons_have_one_index() {
    let facts = [
        ("P36".to_owned(), [set(&[0, 1, 2]), set(&[0, 1, 5, 6, 11])]),
        ("P37".to_owned(), [set(&[10, 11]), set(&[11, 12])]),
    ];
    let (store, _folder) = store(Shape { layers: 2, width: 10 }, &facts);
    // {0, 1, 2, 10, 11} and {0, 1, 5, 6, 11, 12}.
    let answer = asked(&store, "similarity(neurons of kn[lang=en], neurons of kn[lang=zh])");
    assert_eq!(answer.columns, ["similarity", "expected", "p", "neurons"]);
    assert_near(answer.only("similarity"), 3.0 / 8.0);
    assert_near(answer.only("expected"), 1.6 / 9.4);
    assert_eq!(answer.only("neurons"), 8.0);
    assert_near(answer.only("p"), (7.0 * 45.0 + 63.0 * 17.0 + 105.0) / (210.0 * 45.0));
    // P36 has {0, 1, 2, 5, 6, 11}, P37 {10, 11, 12}.
    let answer = asked(&store, "similarity(kn) between relation");
    assert_eq!(answer.columns, ["relation", "other_relation", "similarity", "expected", "p", "neurons"]);
    assert_eq!(answer.texts()[0][..2], ["P36", "P37"]);
    assert_near(answer.only("similarity"), 1.0 / 8.0);
    assert_near(answer.only("expected"), 0.3 / 8.7);
    assert_near(answer.only("p"), 0.3);
}

/// Sets of so many of a layer's neurons, all equally likely, in each layer.
fn drawn(sizes: &[usize], width: u32, stream: &mut ChaCha8Rng) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    for (layer, &size) in (0..).zip(sizes) {
        let mut neurons: Vec<u32> = (layer * width..(layer + 1) * width).collect();
        for at in 0..size {
            neurons.swap(at, stream.random_range(at..width as usize));
        }
        all.extend(&neurons[..size]);
    }
    all
}

fn sizes(set: &BTreeSet<u32>, shape: Shape) -> Vec<usize> {
    let of = |layer: u32| set.iter().filter(|&&neuron| neuron / shape.width == layer).count();
    (0..shape.layers).map(of).collect()
}

fn shared([a, b]: &Sets) -> usize {
    a.intersection(b).count()
}

/// The sets are drawn again 20,000 times: three standard errors are 0.011 at most.
#[test]
fn the_levels_of_chance_are_those_of_sets_that_are_drawn_again() {
    let shape = Shape { layers: 3, width: 12 };
    let facts: Vec<(String, Sets)> = (0..6)
        .map(|fact: u32| {
            let english = (0..36).filter(|n| (n * 7 + fact * 3) % 5 < 2 || n % 11 == fact).collect();
            let chinese = (0..36).filter(|n| (n * 5 + fact * 4 + 1) % 7 < 3 || n % 13 == fact).collect();
            ("P36".to_owned(), [english, chinese])
        })
        .collect();
    let (store, _folder) = store(shape, &facts);
    let answer = asked(&store, SIMILARITY);
    let mut stream = ChaCha8Rng::seed_from_u64(3);
    let observed: usize = facts.iter().map(|(_, sets)| shared(sets)).sum();
    let (mut indices, mut as_many) = (0.0, 0);
    const DRAWS: u32 = 20_000;
    for _ in 0..DRAWS {
        let again = facts.iter().map(|(_, sets)| sets.clone().map(|set| drawn(&sizes(&set, shape), 12, &mut stream)));
        let again: Vec<Sets> = again.collect();
        let index = |sets: &Sets| shared(sets) as f64 / sets[0].union(&sets[1]).count() as f64;
        indices += again.iter().map(index).sum::<f64>() / facts.len() as f64;
        as_many += u32::from(again.iter().map(shared).sum::<usize>() >= observed);
    }
    let found = (f64::from(as_many) / f64::from(DRAWS), indices / f64::from(DRAWS));
    assert!((0.02..0.98).contains(&found.0), "not decided beforehand: {found:?}");
    assert!((answer.only("p") - found.0).abs() < 0.011, "{} for {found:?}", answer.only("p"));
    // The plug-in value is not the mean of the indices; it is near.
    assert!((answer.only("expected") - found.1).abs() < 0.01, "{} for {found:?}", answer.only("expected"));
}

/// The probability of each overlap of two sets of these sizes in each layer, all layers together.
fn by_overlap(sizes: &[[usize; 2]], width: usize) -> Vec<f64> {
    let mut sum = vec![1.0];
    for &[size, drawn] in sizes {
        let mut one = vec![0.0; size.min(drawn) + 1];
        one[0] = 1.0;
        for before in 0..drawn {
            for x in (0..one.len()).rev() {
                let hit = |x: usize| (size - x) as f64 / (width - before) as f64;
                one[x] = one[x] * (1.0 - hit(x)) + if x > 0 { one[x - 1] * hit(x - 1) } else { 0.0 };
            }
        }
        let mut next = vec![0.0; sum.len() + one.len() - 1];
        for (at, p) in sum.iter().enumerate() {
            one.iter().enumerate().for_each(|(x, q)| next[at + x] += p * q);
        }
        sum = next;
    }
    sum
}

/// Facts whose sets have nothing to do with each other: their p is below 0.05 in at most 5 of 100, and with ties broken at random in 5.
fn significant_facts(count: usize) {
    let shape = Shape { layers: 3, width: 40 };
    let kinds = [[[5, 9], [12, 3], [1, 1]], [[8, 8], [20, 4], [0, 11]]];
    let mut stream = ChaCha8Rng::seed_from_u64(5);
    let facts: Vec<(String, Sets)> = (0..count)
        .map(|fact| {
            let sides = [0, 1].map(|side| kinds[fact % 2].map(|sizes| sizes[side]));
            // Relations of a few facts: nothing is to be known of others here.
            (format!("P{}", fact / 2), sides.map(|sizes| drawn(&sizes, 40, &mut stream)))
        })
        .collect();
    let (store, _folder) = store(shape, &facts);
    let p = asked(&store, &format!("{SIMILARITY} by fact")).column("p");
    assert_eq!(p.len(), count);
    let alone = kinds.map(|kind| by_overlap(&kind, 40));
    let mut fine = 0;
    for (fact, &p) in p.iter().enumerate() {
        let of = &alone[fact % 2];
        let observed = shared(&facts[fact].1);
        let above: f64 = of[observed + 1..].iter().sum();
        assert_near(p, above + of[observed]);
        fine += u32::from(above + stream.random::<f64>() * of[observed] < 0.05);
    }
    let share = |below: f64| below / count as f64;
    let coarse = share(p.iter().filter(|&&p| p < 0.05).count() as f64);
    assert!(coarse <= 0.055, "{coarse}");
    assert!((share(f64::from(fine)) - 0.05).abs() < 0.005, "{}", share(f64::from(fine)));
}

#[test]
fn an_overlap_of_nothing_is_significant_in_five_of_a_hundred_facts() {
    significant_facts(10_000);
}

/// `cargo test -p kndb-query --test chance -- --ignored`
#[test]
#[ignore = "a minute or two: cargo test -p kndb-query --test chance -- --ignored"]
fn an_overlap_of_nothing_is_significant_in_five_of_a_hundred_of_many_facts() {
    significant_facts(200_000);
}

/// Three facts of a layer of 4: sets of 1, 1 and 2. At least one, two and three facts have a neuron in 23, 8 and 1 of 32 draws.
#[test]
fn how_likely_a_frequency_is_is_worked_out_by_hand() {
    let of = |neurons: &[u32]| ("P36".to_owned(), [set(neurons), set(&[])]);
    let (store, _folder) = store(Shape { layers: 2, width: 4 }, &[of(&[0]), of(&[0]), of(&[0, 1])]);
    let answer = asked(&store, "kn[lang=en] by neuron against chance");
    assert_eq!(answer.columns, ["layer", "neuron", "pairs", "facts", "neurons", "share", "p_chance", "fdr"]);
    assert_eq!(answer.column("facts"), [3.0, 1.0]);
    for (row, (p, fdr)) in [(1.0 / 32.0, 8.0 / 32.0), (23.0 / 32.0, 1.0)].into_iter().enumerate() {
        assert_near(answer.column("p_chance")[row], p);
        // Of all eight neurons of the model.
        assert_near(answer.column("fdr")[row], fdr);
    }
    let least = asked(&store, "kn[lang=en] by neuron against chance order by fdr top 1");
    assert_eq!(least.column("facts"), [3.0]);
    assert!(asked(&store, "kn[lang=zh] by neuron against chance").rows.is_empty());
}

/// The p of neurons, by relation, in sets that are drawn at random; what no fact has is 1.
#[test]
fn a_frequency_of_nothing_is_significant_in_five_of_a_hundred_neurons() {
    let shape = Shape { layers: 25, width: 40 };
    let mut stream = ChaCha8Rng::seed_from_u64(21);
    let sizes_of = |fact: usize| vec![[1, 2, 5, 9, 16][fact % 5]; 25];
    let facts: Vec<(String, Sets)> =
        (0..600).map(|fact| (format!("P{}", fact / 30), [drawn(&sizes_of(fact), 40, &mut stream), set(&[])])).collect();
    let (store, _folder) = store(shape, &facts);
    // Of each number of facts from 0 to 30, by adding one fact after the other.
    let mut alone = vec![1.0];
    for fact in 0..30 {
        let has = sizes_of(fact)[0] as f64 / 40.0;
        alone.push(0.0);
        for at in (0..alone.len()).rev() {
            alone[at] = alone[at] * (1.0 - has) + if at > 0 { alone[at - 1] * has } else { 0.0 };
        }
    }
    let above = |facts: usize| alone[facts + 1..].iter().sum::<f64>();
    let (mut coarse, mut fine, mut discovered) = (0, 0, 0);
    for relation in 0..20 {
        let answer = asked(&store, &format!("kn[lang=en, relation=P{relation}] by neuron against chance"));
        for (facts, p) in answer.column("facts").into_iter().zip(answer.column("p_chance")) {
            let facts = facts as usize;
            assert_near(p, above(facts) + alone[facts]);
            coarse += u32::from(p < 0.05);
            fine += u32::from(above(facts) + stream.random::<f64>() * alone[facts] < 0.05);
        }
        discovered += answer.column("fdr").iter().filter(|&&fdr| fdr < 0.05).count();
    }
    let share = |count: u32| f64::from(count) / (20.0 * 1_000.0);
    assert!(share(coarse) <= 0.055 && (share(fine) - 0.05).abs() < 0.005, "{}, {}", share(coarse), share(fine));
    assert!(discovered <= 3, "{discovered} of 20,000 neurons were called findings");
}

/// In a large relation each fact meets a sample; here any sample gives the same, for all facts but one are alike.
#[test]
fn a_sample_of_the_others_is_told_of_and_near_the_whole() {
    let mut stream = ChaCha8Rng::seed_from_u64(8);
    let of = |stream: &mut ChaCha8Rng| drawn(&[6], 20, stream);
    let facts: Vec<(String, Sets)> = (0..400).map(|_| ("P36".to_owned(), [of(&mut stream), of(&mut stream)])).collect();
    let (store, _folder) = store(Shape { layers: 1, width: 20 }, &facts);
    let answer = asked(&store, SIMILARITY);
    let told = "`others` is a sample: in a relation of more than 64 facts each was compared with 16 others (seed 1)";
    assert_eq!(answer.notes, [told]);
    let mut all = 0.0;
    for (at, (_, [left, _])) in facts.iter().enumerate() {
        for (_, [_, right]) in facts.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, fact)| fact) {
            all += left.intersection(right).count() as f64 / left.union(right).count() as f64;
        }
    }
    let all = all / (400.0 * 399.0);
    // Of 6,400 indices with a deviation of 0.1.
    assert!((answer.only("others") - all).abs() < 0.004, "{} for {all}", answer.only("others"));
    assert_eq!(answer.rows, asked(&store, SIMILARITY).rows, "the same sample each time");
}

/// What a language is compared with does not change what comes out.
#[test]
fn between_gives_the_rows_of_each_two_parts() {
    let toy = Toy::new();
    let languages = ["de", "en", "fr", "zh", "zh-classical"];
    let run = "run=\"bert, en\"";
    for by in ["", " by relation", " by layer", " by fact, layer"] {
        let between = asked(&toy.store, &format!("similarity(kn[{run}]) between lang{by}"));
        let mut rows = Vec::new();
        for (at, a) in languages.iter().enumerate() {
            for b in &languages[at + 1..] {
                let text = format!("similarity(kn[{run}, lang={a}], kn[{run}, lang={b}]){by}");
                rows.extend(asked(&toy.store, &text).numbers().into_iter().map(|row| ((*a, *b), row)));
            }
        }
        let found = between.texts().into_iter().zip(between.numbers());
        let found: Vec<_> =
            found.map(|(texts, row)| ((texts[0].clone(), texts[1].clone()), row[2..].to_vec())).collect();
        // NaN is not itself.
        assert_eq!(format!("{found:?}"), format!("{rows:?}"), "{by}");
    }
}

#[test]
fn both_that_are_compared_are_columns_to_order_and_choose_by() {
    let toy = Toy::new();
    let of = |text: &str| asked(&toy.store, &text.replace("KN", "kn[run=\"bert, en\", lang in (de, en, fr)]"));
    let texts = |text: &str| of(text).texts().into_iter().map(|row| row[..2].join(" ")).collect::<Vec<_>>();
    assert_eq!(texts("similarity(KN) between lang order by other_lang desc, lang desc"), ["en fr", "de fr", "de en"]);
    assert_eq!(texts("similarity(KN) between lang order by other_lang top 1"), ["de en"]);
    assert_eq!(texts("similarity(KN) between relation order by Other_Relation"), ["P36 P37"]);
    let prompts = |condition: &str| of(&format!("similarity(KN) between prompt having {condition}")).rows.len();
    assert_eq!((prompts("other_prompt = 1"), prompts("other_prompt < 1"), prompts("prompt = 0")), (1, 0, 1));
}

#[test]
fn there_is_no_other_where_there_is_one() {
    let toy = Toy::new();
    let run = "run=\"bert, en\"";
    for (text, note) in [
        (
            format!("similarity(kn[{run}, lang=en]) between lang"),
            "there is one language in this set, and so none to compare it with",
        ),
        (
            format!("similarity(kn[{run}, lang=de]) between relation"),
            "there is one relation in this set, and so none to compare it with",
        ),
    ] {
        let answer = asked(&toy.store, &text);
        assert!(answer.rows.is_empty());
        assert_eq!(answer.notes, [note], "{text}");
    }
    let answer = asked(&toy.store, &format!("similarity(kn[{run}, lang=en]) between relation"));
    assert_eq!(answer.notes, ["one fact has no relation, and is left out"]);
}

/// Numbers alone say no model; what they are compared with does, on either side.
#[test]
fn neurons_by_number_are_of_the_model_they_are_compared_with() {
    let toy = Toy::new();
    let data = EntryData::Neurons(vec![Neuron(7)]);
    let entry = Entry { fact: toy::id(0), language: "en".into(), prompt: 0, data };
    toy.write(RunSpec::new("gpt", "gpt", Shape { layers: 2, width: 5 }), vec![entry]);
    for text in
        ["similarity(neurons(1:0..4), neurons of kn[run=gpt])", "similarity(neurons of kn[run=gpt], neurons(1:0..4))"]
    {
        assert_near(asked(&toy.store, text).only("similarity"), 0.2);
    }
}

#[test]
fn sets_that_are_cut_within_a_layer_are_told_of() {
    let toy = Toy::new();
    let side = |language: &str, filter: &str| format!("kn[run=\"bert, en\", lang={language}]{filter}");
    let notes = |filter: &str| {
        let text = format!("similarity({}, {})", side("en", filter), side("de", ""));
        asked(&toy.store, &text).notes
    };
    let cut = "the sets are cut to some neurons of a layer, and chance draws from all of them: what it expects is too little here";
    assert_eq!(notes(" & neurons(9:0..900)"), [cut]);
    assert_eq!(notes(" & neurons of kn[run=\"bert, en\", lang=de]"), [cut]);
    assert!(notes(" & neurons(9:*)").is_empty() && notes("").is_empty());
}
