"""Domains of a sample, and the variance of an estimate in each of them, in one pass over the cases.

A domain's influence is 0 outside it, so that every case counts for one domain only, however many
there are. Symbols and formula: ``design``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sampleaudit.formulas.design import (
    Bools,
    Design,
    Floats,
    Ints,
    Lonely,
    Stages,
    scaled_up,
    stages_of,
    sums_by,
    variance,
)

_SLOTS: Final = 4  # numbers that may be kept unused for every row before codes are made compact


@dataclass(frozen=True, slots=True)
class Domains:
    """A division of the reviewed cases into domains, prepared once for many variables.

    Made by `divide`. Arrays go over the ``rows`` that are in a domain (None: all of them) in their
    order. A *pair* is a cluster with cases of a domain, a *cell* a stratum with cases of a domain.
    ``of_row`` and ``pair_of_row`` are None where there is one domain, where pairs are cases.
    ``cell_drawn``, ``cell_between`` and ``cell_lonely`` are the stratum's (see `Stages`);
    ``cell_absent`` counts its clusters that were drawn and have no case of the domain.
    ``weights`` are those of the rows; ``weight`` their sum, ``cases`` the number of cases and
    ``df`` the degrees of freedom (clusters less strata, R's ``degf``) of each domain.
    """

    design: Design
    stages: Stages
    number: int
    rows: Ints | None
    of_row: Ints | None
    pair_of_row: Ints | None
    pair_cluster: Ints
    pair_domain: Ints
    cell_of_pair: Ints
    cell_stratum: Ints
    cell_domain: Ints
    cell_drawn: Floats
    cell_absent: Floats
    cell_between: Floats
    cell_lonely: Bools
    weights: Floats
    weight: Floats
    cases: Floats
    df: Ints

    def take(self, values: Floats) -> Floats:
        """Return the entries of the cases that are in a domain."""
        return values if self.rows is None else values[self.rows]

    def sums(self, values: Floats) -> Floats:
        """Return the sum in each domain, from one value for every case that is in a domain."""
        if self.of_row is None:
            return np.array([values.sum()])
        return sums_by(self.of_row, values, self.number)

    def less(self, values: Floats, numbers: Floats) -> Floats:
        """Return the values of the cases in a domain, less the number of their domain."""
        if self.of_row is None:
            return values - numbers
        found = numbers[self.of_row]
        return np.subtract(values, found, out=found)

    def spread(self, numbers: Floats) -> Floats:
        """Return for every case in a domain the number of its domain."""
        return numbers if self.of_row is None else numbers[self.of_row]


def divide(design: Design, domain: Ints | None = None, number: int = 1) -> Domains:
    """Divide the cases: ``domain`` is the domain of each, 0 to ``number`` - 1, or -1 for none.

    Without it all cases are one domain.
    """
    stages = stages_of(design)
    cases, strata = design.strata.size, stages.drawn.size
    rows = None if domain is None or (domain >= 0).all() else np.flatnonzero(domain >= 0)
    if domain is None:
        of_row = np.zeros(cases, dtype=np.intp)
    else:
        of_row = domain if rows is None else domain[rows]
    clusters = design.clusters if rows is None else design.clusters[rows]
    pair_of_row: Ints | None
    if stages.stratum.size == cases:
        pair_of_row, pair_cluster, pair_domain = None, clusters, of_row
    else:
        pair, pair_of_row = _compact(clusters * number + of_row, stages.stratum.size * number)
        pair_cluster, pair_domain = pair // number, pair % number
    pair_stratum = stages.stratum[pair_cluster]
    cell, cell_of_pair = _compact(pair_stratum * number + pair_domain, strata * number)
    weights = design.weights if rows is None else design.weights[rows]
    drawn = stages.drawn[cell // number]
    df = np.bincount(pair_domain, minlength=number) - np.bincount(cell % number, minlength=number)
    return Domains(
        design=design,
        stages=stages,
        number=number,
        rows=rows,
        of_row=None if number == 1 else of_row,
        pair_of_row=pair_of_row,
        pair_cluster=pair_cluster,
        pair_domain=pair_domain,
        cell_of_pair=cell_of_pair,
        cell_stratum=cell // number,
        cell_domain=cell % number,
        cell_drawn=drawn,
        cell_absent=drawn - np.bincount(cell_of_pair, minlength=cell.size),
        cell_between=stages.between[cell // number],
        cell_lonely=stages.lonely[cell // number],
        weights=weights,
        weight=sums_by(of_row, weights, number),
        cases=np.bincount(of_row, minlength=number).astype(float),
        df=df,
    )


def variances(
    domains: Domains, influence: Floats, *, lonely: Lonely, used: Bools | None = None
) -> Floats:
    """Return the variance of one estimate in each domain.

    ``influence`` has one value for every case in a domain; it is that of its own domain's estimate.
    ``used`` tells the cases that the estimate rests on, where not all do. ``lonely`` as in
    `sampleaudit.formulas.design.variance`; ``"average"`` is over the strata of the domain.
    """
    if domains.design.basis is not None:
        return _calibrated_variances(domains, influence, lonely, used)
    stages, cell = domains.stages, domains.cell_of_pair
    pair = domains.pair_of_row
    z = influence if pair is None else sums_by(pair, influence, domains.pair_cluster.size)
    number = domains.cell_stratum.size
    mean = sums_by(cell, z, number) / domains.cell_drawn
    deviation = mean[cell]
    np.subtract(z, deviation, out=deviation)
    deviation *= deviation
    square = sums_by(cell, deviation, number) + domains.cell_absent * mean**2
    alone = domains.cell_lonely
    present = _present(domains, used) if alone.any() else alone
    alone = alone & present
    if lonely == "adjust":
        # a lonely cell is one cluster, all of it in ``mean``
        centre = domains.sums(influence) / stages.drawn.sum()
        square[alone] = (mean - centre[domains.cell_domain])[alone] ** 2
    by_cell = domains.cell_between * square
    found = sums_by(domains.cell_domain, by_cell, domains.number)
    if alone.any() and lonely in ("average", "fail"):
        strata = sums_by(domains.cell_domain, present, domains.number)
        lonely_ones = sums_by(domains.cell_domain, alone, domains.number)
        found = found * scaled_up(strata, lonely_ones, lonely)
    return found if stages.within is None else found + _within(domains, influence, lonely, used)


def _within(domains: Domains, influence: Floats, lonely: Lonely, used: Bools | None) -> Floats:
    """Return the part of the variance from reading some cases of a cluster, for each domain."""
    stages, pair = domains.stages, domains.pair_of_row
    if stages.within is None:
        return np.zeros(domains.number)
    pairs = domains.pair_cluster.size
    row = np.arange(pairs) if pair is None else pair
    read = stages.read[domains.pair_cluster]
    mean = sums_by(row, influence, pairs) / read
    absent = read - np.bincount(row, minlength=pairs)
    square = sums_by(row, (influence - mean[row]) ** 2, pairs) + absent * mean**2
    counted = stages.within[domains.pair_cluster] > 0
    if used is not None:
        counted &= sums_by(row, used, pairs) > 0
    alone = stages.single[domains.pair_cluster] & counted
    if lonely == "adjust":
        centre = domains.sums(influence) / stages.read.sum()
        square[alone] = (mean - centre[domains.pair_domain])[alone] ** 2
    by_pair = stages.within[domains.pair_cluster] * square
    found = sums_by(domains.pair_domain, by_pair, domains.number)
    if alone.any() and lonely in ("average", "fail"):
        clusters = sums_by(domains.pair_domain, counted, domains.number)
        singles = sums_by(domains.pair_domain, alone, domains.number)
        found = found * scaled_up(clusters, singles, lonely)
    return np.asarray(found)


def _calibrated_variances(
    domains: Domains, influence: Floats, lonely: Lonely, used: Bools | None
) -> Floats:
    """Return the variances from residuals, which are not 0 outside the domain they are of."""
    rows = slice(None) if domains.rows is None else domains.rows
    found = np.empty(domains.number)
    for place in range(domains.number):
        own = np.ones(influence.size, dtype=np.bool_)
        if domains.of_row is not None:
            own = domains.of_row == place
        inside = np.zeros(domains.design.weights.size, dtype=np.bool_)
        inside[rows] = own if used is None else own & used
        everywhere = np.zeros(inside.size)
        everywhere[rows] = np.where(own, influence, 0.0)
        found[place] = variance(
            domains.design, everywhere[:, np.newaxis], lonely=lonely, inside=inside
        )[0]
    return found


def _present(domains: Domains, used: Bools | None) -> Bools:
    """Return whether the estimate rests on a case of the cell."""
    if used is None:
        return np.ones(domains.cell_stratum.size, dtype=np.bool_)
    cell = domains.cell_of_pair
    row = cell if domains.pair_of_row is None else cell[domains.pair_of_row]
    return np.asarray(sums_by(row, used, domains.cell_stratum.size) > 0)


def _compact(code: Ints, size: int) -> tuple[Ints, Ints]:
    """Return the codes that occur, and for every entry the place of its code among them."""
    if size > _SLOTS * code.size:
        found, place = np.unique(code, return_inverse=True)
        return found, place
    occurs = np.bincount(code, minlength=size) > 0
    found = np.flatnonzero(occurs)
    return found, (np.cumsum(occurs) - 1)[code]
