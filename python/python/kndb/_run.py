"""Scores into a run, from any thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import index
from types import TracebackType
from typing import Any, NamedTuple

from ._kndb import Writer
from ._scores import contiguous, ordered, per_entry, per_layer, texts, whole


class Appended(NamedTuple):
    """What :meth:`Run.append` did."""

    new: int
    """Entries that are in the run now and were not before."""
    replaced: int
    """Entries that took another's place (``if_exists="replace"``)."""
    skipped: int
    """Entries that were there already, and were passed over (``if_exists="skip"``)."""


class Run:
    """A run that is open for writing: ``with db.run("ig", model="bert-base", layers=12, width=3072) as run``.

    What :meth:`append` has returned from is durable: a kill or a power cut takes none of it. Leaving the ``with`` block marks the run complete;
    leaving it by an exception, or a kill, leaves the run open, and the same code goes on with it (``if_exists="skip"``, :meth:`has`).

    Several threads may append to one run at once; what they append one by one shares its commits, so four threads are faster than one.
    """

    def __init__(self, writer: Writer, name: str) -> None:
        self._writer = writer
        self.name = name

    @property
    def layers(self) -> int:
        """Feed-forward layers of the model."""
        return self._writer.shape[0]

    @property
    def width(self) -> int:
        """Neurons of a feed-forward layer."""
        return self._writer.shape[1]

    def append(
        self,
        fact: str | Sequence[str],
        lang: str | Sequence[str],
        scores: object,
        *,
        prompt: int | Sequence[int] = 0,
        p: object = None,
        baseline: object = None,
        residual: object = None,
        answer: str | Sequence[str | None] | None = None,
        rank: int | Sequence[int | None] | None = None,
        tokens: int | Sequence[int | None] | None = None,
    ) -> Appended:
        """Adds the scores of a fact, or of several; durable when it returns.

        A call is one commit: all of it is there, or nothing. For single facts, several threads share commits; batches of some tens of megabytes are
        fastest. Memory: about three times that of the scores.

        Args:
            fact: the fact's id in the data, or a list of ids. An id that the store does not know is registered without labels.
            lang: language code (``"en"``); for several facts one for all, or a list.
            scores: shape ``(layers, width)``, or ``(facts, layers, width)`` for several; NumPy or torch of any device, DLPack, buffers, nested lists;
                float16, bfloat16, float32 or float64 (kept as ``score_type`` says).
            prompt: number of the prompt template within (relation, language); one for all, or a list.
            p: probability of the right object with the activations as they are: one number, or ``(layers,)``; for several facts one number,
                ``(facts,)``, or ``(facts, layers)``.
            baseline: the same with the layer's activations at the baseline. Both are from 0 to 1; NaN is one that is not known.
            residual: Σ scores − (p − baseline), per layer; worked out from the scores if not given.
            answer: the model's first answer, as text; for several facts a list.
            rank: rank of the right object among the model's answers, from 1; for several facts a list, or one for all. Whether the model is right is known by it alone.
            tokens: number of tokens of the object; for several facts a list, or one for all.

        Returns:
            How many entries are new, took another's place, and were passed over.

        Raises:
            ValueError, TypeError: shapes or types that do not fit; nothing is added.
            KndbError: scores that are not finite, an entry that is there already (``if_exists="refuse"``), a full disk, …
        """
        layers, width = self._writer.shape
        kind, values, shape = contiguous(scores)
        batched = not isinstance(fact, str)
        facts = listed(fact)
        expected = (len(facts), layers, width) if batched else (layers, width)
        if shape != expected and not (not batched and shape == (1, layers, width)):
            meaning = "(facts, layers, width)" if batched else "(layers, width)"
            raise ValueError(f"scores of shape {shape}; expected {expected}: {meaning} of the run {self.name!r}")
        places = placed(facts, lang, prompt)
        if p is None and (baseline is not None or residual is not None):
            raise ValueError("baseline or residual without p; expected p with them")
        beside: Any = {
            "p": per_layer("p", p, len(facts), layers, batched),
            "baseline": per_layer("baseline", baseline, len(facts), layers, batched),
            "residual": per_layer("residual", residual, len(facts), layers, batched),
            "answer": texts("answer", per_entry("answer", answer, len(facts), batched)),
            "rank": whole("rank", per_entry("rank", rank, len(facts), batched), 1, 2**32 - 1),
            "tokens": whole("tokens", per_entry("tokens", tokens, len(facts), batched), 1, 2**16 - 1),
        }
        return Appended(*self._writer.append(places, kind, values, beside))

    def append_neurons(
        self,
        fact: str | Sequence[str],
        lang: str | Sequence[str],
        neurons: Iterable[Any],
        *,
        prompt: int | Sequence[int] = 0,
    ) -> Appended:
        """Adds knowledge neurons without scores; durable when it returns.

        Args:
            fact: the fact's id, or a list of ids.
            lang: language code; one for all, or a list.
            neurons: ``(layer, unit)`` pairs, both from 0; for several facts one iterable of them for each.
            prompt: number of the prompt template; one for all, or a list.
        """
        facts = listed(fact)
        sets = [neurons] if isinstance(fact, str) else list(neurons)
        if len(sets) != len(facts):
            raise ValueError(f"{len(sets)} sets of neurons for {len(facts)} facts")
        # Whole numbers only: a neuron 1.5 is a mistake, not neuron 1.
        pairs = [[(index(layer), index(unit)) for layer, unit in one] for one in sets]
        for layer, unit in (pair for one in pairs for pair in one):
            if layer < 0 or unit < 0:
                raise ValueError(f"neuron {layer}:{unit}; expected layers and units from 0")
        return Appended(*self._writer.append_neurons(placed(facts, lang, prompt), pairs))

    def has(self, fact: str, lang: str, prompt: int = 0) -> bool:
        """Whether the run has the entry already: a job that is resumed asks before it computes."""
        return self._writer.has(fact, lang, prompt)

    def finish(self) -> None:
        """Marks the run complete. :meth:`Database.run` opens it again, for more."""
        self._writer.finish()

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self._writer.leave()

    def __repr__(self) -> str:
        return f"<kndb.Run {self.name!r}, {self.layers} layers × {self.width}>"


