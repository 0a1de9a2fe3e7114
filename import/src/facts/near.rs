//! Names of fields that are not the expected one, but were surely meant to be.

use super::row::Row;

/// Ways in which the parts of a name are written.
const PARTS: &[(&str, &[&str])] = &[
    ("sub", &["sub", "subj", "subject"]),
    ("obj", &["obj", "object"]),
    ("label", &["label", "labels"]),
    ("uri", &["uri", "uris", "url"]),
    ("lang", &["lang", "langs", "language", "languages", "locale"]),
    ("predicate", &["predicate", "pred"]),
    ("template", &["template", "templates"]),
    ("pattern", &["pattern", "patterns"]),
    ("relation", &["relation", "relations", "rel"]),
    ("sample", &["sample", "samples"]),
    ("prompt", &["prompt", "prompts"]),
];

/// The one of the `wanted` names that `found` is a misspelling of.
pub(super) fn meant<'a>(found: &str, wanted: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let spelled = normal(found);
    wanted.into_iter().find(|&name| {
        let right = normal(name);
        spelled == right || (right.len() >= 4 && one_apart(&found.to_lowercase(), name))
    })
}

/// The field of a row that `wanted` is misspelled as.
pub(super) fn meant_by<'a>(row: &'a Row<'_>, wanted: &str) -> Option<&'a str> {
    row.names().find(|name| meant(name, [wanted]).is_some())
}

/// A name in lower case, without marks between its parts, each part in its usual form.
fn normal(name: &str) -> String {
    let lower = name.to_lowercase();
    let mut parts = String::new();
    for part in lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        match usual(part) {
            Some(usual) => parts.push_str(usual),
            // Two parts in one word: `sublabel`, `objectUri`.
            None => {
                let split = (1..part.len()).filter(|&at| part.is_char_boundary(at)).find_map(|at| {
                    let (first, second) = part.split_at(at);
                    Some((usual(first)?, usual(second)?))
                });
                match split {
                    Some((first, second)) => parts.extend([first, second]),
                    None => parts.push_str(part),
                }
            }
        }
    }
    parts
}

fn usual(part: &str) -> Option<&'static str> {
    PARTS.iter().find(|(_, forms)| forms.contains(&part)).map(|&(usual, _)| usual)
}

/// Whether one letter too many, too few, another one, or two exchanged make the difference.
fn one_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (a, b) = (&one[same..], &other[same..]);
    match (a, b) {
        ([], [_]) | ([_], []) => true,
        ([_, rest_a @ ..], [_, rest_b @ ..]) if rest_a == rest_b => true,
        ([_, rest @ ..], _) if rest == b => true,
        (_, [_, rest @ ..]) if rest == a => true,
        ([a, b, rest_a @ ..], [c, d, rest_b @ ..]) => a == d && b == c && rest_a == rest_b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 6] = ["sub_label", "obj_label", "sub_uri", "uuid", "language", "predicate_id"];

    #[test]
    fn other_spellings_of_a_field_are_near_misses() {
        let cases = [
            ("sublabel", "sub_label"),
            ("object_label", "obj_label"),
            ("objectLabels", "obj_label"),
            ("obj-label", "obj_label"),
            ("subject_uri", "sub_uri"),
            ("obj_lable", "obj_label"),
            ("uid", "uuid"),
            ("languages", "language"),
            ("locale", "language"),
            ("pred_id", "predicate_id"),
        ];
        for (found, expected) in cases {
            assert_eq!(meant(found, FIELDS), Some(expected), "{found}");
        }
    }

    #[test]
    fn fields_of_their_own_are_not() {
        for found in ["lineid", "sub_aliases", "obj_surface", "sub_w", "sub", "evidences", "lemma", "id", "type", ""] {
            assert_eq!(meant(found, FIELDS), None, "{found}");
        }
    }
}
