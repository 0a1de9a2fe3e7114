"""A small store, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kndb

LAYERS, WIDTH = 2, 4
EN = np.array([[0.1, 0.9, 0.0, 0.8], [0.0, 0.4, 0.0, 1.0]], dtype=np.float32)
ZH = np.array([[0.0, 0.6, 0.1, 0.0], [0.0, 0.0, 0.2, 0.5]], dtype=np.float32)
"""At τ 0.3: in English 0:1, 0:3, 1:1, 1:3; in Chinese 0:1, 1:2, 1:3. Both: 0:1, 1:3."""


@pytest.fixture
def db(tmp_path: Path) -> kndb.Database:
    store = kndb.create(tmp_path / "store.kndb")
    labels = [("en", "France", "Paris"), ("zh", "法国", "巴黎")]
    store.facts(
        [{"id": "f1", "relation": "P36", "lang": lang, "subject": s, "object": o} for lang, s, o in labels],
        templates=[{"relation": "P36", "lang": "en", "text": "The capital of [X] is [Y] ."}],
        names={"P36": "capital"},
    )
    with store.run("first", model="toy", layers=LAYERS, width=WIDTH, tau=0.3, keep="all") as run:
        run.append("f1", "en", EN)
        run.append("f1", "zh", ZH)
    return store


@pytest.fixture
def large(tmp_path: Path) -> kndb.Database:
    """60,000 rows: eight batches."""
    store = kndb.create(tmp_path / "large.kndb")
    scores = np.linspace(0.1, 1.0, 600, dtype=np.float32).reshape(6, 100)
    with store.run("many", model="toy", layers=6, width=100, keep="all") as run:
        run.append([f"f{n}" for n in range(100)], "en", np.broadcast_to(scores, (100, 6, 100)))
    return store
