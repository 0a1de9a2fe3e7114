"""Facts of frames, tables and dicts, as rows of the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._friends import friend

FactRow = tuple[str, str, str, str, str, str | None, str | None]

_NAMES = {
    "id": ("id", "fact", "uuid", "fact_id"),
    "relation": ("relation", "predicate_id", "predicate", "rel"),
    "lang": ("lang", "language"),
    "subject": ("subject", "sub_label", "sub"),
    "object": ("object", "obj_label", "obj"),
    "subject_uri": ("subject_uri", "sub_uri"),
    "object_uri": ("object_uri", "obj_uri"),
}
"""Columns, and what data sets call them."""


def records(source: Any) -> list[dict[str, Any]]:
    """Rows of a pandas or Polars frame, of anything with ``__arrow_c_stream__``, or of an iterable of dicts."""
    if hasattr(source, "to_dicts"):
        return list(source.to_dicts())
    if type(source).__module__.partition(".")[0] == "pandas":
        return list(source.to_dict("records"))
    if hasattr(source, "to_pylist"):
        return list(source.to_pylist())
    if hasattr(source, "__arrow_c_stream__"):
        return list(friend("pyarrow", "pyarrow", "facts of an Arrow stream").table(source).to_pylist())
    if isinstance(source, Iterable):
        return [dict(row) for row in source]
    raise TypeError(f"facts of type {type(source).__name__}; expected a frame, a table, dicts, or paths")


def rows(source: Any, lang: str | None, relation: str | None) -> list[FactRow]:
    """Facts with a label in one language each.

    Raises:
        ValueError: a row lacks something; the message says which row and what it has.
    """
    found: list[FactRow] = []
    for number, record in enumerate(records(source), 1):

        def cell(what: str, default: str | None = None, record: dict[str, Any] = record, number: int = number) -> str:
            for name in _NAMES[what]:
                value = record.get(name)
                if value is not None and value == value:
                    return str(value)
            if default is None:
                names = " or ".join(f"`{name}`" for name in _NAMES[what])
                raise ValueError(f"row {number} has no {what}: expected {names}; it has {', '.join(map(str, record))}")
            return default

        uris = [cell(what, "") or None for what in ("subject_uri", "object_uri")]
        found.append(
            (
                cell("id"),
                cell("relation", relation),
                cell("lang", lang),
                cell("subject"),
                cell("object"),
                uris[0],
                uris[1],
            )
        )
    return found
