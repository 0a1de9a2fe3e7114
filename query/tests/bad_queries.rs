//! What people get to read about statements that cannot be read. The messages are kept as
//! snapshots: a change of wording is a change to look at.

#[macro_use]
mod carets;

use kndb_query::parse;

bad!(
    habits_of_sql,
    [
        "select * from kn where lang = 'en'",
        "kn where lang=en",
        "kn[lang=en] and kn[lang=zh]",
        "kn[lang=en] && kn[lang=zh]",
        "kn[lang=en] not kn[lang=zh]",
        "kn[lang=en] group by layer",
        "kn[lang=en] by layer limit 10",
        "kn[lang=en] by layer sort pairs",
        "kn by layer order pairs",
        "kn by layer order by pairs descending",
        "kn[lang==en]",
        "kn[lang=en and relation=P36]",
        "kn[lang=en or lang=zh]",
        "kn[lang!=en]",
        "kn[layer between 7 and 11]",
        "facts[subject like \"Fr%\"]",
        "kn /* all */ by layer",
        "insert into capitals kn",
    ]
);

bad!(
    brackets,
    [
        "kn[lang=en by layer",
        "kn[lang=en; kn",
        "kn[lang in (en, zh]",
        "(kn[lang=en] & kn[lang=zh] by layer",
        "facts of (kn[lang=en]",
        "(kn by neuron having facts >= 10",
        "(kn by neuron order by facts having facts > 2)",
        "(kn by layer plot)",
        "kn[lang=en]) by layer",
        "kn lang=en] by layer",
        "kn(lang=en)",
        "kn[]",
        "kn[lang=en,]",
        "()",
        "@capitals[lang=en]",
        "[lang=en]",
        "kn{lang=en}",
    ]
);

bad!(
    conditions,
    [
        "kn[lang=en,zh]",
        "kn[lang=en, zh, de, relation=P36]",
        "kn[lang=(en, zh)]",
        "kn[lang in en]",
        "kn[lang in (*)]",
        "kn[lang=en|zh]",
        "kn[lang=en, lang=zh]",
        "kn[tau=0.1, tau=0.2]",
        "likn[en]",
        "kn[P36]",
        "kn[9]",
        "kn[\"France\"]",
        "kn[language=en]",
        "kn[lnag=en]",
        "kn[neuron=852]",
        "kn[colour=red]",
        "facts[lang=en]",
        "dkn[tau=0.2]",
        "kn[subject=New York]",
        "kn[subject=\"New\" York]",
        "kn[lang~en]",
        "kn[lang=en relation=P36]",
        "kn[subject=*]",
        "kn[lang]",
        "kn[lang=",
        "kn[lang=]",
    ]
);

bad!(
    lists,
    [
        "likn[lang=[en,zh]]",
        "likn[lang=[\"en\", \"zh\"]] by layer",
        "kn[lang in [en, zh]]",
        "kn[lang={en, zh}]",
        "kn[relation=(P36, P37)]",
        "kn[fact in [f1]]",
        "kn[layer=[7, 9]]",
        "kn[layer in [7, 9]]",
        "kn[prompt={0}]",
        "kn[lang=[en",
        "kn[lang=[]]",
    ]
);

bad!(
    methods,
    [
        "kn.filter(lang='en')",
        "kn[lang=en].head(10)",
        "kn.groupby(\"layer\").count()",
        "(kn & likn).sort_values(\"facts\")",
        "kn[lang=en].intersection(kn[lang=zh])",
        "@capitals.union(kn)",
        "df = kn.where(lang == \"en\")",
    ]
);

bad!(
    signs,
    [
        "kn[sign=neg]",
        "kn[sign=-]",
        "kn[sign=*] by layer",
        "kn[sign=both]",
        "kn[sign=nagative]",
        "kn[sign=\"negative\"]",
        "kn[sign=red]",
        "kn[sign in (negative, positive)]",
        "kn[sign<0]",
        "kn[sgn=negative]",
        "kn[sign]",
        "dkn[sign=negative]",
        "facts[sign=any]",
        "entries[sign=negative]",
    ]
);

