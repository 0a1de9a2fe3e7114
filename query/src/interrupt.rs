//! How a statement is asked to stop: a flag that every loop over facts, rows and labels looks at.
//!
//! Between two looks lie at most some thousand steps, so that a statement ends within milliseconds, whatever it is at.

use crate::error::{ErrorKind, QueryError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops statements from elsewhere: another thread, a signal handler. Clones are one flag.
///
/// It stays set until [`Self::clear`]: a statement that begins meanwhile stops, too.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = kndb_storage::Store::create(folder.path().join("store"))?;
/// use kndb_query::{Column, ErrorKind, Interrupt, Settings, Sink, Value, execute, parse};
/// # struct Nowhere;
/// # impl Sink for Nowhere {
/// #     fn columns(&mut self, _: &[Column]) -> std::io::Result<()> { Ok(()) }
/// #     fn row(&mut self, _: &[Value<'_>]) -> std::io::Result<std::ops::ControlFlow<()>> {
/// #         Ok(std::ops::ControlFlow::Continue(()))
/// #     }
/// #     fn end(&mut self) -> std::io::Result<()> { Ok(()) }
/// # }
/// let interrupt = Interrupt::default();
/// let settings = Settings { interrupt: interrupt.clone(), ..Settings::default() };
/// std::thread::spawn(move || interrupt.set()).join().expect("the flag is set");
/// let stopped = execute(&store, &settings, &parse("neurons(0:1)")?, &mut Nowhere).expect_err("it is to stop");
/// assert_eq!(stopped.kind, ErrorKind::Interrupted);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks every statement with this flag to stop.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Lets statements run again.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// Whether statements are to stop.
    pub fn is_set(&self) -> bool {
        // Nothing else is read because of it, so no order is needed.
        self.0.load(Ordering::Relaxed)
    }

    /// Ends the statement here if it is to stop.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`] if it is.
    pub fn check(&self) -> Result<(), QueryError> {
        if self.is_set() { Err(interrupted()) } else { Ok(()) }
    }
}

/// Two are equal if they are one flag.
impl PartialEq for Interrupt {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Interrupt {}

fn interrupted() -> QueryError {
    QueryError::new(ErrorKind::Interrupted, "interrupted: the answer is not complete")
}
