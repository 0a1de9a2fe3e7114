//! Parameters and entries: read as they were meant, printed as they are read, and refused with their place where they
//! cannot be answered yet.

mod carets;
mod toy;

use kndb_query::{Argument, Given, Parameters, Settings, Statement, parse};

const READ: [&str; 11] = [
    "kn[relation=$r, lang=$l] by neuron top 20",
    "kn[lang in (en, $other), layer in $layers, tau=$t, subject~$part, rank<$n]",
    "kn[layer in (7..9, $more)] by layer having pairs > $least top $n",
    "kn[layer in $first..$last, prompt in ($p..3, 5, 7..$q)]",
    "kn[fact in $facts] & @common",
    "let chosen = facts[relation in (P36, $r)]",
    "facts of entries[lang=en] - facts of kn[lang=en]",
    "entries[lang=zh, prompt=0] order by p top 20",
    "explain entries",
    "kn & neurons($l:$u)",
    "neurons(9:852, 7..$last:*, $l:$first..20)",
];

#[test]
fn what_is_read_is_printed_as_it_was_written() {
    for text in READ {
        let read = parse(text).unwrap_or_else(|error| panic!("{}", carets::draw(text, &error)));
        assert_eq!(read.to_string(), text);
    }
}

#[test]
fn parameters_are_listed_in_the_order_of_the_text() {
    let text = "similarity(kn[lang=$b, tau=$a], kn[relation in (P36, $c)]) by layer having facts > $d top $b";
    let statement = parse(text).expect("a query");
    let names: Vec<&str> = statement.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c", "d", "b"]);
    let Statement::Query(query) = &statement else { panic!("a query") };
    assert!(matches!(query.top.as_ref().map(|top| &top.count), Some(Given::Parameter(_))));
}

#[test]
fn a_parameter_stands_for_values_alone() {
    for (text, reason) in [
        ("$set by layer", "expected a set, found `$set`"),
        ("kn by $dimension", "expected a dimension, found `$dimension`"),
        ("kn[$key=en]", "expected a condition such as `lang=en`, found `$key`"),
        ("kn by layer having $column > 3", "expected a column after `having`, found `$column`"),
        ("kn & neurons($place)", "expected `:` and a unit after layer $place, found `)`"),
        ("kn & neurons(9:$)", "`$` is not followed by a name"),
        ("kn[layer in 7..]", "expected a whole number for a layer, found `]`"),
        ("kn[layer=$first..$last]", "expected `,` or `]`, found `..`"),
        ("kn[lang=$]", "`$` is not followed by a name"),
        ("kn[lang=$1]", "`$1` starts with a digit, which a name cannot"),
        ("kn[lang=$né]", "the name after `$n` has letters beyond a-z"),
        ("dkn[size in (1, $n)]", "a group has two neurons or more, found the size 1"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.reason, reason, "{}", carets::draw(text, &error));
    }
}

#[test]
fn entries_take_the_conditions_that_say_of_which_facts_they_are() {
    for key in ["lang=en", "relation=P36", "fact=f1", "subject=France", "object~Par", "run=bert", "prompt in 0..2"] {
        assert!(parse(&format!("entries[{key}]")).is_ok(), "{key}");
    }
    let error = parse("entries[tau=0.1]").expect_err("a condition on neurons");
    assert_eq!(error.reason, "`entries` say what was measured of facts, not of neurons, and take no `tau`");
}

#[test]
fn what_has_no_value_yet_says_so_at_its_place() {
    let toy = toy::Toy::new();
    for text in READ.into_iter().filter(|text| text.contains('$')) {
        let error = toy.run(&Settings::default(), text).expect_err(text);
        let place = &text[error.span.expect("a place").range()];
        assert!(place.starts_with('$'), "{}", carets::draw(text, &error));
        assert_eq!(error.reason, format!("the parameter {place} has no value"), "{}", carets::draw(text, &error));
    }
}

fn bound(text: &str, values: &Parameters) -> String {
    let read = parse(text).unwrap_or_else(|error| panic!("{}", carets::draw(text, &error)));
    match read.bind(values) {
        Ok(statement) => statement.to_string(),
        Err(error) => {
            let hint = error.hint.map_or_else(String::new, |hint| format!(" ({hint})"));
            format!("{}: {}{hint}", &text[error.span.expect("a place").range()], error.reason)
        }
    }
}

fn typed(text: &str) -> Argument {
    Argument::Typed(text.to_owned())
}

