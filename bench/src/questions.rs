//! The six questions that speed is told by, as statements: those of `docs/performance.md`, for generated data of any size.

/// A question: its short name, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `q1` to `q6`.
    pub name: &'static str,
    /// The statement.
    pub statement: String,
}

/// What the questions single out. Q5 is asked at τ = 0.37, for which nobody has a ready-made set; the others at 0.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Number of the fact of Q1: 5,000 of 10,240.
    pub fact: u32,
    /// Layer and unit of the neuron of Q3.
    pub neuron: (u32, u32),
    /// Number of the relation of Q4.
    pub relation: u32,
}

impl Subject {
    /// What is singled out of so many facts.
    pub fn of(facts: u32) -> Self {
        Self { fact: (u64::from(facts) * 5_000 / 10_240) as u32, neuron: (9, 852), relation: 7 }
    }

    /// The questions, in order.
    pub fn questions(self) -> [Asked; 6] {
        let Self { fact, neuron: (layer, unit), relation } = self;
        let fact = crate::Plan::fact_id(fact);
        [
            ("q1", format!("likn[fact=\"{fact}\", tau=0.2]")),
            ("q2", "likn[tau=0.2] by layer".into()),
            ("q3", format!("facts of (kn[lang=en, tau=0.2] & neurons({layer}:{unit}))")),
            ("q4", format!("kn[relation=R{relation}, lang=en, tau=0.2] by neuron top 20")),
            ("q5", "kn[lang=en, tau=0.37] by layer".into()),
            ("q6", "kn[lang=en, tau=0.2] - kn[lang=zh, tau=0.2] by layer".into()),
        ]
        .map(|(name, statement)| Asked { name, statement })
    }
}

/// Other groupings, which are to cost about what `by layer` does.
pub const GROUPINGS: [&str; 10] = [
    "kn by layer",
    "kn by lang",
    "kn by relation",
    "kn by neuron",
    "kn[lang=en] by layer",
    "kn[lang=en] by lang",
    "kn[lang=en] by relation",
    "kn[lang=en] by neuron",
    "kn[lang=en] by fact, neuron",
    "kn[lang=en]",
];
