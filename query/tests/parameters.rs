//! Parameters and entries: read as they were meant, printed as they are read, and refused with their place where they
//! cannot be answered yet.

mod carets;
mod toy;

use kndb_query::{Given, Settings, Statement, parse};

const READ: [&str; 8] = [
    "kn[relation=$r, lang=$l] by neuron top 20",
    "kn[lang in (en, $other), layer in $layers, tau=$t, subject~$part, rank<$n]",
    "kn[layer in (7..9, $more)] by layer having pairs > $least top $n",
    "kn[fact in $facts] & @common",
    "let chosen = facts[relation in (P36, $r)]",
    "facts of entries[lang=en] - facts of kn[lang=en]",
    "entries[lang=zh, prompt=0] order by p top 20",
    "explain entries",
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
        ("kn & neurons(9:$unit)", "expected a whole number for a unit, found `$unit`"),
        ("kn[layer in 7..$last]", "expected a whole number for a layer, found `$last`"),
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
fn what_has_no_value_yet_or_no_answer_says_so_at_its_place() {
    let toy = toy::Toy::new();
    for text in READ {
        let error = toy.run(&Settings::default(), text).expect_err(text);
        let place = &text[error.span.expect("a place").range()];
        let reason = if place.starts_with('$') {
            format!("the parameter {place} has no value")
        } else {
            "`entries` can be read, and not be answered yet".to_owned()
        };
        assert_eq!(error.reason, reason, "{}", carets::draw(text, &error));
    }
}
