//! The values of a column, contiguous in memory.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Values of one type, one after the other, aligned to their size, in native byte order. They never change; clones share them.
///
/// Whoever takes them over keeps [`Self::owner`]: the pointer stays where it is for as long as one of the owners lives, also when it is
/// moved. It is what Arrow's `Buffer::from_custom_allocation` asks for.
///
/// ```
/// # let buffer: kndb_query::Buffer<u32> = vec![7, 9].into();
/// let owner = buffer.owner();
/// assert_eq!((owner.as_ptr(), owner.len()), (buffer.as_ptr(), 2));
/// ```
pub struct Buffer<T>(Arc<Vec<T>>);

impl<T> Buffer<T> {
    /// What keeps the values in memory.
    pub fn owner(&self) -> Arc<Vec<T>> {
        Arc::clone(&self.0)
    }
}

impl<T> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for Buffer<T> {
    fn from(values: Vec<T>) -> Self {
        Self(Arc::new(values))
    }
}

impl<T: fmt::Debug> fmt::Debug for Buffer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
