"""DuckDB and chdb over the same export, and the tables of docs/scale.md. Called by run.sh.

    peers.py ask FOLDER ROUNDS       asks what FOLDER/asked.jsonl has, of FOLDER/export; an answer that differs from kndb's ends it
    peers.py table FOLDER FACTS …    prints what was measured
"""
import json
import math
import os
import sys
import time

QUESTIONS = ("q1", "q2", "q3", "q4", "q5", "q6")


def duckdb_over(export):
    import duckdb

    db = duckdb.connect()
    db.execute(f"CREATE VIEW scores AS FROM read_parquet('{export}/scores/*/*/*/*.parquet', hive_partitioning = true)")
    db.execute(f"CREATE VIEW entries AS FROM '{export}/entries.parquet'")
    return lambda text: [[str(cell) for cell in row] for row in db.execute(text).fetchall()]


def chdb_over(export):
    from chdb.session import Session

    session = Session()
    # What a join does not find is null, as SQL says, and columns of a path are read from it.
    settings = "SETTINGS join_use_nulls = 1, use_hive_partitioning = 1"
    scores = f"file('{export}/scores/*/*/*/*.parquet', Parquet)"
    entries = f"file('{export}/entries.parquet', Parquet)"

    def ask(text):
        text = text.replace("FROM scores s", f"FROM {scores} s").replace("JOIN entries e", f"JOIN {entries} e")
        answer = str(session.query(f"{text} {settings}", "TabSeparated"))
        return [line.split("\t") for line in answer.splitlines()]

    return ask


def ask(folder, rounds):
    export = os.path.abspath(os.path.join(folder, "export"))
    with open(os.path.join(folder, "asked.jsonl")) as file:
        questions = [line for line in map(json.loads, file) if "sql" in line]
    for system, over in (("DuckDB, Parquet", duckdb_over), ("chdb, Parquet", chdb_over)):
        asked = over(export)
        for question in questions:
            times = []
            for turn in range(rounds + 1):
                begun = time.perf_counter()
                found = asked(question["sql"])
                took = (time.perf_counter() - begun) * 1e3
                if sorted(found) != question["answer"]:
                    sys.exit(f"error: {question['question']}: {system} answers {sorted(found)[:5]}, expected, as kndb does, {question['answer'][:5]}")
                # The first reads files that nobody has read.
                times += [took] if turn else []
            times.sort()
            print(json.dumps({"system": system, "question": question["question"], "ms": [times[0], times[len(times) // 2], times[-1]]}), flush=True)


def size(folder):
    return sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def measured(folder):
    """Of one size: what was made, and by system and question the middle time in milliseconds."""
    with open(os.path.join(folder, "made.json")) as file:
        made = json.load(file)
    made["store"] = size(os.path.join(folder, "store"))
    times = {}
    for name in ("asked.jsonl", "peers.jsonl"):
        with open(os.path.join(folder, name)) as file:
            for line in map(json.loads, file):
                if "system" in line:
                    times.setdefault(line["system"], {})[line["question"]] = line["ms"][1]
    return made, times


def table(folder, sizes):
    of_size = {facts: measured(os.path.join(folder, facts)) for facts in sizes}
    print("| facts | scores | store, MB | Parquet, MB | bytes a score: store | Parquet | export, scores a second |")
    print("|---" * 7 + "|")
    for made, _ in of_size.values():
        mb = [f"{made[key] / 1e6:,.0f}" for key in ("store", "parquet")]
        each = [f"{made[key] / made['scores']:.2f}" for key in ("store", "parquet")]
        print(f"| {made['facts']:,} | {made['scores']:,} | {' | '.join(mb + each)} | {made['scores'] / made['seconds']:,.0f} |")
    for made, times in of_size.values():
        print(f"\n| {made['facts']:,} facts, ms | " + " | ".join(map(str.upper, QUESTIONS)) + " | Q2, million scores a second |")
        print("|---" * 8 + "|")
        for system, of in times.items():
            print(f"| {system} | " + " | ".join(number(of[q]) for q in QUESTIONS) + f" | {number(made['scores'] / of['q2'] / 1e3)} |")
    if len(sizes) > 1:
        (small, before), (large, after) = of_size[sizes[0]], of_size[sizes[-1]]
        doublings = (large["scores"] / small["scores"])
        print(f"\n| {small['facts']:,} to {large['facts']:,} facts: times as long, a doubling | " + " | ".join(map(str.upper, QUESTIONS)) + " |")
        print("|---" * 7 + "|")
        for system, of in after.items():
            each = [(of[q] / before[system][q]) ** (1 / math.log2(doublings)) for q in QUESTIONS]
            print(f"| {system} | " + " | ".join(f"{ratio:.2f}" for ratio in each) + " |")


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        ask(sys.argv[2], int(sys.argv[3]))
    else:
        table(sys.argv[2], sys.argv[3:])
