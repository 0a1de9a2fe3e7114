//! What to do about an export that failed, or one that cannot be brought back.

use kndb_export::ExportError;

/// What to do, where that is known.
pub fn hint(error: &ExportError) -> Option<String> {
    let text = match error {
        error if error.is_full_disk() => {
            "nothing of it is left; free some room there, or name a folder on another disk"
        }
        ExportError::NotEmpty { .. } => {
            "name a folder that is not there yet; `kndb export` changes none that it has written"
        }
        ExportError::StoreNotEmpty { .. } => {
            "name a store that is not there yet; `kndb merge` then brings its runs into another"
        }
        ExportError::Differs { .. } => {
            "an export is brought back as it was written, or not at all: copy the folder once more, or export again"
        }
        _ => return None,
    };
    Some(text.to_owned())
}
