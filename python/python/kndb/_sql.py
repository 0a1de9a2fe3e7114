"""Answers to SQL."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._friends import friend
from ._result import _SHOWN_ROWS, _cell

if TYPE_CHECKING:
    from ._kndb import SqlAnswer


class SqlResult:
    """The answer to a statement of SQL.

    A statement is planned when it is asked, so a mistake in it is raised at once; its rows are found when they are asked for.
    A result can be read as often as one likes. Reading it whole (``len``, :meth:`fetchall`, :meth:`pl`, …) keeps its rows; streams
    (:meth:`to_arrow_reader`, and ``pa.table(result)``, ``pl.DataFrame(result)``, DuckDB's ``from result``) of one that was not read whole
    run the statement while they are read.

    Columns have the types that SQL gives them; texts are plain ones, and those of ``kndb('…')``, ``kn('…')`` and ``likn('…')`` dictionaries.
    """

    def __init__(self, answer: SqlAnswer) -> None:
        self._answer = answer
        self._at = 0

    @property
    def statement(self) -> str:
        """The text of the statement."""
        return self._answer.statement

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return self._answer.columns

    @property
    def notes(self) -> list[str]:
        """What to know beside the rows: names in conditions that the store does not have. Reads the result whole."""
        return self._answer.notes

    def __len__(self) -> int:
        """How many rows. Reads the result whole."""
        return len(self._answer)

    def __bool__(self) -> bool:
        return True

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of ``str``, ``int``, ``float``, ``bool``, lists of them, and ``None``; dates and decimals are ``str``."""
        return self._answer.rows()

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, ``None`` after the last one."""
        rows = self._rows()
        if self._at >= len(rows):
            return None
        self._at += 1
        return rows[self._at - 1]

    def _rows(self) -> list[tuple[Any, ...]]:
        if not hasattr(self, "_fetched"):
            self._fetched = self._answer.rows()
        return self._fetched

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Row by row, from the first."""
        return iter(self._rows())

    def to_arrow_reader(self, batch_size: int | None = None) -> Any:
        """A ``pyarrow.RecordBatchReader`` over the rows, of at most ``batch_size`` a batch. Dropped before its end, it stops the statement."""
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size={batch_size}; expected at least 1")
        pyarrow = friend("pyarrow", "pyarrow", "to_arrow_reader()")
        return pyarrow.RecordBatchReader.from_stream(self._answer.stream(batch_size))

    def to_arrow_table(self) -> Any:
        """All rows as a ``pyarrow.Table``."""
        pyarrow = friend("pyarrow", "pyarrow", "to_arrow_table()")
        return pyarrow.table(self._answer.stream(whole=True))

    arrow = to_arrow_table

    def pl(self) -> Any:
        """All rows as a ``polars.DataFrame``."""
        polars = friend("polars", "polars", "pl()")
        return polars.DataFrame(self._answer.stream(whole=True))

    def df(self) -> Any:
        """All rows as a ``pandas.DataFrame``, by pyarrow."""
        friend("pandas", "pandas", "df()")
        return self.to_arrow_table().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._answer.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._answer.__arrow_c_schema__()

    def __repr__(self) -> str:
        if not self.columns:
            return "done"
        table = self._answer.table(_SHOWN_ROWS, shutil.get_terminal_size((120, 24)).columns).rstrip("\n")
        rows = len(self)
        counted = f"{rows:,} row" if rows == 1 else f"{rows:,} rows"
        return "\n".join([table, counted, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows, half = self._rows(), _SHOWN_ROWS // 2
        gap = [tuple("…" for _ in self.columns)] if len(rows) > _SHOWN_ROWS else []
        shown = [*rows[:half], *gap, *rows[-half:]] if gap else rows
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in shown)
        notes = "".join(f"<p>note: {html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{len(rows):,} rows</p>{notes}"


__all__ = ["SqlResult"]
