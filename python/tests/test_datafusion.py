"""Tables of a store in a session of the package datafusion, which is a DataFusion of its own."""

from __future__ import annotations

import sys
import time
import types
import warnings
from pathlib import Path
from typing import Any

import kndb
import numpy as np
import pytest

EXPECTED = 55
"""The major version of the DataFusion in kndb."""


def fact(name: str, lang: str, subject: str, object: str) -> dict[str, str]:
    return {"id": name, "relation": "P36", "lang": lang, "subject": subject, "object": object}


@pytest.fixture
def db(tmp_path: Path) -> kndb.Database:
    db = kndb.create(tmp_path / "store")
    db.facts([fact("f1", "en", "France", "Paris"), fact("f2", "en", "Japan", "Tokyo"), fact("f1", "zh", "法国", "巴黎")])
    scores = np.array([[0.5, 0.25, 0.0], [1.0, -0.5, 0.125]], dtype=np.float32)
    with db.run("trial", model="toy", layers=2, width=3) as run:
        # Four of six are kept: those above a hundredth of the largest.
        run.append("f1", "en", scores)
        run.append("f1", "zh", scores / 2)
        run.append("f2", "en", scores[::-1].copy())
    return db


@pytest.fixture
def ctx(db: kndb.Database) -> Any:
    datafusion = pytest.importorskip("datafusion")
    ctx = datafusion.SessionContext()
    for name in ("scores", "labels", "entries", "runs"):
        ctx.register_table(name, db.table(name))
    return ctx


def rows(ctx: Any, text: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in ctx.sql(text).to_arrow_table().to_pylist()]


