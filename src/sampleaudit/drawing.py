"""From a frame and a seed to the cases drawn: by tickets within strata, or within clusters.

How tickets choose is in `sampleaudit.formulas.tickets`. In two stages the clusters (municipalities,
say) of each stratum are drawn first, by tickets of their own: SHA-256 over the UTF-8 bytes of
``seed + "|" + column + TAB + cluster``. The tab keeps them apart from the tickets of cases, since
no case id can hold one. Then the cases within the drawn clusters are drawn by the cases' tickets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from sampleaudit.formulas.tickets import BATCH, rank_within, smallest_tickets, tickets
from sampleaudit.frame import Frame

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

PROGRESS_FROM: Final = 1_000_000  # cases; hashing fewer takes about a second
CLUSTER_SEPARATOR: Final = "\t"


@dataclass(frozen=True, slots=True)
class Drawing:
    """How the cases of a sample were drawn, where not simply case by case within strata.

    ``clusters``: the cluster of each case, from 0, None where every case is its own.
    ``cluster_population``: clusters of the register in each stratum, in the order of
    ``Sample.strata`` (inf: drawn with replacement, or as if). ``cluster_sizes``: cases of the
    register in each cluster, where cases were drawn within clusters, else None. ``weights``: cases
    of the register that each case stands for, None where the numbers drawn say it. ``column`` and
    ``table``: where clusters were drawn here, the column that names them, and all clusters of the
    register as `draw_in_stages` returns them; they are numbered in the order of the draw.
    """

    clusters: NDArray[np.intp] | None
    cluster_population: NDArray[np.float64]
    cluster_sizes: NDArray[np.float64] | None
    weights: NDArray[np.float64] | None
    column: str | None = None
    table: pd.DataFrame | None = None


def draw_rows(
    frame: Frame, sampled: NDArray[np.int64], *, seed: str, reserve: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the ``sampled`` cases of each stratum of the frame, and the reserve behind them.

    A stratum's reserve is the share ``reserve`` of its number, rounded up, as far as it has cases.
    """
    take = _with_reserve(sampled, frame.strata["population"].to_numpy(), reserve)
    drawn, rank, codes = _smallest(frame, frame.to_frame(), frame.stratum_codes, take, seed)
    chosen = rank < sampled[codes]
    return drawn[chosen].reset_index(drop=True), drawn[~chosen].reset_index(drop=True)


