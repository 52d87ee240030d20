"""What is said by stratum: names of strata for messages, and mappings stratum -> value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sampleaudit.errors import AuditError, first_few
from sampleaudit.frame import Frame

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stratum_labels(frame: Frame) -> list[str]:
    """Return each stratum's name for messages, as ``North / foster family``."""
    if not frame.stratify_by:
        return ["the caseload"]
    rows = frame.strata[list(frame.stratify_by)].itertuples(index=False, name=None)
    return [" / ".join(values) for values in rows]


def by_stratum(frame: Frame, values: Mapping[Any, Any], *, name: str) -> NDArray[np.float64]:
    """Return the values in the order of the frame's strata; refuse unknown and forgotten ones."""
    if not isinstance(values, Mapping):
        raise AuditError(f"{name} is {values!r}; it must be a mapping stratum -> number.")
    if not frame.stratify_by:
        raise AuditError(f"{name} is given by stratum, but the frame has no strata.")
    known = list(frame.strata[list(frame.stratify_by)].itertuples(index=False, name=None))
    given = {_as_key(key): value for key, value in values.items()}
    unknown = [" / ".join(key) for key in given if key not in set(known)]
    if unknown:
        raise AuditError(
            f"{name} names strata that the frame does not have: {first_few(unknown)}. The strata "
            f"are {first_few([' / '.join(key) for key in known])}."
        )
    forgotten = [" / ".join(key) for key in known if key not in given]
    if forgotten:
        raise AuditError(
            f"{name} leaves out {len(forgotten)} strata: {first_few(forgotten)}. Name every "
            f"stratum; write 0 where nothing is meant."
        )
    return np.array([as_number(given[key], name=name) for key in known])


def stratum_bounds(
    frame: Frame, minimum: int | Mapping[Any, int], maximum: int | Mapping[Any, int] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the fewest and most cases that each stratum may give; refuse what cannot be."""
    population = frame.strata["population"].to_numpy().astype(np.int64)
    bounds = []
    for name, given in (("minimum", minimum), ("maximum", maximum)):
        for value in given.values() if isinstance(given, Mapping) else [given]:
            if value is not None and not is_whole(value, least=0):
                raise AuditError(f"{name} is {value!r}; it must be a whole number, 0 or more.")
        each = by_stratum(frame, given, name=name) if isinstance(given, Mapping) else given
        bounds.append(population if each is None else np.minimum(each, population).astype(np.int64))
    if (bounds[0] > bounds[1]).any():
        raise AuditError("minimum is above maximum in a stratum; lower it there, or raise maximum.")
    return bounds[0], bounds[1]


def check_size(size: int, minimum: Any, least: NDArray[Any], most: NDArray[Any]) -> None:
    """Refuse a size that is not a whole number between the sums of ``least`` and ``most``."""
    if not is_whole(size, least=1):
        raise AuditError(f"size is {size!r}; it must be a whole number, 1 or more.")
    if size > (top := most.sum()):
        raise AuditError(
            f"size is {size}, but the frame has only {top} cases to give; ask for {top}."
        )
    if size < least.sum():
        kept = "their minimum" if isinstance(minimum, Mapping) else f"at least {minimum} cases each"
        need = f"{len(least)} strata with {kept} need {least.sum()}"
        raise AuditError(
            f"size is {size}, but {need}; ask for more, lower minimum or merge strata."
        )


def refuse_constant(spread: NDArray[np.float64]) -> None:
    """Refuse anticipated rates under which no stratum varies: ``spread`` is 0 in all of them."""
    if not spread.any():
        raise AuditError("anticipated says that no stratum varies; give rates between 0 and 1.")


def is_whole(value: Any, *, least: int) -> bool:
    """Tell whether a value is a whole number, ``least`` or more."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return whole and bool(value >= least)


def as_number(value: object, *, name: str) -> float:
    """Return a number; refuse text and truth values."""
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        return float(value)
    raise AuditError(f"{name} holds {value!r}; give numbers, one in six as 1/6.")


def _as_key(key: object) -> tuple[str, ...]:
    values = key if isinstance(key, tuple) else (key,)
    return tuple(str(value).strip() for value in values)
