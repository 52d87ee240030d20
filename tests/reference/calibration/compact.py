"""Pick the calibration and replicate numbers out of R's full output, into expected.json.

    python compact.py FOLDER    (FOLDER: the csv files of the samples and populations, expected/)

Weights are cut to 12 digits, enough for a comparison at 1e-9; the rest has R's 15. audit_b was run
once for every rule for lonely strata; its weights do not depend on the rule and are kept once.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

KINDS = ("postStratify", "rake", "calibrate", "replicate")
HERE = Path(__file__).parent
Json = dict[str, Any]


def main(folder: Path) -> None:
    """Write expected.json beside this file."""
    datasets: Json = {}
    kept: dict[tuple[str, str, int], list[str]] = {}
    for path in sorted((folder / "expected").glob("*.json")):
        found = json.loads(path.read_text("utf-8"))
        results = {kind: found["results"].get(kind, []) for kind in KINDS}
        for kind, entries in results.items():
            for place, entry in enumerate(entries):
                complete(entry, folder)
                for numbers in entry.get("est", {}).values():
                    for name in ("call", "names"):
                        numbers.pop(name, None)  # the key says it
                weights = [format(each, ".12g") for each in entry.pop("weights", [])]
                key = (found["design"]["csv"], kind, place)
                if kept.setdefault(key, weights) is weights:
                    entry["weights"] = [json.loads(each) for each in weights]
                elif kept[key] != weights:
                    sys.exit(f"{path.name}: weights that depend on more than the data")
        if any(results.values()):
            datasets[found["case"]] = {
                "versions": found["versions"],
                "options": found["options"],
                "design": found["design"],
                "entries": [{"kind": kind, **e} for kind in KINDS for e in results[kind]],
            }
    text = ",\n".join(
        f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}"
        for name, each in datasets.items()
    )
    (HERE / "expected.json").write_text("{\n" + text + "\n}\n", encoding="utf-8")


def complete(entry: Json, folder: Path) -> None:
    """Replace the names of population files by what they hold: columns, then their counts."""
    names = entry.pop("population_files", None) or [entry.pop("population_file", None)]
    margins = []
    for name in filter(None, names):
        with (folder / name).open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        cells = [[*row[:-1], int(row[-1])] for row in rows]
        margins.append({"columns": head[:-1], "cells": cells})
    if margins:
        entry["margins"] = margins


if __name__ == "__main__":
    main(Path(sys.argv[1]))
