"""Megabytes of float16 a second into `Run.append`: `python python/bench/append.py [FOLDER]`. Not a test.

Beside it the processor time of all threads for a score: what else the machine does changes that little. The first batch registers the facts, and is not counted.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import kndb

LAYERS, WIDTH, FACTS, BATCHES = 12, 3072, 512, 6


def peak() -> float:
    """Megabytes that this process has had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main(folder: Path) -> None:
    rng = np.random.default_rng(1)
    # A few large scores among many small ones, as attribution gives them.
    scores = (rng.standard_normal((FACTS, LAYERS, WIDTH), dtype=np.float32) ** 8 / 1e4).astype(np.float16)
    for keep in ("share:0.01", "share:0.1", "all"):
        db = kndb.create(folder / keep.replace(":", "-"))
        with db.run("ig", model="bert", layers=LAYERS, width=WIDTH, keep=keep, score_type="f16") as run:
            times, work = [], []
            for batch in range(BATCHES):
                begun, before = time.perf_counter(), time.process_time()
                run.append([f"f{fact}" for fact in range(FACTS)], "en", scores, prompt=batch)
                times.append(time.perf_counter() - begun)
                work.append(time.process_time() - before)
        speed = scores.nbytes / 1e6 / sorted(times[1:])[BATCHES // 2 - 1]
        each = sorted(work[1:])[BATCHES // 2 - 1] / scores.size * 1e9
        print(f"keep={keep:<12} {speed:8.0f} MB/s, {each:5.1f} processor ns a score; batches of {scores.nbytes / 1e6:.0f} MB; peak {peak():,.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
