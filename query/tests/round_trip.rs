//! Any syntax tree, printed, is read back as the same tree.

use kndb_query::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const NOWHERE: Span = Span { start: 0, end: 0 };

fn text() -> impl Strategy<Value = Text> {
    let words = "[A-Za-z0-9_]{1,6}(-[A-Za-z0-9]{1,4}){0,2}";
    let any = prop_oneof![words, ".{0,8}", "[\"'\\\\\n\t;-]{0,4}"];
    any.prop_map(|text| Text { text, span: NOWHERE })
}

fn interval() -> impl Strategy<Value = Interval> {
    let near = (0..40_u32, 0..3_u32).prop_map(|(first, more)| (first, first + more));
    prop_oneof![near, Just((0, u32::MAX))].prop_map(|(first, last)| Interval { first, last, span: NOWHERE })
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![-1e3..1e3, proptest::num::f64::NORMAL, Just(0.0), Just(20.0)]
}

/// A number that a condition may be compared with.
fn compared(domain: Domain) -> BoxedStrategy<Test> {
    let value = if domain.whole {
        (0..9_u32).prop_map(f64::from).boxed()
    } else {
        prop_oneof![3 => 0.0..=1.0, 1 => finite()].boxed()
    };
    let plain = value.prop_map(|value| Number { value, percent: false });
    let share = (1..=100_u8).prop_map(|value| Number { value: f64::from(value), percent: true });
    let number = prop_oneof![2 => plain, u32::from(domain.percent_of.is_some()) => share];
    let compared = (select(domain.compared), number);
    let compared = compared.prop_filter("no such number", move |(op, number)| domain.has(*op, *number));
    let compared = compared.prop_map(|(op, number)| Test::Number(op, number));
    if !domain.ranges {
        return compared.boxed();
    }
    prop_oneof![3 => compared, 1 => between(domain)].boxed()
}

/// A range of numbers that a condition may be compared with.
fn between(domain: Domain) -> impl Strategy<Value = Test> {
    let ends = if domain.whole {
        (1..9_u32, 0..9_u32).prop_map(|(first, more)| (f64::from(first), f64::from(first + more))).boxed()
    } else {
        (0.0..=1.0, 0.0..=1.0).prop_map(|(a, b): (f64, f64)| (a.min(b), a.max(b))).boxed()
    };
    let of = |percent| move |(first, last)| [first, last].map(|value| Number { value, percent });
    let shares = (1..=100_u8, 1..=100_u8).prop_map(|(a, b)| (f64::from(a.min(b)), f64::from(a.max(b))));
    let ends =
        prop_oneof![2 => ends.prop_map(of(false)), u32::from(domain.percent_of.is_some()) => shares.prop_map(of(true))];
    ends.prop_map(|[first, last]| Test::Between(first, last))
}

fn parameter() -> impl Strategy<Value = Parameter> {
    "[A-Za-z_][A-Za-z0-9_]{0,6}".prop_map(|name| Parameter { name, span: NOWHERE })
}

fn given_or<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Given<T>> {
    prop_oneof![6 => value.prop_map(Given::Value), 1 => parameter().prop_map(Given::Parameter)]
}

/// A test with a parameter: in the place of the value, or in a list.
fn open_test(key: ConditionKey) -> BoxedStrategy<Test> {
    let operators = key.row().value.operators();
    let listed = operators.contains(&"in");
    if let ValueKind::Number(domain) = key.row().value {
        let compared = domain.compared.iter().map(|op| op.word()).collect::<Vec<_>>();
        let alone = (select(compared), parameter()).prop_map(|(operator, parameter)| {
            Test::Open(OpenTest { operator, list: false, values: vec![Given::Parameter(parameter)] })
        });
        let range = (parameter(), parameter()).prop_map(|(first, last)| {
            let [first, last] = [first, last].map(Given::Parameter);
            let values = vec![Given::Value(Literal::Range(OpenNumbers { first, last, span: NOWHERE }))];
            Test::Open(OpenTest { operator: "in", list: false, values })
        });
        return prop_oneof![3 => alone, u32::from(domain.ranges) => range].boxed();
    }
    let alone = (select(operators), parameter()).prop_map(|(operator, parameter)| {
        Test::Open(OpenTest { operator, list: false, values: vec![Given::Parameter(parameter)] })
    });
    if !listed {
        return alone.boxed();
    }
    let literal = match key.row().value {
        ValueKind::Whole { least, .. } => {
            let larger = move |i: Interval| Interval { first: i.first.max(least), last: i.last.max(least), ..i };
            let end = move || given_or((least..99).boxed());
            let between = (parameter(), end()).prop_map(|(first, last)| {
                Literal::Between(OpenInterval { first: Given::Parameter(first), last, span: NOWHERE })
            });
            prop_oneof![3 => interval().prop_map(move |i| Literal::Within(larger(i))), 1 => between].boxed()
        }
        _ => text().prop_map(Literal::Text).boxed(),
    };
    let list = (vec(given_or(literal), 0..3), parameter()).prop_map(|(mut values, parameter)| {
        values.push(Given::Parameter(parameter));
        Test::Open(OpenTest { operator: "in", list: true, values })
    });
    prop_oneof![alone, list].boxed()
}