bad!(
    sets,
    [
        "kns[lang=en]",
        "capitals & kn",
        "kn[lang=en] + kn[lang=zh]",
        "kn[lang=en] & & kn[lang=zh]",
        "kn[lang=en] &",
        "9:852 & kn",
        "kn & neurons(*:5)",
        "kn & neurons(9)",
        "kn & neurons(9:20..10)",
        "kn & neurons 9:852",
        "kn & neurons[layer=9]",
        "neurons kn[lang=en]",
        "facts kn[lang=en]",
        "facts(relation=P36)",
        "kn of @capitals",
        "kn, likn",
        "\"France\"",
        "@",
        "@2nd",
        "lang=en",
        "by layer",
        "kn & similarity(kn, kn)",
        "similarity(kn[lang=en])",
        "similarity(kn, likn, dkn)",
        "similarity kn, likn",
        "similarity(kn, likn) & kn",
    ]
);

bad!(
    against_chance,
    [
        "kn by neuron against",
        "kn by neuron against luck",
        "kn against chance",
        "kn by neuron having facts > 3 against chance",
        "kn by neuron against chance against chance",
        "kn by neuron against chance by layer",
        "kn by neuron top 3 against chance",
        "kn by neuron agianst chance",
        "kn by neuron chance",
        "kn by against chance",
        "similarity(kn, likn) against chance",
        "let a = kn by neuron against chance",
        "let a = kn against chance",
    ]
);

bad!(
    similarities_as_sets,
    [
        "(similarity(kn[lang=en], kn[lang=zh]))",
        "(similarity(kn[lang=en], kn[lang=zh])) & kn",
        "(similarity(kn[lang=en], kn[lang=zh]) & kn) by layer",
        "(similarity(kn, likn) by fact",
        "(similarity(kn, likn) by fact plot)",
        "kn & similarity(kn, likn) by fact",
    ]
);

bad!(
    matrices,
    [
        "similarity(kn) between",
        "similarity(kn) between layer",
        "similarity(kn) between fact",
        "similarity(kn) between neuron",
        "similarity(kn) between pairs",
        "similarity(kn) between languages",
        "similarity(kn) between lang, run",
        "similarity(kn) between lang between run",
        "similarity(kn) by layer between lang",
        "similarity(kn) betwen lang",
        "similarity(kn, likn) between lang",
        "similarity(kn between lang)",
        "kn between lang",
        "similarity(kn) between lang & kn",
        "similarity(kn) between lang by layer plot",
        "let a = similarity(kn) between lang",
    ]
);

bad!(
    clauses,
    [
        "kn top 5 by layer",
        "kn order by pairs having facts > 3",
        "kn by layer by relation",
        "kn by layer top 5 top 6",
        "kn by layer, layer",
        "kn by layer relation",
        "kn by layer,",
        "kn by layers",
        "kn by language",
        "kn by pairs",
        "kn by colour",
        "kn by",
        "kn by layer having",
        "kn by layer having pairs",
        "kn by layer having pairs == 3",
        "kn by layer having pairs > many",
        "kn by layer having pairs > 3, facts > 2",
        "kn by layer having pairs > 3 or facts > 2",
        "kn by relation having relation = 36",
        "kn by layer having fatcs > 3",
        "kn by layer order by",
        "kn by layer order by weight",
        "kn by langs",
        "similarity(kn by layer, kn)",
        "let a = kn by neuron top 5",
        "kn ordre by pairs",
    ]
);

