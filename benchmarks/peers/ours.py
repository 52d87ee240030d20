"""sampleaudit through its public functions: declared sample, measures, the table of estimates."""

from __future__ import annotations

import pandas as pd

import sampleaudit as sa
from benchmarks.peers.measured import arguments, run


def main() -> None:
    """Measure it."""
    path, names = arguments()
    _ = sa.declare_sample, sa.record_measures, sa.survey_means  # loaded now, as the others are
    table = pd.read_parquet(path, columns=["id", "stratum", "domain", "N", *names])

    def prepare() -> sa.Measures:
        sample = sa.declare_sample(
            table, case_id="id", stratify_by="stratum", domains="domain", population="N",
            selection="random",
        )  # fmt: skip
        return sa.record_measures(sample, table, measures=names)

    def estimate(measures: sa.Measures) -> tuple[list[float], list[float]]:
        found = sa.survey_means(measures, names, by="domain", overall=True).to_frame()
        last = found[found["variable"] == names[-1]]
        return last["estimate"].tolist(), last["se"].tolist()

    run(prepare, estimate)


if __name__ == "__main__":
    main()