fn test_of(key: ConditionKey) -> BoxedStrategy<Test> {
    prop_oneof![6 => closed_test(key), 1 => open_test(key)].boxed()
}

/// Any test that a key takes, by its kind of value alone.
fn closed_test(key: ConditionKey) -> BoxedStrategy<Test> {
    let names = || vec(text(), 1..4).prop_map(Test::Names);
    match key.row().value {
        ValueKind::Names { every, part, .. } => {
            let listed =
                if every { prop_oneof![1 => Just(Test::Every), 3 => names()].boxed() } else { names().boxed() };
            if part { prop_oneof![listed, text().prop_map(Test::Contains)].boxed() } else { listed }
        }
        ValueKind::OneOf(words) => {
            select(words).prop_map(|word| Test::Names(vec![Text { text: word.to_owned(), span: NOWHERE }])).boxed()
        }
        ValueKind::Whole { least, .. } => {
            let larger = move |i: Interval| Interval { first: i.first.max(least), last: i.last.max(least), ..i };
            let within = vec(interval().prop_map(larger), 1..4).prop_map(Test::Within);
            prop_oneof![1 => Just(Test::Every), 3 => within].boxed()
        }
        ValueKind::Number(domain) => compared(domain),
    }
}

fn source() -> impl Strategy<Value = ExprKind> {
    select(SourceKind::ALL).prop_flat_map(|kind| {
        let keys: Vec<ConditionKey> = ConditionKey::ALL.iter().copied().filter(|key| key.suits(kind)).collect();
        proptest::sample::subsequence(keys, 0..4)
            .prop_shuffle()
            .prop_flat_map(|keys| keys.into_iter().map(|key| (Just(key), test_of(key))).collect::<Vec<_>>())
            .prop_map(move |conditions| {
                let condition = |(key, test)| Condition { key, test, span: NOWHERE };
                let conditions = conditions.into_iter().map(condition);
                ExprKind::Source(Source { kind, conditions: conditions.collect(), span: NOWHERE })
            })
    })
}

fn neuron_range() -> impl Strategy<Value = NeuronRange> {
    let units = prop_oneof![Just(Units::Every), interval().prop_map(Units::Within)];
    (interval(), units).prop_map(|(layers, units)| NeuronRange { layers, units, span: NOWHERE })
}

/// With a parameter for its layers, its units, or an end of either.
fn open_range() -> impl Strategy<Value = OpenRange> {
    let one = || "[a-z]{1,4}".prop_map(|name| Given::Parameter(Parameter { name, span: NOWHERE }));
    let single = one().prop_map(|one| OpenInterval { first: one.clone(), last: one, span: NOWHERE });
    let from =
        (one(), any::<u32>()).prop_map(|(first, last)| OpenInterval { first, last: Given::Value(last), span: NOWHERE });
    let open = prop_oneof![single, from].boxed();
    prop_oneof![
        (open.clone(), option::of(interval().prop_map(OpenInterval::from))),
        (interval().prop_map(OpenInterval::from), open.prop_map(Some)),
    ]
    .prop_map(|(layers, units)| OpenRange { layers, units, span: NOWHERE })
}

fn name() -> impl Strategy<Value = Name> {
    let names = prop_oneof!["[A-Za-z_][A-Za-z0-9_]{0,8}", select(vec!["by", "kn", "of"]).prop_map(str::to_owned)];
    names.prop_map(|text| Name { text, span: NOWHERE })
}

/// A name that is no word of the language, whatever follows it.
fn store() -> impl Strategy<Value = Name> {
    "[A-Za-z_][A-Za-z0-9_]{0,8}_s".prop_map(|text| Name { text, span: NOWHERE })
}

