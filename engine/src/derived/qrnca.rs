//! Query-relevant neurons: what is left of a run's best neurons when those that many facts share count less.

use crate::corpus::{LAPE, STATISTICS};
use crate::degenerate::{SOURCE_SCORES, identity};
use crate::error::{Error, Result};
use crate::job::claimed;
use kndb_storage::{
    Entry, EntryData, FactId, Keep, LanguageId, LayerSummary, Neuron, OnConflict, PartKind, RelationId, Run, RunSpec,
    SOURCE, ScoreValues, Scores, Snapshot, Store,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The method of such a run.
const METHOD: &str = "qrnca";

/// Entries of a commit.
const BATCH: usize = 2_048;

/// How query-relevant neurons are chosen (QRNCA: Chen, Dejl & Toni, AAAI 2025, arXiv 2406.10868, §3; the numbers of the paper).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Qrnca {
    /// A fact's cluster are the neurons whose normalised score is above this share of its largest.
    pub tau: f64,
    /// So many of a cluster's neurons are kept, those of the largest na · ica.
    pub best: usize,
    /// Of them, those in more than this share of all clusters are common neurons, and left out.
    pub common: f64,
}

impl Default for Qrnca {
    fn default() -> Self {
        Self { tau: 0.2, best: 20, common: 0.3 }
    }
}

/// Of each fact its neurons with na · ica, best first. `clusters` are the facts' neurons with na, the normalised attribution; ica =
/// ln(|C| / (|{c ∋ n}| + 1)) of |C| clusters. Neurons whose product is not above 0 are none.
pub fn key_neurons(clusters: &[Vec<(Neuron, f64)>], qrnca: Qrnca) -> Vec<Vec<(Neuron, f64)>> {
    let mut occurrences: HashMap<Neuron, usize> = HashMap::new();
    for (neuron, _) in clusters.iter().flatten() {
        *occurrences.entry(*neuron).or_default() += 1;
    }
    let all = clusters.len() as f64;
    let of = |cluster: &Vec<(Neuron, f64)>| {
        let weighed = |&(neuron, na): &(Neuron, f64)| (neuron, na * (all / (occurrences[&neuron] as f64 + 1.0)).ln());
        let mut found: Vec<(Neuron, f64)> = cluster.iter().map(weighed).filter(|(_, score)| *score > 0.0).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(qrnca.best);
        found.retain(|(neuron, _)| occurrences[neuron] as f64 <= qrnca.common * all);
        found
    };
    clusters.iter().map(of).collect()
}

/// A run of query-relevant neurons, to be made.
#[derive(Clone, Debug)]
pub struct QrncaJob {
    /// The run they go into.
    pub run: String,
    /// The run whose scores they are chosen by.
    pub source: String,
    /// How.
    pub qrnca: Qrnca,
    /// Languages; none: all of the run. The clusters of each language are counted by themselves.
    pub languages: Vec<String>,
    /// Relations; none: all. Facts of others are no clusters.
    pub relations: Vec<String>,
}

/// What a job did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrncaSummary {
    /// By language.
    pub languages: Vec<QrncaLanguage>,
}

/// What became of the facts of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrncaLanguage {
    /// The language's code.
    pub language: String,
    /// Facts with scores.
    pub facts: u64,
    /// Those of them whose scores do not sum to more than 0: they have no cluster, and are left out.
    pub not_normalised: u64,
    /// Those with a cluster of which no neuron is left: they are left out.
    pub without_neurons: u64,
    /// Neurons of all facts that are in the run.
    pub neurons: u64,
}

impl QrncaLanguage {
    /// Facts that are in the run.
    pub fn kept(&self) -> u64 {
        self.facts - self.not_normalised - self.without_neurons
    }
}

/// Scores of a fact: by prompt those that were kept, best first, and their sum over all neurons.
struct Found {
    scores: Vec<Vec<(Neuron, f32)>>,
    sum: f64,
}

