"""How often comparisons of many domains err: ``python -m benchmarks.comparing``.

Each part is a module with a function ``report`` that returns its tables as text. All are seeded, so
that the same numpy prints the same figures. A part runs in a process of its own with one thread;
what it printed is kept in ``build/comparing`` until its code changes.
"""
