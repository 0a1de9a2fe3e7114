//! Errors for statements that read like another language, or that slip in a typical way: what
//! was found, what was expected, and what to write.
//!
//! Nothing here accepts anything: these functions are called when parsing has failed.

use crate::error::{ErrorKind, QueryError};
use crate::mistakes::nearest::nearest;
use crate::syntax::ast::{Dim, Dimension, Head, Query, SourceKind, Statement};
use crate::syntax::conditions::ConditionKey;
use crate::syntax::lexer::TokenKind;
use crate::syntax::parser::{Parser, Result};
use crate::syntax::span::Span;

const CLAUSE_ORDER: &str = "clauses come in this order: `by …`, `having …`, `order by …`, `top n`";

/// What to write for a word of another language.
fn habit(word: &str) -> Option<&'static str> {
    let hint = match word.to_ascii_lowercase().as_str() {
        "select" | "from" | "with" | "show" | "get" | "find" | "count" | "list" => {
            "a query starts with a set, and its columns follow from it: `kn[lang=en] by layer`"
        }
        "where" | "filter" | "if" | "when" => {
            "conditions stand in brackets behind the source: `kn[lang=en, relation=P36]`"
        }
        "and" | "intersect" | "intersection" => "the intersection of two sets is `a & b`",
        "or" | "union" | "plus" => "the union of two sets is `a | b`",
        "not" | "except" | "minus" | "without" | "difference" => "the difference of two sets is `a - b`",
        "xor" => "what only one of two sets has is `a ^ b`",
        "chance" => "frequencies are held against chance with `by neuron against chance`",
        "between" => "each two languages of a set are compared with `similarity(kn) between lang`",
        "group" => "counts are asked for with `by`: `kn[lang=en] by layer`",
        "limit" | "fetch" | "first" | "take" | "head" => "the first rows are asked for with `top 10`",
        "per" | "each" | "every" => "the first rows of each are asked for with `top 3 per lang`",
        "sort" | "orderby" | "desc" | "asc" => "an order is asked for with `order by pairs`",
        "insert" | "create" | "update" | "save" | "set" => "a set is saved with `let name = …`",
        "delete" | "remove" => "a saved set is removed with `drop name`",
        "analyze" | "analyse" => "a query is run and explained with `explain analyze …`",
        _ => return None,
    };
    Some(hint)
}

/// What to write for a sign or word that was probably meant as an operator.
fn operator_hint(parser: &Parser<'_>) -> Option<&'static str> {
    match parser.sign() {
        "&&" => Some("the intersection of two sets is `a & b`"),
        "||" => Some("the union of two sets is `a | b`"),
        "!" => Some("the difference of two sets is `a - b`"),
        "," => Some("sets are joined by `|`, `^`, `&` or `-`, not by commas"),
        "[" => Some(
            "brackets follow `kn`, `likn`, `dkn` and `facts` only; other sets are filtered with `& facts[…]` or `& neurons(…)`",
        ),
        "{" | "}" => Some("conditions stand in `[…]`"),
        ">" => Some(
            "results go to a file with `> FILE` behind the command, outside of the statement's quotes, or with `.output FILE`",
        ),
        _ => parser.word().and_then(habit),
    }
}

/// The word of the language for a word that says the same.
pub(crate) fn synonym(word: &str) -> Option<&'static str> {
    let meant = match word.to_ascii_lowercase().as_str() {
        "unit" | "units" => "neuron",
        "count" | "n" => "pairs",
        "jaccard" => "similarity",
        _ => return ConditionKey::meant_by(word).map(ConditionKey::word),
    };
    Some(meant)
}

/// Something follows a statement that should be at its end.
pub(crate) fn after_statement(parser: &Parser<'_>, statement: &Statement) -> QueryError {
    let query = match statement {
        Statement::Query(query) | Statement::Explain { query, .. } => query,
        Statement::Let { .. } => {
            let error = parser.unexpected("an operator or the end of the statement");
            return error.maybe_hint(operator_hint(parser));
        }
        Statement::Drop { .. } => {
            let error = parser.unexpected("the end of the statement");
            let hint = "`drop` removes one saved set; put `;` between two statements";
            return error.hint(hint);
        }
        Statement::Attach { .. } | Statement::Detach { .. } => {
            return parser.unexpected("the end of the statement").hint("put `;` between two statements");
        }
    };
    if query.plot {
        let error = parser.unexpected("the end of the statement");
        return error.hint("`plot` is the last word of a query");
    }
    if let Some(error) = after_clauses(parser, query) {
        return error;
    }
    if let sign @ (")" | "]") = parser.sign() {
        return parser.error_here(format!("this `{sign}` closes nothing"));
    }
    if parser.word().is_some_and(starts_statement) {
        let error = parser.unexpected("the end of the statement");
        return error.hint("put `;` between two statements");
    }
    let bare = query.by.is_empty() && query.having.is_empty() && query.order.is_empty();
    let expected = if query.top.is_some() {
        "the end of the statement"
    } else if bare && matches!(query.head, Head::Set(_)) {
        "an operator, a clause or the end of the statement"
    } else {
        "a clause or the end of the statement"
    };
    let hint = operator_hint(parser).map(str::to_owned);
    let hint = hint.or_else(|| {
        let words = ["by", "against", "having", "order", "top", "plot"];
        let meant = parser.word().and_then(|word| nearest(word, words))?;
        Some(format!("did you mean `{meant}`?"))
    });
    let hint = hint.unwrap_or_else(|| {
        "the operators are `|`, `^`, `&`, `-`; the clauses are `by`, `having`, `order by`, `top`, `plot`".to_owned()
    });
    let error = parser.unexpected(expected);
    if error.hint.is_some() || query.top.is_some() {
        return error;
    }
    error.hint(hint)
}

