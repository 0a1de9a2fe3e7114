//! Random statements over the names of a store: well-typed and answerable for the most part.

mod plain;
mod sources;

use super::build::shape_of;
use super::scenario::{RunPlan, Scenario};
use kndb_query::*;
use kndb_storage::Shape;
pub use plain::plain;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::Union;
use sources::{called, number, source};

const NOWHERE: Span = Span { start: 0, end: 0 };

/// What statements can name.
#[derive(Clone, Debug)]
pub struct Names {
    plan: std::rc::Rc<Scenario>,
    /// The model that neurons are of.
    model: &'static str,
}

impl Names {
    pub fn of(plan: &Scenario) -> Self {
        Self { plan: std::rc::Rc::new(plan.clone()), model: plan.runs[0].model }
    }

    fn runs(&self, groups: bool) -> Vec<&'static str> {
        let fits = |run: &&RunPlan| run.model == self.model && if groups { run.groups } else { run.scores };
        self.plan.runs.iter().filter(fits).map(|run| run.name).collect()
    }

    /// The same names for each of the models.
    fn models(&self) -> Vec<Self> {
        let mut models: Vec<&'static str> = self.plan.runs.iter().map(|run| run.model).collect();
        models.dedup();
        models.into_iter().map(|model| Self { model, ..self.clone() }).collect()
    }

    fn relations(&self) -> Vec<&'static str> {
        let named = |labels: &[usize]| labels.iter().any(|&language| language < self.plan.languages.len());
        let known = self.plan.facts.iter().filter(|fact| named(&fact.labels)).map(|fact| fact.relation);
        known.flat_map(|relation| [relation, called(relation)]).collect()
    }

    fn shape(&self) -> Shape {
        shape_of(self.model, &self.plan)
    }
}

fn placed(kind: ExprKind) -> Expr {
    Expr { kind, span: NOWHERE }
}

fn by_number(names: &Names) -> impl Strategy<Value = Expr> + use<> {
    let Shape { layers, width } = names.shape();
    let few = width.min(2_000);
    let interval = |limit: u32| {
        (0..limit, 0..limit).prop_map(|(a, b)| Interval { first: a.min(b), last: a.max(b), span: NOWHERE })
    };
    let near_the_end = (width - few..width).prop_map(|unit| Interval { first: unit, last: unit, span: NOWHERE });
    let whole = if width > 5_000 {
        Just(Units::Within(Interval { first: 0, last: 1_000, span: NOWHERE })).boxed()
    } else {
        Just(Units::Every).boxed()
    };
    let units = prop_oneof![
        10 => interval(few).prop_map(Units::Within),
        10 => near_the_end.prop_map(Units::Within),
        10 => whole,
        1 => Just(Units::Within(Interval { first: 0, last: width, span: NOWHERE })),
    ];
    let range = (interval(layers), units).prop_map(|(layers, units)| NeuronRange { layers, units, span: NOWHERE });
    vec(range, 1..3).prop_map(|ranges| placed(ExprKind::Neurons(ranges)))
}

fn saved(kind: &str) -> impl Strategy<Value = Expr> + use<> {
    let names: Vec<String> = (0..2).map(|number| format!("{kind}{number}")).collect();
    select(names).prop_map(|text| placed(ExprKind::Saved(Name { text, span: NOWHERE })))
}

fn joined(
    op: impl Strategy<Value = SetOp> + 'static,
    left: BoxedStrategy<Expr>,
    right: BoxedStrategy<Expr>,
) -> BoxedStrategy<Expr> {
    let join = |(op, left, right)| {
        placed(ExprKind::Binary { op, op_span: NOWHERE, left: Box::new(left), right: Box::new(right) })
    };
    (op, left, right).prop_map(join).boxed()
}

