"""Writing scores: kinds of arrays, threads, what is refused, what is resumed."""

from __future__ import annotations

import array
import threading
from pathlib import Path

import numpy as np
import pytest

import kndb
from conftest import EN, LAYERS, WIDTH, ZH


def scores_of(db: kndb.Database, run: str) -> list[float]:
    arrays = db.query(f"kn[run={run}, tau=0] order by layer, neuron").fetchnumpy()
    return [float(score) for score in arrays["score"]]


def test_every_kind_of_array_is_read_alike(db: kndb.Database) -> None:
    exact = np.array([[0.5, 0.25], [1.0, 0.125]])
    kinds: dict[str, object] = {
        "double": exact,
        "single": exact.astype(np.float32),
        "half": exact.astype(np.float16),
        "swapped": exact.astype(">f4"),
        "fortran": np.asfortranarray(exact),
        "strided": np.repeat(exact, 2, axis=1)[:, ::2],
        "lists": exact.tolist(),
        "buffer": memoryview(array.array("d", exact.ravel())).cast("B").cast("d", (2, 2)),
    }
    for name, values in kinds.items():
        with db.run(name, model="small", layers=2, width=2, keep="all") as run:
            assert run.append("f1", "en", values) == (1, 0, 0)
        assert scores_of(db, name) == [0.5, 0.25, 1.0, 0.125], name


def test_torch_tensors_are_read_bf16_too(db: kndb.Database) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed here")
    exact = torch.tensor([[0.5, 0.25], [1.0, 0.125]], requires_grad=True)
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        name = str(dtype).removeprefix("torch.")
        with db.run(name, model="small", layers=2, width=2, keep="all") as run:
            run.append("f1", "en", exact.to(dtype))
        assert scores_of(db, name) == [0.5, 0.25, 1.0, 0.125], name


def test_batches_are_one_commit_for_many_facts(db: kndb.Database) -> None:
    facts = [f"g{n}" for n in range(50)]
    values = np.random.default_rng(1).random((50, 2, 4), dtype=np.float32)
    with db.run("batch", model="toy", layers=2, width=4, keep="all") as run:
        assert run.append(facts, "en", values, prompt=1, p=0.5, rank=[1] * 50).new == 50
        assert run.has("g7", "en", 1) and not run.has("g7", "en", 0) and not run.has("nobody", "en")
    (overview,) = [one for one in db.runs() if one["run"] == "batch"]
    assert overview["entries"] == 50 and overview["state"] == "finished"


def test_what_does_not_fit_is_refused_and_nothing_is_added(db: kndb.Database) -> None:
    run = db.run("refusing", model="toy", layers=2, width=4)
    with pytest.raises(ValueError, match=r"scores of shape \(4, 2\); expected \(2, 4\)"):
        run.append("f1", "en", EN.T)
    with pytest.raises(ValueError, match=r"expected \(3, 2, 4\): \(facts, layers, width\)"):
        run.append(["a", "b", "c"], "en", np.ones((2, 2, 4)))
    with pytest.raises(TypeError, match="int64; expected float16"):
        run.append("f1", "en", np.ones((2, 4), dtype=np.int64))
    with pytest.raises(kndb.KndbError, match="NaN of neuron 1:2"):
        run.append("f1", "en", np.where(np.arange(8).reshape(2, 4) == 6, np.nan, 1.0))
    with pytest.raises(kndb.KndbError, match="inf"):
        run.append("f1", "en", np.full((2, 4), 1e300))
    with pytest.raises(ValueError, match="3 values of lang"):
        run.append(["a", "b"], ["en", "zh", "de"], np.ones((2, 2, 4)))
    with pytest.raises(ValueError, match="p with them"):
        run.append("f1", "en", EN, baseline=0.1)
    with pytest.raises(ValueError, match="neuron 2:0"):
        run.append_neurons("f1", "en", [(2, 0)])
    with pytest.raises(ValueError, match="rank=0"):
        run.append("f1", "en", EN, rank=0)
    assert not run.has("f1", "en")
    run.append("f1", "en", EN)
    with pytest.raises(kndb.KndbError, match="f1"):
        run.append("f1", "en", EN)


