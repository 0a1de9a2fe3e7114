//! What the sources of several formats have in common: arrays, archives of arrays, neuron sets, ids.

pub(crate) mod archive;
pub(crate) mod array;
pub(crate) mod ids;
pub(crate) mod neurons;
pub(crate) mod seen;
pub(crate) mod sparse;
pub(crate) mod stack;
pub(crate) mod tensor;
