//! Tails against scipy 1.16 and mpmath, far beyond what can be counted by hand.

use kndb_chance::{Draw, Frequency, Overlap};

/// `numpy.convolve` of `scipy.stats.hypergeom` pmfs: 40 × (3072, 17, 23), 5 × (3072, 100, 250), 12 × (512, 30, 40).
#[test]
fn the_tail_of_an_overlap_is_that_of_convolved_hypergeometric_counts() {
    let mut overlap = Overlap::default();
    for (width, sizes, times) in [(3072, [17, 23], 40), (3072, [250, 100], 5), (512, [30, 40], 12)] {
        let draw = Draw::new(width, &sizes).expect("sets of the layer");
        (0..times).for_each(|_| overlap.add(&draw));
    }
    assert!((overlap.mean() - 73.906_25).abs() < 1e-9);
    for (observed, expected) in [
        (60, 0.965_382_773_077_553_7),
        (80, 0.242_330_700_467_929_54),
        (100, 0.001_210_860_174_393_556_7),
        (120, 8.369_882_111_970_908e-8),
        (150, 3.708_458_185_981_341_5e-17),
    ] {
        let found = overlap.at_least(observed).p();
        assert!((found / expected - 1.0).abs() < 1e-10, "{observed}: {found} for {expected}");
    }
}

/// mpmath with 40 digits: the product of the polynomials of Binomial(300, 5/3072), (200, 40/3072) and (20, 300/3072).
#[test]
fn the_tail_of_a_frequency_keeps_its_digits_down_to_all_facts() {
    let sizes = [(5, 300), (40, 200), (300, 20)].into_iter().flat_map(|(size, facts)| std::iter::repeat_n(size, facts));
    let frequency = Frequency::new(3072, sizes).expect("sets of the layer");
    for (observed, ln) in [
        (1, -0.005_728_621_903_745_234),
        (5, -0.559_377_153_441_080_8),
        (10, -3.499_599_875_101_738),
        (20, -15.696_280_236_066_14),
        (50, -80.666_911_786_314_76),
        (100, -239.962_210_214_883_6),
        (300, -1_212.197_237_695_274),
        (520, -2_840.960_814_972_991),
    ] {
        let found = frequency.at_least(observed).ln();
        assert!((found - ln).abs() < 1e-11 * ln.abs().max(1.0), "{observed}: {found} for {ln}");
    }
}
