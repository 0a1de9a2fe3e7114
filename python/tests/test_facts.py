"""Facts from frames, tables, dicts and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kndb

ROWS = [
    {"uuid": "a", "predicate_id": "P36", "sub_label": "France", "obj_label": "Paris", "sub_uri": "Q142"},
    {"uuid": "b", "predicate_id": "P36", "sub_label": "Italy", "obj_label": "Rome", "sub_uri": None},
]


@pytest.fixture
def empty(tmp_path: Path) -> kndb.Database:
    return kndb.create(tmp_path / "store")


def check(db: kndb.Database, added: dict[str, int]) -> None:
    assert added["new_facts"] == 2 and added["new_labels"] == 2
    assert db.labels == {"en": 2} and len(db) == 2
    assert len(db.query("facts[relation=P36, subject=Italy]")) == 1


def test_from_dicts(empty: kndb.Database) -> None:
    check(empty, empty.facts(ROWS, lang="en"))
    assert empty.facts(ROWS, lang="en")["same_labels"] == 2


def test_from_pandas(empty: kndb.Database) -> None:
    pandas = pytest.importorskip("pandas")
    check(empty, empty.facts(pandas.DataFrame(ROWS), lang="en"))


def test_from_polars(empty: kndb.Database) -> None:
    polars = pytest.importorskip("polars")
    check(empty, empty.facts(polars.DataFrame(ROWS), lang="en"))


def test_from_arrow(empty: kndb.Database) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    check(empty, empty.facts(pyarrow.Table.from_pylist(ROWS), lang="en"))


def test_from_files(empty: kndb.Database, tmp_path: Path) -> None:
    folder = tmp_path / "mlama" / "en"
    folder.mkdir(parents=True)
    lines = [{"uuid": row["uuid"], "lineid": at, "sub_label": row["sub_label"], "obj_label": row["obj_label"], "sub_uri": "Q1", "obj_uri": "Q2"} for at, row in enumerate(ROWS)]
    (folder / "P36.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    check(empty, empty.facts(tmp_path / "mlama"))
    with pytest.raises(kndb.KndbError, match="nowhere"):
        empty.facts(tmp_path / "nowhere")


def test_a_row_that_lacks_something_is_named(empty: kndb.Database) -> None:
    with pytest.raises(ValueError, match="row 2 has no object"):
        empty.facts([{**ROWS[0], "lang": "en"}, {"id": "b", "relation": "P36", "lang": "en", "subject": "Italy"}])
    with pytest.raises(ValueError, match="no lang"):
        empty.facts(ROWS)
