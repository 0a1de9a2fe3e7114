"""The command's own work: attribution, searches, studies, figures.

Each runs as a child process (``python -m kndb …``), because the command takes signals and standard output for itself, and a model of gigabytes is
gone with its process. Ctrl-C is handed on: the command stops in order, and what it has stored stays.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._errors import KndbError

if TYPE_CHECKING:
    from ._database import Database
    from ._result import Figure

StrPath = str | os.PathLike[str]

_PACKAGES = str(Path(__file__).resolve().parent.parent)
"""Where this package is."""

_PATIENCE = 20.0
"""Seconds that an interrupted command has to end in order: it finishes the fact that it is at."""


def attribute(
    db: Database,
    *,
    model: StrPath,
    run: str | None = None,
    langs: Iterable[str] | str | None = None,
    relations: Iterable[str] | str | None = None,
    limit: int | None = None,
    preset: str | None = None,
    progress: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Scores the store's facts with a language model: ``kndb attribute``. The same call goes on with an interrupted one.

    Args:
        db: the store; it must have labels and templates (:meth:`Database.facts`).
        model: folder of a Hugging Face model (``config.json``, ``tokenizer.json``, weights in safetensors), or a ``.gguf`` file.
        run: name of the run; the model's name and the preset's if not given.
        langs: languages; all that have labels if not given.
        relations: relations, by id or name.
        limit: at most so many facts, the first of the store.
        preset: ``amig`` (default), ``amig-paper``, ``amig-code``, ``kn`` or ``kn-eleuther``.
        progress: tell on standard error how many entries are there, each second that brings some.
        options: the command's other options: ``steps=20``, ``keep="all"``, ``layers="0-3"``, ``replace_changed=True``, …

    Returns:
        The run as :meth:`Database.runs` has it.

    Raises:
        KndbError: as the command says it.
    """
    before = {one["run"]: one["entries"] for one in db.runs()}
    given = {"model": model, "run": run, "langs": langs, "relations": relations, "limit": limit, "preset": preset}
    _run(["attribute", db.path, *_options({**given, **options})], progress, lambda: _told(db, before, "entries"))
    return _changed(db, before, run)


def dkn(
    db: Database,
    *,
    model: StrPath,
    source: str | None = None,
    run: str | None = None,
    progress: bool = True,
    **options: Any,
) -> dict[str, Any]:
    """Searches a run's knowledge neurons for degenerate groups: ``kndb dkn``.

    Args:
        source: the attribution run that is searched; the model's only one if not given.
        run: name of the run that the groups go into.
        options: the command's other options: ``langs``, ``relations``, ``limit``, ``candidates``, ``size``, ``t_low``, ``t_high``, …

    Returns:
        The run of groups as :meth:`Database.runs` has it.
    """
    before = {one["run"]: one["entries"] for one in db.runs()}
    line = ["dkn", db.path, *_options({"model": model, "from": source, "run": run, **options})]
    _run(line, progress, lambda: _told(db, before, "entries"))
    return _changed(db, before, run)


def qrnca(
    db: Database, *, source: str, run: str | None = None, progress: bool = False, **options: Any
) -> dict[str, Any]:
    """Query-relevant neurons (QRNCA) of a run's scores, as a run of their own; no model is asked: ``kndb qrnca``.

    Args:
        source: the attribution run whose scores are taken.
        run: name of the new run.
        options: the command's other options: ``langs``, ``relations``, ``tau``, ``best``, ``common``, …

    Returns:
        The new run as :meth:`Database.runs` has it.
    """
    before = {one["run"]: one["entries"] for one in db.runs()}
    _run(["qrnca", db.path, *_options({"from": source, "run": run, **options})], progress)
    return _changed(db, before, run)


def activations(
    db: Database, *, model: StrPath, corpus: Mapping[str, StrPath], progress: bool = True, **options: Any
) -> list[dict[str, Any]]:
    """What neurons do over texts: shares, means and quantiles of activations by language, and language neurons (LAPE): ``kndb activations``.

    Args:
        corpus: of each language a file of text: ``{"en": "en.txt", "zh": "zh.txt"}``.
        options: the command's other options: ``window``, ``quantiles``, ``run``, ``lape_top``, …

    Returns:
        The runs that are new, or have new entries, as :meth:`Database.runs` has them.
    """
    before = {one["run"]: one["entries"] for one in db.runs()}
    texts = {language: os.fspath(file) for language, file in corpus.items()}
    _run(["activations", db.path, *_options({"model": model, "corpus": texts, **options})], progress)
    return [one for one in db.runs() if before.get(one["run"]) != one["entries"]]


def arena(db: Database, *, model: StrPath, progress: bool = False, **options: Any) -> dict[str, Any]:
    """Scorers against each other at equal set sizes on the same facts: ``kndb arena``. All that ``--json`` writes."""
    return _study("arena", db, model, progress, options)


def edit_study(db: Database, *, model: StrPath, progress: bool = False, **options: Any) -> dict[str, Any]:
    """Cross-lingual editing, AMIG's Table 2: ``kndb edit-study``. All that ``--json`` writes: options, estimates, every measurement."""
    return _study("edit-study", db, model, progress, options)


def fact_check(db: Database, *, model: StrPath, progress: bool = False, **options: Any) -> dict[str, Any]:
    """Fact checking, AMIG's Table 3: ``kndb fact-check``. All that ``--json`` writes."""
    return _study("fact-check", db, model, progress, options)


