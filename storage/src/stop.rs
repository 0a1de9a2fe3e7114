//! Whether long work is to end before it is done. Not for what a commit does: that takes milliseconds, and is whole or not there.

use crate::error::{Error, Result};
use crate::store::Store;
use std::io::{self, Write};
use std::sync::Arc;

/// Who is asked. By default nobody.
#[derive(Clone, Default)]
pub(crate) struct Stop(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Stop {
    pub(crate) fn when(stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(stop)))
    }

    /// Of several handles, whichever is to end.
    pub(crate) fn of(stores: &[Store]) -> Self {
        let asked: Vec<Self> = stores.iter().map(|store| store.stop.clone()).filter(|stop| stop.0.is_some()).collect();
        match asked.as_slice() {
            [] => Self::default(),
            _ => Self::when(move || asked.iter().any(|stop| stop.look().is_err())),
        }
    }

    /// # Errors
    /// [`Error::Stopped`] if the work is to end.
    pub(crate) fn look(&self) -> Result<()> {
        match &self.0 {
            Some(stop) if stop() => Err(Error::Stopped),
            _ => Ok(()),
        }
    }
}

/// A file that takes nothing more once the work is to end, so that what it would get is not made ready first: a segment's sets come last, all at
/// once.
pub(crate) struct Until<'a, W> {
    out: W,
    stop: &'a Stop,
}

impl<'a, W> Until<'a, W> {
    pub(crate) fn new(out: W, stop: &'a Stop) -> Self {
        Self { out, stop }
    }

    pub(crate) fn into_inner(self) -> W {
        self.out
    }
}

impl<W: Write> Write for Until<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.stop.look() {
            Ok(()) => self.out.write(bytes),
            Err(stopped) => Err(io::Error::other(stopped)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Store {
    /// The same store, by a handle whose upkeep ends with [`Error::Stopped`] as soon as `stop` says so: [`Self::backup`], [`Self::merge`] and
    /// [`Self::copy_run`] out of it, [`Self::verify`], [`Self::compact`]. It is asked for each entry and each megabyte, from the thread that works.
    ///
    /// What has ended so has changed nothing, or is gone on with by the same call: a backup keeps the files that are whole, a merge its
    /// segments (the run is open until then), a compaction the runs that are done.
    #[must_use]
    pub fn until(&self, stop: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.asking(Stop::when(stop))
    }

    /// The same, asking whomever another handle asks.
    #[must_use]
    pub fn until_as(&self, other: &Self) -> Self {
        self.asking(other.stop.clone())
    }
}
