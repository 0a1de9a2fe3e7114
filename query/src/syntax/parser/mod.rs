//! Tokens to syntax tree, by recursive descent: here statements and the cursor over the tokens.
//!
//! The parser checks all that needs no store: words, bounds of numbers, conditions that a source
//! does not take. What a statement means, and whether its sets can be mixed, is the planner's.

pub(in crate::syntax) mod bounds;
pub(crate) mod clauses;
pub(in crate::syntax) mod conditions;
mod numbers;
mod sets;
pub(crate) mod stores;

use crate::error::{LONGEST_QUOTE, QueryError, quoted};
use crate::mistakes::clauses as mistakes;
use crate::syntax::ast::{Name, Parameter, Statement};
use crate::syntax::lexer::{Token, TokenKind, lex};
use crate::syntax::span::Span;

/// How many levels an expression may nest: brackets within brackets.
pub const MAX_DEPTH: usize = 200;
/// How many operands a chain may have: `a | b | c …` is a tree as high, but none that anyone has to look through.
pub const MAX_OPERANDS: usize = 1_000;

pub(crate) type Result<T> = std::result::Result<T, QueryError>;

/// Parses exactly one statement, with or without its `;`.
///
/// ```
/// let statement = kndb_query::parse("KN[lang=en] & kn[ lang = zh ] by layer;")?;
/// assert_eq!(statement.to_string(), "kn[lang=en] & kn[lang=zh] by layer");
/// # Ok::<(), kndb_query::QueryError>(())
/// ```
///
/// # Errors
///
/// If the text is not one statement; spans are bytes of `text`.
pub fn parse(text: &str) -> Result<Statement> {
    let mut parser = Parser::new(text);
    if parser.at_end() || parser.at_sign(";") {
        let reason = "there is no statement here";
        return Err(QueryError::syntax(parser.span(), reason).hint("for example `kn[lang=en] by layer;`"));
    }
    let statement = parser.statement()?;
    parser.eat_sign(";");
    if !parser.at_end() {
        let found = parser.found();
        let reason = format!("expected one statement, found {found} after its end");
        return Err(parser.error_here(reason));
    }
    Ok(statement)
}

/// Parses all statements of a script; empty ones are left out.
///
/// # Errors
///
/// The first error of the script; spans are bytes of `text`.
pub fn parse_script(text: &str) -> Result<Vec<Statement>> {
    let mut parser = Parser::new(text);
    let mut statements = Vec::new();
    loop {
        while parser.eat_sign(";") {}
        if parser.at_end() {
            return Ok(statements);
        }
        statements.push(parser.statement()?);
    }
}

