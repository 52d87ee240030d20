"""sampleaudit's formulas on arrays, without ids, checks and tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.peers.measured import arguments, run
from sampleaudit.formulas.design import Design
from sampleaudit.formulas.domains import divide
from sampleaudit.formulas.survey import estimate_mean


def main() -> None:
    """Measure it."""
    path, names = arguments()
    table = pd.read_parquet(path, columns=["stratum", "domain", "w", "N", *names])

    def prepare() -> Design:
        strata, labels = pd.factorize(table["stratum"], sort=True)
        population = np.zeros(len(labels))
        population[strata] = table["N"]
        return Design(table["w"].to_numpy(), strata, np.arange(len(table)), population)

    def estimate(design: Design) -> tuple[list[float], list[float]]:
        domain, labels = pd.factorize(table["domain"], sort=True)
        groupings = divide(design), divide(design, domain, len(labels))
        found = [
            [estimate_mean(group, table[name].to_numpy(), lonely="fail") for group in groupings]
            for name in names
        ]
        mean = [float(value) for each in found[-1] for value in each.value]
        return mean, [float(value) for each in found[-1] for value in each.se]

    run(prepare, estimate)


if __name__ == "__main__":
    main()
