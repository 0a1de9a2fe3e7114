//! Scores of whole models, a fact after the other: what `.npz` and safetensors hold.

use super::{Place, each_place};
use crate::error::Result;
use crate::format::{Exported, Watch};
use crate::rows::Source;
use crate::tabular::Found;
use kndb_storage::PartKind;

/// Bytes of scores in a file: below what a zip archive can hold without extensions.
const FILE_BYTES: u64 = 1 << 30;
/// What a file holds, for the summary.
pub(super) const ARRAYS: &str = "score arrays";

/// Some facts of a place that go into one file.
pub(super) struct Facts<'a, 'p, 's> {
    pub place: &'a Place<'p, 's>,
    pub entries: &'a [&'p Found<'s>],
    /// The path of the file without its extension.
    pub path: String,
}

impl Facts<'_, '_, '_> {
    /// Facts, layers, neurons of a layer.
    pub(super) fn dims(&self) -> [u64; 3] {
        let shape = self.place.run.spec.shape;
        [self.entries.len() as u64, shape.layers.into(), shape.width.into()]
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.id).collect()
    }

    /// Calls a function with the scores of each fact, layer by layer.
    pub(super) fn each(
        &self,
        format: &'static str,
        watch: &mut Watch<'_>,
        mut call: impl FnMut(&[f32]) -> Result<()>,
    ) -> Result<()> {
        let neurons = self.place.run.spec.shape.neurons();
        let mut scores = vec![0.0; neurons as usize];
        for entry in self.entries {
            watch.look()?;
            let part = self.place.all.part(entry);
            if part.part.kind() != PartKind::Scores {
                let expected = "scores of every neuron; `eleuther` and `amig` hold neuron sets";
                return Err(self.place.unfit(format, "neuron sets without scores", expected));
            }
            let view = part.part.scores(entry.local)?;
            // An array with gaps would say that all scores are known.
            if view.kept() as u64 != neurons {
                let found = format!(
                    "{} of {neurons} scores of fact {:?} ({})",
                    view.kept(),
                    entry.id,
                    self.place.run.spec.keep
                );
                return Err(self.place.unfit(format, &found, "a score of every neuron: a run that keeps all scores"));
            }
            for rank in 0..view.len() {
                scores[view.neuron(rank).0 as usize] = view.score(rank);
            }
            call(&scores)?;
            watch.progress.rows += neurons;
        }
        Ok(())
    }
}

/// Calls a function for each file; notes what is left out.
pub(super) fn each_file(
    source: &Source<'_>,
    watch: &mut Watch<'_>,
    exported: &mut Exported,
    mut call: impl FnMut(&Facts<'_, '_, '_>, &mut Watch<'_>, &mut Exported) -> Result<()>,
) -> Result<()> {
    let mut groups = 0;
    each_place(source, watch, |place, watch| {
        let scored: Vec<&Found<'_>> = place.entries.iter().copied().filter(|entry| !entry.groups).collect();
        groups += place.entries.len() - scored.len();
        let each = place.run.spec.shape.neurons().saturating_mul(4);
        let most = usize::try_from(FILE_BYTES / each).unwrap_or(usize::MAX).max(1);
        for (number, entries) in scored.chunks(most).enumerate() {
            let path = format!("{}scores-{number}", place.folder()?);
            call(&Facts { place, entries, path }, watch, exported)?;
        }
        Ok(())
    })?;
    exported.notes.push("evidence, answers, labels and parameters of runs are not in arrays".to_owned());
    if groups > 0 {
        exported.notes.push(format!("degenerate groups of {groups} entries are left out: arrays hold scores"));
    }
    Ok(())
}
