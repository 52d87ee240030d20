"""A made-up city's placement cases whose every error is known: for examples, tests and teaching.

Nothing here is real: not the city, not its districts, not a case. What is true of the data: one
child assessment in six is missing, one action plan in ten, some districts do worse than others, the
law changed on the way, some files cannot be produced, and hardly a file is free of errors.

Chance comes from SHA-256 of the seed and the case, and never from a random number generator, so
that the data stay the same byte for byte with every version of every package.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import click

from sampleaudit.errors import AuditError
from sampleaudit.files import csv_bytes, replace_files
from sampleaudit.frame import build_frame
from sampleaudit.plan import plan_sample
from sampleaudit.sample import draw

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE_SEED: Final = "sampleaudit example"
EXAMPLE_SIZE: Final = 1112
EXCLUDED: Final[Mapping[str, int]] = MappingProxyType(
    {"closed before 2023": 14, "registered twice": 5}
)
"""Cases that the made-up extract left out, by reason."""

COLUMNS: Final = (
    "case_id",
    "district",
    "placement",
    "placement_kind",
    "age_group",
    "decision_date",
    "law",
)
"""The columns of the register, all text."""

DISTRICTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "Aftenlund": 0.07,
        "Birkeklint": 0.12,
        "Dugmark": 0.06,
        "Fyrhale": 0.10,
        "Glarvang": 0.16,
        "Hejrevænge": 0.11,
        "Kvistholm": 0.08,
        "Møllesund": 0.14,
        "Rimtoft": 0.05,
        "Stormhave": 0.11,
    }
)
"""The fictional districts of the fictional city, and their shares of the cases."""

PLACEMENTS: Final[Mapping[str, tuple[str, float]]] = MappingProxyType(
    {
        "foster family": ("family", 0.46),
        "network foster family": ("family", 0.10),
        "residential home": ("outside family", 0.32),
        "boarding school": ("outside family", 0.06),
        "own room": ("outside family", 0.06),
    }
)
"""Kinds of placement (after the Danish Barnets lov, section 43), their group, and their shares."""

AGE_GROUPS: Final = ("0 to 5", "6 to 11", "12 to 17")  # "6-11" would be a date in a spreadsheet
FIRST_DECISION: Final = dt.date(2023, 1, 1)
LAST_DECISION: Final = dt.date(2025, 12, 31)
NEW_LAW: Final = dt.date(2024, 1, 1)  # decisions from this day follow Barnets lov
FOLLOW_UP_DUE: Final = dt.timedelta(days=92)  # no follow-up is due in the first three months
NOTIFIED: Final = 0.4  # share of cases in which there was a notification to assess
MISSING_FILES: Final = 0.015


@dataclass(frozen=True, slots=True)
class _Duty:
    """The rate of one error, a share of 1, and what it is multiplied by in some of the cases."""

    rate: float
    districts: Mapping[str, float] = field(default_factory=dict)
    outside_family: float = 1.0
    old_law: float = 1.0


_DUTIES: Final[Mapping[str, _Duty]] = MappingProxyType(
    {
        "assessment missing": _Duty(
            0.132, {"Glarvang": 1.9, "Rimtoft": 2.2, "Birkeklint": 0.4}, outside_family=1.1
        ),
        "action plan missing": _Duty(0.063, {"Møllesund": 2.0, "Dugmark": 0.3}, old_law=1.7),
        "child not heard": _Duty(0.42, {"Aftenlund": 0.6, "Stormhave": 1.4}, outside_family=0.8),
        "follow-up late": _Duty(0.68, {"Kvistholm": 0.7, "Glarvang": 1.2}),
        "visits missing": _Duty(0.58, {"Fyrhale": 0.6, "Rimtoft": 1.4}, outside_family=1.2),
        "notification not assessed in time": _Duty(0.3, {"Hejrevænge": 1.8, "Birkeklint": 0.5}),
    }
)
INDICATORS: Final = tuple(_DUTIES)
"""The six errors that reviewers look for, named by the error."""


def placement_register(*, seed: str, size: int = EXAMPLE_SIZE) -> pd.DataFrame:
    """Make the register: one row a case, all columns text, in no useful order.

    ``placement`` is "family" or "outside family", ``placement_kind`` says more; ``decision_date``
    is ISO; ``law`` is the one that the decision follows. The other columns are in `COLUMNS`.
    Raises `AuditError` for a size below 1.
    """
    import pandas as pd

    if size < 1:
        raise AuditError(f"size is {size}; a register has at least one case.")
    rows = [_case(seed, number) for number in range(size)]
    rows.sort(key=lambda row: row["decision_date"])
    journal = 0
    for number, row in enumerate(rows):
        journal += 1 + int(9 * _chance(seed, "journal", number))  # other cases lie between
        row["case_id"] = f"ANB-{row['decision_date'][2:4]}-{journal:05d}"
    rows.sort(key=lambda row: _chance(seed, "order", row["case_id"]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def placement_findings(register: pd.DataFrame, *, seed: str) -> pd.DataFrame:
    """Make the truth: what a reviewer without error would find in every case of the register.

    Returns ``case_id`` and a column per indicator with "error", "correct", "not applicable" or
    "missing file". A case's findings depend on the seed, its id and its own row, not on the other
    rows. Raises `AuditError` if a column of `placement_register` is missing.
    """
    import pandas as pd

    needed = ("case_id", "district", "placement", "decision_date")
    for column in needed:
        if column not in register.columns:
            raise AuditError(
                f"The register has no column {column!r}; take one that placement_register made."
            )
    cases = register.loc[:, list(needed)].itertuples(index=False, name=None)
    return pd.DataFrame(
        [{"case_id": case[0]} | _outcomes(seed, *case) for case in cases],
        columns=["case_id", *INDICATORS],
    )


def write_example(folder: str | Path) -> None:
    """Write the example audit: ``caseload.csv``, ``truth.csv``, ``findings.csv``, ``audit.toml``.

    ``findings.csv`` has the truth of the cases that the seed of ``audit.toml`` draws, as if they
    had been read. The folder is made if it is not there; files of these names are replaced.
    """
    register = placement_register(seed=EXAMPLE_SEED)
    truth = placement_findings(register, seed=EXAMPLE_SEED)
    audit = _audit_file(len(register))
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    replace_files(
        place,
        {
            "caseload.csv": csv_bytes(register),
            "truth.csv": csv_bytes(truth),
            "findings.csv": csv_bytes(_drawn_findings(register, truth, audit)),
            "audit.toml": audit.encode(),
        },
    )


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write the made-up example audit into FOLDER."""
    write_example(folder)
    click.echo(f"Wrote caseload.csv, truth.csv, findings.csv and audit.toml to {folder}")


