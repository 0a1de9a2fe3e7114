//! What is said of NumPy arrays that are wrong.

use crate::folder::{Folder, options};
use crate::npy::{f4, npy};

const ONE: [f32; 6] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];

#[test]
fn scores_that_are_not_finite() {
    let folder = Folder::new();
    let cases = [
        (f32::NAN, "NaN"),
        (f32::INFINITY, "infinite (or too large for 32 bits)"),
        (f32::NEG_INFINITY, "minus infinity (or too large for 32 bits)"),
    ];
    for (bad, found) in cases {
        let mut scores = [ONE, ONE].concat();
        scores[11] = bad;
        folder.write("s.npy.ids.txt", "a\nb\n");
        assert_eq!(
            folder.refusal("s.npy", npy("<f4", false, "(2, 2, 3)", &f4(&scores))),
            format!(
                "s.npy, array `s`, index 1: the score of layer 1, neuron 2 of fact `b` is {found}; expected a finite 32-bit \
                 number; repeat this fact's attribution or take it out of the file"
            )
        );
    }
    let doubles: Vec<u8> = [0.0, 1e300, 0.0, 0.0, 0.0, 0.0_f64].iter().flat_map(|score| score.to_le_bytes()).collect();
    assert_eq!(
        folder.refusal("d.npy", npy("<f8", false, "(2, 3)", &doubles)),
        "d.npy, array `d`: the score of layer 0, neuron 1 of fact `d` is infinite (or too large for 32 bits); expected a \
         finite 32-bit number; repeat this fact's attribution or take it out of the file"
    );
}

#[test]
fn shapes_that_do_not_fit_the_model() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("u.npy", npy("<f4", false, "(3, 2)", &f4(&ONE))),
        "u.npy, array `u`: the array has the shape (3, 2); expected (2, 3), (facts, 2, 3) or (facts, 6) for 2 layers × 3; \
         it is transposed: save `.T`"
    );
    for (dims, advice) in [
        ("(1, 3, 2)", "it is transposed: save `.swapaxes(1, 2)`"),
        ("(2, 3, 1)", "the facts come last: save `numpy.moveaxis(scores, 2, 0)`"),
    ] {
        let told = folder.refusal("u.npy", npy("<f4", false, dims, &f4(&ONE)));
        assert!(told.ends_with(advice), "{told}");
    }
    assert_eq!(
        folder.refusal("u.npy", npy("<f4", false, "(6,)", &f4(&ONE))),
        "u.npy, array `u`: the array has the shape (6,); expected (2, 3), (facts, 2, 3) or (facts, 6) for 2 layers × 3"
    );
}

#[test]
fn types_that_hold_no_scores() {
    let folder = Folder::new();
    for descr in ["<i4", "|V2", "<c8", "|O", ""] {
        assert_eq!(
            folder.refusal("u.npy", npy(descr, false, "(2, 3)", &[0; 24])),
            format!(
                "u.npy: found values of type `{descr}`; expected f2, f4 or f8 (convert with `.astype(\"float32\")`)"
            )
        );
    }
}

#[test]
fn headers_that_promise_terabytes() {
    let folder = Folder::new();
    assert_eq!(
        folder.refusal("u.npy", npy("<f4", false, "(1099511627776, 2, 3)", &f4(&ONE))),
        "u.npy: the array takes 26388279066624 bytes by its header, but the file has 24 for it; it is damaged or was cut \
         short: write or copy it again"
    );
    let most = u64::MAX;
    assert!(
        folder
            .refusal("u.npy", npy("<f4", false, &format!("({most}, {most}, {most})"), &f4(&ONE)))
            .starts_with(&format!("u.npy: the array takes {} bytes", u128::MAX))
    );
    assert_eq!(
        folder.refusal("u.npy", b"\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF{"),
        "u.npy: the file cannot be read as npy: its header claims 4294967295 bytes, at most 65536 are expected"
    );
    assert_eq!(
        folder.refusal("u.npy", b"\x93NUMPY\x01\x00\x76\x00{"),
        "u.npy: the file cannot be read as npy: its header cannot be read: its bytes end early: it was cut \
         short; write or copy the file again"
    );
}

#[test]
fn a_file_that_was_cut_short() {
    let whole = npy("<f4", false, "(2, 3)", &f4(&ONE));
    assert_eq!(
        Folder::new().refusal("u.npy", &whole[..whole.len() - 4]),
        "u.npy: the array takes 24 bytes by its header, but the file has 20 for it; it is damaged or was cut short: write \
         or copy it again"
    );
}

#[test]
fn ids_that_are_missing_or_do_not_fit() {
    let folder = Folder::new();
    let two = || npy("<f4", false, "(2, 2, 3)", &f4(&[ONE, ONE].concat()));
    assert_eq!(
        folder.refusal("s.npy", two()),
        "s.npy, array `s`: found scores of 2 facts without their ids; expected the facts' ids, in order, in \
         `s.npy.ids.txt` or `s.npy.ids.json`"
    );
    folder.write("s.npy.ids.txt", "a\n");
    assert_eq!(
        folder.refusal("s.npy", two()),
        "s.npy.ids.txt: found 1 fact ids; expected 2, one for each fact of the array"
    );
    folder.write("s.npy.ids.txt", "a\na\n");
    let other = npy("<f4", false, "(2, 2, 3)", &f4(&[ONE, [0.5; 6]].concat()));
    assert_eq!(
        folder.refusal("s.npy", other),
        "s.npy, array `s`, index 1: fact `a` comes a second time with different content (first at array `s`, index 0); \
         expected each fact once; keep the right one"
    );
    folder.write("s.npy.ids.txt", b"a\n\xFF\n");
    assert_eq!(
        folder.refusal("s.npy", two()),
        "s.npy.ids.txt, line 2, column 1: found bytes that are not UTF-8; expected fact ids: one a line, a JSON list, or \
         JSON lines with a field `uuid`"
    );
    let mut options = options();
    options.ids = Some(folder.path("none.txt"));
    assert_eq!(folder.refusal_with("s.npy", &options), "cannot open none.txt: No such file or directory (os error 2)");
}
