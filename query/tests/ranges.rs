//! Ranges of numbers in brackets: `p in 0.1..0.5`, `p>=0.1, p<0.5`, `langs in 2..3`.

mod toy;

use kndb_query::{Argument, ConditionKey, Outcome, Parameters, Settings, ValueKind, parse};
use kndb_storage::{EntryData, LayerEvidence, Origin, RunSpec};
use std::sync::LazyLock;
use toy::{SHAPE, Toy, scored};

/// Run `m`: of the facts 0 to 4 in English p is 0.1, 0.2, …, the rank 1, 2, … and the number of tokens 1, 1, 2, 2, 3.
static STORE: LazyLock<Toy> = LazyLock::new(|| {
    let toy = Toy::new();
    let entries = (0..5_u8).map(|number| {
        let mut entry = scored(number.into(), "en", 0, &[(9, 852, 0.5)]);
        let EntryData::Scores(scores) = &mut entry.data else { panic!("scores") };
        let p = f32::from(number + 1) / 10.0;
        scores.evidence = vec![LayerEvidence { probability: p, baseline: 0.0, residual: 0.0 }; SHAPE.layers as usize];
        let (rank, tokens) = (Some(u32::from(number) + 1), Some(u16::from(number) / 2 + 1));
        scores.origin = Some(Origin { question: None, answer: None, rank, tokens });
        entry
    });
    toy.write(RunSpec::new("m", "bert", SHAPE), entries.collect());
    toy
});

fn count(text: &str) -> u64 {
    match STORE.run(&Settings::default(), text) {
        Ok((Outcome::Rows { rows }, _)) => rows,
        other => panic!("{text}: {other:?}"),
    }
}

fn refused(text: &str) -> (String, String) {
    let error = parse(text).expect_err(text);
    (error.reason, error.hint.unwrap_or_default())
}

#[test]
fn both_ends_of_a_range_belong_to_it() {
    let entries = |condition: &str| count(&format!("entries[run=m, {condition}]"));
    assert_eq!((entries("p in 0.2..0.4"), entries("p in 0.2..0.2"), entries("p in 0.21..0.29")), (3, 1, 0));
    assert_eq!((entries("p in 0..1"), entries("p IN 1e-1 .. 3e-1")), (5, 3));
    assert_eq!((entries("tokens in 1..2"), entries("tokens in 2..3"), entries("tokens in 3..99")), (4, 3, 1));
    assert_eq!((entries("object_rank in 2..4"), entries("rank in 2..4")), (3, 3));
    assert_eq!(count("kn[run=m, lang=en, p in 0.2..0.4, tokens in 1..1]"), 1);
}

#[test]
fn a_lower_and_an_upper_bound_hold_together() {
    let entries = |condition: &str| count(&format!("entries[run=m, {condition}]"));
    assert_eq!((entries("p>=0.2, p<0.4"), entries("p<0.4, p>=0.2"), entries("p>0.2, p<=0.4")), (2, 2, 2));
    assert_eq!((entries("tokens>1, tokens<3"), entries("rank>1, rank<=3")), (2, 2));
    assert_eq!(count("kn[run=m, lang=en, p>=0.2, p<0.4]"), 2);
}

#[test]
fn places_are_counted_between_two_numbers() {
    let kn = |condition: &str| count(&format!("kn[run=\"bert, en\", {condition}]"));
    // 9:852 of facts 0 to 2 is found in four languages, of fact 3 in three, and so are 7:0 and 7:2.
    assert_eq!((kn("langs in 3..4"), kn("langs in 3..3"), kn("langs>=3, langs<4")), (6, 3, 3));
    assert_eq!(kn("langs in 2..3"), kn("langs>=2") - kn("langs>=4"));
    assert_eq!(kn("langs in 80%..100%"), kn("langs>=80%"));
    assert_eq!(kn("lang=fr, prompts in 2..9"), kn("lang=fr, prompts>=2"));
    assert_eq!(kn("lang=fr, prompts>=40%, prompts<60%"), kn("lang=fr, prompts=1"));
    let notes = STORE.notes(&Settings::default(), "kn[run=\"bert, en\", lang=fr, langs in 2..3]");
    assert_eq!(notes, ["no pair is found in so many: `langs` is at most 1 of what is asked for"]);
    let notes = STORE.notes(&Settings::default(), "kn[run=\"bert, en\", lang=fr, langs>10%, langs<20%]");
    assert!(notes[0].contains("`langs>10%, langs<20%` is true of no number out of 1 or fewer"), "{notes:?}");
}

