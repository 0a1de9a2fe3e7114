//! The formats of attribution files, one file a format. To add one, write its file and list it in
//! [`crate::format::all`].

pub(crate) mod amig;
#[cfg(feature = "parquet")]
pub(crate) mod arrow;
#[cfg(feature = "parquet")]
pub(crate) mod columns;
pub(crate) mod eleutherai;
pub(crate) mod kn;
pub(crate) mod npy;
pub(crate) mod npz;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
pub(crate) mod safetensors;
#[cfg(feature = "parquet")]
pub(crate) mod table;
