"""What kndb keeps of the generated scores, as arrays: every peer is loaded from here, so that all hold the same.

A set at a threshold has the neurons that score *more* than tau times the fact's maximum, in 64-bit arithmetic, as in kndb.
"""
import json
import os

import numpy as np

# The thresholds for which kndb keeps ready-made sets, and so may the peers. Q5 is asked at 0.37: off the grid.
GRID = (0.1, 0.2, 0.3, 0.4, 0.5, 0.7)


class Data:
    """Sizes and questions (`meta.json`), and the scores of each language, best first within a fact."""

    def __init__(self, folder):
        with open(os.path.join(folder, "meta.json")) as file:
            self.meta = json.load(file)
        for name in ("facts", "relations", "layers", "width", "languages"):
            setattr(self, name, self.meta[name])
        self.folder = folder
        # Relation of every fact.
        self.relation = np.arange(self.facts, dtype=np.uint32) % self.relations

    def read(self, lang, name):
        return np.load(os.path.join(self.folder, f"{lang}.{name}.npy"), mmap_mode="r")

    def scores(self, lang):
        """(fact u32, neuron u16, share of the fact's maximum f64) of all kept scores; by fact, best first."""
        offsets = self.read(lang, "offsets")
        sizes = np.diff(offsets).astype(np.int64)
        scores = self.read(lang, "scores")
        fact = np.repeat(np.arange(self.facts, dtype=np.uint32), sizes)
        share = np.asarray(scores, np.float64) / np.repeat(scores[offsets[:-1].astype(np.int64)].astype(np.float64), sizes)
        return fact, np.asarray(self.read(lang, "neurons")), share

    def sets(self, lang, taus=GRID):
        """Yields (tau, fact, neuron): the sets at each threshold, by fact, then neuron."""
        offsets = self.read(lang, "offsets")
        sizes = np.diff(offsets).astype(np.int64)
        scores, neurons = self.read(lang, "scores"), self.read(lang, "neurons")
        fact = np.repeat(np.arange(self.facts, dtype=np.uint32), sizes)
        best = scores[offsets[:-1].astype(np.int64)].astype(np.float64)
        high = np.flatnonzero(scores > np.repeat((min(taus) * best * 0.999).astype(np.float32), sizes))
        fact, neuron, score = fact[high], neurons[high], scores[high].astype(np.float64)
        order = np.argsort(fact.astype(np.uint64) << 32 | neuron)
        fact, neuron, score = fact[order], neuron[order], score[order]
        for tau in taus:
            inside = score > tau * best[fact]
            yield tau, fact[inside], neuron[inside]


def offsets(keys, count):
    """Where each of the keys 0 .. count begins in an ascending row of them."""
    return np.searchsorted(keys, np.arange(count + 1)).astype(np.int64)
