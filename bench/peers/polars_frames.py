"""Polars: frames in memory, sorted, with the rows of a fact, a neuron or a relation found by where they begin. All cores.

Scores are sorted by their share of the fact's maximum, so that a threshold is a binary search and a slice.
"""
import os

import numpy as np
import polars as pl

from data import offsets

DISTRIBUTION = "polars"


def load(data, folder):
    def save(name, **columns):
        pl.DataFrame(columns).write_ipc(os.path.join(folder, name))

    neurons = data.layers * data.width
    for lang in data.languages:
        for tau, fact, neuron in data.sets(lang):
            # One key for a pair, so that joining compares one column.
            layer = (neuron // data.width).astype(np.uint8)
            save(f"{lang}.{tau}.facts", pair=fact * np.uint32(neurons) + neuron, fact=fact, neuron=neuron, layer=layer)
            save(f"{lang}.{tau}.fact-rows", at=offsets(fact, data.facts))
            order = np.argsort(neuron, kind="stable")
            save(f"{lang}.{tau}.neurons", fact=fact[order])
            save(f"{lang}.{tau}.neuron-rows", at=offsets(neuron[order], neurons))
            relation = data.relation[fact]
            order = np.argsort(relation, kind="stable")
            save(f"{lang}.{tau}.relations", neuron=neuron[order])
            save(f"{lang}.{tau}.relation-rows", at=offsets(relation[order], data.relations))
        fact, neuron, share = data.scores(lang)
        order = np.argsort(-share, kind="stable")
        fact, neuron, layer = fact[order], neuron[order], (neuron[order] // data.width).astype(np.uint8)
        save(f"{lang}.scores", share=share[order], fact=fact, neuron=neuron, layer=layer)


class Peer:
    def __init__(self, folder, meta):
        self.meta = meta
        self.at = {name: pl.read_ipc(os.path.join(folder, name)) for name in os.listdir(folder)}
        for name, frame in self.at.items():
            if name.endswith(".facts"):
                self.at[name] = frame.with_columns(pl.col("pair").set_sorted())
            elif name.endswith("-rows"):
                self.at[name] = frame["at"].to_list()
            elif name.endswith(".scores"):
                self.at[name] = frame.with_columns(pl.col("share").set_sorted(descending=True))

    def rows(self, kind, which, lang):
        """The rows of one fact, neuron or relation."""
        rows = self.at[f"{lang}.0.2.{kind}-rows"]
        return self.at[f"{lang}.0.2.{kind}s"].slice(rows[which], rows[which + 1] - rows[which])

    def q1(self):
        en, zh = (self.rows("fact", self.meta["fact"], lang)["neuron"] for lang in ("en", "zh"))
        return en.filter(en.is_in(zh.implode()))

    def by_layer(self, frame):
        counted = frame.group_by("layer").agg(pl.len(), pl.col("fact").n_unique(), pl.col("neuron").n_unique())
        return counted.sort("layer").collect()

    def q2(self):
        # Sorted on both sides, an inner join is a merge: three times as fast as a semi join.
        en, zh = (self.at[f"{lang}.0.2.facts"].lazy() for lang in ("en", "zh"))
        return self.by_layer(en.join(zh.select("pair"), on="pair", how="inner"))

    def q3(self):
        return self.rows("neuron", self.meta["neuron"], "en")["fact"]

    def q4(self):
        counted = self.rows("relation", self.meta["relation"], "en").lazy().group_by("neuron").len()
        return counted.sort("len", "neuron", descending=[True, False]).head(20).collect()

    def q5(self):
        scores = self.at["en.scores"]
        count = scores["share"].search_sorted(0.37, side="left", descending=True)
        return self.by_layer(scores.head(count).lazy())

    def q6(self):
        # A left join merges, too; an anti join does not.
        en, zh = (self.at[f"{lang}.0.2.facts"].lazy() for lang in ("en", "zh"))
        both = en.join(zh.select("pair", also=pl.lit(True)), on="pair", how="left")
        return self.by_layer(both.filter(pl.col("also").is_null()))


def comparable(question, answer):
    if isinstance(answer, pl.Series):
        return sorted(answer.to_list())
    return [list(row) for row in answer.rows()]
