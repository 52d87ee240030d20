"""Whether an answer depends on a group: Pearson's chi-square corrected for the design.

Symbols: r groups, c answers, p the r c shares of the table (by weight), V their covariance, n the
cases, nu the design's degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from sampleaudit.formulas.design import (
    Bools,
    Design,
    Floats,
    Ints,
    Lonely,
    covariance,
    degrees_of_freedom,
)

Order = Literal["second", "first"]


@dataclass(frozen=True, slots=True)
class AssociationTest:
    """``statistic`` with its degrees of freedom, and the probability of as large a one by chance.

    ``df_denominator`` is inf for the chi-square form; all are nan where nothing can be compared.
    """

    statistic: float
    df: float
    df_denominator: float
    p_value: float


def rao_scott(
    design: Design, groups: Ints, answers: Ints, *, order: Order, lonely: Lonely
) -> AssociationTest:
    """Test independence of group and answer; codes from 0, -1 leaves the case out.

    X^2 = n sum (p - p0)^2 / p0, p0 the product of the margins. Under independence it is a weighted
    sum of chi-squares, the weights being the eigenvalues of Delta = (C' D^-1 C / n)^-1 C' D^-1 V
    D^-1 C, D = diag(p), C the contrasts of the interaction (Rao and Scott 1984, Annals of
    Statistics 12:46, section 3). Second order: X^2 / tr Delta as F with d = (tr Delta)^2 / tr
    Delta^2 and d nu degrees of freedom (Thomas and Rao 1987). First order: X^2 / mean(diag Delta)
    as chi-square with (r - 1)(c - 1). R's survey 4.5: ``svychisq(statistic = "F")`` and
    ``"Chisq"``, which reports X^2 itself. The test is about the process behind the register only
    if the population is infinite; else about the register.
    """
    used = (groups >= 0) & (answers >= 0)
    shares, influence = _table(design, groups, answers, used)
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    rows, columns = shares.shape
    freedom = (rows - 1) * (columns - 1)
    if not freedom:
        return AssociationTest(*[np.nan] * 4)
    n = int(used.sum())
    pearson = n * float(np.sum((shares - expected) ** 2 / expected))
    flat = shares.ravel()
    inverse = np.where(flat > 0, 1 / np.where(flat > 0, flat, 1.0), 0.0)[:, np.newaxis]
    contrasts = _interaction(rows, columns)
    weighted = inverse * contrasts
    spread = covariance(design, influence, lonely=lonely)
    delta = np.linalg.solve(contrasts.T @ weighted / n, weighted.T @ spread @ weighted)
    trace = float(np.trace(delta))
    if order == "first":
        p_value = special.chdtrc(freedom, pearson * freedom / trace)
        return AssociationTest(pearson, freedom, np.inf, float(p_value))
    d = trace**2 / float(np.trace(delta @ delta))
    nu = degrees_of_freedom(design)
    statistic = pearson / trace
    return AssociationTest(statistic, d, d * nu, float(special.fdtrc(d, d * nu, statistic)))


def _table(design: Design, groups: Ints, answers: Ints, used: Bools) -> tuple[Floats, Floats]:
    """Return the shares of the cells and each case's influence on them, empty margins left out."""
    rows, row = np.unique(groups[used], return_inverse=True)
    columns, column = np.unique(answers[used], return_inverse=True)
    cells = rows.size * columns.size
    cell = row * columns.size + column
    weights = design.weights[used]
    total = weights.sum()
    shares = np.bincount(cell, weights, cells) / total
    influence = np.zeros((design.weights.size, cells))
    influence[used] = (np.eye(cells)[cell] - shares) * (weights / total)[:, np.newaxis]
    return shares.reshape(rows.size, columns.size), influence


def _interaction(rows: int, columns: int) -> Floats:
    """Return a basis of the tables whose rows and columns all sum to 0, a column for each."""
    by_row, by_column = _differences(rows), _differences(columns)
    return np.asarray(np.kron(by_row, by_column), dtype=np.float64)


def _differences(number: int) -> Floats:
    """Return the vectors with 1 in a place and -1 in the last."""
    return np.vstack([np.eye(number - 1), -np.ones(number - 1)])
