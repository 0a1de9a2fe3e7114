//! A word's path through the embeddings of other words, as `monotonic_paths.py` of Sanyal & Ren's code finds it.
//!
//! In 64 bits from embeddings as they are in the file, so that what lies between two others does not hang on how anything was rounded.

use crate::methods::{Anchors, Between, Monotone};
use crate::transformer::{Transformer, to_host};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of the embedding that are read at a time.
const ROWS: usize = 4_096;

/// Where paths begin.
pub(super) struct Baseline {
    /// As in the file.
    pub(super) embedding: Vec<f64>,
    /// The token whose embedding that is.
    token: Option<u32>,
}

/// The embeddings of all words.
pub(super) struct Vocabulary<'a> {
    network: &'a Transformer,
    /// So many of a word's nearest others are its neighbours.
    neighbours: usize,
    /// Anchors of a path.
    anchors: usize,
    /// Of words that were looked for.
    nearest: Mutex<HashMap<u32, Arc<[u32]>>>,
}

impl<'a> Vocabulary<'a> {
    pub(super) fn new(network: &'a Transformer, neighbours: usize, anchors: usize) -> Self {
        Self { network, neighbours, anchors, nearest: Mutex::default() }
    }

    /// The beginning of paths, 0 without a token.
    pub(super) fn baseline(&self, token: Option<u32>) -> Baseline {
        let zero = || vec![0.0; self.network.hidden()];
        let embedding = token.and_then(|token| self.embeddings(&[token]).pop()).unwrap_or_else(zero);
        Baseline { embedding, token }
    }

    /// What the network multiplies embeddings with.
    pub(super) fn scale(&self) -> f64 {
        self.network.embedding.scale.map_or(1.0, f64::from)
    }

    /// Embeddings as they are in the file.
    pub(super) fn embeddings(&self, ids: &[u32]) -> Vec<Vec<f64>> {
        let rows = to_host(self.network.embedding.tokens.select(ids));
        rows.chunks(self.network.hidden()).map(|row| row.iter().map(|&value| f64::from(value)).collect()).collect()
    }

    /// The nearest others of a word, the nearest first, of equally near ones that of the lower number.
    fn nearest(&self, word: u32) -> Arc<[u32]> {
        let known = self.nearest.lock().unwrap_or_else(PoisonError::into_inner).get(&word).cloned();
        if let Some(known) = known {
            return known;
        }
        let of = self.embeddings(&[word]).pop().unwrap_or_default();
        let all: Vec<u32> = (0..self.network.vocabulary() as u32).collect();
        let mut distances: Vec<(f64, u32)> = Vec::with_capacity(all.len());
        for ids in all.chunks(ROWS) {
            let rows = to_host(self.network.embedding.tokens.select(ids));
            let apart = |row: &[f32]| -> f64 { row.iter().zip(&of).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum() };
            distances.extend(rows.chunks(of.len()).map(apart).zip(ids.iter().copied()).filter(|&(_, id)| id != word));
        }
        let nearer = |a: &(f64, u32), b: &(f64, u32)| -> Ordering { a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)) };
        if distances.len() > self.neighbours {
            distances.select_nth_unstable_by(self.neighbours, nearer);
            distances.truncate(self.neighbours);
        }
        distances.sort_unstable_by(nearer);
        let found: Arc<[u32]> = distances.into_iter().map(|(_, id)| id).collect();
        self.nearest.lock().unwrap_or_else(PoisonError::into_inner).insert(word, Arc::clone(&found));
        found
    }

    /// The points of a word's path from the baseline on: the anchors between the two. From the word on, the next anchor is the best of the last one's
    /// nearest words that are neither the baseline nor passed already, beside the last one's embedding; where none is left, it is the baseline from there on.
    pub(super) fn path(&self, word: u32, baseline: &Baseline, anchors: Anchors, monotone: Monotone) -> Vec<Vec<f64>> {
        let share = 1.0 / self.anchors as f64;
        let mut passed = vec![word];
        let mut last = Some(word).filter(|_| baseline.token != Some(word));
        let mut points = self.embeddings(&[word]);
        for _ in 0..self.anchors {
            let next = last.and_then(|last| {
                let left: Vec<u32> = self
                    .nearest(last)
                    .iter()
                    .copied()
                    .filter(|id| Some(*id) != baseline.token && !passed.contains(id))
                    .collect();
                let before = self.embeddings(&[last]).pop()?;
                let beside = Between { before: &before, baseline: &baseline.embedding, monotone, share };
                let rows = self.embeddings(&left);
                let costs: Vec<f64> = rows.iter().map(|row| anchors.cost(&beside, row)).collect();
                // The first, and so the nearest, of equal ones.
                let best = (0..left.len()).min_by(|&a, &b| costs[a].total_cmp(&costs[b]))?;
                Some((left[best], rows[best].clone()))
            });
            let anchor = next.as_ref().map_or(&baseline.embedding, |(_, row)| row);
            let before = points.last().unwrap_or(&baseline.embedding);
            let point = Between { before, baseline: &baseline.embedding, monotone, share }.next(anchor);
            points.push(point);
            last = next.map(|(id, _)| id);
            passed.extend(last);
        }
        points.push(baseline.embedding.clone());
        points.reverse();
        points
    }
}
