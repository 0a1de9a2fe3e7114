//! The known name that an unknown one was probably meant to be.
//!
//! Useful for hints ("did you mean …?") only: never act on the answer.

/// The candidate nearest to `name`, if one is near: at most `max(1, length / 3)` letters added,
/// dropped, changed or swapped with their neighbour, upper and lower case being equal. The first
/// of several equally near ones.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = folded(name);
    let limit = (name.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters = folded(candidate);
        if letters.len().abs_diff(name.len()) > limit {
            continue;
        }
        let distance = distance(&name, &letters);
        // A candidate with no letter in common is another name, however short both are.
        let near = distance <= limit && distance < letters.len().max(1);
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Vec<char> {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// Edit distance with swaps of neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCES: [&str; 5] = ["kn", "likn", "dkn", "facts", "neurons"];

    #[test]
    fn a_slip_of_the_finger_is_near() {
        assert_eq!(nearest("kns", SOURCES), Some("kn"));
        assert_eq!(nearest("LIKM", SOURCES), Some("likn"));
        assert_eq!(nearest("nuerons", SOURCES), Some("neurons"));
        assert_eq!(nearest("lnag", ["layer", "lang"]), Some("lang"));
    }

    #[test]
    fn another_word_is_not() {
        assert_eq!(nearest("capitals", SOURCES), None);
        assert_eq!(nearest("x", ["y", "z"]), None);
        assert_eq!(nearest("", SOURCES), None);
        assert_eq!(nearest("P36", []), None);
    }

    #[test]
    fn the_nearest_wins_and_among_equals_the_first() {
        assert_eq!(nearest("P36", ["P37", "p36", "P361"]), Some("p36"));
        assert_eq!(nearest("P36", ["P37", "P31"]), Some("P37"));
    }
}