pub fn pairs(names: &Names, depth: u32) -> BoxedStrategy<Expr> {
    let of_first_model = u32::from(names.model == names.plan.runs[0].model);
    let with_groups = u32::from(!names.runs(true).is_empty());
    let leaf = prop_oneof![
        12 => source(SourceKind::Kn, names),
        5 => source(SourceKind::Likn, names),
        4 * with_groups => source(SourceKind::Dkn, names),
        2 * of_first_model => saved("p"),
    ]
    .boxed();
    if depth == 0 {
        return leaf;
    }
    let (inner, neurons, facts) = (pairs(names, depth - 1), neurons(names, depth - 1), facts(names, depth - 1));
    use Dimension::{Fact, Layer, Neuron, Relation};
    let by = [vec![Fact, Neuron], vec![Neuron, Fact], vec![Layer, Fact, Neuron], vec![]];
    let stray = [&by[..], &[vec![Relation, Neuron], vec![Layer]]].concat();
    let places = [Measure::Langs, Measure::Prompts, Measure::Runs, Measure::Score];
    let listed = [Key::Dimension(Fact), Key::Dimension(Layer), Key::Measure(Measure::Score)];
    prop_oneof![
        3 => leaf.clone(),
        1 => parenthesised(leaf, &by[..3], &listed, &places),
        2 => parenthesised(inner.clone(), &[&by[..], &by[..], &by[..], &stray[..]].concat(), &listed, &COUNTS),
        3 => joined(select(SetOp::ALL), inner.clone(), inner.clone()),
        2 => joined(Just(SetOp::Intersection), inner.clone(), neurons.clone()),
        1 => joined(Just(SetOp::Intersection), neurons.clone(), inner.clone()),
        1 => joined(Just(SetOp::Difference), inner.clone(), neurons),
        1 => joined(Just(SetOp::Intersection), facts.clone(), inner.clone()),
        2 => joined(select(vec![SetOp::Intersection, SetOp::Difference]), inner, facts),
    ]
    .boxed()
}

pub fn neurons(names: &Names, depth: u32) -> BoxedStrategy<Expr> {
    let of_first_model = u32::from(names.model == names.plan.runs[0].model);
    let leaf = prop_oneof![6 => by_number(names), of_first_model => saved("n")].boxed();
    if depth == 0 {
        return leaf;
    }
    use Dimension::{Layer, Neuron};
    let of = pairs(names, depth - 1);
    let by = [vec![Neuron], vec![Layer, Neuron], vec![Neuron, Layer]];
    let rows = parenthesised(of.clone(), &by, &[], &COUNTS);
    let of = of.prop_map(|of| placed(ExprKind::NeuronsOf(Box::new(of))));
    let inner = neurons(names, depth - 1);
    let listed = [Key::Dimension(Layer), Key::Dimension(Neuron)];
    let again = parenthesised(inner.clone(), &[vec![], vec![Neuron]], &listed, &[Measure::Neurons, Measure::Share]);
    prop_oneof![3 => leaf, 2 => of, 2 => rows, 1 => again, 1 => joined(select(SetOp::ALL), inner.clone(), inner)]
        .boxed()
}

pub fn facts(names: &Names, depth: u32) -> BoxedStrategy<Expr> {
    let leaf = prop_oneof![6 => source(SourceKind::Facts, names), 1 => saved("f")].boxed();
    if depth == 0 {
        return leaf;
    }
    // Facts are the same in every model.
    let of = Union::new(names.models().iter().map(|names| pairs(names, depth - 1)));
    use Dimension::{Fact, Object, Relation};
    let rows = parenthesised(of.clone().boxed(), &[vec![Fact]], &[], &COUNTS);
    let similar = Union::new(names.models().iter().map(|names| similar_facts(names, depth)));
    let of_entries = Union::new(names.models().iter().map(|names| entries(names, 0)));
    let by_p = [Key::Measure(Measure::P), Key::Measure(Measure::Largest), Key::Dimension(Object)];
    let of_p = [Measure::P, Measure::Entries, Measure::Correct];
    let rows_of_entries = parenthesised(of_entries.clone().boxed(), &[vec![Fact]], &[], &of_p);
    let chosen = prop_oneof![
        3 => of_entries.clone(),
        1 => parenthesised(of_entries.boxed(), &[vec![]], &by_p, &of_p),
    ];
    let chosen = chosen.prop_map(|of| placed(ExprKind::FactsOf(Box::new(of))));
    let of = of.prop_map(|of| placed(ExprKind::FactsOf(Box::new(of))));
    let inner = facts(names, depth - 1);
    let listed = [Key::Dimension(Relation), Key::Dimension(Object), Key::Dimension(Fact)];
    let again = parenthesised(inner.clone(), &[vec![], vec![Fact]], &listed, &[Measure::Facts, Measure::Share]);
    let joined = joined(select(SetOp::ALL), inner.clone(), inner);
    prop_oneof![3 => leaf, 3 => of, 2 => chosen, 1 => rows_of_entries, 2 => rows, 1 => similar, 1 => again, 1 => joined]
        .boxed()
}

