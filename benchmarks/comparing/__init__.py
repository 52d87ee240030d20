"""How often comparisons of many domains err: ``python -m benchmarks.comparing``.

Each part is a module with a function ``report`` that returns its tables as text. All are seeded, so
that the same numpy prints the same figures.
"""
