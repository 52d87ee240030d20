"""The sample: the draw and its reserve, saved so that anyone can replay it.

How tickets choose cases is in `sampleaudit.formulas.tickets`; `sampleaudit.replay` loads a saved
draw and verifies it; `sampleaudit.declared` is for samples that were drawn elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from sampleaudit.analysis import Analysis
from sampleaudit.clusters import ClusterPlan
from sampleaudit.drawing import (
    Drawing,
    cluster_table,
    divide_rows,
    draw_in_stages,
    draw_rows,
    drawing_in_stages,
    join_rows,
    labels_of,
    strata_sampled,
)
from sampleaudit.errors import AuditError, first_few
from sampleaudit.files import csv_bytes, pretty_json, read_json, replace_files
from sampleaudit.plan import Plan

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Selection = Literal["drawn", "random", "chosen"]

SAMPLE_FORMAT: Final = "sampleaudit sample 1"
TICKET_RULE: Final = "SHA-256 of seed|case_id, the smallest in each stratum"
CLUSTER_RULE: Final = (
    "SHA-256 of seed|column<TAB>cluster, the smallest in each stratum; then SHA-256 of "
    "seed|case_id, the smallest in each of these clusters"
)
MANIFEST: Final = "manifest.json"
_SEED_LENGTH: Final = 200


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """The cases to read and what is known of the caseload they stand for.

    Made by `draw`, `load_sample` or `declare_sample`. ``selection`` is ``"drawn"`` (here, and
    replayable), ``"random"`` (elsewhere, declared) or ``"chosen"`` (not random: it speaks for
    nothing but itself). ``analysis`` is what the plan bound. ``drawing`` is None for cases drawn at
    random within strata; with clusters or weights of their own it tells which. In a sample of
    clusters the ``order`` of cases counts within their cluster.
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
        """The next cases of each stratum, in ticket order; ``order`` goes on from the sample's.

        In a sample of clusters: the next cases of each, and the cases of the next clusters.
        """
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
    def clusters(self) -> pd.DataFrame | None:
        """All clusters of the register, in ticket order by stratum; None if none were drawn here.

        The stratum columns, the cluster, ``population`` and ``sampled`` (cases; 0 where the cluster
        was not drawn), ``order`` and ``ticket``.
        """
        table = None if self.drawing is None else self.drawing.table
        return None if table is None else table.copy()

    @property
    def size(self) -> int:
        """Cases to read."""
        return len(self._cases)

    def save(self, folder: str | Path) -> None:
        """Write plan.json, sample.csv, reserve.csv, population.csv and manifest.json, or nothing.

        A sample of clusters also has clusters.csv: all clusters in ticket order. Raises
        `AuditError` if the folder holds another draw: a draw is never overwritten.
        """
        save_files(self, folder, {}, {})

    def __repr__(self) -> str:
        total = int(self._strata["population"].sum())
        places = self.clusters
        among = (
            ""
            if places is None
            else f" in {(places['sampled'] > 0).sum()} of {len(places)} clusters"
        )
        how = {
            "drawn": f"drawn with seed {self.manifest.get('seed')!r}",
            "random": "drawn at random elsewhere",
            "chosen": "chosen, not drawn at random",
        }[self.selection]
        return f"Sample: {self.size} of {total} cases{among}, {how}"


def draw(plan: Plan | ClusterPlan, *, seed: str, reserve: float = 0.2) -> Sample:
    """Draw the planned cases, and a reserve of the share ``reserve`` of each stratum's number.

    The seed is 1 to 200 printable ASCII characters without ``|``, learnt after the plan's public
    record was published. Same seed, same register: same sample, in any row order, on any machine.
    By a plan of clusters, these are drawn first, then cases within them; the reserve then has the
    next cases of each cluster and the cases of the next clusters, of either that share.
    """
    check_seed(seed)
    if isinstance(reserve, bool) or not isinstance(reserve, int | float) or not reserve >= 0:
        raise AuditError(f"reserve is {reserve!r}; it must be a share of the sample, as 0.2.")
    frame, strata = plan.frame, plan.table
    drawing: Drawing | None = None
    if isinstance(plan, ClusterPlan):
        cases, spare, table = draw_in_stages(
            frame, cluster_table(frame, plan.cluster), column=plan.cluster,
            drawn=plan.clusters_by_stratum, cases=plan.cases_by_cluster, seed=seed, reserve=reserve,
        )  # fmt: skip
        strata = strata_sampled(strata[[*frame.stratify_by, "population"]], table)
        drawing = drawing_in_stages(cases, table, strata, column=plan.cluster)
    else:
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
            "ticket_rule": TICKET_RULE if drawing is None else CLUSTER_RULE,
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
        drawing=drawing,
    )


