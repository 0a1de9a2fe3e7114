"""pyroaring (CRoaring): a bitmap of neurons for each fact, of facts for each neuron, and of pairs for each layer.

Bitmaps have sets, not scores: a threshold off the grid is not asked of them. One thread. NumPy counts what bitmaps cannot.
"""
import os
import pickle

import numpy as np
from pyroaring import BitMap

from data import offsets
from numpy_csr import comparable, distinct, top

DISTRIBUTION = "pyroaring"
CANNOT = {"q5": "a bitmap has no scores"}
__all__ = ["comparable"]
# Facts lie this many apart in a layer's bitmap, so that fact and unit are a shift and a mask.
STRIDE = 1 << 12


def bitmaps(keys, values, count):
    """A bitmap of the values of each key; pairs are in order of the keys."""
    at = offsets(keys, count)
    made = []
    for key in range(count):
        bitmap = BitMap(values[at[key]:at[key + 1]].astype(np.uint32))
        bitmap.run_optimize()
        bitmap.shrink_to_fit()
        made.append(bitmap.serialize())
    return made


def load(data, folder):
    assert data.width <= STRIDE
    for lang in data.languages:
        for tau, fact, neuron in data.sets(lang):
            by_neuron = np.argsort(neuron, kind="stable")
            layer = neuron // data.width
            by_layer = np.argsort(layer, kind="stable")
            pair = fact * np.uint32(STRIDE) + neuron % data.width
            kinds = {
                "facts": bitmaps(fact, neuron, data.facts),
                "neurons": bitmaps(neuron[by_neuron], fact[by_neuron], data.layers * data.width),
                "layers": bitmaps(layer[by_layer], pair[by_layer], data.layers),
            }
            with open(os.path.join(folder, f"{lang}.{tau}"), "wb") as file:
                pickle.dump(kinds, file)


class Peer:
    def __init__(self, folder, meta):
        self.meta = meta
        self.at = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                kinds = pickle.load(file)
            self.at[name] = {kind: [BitMap.deserialize(one) for one in made] for kind, made in kinds.items()}
        self.en, self.zh = self.at["en.0.2"], self.at["zh.0.2"]

    def q1(self):
        fact = self.meta["fact"]
        return np.frombuffer((self.en["facts"][fact] & self.zh["facts"][fact]).to_array(), np.uint32)

    def by_layer(self, combined):
        """Pairs, distinct facts and distinct neurons of each layer's bitmap."""
        counted = []
        for bitmap in combined:
            found = np.frombuffer(bitmap.to_array(), np.uint32)
            counted.append((len(found), *distinct(found >> 12, found & (STRIDE - 1), STRIDE)))
        return zip(*counted)

    def q2(self):
        return self.by_layer(en & zh for en, zh in zip(self.en["layers"], self.zh["layers"]))

    def q3(self):
        return np.frombuffer(self.en["neurons"][self.meta["neuron"]].to_array(), np.uint32)

    def q4(self):
        facts, relations, relation = self.meta["facts"], self.meta["relations"], self.meta["relation"]
        chosen = self.en["facts"][relation:facts:relations]
        found = np.concatenate([np.frombuffer(bitmap.to_array(), np.uint32) for bitmap in chosen])
        return top(np.bincount(found, minlength=self.meta["layers"] * self.meta["width"]))

    def q6(self):
        return self.by_layer(en - zh for en, zh in zip(self.en["layers"], self.zh["layers"]))
