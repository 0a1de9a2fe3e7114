//! The attribution engine of kndb: purpose only, for now.
//!
//! It will load a transformer from a Hugging Face folder, compute neuron attribution scores
//! (integrated gradients over feed-forward activations; Dai et al., ACL 2022; AMIG, AAAI 2024)
//! and append them to a store through `kndb-storage`'s run writer. It depends on
//! `kndb-storage` and on nothing above it.
