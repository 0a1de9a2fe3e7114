//! The engine's buffers as Arrow's. The values stay where they are; Arrow keeps their owner.

use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, ScalarBuffer};
use bytemuck::NoUninit;
use bytes::Bytes;
use kndb_query::Validity;
use std::sync::Arc;

/// Values as the bytes that they are in memory.
struct Owner<T>(Arc<Vec<T>>);

impl<T: NoUninit> AsRef<[u8]> for Owner<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// The bytes of a buffer.
pub(crate) fn shared<T: NoUninit + Send + Sync>(values: &kndb_query::Buffer<T>) -> Buffer {
    Buffer::from(Bytes::from_owner(Owner(values.owner())))
}

/// The values of a buffer. They are aligned to their size, as Arrow asks for.
pub(crate) fn values<T: ArrowNativeType + NoUninit>(values: &kndb_query::Buffer<T>) -> ScalarBuffer<T> {
    ScalarBuffer::from(shared(values))
}

/// Which of so many values are there.
pub(crate) fn validity(validity: Option<&Validity>, rows: usize) -> Option<NullBuffer> {
    let validity = validity?;
    let bits = arrow_buffer::BooleanBuffer::new(shared(validity.bits()), 0, rows);
    Some(NullBuffer::new(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_where_they_are_and_as_long_as_arrow_has_them() {
        let owned: kndb_query::Buffer<f64> = vec![0.5, 0.25].into();
        let there = owned.as_ptr();
        let taken = values(&owned);
        drop(owned);
        assert_eq!((taken.as_ptr(), &taken[..]), (there, &[0.5, 0.25][..]));
    }

    #[test]
    fn no_values_are_no_values() {
        assert!(values(&kndb_query::Buffer::<u64>::from(Vec::new())).is_empty());
        assert!(validity(None, 3).is_none());
    }
}