bad!(
    what_was_measured,
    [
        "kn[p>=10%]",
        "kn[p>=1.5]",
        "kn[p<0]",
        "kn[prob>=0.1]",
        "kn[p]",
        "kn[p in 1..0]",
        "kn[p==0.1]",
        "kn[p!=0.1]",
        "kn[correct=true]",
        "kn[correct=0]",
        "kn[correct=maybe]",
        "kn[correct=\"yes\"]",
        "kn[correct!=yes]",
        "kn[correct>=1]",
        "kn[correct]",
        "kn[tokens=0]",
        "kn[tokens=one]",
        "kn[token=1]",
        "kn[object_rank<1]",
        "kn[object_rank<=1.5]",
        "kn[answer!=Paris]",
        "kn[answer]",
        "kn[prediction=Paris]",
        "facts[p>=0.1]",
        "neurons[p>=0.1]",
        "entry[lang=en]",
        "entries[tau=0.3]",
        "entries[score>=0.1]",
    ]
);

bad!(
    degenerate_groups,
    [
        "kn[t_low=0.2]",
        "likn[lang=en, size=2]",
        "facts[t_high=0.25]",
        "dkn[score>0.1]",
        "dkn[t_low=20]",
        "dkn[t_low=-0.1]",
        "dkn[t_high=1]",
        "dkn[t_high=25%]",
        "dkn[t_low<=0.2]",
        "dkn[t_low in (0.1, 0.2)]",
        "dkn[tlow=0.2]",
        "dkn[t_low=0.2, t_low=0.3]",
        "dkn[size=1]",
        "dkn[size in (1..2, 3)]",
        "dkn[size>=2]",
        "dkn[size=2..3]",
        "dkn[size=2, size=3]",
        "dkn[size in 2.5..3]",
        "dkn by group having p_al < 0.1",
    ]
);

bad!(
    plots,
    [
        "kn[lang=en] plot",
        "kn top 5 plot",
        "entries plot",
        "entries[correct=no] order by p plot",
        "kn plot by layer",
        "similarity(kn, likn) plot",
        "kn by layer plot top 5",
        "kn by layer plot plot",
        "kn by layer plot kn",
        "kn by layer plot & likn",
        "kn by layer plt",
        "kn by layer order by pairs plot desc",
        "kn by plot",
        "kn by layer, plot",
        "explain kn by layer plot",
        "explain analyze similarity(kn, likn) by relation plot",
        "let a = kn plot",
        "plot kn by layer",
    ]
);

bad!(
    statements,
    [
        "",
        "  -- nothing\n;",
        "let capitals kn",
        "let = kn",
        "let @capitals = kn",
        "let 2nd = kn",
        "let capitals = kn by layer",
        "let s = similarity(kn, kn)",
        "drop @capitals",
        "drop",
        "drop a, b",
        "explain let a = kn",
        "explain",
        "analyze kn",
        "kn; likn",
        "kn\nlikn by layer",
    ]
);

bad!(
    characters,
    [
        "kn［lang=en］",
        "kn[lang=en，relation=P36]",
        "kn[subject=“France”]",
        "kn[lang=en] – kn[lang=zh]",
        "kn[lang=en] ∩ kn[lang=zh]",
        "kn[score≥0.1]",
        "kn[subject=北京]",
        "kn[subject=Côte]",
        "kn[subject=\"France]",
        "kn[subject=\"a\\qb\"]",
        "kn[lang=`en`]",
        "kn[lang=$1]",
        "kn；",
        "ｋｎ",
        "@café",
        "kn\u{7}",
    ]
);

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let parentheses = format!("{}kn{}", "(".repeat(100_000), ")".repeat(100_000));
    let projections = format!("{}kn", "facts of ".repeat(100_000));
    let chain = format!("kn{}", " & kn".repeat(100_000));
    for text in [parentheses, projections] {
        let error = parse(&text).expect_err("too deep");
        assert_eq!(error.to_string(), "this expression is more than 200 levels deep");
    }
    let error = parse(&chain).expect_err("too long");
    assert_eq!(error.to_string(), "this expression joins more than 1000 sets, one after the other");
    let deepest = format!("{}kn{}", "(".repeat(199), ")".repeat(199));
    assert!(parse(&deepest).is_ok());
    let longest = format!("kn{}", " - kn".repeat(999));
    assert!(parse(&longest).is_ok());
}
