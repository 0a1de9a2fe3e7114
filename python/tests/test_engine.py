"""The engine inside the package, on the small model of the repository's demo."""

from __future__ import annotations

from pathlib import Path

import pytest

import kndb

DEMO = Path(__file__).parent.parent.parent / "demo"
MODEL = DEMO / "models" / "bilingual-masked"
LANGS = ["en", "zh"]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> kndb.Database:
    store = kndb.create(tmp_path_factory.mktemp("engine") / "store")
    store.facts(DEMO / "facts")
    for relation in ("P36", "P1376"):
        run = kndb.attribute(
            store, model=MODEL, run="ig", relations=[relation], langs=LANGS, limit=2, prompts=1, steps=3, progress=False
        )
    # Two facts of two relations in two languages, with one template each.
    assert (run["run"], run["entries"], run["state"]) == ("ig", 8, "finished")
    return store


def test_scores_are_asked_as_soon_as_they_are_there(db: kndb.Database) -> None:
    assert len(db.query("facts of kn[run=ig, lang=en]")) == 4
    again = kndb.attribute(db, model=MODEL, run="ig", relations=["P36"], langs=LANGS, limit=2, prompts=1, steps=3, progress=False)
    assert again["entries"] == 8, "what is there is not computed again"


def test_groups_are_searched(db: kndb.Database) -> None:
    run = kndb.dkn(db, model=MODEL, source="ig", run="groups", candidates=3, progress=False)
    assert (run["run"], run["method"], run["entries"]) == ("groups", "dkn", 8)


def test_neurons_are_suppressed(db: kndb.Database) -> None:
    fact = db.query("kn[run=ig, lang=en] top 1").fetchall()[0][0]
    found = kndb.probe(db, model=MODEL, fact=fact, langs=["en"], suppress=f"kn[run=ig, fact={fact}, lang=en]")
    assert found["fact"]["id"] == fact if isinstance(found["fact"], dict) else found["fact"] == fact
    assert len(found["languages"]) == 1
    none = kndb.probe(db, model=MODEL, fact=fact, langs=["en"], suppress=f"kn[run=ig, fact={fact}, lang=en] - kn[run=ig, lang=en]")
    assert any("has no neurons of this fact, so it changes nothing" in note for note in none["notes"])


def test_a_study_gives_all_that_its_file_says(db: kndb.Database) -> None:
    found = kndb.edit_study(db, model=MODEL, run="ig", langs=LANGS, draws=20)
    assert found and all(isinstance(key, str) for key in found)
    with pytest.raises(kndb.KndbError, match="nobody"):
        kndb.edit_study(db, model=MODEL, run="nobody", langs=LANGS)


def test_facts_are_checked(db: kndb.Database) -> None:
    found = kndb.fact_check(db, model=MODEL, run="groups", scores="amig", langs=LANGS, draws=20)
    assert found and all(isinstance(key, str) for key in found)
    with pytest.raises(kndb.KndbError, match="nobody"):
        kndb.fact_check(db, model=MODEL, run="nobody", langs=LANGS)


def test_runs_are_made_of_runs_and_of_texts(db: kndb.Database, tmp_path: Path) -> None:
    for lang, text in [("en", "France lies in Europe ."), ("zh", "法国在欧洲。")]:
        (tmp_path / f"{lang}.txt").write_text((text + "\n") * 20, encoding="utf-8")
    corpus = {lang: tmp_path / f"{lang}.txt" for lang in LANGS}
    found = kndb.activations(db, model=MODEL, corpus=corpus, progress=False, no_lape=True)
    assert found and len(found) == 6, [run["run"] for run in found]
    assert kndb.activations(db, model=MODEL, corpus=corpus, progress=False, no_lape=True) == []
    run = kndb.qrnca(db, source="ig", run="relevant")
    assert (run["run"], run["method"]) == ("relevant", "qrnca") and len(db.query("kn[run=relevant]")) > 0


def test_scorers_meet_in_the_arena(db: kndb.Database) -> None:
    found = kndb.arena(db, model=MODEL, methods=["activation", "gradient-activation"], langs=["en"], limit=2, sizes=[1, 3], draws=20)
    assert found and all(isinstance(key, str) for key in found)
    with pytest.raises(kndb.KndbError, match="nothing-such"):
        kndb.arena(db, model=MODEL, methods=["nothing-such"], langs=["en"])
