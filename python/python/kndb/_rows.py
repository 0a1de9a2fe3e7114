"""What the answers of both languages have: rows, read as one likes."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ._friends import friend

if TYPE_CHECKING:
    from ._kndb import Answer, SqlAnswer, Stream

SHOWN_ROWS = 40
"""Rows that a table shows: the first and the last twenty, as the shell does."""


class Rows:
    """Rows of an answer that is found when they are asked for."""

    def __init__(self, answer: Answer | SqlAnswer) -> None:
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
        """What to know beside the rows. Reads the result whole."""
        return self._answer.notes

    def __len__(self) -> int:
        """How many rows. Reads the result whole."""
        return len(self._answer)

    def __bool__(self) -> bool:
        return True

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of ``str``, ``int``, ``float`` and ``None``; of SQL also ``bool`` and lists, with dates and decimals as ``str``."""
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
        """A ``pyarrow.RecordBatchReader`` over the rows, of at most ``batch_size`` a batch (8,192 if not given).

        Dropped before its end, it stops the statement.
        """
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size={batch_size}; expected at least 1")
        pyarrow = friend("pyarrow", "pyarrow", "to_arrow_reader()")
        return pyarrow.RecordBatchReader.from_stream(self._answer.stream(batch_size))

    def to_arrow_table(self) -> Any:
        """All rows as a ``pyarrow.Table``; those of the query language on the engine's own buffers."""
        pyarrow = friend("pyarrow", "pyarrow", "to_arrow_table()")
        return pyarrow.table(self._whole())

    arrow = to_arrow_table

    def pl(self) -> Any:
        """All rows as a ``polars.DataFrame``; texts of the query language are categories."""
        polars = friend("polars", "polars", "pl()")
        return polars.DataFrame(self._whole())

    def _whole(self) -> Stream:
        return self._answer.stream(whole=True)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._answer.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._answer.__arrow_c_schema__()

    def _shown(self) -> str:
        table = self._answer.table(SHOWN_ROWS, shutil.get_terminal_size((120, 24)).columns).rstrip("\n")
        rows = len(self)
        counted = f"{rows:,} row" if rows == 1 else f"{rows:,} rows"
        return "\n".join([table, counted, *(f"note: {note}" for note in self.notes)])

    def _html(self) -> str:
        rows, half = self._rows(), SHOWN_ROWS // 2
        gap = [tuple("…" for _ in self.columns)] if len(rows) > SHOWN_ROWS else []
        shown = [*rows[:half], *gap, *rows[-half:]] if gap else rows
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in shown)
        notes = "".join(f"<p>note: {html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{len(rows):,} rows</p>{notes}"


def _cell(value: object) -> str:
    if value is None:
        return "<td><i>NULL</i></td>"
    if isinstance(value, float):
        return f'<td style="text-align: right">{value:.4g}</td>'
    align = ' style="text-align: right"' if isinstance(value, int) else ""
    return f"<td{align}>{html.escape(str(value))}</td>"


__all__ = ["Rows"]
