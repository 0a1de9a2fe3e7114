//! What people get to read about numbers that cannot be compared with: as `bad_queries` has it of other statements.

#[macro_use]
mod carets;

bad!(
    percentages,
    [
        "kn[tau=10%]",
        "kn[tau = 12.5%] by layer",
        "kn[share>=70%]",
        "dkn[t_low=10%]",
        "kn[score>=10%]",
        "kn[rank<=10%]",
        "kn by neuron having facts >= 110%",
        "kn by neuron having facts >= -10%",
        "kn by neuron having share >= 10%",
        "kn by neuron having frequency >= 10%",
        "kn by neuron having pairs > 30% and facts > 5",
        "similarity(kn[lang=en], kn[lang=zh]) by relation having similarity > 10%",
        "kn by neuron top 10%",
        "10%",
    ]
);

bad!(
    ranges,
    [
        "kn by neuron having frequency > 10",
        "kn by neuron having frequency <= 1.5",
        "kn by neuron having frequency >= -0.1",
        "kn by neuron having share >= 5",
        "kn by neuron having facts > 100%",
        "kn by fact, neuron having langs < 0%",
        "kn by layer having facts = 2.5",
        "kn by layer having pairs < 0",
        "kn by layer having layer <= -1",
        "similarity(kn[lang=en], kn[lang=zh]) having p > 1",
        "similarity(kn[lang=en], kn[lang=zh]) by relation having similarity >= 2",
        "kn by neuron against chance having fdr < 0",
        "(kn by neuron having frequency > 10) by layer",
    ]
);

bad!(
    counts_of_none,
    [
        "kn[runs<1]",
        "kn[langs=0]",
        "kn[langs>=0]",
        "kn[langs<=0%]",
        "likn[prompts<1]",
        "kn[langs>100%]",
        "kn[prompts>=110%]",
        "similarity(kn) between lang having other_lang > 3",
    ]
);

bad!(
    numbers,
    [
        "kn[tau=20%]",
        "kn[tau=20]",
        "kn[tau=1]",
        "kn[tau=-0.1]",
        "kn[tau=\"0.3\"]",
        "kn[tau=.3]",
        "kn[tau=1e-999]",
        "kn[tau=high]",
        "kn[tau>0.2]",
        "kn[score=0.1]",
        "kn[score>=1e999]",
        "kn[score>NaN]",
        "kn[rank=20]",
        "kn[rank<=0]",
        "kn[rank<1]",
        "kn[rank<=2.5]",
        "kn[prompts>=0]",
        "kn[prompts<1]",
        "kn[langs>=0%]",
        "kn[langs>=101%]",
        "kn[langs>=2.5]",
        "kn[langs=en]",
        "kn[langs!=2]",
        "kn[share>=0.7]",
        "kn[share>=70%]",
        "likn[langs>=2]",
        "likn[runs>=2]",
        "dkn[langs>=2]",
        "dkn[prompts>=2]",
        "entries[langs>=2]",
        "facts[runs>=2]",
        "kn[layer=7..11]",
        "kn[layer in 7]",
        "kn[layer in 7-11]",
        "kn[layer in 11..7]",
        "kn[layer>=7]",
        "kn[layer=-1]",
        "kn[layer=4294967296]",
        "kn by layer top 0",
        "kn by layer top 99999999999999999999",
        "kn by layer top ten",
        "kn by layer top -1",
    ]
);
