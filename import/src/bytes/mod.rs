//! Bytes of files as they lie there, and what their headers promise, checked before anything is allocated.

pub(crate) mod broken;
pub(crate) mod foreign;
#[cfg(feature = "parquet")]
pub(crate) mod ipc_claims;
pub(crate) mod json;
pub(crate) mod json_keys;
pub(crate) mod json_number;
pub(crate) mod mapped;
pub(crate) mod npy_header;
pub(crate) mod packed;
pub(crate) mod zip_member;
