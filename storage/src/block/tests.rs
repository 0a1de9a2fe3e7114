//! Blocks, worked out by hand.

use super::*;
use crate::entry::{GroupEvidence, Origin, ScoreValues};
use crate::ids::Neuron;

fn form(score_type: ScoreType) -> Form {
    Form { shape: Shape::new(2, 3).expect("small"), score_type }
}

fn of(values: &[f32]) -> Scores {
    Scores { values: ScoreValues::Dense(values.to_vec()), evidence: Vec::new(), origin: None }
}

fn dense(values: &[f32], keep: Keep) -> Vec<u8> {
    encode_scores(&of(values), form(ScoreType::F32), keep)
}

/// Reads both pieces.
fn whole(bytes: &[u8], score_type: ScoreType) -> ScoreView<'_> {
    let pieces = Pieces::read(bytes).expect("its own bytes");
    v2::whole(pieces.head, pieces.tail, form(score_type)).expect("its own bytes")
}

fn pairs(view: &ScoreView<'_>) -> Vec<(u32, f32)> {
    (0..view.len()).map(|rank| (view.neuron(rank).0, view.score(rank))).collect()
}

fn kept(bytes: &[u8]) -> Vec<(u32, f32)> {
    pairs(&whole(bytes, ScoreType::F32))
}

#[test]
fn scores_descend_and_equal_ones_keep_neuron_order() {
    let bytes = dense(&[0.5, -0.0, 2.0, 0.5, 0.0, -1.0], Keep::All);
    assert_eq!(kept(&bytes), [(2, 2.0), (0, 0.5), (3, 0.5), (1, 0.0), (4, 0.0), (5, -1.0)]);
    let view = whole(&bytes, ScoreType::F32);
    assert_eq!((view.max(), view.floor()), (2.0, f32::NEG_INFINITY));
    let layers: Vec<_> = view.layers().map(|layer| (layer.max, layer.sum)).collect();
    assert_eq!(layers, [(2.0, 2.5), (0.5, -0.5)]);
}

#[test]
fn thresholds_are_strict() {
    let bytes = dense(&[1.0, 0.5, 0.25, 0.5, 0.0, 0.0], Keep::All);
    let view = whole(&bytes, ScoreType::F32);
    assert_eq!(view.above_share(0.5, 0..6), 1);
    assert_eq!(view.above_share(0.4999, 0..6), 3);
    assert_eq!(view.above_share(0.0, 0..6), 4);
}

#[test]
fn a_share_keeps_everything_from_it_on_and_says_so() {
    let bytes = dense(&[1.0, 0.3, 0.1, 0.05, 0.0, -3.0], Keep::Share(0.1));
    assert_eq!(kept(&bytes), [(0, 1.0), (1, 0.3), (2, 0.1)]);
    let view = whole(&bytes, ScoreType::F32);
    assert!(f64::from(view.floor()) >= 0.1);
}

#[test]
fn top_n_floor_excludes_ties_that_were_cut() {
    let bytes = dense(&[1.0, 0.5, 0.5, 0.5, 0.0, 0.0], Keep::Top(2));
    assert_eq!(kept(&bytes), [(0, 1.0), (1, 0.5)]);
    let view = whole(&bytes, ScoreType::F32);
    assert_eq!(view.floor(), 0.5_f32.next_up());
}

#[test]
fn a_fact_without_a_positive_score_has_no_knowledge_neuron() {
    let bytes = dense(&[-1.0, -0.5, 0.0, -0.25, -2.0, -3.0], Keep::All);
    let view = whole(&bytes, ScoreType::F32);
    assert_eq!(view.max(), 0.0);
    assert_eq!(view.above_share(0.3, 0..6), 0);
    assert_eq!(kept(&dense(&[-1.0; 6], Keep::Share(0.01))), []);
}

#[test]
fn halves_are_rounded_before_ranking() {
    let scores = of(&[1.0, 0.333_333, 0.1, 0.0, 0.0, 0.0]);
    for score_type in [ScoreType::F16, ScoreType::Bf16] {
        let bytes = encode_scores(&scores, form(score_type), Keep::Share(0.05));
        let view = whole(&bytes, score_type);
        assert_eq!(view.len(), 3);
        assert_eq!(view.score(1), round(0.333_333, score_type));
    }
}

#[test]
fn groups_come_back_with_their_evidence() {
    let groups = vec![
        Group {
            neurons: vec![Neuron(2), Neuron(0)],
            evidence: Some(GroupEvidence { probability: 0.9, after_each: vec![0.8, 0.7], after_all: 0.1 }),
        },
        Group { neurons: vec![Neuron(1), Neuron(3), Neuron(4)], evidence: None },
    ];
    let bytes = encode_groups(&groups, None);
    let back = groups::decode(Pieces::read(&bytes).expect("its own bytes").head).expect("its own bytes");
    assert_eq!(back[0].neurons, [Neuron(0), Neuron(2)]);
    assert_eq!(back[0].evidence.as_ref().expect("given").after_each, [0.7, 0.8]);
    assert_eq!(back[1], groups[1]);
}

