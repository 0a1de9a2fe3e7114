"""Asking: results as rows, arrays, frames and Arrow, and errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kndb


def test_a_result_is_rows(db: kndb.Database) -> None:
    result = db.query("likn[lang in (en, zh)]")
    assert result.columns == ["fact", "relation", "subject", "object", "layer", "neuron"]
    assert list(result) == [("f1", "P36", "France", "Paris", 0, 1), ("f1", "P36", "France", "Paris", 1, 3)]
    assert len(result) == 2 and result.fetchone() == result.fetchall()[0]
    assert result.fetchone() is not None and result.fetchone() is None


def test_parameters_are_values_and_never_syntax(db: kndb.Database) -> None:
    assert len(db.query("kn[lang=$l, tau=$t]", l="zh", t=0.3)) == 3
    assert len(db.query("likn[lang in $both]", both=["en", "zh"])) == 2
    assert len(db.query("kn[lang=en] top $n", n=np.int64(2))) == 2
    assert len(db.query("kn by neuron having facts >= $share", share="10%")) == len(db.query("kn by neuron having facts >= 10%"))
    with pytest.raises(kndb.KndbError, match="nobody"):
        db.query("kn[lang=en]", nobody=1)
    with pytest.raises(TypeError, match="bool"):
        db.query("kn[lang=$l]", l=True)
    with pytest.raises(kndb.KndbError):
        db.query("kn[lang=$l]", l='en] | kn[lang="zh"')


def test_mistakes_are_raised_at_once_with_a_caret(db: kndb.Database) -> None:
    with pytest.raises(kndb.KndbError) as caught:
        db.query("kn[lnag=en] by layer")
    error = caught.value
    assert error.span == (3, 7) and "lang" in (error.hint or "")
    assert "query:1:4" in str(error) and "hint:" in str(error) and "kn[lnag=en]" in str(error)
    with pytest.raises(kndb.KndbError, match="nobody"):
        db.query("kn[run=nobody]")
    with pytest.raises(kndb.KndbError) as caught:
        db.query('kn[subject="法国", lnag=en]')
    assert caught.value.span == (17, 21), "characters, not bytes"


def test_numpy_has_the_engine_s_types_and_masks_what_is_not_known(db: kndb.Database) -> None:
    arrays = db.query("kn[lang=en]").fetchnumpy()
    assert arrays["layer"].dtype == np.uint32 and arrays["score"].dtype == np.float32
    assert arrays["score"].tolist() == [np.float32(0.9), np.float32(0.8), np.float32(0.4), 1.0]
    assert arrays["fact"].tolist() == ["f1"] * 4
    with db.run("sets", model="toy", layers=2, width=4) as run:
        run.append_neurons("f1", "en", [(0, 1), (1, 2)])
    scores = db.query("kn[run=sets, lang=en]").fetchnumpy().get("score")
    assert scores is None or np.ma.getmaskarray(scores).all()


def test_arrow_gets_the_engine_s_own_buffers(large: kndb.Database) -> None:
    pa = pytest.importorskip("pyarrow")
    result = large.query("kn[tau=0]")
    table = result.to_arrow_table()
    assert table.num_rows == len(result) == 60_000
    for name in ("layer", "neuron", "score", "fact"):
        at = result.columns.index(name)
        chunks = [chunk.indices if pa.types.is_dictionary(chunk.type) else chunk for chunk in table.column(at).chunks]
        assert [chunk.buffers()[1].address for chunk in chunks] == result._answer.addresses(at), name
    assert table.column("score").type == pa.float32() and table.column("layer").type == pa.uint32()
    assert pa.types.is_dictionary(table.column("fact").type)
    assert table.schema.metadata[b"kndb.statement"] == b"kn[tau=0]"


def test_whoever_reads_arrow_reads_a_result_as_often_as_it_likes(large: kndb.Database) -> None:
    pa = pytest.importorskip("pyarrow")
    result = large.query("kn[tau=0]")
    assert pa.schema(result).names == result.columns
    assert pa.table(result).num_rows == 60_000, "while it runs"
    assert pa.table(result).num_rows == 60_000, "and again"
    assert len(result) == 60_000 and pa.table(result).equals(result.to_arrow_table())


def test_a_reader_gives_batches_of_the_size_asked_for(large: kndb.Database) -> None:
    pytest.importorskip("pyarrow")
    sizes = [batch.num_rows for batch in large.query("kn[tau=0]").to_arrow_reader(batch_size=5_000)]
    assert sum(sizes) == 60_000 and max(sizes) == 5_000
    with pytest.raises(ValueError, match="at least 1"):
        large.query("kn").to_arrow_reader(batch_size=0)


def test_a_reader_that_is_dropped_stops_its_statement(large: kndb.Database) -> None:
    pytest.importorskip("pyarrow")
    reader = large.query("kn[tau=0]").to_arrow_reader()
    assert reader.read_next_batch().num_rows == 8_192
    del reader
    assert len(large.query("kn[tau=0.9]")) > 0


def test_polars_reads_results(db: kndb.Database) -> None:
    pl = pytest.importorskip("polars")
    frame = db.query("kn[lang=en]").pl()
    assert frame["neuron"].to_list() == [1, 3, 1, 3] and frame["layer"].to_list() == [0, 0, 1, 1]
    assert pl.DataFrame(db.query("kn[lang=zh]")).height == 3
    assert len(pl.from_arrow(db.query("kn[lang=zh]"))) == 3
    assert db.query("kn[lang=zh, tau=0.99] & kn[lang=en]").pl().columns == db.query("kn[lang=zh] & kn[lang=en]").columns


def test_pandas_reads_results(db: kndb.Database) -> None:
    pytest.importorskip("pandas")
    frame = db.query("kn[lang=en]").df()
    assert frame["fact"].dtype == "category" and frame["layer"].dtype == np.uint32
    assert frame.groupby("layer").size().to_dict() == {0: 2, 1: 2}


def test_duckdb_reads_results_by_their_name(db: kndb.Database) -> None:
    duckdb = pytest.importorskip("duckdb")
    result = db.query("kn[lang=en]")
    assert duckdb.sql("select layer, count(*) as n from result group by layer order by layer").fetchall() == [(0, 2), (1, 2)]
    assert duckdb.sql("select sum(neuron) from result").fetchall() == [(8,)]


def test_statements_without_rows_are_done_at_once(db: kndb.Database) -> None:
    saved = db.query("let both = likn[lang in (en, zh)]")
    assert len(saved) == 0 and "2 members" in repr(saved)
    assert [(one["name"], one["members"]) for one in db.sets()] == [("both", 2)]
    assert len(db.query("@both")) == 2
    db.query("drop both")
    assert db.sets() == []


def test_plans_and_notes_are_told(db: kndb.Database) -> None:
    result = db.query("kn[lang=en] by layer")
    assert "kn" in result.explain() and "rows" in result.explain(analyze=True)
    assert result.notes == []
    db.run("open", model="toy", layers=2, width=4).append("f2", "en", np.ones((2, 4)))
    assert any("open" in note for note in db.query("kn[run=open]").notes)


def test_results_show_themselves(db: kndb.Database, large: kndb.Database) -> None:
    shown = repr(db.query("kn[lang=en]"))
    assert "score" in shown and "4 rows" in shown
    assert len(repr(large.query("kn[tau=0]")).splitlines()) < 60
    page = db.query("kn[lang=en]")._repr_html_()
    assert page.startswith("<table>") and "<th>score</th>" in page
    db.facts([{"id": "<b>", "relation": "P36", "lang": "en", "subject": "<i>", "object": "&"}])
    db.run("x", model="toy", layers=2, width=4).append("<b>", "en", np.ones((2, 4)))
    assert "&lt;b&gt;" in db.query("kn[run=x]")._repr_html_()


def test_a_store_is_closed_by_its_block(db: kndb.Database) -> None:
    with kndb.open(db.path, read_only=True) as again:
        assert again.labels == {"en": 1, "zh": 1} and again.relations() == {"P36": "capital"}
        with pytest.raises(kndb.KndbError, match="read-only|reading"):
            again.drop_run("first")
    with pytest.raises(ValueError, match="closed"):
        again.query("kn")
    with pytest.raises(kndb.KndbError, match="kndb store"):
        kndb.open(db.path / "nowhere")
    with pytest.raises(kndb.KndbError):
        kndb.create(db.path)


def test_errors_survive_being_pickled(db: kndb.Database) -> None:
    import pickle

    with pytest.raises(kndb.KndbError) as caught:
        db.query("kn[")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.span == caught.value.span


def test_a_statement_is_read_once_and_asked_with_values(db: kndb.Database) -> None:
    neurons = db.prepare("kn[lang in $langs] top $most")
    assert neurons.parameters == ("langs", "most")
    for langs in (["en"], ["zh"], ["en", "zh"]):
        asked = db.query("kn[lang in $langs] top $most", langs=langs, most=100).fetchall()
        assert neurons.query(langs=langs, most=100).fetchall() == asked
    with pytest.raises(kndb.KndbError, match="most"):
        neurons.query(langs=["en"])
    with pytest.raises(kndb.KndbError, match="other"):
        neurons.query(langs=["en"], most=1, other=2)
    with pytest.raises(kndb.KndbError):
        db.prepare("kn[")


def test_a_parameter_that_stands_twice_is_one(db: kndb.Database) -> None:
    both = db.prepare("kn[lang=$l] & kn[lang=$l]")
    assert both.parameters == ("l",)
    assert len(both.query(l="en")) == len(db.query("kn[lang=en]"))


def test_entries_are_chosen_by_names(db: kndb.Database) -> None:
    every = db.query("entries").fetchall()
    assert db.entries().fetchall() == every
    lang = db.entries().columns.index("lang")
    # Of one language, facts are called by their names in it.
    found = [(row[0], row[lang]) for row in db.entries(lang="zh")]
    assert found == [(row[0], row[lang]) for row in every if row[lang] == "zh"] != []
    assert db.entries(lang=["zh", "en"], fact=[row[0] for row in every]).fetchall() == every


def test_rows_of_one_batch_share_their_texts(db: kndb.Database) -> None:
    rows = db.query("kn[lang=en]").fetchall()
    facts = {id(row[0]) for row in rows}
    assert len(facts) == len({row[0] for row in rows})


def test_two_stores_are_compared_by_the_ids_of_facts(db: kndb.Database, tmp_path: Path) -> None:
    with kndb.create(tmp_path / "other.kndb") as other, other.run("theirs", model="toy", layers=2, width=4, tau=0.3) as run:
        scores = np.array([[0.0, 0.9, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
        run.append("f1", "en", scores)
        run.append("f7", "en", scores)
    db.attach(tmp_path / "other.kndb", "b")
    assert [row[0] for row in db.query("facts of b::kn - facts of kn")] == ["f7"]
    assert [row[4:] for row in db.query("kn[lang=en] & b::kn")] == [(0, 1)]
    with pytest.raises(kndb.KndbError, match="already"):
        db.attach(tmp_path / "other.kndb", "c")
    db.detach("b")
    with pytest.raises(kndb.KndbError, match="no store is attached"):
        db.query("b::kn")


def test_an_array_is_a_list_of_values(db: kndb.Database) -> None:
    asked = db.query("kn[lang in $l, layer in $from..1]", l=np.array(["en", "zh"]), **{"from": np.int64(0)})
    assert len(asked) == len(db.query("kn[lang in (en, zh), layer in 0..1]"))
