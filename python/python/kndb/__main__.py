"""The ``kndb`` command: ``python -m kndb``, or ``kndb`` where the package is installed."""

from __future__ import annotations

import signal
import sys

from ._kndb import command


def main() -> None:
    """Does what the command line says, and ends the process with its exit status."""
    # The command has handlers of its own, and Python's would raise after it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.stdout.flush()
    sys.exit(command(["kndb", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
