//! What the readers give for files written here, and what they say of files that are wrong.

mod amig;
mod arrays_refused;
mod eleutherai;
mod facts;
mod facts_formats;
mod facts_invalid;
mod facts_languages;
mod facts_reading;
mod facts_refused;
mod folder;
mod inputs;
mod into_store;
mod json_refused;
mod kn;
mod npy;
mod npz;
mod relation_names;
mod safetensors;
#[cfg(feature = "parquet")]
mod tables;
mod zip;
