//! Random stores, as plans small enough to read: what follows from a plan is in [`super::build`].

use kndb_storage::{Keep, ScoreType, Shape};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

#[derive(Clone, Debug)]
pub struct Scenario {
    pub shape: Shape,
    pub languages: Vec<&'static str>,
    pub prompts: Vec<u16>,
    pub runs: Vec<RunPlan>,
    pub facts: Vec<FactPlan>,
    /// Which fact each is: stores beside each other have some in common.
    pub ids: Vec<usize>,
    pub stages: Vec<Stage>,
    pub seed: u64,
}

#[derive(Clone, Debug)]
pub struct RunPlan {
    pub name: &'static str,
    pub model: &'static str,
    /// Whether its entries are sets without scores: none, some, or all of them.
    pub sets: Sets,
    pub groups: bool,
    /// How its groups were searched for, if they were.
    pub search: Option<SearchPlan>,
    /// Whether it has scores or sets at all.
    pub scores: bool,
    /// Whether some entries list their best scores only.
    pub sparse: bool,
    pub keep: Keep,
    pub score_type: ScoreType,
    pub tau: f64,
    pub zh_tau: Option<f64>,
    /// And whether it must be exceeded.
    pub prompt_share: (f64, bool),
    /// How many of 100 entries there are.
    pub coverage: u64,
    /// Of how many of 100 p was measured, and of how many the model's answer.
    pub measured: (u64, u64),
}

/// A search for degenerate groups, and what its run says of it.
#[derive(Clone, Debug)]
pub struct SearchPlan {
    /// t_low and t_high.
    pub own: Option<(f64, f64)>,
    /// keep_low and keep_high.
    pub kept: Option<(f64, f64)>,
    /// The largest size.
    pub searched: usize,
    pub says_size: bool,
    /// Whether all that was measured is handed in, or only what the groups need.
    pub everything: bool,
    /// Whether some entries lack something.
    pub damaged: bool,
    /// The run that is said to have measured its facts.
    pub source: Option<&'static str>,
    /// A parameter with another text.
    pub wrong: Option<(&'static str, Option<&'static str>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sets {
    None,
    Some,
    All,
}

#[derive(Clone, Debug)]
pub struct FactPlan {
    pub relation: &'static str,
    pub subject: usize,
    pub object: usize,
    pub uris: (bool, bool),
    /// The languages it has labels in, by their number.
    pub labels: Vec<usize>,
    /// Whether labels are added before its entries, or after them.
    pub early: bool,
}

/// A step of writing, for every run.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    pub how: How,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The first few entries one by one.
    One,
    Batch,
    /// As a segment of its own.
    Job,
    /// Some entries that are there already get others in their place.
    Replace,
    ReplaceByJob,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    Seal,
    Compact,
    Reopen,
}

pub const LANGUAGES: [&str; 4] = ["zh", "en", "de", "fr"];
const TAUS: [f64; 11] = [0.0, 0.05, 0.1, 0.2, 0.25, 0.3, 0.37, 0.5, 0.7, 0.75, 0.9];

/// Thresholds: those of the index and of the scores, and any other.
pub fn tau() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![10 => select(TAUS.to_vec()), 1 => 0.0..1.0]
}

/// Thresholds of groups: those that the probabilities meet exactly, and others.
pub fn low() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![8 => select(vec![0.0, 0.125, 0.2, 0.25, 0.25, 0.5, 1.0]), 1 => 0.0..1.0]
}

pub fn high() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![8 => select(vec![0.0, 0.1, 0.25, 0.25, 0.3, 0.5, 0.75]), 1 => 0.0..1.0]
}

pub fn search() -> impl Strategy<Value = SearchPlan> {
    let kept = (select(vec![0.2, 0.25, 0.5, 0.5, 1.0]), select(vec![0.0, 0.0, 0.1, 0.25]));
    let own = (select(vec![0.1, 0.2, 0.25]), select(vec![0.25, 0.3, 0.5]));
    let wrong = select(vec![
        ("t_low", None),
        ("keep_high", None),
        ("t_low", Some("low")),
        ("keep_low", Some("-0.5")),
        ("size", Some("1")),
        ("size", Some("two")),
    ]);
    let source = option::weighted(0.6, select(vec!["bert", "bert", "bert", "bert 2"]));
    let faults = (proptest::bool::weighted(0.3), option::weighted(0.03, wrong), source);
    let parts = (option::weighted(0.9, own), option::weighted(0.9, kept), 2..=4_usize, any::<(bool, bool)>(), faults);
    parts.prop_map(|(own, kept, searched, (says_size, everything), (damaged, wrong, source))| SearchPlan {
        own,
        kept,
        searched,
        says_size,
        everything,
        damaged,
        source,
        wrong,
    })
}

