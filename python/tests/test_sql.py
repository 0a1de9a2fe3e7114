"""SQL beside the query language, and the answers it gives to others."""

from __future__ import annotations

from pathlib import Path

import kndb
import numpy as np
import pytest


def fact(name: str, lang: str, subject: str, object: str) -> dict[str, str]:
    return {"id": name, "relation": "P36", "lang": lang, "subject": subject, "object": object}


@pytest.fixture
def db(tmp_path: Path) -> kndb.Database:
    db = kndb.create(tmp_path / "store")
    db.facts([fact("f1", "en", "France", "Paris"), fact("f2", "en", "Japan", "Tokyo"), fact("f1", "zh", "法国", "巴黎")])
    scores = np.array([[0.5, 0.25, 0.0], [1.0, -0.5, 0.125]], dtype=np.float32)
    with db.run("trial", model="toy", layers=2, width=3) as run:
        run.append("f1", "en", scores)
        run.append("f1", "zh", scores / 2)
        run.append("f2", "en", scores[::-1].copy())
    return db


def test_sql_has_the_tables_of_the_store(db: kndb.Database) -> None:
    best = db.sql("SELECT fact, lang, layer, neuron, score FROM scores WHERE rank = 1 ORDER BY fact, lang")
    assert best.columns == ["fact", "lang", "layer", "neuron", "score"]
    assert best.fetchall() == [("f1", "en", 1, 0, 1.0), ("f1", "zh", 1, 0, 0.5), ("f2", "en", 0, 0, 1.0)]
    joined = db.sql("SELECT subject FROM labels JOIN scores USING (fact, lang) WHERE rank = 1 AND layer = 0")
    assert list(joined) == [("Japan",)]


def test_the_query_language_is_a_function(db: kndb.Database) -> None:
    rows = db.sql("SELECT layer, pairs FROM kndb('kn[lang=en, tau=0.4] by layer') ORDER BY layer").fetchall()
    own = db.query("kn[lang=en, tau=0.4] by layer").fetchall()
    assert rows == [row[:2] for row in own]


def test_answers_go_to_arrow_polars_pandas_and_duckdb(db: kndb.Database) -> None:
    pa, polars, pandas = (pytest.importorskip(name) for name in ("pyarrow", "polars", "pandas"))
    duckdb = pytest.importorskip("duckdb")
    answer = db.sql("SELECT lang, count(*) AS n, avg(score) AS mean FROM scores GROUP BY lang ORDER BY lang")
    expected = {"lang": ["en", "zh"], "n": [8, 4]}
    assert pa.table(answer).select(["lang", "n"]).to_pydict() == expected
    assert answer.pl().select("lang", "n").to_dict(as_series=False) == expected
    assert isinstance(answer.df(), pandas.DataFrame) and answer.df()["n"].tolist() == [8, 4]
    assert polars.DataFrame(answer).height == 2
    assert duckdb.sql("SELECT sum(n) FROM answer").fetchall() == [(12,)]
    reader = db.sql("SELECT * FROM scores").to_arrow_reader(batch_size=5)
    assert sum(batch.num_rows for batch in reader) == 12


def test_parameters_are_values(db: kndb.Database) -> None:
    text = "SELECT count(*) FROM scores WHERE lang = $lang AND score >= $least"
    assert db.sql(text, lang="en", least=0.5).fetchone() == (4,)
    assert db.sql(text, lang="x' OR lang = 'en", least=0).fetchone() == (0,)
    with pytest.raises(kndb.KndbError, match=r"\$least has no value"):
        db.sql(text, lang="en")


def test_lists_and_statements_of_the_language_take_parameters(db: kndb.Database) -> None:
    text = "SELECT count(*) FROM scores WHERE lang IN ($langs)"
    assert db.sql(text, langs=["en", "zh"]).fetchone() == (12,)
    assert db.sql(text, langs=["zh"]).fetchone() == (4,)
    assert db.sql(text, langs=[]).fetchone() == (0,)
    own = db.sql("SELECT count(*) FROM kn('lang in $langs, tau=$tau')", langs=["en"], tau=0.4)
    assert own.fetchone() == (len(db.query("kn[lang=en, tau=0.4]")),)
    with pytest.raises(kndb.KndbError, match=r"\$langs has several values"):
        db.sql("SELECT $langs", langs=["en", "zh"])


def test_columns_of_one_name_are_told_apart(db: kndb.Database) -> None:
    polars = pytest.importorskip("polars")
    answer = db.sql("SELECT a.subject, b.subject FROM labels a JOIN labels b USING (fact) WHERE a.lang = 'en' AND b.lang = 'zh'")
    assert answer.columns == ["subject", "subject_1"]
    assert polars.DataFrame(answer).rows() == [("France", "法国")]


def test_values_are_those_of_python(db: kndb.Database) -> None:
    row = db.sql("SELECT 1, -2, 0.5, 'é', true, NULL, [1, NULL], DATE '2024-02-29'").fetchone()
    assert row == (1, -2, 0.5, "é", True, None, [1, None], "2024-02-29")


def test_mistakes_are_raised_at_once(db: kndb.Database) -> None:
    with pytest.raises(kndb.KndbError, match="not found") as error:
        db.sql("SELECT * FROM score")
    assert error.value.hint
    with pytest.raises(kndb.KndbError) as error:
        db.sql("SELECT * FROM kndb('kn[lang=en')")
    assert error.value.span is not None
    with pytest.raises(kndb.KndbError):
        db.sql("INSERT INTO facts VALUES ('x', 'y', NULL, NULL)").fetchall()


def test_names_that_are_not_there_are_noted(db: kndb.Database) -> None:
    answer = db.sql("SELECT * FROM scores WHERE lang = 'fr'")
    assert len(answer) == 0
    assert 'there is no language "fr"' in answer.notes[0]
    assert "note: there is no language" in repr(answer)


def test_views_stay_and_attached_stores_are_schemas(db: kndb.Database, tmp_path: Path) -> None:
    db.sql("CREATE VIEW best AS SELECT * FROM scores WHERE rank = 1")
    assert db.sql("SELECT count(*) FROM best").fetchone() == (3,)
    other = kndb.create(tmp_path / "other")
    other.facts([fact("f9", "en", "Peru", "Lima")])
    db.attach(other.path, "b")
    assert db.sql("SELECT fact FROM b.facts").fetchall() == [("f9",)]
    assert "Lima" in db.sql("SELECT object FROM b.labels")._repr_html_()


def _asked(db: kndb.Database, answers: object) -> None:
    answers.put(db.sql("SELECT count(*) FROM scores").fetchone())  # type: ignore[attr-defined]


def test_a_forked_process_can_ask(db: kndb.Database) -> None:
    import multiprocessing

    context = multiprocessing.get_context("fork")
    assert db.sql("SELECT count(*) FROM scores").fetchone() == (12,)
    answers = context.Queue()
    child = context.Process(target=_asked, args=(db, answers))
    child.start()
    assert answers.get(timeout=60) == (12,)
    child.join(60)
    assert child.exitcode == 0
