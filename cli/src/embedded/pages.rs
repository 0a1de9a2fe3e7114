//! Stores as pages in a browser, shown by a thread of a process that does other things.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use kndb_explorer::Stop;

use super::{Told, told};
use crate::args::PlaceArgs;
#[cfg(feature = "attribute")]
use crate::commands::serve::words;
use crate::commands::serve::{OPEN, Ready};
use crate::error::CliError;

#[cfg(not(feature = "attribute"))]
const NO_ENGINE: &str = "models cannot be read: this build has no engine";

/// A server of pages, until it is [ended](Self::end) or goes.
pub struct Pages {
    url: String,
    warning: Option<&'static str>,
    stop: Stop,
    thread: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl Pages {
    /// Begins to show stores, of which the first is shown first, with the words that neurons of some models promote, at `host` (this machine alone without one) and `port` (8765 without one, or a
    /// free one if that is taken; 0 takes a free one).
    ///
    /// # Errors
    /// A store or a model cannot be read, nobody can listen there, or no thread can be had.
    pub fn of(stores: &[&Path], models: &[PathBuf], host: Option<String>, port: Option<u16>) -> Result<Self, Told> {
        let place = PlaceArgs { port, host, open: false };
        #[cfg(feature = "attribute")]
        let models = Some(words::models(models, &mut |_| Ok(())).map_err(|error| told(&error))?);
        #[cfg(not(feature = "attribute"))]
        let models = if models.is_empty() { None } else { return Err(told(&CliError::Serve(NO_ENGINE.into()))) };
        let ready = Ready::at(stores, models, &place).map_err(|error| told(&error))?;
        let Ready { explorer, listener, url, is_open } = ready;
        let stop = Stop::default();
        let asked = stop.clone();
        let thread =
            Builder::new().name("kndb-pages".into()).spawn(move || kndb_explorer::serve(explorer, listener, &asked));
        let thread = thread.map_err(|error| told(&CliError::Serve(format!("no thread could be started: {error}"))))?;
        Ok(Self { url, warning: is_open.then_some(OPEN), stop, thread: Mutex::new(Some(thread)) })
    }

    /// The address of the first page.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What to know of an address that others reach, too.
    pub fn warning(&self) -> Option<&'static str> {
        self.warning
    }

    /// Whether pages are shown still.
    pub fn is_shown(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends the server, and waits for its end: seconds at most. A second time nothing happens.
    ///
    /// # Errors
    /// What ended the server before.
    pub fn end(&self) -> Result<(), Told> {
        self.stop.ask();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread.map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(error))) => Err(told(&CliError::Serve(format!("the server ended: {error}")))),
            Some(Err(_)) => Err(told(&CliError::Serve("the server ended by a panic, which is a bug in kndb".into()))),
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // Not waited for: whoever drops it may be ending, too.
        self.stop.ask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    #[test]
    fn a_store_is_shown_until_it_is_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        kndb_storage::Store::create(&path).expect("a store");
        let pages = Pages::of(&[&path], &[], None, Some(0)).expect("pages");
        assert!(pages.is_shown() && pages.warning().is_none());
        let address = pages.url().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut client = TcpStream::connect(&address).expect("a connection");
        write!(client, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("sent");
        let mut page = String::new();
        client.read_to_string(&mut page).expect("read");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        pages.end().expect("it ends");
        pages.end().expect("it has ended");
        assert!(!pages.is_shown());
        assert!(TcpStream::connect(&address).is_err(), "nobody listens");
    }

    #[test]
    fn a_store_that_is_not_there_is_told_before_anybody_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = Pages::of(&[&folder.path().join("none")], &[], None, Some(0)).err().expect("an error");
        assert!(told.reason.contains("none"), "{told:?}");
    }
}