fn run(name: &'static str, model: &'static str) -> impl Strategy<Value = RunPlan> {
    let keep = prop_oneof![
        5 => Just(Keep::All),
        3 => select(vec![0.01, 0.01, 0.1, 0.25, 0.3, 1.0]).prop_map(Keep::Share),
        1 => (0.001..1.0).prop_map(Keep::Share),
        1 => select(vec![1, 2, 3, 8]).prop_map(Keep::Top),
        3 => select(vec![0.01, 0.1, 0.25, 1.0]).prop_map(Keep::Signed),
    ];
    let score_type = prop_oneof![6 => Just(ScoreType::F32), 1 => Just(ScoreType::F16), 1 => Just(ScoreType::Bf16)];
    let sets = prop_oneof![8 => Just(Sets::None), 1 => Just(Sets::Some)];
    let taus = (tau(), option::weighted(0.3, tau()));
    let share = select(vec![(0.0, false), (0.0, false), (0.5, false), (0.5, true), (0.7, false), (1.0, false)]);
    let coverage = (select(vec![100, 90, 60]), select(vec![0, 80, 100, 100]), select(vec![0, 80, 100, 100]));
    let groups = (proptest::bool::weighted(0.6), option::weighted(0.4, search()));
    let sparse = proptest::bool::weighted(0.3);
    (sets, (groups, sparse), keep, score_type, taus, share, coverage).prop_map(
        move |(
            sets,
            ((groups, search), sparse),
            keep,
            score_type,
            (tau, zh_tau),
            prompt_share,
            (coverage, p, answers),
        )| RunPlan {
            name,
            model,
            sets,
            groups,
            search: search.filter(|_| groups),
            scores: true,
            sparse,
            keep,
            score_type,
            tau,
            zh_tau,
            prompt_share,
            coverage,
            measured: (p, answers),
        },
    )
}

fn runs() -> impl Strategy<Value = Vec<RunPlan>> {
    let imported = run("imported", "bert").prop_map(|run| RunPlan { sets: Sets::All, ..run });
    let more = (option::weighted(0.3, run("bert 2", "bert")), option::weighted(0.2, imported));
    let searched = (run("dkn", "bert"), search());
    let searched =
        searched.prop_map(|(run, search)| RunPlan { groups: true, search: Some(search), scores: false, ..run });
    let searched = option::weighted(0.5, searched);
    let all = (run("bert", "bert"), more, searched, option::weighted(0.2, run("gpt", "gpt")));
    all.prop_map(|(first, (second, third), fourth, other)| {
        [Some(first), second, third, fourth, other].into_iter().flatten().collect()
    })
}

pub fn fact() -> impl Strategy<Value = FactPlan> {
    let labels = subsequence((0..LANGUAGES.len()).collect::<Vec<_>>(), 0..4);
    (select(vec!["P36", "P37", "P19"]), 0..4_usize, 0..4_usize, any::<(bool, bool)>(), labels, any::<bool>()).prop_map(
        |(relation, subject, object, uris, labels, early)| FactPlan { relation, subject, object, uris, labels, early },
    )
}

fn stage() -> impl Strategy<Value = Stage> {
    let how = select(vec![How::One, How::Batch, How::Batch, How::Job, How::Replace, How::ReplaceByJob]);
    let then = select(vec![Then::Nothing, Then::Nothing, Then::Seal, Then::Compact, Then::Reopen]);
    (how, then).prop_map(|(how, then)| Stage { how, then })
}

/// A store of a model of one of these shapes.
pub fn scenario(
    shape: impl Strategy<Value = Shape>,
    facts: std::ops::RangeInclusive<usize>,
    most_languages: usize,
    most_prompts: usize,
) -> impl Strategy<Value = Scenario> {
    let languages = subsequence(LANGUAGES.to_vec(), 1..=most_languages).prop_shuffle();
    let prompts = subsequence(vec![0, 1, 5], 1..=most_prompts);
    let parts = (shape, languages, prompts, runs(), vec(fact(), facts), vec(stage(), 1..5), any::<u64>());
    parts.prop_map(|(shape, languages, prompts, runs, facts, stages, seed)| Scenario {
        shape,
        languages,
        prompts,
        runs,
        ids: (0..facts.len()).collect(),
        facts,
        stages,
        seed,
    })
}

pub fn small_shape() -> impl Strategy<Value = Shape> {
    let shape = |(layers, width)| Shape::new(layers, width).expect("a small shape");
    prop_oneof![12 => (2..=4_u32, 3..=70_u32), 1 => Just((3_u32, 1_100_u32))].prop_map(shape)
}
