//! What stands beside scores about the order of layers or of neurons: `layers`, `layer_indices`, `neuron_order`.
//!
//! Scores are stored by layer and neuron from 0 on. A file that says another order, or that its layers are others than
//! all from 0 on, would be read wrong: it is refused. The order that scores have anyway may be said, and a number of layers.

use kndb_storage::Shape;

use crate::error::ImportError;
use crate::source::roles::Role;
use crate::source::told::At;

/// Words in names of lists that say an order, of whatever.
const ORDER: [&str; 11] =
    ["order", "ordering", "perm", "permutation", "indices", "indexes", "index", "idx", "ids", "argsort", "sorted"];
/// Words in names that say something else of layers or neurons than which they are: how many, of what kind, how good.
/// Each stands for its plural, too.
const OTHER: [&str; 29] = [
    "n",
    "num",
    "count",
    "total",
    "per",
    "size",
    "width",
    "dim",
    "norm",
    "type",
    "kind",
    "name",
    "max",
    "min",
    "mean",
    "average",
    "avg",
    "std",
    "sum",
    "rank",
    "score",
    "share",
    "fraction",
    "ratio",
    "weight",
    "bias",
    "freq",
    "frequency",
    "group",
];
/// Words in names of lists that are about something else than layers and neurons.
const ELSE: [&str; 14] = [
    "fact", "facts", "prompt", "prompts", "token", "tokens", "sample", "samples", "seed", "seeds", "row", "rows",
    "subject", "object",
];

/// What a name says of layers or neurons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    /// It is one that columns of layers or neurons have.
    Named(Role),
    /// It is longer, or close to one: `layer_order`, `source_layers`.
    Near(Role),
    /// It is of an order, and does not say of what.
    Order,
}

impl Axis {
    pub fn of(name: &str) -> Option<Self> {
        let is_axis = |role: &Role| matches!(role, Role::Layer | Role::Neuron);
        if let Some(role) = Role::of(name) {
            return is_axis(&role).then_some(Self::Named(role));
        }
        let words = Role::words(name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&&**word));
        let is_other =
            |word: &String| OTHER.contains(&word.strip_suffix('s').unwrap_or(word)) || OTHER.contains(&&**word);
        match Role::near(name).filter(is_axis) {
            Some(_) if words.iter().any(is_other) => None,
            Some(role) => Some(Self::Near(role)),
            None => (has(&ORDER) && !has(&ELSE)).then_some(Self::Order),
        }
    }

    /// The layer or neuron that a column of this name says of its row, beside the one that is called so.
    pub fn of_column(name: &str) -> Option<Role> {
        match Self::of(name) {
            Some(Self::Near(role)) => Some(role),
            _ => None,
        }
    }
}

/// An error's words, what was found and what was expected, unless a list of this name says nothing but the order that
/// scores have anyway. `name` is as a message calls it.
fn check_list(axis: Axis, name: &str, values: &[String], shape: Shape) -> Result<(), (String, String)> {
    let numbers: Option<Vec<u64>> = values.iter().map(|value| whole(value)).collect();
    let is_fine = match &numbers {
        Some(numbers) => {
            let ascends = numbers.iter().copied().eq(0..numbers.len() as u64);
            let fits = |role| lengths(role, shape).contains(&(numbers.len() as u64));
            match axis {
                Axis::Named(role) | Axis::Near(role) => ascends && fits(role),
                // A list of seeds may be called `index`, too: only what orders the layers or neurons matters.
                Axis::Order => ascends || !is_permutation(numbers) || !(fits(Role::Layer) || fits(Role::Neuron)),
            }
        }
        // `layer_names` of the right order cannot be told from others.
        None => !matches!(axis, Axis::Named(_)),
    };
    if is_fine { Ok(()) } else { Err(refused(axis, name, &values.join(", "), shape)) }
}

