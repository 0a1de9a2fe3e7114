"""Statements that are read once and asked many times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _kndb
from ._result import Result

if TYPE_CHECKING:
    from ._database import Database


class Statement:
    """A statement that :meth:`Database.prepare` has read.

    >>> neurons = db.prepare("kn[fact=$fact, lang=en]")  # doctest: +SKIP
    >>> [len(neurons.query(fact=fact)) for fact in facts]  # doctest: +SKIP
    """

    def __init__(self, native: _kndb.Prepared, database: Database) -> None:
        self._native = native
        self._database = database

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of its parameters, in the order in which they stand."""
        return tuple(self._native.parameters)

    def query(self, *, memory: int | None = None, **parameters: Any) -> Result:
        """Asks it, with a value for each of its parameters; else as :meth:`Database.query`.

        Raises:
            KndbError: a value is missing, is for no parameter, or cannot stand in its place; or the store cannot answer.
        """
        self._database._open()
        return Result(self._native.query(parameters, memory), self._database)

    def __repr__(self) -> str:
        return f"<kndb.Statement {self._native.statement!r}>"


__all__ = ["Statement"]
