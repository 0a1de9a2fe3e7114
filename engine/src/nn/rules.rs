//! What the way back takes for constant.

/// Which parts of a network are taken for constant on the way back, so that what is left is linear along it: the rules of layer-wise
/// relevance propagation that relevance patching uses (Jafari et al. 2025, arXiv 2508.21258, §3; Arora et al. 2026, arXiv 2601.22594).
/// The way forward is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// 1/√(variance + ε) of every normalisation ("LN-rule").
    pub norms: bool,
    /// act(x)/x, so that an activation is x times a constant ("identity rule"): σ(x) of SiLU, Φ(x) of GELU.
    pub activations: bool,
    /// Half of each product act(gate)·up ("half-rule"), so that either factor gets half of the gradient.
    pub products: bool,
    /// The pattern of attention ("AH-rule"), so that gradients go through values alone.
    pub attention: bool,
}

impl Rules {
    /// The gradient as it is.
    pub const EXACT: Self = Self { norms: false, activations: false, products: false, attention: false };

    /// All four.
    pub const ALL: Self = Self { norms: true, activations: true, products: true, attention: true };

    /// The rules' names, and whether each is in force.
    pub fn named(self) -> [(&'static str, bool); 4] {
        let Self { norms, activations, products, attention } = self;
        [("norms", norms), ("activations", activations), ("products", products), ("attention", attention)]
    }
}
