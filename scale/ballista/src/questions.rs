//! The six questions, in kndb's language and in SQL that every engine here reads.

use kndb_bench::questions::{Asked, Subject};
use kndb_bench::{Plan, RUN};

/// A question, and what of its answer is compared.
pub struct Question {
    /// `q1` to `q6`.
    pub name: &'static str,
    /// In kndb's language.
    pub kndb: String,
    /// In SQL, over the tables of an export: `scores` and `entries`.
    pub tables: String,
    /// In SQL, over the function `kn('…')` of `kndb sql`.
    pub function: String,
    /// The columns of kndb's answer that the SQL has, too.
    pub columns: &'static [&'static str],
}

/// What chooses the neurons of one language.
struct Kn<'a> {
    lang: &'a str,
    tau: f64,
    fact: Option<&'a str>,
    relation: Option<&'a str>,
}

/// A spelling of it, as a query in parentheses with the columns `fact`, `layer` and `neuron`.
type Spelling = fn(&Kn<'_>) -> String;

/// From the tables: score > tau * max, in 64-bit numbers, as kndb compares (AMIG, Eq. 7).
fn from_tables(Kn { lang, tau, fact, relation }: &Kn<'_>) -> String {
    let fact = fact.map(|fact| format!(" AND s.fact = '{fact}' AND e.fact = '{fact}'")).unwrap_or_default();
    let relation =
        relation.map(|name| format!(" AND s.relation = '{name}' AND e.relation = '{name}'")).unwrap_or_default();
    format!(
        "(SELECT s.fact AS fact, s.layer AS layer, s.neuron AS neuron FROM scores s JOIN entries e ON s.fact = e.fact AND s.prompt = e.prompt \
         WHERE s.run = '{RUN}' AND e.run = '{RUN}' AND s.lang = '{lang}' AND e.lang = '{lang}' AND e.kind = 'scores'{fact}{relation} \
         AND CAST(s.score AS DOUBLE) > {tau} * CAST(e.\"max\" AS DOUBLE))"
    )
}

/// From kndb's function, which reads its indexes.
fn from_function(Kn { lang, tau, fact, relation }: &Kn<'_>) -> String {
    let fact = fact.map(|fact| format!(", fact=\"{fact}\"")).unwrap_or_default();
    let relation = relation.map(|name| format!(", relation={name}")).unwrap_or_default();
    format!("(SELECT fact, layer, neuron FROM kn('lang={lang}, tau={tau}{fact}{relation}'))")
}

/// The six, in the order of their names.
pub fn questions(subject: Subject) -> Vec<Question> {
    let columns: [&[&str]; 6] = [
        &["layer", "neuron"],
        &["layer", "pairs", "facts", "neurons"],
        &["fact"],
        &["layer", "neuron", "facts"],
        &["layer", "pairs", "facts", "neurons"],
        &["layer", "pairs", "facts", "neurons"],
    ];
    let (tables, function) = (sql(subject, from_tables), sql(subject, from_function));
    let asked = subject.questions().into_iter().zip(columns).zip(tables.into_iter().zip(function));
    asked
        .map(|((Asked { name, statement }, columns), (tables, function))| Question {
            name,
            kndb: statement,
            tables,
            function,
            columns,
        })
        .collect()
}

fn sql(subject: Subject, spelled: Spelling) -> [String; 6] {
    let (fact, relation) = (Plan::fact_id(subject.fact), format!("R{}", subject.relation));
    let (layer, neuron) = subject.neuron;
    let kn = |lang, tau| spelled(&Kn { lang, tau, fact: None, relation: None });
    let of_fact = |lang| spelled(&Kn { lang, tau: 0.2, fact: Some(&fact), relation: None });
    let of_relation = spelled(&Kn { lang: "en", tau: 0.2, fact: None, relation: Some(&relation) });
    let both = "a.fact = b.fact AND a.layer = b.layer AND a.neuron = b.neuron";
    let counts =
        "a.layer AS layer, count(*) AS pairs, count(DISTINCT a.fact) AS facts, count(DISTINCT a.neuron) AS neurons";
    [
        format!(
            "SELECT a.layer AS layer, a.neuron AS neuron FROM {} a JOIN {} b ON {both}",
            of_fact("en"),
            of_fact("zh")
        ),
        format!("SELECT {counts} FROM {} a JOIN {} b ON {both} GROUP BY a.layer", kn("en", 0.2), kn("zh", 0.2)),
        format!("SELECT a.fact AS fact FROM {} a WHERE a.layer = {layer} AND a.neuron = {neuron}", kn("en", 0.2)),
        // Of equals kndb's `top` takes those of lower layers, and in a layer lower neurons.
        format!(
            "SELECT a.layer AS layer, a.neuron AS neuron, count(*) AS facts FROM {of_relation} a GROUP BY a.layer, a.neuron \
             ORDER BY facts DESC, layer, neuron LIMIT 20"
        ),
        format!("SELECT {counts} FROM {} a GROUP BY a.layer", kn("en", 0.37)),
        format!(
            "SELECT {counts} FROM {} a LEFT JOIN {} b ON {both} WHERE b.fact IS NULL GROUP BY a.layer",
            kn("en", 0.2),
            kn("zh", 0.2)
        ),
    ]
}
