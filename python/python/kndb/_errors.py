"""The error that everything of kndb raises."""

from __future__ import annotations


class KndbError(Exception):
    """A statement, a store or a command that kndb refused.

    ``str(error)`` is what the command prints: what was found and what was expected, the place in the statement with a
    caret, and what to do about it.
    """

    reason: str
    """What was found and what was expected, in a sentence."""

    span: tuple[int, int] | None
    """First and end of the characters of the statement that are at fault; ``None`` where no statement is."""

    hint: str | None
    """What to write or do instead, where that is known."""

    def __init__(
        self,
        reason: str,
        span: tuple[int, int] | None = None,
        hint: str | None = None,
        drawn: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.span = span
        self.hint = hint
        self._drawn = drawn if drawn is not None else reason

    def __str__(self) -> str:
        return self._drawn

    def __reduce__(self) -> tuple[type[KndbError], tuple[object, ...]]:
        return (KndbError, (self.reason, self.span, self.hint, self._drawn))