/// What was measured, of all facts or of some.
fn entries(names: &Names, depth: u32) -> BoxedStrategy<Expr> {
    let (entries, facts) = (source(SourceKind::Entries, names), facts(names, depth));
    let once = prop_oneof![
        2 => joined(select(vec![SetOp::Intersection, SetOp::Difference]), entries.clone(), facts.clone()),
        1 => joined(Just(SetOp::Intersection), facts.clone(), entries.clone()),
    ];
    let stray = joined(select(SetOp::ALL), entries.clone(), facts.clone());
    let twice = joined(select(vec![SetOp::Intersection, SetOp::Difference]), once.clone().boxed(), facts);
    prop_oneof![12 => entries, 6 => once, 2 => twice, 1 => stray].boxed()
}

/// The facts of a similarity, chosen by it.
fn similar_facts(names: &Names, depth: u32) -> BoxedStrategy<Expr> {
    let head = (pairs(names, depth - 1), pairs(names, depth - 1)).prop_map(|(left, right)| Head::Similarity {
        left,
        right,
        span: NOWHERE,
    });
    let measures = [Measure::Similarity, Measure::Similarity, Measure::Facts, Measure::Unpaired];
    let by = prop_oneof![15 => Just(vec![Dimension::Fact]), 1 => Just(vec![Dimension::Relation])];
    let query = clauses(head.boxed(), by.boxed(), &[], &measures);
    query.prop_map(|query| placed(ExprKind::Rows(Box::new(Query { plot: false, ..query })))).boxed()
}

/// What rows of pairs count.
const COUNTS: [Measure; 6] =
    [Measure::Pairs, Measure::Facts, Measure::Facts, Measure::Neurons, Measure::Asked, Measure::Frequency];

/// A query in parentheses, by one of some lists of dimensions.
fn parenthesised(
    of: BoxedStrategy<Expr>,
    by: &[Vec<Dimension>],
    listed: &[Key],
    measures: &[Measure],
) -> BoxedStrategy<Expr> {
    let query = clauses(of.prop_map(Head::Set).boxed(), select(by.to_vec()).boxed(), listed, measures);
    query.prop_map(|query| placed(ExprKind::Rows(Box::new(Query { plot: false, ..query })))).boxed()
}

/// The clauses of a query: on its dimensions and measures, for the most part.
fn query(head: BoxedStrategy<Head>, dims: &[Dimension], listed: &[Key], measures: &[Measure]) -> BoxedStrategy<Query> {
    let by = prop_oneof![1 => Just(vec![]), 3 => subsequence(dims.to_vec(), 1..=dims.len().min(3)).prop_shuffle()];
    clauses(head, by.boxed(), listed, measures)
}