def probe(db: Database, *, model: StrPath, fact: str, **options: Any) -> dict[str, Any]:
    """Changes neurons, and sees what becomes of a fact's probability and the model's answers: ``kndb probe``.

    Args:
        fact: its id, or ``SUBJECT/RELATION`` where that is one fact.
        options: ``langs``, ``suppress="likn[...]"``, ``enhance``, ``scale``, ``rewrite`` with ``to``, ``top``, …

    Returns:
        ``languages`` with both sides of each, ``changes``, ``relation_knows``, and ``notes``: what to know beside them, such as that a set
        has no neurons of this fact.
    """
    out = _run(["probe", db.path, "--json", *_options({"model": model, "fact": fact, **options})], False)
    return dict(json.loads(out))


def plot(db: Database, what: str, **options: Any) -> Figure:
    """Draws a figure: ``kndb plot``.

    Args:
        what: ``"kn"``, ``"likn"``, ``"dkn"``, ``"heatmap"``, ``"overlap"``, or a statement.
        options: ``run``, ``langs``, ``relations``, ``tau``, ``value``, ``title``.

    Returns:
        A figure that notebooks show, and :meth:`Figure.save` writes.
    """
    from ._result import Figure

    return Figure(figure(db, what, **options))


def figure(db: Database, what: str, **options: Any) -> str:
    """A figure as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "figure.svg"
        _run(["plot", db.path, what, "--output", file, *_options(options)], False)
        return file.read_text(encoding="utf-8")


def _study(name: str, db: Database, model: StrPath, progress: bool, options: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.json"
        _run([name, db.path, "--json", file, *_options({"model": model, **options})], progress)
        return dict(json.loads(file.read_text(encoding="utf-8")))


def _told(db: Database, before: Mapping[str, int], counted: str) -> str:
    """How far a job is: entries are visible as soon as they are durable."""
    found = [(one["run"], one[counted] - before.get(one["run"], 0)) for one in db.runs()]
    return ", ".join(f"{run}: {new:,} new {counted}" for run, new in found if new)


def _changed(db: Database, before: Mapping[str, int], run: str | None) -> dict[str, Any]:
    runs = db.runs()
    named = [one for one in runs if one["run"] == run]
    changed = [one for one in runs if before.get(one["run"]) != one["entries"]]
    found = [*named, *changed, *runs[-1:]]
    return found[0] if found else {}


def _options(options: Mapping[str, Any]) -> list[str]:
    """Keywords as options: ``t_low=0.1`` is ``--t-low 0.1``, lists are several or joined by commas, ``True`` is the option alone."""
    line: list[str] = []
    for name, value in options.items():
        option = "--" + name.rstrip("_").replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            line.append(option)
        elif isinstance(value, Mapping):
            line.extend(word for key, one in value.items() for word in (option, f"{key}={one}"))
        elif isinstance(value, (str, int, float, os.PathLike)):
            line.extend((option, os.fspath(value) if isinstance(value, os.PathLike) else str(value)))
        elif name in ("langs", "relations"):
            line.extend((option, ",".join(map(str, value))))
        else:
            line.extend(word for one in value for word in (option, str(one)))
    return line


def _run(words: list[Any], progress: bool, told: Callable[[], str] | None = None) -> str:
    """Runs the command; its standard output.

    With ``progress`` what it says on standard error is shown, and every second what ``told`` says of how far it is.
    """
    line = [sys.executable, "-m", "kndb", "--color", "never", *map(os.fspath, words)]
    process = subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        # The same package as here, however it came to be importable.
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [_PACKAGES, os.environ.get("PYTHONPATH")]))},
        # Ctrl-C of a terminal goes to all of its processes: this one shall hear of it from us alone.
        start_new_session=True,
    )
    said: list[str] = []
    reader = threading.Thread(target=_tell, args=(process, said, progress), daemon=True)
    reader.start()
    if progress and told is not None:
        threading.Thread(target=_watch, args=(process, told), daemon=True).start()
    try:
        out = process.stdout.read() if process.stdout is not None else ""
        process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        threading.Thread(target=_end, args=(process,), daemon=False).start()
        raise
    reader.join(5)
    if process.returncode != 0:
        raise _failed("".join(said), process.returncode)
    return out


def _end(process: subprocess.Popen[str]) -> None:
    """Waits for an interrupted command, which finishes what it is at; ends it where that takes too long."""
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tell(process: subprocess.Popen[str], said: list[str], progress: bool) -> None:
    if process.stderr is None:
        return
    for line in process.stderr:
        said.append(line)
        if progress and not line.startswith(("error:", "hint:")):
            sys.stderr.write(line)


def _watch(process: subprocess.Popen[str], told: Callable[[], str]) -> None:
    last = ""
    while process.poll() is None:
        time.sleep(1)
        try:
            now = told()
        except Exception:
            # Of no matter: the command itself says what is wrong.
            return
        if now and now != last:
            sys.stderr.write(now + "\n")
            last = now


def _failed(said: str, code: int) -> KndbError:
    """The last error of what a command said, with its hint."""
    _, found, rest = said.rpartition("error: ")
    if not found:
        return KndbError(said.strip() or f"the command ended with exit status {code}")
    reason, _, hint = rest.partition("hint: ")
    return KndbError(reason.split("\n", 1)[0].strip(), None, hint.strip() or None, rest.strip())