impl QrncaJob {
    /// Does it. The run is finished when it is whole, as what is in one fact depends on all others; made again of the same scores, it is the same.
    ///
    /// # Errors
    /// No such source; a source that did not keep what is needed; names that the store does not have; a run of this name that was made
    /// otherwise, or that is there already.
    pub fn run(&self, store: &Store) -> Result<QrncaSummary> {
        self.check()?;
        let (_claim, snapshot) = claimed(store, &self.run, "kndb qrnca")?;
        let source = self.source(&snapshot)?;
        let relations = self.relation_ids(&snapshot)?;
        let mut entries = Vec::new();
        let mut summary = QrncaSummary { languages: Vec::new() };
        let mut counts = Vec::new();
        for language in self.language_ids(&snapshot, source)? {
            let name = snapshot.language_name(language).to_owned();
            let found = facts(&snapshot, source, language, relations.as_ref(), self.qrnca.tau)?;
            let clusters: Vec<(FactId, Vec<(Neuron, f64)>)> =
                found.iter().filter_map(|(fact, of)| Some((*fact, cluster(of, self.qrnca.tau)?))).collect();
            let (ids, clusters): (Vec<FactId>, Vec<Vec<(Neuron, f64)>>) = clusters.into_iter().unzip();
            let mut of_language = QrncaLanguage {
                language: name.clone(),
                facts: found.len() as u64,
                not_normalised: (found.len() - ids.len()) as u64,
                without_neurons: 0,
                neurons: 0,
            };
            for (fact, chosen) in ids.iter().zip(key_neurons(&clusters, self.qrnca)) {
                // All other neurons have no share in what was chosen.
                let floor = f32::MIN_POSITIVE;
                let chosen = chosen.into_iter().map(|(neuron, score)| (neuron, score as f32));
                let (neurons, scores): (Vec<Neuron>, Vec<f32>) = chosen.filter(|(_, score)| *score >= floor).unzip();
                // Without a neuron there is no largest score, and no share of it can be asked for.
                if neurons.is_empty() {
                    of_language.without_neurons += 1;
                    continue;
                }
                of_language.neurons += neurons.len() as u64;
                let fact = snapshot.external_id(*fact)?.to_owned();
                let values = ScoreValues::Sparse { neurons, scores, floor };
                let scores = Scores { values, evidence: Vec::new(), origin: None };
                entries.push(Entry { fact, language: name.clone(), prompt: 0, data: EntryData::Scores(scores) });
            }
            counts.push((format!("clusters {name}"), ids.len().to_string()));
            summary.languages.push(of_language);
        }
        if entries.is_empty() {
            return Err(self.nothing_left(&summary));
        }
        let writer = store.open_run(self.spec(source, counts))?;
        for batch in entries.chunks(BATCH) {
            writer.append_batch(batch, OnConflict::Replace)?;
        }
        writer.finish()?;
        Ok(summary)
    }

    /// Why no fact has a neuron, and what to do.
    fn nothing_left(&self, summary: &QrncaSummary) -> Error {
        let facts: u64 = summary.languages.iter().map(|of| of.facts).sum();
        // Clusters of a language, the most of them: each language is counted by itself.
        let clusters = summary.languages.iter().map(|of| of.without_neurons).max().unwrap_or(0);
        let (option, given, expected) = match clusters {
            0 if facts == 0 => {
                ("from", self.source.clone(), "a run with scores of the chosen languages and relations".into())
            }
            0 => (
                "from",
                format!("{:?}, of whose {facts} chosen facts none has scores that sum to more than 0", self.source),
                "scores with a positive sum, such as those of `kndb attribute --preset kn`".into(),
            ),
            1 | 2 => (
                "from",
                format!("{:?}, of which {clusters} facts of a language are chosen", self.source),
                "3 facts or more: a neuron of one cluster of two counts ln(2 / 2) = 0, so none is left; choose more --relations".into(),
            ),
            _ => (
                "common",
                self.qrnca.common.to_string(),
                format!(
                    "a larger share, or more --relations: of {clusters} clusters no neuron is left that few enough of them share"
                ),
            ),
        };
        Error::Option { option, given, expected }
    }

    fn check(&self) -> Result<()> {
        let Qrnca { tau, best, common } = self.qrnca;
        let wrong =
            |option, given: String, expected: &str| Err(Error::Option { option, given, expected: expected.into() });
        match () {
            () if !(0.0..1.0).contains(&tau) => wrong("tau", tau.to_string(), "a share of the maximum, 0 ≤ tau < 1"),
            () if best == 0 => wrong("best", "0".into(), "at least 1"),
            () if !(0.0..=1.0).contains(&common) => wrong("common", common.to_string(), "a share from 0 to 1"),
            () => Ok(()),
        }
    }