#[test]
fn the_head_ends_at_a_tenth_of_the_maximum() {
    let bytes = dense(&[2.0, 0.2, 0.199, -1.0, 0.4, 0.0], Keep::All);
    let pieces = Pieces::read(&bytes).expect("its own bytes");
    let head = v2::head(pieces.head, form(ScoreType::F32)).expect("its own bytes");
    // 0.2 as a 32-bit number is a little more than a tenth of 2.
    assert_eq!(pairs(&head), [(0, 2.0), (4, 0.4), (1, 0.2)]);
    assert_eq!((head.len(), head.kept(), head.max()), (3, 6, 2.0));
    assert_eq!(kept(&bytes)[3..], [(2, 0.199), (5, 0.0), (3, -1.0)]);
    let nothing_positive = dense(&[-1.0; 6], Keep::All);
    let pieces = Pieces::read(&nothing_positive).expect("its own bytes");
    assert_eq!(v2::head(pieces.head, form(ScoreType::F32)).expect("its own bytes").len(), 0);
}

#[test]
fn a_signed_rule_keeps_the_most_negative_scores_beside_the_best() {
    let bytes = dense(&[1.0, -2.0, -0.25, 0.25, -0.5, 0.1], Keep::Signed(0.25));
    let view = whole(&bytes, ScoreType::F32);
    assert_eq!(pairs(&view), [(0, 1.0), (3, 0.25)]);
    // A quarter of the largest absolute score, 2.
    assert_eq!(view.negative().map(|(neuron, score)| (neuron.0, score)).collect::<Vec<_>>(), [(1, -2.0), (4, -0.5)]);
    assert_eq!(view.ceiling(), -0.5);
    assert!(whole(&dense(&[1.0, -2.0, 0.0, 0.0, 0.0, 0.0], Keep::All), ScoreType::F32).ceiling().is_nan());
    let listed = ScoreValues::Sparse { neurons: vec![Neuron(4), Neuron(0)], scores: vec![-1.0, 1.0], floor: 0.5 };
    let bytes = encode_scores(&Scores { values: listed, ..of(&[]) }, form(ScoreType::F32), Keep::Signed(0.1));
    let view = whole(&bytes, ScoreType::F32);
    assert_eq!(view.negative().map(|(neuron, score)| (neuron.0, score)).collect::<Vec<_>>(), [(4, -1.0)]);
    assert!(view.ceiling().is_nan(), "what was not listed may be lower still");
}

#[test]
fn an_origin_comes_back_whatever_of_it_is_known() {
    let all = Origin { question: Some(7 << 40), answer: Some("巴黎".into()), rank: Some(3), tokens: Some(2) };
    let none = Origin { question: None, answer: None, rank: None, tokens: None };
    for known in 0..16 {
        let origin = Origin {
            question: all.question.filter(|_| known & 1 != 0),
            answer: all.answer.clone().filter(|_| known & 2 != 0),
            rank: all.rank.filter(|_| known & 4 != 0),
            tokens: all.tokens.filter(|_| known & 8 != 0),
        };
        let scores = Scores { origin: Some(origin.clone()), ..of(&[1.0; 6]) };
        let bytes = encode_scores(&scores, form(ScoreType::F16), Keep::All);
        assert_eq!(whole(&bytes, ScoreType::F16).origin(), Some(origin).filter(|origin| *origin != none));
    }
}

#[test]
fn questions_that_differ_in_anything_have_other_hashes() {
    let asked = |template, subject, object, prompt| question_hash(template, subject, object, prompt);
    let first = asked("[X] is in [Y].", "Paris", "France", 0);
    assert_eq!(first, asked("[X] is in [Y].", "Paris", "France", 0));
    // By the description: lengths and texts, then the number.
    let bytes: Vec<u8> = ["[X] is in [Y].", "Paris", "France"]
        .iter()
        .flat_map(|text| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat())
        .chain([0, 0])
        .collect();
    assert_eq!(first, xxhash_rust::xxh3::xxh3_64(&bytes));
    for other in [
        asked("[X] is in [Y]", "Paris", "France", 0),
        asked("[X] is in [Y].", "ParisF", "rance", 0),
        asked("[X] is in [Y].", "Paris", "", 0),
        asked("[X] is in [Y].", "Paris", "France", 256),
    ] {
        assert_ne!(first, other);
    }
}

