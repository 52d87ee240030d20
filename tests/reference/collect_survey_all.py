"""Make survey_all.json: the numbers of R's survey package that test_survey_all.py compares.

    python collect_survey_all.py FOLDER        (the folder with one JSON file of R's answers a case)

Entries of one kind become a table, so that their names stand there once; nothing is rounded. Left
out are weights that are calibrated (other tests have them) and what two cases have alike: R's
option "remove" gives the numbers of "certainty", and with survey.adjust.domain.lonely only those
numbers are kept that it changes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Entry = dict[str, Any]

LEFT_OUT = ("postStratify", "rake", "calibrate", "replicate")
WORDS = ("call", "warnings", "names")
TELLS = {"svyttest": ("call",), "svytable": ("call",), "svymean_joint": ("names",)}
SAME_AS = {"audit_b_remove": "audit_b_certainty"}
CHANGED_FROM = {"audit_b_adjust_domain": "audit_b_adjust"}


def main(folder: Path) -> None:
    """Write the file beside this script."""
    paths = sorted(folder.glob("*.json"))
    cases = {path.stem: json.loads(path.read_text("utf-8")) for path in paths}
    compact = {}
    for name, case in cases.items():
        results = kept(case["results"])
        if name in SAME_AS:
            if results != kept(cases[SAME_AS[name]]["results"]):
                sys.exit(f"{name} is not {SAME_AS[name]}")
            continue
        if name in CHANGED_FROM:
            before = kept(cases[CHANGED_FROM[name]]["results"])
            results = {
                kind: [new for new, old in zip(rows, before[kind], strict=True) if new != old]
                for kind, rows in results.items()
            }
        compact[name] = {
            "versions": case["versions"],
            "lonely": case["options"]["survey.lonely.psu"],
            "design": case["design"],
            "results": {kind: as_table(kind, rows) for kind, rows in results.items() if rows},
        }
    target = Path(__file__).with_name("survey_all.json")
    lines = [f"{json.dumps(name)}: {dumped(case)}" for name, case in compact.items()]
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def kept(results: dict[str, Any]) -> dict[str, list[Entry]]:
    """Return the kinds of results that are compared, each as a list of entries."""
    kinds = {kind: rows for kind, rows in results.items() if kind not in LEFT_OUT and rows}
    return {kind: rows if isinstance(rows, list) else [rows] for kind, rows in kinds.items()}


def as_table(kind: str, entries: list[Entry]) -> dict[str, Any]:
    """Return the names of the fields and a row of values for each entry."""
    dropped = set(WORDS) - set(TELLS.get(kind, ()))
    names = list(dict.fromkeys(name for entry in entries for name in entry if name not in dropped))
    return {"fields": names, "rows": [[entry.get(name) for name in names] for entry in entries]}


def dumped(case: Entry) -> str:
    results = ",\n".join(
        f"{json.dumps(kind)}: {json.dumps(table, separators=(',', ':'))}"
        for kind, table in case.pop("results").items()
    )
    return json.dumps(case)[:-1] + ', "results": {\n' + results + "}}"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
