//! What may stand at the end of a text: words of the language, names and labels that are in the store.
//!
//! It guesses from the text and never parses; a wrong guess costs its reader one more letter. Useful for a line editor, and for one in a
//! browser; not for telling whether a text is a statement: that is [`crate::parse`]'s.

mod labels;
mod position;

use kndb_storage::{Snapshot, Store};

use crate::attached::Attached;
use crate::syntax::ast::{Direction, SourceKind};
use crate::syntax::conditions::{ConditionKey, Listed, ValueKind};
pub use labels::Labels;
use position::{Clauses, Place, place, store_at, word_start};

/// Words that a statement may begin with, besides those of a set.
const BEGINNINGS: &[&str] = &["let", "drop", "explain", "attach", "detach", "similarity"];

/// The names a store knows.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Language codes.
    pub languages: Vec<String>,
    /// Relations: ids and names.
    pub relations: Vec<String>,
    /// Runs.
    pub runs: Vec<String>,
    /// Saved sets, without their `@`.
    pub sets: Vec<String>,
    /// What the units of runs are called, where they are no neurons.
    pub roles: Vec<String>,
}

impl Names {
    /// Looks them up.
    pub fn of(snapshot: &Snapshot) -> Self {
        let units = snapshot.runs().filter_map(|run| run.spec.units()).flatten();
        let roles = units.fold(Vec::new(), |mut known: Vec<String>, name| {
            if !known.iter().any(|of| of == name) {
                known.push(name.to_owned());
            }
            known
        });
        Self {
            roles,
            languages: snapshot.languages().map(|(_, name)| name.to_owned()).collect(),
            relations: snapshot.relation_words().into_iter().map(str::to_owned).collect(),
            runs: snapshot.runs().map(|run| run.spec.name.clone()).collect(),
            sets: snapshot.saved_sets().map(|set| set.name.clone()).collect(),
        }
    }
}

/// What there is to name.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Names of the store in hand.
    pub names: &'a Names,
    /// The store whose labels are offered.
    pub store: &'a Store,
    /// The stores that can be named beside it.
    pub attached: &'a Attached,
}

/// Where the word at the end of `before` starts, in bytes, and what it may become: whole words, in order, none if nothing is known. `pending` are
/// the lines of the statement before this one.
pub fn offered(pending: &str, before: &str, known: Known<'_>, labels: &mut Labels) -> (usize, Vec<String>) {
    let start = word_start(before);
    let said = format!("{pending}{}", &before[..start]);
    let here = place(&said);
    if let Some(name) = store_at(&said) {
        return (start, offered_of(name, here, &before[start..], known, labels));
    }
    if let Place::Value(key @ (ConditionKey::Subject | ConditionKey::Object)) = here {
        let word = before[start..].trim_start_matches('"');
        let subject = key == ConditionKey::Subject;
        return (start, quoted(&labels.beginning(known.store, subject, word)));
    }
    let stores = known.attached.list().into_iter().map(|(name, _)| name);
    let stores: Vec<String> = match here {
        Place::Start | Place::AfterExplain | Place::Set => stores.map(|name| format!("{name}::")).collect(),
        Place::Store => stores.collect(),
        _ => Vec::new(),
    };
    let mut candidates = candidates(here, known.names);
    candidates.extend(stores);
    (start, matching(&before[start..], candidates))
}

/// The same of a set of an attached store; nothing if there is none of that name.
fn offered_of(name: &str, here: Place, word: &str, known: Known<'_>, labels: &mut Labels) -> Vec<String> {
    let Ok(store) = known.attached.store(name) else { return Vec::new() };
    if let Place::Value(key @ (ConditionKey::Subject | ConditionKey::Object)) = here {
        let subject = key == ConditionKey::Subject;
        return quoted(&labels.beginning(&store, subject, word.trim_start_matches('"')));
    }
    let names = store.snapshot().map(|snapshot| Names::of(&snapshot)).unwrap_or_default();
    let candidates = match here {
        Place::Start | Place::AfterExplain | Place::Set => {
            let sets = names.sets.iter().map(|set| format!("@{set}"));
            words(SourceKind::ALL.iter().map(|source| source.word())).into_iter().chain(sets).collect()
        }
        here => candidates(here, &names),
    };
    matching(word, candidates)
}