def test_what_is_there_is_skipped_or_replaced(db: kndb.Database) -> None:
    with db.run("first", if_exists="skip") as run:
        assert run.append("f1", "en", ZH) == (0, 0, 1)
        assert run.append(["f1", "f2"], "en", np.stack([ZH, ZH])) == (1, 0, 1)
    assert len(db.query("kn[lang=en, fact=f1]")) == 4
    with db.run("first", if_exists="replace") as run:
        assert run.append("f1", "en", ZH) == (0, 1, 0)
    assert len(db.query("kn[lang=en, fact=f1]")) == 3
    with pytest.raises(ValueError, match="skip"):
        db.run("first", if_exists="maybe")  # type: ignore[arg-type]


def test_a_run_is_what_it_was_begun_as(db: kndb.Database) -> None:
    with pytest.raises(kndb.KndbError, match="tau"):
        db.run("first", model="toy", layers=2, width=4, tau=0.5, keep="all")
    with pytest.raises(kndb.KndbError, match="shape"):
        db.run("second", model="toy", layers=3, width=4)
    with pytest.raises(kndb.KndbError, match="not there"):
        db.run("third")
    with pytest.raises(kndb.KndbError, match="amig"):
        db.run("third", model="toy", layers=2, width=4, preset="amg")
    run = db.run("third", model="toy", layers=2, width=4, preset="kn", tau={"": 0.1, "zh": 0.4}, keep=0.05, score_type="f16")
    run.append("f1", "en", EN)
    (overview,) = [one for one in db.runs() if one["run"] == "third"]
    assert overview["preset"] == "kn" and "0.05" in overview["keeps"] and overview["type"] == "f16"


def test_an_exception_leaves_a_run_that_the_same_code_resumes(db: kndb.Database) -> None:
    computed: list[str] = []

    def job(fails_at: str | None) -> None:
        with db.run("job", model="toy", layers=2, width=4, if_exists="skip") as run:
            for fact in ("a", "b", "c"):
                if run.has(fact, "en"):
                    continue
                if fact == fails_at:
                    raise RuntimeError("the model is gone")
                computed.append(fact)
                run.append(fact, "en", EN)

    with pytest.raises(RuntimeError):
        job("c")
    assert {one["run"]: one["state"] for one in db.runs()}["job"] == "open"
    job(None)
    assert computed == ["a", "b", "c"]
    assert {one["run"]: one["state"] for one in db.runs()}["job"] == "finished"


def test_threads_share_a_run(db: kndb.Database) -> None:
    failed: list[BaseException] = []
    with db.run("threads", model="toy", layers=2, width=4) as run:

        def work(thread: int) -> None:
            try:
                for number in range(10):
                    run.append(f"t{thread}-{number}", "en", EN)
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert len(db.query("facts of kn[run=threads]")) == 80


def test_evidence_is_kept(db: kndb.Database) -> None:
    with db.run("evidence", model="toy", layers=2, width=4) as run:
        run.append("f1", "en", EN, p=0.9, baseline=[0.1, 0.2], answer="Paris", rank=1, tokens=1)
        run.append(["f2", "f3"], "en", np.stack([EN, EN]), p=[0.2, 0.05], answer=["Lyon", None], rank=[2, None])
    assert [row[0] for row in db.query("facts of kn[run=evidence, p>=0.5]")] == ["f1"]
    assert [row[0] for row in db.query("facts of kn[run=evidence, correct=yes]")] == ["f1"]


def test_what_is_said_of_entries_may_be_said_of_all_at_once(db: kndb.Database) -> None:
    with db.run("at once", model="toy", layers=2, width=4) as run:
        run.append(["f1", "f2"], "en", np.stack([EN, EN]), p=0.5, answer=["Paris", "Paris"], rank=2, tokens=1)
        with pytest.raises(ValueError, match="3 values of rank; expected 2, one a fact"):
            run.append(["f3", "f4"], "en", np.stack([EN, EN]), rank=[1, 2, 3])
    assert len(db.query('entries[run="at once", rank=2, tokens in 1..1, answer=Paris]')) == 2


def test_probabilities_are_from_0_to_1(db: kndb.Database) -> None:
    with db.run("improbable", model="toy", layers=2, width=4) as run:
        for p in (1.5, -1.0, 50, float("inf")):
            with pytest.raises(kndb.KndbError, match="expected a probability from 0 to 1"):
                run.append("f1", "en", EN, p=p)
            with pytest.raises(kndb.KndbError, match="baseline"):
                run.append("f1", "en", EN, p=0.5, baseline=p)
        assert not run.has("f1", "en")
        run.append("f1", "en", EN, p=float("nan"))
        run.append("f2", "en", EN, answer="Paris")
    found = db.query("entries[run=improbable] order by fact").fetchnumpy()
    assert np.ma.getmaskarray(found["p"]).all(), "NaN is not known"
    assert np.ma.getmaskarray(found["correct"]).all(), "an answer says nothing without a rank"