    fn source<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Run> {
        let found = snapshot.run_named(&self.source).ok_or_else(|| Error::Unknown {
            what: "run",
            given: self.source.clone(),
            expected: "one of the store's",
            known: snapshot.runs().map(|run| run.spec.name.clone()).collect(),
        })?;
        let why = match found.spec.method.as_str() {
            STATISTICS | LAPE => "is of texts, not of facts",
            METHOD => "has query-relevant neurons already, not scores of all",
            _ => return Ok(found),
        };
        Err(Error::Option {
            option: "from",
            given: format!("{:?}, which {why}", self.source),
            expected: "a run of facts' scores, as `kndb attribute` makes".into(),
        })
    }

    fn spec(&self, source: &Run, clusters: Vec<(String, String)>) -> RunSpec {
        // Of a query every neuron that was chosen, however small its score: τ and what is kept are this share of the largest.
        const NEARLY_NONE: f64 = 1e-6;
        let Qrnca { tau, best, common } = self.qrnca;
        let mut parameters = vec![(SOURCE.to_owned(), source.spec.name.clone())];
        parameters.push((SOURCE_SCORES.into(), identity(&source.spec)));
        let options = [("tau", tau.to_string()), ("best", best.to_string()), ("common", common.to_string())];
        parameters.extend(options.map(|(name, value)| (name.to_owned(), value)));
        if !self.relations.is_empty() {
            parameters.push(("relations".into(), self.relations.join(",")));
        }
        parameters.extend(clusters);
        RunSpec {
            weights_hash: source.spec.weights_hash.clone(),
            method: METHOD.into(),
            parameters,
            keep: Keep::Share(NEARLY_NONE),
            tau: NEARLY_NONE,
            ..RunSpec::new(&*self.run, source.spec.model.clone(), source.spec.shape)
        }
    }

    fn language_ids(&self, snapshot: &Snapshot, source: &Run) -> Result<Vec<LanguageId>> {
        let there: BTreeSet<LanguageId> =
            snapshot.slots().filter(|slot| slot.run == source.id).map(|slot| slot.language).collect();
        if self.languages.is_empty() {
            return Ok(there.into_iter().collect());
        }
        let known = || there.iter().map(|&id| snapshot.language_name(id).to_owned()).collect();
        let id = |name: &String| {
            let found = snapshot.language(name).filter(|id| there.contains(id));
            found.ok_or_else(|| Error::Unknown {
                what: "language",
                given: name.clone(),
                expected: "one of the run's",
                known: known(),
            })
        };
        self.languages.iter().map(id).collect()
    }

    fn relation_ids(&self, snapshot: &Snapshot) -> Result<Option<BTreeSet<RelationId>>> {
        if self.relations.is_empty() {
            return Ok(None);
        }
        let known = || snapshot.relations().map(|(_, name)| name.to_owned()).collect();
        let id = |name: &String| {
            let found = snapshot.relation(name);
            found.ok_or_else(|| Error::Unknown {
                what: "relation",
                given: name.clone(),
                expected: "one of the store's",
                known: known(),
            })
        };
        self.relations.iter().map(id).collect::<Result<_>>().map(Some)
    }
}

/// The scores of a run's facts in a language, in the order of the facts.
fn facts(
    snapshot: &Snapshot,
    source: &Run,
    language: LanguageId,
    relations: Option<&BTreeSet<RelationId>>,
    tau: f64,
) -> Result<BTreeMap<FactId, Found>> {
    let mut all: BTreeMap<FactId, Found> = BTreeMap::new();
    // Of each fact whether some of its scores were not kept, and whether those may be above the threshold by themselves.
    let mut partly: BTreeMap<FactId, bool> = BTreeMap::new();
    for slot in snapshot.slots().filter(|slot| slot.run == source.id && slot.language == language) {
        for part in snapshot.parts(slot)? {
            if part.part.kind() != PartKind::Scores {
                return Err(Error::Option {
                    option: "from",
                    given: format!("{:?}, which has neuron sets without scores", source.spec.name),
                    expected: "a run of scores".into(),
                });
            }
            for (local, fact) in (0..).zip(part.part.facts()?) {
                let fact = FactId(u32::from_le_bytes(*fact));
                if !part.is_live(local) {
                    continue;
                }
                if let Some(relations) = relations
                    && !snapshot.fact_relation(fact)?.is_some_and(|relation| relations.contains(&relation))
                {
                    continue;
                }
                let view = part.part.scores(local)?;
                let sum: f64 = view.layers().map(|LayerSummary { sum, .. }| f64::from(sum)).sum();
                let scores = (0..view.len()).map(|rank| (view.neuron(rank), view.score(rank))).collect();
                if view.floor() != f32::NEG_INFINITY {
                    *partly.entry(fact).or_default() |= f64::from(view.floor()) > tau * f64::from(view.max());
                }
                let of = all.entry(fact).or_insert(Found { scores: Vec::new(), sum: 0.0 });
                of.scores.push(scores);
                of.sum += sum;
            }
        }
    }
    for (fact, above) in partly {
        let several = all.get(&fact).is_some_and(|of| of.scores.len() > 1);
        if several || above {
            return Err(Error::Option {
                option: "from",
                given: format!(
                    "{:?}, which keeps {} of fact {:?} in {}",
                    source.spec.name,
                    source.spec.keep,
                    snapshot.external_id(fact)?,
                    snapshot.language_name(language)
                ),
                expected: if several {
                    "all scores, as they are summed over a fact's templates: `kndb attribute … --keep all`".into()
                } else {
                    format!("all scores above {tau} of the fact's largest: `kndb attribute … --keep all`")
                },
            });
        }
    }
    Ok(all)
}

