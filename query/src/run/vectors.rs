//! What two stored sets have in common, or only one of them has: sixteen numbers of each at a time.
//!
//! All of sixteen numbers are compared with all of sixteen others by turning one side round. Of two blocks the one that ends first is left
//! behind, so that some 33 steps do for two sets of 260, without a branch that could be guessed wrong. Only for sets that ascend, and on
//! processors that have the instructions (AVX2): where there are none, [`super::algebra`] does it number by number.

/// Whether this machine has what [`keep`] and [`common`] need.
pub(super) fn are_there() -> bool {
    #[cfg(target_arch = "x86_64")]
    return x86::simd().is_some();
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// Appends what `left` has and `right` has, too, or else has not. Both ascend. Only where [`are_there`].
pub(super) fn keep(left: &[[u8; 2]], right: &[[u8; 2]], common: bool, out: &mut Vec<u32>) {
    let from = out.len();
    // A block is written whole, whatever is wanted of it.
    out.resize(from + left.len() + LANES, 0);
    let kept = kept(left, right, common, &mut out[from..]);
    out.truncate(from + kept);
}

/// How many numbers both have. Both ascend. Only where [`are_there`].
pub(super) fn common(left: &[[u8; 2]], right: &[[u8; 2]]) -> usize {
    counted(left, right)
}

/// Numbers that are compared at a time.
const LANES: usize = 16;

#[cfg(not(target_arch = "x86_64"))]
fn kept(_: &[[u8; 2]], _: &[[u8; 2]], _: bool, _: &mut [u32]) -> usize {
    0
}

#[cfg(not(target_arch = "x86_64"))]
fn counted(_: &[[u8; 2]], _: &[[u8; 2]]) -> usize {
    0
}

#[cfg(target_arch = "x86_64")]
use x86::{counted, kept};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::LANES;
    use pulp::x86::V3;
    use pulp::{NullaryFnOnce, cast};
    use std::arch::x86_64::{__m128i, __m256i};
    use std::sync::LazyLock;

    /// Numbers that are packed at a time.
    const HALF: usize = LANES / 2;

    pub(super) fn simd() -> Option<V3> {
        static SIMD: LazyLock<Option<V3>> = LazyLock::new(V3::try_new);
        *SIMD
    }

    /// Fills the front of `out`, which has a block more than `left`; how many numbers that are.
    pub(super) fn kept(left: &[[u8; 2]], right: &[[u8; 2]], common: bool, out: &mut [u32]) -> usize {
        let Some(simd) = simd() else { return 0 };
        if common {
            simd.vectorize(Kept::<true> { simd, left, right, out })
        } else {
            simd.vectorize(Kept::<false> { simd, left, right, out })
        }
    }

    pub(super) fn counted(left: &[[u8; 2]], right: &[[u8; 2]]) -> usize {
        simd().map_or(0, |simd| simd.vectorize(Counted { simd, left, right }))
    }

    /// Some numbers of a list; where it ends, its last one over and over.
    #[derive(Clone, Copy)]
    struct Block {
        numbers: __m256i,
        /// A bit for each that is one of the list's.
        there: u16,
        /// The largest; of a block that the list ends in, more than any.
        last: i32,
    }

    impl Block {
        #[inline(always)]
        fn of(list: &[[u8; 2]], at: usize) -> Self {
            let rest = &list[at..];
            if let Some(whole) = rest.first_chunk::<LANES>() {
                let last = u16::from_le_bytes(whole[LANES - 1]).into();
                return Self { numbers: cast(*whole), there: u16::MAX, last };
            }
            // Each lane has a place to read, so that no branch depends on where the list ends.
            let last = rest.len().saturating_sub(1);
            let mut padded = [[0; 2]; LANES];
            for (lane, number) in padded.iter_mut().enumerate() {
                *number = rest[lane.min(last)];
            }
            Self { numbers: cast(padded), there: (1 << rest.len()) - 1, last: 1 << 16 }
        }

        /// A bit for each of its numbers that is one of the other's.
        #[inline(always)]
        fn met(self, simd: V3, other: Self) -> u16 {
            let V3 { sse2, avx, avx2, .. } = simd;
            let one = self.numbers;
            // Both halves of the other side, and the same the other way round; each is turned by 0 to 7 numbers.
            let sides = [other.numbers, avx2._mm256_permute4x64_epi64::<0b01_00_11_10>(other.numbers)];
            let [mut met, mut other_met] = sides.map(|side| avx2._mm256_cmpeq_epi16(one, side));
            macro_rules! turned {
                ($($bytes:literal)*) => {$(
                    let [a, b] = sides.map(|side| {
                        avx2._mm256_cmpeq_epi16(one, avx2._mm256_alignr_epi8::<$bytes>(side, side))
                    });
                    met = avx2._mm256_or_si256(met, a);
                    other_met = avx2._mm256_or_si256(other_met, b);
                )*};
            }
            turned!(2 4 6 8 10 12 14);
            met = avx2._mm256_or_si256(met, other_met);
            let low = avx._mm256_castsi256_si128(met);
            let bytes = sse2._mm_packs_epi16(low, avx2._mm256_extracti128_si256::<1>(met));
            sse2._mm_movemask_epi8(bytes) as u16 & self.there
        }
    }

    /// How far two lists go on after blocks with these last numbers. In arithmetic, so that nobody makes a branch of it: which one ends
    /// first cannot be guessed.
    #[inline(always)]
    fn steps(one: i32, other: i32) -> (usize, usize) {
        let negative = |number: i32| (number >> 31) as usize;
        (negative(one - other - 1) & LANES, negative(other - one - 1) & LANES)
    }

    struct Kept<'a, const COMMON: bool> {
        simd: V3,
        left: &'a [[u8; 2]],
        right: &'a [[u8; 2]],
        out: &'a mut [u32],
    }

    impl<const COMMON: bool> Kept<'_, COMMON> {
        /// Writes those of a block that have a bit, from `kept` on; where the next ones go.
        #[inline(always)]
        fn write(&mut self, block: Block, wanted: u16, kept: usize) -> usize {
            let V3 { avx, avx2, .. } = self.simd;
            let kept = self.half(avx._mm256_castsi256_si128(block.numbers), wanted & 255, kept);
            self.half(avx2._mm256_extracti128_si256::<1>(block.numbers), wanted >> 8, kept)
        }

        #[inline(always)]
        fn half(&mut self, numbers: __m128i, wanted: u16, kept: usize) -> usize {
            let packed = self.simd.ssse3._mm_shuffle_epi8(numbers, cast(PACKED[usize::from(wanted & 255)]));
            let wide: [u32; HALF] = cast(self.simd.avx2._mm256_cvtepu16_epi32(packed));
            if let Some(out) = self.out.get_mut(kept..kept + HALF) {
                out.copy_from_slice(&wide);
            }
            kept + wanted.count_ones() as usize
        }
    }

    impl<const COMMON: bool> NullaryFnOnce for Kept<'_, COMMON> {
        type Output = usize;

        #[inline(always)]
        fn call(mut self) -> usize {
            let (left, right) = (self.left, self.right);
            let (mut at, mut beside, mut kept) = (0, 0, 0);
            // Of the left block: which of its numbers blocks before this one had.
            let mut met = 0;
            while at < left.len() && beside < right.len() {
                let (one, other) = (Block::of(left, at), Block::of(right, beside));
                let now = one.met(self.simd, other);
                let (step, step_beside) = steps(one.last, other.last);
                if COMMON {
                    kept = self.write(one, now, kept);
                } else {
                    met |= now;
                    let done = if step > 0 { u16::MAX } else { 0 };
                    kept = self.write(one, !met & one.there & done, kept);
                    met &= !done;
                }
                at += step;
                beside += step_beside;
            }
            while !COMMON && at < left.len() {
                let one = Block::of(left, at);
                kept = self.write(one, !met & one.there, kept);
                (at, met) = (at + LANES, 0);
            }
            kept
        }
    }

    struct Counted<'a> {
        simd: V3,
        left: &'a [[u8; 2]],
        right: &'a [[u8; 2]],
    }

    impl NullaryFnOnce for Counted<'_> {
        type Output = usize;

        #[inline(always)]
        fn call(self) -> usize {
            let (mut at, mut beside, mut count) = (0, 0, 0);
            while at < self.left.len() && beside < self.right.len() {
                let (one, other) = (Block::of(self.left, at), Block::of(self.right, beside));
                count += one.met(self.simd, other).count_ones() as usize;
                let (step, step_beside) = steps(one.last, other.last);
                (at, beside) = (at + step, beside + step_beside);
            }
            count
        }
    }

    /// For every choice of eight numbers: where the bytes of those come from that are chosen, one after the other.
    static PACKED: [[u8; 2 * HALF]; 256] = {
        let mut table = [[0; 2 * HALF]; 256];
        let mut choice = 0;
        while choice < 256 {
            let (mut lane, mut to) = (0, 0);
            while lane < HALF {
                if choice >> lane & 1 == 1 {
                    table[choice][to] = 2 * lane as u8;
                    table[choice][to + 1] = 2 * lane as u8 + 1;
                    to += 2;
                }
                lane += 1;
            }
            choice += 1;
        }
        table
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn bytes(set: &BTreeSet<u16>) -> Vec<[u8; 2]> {
        set.iter().map(|number| number.to_le_bytes()).collect()
    }

    fn sets() -> impl Strategy<Value = (BTreeSet<u16>, BTreeSet<u16>)> {
        // Dense and thin ones, with the first and the last number there is.
        let of = |most: u16, length: usize| proptest::collection::btree_set(0..=most, 0..length);
        let pair = |most, left, right| (of(most, left), of(most, right));
        prop_oneof![pair(60, 40, 40), pair(2_000, 300, 30), pair(u16::MAX, 30, 300), pair(9, 9, 9)].prop_flat_map(
            |(left, right)| {
                (Just(left), Just(right), any::<[bool; 2]>()).prop_map(|(mut left, mut right, ends)| {
                    if ends[0] {
                        left.insert(u16::MAX);
                    }
                    if ends[1] {
                        right.insert(u16::MAX);
                    }
                    (left, right)
                })
            },
        )
    }

    proptest! {
        #[test]
        fn sets_are_compared_as_the_standard_library_compares_them((left, right) in sets(), before in 0..3_u32) {
            if !are_there() {
                return Ok(());
            }
            let expected = |numbers: Vec<u16>| (0..before).chain(numbers.into_iter().map(u32::from)).collect::<Vec<_>>();
            for (wanted, common) in [
                (left.intersection(&right).copied().collect(), true),
                (left.difference(&right).copied().collect(), false),
            ] {
                let mut out: Vec<u32> = (0..before).collect();
                keep(&bytes(&left), &bytes(&right), common, &mut out);
                prop_assert_eq!(out, expected(wanted), "{}", common);
            }
            prop_assert_eq!(common(&bytes(&left), &bytes(&right)), left.intersection(&right).count());
        }

        #[test]
        fn numbers_that_do_not_ascend_do_no_harm(
            left in proptest::collection::vec(any::<[u8; 2]>(), 0..60),
            right in proptest::collection::vec(any::<[u8; 2]>(), 0..60),
        ) {
            if are_there() {
                for common in [true, false] {
                    keep(&left, &right, common, &mut Vec::new());
                }
                common(&left, &right);
            }
        }
    }
}