def draw_in_stages(
    frame: Frame,
    clusters: pd.DataFrame,
    *,
    column: str,
    drawn: NDArray[np.int64],
    cases: NDArray[np.int64],
    seed: str,
    reserve: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the cases drawn in two stages, their reserve, and the clusters in ticket order.

    ``clusters`` is what `cluster_table` returns, ``column`` the one that names them. In each
    stratum of the frame ``drawn`` clusters are drawn, and ``cases`` of each cluster (one number for
    each row of ``clusters``). The reserve has the next cases of every drawn cluster, and then all
    that would have been drawn of the next clusters, each the share ``reserve`` rounded up. The
    clusters come back with ``order`` and ``ticket`` and, in ``sampled``, the cases drawn of each.
    """
    stratum = stratum_of_clusters(frame, clusters)
    texts = [column + CLUSTER_SEPARATOR + label for label in clusters[column]]
    digests = tickets(seed, texts)
    everything = np.bincount(stratum, minlength=len(drawn)).astype(np.int64)
    rows = smallest_tickets(digests, stratum, everything)
    ordered, stratum, cases = clusters.iloc[rows].reset_index(drop=True), stratum[rows], cases[rows]
    place = rank_within(stratum)
    spare = _with_reserve(drawn, everything, reserve)[stratum] > place
    first = place < drawn[stratum]
    population = ordered["population"].to_numpy()
    take = np.where(first, _with_reserve(cases, population, reserve), np.where(spare, cases, 0))
    number = _numbers(frame.to_frame()[column], ordered[column])
    inside = take[number] > 0
    table = frame.to_frame()[inside].reset_index(drop=True)
    found, rank, codes = _smallest(frame, table, number[inside], take, seed)
    chosen = rank < np.where(first, cases, 0)[codes]
    ordered["sampled"] = np.where(first, cases, 0)
    ordered["order"] = place + 1
    ordered["ticket"] = [digests[row].tobytes().hex() for row in rows]
    sample, rest = found[chosen], found[~chosen]
    return sample.reset_index(drop=True), rest.reset_index(drop=True), ordered


def cluster_table(frame: Frame, column: str) -> pd.DataFrame:
    """Return the clusters of the frame: stratum columns, ``column``, ``population`` in cases.

    Sorted by stratum, then by name. A cluster with cases in two strata has two rows.
    """
    columns = [*frame.stratify_by, column]
    sizes = frame.to_frame().groupby(columns, sort=True).size()
    return sizes.rename("population").reset_index()


def stratum_of_clusters(frame: Frame, clusters: pd.DataFrame) -> NDArray[np.intp]:
    """Return the row of ``frame.strata`` to which each row of a table of clusters belongs."""
    columns = list(frame.stratify_by)
    known = dict(zip(labels_of(frame.strata, columns), range(len(frame.strata)), strict=True))
    return np.array([known[label] for label in labels_of(clusters, columns)], dtype=np.intp)


def drawing_in_stages(
    cases: pd.DataFrame, clusters: pd.DataFrame, strata: pd.DataFrame, *, column: str
) -> Drawing:
    """Return the drawing of cases drawn in two stages, from the tables that are saved.

    ``clusters`` has all clusters in ticket order; ``strata`` the stratum columns first, then
    ``population`` and ``sampled``.
    """
    columns = list(strata.columns[:-2])
    counts = dict.fromkeys(labels_of(strata, columns), 0)
    for label in labels_of(clusters, columns):
        counts[label] = counts.get(label, 0) + 1
    drawn = clusters[clusters["sampled"] > 0]
    return Drawing(
        clusters=_numbers(cases[column], drawn[column]),
        cluster_population=np.array([counts[label] for label in labels_of(strata, columns)], float),
        cluster_sizes=drawn["population"].to_numpy(dtype=float),
        weights=None,
        column=column,
        table=clusters,
    )


def strata_sampled(strata: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Return strata with the cases ``sampled`` in the clusters of each.

    ``strata`` has the stratum columns and ``population``.
    """
    columns = list(strata.columns[:-1])
    if not columns:
        return strata.assign(sampled=int(clusters["sampled"].sum()))
    drawn = clusters.groupby(columns, sort=False)["sampled"].sum().reset_index()
    return (
        strata.merge(drawn, on=columns, how="left")
        .fillna({"sampled": 0})
        .astype({"sampled": "int64"})
    )


def divide_rows(
    rows: pd.DataFrame, chosen: NDArray[np.bool_], strata: pd.DataFrame, columns: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, NDArray[np.int64]]:
    """Return the chosen rows and the others, each by stratum and ticket, and the chosen by stratum.

    ``rows`` are those of sample and reserve, ``columns`` the stratum columns.
    """
    place = {label: number for number, label in enumerate(labels_of(strata, columns))}
    own = np.array([place[label] for label in labels_of(rows, columns)], dtype=np.intp)
    order = np.lexsort((rows["order"].to_numpy(), own))
    chosen, own, rows = chosen[order], own[order], rows.iloc[order]
    counts = np.bincount(own[chosen], minlength=len(strata)).astype(np.int64)
    parts = rows[chosen].reset_index(drop=True), rows[~chosen].reset_index(drop=True)
    return (*parts, counts)


def join_rows(cases: pd.DataFrame, reserve: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of sample and reserve in one table."""
    import pandas as pd

    return pd.concat([cases, reserve], ignore_index=True)


def labels_of(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the values of the columns row by row, as tuples of text."""
    if not columns:
        return [()] * len(table)
    return list(zip(*(table[column].astype(str) for column in columns), strict=True))


def _smallest(
    frame: Frame,
    table: pd.DataFrame,
    codes: NDArray[np.intp],
    take: NDArray[np.int64],
    seed: str,
) -> tuple[pd.DataFrame, NDArray[np.intp], NDArray[np.intp]]:
    """Return the cases with the ``take`` smallest tickets by code, their place (0..) and code."""
    ids = table[frame.case_id].tolist()
    digests = tickets(seed, ids, progress=_progress(len(ids)))
    rows = smallest_tickets(digests, codes, take)
    drawn = table.iloc[rows].reset_index(drop=True)
    rank = rank_within(codes[rows])
    drawn["order"] = rank + 1
    drawn["ticket"] = [digests[row].tobytes().hex() for row in rows]
    return drawn, rank, codes[rows]


def _with_reserve(
    sampled: NDArray[np.int64], population: NDArray[np.int64], reserve: float
) -> NDArray[np.int64]:
    spare = [math.ceil(number * reserve - 1e-9) for number in sampled]
    return np.minimum(sampled + np.array(spare, dtype=np.int64), population)


def _numbers(labels: pd.Series[str], among: pd.Series[str]) -> NDArray[np.intp]:
    import pandas as pd

    return np.asarray(pd.Index(among).get_indexer(pd.Index(labels)), dtype=np.intp)


def _progress(size: int) -> Callable[[Sequence[int]], Iterable[int]] | None:
    """Return what shows a progress bar while a large register is hashed."""
    if size < PROGRESS_FROM:
        return None
    from tqdm import tqdm

    def bar(batches: Sequence[int]) -> Iterable[int]:
        return tqdm(batches, desc="tickets", unit_scale=BATCH, unit=" cases")

    return bar