def _drawn_findings(register: pd.DataFrame, truth: pd.DataFrame, audit: str) -> pd.DataFrame:
    """Return the rows of the truth that the audit draws, in the order of the draw."""
    settings = tomllib.loads(audit)
    frame = build_frame(register, case_id="case_id", **settings["frame"])
    sample = draw(plan_sample(frame, settings["plan"]["size"]), seed=settings["draw"]["seed"])
    return truth.set_index("case_id").loc[sample.cases["case_id"]].reset_index()


def _case(seed: str, number: int) -> dict[str, str]:
    """Return one row of the register, without its id."""
    kinds = {kind: share for kind, (_, share) in PLACEMENTS.items()}
    kind = _choice(kinds, _chance(seed, "placement", number))
    days = (LAST_DECISION - FIRST_DECISION).days + 1
    decided = FIRST_DECISION + dt.timedelta(int(days * _chance(seed, "decision", number)))
    shares = (0.2, 0.3, 0.5)
    if kind in ("boarding school", "own room"):
        shares = (0, 0, 1)  # for the oldest only
    elif kind == "residential home":
        shares = (0.08, 0.27, 0.65)
    ages = dict(zip(AGE_GROUPS, shares, strict=True))
    return {
        "district": _choice(DISTRICTS, _chance(seed, "district", number)),
        "placement": PLACEMENTS[kind][0],
        "placement_kind": kind,
        "age_group": _choice(ages, _chance(seed, "age", number)),
        "decision_date": decided.isoformat(),
        "law": "Barnets lov" if decided >= NEW_LAW else "Serviceloven",
    }


