"""Stores: asking them, filling them, keeping them."""

from __future__ import annotations

import json
import os
import warnings
import webbrowser
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, NamedTuple

from . import _kndb
from ._facts import rows as fact_rows
from ._result import Result
from ._sql import SqlResult
from ._run import Run
from ._served import Served
from ._statement import Statement
from ._table import Table

StrPath = str | os.PathLike[str]


class Verified(NamedTuple):
    """What :meth:`Database.verify` found."""

    segments: int
    """Segment files read."""
    bytes: int
    """Bytes read."""
    facts: int
    """Facts in the store."""
    problems: list[str]
    """What is wrong; empty when all is well."""


class BackedUp(NamedTuple):
    """What :meth:`Database.backup` did."""

    commit: int
    """The commit that the backup holds."""
    copied: int
    """Files that were copied."""
    copied_bytes: int
    """Their bytes."""
    kept: int
    """Files that an earlier backup had."""
    removed: int
    """Files of the earlier backup that the store does not have any more."""


class ExportedTable(NamedTuple):
    """What one table of an export, or one kind of its files, came to."""

    rows: int
    files: int
    bytes: int


class Exported(NamedTuple):
    """What :meth:`Database.export` wrote."""

    tables: dict[str, ExportedTable]
    """By name: ``scores``, ``entries``, ``facts``, …"""
    notes: list[str]
    """What to know beside that, in sentences: what the format does not hold, what the store has lost."""


ExportFormat = Literal["parquet", "arrow", "csv", "npz", "safetensors", "eleuther", "amig", "lape", "clickhouse"]


