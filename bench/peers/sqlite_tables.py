"""SQLite: tables WITHOUT ROWID, so that a key is the row; sets by fact and by neuron, scores by share. One thread."""
import os
import sqlite3

import numpy as np

DISTRIBUTION = None
__all__ = ["comparable"]


def load(data, folder):
    db = sqlite3.connect(os.path.join(folder, "db"))
    db.executescript(
        "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;"
        "CREATE TABLE facts (fact INTEGER PRIMARY KEY, relation INTEGER); CREATE INDEX relations ON facts (relation);"
        "CREATE TABLE scores (lang INTEGER, fall REAL, fact INTEGER, neuron INTEGER, layer INTEGER, PRIMARY KEY (lang, fall, fact, neuron)) WITHOUT ROWID;"
    )
    db.executemany("INSERT INTO facts VALUES (?, ?)", enumerate(data.relation.tolist()))

    def insert(table, order, *columns):
        # Rows in the order of the key, a million at a time.
        for first in range(0, len(order), 1_000_000):
            part = order[first:first + 1_000_000]
            rows = zip(*(column[part].tolist() if isinstance(column, np.ndarray) else [column] * len(part) for column in columns))
            db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)

    for number, lang in enumerate(data.languages):
        for tau, fact, neuron in data.sets(lang):
            name = f"{lang}_{round(tau * 100)}"
            db.execute(f"CREATE TABLE {name} (fact INTEGER, neuron INTEGER, layer INTEGER, PRIMARY KEY (fact, neuron)) WITHOUT ROWID")
            db.execute(f"CREATE TABLE {name}_facts (neuron INTEGER, fact INTEGER, PRIMARY KEY (neuron, fact)) WITHOUT ROWID")
            insert(name, np.arange(len(fact)), fact, neuron, neuron // data.width)
            insert(name + "_facts", np.argsort(neuron, kind="stable"), neuron, fact)
        fact, neuron, share = data.scores(lang)
        insert("scores", np.argsort(-share, kind="stable"), number, -share, fact, neuron, neuron // data.width)
    db.commit()
    db.execute("ANALYZE")
    db.close()


class Peer:
    def __init__(self, folder, meta):
        self.db = sqlite3.connect(os.path.join(folder, "db"))
        self.db.execute("PRAGMA cache_size = -1000000")
        self.db.execute("PRAGMA mmap_size = 17179869184")
        self.meta = meta

    def ask(self, text):
        # Statements are kept prepared by their text.
        return self.db.execute(text, self.meta_of(text)).fetchall()

    def meta_of(self, text):
        return {name: self.meta[name] for name in ("fact", "neuron", "relation") if f":{name}" in text}

    def q1(self):
        return self.ask("SELECT neuron FROM en_20 WHERE fact = :fact INTERSECT SELECT neuron FROM zh_20 WHERE fact = :fact")

    def by_layer(self, source):
        return self.ask(f"SELECT layer, count(*), count(DISTINCT fact), count(DISTINCT neuron) FROM {source} GROUP BY layer")

    def q2(self):
        return self.by_layer("en_20 CROSS JOIN zh_20 USING (fact, neuron, layer)")

    def q3(self):
        return self.ask("SELECT fact FROM en_20_facts WHERE neuron = :neuron")

    def q4(self):
        return self.ask(
            "SELECT neuron, count(*) AS pairs FROM facts CROSS JOIN en_20 USING (fact) WHERE relation = :relation"
            " GROUP BY neuron ORDER BY pairs DESC, neuron LIMIT 20"
        )

    def q5(self):
        return self.by_layer("scores WHERE lang = 0 AND fall < -0.37")

    def q6(self):
        return self.by_layer("en_20 WHERE NOT EXISTS (SELECT 1 FROM zh_20 WHERE zh_20.fact = en_20.fact AND zh_20.neuron = en_20.neuron)")


def comparable(question, answer):
    return sorted(row[0] for row in answer) if len(answer[0]) == 1 else [list(row) for row in answer]
