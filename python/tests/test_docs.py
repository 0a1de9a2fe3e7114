"""The blocks of docs/python.md, run in order in one namespace."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent.parent / "docs" / "python.md"
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    """Blocks of Python are run; a block of text after one is what it prints. `needs NAME` after the fence names a package that it needs."""
    before = os.getcwd()
    names: dict[str, object] = {"__name__": "__main__"}
    said: str | None = ""
    blocks = 0
    os.chdir(tmp_path)
    try:
        for kind, rest, text in FENCE.findall(PAGE.read_text(encoding="utf-8")):
            if kind == "text" and said is not None:
                assert said.rstrip() == text.rstrip(), f"after block {blocks}"
            if kind != "python" or "no-run" in rest:
                continue
            needs = re.findall(r"needs (\w+)", rest)
            if any(_missing(name) for name in needs):
                said = None
                continue
            blocks += 1
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(text, f"docs/python.md, block {blocks}", "exec"), names)
            said = out.getvalue()
    finally:
        os.chdir(before)
    assert blocks > 5


def _missing(name: str) -> bool:
    try:
        __import__(name)
    except ImportError:
        return True
    return False


def test_the_readme_of_the_package_is_short() -> None:
    assert len((PAGE.parent.parent / "python" / "README.md").read_text().splitlines()) < 40


if __name__ == "__main__":
    pytest.main([__file__])