/// `store::kn`, `store::@name`, `store::(kn & @name)`.
fn attached() -> impl Strategy<Value = ExprKind> {
    let placed = |kind| Expr { kind, span: NOWHERE };
    let one = || prop_oneof![source(), name().prop_map(ExprKind::Saved)].prop_map(placed);
    let two = (select(SetOp::ALL), one(), one()).prop_map(move |(op, left, right)| {
        placed(ExprKind::Binary { op, op_span: NOWHERE, left: Box::new(left), right: Box::new(right) })
    });
    let listed = rows(one()).prop_map(placed);
    (store(), prop_oneof![3 => one(), 1 => two, 1 => listed])
        .prop_map(|(store, of)| ExprKind::Attached { store, of: Box::new(of) })
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        4 => source(),
        2 => attached(),
        1 => vec(neuron_range(), 1..4).prop_map(ExprKind::Neurons),
        1 => (vec(neuron_range(), 0..2), open_range(), vec(neuron_range(), 0..2)).prop_map(|(before, open, after)| {
            let closed = |range: NeuronRange| OpenRange {
                layers: range.layers.into(),
                units: match range.units {
                    Units::Every => None,
                    Units::Within(units) => Some(units.into()),
                },
                span: NOWHERE,
            };
            let [before, after] = [before, after].map(|ranges| ranges.into_iter().map(closed).collect::<Vec<_>>());
            ExprKind::OpenNeurons([before, vec![open], after].concat())
        }),
        1 => name().prop_map(ExprKind::Saved),
    ];
    let placed = |kind| Expr { kind, span: NOWHERE };
    leaf.prop_map(placed).prop_recursive(5, 24, 2, move |inner| {
        let binary = (select(SetOp::ALL), inner.clone(), inner.clone()).prop_map(|(op, left, right)| {
            ExprKind::Binary { op, op_span: NOWHERE, left: Box::new(left), right: Box::new(right) }
        });
        prop_oneof![
            4 => binary,
            1 => inner.clone().prop_map(|set| ExprKind::NeuronsOf(Box::new(set))),
            1 => inner.clone().prop_map(|set| ExprKind::FactsOf(Box::new(set))),
            1 => rows(inner),
        ]
        .prop_map(placed)
    })
}

fn plain(value: f64) -> Number {
    Number { value, percent: false }
}

/// A query in parentheses: with a clause, without which they would be plain ones.
fn rows(of: impl Strategy<Value = Expr>) -> impl Strategy<Value = ExprKind> {
    let by = proptest::sample::subsequence(Dimension::ALL, 1..4).prop_shuffle();
    (of, by, vec(having(), 0..3), vec(order_key(), 0..3), option::of(given_or(1..u64::MAX))).prop_map(
        |(of, by, having, order, top)| {
            let by: Vec<Dim> = by.into_iter().map(|dimension| Dim { dimension, span: NOWHERE }).collect();
            let top = top.map(|count| Top { count, per: by.get(1..).unwrap_or_default().to_vec(), span: NOWHERE });
            let (head, chance, plot) = (Head::Set(of), None, false);
            ExprKind::Rows(Box::new(Query { head, by, chance, having, order, top, plot, span: NOWHERE }))
        },
    )
}

fn having() -> impl Strategy<Value = Having> {
    let mut keys: Vec<Key> = Measure::ALL.iter().copied().map(Key::Measure).collect();
    keys.push(Key::Dimension(Dimension::Layer));
    let plain = (select(keys), select(Comparison::ALL), given_or(finite().prop_map(plain)))
        .prop_map(|(key, op, value)| Having { key, key_span: NOWHERE, op, value: within(key, value), span: NOWHERE });
    let shares = select(vec![Measure::Facts, Measure::Langs, Measure::Prompts, Measure::Runs]);
    let share = (shares, select(Comparison::ALL), 0.5..=99.5_f64).prop_map(|(measure, op, value)| Having {
        key: Key::Measure(measure),
        key_span: NOWHERE,
        op,
        value: Given::Value(Number { value, percent: true }),
        span: NOWHERE,
    });
    prop_oneof![4 => plain, 1 => share]
}

/// A number that a column may have: another one is refused where it is read.
fn within(key: Key, value: Given<Number>) -> Given<Number> {
    let Given::Value(Number { value, .. }) = value else { return value };
    Given::Value(plain(match key.word() {
        "score" => value,
        "pairs" | "facts" | "neurons" | "langs" | "prompts" | "runs" | "asked" | "unpaired" | "layer" => {
            (value.abs() % 1e9).trunc() + 1.0
        }
        _ => 0.25 + value.abs().fract() / 2.0,
    }))
}

