"""Uses of kndb that mypy checks: nothing here is run."""

from __future__ import annotations

from typing import assert_type

import kndb


def uses(scores: object) -> None:
    with kndb.open("my.kndb", read_only=True) as db:
        assert_type(db, kndb.Database)
        result = db.query("kn[lang=$l] top $n", l="en", n=10)
        assert_type(result, kndb.Result)
        assert_type(result.columns, list[str])
        assert_type(len(result), int)
        with db.run("ig", model="bert-base", layers=12, width=3072, tau={"": 0.3, "zh": 0.2}, if_exists="skip") as run:
            assert_type(run.append("f1", "en", scores, p=0.5, answer="Paris"), kndb.Appended)
            assert_type(run.has("f1", "en"), bool)
        assert_type(db.table("scores"), kndb.Table)
        assert_type(db.verify().problems, list[str])
        exported = db.export("out", "csv", runs="ig", langs=["en", "zh"])
        assert_type(exported, kndb.Exported)
        assert_type(exported.tables["scores"].rows, int)
        assert_type(kndb.from_export("out", "again.kndb"), kndb.Database)
        assert_type(kndb.plot(db, "likn").svg, str)
    try:
        kndb.create("my.kndb")
    except kndb.KndbError as error:
        assert_type(error.span, tuple[int, int] | None)
        assert_type(error.hint, str | None)
