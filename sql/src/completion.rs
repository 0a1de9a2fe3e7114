//! What the Tab key offers within a statement that is being written: tables, columns, functions, words.
//!
//! It guesses from the text around the cursor and never parses: the statement is not finished. A wrong guess costs one more Tab.

mod tokens;

use crate::functions::Function;
use crate::schemas::{CATALOG, MAIN};
use crate::session::Sql;
use datafusion::prelude::SessionContext;
use futures::FutureExt;
use std::collections::BTreeSet;
use tokens::{Token, tokens};

/// What may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offered {
    /// Words, in place of what begins at a byte.
    Words(usize, Vec<String>),
    /// A statement in kndb's own language, as far as it is written: `likn[lang=` of `likn('lang=`.
    Own(String),
    /// A text with which a column is compared, as far as it is written.
    Value {
        /// The column.
        column: String,
        /// The byte behind the quote.
        start: usize,
    },
}

/// Words that begin a statement.
const BEGINNINGS: [&str; 9] = [
    "SELECT",
    "WITH",
    "DESCRIBE",
    "SHOW TABLES",
    "SHOW COLUMNS FROM",
    "EXPLAIN",
    "CREATE VIEW",
    "CREATE EXTERNAL TABLE",
    "DROP VIEW",
];

/// Words within one.
const WORDS: [&str; 64] = [
    "ALL",
    "AND",
    "ANALYZE",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CROSS JOIN",
    "CURRENT ROW",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXCLUDE",
    "EXISTS",
    "FALSE",
    "FILTER",
    "FOLLOWING",
    "FROM",
    "FULL JOIN",
    "GROUP BY",
    "HAVING",
    "ILIKE",
    "IN",
    "INTERSECT",
    "IS",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "LOCATION",
    "NOT",
    "NULL",
    "NULLS FIRST",
    "NULLS LAST",
    "OFFSET",
    "ON",
    "OPTIONS",
    "OR",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "PRECEDING",
    "QUALIFY",
    "RANGE",
    "RIGHT JOIN",
    "ROWS",
    "SELECT",
    "SEMI",
    "STORED AS",
    "THEN",
    "TRUE",
    "UNBOUNDED",
    "UNION",
    "UNION ALL",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Words behind which a table stands.
const BEFORE_TABLES: [&str; 6] = ["FROM", "JOIN", "DESCRIBE", "DESC", "TABLE", "VIEW"];
/// Words that begin a part of a statement.
const CLAUSES: [&str; 9] = ["SELECT", "FROM", "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "ON", "USING"];

impl Sql {
    /// What may stand between two texts of a statement: at the cursor.
    pub fn offers(&self, before: &str, after: &str) -> Offered {
        let read = tokens(before);
        match read.last() {
            Some((at, Token::Text { text, is_open: true })) => return in_text(&read[..read.len() - 1], *at, text),
            Some((at, Token::Comment)) => return Offered::Words(*at, Vec::new()),
            _ => {}
        }
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
        let word = &before[start..];
        let read = tokens(&before[..start]);
        let names = Names { context: &self.planner().context, tables: Vec::new() }.of(&read, &tokens(after));
        let candidates = match (read.last(), read.len().checked_sub(2).map(|at| &read[at].1)) {
            (Some((_, Token::Sign('.'))), Some(Token::Word(owner))) => names.within(owner),
            (None, _) => spelled_as(word, BEGINNINGS),
            (Some((_, last)), _) if stands_for_table(last, &read) => names.relations(),
            _ => {
                let mut all = names.columns();
                all.extend(spelled_as(word, WORDS));
                if !word.is_empty() {
                    all.extend(names.functions());
                }
                all
            }
        };
        Offered::Words(start, matching(word, candidates))
    }
}

/// Within a text: a statement of kndb's own, or what a column is compared with.
fn in_text(before: &[(usize, Token<'_>)], at: usize, text: &str) -> Offered {
    let words: Vec<&Token<'_>> = before.iter().map(|(_, token)| token).collect();
    if let [.., Token::Word(function), Token::Sign('(')] = words[..]
        && let Some(name) = Function::NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(function))
    {
        let text = text.replace("''", "'");
        return Offered::Own(if name == "kndb" { text } else { format!("{name}[{text}") });
    }
    // `lang = '`, `lang IN ('en', '`.
    let column = words.iter().rev().find_map(|token| match token {
        Token::Word(word) if !["IN", "NOT"].iter().any(|of| of.eq_ignore_ascii_case(word)) => {
            Some(Some((*word).to_owned()))
        }
        Token::Word(_) | Token::Text { .. } | Token::Sign('(' | ',' | '=' | '<' | '>' | '!') => None,
        _ => Some(None),
    });
    match column.flatten() {
        Some(column) => Offered::Value { column: column.to_lowercase(), start: at + 1 },
        None => Offered::Words(at, Vec::new()),
    }
}

/// Whether a table stands behind a token.
fn stands_for_table(last: &Token<'_>, read: &[(usize, Token<'_>)]) -> bool {
    let is_one_of = |word: &str, list: &[&str]| list.iter().any(|of| of.eq_ignore_ascii_case(word));
    match last {
        Token::Word(word) => is_one_of(word, &BEFORE_TABLES),
        // Of several tables.
        Token::Sign(',') => {
            let clause = read.iter().rev().find_map(|(_, token)| match token {
                Token::Word(word) if is_one_of(word, &CLAUSES) => Some(*word),
                _ => None,
            });
            clause.is_some_and(|clause| clause.eq_ignore_ascii_case("FROM"))
        }
        _ => false,
    }
}

/// What can be named, and the tables that the statement names.
struct Names<'c> {
    context: &'c SessionContext,
    /// Schema, table, and what it is called.
    tables: Vec<(String, String, String)>,
}