/// [`check_list`] for the values of an array, or [`check_text`] if it has no dimension.
pub(crate) fn check_values(
    axis: Axis,
    name: &str,
    values: &[String],
    single: bool,
    shape: Shape,
    at: At<'_>,
) -> Result<(), ImportError> {
    let checked = match values {
        [one] if single => check_text(axis, name, one, shape),
        values => check_list(axis, name, values, shape),
    };
    checked.map_err(|(found, expected)| ImportError::Unexpected { at: at(), found, expected })
}

/// An error if metadata of this name says another order than scores have.
pub(crate) fn check_metadata(name: &str, text: &str, shape: Shape, at: At<'_>) -> Result<(), ImportError> {
    let Some(axis) = Axis::of(name) else { return Ok(()) };
    let checked = check_text(axis, name, text, shape);
    checked.map_err(|(found, expected)| ImportError::Unexpected { at: at(), found, expected })
}

/// [`check_list`] for one text: a list as JSON, NumPy or people write it, a range, a number of layers, or a word.
fn check_text(axis: Axis, name: &str, text: &str, shape: Shape) -> Result<(), (String, String)> {
    let inner = text.trim().trim_start_matches(['[', '(', '{']).trim_end_matches([']', ')', '}']);
    let parts: Vec<String> = inner
        .split(|character: char| character == ',' || character == ';' || character.is_whitespace())
        .map(|part| part.trim_matches(['"', '\'']).to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 && parts.iter().all(|part| whole(part).is_some()) {
        return check_list(axis, name, &parts, shape);
    }
    let roles = match axis {
        Axis::Named(role) | Axis::Near(role) => vec![role],
        Axis::Order => vec![],
    };
    let count = |role: &Role| lengths(*role, shape);
    // The list of the only layer.
    let is_list = inner != text.trim() && parts.len() == 1 && check_list(axis, name, &parts, shape).is_ok();
    let is_count = parts.len() == 1 && roles.iter().flat_map(count).any(|count| whole(&parts[0]) == Some(count));
    let is_fine = match range(inner) {
        Some((first, last)) => {
            roles.is_empty() || roles.iter().flat_map(count).any(|all| first == 0 && last + 1 == all)
        }
        None => match axis {
            // `layers: "all"` says no order; `layer: "3"` says that the scores are of one.
            Axis::Named(_) => is_count || is_list || !text.contains(|character: char| character.is_ascii_digit()),
            Axis::Near(_) => {
                is_count || is_list || !says_order(name) || ["ascending", "natural", "forward"].contains(&text.trim())
            }
            Axis::Order => true,
        },
    };
    if is_fine { Ok(()) } else { Err(refused(axis, name, text, shape)) }
}

fn says_order(name: &str) -> bool {
    Role::words(name).iter().any(|word| ORDER.contains(&&**word))
}

/// How long a list of all layers or neurons is.
fn lengths(role: Role, shape: Shape) -> Vec<u64> {
    match role {
        Role::Layer => vec![u64::from(shape.layers)],
        _ => vec![u64::from(shape.width), shape.neurons()],
    }
}

/// A whole number; `3.0` is 3.
fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    let number = text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0'));
    number.map_or(text, |(whole, _)| whole).parse().ok()
}

/// `0-3`, `0..3`, `0 to 3`: the first and the last.
fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = ["..", "-", "–", " to "].iter().find_map(|sign| text.split_once(sign))?;
    Some((whole(first)?, whole(last)?))
}

