"""Answers to SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._friends import friend
from ._rows import Rows

if TYPE_CHECKING:
    from ._kndb import SqlAnswer


class SqlResult(Rows):
    """The answer to a statement of SQL.

    A statement is planned when it is asked, so a mistake in it is raised at once; its rows are found when they are asked for.
    A result can be read as often as one likes. Reading it whole (``len``, :meth:`fetchall`, :meth:`pl`, …) keeps its rows; streams
    (:meth:`to_arrow_reader`, and ``pa.table(result)``, ``pl.DataFrame(result)``, DuckDB's ``from result``) of one that was not read whole
    run the statement while they are read.

    Columns have the types that SQL gives them; texts are plain ones, and those of ``kndb('…')``, ``kn('…')`` and ``likn('…')`` dictionaries.
    """

    _answer: SqlAnswer

    def __init__(self, answer: SqlAnswer) -> None:
        super().__init__(answer)

    def df(self) -> Any:
        """All rows as a ``pandas.DataFrame``, by pyarrow."""
        friend("pandas", "pandas", "df()")
        return self.to_arrow_table().to_pandas()

    def __repr__(self) -> str:
        return self._shown() if self.columns else "done"

    def _repr_html_(self) -> str:
        return self._html() if self.columns else "<pre>done</pre>"


__all__ = ["SqlResult"]
