//! What the readers give for files written here, and what they say of files that are wrong.

mod amig;
mod arrays_refused;
mod csv;
mod eleutherai;
mod facts;
mod facts_conflicts;
mod facts_formats;
mod facts_invalid;
mod facts_languages;
mod facts_reading;
mod facts_refused;
mod folder;
mod folders;
#[cfg(feature = "parquet")]
mod frames;
mod fuzz;
mod id_codes;
mod id_lists;
mod inputs;
mod into_store;
mod job;
mod json_refused;
mod kn;
mod kn_bag;
mod measured;
mod names;
mod npy;
mod npz;
mod orders;
mod packed;
mod page;
mod records;
mod relation_names;
mod safetensors;
mod skipping;
#[cfg(feature = "parquet")]
mod tables;
mod zip;
