"""Scores of any kind of array, as one contiguous array that the engine reads."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np


def contiguous(scores: object) -> tuple[str, np.ndarray[Any, Any], tuple[int, ...]]:
    """Type, values and shape of scores.

    Args:
        scores: a NumPy array, a torch tensor of any device (copied to the CPU), whatever speaks DLPack or the buffer
            protocol, or nested lists.

    Returns:
        ``"float16"``, ``"bfloat16"``, ``"float32"`` or ``"float64"``; the values in C order, halves as ``uint16``; their shape.

    Raises:
        TypeError: values that are no floating-point numbers.
    """
    if isinstance(scores, np.ma.MaskedArray):
        if np.ma.is_masked(scores):
            raise ValueError("some scores are masked; expected one for each neuron (`scores.filled(0)` says what they are)")
        scores = scores.data
    if hasattr(scores, "detach") and hasattr(scores, "cpu"):
        tensor: Any = scores
        tensor = tensor.detach().cpu().contiguous()
        if str(tensor.dtype) == "torch.bfloat16":
            import torch

            return "bfloat16", tensor.view(torch.uint16).numpy(), tuple(tensor.shape)
        scores = tensor.numpy()
    elif hasattr(scores, "__dlpack__") and not isinstance(scores, np.ndarray):
        try:
            scores = np.from_dlpack(scores)
        except (BufferError, RuntimeError) as refused:
            raise TypeError(f"scores of type {type(scores).__name__} cannot be read by DLPack: {refused}") from refused
    if isinstance(scores, (list, tuple)) and any(np.ma.is_masked(one) for one in scores):
        raise ValueError("some scores are masked; expected one for each neuron (`scores.filled(0)` says what they are)")
    array = np.asarray(scores)
    if array.dtype.kind in "iu" and not isinstance(scores, np.ndarray):
        # Lists of whole numbers are written by hand.
        array = array.astype(np.float64)
    name = array.dtype.name
    if name not in ("float16", "float32", "float64", "bfloat16"):
        found = "lists of different lengths" if name == "object" else f"scores of type {name}"
        raise TypeError(f"{found}; expected float16, bfloat16, float32 or float64 (`scores.astype(numpy.float32)` makes some)")
    array = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))
    return name, array.view(np.uint16) if name in ("float16", "bfloat16") else array, array.shape


def ordered(name: str, given: object) -> None:
    """Refuses what has no order of its own: its values would go to other facts than were meant."""
    if isinstance(given, (set, frozenset, dict)):
        raise TypeError(f"{name} is a {type(given).__name__}, which has no order; expected a list, one a fact")


def per_layer(name: str, given: object, entries: int, layers: int, batched: bool) -> list[float] | None:
    """What is said of layers, a value for each of ``entries · layers``.

    A number is for all. Of one entry, several are one a layer; of several entries, several are one an entry, and ``(entries, layers)`` one for each
    layer of each: so that no array has two meanings where there are as many entries as layers.
    """
    if given is None:
        return None
    if hasattr(given, "detach"):
        tensor: Any = given
        given = tensor.detach().cpu().float().numpy()
    if np.ma.is_masked(given):
        raise ValueError(f"some values of {name} are masked; NaN is one that is not known")
    ordered(name, given)
    array = np.asarray(given, dtype=np.float32)
    expected = (f"({entries},) for the entries, or ({entries}, {layers}) for their layers") if batched else f"({layers},) for the layers"
    if array.ndim and array.shape not in ([(entries,), (entries, layers)] if batched else [(layers,)]):
        raise ValueError(f"{name} of shape {array.shape}; expected a number, {expected}")
    if batched and array.ndim == 1:
        array = array[:, None]
    return [float(value) for value in np.broadcast_to(array, (entries, layers)).ravel()]


def per_entry(name: str, given: object, entries: int, batched: bool) -> list[Any] | None:
    """What is said of entries: one value for one entry; for several, a list of one for each, or a number for all."""
    if given is None:
        return None
    if not batched:
        return [given]
    if isinstance(given, (str, bytes)):
        raise TypeError(f"{name}={given!r}; expected {entries} of them, one a fact")
    if not hasattr(given, "__iter__"):
        return [given] * entries
    ordered(name, given)
    values = [value.item() if isinstance(value, np.generic) else value for value in given]
    if len(values) != entries:
        raise ValueError(f"{len(values)} values of {name}; expected {entries}, one a fact")
    return values


def texts(name: str, values: list[Any] | None) -> list[str | None] | None:
    """Values that are texts, or not known."""
    for value in values or ():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name}={value!r}; expected a text or None")
    return values


def whole(name: str, values: list[Any] | None, least: int, most: int) -> list[int | None] | None:
    """Values that are whole numbers within bounds, or not known."""
    if values is None:
        return None
    numbers = [None if value is None else _whole(name, value) for value in values]
    for number in numbers:
        if number is not None and not least <= number <= most:
            raise ValueError(f"{name}={number}; expected {least} to {most}")
    return numbers


def _whole(name: str, value: Any) -> int:
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}={value}; expected a whole number")
    try:
        return index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r}; expected a whole number") from None
