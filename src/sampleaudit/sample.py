"""The sample: the draw and its reserve, saved so that anyone can replay it.

How tickets choose cases is in `sampleaudit.formulas.tickets`; `sampleaudit.replay` loads a saved
draw and verifies it; `sampleaudit.declared` is for samples that were drawn elsewhere.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from sampleaudit.analysis import Analysis
from sampleaudit.errors import AuditError
from sampleaudit.files import csv_bytes, pretty_json, read_json, replace_files
from sampleaudit.formulas.tickets import BATCH, rank_within, smallest_tickets, tickets
from sampleaudit.frame import Frame
from sampleaudit.plan import Plan

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Selection = Literal["drawn", "random", "chosen"]

SAMPLE_FORMAT: Final = "sampleaudit sample 1"
TICKET_RULE: Final = "SHA-256 of seed|case_id, the smallest in each stratum"
MANIFEST: Final = "manifest.json"
PROGRESS_FROM: Final = 1_000_000  # cases; hashing fewer takes about a second
_SEED_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the cases of a sample were drawn, where not simply case by case within strata.

    ``clusters``: the cluster of each case, from 0, None where every case is its own.
    ``cluster_population``: clusters of the register in each stratum, in the order of
    ``Sample.strata`` (inf: drawn with replacement, or as if). ``cluster_sizes``: cases of the
    register in each cluster, where cases were drawn within clusters, else None. ``weights``: cases
    of the register that each case stands for, None where the numbers drawn say it.
    """

    clusters: NDArray[np.intp] | None
    cluster_population: NDArray[np.float64]
    cluster_sizes: NDArray[np.float64] | None
    weights: NDArray[np.float64] | None


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """The cases to read and what is known of the caseload they stand for.

    Made by `draw`, `load_sample` or `declare_sample`. ``selection`` is ``"drawn"`` (here, and
    replayable), ``"random"`` (elsewhere, declared) or ``"chosen"`` (not random: it speaks for
    nothing but itself). ``analysis`` is what the plan bound. ``drawing`` is None for cases drawn at
    random within strata; with clusters or weights of their own it tells which.
    """

    case_id: str
    stratify_by: tuple[str, ...]
    domains: tuple[str, ...]
    selection: Selection
    analysis: Analysis
    manifest: dict[str, Any]
    plan_record: dict[str, Any]
    _strata: pd.DataFrame
    _cases: pd.DataFrame
    _reserve: pd.DataFrame
    _population: pd.DataFrame | None
    drawing: Drawing | None = None

    @property
    def cases(self) -> pd.DataFrame:
        """The cases to read: id, stratum and domain columns, ``order`` and ``ticket``."""
        return self._cases.copy()

    @property
    def reserve(self) -> pd.DataFrame:
        """The next cases of each stratum, in ticket order; ``order`` goes on from the sample's."""
        return self._reserve.copy()

    @property
    def strata(self) -> pd.DataFrame:
        """The stratum columns, ``population`` and ``sampled``, one row a stratum, in cases.

        ``population`` is nan where a sample of clusters, or with weights, does not tell.
        """
        return self._strata.copy()

    @property
    def population(self) -> pd.DataFrame | None:
        """Cases by stratum and domains; None where a declared sample does not tell."""
        return None if self._population is None else self._population.copy()

    @property
    def size(self) -> int:
        """Cases to read."""
        return len(self._cases)

    def save(self, folder: str | Path) -> None:
        """Write plan.json, sample.csv, reserve.csv, population.csv and manifest.json, or nothing.

        Raises `AuditError` if the folder holds another draw: a draw is never overwritten.
        """
        save_files(self, folder, {}, {})

    def __repr__(self) -> str:
        total = int(self._strata["population"].sum())
        how = {
            "drawn": f"drawn with seed {self.manifest.get('seed')!r}",
            "random": "drawn at random elsewhere",
            "chosen": "chosen, not drawn at random",
        }[self.selection]
        return f"Sample: {self.size} of {total} cases, {how}"


def draw(plan: Plan, *, seed: str, reserve: float = 0.2) -> Sample:
    """Draw the planned cases, and a reserve of the share ``reserve`` of each stratum's number.

    The seed is 1 to 200 printable ASCII characters without ``|``, learnt after the plan's public
    record was published. Same seed, same register: same sample, in any row order, on any machine.
    """
    check_seed(seed)
    if isinstance(reserve, bool) or not isinstance(reserve, int | float) or not reserve >= 0:
        raise AuditError(f"reserve is {reserve!r}; it must be a share of the sample, as 0.2.")
    frame, strata = plan.frame, plan.table
    cases, spare = draw_rows(frame, strata["sampled"].to_numpy(), seed=seed, reserve=reserve)
    return Sample(
        case_id=frame.case_id,
        stratify_by=frame.stratify_by,
        domains=frame.domains,
        selection="drawn",
        analysis=plan.analysis,
        manifest={
            "format": SAMPLE_FORMAT,
            "selection": "drawn",
            "seed": seed,
            "ticket_rule": TICKET_RULE,
            "reserve": float(reserve),
            "fingerprint": frame.fingerprint,
            "plan": plan.digest,
            "public_record": plan.public_record,
        },
        plan_record=plan.as_dict(),
        _strata=strata,
        _cases=cases,
        _reserve=spare,
        _population=frame.population,
    )


