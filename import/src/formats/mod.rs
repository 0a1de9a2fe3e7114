//! The formats of attribution files, one file a format. To add one, write its file and list it in
//! [`crate::format::all`].

pub(crate) mod amig;
mod amig_record;
#[cfg(feature = "parquet")]
pub(crate) mod arrow;
#[cfg(feature = "parquet")]
mod cast;
#[cfg(feature = "parquet")]
mod columns;
pub(crate) mod csv;
pub(crate) mod eleutherai;
#[cfg(feature = "parquet")]
pub(crate) mod guarded;
pub(crate) mod kn;
pub(crate) mod kn_bag;
pub(crate) mod npy;
pub(crate) mod npz;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
pub(crate) mod records;
pub(crate) mod safetensors;
