"""chdb (ClickHouse): sets as bitmap states (`groupBitmapState`), by fact, by neuron and by layer; scores sorted by share. All cores.

Distinct facts and neurons of a layer are counted from the members of its bitmap. Answers come as tab-separated bytes.
"""
import os

import polars as pl
from chdb.session import Session

DISTRIBUTION = "chdb"
# Facts lie this many apart in a layer's bitmap, so that fact and unit are a shift and a mask.
STRIDE = 4096


def load(data, folder):
    session = Session(os.path.join(folder, "db"))
    session.query("CREATE DATABASE kn")
    state = "AggregateFunction(groupBitmap, UInt32)"
    order = "ENGINE = MergeTree ORDER BY"
    for table, key, type in (("fact", "relation, fact", "relation UInt32, fact UInt32"), ("neuron", "neuron", "neuron UInt32"), ("layer", "layer", "layer UInt32")):
        # Small granules: a look-up reads one.
        fine = " SETTINGS index_granularity = 64" if table != "layer" else ""
        session.query(f"CREATE TABLE kn.by_{table} (lang UInt8, tau UInt8, {type}, members {state}) {order} (lang, tau, {key}){fine}")
    session.query(f"CREATE TABLE kn.scores (lang UInt8, share Float64, fact UInt32, layer UInt8, neuron UInt16) {order} (lang, -share)")
    file = os.path.join(folder, "frame.parquet")
    of_sets, of_scores = (f"file('{os.path.abspath(file)}', Parquet, '{columns}fact UInt32, neuron UInt16')" for columns in ("", "share Float64, "))
    for number, lang in enumerate(data.languages):
        for tau, fact, neuron in data.sets(lang):
            pl.DataFrame({"fact": fact, "neuron": neuron}).write_parquet(file)
            at = f"{number}, {round(tau * 100)}"
            layer = f"intDiv(neuron, {data.width})"
            pair = f"toUInt32(fact * {STRIDE} + neuron % {data.width})"
            relation = f"fact % {data.relations}, fact"
            for table, key, member in (("fact", relation, "toUInt32(neuron)"), ("neuron", "neuron", "fact"), ("layer", layer, pair)):
                session.query(f"INSERT INTO kn.by_{table} SELECT {at}, {key}, groupBitmapState({member}) FROM {of_sets} GROUP BY {key}")
        fact, neuron, share = data.scores(lang)
        pl.DataFrame({"share": share, "fact": fact, "neuron": neuron}).write_parquet(file)
        session.query(f"INSERT INTO kn.scores SELECT {number}, share, fact, intDiv(neuron, {data.width}), neuron FROM {of_scores}")
    os.remove(file)
    for table in ("by_fact", "by_neuron", "by_layer", "scores"):
        session.query(f"OPTIMIZE TABLE kn.{table} FINAL")
    session.close()


class Peer:
    def __init__(self, folder, meta):
        self.session = Session(os.path.join(folder, "db"))
        self.meta = meta

    def ask(self, text):
        return self.session.query(text.format(**self.meta), "TabSeparated").bytes()

    def q1(self):
        one = "SELECT members FROM kn.by_fact WHERE lang = {} AND tau = 20 AND relation = {{fact}} % {{relations}} AND fact = {{fact}}"
        return self.ask(f"SELECT arrayJoin(bitmapToArray(bitmapAnd(({one.format(0)}), ({one.format(1)}))))")

    def by_layer(self, source):
        counts = "count(), uniqExact(fact), uniqExact(neuron)"
        return self.ask(f"SELECT layer, {counts} FROM {source} GROUP BY layer ORDER BY layer")

    def combined(self, how):
        side = "(SELECT layer, members FROM kn.by_layer WHERE lang = {} AND tau = 20)"
        members = f"arrayJoin(bitmapToArray({how}(en.members, zh.members)))"
        joined = f"{side.format(0)} AS en JOIN {side.format(1)} AS zh USING (layer)"
        pairs = f"(SELECT layer, {members} AS pair FROM {joined})"
        return self.by_layer(f"(SELECT layer, intDiv(pair, {STRIDE}) AS fact, pair % {STRIDE} AS neuron FROM {pairs})")

    def q2(self):
        return self.combined("bitmapAnd")

    def q3(self):
        return self.ask("SELECT arrayJoin(bitmapToArray(members)) FROM kn.by_neuron WHERE lang = 0 AND tau = 20 AND neuron = {neuron}")

    def q4(self):
        return self.ask(
            "SELECT arrayJoin(bitmapToArray(members)) AS neuron, count() AS pairs FROM kn.by_fact"
            " WHERE lang = 0 AND tau = 20 AND relation = {relation} GROUP BY neuron ORDER BY pairs DESC, neuron LIMIT 20"
        )

    def q5(self):
        return self.by_layer("kn.scores WHERE lang = 0 AND -share < -0.37")

    def q6(self):
        return self.combined("bitmapAndnot")


def comparable(question, answer):
    rows = [[int(cell) for cell in line.split(b"\t")] for line in answer.splitlines()]
    return sorted(row[0] for row in rows) if len(rows[0]) == 1 else rows