def with_opened(sample: Sample, opened: Sequence[Mapping[str, Any]]) -> Sample:
    """Return the sample with cases of its reserve among those to read.

    ``opened`` is the log, an entry with ``case`` for each; those that are in the sample by now,
    since it was extended, stay. Raises `AuditError` for a case that is not in the reserve.
    """
    if not opened:
        return sample
    ids = [str(each["case"]) for each in opened]
    held = {*sample.reserve[sample.case_id], *sample.cases[sample.case_id]}
    strange = [case for case in ids if case not in held]
    if strange:
        raise AuditError(
            f"{first_few(strange)} was opened from the reserve, says the log, but is not in it. "
            f"Put back the files that were saved."
        )
    both = join_rows(sample.cases, sample.reserve)
    chosen = both[sample.case_id].isin({*sample.cases[sample.case_id], *ids})
    log = [dict(each) for each in opened]
    return _divided(sample, both, chosen.to_numpy(), {**sample.manifest, "opened": log})


def as_drawn(sample: Sample) -> Sample:
    """Return the sample without what was opened from its reserve later."""
    if not sample.manifest.get("opened"):
        return sample
    columns = list(sample.stratify_by)
    planned = {tuple(row[name] for name in columns): row["sampled"]
               for row in sample.plan_record["strata"]}  # fmt: skip
    both = join_rows(sample.cases, sample.reserve)
    chosen = both["order"].to_numpy() <= [planned[row] for row in labels_of(both, columns)]
    manifest = {key: value for key, value in sample.manifest.items() if key != "opened"}
    return _divided(sample, both, chosen, manifest)


def _divided(
    sample: Sample, both: pd.DataFrame, chosen: NDArray[np.bool_], manifest: dict[str, Any]
) -> Sample:
    """Return the sample with the ``chosen`` rows of sample and reserve to read."""
    strata = sample.strata
    cases, reserve, strata["sampled"] = divide_rows(both, chosen, strata, sample.stratify_by)
    return replace(sample, manifest=manifest, _strata=strata, _cases=cases, _reserve=reserve)


def refuse_clusters(sample: Sample, what: str) -> None:
    """Refuse a sample of clusters, or with weights of its own, for what counts cases by stratum."""
    if sample.drawing is not None:
        done = "drawn" if sample.selection == "drawn" else "declared"
        kind = "weights" if sample.drawing.clusters is None else "clusters"
        raise AuditError(
            f"{what} needs cases drawn one by one within strata, and this sample was {done} with "
            f"{kind}. survey_means, survey_totals and survey_ratios fit it."
        )


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
    drawn = as_drawn(sample)  # what was opened later is in the manifest's log
    contents = {
        "plan.json": pretty_json(sample.plan_record),
        "sample.csv": csv_bytes(drawn.cases),
        "reserve.csv": csv_bytes(drawn.reserve),
        "population.csv": csv_bytes(sample.population),
        **({} if sample.clusters is None else {"clusters.csv": csv_bytes(sample.clusters)}),
        **extra,
    }
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    before: dict[str, str] = earlier.get("files", {})
    # Estimates made anew leave none of the old ones; saving the draw alone leaves them as they are.
    stale = [name for name in before if name not in contents] if extra else []
    manifest = {
        **sample.manifest,
        **record,
        **({"planned_at": earlier["planned_at"]} if "planned_at" in earlier else {}),
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
        same = earlier.get("plan") == sample.manifest["plan"] and "planned_at" in earlier
        return {"planned_at": earlier["planned_at"]} if same else {}
    lost = _opened(earlier) - _opened(sample.manifest)
    if lost:
        raise AuditError(
            f"{folder} has {len(lost)} cases opened from the reserve that this sample lacks: "
            f"{first_few(sorted(lost))}. Go on from load_sample({str(folder)!r})."
        )
    extended = [each["plan"] for each in sample.manifest.get("extends", ())]
    for name in ("seed", "plan", "reserve"):
        if name == "plan" and earlier.get(name) in extended:
            continue
        if earlier.get(name) != sample.manifest[name]:
            raise AuditError(
                f"{folder} already holds a draw with another {name}: {earlier.get(name)!r}, not "
                f"{sample.manifest[name]!r}. A draw is never overwritten; use another folder."
            )
    return earlier


def _opened(manifest: Mapping[str, Any]) -> set[str]:
    return {str(each["case"]) for each in manifest.get("opened", ())}
