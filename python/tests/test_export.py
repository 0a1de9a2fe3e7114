"""Stores as folders of files, and back."""

from __future__ import annotations

import csv
import json
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

import kndb

STATEMENTS = ["kn", "kn[tau=0, lang=en] order by neuron, score", "likn[lang in (en, zh)] by layer", "facts of kn[lang=zh]", "entries", "kn by lang, layer"]


def test_an_export_is_counted_and_read_by_others(db: kndb.Database, tmp_path: Path) -> None:
    done = db.export(tmp_path / "out")
    assert done.tables["scores"][:2] == (16, 2) and done.tables["entries"][:2] == (2, 1) and done.notes == []
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(tmp_path / "out" / "scores" / "run=first" / "lang=en" / "relation=P36" / "part-0.parquet")
    best = [(row["fact"], row["layer"], row["neuron"]) for row in table.to_pylist()][:2]
    assert best == [("f1", 1, 3), ("f1", 0, 1)]


def test_a_store_comes_back_and_answers_alike(db: kndb.Database, tmp_path: Path) -> None:
    db.query("let both = likn[lang in (en, zh)]")
    db.export(tmp_path / "out")
    again = kndb.from_export(tmp_path / "out", tmp_path / "again.kndb")
    for statement in [*STATEMENTS, "@both"]:
        assert again.query(statement).fetchall() == db.query(statement).fetchall(), statement
    assert (again.runs(), again.labels, again.relations()) == (db.runs(), db.labels, db.relations())
    assert again.sets() == db.sets() and again.verify().problems == []


def test_runs_languages_and_relations_are_chosen(db: kndb.Database, tmp_path: Path) -> None:
    done = db.export(tmp_path / "part", "csv", runs="first", langs=["zh"], relations="capital")
    assert done.tables["entries"].rows == 1
    with open(tmp_path / "part" / "entries.csv", encoding="utf-8") as file:
        assert [row["lang"] for row in csv.DictReader(file)] == ["zh"]
    with pytest.warns(UserWarning, match="part of a store"):
        db.export(tmp_path / "english", langs="en")
        kndb.from_export(tmp_path / "english", tmp_path / "english.kndb")
    for chosen in ({"runs": "none"}, {"langs": "xx"}, {"relations": ["P36", "P1"]}):
        with pytest.raises(kndb.KndbError, match="there is no"):
            db.export(tmp_path / "none", **chosen)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="None chooses all"):
        db.export(tmp_path / "none", runs=[])
    assert not (tmp_path / "none").exists()


def test_what_cannot_be_exported_is_refused_and_leaves_nothing(db: kndb.Database, tmp_path: Path) -> None:
    db.export(tmp_path / "out")
    with pytest.raises(kndb.KndbError, match="cannot export into") as refused:
        db.export(tmp_path / "out")
    assert refused.value.hint is not None and "kndb export" not in refused.value.hint
    with pytest.raises(kndb.KndbError, match="expected one of parquet, arrow, csv"):
        db.export(tmp_path / "none", "excel")  # type: ignore[arg-type]
    with pytest.raises(kndb.KndbError, match="cannot be written as eleuther"):
        db.export(tmp_path / "none", "eleuther")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "store.kndb"]


def test_what_is_no_export_or_a_changed_one_makes_no_store(db: kndb.Database, tmp_path: Path) -> None:
    to = tmp_path / "new.kndb"
    with pytest.raises(kndb.KndbError):
        kndb.from_export(tmp_path / "nothing", to)
    db.export(tmp_path / "text", "csv")
    with pytest.raises(kndb.KndbError, match="parquet"):
        kndb.from_export(tmp_path / "text", to)
    db.export(tmp_path / "out")
    with pytest.raises(kndb.KndbError, match="not there yet"):
        kndb.from_export(tmp_path / "out", db.path)
    manifest = tmp_path / "out" / "kndb-export.json"
    listed = json.loads(manifest.read_text(encoding="utf-8"))
    assert listed
    (tmp_path / "out" / "labels.parquet").unlink()
    with pytest.raises(kndb.KndbError, match="labels.parquet"):
        kndb.from_export(tmp_path / "out", to)
    assert not to.exists()


SPECIFIC = {"en": [(0, 1), (0, 3), (1, 2)], "fr": [], "zh": [(1, 0), (1, 1), (1, 2), (1, 3)]}


@pytest.fixture
def lape(tmp_path: Path) -> Path:
    """An export of neurons of three languages; two facts of English."""
    db = kndb.create(tmp_path / "lape.kndb")
    with db.run("lape", model="toy", layers=2, width=4) as run:
        for lang, neurons in SPECIFIC.items():
            run.append_neurons("language-specific", lang, neurons)
        run.append_neurons("another", "en", [(0, 1)])
    done = db.export(tmp_path / "masks", "lape")
    assert done.tables["neurons"].rows == 7 and done.tables["languages"].rows == 3
    folder = tmp_path / "masks" / "run=lape"
    assert json.loads((folder / "languages.json").read_text(encoding="utf-8")) == list(SPECIFIC)
    return folder / "lape.pth"


def by_layer(neurons: list[tuple[int, int]]) -> list[list[int]]:
    return [[unit for layer, unit in neurons if layer == number] for number in range(2)]


def test_a_file_for_torch_is_a_zip_with_a_pickle_of_views(lape: Path) -> None:
    """Read without torch: zipfile checks the checksums, pickle every opcode."""

    class Reader(pickle.Unpickler):
        def persistent_load(self, given: Any) -> list[int]:
            kind, storage, key, place, count = given
            assert (kind, storage, place) == ("storage", "LongStorage", "cpu")
            return list(struct.unpack(f"<{count}q", archive.read(f"lape/data/{key}")))

        def find_class(self, module: str, name: str) -> Any:
            known = {
                ("torch._utils", "_rebuild_tensor_v2"): lambda values, at, size, stride, grad, hooks: values[at : at + size[0]],
                ("torch", "LongStorage"): "LongStorage",
                ("collections", "OrderedDict"): dict,
            }
            return known[module, name]

    with zipfile.ZipFile(lape) as archive:
        assert archive.testzip() is None and archive.read("lape/version") == b"3\n"
        with archive.open("lape/data.pkl") as file:
            found = Reader(file).load()
    assert found == [by_layer(neurons) for neurons in SPECIFIC.values()]


def test_torch_loads_it(lape: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    found = torch.load(lape, weights_only=True)
    assert all(units.dtype == torch.int64 for mask in found for units in mask)
    assert [[units.tolist() for units in mask] for mask in found] == [by_layer(neurons) for neurons in SPECIFIC.values()]