/// What may stand somewhere, but for labels.
fn candidates(place: Place, names: &Names) -> Vec<String> {
    let dimensions = |clauses: Clauses| clauses.rows().dimensions().iter().map(|dimension| dimension.word());
    let measures = |clauses: Clauses| clauses.rows().measures().iter().map(|measure| measure.word());
    let directions = || Direction::ALL.iter().map(|direction| direction.word());
    let sets = || names.sets.iter().map(|set| format!("@{set}"));
    let set = || {
        let sources = SourceKind::ALL.iter().map(|source| source.word()).chain(["neurons"]);
        words(sources).into_iter().chain(sets())
    };
    match place {
        Place::Start => set().chain(words(BEGINNINGS.iter().copied())).collect(),
        Place::AfterExplain => set().chain(words(["analyze", "similarity"].into_iter())).collect(),
        Place::Set => set().collect(),
        Place::AfterKind(clauses) => words(clauses.missing().into_iter().chain(["of"])),
        Place::Clause(clauses) => words(clauses.missing().into_iter()),
        Place::Key(source) => {
            let keys = ConditionKey::ALL.iter().filter(|key| source.is_none_or(|source| key.suits(source)));
            words(keys.map(|key| key.word()))
        }
        Place::Comparison => words(["in"].into_iter()),
        Place::Value(key) => values(key, names),
        Place::Dimension(clauses) => words(dimensions(clauses)),
        Place::Between => words(["lang", "relation", "run", "prompt"].into_iter()),
        Place::By => words(["by"].into_iter()),
        Place::OrderKey(clauses) => words(dimensions(clauses).chain(measures(clauses))),
        Place::AfterOrderKey(clauses) => words(directions().chain(clauses.missing())),
        Place::Measure(clauses) => words(measures(clauses)),
        Place::SavedSet => sets().collect(),
        Place::Store | Place::Unknown => Vec::new(),
    }
}

/// What may stand behind a key, as far as the store or the language lists it.
fn values(key: ConditionKey, names: &Names) -> Vec<String> {
    match key.row().value {
        ValueKind::Names { of: Listed::Languages, .. } => quoted(&names.languages),
        ValueKind::Names { of: Listed::Relations, .. } => quoted(&names.relations),
        ValueKind::Names { of: Listed::Runs, .. } => quoted(&names.runs),
        ValueKind::Names { of: Listed::Roles, .. } => names.roles.clone(),
        ValueKind::OneOf(known) => words(known.iter().copied()),
        ValueKind::Names { of: Listed::Nothing, .. } | ValueKind::Whole { .. } | ValueKind::Number(_) => Vec::new(),
    }
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    words.map(str::to_owned).collect()
}