def test_hints_are_in_python_s_words(db: kndb.Database) -> None:
    with pytest.raises(kndb.KndbError) as there, db.run("first", if_exists="refuse") as run:
        run.append("f1", "en", EN)
    assert "if_exists" in (there.value.hint or "") and "--" not in str(there.value)
    with pytest.raises(kndb.KndbError) as other:
        db.run("first", model="toy", layers=2, width=4, tau=0.5, keep="all")
    assert "db.run(" in (other.value.hint or "") and "--" not in (other.value.hint or "")


def test_a_finished_run_takes_no_more_until_it_is_opened_again(db: kndb.Database) -> None:
    run = db.run("first")
    run.finish()
    with pytest.raises(kndb.KndbError, match="finished"):
        run.append("f9", "en", EN)
    with db.run("first") as again:
        again.append("f9", "en", EN)


def test_upkeep(db: kndb.Database, tmp_path: Path) -> None:
    assert db.verify().problems == []
    backup = db.backup(tmp_path / "backup")
    assert backup.copied > 0 and kndb.open(tmp_path / "backup").labels == db.labels
    other = kndb.create(tmp_path / "other")
    merged = other.merge(db.path)
    assert merged["facts"] == 1 and merged["runs"][0]["new"] == 2
    assert len(other.query("likn[lang in (en, zh)]")) == 2
    other.rename_run("first", "renamed")
    other.drop_run("renamed")
    assert other.runs() == []
    db.compact()


def test_a_neuron_is_a_layer_and_a_unit_in_whole_numbers(tmp_path: Path) -> None:
    with kndb.create(tmp_path / "sets").run("sets", model="toy", layers=2, width=4) as run:
        with pytest.raises(TypeError, match="float"):
            run.append_neurons("f1", "en", [(0, 1.5)])
        assert run.append_neurons("f1", "en", [(np.int64(1), np.uint8(2))]).new == 1


def test_what_is_no_score_of_a_neuron_is_refused(db: kndb.Database) -> None:
    good = np.ones((LAYERS, WIDTH), dtype=np.float32)
    with db.run("odd", model="toy", layers=LAYERS, width=WIDTH) as run:
        with pytest.raises(ValueError, match="masked"):
            run.append("f1", "en", np.ma.masked_array(good, mask=good > 0))
        assert run.append("f1", "en", np.ma.masked_array(good)).new == 1
        for fact in ({"a", "b"}, 7, [1, 2]):
            with pytest.raises(TypeError, match="id"):
                run.append(fact, "en", np.stack([good, good]))  # type: ignore[arg-type]
        wrong: list[tuple[dict[str, object], type[Exception], str]] = [
            ({"rank": 0}, ValueError, "rank=0; expected 1 to"),
            ({"rank": -1}, ValueError, "rank=-1"),
            ({"rank": 1.5}, TypeError, "rank=1.5; expected a whole number"),
            ({"tokens": 70_000}, ValueError, "tokens=70000; expected 1 to 65535"),
            ({"prompt": 70_000}, ValueError, "prompt=70000; expected 0 to 65535"),
            ({"prompt": True}, TypeError, "prompt=True"),
            ({"answer": 5}, TypeError, "answer=5; expected a text"),
        ]
        for keywords, kind, told in wrong:
            with pytest.raises(kind, match=told):
                run.append("f2", "en", good, **keywords)  # type: ignore[arg-type]
        both = np.stack([good, good])
        unordered: list[dict[str, object]] = [{"tokens": {2, 1}}, {"rank": {3, 1}}, {"prompt": {1, 0}}, {"p": {0.1, 0.2}}]
        for keywords in unordered:
            with pytest.raises(TypeError, match="no order"):
                run.append(["f2", "f3"], "en", both, **keywords)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="no order"):
            run.append(["f2", "f3"], {"en", "zh"}, both)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="masked"):
            run.append(["f2", "f3"], "en", both, p=np.ma.masked_array([0.3, 0.1], mask=[True, False]))
        with pytest.raises(ValueError, match="masked"):
            run.append(["f2", "f3"], "en", [np.ma.masked_array(good, mask=good > 0), good])
        assert run.append(["f2", "f3"], "en", np.stack([good, good]), tokens=1, rank=[1, None]).new == 2
    tokens = db.query("entries[run=odd, fact in (f2, f3), tokens=1] order by fact")
    assert len(tokens) == 2
