//! The saved sets that an expression names, read before its plan is made.

use crate::error::QueryError;
use crate::memory::Memory;
use crate::plan::saved::{Members, read_members};
use crate::syntax::ast::{Expr, ExprKind};
use kndb_storage::{SavedSet, Snapshot, Store};
use std::collections::BTreeMap;

/// Saved sets, and their members, by name.
pub(crate) type Saved = BTreeMap<String, (SavedSet, Members)>;

/// Bytes of a saved set's member while it is read, about: 2 in the file, 2 in a bitmap, and what surrounds them.
const MEMBER: u64 = 5;

/// Reads the saved sets that an expression names. Unknown names are left for a message with their place.
pub(super) fn read_saved(
    store: &Store,
    of: (&Snapshot, &Memory),
    expr: &Expr,
    saved: &mut Saved,
) -> Result<(), QueryError> {
    let (snapshot, memory) = of;
    if let ExprKind::Saved(name) = &expr.kind
        && let Some(known) = snapshot.saved_sets().find(|set| set.name == name.text)
        && !saved.contains_key(&name.text)
    {
        memory.take(known.members.saturating_mul(MEMBER), &format!("the members of @{name}"))?;
        let (set, bytes) = store.saved_set_in(snapshot, &name.text).map_err(QueryError::storage)?;
        let members = read_members(&set, &bytes)?;
        saved.insert(name.text.clone(), (set, members));
    }
    expr.parts().try_for_each(|part| read_saved(store, of, part, saved))
}
