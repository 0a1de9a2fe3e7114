"""DuckDB with the scores alone: two tables, sorted so that its zone maps skip what a question does not need. All cores.

A threshold is a filter on the share of the fact's maximum; sorted by it, the rows above lie together. No ready-made sets.
"""
import os

import duckdb
import polars as pl

DISTRIBUTION = "duckdb"
SCHEMA = "lang UTINYINT, fact UINTEGER, relation UINTEGER, layer UTINYINT, neuron USMALLINT, share DOUBLE"


def load(data, folder):
    db = duckdb.connect(os.path.join(folder, "db"))
    db.execute("SET memory_limit = '8GB'")
    db.execute(f"CREATE TABLE by_share ({SCHEMA})")
    db.execute(f"CREATE TABLE by_fact ({SCHEMA})")
    for number, lang in enumerate(data.languages):
        fact, neuron, share = data.scores(lang)
        frame = pl.DataFrame({"fact": fact, "neuron": neuron, "share": share}).with_columns(
            lang=pl.lit(number, pl.UInt8), relation=pl.col("fact") % data.relations, layer=(pl.col("neuron") // data.width).cast(pl.UInt8)
        ).select("lang", "fact", "relation", "layer", "neuron", "share")
        db.register("frame", frame.to_arrow())
        db.execute("INSERT INTO by_fact SELECT * FROM frame ORDER BY fact")
        db.register("frame", frame.sort("share", descending=True).to_arrow())
        db.execute("INSERT INTO by_share SELECT * FROM frame ORDER BY share DESC")
    db.close()


class Peer:
    def __init__(self, folder, meta):
        self.db = duckdb.connect(os.path.join(folder, "db"), read_only=True)
        self.meta = meta

    def ask(self, text):
        return self.db.execute(text.format(**self.meta)).fetchnumpy()

    def q1(self):
        return self.ask(
            "SELECT neuron FROM by_fact WHERE lang = 0 AND fact = {fact} AND share > 0.2"
            " INTERSECT SELECT neuron FROM by_fact WHERE lang = 1 AND fact = {fact} AND share > 0.2"
        )

    def by_layer(self, source):
        counts = "count(*) AS pairs, count(DISTINCT fact) AS facts, count(DISTINCT neuron) AS neurons"
        return self.ask(f"SELECT layer, {counts} FROM {source} GROUP BY layer ORDER BY layer")

    def joined(self, how):
        zh = "(SELECT fact, neuron FROM by_share WHERE lang = 1 AND share > 0.2)"
        return self.by_layer(f"by_share AS en {how} JOIN {zh} AS zh USING (fact, neuron) WHERE en.lang = 0 AND en.share > 0.2")

    def q2(self):
        return self.joined("SEMI")

    def q3(self):
        return self.ask("SELECT fact FROM by_share WHERE lang = 0 AND share > 0.2 AND neuron = {neuron}")

    def q4(self):
        return self.ask(
            "SELECT neuron, count(*) AS pairs FROM by_share WHERE lang = 0 AND share > 0.2 AND relation = {relation}"
            " GROUP BY neuron ORDER BY pairs DESC, neuron LIMIT 20"
        )

    def q5(self):
        return self.by_layer("by_share WHERE lang = 0 AND share > 0.37")

    def q6(self):
        return self.joined("ANTI")


def comparable(question, answer):
    columns = [column.tolist() for column in answer.values()]
    return sorted(columns[0]) if len(columns) == 1 else [list(row) for row in zip(*columns)]