def _outcomes(
    seed: str, case_id: str, district: str, placement: str, decision_date: str
) -> dict[str, str]:
    if _chance(seed, "file", case_id) < MISSING_FILES:
        return dict.fromkeys(INDICATORS, "missing file")
    decided = dt.date.fromisoformat(decision_date)
    applies = {
        "follow-up late": decided + FOLLOW_UP_DUE <= LAST_DECISION,
        "notification not assessed in time": _chance(seed, "notified", case_id) < NOTIFIED,
    }
    outcomes = {}
    for indicator, duty in _DUTIES.items():
        rate = duty.rate * duty.districts.get(district, 1)
        rate *= duty.outside_family if placement == "outside family" else 1
        rate *= duty.old_law if decided < NEW_LAW else 1
        wrong = _chance(seed, indicator, case_id) < rate
        found = "error" if wrong else "correct"
        outcomes[indicator] = found if applies.get(indicator, True) else "not applicable"
    return outcomes


def _chance(seed: str, *what: object) -> float:
    """Return a number in [0, 1) that depends on nothing but the seed and what it is for."""
    digest = sha256("|".join(map(str, (seed, *what))).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def _choice(shares: Mapping[str, float], chance: float) -> str:
    """Return the label in whose share of [0, 1) the chance falls."""
    labels = list(shares)
    bounds = [0.0]
    for share in shares.values():
        bounds.append(bounds[-1] + share)
    for label, (low, high) in zip(labels, pairwise(bounds), strict=True):
        if low <= chance < high:
            return label
    return labels[-1]  # shares that add up to a hair less than 1


def _audit_file(size: int) -> str:
    excluded = ", ".join(f'"{reason}" = {count}' for reason, count in EXCLUDED.items())
    return f"""\
# An audit of made-up placement cases. Everything here is fictional; truth.csv tells what a
# faultless review of all cases would find. In a real audit there is no [truth], and the seed is
# not written here but becomes known only after the plan is published. These dice were picked so
# that the sample comes near the truth of one in six and one in ten: what nobody could have done
# with a plan that was published before they were thrown.

[register]
file = "caseload.csv"
case_id = "case_id"
source = "fictional case system, extract of placement cases"
extracted = 2026-01-15
expected_size = {size + sum(EXCLUDED.values())}
excluded = {{ {excluded} }}

[frame]
stratify_by = ["district", "placement"]
domains = ["age_group", "placement_kind", "law"]

[plan]
size = 240
level = 0.95
method = "profile"
missing = "error"
seed_source = "dice thrown at the council meeting of 2026-02-07"

[draw]
seed = "council meeting 2026-02-07, dice 3 4 2 1 2"

[findings]
file = "findings.csv"

[truth]
file = "truth.csv"

[report]
by = ["district"]
language = "en"
compare = ["district"]                 # each with all the others

[report.names.da]                      # what a report in Danish calls them
"assessment missing" = "manglende undersøgelse"
"action plan missing" = "manglende handleplan"
"child not heard" = "manglende børnesamtale"
"follow-up late" = "for sen opfølgning"
"visits missing" = "manglende tilsynsbesøg"
"notification not assessed in time" = "underretning ikke vurderet til tiden"
district = "distrikt"
placement = "anbringelse"
family = "familiepleje"
"outside family" = "uden for familiepleje"
"closed before 2023" = "afsluttet før 2023"
"registered twice" = "registreret to gange"
"fictional case system, extract of placement cases" = "opdigtet fagsystem, anbringelsessager"
"dice thrown at the council meeting of 2026-02-07" = "terninger kastet på rådsmødet 2026-02-07"
"""


if __name__ == "__main__":
    main()
