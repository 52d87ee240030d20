"""Taking times in turns, a yardstick for this machine, peak memory, and tables to read."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

CORES = os.cpu_count()
_YARDSTICK = np.random.default_rng(20261122).random(1 << 17)


def seconds(work: Callable[[], object]) -> float:
    """Return how long one call takes, with the garbage of earlier ones collected first."""
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(
    first: Callable[[], object], second: Callable[[], object], *, rounds: int
) -> tuple[list[float], list[float]]:
    """Return the seconds of two pieces of work, measured one after the other, again and again.

    What else the machine does then falls on both alike, and their ratio by rounds is steady.
    """
    pairs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Return the median over the rounds of one time divided by the other."""
    return float(np.median(np.array(above) / np.array(below)))


def yardstick() -> None:
    """Do a fixed piece of numpy work: sort 131,072 numbers and transform them back and forth."""
    np.fft.irfft(np.fft.rfft(np.sort(_YARDSTICK)))


def forget_peak() -> None:
    """Start the peak of `peak_memory` anew (Linux; elsewhere nothing happens)."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5")  # proc(5): resets the peak resident set size


def peak_memory(*, now: bool = False) -> float:
    """Return the peak memory of this process since `forget_peak` (or that of now), in MiB.

    Read from the system, which costs the measured work nothing; nan where it does not tell. The
    figure of `resource.getrusage` would be the largest since the process began, whatever for.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["VmRSS" if now else "VmHWM"].split()[0]) / 1024


def show_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> None:
    """Print a table, its first column to the left, and what to read from it."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    print(f"\n{title}\n{'-' * len(title)}")
    for row in (head, *rows):
        cells = [
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    print(note)