/// Names as they stand in a statement: quoted unless they are plain words.
fn quoted(names: &[String]) -> Vec<String> {
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let spell = |name: &String| match plain(name) {
        true => name.clone(),
        false => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    names.iter().map(spell).collect()
}

/// The candidates that begin with `word`, in any case and whether or not its quote is typed.
pub fn matching(word: &str, mut candidates: Vec<String>) -> Vec<String> {
    let wanted = word.trim_start_matches('"').to_lowercase();
    candidates.retain(|candidate| candidate.trim_start_matches('"').to_lowercase().starts_with(&wanted));
    candidates.sort();
    candidates.dedup();
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;
    use kndb_storage::{FactBatch, FactRow};

    /// A store of facts of P36 by id, English subject and object.
    fn store_of(facts: &[(&str, &str, &str)]) -> (Store, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create(folder.path().join("store")).expect("a store");
        let row = |&(id, subject, object): &(&str, &str, &str)| FactRow {
            id: id.into(),
            relation: "P36".into(),
            language: "en".into(),
            subject: subject.into(),
            object: object.into(),
            subject_uri: None,
            object_uri: None,
        };
        let batch = FactBatch { facts: facts.iter().map(row).collect(), ..FactBatch::default() };
        store.add_facts(batch).expect("facts are added");
        (store, folder)
    }

    /// Names, a store of two facts, and what is kept between two Tabs.
    struct Fixture {
        names: Names,
        store: Store,
        attached: Attached,
        _folder: tempfile::TempDir,
    }

    impl Fixture {
        fn offered_after(&self, pending: &str, before: &str) -> (usize, Vec<String>) {
            let known = Known { names: &self.names, store: &self.store, attached: &self.attached };
            offered(pending, before, known, &mut Labels::default())
        }

        fn offered(&self, before: &str) -> Vec<String> {
            self.offered_after("", before).1
        }
    }

    fn fixture() -> Fixture {
        let (store, folder) = store_of(&[("f1", "France", "Paris"), ("f2", "Côte d'Ivoire", "Yamoussoukro")]);
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let names = Names {
            languages: list(&["en", "zh"]),
            relations: list(&["P36", "P37", "P103", "capital"]),
            runs: list(&["bert", "m-bert 2"]),
            sets: list(&["capitals"]),
            roles: list(&["last-subject", "last"]),
        };
        Fixture { names, store, attached: Attached::default(), _folder: folder }
    }

    fn offered_of_two_facts(before: &str) -> Vec<String> {
        fixture().offered(before)
    }

    #[test]
    fn values_come_from_the_store() {
        assert_eq!(offered_of_two_facts("kn[lang="), ["en", "zh"]);
        assert_eq!(offered_of_two_facts("kn[lang in (en, z"), ["zh"]);
        assert_eq!(offered_of_two_facts("kn[lang=en, relation=P3"), ["P36", "P37"]);
        assert_eq!(offered_of_two_facts("kn[relation=cap"), ["capital"]);
        assert_eq!(offered_of_two_facts("kn[run=m"), ["\"m-bert 2\""]);
        assert_eq!(offered_of_two_facts("kn[run=\"m"), ["\"m-bert 2\""]);
        assert_eq!(offered_of_two_facts("kn[sign=n"), ["negative"]);
        assert_eq!(offered_of_two_facts("@c"), ["@capitals"]);
        assert!(offered_of_two_facts("kn[tau=").is_empty());
    }

    #[test]
    fn names_and_labels_of_an_attached_store_are_its_own() {
        let fixture = fixture();
        let (other, folder) = store_of(&[("f1", "Peru", "Lima")]);
        fixture.attached.attach(&fixture.store, "a", folder.path().join("store")).expect("attaches");
        let offered = |before: &str| fixture.offered(before);
        assert_eq!(offered("kn & a::"), ["dkn", "entries", "facts", "kn", "likn"]);
        assert_eq!(offered("kn & a"), ["a::"]);
        assert_eq!(offered("detach "), ["a"]);
        assert_eq!(offered("a::facts[subject="), ["Peru"]);
        assert_eq!(offered("a::kn[la"), ["lang", "langs", "layer"]);
        assert!(offered("b::").is_empty() && offered("a::kn[run=").is_empty());
        drop(other);
    }

    #[test]
    fn labels_of_subjects_and_objects_come_from_the_store() {
        assert_eq!(offered_of_two_facts("facts[subject="), ["\"Côte d'Ivoire\"", "France"]);
        assert_eq!(offered_of_two_facts("facts[subject=\"Côte d"), ["\"Côte d'Ivoire\""]);
        assert_eq!(offered_of_two_facts("kn[object in (Paris, ya"), ["Yamoussoukro"]);
        assert!(offered_of_two_facts("kn[object=France").is_empty());
    }

    #[test]
    fn words_depend_on_the_place() {
        assert_eq!(offered_of_two_facts("kn[la"), ["lang", "langs", "layer"]);
        assert_eq!(offered_of_two_facts("kn & facts ["), ["fact", "object", "relation", "subject"]);
        assert_eq!(offered_of_two_facts("dkn[lang=en, t"), ["t_high", "t_low", "tokens"]);
        assert_eq!(offered_of_two_facts("entries[o"), ["object", "object_rank"]);
        assert_eq!(offered_of_two_facts("facts of entries[lang=en, p"), ["p", "prompt"]);
        assert_eq!(offered_of_two_facts("entries[correct="), ["no", "yes"]);
        assert_eq!(offered_of_two_facts("facts of ent"), ["entries"]);
        assert_eq!(offered_of_two_facts("kn[lang=en, t"), ["tau", "tokens"]);
        assert_eq!(offered_of_two_facts("KN[lang=en] & LI"), ["likn"]);
        assert_eq!(offered_of_two_facts("(kn[lang=en] - kn[lang=zh]) by rel"), ["relation"]);
        assert_eq!(offered_of_two_facts("kn by layer o"), ["order"]);
        assert_eq!(offered_of_two_facts("kn by layer order by pairs d"), ["desc"]);
        assert_eq!(offered_of_two_facts("facts o"), ["of", "order"]);
        assert_eq!(offered_of_two_facts("entries by lang having "), ["correct", "entries", "facts", "median", "p"]);
        assert_eq!(offered_of_two_facts("entries[lang=en] & facts of likn by lang having e"), ["entries"]);
        assert_eq!(offered_of_two_facts("entries having r"), ["rank", "residual"]);
        assert_eq!(offered_of_two_facts("entries & fa"), ["facts"]);
        assert_eq!(offered_of_two_facts("kn by la"), ["lang", "layer"]);
        assert!(offered_of_two_facts("kn by g").is_empty() && offered_of_two_facts("dkn by g") == ["group"]);
        assert!(offered_of_two_facts("kn kn").is_empty() && offered_of_two_facts("neurons(").is_empty());
    }

    #[test]
    fn a_statement_goes_on_over_lines() {
        assert_eq!(fixture().offered_after("kn[lang=en]\n", "by la"), (3, vec!["lang".into(), "layer".into()]));
    }
}
