"""Answers: lazy, typed, and read in place by whoever reads Arrow."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import KndbError
from ._friends import friend
from ._kndb import Answer
from ._rows import Rows

if TYPE_CHECKING:
    from ._database import Database

class Result(Rows):
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

    _answer: Answer

    def __init__(self, answer: Answer, database: Database) -> None:
        super().__init__(answer)
        self._database = database

    @property
    def notes(self) -> list[str]:
        """What to know beside the rows: a run that is still open, layers that nobody scored. Reads the result whole."""
        return self._answer.notes

    def explain(self, analyze: bool = False) -> str:
        """The plan as a tree.

        Args:
            analyze: run it, too, and tell rows, bytes and times of each part.
        """
        return self._answer.explain(analyze)

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
        return self._shown()

    def _repr_html_(self) -> str:
        did = self._answer.did
        if did is not None:
            return f"<pre>{html.escape(did)}</pre>"
        return self._html()


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


__all__ = ["Figure", "KndbError", "Result"]