class Database:
    """A store: a folder on disk. :func:`kndb.open` and :func:`kndb.create` make one.

    It may be used from several threads, and several processes may have it open; reading never waits for writing.
    """

    def __init__(self, native: _kndb.Database) -> None:
        self._native = native
        self._closed = False
        self._served: Served | None = None

    @property
    def path(self) -> Path:
        """The store's folder."""
        return Path(self._native.path)

    def query(self, statement: str, *, memory: int | None = None, **parameters: Any) -> Result:
        """Asks one statement of the query language.

        Args:
            statement: ``"likn[lang in (en, zh), tau=0.3] by layer"``; with parameters, ``"kn[lang=$l] top $n"``.
            memory: bytes that the statement may take for its answer; a quarter of the machine's if not given.
            parameters: values of the statement's ``$names``: a text, a number, or a list of them. A text is never read as syntax.

        Returns:
            A lazy :class:`Result`.

        Raises:
            KndbError: the statement is not one, or cannot be answered from this store; ``error.span`` and ``error.hint`` say more.
        """
        return Result(self._open().query(statement, parameters, memory), self)

    def sql(self, statement: str, **parameters: Any) -> SqlResult:
        """Asks one statement of SQL. The tables are those of an export (``show tables``); ``kndb('likn by layer')`` asks in kndb's own language.

        Args:
            statement: ``"SELECT layer, avg(score) FROM scores WHERE rank <= 10 GROUP BY layer"``; parameters are ``$names``.
            parameters: a text or a number for each of them; a list for one that stands in ``IN ($names)``, or in ``kndb('…')``.

        Returns:
            A lazy :class:`SqlResult`.

        Raises:
            KndbError: the statement is not one, or names what is not there.
        """
        return SqlResult(self._open().sql(statement, parameters))

    def table(self, name: str) -> Table:
        """A table for sessions of the package ``datafusion``, which read it in place: ``ctx.register_table("scores", db.table("scores"))``.

        All tables at once are a schema: ``ctx.catalog().register_schema("store", db)``, then ``FROM store.scores``.

        Args:
            name: ``"scores"``, ``"sets"``, ``"entries"``, ``"groups"``, ``"facts"``, ``"labels"``, ``"runs"``, …; ``"b.scores"`` of a store that is
                attached as ``b``.

        Raises:
            KndbError: there is no such table.
        """
        return Table(self._open().table(name), name)

    def __datafusion_schema_provider__(self, session: object = None) -> object:
        """What ``register_schema`` of the package ``datafusion`` asks for: all tables of the store.

        Raises:
            KndbError: the package is of another major version than the DataFusion in kndb.
        """
        return self._open().__datafusion_schema_provider__(session)

    def prepare(self, statement: str) -> Statement:
        """Reads a statement once, to ask it with other values of its parameters again and again.

        Raises:
            KndbError: the text is no statement. Whether it can be answered from this store is found when it is asked.
        """
        return Statement(self._open().prepare(statement), self)

    def entries(
        self,
        *,
        run: str | Sequence[str] | None = None,
        lang: str | Sequence[str] | None = None,
        relation: str | Sequence[str] | None = None,
        fact: str | Sequence[str] | None = None,
    ) -> Result:
        """What was measured of each fact, language, prompt and run, a row each: the statement ``entries[...]``.

        Args:
            run: names of runs; none is needed where the store leaves no doubt which is meant.
            lang: codes of languages.
            relation: ids of relations.
            fact: ids of facts.

        Returns:
            A lazy :class:`Result`: among its columns ``p`` (the probability of the right object), ``answer``, ``correct``.
        """
        asked = {"run": run, "lang": lang, "relation": relation, "fact": fact}
        given: dict[str, Any] = {
            name: [value] if isinstance(value, str) else list(value) for name, value in asked.items() if value is not None
        }
        return self.query(f"entries[{', '.join(f'{name} in ${name}' for name in given)}]" if given else "entries", **given)

    def attach(self, path: str | os.PathLike[str], name: str) -> None:
        """Names another store for reading beside this one: ``name::kn`` in a statement is a set of it.

        Facts of two stores are the same where their ids are, neurons where layer and number are.

        Args:
            path: the other store's folder.
            name: letters a-z, digits and ``_``, no digit first.

        Raises:
            KndbError: the name is taken or cannot be one, or there is no store that can be read, or it is this one.
        """
        self._open().attach(path, name)

    def detach(self, name: str) -> None:
        """Forgets the name of an attached store.

        Raises:
            KndbError: no store has it.
        """
        self._open().detach(name)

    def serve(
        self,
        *,
        model: StrPath | Sequence[StrPath] = (),
        port: int | None = None,
        host: str | None = None,
        open: bool = False,
    ) -> Served:
        """Shows the store, and those that are attached, as pages in a browser, read only, while this process goes on; the command is ``kndb serve``.

        Called again it ends the server that it began before, and where no port is given the new one has that one's: pages that are open go on.

        Args:
            model: folder of a model of these runs, or several: the page of a neuron then shows the words that it promotes.
            port: 8765 if not given, or a free one if that is taken; 0 takes a free one.
            host: address or name to be reached by; 127.0.0.1, this machine alone, if not given. Whoever reaches another can read the store: a
                Python warning says so.
            open: open the first page in a browser.

        Returns:
            A :class:`Served`: ``.url``, ``.stop()``; a notebook shows its link.

        Raises:
            KndbError: nobody can listen there, or a model cannot be read.
        """
        native = self._open()
        if self._served is not None and self._served.running:
            port = self._served.port if port is None else port
            self._served.stop()
        models = [model] if isinstance(model, (str, os.PathLike)) else list(model)
        begun = native.serve(models, host, port)
        if begun.warning is not None:
            warnings.warn(begun.warning, stacklevel=2)
        self._served = Served(begun)
        if open:
            webbrowser.open(self._served.url)
        return self._served

    def run(
        self,
        name: str,
        *,
        model: str | None = None,
        layers: int | None = None,
        width: int | None = None,
        preset: str | None = None,
        tau: float | Mapping[str, float] | None = None,
        keep: str | float | None = None,
        score_type: Literal["f32", "f16", "bf16"] | None = None,
        method: str | None = None,
        parameters: Mapping[str, object] | None = None,
        weights_hash: str | None = None,
        if_exists: Literal["refuse", "skip", "replace"] = "refuse",
    ) -> Run:
        """Begins a run, or opens one for more: what is given must agree with it, and its name is enough.

        Args:
            name: its name, unique in the store.
            model: the model's name. All runs of one model have one shape.
            layers: feed-forward layers of the model.
            width: neurons of one feed-forward layer.
            preset: named thresholds: ``amig``, ``amig-paper``, ``amig-code``, ``kn`` or ``kn-eleuther``.
            tau: threshold as a share of a fact's largest score, where a query names none; or a dict with shares of languages, the
                others' under ``""``.
            keep: which scores are kept: ``"all"``, ``0.01`` or ``"share:0.01"`` (of the fact's largest), ``"top:100"``, ``"signed:share:0.01"``.
            score_type: precision of kept scores; halves change answers a little.
            method: how the scores come to be.
            parameters: parameters of the method, to be remembered.
            weights_hash: hash of the model's weights.
            if_exists: what becomes of an entry that the run has already.

        Raises:
            KndbError: the run is there with other parameters, or the model in another shape.
        """
        if (layers is None) != (width is None):
            raise ValueError(f"layers={layers}, width={width}; expected both or none")
        taus = dict(tau) if isinstance(tau, Mapping) else {}
        plain = taus.pop("", None) if isinstance(tau, Mapping) else tau
        rule = f"share:{keep!r}" if isinstance(keep, (int, float)) else keep
        said = [(str(key), str(value)) for key, value in (parameters or {}).items()]
        writer = self._open().run(
            name,
            model,
            None if layers is None or width is None else (layers, width),
            preset,
            (plain, list(taus.items())),
            (rule, score_type),
            (method, said, weights_hash),
            if_exists,
        )
        return Run(writer, name)

    def facts(
        self,
        source: Any = None,
        *,
        lang: str | None = None,
        relation: str | None = None,
        templates: Iterable[Mapping[str, str]] = (),
        names: Mapping[str, str] | None = None,
        skip_invalid: bool = False,
    ) -> dict[str, int]:
        """Adds facts with their labels in one commit; what is there already is no matter.

        Args:
            source: files or folders of a data set (mLAMA, LAMA, ParaRel, …; a path or several), or rows: a pandas or Polars frame, an Arrow table
                or stream, or dicts, with ``id``, ``relation``, ``lang``, ``subject``, ``object`` (or mLAMA's ``uuid``, ``predicate_id``,
                ``sub_label``, ``obj_label``), and, where known, ``sub_uri``, ``obj_uri``.
            lang: language of rows that do not say theirs.
            relation: relation of rows that do not say theirs.
            templates: prompt templates: dicts of ``relation``, ``lang``, ``text`` (``"[X] lies in [Y] ."``).
            names: what relations are called, in English: ``{"P36": "capital"}``.
            skip_invalid: of files, pass over rows that cannot be used.

        Returns:
            How many facts, labels and templates are new, and how many labels were changed or the same.
        """
        native = self._open()
        paths = _paths(source)
        texts = [(one["relation"], one.get("lang") or lang or "en", one["text"]) for one in templates]
        called = [(key, "en", name) for key, name in (names or {}).items()]
        if paths is None:
            return native.add_facts([] if source is None else fact_rows(source, lang, relation), texts, called)
        added = native.add_fact_files(paths, lang, skip_invalid)
        if texts or called:
            more = native.add_facts([], texts, called)
            added = {name: count + more[name] for name, count in added.items()}
        return added

    def runs(self) -> list[dict[str, Any]]:
        """The runs, oldest first: name, model, layers, width, method, thresholds, what is kept, languages, entries, state."""
        return list(json.loads(self._open().runs()))

    def relations(self) -> dict[str, str | None]:
        """Ids of relations, and what each is called (``{"P36": "capital"}``)."""
        return dict(self._open().relations())

    @property
    def labels(self) -> dict[str, int]:
        """Languages, and how many facts have labels in each."""
        return dict(self._open().labels())

    def sets(self) -> list[dict[str, Any]]:
        """Saved sets (``let``): name, the statement each was made from, kind (``pairs``, ``neurons``, ``facts``), members."""
        keys = ("name", "statement", "kind", "members")
        return [dict(zip(keys, row, strict=True)) for row in self._open().sets()]

    def __len__(self) -> int:
        """How many facts."""
        return self._open().fact_count()

    def __bool__(self) -> bool:
        return True

    def drop_run(self, name: str) -> int:
        """Deletes a run with all its scores; returns how many fact ids went with it that only it had brought."""
        return self._open().drop_run(name)

    def rename_run(self, old: str, new: str) -> None:
        """Gives a run another name."""
        self._open().rename_run(old, new)

    def backup(self, to: StrPath) -> BackedUp:
        """Copies the store, as it is now, into a folder that is a store, too; again into the same folder, what is new."""
        return BackedUp(*self._open().backup(to))

    def export(
        self,
        to: StrPath,
        format: ExportFormat = "parquet",
        *,
        runs: str | Sequence[str] | None = None,
        langs: str | Sequence[str] | None = None,
        relations: str | Sequence[str] | None = None,
    ) -> Exported:
        """Writes the store, as it is now, into a folder of files that others read; :func:`from_export` makes a store of one in Parquet again.

        The folder is there whole in the end, or not at all: Ctrl-C, an error or a full disk leave nothing.

        Args:
            to: a folder that is not there yet, or is empty.
            format: ``"parquet"``, ``"arrow"`` and ``"csv"`` are tables of everything; the others are files of their tools, and refuse what these
                cannot hold.
            runs: names of runs; all if not given.
            langs: codes of languages; all if not given.
            relations: ids or names of relations; all facts, those without a relation too, if not given.

        Raises:
            KndbError: the folder has something in it, something that is chosen is not there, or the format cannot hold it.
        """
        tables, notes = self._open().export(to, format, _names(runs), _names(langs), _names(relations))
        return Exported({name: ExportedTable(*counts) for name, *counts in tables}, notes)

    def merge(self, *sources: StrPath) -> dict[str, Any]:
        """Takes what other stores have: shards of a run from several machines, whole runs, facts.

        Returns:
            ``facts`` and ``labels`` that are new, and ``runs``: of each its name, new entries, entries that were there, whether it is complete.
        """
        facts, labels, runs = self._open().merge(sources)
        keys = ("name", "new", "same", "finished")
        return {"facts": facts, "labels": labels, "runs": [dict(zip(keys, run, strict=True)) for run in runs]}

    def verify(self) -> Verified:
        """Reads every byte and checks it."""
        return Verified(*self._open().verify())

    def compact(self) -> None:
        """Merges small segments into large ones."""
        self._open().compact()

    def close(self) -> None:
        """Lets go of the store, and ends what :meth:`serve` began. Results that were read whole stay readable."""
        if self._served is not None:
            self._served.stop()
        self._closed = True

    def _open(self) -> _kndb.Database:
        if self._closed:
            raise ValueError(f"the store {self.path} is closed; kndb.open() opens it again")
        return self._native

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<kndb.Database {str(self.path)!r}>"


