"""Packages that kndb knows how to hand its answers to, and does not need."""

from __future__ import annotations

import importlib
from typing import Any


def friend(module: str, package: str, what: str) -> Any:
    """Imports a package that ``what`` needs.

    Raises:
        ImportError: it is not installed; the message says which command installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name is not None and missing.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise ImportError(f"{what} needs {package}, which is not installed: pip install {package}", name=module) from None
