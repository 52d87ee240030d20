"""A bound on the tail of a sum from its characteristic function, without any lattice.

For l > 0, P >= 2 and q_k = exp(-l - 2 pi i k / P), k = 0, ..., P - 1, let

    A_k = 1 / (1 - q_k),  B_k = l / (e^l - 1) - l q_k / (1 - q_k),
    c_k = [(1 - k / P) A_k + B_k / (2 pi i)] / P  (without B_0),  a_0 = c_0, a_k = 2 |c_k|.

The trigonometric polynomial F with these coefficients (c_-k the conjugate of c_k) lies above
1{y >= 0} e^(-l y) for every real y. So for independent Y_h, any lambda and Delta > 0, l = lambda
Delta and u_k = 2 pi k / (P Delta):

    P(sum Y_h <= 0) <= sum a_k prod_h |E exp(-(lambda + i u_k) Y_h)|.

With P = 1 only the term k = 0 with a_0 = 1 is left, which is Chernoff's bound. The proof is in
docs/proved-intervals.md, theorems 1 and 2.
"""

from __future__ import annotations

import numpy as np

from sampleaudit.formulas.hypergeometric import FloatArray


def fourier_terms(decay: float, count: int) -> FloatArray:
    """Return a_0, ..., a_(count - 1) for l = ``decay``: what the products are multiplied by."""
    if count == 1:
        return np.ones(1)
    k = np.arange(count)
    q = np.exp(-decay - 2j * np.pi * k / count)
    a = 1 / (1 - q)
    b = decay / np.expm1(decay) - decay * q / (1 - q)
    b[0] = 0
    terms: FloatArray = np.abs((1 - k / count) * a + b / (2j * np.pi)) / count
    terms[1:] *= 2
    return terms
