#!/usr/bin/env python3
"""Spearman's rank correlation of the scores of one run with those of others, fact by fact, over all neurons of the model.

    kndb export DB OUT --format npz                      # of runs that keep all scores (--keep all)
    python3 demo/rank_correlation.py OUT LEFT RIGHT…     # names of runs; needs numpy

`same fact` is the mean over facts, the smallest and the largest; `another fact` correlates the left scores of a fact with the
right ones of the next: what any two facts of the relation share.
"""
import glob
import os
import sys

import numpy as np


def scores(folder, run):
    files = sorted(glob.glob(os.path.join(folder, f"run={run}", "**", "*.npz"), recursive=True))
    if not files:
        sys.exit(f"{folder} has no scores of a run {run}")
    loaded = [np.load(file) for file in files]
    facts = [str(fact) for file in loaded for fact in file["facts"]]
    values = np.concatenate([file["scores"].reshape(len(file["facts"]), -1) for file in loaded])
    order = sorted(range(len(facts)), key=facts.__getitem__)
    return [facts[i] for i in order], values[order]


def ranks(rows):
    out = np.empty(rows.shape)
    for i, row in enumerate(rows):
        _, which, counts = np.unique(row, return_inverse=True, return_counts=True)
        out[i] = (np.cumsum(counts) - (counts - 1) / 2)[which]  # equal scores share a rank
    return out - out.mean(axis=1, keepdims=True)


def correlation(one, two):
    return (one * two).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (two**2).sum(axis=1))


def main(folder, left, *rights):
    facts, scores_left = scores(folder, left)
    ranks_left = ranks(scores_left)
    for right in rights:
        others, scores_right = scores(folder, right)
        if others != facts:
            sys.exit(f"{left} and {right} are not of the same facts")
        ranks_right = ranks(scores_right)
        same, other = correlation(ranks_left, ranks_right), correlation(ranks_left, np.roll(ranks_right, -1, axis=0))
        largest = np.abs(scores_left - scores_right).max(axis=1) / np.abs(scores_left).max(axis=1)
        print(
            f"{left} and {right}: same fact {same.mean():.4f} ({same.min():.4f} to {same.max():.4f}), another fact {other.mean():.4f}; "
            f"largest difference over largest score {np.median(largest):.2e} (median of {len(facts)} facts), {largest.max():.2e} (worst)"
        )


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
