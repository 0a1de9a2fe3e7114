//! Stores as tables, and back.

mod answers;
mod back;
mod damage;
mod files;
mod toy;
