"""``%load_ext kndb``: statements in notebooks.

``%kndb open my.kndb`` opens a store, ``%kndb kn[lang=en] by layer`` asks it, and a ``%%kndb`` cell holds a statement of several lines;
``%%kndb name`` keeps its result under a name. ``$name`` in a statement is the notebook's variable of that name.
"""

from __future__ import annotations

from typing import Any

from ._database import Database, open
from ._errors import KndbError
from ._result import Result


class Magics:
    """The magics of one notebook."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.database: Database | None = None

    def line(self, line: str) -> Result | Database:
        """``%kndb open FOLDER``, or ``%kndb STATEMENT``."""
        words = line.split(None, 1)
        if words[:1] == ["open"] and len(words) == 2:
            self.database = open(words[1].strip())
            return self.database
        return self._ask(line)

    def cell(self, line: str, cell: str) -> Result:
        """``%%kndb [NAME]`` and a statement below it."""
        result = self._ask(cell)
        if line.strip():
            self.shell.user_ns[line.strip()] = result
        return result

    def _ask(self, statement: str) -> Result:
        variables: dict[str, Any] = self.shell.user_ns
        database = self.database
        if database is None:
            stores = [value for value in variables.values() if isinstance(value, Database)]
            if len({id(store) for store in stores}) != 1:
                found = "no store is open" if not stores else "several variables are stores"
                raise KndbError(f"{found}: `%kndb open FOLDER` says which is meant")
            database = stores[0]
        asked = database.prepare(statement.strip())
        return asked.query(**{name: variables[name] for name in asked.parameters if name in variables})


def load(shell: Any) -> None:
    """Registers the magics with IPython."""
    magics = Magics(shell)
    shell.register_magic_function(magics.line, "line", "kndb")
    shell.register_magic_function(magics.cell, "cell", "kndb")
