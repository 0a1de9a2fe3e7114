//! A drawing of the syntax tree, one node a line: for snapshots, and for seeing how a statement
//! was read.
//!
//! It shows structure, not spans, and is no format to parse.

use crate::syntax::ast::{Expr, ExprKind, Head, Query, SetOp, Statement};

impl Statement {
    /// The tree as indented lines.
    pub fn tree(&self) -> String {
        let mut tree = Tree::default();
        match self {
            Self::Let { name, set, .. } => {
                tree.line(0, &format!("let {name}"));
                tree.expr(1, set);
            }
            Self::Drop { name, .. } => tree.line(0, &format!("drop {name}")),
            Self::Attach { path, name, .. } => {
                tree.line(0, &format!("attach as {name}"));
                tree.line(1, &path.to_string());
            }
            Self::Detach { name, .. } => tree.line(0, &format!("detach {name}")),
            Self::Query(query) => tree.query(0, query),
            Self::Explain { analyze, query, .. } => {
                tree.line(0, if *analyze { "explain analyze" } else { "explain" });
                tree.query(1, query);
            }
        }
        tree.text
    }
}

impl Query {
    /// The tree as indented lines.
    pub fn tree(&self) -> String {
        let mut tree = Tree::default();
        tree.query(0, self);
        tree.text
    }
}

impl Expr {
    /// The tree as indented lines.
    pub fn tree(&self) -> String {
        let mut tree = Tree::default();
        tree.expr(0, self);
        tree.text
    }
}

#[derive(Default)]
struct Tree {
    text: String,
}

impl Tree {
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.text.push_str("  ");
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn query(&mut self, depth: usize, query: &Query) {
        self.line(depth, "query");
        match &query.head {
            Head::Set(set) => self.expr(depth + 1, set),
            Head::Similarity { left, right, .. } => {
                self.line(depth + 1, "similarity");
                self.expr(depth + 2, left);
                self.expr(depth + 2, right);
            }
            Head::Between { set, dim, .. } => {
                self.line(depth + 1, &format!("similarity between {}", dim.dimension));
                self.expr(depth + 2, set);
            }
        }
        for dim in &query.by {
            self.line(depth + 1, &format!("by {}", dim.dimension));
        }
        if query.chance.is_some() {
            self.line(depth + 1, "against chance");
        }
        for having in &query.having {
            self.line(depth + 1, &format!("having {having}"));
        }
        for key in &query.order {
            self.line(depth + 1, &format!("order by {key}"));
        }
        if let Some(top) = &query.top {
            self.line(depth + 1, &top.to_string());
        }
        if query.plot {
            self.line(depth + 1, "plot");
        }
    }

    fn expr(&mut self, depth: usize, expr: &Expr) {
        match &expr.kind {
            ExprKind::Binary { op, left, right, .. } => {
                let name = match op {
                    SetOp::Union => "| union",
                    SetOp::SymmetricDifference => "^ symmetric difference",
                    SetOp::Intersection => "& intersection",
                    SetOp::Difference => "- difference",
                };
                self.line(depth, name);
                self.expr(depth + 1, left);
                self.expr(depth + 1, right);
            }
            ExprKind::NeuronsOf(inner) => {
                self.line(depth, "neurons of");
                self.expr(depth + 1, inner);
            }
            ExprKind::FactsOf(inner) => {
                self.line(depth, "facts of");
                self.expr(depth + 1, inner);
            }
            ExprKind::Source(source) => {
                self.line(depth, source.kind.word());
                for condition in &source.conditions {
                    self.line(depth + 1, &condition.to_string());
                }
            }
            ExprKind::Neurons(ranges) => {
                self.line(depth, "neurons");
                for range in ranges {
                    self.line(depth + 1, &range.to_string());
                }
            }
            ExprKind::OpenNeurons(ranges) => {
                self.line(depth, "neurons");
                for range in ranges {
                    self.line(depth + 1, &range.to_string());
                }
            }
            ExprKind::Saved(name) => self.line(depth, &format!("@{name}")),
            ExprKind::Attached { store, of } => {
                self.line(depth, &format!("of store {store}"));
                self.expr(depth + 1, of);
            }
            ExprKind::Rows(query) => {
                self.line(depth, "members of");
                self.query(depth + 1, query);
            }
        }
    }
}