QUESTIONS = [
    "SELECT fact, lang, layer, neuron, score, share, rank FROM scores ORDER BY fact, lang, rank",
    "SELECT fact, lang FROM scores WHERE rank = 1 AND layer = 0 ORDER BY fact",
    "SELECT count(*) FROM scores WHERE lang = 'en' AND share > 0.2",
    "SELECT count(*) FROM scores",
    "SELECT count(*) FROM scores WHERE relation IN ('P36', 'P19') AND neuron BETWEEN 1 AND 2 OR score < 0",
    "SELECT count(*) FROM scores WHERE upper(fact) = 'F2' AND run LIKE 'tri%'",
    "SELECT l.subject, s.score FROM scores s JOIN labels l USING (fact, lang) WHERE s.rank = 1 ORDER BY l.subject",
    "SELECT lang, max(score) AS best, count(*) AS n FROM scores WHERE layer <> 0 GROUP BY lang ORDER BY lang",
    "SELECT subject FROM labels WHERE lang = 'zh'",
    "SELECT fact, lang, kind, kept FROM entries ORDER BY fact, lang",
    "SELECT run, model, layers, width, entries FROM runs",
    "SELECT score FROM scores WHERE lang = 'zh' ORDER BY score DESC LIMIT 2",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_session_answers_as_kndb_does(db: kndb.Database, ctx: Any, question: str) -> None:
    pytest.importorskip("pyarrow")
    expected = db.sql(question).fetchall()
    assert expected
    assert rows(ctx, question) == expected


def test_conditions_are_evaluated_in_the_store(ctx: Any) -> None:
    text = "SELECT layer FROM scores WHERE lang = 'en' AND fact = 'f1' AND rank <= 2 AND layer % 2 = 0"
    plan = ctx.sql(text).execution_plan().display_indent()
    # Three are the scan's, which is told by its name alone; what it cannot do is left to a filter, and no other column is read.
    assert "KndbScan" in plan and "FilterExec: CAST(layer@0 AS Int64) % 2 = 0" in plan, plan
    assert not any(name in plan for name in ("lang", "fact", "rank")), plan


def test_functions_of_the_session_may_stand_in_conditions(ctx: Any) -> None:
    datafusion, pa = pytest.importorskip("datafusion"), pytest.importorskip("pyarrow")

    def is_first(facts: Any) -> Any:
        return pa.array([fact.as_py() == "f1" for fact in facts])

    ctx.register_udf(datafusion.udf(is_first, [pa.string_view()], pa.bool_(), "volatile", "is_first"))
    assert rows(ctx, "SELECT count(*) FROM scores WHERE is_first(fact) AND lang = 'en'") == [(4,)]


def test_each_scan_is_of_the_newest_commit(db: kndb.Database, ctx: Any) -> None:
    pytest.importorskip("pyarrow")
    assert rows(ctx, "SELECT count(*) FROM entries") == [(3,)]
    with db.run("trial") as run:
        run.append("f3", "en", np.ones((2, 3), dtype=np.float32))
    assert rows(ctx, "SELECT count(*) FROM entries") == [(4,)]
    assert rows(ctx, "SELECT count(*) FROM scores WHERE fact = 'f3'") == [(6,)]


def test_a_store_is_a_schema_and_attached_ones_have_tables(db: kndb.Database, ctx: Any, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    ctx.catalog().register_schema("store", db)
    assert "templates" in ctx.catalog().schema("store").table_names()
    assert rows(ctx, "SELECT count(*) FROM store.scores WHERE lang = 'zh'") == [(4,)]
    other = kndb.create(tmp_path / "other")
    other.facts([fact("f9", "en", "Peru", "Lima")])
    db.attach(other.path, "b")
    ctx.register_table("others", db.table("b.facts"))
    assert rows(ctx, "SELECT fact FROM others") == [("f9",)]


def test_names_that_are_not_there_are_warned_of(ctx: Any) -> None:
    pytest.importorskip("pyarrow")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert rows(ctx, "SELECT fact FROM scores WHERE lang = 'EN'") == []
        until = time.monotonic() + 10
        while not caught and time.monotonic() < until:
            time.sleep(0.01)
    assert 'there is no language "EN"' in str(caught[0].message)


def test_a_table_says_what_it_is(db: kndb.Database) -> None:
    table = db.table("facts")
    assert table.name == "facts" and table.columns[:2] == ["fact", "relation"]
    assert repr(table).startswith("<kndb.Table facts(fact, relation")
    with pytest.raises(kndb.KndbError, match="did you mean \"scores\"") as error:
        db.table("score")
    assert "labels" in str(error.value.hint)
    with pytest.raises(kndb.KndbError, match="no store is attached as \"b\""):
        db.table("b.scores")


class Session:
    """Stands in for a session of another version: nothing of it may be asked for."""

    def __datafusion_logical_extension_codec__(self) -> object:
        raise AssertionError("a session of another version was looked at")


Session.__module__ = "datafusion.context"


@pytest.mark.parametrize("version", ["54.0.0", "56.1.0rc1", "5.5.0", "unknown"])
def test_packages_of_other_versions_are_refused(db: kndb.Database, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    module = types.ModuleType("datafusion")
    module.__version__ = version  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datafusion", module)
    for lend in (db.table("scores").__datafusion_table_provider__, db.__datafusion_schema_provider__):
        with pytest.raises(kndb.KndbError, match=f"is of version {version}, expected {EXPECTED}") as error:
            lend(Session())
        assert error.value.hint is not None and f"datafusion=={EXPECTED}.*" in error.value.hint
        # As packages before 52 ask, which hand over no session.
        with pytest.raises(kndb.KndbError, match=f"is of version {version}, expected {EXPECTED}"):
            lend()


def test_what_is_no_session_is_refused(db: kndb.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(kndb.KndbError, match="expected a session of the Python package datafusion, found dict"):
        db.table("scores").__datafusion_table_provider__({})
    monkeypatch.delitem(sys.modules, "datafusion", raising=False)
    with pytest.raises(kndb.KndbError, match="whose version of DataFusion is not known"):
        db.table("scores").__datafusion_table_provider__(Session())