fn clauses(
    head: BoxedStrategy<Head>,
    by: BoxedStrategy<Vec<Dimension>>,
    listed: &[Key],
    measures: &[Measure],
) -> BoxedStrategy<Query> {
    let (listed, measures) = (listed.to_vec(), measures.to_vec());
    (head, by, any::<bool>())
        .prop_flat_map(move |(head, by, clauses)| {
            let counted = !by.is_empty() || !matches!(head, Head::Set(_));
            let columns: Vec<Key> = if counted || listed.is_empty() {
                let measures = measures.iter().copied().map(Key::Measure);
                let compared = match &head {
                    Head::Between { dim, .. } => vec![Key::Dimension(dim.dimension), Key::Other(dim.dimension)],
                    Head::Set(_) | Head::Similarity { .. } => Vec::new(),
                };
                by.iter().copied().map(Key::Dimension).chain(measures).chain(compared).collect()
            } else {
                listed.clone()
            };
            let mut per: Vec<Dimension> = Vec::new();
            for key in columns.iter().filter(|_| !matches!(head, Head::Between { .. })) {
                if let Key::Dimension(dimension) = key
                    && !per.contains(dimension)
                {
                    per.push(*dimension);
                }
            }
            let few = per.len().min(2);
            let per = prop_oneof![2 => Just(Vec::new()), 1 => subsequence(per, 0..=few).prop_shuffle()];
            let most = usize::from(clauses) * 3;
            let stray = select(vec![Key::Measure(Measure::Pairs), Key::Dimension(Dimension::Layer)]);
            let key = prop_oneof![30 => select(columns), 1 => stray];
            let order = (key.clone(), option::of(select(Direction::ALL))).prop_map(|(key, direction)| OrderKey {
                key,
                direction,
                span: NOWHERE,
            });
            let than = prop_oneof![(0..6_u8).prop_map(f64::from), select(vec![0.1, 0.25, 0.5, 1.0 / 3.0])];
            let share = option::weighted(0.4, select(vec![0.0, 0.5, 10.0, 25.0, 33.3, 50.0, 60.0, 66.7, 100.0]));
            let having = (key, select(Comparison::ALL), than, share).prop_map(|(key, op, value, share)| {
                use Measure::{Facts, Langs, Prompts, Runs};
                let shares = [Facts, Langs, Prompts, Runs].iter().any(|of| key == Key::Measure(*of));
                let value = match share.filter(|_| shares) {
                    Some(value) => Number { value, percent: true },
                    // What is computed otherwise here differs in its last digits, so that a bound must not be met.
                    None => number(value + if is_computed(key) { 0.001_234_5 } else { 0.0 }),
                };
                Having { key, key_span: NOWHERE, op, value: Given::Value(value), span: NOWHERE }
            });
            let is_text = |key: &Key| {
                use Dimension::{Answer, Correct, Fact, Lang, Object, Relation, Run, Subject};
                let of = |d: &Dimension| *key == Key::Dimension(*d) || *key == Key::Other(*d);
                [Fact, Relation, Subject, Object, Lang, Run, Answer, Correct].iter().any(of)
            };
            // Rows of entries have numbers of their own.
            let of_entries = listed.contains(&Key::Measure(Measure::P));
            let having = vec(having, 0..=if counted || of_entries { most.min(2) } else { 0 });
            let having =
                having.prop_map(move |list| list.into_iter().filter(|h| !is_text(&h.key) && possible(h)).collect());
            let top = option::of(prop_oneof![9 => 1..12_u64, 1 => Just(u64::MAX)]);
            (Just((head, by)), having, vec(order, 0..=most), (top, per), any::<bool>())
        })
        .prop_map(|((head, by), having, order, (top, per), plot)| Query {
            chance: None,
            plot: plot && by.is_empty() == matches!(head, Head::Between { .. }),
            head,
            by: by.into_iter().map(|dimension| Dim { dimension, span: NOWHERE }).collect(),
            having,
            order,
            top: top.map(|count| {
                let per = per.into_iter().map(|dimension| Dim { dimension, span: NOWHERE }).collect();
                Top { count: Given::Value(count), per, span: NOWHERE }
            }),
            span: NOWHERE,
        })
        .boxed()
}

/// Whether any row could have it: what none could is refused where it is read.
fn possible(having: &Having) -> bool {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less};
    let Number { value, percent } = having.value.value().expect("a number");
    let (key, op) = (having.key.to_string(), having.op);
    match key.as_str() {
        _ if percent => !(op == Greater && value == 100.0 || op == Less && value == 0.0),
        "score" | "group" => true,
        "share" | "frequency" if value > 1.0 => false,
        "share" | "frequency" | "similarity" | "expected" | "others" | "p" | "p_alone" | "p_all" | "p_chance"
        | "fdr" => match op {
            Equal | GreaterOrEqual => value <= 1.0,
            Greater => value < 1.0,
            Less => value > 0.0,
            _ => true,
        },
        _ => !(op == Less && value == 0.0 || op == Equal && value.fract() != 0.0),
    }
}

fn is_computed(key: Key) -> bool {
    [Measure::Expected, Measure::Others, Measure::PChance, Measure::Fdr]
        .iter()
        .any(|measure| key == Key::Measure(*measure))
}

fn keys(dims: &[Dimension]) -> Vec<Key> {
    dims.iter().copied().map(Key::Dimension).collect()
}

/// Sets that statements can use, of the first model.
pub fn lets(names: &Names) -> impl Strategy<Value = Vec<Statement>> + use<> {
    let kn = source(SourceKind::Kn, names);
    let pairs = prop_oneof![kn.clone(), source(SourceKind::Likn, names), joined(select(SetOp::ALL), kn.clone(), kn)];
    let plain = source(SourceKind::Facts, names);
    let sets = (vec(pairs, 2), vec(by_number(names), 2), vec(plain, 2));
    sets.prop_map(|(pairs, neurons, facts)| {
        let of = |kind: &'static str, sets: Vec<Expr>| {
            let named = sets.into_iter().enumerate();
            named.map(move |(number, set)| save(format!("{kind}{number}"), set)).collect::<Vec<_>>()
        };
        [of("p", pairs), of("n", neurons), of("f", facts)].concat()
    })
}