/// A clause stands behind clauses that it comes before, or a second time.
pub(crate) fn after_clauses(parser: &Parser<'_>, query: &Query) -> Option<QueryError> {
    let clause = parser.clause()?;
    let given = match clause {
        "by" => !query.by.is_empty(),
        "against" => query.chance.is_some(),
        "having" => !query.having.is_empty(),
        "order" => !query.order.is_empty(),
        _ => query.top.is_some(),
    };
    let reason = if given {
        format!("the clause `{clause}` is given twice")
    } else {
        let last = match (&query.top, query.order.is_empty()) {
            (Some(_), _) => "top",
            (None, false) => "order by",
            (None, true) if query.having.is_empty() => "against chance",
            (None, true) => "having",
        };
        format!("found `{clause}` after `{last}`")
    };
    let behind = "`against chance` stands behind `by neuron`, before all other clauses";
    Some(parser.error_here(reason).hint(if clause == "against" { behind } else { CLAUSE_ORDER }))
}

fn starts_statement(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let heads = ["let", "drop", "explain", "attach", "detach", "similarity", "neurons"];
    heads.contains(&word.as_str()) || SourceKind::from_word(&word).is_some()
}

/// A set was expected.
pub(crate) fn not_a_set(parser: &Parser<'_>) -> QueryError {
    let error = parser.unexpected("a set");
    let first = parser.next == 0 || parser.text_of(&parser.tokens[parser.next - 1]) == ";";
    match parser.kind() {
        TokenKind::Number if parser.ahead(1).kind == TokenKind::Sign(":") => {
            let neuron = format!("{}:{}", parser.token_text(), parser.text_of(parser.ahead(2)));
            error.hint(format!("neurons are given as `neurons({neuron})`"))
        }
        TokenKind::Parameter => error
            .hint("a parameter stands for a value, a number or a list; a set is saved with `let`, and used as `@name`"),
        TokenKind::Text(_) => error.hint("text stands in conditions: `facts[subject=\"France\"]`"),
        TokenKind::Sign("[") => error.hint("brackets follow a source: `kn[lang=en]`"),
        TokenKind::Sign("&" | "&&") => error.hint("the intersection of two sets is `a & b`"),
        TokenKind::Sign("|" | "||") => error.hint("the union of two sets is `a | b`"),
        TokenKind::Sign("*") => error.hint("everything there is, is `kn` without brackets"),
        TokenKind::Sign("-" | "!") => error.hint("the difference needs two sets: `a - b`"),
        TokenKind::Word => word_for_set(parser, error, first),
        _ => error,
    }
}

fn word_for_set(parser: &Parser<'_>, error: QueryError, first: bool) -> QueryError {
    let word = parser.token_text();
    if parser.at_word("similarity") {
        return similarity_is_no_set(parser.span());
    }
    if parser.clause().is_some() {
        return error.hint("a clause follows a set: `kn[lang=en] by layer`");
    }
    if matches!(parser.ahead(1).kind, TokenKind::Sign("=" | ">=" | "<=" | ">" | "<" | "~"))
        && ConditionKey::from_word(word).is_some()
    {
        let condition = condition_here(parser);
        return error.hint(format!("conditions stand in brackets behind a source: `kn[{condition}]`"));
    }
    if let Some(hint) = habit(word) {
        return error.hint(hint);
    }
    if first && parser.ahead(1).kind == TokenKind::Sign("=") {
        return error.hint(format!("a set is saved with `let {word} = …`"));
    }
    let sets = ["kn", "likn", "dkn", "facts", "entries", "neurons", "similarity"];
    let heads = ["let", "drop", "explain", "attach", "detach"];
    if ["entry", "measured", "measurements"].iter().any(|entries| word.eq_ignore_ascii_case(entries)) {
        return QueryError { kind: ErrorKind::Name, ..error }.hint("did you mean `entries`?");
    }
    let words = sets.into_iter().chain(heads.into_iter().filter(|_| first));
    let meant = nearest(word, words);
    let error = QueryError { kind: ErrorKind::Name, ..error };
    if let Some(meant) = meant {
        return error.hint(format!("did you mean `{meant}`?"));
    }
    let digit = word.starts_with(|c: char| c.is_ascii_digit());
    if digit {
        return error.hint("a set is `kn`, `likn`, `dkn`, `facts`, `entries`, `neurons(…)` or a saved `@name`");
    }
    error.hint(format!("a saved set is written `@{word}`; sources are `kn`, `likn`, `dkn`, `facts`, `entries`"))
}

