"""A saved draw: loading it, and replaying it from the register to see that nothing was altered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sampleaudit.analysis import Analysis
from sampleaudit.clusters import CLUSTER_PLAN_FORMAT
from sampleaudit.drawing import (
    Drawing,
    cluster_table,
    draw_in_stages,
    draw_rows,
    drawing_in_stages,
    strata_sampled,
    stratum_of_clusters,
)
from sampleaudit.errors import AuditError, first_few
from sampleaudit.files import canonical_json, read_csv_text, read_json, sha256_of_file
from sampleaudit.frame import Frame, build_frame
from sampleaudit.register import read_register
from sampleaudit.sample import (
    MANIFEST,
    SAMPLE_FORMAT,
    Sample,
    as_drawn,
    with_opened,
)

if TYPE_CHECKING:
    import pandas as pd

Difference = tuple[str, str, str]

_MANIFEST_KEYS: Final = ("seed", "plan", "reserve", "files")
_PLAN_KEYS: Final = (
    "case_id", "stratify_by", "domains", "analysis", "strata", "fingerprint", "not_cpr",
)  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Verification:
    """What replaying a draw showed: ``ok``, and every difference found."""

    folder: str
    cases: int
    seed: str
    _differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        """Whether the folder holds exactly the draw that seed and register give."""
        return not self._differences

    @property
    def differences(self) -> pd.DataFrame:
        """A row a difference: ``what``, ``expected`` (by the replay), ``found`` (in the folder)."""
        import pandas as pd

        return pd.DataFrame(list(self._differences), columns=["what", "expected", "found"])

    def __repr__(self) -> str:
        if self.ok:
            return f"Verified: the {self.cases} cases are those that seed {self.seed!r} draws."
        rows = "\n".join(
            f"  {what}: expected {expected}, found {found}"
            for what, expected, found in self._differences
        )
        return f"Not verified, {len(self._differences)} differences:\n{rows}"


def load_sample(folder: str | Path) -> Sample:
    """Load a sample that `Sample.save` wrote. Whether it is unaltered, `verify_draw` tells."""
    path = Path(folder)
    manifest = read_json(path / MANIFEST)
    if manifest.get("format") != SAMPLE_FORMAT or manifest.get("selection") != "drawn":
        raise AuditError(f"{path / MANIFEST} is not the record of a draw; nothing to load.")
    plan = read_json(path / "plan.json")
    _refuse_lacking(manifest, _MANIFEST_KEYS, path / MANIFEST)
    _refuse_lacking(plan, _PLAN_KEYS, path / "plan.json")
    columns = (plan["case_id"], *plan["stratify_by"], *plan["domains"], "order", "ticket")
    cases = _read_table(path / "sample.csv", columns, whole=["order"])
    drawing: Drawing | None = None
    if plan.get("format") == CLUSTER_PLAN_FORMAT:
        strata, drawing = _stages(plan, cases, path / "clusters.csv")
    else:
        strata = _strata(plan)
    sample = Sample(
        case_id=plan["case_id"],
        stratify_by=tuple(plan["stratify_by"]),
        domains=tuple(plan["domains"]),
        selection="drawn",
        analysis=Analysis.from_dict(plan["analysis"]),
        manifest=manifest,
        plan_record=plan,
        _strata=strata,
        _cases=cases,
        _reserve=_read_table(path / "reserve.csv", columns, whole=["order"]),
        _population=_read_table(
            path / "population.csv", (*columns[1:-2], "population"), whole=["population"]
        ),
        drawing=drawing,
    )
    return with_opened(sample, manifest.get("opened", ()))


def verify_draw(folder: str | Path, register: Any) -> Verification:
    """Replay the draw saved in ``folder`` from the register and name every difference.

    ``register`` is a data frame or the path of a register file. Compared are the files with their
    hashes in the manifest, the plan with its hash, the register with its fingerprint and stratum
    sizes, and every cluster and every case of sample and reserve with its place and ticket.
    """
    path = Path(folder)
    sample = as_drawn(load_sample(path))
    plan, seed = sample.plan_record, str(sample.manifest["seed"])
    if isinstance(register, str | Path):
        register = read_register(register, case_id=sample.case_id)
    frame = build_frame(
        register,
        case_id=sample.case_id,
        stratify_by=sample.stratify_by,
        domains=sample.domains,
        not_cpr=plan["not_cpr"],
    )
    differences = [
        *_changed_files(path, sample.manifest),
        *_changed_plan(sample),
        *_changed_register(frame, sample),
        *(
            _changed_cases(frame, sample, seed)
            if sample.drawing is None
            else _changed_stages(frame, sample, sample.drawing, seed)
        ),
    ]
    return Verification(str(path), sample.size, seed, tuple(differences))


def _changed_files(folder: Path, manifest: dict[str, Any]) -> list[Difference]:
    rows = []
    for name, digest in manifest["files"].items():
        file = folder / name
        found = sha256_of_file(file) if file.exists() else "no such file"
        if found != digest:
            rows.append((f"file {name}", f"SHA-256 {digest[:16]}...", found[:16]))
    return rows


def _changed_plan(sample: Sample) -> list[Difference]:
    digest = sha256(canonical_json(sample.plan_record)).hexdigest()
    if digest == sample.manifest["plan"]:
        return []
    return [("hash of plan.json", sample.manifest["plan"], digest)]


def _changed_register(frame: Frame, sample: Sample) -> list[Difference]:
    plan = sample.plan_record
    if frame.fingerprint == plan["fingerprint"]:
        return _changed_counts(frame.population, sample.population, "population.csv")
    changed = [("fingerprint of the register", plan["fingerprint"], frame.fingerprint)]
    planned = sample.strata.drop(columns="sampled")
    return changed + _changed_counts(planned, frame.strata, "the register")


def _changed_counts(
    expected: pd.DataFrame, found: pd.DataFrame | None, where: str
) -> list[Difference]:
    """Compare two tables of ``population`` counts by the columns before it."""
    before, after = _as_counts(expected), _as_counts(found)
    return [
        (
            f"cases in {' / '.join(label) or 'the caseload'} by {where}",
            str(before.get(label, 0)),
            str(after.get(label, 0)),
        )
        for label in sorted(before.keys() | after.keys())
        if before.get(label, 0) != after.get(label, 0)
    ]


def _as_counts(table: pd.DataFrame | None) -> dict[tuple[str, ...], int]:
    if table is None:
        return {}
    rows = table.itertuples(index=False, name=None)
    return {tuple(map(str, row[:-1])): int(row[-1]) for row in rows}


def _changed_cases(frame: Frame, sample: Sample, seed: str) -> list[Difference]:
    columns = list(sample.stratify_by)
    planned = {row[:-2]: row[-1] for row in sample.strata.itertuples(index=False, name=None)}
    labels = frame.strata[columns].itertuples(index=False, name=None)
    sampled = np.array([planned.get(tuple(label), 0) for label in labels] or [0])
    if not columns:
        sampled = sample.strata["sampled"].to_numpy()
    sampled = np.minimum(sampled, frame.strata["population"].to_numpy())
    reserve = float(sample.manifest["reserve"])
    cases, spare = draw_rows(frame, sampled, seed=seed, reserve=reserve)
    return [
        *_wrong_seed(sample, seed),
        *_compare(cases, sample.cases, columns, sample.case_id, "sample.csv"),
        *_compare(spare, sample.reserve, columns, sample.case_id, "reserve.csv"),
    ]


def _changed_stages(frame: Frame, sample: Sample, drawing: Drawing, seed: str) -> list[Difference]:
    """Replay a draw of clusters, and of cases within them."""
    column, plan = str(drawing.column), sample.plan_record
    clusters, rule = cluster_table(frame, column), plan["cases"]
    there = np.bincount(stratum_of_clusters(frame, clusters), minlength=len(frame.strata))
    planned = {
        tuple(str(row[name]) for name in sample.stratify_by): int(row["clusters_sampled"])
        for row in plan["strata"]
    }
    labels = frame.strata[list(sample.stratify_by)].itertuples(index=False, name=None)
    wanted = [planned.get(tuple(label), 0) for label in labels] or [planned.get((), 0)]
    sizes = clusters["population"].to_numpy(dtype=np.int64)
    if isinstance(rule, dict):  # a cluster that the plan does not know has no number
        sizes = np.minimum(sizes, [int(rule.get(name, 0)) for name in clusters[column]])
    elif rule != "all":
        sizes = np.minimum(sizes, np.int64(rule))
    drawn, spare, table = draw_in_stages(
        frame, clusters, column=column, drawn=np.minimum(wanted, there), cases=sizes, seed=seed,
        reserve=float(sample.manifest["reserve"]),
    )  # fmt: skip
    strata, within = list(sample.stratify_by), [*sample.stratify_by, column]
    return [
        *_wrong_seed(sample, seed),
        *_compare(table, drawing.table, strata, column, "clusters.csv"),
        *_compare(drawn, sample.cases, within, sample.case_id, "sample.csv"),
        *_compare(spare, sample.reserve, within, sample.case_id, "reserve.csv"),
    ]


def _wrong_seed(sample: Sample, seed: str) -> list[Difference]:
    """Say so where not one ticket is that of the seed."""
    held = sample.cases
    right = [
        ticket == sha256(f"{seed}|{case}".encode()).hexdigest()
        for case, ticket in zip(held[sample.case_id], held["ticket"], strict=True)
    ]
    if len(right) <= 1 or any(right):
        return []
    return [("seed", "the one that gives the tickets in sample.csv", repr(seed))]


def _compare(
    expected: pd.DataFrame, found: pd.DataFrame | None, within: list[str], name: str, file: str
) -> list[Difference]:
    """Name the places of one list where ``name``, ticket or labels differ.

    A place is the order within the values of the columns ``within``.
    """
    found = expected.iloc[:0] if found is None else found
    by_place, held = _places(expected, within), _places(found, within)
    what = "cluster" if file == "clusters.csv" else "case"
    rows: list[Difference] = []
    if len(held) < len(found):
        rows.append(
            (f"places in {file}", "each place once", f"{len(found)} rows, {len(held)} places")
        )
    for place in sorted(by_place.keys() | held.keys()):
        drawn, stored = by_place.get(place), held.get(place)
        where = f"{file}, {' / '.join(place[0]) or 'the caseload'}, place {place[1]}"
        if drawn is None or stored is None or drawn[name] != stored[name]:
            names = [row[name] if row else "nothing" for row in (drawn, stored)]
            rows.append((f"{what} at {where}", names[0], names[1]))
            continue
        rows += [
            (f"{column} of {drawn[name]} in {file}", str(drawn[column]), str(value))
            for column, value in stored.items()
            if str(drawn.get(column)) != str(value)
        ]
    return rows


def _places(table: pd.DataFrame, within: list[str]) -> dict[tuple[tuple[str, ...], int], Any]:
    records = table.to_dict(orient="records")
    return {
        (tuple(str(row[column]) for column in within), int(row["order"])): row for row in records
    }


def _stages(plan: dict[str, Any], cases: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, Drawing]:
    """Return the strata and the drawing of a sample of clusters."""
    import pandas as pd

    _refuse_lacking(plan, ("cluster", "cases"), path.with_name("plan.json"))
    columns, column = list(plan["stratify_by"]), str(plan["cluster"])
    numbers = ["population", "sampled", "order"]
    clusters = _read_table(path, [*columns, column, *numbers, "ticket"], whole=numbers)
    sizes = pd.DataFrame(plan["strata"], columns=[*columns, "population"])
    strata = strata_sampled(sizes, clusters)
    drawn = set(clusters[column][clusters["sampled"] > 0])
    strange = [name for name in cases[column] if name not in drawn]
    if strange:
        raise AuditError(
            f"sample.csv has cases of clusters that {path} does not call drawn: "
            f"{first_few(dict.fromkeys(strange))}. Put back the files that were saved."
        )
    return strata, drawing_in_stages(cases, clusters, strata, column=column)


def _strata(plan: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(plan["strata"], columns=[*plan["stratify_by"], "population", "sampled"])


def _read_table(path: Path, columns: Sequence[str], *, whole: Sequence[str]) -> pd.DataFrame:
    """Read a table of text with columns of whole numbers."""
    table = read_csv_text(path)
    _refuse_lacking(table.columns, columns, path)
    for column in whole:
        numbers = table[column].astype(str)
        if not numbers.str.fullmatch(r"\d+").all():
            raise AuditError(f"{path} has a value in {column!r} that is not a whole number.")
        table[column] = numbers.astype(np.int64)
    return table


def _refuse_lacking(found: Iterable[str], needed: Iterable[str], path: Path) -> None:
    lacking = [name for name in needed if name not in set(found)]
    if lacking:
        raise AuditError(f"{path} lacks {lacking[0]!r}; it is not the file that was saved.")
