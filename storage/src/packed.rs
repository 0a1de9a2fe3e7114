//! Roaring bitmaps read in place: many small sets of `u16` in one portable-format roaring bitmap.
//!
//! A bitmap of `slot << 16 | value` is one container a slot, 2 bytes a value; container headers are
//! the index. The bytes are written by the `roaring` crate and are what CRoaring, pyroaring and
//! ClickHouse read; this module only looks at them without copying, because deserialising 10 MB of
//! sets costs more than the questions asked of them. Not for bitmaps with run containers: the
//! store never writes them.

use roaring::RoaringBitmap;

/// Portable-format cookie of a bitmap without run containers.
const COOKIE: u32 = 12_346;
/// Above this many values a container is a bitmap of 8,192 bytes.
const ARRAY_MAX: usize = 4_096;
const BITMAP_BYTES: usize = 8_192;

/// A serialised roaring bitmap, looked at in place. Bytes are checked once, by [`PackedSets::check`];
/// after that `PackedSets::new` is a few loads. On unchecked bytes the answers may be wrong, never unsafe.
#[derive(Clone, Copy)]
pub struct PackedSets<'a> {
    bytes: &'a [u8],
    descriptors: &'a [[u8; 4]],
    offsets: &'a [[u8; 4]],
}

/// One container: the set of one slot.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Ascending little-endian values.
    Array(&'a [[u8; 2]]),
    /// 1,024 little-endian words of a bitmap.
    Bitmap(&'a [[u8; 8]]),
}

impl<'a> PackedSets<'a> {
    /// Looks at the header.
    pub fn new(bytes: &'a [u8]) -> Self {
        let empty = Self { bytes, descriptors: &[], offsets: &[] };
        let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let (Some(COOKIE), Some(containers)) = (word(0), word(4)) else { return empty };
        let table = containers as usize * 4;
        let Some(tables) = bytes.get(8..8 + 2 * table) else { return empty };
        let (descriptors, offsets) = tables.split_at(table);
        Self { bytes, descriptors: descriptors.as_chunks().0, offsets: offsets.as_chunks().0 }
    }

    /// Checks that the bytes are a bitmap of this kind: ascending slots, containers one after the
    /// other up to the last byte. Says what was found otherwise.
    pub fn check(bytes: &[u8]) -> Result<(), String> {
        let word = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        match word(0) {
            Some(COOKIE) => {}
            found => return Err(format!("roaring cookie {found:?}")),
        }
        let containers = word(4).unwrap_or(u32::MAX);
        if containers > 1 << 16 || bytes.len() < 8 + 8 * containers as usize {
            return Err(format!("{containers} containers in {} bytes", bytes.len()));
        }
        let sets = PackedSets::new(bytes);
        let mut at = 8 + 8 * containers as usize;
        for index in 0..sets.len() {
            if index > 0 && sets.slot(index) <= sets.slot(index - 1) {
                return Err(format!("container {index} out of order"));
            }
            if u32::from_le_bytes(sets.offsets[index]) as usize != at {
                return Err(format!("container {index} at {:?}", sets.offsets[index]));
            }
            at += stored_len(sets.cardinality(index));
        }
        if at != bytes.len() {
            return Err(format!("{} bytes where containers end at {at}", bytes.len()));
        }
        Ok(())
    }

    /// Number of containers (slots with at least one value).
    pub fn len(&self) -> usize {
        self.descriptors.len()
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.descriptors.is_empty()
    }

    /// Slot of the container at `index`.
    pub fn slot(&self, index: usize) -> u16 {
        let d = self.descriptors[index];
        u16::from_le_bytes([d[0], d[1]])
    }

    /// Number of values of the container at `index`.
    pub fn cardinality(&self, index: usize) -> usize {
        let d = self.descriptors[index];
        usize::from(u16::from_le_bytes([d[2], d[3]])) + 1
    }

    /// Values of the container at `index`.
    pub fn values(&self, index: usize) -> Values<'a> {
        let count = self.cardinality(index);
        let offset = u32::from_le_bytes(self.offsets[index]) as usize;
        let stored = self.bytes.get(offset..offset + stored_len(count)).unwrap_or(&[]);
        if count <= ARRAY_MAX { Values::Array(stored.as_chunks().0) } else { Values::Bitmap(stored.as_chunks().0) }
    }

    /// Index of the container of `slot`, or of the first one after it.
    pub fn find(&self, slot: u16) -> Result<usize, usize> {
        self.descriptors.binary_search_by_key(&slot, |d| u16::from_le_bytes([d[0], d[1]]))
    }

    /// The set of `slot`, if it has any value.
    pub fn of(&self, slot: u16) -> Option<Values<'a>> {
        self.find(slot).ok().map(|index| self.values(index))
    }
}

