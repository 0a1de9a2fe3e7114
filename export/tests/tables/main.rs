//! Stores as tables, and back.

mod back;
mod damage;
mod files;
mod toy;
