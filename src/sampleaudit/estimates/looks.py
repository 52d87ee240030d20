"""What is said of findings that were looked at more than once, as planned or not."""

from __future__ import annotations

from collections.abc import Sequence


def look_remarks(looks: Sequence[int], read: int, level: float, each: float) -> tuple[str, ...]:
    """Return what to say of an interval at one of several looks.

    ``read`` cases were read, the looks were planned at ``looks``; each interval is made at the
    level ``each``, so that all looks together hold with ``level``.
    """
    said = together_over_looks(looks, level, each)
    if not looks or read in looks:
        return said
    planned = ", ".join(map(str, looks))
    return (f"not as planned: looked at after {read} cases (plan: {planned})", *said)


def together_over_looks(looks: Sequence[int], level: float, each: float) -> tuple[str, ...]:
    """Return what makes all looks hold together, nothing where none is planned."""
    if not looks:
        return ()
    return (
        f"all {len(looks)} looks planned hold together with {100 * level:.4g}% (Bonferroni: each "
        f"is made at {100 * each:.5g}%)",
    )
