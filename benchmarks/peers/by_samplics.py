"""Python's samplics: one indicator at a time, its finite population correction by stratum.

It divides by zero in a domain without errors, so every indicator is given as 1 and 2.
"""

from __future__ import annotations

import warnings

import pandas as pd

warnings.simplefilter("ignore")  # it says that it is no longer maintained

from samplics.estimation import TaylorEstimator  # noqa: E402 -- after the filter
from samplics.utils.types import PopParam  # noqa: E402

from benchmarks.peers.measured import arguments, run  # noqa: E402


def main() -> None:
    """Measure it."""
    path, names = arguments()
    table = pd.read_parquet(path, columns=["stratum", "domain", "w", "N", *names])

    def prepare() -> dict[str, float]:
        strata = table.groupby("stratum")["N"]
        return dict(1 - strata.size() / strata.first())

    def estimate(fpc: dict[str, float]) -> tuple[list[float], list[float]]:
        for name in names:
            alone, domains = TaylorEstimator(PopParam.mean), TaylorEstimator(PopParam.mean)
            given = {"samp_weight": table["w"], "stratum": table["stratum"], "fpc": fpc}
            alone.estimate(y=table[name] + 1, **given)
            domains.estimate(y=table[name] + 1, domain=table["domain"], **given)
        labels = sorted(domains.point_est)
        return (
            [alone.point_est - 1, *(domains.point_est[label] - 1 for label in labels)],
            [alone.stderror, *(domains.stderror[label] for label in labels)],
        )

    run(prepare, estimate)


if __name__ == "__main__":
    main()