def listed(fact: str | Sequence[str]) -> list[str]:
    """Ids of facts, in an order that is the caller's."""
    if isinstance(fact, str):
        return [fact]
    if isinstance(fact, (int, bytes)) or not hasattr(fact, "__iter__") or isinstance(fact, (set, frozenset, dict)):
        raise TypeError(f"fact={fact!r}; expected the fact's id as text, or a list of ids in the order of the scores")
    facts = list(fact)
    for one in facts:
        if not isinstance(one, str):
            raise TypeError(f"the fact {one!r} is of type {type(one).__name__}; expected its id as text (`str({one!r})`)")
    return facts


def placed(facts: list[str], lang: Any, prompt: Any) -> list[tuple[str, str, int]]:
    """Fact, language and prompt of each entry."""
    langs = spread("lang", lang, len(facts))
    for one in langs:
        if not isinstance(one, str):
            raise TypeError(f"lang={one!r}; expected a language's code as text")
    prompts = whole("prompt", spread("prompt", prompt, len(facts)), 0, 2**16 - 1) or []
    return [(fact, language, number or 0) for fact, language, number in zip(facts, langs, prompts, strict=True)]


def spread(name: str, given: Any, count: int) -> list[Any]:
    """One value for all, or one for each."""
    if isinstance(given, (str, int)) or not hasattr(given, "__iter__"):
        return [given] * count
    ordered(name, given)
    values = list(given)
    if len(values) != count:
        raise ValueError(f"{len(values)} values of {name}; expected 1 or {count}")
    return values
