//! What is said where stores beside the one in hand are named amiss.

use crate::error::QueryError;
use crate::syntax::ast::Name;
use crate::syntax::parser::Parser;

/// How a store is attached.
pub(crate) const ATTACH: &str = "a store is attached with `attach 'PATH' as name`, and then asked as `name::kn`";

/// What follows `name::` is no set of a store.
pub(crate) fn after_store(parser: &Parser<'_>, store: &Name) -> QueryError {
    let error = parser.unexpected(&format!("a set of the store after `{store}::`"));
    if let Some(what) = ["neurons", "facts"].into_iter().find(|word| parser.at_word(word)) {
        return error.hint(if parser.text_of(parser.ahead(1)).eq_ignore_ascii_case("of") {
            format!("the store's name stands before the source: `{what} of {store}::kn`")
        } else {
            format!("numbers of neurons are of no store: leave `{store}::` out")
        });
    }
    if parser.at_word("similarity") {
        return error.hint(format!("name the store of each side: `similarity({store}::kn[…], {store}::kn[…])`"));
    }
    error.hint(format!("`{store}::kn[…]`, likewise `likn`, `dkn`, `facts`, `entries`; a saved set is `{store}::@name`"))
}

/// A store named within another one's set.
pub(crate) fn within_store(store: &Name, within: &Name) -> QueryError {
    let reason = format!("the sets of `{store}::(…)` are of that store, and this names store {within}, too");
    QueryError::syntax(within.span, reason)
        .label(store.span, "this store's set")
        .hint(format!("name each set's store: `{store}::kn & {within}::kn`"))
}
