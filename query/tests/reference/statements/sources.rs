//! Random sources: `kn`, `likn`, `dkn` and `facts` with conditions that most stores can answer.

use super::super::counts::counted;
use super::super::said::ANSWERS;
use super::super::scenario::{LANGUAGES, high, low, tau};
use super::{NOWHERE, Names, placed};
use kndb_query::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn text(text: impl Into<String>) -> Text {
    Text { text: text.into(), span: NOWHERE }
}

/// A relation by its name instead of its id, in some spelling of it.
pub(super) fn called(relation: &str) -> &'static str {
    match relation {
        "P36" => "Capital",
        "P37" => "official_language",
        _ => "place of birth",
    }
}

fn one_or_more<T: Into<String> + Clone + std::fmt::Debug + 'static>(
    known: Vec<T>,
    stray: &'static str,
) -> BoxedStrategy<Vec<Text>> {
    let stray = Just(vec![text(stray)]);
    if known.is_empty() {
        return stray.boxed();
    }
    let known = select(known).prop_map(text);
    prop_oneof![40 => known.clone().prop_map(|one| vec![one]), 20 => vec(known, 1..4), 1 => stray].boxed()
}

fn choice(texts: BoxedStrategy<Vec<Text>>, all: u32) -> impl Strategy<Value = Test> {
    prop_oneof![8 => texts.prop_map(Test::Names), all => Just(Test::Every)]
}

fn labels(what: &'static str) -> impl Strategy<Value = Test> {
    let label = prop_oneof![Just("Paris".to_owned()), (1..5_u8).prop_map(move |n| format!("{what} {n}"))];
    let part = select(vec!["", "a", "ô", "Par", " 1", "x"]);
    prop_oneof![vec(label.prop_map(text), 1..4).prop_map(Test::Names), part.prop_map(|part| Test::Contains(text(part))),]
}

fn intervals(limit: u32, beyond: u32) -> impl Strategy<Value = Test> {
    let within = (0..limit, 0..limit).prop_map(|(a, b)| Interval { first: a.min(b), last: a.max(b), span: NOWHERE });
    let stray = Just(Interval { first: 0, last: beyond, span: NOWHERE });
    let one = prop_oneof![60 => within, 1 => stray];
    prop_oneof![1 => Just(Test::Every), 8 => vec(one, 1..3).prop_map(Test::Within)]
}

/// Prompts that there are, and some more.
fn prompts(names: &Names) -> impl Strategy<Value = Test> + use<> {
    let one = |first, last| Interval { first, last, span: NOWHERE };
    let known = select(names.plan.prompts.clone()).prop_map(move |n| vec![one(u32::from(n), u32::from(n))]);
    let range = select(names.plan.prompts.clone()).prop_map(move |n| vec![one(0, u32::from(n))]);
    let stray = (0..9_u32).prop_map(move |n| vec![one(n, n)]);
    prop_oneof![
        4 => known.clone().prop_map(Test::Within),
        4 => range.prop_map(Test::Within),
        2 => (known, stray.clone()).prop_map(|(a, b)| Test::Within([a, b].concat())),
        1 => stray.prop_map(Test::Within),
        1 => Just(Test::Every),
    ]
}

/// A lower bound.
fn from(values: Vec<f64>) -> impl Strategy<Value = Test> {
    let ops = select(vec![Comparison::GreaterOrEqual, Comparison::Greater]);
    (ops, select(values)).prop_map(|(op, value)| Test::Number(op, number(value)))
}

fn signs() -> impl Strategy<Value = Sign> {
    prop_oneof![1 => Just(Sign::Positive), 3 => Just(Sign::Negative), 3 => Just(Sign::Any)]
}

/// Bounds on the score as most of them are meant: from above where the negative ones count.
fn bounds_of_its_sign(source: &mut Source) {
    let sign = source.sign();
    for condition in source.conditions.iter_mut().filter(|condition| condition.key == ConditionKey::Score) {
        if let (Sign::Negative, Test::Number(op, number)) = (sign, &mut condition.test) {
            *op = if *op == Comparison::Greater { Comparison::Less } else { Comparison::LessOrEqual };
            number.value = -number.value;
        }
    }
}