#[test]
fn a_bound_statement_is_the_one_with_its_values_written_in_their_places() {
    let values = Parameters::default()
        .with("l", "zh")
        .with("r", vec!["P36", "place of birth"])
        .with("n", 20_u32)
        .with("t", 0.37)
        .with("typed", typed("007"))
        .with("whole", 2.0)
        .with("star", "*")
        .with("many", typed("9007199254740991"))
        .with("layers", vec![7_u32, 9]);
    for (text, written) in [
        (
            "kn[relation in $r, lang=$l] by neuron top $n",
            "kn[relation in (P36, \"place of birth\"), lang=zh] by neuron top 20",
        ),
        ("kn[lang in (en, $l), tau=$t, rank<$n]", "kn[lang in (en, zh), tau=0.37, rank<20]"),
        ("kn[lang in $l, layer in (1..3, $layers)]", "kn[lang=zh, layer in (1..3, 7, 9)]"),
        ("kn[rank<=$whole, prompt=$whole] by layer top $whole", "kn[rank<=2, prompt=2] by layer top 2"),
        ("kn by layer top $many", "kn by layer top 9007199254740991"),
        ("kn[lang=$star] - facts[subject=$star]", "kn[lang=\"*\"] - facts[subject=\"*\"]"),
        ("kn by neuron having facts >= $typed", "kn by neuron having facts >= 7"),
        ("facts[fact=$typed] - facts[subject~$l]", "facts[fact=007] - facts[subject~zh]"),
        ("kn[relation in (P37, $r)]", "kn[relation in (P37, P36, \"place of birth\")]"),
        (
            "let chosen = dkn[size=$n, t_low=$t] & kn[score>=$t]",
            "let chosen = dkn[size=20, t_low=0.37] & kn[score>=0.37]",
        ),
        ("kn & neurons($whole:$typed, 1..$n:*)", "kn & neurons(2:7, 1..20:*)"),
        ("neurons of kn - neurons(0:$whole..$n)", "neurons of kn - neurons(0:2..20)"),
        ("similarity(kn[lang=$l], kn) by layer top $typed", "similarity(kn[lang=zh], kn) by layer top 7"),
    ] {
        assert_eq!(bound(text, &values), written);
    }
}

#[test]
fn a_value_is_never_read_as_a_part_of_the_statement() {
    for text in ["*", "en] by layer; drop @common", "\"", "$l", "(en, zh)", "en, zh", "", "北京"] {
        let statement = parse("kn[lang=$l, subject~$l]").expect("a query");
        let statement = statement.bind(&Parameters::default().with("l", text)).expect("any text is a name");
        let again = parse(&statement.to_string()).expect("what is printed can be read");
        for statement in [&statement, &again] {
            let Statement::Query(query) = statement else { panic!("a query") };
            let kndb_query::Head::Set(set) = &query.head else { panic!("a set") };
            let kndb_query::ExprKind::Source(source) = &set.kind else { panic!("a source") };
            let names = source.names(kndb_query::ConditionKey::Lang).expect("a name");
            assert_eq!(names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>(), [text]);
        }
    }
}

#[test]
fn a_value_that_could_not_be_written_in_its_place_is_refused_there() {
    let values = |value: Argument| Parameters::default().with("x", value);
    for (text, value, refused) in [
        ("kn[tau=$x]", "a".into(), "$x: expected a number for `tau`, and $x is the text \"a\""),
        ("kn[tau=$x]", "0.3".into(), "$x: expected a number for `tau`, and $x is the text \"0.3\""),
        ("kn[tau=$x]", typed("0.3x"), "$x: expected a number for `tau`, and $x is \"0.3x\""),
        ("kn[tau=$x]", typed("1e-999"), "$x: expected a number for `tau`, and $x is \"1e-999\""),
        ("kn[tau=$x]", typed("inf"), "$x: expected a number for `tau`, and $x is \"inf\""),
        ("kn[score>=$x]", f64::NAN.into(), "$x: expected a number for `score`, and $x is NaN"),
        (
            "kn[tau=$x]",
            1.5.into(),
            "$x: `tau` is a share of the fact's maximum: expected at least 0 and less than 1 after `tau=`, found 1.5; $x is 1.5 (the highest score alone is \
             `rank<=1`, an absolute threshold is `score>=1e-4`)",
        ),
        (
            "kn[tau=$x]",
            typed("10%"),
            "$x: `tau` takes no percentage: it is a share of the fact's maximum; $x is \"10%\" (write a number, as in `tau=0.37`)",
        ),
        ("kn[rank<=$x]", typed("1e1"), "$x: expected a whole number for `rank`, and $x is \"1e1\""),
        ("kn[rank<=$x]", typed("-0"), "$x: `rank` cannot be negative, found -0; $x is \"-0\""),
        ("kn[prompt=$x]", typed("1.0"), "$x: expected a whole number for a prompt, and $x is \"1.0\""),
        ("kn[prompt in (0, $x)]", typed("1.0"), "$x: expected a whole number for a prompt, and $x is \"1.0\""),
        ("neurons(9:$x)", "7".into(), "$x: expected a number for a unit, and $x is the text \"7\""),
        ("neurons($x:7)", vec![7_u32, 9].into(), "$x: expected a whole number for a layer, and $x is the list (7, 9)"),
        ("neurons(9:8..$x)", 5_u32.into(), "8..$x: the interval `8..$x` is the wrong way round: 8..5 (write `$x..8`)"),
        ("kn[langs>=$x]", typed("2.0"), "$x: expected a whole number for `langs`, and $x is \"2.0\""),
        ("kn by layer top $x", typed("2.0"), "$x: expected a whole number for `top`, and $x is \"2.0\""),
        ("kn[tau=$x]", typed("0."), "$x: expected a number for `tau`, and $x is \"0.\""),
        ("kn[tau=$x]", typed("+0.1"), "$x: expected a number for `tau`, and $x is \"+0.1\""),
        (
            "kn[lang=$x]",
            typed("*"),
            "$x: `*` is no value, and $x is \"*\" (all of them are meant where the condition is left out; `lang=*` is written)",
        ),
        (
            "kn by neuron having frequency > $x",
            typed("10"),
            "$x: `10` is no share: `frequency` is from 0 to 1; $x is \"10\" \
             (a percentage stands behind the facts: `facts > 10%`)",
        ),
        (
            "kn by neuron having facts > $x",
            typed("100%"),
            "$x: no row has `facts > 100%`: percentages go from 0% to 100%; $x is \"100%\"",
        ),
        ("kn[rank<=$x]", 2.5.into(), "$x: expected a whole number for `rank`, and $x is 2.5"),
        ("kn[layer=$x]", (-1.0).into(), "$x: a layer cannot be negative, found -1; $x is -1"),
        ("kn[layer=$x]", 5e9.into(), "$x: `5000000000` is too large for a layer; $x is 5000000000"),
        (
            "kn[layer=$x]",
            vec![1_u32, 2].into(),
            "$x: `layer=` takes one value, found a list; $x is (1, 2) (a list stands behind `in`: `layer in $x`)",
        ),
        ("kn[lang in $x]", Argument::List(Vec::new()), "$x: $x is a list without values"),
        ("kn[lang=$x]", Argument::Percent(10.0), "$x: expected a value for `lang`, and $x is 10%"),
        (
            "dkn[size=$x]",
            1_u32.into(),
            "$x: a group has two neurons or more, found the size 1 (write `size=2`, or `size in 2..3`)",
        ),
        ("kn by layer top $x", 0_u32.into(), "$x: `top 0` asks for no rows; at least 1 is expected; $x is 0"),
        ("kn by layer top $x", 1e300.into(), &format!("$x: `{}` is too large for `top`; $x is {0}", 1e300)),
    ] {
        assert_eq!(bound(text, &values(value)), refused, "{text}");
    }
}