fn save(text: String, set: Expr) -> Statement {
    Statement::Let { name: Name { text, span: NOWHERE }, set, span: NOWHERE }
}

pub fn statement(names: &Names, depth: u32) -> BoxedStrategy<Statement> {
    let first = &names.models()[0];
    let again = [("p", pairs(first, 1)), ("n", neurons(first, 1)), ("f", facts(first, 1))];
    let again =
        again.map(|(kind, set)| (0..2_u8, set).prop_map(move |(n, set)| save(format!("{kind}{n}"), set)).boxed());
    let queries = Union::new(names.models().iter().map(|names| asked(names, depth)));
    prop_oneof![30 => queries.prop_map(Statement::Query), 2 => Union::new(again)].boxed()
}

/// Queries about one model.
fn asked(names: &Names, depth: u32) -> BoxedStrategy<Query> {
    use Dimension::{Fact, Group, Lang, Layer, Neuron, Object, Prompt, Relation, Run, Size, Subject};
    let of_facts = [Fact, Relation, Subject, Object];
    let of_pairs = [Fact, Relation, Subject, Object, Layer, Neuron];
    let set = |expr: BoxedStrategy<Expr>| expr.prop_map(Head::Set).boxed();
    let mut listed = keys(&of_pairs);
    listed.push(Key::Measure(Measure::Score));
    let counts = [&[Measure::Share][..], &COUNTS].concat();
    let places = [Measure::Langs, Measure::Prompts, Measure::Runs, Measure::Pairs];
    let of_groups = [
        Measure::Frequency,
        Measure::Pairs,
        Measure::Facts,
        Measure::Share,
        Measure::P,
        Measure::PAlone,
        Measure::PAll,
    ];
    let (kn, dkn) = (source(SourceKind::Kn, names), source(SourceKind::Dkn, names));
    let with_groups = u32::from(!names.runs(true).is_empty());
    let filtered = prop_oneof![
        4 => kn.clone(),
        2 * with_groups => dkn.clone(),
        2 => joined(Just(SetOp::Intersection), kn.clone(), neurons(names, 1)),
        2 => joined(select(vec![SetOp::Intersection, SetOp::Difference]), kn, facts(names, 1)),
        with_groups => joined(Just(SetOp::Intersection), dkn.clone(), neurons(names, 1)),
    ];
    let split_dims = [Lang, Prompt, Run, Lang, Prompt, Layer, Relation, Neuron, Fact];
    let group_dims = [Group, Group, Group, Group, Lang, Relation, Prompt];
    let groups = prop_oneof![3 => dkn.clone(), 1 => joined(Just(SetOp::Intersection), dkn, neurons(names, 0))];
    let similarity = (pairs(names, depth - 1), pairs(names, depth - 1))
        .prop_map(|(left, right)| Head::Similarity { left, right, span: NOWHERE })
        .boxed();
    let of_similarity = [Fact, Relation, Subject, Object, Layer];
    let mut similar = vec![Measure::Similarity, Measure::Expected, Measure::P, Measure::Others];
    similar.extend([Measure::Facts, Measure::Unpaired]);
    let alike = [Measure::Similarity, Measure::Expected, Measure::P, Measure::Neurons];
    let frequent = [Measure::Facts, Measure::Pairs, Measure::PChance, Measure::PChance, Measure::Fdr];
    let two = (neurons(names, depth - 1), neurons(names, depth - 1))
        .prop_map(|(left, right)| Head::Similarity { left, right, span: NOWHERE })
        .boxed();
    let between = |set: BoxedStrategy<Expr>, dims: &[Dimension]| {
        let dim = select(dims.to_vec()).prop_map(|dimension| Dim { dimension, span: NOWHERE });
        (set, dim).prop_map(|(set, dim)| Head::Between { set, dim, span: NOWHERE }).boxed()
    };
    let parts = between(filtered.clone().boxed(), &[Lang, Lang, Run, Prompt]);
    let relations = between(pairs(names, depth - 1), &[Relation]);
    let shares = |measure| [measure, Measure::Share];
    let against = prop_oneof![
        3 => query(similarity, &of_similarity, &[], &similar),
        2 => query(parts, &of_similarity, &[], &similar),
        2 => query(set(pairs(names, depth - 1)), &[Neuron, Neuron, Layer], &listed, &frequent).prop_map(against_chance),
        1 => query(two, &[Layer], &[], &alike),
        1 => query(relations, &[Layer], &[], &alike),
    ];
    // Of pairs in a language, with a prompt, in a run: what has one of them alone need not name it.
    let rest = subsequence(vec![Lang, Prompt, Run, Relation, Layer], 0..=4);
    let by_pair = rest.prop_map(|rest| [&[Fact, Neuron][..], &rest].concat()).prop_shuffle();
    let of_pair = [Measure::Score, Measure::Score, Measure::Score, Measure::Pairs];
    let kn = prop_oneof![
        3 => source(SourceKind::Kn, names),
        2 => filtered.clone(),
        1 => joined(Just(SetOp::Difference), source(SourceKind::Kn, names), pairs(names, 0)),
    ];
    let scored = clauses(set(kn.boxed()), by_pair.boxed(), &listed, &of_pair);
    let found = prop_oneof![
        query(set(filtered.clone().boxed()), &[Fact, Neuron, Lang, Run], &listed, &places),
        query(set(filtered.clone().boxed()), &[Neuron, Neuron, Relation, Object, Lang], &listed, &places)
            .prop_map(without_twins),
        scored,
    ];
    let entries = entries(names, 1);
    let numbers = [
        Measure::P,
        Measure::P,
        Measure::Baseline,
        Measure::Rank,
        Measure::Tokens,
        Measure::Residual,
        Measure::Largest,
        Measure::Kept,
        Measure::Correct,
    ];
    let mut of_entry = keys(&[Fact, Relation, Subject, Object, Lang, Prompt, Run, Dimension::Answer]);
    of_entry.extend(numbers.map(Key::Measure));
    let entry_dims =
        [Fact, Relation, Subject, Object, Lang, Prompt, Run, Dimension::Correct, Dimension::Tokens, Dimension::Answer];
    let of_entries = [Measure::Entries, Measure::Facts, Measure::P, Measure::P, Measure::Median, Measure::Correct];
    let about_entries = prop_oneof![
        3 => query(set(entries.clone()), &[Relation], &of_entry, &of_entries),
        3 => query(set(entries), &entry_dims, &of_entry, &of_entries).prop_map(without_twins),
    ];
    let others = prop_oneof![
        6 => query(set(pairs(names, depth)), &of_pairs, &listed, &counts),
        2 => query(set(source(SourceKind::Kn, names)), &of_pairs, &listed, &counts),
        2 => query(set(pairs(names, depth - 1)), &[Size, Size, Relation, Object, Fact], &listed, &counts).prop_map(without_twins),
        2 => query(set(filtered.clone().boxed()), &[Size, Size, Lang, Prompt, Run, Relation], &listed, &counts).prop_map(without_twins),
        8 => found,
        4 => query(set(filtered.boxed()), &split_dims, &listed, &counts).prop_map(without_twins),
        2 * with_groups => query(set(groups.boxed()), &group_dims, &listed, &of_groups).prop_map(without_twins),
        2 => query(set(facts(names, depth)), &of_facts, &keys(&of_facts), &shares(Measure::Facts)),
        2 => query(set(neurons(names, depth)), &[Layer, Neuron], &keys(&[Layer, Neuron]), &shares(Measure::Neurons)),
        9 => against,
    ];
    prop_oneof![5 => others, 1 => about_entries].boxed()
}

/// Held against chance, where it counts by neuron.
fn against_chance(query: Query) -> Query {
    let mut query = without_twins(query);
    let chance = [Measure::PChance, Measure::Fdr].map(Key::Measure);
    if query.by.is_empty() {
        query.having.retain(|having| !chance.contains(&having.key));
        query.order.retain(|order| !chance.contains(&order.key));
        return query;
    }
    Query { chance: Some(AgainstChance { span: NOWHERE }), ..query }
}

/// No dimension is named twice.
fn without_twins(mut query: Query) -> Query {
    let mut seen = Vec::new();
    query.by.retain(|dim| {
        let new = !seen.contains(&dim.dimension);
        seen.push(dim.dimension);
        new
    });
    query
}