/// A number, compared in any way.
fn against(values: Vec<f64>) -> impl Strategy<Value = Test> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
    let ops = select(vec![Equal, GreaterOrEqual, GreaterOrEqual, Greater, LessOrEqual, Less]);
    (ops, select(values)).prop_map(|(op, value)| Test::Number(op, number(value)))
}

/// A range of numbers, one of them at least.
fn between(values: Vec<f64>) -> impl Strategy<Value = Test> {
    let ends = (select(values.clone()), select(values));
    ends.prop_map(|(a, b)| Test::Between(number(a.min(b)), number(a.max(b))))
}

fn exactly(value: impl Strategy<Value = f64> + 'static) -> BoxedStrategy<Test> {
    value.prop_map(|value| Test::Number(Comparison::Equal, number(value))).boxed()
}

pub(super) fn number(value: f64) -> Number {
    Number { value, percent: false }
}

fn test_of(key: ConditionKey, names: &Names, kind: SourceKind) -> BoxedStrategy<Test> {
    match key {
        ConditionKey::Lang => choice(one_or_more(names.plan.languages.clone(), LANGUAGES[3]), 1).boxed(),
        ConditionKey::Relation => choice(one_or_more(names.relations(), "P19"), 1).boxed(),
        ConditionKey::Fact => {
            let ids = (0..names.plan.facts.len()).map(super::super::build::name).collect();
            choice(one_or_more(ids, "nobody"), 1).boxed()
        }
        ConditionKey::Subject => labels("Name").boxed(),
        ConditionKey::Object => labels("Côte").boxed(),
        ConditionKey::Run => {
            let models = names.models().len();
            let runs = one_or_more(names.runs(kind == SourceKind::Dkn), "brt");
            if kind == SourceKind::Likn {
                let one = runs.prop_map(|mut runs| runs.split_off(runs.len() - 1));
                return one.prop_map(Test::Names).boxed();
            }
            choice(runs, u32::from(models == 1)).boxed()
        }
        ConditionKey::Prompt => prompts(names).boxed(),
        ConditionKey::Layer => intervals(2, names.shape().layers).boxed(),
        // No run has any: never chosen here, asked in `tests/roles.rs`.
        ConditionKey::Role => Just(Test::Every).boxed(),
        ConditionKey::Tau => exactly(tau()),
        ConditionKey::Score => from(vec![0.0, 1e-5, 1e-4, 0.05, 0.1, 0.25, 0.3, 0.5, 1.0, 2.0]).boxed(),
        ConditionKey::Sign => signs().prop_map(|sign| Test::Names(vec![text(sign.word())])).boxed(),
        ConditionKey::Rank => {
            let last = select(vec![1.0, 2.0, 3.0, 5.0, 9.0, 40.0]);
            let or_before = (last, any::<bool>()).prop_map(|(last, strict)| match strict {
                true => Test::Number(Comparison::Less, number(last + 1.0)),
                false => Test::Number(Comparison::LessOrEqual, number(last)),
            });
            or_before.boxed()
        }
        ConditionKey::P => {
            let values = vec![0.001, 0.1, 0.25, 0.3, 0.5, 0.9];
            prop_oneof![3 => against(values.clone()), 1 => between(values)].boxed()
        }
        ConditionKey::ObjectRank | ConditionKey::Tokens => {
            let values = vec![1.0, 1.0, 2.0, 3.0, 5.0];
            let compared = against(values.clone())
                .prop_filter("none is below 1", |test| *test != Test::Number(Comparison::Less, number(1.0)));
            prop_oneof![3 => compared, 1 => between(values)].boxed()
        }
        ConditionKey::Correct => select(vec!["yes", "no"]).prop_map(|word| Test::Names(vec![text(word)])).boxed(),
        ConditionKey::Answer => {
            let one = select(ANSWERS.to_vec()).prop_map(text);
            let part = select(vec!["a", " ", "Par", "x"]);
            prop_oneof![vec(one, 1..3).prop_map(Test::Names), part.prop_map(|part| Test::Contains(text(part)))].boxed()
        }
        ConditionKey::Langs | ConditionKey::Prompts | ConditionKey::Runs => counted().boxed(),
        ConditionKey::TLow => exactly(low()),
        ConditionKey::THigh => exactly(high()),
        ConditionKey::Size => {
            let sizes = select(vec![(2, 2), (2, 2), (2, 3), (3, 3), (2, 4), (4, 9)]);
            let sizes = vec(sizes.prop_map(|(first, last)| Interval { first, last, span: NOWHERE }), 1..3);
            prop_oneof![1 => Just(Test::Every), 8 => sizes.prop_map(Test::Within)].boxed()
        }
    }
}

