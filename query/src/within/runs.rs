//! Which runs are meant by sources that name none, beside a run that is.

use crate::plan::about::name_run;
use crate::syntax::ast::{Head, Query, SourceKind};
use kndb_storage::{Content, Run, SOURCE, Snapshot};

/// Runs that sources mean which name none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunsMeant {
    /// Of `kn`, `likn` and `entries`; `None` leaves them as they are.
    pub attributed: Option<String>,
    /// Of `dkn`.
    pub searched: Option<String>,
}

impl RunsMeant {
    /// Beside a run: itself, for what it has. Beside a run of groups, `kn` is of the run that was searched; beside one of scores, `dkn` of
    /// the only search there is of it.
    pub fn beside(snapshot: &Snapshot, run: &Run) -> Self {
        let has = |content| snapshot.runs_with(content).any(|other| other.id == run.id);
        let own = || Some(run.spec.name.clone());
        let attributed = if has(Content::Attributions) { own() } else { source(run).map(str::to_owned) };
        let mut searches = snapshot.runs_with(Content::Groups).filter(|other| source(other) == Some(&run.spec.name));
        let searched = match (has(Content::Groups), searches.next(), searches.next()) {
            (true, ..) => own(),
            (false, Some(search), None) => Some(search.spec.name.clone()),
            _ => None,
        };
        Self { attributed, searched }
    }

    fn of(&self, kind: SourceKind) -> Option<&str> {
        match kind {
            SourceKind::Facts => None,
            SourceKind::Dkn => self.searched.as_deref(),
            SourceKind::Kn | SourceKind::Likn | SourceKind::Entries => self.attributed.as_deref(),
        }
    }
}

fn source(run: &Run) -> Option<&str> {
    run.spec.parameters.iter().find(|(name, _)| name == SOURCE).map(|(_, value)| value.as_str())
}

impl Query {
    /// The query with the runs that are meant in sources that name none; those of attached stores stay as they are.
    #[must_use]
    pub fn in_runs(&self, runs: &RunsMeant) -> Self {
        let mut query = self.clone();
        let meant = |kind| runs.of(kind);
        match &mut query.head {
            Head::Set(expr) | Head::Between { set: expr, .. } => name_run(expr, &meant),
            Head::Similarity { left, right, .. } => name_run(left, &meant) | name_run(right, &meant),
        };
        query
    }
}

#[cfg(test)]
mod tests {
    use super::super::set;
    use super::*;

    #[test]
    fn the_run_in_hand_is_written_into_no_source_of_an_attached_store() {
        let runs = RunsMeant { attributed: Some("mine".into()), searched: Some("search".into()) };
        for (text, named) in [
            ("b::kn", "b::kn"),
            ("kn & b::kn[lang=en]", "kn[run=mine] & b::kn[lang=en]"),
            ("b::(kn by neuron top 3) - dkn", "b::(kn by neuron top 3) - dkn[run=search]"),
            ("facts of b::entries & facts of likn", "facts of b::entries & facts of likn[run=mine]"),
            ("(similarity(kn, b::kn) by fact top 3)", "(similarity(kn[run=mine], b::kn) by fact top 3)"),
        ] {
            assert_eq!(set(text).expect(text).in_runs(&runs).to_string(), named);
        }
    }
}
