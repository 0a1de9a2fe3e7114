//! The explorer of kndb: facts, neurons, relations, languages and runs of stores as pages in a browser, and answers over HTTP.
//!
//! It is: a small server for the person at this machine. It reads stores beside whoever writes them, and changes nothing: what it is asked, it
//! asks the query language, and each page shows the statements behind its numbers. It is not: a service for the internet. It answers by
//! HTTP/1.1 without encryption, on the address it is given, and only where the `Host` of a request names that address.
//!
//! ```text
//!  server/   listener ─▶ guard ─▶ router ─▶ limits ─▶ a page, or the interface
//!  view      what a request is asked of: one snapshot of a store, parameters of the address
//!  ask       statements → answers
//!  pages/    what is shown                    api/   the same for programs
//!  parts/    what pages share                 frame  what stands around each page
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | `server` | connections, `Host` and methods, headers, ETags, limits, assets |
//! | `stores` | the stores that are shown, opened for reading |
//! | `view` | one request: its snapshot and its parameters |
//! | `ask` | the one way to ask a statement; what is refused |
//! | `problem` | what goes wrong, with the status and the page that say so |
//! | `frame` | the page around each page |
//! | `parts` | tables, figures, chips, links |
//! | `labels` | the search index over labels and ids |
//! | `models` | what neurons write, asked of whoever has the model's files |
//! | `questions` | questions to begin with |
//! | `pages`, `api` | one page, or one address of the interface, a file |
//!
//! Every page is whole without a script, and the same commit gives the same page.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("store");
//! use kndb_explorer::{Explorer, Options, Stop, serve};
//! use kndb_storage::Store;
//! use std::io::{Read, Write};
//! use std::net::{TcpListener, TcpStream};
//!
//! Store::create(&path)?;
//! let listener = TcpListener::bind(("127.0.0.1", 0))?;
//! let address = listener.local_addr()?;
//! let explorer = Explorer::open(&[&path], Options::default())?;
//! let stop = Stop::default();
//! let server = std::thread::spawn({
//!     let stop = stop.clone();
//!     move || serve(explorer, listener, &stop)
//! });
//!
//! let mut client = TcpStream::connect(address)?;
//! write!(client, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
//! let mut page = String::new();
//! client.read_to_string(&mut page)?;
//! assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("The store has no run yet"));
//!
//! stop.ask();
//! server.join().expect("the server ends")?;
//! # Ok(())
//! # }
//! ```

mod api;
mod ask;
mod frame;
mod labels;
mod models;
mod pages;
mod parts;
mod problem;
mod questions;
mod server;
mod stores;
mod view;

pub use models::{Models, Promoted, ValueVectors};
pub use server::limits::Limits;
pub use server::stop::Stop;
pub use server::{Options, serve};
pub use stores::{Explorer, OpenError};
