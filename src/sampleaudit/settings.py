"""An audit as a file: reading AUDIT.toml, and refusing what it cannot mean."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sampleaudit.analysis import as_columns
from sampleaudit.errors import AuditError
from sampleaudit.findings import OUTCOMES
from sampleaudit.ids import near_names
from sampleaudit.wording import LANGUAGES

_TEXT: Final = (str,)
_NAMES: Final = (str, list)
_NUMBER: Final = (int, float)
_SHARE: Final = (int, float, str)
_SIZES: Final = (
    "size", "counts", "cluster", "margin", "detect", "expected", "allowed", "compare", "budget",
)  # fmt: skip
_KEYS: Final[Mapping[str, Mapping[str, tuple[type, ...]]]] = MappingProxyType(
    {
        "register": {
            "file": _TEXT, "case_id": _TEXT, "sheet": _TEXT, "source": _TEXT,
            "extracted": (str, dt.date), "expected_size": (int,), "excluded": (dict,),
            "not_cpr": _TEXT,
        },
        "frame": {"stratify_by": _NAMES, "domains": _NAMES},
        "plan": {
            "size": (int,), "counts": (dict,), "cluster": _TEXT, "clusters": (int, dict),
            "cases": (int, str, dict), "allocation": _TEXT, "minimum": (int,),
            "anticipated": (int, float, str, dict), "costs": (dict,), "level": _NUMBER,
            "side": _TEXT, "method": _TEXT, "missing": _TEXT, "by": _NAMES,
            "tolerable": (int, float, str), "seed_source": _TEXT, "margin": _SHARE,
            "applicable": (int, float, str, dict), "detect": _SHARE, "power": _NUMBER,
            "expected": _SHARE, "allowed": (int,), "compare": (dict,), "budget": _NUMBER,
            "objective": _SHARE, "looks": (list,),
        },
        "draw": {"seed": _TEXT, "reserve": _NUMBER},
        "findings": {"file": _TEXT, "sheet": _TEXT, "indicators": (list, dict), "blank": _TEXT},
        "truth": {"file": _TEXT, "sheet": _TEXT, "indicators": (list, dict), "blank": _TEXT},
        "report": {
            "by": _NAMES, "language": _TEXT, "title": _TEXT, "suppress": (int,),
            "compare": _NAMES, "names": (dict,),
        },
    }
)  # fmt: skip
_REQUIRED: Final = {
    "register": ("file", "case_id"),
    "findings": ("file",),
    "truth": ("file",),
}


@dataclass(frozen=True, slots=True)
class Recode:
    """How one indicator stands in a table: its column, and the outcome of each of its values."""

    indicator: str
    column: str
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """A table of answers: its path, and which indicators to take from it."""

    path: Path
    sheet: str | None
    names: tuple[str, ...] | None
    recodes: tuple[Recode, ...]
    blank: str | None


@dataclass(frozen=True, slots=True)
class Settings:
    """What AUDIT.toml says, checked; paths are absolute. Tables that are absent are empty."""

    path: Path
    register: Mapping[str, Any]
    register_path: Path
    stratify_by: tuple[str, ...]
    domains: tuple[str, ...]
    plan: Mapping[str, Any]
    seed: str | None
    reserve: float
    findings: AnswerFile | None
    truth: AnswerFile | None
    report_by: tuple[str, ...]
    language: str
    report: Mapping[str, Any]


def read_settings(path: str | Path) -> Settings:
    """Read AUDIT.toml. Raises `AuditError` for what is missing, misspelt or of the wrong kind."""
    file = Path(path).resolve()
    tables = _load(file)
    _check_tables(tables, file.name)
    register, plan = tables["register"], dict(tables.get("plan", {}))
    frame, report, draw = (tables.get(name, {}) for name in ("frame", "report", "draw"))
    report_by = as_columns(report.get("by", ()), name="[report] by")
    if "margin" in plan:  # it holds in the domains of [plan] by, not in all that are reported by
        plan["margin_by"] = as_columns(plan.get("by", ()), name="[plan] by")
    plan["by"] = as_columns(plan.get("by", report_by), name="[plan] by")
    for key in ("anticipated", "tolerable", "applicable"):
        if key in plan:
            plan[key] = _rates(plan[key], key)
    for key in ("counts", "costs", "anticipated", "clusters", "applicable"):
        if isinstance(plan.get(key), dict):
            plan[key] = {_stratum(label): value for label, value in plan[key].items()}
    if sum(key in plan for key in _SIZES) != 1:
        raise AuditError(
            f"[plan] in {file.name} must have one of size, the number of cases to draw, counts, "
            f"the number by stratum, and cluster, the column of the clusters to draw first; or "
            f"what the size is worked out for: margin, detect, expected or allowed (with "
            f"tolerable), compare, budget."
        )
    language = report.get("language", "en")
    if language not in LANGUAGES:
        raise AuditError(f"[report] language is {language!r}; it must be 'en' or 'da'.")
    return Settings(
        path=file,
        register=register,
        register_path=file.parent / register["file"],
        stratify_by=as_columns(frame.get("stratify_by", ()), name="[frame] stratify_by"),
        domains=as_columns(frame.get("domains", ()), name="[frame] domains"),
        plan=plan,
        seed=draw.get("seed"),
        reserve=draw.get("reserve", 0.2),
        findings=_answers(tables, "findings", file),
        truth=_answers(tables, "truth", file),
        report_by=report_by,
        language=language,
        report=_report(report),
    )


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise AuditError(
            f"There is no file {file}. `sampleaudit example FOLDER` writes an audit to start from."
        ) from None
    except IsADirectoryError:
        raise AuditError(f"{file} is a folder; give the file, as {file.name}/audit.toml.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as mistake:
        raise AuditError(f"{file.name} is not valid TOML: {mistake}.") from None


def _check_tables(tables: Mapping[str, Any], name: str) -> None:
    for table, keys in tables.items():
        if table not in _KEYS:
            raise AuditError(
                f"{name} has a part [{table}] that means nothing{near_names(table, _KEYS)}"
            )
        if not isinstance(keys, dict):
            raise AuditError(f"{table} in {name} must be a part of its own: [{table}].")
        for key, value in keys.items():
            allowed = _KEYS[table].get(key)
            if allowed is None:
                raise AuditError(
                    f"[{table}] in {name} has a key {key!r} that means nothing"
                    f"{near_names(key, _KEYS[table])}"
                )
            if not isinstance(value, allowed) or isinstance(value, bool):
                kinds = {str: "text", int: "a whole number", float: "a number", list: "a list",
                         dict: "a table", dt.date: "a date"}  # fmt: skip
                meant = " or ".join(dict.fromkeys(kinds[kind] for kind in allowed))
                raise AuditError(f"[{table}] {key} in {name} is {value!r}; it must be {meant}.")
    for table, required in _REQUIRED.items():
        for key in required:
            if (table == "register" or table in tables) and key not in tables.get(table, {}):
                raise AuditError(f"[{table}] in {name} lacks {key!r}.")


def _answers(tables: Mapping[str, Any], name: str, file: Path) -> AnswerFile | None:
    table = tables.get(name)
    if table is None:
        return None
    indicators = table.get("indicators")
    recodes: tuple[Recode, ...] = ()
    if isinstance(indicators, dict):
        recodes = tuple(_recode(key, value, name) for key, value in indicators.items())
    return AnswerFile(
        path=file.parent / table["file"],
        sheet=table.get("sheet"),
        names=as_columns(indicators, name=f"[{name}] indicators")
        if isinstance(indicators, list)
        else None,
        recodes=recodes,
        blank=table.get("blank"),
    )


def _recode(indicator: str, value: Any, name: str) -> Recode:
    where = f"[{name}.indicators.{indicator!r}]"
    if not isinstance(value, dict) or not isinstance(value.get("column"), str):
        raise AuditError(f"{where} must name its column, as column = 'sch.wide'.")
    values: dict[str, str] = {}
    for outcome, written in value.items():
        if outcome == "column":
            continue
        if outcome not in OUTCOMES:
            raise AuditError(f"{where} has an outcome {outcome!r}{near_names(outcome, OUTCOMES)}")
        for each in written if isinstance(written, list) else [written]:
            values[str(each)] = outcome
    if not values:
        raise AuditError(f"{where} must say which value is an error, as error = 'No'.")
    return Recode(indicator, value["column"], values)


def _report(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return title, suppress, columns to compare by, and names by language."""
    names = report.get("names", {})
    for language, table in names.items():
        if language not in LANGUAGES or not isinstance(table, dict):
            raise AuditError(
                f"[report.names] has {language!r}; names stand by language, as [report.names.da]."
            )
        for old, new in table.items():
            if not isinstance(new, str) or not new.strip():
                raise AuditError(f"[report.names.{language}] {old!r} is {new!r}; give a name.")
    return {
        "title": report.get("title"),
        "suppress": report.get("suppress"),
        "compare": as_columns(report.get("compare", ()), name="[report] compare"),
        "names": names,
    }


def _rates(value: Any, key: str) -> Any:
    """Return a rate, or rates by stratum, as numbers; ``"1/6"`` is a rate too."""
    if isinstance(value, dict):
        return {label: _rates(each, key) for label, each in value.items()}
    try:
        return float(Fraction(value)) if isinstance(value, str) else float(value)
    except (ValueError, ZeroDivisionError, TypeError):
        raise AuditError(f"[plan] {key} is {value!r}; write a rate as 0.17 or '1/6'.") from None


def _stratum(label: str) -> tuple[str, ...]:
    """Return the values of a stratum written as ``North / foster family``."""
    return tuple(part.strip() for part in label.split(" / "))