def refuse_clusters(sample: Sample, what: str) -> None:
    """Refuse a sample of clusters, or with weights of its own, for what counts cases by stratum."""
    if sample.drawing is not None:
        kind = "weights" if sample.drawing.clusters is None else "clusters"
        raise AuditError(
            f"{what} needs cases drawn one by one within strata, and this sample was declared with "
            f"{kind}. survey_means, survey_totals and survey_ratios fit it."
        )


def draw_rows(
    frame: Frame, sampled: NDArray[np.int64], *, seed: str, reserve: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ``sampled`` cases of each stratum of the frame, and the reserve behind them.

    A stratum's reserve is the share ``reserve`` of its number, rounded up, as far as it has cases.
    """
    cases, codes = frame.to_frame(), frame.stratum_codes
    spare = [math.ceil(number * reserve - 1e-9) for number in sampled]
    take = np.minimum(sampled + spare, frame.strata["population"].to_numpy())
    digests = tickets(seed, cases[frame.case_id].tolist(), progress=_progress(frame.size))
    rows = smallest_tickets(digests, codes, take)
    drawn = cases.iloc[rows].reset_index(drop=True)
    drawn["order"] = rank_within(codes[rows]) + 1
    drawn["ticket"] = [digests[row].tobytes().hex() for row in rows]
    chosen = drawn["order"].to_numpy() <= sampled[codes[rows]]
    return drawn[chosen].reset_index(drop=True), drawn[~chosen].reset_index(drop=True)


def check_seed(seed: object) -> None:
    """Refuse a seed that is not 1 to 200 printable ASCII characters without ``|``."""
    if not isinstance(seed, str):
        raise AuditError(f"seed is {seed!r}; it must be text, as 'council 2026-11-22, dice 4 1 6'.")
    printable = seed.isascii() and seed.isprintable()
    if not 1 <= len(seed) <= _SEED_LENGTH or not printable or "|" in seed:
        raise AuditError(
            f"seed is {seed!r}; it must be 1 to {_SEED_LENGTH} printable ASCII characters without "
            f"'|' (no Danish letters, no line break), so that everyone can type it."
        )


def save_files(
    sample: Sample,
    folder: str | Path,
    extra: Mapping[str, bytes],
    record: Mapping[str, Any],
) -> dict[str, Any]:
    """Write a drawn sample with ``extra`` files beside it, whole or not at all.

    ``record`` is added to the manifest. Returns the manifest as written: it holds the hash of every
    file and is replaced last.
    """
    if sample.population is None or sample.selection != "drawn":
        raise AuditError("Only a sample drawn here can be saved; this one was declared.")
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise AuditError(f"{path} is a file; give the folder to save into.")
    earlier = refuse_other_draw(sample, path)
    contents = {
        "plan.json": pretty_json(sample.plan_record),
        "sample.csv": csv_bytes(sample.cases),
        "reserve.csv": csv_bytes(sample.reserve),
        "population.csv": csv_bytes(sample.population),
        **extra,
    }
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    before: dict[str, str] = earlier.get("files", {})
    # Estimates made anew leave none of the old ones; saving the draw alone leaves them as they are.
    stale = [name for name in before if name not in contents] if extra else []
    manifest = {
        **sample.manifest,
        **record,
        "drawn_at": earlier.get("drawn_at", now),
        "files": {name: digest for name, digest in before.items() if name not in stale}
        | {name: sha256(content).hexdigest() for name, content in contents.items()},
    }
    path.mkdir(parents=True, exist_ok=True)
    replace_files(path, {**contents, MANIFEST: pretty_json(manifest)}, last=MANIFEST)
    for name in stale:
        if Path(name).name == name:
            (path / name).unlink(missing_ok=True)
    return manifest


def refuse_other_draw(sample: Sample, folder: Path) -> dict[str, Any]:
    """Return the folder's manifest if it is of this very draw, {} if it has none; else refuse."""
    if not (folder / MANIFEST).exists():
        return {}
    earlier = read_json(folder / MANIFEST)
    if "seed" not in earlier:
        return {}
    for name in ("seed", "plan", "reserve"):
        if earlier.get(name) != sample.manifest[name]:
            raise AuditError(
                f"{folder} already holds a draw with another {name}: {earlier.get(name)!r}, not "
                f"{sample.manifest[name]!r}. A draw is never overwritten; use another folder."
            )
    return earlier


def _progress(size: int) -> Callable[[Sequence[int]], Iterable[int]] | None:
    """Return what shows a progress bar while a large register is hashed."""
    if size < PROGRESS_FROM:
        return None
    from tqdm import tqdm

    def bar(batches: Sequence[int]) -> Iterable[int]:
        return tqdm(batches, desc="tickets", unit_scale=BATCH, unit=" cases")

    return bar