/// The text of the condition that starts here, outside of brackets.
fn condition_here<'a>(parser: &Parser<'a>) -> &'a str {
    let span = parser.span().to(parser.ahead(2).span);
    &parser.text[span.range()]
}

/// `similarity` stands where a set is needed, or an operator follows it.
pub(crate) fn similarity_is_no_set(span: Span) -> QueryError {
    let reason = "`similarity` answers with rows, and is not a set";
    QueryError::syntax(span, reason).hint(
        "it stands alone: `similarity(a, b) by relation`, where `a` and `b` are any two sets of pairs, or of neurons; a set of facts is `(similarity(a, b) by fact having similarity >= 0.5)`",
    )
}

/// `between` behind two sets.
pub(crate) fn between_of_two(parser: &Parser<'_>) -> QueryError {
    let reason = "`between` compares the parts of one set, and these are two";
    parser.error_here(reason).hint("write `similarity(kn[…]) between lang`, or leave `between` out")
}

/// `between` a dimension that parts no set.
pub(crate) fn not_between(dim: &Dim) -> QueryError {
    let reason = format!(
        "`between` compares languages, relations, runs or prompts with each other, and not `{}`",
        dim.dimension
    );
    QueryError::syntax(dim.span, reason).hint(match dim.dimension {
        Dimension::Layer => "in each layer by itself: `between lang by layer`",
        Dimension::Fact | Dimension::Subject | Dimension::Object => {
            "facts with other facts of their relation are the column `others` of `similarity(a, b)`"
        }
        _ => "write `between lang`, `between relation`, `between run` or `between prompt`",
    })
}

/// `plot` of a matrix for each of several groups.
pub(crate) fn several_matrices(dim: &Dim) -> QueryError {
    let reason = format!("`plot` draws one matrix, and `by {}` asks for several", dim.dimension);
    QueryError::syntax(dim.span, reason).hint("choose one in brackets: `similarity(kn[layer=9]) between lang plot`")
}

/// What follows a source is neither its brackets nor an operator.
pub(crate) fn after_source(parser: &Parser<'_>, kind: SourceKind) -> Result<()> {
    if parser.at_sign("(") {
        let error = parser.unexpected(&format!("brackets or an operator after `{kind}`"));
        return Err(error.hint(match kind {
            SourceKind::Facts => {
                "facts of a set are `facts of (…)`, facts with a property are `facts[relation=P36]`".to_owned()
            }
            _ => format!("conditions stand in brackets: `{kind}[lang=en]`"),
        }));
    }
    let source = parser.word().and_then(SourceKind::from_word);
    if kind == SourceKind::Facts && (source.is_some() || parser.at_word("neurons")) {
        let error = parser.unexpected("`of` after `facts`");
        return Err(error.hint(format!("write `facts of {}…`", parser.token_text())));
    }
    if parser.at_word("of") {
        let error = parser.unexpected(&format!("brackets or an operator after `{kind}`"));
        return Err(error.hint("only `facts of …` and `neurons of …` turn one kind of set into another"));
    }
    let key = parser.word().and_then(ConditionKey::from_word);
    if key.is_some() && matches!(parser.ahead(1).kind, TokenKind::Sign(_)) {
        let condition = condition_here(parser);
        let error = parser.unexpected(&format!("brackets, an operator or a clause after `{kind}`"));
        return Err(error.hint(format!("conditions stand in brackets: `{kind}[{condition}]`")));
    }
    Ok(())
}

/// `neurons` is followed neither by `(` nor by `of`.
pub(crate) fn after_neurons(parser: &Parser<'_>) -> QueryError {
    let error = parser.unexpected("`(` or `of` after `neurons`");
    let source = parser.word().and_then(SourceKind::from_word);
    match parser.kind() {
        TokenKind::Number => error.hint("neurons are given in parentheses: `neurons(9:852)`"),
        TokenKind::Sign("[") => error.hint("`neurons` take no conditions: `neurons(9:852)`, or `neurons of kn[…]`"),
        TokenKind::Saved => error.hint(format!("write `neurons of {}`", parser.token_text())),
        _ if source.is_some() => error.hint(format!("write `neurons of {}…`", parser.token_text())),
        _ => error.hint("`neurons(9:852)` are given by number, `neurons of kn[…]` are those of a set"),
    }
}

/// A hint for what stands in parentheses instead of an operator or the closing one.
pub(crate) fn in_parentheses(parser: &Parser<'_>, error: QueryError) -> QueryError {
    if parser.clause().is_some() {
        return error.hint("rows are a set in parentheses of their own: `(kn by neuron top 20)`");
    }
    error.maybe_hint(operator_hint(parser))
}
