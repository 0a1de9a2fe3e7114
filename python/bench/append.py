"""Megabytes of float16 a second into `Run.append`: `python python/bench/append.py [FOLDER]`. Not a test."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import kndb

LAYERS, WIDTH, FACTS = 12, 3072, 256


def main(folder: Path) -> None:
    rng = np.random.default_rng(1)
    # A few large scores among many small ones, as attribution gives them.
    scores = (rng.standard_normal((FACTS, LAYERS, WIDTH), dtype=np.float32) ** 8 / 1e4).astype(np.float16)
    for keep in ("share:0.01", "share:0.1", "all"):
        db = kndb.create(folder / keep.replace(":", "-"))
        with db.run("ig", model="bert", layers=LAYERS, width=WIDTH, keep=keep, score_type="f16") as run:
            times = []
            for batch in range(5):
                begun = time.perf_counter()
                run.append([f"f{batch}-{fact}" for fact in range(FACTS)], "en", scores)
                times.append(time.perf_counter() - begun)
        print(f"keep={keep:<12} {scores.nbytes / 1e6 / sorted(times)[2]:8.0f} MB/s of float16, batches of {scores.nbytes / 1e6:.0f} MB")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
