"""From a seed and a case id to a ticket; from tickets to the cases drawn.

A case's ticket is the SHA-256 digest of the UTF-8 bytes of ``seed + "|" + case_id``. Anyone with a
SHA-256 tool can compute it. In each stratum the cases with the smallest tickets are the sample, and
the next ones, in order, the reserve. Because a ticket depends on nothing but the seed and the case,
a larger sample contains the smaller one, and a case that leaves the register moves nobody else.
The construction is that of permanent random numbers (Ohlsson 1995) with public, replayable numbers
in place of stored ones, as in risk-limiting election audits (Stark; Rivest's consistent sampling).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

SEPARATOR: Final = "|"
DIGEST_BYTES: Final = 32
BATCH: Final = 1_024  # digests joined at a time: small enough to stay in the processor's cache
_TICKET_RANGE: Final = 2.0**64


def tickets(
    seed: str,
    case_ids: Sequence[str],
    *,
    progress: Callable[[Sequence[int]], Iterable[int]] | None = None,
) -> NDArray[np.uint8]:
    """Return the tickets of the cases as an array of shape ``(cases, 32)`` of bytes.

    ``progress`` wraps the range of batches of `BATCH` cases, for a progress bar.
    """
    # The digest of seed and bar is begun once and copied, which is faster than hashing it anew.
    begun = sha256((seed + SEPARATOR).encode())
    digests = np.empty((len(case_ids), DIGEST_BYTES), dtype=np.uint8)
    starts = range(0, len(case_ids), BATCH)
    for start in progress(starts) if progress else starts:
        batch = []
        for case_id in case_ids[start : start + BATCH]:
            ticket = begun.copy()
            ticket.update(case_id.encode())
            batch.append(ticket.digest())
        rows = np.frombuffer(b"".join(batch), np.uint8).reshape(-1, DIGEST_BYTES)
        digests[start : start + len(batch)] = rows
    return digests


def smallest_tickets(
    digests: NDArray[np.uint8],
    strata: NDArray[np.intp],
    take: NDArray[np.int64],
) -> NDArray[np.intp]:
    """Return the rows with the ``take[h]`` smallest tickets in each stratum h, in ticket order.

    ``digests`` has shape (cases, 32), ``strata`` the stratum number of each case, and ``take`` the
    number wanted from each stratum, at most its size. The result is ordered by stratum, then by
    ticket. Equal tickets keep the order of the rows, so rows sorted by id break ties by id.
    """
    words = digests.view(">u8")  # four words a digest, the most significant first
    candidates = _candidates(words[:, 0].astype(np.uint64), strata, take)
    chosen = words[candidates].astype(np.uint64)
    order = np.lexsort((chosen[:, 3], chosen[:, 2], chosen[:, 1], chosen[:, 0], strata[candidates]))
    ordered = candidates[order]
    rank = rank_within(strata[ordered])
    return ordered[rank < take[strata[ordered]]]


def _candidates(
    leading: NDArray[np.uint64], strata: NDArray[np.intp], take: NDArray[np.int64]
) -> NDArray[np.intp]:
    """Return rows, in row order, that surely include the smallest tickets of each stratum.

    Tickets are uniform, so those among the ``take`` smallest lie below about take/size of the
    range. A bar a good deal higher leaves few rows to sort; a stratum where it proves too low (it
    never does by chance) keeps all its rows.
    """
    sizes = np.bincount(strata, minlength=len(take))
    bar = (take + 8 * np.sqrt(take) + 16) / np.maximum(sizes, 1)
    limit = np.where(bar < 1, bar, 1.0) * (_TICKET_RANGE - 2048)  # floats below 2**64 end there
    below = (leading <= limit.astype(np.uint64)[strata]) | (bar >= 1)[strata]
    kept = np.bincount(strata[below], minlength=len(take))
    return np.flatnonzero(below | (kept < take)[strata])


def rank_within(strata: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the place of each row within its stratum, from 0, for rows sorted by stratum."""
    starts = np.flatnonzero(np.r_[True, strata[1:] != strata[:-1]]) if len(strata) else strata
    lengths = np.diff(np.r_[starts, len(strata)])
    return np.arange(len(strata)) - np.repeat(starts, lengths)
