//! What the sources of several formats have in common: what is said of their entries, arrays, archives of
//! arrays, neuron sets, ids.

pub(crate) mod archive;
pub(crate) mod array;
pub(crate) mod columns;
pub(crate) mod folders;
pub(crate) mod given;
pub(crate) mod id_codes;
pub(crate) mod ids;
pub(crate) mod invalid;
pub(crate) mod languages;
pub(crate) mod lines;
pub(crate) mod lists;
pub(crate) mod measured;
pub(crate) mod name;
pub(crate) mod neurons;
pub(crate) mod order;
pub(crate) mod roles;
pub(crate) mod rows;
pub(crate) mod seen;
pub(crate) mod sparse;
pub(crate) mod stack;
pub(crate) mod table;
pub(crate) mod tensor;
pub(crate) mod told;