impl Names<'_> {
    /// With the tables that stand in these texts.
    fn of(mut self, before: &[(usize, Token<'_>)], after: &[(usize, Token<'_>)]) -> Self {
        let all: Vec<&Token<'_>> = before.iter().chain(after).map(|(_, token)| token).collect();
        let schemas = self.schemas();
        for (at, token) in all.iter().enumerate() {
            let Token::Word(word) = token else { continue };
            let schema = match at.checked_sub(2).map(|at| &all[at..at + 2]) {
                Some([Token::Word(schema), Token::Sign('.')]) if schemas.iter().any(|known| known == schema) => *schema,
                Some([_, Token::Sign('.')]) => continue,
                _ => MAIN,
            };
            let table = word.to_lowercase();
            if !self.tables_of(schema).contains(&table) {
                continue;
            }
            let alias = match all.get(at + 1..) {
                Some([Token::Word(of), Token::Word(alias), ..]) if of.eq_ignore_ascii_case("AS") => alias,
                Some([Token::Word(alias), ..]) if !is_word(alias) => alias,
                _ => word,
            };
            self.tables.push((schema.to_owned(), table, alias.to_lowercase()));
        }
        self
    }

    fn schemas(&self) -> Vec<String> {
        self.context.catalog(CATALOG).map(|catalog| catalog.schema_names()).unwrap_or_default()
    }

    fn tables_of(&self, schema: &str) -> Vec<String> {
        let schema = self.context.catalog(CATALOG).and_then(|catalog| catalog.schema(schema));
        schema.map(|schema| schema.table_names()).unwrap_or_default()
    }

    fn columns_of(&self, schema: &str, table: &str) -> Vec<String> {
        let schema = self.context.catalog(CATALOG).and_then(|catalog| catalog.schema(schema));
        // Nothing is waited for: tables are in memory, or known by their store.
        let table = schema.and_then(|schema| schema.table(table).now_or_never()?.ok()?);
        let columns = table.map(|table| table.schema().fields().iter().map(|field| field.name().clone()).collect());
        columns.unwrap_or_default()
    }

    /// What may stand behind `owner.`: columns of a table of the statement, tables of an attached store.
    fn within(&self, owner: &str) -> Vec<String> {
        let owner = owner.to_lowercase();
        match self.tables.iter().find(|(_, _, alias)| *alias == owner) {
            Some((schema, table, _)) => self.columns_of(schema, table),
            None => self.tables_of(&owner),
        }
    }

    fn relations(&self) -> Vec<String> {
        let schemas = self.schemas().into_iter().filter(|name| name != MAIN).map(|name| format!("{name}."));
        let functions = Function::NAMES.map(|name| format!("{name}('"));
        self.tables_of(MAIN).into_iter().chain(schemas).chain(functions).collect()
    }

    /// Columns of the tables of the statement; where it has none yet, of all.
    fn columns(&self) -> Vec<String> {
        let named = self.tables.iter().flat_map(|(schema, table, _)| self.columns_of(schema, table));
        let mut columns: BTreeSet<String> = named.collect();
        if columns.is_empty() {
            columns = self.tables_of(MAIN).iter().flat_map(|table| self.columns_of(MAIN, table)).collect();
        }
        columns.into_iter().collect()
    }

    fn functions(&self) -> Vec<String> {
        let state = self.context.state();
        let (scalar, aggregate, window) =
            (state.scalar_functions(), state.aggregate_functions(), state.window_functions());
        scalar.keys().chain(aggregate.keys()).chain(window.keys()).map(|name| format!("{name}(")).collect()
    }
}

/// Whether a word is one of the language, so that no table is called by it.
fn is_word(word: &str) -> bool {
    let firsts = WORDS.iter().chain(&BEGINNINGS).flat_map(|words| words.split(' '));
    firsts.chain(["ANTI", "INNER", "OUTER", "NATURAL", "SET"]).any(|known| known.eq_ignore_ascii_case(word))
}

/// Words in the letters in which somebody writes: small ones only where a small one is typed.
fn spelled_as<const N: usize>(typed: &str, words: [&str; N]) -> Vec<String> {
    let is_small = typed.starts_with(char::is_lowercase);
    words.iter().map(|word| if is_small { word.to_lowercase() } else { (*word).to_owned() }).collect()
}

/// Those that begin with what is typed, in any letters, in order.
fn matching(typed: &str, mut candidates: Vec<String>) -> Vec<String> {
    let typed = typed.to_lowercase();
    candidates.retain(|candidate| candidate.to_lowercase().starts_with(&typed));
    candidates.sort_unstable();
    candidates.dedup();
    candidates
}

#[cfg(test)]
mod tests;
