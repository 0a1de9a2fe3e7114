"""DuckDB with tables of ready-made sets at the grid's thresholds, beside the scores of `duckdb_native`. All cores.

A table of one threshold and language each, by fact, by neuron and by relation; a list of neurons for each fact, with an index.
"""
import os

import duckdb
import polars as pl

import duckdb_native
from duckdb_native import DISTRIBUTION, comparable

__all__ = ["DISTRIBUTION", "comparable"]


def load(data, folder):
    duckdb_native.load(data, folder)
    db = duckdb.connect(os.path.join(folder, "db"))
    for lang in data.languages:
        for tau, fact, neuron in data.sets(lang):
            frame = pl.DataFrame({"fact": fact, "neuron": neuron}).with_columns(
                relation=pl.col("fact") % data.relations, layer=(pl.col("neuron") // data.width).cast(pl.UInt8)
            )
            name = f"{lang}_{round(tau * 100)}"
            for order in ("fact", "neuron", "relation"):
                db.register("frame", frame.sort(order, maintain_order=True).to_arrow())
                db.execute(f"CREATE TABLE {name}_by_{order} AS SELECT * FROM frame")
            lists = frame.group_by("fact", maintain_order=True).agg("neuron")
            db.register("frame", lists.to_arrow())
            db.execute(f"CREATE TABLE {name}_lists (fact UINTEGER PRIMARY KEY, neurons USMALLINT[])")
            db.execute(f"INSERT INTO {name}_lists SELECT fact, neuron FROM frame")
    db.close()


class Peer(duckdb_native.Peer):
    def q1(self):
        return self.ask(
            "SELECT unnest(list_intersect(en.neurons, zh.neurons)) AS neuron"
            " FROM (SELECT neurons FROM en_20_lists WHERE fact = {fact}) AS en, (SELECT neurons FROM zh_20_lists WHERE fact = {fact}) AS zh"
        )

    def joined(self, how):
        return self.by_layer(f"en_20_by_fact AS en {how} JOIN zh_20_by_fact AS zh USING (fact, neuron)")

    def q3(self):
        return self.ask("SELECT fact FROM en_20_by_neuron WHERE neuron = {neuron}")

    def q4(self):
        return self.ask(
            "SELECT neuron, count(*) AS pairs FROM en_20_by_relation WHERE relation = {relation}"
            " GROUP BY neuron ORDER BY pairs DESC, neuron LIMIT 20"
        )
