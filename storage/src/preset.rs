//! The presets of published methods: their names, and the thresholds by which each calls a neuron a knowledge neuron.
//!
//! They are here because imports and the engine both read them, and an import needs no engine. How a preset's scores are computed
//! is the engine's business.

use crate::run::RunSpec;

/// A published method by name, and what a run of it has for thresholds where a query names none.
#[derive(Debug, PartialEq)]
pub struct Preset {
    /// Its name, as runs have it.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// τ: share of the fact's largest score.
    pub tau: f64,
    /// τ of single languages.
    pub language_taus: &'static [(&'static str, f64)],
    /// Share of a fact's prompts that must agree.
    pub prompt_share: f64,
    /// Whether more than that share must.
    pub prompt_share_strict: bool,
}

/// AMIG's τ of Chinese facts.
const AMIG_TAUS: &[(&str, f64)] = &[("zh", 0.2)];

/// Every preset. AMIG is Chen et al., AAAI 2024; KN is Dai et al., ACL 2022.
pub static PRESETS: [Preset; 5] = [
    Preset {
        name: "amig",
        about: "AMIG, the sound reading: τ 0.3, zh 0.2",
        tau: 0.3,
        language_taus: AMIG_TAUS,
        prompt_share: 0.0,
        prompt_share_strict: false,
    },
    Preset {
        name: "amig-paper",
        about: "AMIG as printed: τ 0.3, zh 0.2",
        tau: 0.3,
        language_taus: AMIG_TAUS,
        prompt_share: 0.0,
        prompt_share_strict: false,
    },
    Preset {
        name: "amig-code",
        about: "AMIG as released: τ 0.3, zh 0.2",
        tau: 0.3,
        language_taus: AMIG_TAUS,
        prompt_share: 0.0,
        prompt_share_strict: false,
    },
    Preset {
        name: "kn",
        about: "Knowledge Neurons: τ 0.2, found in 0.7 of the prompts",
        tau: 0.2,
        language_taus: &[],
        prompt_share: 0.7,
        prompt_share_strict: false,
    },
    Preset {
        name: "kn-eleuther",
        about: "EleutherAI's reading of it: τ 0.3, found in more than 0.3 of the prompts",
        tau: 0.3,
        language_taus: &[],
        prompt_share: 0.3,
        prompt_share_strict: true,
    },
];

impl Preset {
    /// The preset of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Gives a run the preset's name and thresholds.
    pub fn apply(&self, run: &mut RunSpec) {
        run.preset = Some(self.name.to_owned());
        run.tau = self.tau;
        run.language_taus = self.language_taus.iter().map(|&(language, tau)| (language.to_owned(), tau)).collect();
        run.prompt_share = self.prompt_share;
        run.prompt_share_strict = self.prompt_share_strict;
    }
}
