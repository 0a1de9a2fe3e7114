//! `sign`: negative scores and scores of either sign, worked out by hand.
//!
//! A model of 2 layers of 4 neurons; the neurons are numbered 0 to 7 here, 4 is the first of layer 1.
//!
//! | fact | scores |
//! |---|---|
//! | `both` | 0.5, −1.0, 0.4, −0.3, −0.29, 0.1, −0.05, 0 |
//! | `up` | 1.0, −0.02, 0.6, 0, 0, 0, 0, 0 |
//! | `none` | 0.2, 0.1, 0, 0, 0, 0, 0, 0 |

mod toy;

use kndb_query::{QueryError, Settings, Value, execute, parse};
use kndb_storage::{Entry, EntryData, Keep, Neuron, RunSpec, ScoreValues, Scores, Shape, Store};
use toy::answer::Answer;

const FACTS: [(&str, [f32; 8]); 3] = [
    ("both", [0.5, -1.0, 0.4, -0.3, -0.29, 0.1, -0.05, 0.0]),
    ("up", [1.0, -0.02, 0.6, 0.0, 0.0, 0.0, 0.0, 0.0]),
    ("none", [0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
];

struct Signs {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Signs {
    /// The facts above in a run that keeps what a rule says, at τ 0.3.
    fn keeping(keep: Keep) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let spec = RunSpec { keep, tau: 0.3, ..RunSpec::new("toy", "toy", Shape { layers: 2, width: 4 }) };
        let run = store.open_run(spec).expect("a run");
        for (fact, scores) in FACTS {
            let scores = Scores { values: ScoreValues::Dense(scores.to_vec()), evidence: Vec::new(), origin: None };
            let data = EntryData::Scores(scores);
            run.append(Entry { fact: fact.into(), language: "en".into(), prompt: 0, data }).expect("an entry");
        }
        run.finish().expect("the end");
        Self { store, _folder: folder }
    }

    fn ask(&self, text: &str) -> Result<Answer, QueryError> {
        Answer::of(&self.store, &Settings::default(), text)
    }

    /// Fact, layer, neuron and score of each pair.
    fn rows(&self, text: &str) -> Vec<String> {
        let answer = self.ask(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let shown = |row: &Vec<Value<'_>>| -> Vec<String> {
            let texts = row.iter().filter_map(|value| match value {
                Value::Text(text) | Value::Spelled(text) => Some(text.to_string()),
                Value::Integer(number) => Some(number.to_string()),
                Value::Score(score) => Some(score.to_string()),
                Value::Ratio(_) | Value::Null => None,
            });
            texts.collect()
        };
        answer.rows.iter().map(|row| shown(row).join(" ")).collect()
    }

    fn refused(&self, text: &str) -> String {
        match self.ask(text) {
            Ok(answer) => panic!("{text}: {:?}", answer.rows),
            Err(error) => format!("{error}; {}", error.hint.as_deref().unwrap_or_default()),
        }
    }
}

#[test]
fn a_negative_threshold_is_a_share_of_the_most_negative_score_strictly_exceeded() {
    let signs = Signs::keeping(Keep::All);
    // −0.3 is 0.3 of −1.0 and no more: as with positive scores, equal is not enough. f32(−0.3) lies a little beyond it.
    assert_eq!(signs.rows("kn[sign=negative, tau=0.3, fact=both]"), ["both 0 1 -1", "both 0 3 -0.3"]);
    assert_eq!(signs.rows("kn[sign=negative, tau=0.5, fact=both]"), ["both 0 1 -1"]);
    let all = ["both 0 1 -1", "both 0 3 -0.3", "both 1 0 -0.29", "both 1 2 -0.05", "up 0 1 -0.02"];
    assert_eq!(signs.rows("kn[sign=negative, tau=0]"), all);
}

#[test]
fn thresholds_of_any_sign_are_shares_of_the_largest_absolute_score() {
    let signs = Signs::keeping(Keep::All);
    let strong = ["both 0 0 0.5", "both 0 1 -1", "both 0 2 0.4", "both 0 3 -0.3", "up 0 0 1", "up 0 2 0.6"];
    let of_two = signs.rows("kn[sign=any, fact in (both, up)]");
    assert_eq!(of_two, strong);
    // Of `none`, whose scores are positive, it is what positive scores give.
    assert_eq!(signs.rows("kn[sign=any, fact=none]"), signs.rows("kn[fact=none]"));
}

#[test]
fn ranks_go_by_strength() {
    let signs = Signs::keeping(Keep::All);
    assert_eq!(signs.rows("kn[sign=any, rank<=2, tau=0, fact=both] order by score"), ["both 0 1 -1", "both 0 0 0.5"]);
    assert_eq!(signs.rows("kn[sign=negative, rank<=2, tau=0] top 2"), ["both 0 1 -1", "both 0 3 -0.3"]);
    let weakest = signs.rows("kn[sign=any, tau=0, fact=both] order by score asc top 2");
    assert_eq!(weakest, ["both 1 2 -0.05", "both 1 1 0.1"]);
}

#[test]
fn positive_is_what_holds_without_the_condition() {
    let signs = Signs::keeping(Keep::Share(0.01));
    assert_eq!(signs.rows("kn[sign=positive]"), signs.rows("kn"));
    assert_eq!(signs.rows("kn[sign=POSITIVE, score>=0.5]"), ["both 0 0 0.5", "up 0 0 1", "up 0 2 0.6"]);
}

#[test]
fn a_bound_lies_on_the_side_of_its_sign() {
    let signs = Signs::keeping(Keep::All);
    assert_eq!(signs.rows("kn[sign=negative, tau=0, score<=-0.3]"), ["both 0 1 -1", "both 0 3 -0.3"]);
    assert_eq!(signs.rows("kn[sign=negative, tau=0, score<-1] by layer"), Vec::<String>::new());
    for (text, hint) in [
        ("kn[sign=negative, score>=0.1]", "write `sign=negative, score<=-0.1`"),
        ("kn[score<=-0.1]", "write `sign=negative, score<=-0.1`"),
        ("kn[score<=0.1]", "`kn - kn[score>=0.1]`"),
        ("likn[sign=any, score>=0.1]", "`likn[score>=0.1] | likn[sign=negative, score<=-0.1]`"),
    ] {
        let told = signs.refused(text);
        assert!(told.contains(hint), "{text}: {told}");
    }
}

#[test]
fn a_run_without_the_sign_says_which_keep_would_have_it() {
    let shared = Signs::keeping(Keep::Share(0.05)).refused("kn[sign=negative]");
    assert!(shared.contains("keeps scores ≥ 0.05·max, and no negative ones"), "{shared}");
    assert!(shared.contains("`--keep signed:share:0.05`, or `--keep all`"), "{shared}");
    let best = Signs::keeping(Keep::Top(3)).refused("kn[sign=any] by layer");
    assert!(best.contains("the 3 best scores") && best.contains("--keep all"), "{best}");
    // All eight are the eight best.
    assert_eq!(Signs::keeping(Keep::Top(8)).rows("kn[sign=negative, tau=0.5, fact=both]"), ["both 0 1 -1"]);
}

#[test]
fn what_is_refused_first_does_not_hang_on_what_was_written_first() {
    let refused = [[0, 1], [1, 0]].map(|order| {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let spec = RunSpec { keep: Keep::Share(0.1), ..RunSpec::new("toy", "toy", Shape { layers: 2, width: 4 }) };
        let run = store.open_run(spec).expect("a run");
        for kind in order {
            let data = match kind {
                0 => EntryData::Scores(Scores {
                    values: ScoreValues::Dense(FACTS[0].1.to_vec()),
                    evidence: Vec::new(),
                    origin: None,
                }),
                _ => EntryData::Neurons(vec![Neuron(6)]),
            };
            let fact = FACTS[kind].0.into();
            run.append(Entry { fact, language: "en".into(), prompt: 0, data }).expect("an entry");
            // Each in a segment of its own.
            run.seal().expect("sealed");
        }
        run.finish().expect("the end");
        Signs { store, _folder: folder }.refused("kn[sign=negative] top 9")
    });
    assert!(refused[0].contains("has neuron sets without scores for \"en\""), "{refused:?}");
    assert_eq!(refused[0], refused[1]);
}

#[test]
fn floors_are_respected() {
    // Kept of `both`: negative ones down from −0.2; of `up`, whose largest is 1.0, none.
    let signs = Signs::keeping(Keep::Signed(0.2));
    let all = Signs::keeping(Keep::All);
    let both = "kn[sign=negative, tau=0.2, fact=both]";
    assert_eq!(signs.rows(both), all.rows(both));
    let below = signs.refused("kn[sign=negative, tau=0.1, fact=both]");
    assert!(below.contains("0.200 of the most negative one; tau=0.1 is below that floor"), "{below}");
    assert!(below.contains("tau=0.201 or more"), "{below}");
    let unknown = signs.refused("kn[sign=negative, fact=up]");
    assert!(unknown.contains("it has none, and its most negative one is not known"), "{unknown}");
    assert!(unknown.contains("score<=-0.2") && unknown.contains("sign=any"), "{unknown}");
    assert_eq!(signs.rows("kn[sign=negative, score<=-0.25] by fact").len(), 1);
    // Ranks among what was kept are known.
    assert_eq!(signs.rows("kn[sign=negative, rank<=3, tau=0, fact=both]").len(), 3);
    signs.refused("kn[sign=negative, rank<=4, tau=0, fact=both]");
    let either = "kn[sign=any, tau=0.2] by fact";
    assert_eq!(signs.rows(either), all.rows(either));
    signs.refused("kn[sign=any, tau=0.19] by fact");
}

#[test]
fn scores_from_a_floor_on_tell_nothing_of_negative_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::create(folder.path().join("store")).expect("a store");
    let spec = RunSpec { keep: Keep::All, ..RunSpec::new("toy", "toy", Shape { layers: 2, width: 4 }) };
    let run = store.open_run(spec).expect("a run");
    let neurons = [1, 6].map(Neuron).to_vec();
    let values = ScoreValues::Sparse { neurons, scores: vec![0.9, 0.4], floor: 0.1 };
    let data = EntryData::Scores(Scores { values, evidence: Vec::new(), origin: None });
    run.append(Entry { fact: "f".into(), language: "en".into(), prompt: 0, data }).expect("an entry");
    run.finish().expect("the end");
    let told = Signs { store, _folder: folder }.refused("kn[sign=any] by layer");
    assert!(told.contains("from 0.1 on only: of the negative ones not all are known"), "{told}");
}

#[test]
fn facts_without_negative_scores_are_noted() {
    let signs = Signs::keeping(Keep::All);
    let notes = |text: &str| signs.ask(text).unwrap_or_else(|error| panic!("{text}: {error}")).notes;
    assert_eq!(notes("kn[sign=negative, fact=none]"), ["fact \"none\" has no negative score"]);
    let some = notes("kn[sign=negative, fact in (none, both)] by layer");
    assert_eq!(some, ["fact \"none\" has no negative score"]);
    assert_eq!(notes("kn[sign=negative] by layer"), Vec::<String>::new());
    assert_eq!(notes("kn[sign=any, fact=none]"), Vec::<String>::new());
}

#[test]
fn a_set_of_a_sign_is_a_set_like_any_other() {
    let signs = Signs::keeping(Keep::All);
    assert_eq!(signs.rows("facts of kn[sign=negative] - facts of kn[sign=negative, score<=-0.5]"), ["up"]);
    assert_eq!(signs.rows("kn[sign=negative, tau=0] & kn[sign=any] by fact").len(), 1);
    assert_eq!(signs.rows("kn[sign=any] - kn by layer"), ["0 2 1 2"]);
    assert_eq!(signs.rows("kn[sign=negative, prompts>=100%] by fact").len(), 2);
    assert_eq!(signs.rows("likn[sign=negative] by fact").len(), 2);
    let explained = execute(
        &signs.store,
        &Settings::default(),
        &parse("explain kn[sign=negative]").expect("a statement"),
        &mut Answer::default(),
    );
    let text = format!("{explained:?}");
    assert!(text.contains("lowest scores from tau=0.3 of the most negative one on"), "{text}");
}

#[test]
fn counted_rows_are_ordered_by_the_size_of_their_score_too() {
    let signs = Signs::keeping(Keep::All);
    let by_score = |order: &str| {
        let rows = signs.rows(&format!("kn[sign=any, fact=both] by fact, neuron order by score{order}"));
        rows.iter().filter_map(|row| row.rsplit(' ').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(by_score(""), ["-1", "0.5", "0.4", "-0.3"]);
    assert_eq!(by_score(" asc"), ["-0.3", "0.4", "0.5", "-1"]);
}