#[test]
fn ranges_are_printed_and_explained() {
    for (text, printed) in [
        ("kn[p IN 0.70 .. 0.8]", "kn[p in 0.7..0.8]"),
        ("entries[rank in 2..5]", "entries[object_rank in 2..5]"),
        ("kn[p<0.8, lang=en, p>=0.7]", "kn[p<0.8, lang=en, p>=0.7]"),
        ("kn[langs in 40%..60%]", "kn[langs in 40%..60%]"),
        ("kn[tokens in $a..3]", "kn[tokens in $a..3]"),
    ] {
        assert_eq!(parse(text).expect(text).to_string(), printed);
    }
    let (explained, _) = STORE.run(&Settings::default(), "explain entries[run=m, p in 0.2..0.4]").expect("a plan");
    let Outcome::Explained(plan) = explained else { panic!("a plan") };
    assert!(plan.contains("p in 0.2..0.4") && plan.contains(": 3 facts"), "{plan}");
}

#[test]
fn parameters_stand_at_the_ends_and_are_checked() {
    let bound = |text: &str, values: &[(&str, Argument)]| {
        let mut parameters = Parameters::default();
        values.iter().for_each(|(name, value)| parameters.set(*name, value.clone()));
        parse(text).expect(text).bind(&parameters).map(|statement| statement.to_string()).map_err(|error| error.reason)
    };
    let (low, high) = (("a", Argument::Number(0.25)), ("b", Argument::Typed("0.5".into())));
    let values = [low.clone(), high.clone()];
    assert_eq!(bound("kn[p in $a..$b]", &values), Ok("kn[p in 0.25..0.5]".into()));
    assert_eq!(bound("kn[p>=$a, p<$b]", &values), Ok("kn[p>=0.25, p<0.5]".into()));
    assert_eq!(bound("kn[p in $b..$a]", &values), Err("the range `0.5..0.25` is the wrong way round".into()));
    assert_eq!(bound("kn[p>$b, p<$a]", &values), Err("no `p` is both `p>0.5` and `p<0.25`".into()));
    assert!(bound("kn[tokens in $a..2]", &[low]).is_err_and(|reason| reason.contains("a whole number")));
    let share = ("t", Argument::Text("60%".into()));
    assert_eq!(bound("kn[langs in 40%..$t]", std::slice::from_ref(&share)), Ok("kn[langs in 40%..60%]".into()));
    assert_eq!(parse("kn[p in $a..$b]").expect("a statement").parameters().len(), 2);
}

