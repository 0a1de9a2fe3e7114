"""Tables of a store, for sessions of the package ``datafusion``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._kndb import Table as Native


class Table:
    """A table of a store that a session of the package `datafusion <https://datafusion.apache.org/python/>`_ reads in place:
    ``ctx.register_table("scores", db.table("scores"))``.

    Conditions on run, language, prompt, relation, fact, layer, neuron, score, share and rank are evaluated in the store, and only what they leave
    is read. Each scan is of the newest commit then. A name in a condition that the store does not have is told as a Python warning.
    """

    def __init__(self, native: Native, name: str) -> None:
        self._native = native
        self._name = name

    @property
    def name(self) -> str:
        """``scores``, or ``b.scores`` of an attached store."""
        return self._name

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return self._native.columns

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    def __datafusion_table_provider__(self, session: object = None) -> object:
        """What ``register_table`` asks for.

        Args:
            session: a session of ``datafusion``, or what one hands over of itself.

        Raises:
            KndbError: the package is of another major version than the DataFusion in kndb.
        """
        return self._native.__datafusion_table_provider__(session)

    def __repr__(self) -> str:
        return f"<kndb.Table {self._name}({', '.join(self.columns)})>"
