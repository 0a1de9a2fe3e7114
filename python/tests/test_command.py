"""The command inside the package."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kndb


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "kndb", *map(str, words)], capture_output=True, text=True, check=False)


def test_the_command_is_the_same(db: kndb.Database) -> None:
    assert run("--version").stdout == f"kndb {kndb.__version__}\n"
    answer = run("query", db.path, "likn[lang in (en, zh)] by layer", "--mode", "csv")
    assert answer.returncode == 0 and answer.stdout.splitlines()[0].startswith("layer,"), answer.stderr
    wrong = run("query", db.path, "kn[")
    assert wrong.returncode == 1 and "error:" in wrong.stderr
    assert run("nonsense").returncode == 2


def test_figures_are_drawn(db: kndb.Database) -> None:
    figure = kndb.plot(db, "kn", run="first")
    assert figure._repr_svg_().lstrip().startswith("<svg")
    assert "<svg" in db.query("kn by lang, layer").plot().svg
    with pytest.raises(kndb.KndbError):
        kndb.plot(db, "nonsense")


def test_errors_of_the_command_are_errors_here(db: kndb.Database, tmp_path: object) -> None:
    with pytest.raises(kndb.KndbError) as caught:
        kndb.attribute(db, model=f"{tmp_path}/no-model", progress=False)
    assert "no-model" in str(caught.value)
    with pytest.raises(kndb.KndbError):
        kndb.probe(db, model=f"{tmp_path}/no-model", fact="f1")
