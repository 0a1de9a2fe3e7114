//! Degenerate groups by their definition: from what suppressing any set of the candidates does, not from
//! what a search stored of it.

use super::eval::Refused;
use super::floor::Doubt;
use super::sets::Group;
use super::world::{Groups, Measured};
use kndb_query::{ConditionKey, Source, Test};
use kndb_storage::RunSpec;
use std::collections::BTreeSet;

/// Which groups of a run a source asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// t_low and t_high; none for groups as they were handed in.
    thresholds: Option<(f64, f64)>,
    /// Sizes, both ends included.
    sizes: Option<Vec<(usize, usize)>>,
}

/// A parameter that is a number of this range.
fn parameter(spec: &RunSpec, name: &str, least: f64, most: f64) -> Result<Option<f64>, Refused> {
    let Some((_, text)) = spec.parameters.iter().find(|(key, _)| key == name) else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(number) if number >= least && number <= most => Ok(Some(number)),
        _ => Err(format!("{name}={text}")),
    }
}

/// What a source asks of the groups of a run, unless the run cannot say.
pub fn wanted(source: &Source, spec: &RunSpec) -> Result<Wanted, Refused> {
    let mut thresholds = Vec::new();
    for name in ["t_low", "t_high", "keep_low", "keep_high"] {
        thresholds.extend(spec.parameters.iter().find(|(key, _)| key == name));
    }
    // Fewer are the words of an import.
    let searched = thresholds.len() == 4;
    let number = |name, least, most| if searched { parameter(spec, name, least, most) } else { Ok(None) };
    let own = [number("t_low", 0.0, 1.0)?, number("t_high", 0.0, 1.0)?];
    let kept = [number("keep_low", 0.0, 1.0)?, number("keep_high", 0.0, 1.0)?];
    let largest = number("size", 2.0, 1e9)?;
    let sizes = match source.condition(ConditionKey::Size).map(|condition| &condition.test) {
        Some(Test::Within(list)) => {
            Some(list.iter().map(|size| (size.first as usize, size.last as usize)).collect::<Vec<_>>())
        }
        _ => None,
    };
    if let Some(largest) = largest
        && sizes.iter().flatten().any(|&(_, last)| last as f64 > largest)
    {
        return Err("larger groups than were searched".into());
    }
    let given = |key| match source.condition(key).map(|condition| &condition.test) {
        Some(Test::Number(_, share)) => Some(share.value),
        _ => None,
    };
    let given = [given(ConditionKey::TLow), given(ConditionKey::THigh)];
    if given != [None, None] && !searched {
        return Err("thresholds of a run that does not say what it keeps".into());
    }
    let thresholds = match [given[0].or(own[0]), given[1].or(own[1])] {
        [Some(low), Some(high)] => Some((low, high)),
        [None, None] => None,
        _ => return Err("one threshold".into()),
    };
    if let (Some((low, high)), [Some(keep_low), Some(keep_high)]) = (thresholds, kept)
        && (low > keep_low || high < keep_high)
    {
        return Err("thresholds beyond what was kept".into());
    }
    Ok(Wanted { thresholds, sizes })
}

/// All subsets of a set, itself and the empty one included.
pub fn subsets(set: &BTreeSet<u32>) -> Vec<BTreeSet<u32>> {
    let mut all = vec![BTreeSet::new()];
    for &neuron in set {
        let with: Vec<_> = all.iter().map(|subset| subset | &BTreeSet::from([neuron])).collect();
        all.extend(with);
    }
    all
}

/// Subsets that are neither empty nor the whole.
fn parts(set: &BTreeSet<u32>) -> impl Iterator<Item = BTreeSet<u32>> {
    let size = set.len();
    subsets(set).into_iter().filter(move |part| !part.is_empty() && part.len() < size)
}

fn harmless(after: f32, p: f32, low: f64) -> bool {
    f64::from(after) >= f64::from(p) * (1.0 - low)
}

fn harmful(after: f32, p: f32, high: f64) -> bool {
    f64::from(after) < f64::from(p) * (1.0 - high)
}

/// Harmless in all parts, harmful as a whole.
pub fn is_degenerate(set: &BTreeSet<u32>, (low, high): (f64, f64), after: &Measured) -> bool {
    let p = after[&BTreeSet::new()];
    parts(set).all(|part| harmless(after[&part], p, low)) && harmful(after[set], p, high)
}

/// Whether every part is harmless, so that a search goes on to the whole.
pub fn is_candidate(set: &BTreeSet<u32>, low: f64, after: &Measured) -> bool {
    parts(set).all(|part| harmless(after[&part], after[&BTreeSet::new()], low))
}

impl Wanted {
    fn has_size(&self, size: usize) -> bool {
        self.sizes.as_ref().is_none_or(|sizes| sizes.iter().any(|&(first, last)| first <= size && size <= last))
    }

    /// The groups of an entry, and whether the store must have said that it cannot know them.
    pub fn of(&self, groups: &Groups) -> (Vec<Group>, Doubt) {
        let Some(thresholds) = self.thresholds else {
            let all = groups.stored.iter().filter(|(set, _)| self.has_size(set.len()));
            let all = all.map(|(set, evidence)| Group { neurons: set.clone(), evidence: *evidence });
            return (all.collect(), Doubt::default());
        };
        let missing = groups.stored.iter().any(|(set, evidence)| {
            self.has_size(set.len()) && (evidence.is_none() || lacks_a_part(set, thresholds, groups))
        });
        let candidates: BTreeSet<u32> = groups.after.keys().flatten().copied().collect();
        let sets = subsets(&candidates).into_iter().filter(|set| {
            let searched = set.len() >= 2 && set.len() <= groups.searched && self.has_size(set.len());
            searched
                && (!groups.damaged || groups.stored.contains_key(set))
                && is_degenerate(set, thresholds, &groups.after)
        });
        let groups = sets.map(|set| Group { evidence: Some(groups.evidence(&set)), neurons: set });
        (groups.collect(), Doubt { may: missing, must: missing })
    }
}

/// Whether a group may qualify by what is stored, and a part of it is not stored.
fn lacks_a_part(set: &BTreeSet<u32>, (low, high): (f64, f64), groups: &Groups) -> bool {
    let p = groups.after[&BTreeSet::new()];
    let known = |part: &BTreeSet<u32>| part.len() == 1 || groups.stored.get(part).is_some_and(Option::is_some);
    let (known, missing): (Vec<_>, Vec<_>) = parts(set).partition(known);
    let settled = known.iter().any(|part| !harmless(groups.after[part], p, low));
    !missing.is_empty() && !settled && harmful(groups.after[set], p, high)
}