#[test]
fn what_is_no_range_is_refused_with_what_to_write() {
    let below = "the lower bound lies below the upper one; both are a range";
    for (text, reason, hint) in [
        ("kn[p in 0.8..0.7]", "the range `0.8..0.7` is the wrong way round", "write `0.7..0.8`"),
        ("kn[p in 0.7]", "`p in` takes a range, found `0.7` alone", "write `p=0.7`, or `p in 0.7..…`"),
        ("kn[p>=0.8, p<0.7]", "no `p` is both `p>=0.8` and `p<0.7`", &format!("{below}, as in `p in 0.7..0.8`")),
        (
            "kn[tokens>1, tokens<2]",
            "no `tokens` is both `tokens>1` and `tokens<2`",
            &format!("{below}, as in `tokens in 2..3`"),
        ),
        (
            "kn[p>=0.7, p>0.6]",
            "the condition `p` is given twice",
            "`p` has one lower and one upper bound at most, or a range: `p in 0.7..0.8`",
        ),
        (
            "kn[p>=0.7, p=0.8]",
            "the condition `p` is given twice",
            "`p` has one lower and one upper bound at most, or a range: `p in 0.7..0.8`",
        ),
        (
            "kn[score>=0.1, score<=0.2]",
            "the condition `score` is given twice",
            "scores between two are a difference: `kn[score>=1e-4] - kn[score>=1e-2]`",
        ),
        (
            "kn[rank in 5..20]",
            "expected `<=` or `<` after `rank`, found `in`",
            "ranks between two are a difference: `kn[rank<=20] - kn[rank<=5]`",
        ),
    ] {
        assert_eq!(refused(text), (reason.to_owned(), hint.to_owned()), "{text}");
    }
    for text in
        ["kn[p in 0.5..1.5]", "kn[tokens in 0..2]", "kn[p in 10%..20%]", "kn[tokens in 1.5..2]", "kn[p in 0.1..]"]
    {
        assert!(parse(text).is_err(), "{text}");
    }
    assert!(refused("kn[p in (0.1, 0.2)]").1.contains("p in 0.7..0.8"));
    assert!(refused("kn[p between 0.1 and 0.2]").1.contains("p in 0.7..0.8"));
}

#[test]
fn an_end_that_there_is_not_is_refused_with_what_is_left_without_it() {
    for (text, expected, hint) in [
        ("kn[prompts in 0..2]", "at least 1 in `prompts in 0..2`, found 0", "without a lower end it is `prompts<=2`"),
        ("kn[langs in 0..$n]", "at least 1 in `langs in 0..$n`, found 0", "without a lower end it is `langs<=$n`"),
        (
            "kn[runs in 50%..150%]",
            "more than 0% and at most 100% in `runs in 50%..150%`, found 150%",
            "without an upper end it is `runs>=50%`",
        ),
        (
            "kn[p in 0.5..1.5]",
            "at least 0 and at most 1 in `p in 0.5..1.5`, found 1.5",
            "without an upper end it is `p>=0.5`",
        ),
        ("kn[tokens in 0..2]", "at least 1 in `tokens in 0..2`, found 0", "without a lower end it is `tokens<=2`"),
        // What is left could not be asked either.
        (
            "kn[prompts in 0..0]",
            "at least 1 in `prompts in 0..0`, found 0",
            "every pair is found in one at least: leave the condition out",
        ),
        ("kn[p in 2..3]", "at least 0 and at most 1 in `p in 2..3`, found 2", "write it as in `p>=0.1`"),
    ] {
        let (reason, told) = refused(text);
        assert!(reason.ends_with(&format!(": expected {expected}")), "{text}: {reason}");
        assert_eq!(told, hint, "{text}");
    }
    let values = Parameters::default().with("a", 0_u32).with("b", 2_u32);
    let error = parse("kn[prompts in $a..$b]").expect("a statement").bind(&values).expect_err("no such end");
    assert!(error.reason.ends_with("expected at least 1 in `prompts in $a..$b`, found 0; $a is 0"), "{}", error.reason);
    assert_eq!(error.hint.as_deref(), Some("without a lower end it is `prompts<=$b`"));
}

/// Whatever it is compared with.
#[test]
fn a_number_that_no_condition_has_is_told_with_what_was_found_and_expected() {
    let mut seen = 0;
    for key in ConditionKey::ALL {
        let ValueKind::Number(domain) = key.row().value else { continue };
        let source = key.row().sources[0];
        for op in domain.compared {
            for number in ["0", "1", "-1", "1.5", "100", "0%", "150%"] {
                let text = format!("{source}[{key}{op}{number}]");
                let Err(error) = parse(&text) else { continue };
                let reason = &error.reason;
                seen += 1;
                let percent = reason.contains("takes no percentage") && number.ends_with('%');
                let found =
                    reason.contains(&format!("found {number}")) || reason.contains(&format!("found `{number}`"));
                let expected = reason.contains("expected ") || reason.contains("cannot be negative");
                assert!(percent || (found && expected), "{text}: {reason}");
                assert!(error.span.is_some(), "{text}");
            }
        }
    }
    assert!(seen > 50, "{seen}");
}
