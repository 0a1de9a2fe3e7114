"""Stores as pages in a browser."""

from __future__ import annotations

import html
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from ._kndb import Served as Native


class Served:
    """A store that is shown in a browser, read only, by a thread of this process: until :meth:`stop`, the end of a ``with``, or that of the process.

    Made by :meth:`kndb.Database.serve`. What is written meanwhile is there at the next look.
    """

    def __init__(self, native: Native) -> None:
        self._native = native

    @property
    def url(self) -> str:
        """Address of the first page: ``http://127.0.0.1:8765/``."""
        return self._native.url

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or 80

    @property
    def running(self) -> bool:
        """Whether it is shown still; never in a process that was forked from the one that shows it."""
        return self._native.is_shown

    def stop(self) -> None:
        """Ends it: requests that are being answered are given two seconds. A second time nothing happens."""
        self._native.stop()

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<kndb.Served {self.url}{'' if self.running else ', stopped'}>"

    def _repr_html_(self) -> str:
        if not self.running:
            return html.escape(repr(self))
        url = html.escape(self.url)
        return f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'
