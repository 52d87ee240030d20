"""Python's svy, all indicators in one call, as its documentation advises."""

from __future__ import annotations

import polars as pl
import svy

from benchmarks.peers.measured import arguments, run


def main() -> None:
    """Measure it."""
    path, names = arguments()
    table = pl.read_parquet(path, columns=["stratum", "domain", "w", "N", *names])

    def estimate(sample: svy.Sample) -> tuple[list[float], list[float]]:
        alone = sample.estimation.mean(names)
        domains = sample.estimation.mean(names, by="domain")
        rows = sorted(domains[-1].estimates, key=lambda row: row.by_level)
        rows.insert(0, alone[-1].estimates[0])
        return [row.est for row in rows], [row.se for row in rows]

    run(
        lambda: svy.Sample(table, svy.Design(stratum="stratum", wgt="w", pop_size="N")),
        estimate,
    )


if __name__ == "__main__":
    main()