#[test]
fn a_parameter_without_a_value_and_a_value_without_a_parameter_are_refused() {
    let values = Parameters::default().with("lang", "en").with("relation", "P36");
    assert_eq!(
        bound("kn[lang=$lagn]", &values),
        "$lagn: the parameter $lagn has no value (a value is given for `$lang`: is that the one?)"
    );
    assert_eq!(
        bound("kn by layer top $n", &values),
        "$n: the parameter $n has no value (values are given for `$lang`, `$relation`; it is given beside the statement: `-p n=…` of a \
         command, `.parameter set n …` in the shell, `n=…` in Python)"
    );
    let unused = |used: &[&str]| {
        let error = values.check_used(used.iter().copied()).expect_err("a value for nothing");
        (error.reason, error.hint.expect("a hint"))
    };
    assert_eq!(
        unused(&["lang", "relations"]),
        ("no statement uses the parameter `$relation`".into(), "did you mean `$relations`?".into())
    );
    assert_eq!(unused(&["relation", "n"]).1, "the parameters are `$relation`, `$n`");
    assert!(values.check_used(["relation", "lang", "lang"]).is_ok());
}

#[test]
fn an_interval_may_have_parameters_for_its_ends() {
    let bound = |text: &str, values: &Parameters| {
        parse(text).expect(text).bind(values).map(|bound| bound.to_string()).map_err(|error| error.reason)
    };
    let ends = Parameters::default().with("a", 7_u32).with("b", 11_u32);
    assert_eq!(bound("kn[layer in $a..$b]", &ends).as_deref(), Ok("kn[layer in 7..11]"));
    assert_eq!(bound("kn[layer in (0, 2..$a, $b)]", &ends).as_deref(), Ok("kn[layer in (0, 2..7, 11)]"));
    let names = parse("kn[layer in ($b..$a, $c)]").expect("a query");
    let names: Vec<&str> = names.parameters().iter().map(|parameter| parameter.name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    for (text, reason) in [
        ("kn[layer in $b..$a]", "the interval `$b..$a` is the wrong way round: 11..7"),
        ("kn[layer in $a..$c]", "the parameter $c has no value"),
        ("dkn[size in 1..$a]", "a group has two neurons or more, found the size 1..7"),
    ] {
        assert_eq!(bound(text, &ends).expect_err(text), reason);
    }
    let list = Parameters::default().with("a", vec![1_u32, 2]).with("b", 3_u32);
    let told = bound("kn[layer in $a..$b]", &list).expect_err("a list is no end");
    assert!(told.starts_with("expected a whole number for a layer, and $a is the list"), "{told}");
}
