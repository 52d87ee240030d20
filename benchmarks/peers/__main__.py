"""Twenty indicators, overall and by 98 municipalities, by sampleaudit and its peers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from benchmarks.measuring import CORES, show_table
from benchmarks.survey import INDICATORS, made_up

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "build" / "peers"
PATIENCE: Final = 300  # seconds; a peer that would take longer is given fewer indicators
SIZES: Final = (10_000, 1_000_000)
GROWTH: Final = (
    (10_000, 5, 10), (40_000, 5, 10), (10_000, 20, 10), (10_000, 5, 100),
)  # fmt: skip


@dataclass(frozen=True)
class Software:
    """One way of making the estimates: the command, and the ending of the file that it reads."""

    name: str
    command: tuple[str, ...]
    reads: str = "parquet"


def main() -> None:
    """Print seconds, ratios and memory of each, and how they grow."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    everyone = there()
    print(f"{CORES} cores; " + ", ".join(f"{one.name}" for one in everyone))
    for cases in SIZES:
        rows = compared(everyone, cases)
        show_table(
            f"{INDICATORS} indicators x (overall + 98 municipalities), {cases:,} cases",
            ["software", "indicators run", "prepare s", "first call s", "later calls s", "all s",
             "all x ours", "later x ours", "memory above data MiB"],
            rows,
            f"Ratios to the first row. Who would take more than {PATIENCE} s was given fewer "
            f"indicators; its time is in proportion. A first call also loads and compiles; `all` "
            f"is preparing and a later call.",
        )  # fmt: skip
    show_table(
        "How the time grows, in seconds of estimating",
        ["software", *(f"{n:,} x {k} x {d}" for n, k, d in GROWTH)],
        grown(everyone),
        "Cases x indicators x domains.",
    )


def there() -> list[Software]:
    """Return the software that can be run here, ours first; say what cannot."""
    peers = str(FOLDER / "venv" / "bin" / "python")
    found = [
        Software("sampleaudit", (sys.executable, "-m", "benchmarks.peers.ours")),
        Software("its formulas", (sys.executable, "-m", "benchmarks.peers.our_formulas")),
    ]
    for name in ("svy", "samplics"):
        show = "from importlib.metadata import version; print(version('%s'))"
        version = said([peers, "-c", show % name]) if Path(peers).exists() else None
        if version:
            command = (peers, "-m", f"benchmarks.peers.by_{name}")
            found.append(Software(f"{name} {version}", command))
        else:
            print(f"{name} is not installed in {FOLDER.relative_to(ROOT)}: make bench-peers")
    script = str(Path(__file__).with_name("by_survey.R"))
    show = "cat(as.character(packageVersion('survey')))"
    version = said(["Rscript", "-e", show]) if shutil.which("Rscript") else None
    if version:
        found.append(Software(f"R survey {version}", ("Rscript", script), "csv"))
    else:
        print("R's survey package is not installed here.")
    return found


def compared(everyone: Sequence[Software], cases: int) -> list[list[str]]:
    """Return a row for each: what it took, for all indicators or in proportion."""
    data = written(cases)
    rows: list[list[str]] = []
    ours: dict[str, Any] = {}
    for one in everyone:
        number, found = as_many_as_it_can(one, data)
        if found is None:
            rows.append([one.name, "1", "", f"over {PATIENCE}", "", "", "", "", ""])
            continue
        estimate = found["estimate"] * INDICATORS / number
        total = found["prepare"] + estimate
        if not ours:
            ours = {"estimate": estimate, "total": total}
        rows.append(
            [
                one.name, str(number), f"{found['prepare']:.3f}",
                f"{found['first'] * INDICATORS / number:.3f}", f"{estimate:.3f}", f"{total:.3f}",
                f"{total / ours['total']:.1f}", f"{estimate / ours['estimate']:.1f}",
                f"{found['mib']:.0f}",
            ]
        )  # fmt: skip
    return rows


def grown(everyone: Sequence[Software]) -> list[list[str]]:
    """Return the seconds of estimating as cases, indicators and domains grow."""
    rows = []
    for one in everyone:
        times = []
        for cases, indicators, domains in GROWTH:
            found = measured(one, written(cases, domains), indicators)
            times.append(f"{found['estimate']:.2f}" if found else f"over {PATIENCE}")
        rows.append([one.name, *times])
    return rows


def as_many_as_it_can(one: Software, data: Path) -> tuple[int, dict[str, Any] | None]:
    """Run one indicator, then as many as will not take too long; stop if the numbers are wrong."""
    first = measured(one, data, 1)
    if first is None:
        return 1, None
    taken = first["prepare"] + first["first"] + 5 * first["estimate"] * (first["first"] < 10)
    number = int(min(INDICATORS, max(1, PATIENCE // taken)))
    found = first if number == 1 else measured(one, data, number)
    return (1, first) if found is None else (number, found)


def measured(one: Software, data: Path, indicators: int) -> dict[str, Any] | None:
    """Return what the process says; None if it took too long. Its numbers must be ours."""
    command = [*one.command, str(data.with_suffix(f".{one.reads}")), str(indicators)]
    try:
        done = subprocess.run(  # noqa: S603 -- our own commands
            command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=1.5 * PATIENCE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        sys.exit(f"{one.name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    known = KNOWN.setdefault((data.stem, indicators), found)
    for what in ("mean", "se"):
        np.testing.assert_allclose(found[what], known[what], rtol=1e-6, err_msg=one.name)
    return found


KNOWN: Final[dict[tuple[str, int], dict[str, Any]]] = {}


def written(cases: int, domains: int | None = None) -> Path:
    """Return the data file; strata and domains are the municipalities, or ``domains`` cross."""
    path = FOLDER / f"cases-{cases}-{domains or 'municipalities'}"
    data, strata, _, population = made_up(cases, crossing=domains is not None)
    table = pd.DataFrame({f"i{place:02d}": column for place, column in enumerate(data.T)})
    domain = strata if domains is None else np.random.default_rng(7).integers(0, domains, cases)
    table["id"] = [f"case {place}" for place in range(cases)]
    table["stratum"] = pd.Series([f"S{place:02d}" for place in strata], dtype=object)
    table["domain"] = pd.Series([f"D{place:03d}" for place in domain], dtype=object)
    table["w"] = (population / np.bincount(strata))[strata]
    table["N"] = population[strata].astype(int)
    table.to_parquet(path.with_suffix(".parquet"))
    numbers = {name: "int8" for name in table.columns if name.startswith("i") and name != "id"}
    table.astype(numbers).to_csv(path.with_suffix(".csv"), index=False)
    return path


def said(command: list[str]) -> str | None:
    """Return what a command prints; None if it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- ours
    return done.stdout.strip() if done.returncode == 0 else None


if __name__ == "__main__":
    main()
