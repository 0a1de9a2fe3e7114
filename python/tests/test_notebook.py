"""The magics, and the notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import kndb


class Shell:
    """As much of IPython's shell as the magics use."""

    def __init__(self) -> None:
        self.user_ns: dict[str, object] = {}
        self.magics: dict[str, object] = {}

    def register_magic_function(self, function: object, kind: str, name: str) -> None:
        self.magics[f"{kind} {name}"] = function


def test_cells_ask_the_store_and_know_variables(db: kndb.Database) -> None:
    shell = Shell()
    kndb.load_ipython_extension(shell)
    line, cell = shell.magics["line kndb"], shell.magics["cell kndb"]
    with pytest.raises(kndb.KndbError, match="no store is open"):
        line("kn")  # type: ignore[operator]
    assert repr(line(f"open {db.path}")) == repr(db)  # type: ignore[operator]
    shell.user_ns["langs"] = ["en", "zh"]
    assert len(cell("both", "likn[lang in $langs]\n")) == 2  # type: ignore[operator]
    assert isinstance(shell.user_ns["both"], kndb.Result)


def test_ipython_loads_them(db: kndb.Database) -> None:
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kndb")
    shell.user_ns["db"] = db
    assert len(shell.run_line_magic("kndb", "kn[lang=zh]")) == 3
    InteractiveShell.clear_instance()


def test_the_notebook_goes_from_a_model_to_a_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("IPython", reason="IPython is not installed here")
    pytest.importorskip("polars", reason="Polars is not installed here")
    pytest.importorskip("altair", reason="Altair, which draws for Polars, is not installed here")
    from IPython.core.interactiveshell import InteractiveShell

    examples = Path(__file__).parent.parent / "examples"
    monkeypatch.chdir(examples)
    notebook = json.loads((examples / "from_model_to_chart.ipynb").read_text(encoding="utf-8"))
    assert all(cell.get("outputs", []) == [] for cell in notebook["cells"]), "kept without outputs"
    shell = InteractiveShell.instance()
    try:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                shell.run_cell("".join(cell["source"])).raise_error()
        names: dict[str, Any] = shell.user_ns
        drawn = names["chart"].to_dict()
        (rows,) = drawn["datasets"].values()
        asked = names["db"].query("likn[run=ig, lang in (en, zh)] by layer").fetchall()
        assert [(row["layer"], row["pairs"]) for row in rows] == [row[:2] for row in asked]
        assert sum(row[1] for row in asked) > 0
        assert len(names["shared"]) == 5
    finally:
        InteractiveShell.clear_instance()
