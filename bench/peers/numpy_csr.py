"""NumPy: sets as rows of a compressed sparse matrix (CSR), by fact and by neuron, and as bits; scores by share of the maximum.

Everything is mapped from files, as kndb's is. One thread.
"""
import os

import numpy as np

from data import GRID, offsets

DISTRIBUTION = "numpy"


def load(data, folder):
    def save(name, array):
        np.save(os.path.join(folder, name + ".npy"), array)

    neurons = data.layers * data.width
    for lang in data.languages:
        for tau, fact, neuron in data.sets(lang):
            at = f"{lang}.{tau}."
            save(at + "rows", offsets(fact, data.facts))
            save(at + "neuron", neuron)
            # By neuron: the facts that have it.
            by_neuron = np.argsort(neuron, kind="stable")
            save(at + "columns", offsets(neuron[by_neuron], neurons))
            save(at + "fact", fact[by_neuron])
            # By relation.
            relation = data.relation[fact]
            by_relation = np.argsort(relation, kind="stable")
            save(at + "relations", offsets(relation[by_relation], data.relations))
            save(at + "relation-neuron", neuron[by_relation])
            # By layer, then fact: to ask which of these pairs are in another language's bits, byte by byte.
            layer = (neuron // data.width).astype(np.uint32)
            order = np.argsort(layer, kind="stable")
            fact, neuron, layer = fact[order], neuron[order], layer[order]
            bit = (layer * data.facts + fact) * data.width + (neuron % data.width)
            # As 64-bit indexes: NumPy would make others into such each time.
            save(at + "byte", (bit // 8).astype(np.intp))
            save(at + "mask", (1 << bit % 8).astype(np.uint8))
            save(at + "layers", offsets(layer, data.layers))
            save(at + "layer-fact", fact)
            save(at + "layer-unit", (neuron % data.width).astype(np.intp))
            bits = np.zeros((data.layers * data.facts * data.width + 7) // 8, np.uint8)
            np.bitwise_or.at(bits, bit // 8, (1 << bit % 8).astype(np.uint8))
            save(at + "bits", bits)
        # Scores, the highest share of its fact's maximum first.
        fact, neuron, share = data.scores(lang)
        order = np.argsort(-share, kind="stable")
        save(f"{lang}.share", -share[order])
        save(f"{lang}.share-neuron", neuron[order])
        layer = (neuron[order] // data.width).astype(np.uint32)
        save(f"{lang}.share-layer-fact", layer * data.facts + fact[order])


class Peer:
    def __init__(self, folder, meta):
        self.meta = meta
        self.neurons = meta["layers"] * meta["width"]
        self.at = {name[:-4]: np.load(os.path.join(folder, name), mmap_mode="r").view(np.ndarray) for name in os.listdir(folder)}
        self.marks = np.zeros(self.neurons, bool)

    def row(self, lang, fact):
        rows = self.at[f"{lang}.0.2.rows"]
        return self.at[f"{lang}.0.2.neuron"][rows[fact]:rows[fact + 1]]

    def q1(self):
        en, zh = self.row("en", self.meta["fact"]), self.row("zh", self.meta["fact"])
        # Faster than np.intersect1d, which sorts.
        self.marks[en] = True
        found = zh[self.marks[zh]]
        self.marks[en] = False
        return found

    def others(self, inside):
        """Pairs, distinct facts and distinct neurons by layer of the English pairs at 0.2 that are (or are not) Chinese ones."""
        bits, layers = self.at["zh.0.2.bits"], self.at["en.0.2.layers"]
        byte, mask, facts, units = (self.at["en.0.2." + name] for name in ("byte", "mask", "layer-fact", "layer-unit"))
        counted = []
        # A layer at a time: what is made on the way stays in the cache.
        for part in map(slice, layers[:-1], layers[1:]):
            hit = (bits[byte[part]] & mask[part]) != 0
            where = np.flatnonzero(hit if inside else ~hit)
            counted.append((len(where), *distinct(facts[part][where], units[part][where], self.meta["width"])))
        return zip(*counted)

    def q2(self):
        return self.others(True)

    def q3(self):
        columns, neuron = self.at["en.0.2.columns"], self.meta["neuron"]
        return self.at["en.0.2.fact"][columns[neuron]:columns[neuron + 1]]

    def q4(self):
        relations, relation = self.at["en.0.2.relations"], self.meta["relation"]
        found = self.at["en.0.2.relation-neuron"][relations[relation]:relations[relation + 1]]
        return top(np.bincount(found, minlength=self.neurons))

    def q5(self):
        count = np.searchsorted(self.at["en.share"], -0.37)
        layers = self.meta["layers"]
        # One counting gives the pairs of a layer and its distinct neurons.
        by_neuron = np.bincount(self.at["en.share-neuron"][:count], minlength=self.neurons).reshape(layers, -1)
        seen = np.zeros(layers * self.meta["facts"], bool)
        seen[self.at["en.share-layer-fact"][:count].astype(np.intp)] = True
        return by_neuron.sum(1), np.count_nonzero(seen.reshape(layers, -1), axis=1), np.count_nonzero(by_neuron, axis=1)

    def q6(self):
        return self.others(False)


def distinct(fact, unit, width):
    """How many distinct facts and units, of pairs in ascending order of the facts."""
    used = np.zeros(width, bool)
    used[unit] = True
    # A new fact begins where the number changes.
    return np.count_nonzero(fact[1:] != fact[:-1]) + min(len(fact), 1), np.count_nonzero(used)


def top(counts, most=20):
    """The neurons with the highest counts; of equal ones the lower neuron first."""
    # How many have at least each count; counts are at most the facts of a relation, so this is far faster than np.partition.
    at_least = np.bincount(counts)[::-1].cumsum()[::-1]
    least = max(np.count_nonzero(at_least >= most) - 1, 1)
    candidates = np.flatnonzero(counts >= least)
    chosen = candidates[np.argsort(-counts[candidates], kind="stable")][:most]
    return np.stack([chosen, counts[chosen]], axis=1)


def comparable(question, answer):
    if question in ("q2", "q5", "q6"):
        return [[layer, *map(int, row)] for layer, row in enumerate(zip(*answer)) if row[0]]
    return answer.tolist()