fn is_permutation(numbers: &[u64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.iter().copied().eq(0..numbers.len() as u64)
}

fn refused(axis: Axis, name: &str, values: &str, shape: Shape) -> (String, String) {
    const SHOWN: usize = 40;
    let mut shown: String = values.chars().take(SHOWN).collect();
    if values.chars().count() > SHOWN {
        shown.push('…');
    }
    let (what, last, axes) = match axis {
        Axis::Named(Role::Neuron) | Axis::Near(Role::Neuron) => ("neurons", shape.width - 1, "..."),
        _ => ("layers", shape.layers - 1, ":"),
    };
    (
        format!("`{name}` that says `{shown}`, which is not all {what} in order, 0 to {last}"),
        format!(
            "scores of all {what} in order, with which it may say so (in NumPy: `scores = scores[{axes}, np.argsort({name})]`), \
             or that it is named as one to leave out"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str, values: &[u64]) -> Option<bool> {
        let values: Vec<_> = values.iter().map(u64::to_string).collect();
        let shape = Shape::new(4, 8).expect("a shape");
        Axis::of(name).map(|axis| check_list(axis, name, &values, shape).is_ok())
    }

    fn text(name: &str, text: &str) -> bool {
        let shape = Shape::new(4, 8).expect("a shape");
        Axis::of(name).is_none_or(|axis| check_text(axis, name, text, shape).is_ok())
    }

    #[test]
    fn an_order_that_scores_have_anyway_may_be_said_and_no_other() {
        for name in ["layers", "layer_index", "layer_indices", "layer_ids", "layer_order", "Layer-Map", "source_layers"]
        {
            assert_eq!(list(name, &[0, 1, 2, 3]), Some(true), "{name}");
            assert_eq!(list(name, &[3, 2, 1, 0]), Some(false), "{name}");
            assert_eq!(list(name, &[4, 5, 6, 7]), Some(false), "{name}");
            assert_eq!(list(name, &[0, 1]), Some(false), "{name}");
        }
        assert_eq!(list("neuron_indices", &[0, 1, 2, 3, 4, 5, 6, 7]), Some(true));
        assert_eq!(list("neuron_indices", &[7, 6, 5, 4, 3, 2, 1, 0]), Some(false));
        assert_eq!(list("order", &[1, 0, 2, 3]), Some(false));
        assert_eq!(list("order", &[1, 0, 2]), Some(true), "of three of something else");
        assert_eq!(list("index", &[11, 12, 13, 14]), Some(true), "no order");
        for name in ["num_layers", "layer_sizes", "layer_widths", "neurons_per_layer", "layer_means", "layer_counts"] {
            assert_eq!(list(name, &[4]), None, "{name}");
        }
        assert_eq!(list("neuron_rank", &[7, 6, 5, 4, 3, 2, 1, 0]), None);
        assert_eq!(list("fact_index", &[3, 2, 1, 0]), None);
        assert_eq!(list("seeds", &[3, 2, 1, 0]), None);
    }

    #[test]
    fn a_text_may_be_a_list_a_range_a_number_of_layers_or_a_word() {
        for (name, right) in [("layers", "[0, 1, 2, 3]"), ("layers", "0-3"), ("layers", "4"), ("layers", "all")] {
            assert!(text(name, right), "{name} {right}");
        }
        for (name, wrong) in [
            ("layers", "[3, 2, 1, 0]"),
            ("layers", "[3 2 1 0]"),
            ("layers", "3,2,1,0"),
            ("layers", "4-7"),
            ("layers", "12"),
            ("layer", "3"),
            ("layer_order", "reversed"),
            ("neurons", "[1, 0, 2, 3, 4, 5, 6, 7]"),
            ("used_layers", "2..5"),
        ] {
            assert!(!text(name, wrong), "{name} {wrong}");
        }
        let one = |text: &str| {
            let shape = Shape::new(1, 8).expect("a shape");
            Axis::of("layers").is_none_or(|axis| check_text(axis, "layers", text, shape).is_ok())
        };
        assert!(one("[0]") && one("(0,)") && one("1"), "the only layer, and their number");
        assert!(!one("[7]") && !one("0 7"), "another");
        for (name, other) in [("layer_norm_eps", "1e-5"), ("layer_prefix", "model.layers.{}"), ("n_layers", "12")] {
            assert!(text(name, other), "{name} {other}");
        }
    }
}