/// What format 1 wrote for these scores, 2 layers × 3, f32, all kept: layers, neurons, scores, and the root with its lists.
fn old_block() -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in [2.0, 2.5, 0.75, 0.5, 0.125, 0.5, -0.5, f32::NAN, f32::NAN, f32::NAN] {
        bytes.extend(f32::to_le_bytes(number));
    }
    for neuron in [2_u16, 0, 3, 1, 4, 5] {
        bytes.extend(neuron.to_le_bytes());
    }
    for score in [2.0, 0.5, 0.5, 0.0, 0.0, -1.0] {
        bytes.extend(f32::to_le_bytes(score));
    }
    let root = bytes.len();
    bytes.extend(f32::NEG_INFINITY.to_le_bytes());
    bytes.extend(2.0_f32.to_le_bytes());
    for (begin, len) in [(0, 2), (40, 6), (0, 0), (52, 6), (0, 0)] {
        bytes.extend((begin - bytes.len() as i32).to_le_bytes());
        bytes.extend(u32::to_le_bytes(len));
    }
    assert_eq!(bytes.len(), root + 48);
    bytes
}

#[test]
fn a_block_of_format_1_says_the_same_in_todays_form() {
    let old = old_block();
    let current = as_current(&old, PartKind::Scores, form(ScoreType::F32)).expect("reads");
    let view = whole(&current, ScoreType::F32);
    assert_eq!(pairs(&view), [(2, 2.0), (0, 0.5), (3, 0.5), (1, 0.0), (4, 0.0), (5, -1.0)]);
    assert_eq!((view.floor(), view.max(), view.origin()), (f32::NEG_INFINITY, 2.0, None));
    let layers: Vec<_> = view.layers().map(|layer| (layer.max, layer.sum, layer.evidence.residual)).collect();
    assert_eq!(layers[0], (2.0, 2.5, 0.125));
    assert_eq!((layers[1].0, layers[1].1, layers[1].2.is_nan()), (0.5, -0.5, true));
    assert_eq!(as_current(&current, PartKind::Scores, form(ScoreType::F32)).expect("is current"), current);
}

#[test]
fn every_changed_byte_of_a_waiting_block_is_found() {
    let groups = vec![Group { neurons: vec![Neuron(2), Neuron(0)], evidence: None }];
    for good in [dense(&[0.5, 0.1, 2.0, 0.5, 0.0, -1.0], Keep::All), encode_groups(&groups, None)] {
        for cut in 0..good.len() {
            assert!(Pieces::read(&good[..cut]).is_err(), "{cut} of {} bytes", good.len());
        }
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Pieces::read(&bad).is_err(), "bit {bit}");
        }
    }
}

/// Reads whatever a view has.
fn read_all(view: &ScoreView<'_>) {
    let mut neurons = Vec::new();
    view.push_neurons(view.len(), &mut neurons);
    assert_eq!(neurons.len(), pairs(view).len());
    assert!(view.layers().count() <= 2 && view.negative().count() < 100);
    let _ = (view.origin(), view.check(6), view.above_share(0.3, 0..9), view.knows_share(0.3));
}

#[test]
fn bytes_that_no_checksum_protects_are_refused_or_read_as_something_never_a_panic() {
    let origin = Origin { question: Some(1), answer: Some("é".into()), rank: Some(1), tokens: Some(1) };
    let scores = Scores { origin: Some(origin), ..of(&[0.5, 0.1, 2.0, 0.5, 0.0, -1.0]) };
    let (head, tail) =
        v2::write(&kept::Kept::of(&scores, form(ScoreType::F32), Keep::Signed(0.2)), form(ScoreType::F32));
    let groups = groups::encode(&[Group { neurons: vec![Neuron(2), Neuron(0)], evidence: None }]);
    let old = old_block();
    let try_all = |head: &[u8], tail: &[u8], groups: &[u8], old: &[u8]| {
        for score_type in [ScoreType::F32, ScoreType::Bf16] {
            let _ = v2::whole(head, tail, form(score_type)).map(|view| read_all(&view));
            let _ = v2::head(head, form(score_type)).map(|view| read_all(&view));
            let _ = v1::view(old, form(score_type)).map(|view| pairs(&view));
        }
        let _ = (groups::decode(groups), v1::decode_groups(old), v1::decode_groups(groups));
    };
    let longest = head.len().max(old.len());
    for at in 0..longest {
        let cut = |bytes: &[u8]| bytes[..at.min(bytes.len())].to_vec();
        try_all(&cut(&head), &cut(&tail), &cut(&groups), &cut(&old));
        for change in [1, 0x80, 0xFF] {
            let changed = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= change;
                }
                bytes
            };
            try_all(&changed(&head), &changed(&tail), &changed(&groups), &changed(&old));
        }
    }
    assert!(v2::whole(&head, &tail, form(ScoreType::F16)).is_err(), "f32 scores read as f16");
}
