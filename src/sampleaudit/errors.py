"""The one error for what a user can mend, and how it shows offending rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, Final

_SHOWN: Final = 5  # offending rows in a message: enough to find the cause, few enough to read


class AuditError(ValueError):
    """The data or the request cannot be used as it stands; the message says what to do.

    Anything else that the library raises is a fault of the library.
    """


class AuditNote(UserWarning):
    """Something was read in the only way it could be meant, and the user should know."""


def first_few(values: Iterable[object]) -> str:
    """Return the first offending values for a message: ``'A1', 'A2' and 3 more``."""
    rows = list(values)
    shown = ", ".join(
        repr(value) if isinstance(value, str) else str(value) for value in islice(rows, _SHOWN)
    )
    more = len(rows) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def one_of(name: str, value: Any, allowed: Sequence[str]) -> None:
    """Refuse ``value`` unless it is one of the ``allowed`` words."""
    if value not in allowed:
        words = ", ".join(repr(word) for word in allowed)
        raise AuditError(f"{name} is {value!r}; it must be one of {words}.")