pub(crate) struct Parser<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: Vec<Token>,
    /// What stopped the lexer, if something did: the error of the last token.
    broken: Option<QueryError>,
    pub(crate) next: usize,
    /// Levels of expressions around the current token.
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let (tokens, broken) = lex(text);
        Self { text, tokens, broken, next: 0, depth: 0 }
    }

    /// A statement up to its `;` or the end of the text, which is left in place.
    fn statement(&mut self) -> Result<Statement> {
        let start = self.span();
        let statement = if self.eat_word("let") {
            let name = self.new_name("let")?;
            if !self.eat_sign("=") {
                return Err(self.unexpected(&format!("`=` after `let {name}`")));
            }
            if self.at_word("similarity") {
                return Err(mistakes::similarity_is_no_set(self.span()));
            }
            let set = self.set()?;
            if let Some(clause) = self.clause() {
                let reason = format!("`let` saves a set, and `{clause}` makes rows of one");
                let hint = match clause {
                    "plot" => format!("save the set, then ask: `@{name} by layer plot`"),
                    "against" => format!("save the set, then ask: `@{name} by neuron against chance`"),
                    clause => format!(
                        "a query in parentheses is a set: `let {name} = (… {clause} …)`; or save the set, then ask: `@{name} {clause} …`"
                    ),
                };
                return Err(self.error_here(reason).hint(hint));
            }
            let span = start.to(self.previous_span());
            Statement::Let { name, set, span }
        } else if self.eat_word("drop") {
            let name = self.new_name("drop")?;
            let span = start.to(self.previous_span());
            Statement::Drop { name, span }
        } else if self.eat_word("attach") {
            self.attach(start)?
        } else if self.eat_word("detach") {
            self.detach(start)?
        } else if self.eat_word("explain") {
            let analyze = self.eat_word("analyze");
            if let Some(word) = self.word_in(&["let", "drop", "explain", "attach", "detach"]) {
                let reason = format!("only a query can be explained, and `{word}` starts none");
                return Err(self.error_here(reason));
            }
            let query = self.query()?;
            if query.plot {
                let reason = "`explain` shows how a query is answered, and draws no plot";
                return Err(QueryError::syntax(self.previous_span(), reason).hint("leave `plot` or `explain` out"));
            }
            let span = start.to(self.previous_span());
            Statement::Explain { analyze, query, span }
        } else {
            Statement::Query(self.query()?)
        };
        if self.at_end() || self.at_sign(";") {
            return Ok(statement);
        }
        Err(mistakes::after_statement(self, &statement))
    }

    /// The name that `let` and `drop` are followed by.
    fn new_name(&mut self, keyword: &str) -> Result<Name> {
        let span = self.span();
        let text = self.token_text();
        match self.kind() {
            TokenKind::Word if !text.starts_with(|c: char| c.is_ascii_digit()) => {
                let text = text.to_owned();
                self.bump();
                Ok(Name { text, span })
            }
            TokenKind::Saved => {
                let reason = format!("`{keyword}` is followed by the name alone, without `@`");
                Err(QueryError::syntax(span, reason).hint(format!("`{keyword} {}`", &text[1..])))
            }
            _ => Err(self
                .unexpected(&format!("a name after `{keyword}`"))
                .hint("a name has letters a-z, digits and `_`, no digit first")),
        }
    }

    fn token(&self) -> &Token {
        &self.tokens[self.next]
    }

    pub(crate) fn kind(&self) -> &TokenKind {
        &self.token().kind
    }

    pub(crate) fn span(&self) -> Span {
        self.token().span
    }

    fn previous_span(&self) -> Span {
        self.tokens[self.next.saturating_sub(1)].span
    }

    /// The token `ahead` of the current one; the last token if there are fewer.
    pub(crate) fn ahead(&self, ahead: usize) -> &Token {
        &self.tokens[(self.next + ahead).min(self.tokens.len() - 1)]
    }

    pub(crate) fn text_of(&self, token: &Token) -> &'a str {
        &self.text[token.span.range()]
    }

    pub(crate) fn token_text(&self) -> &'a str {
        self.text_of(self.token())
    }

    /// Steps over the current token; the last one stays.
    fn bump(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn at_end(&self) -> bool {
        *self.kind() == TokenKind::End
    }

    pub(crate) fn at_sign(&self, sign: &str) -> bool {
        matches!(self.kind(), TokenKind::Sign(found) if *found == sign)
    }

    /// The current token's sign, or nothing.
    pub(crate) fn sign(&self) -> &'static str {
        match self.kind() {
            TokenKind::Sign(sign) => sign,
            _ => "",
        }
    }

    fn eat_sign(&mut self, sign: &str) -> bool {
        let found = self.at_sign(sign);
        if found {
            self.bump();
        }
        found
    }

    /// The current token, if it is a word.
    pub(crate) fn word(&self) -> Option<&'a str> {
        (*self.kind() == TokenKind::Word).then(|| self.token_text())
    }

    pub(crate) fn at_word(&self, word: &str) -> bool {
        self.word().is_some_and(|found| found.eq_ignore_ascii_case(word))
    }

    /// The parameter that stands here, if one does.
    fn parameter(&mut self) -> Option<Parameter> {
        let (span, text) = (self.span(), self.token_text());
        (*self.kind() == TokenKind::Parameter).then(|| {
            self.bump();
            Parameter { name: text[1..].to_owned(), span }
        })
    }

    /// Which of these words the current token is.
    fn word_in(&self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.at_word(word))
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    /// The keyword of a clause, if one starts here.
    pub(crate) fn clause(&self) -> Option<&'static str> {
        self.word_in(&["by", "against", "having", "order", "top", "plot"])
    }

    /// What the current token is, for a message.
    fn found(&self) -> String {
        match self.kind() {
            TokenKind::End => "the end of the text".to_owned(),
            TokenKind::Sign(";") => "the end of the statement".to_owned(),
            TokenKind::Text(_) => format!("the quoted text {}", self.quotation()),
            _ => format!("`{}`", self.quotation()),
        }
    }

    fn quotation(&self) -> String {
        quoted(self.token_text().to_owned(), LONGEST_QUOTE)
    }

    /// An error at the current token. Where the lexer stopped, its error is the better one.
    pub(crate) fn error_here(&self, reason: impl Into<String>) -> QueryError {
        match (&self.broken, self.kind()) {
            (Some(error), TokenKind::Broken) => error.clone(),
            _ => QueryError::syntax(self.span(), reason),
        }
    }

    /// The current token is not what was expected.
    pub(crate) fn unexpected(&self, expected: &str) -> QueryError {
        let found = self.found();
        self.error_here(format!("expected {expected}, found {found}"))
    }

    /// What `open` opened has to be closed here, and is not.
    fn unclosed(&self, open: Span, expected: &str) -> QueryError {
        let sign = &self.text[open.range()];
        if self.at_end() || self.at_sign(";") {
            let close = if sign == "[" { "]" } else { ")" };
            return QueryError::syntax(open, format!("this `{sign}` is never closed"))
                .hint(format!("close it with `{close}`"));
        }
        let error = self.unexpected(expected);
        if *self.kind() == TokenKind::Broken {
            return error;
        }
        error.label(open, format!("`{sign}` opened here"))
    }

    /// Goes one level deeper, if there is one.
    fn descend(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        let reason = format!("this expression is more than {MAX_DEPTH} levels deep");
        Err(QueryError::syntax(self.span(), reason)
            .hint("save a part of it with `let name = …`, and use it as `@name`"))
    }

    fn check_height(&self, height: usize) -> Result<()> {
        if height <= MAX_OPERANDS {
            return Ok(());
        }
        let reason = format!("this expression joins more than {MAX_OPERANDS} sets, one after the other");
        Err(QueryError::syntax(self.span(), reason)
            .hint("save a part of it with `let name = …`, and use it as `@name`"))
    }
}
