//! What chance gives: the overlaps and frequencies that neuron sets have when they mean nothing.
//!
//! It is: closed forms and exact sums over numbers and sorted ids. It is not: a reader of stores, or a drawer of random sets; it
//! knows nothing of either, and the only random numbers are those of [`circle()`], which takes a seed.
//!
//! | module | the question | the null |
//! |---|---|---|
//! | [`overlap`] | how many neurons do these sets share by chance, and how likely is it that they share so many? | sets at random: every set keeps its size in each layer |
//! | [`others`] | how many do they share when they are of different facts of one relation? | another fact of the same relation |
//! | [`mod@circle`] | which few others shall each be compared with? | |
//! | [`frequency`] | how likely is it that a neuron is in so many facts' sets? | sets at random |
//! | [`discovery`] | of the neurons that look frequent, how many are so by chance? | Benjamini–Hochberg |
//! | [`tail`] | probabilities too small for a float | |
//! | `count`, `sum`, `saddle` | sums of independent counts, and their tails | |
//!
//! **Tails are one-sided**: P(X ≥ x), ties counted as at least as large. A count is discrete, so such a p-value is below 0.05 in *at
//! most* 5 % of the cases in which there is nothing to find, and in clearly fewer where the counts are small.
//! **Nothing underflows**: a tail is kept as its logarithm.
//!
//! ```
//! use kndb_chance::{Draw, Overlap};
//!
//! // Two facts; each has 3 neurons of a layer of 10 in English, and 4 of them in Chinese.
//! let draw = Draw::new(10, &[3, 4]).ok_or("a set larger than its layer")?;
//! let mut overlap = Overlap::default();
//! overlap.add(&draw);
//! overlap.add(&draw);
//! assert!((overlap.mean() - 2.4).abs() < 1e-12); // 2 · 3·4/10
//! // All six neurons in common: (4·3·2 / (10·9·8))² = 1/900.
//! assert!((overlap.at_least(6).p() - 1.0 / 900.0).abs() < 1e-12);
//! # Ok::<(), &'static str>(())
//! ```

pub mod circle;
mod count;
pub mod discovery;
pub mod frequency;
pub mod others;
pub mod overlap;
mod saddle;
mod sum;
pub mod tail;

pub use circle::circle;
pub use discovery::false_discovery;
pub use frequency::Frequency;
pub use others::OtherFacts;
pub use overlap::{Draw, Overlap, expected_jaccard};
pub use tail::Tail;
