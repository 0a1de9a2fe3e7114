//! Removing runs.

use crate::catalogue::FileRecord;
use crate::error::Result;
use crate::store::Store;

impl Store {
    /// Removes a run and everything of it. Facts stay.
    pub fn drop_run(&self, name: &str) -> Result<()> {
        self.write(|locked| {
            let run = locked.now().run_named(name).map(|run| run.id);
            let run = run.ok_or_else(|| locked.now().unknown_run(name))?;
            let of_run = |record: &FileRecord| matches!(record, FileRecord::Segment { run: of, .. } if *of == run.0);
            let files: Vec<_> = locked.now().files.iter().filter(|(_, r)| of_run(r)).map(|(&f, _)| f).collect();
            for file in files {
                locked.remove_file(file);
            }
            let unsealed: Vec<_> = locked.now().unsealed.keys().filter(|(of, _)| *of == run).copied().collect();
            for (run, key) in unsealed {
                locked.remove_unsealed(run, key);
            }
            let jobs: Vec<_> = locked.now().jobs.iter().filter(|(_, j)| j.run == run.0).map(|(&j, _)| j).collect();
            for job in jobs {
                locked.remove_job(job);
            }
            locked.remove_run(run);
            Ok(())
        })?;
        self.collect_garbage()
    }
}
