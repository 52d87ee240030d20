"""Between the best overall rate and rates of like precision in every stratum.

N_h cases, n_h of them read, S_h the standard deviation within stratum h, n = sum n_h. Neyman's
allocation serves the whole caseload and leaves small strata with a handful of cases; equal
precision serves the strata and wastes cases on small ones. Bankier (1988, The American
Statistician 42:174) goes between them by a power q of the strata's importance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def power_weights(importance: ArrayLike, deviation: ArrayLike, power: float) -> NDArray[np.float64]:
    """Return X_h^q d_h, to which the n_h of a power allocation are proportional.

    They minimise sum (X_h^q e_h)^2, e_h = d_h sqrt(1/n_h - 1/N_h) the error of stratum h's
    estimate: with d_h = S_h the standard error of its rate, with d_h = S_h / mean_h (Bankier's own
    choice, equation 4) its coefficient of variation. ``importance`` X_h is the number of cases N_h
    or another measure above 0. With X_h = N_h and d_h = S_h, q = 1 is Neyman's allocation. At q = 0
    the sum of squared errors counts every stratum alike: n_h in proportion to d_h, so that errors
    go with sqrt(d_h), and are alike where the d_h are.
    """
    size = np.asarray(importance, dtype=np.float64)
    weights: NDArray[np.float64] = size**power * np.asarray(deviation, dtype=np.float64)
    return weights
