#!/usr/bin/env python3
"""The six questions as SQL: `kndb sql` on a store, DuckDB on its export to Parquet, and kndb's own language beside them.

    python bench/sql/compare.py [--facts 2048] [--rounds 5]

Builds the command with SQL and the generator (release), makes the store and the export under the target folder, asks all in turn in one run, compares the
answers, and prints a table for docs/performance.md: medians in milliseconds. DuckDB is installed from the package index.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
import venv

from questions import OWN, QUESTIONS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARES = (
    "(SELECT s.*, s.score::DOUBLE / e.max::DOUBLE AS share FROM read_parquet('{out}/scores/**/*.parquet', hive_partitioning = true) s"
    " JOIN read_parquet('{out}/entries.parquet') e USING (run, lang, fact, prompt))"
)


class Kndb:
    """A shell that stays open: a statement, and what `.timer` says of it."""

    def __init__(self, command, store, separator):
        self.process = subprocess.Popen(
            [*command, store, "-m", "csv", "--no-headers", "--timer", "-f", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )

    def ask(self, text):
        print(text + ";", file=self.process.stdin, flush=True)
        rows = []
        for line in self.process.stdout:
            line = line.rstrip("\n")
            if found := re.fullmatch(r"time: ([0-9.]+) ms", line):
                return float(found[1]), rows
            if line.startswith("error"):
                sys.exit(line + self.process.stdout.read())
            if not line.startswith("note: "):
                rows.append(line.split(","))
        sys.exit("kndb has ended")


def counted(rows, columns):
    return sorted(tuple(str(row[column]) for column in columns) for row in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--target", default=os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")))
    args = parser.parse_args()
    build = ["cargo", "build", "--release"]
    subprocess.run([*build, "-p", "kndb-bench", "--bin", "peers"], cwd=ROOT, check=True)
    subprocess.run([*build, "-p", "kndb-cli", "--no-default-features", "--features", "sql"], cwd=ROOT, check=True)
    binary = lambda name: os.path.join(args.target, "release", name)
    folder = os.path.join(args.target, "sql", str(args.facts))
    store, out = os.path.join(folder, "store"), os.path.join(folder, "out")
    subprocess.run([binary("peers"), "data", folder, "--facts", str(args.facts)], check=True)
    shutil.rmtree(out, ignore_errors=True)
    begun = time.time()
    subprocess.run([binary("kndb"), "export", store, out, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    print(f"exported in {time.time() - begun:.0f} s", file=sys.stderr)
    try:
        import duckdb
    except ImportError:
        environment = os.path.join(args.target, "sql", "venv")
        venv.create(environment, with_pip=True, clear=True)
        python = os.path.join(environment, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb", "numpy"], check=True)
        os.execv(python, [python, *sys.argv])
    duck = duckdb.connect()
    own, sql = Kndb([binary("kndb"), "query"], store, ";"), Kndb([binary("kndb"), "sql"], store, ";")
    fact, relation = sql.ask("SELECT fact, relation FROM facts LIMIT 1 OFFSET 7")[1][0]
    layer, neuron = sql.ask("SELECT layer, neuron FROM scores WHERE lang = 'en' AND share > 0.2 GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 1")[1][0]
    given = {"fact": fact, "relation": relation, "layer": layer, "neuron": neuron}
    times = {}
    for _ in range(args.rounds + 1):
        for question, text in QUESTIONS.items():
            took, rows = sql.ask(text.format(scores="scores", **given))
            times.setdefault((question, "kndb sql"), []).append(took)
            begun = time.perf_counter()
            # DuckDB has no word LEFT there.
            text = text.replace("LEFT SEMI", "SEMI").replace("LEFT ANTI", "ANTI")
            theirs = duck.execute(text.format(scores=SHARES.format(out=out), **given)).fetchall()
            times.setdefault((question, "DuckDB on the export"), []).append((time.perf_counter() - begun) * 1e3)
            columns = range(len(theirs[0]))
            if counted(rows, columns) != counted(theirs, columns):
                sys.exit(f"{question}: DuckDB answers {counted(theirs, columns)[:5]}, expected, as kndb does, {counted(rows, columns)[:5]}")
            took, ours = own.ask(OWN[question].format(**given))
            times.setdefault((question, "kndb query"), []).append(took)
            if len(ours) != len(rows):
                sys.exit(f"{question}: {len(rows)} rows of SQL, {len(ours)} of kndb's own language")
    print("| ms | " + " | ".join(name.upper() for name in QUESTIONS) + " |\n|---|" + "---|" * len(QUESTIONS))
    for system in ("kndb query", "kndb sql", "DuckDB on the export"):
        # The first is of cold files.
        cells = [statistics.median(times[question, system][1:]) for question in QUESTIONS]
        print(f"| {system} | " + " | ".join(f"{cell:.3g}" for cell in cells) + " |")


if __name__ == "__main__":
    main()