fn stored_len(cardinality: usize) -> usize {
    if cardinality <= ARRAY_MAX { cardinality * 2 } else { BITMAP_BYTES }
}

impl Values<'_> {
    /// Appends `base + value` for every value, ascending.
    pub fn push_to(self, base: u32, out: &mut Vec<u32>) {
        match self {
            Self::Array(values) => {
                out.extend(values.iter().map(|&value| base + u32::from(u16::from_le_bytes(value))));
            }
            Self::Bitmap(words) => {
                for (index, &word) in words.iter().enumerate() {
                    let mut word = u64::from_le_bytes(word);
                    while word != 0 {
                        out.push(base + (index as u32) * 64 + word.trailing_zeros());
                        word &= word - 1;
                    }
                }
            }
        }
    }

    /// Whether `value` is in the set.
    pub fn contains(self, value: u16) -> bool {
        match self {
            Self::Array(values) => values.binary_search_by_key(&value, |&v| u16::from_le_bytes(v)).is_ok(),
            Self::Bitmap(words) => words
                .get(usize::from(value) / 64)
                .is_some_and(|&word| u64::from_le_bytes(word) >> (value % 64) & 1 == 1),
        }
    }
}

/// Serialises ascending `slot << 16 | value` as a portable roaring bitmap without run containers.
pub(crate) fn pack(ascending: impl Iterator<Item = u32>) -> Vec<u8> {
    let bitmap = RoaringBitmap::from_sorted_iter(ascending);
    debug_assert!(bitmap.is_ok(), "values ascend");
    to_bytes(&bitmap.unwrap_or_default())
}

/// Portable bytes of a bitmap, without run containers: `docs/format.md` promises that to other readers.
pub(crate) fn to_bytes(bitmap: &RoaringBitmap) -> Vec<u8> {
    if bitmap.statistics().n_run_containers > 0 {
        let mut plain = bitmap.clone();
        plain.remove_run_compression();
        return to_bytes(&plain);
    }
    let mut bytes = Vec::with_capacity(bitmap.serialized_size());
    // Writing to a vector cannot fail.
    let written = bitmap.serialize_into(&mut bytes);
    debug_assert!(written.is_ok(), "a vector takes any bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(bytes: &[u8]) -> Vec<u32> {
        let sets = PackedSets::new(bytes);
        let mut out = Vec::new();
        for index in 0..sets.len() {
            sets.values(index).push_to(u32::from(sets.slot(index)) << 16, &mut out);
        }
        out
    }

    #[test]
    fn bytes_have_no_run_containers_though_the_bitmap_has() {
        let mut bitmap = RoaringBitmap::new();
        bitmap.insert_range(0..200_000);
        let bytes = to_bytes(&bitmap);
        // The cookie of bitmaps without runs.
        assert_eq!(bytes[..4], 12_346_u32.to_le_bytes());
        assert_eq!(RoaringBitmap::deserialize_from(&bytes[..]).expect("a bitmap"), bitmap);
    }

    proptest! {
        #[test]
        fn reads_what_the_roaring_crate_wrote(values in proptest::collection::btree_set(0u32..400_000, 0..3_000), dense in 0u32..20_000) {
            let mut all = values;
            all.extend((1 << 20)..(1 << 20) + dense);
            let bitmap: RoaringBitmap = all.iter().copied().collect();
            let bytes = pack(all.iter().copied());
            let mut expected = Vec::new();
            bitmap.serialize_into(&mut expected).expect("to memory");
            prop_assert_eq!(&bytes, &expected);
            PackedSets::check(&bytes).expect("its own bytes are good");
            prop_assert_eq!(unpack(&bytes), all.iter().copied().collect::<Vec<_>>());
            let sets = PackedSets::new(&bytes);
            for probe in [0u32, 1, 65_535, 65_536, 399_999, 1 << 20, (1 << 20) + 4_096] {
                let found = sets.of((probe >> 16) as u16).is_some_and(|v| v.contains(probe as u16));
                prop_assert_eq!(found, all.contains(&probe));
            }
        }

        #[test]
        fn foreign_bytes_are_refused_or_harmless(bytes in proptest::collection::vec(any::<u8>(), 0..200), cookie in any::<bool>()) {
            let mut bytes = bytes;
            if cookie && bytes.len() >= 8 {
                bytes[..4].copy_from_slice(&COOKIE.to_le_bytes());
                bytes[4..8].copy_from_slice(&3u32.to_le_bytes());
            }
            let checked = PackedSets::check(&bytes);
            let seen = unpack(&bytes);
            prop_assert!(checked.is_err() || seen.len() as u64 == RoaringBitmap::deserialize_from(&bytes[..]).map_or(0, |b| b.len()));
        }
    }
}