def open(path: StrPath, read_only: bool = False) -> Database:
    """Opens a store.

    Args:
        path: its folder.
        read_only: refuse every change. Reading never writes, with or without this.

    Raises:
        KndbError: there is no store, or one of another format.
    """
    return Database(_kndb.Database.open(path, read_only))


def create(path: StrPath) -> Database:
    """Makes a store in a folder that is not there yet, or empty.

    Raises:
        KndbError: there is something already.
    """
    return Database(_kndb.Database.create(path))


def from_export(folder: StrPath, path: StrPath) -> Database:
    """Makes a store of a folder that :meth:`Database.export` or ``kndb export`` wrote in Parquet; it answers every statement as the first one did.

    Every byte of the export is checked before anything is made of it. Notes of what it lacks are Python warnings.

    Args:
        folder: the export, whole and unchanged.
        path: a folder that is not there yet, or an empty store.

    Raises:
        KndbError: a file of the export is missing, changed or one too many, it is of another format, or there is a store already.
    """
    _, notes = _kndb.from_export(folder, path)
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return open(path)


def _names(given: str | Sequence[str] | None) -> list[str]:
    """Names that are chosen; none if all are."""
    if given is None:
        return []
    names = [given] if isinstance(given, str) else list(given)
    if not names:
        raise ValueError("an empty list chooses nothing; None chooses all")
    return names


def _paths(source: Any) -> Sequence[StrPath] | None:
    if isinstance(source, (str, os.PathLike)):
        return [source]
    if isinstance(source, (list, tuple)) and source and all(isinstance(one, (str, os.PathLike)) for one in source):
        return source
    return None
