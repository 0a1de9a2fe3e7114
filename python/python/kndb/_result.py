"""Answers: lazy, typed, and read in place by whoever reads Arrow."""

from __future__ import annotations

import html
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import KndbError
from ._friends import friend
from ._kndb import Answer, Stream

if TYPE_CHECKING:
    from ._database import Database

_SHOWN_ROWS = 40
"""Rows that a table shows: the first and the last twenty, as the shell does."""


class Result:
    """The answer to a statement.

    A statement is read and planned when it is asked, so a mistake in it is raised at once; its rows are found when they are
    asked for. Statements that change the store (``let``, ``drop``) are done at once and have no rows.

    A result can be read as often as one likes. Reading it whole (``len``, :meth:`fetchall`, :meth:`pl`, …) keeps its rows, and what is
    read after that is the same rows. Streams (:meth:`to_arrow_reader`, and ``pa.table(result)``, ``pl.DataFrame(result)``, DuckDB's
    ``from result``) of a result that was not read whole run the statement while they are read, in memory of a few batches.

    Columns are typed: ids, labels and names are dictionaries of texts; layers, units and prompts ``uint32``; counts ``uint64``;
    scores ``float32``; shares and similarities ``float64``. What is not known is null. Arrow's readers get the engine's own buffers: nothing is
    copied.
    """

    def __init__(self, answer: Answer, database: Database) -> None:
        self._answer = answer
        self._database = database
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
        """What to know beside the rows: a run that is still open, layers that nobody scored. Reads the result whole."""
        return self._answer.notes

    def __len__(self) -> int:
        """How many rows. Reads the result whole."""
        return len(self._answer)

    def __bool__(self) -> bool:
        return True

    def explain(self, analyze: bool = False) -> str:
        """The plan as a tree.

        Args:
            analyze: run it, too, and tell rows, bytes and times of each part.
        """
        return self._answer.explain(analyze)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of ``str``, ``int``, ``float`` and ``None``."""
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

    def fetchnumpy(self) -> dict[str, np.ndarray[Any, Any]]:
        """Columns by name, each of shape ``(rows,)``. A column with nulls is masked (``numpy.ma``); texts are objects."""
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        for at, name in enumerate(self.columns):
            column = self._answer.column(at)
            values: np.ndarray[Any, Any] = np.frombuffer(column.data, dtype=column.kind)
            valid = None if column.valid is None else np.frombuffer(column.valid, dtype=bool)
            if column.texts is not None:
                texts = np.array([*column.texts, None], dtype=object)
                values = texts[values if valid is None else np.where(valid, values, len(column.texts))]
            if valid is not None:
                values = np.ma.masked_array(values, mask=~valid)
            arrays[name] = values
        return arrays

    def to_arrow_reader(self, batch_size: int | None = None) -> Any:
        """A ``pyarrow.RecordBatchReader`` over the rows, of at most ``batch_size`` a batch (8,192, and never more).

        Dropped before its end, it stops the statement.
        """
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size={batch_size}; expected at least 1")
        pyarrow = friend("pyarrow", "pyarrow", "to_arrow_reader()")
        return pyarrow.RecordBatchReader.from_stream(self._answer.stream(batch_size))

    def to_arrow_table(self) -> Any:
        """All rows as a ``pyarrow.Table`` on the engine's own buffers."""
        pyarrow = friend("pyarrow", "pyarrow", "to_arrow_table()")
        return pyarrow.table(self._whole())

    arrow = to_arrow_table

    def pl(self) -> Any:
        """All rows as a ``polars.DataFrame``; texts are categories."""
        polars = friend("polars", "polars", "pl()")
        return polars.DataFrame(self._whole())

    def df(self) -> Any:
        """All rows as a ``pandas.DataFrame``; texts are categories, and whole numbers with nulls are nullable."""
        pandas = friend("pandas", "pandas", "df()")
        columns: dict[str, Any] = {}
        for at, name in enumerate(self.columns):
            column = self._answer.column(at)
            values: np.ndarray[Any, Any] = np.frombuffer(column.data, dtype=column.kind)
            valid = None if column.valid is None else np.frombuffer(column.valid, dtype=bool)
            if column.texts is not None:
                codes = values.astype(np.int64)
                if valid is not None:
                    codes[~valid] = -1
                columns[name] = pandas.Categorical.from_codes(codes, categories=column.texts)
            elif valid is None:
                columns[name] = values.copy()
            elif values.dtype.kind == "f":
                columns[name] = np.where(valid, values, np.array(np.nan, dtype=values.dtype))
            else:
                columns[name] = pandas.arrays.IntegerArray(values.copy(), ~valid)
        return pandas.DataFrame(columns)

    def _whole(self) -> Stream:
        return self._answer.stream(whole=True)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._answer.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._answer.__arrow_c_schema__()

    def plot(self) -> Figure:
        """The answer as a figure: SVG, which notebooks show. The command draws it: ``kndb plot``.

        Raises:
            KndbError: an answer of this form has no figure.
        """
        from ._command import figure

        return Figure(figure(self._database, self.statement))

    def __repr__(self) -> str:
        did = self._answer.did
        if did is not None:
            return did.rstrip("\n")
        table = self._answer.table(_SHOWN_ROWS, shutil.get_terminal_size((120, 24)).columns).rstrip("\n")
        rows = len(self)
        counted = f"{rows:,} row" if rows == 1 else f"{rows:,} rows"
        return "\n".join([table, counted, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        did = self._answer.did
        if did is not None:
            return f"<pre>{html.escape(did)}</pre>"
        rows, half = self._rows(), _SHOWN_ROWS // 2
        gap = [tuple("…" for _ in self.columns)] if len(rows) > _SHOWN_ROWS else []
        shown = [*rows[:half], *gap, *rows[-half:]] if gap else rows
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in shown)
        notes = "".join(f"<p>note: {html.escape(note)}</p>" for note in self.notes)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{len(rows):,} rows</p>{notes}"


class Figure:
    """A figure as SVG."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str) -> None:
        """Writes the SVG into a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)


def _cell(value: object) -> str:
    if value is None:
        return "<td><i>NULL</i></td>"
    if isinstance(value, float):
        return f'<td style="text-align: right">{value:.4g}</td>'
    align = ' style="text-align: right"' if isinstance(value, int) else ""
    return f"<td{align}>{html.escape(str(value))}</td>"


__all__ = ["Figure", "KndbError", "Result"]
