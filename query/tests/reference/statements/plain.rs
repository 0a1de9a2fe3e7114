//! Statements that are asked of every store.

use super::super::build::shape_of;
use super::super::scenario::Scenario;

/// Plain statements, each a way of its own through the executor.
pub fn plain(plan: &Scenario) -> Vec<String> {
    let mut statements = Vec::new();
    let unit = shape_of(plan.runs[0].model, plan).width / 2;
    for run in &plan.runs {
        for language in &plan.languages {
            let source = format!("kn[run={:?}, lang={language}, tau=0.3]", run.name);
            statements.extend(["layer", "neuron", "relation", "subject, layer"].map(|by| format!("{source} by {by}")));
            statements.push(format!("{source} order by score, subject top 7"));
            statements.push(format!("similarity({source}, kn[run={:?}, tau=0.3])", run.name));
            for sign in ["sign=negative", "sign=any", "sign=any, rank<=3", "sign=negative, rank<4, tau=0.1"] {
                let source = format!("kn[run={:?}, lang={language}, {sign}]", run.name);
                statements.push(format!("{source} top 9"));
                statements.push(format!("{source} by layer"));
            }
            statements.push(format!("similarity({source}, kn[run={:?}]) by layer", run.name));
        }
        let all = format!("[run={:?}]", run.name);
        statements.extend(["lang", "prompt", "run, lang", "layer"].map(|by| format!("kn{all} by {by}")));
        statements
            .extend(["size", "size, relation", "lang, size", "prompt, size"].map(|by| format!("kn{all} by {by}")));
        statements.push(format!("(kn{all} by neuron having facts >= 50%) by layer"));
        statements.push(format!("kn{all} by relation, lang having facts >= 60% order by frequency, asked"));
        statements.push(format!("(kn{all} by fact, neuron having langs = 1) by layer"));
        statements.push(format!("kn{all} by neuron having langs >= 60% order by langs, prompts"));
        statements.push(format!("kn{all} by relation, neuron having prompts > 1 order by runs, langs top 9"));
        statements.push(format!("kn{all} by fact, neuron having prompts >= 50% order by langs, runs"));
        statements.push(format!("kn{all} & (kn{all} by neuron order by facts, layer top 2) by lang"));
        statements.push(format!("(kn{all} order by subject, neuron top 5) by fact"));
        statements.push(format!("facts of (likn{all} & neurons(0:0..{unit}, 1:0))"));
        statements.push(format!("facts of (kn{all} & neurons(0:0..{unit}, 1:0)) by relation"));
        statements.push(format!("dkn{all} by group top 3"));
        statements.push(format!("dkn{all} by group, lang having p_all < 0.6 order by p_alone desc, p"));
        for wanted in ["t_low=0.25, t_high=0.25", "t_low=0.5", "t_high=0.05, size=3", "size=3, t_low=0.125"] {
            let source = format!("dkn[run={:?}, {wanted}]", run.name);
            statements.push(format!("{source} by group, relation order by p top 4"));
            statements.push(format!("facts of {source} by relation"));
        }
        statements.push(format!("kn{all} by neuron against chance having fdr < 0.5 order by p_chance top 9"));
        statements.push(format!("similarity(kn{all}) between lang"));
        statements.push(format!("similarity(kn{all}) between relation by layer order by p"));
        statements.push(format!("kn - dkn{all}"));
    }
    for wanted in ["langs>=2", "langs=1", "langs>=60%, prompts>=70%", "runs>=2", "runs=1"] {
        let source = format!("kn[run=*, {wanted}]");
        statements.push(format!("{source} by lang, prompt"));
        statements.push(format!("facts of ({source} & neurons(0:0..{unit}))"));
    }
    statements
}
