"""kndb: an embedded analytics database for knowledge-neuron attribution scores.

A store is a folder. Scores go in by :meth:`Database.run`, facts by :meth:`Database.facts`; statements of the query language ask it:

>>> db = kndb.open("my.kndb")  # doctest: +SKIP
>>> db.query("likn[lang in (en, zh)] by layer").pl()  # doctest: +SKIP

See ``docs/python.md`` for a tour, and ``docs/query-language.md`` for the language.
"""

from __future__ import annotations

from typing import Any

from ._command import activations, arena, attribute, dkn, edit_study, fact_check, plot, probe, qrnca
from ._database import BackedUp, Database, Exported, ExportedTable, Verified, create, from_export, open
from ._errors import KndbError
from ._kndb import __version__
from ._result import Figure, Result
from ._sql import SqlResult
from ._run import Appended, Run
from ._served import Served
from ._statement import Statement
from ._table import Table

__all__ = [
    "Appended",
    "BackedUp",
    "Database",
    "Exported",
    "ExportedTable",
    "Figure",
    "KndbError",
    "Result",
    "SqlResult",
    "Run",
    "Served",
    "Statement",
    "Table",
    "Verified",
    "__version__",
    "activations",
    "arena",
    "attribute",
    "create",
    "dkn",
    "edit_study",
    "fact_check",
    "from_export",
    "open",
    "plot",
    "probe",
    "qrnca",
]


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext kndb``."""
    from ._magics import load

    load(shell)