/// Some ranges as two bounds, which say the same.
fn in_two((key, test): (ConditionKey, Test)) -> Vec<(ConditionKey, Test)> {
    match test {
        Test::Between(least, most) if least.value < most.value && most.value == 0.5 => {
            let (least, most) = (Test::Number(Comparison::Greater, least), Test::Number(Comparison::LessOrEqual, most));
            vec![(key, most), (key, least)]
        }
        test => vec![(key, test)],
    }
}

pub(super) fn source(kind: SourceKind, names: &Names) -> BoxedStrategy<Expr> {
    use ConditionKey::{
        Answer, Correct, Fact, Lang, Langs, Layer, Object, ObjectRank, P, Prompt, Prompts, Rank, Relation, Runs, Score,
        Sign, Size, Subject, THigh, TLow, Tau, Tokens,
    };
    let keys = match kind {
        SourceKind::Kn => vec![
            Lang, Lang, Tau, Tau, Relation, Fact, Subject, Object, Prompt, Layer, Sign, Sign, Score, Rank, Prompts,
            Langs, Langs, Runs, P, P, Correct, ObjectRank, Tokens, Answer,
        ],
        SourceKind::Likn => {
            vec![
                Lang, Lang, Tau, Tau, Relation, Fact, Subject, Object, Prompt, Layer, Sign, Score, Rank, Prompts, P, P,
                Correct, Tokens,
            ]
        }
        SourceKind::Dkn => {
            vec![Lang, Relation, Fact, Subject, Object, Prompt, Layer, TLow, THigh, Size, P, Correct, Tokens]
        }
        SourceKind::Facts => vec![Relation, Fact, Subject, Object],
        SourceKind::Entries => vec![
            Lang, Lang, Relation, Fact, Subject, Object, Prompt, P, P, Correct, Correct, ObjectRank, Tokens, Answer,
        ],
    };
    let run = if kind == SourceKind::Facts { vec![] } else { vec![ConditionKey::Run] };
    // Where several runs could be meant, most sources say which.
    let meant = names.plan.runs.iter().filter(|run| if kind == SourceKind::Dkn { run.groups } else { run.scores });
    let with_run = if meant.count() > 1 { 0.97 } else { 0.3 };
    let names = names.clone();
    (subsequence(keys, 0..4), proptest::bool::weighted(with_run))
        .prop_flat_map(move |(mut keys, with_run)| {
            keys.dedup();
            keys.extend(run.iter().copied().filter(|_| with_run));
            keys.into_iter().map(|key| (Just(key), test_of(key, &names, kind))).collect::<Vec<_>>()
        })
        .prop_map(move |tests| {
            let placed_at = |(key, test)| Condition { key, test, span: NOWHERE };
            let conditions = tests.into_iter().flat_map(in_two).map(placed_at).collect();
            let mut source = Source { kind, conditions, span: NOWHERE };
            bounds_of_its_sign(&mut source);
            placed(ExprKind::Source(source))
        })
        .boxed()
}