fn order_key() -> impl Strategy<Value = OrderKey> {
    let measures = Measure::ALL.iter().copied().map(Key::Measure);
    // A word of both (`tokens`) is read as the measure.
    let dimensions = Dimension::ALL.iter().copied().filter(|dimension| Measure::from_word(dimension.word()).is_none());
    let dimensions = dimensions.map(Key::Dimension);
    let others = [Dimension::Lang, Dimension::Relation, Dimension::Run, Dimension::Prompt].map(Key::Other);
    let keys: Vec<Key> = measures.chain(dimensions).chain(others).collect();
    (select(keys), option::of(select(Direction::ALL))).prop_map(|(key, direction)| OrderKey {
        key,
        direction,
        span: NOWHERE,
    })
}

fn query() -> impl Strategy<Value = Query> {
    let similarity = (expr(), expr()).prop_map(|(left, right)| Head::Similarity { left, right, span: NOWHERE });
    let between = (expr(), select(vec![Dimension::Lang, Dimension::Relation, Dimension::Run, Dimension::Prompt]));
    let between = between.prop_map(|(set, dimension)| {
        let dim = Dim { dimension, span: NOWHERE };
        Head::Between { set, dim, span: NOWHERE }
    });
    let head = prop_oneof![4 => expr().prop_map(Head::Set), 1 => similarity, 1 => between];
    let by = proptest::sample::subsequence(Dimension::ALL, 0..4).prop_shuffle();
    let top = option::of(given_or(1..u64::MAX));
    let parts = (head, by, vec(having(), 0..3), vec(order_key(), 0..3), top, (any::<bool>(), any::<bool>()));
    parts.prop_map(|(head, by, having, order, top, (plot, chance))| Query {
        chance: (chance && !by.is_empty()).then_some(AgainstChance { span: NOWHERE }),
        plot: plot && by.is_empty() == matches!(head, Head::Between { .. }),
        head,
        top: top.map(|count| {
            let per = by.iter().skip(2).map(|&dimension| Dim { dimension, span: NOWHERE }).collect();
            Top { count, per, span: NOWHERE }
        }),
        by: by.into_iter().map(|dimension| Dim { dimension, span: NOWHERE }).collect(),
        having,
        order,
        span: NOWHERE,
    })
}

fn statement() -> impl Strategy<Value = Statement> {
    prop_oneof![
        1 => (name(), expr()).prop_map(|(name, set)| Statement::Let { name, set, span: NOWHERE }),
        1 => name().prop_map(|name| Statement::Drop { name, span: NOWHERE }),
        1 => (text(), store()).prop_map(|(path, name)| Statement::Attach { path, name, span: NOWHERE }),
        1 => store().prop_map(|name| Statement::Detach { name, span: NOWHERE }),
        6 => query().prop_map(Statement::Query),
        1 => (any::<bool>(), query()).prop_map(|(analyze, query)| Statement::Explain {
            analyze,
            query: Query { plot: false, ..query },
            span: NOWHERE,
        }),
    ]
}

/// The whole tree as text, without its spans (which print as `@3..7`).
fn without_spans(statement: &Statement) -> String {
    let shown = format!("{statement:?}");
    let mut pieces = shown.split("span: @");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push_str(piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back(statement in statement()) {
        let text = statement.to_string();
        let read = parse(&text).unwrap_or_else(|error| panic!("{text}\n{error:?}"));
        prop_assert_eq!(without_spans(&read), without_spans(&statement), "{}", text);
        prop_assert_eq!(read.to_string(), text);
    }

    #[test]
    fn a_printed_statement_is_one_statement(statement in statement()) {
        let text = statement.to_string();
        prop_assert_eq!(split(&text), vec![0..text.len()]);
        let finished = format!("{text};");
        prop_assert!(is_complete(&finished) && !is_complete(&text));
    }
}

#[test]
fn only_a_query_that_says_so_is_drawn() {
    let drawn = [
        "kn by layer plot",
        "KN BY LAYER TOP 3 PLOT;",
        "similarity(kn, likn) by relation having facts > 2 plot",
        "similarity(kn) between lang plot",
    ];
    let not = ["kn by layer", "drop plot", "let plot = kn", "@plot by layer", "explain kn by layer"];
    for text in drawn {
        assert!(parse(text).expect(text).wants_plot(), "{text}");
    }
    for text in not {
        assert!(!parse(text).expect(text).wants_plot(), "{text}");
    }
}
