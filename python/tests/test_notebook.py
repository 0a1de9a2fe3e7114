"""The magics."""

from __future__ import annotations

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
