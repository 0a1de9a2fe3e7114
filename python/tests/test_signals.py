"""Ctrl-C, and kills."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import kndb

WRITER = """
import sys
import numpy as np
import kndb

db = kndb.open(sys.argv[1])
scores = np.linspace(0.1, 1.0, 8, dtype=np.float32).reshape(2, 4)
with db.run("job", model="toy", layers=2, width=4, if_exists="skip") as run:
    for number in range(100_000):
        if run.has(f"f{number}", "en"):
            continue
        run.append(f"f{number}", "en", scores)
        print(number, flush=True)
"""


def killed(store: Path, rng: random.Random) -> int:
    """Starts a writer, kills it in the middle, and returns the last entry that it was told of; -1 if none."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    first = writer.stdout.readline()
    time.sleep(rng.random() * 0.1)
    writer.kill()
    rest = writer.stdout.read().split("\n")[:-1]
    writer.wait()
    told = [int(line) for line in [first, *rest] if line.strip()]
    return max(told, default=-1)


def kill(tmp_path: Path, times: int) -> None:
    store = tmp_path / "store"
    kndb.create(store).close()
    rng, last = random.Random(7), -1
    for _ in range(times):
        last = max(last, killed(store, rng))
        with kndb.open(store) as db:
            facts = {row[0] for row in db.query("facts of kn[run=job]")}
            lost = [number for number in range(last + 1) if f"f{number}" not in facts]
            assert lost == [], f"acknowledged and lost: {lost[:5]}"
            assert db.verify().problems == []
    assert last >= times - 1


def test_a_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kill(tmp_path, 4)


@pytest.mark.long
def test_two_hundred_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    kill(tmp_path, int(os.environ.get("KNDB_KILLS", "200")))


FORK = """
import os, sys
import numpy as np
import kndb

db = kndb.create(sys.argv[1])
scores = np.linspace(0.1, 1.0, 8, dtype=np.float32).reshape(2, 4)
with db.run("job", model="toy", layers=2, width=4) as run:
    run.append("f1", "en", scores)
    child = os.fork()
    if child == 0:
        print("asked", len(db.query("kn[run=job]")), flush=True)
        try:
            run.append("f2", "en", scores)
        except kndb.KndbError as error:
            print("refused", "spawn" in (error.hint or ""), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
    run.append("f2", "en", scores)
print("parent", len(db.query("facts of kn[run=job]")), flush=True)
"""


OTHER_FORKS = """
import os, sys
import kndb

WORK = {
    "facts": lambda db, run, path: db.facts([{"id": "f", "relation": "P1", "lang": "en", "subject": "a", "object": "b"}]),
    "let": lambda db, run, path: db.query("let everything = kn"),
    "create": lambda db, run, path: kndb.create(path + "-other"),
    "finish": lambda db, run, path: run.finish(),
}
db = kndb.create(sys.argv[1])
run = db.run("job", model="toy", layers=2, width=4)
for name, work in WORK.items():
    child = os.fork()
    if child == 0:
        try:
            work(db, run, sys.argv[1])
        except kndb.KndbError as error:
            print(name, "spawn" in (error.hint or ""), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
run.finish()
"""


def test_no_door_of_a_forked_process_leads_to_writing(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", OTHER_FORKS, str(tmp_path / "store")]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    assert told == ["facts", "True", "let", "True", "create", "True", "finish", "True"]


def test_a_forked_process_asks_and_does_not_write(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "store")]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split("\n")
    assert told[0].startswith("asked ") and told[1:3] == ["refused True", "parent 2"]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> kndb.Database:
    """A store of which a comparison of all facts with all takes longer than any test waits."""
    db = kndb.create(tmp_path_factory.mktemp("slow") / "store")
    rng = np.random.default_rng(3)
    with db.run("wide", model="toy", layers=4, width=512, keep="all", tau=0.0) as run:
        run.append([f"f{n}" for n in range(1_500)], "en", rng.random((1_500, 4, 512), dtype=np.float32))
    return db


@pytest.fixture(autouse=True)
def hears_ctrl_c() -> Iterator[None]:
    """A job in the background of a shell is started with SIGINT switched off, and so are those that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(call: object, after: float) -> float:
    """Seconds between Ctrl-C and the exception of a call."""
    sent: list[float] = []

    def send() -> None:
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    timer.start()
    try:
        call()  # type: ignore[operator]
    except KeyboardInterrupt:
        return time.perf_counter() - sent[0]
    finally:
        timer.cancel()
    raise AssertionError("it came to its end before it was interrupted")


def test_ctrl_c_stops_a_statement(slow: kndb.Database) -> None:
    result = slow.query("kn[tau=0] order by neuron, score")
    took = interrupted(lambda: [len(slow.query("kn[tau=0] order by neuron, score")) for _ in range(100)], 0.2)
    # A hundredth of a second here; a busy machine may take longer, and a call that waits for its end far longer.
    assert took < 5.0
    assert result.columns and len(slow.query("kn[tau=0.999]")) > 0, "the store answers as before"


def test_ctrl_c_stops_a_reader_of_arrow(slow: kndb.Database) -> None:
    pa = pytest.importorskip("pyarrow")

    def read() -> None:
        for _ in range(200):
            try:
                pa.table(slow.query("kn[tau=0] order by neuron, score"))
            except pa.ArrowInvalid:
                # The library's own error; the interruption follows it.
                continue

    assert interrupted(read, 0.2) < 5.0


def test_ctrl_c_stops_the_making_of_rows(slow: kndb.Database) -> None:
    result = slow.query("kn[tau=0] order by neuron, score")
    assert len(result) == 1_500 * 4 * 512

    def read() -> None:
        for _ in range(200):
            result.fetchall()

    assert interrupted(read, 0.3) < 5.0
    assert len(result) == 1_500 * 4 * 512, "what was found is there"