/// A fact's neurons above the threshold, with their scores as shares of the sum over all neurons and templates; nothing where that sum
/// is not above 0, so that scores are no shares of it.
fn cluster(found: &Found, tau: f64) -> Option<Vec<(Neuron, f64)>> {
    let mut sums: BTreeMap<Neuron, f64> = BTreeMap::new();
    for &(neuron, score) in found.scores.iter().flatten() {
        *sums.entry(neuron).or_default() += f64::from(score);
    }
    let largest = sums.values().copied().fold(0.0, f64::max);
    if found.sum.is_nan() || found.sum <= 0.0 || largest <= 0.0 {
        return None;
    }
    let above = sums.into_iter().filter(|(_, score)| *score > tau * largest);
    Some(above.map(|(neuron, score)| (neuron, score / found.sum)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster_of(neurons: &[(u32, f64)]) -> Vec<(Neuron, f64)> {
        neurons.iter().map(|&(neuron, na)| (Neuron(neuron), na)).collect()
    }

    #[test]
    fn five_clusters_by_hand() {
        // Neuron 7 is in all five, 1 in two, 2 to 5 in one: ica ln 5/6 < 0, ln 5/3 and ln 5/2.
        let clusters = [
            cluster_of(&[(7, 0.5), (1, 0.3), (2, 0.1)]),
            cluster_of(&[(7, 0.4), (1, 0.2)]),
            cluster_of(&[(7, 0.4), (3, 0.2), (4, 0.2), (5, 0.05)]),
            cluster_of(&[(7, 0.9)]),
            cluster_of(&[(7, 0.9)]),
        ];
        let (two, one) = ((5.0f64 / 3.0).ln(), 2.5f64.ln());
        let found = key_neurons(&clusters, Qrnca { common: 0.4, ..Qrnca::default() });
        let expected = [
            cluster_of(&[(1, 0.3 * two), (2, 0.1 * one)]),
            cluster_of(&[(1, 0.2 * two)]),
            cluster_of(&[(3, 0.2 * one), (4, 0.2 * one), (5, 0.05 * one)]),
            Vec::new(),
            Vec::new(),
        ];
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(found.iter().zip(expected).all(|(f, e)| f.0 == e.0 && (f.1 - e.1).abs() < 1e-12), "{found:?}");
        }
        // Two of five clusters are more than 0.3 of them: 1 is a common neuron, and takes its place among the best with it.
        let found = key_neurons(&clusters, Qrnca { best: 1, ..Qrnca::default() });
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1, 0, 0]);
        assert_eq!(found[2][0].0, Neuron(3), "of equal ones the lower neuron");
    }

    #[test]
    fn scores_are_summed_over_templates_and_divided_by_the_sum_of_all() {
        let scores = |list: &[(u32, f32)]| list.iter().map(|&(neuron, score)| (Neuron(neuron), score)).collect();
        // Sums: 1.25, 0.5, 0.125 of 2.5 in all; above a fifth of the largest are the first two.
        let found = Found { scores: vec![scores(&[(3, 1.0), (5, 0.5)]), scores(&[(3, 0.25), (9, 0.125)])], sum: 2.5 };
        assert_eq!(cluster(&found, 0.2), Some(cluster_of(&[(3, 0.5), (5, 0.2)])));
        // Nothing is divided by a sum of 0 or less.
        assert_eq!(cluster(&Found { sum: 0.0, ..found }, 0.2), None);
        assert_eq!(cluster(&Found { scores: vec![scores(&[(1, -1.0)])], sum: 1.0 }, 0.2), None);
    }
}
